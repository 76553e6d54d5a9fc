"""Effects with days weighed alike in both arms: what a split that changed over days does to them.

Where arms had other shares on other days, days that buy more weigh more in one arm; within a day
they do not (Simpson's paradox). Never the headline.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pathlift.inference.by_day import Cohorts, daily
from pathlift.inference.tails import two_sided_critical, two_sided_p
from pathlift.registry.experiment import Contrast, Experiment, Metric
from pathlift.result.model import Sensitivity, Span
from pathlift.statistics.collected import Statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinDays:
    """One contrast, day by day.

    Attributes
    ----------
    difference, standard_error : float
        Sum over days of the difference, weighed by the day's units in both arms.
    arm_value, control_value : float
        The same of each arm.
    pooled : float
        Difference without regard to days, over the same units.
    days, left_out : int
        That are read, and that an arm has fewer than two units on.
    """

    difference: float
    standard_error: float
    arm_value: float
    control_value: float
    pooled: float
    days: int
    left_out: int


def within_days(cohorts: Cohorts, arm: int, control: int) -> WithinDays | None:
    """Add up the differences of days.

    Parameters
    ----------
    cohorts : Cohorts
        By day.
    arm, control : int
        Positions of arms.

    Returns
    -------
    WithinDays or None
        None where fewer than two days can be read, or nothing varies.

    References
    ----------
    .. [1] R. Kohavi, R. Longbotham (2017), "Online controlled experiments and A/B testing",
       Encyclopedia of Machine Learning and Data Mining.
    """
    units = cohorts.units[:, [arm, control]]
    mean = cohorts.mean[:, [arm, control]]
    variance = cohorts.variance[:, [arm, control]]
    read = np.isfinite(variance).all(axis=1)
    if read.sum() < 2:
        return None
    units, mean, variance = units[read], mean[read], variance[read]
    weight = units.sum(axis=1) / units.sum()
    total = float((weight**2 * variance.sum(axis=1)).sum())
    if total <= 0:
        return None
    values = (weight[:, None] * mean).sum(axis=0)
    pooled = (units * mean).sum(axis=0) / units.sum(axis=0)
    return WithinDays(
        difference=float(values[0] - values[1]),
        standard_error=float(np.sqrt(total)),
        arm_value=float(values[0]),
        control_value=float(values[1]),
        pooled=float(pooled[0] - pooled[1]),
        days=int(read.sum()),
        left_out=int((~read).sum()),
    )


def contrasts_within_days(
    experiment: Experiment, statistics: Statistics, metric: Metric
) -> Iterator[tuple[Contrast, WithinDays]]:
    """Every contrast of a metric that can be read day by day.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    metric : Metric

    Yields
    ------
    Contrast, WithinDays
        None of a ratio or a quantile, and none with an arm whose units go together in clusters.
    """
    if metric.kind not in ("proportion", "mean"):
        return
    arms = experiment.analyzed_arms
    names = [arm.name for arm in arms]
    grouped = {arm.name for arm in arms if arm.cluster is not None}
    cohorts = daily(experiment, statistics, metric)
    for contrast in experiment.analysis.contrasts:
        if grouped & {contrast.arm, contrast.control}:
            continue
        found = within_days(cohorts, names.index(contrast.arm), names.index(contrast.control))
        if found is not None:
            yield contrast, found


def day_readings(
    experiment: Experiment, statistics: Statistics, *, alpha: float
) -> Iterator[Sensitivity]:
    """Read the metrics that decide once more, with days weighed alike.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    alpha : float
        Two-sided.

    Yields
    ------
    Sensitivity
    """
    critical = float(two_sided_critical(alpha))
    for metric in experiment.metrics:
        if metric.role != "primary" and metric.name not in experiment.decision.success:
            continue
        for contrast, found in contrasts_within_days(experiment, statistics, metric):
            half = critical * found.standard_error
            left = f", {found.left_out} of too few units left out" if found.left_out else ""
            yield Sensitivity(
                of=f"itt/{metric.name}///{contrast.arm}-{contrast.control}",
                reading="day_stratified",
                metric=metric.name,
                arm=contrast.arm,
                control=contrast.control,
                arm_value=found.arm_value,
                control_value=found.control_value,
                absolute=Span(
                    estimate=found.difference,
                    low=found.difference - half,
                    high=found.difference + half,
                ),
                standard_error=found.standard_error,
                p_value=float(two_sided_p(found.difference / found.standard_error)),
                method=f"days of first exposure weighed alike in both arms ({found.days} days"
                f"{left}), unadjusted, normal",
            )
