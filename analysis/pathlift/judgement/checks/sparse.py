"""Is a proportion made of so few cases that only exact methods are beyond doubt? V20."""

from collections.abc import Iterator

from pathlift.inference.comparing import compared
from pathlift.inference.metrics import metric_slice, unavailable
from pathlift.inference.reading import successes_of, table_of
from pathlift.judgement import words
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics


def counts(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count the successes and failures of every proportion.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One a proportion: ``warn`` where an arm has fewer than five successes or failures.
    """
    experiment, statistics = compared(experiment, statistics)
    proportions = [metric for metric in experiment.metrics if metric.kind == "proportion"]
    if not proportions:
        yield not_checked("counts", "no metric is a proportion.")
    for metric in proportions:
        yield _of_metric(experiment, statistics, metric)


def _of_metric(experiment: Experiment, statistics: Statistics, metric: Metric) -> Check:
    scope = f"metric:{metric.name}"
    fewest = int(experiment.limits("counts")["warns_below"])
    arms = [arm.name for arm in experiment.analyzed_arms]
    table = table_of(statistics, metric_slice(statistics, metric))
    reason = unavailable(statistics, metric)
    if reason or metric.name not in {variable.name for variable in table.variables}:
        why = reason or "its sums are not among these data"
        return not_checked("counts", f"{metric.name}: {why.rstrip('.')}.", scope)
    found, units = successes_of(table, arms, metric.name)
    if not units.all():
        empty = ", ".join(arm for arm, n in zip(arms, units, strict=True) if n == 0)
        return not_checked("counts", f"{metric.name} has no mature unit yet in {empty}.", scope)
    successes = {arm: int(x) for arm, x in zip(arms, found, strict=True)}
    failures = {arm: int(n - x) for arm, x, n in zip(arms, found, units, strict=True)}
    grouped = (
        " Contrasts of arms with clusters have neither: t is not to be trusted for so few."
        if any(arm.cluster is not None for arm in experiment.analyzed_arms)
        else ""
    )
    few = {
        what: {arm: count for arm, count in by_arm.items() if count < fewest}
        for what, by_arm in (("successes", successes), ("failures", failures))
    }
    exact = "" if metric.margin is not None else "; `sensitivity` has the exact test"
    said = [f"{what} in {words.by_arm(by_arm)}" for what, by_arm in few.items() if by_arm]
    return Check(
        id="counts",
        severity="warn" if said else "pass",
        scope=scope,
        message=f"{metric.name} has few cases: {words.listed(said)}. Its score interval holds for "
        f"such counts, but one case more would move it{exact}.{grouped}"
        if said
        else f"{metric.name} has at least {fewest} successes and failures in every arm.",
        figures={"successes": successes, "failures": failures, "warns_below": fewest},
    )
