"""What metrics were in a past log: the planned analysis run over it, and read for its baselines.

Arms of a past log were drawn from nothing, so they are pooled. The standard deviation of a unit is
read off the standard errors of the analysis itself, adjustment and ratios and quantiles included.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import numpy as np

from pathlift.errors import DataError, Problem
from pathlift.outcomes.collecting import collect
from pathlift.outcomes.history import PastExperiment, read_history
from pathlift.pipeline import Progress, analyze
from pathlift.planning.past_clusters import PastClusters, past_clusters
from pathlift.registry.experiment import Experiment, Metric
from pathlift.registry.plan import Baseline, History, PlanSettings, Traffic
from pathlift.result.model import Estimate, Result

_SHORT = timedelta(weeks=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a past log says.

    Attributes
    ----------
    settings : PlanSettings
        Those of the definition, with what it does not give itself.
    words : str
        What was read.
    notes : tuple of str
        What to know of it.
    """

    settings: PlanSettings
    words: str
    notes: tuple[str, ...]


def with_history(
    experiment: Experiment,
    history: History,
    *,
    memory: str | None = None,
    progress: Progress | None = None,
) -> Past:
    """Fill in baselines and traffic from a past log; what the definition gives stays.

    Parameters
    ----------
    experiment : Experiment
    history : History
    memory : str, optional
        Budget of the engine such as ``4GB``.
    progress : callable, optional
        As `analyze` calls it.

    Returns
    -------
    Past

    Raises
    ------
    DataError
        If the log cannot be read, is too short, or does not have a metric.
    """
    with tempfile.TemporaryDirectory(prefix="pathlift-") as folder:
        past = read_history(experiment, history, folder=Path(folder), memory=memory)
        result = analyze(past.experiment, as_of=history.last_day, memory=memory, progress=progress)
        clusters = None
        if past.clustered is not None:
            by_cluster = collect(past.clustered, as_of=history.last_day, memory=memory)
            clusters = past_clusters(past.clustered, by_cluster)
    _refuse_what_is_not_there(past.experiment, history, result)
    given = experiment.plan
    baselines = {
        metric.name: found
        for metric in experiment.metrics
        if (found := baseline_of(metric, result.estimates)) is not None
    }
    days, units = past.cumulative[-1]
    return Past(
        settings=replace(
            given,
            baseline={**baselines, **given.baseline},
            incidence=given.incidence or incidences(experiment, result.estimates),
            traffic=given.traffic or _traffic(past, units),
            clusters=given.clusters or (None if clusters is None else clusters.sizes),
        ),
        words=f"{units:,} units of {history.first_day} to {history.last_day}, exposed at their "
        f"first eligible event over {days} days",
        notes=(
            *_notes(experiment, past, days),
            *_of_clusters(experiment, clusters, days),
            *_of_landmark(result),
        ),
    )


def baseline_of(metric: Metric, estimates: Iterable[Estimate]) -> Baseline | None:
    """A metric over all arms of a past experiment in which nothing was done.

    Parameters
    ----------
    metric : Metric
    estimates : iterable of Estimate
        Of a result.

    Returns
    -------
    Baseline or None
        None where no contrast of it was estimated.
    """
    found = [
        each
        for each in estimates
        if (each.estimand, each.metric, each.segment, each.ordering)
        == ("itt", metric.name, None, None)
        and each.standard_error is not None
    ]
    if not found:
        return None
    value = _pooled(found)
    spread = float(np.mean([_of_one_unit(each) for each in found]))
    match metric.kind:
        case "proportion":
            explained = 1 - spread**2 / (value * (1 - value)) if 0 < value < 1 else 0.0
            adjusted = any(each.adjustment.method != "none" for each in found)
            return Baseline(
                value=value, variance_explained=max(explained, 0.0) if adjusted else 0.0
            )
        case "quantile":
            q = metric.q or 0.5
            return Baseline(value=value, density=float(np.sqrt(q * (1 - q)) / spread))
        case _:
            return Baseline(value=value, standard_deviation=spread)


def incidences(experiment: Experiment, estimates: Iterable[Estimate]) -> dict[str, float]:
    """Incidence of each complete ordering over all arms of a past experiment.

    Parameters
    ----------
    experiment : Experiment
    estimates : iterable of Estimate
        Of a result.

    Returns
    -------
    dict of str to float
        Those that anybody took and converted.
    """
    complete = {">".join(order) for order in permutations(experiment.stage_names)}
    by_ordering: dict[str, list[Estimate]] = {}
    for each in estimates:
        if each.estimand == "incidence" and each.ordering in complete and each.segment is None:
            by_ordering.setdefault(str(each.ordering), []).append(each)
    pooled = {
        name: _pooled(found)
        for name, found in by_ordering.items()
        if all(each.arm_value is not None for each in found)
    }
    return {name: value for name, value in pooled.items() if 0 < value < 1}


def _pooled(estimates: Iterable[Estimate]) -> float:
    """Mean over the arms, each counted once, by its units."""
    arms: dict[str, tuple[float, int]] = {}
    for each in estimates:
        arms[each.arm] = (each.arm_value or 0.0, each.arm_units)
        arms[each.control] = (each.control_value or 0.0, each.control_units)
    values, units = zip(*arms.values(), strict=True)
    return float(np.average(values, weights=units))


def _of_one_unit(estimate: Estimate) -> float:
    both = 1 / estimate.arm_units + 1 / estimate.control_units
    return (estimate.standard_error or 0.0) / float(np.sqrt(both))


def _traffic(past: PastExperiment, units: int) -> Traffic:
    points = tuple((timedelta(days=day), seen) for day, seen in past.cumulative if seen)
    return Traffic(cumulative=points) if units else Traffic(new_per_day=1.0)


def _refuse_what_is_not_there(experiment: Experiment, history: History, result: Result) -> None:
    """A metric that decides and that the past does not have would be planned as nothing."""
    reasons = {
        each.metric: each.not_estimated["reason"]
        for each in result.estimates
        if each.estimand == "itt" and each.segment is None and each.not_estimated is not None
    }
    primary = [metric for metric in experiment.metrics if metric.role == "primary"]
    problems = [
        Problem(
            message=f"the history does not have metric {metric.name!r}: {reasons[metric.name]}",
            at=history.at,
            hint=f"give plan.baseline.{metric.name}, or a stretch of the log that has it",
        )
        for metric in primary
        if metric.name in reasons and metric.name not in experiment.plan.baseline
    ]
    if problems:
        raise DataError(problems)


def _of_clusters(experiment: Experiment, clusters: PastClusters | None, days: int) -> Iterable[str]:
    if clusters is None or experiment.plan.clusters is not None:
        return
    sizes = clusters.sizes
    yield (
        f"Clusters of the first eligible event: {clusters.clusters:,} of {sizes.size:,.1f} units "
        f"on average over {days} days (their sizes vary by {sizes.variation:.0%}), alike by "
        f"{sizes.correlation:.2g} in {clusters.metric}, the most of the metrics that decide. A run "
        "of another length has others: `plan.clusters` sets them."
    )


def _of_landmark(result: Result) -> Iterable[str]:
    """Whom contrasts of orderings will be about; no size follows from it."""
    for check in result.checks:
        if check.id == "landmark" and "eligible" in check.figures:
            eligible, complete = (
                sum(check.figures[of].values()) for of in ("eligible", "complete")
            )
            yield (
                f"Of {complete:,} units that completed an ordering of all stages, {eligible:,} did "
                f"so early enough to be followed for {check.figures['landmark']}: what is said of "
                "conversion by ordering will be about as many."
            )


def _notes(experiment: Experiment, past: PastExperiment, days: int) -> Iterable[str]:
    if timedelta(days=days) < _SHORT:
        yield f"The history has {days} days of exposures; four weeks would show a month's rhythm."
    if past.left_out:
        yield (f"Only real exposures know {', '.join(past.left_out)}: the history is read without.")
    if experiment.plan.traffic is None:
        yield f"Nothing is known of the traffic beyond the {days} days of the history."
