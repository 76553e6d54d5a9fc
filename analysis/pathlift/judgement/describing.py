"""What may the descriptive panel be read for? Marks what checks hit, and words the naive table.

Numbers stay as they are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from pathlift.inference.describing import Described
from pathlift.judgement.naive import naive_sentence
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Adherence, Check
from pathlift.result.values import Value

_WHOLE = frozenset({"experiment", "orderings", "stage"})  # every complete ordering has every stage

Row = TypeVar("Row", bound=Value)


def described_with_validity(
    experiment: Experiment, checks: Iterable[Check], described: Described
) -> Described:
    """Mark what failed checks hit as `invalid`, and say how far the naive table misleads.

    Parameters
    ----------
    experiment : Experiment
    checks : iterable of Check
    described : Described
        From `describe`.

    Returns
    -------
    Described
        A check of scope ``experiment``, ``orderings`` or ``stage:NAME`` hits the whole panel; one
        of the outcome all but the steps before conversion; one of an arm whatever that arm is
        part of. The first step of an arm whose orderings follow from how it is exposed (check
        `mechanical`) is invalid too: it is true by construction.
    """
    hits = _Hits.of(experiment, checks)
    over_arms = hits.panel or hits.outcome or bool(hits.arms)
    landmark = described.landmark
    return replace(
        described,
        association=tuple(_marked(row, over_arms) for row in described.association),
        landmark=None if landmark is None else _marked(landmark, over_arms),
        naive=_marked(
            described.naive.model_copy(update={"sentence": naive_sentence(described)}), over_arms
        ),
        decomposition=tuple(
            _marked(row, hits.panel or hits.outcome or bool({row.arm, row.control} & hits.arms))
            for row in described.decomposition
        ),
        funnel=tuple(
            _marked(
                row,
                hits.panel
                or row.arm in hits.arms
                or (hits.outcome and row.stage == "conversion")
                or (row.step == 1 and row.arm in hits.mechanical),
            )
            for row in described.funnel
        ),
        omnibus=tuple(_marked(test, over_arms) for test in described.omnibus),
    )


def adherence_with_validity(
    experiment: Experiment, checks: Iterable[Check], rows: Iterable[Adherence]
) -> tuple[Adherence, ...]:
    """Mark shares of units on the intended ordering as `invalid` where orderings are.

    Parameters
    ----------
    experiment : Experiment
    checks : iterable of Check
    rows : iterable of Adherence

    Returns
    -------
    tuple of Adherence
        In the same order. Check ``carry_in`` takes nothing away: rows are by what was held before
        exposure, and have a share that counts it.
    """
    hits = _Hits.of(experiment, [check for check in checks if check.id != "carry_in"])
    return tuple(_marked(row, hits.panel or row.arm in hits.arms) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hits:
    """What checks take away: the panel, what the outcome is part of, arms, first steps."""

    panel: bool
    outcome: bool
    arms: frozenset[str]
    mechanical: frozenset[str]

    @classmethod
    def of(cls, experiment: Experiment, checks: Iterable[Check]) -> "_Hits":
        given = tuple(checks)
        failed = [check.scope.partition(":") for check in given if check.severity == "fail"]
        mostly = [check for check in given if check.id == "mechanical" and check.severity == "warn"]
        return cls(
            panel=any(kind in _WHOLE for kind, _, _ in failed),
            outcome=any(kind == "metric" and of == experiment.conversion for kind, _, of in failed),
            arms=frozenset(of for kind, _, of in failed if kind == "arm"),
            mechanical=frozenset(arm for check in mostly for arm in check.figures.get("arms", ())),
        )


def _marked(row: Row, hit: bool) -> Row:  # noqa: FBT001 - read as "marked where hit"
    return row.model_copy(update={"causal_status": "invalid"}) if hit else row
