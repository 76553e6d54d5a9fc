"""Whether contrasts differ between levels of which one cluster may hold units of several.

By Wald's test with the variance between clusters. Knows readings by level and what a cluster adds
to each; not what the levels are.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats, as_floats
from pathlift.inference.clusters import contrast_df
from pathlift.inference.measured import Measured
from pathlift.inference.omnibus import Wald, wald
from pathlift.statistics.clusters import ClusterSums

Influences = Mapping[str, float]
"""By the name of a cluster, what it adds to the deviation of an arm's value in a level."""


def cluster_influences(sums: ClusterSums, names: Sequence[str], residuals: Floats) -> Influences:
    """What each cluster adds to an arm's mean, so that squares add up to its CR2 variance.

    Parameters
    ----------
    sums : ClusterSums
        Of the arm in the level; its units are read.
    names : sequence of str
        Of the same clusters.
    residuals : Floats, shape (clusters,)
        Sums over units of value minus the arm's mean.

    Returns
    -------
    mapping of str to float
        ``e_g / sqrt(1 - h_g) / n`` with the leverage ``h_g = n_g / n`` (methods 3.9).
    """
    total = sums.units.sum()
    each = residuals / np.sqrt(1 - sums.units / total) / total
    return dict(zip(names, each.tolist(), strict=True))


def differs_between_levels(
    known: Sequence[Measured], influences: Mapping[int, Sequence[Influences]]
) -> Wald:
    """Test that every contrast is the same in all levels, where some arms have clusters.

    Parameters
    ----------
    known : sequence of Measured
        One a level, two or more.
    influences : mapping of int to sequence of mapping
        For arms of which clusters hold units of several levels, by place: one a level. The levels
        of all other arms are independent.

    Returns
    -------
    Wald
        F with (levels - 1)(arms - 1) degrees of freedom by Hotelling's correction, from the
        smallest degrees of freedom of a contrast in a level.

    Raises
    ------
    NotEstimableError
        If these are too few, or a difference has no variance.

    References
    ----------
    .. [1] J. E. Pustejovsky, E. Tipton (2018), Journal of Business & Economic Statistics 36,
       672-683, section 3.
    """
    value = np.array([found.apart for found in known])
    levels, arms = value.shape
    covariance = np.zeros((levels, arms, levels, arms))
    for place, found in enumerate(known):
        covariance[place, :, place, :] = found.covariance
    for arm, by_level in influences.items():
        covariance[:, arm, :, arm] = _covariance(by_level)
    over = _differences(levels), _differences(arms)
    contrasts = as_floats(np.kron(*over))
    theta = contrasts @ value.ravel()
    v = contrasts @ covariance.reshape(value.size, value.size) @ contrasts.T
    q, least = len(theta), _least_df(known, over[1])
    if not least - q + 1 > 0:
        raise NotEstimableError(f"{least:.1f} degrees of freedom are too few for {q} comparisons")
    return wald(theta, v * (least / (least - q + 1)), residual_df=least - q + 1)


def _covariance(by_level: Sequence[Influences]) -> Floats:
    everyone = sorted({name for level in by_level for name in level})
    e = np.array([[level.get(name, 0.0) for name in everyone] for level in by_level])
    return np.asarray(e @ e.T)


def _differences(size: int) -> Floats:
    return np.hstack((-np.ones((size - 1, 1)), np.eye(size - 1)))


def _least_df(known: Sequence[Measured], contrasts: Floats) -> float:
    """Smallest degrees of freedom of a contrast in a level."""
    return float(
        min(
            contrast_df(
                contrasts,
                found.residual_variance,
                found.units,
                found.residual_df,
                clustered=found.grouped,
            ).min()
            for found in known
        )
    )
