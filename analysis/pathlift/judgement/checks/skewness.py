"""Are means too skewed, for their units and their split, for the tails of their tests? V18."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pathlift.inference.comparing import compared
from pathlift.inference.metrics import metric_slice, unavailable
from pathlift.inference.reading import table_of
from pathlift.inference.skew import ContrastSkew, contrast_skew, severity
from pathlift.judgement.checks.facts import not_checked, worst
from pathlift.registry.experiment import Contrast, Experiment, Metric
from pathlift.result.model import Check, Severity
from pathlift.statistics.centring import centred, third_central
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group, MomentTable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Skewness of a contrast, and what it were if each arm had the moments of both together.

    One large unit moves the third moment of its arm by as much as all others have: between even
    arms that are alike, where the truth is 0, the first scatters beyond any limit, the second not.
    """

    own: ContrastSkew
    split: float


def skew(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Predict how far the tails of every contrast of means are off.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One a mean, as it is capped and before adjustment: ``fail`` above a skewness of 0.12 of a
        contrast (a tail of 2.5% is off by a point) that the split alone brings about as well,
        with the moments of both arms together; ``warn`` above 0.053. A failure invalidates the
        metric's own estimates only, not those of ratios over it.
    """
    experiment, statistics = compared(experiment, statistics)
    if not any(metric.kind in ("mean", "ratio") for metric in experiment.metrics):
        yield not_checked("skew", "no metric is a mean.")
    for metric in experiment.metrics:
        if metric.kind == "mean":
            yield _of_mean(experiment, statistics, metric)
        elif metric.kind == "ratio":
            yield not_checked(
                "skew",
                f"{metric.name} is a ratio, and third moments of both its parts together are not "
                "collected. Its numerator is checked as a mean.",
                f"metric:{metric.name}",
            )


def _of_mean(experiment: Experiment, statistics: Statistics, metric: Metric) -> Check:
    scope = f"metric:{metric.name}"
    reason = unavailable(statistics, metric)
    table = table_of(statistics, metric_slice(statistics, metric))
    if reason or metric.name not in table.cubed:
        why = reason or "sums of third powers are not among these data"
        return not_checked("skew", f"{metric.name}: {why.rstrip('.')}.", scope)
    grouped = {arm.name for arm in experiment.analyzed_arms if arm.cluster is not None}
    contrasts = [c for c in experiment.analysis.contrasts if not grouped & {c.arm, c.control}]
    if not contrasts and experiment.analysis.contrasts:
        why = "third powers are not collected by cluster, and t on clusters judges its contrasts."
        return not_checked("skew", f"{metric.name}: {why}", scope)
    found = {
        f"{contrast.arm}-{contrast.control}": skewness
        for contrast in contrasts
        if (skewness := _of_contrast(table, metric.name, contrast)) is not None
    }
    if not found:
        return not_checked("skew", f"{metric.name}: no contrast has two units in each arm.", scope)
    return Check(
        id="skew",
        severity=worst(_severity(experiment, each) for each in found.values()),
        scope=scope,
        message=_said(experiment, statistics, metric, found),
        figures={
            "skewness": {name: float(each.own.skewness) for name, each in found.items()},
            "tail_error": {name: float(each.own.tail_error) for name, each in found.items()},
            "skewness_by_split": {name: each.split for name, each in found.items()},
            **experiment.limits("skew"),
        },
    )


def _of_contrast(table: MomentTable, name: str, contrast: Contrast) -> _Found | None:
    one, zero = Group(arm=contrast.arm), Group(arm=contrast.control)
    if one not in table.groups or zero not in table.groups:
        return None
    moments = centred(table, [one, zero], [name])
    n, variance = moments.units, moments.covariance[:, 0, 0]
    if n.min() < 2:
        return None
    third = [third_central(table, group, name) for group in (one, zero)]
    own = contrast_skew(n[0], variance[0], third[0], n[1], variance[1], third[1])
    v, k = (float((n * np.asarray(each)).sum() / n.sum()) for each in (variance, third))
    split = float(contrast_skew(n[0], v, k, n[1], v, k).skewness)
    return _Found(own=own, split=split) if math.isfinite(float(own.skewness) + split) else None


def _severity(experiment: Experiment, found: _Found) -> Severity:
    limit = experiment.limits("skew")
    warn, fail = limit["warns_above"], limit["fails_above"]
    level = severity(float(found.own.skewness), warn=warn, fail=fail)
    return "warn" if level == "fail" and abs(found.split) <= fail else level


def _said(
    experiment: Experiment,
    statistics: Statistics,
    metric: Metric,
    found: Mapping[str, _Found],
) -> str:
    largest = max(found, key=lambda name: _rank(experiment, found[name]))
    skewness = float(found[largest].own.skewness)
    cap = statistics.caps.get(metric.name)
    capped = cap is not None and cap.threshold is not None
    head = (
        f"The difference in {metric.name}{' as it is capped' if capped else ''} has a skewness of "
        f"{skewness:.2g} ({largest})"
    )
    level = _severity(experiment, found[largest])
    if level == "pass":
        return f"{head}, small enough for the tails of its test."
    said = [
        f"{head}, so that a tail of 2.5% is off by about "
        f"{100 * float(found[largest].own.tail_error):.2g} points."
    ]
    if experiment.covariates:
        said.append("This is before adjustment, and adjusted estimates are less skewed.")
    if level == "warn" and abs(skewness) > experiment.limits("skew")["fails_above"]:
        said.append(
            "Few units of one arm make it, for the split of arms that are alike leaves "
            f"{found[largest].split:.2g}; so it is a warning."
        )
    remedy = "a lower `winsorize`" if metric.winsorize is not None else "`winsorize`"
    said.append(
        f"Declare {remedy}, or an even split: equal arms cancel most of it."
        if level == "warn"
        else f"Its estimates are not to be read. Declare {remedy}, or split evenly: equal arms "
        "cancel most of it."
    )
    return " ".join(said)


def _rank(experiment: Experiment, found: _Found) -> tuple[int, float]:
    order = {"pass": 0, "warn": 1, "fail": 2}
    return order[_severity(experiment, found)], abs(float(found.own.skewness))
