"""Whom is the association with the ordering about, and are the strata thick enough? Methods 4, V23.

Warns only: what is too thin is not standardised, and no contrast of arms depends on it.
"""

from collections.abc import Iterator

from pathlift.inference.associating import refused
from pathlift.inference.comparing import compared
from pathlift.inference.describing import eligible_units, strata_names
from pathlift.inference.label_groups import OTHER, ordering_names
from pathlift.inference.landmark import landmarks
from pathlift.inference.standardising import FEWEST, standardise
from pathlift.judgement import words
from pathlift.judgement.checks.facts import not_checked
from pathlift.judgement.checks.outages import outside
from pathlift.judgement.checks.stages import NO_STAGES
from pathlift.registry.durations import say_duration
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics

_NO_WINDOW = "without a window no unit can be followed for the same time as all others."
_NOBODY = "no mature unit{outside} completed a strict ordering of all stages."


def landmark(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Share of units with a complete ordering that completed it early enough to be followed.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        Below 20% in an arm ``warn``: the association is about a few early ones.
    """
    length, window = experiment.analysis.landmark, experiment.window
    if not experiment.stages:
        yield not_checked("landmark", NO_STAGES, "orderings")
        return
    if length is None or window is None:
        yield not_checked("landmark", _NO_WINDOW, "orderings")
        return
    arms = eligible_units(experiment, statistics)
    if not any(arm.complete for arm in arms):
        yield not_checked("landmark", _NOBODY.format(outside=outside(experiment)), "orderings")
        return
    below = experiment.limits("landmark")["warns_below"]
    few = [
        arm.arm
        for arm in arms
        if arm.share_of_complete is not None and arm.share_of_complete < below
    ]
    message = (
        f"Completed an ordering of all stages within {say_duration(window - length)}, so that "
        f"{say_duration(length)} are left to convert: "
        f"{words.by_arm({a.arm: a.eligible for a in arms}, {a.arm: a.complete for a in arms})} of "
        "those that completed one at all."
    )
    if few:
        message += (
            f" In {words.listed(few)} that is few: the association with the ordering is about "
            "early ones only. Lengthen the window, or shorten `analysis.landmark`."
        )
    yield Check(
        id="landmark",
        severity="warn" if few else "pass",
        scope="orderings",
        message=message,
        figures={
            "landmark": say_duration(length),
            "eligible": {arm.arm: arm.eligible for arm in arms},
            "complete": {arm.arm: arm.complete for arm in arms},
            "share_of_complete": {arm.arm: arm.share_of_complete for arm in arms},
            "share_of_units": {arm.arm: arm.share_of_units for arm in arms},
            "warns_below": below,
        },
    )


def positivity(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Weight of strata in which hardly anybody took an ordering.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        Above 5% for an ordering ``warn``; above 20% that ordering is not standardised.
    """
    if not experiment.stages:
        yield not_checked("positivity", NO_STAGES, "orderings")
        return
    if experiment.analysis.landmark is None:
        yield not_checked("positivity", _NO_WINDOW, "orderings")
        return
    names = [name for name in ordering_names(experiment.stage_names) if name != OTHER]
    counts = landmarks(*compared(experiment, statistics), names)
    if not counts.units.sum():
        yield not_checked("positivity", _NOBODY.format(outside=outside(experiment)), "orderings")
        return
    rates = standardise(counts.units, counts.converted, counts.coarser())
    weight = {name: float(rates.collapsed[place]) for place, name in enumerate(names)}
    lost = [name for place, name in enumerate(names) if refused(rates, place)]
    above = experiment.limits("positivity")["warns_above"]
    thin = [name for name, share in weight.items() if share > above and name not in lost]
    message = (
        f"Strata of {words.listed(strata_names(experiment))} in which fewer than {FEWEST} units "
        f"took an ordering in time hold {words.percent(max(weight.values()))} of the weight."
    )
    if thin:
        message += f" Rates of coarser strata stand in for {words.listed(_said(thin))}."
    if lost:
        message += f" Not standardised, for too little is known: {words.listed(_said(lost))}."
    if thin or lost:
        message += " Declare fewer or coarser `strata`, or wait for more units."
    yield Check(
        id="positivity",
        severity="warn" if thin or lost else "pass",
        scope="orderings",
        message=message,
        figures={
            "weight": weight,
            "strata": len(counts.strata),
            "not_standardised": lost,
            "fewest": FEWEST,
            "warns_above": above,
        },
    )


def _said(orderings: list[str]) -> list[str]:
    return [ordering.replace(">", " > ") for ordering in orderings]
