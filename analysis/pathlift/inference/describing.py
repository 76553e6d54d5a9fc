"""The descriptive panel: everything about orderings that is no contrast of randomised arms.

The second entrance to inference, apart from that of estimates on purpose: statistics in, rows out.
"""

from dataclasses import dataclass

from pathlift.inference.associating import Associated, associate
from pathlift.inference.comparing import compared
from pathlift.inference.decomposing import decomposition_rows
from pathlift.inference.funnel import funnel_steps
from pathlift.inference.naive import naive_rates
from pathlift.inference.standardising import FEWEST
from pathlift.registry.durations import say_duration
from pathlift.registry.experiment import Experiment
from pathlift.result.descriptive import (
    AssociationRow,
    DecompositionRow,
    Eligible,
    FunnelStep,
    Landmark,
    Naive,
)
from pathlift.result.model import Omnibus
from pathlift.statistics.cells import all_codes, label
from pathlift.statistics.collected import Statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Rows of the descriptive panel.

    Attributes
    ----------
    association : tuple of AssociationRow
    landmark : Landmark or None
        None without a window.
    naive : Naive
    decomposition : tuple of DecompositionRow
    funnel : tuple of FunnelStep
    omnibus : tuple of Omnibus
        Tests of association.
    """

    association: tuple[AssociationRow, ...]
    landmark: Landmark | None
    naive: Naive
    decomposition: tuple[DecompositionRow, ...]
    funnel: tuple[FunnelStep, ...]
    omnibus: tuple[Omnibus, ...]


def describe(experiment: Experiment, statistics: Statistics) -> Described | None:
    """Describe conversion given the ordering.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
        Of its data.

    Returns
    -------
    Described or None
        None without stages, or where the definition asks for checks only. What cannot be estimated
        is there with its reason.
    """
    if not experiment.stages or experiment.conversion is None:
        return None
    experiment, statistics = compared(experiment, statistics)
    associated = associate(experiment, statistics)
    return Described(
        association=associated.rows,
        landmark=_landmark(experiment, statistics, associated),
        naive=naive_rates(experiment, statistics, associated),
        decomposition=decomposition_rows(experiment, statistics),
        funnel=funnel_steps(experiment, statistics),
        omnibus=associated.omnibus,
    )


def eligible_units(experiment: Experiment, statistics: Statistics) -> tuple[Eligible, ...]:
    """How many units of each analysed arm the association is about.

    Parameters
    ----------
    experiment : Experiment
        With stages.
    statistics : Statistics

    Returns
    -------
    tuple of Eligible
    """
    experiment, statistics = compared(experiment, statistics)
    totals = {arm.name: [0, 0, 0, 0] for arm in experiment.analyzed_arms}
    cells = statistics.cells
    read = {code: label(code, experiment.stage_names) for code in all_codes()}
    complete_codes = {
        code for code, seen in read.items() if seen.kind == "complete" and not seen.tied
    }
    for row, cell in enumerate(cells.cells):
        if cell.arm in totals and cell.maturity >= statistics.label_class:
            strict = cell.label in complete_codes
            counts = (
                cells.units[row],
                cells.units[row] if strict else 0,
                cells.lm_elig[row],
                cells.lm_conv[row],
            )
            totals[cell.arm] = [
                whole + int(part) for whole, part in zip(totals[cell.arm], counts, strict=True)
            ]
    return tuple(
        Eligible(
            arm=arm,
            units=units,
            complete=complete,
            eligible=eligible,
            converted=converted,
            share_of_units=eligible / units if units else None,
            share_of_complete=eligible / complete if complete else None,
        )
        for arm, (units, complete, eligible, converted) in totals.items()
    )


def strata_names(experiment: Experiment) -> tuple[str, ...]:
    """What units of one stratum have in common.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of str
        The arm; the baseline state where anything is looked back for; declared strata.
    """
    held = any(experiment.lookback_of(stage) is not None for stage in experiment.stage_names)
    declared = (column.name for column in experiment.strata)
    return ("arm", *(("baseline_state",) if held else ()), *declared)


def _landmark(
    experiment: Experiment, statistics: Statistics, associated: Associated
) -> Landmark | None:
    length, window = experiment.analysis.landmark, experiment.window
    if length is None or window is None:
        return None
    return Landmark(
        length=say_duration(length),
        latest=say_duration(window - length),
        arms=eligible_units(experiment, statistics),
        strata=strata_names(experiment),
        cells=len(associated.counts.strata),
        reference=associated.reference,
        fewest=FEWEST,
        causal_status="descriptive",
    )
