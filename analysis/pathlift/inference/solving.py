"""From drafts to estimates: every interval and p-value of a result, solved together.

A p-value decides, and the interval beside it agrees; marginal and simultaneous ones come from the
same two functions with another critical value.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.at_look import Level, Leveled, leveled
from pathlift.inference.drafts import Draft
from pathlift.inference.equating import equated
from pathlift.inference.family import Family
from pathlift.inference.intervals import Interval
from pathlift.inference.relative import SetKind
from pathlift.inference.spans import Columns, Spans, columns_of, null_of, spans_at, statistics_at
from pathlift.inference.tails import Side, one_sided_p, two_sided_critical, two_sided_p
from pathlift.inference.widening import Widened, widen
from pathlift.inference.wilson import wilson_interval
from pathlift.result.model import Conclusion, Equivalence, Estimate, Simultaneous, Span

_UNBOUNDED = {
    SetKind.ABOVE: "relative_unbounded_above",
    SetKind.BELOW: "relative_unbounded_below",
    SetKind.OUTSIDE: "relative_outside_gap",
    SetKind.EVERYTHING: "relative_unbounded",
}

_ONE_STILL = "one_arm_without_variance"


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
        solved.get(position) or _refused(draft, alpha) for position, draft in enumerate(drafts)
    )


def _solve(
    drafts: Sequence[Draft],
    alpha: float,
    refused: Sequence[Family],
    levels: Mapping[str, Level],
) -> list[Estimate]:
    columns = columns_of(drafts)
    from_zero = statistics_at(columns, np.zeros(len(drafts)), np.zeros(len(drafts), dtype=bool))
    two_sided = two_sided_p(from_zero, columns.df)
    at_null = statistics_at(columns, columns.null, columns.relative_null)
    p_null = two_sided_p(at_null, columns.df)
    critical = np.array(two_sided_critical(alpha, columns.df))
    excluded, zero_excluded = p_null < alpha, two_sided < alpha
    looked = _at_look(drafts, columns, levels, at_null, from_zero, alpha)
    for position, found in looked.items():
        critical[position] = found.critical
        excluded[position], zero_excluded[position] = found.excluded, found.zero_excluded
    marginal = spans_at(columns, critical, excluded=excluded, zero_excluded=zero_excluded)
    normal = two_sided_critical(alpha, np.inf)
    own = (
        wilson_interval(columns.x1, columns.n1, critical=normal),
        wilson_interval(columns.x0, columns.n0, critical=normal),
    )
    widened = widen(drafts, from_zero, two_sided, alpha=alpha, refused=refused)
    widened |= _shared(drafts, levels, looked)
    members = sorted(each for each in widened if widened[each].critical_value is not None)
    rejected = np.array([widened[position].p_adjusted < alpha for position in members], dtype=bool)
    simultaneous = spans_at(
        columns.take(members),
        np.array([widened[position].critical_value for position in members], dtype=np.float64),
        excluded=rejected,
        zero_excluded=rejected,
    )
    families = {
        position: _simultaneous(simultaneous, columns, position, row, widened[position])
        for row, position in enumerate(members)
    } | {
        position: _adjusted(found)
        for position, found in widened.items()
        if found.critical_value is None
    }
    same = equated(drafts, alpha=alpha)
    return [
        _estimate(
            draft,
            columns,
            position,
            alpha=alpha,
            statistic=float(at_null[position]),
            two_sided=float(p_null[position]),
            marginal=marginal,
            own=own,
            family=families.get(position),
            same=same.get(position),
            looked=looked.get(position),
        )
        for position, draft in enumerate(drafts)
    ]


def _at_look(
    drafts: Sequence[Draft],
    columns: Columns,
    levels: Mapping[str, Level],
    at_null: Floats,
    from_zero: Floats,
    alpha: float,
) -> dict[int, Leveled]:
    """Contrasts that are read at the level of this look, by position."""
    return {
        position: leveled(
            levels[draft.identity.id],
            at_null=float(at_null[position]),
            from_zero=float(from_zero[position]),
            df=float(columns.df[position]),
            alpha=alpha,
            margin=_good_side(draft),
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


def _good_side(draft: Draft) -> Side | None:
    """Side of a margin on which it is not exceeded; None where no margin is tested."""
    identity = draft.identity
    if identity.role != "guardrail" or identity.margin is None:
        return None
    return "less" if identity.better == "lower" else "greater"


def _estimate(
    draft: Draft,
    columns: Columns,
    position: int,
    *,
    alpha: float,
    statistic: float,
    two_sided: float,
    marginal: Spans,
    own: tuple[Interval, Interval],
    family: Simultaneous | None,
    same: Equivalence | None = None,
    looked: Leveled | None = None,
) -> Estimate:
    identity = draft.identity
    guardrail = identity.role == "guardrail" and identity.margin is not None
    p_value, level = two_sided, alpha
    if guardrail:
        side: Side = "less" if identity.better == "lower" else "greater"
        p_value = float(one_sided_p(statistic, columns.df[position], side=side))
        level = alpha / 2
    if looked is not None:
        p_value = looked.p_value
    absolute = _absolute(marginal, columns, position, position)
    relative, flags = _relative(marginal, columns, position, position)
    df = float(columns.df[position])
    spread = draft.spread
    return Estimate(
        id=identity.id,
        estimand=identity.estimand,
        metric=identity.metric,
        kind=identity.kind,
        role=identity.role,
        better=identity.better,
        ordering=identity.ordering,
        segment=None if identity.segment is None else dict([identity.segment]),
        arm=identity.arm,
        control=identity.control,
        arm_units=draft.arm_units,
        control_units=draft.control_units,
        arm_value=float(columns.m1[position]),
        control_value=float(columns.m0[position]),
        arm_interval=_alone(columns, position, columns.m1, own[0]),
        control_interval=_alone(columns, position, columns.m0, own[1]),
        absolute=absolute,
        relative=None if columns.all_zero[position] else relative,
        standard_error=spread.standard_error if spread else None,
        statistic=statistic,
        df=df if np.isfinite(df) else None,
        null_value=float(columns.null[position]),
        null_scale="relative" if columns.relative_null[position] else "absolute",
        p_value=p_value,
        alpha=level,
        simultaneous=family,
        equivalence=same,
        method=draft.method,
        adjustment=draft.adjustment,
        exact=draft.exact,
        conclusion=_guarded(draft, p_value < level, absolute, relative, columns, position)
        if guardrail
        else _equivalent(same)
        if same is not None
        else _conclusion(identity.better, absolute, family, p_value, alpha),
        causal_status="causal_if" if draft.assumptions else "causal",
        flags=(
            *draft.flags,
            *flags,
            *((_ONE_STILL,) if columns.one_still[position] else ()),
            *(("exploratory",) if _exploratory(draft) else ()),
        ),
        assumptions=draft.assumptions,
    )


def _exploratory(draft: Draft) -> bool:
    return draft.identity.segment is not None


def _alone(columns: Columns, position: int, share: Floats, own: Interval) -> Span | None:
    """One arm's own share, where it was counted and not adjusted."""
    if not columns.score[position]:
        return None
    low, high = float(own.low[position]), float(own.high[position])
    return Span(estimate=float(share[position]), low=low, high=high)


def _absolute(spans: Spans, columns: Columns, position: int, row: int) -> Span:
    ends = spans.absolute.low[row], spans.absolute.high[row]
    low, high = (float(end) if np.isfinite(end) else None for end in ends)
    return Span(estimate=float(columns.difference[position]), low=low, high=high)


def _relative(
    spans: Spans, columns: Columns, position: int, row: int
) -> tuple[Span | None, tuple[str, ...]]:
    """Relative lift, and flags that say what its ends mean."""
    if not columns.score[position] and not columns.m0[position] > 0:
        return None, ("relative_not_defined",)
    kind = SetKind(int(spans.kind[row]))
    ends = spans.relative_low[row], spans.relative_high[row]
    if kind in {SetKind.OUTSIDE, SetKind.EVERYTHING}:
        ends = -np.inf, np.inf
    low, high = (float(end) if np.isfinite(end) else None for end in ends)
    estimate = float(spans.relative_estimate[row])
    span = Span(estimate=estimate if np.isfinite(estimate) else None, low=low, high=high)
    if kind in _UNBOUNDED:
        return span, (_UNBOUNDED[kind],)
    return span, ("relative_unbounded_above",) if high is None else ()


def _simultaneous(
    spans: Spans, columns: Columns, position: int, row: int, widened: Widened
) -> Simultaneous:
    relative, _ = _relative(spans, columns, position, row)
    relative = None if columns.all_zero[position] else relative
    return Simultaneous(
        absolute=_absolute(spans, columns, position, row),
        relative=relative,
        p_adjusted=widened.p_adjusted,
        critical_value=widened.critical_value,
        method=widened.method,
        family=widened.scope,
        members=widened.members,
    )


def _adjusted(widened: Widened) -> Simultaneous:
    """A family that adjusts p only: beside it stands the marginal interval of the estimate."""
    return Simultaneous(
        absolute=None,
        relative=None,
        p_adjusted=widened.p_adjusted,
        critical_value=None,
        method=widened.method,
        family=widened.scope,
        members=widened.members,
        interval_matches_p=False,
    )


def _equivalent(same: Equivalence) -> Conclusion:
    shown = same.p_value is not None and same.p_value < same.alpha
    return "equivalent" if shown else "not_shown"


def _conclusion(
    better: str | None,
    absolute: Span,
    family: Simultaneous | None,
    p_value: float,
    alpha: float,
) -> Conclusion:
    decisive = p_value if family is None or family.p_adjusted is None else family.p_adjusted
    if not decisive < alpha:
        return "no_difference_shown"
    if better is None:
        return "different"
    up = (absolute.estimate or 0.0) > 0
    return "better" if up == (better == "higher") else "worse"


def _guarded(
    draft: Draft,
    passed: bool,  # noqa: FBT001 - the one thing that a test of a margin says
    absolute: Span,
    relative: Span | None,
    columns: Columns,
    position: int,
) -> Conclusion:
    if passed:
        return "non_inferior"
    span = relative if columns.relative_null[position] else absolute
    null = float(columns.null[position])
    if span is None:
        return "not_shown"
    if draft.identity.better == "lower":
        return "harmed" if span.low is not None and span.low > null else "not_shown"
    return "harmed" if span.high is not None and span.high < null else "not_shown"


def _refused(draft: Draft, alpha: float) -> Estimate:
    identity = draft.identity
    null, relative = null_of(draft)
    guardrail = identity.role == "guardrail" and identity.margin is not None
    return Estimate(
        id=identity.id,
        estimand=identity.estimand,
        metric=identity.metric,
        kind=identity.kind,
        role=identity.role,
        better=identity.better,
        ordering=identity.ordering,
        segment=None if identity.segment is None else dict([identity.segment]),
        arm=identity.arm,
        control=identity.control,
        arm_units=draft.arm_units,
        control_units=draft.control_units,
        arm_value=None,
        control_value=None,
        absolute=None,
        relative=None,
        standard_error=None,
        statistic=None,
        df=None,
        null_value=null,
        null_scale="relative" if relative else "absolute",
        p_value=None,
        alpha=alpha / 2 if guardrail else alpha,
        simultaneous=None,
        method=draft.method or "none",
        adjustment=draft.adjustment,
        exact=draft.exact,
        conclusion="not_estimated",
        causal_status="causal_if" if draft.assumptions else "causal",
        flags=(*draft.flags, *(("exploratory",) if _exploratory(draft) else ())),
        assumptions=draft.assumptions,
        not_estimated={"reason": draft.refused},
    )
