"""Do shares of labels differ between arms into which whole clusters were drawn? Methods 3.9.

Pearson's test takes units to be independent, and would call differences between clusters ones
between arms. Knows only what is counted by cluster: labels, and who converted.
"""

import math
import sys
from collections.abc import Callable

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.cluster_readings import equality_by_cluster
from pathlift.inference.clusters import FEWEST, arm_clusters, cr2_covariance
from pathlift.judgement.checks.counts import Tested
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Statistics

ByLabel = Callable[[int], bool]


def clusters_drawn(experiment: Experiment) -> bool:
    """Whether whole clusters were drawn into an arm that enters tests.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    bool
        Then a test that takes units to be independent is none.
    """
    return any(arm.cluster is not None and arm.cluster.drawn for arm in experiment.analyzed_arms)


def shares_by_cluster(
    experiment: Experiment, statistics: Statistics, hit: ByLabel, of: ByLabel, *, converted: bool
) -> Tested | None:
    """Test whether a share of labels differs between arms, counting clusters.

    Wald's test of the arms' shares with CR2 variances and Hotelling's correction.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    hit, of : callable
        From a label to whether it is counted, and whether it is among those that could be.
    converted : bool
        Count conversions with the label in place of units.

    Returns
    -------
    Tested or None
        None where an arm has fewer than 6 clusters with any, or not every arm has clusters.
    """
    table = statistics.clusters
    if table is None:
        return None
    counts = table.label_converted if converted else table.label_units
    hits = counts[:, [hit(code) and of(code) for code in table.labels]].sum(axis=1)
    totals = counts[:, [of(code) for code in table.labels]].sum(axis=1)
    arms = [arm.name for arm in experiment.analyzed_arms]
    value, variance, units, df = np.zeros((4, len(arms)))
    for place, arm in enumerate(arms):
        by_name: dict[str, list[int]] = {}
        for row, cluster in enumerate(table.clusters):
            group = cluster.group
            whole = group.population == "" and group.dimension is None
            if whole and group.arm == arm and group.maturity >= statistics.label_class:
                sums = by_name.setdefault(cluster.name, [0, 0])
                sums[0] += int(hits[row])
                sums[1] += int(totals[row])
        having = np.array([sums for sums in by_name.values() if sums[1]], dtype=np.float64)
        if len(having) < FEWEST:
            return None
        size = having[:, 1]
        units[place] = size.sum()
        value[place] = having[:, 0].sum() / units[place]
        residual = having[:, :1] - value[place] * having[:, 1:]
        variance[place] = cr2_covariance(size, residual)[0, 0]
        df[place] = arm_clusters(size).df
    if not variance.any():
        alike = len(set(value)) == 1
        return _tested(0.0, len(arms) - 1, 1.0) if alike else None
    try:
        found = equality_by_cluster(
            value,
            np.diag(variance),
            residual_variance=variance * units,
            units=units,
            residual_df=df,
            clustered=np.ones(len(arms), dtype=bool),
        )
    except NotEstimableError:
        return None
    return _tested(float(found.statistic) / found.df, found.df, float(found.p_value))


def _tested(statistic: float, df: int, p_value: float) -> Tested:
    p = max(p_value, sys.float_info.min)
    return Tested(test="F by cluster", statistic=statistic, df=df, p_value=p, log10_p=math.log10(p))
