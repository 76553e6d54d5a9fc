"""Does the split of units contradict the planned weights? Methods 4, V1."""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.clusters import split_of_clusters
from pathlift.judgement.checks.counts import against_weights
from pathlift.judgement.checks.facts import CERTAIN, LIKELY, analysed_units
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics

_CAUSES = "Find what assigns, logs or drops units unevenly"


def srm(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Hold analysed units of all arms but holdouts against the weights, before maturity.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``fail`` below p = .001 or where an arm is empty, ``warn`` below .01.
    """
    if clusters_drawn(experiment):
        yield from split_of_clusters(experiment, statistics)
        return
    units = analysed_units(experiment, statistics)
    weights = {arm.name: arm.weight for arm in experiment.analyzed_arms}
    total, whole = sum(units.values()), sum(weights.values())
    expected = {arm: total * weight / whole for arm, weight in weights.items()}
    figures = {
        "units": units,
        "expected": expected,
        "weights": weights,
        "weights_declared": experiment.weights_declared,
        "fails_below_p": CERTAIN,
        "warns_below_p": LIKELY,
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
    severity: Severity = (
        "fail" if found.p_value < CERTAIN else "warn" if found.p_value < LIKELY else "pass"
    )
    split = f"Units: {words.by_arm(units, dict.fromkeys(units, total))}"
    planned = words.listed(f"{arm} {words.percent(w / whole)}" for arm, w in weights.items())
    verdict = {
        "fail": f"contradict the planned split ({planned}; {found.said}, below 0.001). {_CAUSES}, "
        "and fix it before reading any number.",
        "warn": f"sit badly with the planned split ({planned}; {found.said}, below 0.01). "
        f"{_CAUSES} before trusting a close result.",
        "pass": f"agree with the planned split ({planned}; {found.said}).",
    }[severity]
    yield Check(
        id="srm",
        severity=severity,
        scope="experiment",
        message=f"{split} {verdict}{_assumed(experiment)}",
        figures={**figures, **found.figures()},
    )


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
