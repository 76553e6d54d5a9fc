"""Outcomes adjusted by the covariates that can carry a slope, units alone or in clusters.

Chooses covariates and method by the rules of methods 3.4 and 3.9. Knows no metric.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pathlift.inference.adjustment import (
    AdjustedMeans,
    adjusted_means,
    method_for,
)
from pathlift.inference.clustering import Clusters
from pathlift.inference.clusters import (
    CLUSTERS_PER_SLOPE,
    clustered_means,
    enough_for_covariates,
)
from pathlift.inference.enough import kept_covariates
from pathlift.inference.reading import moments_of
from pathlift.statistics.moments import MomentTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adjusted:
    """The covariance engine's answer for named outcomes, with the covariates it kept."""

    means: AdjustedMeans
    covariates: tuple[str, ...]
    reason: str
    approximate: bool = False


def adjust(
    table: MomentTable,
    arms: Sequence[str],
    names: Sequence[str],
    covariates: Sequence[str],
    clusters: Clusters | None = None,
) -> Adjusted:
    """Adjust outcomes by those covariates that can carry a slope.

    Parameters
    ----------
    table : MomentTable
        Groups name the arm only.
    arms, names, covariates : sequence of str
    clusters : Clusters, optional
        Of the same units, where an arm has any.

    Returns
    -------
    Adjusted
        With the covariates kept, and the reason where a declared one was left out.

    Raises
    ------
    NotEstimableError
        If an arm has fewer than two units.
    """
    among = moments_of(table, arms, covariates)
    kept, reason = kept_covariates(covariates, among.mean, among.covariance)
    if clusters is not None and not enough_for_covariates(clusters.facts, len(kept)):
        needs = "covariate needs" if len(kept) == 1 else "covariates need"
        reason = (
            f"not adjusted: {len(kept)} {needs} {CLUSTERS_PER_SLOPE * (len(kept) + 1)} clusters "
            "in every arm that has clusters"
        )
        kept = ()
    moments = moments_of(table, arms, (*names, *kept))
    method = method_for(moments.units, len(kept))
    if clusters is None or not clusters.grouped.any():
        means = adjusted_means(
            moments.units,
            moments.mean,
            moments.covariance,
            outcomes=len(names),
            method=method,
            apart=moments.apart,
        )
        return Adjusted(means=means, covariates=kept, reason=reason)
    found = clustered_means(
        clusters.sums((*names, *kept)),
        moments.units,
        moments.mean,
        moments.covariance,
        arms=arms,
        outcomes=len(names),
        method=method,
        apart=moments.apart,
    )
    return Adjusted(
        means=found.adjusted, covariates=kept, reason=reason, approximate=found.approximate
    )
