"""Other readings of the same contrasts: uncapped, unadjusted. Never the headline."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pathlift.inference.cluster_readings import mean_of_clusters, permutations
from pathlift.inference.drafts import Draft
from pathlift.inference.measured import Measured, parts_of
from pathlift.inference.metrics import measured_or_reason, metric_drafts, metric_slice
from pathlift.inference.solving import solve
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import Sensitivity
from pathlift.statistics.collected import Statistics


def rereadings(
    experiment: Experiment,
    statistics: Statistics,
    measured: Mapping[str, Measured | str],
    *,
    alpha: float,
) -> tuple[Sensitivity, ...]:
    """Read capped metrics uncapped, and adjusted ones unadjusted.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    measured : mapping of str to Measured or str
        The headline readings, by metric.
    alpha : float
        Two-sided.

    Returns
    -------
    tuple of Sensitivity
    """
    rows: list[Sensitivity] = []
    for metric in experiment.metrics:
        headline = measured[metric.name]
        rows += permutations(experiment, statistics, metric)
        if isinstance(headline, str):
            continue
        rows += _means_of_clusters(experiment, statistics, metric, alpha=alpha)
        uncapped = _uncapped(statistics, metric)
        if uncapped:
            rows += _read(experiment, statistics, metric, "raw", uncapped, alpha=alpha)
        if headline.adjustment.covariates:
            rows += _read(experiment, statistics, metric, "unadjusted", None, alpha=alpha)
    return tuple(rows)


def _uncapped(statistics: Statistics, metric: Metric) -> tuple[str, ...] | None:
    """Variables of the metric with capped ones replaced, or None where nothing was capped."""
    known = {variable.name for variable in statistics.moments.variables}
    names = tuple(f"{part}.raw" if f"{part}.raw" in known else part for part in parts_of(metric))
    cap = statistics.caps.get(parts_of(metric)[0])
    changed = names != parts_of(metric) and cap is not None and cap.threshold is not None
    return names if changed else None


def _read(
    experiment: Experiment,
    statistics: Statistics,
    metric: Metric,
    reading: str,
    variables: tuple[str, ...] | None,
    *,
    alpha: float,
) -> list[Sensitivity]:
    which = metric_slice(statistics, metric)
    measured = measured_or_reason(
        experiment,
        statistics,
        metric,
        which,
        covariates=() if reading == "unadjusted" else statistics.covariates,
        variables=variables,
    )
    drafts = metric_drafts(experiment, statistics, metric, measured, which, families=())
    return _solved(drafts, metric, reading, alpha=alpha)


def _means_of_clusters(
    experiment: Experiment, statistics: Statistics, metric: Metric, *, alpha: float
) -> list[Sensitivity]:
    found = mean_of_clusters(experiment, statistics, metric)
    if found is None:
        return []
    measured, contrasts = found
    drafts = metric_drafts(
        experiment, statistics, metric, measured, metric_slice(statistics, metric), families=()
    )
    asked = {(contrast.arm, contrast.control) for contrast in contrasts}
    chosen = [
        replace(draft, method=f"means of clusters, each weighing alike: {draft.method}")
        for draft in drafts
        if (draft.identity.arm, draft.identity.control) in asked
    ]
    return _solved(chosen, metric, "cluster_means", alpha=alpha)


def _solved(
    drafts: Sequence[Draft], metric: Metric, reading: str, *, alpha: float
) -> list[Sensitivity]:
    return [
        Sensitivity(
            of=estimate.id,
            reading=reading,
            metric=metric.name,
            arm=estimate.arm,
            control=estimate.control,
            arm_value=estimate.arm_value,
            control_value=estimate.control_value,
            absolute=estimate.absolute,
            standard_error=estimate.standard_error,
            p_value=estimate.p_value,
            method=estimate.method,
        )
        for estimate in solve(drafts, alpha=alpha)
        if estimate.not_estimated is None
    ]
