"""Were the arms alike before exposure in what the metrics count after it? Methods 4, V11."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.omnibus import equality_of_means
from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.counts import shares_by_arm
from pathlift.judgement.checks.facts import analysed_units, not_checked
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What a metric would have counted over the lookback, by arm, and p of no difference."""

    metric: Metric
    total: Mapping[str, int]
    mean: Mapping[str, float]
    p_value: float


def pre_period(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Compare, over the lookback before exposure, what the metrics count after it.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One for each metric that is read from events and is no covariate: ``fail`` below .001 over
        all of them (Bonferroni), which takes that metric away. Nothing can have caused such a
        difference but the way units came into the arms.
    """
    if clusters_drawn(experiment):
        yield not_checked("pre_period", "whole clusters were drawn: units before go together.")
        return
    units = analysed_units(experiment, statistics)
    tested = [
        found
        for metric in experiment.metrics
        if (found := _before(experiment, statistics, metric, units)) is not None
    ]
    if not tested:
        yield not_checked(
            "pre_period",
            "no metric has a past: it needs a log of events, `lookback`, and something that "
            "happened in it. Covariates are compared by check `balance`.",
        )
        return
    below = experiment.limits("pre_period")["fails_below_p"]
    for found in tested:
        p = min(1.0, found.p_value * len(tested))
        name, off = found.metric.name, p < below
        shown = words.listed(f"{arm} {value:.4g}" for arm, value in found.mean.items())
        yield Check(
            id="pre_period",
            severity="fail" if off else "pass",
            scope=f"metric:{name}",
            message=(
                f"Before exposure {name} differed between arms ({shown}; {words.p_value(p)} over "
                f"all metrics, below {below:g}): no effect can reach back, so units came into the "
                "arms unevenly. Find out how, or make what they did before a covariate."
                if off
                else f"Before exposure {name} was alike in all arms ({shown}; {words.p_value(p)})."
            ),
            figures={
                "units": units,
                "before": dict(found.mean),
                "p_value": found.p_value,
                "p_over_metrics": p,
                "metrics": len(tested),
                "fails_below_p": below,
            },
        )


def _before(
    experiment: Experiment, statistics: Statistics, metric: Metric, units: Mapping[str, int]
) -> _Before | None:
    arms = [arm.name for arm in experiment.analyzed_arms]
    total = {arm: statistics.count("before", arm=arm, other=metric.name) for arm in arms}
    squares = {arm: statistics.count("before_squares", arm=arm, other=metric.name) for arm in arms}
    if not any(squares.values()) or len(arms) < 2 or min(units.values()) < 2:
        return None
    unit = next((v.unit for v in statistics.moments.variables if v.name == metric.name), 1.0)
    mean = {arm: unit * total[arm] / units[arm] for arm in arms}
    if metric.kind == "proportion":
        shares = shares_by_arm(total, units)
        p = shares.p_value if shares is not None else 1.0
    else:
        # n * squares - total**2 in whole numbers: no digit is lost in the difference
        variances = [
            unit**2
            * (units[arm] * squares[arm] - total[arm] ** 2)
            / (units[arm] ** 2 * (units[arm] - 1))
            for arm in arms
        ]
        try:
            found = equality_of_means(np.array(list(mean.values())), np.diag(variances))
        except NotEstimableError:
            return None
        p = float(found.p_value)
    return _Before(metric=metric, total=total, mean=mean, p_value=p)
