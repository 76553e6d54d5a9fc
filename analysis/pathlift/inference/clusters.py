"""Means of arms whose units come in clusters, and how sure we are of them.

Units of a cluster (followers of a creator, a region) resemble each other, so what counts is
clusters. From their sums: Bell and McCaffrey's variance (CR2) and its degrees of freedom in
closed form, joint over outcomes, with covariates, and beside arms that are not clustered. Knows
no metric by name; a cluster lies inside one arm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.adjustment import (
    AdjustedMeans,
    Method,
    adjusted_means,
    satterthwaite_df,
)
from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats
from pathlift.statistics.clusters import ClusterSums

FEWEST = 6
"""Clusters an arm needs before anything is estimated (methods 3.9)."""

FEW = 20
"""Up to so many clusters in an arm, the means of clusters are shown beside."""

EFFECTIVE = 10
"""Below so many effective clusters in an arm, the result warns."""

CLUSTERS_PER_SLOPE = 10
"""Clusters an arm needs for each of the k + 1 coefficients of an adjustment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmClusters:
    """What the sizes of an arm's clusters say.

    Attributes
    ----------
    clusters : int
    effective : float
        Squared sum over sum of squares of the sizes: as many equal clusters would weigh alike.
    df : float
        Bell and McCaffrey's degrees of freedom of the arm's mean.
    """

    clusters: int
    effective: float
    df: float

    @property
    def few(self) -> bool:
        """Whether the means of clusters are to be shown beside."""
        return self.clusters <= FEW

    @property
    def lopsided(self) -> bool:
        """Whether a few clusters carry the arm: worth fewer equal ones than warns, and than half.

        Equal clusters are never lopsided, however few there are.
        """
        return self.effective < EFFECTIVE and 2 * self.effective < self.clusters


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusteredMeans:
    """Adjusted means whose covariance counts clusters.

    Attributes
    ----------
    adjusted : AdjustedMeans
        As without clusters, but for ``covariance``, for ``residual_covariance`` (units times
        the covariance of the arm's own mean) and for ``residual_df`` (Bell and McCaffrey's)
        of clustered arms.
    clusters : tuple of ArmClusters or None
        None for an arm that is not clustered.
    approximate : bool
        With covariates: CR2 and its degrees of freedom are exact without only.
    """

    adjusted: AdjustedMeans
    clusters: tuple[ArmClusters | None, ...]
    approximate: bool

    @property
    def clustered(self) -> Booleans:
        """Which arms are clustered, shape (A,)."""
        return np.array([facts is not None for facts in self.clusters])


def arm_clusters(units: Numbers) -> ArmClusters:
    """Describe an arm's clusters by their sizes.

    The degrees of freedom are ``(tr M)^2 / |M|^2`` of the quadratic form that CR2 is when
    units are independent. With shares ``h_g`` of the arm's units and ``u_g = h_g^2 / (1 -
    h_g)``, ``tr M = 1 / n`` and ``|M|^2 = (sum h^2 + (sum u)^2 - sum u^2) / n^2``, so no
    matrix is built.

    Parameters
    ----------
    units : Numbers
        Units of each cluster, shape (G,); at least two clusters.

    Returns
    -------
    ArmClusters
        With ``df = G - 1`` for equal clusters, less otherwise.

    Raises
    ------
    NotEstimableError
        If one cluster holds the whole arm.

    References
    ----------
    .. [1] R. M. Bell, D. F. McCaffrey (2002), "Bias reduction in standard errors for linear
       regression with multi-stage samples", Survey Methodology 28, 169-181.

    Examples
    --------
    >>> round(arm_clusters([5, 5, 5, 5]).df, 12)
    3.0
    """
    h, rest = _shares(units)
    u = np.sort(h**2 / rest)
    # the largest stands apart: it may be as large as the whole sum, and its square would go
    others = u[:-1]
    pairs = 2 * u[-1] * np.sum(others) + np.sum(others) ** 2 - np.sum(others**2)
    return ArmClusters(
        clusters=len(h),
        effective=float(1 / np.sum(h**2)),
        df=float(1 / (np.sum(h**2) + pairs)),
    )


def cr2_covariance(units: Numbers, residuals: Numbers) -> Floats:
    """Covariance of an arm's means, from sums over its clusters.

    ``sum_g e_g e_g' / (1 - h_g) / n^2``: CR2's matrix acts on a constant within a cluster, so
    that it is a number.

    Parameters
    ----------
    units : Numbers
        Units of each cluster, shape (G,).
    residuals : Numbers
        Sums over each cluster's units of outcome minus the arm's mean, shape (G, p).

    Returns
    -------
    Floats
        Shape (p, p).

    Raises
    ------
    NotEstimableError
        If one cluster holds the whole arm.

    References
    ----------
    .. [1] J. E. Pustejovsky, E. Tipton (2018), "Small-sample methods for cluster-robust
       variance estimation and hypothesis testing in fixed effects models", Journal of
       Business & Economic Statistics 36, 672-683.
    """
    (_, rest), e = _shares(units), as_floats(residuals)
    scaled = e / (np.sqrt(rest) * as_floats(units).sum())[:, None]
    return as_floats(scaled.T @ scaled)


def enough_for_covariates(clusters: Sequence[ArmClusters | None], covariates: int) -> bool:
    """Whether every clustered arm has 10 clusters for each coefficient.

    Parameters
    ----------
    clusters : sequence of ArmClusters or None
    covariates : int
        Their number k, indicators included; k + 1 coefficients.

    Returns
    -------
    bool
    """
    needed = CLUSTERS_PER_SLOPE * (covariates + 1) if covariates else 0
    return all(facts is None or facts.clusters >= needed for facts in clusters)


def clustered_means(
    sums: Sequence[ClusterSums | None],
    units: Numbers,
    means: Numbers,
    covariances: Numbers,
    *,
    arms: Sequence[str],
    outcomes: int,
    method: Method | None = None,
    apart: Numbers | None = None,
) -> ClusteredMeans:
    """Adjusted means of arms of which some or all are clustered.

    Means and slopes are those of :func:`~pathlift.inference.adjustment.adjusted_means`. Arms
    a and b covary by ``1{a=b} V_a + beta_a' W beta_b`` where V_a is CR2 of the adjusted
    residuals, ``W = sum_g t_g t_g' / N^2`` and t_g is the cluster's sum of covariates about
    the mean of all arms; an unclustered unit is its own cluster. Residual and covariate sums
    of a cluster may go together, which adds ``(l_a' beta_b + beta_a' l_b) / N`` with ``l_a =
    sum_g t_g e_g' / n_a``; it is 0 in the mean where slopes within and between clusters agree,
    and leaves a contrast where the arms' slopes do.

    Parameters
    ----------
    sums : sequence of ClusterSums or None
        One an arm, its columns as in `means`; None for an arm that is not clustered.
    units, means, covariances : Numbers
        Of units by arm, shapes (A,), (A, p + k), (A, p + k, p + k); outcomes, then covariates.
    arms : sequence of str
        Their names, for the reasons.
    outcomes : int
        The first p columns are outcomes.
    method : {"means", "lin", "cuped"}, optional
        As in ``adjusted_means``; ``means`` ignores covariates.
    apart : Numbers, optional
        As in ``adjusted_means``.

    Returns
    -------
    ClusteredMeans

    Raises
    ------
    NotEstimableError
        If a clustered arm has fewer than 6 clusters, or one that holds all of its units, or
        with k covariates fewer than 10 (k + 1).
    ValueError
        If clusters and moments are not of the same units.
    """
    n, m, s = as_floats(units), as_floats(means), as_floats(covariances)
    facts = tuple(
        None if each is None else _facts_or_refusal(each, float(size), name)
        for each, size, name in zip(sums, n, arms, strict=True)
    )
    base = adjusted_means(n, m, s, outcomes=outcomes, method=method, apart=apart)
    k = base.slopes.shape[-2]
    if not enough_for_covariates(facts, k):
        raise NotEstimableError(
            f"{k} {'covariate needs' if k == 1 else 'covariates need'} "
            f"{CLUSTERS_PER_SLOPE * (k + 1)} clusters in every clustered arm"
        )
    x = slice(outcomes, outcomes + k)
    total = n.sum()
    near = m[:, x] if apart is None else as_floats(apart)[:, x]
    off = near - n @ near / total
    own, lean = base.residual_covariance / n[:, None, None], np.empty_like(base.slopes)
    between = np.zeros((k, k))
    for a, each in enumerate(sums):
        beta = base.slopes[a]
        if each is None:
            lean[a] = s[a, x, :outcomes] - s[a, x, x] @ beta
            between += (n[a] - 1) * s[a, x, x] + n[a] * np.outer(off[a], off[a])
        else:
            e = each.residuals[:, :outcomes] - each.residuals[:, x] @ beta
            t = each.residuals[:, x] + np.outer(each.units, off[a])
            own[a] = cr2_covariance(each.units, e)
            lean[a] = t.T @ e / n[a]
            between += t.T @ t
    joint = np.einsum("aki,kl,blj->aibj", base.slopes, between / total**2, base.slopes)
    crossed = np.einsum("aki,bkj->aibj", lean, base.slopes) / total
    joint = joint + crossed + np.transpose(crossed, (2, 3, 0, 1))
    for a in range(len(n)):
        joint[a, :, a, :] += own[a]
    df = [
        base_df if f is None else f.df for f, base_df in zip(facts, base.residual_df, strict=True)
    ]
    return ClusteredMeans(
        adjusted=replace(
            base,
            covariance=joint,
            residual_covariance=own * n[:, None, None],
            residual_df=as_floats(df),
        ),
        clusters=facts,
        approximate=k > 0 and any(f is not None for f in facts),
    )


def contrast_df(
    weights: Numbers,
    residual_variance: Numbers,
    units: Numbers,
    residual_df: Numbers,
    *,
    clustered: Booleans,
) -> Floats:
    """Degrees of freedom of contrasts between arms of which some are clustered.

    Between clustered arms Bell and McCaffrey's ``(sum tr M_a)^2 / sum |M_a|^2``, which is
    Satterthwaite's formula with every unit's variance the same; where an unclustered arm takes
    part, Satterthwaite's with the arms' own variances.

    Parameters
    ----------
    weights : Numbers
        Shape (m, A), one row a contrast.
    residual_variance, units, residual_df : Numbers
        Of each arm, shape (A,), as :class:`ClusteredMeans` has them.
    clustered : array of bool
        Shape (A,).

    Returns
    -------
    Floats
        Shape (m,).
    """
    c = as_floats(weights)
    own = satterthwaite_df(c, residual_variance, units, residual_df)
    if not np.any(clustered):
        return own
    same = satterthwaite_df(c, np.ones_like(as_floats(units)), units, residual_df)
    return np.where(np.all(clustered | (c == 0), axis=-1), same, own)


def cluster_mean_moments(sums: ClusterSums) -> tuple[int, Floats, Floats]:
    """Moments of an arm's cluster means, as if each cluster were a unit.

    Another estimand than the arm's mean: clusters weigh alike, whatever their size.

    Parameters
    ----------
    sums : ClusterSums

    Returns
    -------
    clusters : int
    mean : Floats, shape (p,)
    covariance : Floats, shape (p, p)
        Convention n - 1. The three enter ``adjusted_means`` in place of the arm's own, and
        give Welch's test.

    Raises
    ------
    NotEstimableError
        If there are fewer than two clusters.
    """
    clusters = len(sums.units)
    if clusters < 2:
        raise NotEstimableError("means of clusters need at least two clusters in an arm")
    off = sums.residuals / sums.units[:, None]
    center = off.mean(axis=0)
    spread = off - center
    return clusters, sums.mean + center, as_floats(spread.T @ spread / (clusters - 1))


def intracluster_correlation(units: Numbers, residuals: Numbers, variance: float) -> float:
    """Share of the variance of units that their clusters explain.

    The ANOVA estimate, for planning.

    Parameters
    ----------
    units, residuals : Numbers
        Of each cluster: its units, and their summed distance from the mean; shape (G,).
    variance : float
        Of units, convention n - 1.

    Returns
    -------
    float
        At most 1; below 0 where clusters differ less than chance would make them.

    Raises
    ------
    NotEstimableError
        If there are no two clusters, no cluster has two units, or nothing varies.
    """
    size, e = as_floats(units), as_floats(residuals)
    n, clusters = size.sum(), len(size)
    if not 2 <= clusters < n:
        raise NotEstimableError("it takes two clusters, and a cluster of two units")
    among = np.sum(e**2 / size)
    within = (variance * (n - 1) - among) / (n - clusters)
    among = among / (clusters - 1)
    typical = (n - np.sum(size**2) / n) / (clusters - 1)
    total = among + (typical - 1) * within
    if not total > 0:
        raise NotEstimableError("units do not vary")
    return float((among - within) / total)


def _shares(units: Numbers) -> tuple[Floats, Floats]:
    """Share of the arm's units in each cluster, and share outside of it."""
    size = as_floats(units)
    if len(size) < 2:
        raise NotEstimableError("one cluster holds the whole arm")
    total = size.sum()
    return size / total, (total - size) / total


def _facts_or_refusal(sums: ClusterSums, units: float, arm: str) -> ArmClusters:
    if sums.units.sum() != units:
        raise ValueError(f"the clusters of {arm} do not hold the units of its moments")
    count = len(sums.units)
    if count == 1:
        raise NotEstimableError(f"one cluster holds all of {arm}")
    if count < FEWEST:
        raise NotEstimableError(
            f"an arm of clusters needs at least {FEWEST} of them, and {arm} has {count}"
        )
    return arm_clusters(sums.units)
