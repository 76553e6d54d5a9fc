"""How many units of an arm took the ordering that the arm intends (methods 2, C1).

A description of each arm, over all mature units and within what they held before exposure; no
contrast: arms intend different orderings. Whether an arm changes the share of one ordering is what
ordering shares answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pathlift.inference.tails import two_sided_critical
from pathlift.inference.wilson import wilson_interval
from pathlift.registry.experiment import Arm, Experiment
from pathlift.result.model import Adherence, Span
from pathlift.statistics.baseline import follows, state_name, states
from pathlift.statistics.cells import Cell, label
from pathlift.statistics.collected import Statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """Units of a part of an arm: all, on the intended ordering, the same with what was held."""

    units: int
    followed: int
    with_held: int


def adherence(experiment: Experiment, statistics: Statistics) -> tuple[Adherence, ...]:
    """Shares of units on the intended ordering, with Wilson's intervals.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Returns
    -------
    tuple of Adherence
        By arm in file order: all units, then every baseline state where any unit carries a stage
        in. Without stages there is none.
    """
    if not experiment.stages:
        return ()
    cells = [
        (cell, int(units))
        for cell, units in zip(statistics.cells.cells, statistics.cells.units, strict=True)
        if cell.maturity >= statistics.label_class
    ]
    looked_for = experiment.stages_looked_back_for
    carried = any(cell.baseline for cell, units in cells if units)
    parts = [None, *(states(looked_for) if carried else ())]
    return tuple(
        _row(experiment, arm, state, _counted(experiment, arm, state, cells))
        for arm in experiment.arms
        for state in parts
    )


def _counted(
    experiment: Experiment, arm: Arm, state: int | None, cells: list[tuple[Cell, int]]
) -> _Counted:
    mine = [
        (cell, units)
        for cell, units in cells
        if cell.arm == arm.name and state in (None, cell.baseline)
    ]

    def of(followed: Callable[[Cell], bool]) -> int:
        return sum(units for cell, units in mine if followed(cell))

    intended, stages = arm.ordering or (), experiment.stage_names
    return _Counted(
        units=sum(units for _, units in mine),
        followed=of(lambda cell: label(cell.label, stages).ordering == ">".join(intended)),
        with_held=of(lambda cell: follows(cell.label, cell.baseline, intended, stages=stages)),
    )


def _row(experiment: Experiment, arm: Arm, state: int | None, counted: _Counted) -> Adherence:
    reason = "".join(list(_reasons(arm, counted))[:1])
    alone = arm.cluster is None
    return Adherence(
        arm=arm.name,
        ordering=">".join(arm.ordering) if arm.ordering else None,
        baseline_state=None if state is None else state_name(state),
        units=counted.units,
        followed=None if not arm.ordering else counted.followed,
        share=None if reason else _share(experiment, counted.followed, counted, alone=alone),
        followed_with_held=None if not arm.ordering else counted.with_held,
        share_with_held=None
        if reason
        else _share(experiment, counted.with_held, counted, alone=alone),
        causal_status="descriptive",
        not_estimated={"reason": reason} if reason else None,
    )


def _reasons(arm: Arm, counted: _Counted) -> Iterator[str]:
    if not arm.ordering:
        yield "the arm declares no intended ordering"
    if not counted.units:
        yield "no mature unit of the arm is in this state"


def _share(experiment: Experiment, followed: int, counted: _Counted, *, alone: bool) -> Span:
    """Units of a cluster resemble each other: Wilson's interval would be too short for them."""
    if not alone:
        return Span(estimate=followed / counted.units, low=None, high=None)
    critical = two_sided_critical(experiment.analysis.alpha)
    found = wilson_interval(followed, counted.units, critical=critical)
    return Span(estimate=followed / counted.units, low=float(found.low), high=float(found.high))
