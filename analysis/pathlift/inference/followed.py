"""From times to an event to cumulative incidences of the arms, with their covariance.

Adds labels up to orderings, and influence functions to clusters. Knows no contrast and no family.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.clusters import FEWEST, ArmClusters, arm_clusters, cr2_covariance
from pathlift.inference.cumulative import Cumulative, cumulative_incidence, influence_sums
from pathlift.inference.drafts import Joint
from pathlift.inference.label_groups import LabelGroups
from pathlift.registry.experiment import Experiment
from pathlift.statistics.cells import all_codes, label
from pathlift.statistics.collected import Statistics
from pathlift.statistics.times import Endpoint, TimeTable, bin_length


def unfollowed(experiment: Experiment, statistics: Statistics) -> str:
    """Why nobody knows when units of an experiment converted.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Returns
    -------
    str
        Empty where it is known.
    """
    if experiment.conversion in statistics.not_estimated:
        return statistics.not_estimated[experiment.conversion or ""]
    window = experiment.window
    if window is not None and bin_length(round(window.total_seconds() * 1e6)) is None:
        return (
            "units are followed in bins of one day or of six hours, and the window is no whole "
            "number of either"
        )
    return "times to the outcome were not read" if statistics.times is None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One endpoint: what its contrasts are called, and which causes they are about.

    Attributes
    ----------
    estimand : str
    endpoint : {'purchase', 'completion'}
    names : tuple of str or None
        Orderings; None is all of them together.
    groups : LabelGroups or None
        Causes; those beyond `names` only compete. None where no stages are declared.
    """

    estimand: Literal["cumulative_incidence", "cumulative_share"]
    endpoint: Endpoint
    names: tuple[str | None, ...]
    groups: LabelGroups | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Followed:
    """Cumulative incidences of the arms, one outcome a name of the question.

    Attributes
    ----------
    joint : Joint
    units : Floats, shape (arms,)
        Analysed, followed for a bin or not.
    events : Floats, shape (outcomes, arms)
        Seen to happen.
    last : Floats, shape (arms,)
        Units at risk in the last bin.
    clusters : tuple of ArmClusters or None
        By arm; None where its units stand alone.
    lost : dict of str to str
        Arms that cannot be compared, with the reason; what `joint` says of them is of no use.
    """

    joint: Joint
    units: Floats
    events: Floats
    last: Floats
    clusters: tuple[ArmClusters | None, ...]
    lost: dict[str, str] = field(default_factory=dict)


def follow_arms(experiment: Experiment, table: TimeTable, question: Question) -> Followed:
    """Estimate cumulative incidences of every analysed arm at the end of the window.

    Parameters
    ----------
    experiment : Experiment
    table : TimeTable
    question : Question

    Returns
    -------
    Followed
        Of arms with clusters, the covariance is CR2 of influence functions added up by cluster.
    """
    times = table.of(question.endpoint)
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    column = _columns(experiment, question.groups)
    size = 1 + max(column.values(), default=0)
    events, censored, units = _counts(times, arms, column, size)
    found = cumulative_incidence(events, censored)
    own = found.covariance
    clusters: list[ArmClusters | None] = [None] * len(arms)
    lost = _unknown(times, found, arms)
    for place, arm in enumerate(experiment.analyzed_arms):
        if arm.cluster is None:
            continue
        try:
            clusters[place], own[place] = _between(times, arm.name, column, size, found, place)
        except _TooFewError as refusal:
            lost.setdefault(arm.name, str(refusal))
    whole = _chosen(question, size)
    covariance = np.zeros((len(whole), len(arms), len(whole), len(arms)))
    for place in range(len(arms)):
        covariance[:, place, :, place] = whole @ own[place] @ whole.T
    return Followed(
        joint=Joint(arms=arms, value=whole @ found.value.T, covariance=covariance),
        units=units,
        events=whole @ events.sum(axis=-1).T,
        last=found.at_risk[:, -1],
        clusters=tuple(clusters),
        lost=lost,
    )


def _chosen(question: Question, size: int) -> Floats:
    """Which causes each name adds up, shape (names, causes)."""
    known = question.groups.names if question.groups else ()
    rows = [
        np.ones(size) if name is None else np.eye(size)[known.index(name)]
        for name in question.names
    ]
    return np.array(rows)


def _columns(experiment: Experiment, groups: LabelGroups | None) -> dict[int, int]:
    """Group of every label code; all codes in one where no stages are declared."""
    if groups is None:
        return dict.fromkeys(all_codes(), 0)
    return {code: groups.column(label(code, experiment.stage_names)) for code in all_codes()}


def _counts(
    times: TimeTable, arms: Sequence[str], column: dict[int, int], size: int
) -> tuple[Floats, Floats, Floats]:
    """Events (arms, causes, bins), ends of follow-up (arms, bins), units (arms,)."""
    events = np.zeros((len(arms), size, times.bins))
    censored, units = np.zeros((len(arms), times.bins)), np.zeros(len(arms))
    for time, count in zip(times.times, times.units.tolist(), strict=True):
        if time.cluster is not None or time.arm not in arms:
            continue
        arm = arms.index(time.arm)
        units[arm] += count
        if time.cause is not None:
            events[arm, column[time.cause], time.bin - 1] += count
        elif time.bin:
            censored[arm, time.bin - 1] += count
    return events, censored, units


def _unknown(times: TimeTable, found: Cumulative, arms: Sequence[str]) -> dict[str, str]:
    """Arms of which nobody has been followed to the end of the window."""
    lost = {}
    for place, arm in enumerate(arms):
        if not found.known[place]:
            seen = int(np.count_nonzero(found.at_risk[place] > 0))
            lost[arm] = (
                f"no unit of {arm} has been followed for more than {_of_window(times, seen)}, so "
                "what happens after that is not known"
            )
    return lost


def _of_window(times: TimeTable, bins: int) -> str:
    hours, window = (count * times.length // 3_600_000_000 for count in (bins, times.bins))
    if hours % 24 == window % 24 == 0:
        return f"{hours // 24} of {window // 24} days"
    return f"{hours} of {window} hours"


class _TooFewError(ValueError):
    """Clusters do not tell how sure an arm is."""


def _between(
    times: TimeTable,
    arm: str,
    column: dict[int, int],
    size: int,
    found: Cumulative,
    place: int,
) -> tuple[ArmClusters, Floats]:
    """Clusters of an arm, and CR2 of the influence functions added up over them."""
    if arm not in times.clustered:
        raise _TooFewError(
            "clusters times bins are too many to be read, and units of a cluster are not "
            "independent"
        )
    names = sorted({t.cluster for t in times.times if t.arm == arm and t.cluster is not None})
    at = {name: row for row, name in enumerate(names)}
    events = np.zeros((len(names), size, times.bins))
    censored = np.zeros((len(names), times.bins))
    for time, count in zip(times.times, times.units.tolist(), strict=True):
        if time.arm == arm and time.cluster is not None:
            row = at[time.cluster]
            if time.cause is not None:
                events[row, column[time.cause], time.bin - 1] += count
            elif time.bin:
                censored[row, time.bin - 1] += count
    sizes = events.sum(axis=(1, 2)) + censored.sum(axis=1)
    seen = sizes > 0
    if np.count_nonzero(seen) < FEWEST:
        raise _TooFewError(
            f"an arm of clusters needs at least {FEWEST} of them, and of {arm} "
            f"{np.count_nonzero(seen)} have been followed"
        )
    one = Cumulative(
        value=found.value[place],
        covariance=found.covariance[place],
        at_risk=found.at_risk[place],
        gradient=found.gradient[place],
        hazard=found.hazard[place],
        known=found.known[place],
    )
    sums = influence_sums(one, events[seen], censored[seen])
    return arm_clusters(sizes[seen]), cr2_covariance(sizes[seen], sums)
