"""Other readings where arms have clusters: their means, clusters dealt anew, all arms at once.

Each cluster weighs alike in the first two, which is another estimand than the arm's mean; they
stand beside it where clusters are few, and never decide.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.adjustment import adjusted_means
from pathlift.inference.arrays import Booleans, Floats
from pathlift.inference.clustering import Clusters, clusters_in
from pathlift.inference.clusters import cluster_mean_moments, contrast_df
from pathlift.inference.measured import Measured, measured_alone, parts_of
from pathlift.inference.metrics import metric_slice, unavailable
from pathlift.inference.omnibus import Wald, equality_of_means
from pathlift.inference.permutation import Permutation, permuted_clusters
from pathlift.inference.ratio import ratio_means
from pathlift.inference.reading import moments_of, table_of
from pathlift.registry.experiment import Contrast, Experiment, Metric
from pathlift.result.model import Sensitivity, Span
from pathlift.statistics.clusters import centred_sums
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group

FEWEST_PERMUTED = 8
"""Up to so many clusters in an arm, whole clusters are dealt to the arms anew."""

SEED = 1


def equality_by_cluster(
    value: Floats,
    covariance: Floats,
    *,
    residual_variance: Floats,
    units: Floats,
    residual_df: Floats,
    clustered: Booleans,
) -> Wald:
    """Test that all arms are equal where some have clusters.

    Hotelling's correction of the Wald statistic: with q comparisons and nu degrees of freedom,
    ``(nu - q + 1) / (nu q)`` times it is taken as F with q and nu - q + 1. For two arms this is
    the square of t. Of several contrasts nu is the smallest.

    Parameters
    ----------
    value : Floats, shape (arms,)
    covariance : Floats, shape (arms, arms)
        Of the values.
    residual_variance, units, residual_df : Floats, shape (arms,)
        As :func:`~pathlift.inference.clusters.contrast_df` takes them.
    clustered : array of bool, shape (arms,)

    Returns
    -------
    Wald

    Raises
    ------
    NotEstimableError
        If a difference has no variance, or there are no more degrees of freedom than comparisons.

    References
    ----------
    .. [1] J. E. Pustejovsky, E. Tipton (2018), Journal of Business & Economic Statistics 36,
       672-683, section 3.
    """
    arms = len(value)
    pairs = [(a, b) for a in range(arms) for b in range(a)]
    weights = np.zeros((len(pairs), arms))
    for row, (a, b) in enumerate(pairs):
        weights[row, a], weights[row, b] = 1.0, -1.0
    df = contrast_df(weights, residual_variance, units, residual_df, clustered=clustered)
    least, over = float(df.min()), float(df.min()) - (arms - 1) + 1
    if not over > 0:
        raise NotEstimableError(f"{least:.1f} degrees of freedom are too few for {arms} arms")
    return equality_of_means(value, covariance * (least / over), residual_df=over)


def mean_of_clusters(
    experiment: Experiment, statistics: Statistics, metric: Metric
) -> tuple[Measured, tuple[Contrast, ...]] | None:
    """Measure a metric with the means of clusters in place of units.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    metric : Metric

    Returns
    -------
    (Measured, tuple of Contrast) or None
        For contrasts with few clusters in an arm; None where there is none. An arm whose units
        stand alone is read as it is.
    """
    arms = [arm.name for arm in experiment.analyzed_arms]
    which = metric_slice(statistics, metric)
    clusters = clusters_in(statistics, which, arms)
    if clusters is None or unavailable(statistics, metric) or not _summed(clusters, metric):
        return None
    few = {arm for arm, facts in zip(arms, clusters.facts, strict=True) if facts and facts.few}
    contrasts = tuple(
        contrast
        for contrast in experiment.analysis.contrasts
        if few & {contrast.arm, contrast.control}
        and not clusters.lost.keys() & {contrast.arm, contrast.control}
    )
    if not contrasts:
        return None
    names = parts_of(metric)
    own = moments_of(table_of(statistics, which), arms, names)
    found = [
        (own.units[place], own.mean[place], own.covariance[place])
        if sums is None
        else cluster_mean_moments(sums)
        for place, sums in enumerate(clusters.sums(names))
    ]
    means = adjusted_means(
        [units for units, _, _ in found],
        np.array([mean for _, mean, _ in found]),
        np.array([covariance for _, _, covariance in found]),
        outcomes=len(names),
        method="means",
    )
    if metric.kind == "ratio":
        ratio = ratio_means(means, numerator=0, denominator=1)
        value, covariance, variance = ratio.ratios, ratio.covariance, ratio.residual_variance
        apart = ratio.apart
    else:
        value, covariance = means.of_outcome(0)
        apart = means.apart[:, 0]
        variance = means.residual_variance[:, 0]
    measured = measured_alone(
        value=value,
        apart=apart,
        units=means.units,
        covariance=covariance,
        residual_variance=variance,
        residual_df=means.residual_df,
        successes=None,
        normal=False,
        reason="",
        exact=False,  # quotients of sums
        clusters=(None,) * len(arms),
        lost=clusters.lost,
    )
    return measured, contrasts


def permutations(
    experiment: Experiment, statistics: Statistics, metric: Metric
) -> Iterator[Sensitivity]:
    """Deal drawn clusters to the two arms of a contrast anew, where an arm has up to eight.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    metric : Metric

    Yields
    ------
    Sensitivity
        Also of contrasts with too few clusters for an estimate. For a ratio each cluster counts
        with its own, and there is none where a cluster has denominator 0.
    """
    arms = [arm.name for arm in experiment.analyzed_arms]
    drawn = {a.name for a in experiment.analyzed_arms if a.cluster and a.cluster.drawn}
    clusters = clusters_in(statistics, metric_slice(statistics, metric), arms)
    if clusters is None or unavailable(statistics, metric) or not _summed(clusters, metric):
        return
    for contrast in experiment.analysis.contrasts:
        if not {contrast.arm, contrast.control} <= drawn:
            continue
        one, zero = (_values(clusters, metric, arm) for arm in (contrast.arm, contrast.control))
        if one is None or zero is None or min(len(one), len(zero)) > FEWEST_PERMUTED:
            continue
        try:
            found = permuted_clusters(one, zero, seed=SEED)
        except NotEstimableError:
            continue  # fewer than three clusters: nothing could be dealt otherwise
        yield Sensitivity(
            of=f"itt/{metric.name}///{contrast.arm}-{contrast.control}",
            reading="cluster_permutation",
            metric=metric.name,
            arm=contrast.arm,
            control=contrast.control,
            arm_value=float(one.mean()),
            control_value=float(zero.mean()),
            absolute=Span(estimate=found.difference, low=None, high=None),
            standard_error=None,
            p_value=found.p_value,
            method=_dealt(found),
        )


def _summed(clusters: Clusters, metric: Metric) -> bool:
    """Whether sums say all of a metric, as they do not of a quantile."""
    return set(parts_of(metric)) <= {variable.name for variable in clusters.table.variables}


def _values(clusters: Clusters, metric: Metric, arm: str) -> Floats | None:
    """The metric of each cluster of an arm; None where one has no denominator."""
    names: Sequence[str] = parts_of(metric)
    sums = centred_sums(clusters.table, Group(arm=arm), names)
    means = sums.mean + sums.residuals / sums.units[:, None]
    if metric.kind != "ratio":
        return np.asarray(means[:, 0], dtype=np.float64)
    if bool(np.any(means[:, 1] == 0)):
        return None
    return np.asarray(means[:, 0] / means[:, 1], dtype=np.float64)


def _dealt(found: Permutation) -> str:
    tried = "all" if found.exact else "drawn out of more"
    return (
        f"clusters dealt to the two arms anew, each weighing alike: {found.ways:,} ways, {tried}; "
        f"p is {found.smallest:.2g} at least"
    )
