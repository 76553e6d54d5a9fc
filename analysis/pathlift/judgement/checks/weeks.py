"""Is the effect, or the control, another one in other weeks? Methods 4, V8 and V15."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.by_day import Cohorts, cohorts
from pathlift.inference.comparing import compared
from pathlift.inference.tails import chi_square_p, two_sided_p
from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics

_FEWEST = 3  # weeks from which on a direction can be told from a step
_CLUSTERED = "whole clusters were drawn, and weeks of one cluster go together."


def drift(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Ask whether the control converts alike in all weeks of first exposure.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``warn`` below p = .001: units of open windows are then no image of those that came before.
    """
    experiment, statistics = compared(experiment, statistics)
    metric = _primary(experiment)
    if metric is None:
        yield not_checked("drift", "there is no primary metric that is a share or a mean.")
        return
    if clusters_drawn(experiment):
        yield not_checked("drift", _CLUSTERED)
        return
    weekly = cohorts(experiment, statistics, metric)
    control = [arm.name for arm in experiment.analyzed_arms].index(experiment.control.name)
    values, variances = weekly.mean[:, control], weekly.variance[:, control]
    read = np.isfinite(values) & (variances > 0)
    if read.sum() < 2:
        yield not_checked("drift", "the control has fewer than two whole weeks of mature units.")
        return
    statistic, df = _heterogeneity(values[read], variances[read])
    p = float(chi_square_p(statistic, df))
    below = experiment.limits("drift")["warns_below_p"]
    severity: Severity = "warn" if p < below else "pass"
    told = f"{metric.name} of {experiment.control.name} over {df + 1} weeks"
    yield Check(
        id="drift",
        severity=severity,
        scope="experiment",
        message=f"{told} differs by more than chance ({words.p_value(p)}, below {below:g}): what "
        "is said of open windows takes late units for early ones; read mature units only."
        if severity == "warn"
        else f"{told} is one and the same ({words.p_value(p)}).",
        figures={
            "metric": metric.name,
            "weeks": _listed(weekly, read),
            "values": _rounded(values[read]),
            "statistic": float(statistic),
            "df": df,
            "p_value": p,
            "warns_below_p": below,
        },
    )


def novelty(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Ask whether the effect on the primary metric fades or grows over weeks of first exposure.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``warn`` where the slope over weeks, or their heterogeneity, has p below .01 over all
        contrasts.
    """
    experiment, statistics = compared(experiment, statistics)
    metric = _primary(experiment)
    if metric is None:
        yield not_checked("novelty", "there is no primary metric that is a share or a mean.")
        return
    if clusters_drawn(experiment):
        yield not_checked("novelty", _CLUSTERED)
        return
    weekly = cohorts(experiment, statistics, metric)
    names = [arm.name for arm in experiment.analyzed_arms]
    found: dict[str, dict[str, Any]] = {}
    for contrast in experiment.analysis.contrasts:
        week, effect, variance = weekly.effects(
            names.index(contrast.arm), names.index(contrast.control)
        )
        if len(week) >= _FEWEST:
            found[f"{contrast.arm}-{contrast.control}"] = _over_weeks(week, effect, variance)
    if not found:
        yield not_checked(
            "novelty", f"there are fewer than {_FEWEST} whole weeks of units mature for it."
        )
        return
    # the smaller of two p-values of each contrast, and all contrasts: Bonferroni over both
    tests = 2 * len(found)
    worst = min(found, key=lambda name: min(found[name]["slope_p"], found[name]["p_value"]))
    smallest = min(1.0, tests * min(found[worst]["slope_p"], found[worst]["p_value"]))
    below = experiment.limits("novelty")["warns_below_p"]
    severity: Severity = "warn" if smallest < below else "pass"
    yield Check(
        id="novelty",
        severity=severity,
        scope=f"metric:{metric.name}",
        message=_said(metric, worst, found[worst], smallest, below, severity),
        figures={"contrasts": found, "p_value": smallest, "tests": tests, "warns_below_p": below},
    )


def _primary(experiment: Experiment) -> Metric | None:
    for metric in experiment.metrics:
        if metric.role == "primary" and metric.kind in ("proportion", "mean"):
            return metric
    return None


def _heterogeneity(values: Floats, variances: Floats) -> tuple[float, int]:
    """Cochran's Q about the precision-weighted mean, and its degrees of freedom."""
    weight = 1 / variances
    center = float((weight * values).sum() / weight.sum())
    return float((weight * (values - center) ** 2).sum()), len(values) - 1


def _over_weeks(week: Floats, effect: Floats, variance: Floats) -> dict[str, Any]:
    """Weighted least squares over weeks, and what it leaves unexplained of nothing at all."""
    weight = 1 / variance
    center = (weight * week).sum() / weight.sum()
    spread = float((weight * (week - center) ** 2).sum())
    slope = float((weight * (week - center) * effect).sum() / spread)
    statistic, df = _heterogeneity(effect, variance)
    return {
        "weeks": len(week),
        "slope": slope,
        "slope_p": float(two_sided_p(slope * np.sqrt(spread))),
        "statistic": statistic,
        "df": df,
        "p_value": float(chi_square_p(statistic, df)),
        "effects": _rounded(effect),
        "last_effect": float(effect[-1]),
    }


def _said(
    metric: Metric, contrast: str, found: dict[str, Any], p: float, below: float, severity: Severity
) -> str:
    head = f"The effect on {metric.name} over {found['weeks']} weeks of first exposure"
    if severity == "pass":
        return f"{head} neither fades nor grows beyond chance (smallest {words.p_value(p)})."
    first, last = found["effects"][0], found["last_effect"]
    return (
        f"{head} is not one and the same ({contrast}: {first:+.3g} in the first, {last:+.3g} in "
        f"the last; {words.p_value(p)}, below {below:g}). It may be the novelty that wears off, or "
        "another kind of week: look at the last weeks before counting on the whole."
    )


def _rounded(values: Floats) -> list[float]:
    return [float(value) for value in values]


def _listed(weekly: Cohorts, read: np.ndarray) -> list[str]:
    return [week.isoformat() for week, kept in zip(weekly.weeks, read, strict=True) if kept]
