"""How sure standardised rates and the scores of their test are, arm by arm, clusters included.

Units of a cluster resemble each other: of an arm with clusters, what counts is the sum of influence
over each. Of clusters of one unit each, that is the formula for independent units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.landmark import Landmarks
from pathlift.inference.mantel_haenszel import scores
from pathlift.inference.standardising import Standardised


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateVariance:
    """Covariance of standardised rates.

    Attributes
    ----------
    by_arm : Floats, shape (arms, o, o)
        What each arm brings; they add up.
    df : Floats, shape (arms,)
        Behind each; infinite where units stand alone.
    """

    by_arm: Floats
    df: Floats

    @property
    def covariance(self) -> Floats:
        """Of the rates, shape (o, o)."""
        return np.asarray(self.by_arm.sum(axis=0), dtype=np.float64)

    def df_of(self, weights: Floats) -> float:
        """Satterthwaite's degrees of freedom of a combination of rates.

        Parameters
        ----------
        weights : Floats, shape (o,)

        Returns
        -------
        float
            Infinite where no arm that brings variance has clusters.
        """
        parts = np.einsum("o,aop,p->a", weights, self.by_arm, weights)
        lost = float((parts**2 / self.df).sum())
        return float(parts.sum() ** 2 / lost) if lost > 0 else np.inf


def rate_variance(
    found: Landmarks, rates: Standardised, arms: tuple[str, ...], cluster_df: Mapping[str, float]
) -> RateVariance:
    """Covariance of standardised rates.

    Of an arm with clusters ``G / (G - 1) sum_g f_g f_g'`` with ``f_g = sum_s a_os (x_gos - r_os
    n_gos) + sum_s n_gs (r_os - r_o) / n``: conversions in the cluster beyond what the rates say,
    and its pull on the mix.

    Parameters
    ----------
    found : Landmarks
        With clusters.
    rates : Standardised
        Of its counts.
    arms : tuple of str
    cluster_df : mapping of str to float
        Degrees of freedom of arms with clusters.

    Returns
    -------
    RateVariance
    """
    size = len(found.orderings)
    by_arm = np.zeros((len(arms), size, size))
    total = found.units.sum()
    for place, arm in enumerate(arms):
        columns = found.arm(arm)
        clusters = found.clusters.get(arm)
        if clusters is None:
            by_arm[place] = rates.by_stratum[columns].sum(axis=0)
            continue
        r = rates.cell_rate[:, columns]
        beyond = clusters.converted - clusters.units * r
        pull = clusters.units.sum(axis=1) @ (r - rates.rate[:, None]).T / total
        influence = np.einsum("os,gos->go", rates.influence[:, columns], beyond) + pull
        by_arm[place] = _between(influence)
    return RateVariance(
        by_arm=np.nan_to_num(by_arm),  # an ordering without a rate moves no other
        df=np.array([cluster_df.get(arm, np.inf) for arm in arms]),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """What orderings convert beyond their share, over all strata.

    Attributes
    ----------
    score : Floats, shape (o,)
    covariance : Floats, shape (o, o)
        Given the margins where units stand alone; between clusters where they do not.
    df : float
        Behind it; infinite without clusters.
    """

    score: Floats
    covariance: Floats
    df: float


def score_and_covariance(found: Landmarks, cluster_df: Mapping[str, float]) -> Scores:
    """Scores of the association test, and how sure they are.

    Parameters
    ----------
    found : Landmarks
        With clusters.
    cluster_df : mapping of str to float
        Degrees of freedom of arms with clusters.

    Returns
    -------
    Scores
    """
    score, by_stratum = scores(found.units, found.converted)
    alone = np.ones(len(found.strata), dtype=np.bool_)
    parts: dict[str, Floats] = {}
    for arm, clusters in found.clusters.items():
        columns = clusters.columns
        alone[columns] = False
        n, x = found.units[:, columns], found.converted[:, columns]
        whole = np.where(n.sum(axis=0) > 0, n.sum(axis=0), 1.0)
        mean = x.sum(axis=0) / whole
        beyond = clusters.converted - clusters.units * mean
        share = n / whole
        # each unit's distance of ordering from its share, times that of conversion from its mean
        u = beyond.sum(axis=2) - np.einsum("os,gs->go", share, beyond.sum(axis=1))
        parts[arm] = _between(u)
    covariance = by_stratum[alone].sum(axis=0) + sum(parts.values())
    df = [cluster_df[arm] for arm in parts]
    return Scores(
        score=score, covariance=covariance, df=hotelling_df(covariance, list(parts.values()), df)
    )


def hotelling_df(covariance: Floats, parts: Sequence[Floats], df: Sequence[float]) -> float:
    """Degrees of freedom of a quadratic form whose covariance adds up from estimated parts.

    ``(q + q^2) / sum_a (tr P_a^2 + (tr P_a)^2) / df_a`` with ``P_a`` the part of the whole that
    each brings: Satterthwaite's for q = 1. What is known for certain costs nothing.

    Parameters
    ----------
    covariance : Floats, shape (o, o)
        Of rank q.
    parts : sequence of Floats, shape (o, o)
        Estimated ones among those that add up to it.
    df : sequence of float
        Behind each.

    Returns
    -------
    float
        Infinite without parts.

    References
    ----------
    .. [1] K. Krishnamoorthy, J. Yu (2004), "Modified Nel and Van der Merwe test for the
       multivariate Behrens-Fisher problem", Statistics & Probability Letters 66, 161-169.
    """
    value, vector = np.linalg.eigh(covariance)
    kept = value > 1e-9 * max(float(value.max(initial=0.0)), 0.0)
    root = vector[:, kept] / np.sqrt(value[kept])
    q = int(kept.sum())
    lost = 0.0
    for part, behind in zip(parts, df, strict=True):
        p = root.T @ part @ root
        lost += float((np.trace(p @ p) + np.trace(p) ** 2) / behind)
    return (q + q**2) / lost if lost > 0 else np.inf


def _between(sums: Floats) -> Floats:
    """Covariance of a total of independent clusters."""
    count = len(sums)
    return np.asarray(sums.T @ sums * (count / (count - 1)), dtype=np.float64)
