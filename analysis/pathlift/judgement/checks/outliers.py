"""Does a mean hang on few units? Methods 4, V19."""

from collections.abc import Iterator, Mapping

from pathlift.judgement import words
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics
from pathlift.statistics.concentration import Concentration

_TIMES_THE_AVERAGE = 20
"""A largest unit that is no larger against the average of those with a value is none of note: of 40
buyers each has more than 1%, and the largest of 500 log-normal ones of an ordinary spread (.8) has
ten times the average in half of all arms, twenty times in under 1%."""


def outliers(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Share of an arm's total that its largest unit, and its largest thousandth, have.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One for each mean, as it is read (capped where it is winsorised): ``warn`` where one unit
        has more than 1% of an arm's total and twenty times the average of those with a value, or
        the largest thousandth of the units more than a quarter.
    """
    names = [metric.name for metric in experiment.metrics if metric.kind == "mean"]
    arms = {arm.name for arm in experiment.analyzed_arms}
    found = {
        name: [c for c in statistics.concentration if c.metric == name and c.arm in arms]
        for name in names
    }
    limit = experiment.limits("outliers")
    if not any(found.values()):
        reason = "sums do not show single units" if names else "no metric is a mean"
        yield not_checked("outliers", f"{reason}.")
        return
    for name, of in found.items():
        if of:
            yield _of_mean(name, of, limit)


def _of_mean(metric: str, of: list[Concentration], limit: Mapping[str, float]) -> Check:
    single = [each for each in of if _alone(each, limit)]
    few = [each for each in of if (each.top or 0.0) > limit["warns_above_top"]]
    said = []
    if single:
        shown = words.listed(f"{words.percent(each.largest)} in {each.arm}" for each in single)
        said.append(f"one unit has {shown} of the arm's total")
    if few:
        shown = words.listed(
            f"{words.percent(each.top or 0.0)} in {each.arm} ({words.count(each.top_units)})"
            for each in few
        )
        said.append(f"the largest thousandth of the units has {shown}")
    largest = max(of, key=lambda each: each.largest)
    return Check(
        id="outliers",
        severity="warn" if said else "pass",
        scope=f"metric:{metric}",
        message=f"{metric} hangs on few units: {' and '.join(said)}. Look at these units; if they "
        "are real, `winsorize` caps what one unit can do."
        if said
        else f"No unit has much of {metric}: the largest {words.percent(largest.largest)} "
        f"of the total of {largest.arm}.",
        figures={
            "arms": {
                each.arm: {
                    "units": each.units,
                    "nonzero_units": each.nonzero,
                    "largest": each.largest,
                    "top_units": each.top_units,
                    "top": each.top,
                }
                for each in of
            },
            "times_the_average": _TIMES_THE_AVERAGE,
            **limit,
        },
    )


def _alone(each: Concentration, limit: Mapping[str, float]) -> bool:
    return each.largest > max(limit["warns_above"], _TIMES_THE_AVERAGE / each.nonzero)
