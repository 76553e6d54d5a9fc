"""How far ties could move an incidence contrast, were each broken one way or the other.

A tied label stands for two or more strict orderings. Counting it as one of them, in an arm or in
none, gives the least and the most that the contrast can be (methods 1.4, E4). Every unit stays in
its denominator. Reads label cells; knows no time, and not which way is more likely.
"""

from collections.abc import Iterator
from dataclasses import replace

from pathlift.inference.comparing import compared
from pathlift.inference.drafts import Draft
from pathlift.inference.incidence import ordering_drafts
from pathlift.inference.label_groups import ordering_names
from pathlift.inference.measured import Measured
from pathlift.inference.metrics import measured_or_reason, metric_slice
from pathlift.inference.solving import solve
from pathlift.registry.experiment import Contrast, Experiment
from pathlift.result.model import Estimate, Span
from pathlift.result.ties import TieBounds
from pathlift.statistics.cells import Cell
from pathlift.statistics.collected import Statistics
from pathlift.statistics.ties import could_be, tied_as


def tie_bounds(experiment: Experiment, statistics: Statistics) -> tuple[TieBounds, ...]:
    """Bound the incidence contrast of every complete ordering.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
        With ties as they were logged, whatever the policy.

    Returns
    -------
    tuple of TieBounds
        One per ordering and contrast, in the order of the incidences; empty where no unit of an
        analysed arm converted with a tie that could be a complete ordering.
    """
    if not experiment.stages or experiment.conversion is None:
        return ()
    conversion = experiment.metric(experiment.conversion)
    experiment, statistics = compared(experiment, statistics)
    statistics = _whole(statistics)
    tied = _tied(experiment, statistics)
    if not any(tied.values()):
        return ()
    measured = measured_or_reason(
        experiment,
        statistics,
        conversion,
        metric_slice(statistics, conversion),
        covariates=statistics.covariates,
    )
    return tuple(_bounds(experiment, statistics, measured, tied))


def _whole(statistics: Statistics) -> Statistics:
    """Cells of mature units by arm and label alone: they are relabelled many times."""

    def coarser(cell: Cell) -> Cell | None:
        if cell.maturity < statistics.label_class:
            return None
        return Cell(arm=cell.arm, maturity=statistics.label_class, label=cell.label)

    return replace(statistics, cells=statistics.cells.by(coarser))


def _tied(experiment: Experiment, statistics: Statistics) -> dict[tuple[str, str], int]:
    """Converted units by arm and by ordering that their tie could be."""
    found: dict[tuple[str, str], int] = {}
    arms = {arm.name for arm in experiment.analyzed_arms}
    for cell, (_, converted) in statistics.cells.counts().items():
        if cell.arm in arms:
            for ordering in could_be(cell.label, experiment.stage_names):
                place = cell.arm, ordering
                found[place] = found.get(place, 0) + converted
    return found


def _bounds(
    experiment: Experiment,
    statistics: Statistics,
    conversion: Measured | str,
    tied: dict[tuple[str, str], int],
) -> Iterator[TieBounds]:
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    readings = {
        among: _readings(experiment, statistics, conversion, among)
        for among in ((), arms, *((arm,) for arm in arms))
    }
    for ordering, contrast in readings[()]:
        ways = {
            "in_neither": readings[()][ordering, contrast],
            "in_both": readings[arms][ordering, contrast],
            "lowest": readings[contrast.control,][ordering, contrast],
            "highest": readings[contrast.arm,][ordering, contrast],
        }
        spans = {way: estimate.absolute for way, estimate in ways.items()}
        reason = (ways["in_both"].not_estimated or {}).get("reason")
        yield TieBounds(
            of=ways["in_neither"].id,
            ordering=ordering,
            arm=contrast.arm,
            control=contrast.control,
            arm_tied=tied.get((contrast.arm, ordering), 0),
            control_tied=tied.get((contrast.control, ordering), 0),
            **spans,
            sign_holds=_same_side(spans["lowest"], spans["highest"]),
            not_estimated={"reason": reason} if reason else None,
        )


def _readings(
    experiment: Experiment,
    statistics: Statistics,
    conversion: Measured | str,
    among: tuple[str, ...],
) -> dict[tuple[str, Contrast], Estimate]:
    """Every complete ordering, with the ties of some arms that could be it counted as it."""
    drafts: list[Draft] = []
    names = ordering_names(experiment.stage_names)[:-1]
    for ordering in names:
        relabelled = tied_as(statistics, ordering, among, experiment.stage_names)
        wanted = (ordering,) if among else names  # where nothing is relabelled, all at once
        drafts += [
            draft
            for draft in ordering_drafts(
                experiment, relabelled, "incidence", conversion, family=None
            )
            if draft.identity.ordering in wanted
        ]
        if not among:
            break
    return {
        (estimate.ordering or "", Contrast(arm=estimate.arm, control=estimate.control)): estimate
        for estimate in solve(drafts, alpha=experiment.analysis.alpha)
    }


def _same_side(lowest: Span | None, highest: Span | None) -> bool | None:
    ends = [None if span is None else span.estimate for span in (lowest, highest)]
    if ends[0] is None or ends[1] is None:
        return None
    return ends[0] > 0 or ends[1] < 0
