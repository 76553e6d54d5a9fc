"""Who took an ordering and who converted, by arm, with their covariance: what encouragement reads.

From label cells and conversions alone, over the units of incidences. Covariates do not adjust it;
clusters count as everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.adjustment import adjusted_means
from pathlift.inference.arrays import Booleans, Floats
from pathlift.inference.clustering import clusters_in
from pathlift.inference.clusters import clustered_means, contrast_df
from pathlift.inference.instrument import Reduced
from pathlift.inference.reading import Slice, label_counts
from pathlift.registry.experiment import Contrast, Experiment
from pathlift.statistics.cells import label
from pathlift.statistics.collected import Statistics


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encouraged:
    """Shares by arm of those who took an ordering, and of those who converted.

    Attributes
    ----------
    arms, orderings : tuple of str
    units : Floats, shape (arms,)
    converted : Floats, shape (arms,)
        Share of units that converted.
    took, took_and_converted : Floats, shape (arms, orderings)
        Shares of units.
    covariance : Floats, shape (arms, orderings + 1, arms, orderings + 1)
        Of `took`, then `converted`.
    residual_variance, residual_df : Floats, shape (arms,)
        Of conversion, for degrees of freedom where arms have clusters.
    grouped : array of bool, shape (arms,)
        Arms that have clusters.
    lost : dict of str to str
        Arms with too few clusters, with the reason.
    """

    arms: tuple[str, ...]
    orderings: tuple[str, ...]
    units: Floats
    converted: Floats
    took: Floats
    took_and_converted: Floats
    covariance: Floats
    residual_variance: Floats
    residual_df: Floats
    grouped: Booleans
    lost: dict[str, str]

    def reduced(self, contrast: Contrast, ordering: str) -> Reduced:
        """Effects of one arm against another, on conversion and on an ordering.

        Parameters
        ----------
        contrast : Contrast
        ordering : str
            One of `orderings`.

        Returns
        -------
        Reduced
            Its ``v_yd`` is ``sum over both arms of (x/n - Ybar Dbar) / n``, in convention n - 1.
        """
        one, zero = self.arms.index(contrast.arm), self.arms.index(contrast.control)
        place = self.orderings.index(ordering)
        weights = np.zeros(len(self.arms))
        weights[one], weights[zero] = 1.0, -1.0
        v = np.einsum("a,apbq,b->pq", weights, self.covariance, weights)
        last = len(self.orderings)
        return Reduced(
            y=float(weights @ self.converted),
            d=float(weights @ self.took[:, place]),
            v_yy=float(v[last, last]),
            v_yd=float(v[last, place]),
            v_dd=float(v[place, place]),
            df=self._df(weights),
        )

    def _df(self, weights: Floats) -> float:
        if not np.any(self.grouped & (weights != 0)):
            return np.inf
        df = contrast_df(
            weights[None, :],
            self.residual_variance,
            self.units,
            self.residual_df,
            clustered=self.grouped,
        )
        return float(df[0])


def read_encouraged(
    experiment: Experiment, statistics: Statistics, orderings: Sequence[str]
) -> Encouraged:
    """Read orderings and conversions of the analysed arms.

    Parameters
    ----------
    experiment : Experiment
        With stages and an outcome; combined arms in place of their members.
    statistics : Statistics
    orderings : sequence of str
        Such as ``touchpoint>need>trust``.

    Returns
    -------
    Encouraged

    Raises
    ------
    NotEstimableError
        If an arm has fewer than two mature units.
    """
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    which = Slice(maturity=statistics.label_class)
    labels = label_counts(statistics.cells, arms, which)
    units = labels.units.sum(axis=1)
    short = [f"{arm} has {int(n)}" for arm, n in zip(arms, units, strict=True) if n < 2]
    if short:
        raise NotEstimableError(
            f"an arm needs at least two mature units, and {' and '.join(short)}"
        )
    named = [label(code, experiment.stage_names).ordering for code in labels.codes]
    members = np.array([[name == o for o in orderings] for name in named], dtype=np.float64)
    took = labels.units @ members / units[:, None]
    both = labels.converted @ members / units[:, None]
    converted = labels.converted.sum(axis=1) / units
    mean, covariance = _moments(converted, took, both, units)
    clusters = clusters_in(statistics, which, arms)
    if clusters is None or not clusters.grouped.any():
        means = adjusted_means(units, mean, covariance, outcomes=len(orderings) + 1, method="means")
        grouped = np.zeros(len(arms), dtype=np.bool_)
    else:
        sums = clusters.indicator_sums(
            labels.codes, members, (experiment.conversion or "",), converted=False
        )
        means = clustered_means(
            sums,
            units,
            mean,
            covariance,
            arms=arms,
            outcomes=len(orderings) + 1,
            method="means",
        ).adjusted
        grouped = clusters.grouped
    return Encouraged(
        arms=arms,
        orderings=tuple(orderings),
        units=units,
        converted=converted,
        took=took,
        took_and_converted=both,
        covariance=means.covariance,
        residual_variance=means.residual_variance[:, -1],
        residual_df=means.residual_df,
        grouped=grouped,
        lost={} if clusters is None else dict(clusters.lost),
    )


def _moments(converted: Floats, took: Floats, both: Floats, units: Floats) -> tuple[Floats, Floats]:
    """Means and covariances of a unit's indicators: one for each ordering, then converted."""
    mean = np.concatenate((took, converted[:, None]), axis=1)
    product = np.zeros((*mean.shape, mean.shape[1]))
    place = np.arange(mean.shape[1])
    product[:, place, place] = mean  # two different orderings are never taken by one unit
    product[:, :-1, -1] = product[:, -1, :-1] = both
    spread = product - np.einsum("ap,aq->apq", mean, mean)
    return mean, spread * (units / (units - 1))[:, None, None]
