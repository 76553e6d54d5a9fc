"""Does the split of units contradict the planned weights? Methods 4, V1."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pathlift.errors import NotEstimableError
from pathlift.inference.anytime_srm import watched_split
from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.clusters import split_of_clusters
from pathlift.judgement.checks.counts import against_weights
from pathlift.judgement.checks.facts import analysed_units
from pathlift.registry.experiment import Experiment
from pathlift.result.looks import Earlier
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics

_CAUSES = "Find what assigns, logs or drops units unevenly"


def srm(
    experiment: Experiment, statistics: Statistics, earlier: Sequence[Earlier] = ()
) -> Iterator[Check]:
    """Hold analysed units of all arms but holdouts against the weights, before maturity.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    earlier : sequence of Earlier, optional
        Looks at data that ended before these.

    Yields
    ------
    Check
        ``fail`` below p = .001 or where an arm is empty, ``warn`` below .01. A running experiment
        that was looked at before fails by the always-valid p-value, or by that of chi-square times
        the square of the number of looks: the sum of both errors over all looks stays below .003.
    """
    if clusters_drawn(experiment):
        yield from split_of_clusters(experiment, statistics)
        return
    limit = experiment.limits("srm")
    units = analysed_units(experiment, statistics)
    weights = {arm.name: arm.weight for arm in experiment.analyzed_arms}
    total, whole = sum(units.values()), sum(weights.values())
    expected = {arm: total * weight / whole for arm, weight in weights.items()}
    figures = {
        "units": units,
        "expected": expected,
        "weights": weights,
        "weights_declared": experiment.weights_declared,
        **limit,
    }
    empty = [arm for arm, count in units.items() if count == 0]
    if empty or len(units) < 2:
        yield Check(
            id="srm",
            severity="fail",
            scope="experiment",
            message=_nothing_to_split(empty, units),
            figures=figures,
        )
        return
    found = against_weights(list(units.values()), list(weights.values()))
    watched = _watched(experiment, units, weights, found.p_value, earlier)
    smallest = min(watched["always_valid_p"], watched["p_times_looks_squared"])
    certain = (smallest if watched["running"] else found.p_value) < limit["fails_below_p"]
    likely = found.p_value < limit["warns_below_p"]
    severity: Severity = "fail" if certain else "warn" if likely else "pass"
    split = f"Units: {words.by_arm(units, dict.fromkeys(units, total))}"
    planned = words.listed(f"{arm} {words.percent(w / whole)}" for arm, w in weights.items())
    at_any_look = (
        f"; valid at any look: {words.p_value(watched['always_valid_p'])}"
        if watched["running"]
        else ""
    )
    said = f"{found.said}{at_any_look}"
    verdict = {
        "fail": f"contradict the planned split ({planned}; {said}, below "
        f"{limit['fails_below_p']:g}). {_CAUSES}, "
        "and fix it before reading any number.",
        "warn": f"sit badly with the planned split ({planned}; {found.said}, below "
        f"{limit['warns_below_p']:g}{at_any_look}). {_CAUSES} before trusting a close result.",
        "pass": f"agree with the planned split ({planned}; {said}).",
    }[severity]
    yield Check(
        id="srm",
        severity=severity,
        scope="experiment",
        message=f"{split} {verdict}{_assumed(experiment)}",
        figures={**figures, **found.figures(), **watched},
    )


def _watched(
    experiment: Experiment,
    units: Mapping[str, int],
    weights: Mapping[str, float],
    p_value: float,
    earlier: Sequence[Earlier],
) -> dict[str, Any]:
    """The split over the looks so far, as entries of the check's figures."""
    arms = list(units)
    table = [[look.units[arm] for arm in arms] for look in earlier if set(arms) <= set(look.units)]
    table.append(list(units.values()))
    try:
        watch = watched_split(table, list(weights.values()))
    except NotEstimableError:  # an arm lost units since, so that only the last look is about them
        watch = watched_split(table[-1:], list(weights.values()))
    looks = len(earlier) + 1
    return {
        "running": experiment.status == "running" and looks > 1,
        "looks": looks,
        "always_valid_p": float(watch.p_value[-1]),
        "p_times_looks_squared": min(1.0, looks**2 * p_value),
    }


def _nothing_to_split(empty: list[str], units: dict[str, int]) -> str:
    if not empty:
        return "Fewer than two arms are analysed, so there is no split to check. Analyse another."
    arms = words.listed(repr(arm) for arm in empty)
    return (
        f"No unit of arm {arms} was found (units: {words.by_arm(units)}). Check the arm's `value` "
        "against the data and the days of `period`, or take the arm out of the file."
    )


def _assumed(experiment: Experiment) -> str:
    if experiment.weights_declared:
        return ""
    return " No weights are declared, so equal ones were assumed; declare others if planned."
