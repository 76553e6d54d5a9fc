"""From drafts to estimates: every interval and p-value of a result, solved together.

A p-value decides, and the interval beside it agrees; marginal and simultaneous ones come from the
same two functions with another critical value.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pathlift.inference.at_look import Level, Leveled, leveled
from pathlift.inference.columns import Columns, columns_of
from pathlift.inference.drafts import Draft
from pathlift.inference.equating import equated
from pathlift.inference.family import Family
from pathlift.inference.spans import Tests, spans_at, tested
from pathlift.inference.tails import two_sided_critical
from pathlift.inference.valuing import (
    adjusted_alone,
    estimates_of,
    margin_side,
    refused_estimate,
    simultaneous_values,
)
from pathlift.inference.widening import Widened, widen
from pathlift.inference.wilson import wilson_interval
from pathlift.result.model import Estimate, Simultaneous


def solve(
    drafts: Sequence[Draft], *, alpha: float, levels: Mapping[str, Level] | None = None
) -> tuple[Estimate, ...]:
    """Turn drafts into estimates with marginal and simultaneous intervals.

    Parameters
    ----------
    drafts : sequence of Draft
        Refused ones become estimates that say why.
    alpha : float
        Two-sided level, in (0, 1); guardrails use half of it on one side.
    levels : mapping of str to Level, optional
        By id: contrasts that are read at the level of one look of several.

    Returns
    -------
    tuple of Estimate
        In the order of the drafts.
    """
    live = [position for position, draft in enumerate(drafts) if not draft.refused]
    solved: dict[int, Estimate] = {}
    if live:
        chosen = [drafts[position] for position in live]
        refused = [draft.family for draft in drafts if draft.refused and draft.family]
        solved = dict(zip(live, _solve(chosen, alpha, refused, levels or {}), strict=True))
    return tuple(
        solved.get(position) or refused_estimate(draft, alpha=alpha)
        for position, draft in enumerate(drafts)
    )


def _solve(
    drafts: Sequence[Draft],
    alpha: float,
    refused: Sequence[Family],
    levels: Mapping[str, Level],
) -> list[Estimate]:
    columns = columns_of(drafts)
    tests = tested(columns, alpha=alpha)
    critical = np.array(tests.critical)
    excluded, zero_excluded = tests.p_null < alpha, tests.p_zero < alpha
    looked = _at_look(drafts, columns, levels, tests, alpha)
    for position, found in looked.items():
        critical[position] = found.critical
        excluded[position], zero_excluded[position] = found.excluded, found.zero_excluded
    marginal = spans_at(columns, critical, excluded=excluded, zero_excluded=zero_excluded)
    normal = two_sided_critical(alpha, np.inf)
    widened = widen(drafts, tests.from_zero, tests.p_zero, alpha=alpha, refused=refused)
    widened |= _shared(drafts, levels, looked)
    return estimates_of(
        drafts,
        columns,
        tests,
        marginal,
        (
            wilson_interval(columns.x1, columns.n1, critical=normal),
            wilson_interval(columns.x0, columns.n0, critical=normal),
        ),
        alpha=alpha,
        families=_families(columns, widened, alpha),
        same=equated(drafts, alpha=alpha),
        looked=looked,
    )


def _families(
    columns: Columns, widened: Mapping[int, Widened], alpha: float
) -> dict[int, Simultaneous]:
    """Simultaneous values by position, with intervals where the family has them."""
    members = {place: found for place, found in widened.items() if found.critical_value is not None}
    some = columns.take(list(members))
    rejected = np.array([found.p_adjusted < alpha for found in members.values()], dtype=np.bool_)
    spans = spans_at(
        some,
        np.array([found.critical_value for found in members.values()], dtype=np.float64),
        excluded=rejected,
        zero_excluded=rejected,
    )
    with_interval = simultaneous_values(spans, some, list(members.values()))
    p_only = {place: found for place, found in widened.items() if place not in members}
    return dict(zip(members, with_interval, strict=True)) | {
        place: adjusted_alone(found) for place, found in p_only.items()
    }


def _at_look(
    drafts: Sequence[Draft],
    columns: Columns,
    levels: Mapping[str, Level],
    tests: Tests,
    alpha: float,
) -> dict[int, Leveled]:
    """Contrasts that are read at the level of this look, by position."""
    return {
        position: leveled(
            levels[draft.identity.id],
            at_null=float(tests.at_null[position]),
            from_zero=float(tests.from_zero[position]),
            df=float(columns.df[position]),
            alpha=alpha,
            margin=margin_side(draft),
        )
        for position, draft in enumerate(drafts)
        if draft.identity.id in levels
    }


def _shared(
    drafts: Sequence[Draft], levels: Mapping[str, Level], looked: Mapping[int, Leveled]
) -> dict[int, Widened]:
    """What sharing alpha equally does to contrasts at a look."""
    found: dict[int, Widened] = {}
    for position, reading in looked.items():
        level = levels[drafts[position].identity.id]
        if reading.shared_p is not None and reading.shared_critical is not None:
            found[position] = Widened(
                p_adjusted=reading.shared_p,
                critical_value=reading.shared_critical,
                method=f"Bonferroni: alpha is shared equally, each contrast {level.words}",
                scope=level.scope,
                members=level.members,
            )
    return found
