"""How clusters were in a past log: how many units, how uneven, and how alike inside.

Reads tables of statistics by cluster; knows no file, and plans nothing.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.clusters import intracluster_correlation
from pathlift.judgement.deciding import deciding_metrics
from pathlift.registry.experiment import Experiment, Metric, RatioOf
from pathlift.registry.plan import ClusterSizes
from pathlift.statistics.centring import centred
from pathlift.statistics.clusters import Cluster, ClusterTable, centred_sums
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group

_ALL = Group(arm="")
_BELOW_ONE = 0.999  # units of a cluster that are all alike; a plan takes correlations below 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PastClusters:
    """Clusters of a past log.

    Attributes
    ----------
    clusters : int
    sizes : ClusterSizes
        Mean and variation of their units, and the largest correlation.
    metric : str
        That has it, of those that decide.
    """

    clusters: int
    sizes: ClusterSizes
    metric: str


def past_clusters(experiment: Experiment, statistics: Statistics) -> PastClusters | None:
    """Describe the clusters of a past log, over all arms that were drawn in it.

    Parameters
    ----------
    experiment : Experiment
        With its clusters, as the log was read.
    statistics : Statistics
        Of that run; every window has ended.

    Returns
    -------
    PastClusters or None
        None where no metric that decides has clusters that could resemble each other. A
        correlation below 0, which chance makes, counts as 0.

    References
    ----------
    .. [1] Methods 5: the ANOVA estimate of the intracluster correlation, and the coefficient of
       variation of the sizes.
    """
    table = statistics.clusters
    if table is None or not len(table.clusters):
        return None
    whole = table.by(_without_arm)
    found = {}
    for metric in deciding_metrics(experiment):
        correlation = _correlation(experiment, metric, whole, statistics)
        if correlation is not None:
            found[metric.name] = min(max(correlation, 0.0), _BELOW_ONE)
    if not found:
        return None
    metric_name = max(found, key=lambda name: found[name])
    size = whole.units.astype(float)
    return PastClusters(
        clusters=len(size),
        sizes=ClusterSizes(
            size=float(size.mean()),
            variation=float(size.std(ddof=1) / size.mean()),
            correlation=found[metric_name],
        ),
        metric=metric_name,
    )


def _correlation(
    experiment: Experiment, metric: Metric, whole: ClusterTable, statistics: Statistics
) -> float | None:
    names = (
        (metric.source.numerator, metric.source.denominator)
        if isinstance(metric.source, RatioOf)
        else (metric.name,)
    )
    known = {variable.name for variable in whole.variables}
    if metric.kind == "quantile" or not known.issuperset(names):
        return None
    moments = centred(statistics.moments.by(_as_one), [_ALL], names)
    sums = centred_sums(whole, _ALL, names)
    weights = np.ones(1)
    if len(names) == 2:  # of a ratio: numerator - ratio * denominator
        weights = np.array([1.0, -moments.mean[0, 0] / moments.mean[0, 1]])
    variance = float(weights @ moments.covariance[0] @ weights)
    try:
        return intracluster_correlation(sums.units, sums.residuals @ weights, variance)
    except NotEstimableError:
        return None


def _without_arm(cluster: Cluster) -> Cluster | None:
    group = cluster.group
    if group.population or group.dimension is not None:
        return None
    return Cluster(group=_ALL, name=cluster.name)


def _as_one(group: Group) -> Group | None:
    return None if group.population else _ALL
