"""One metric over the arms: its values, their covariance, and what was done to get there.

Chooses between the plain, the adjusted and the score reading of a metric by the rules of methods
3.2 and 3.4. Knows no contrasts and no families.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.adjustment import (
    AdjustedMeans,
    adjusted_means,
    method_for,
    usable_covariates,
)
from pathlift.inference.arrays import Booleans, Floats
from pathlift.inference.clustering import Clusters, clusters_in
from pathlift.inference.clusters import (
    CLUSTERS_PER_SLOPE,
    ArmClusters,
    clustered_means,
    enough_for_covariates,
)
from pathlift.inference.quantile_readings import histograms_of, quantiles_of
from pathlift.inference.quantiles import Quantile
from pathlift.inference.ratio import ratio_means
from pathlift.inference.reading import Slice, moments_of, successes_of, table_of
from pathlift.inference.tails import two_sided_critical
from pathlift.registry.experiment import Metric, RatioOf
from pathlift.result.model import Adjustment
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group, Moments, MomentTable

FEWEST = 50
"""Successes and failures that every arm needs before a proportion is adjusted (methods 3.4)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """A metric over the analysed arms.

    Attributes
    ----------
    value, units : Floats, shape (arms,)
    apart : Floats, shape (arms,)
        Values less an origin that all arms share. Contrasts read these: of large values that lie
        close together they keep the digits.
    covariance : Floats, shape (arms, arms)
        Of the values.
    residual_variance, residual_df : Floats, shape (arms,)
        Of one unit, after adjustment; what Satterthwaite's degrees of freedom read.
    successes : Floats or None, shape (arms,)
        Set where the score method is to be used.
    normal : bool
        Whether tails are normal rather than t.
    adjustment : Adjustment
    exact : bool
        Whether every sum read was an exact integer.
    clusters : tuple of ArmClusters or None
        By arm; None where its units stand alone.
    lost : mapping of str to str
        Arms with too few clusters to be compared, with the reason; what `covariance` says of them
        is of no use.
    approximate : bool
        Whether covariates and clusters meet: the variance is then exact for large samples only.
    quantiles : tuple of Quantile or None
        By arm, of a metric of that kind; its covariance is read off the arms' intervals.
    pair_df : Floats or None, shape (arms, arms)
        Degrees of freedom of the contrast of each two arms, where they were computed before.
    """

    value: Floats
    apart: Floats
    units: Floats
    covariance: Floats
    residual_variance: Floats
    residual_df: Floats
    successes: Floats | None
    normal: bool
    adjustment: Adjustment
    exact: bool
    clusters: tuple[ArmClusters | None, ...]
    lost: Mapping[str, str] = field(default_factory=dict)
    approximate: bool = False
    quantiles: tuple[Quantile, ...] | None = None
    pair_df: Floats | None = None

    @property
    def grouped(self) -> Booleans:
        """Which arms have clusters, shape (arms,)."""
        return np.array([facts is not None for facts in self.clusters])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adjusted:
    """The covariance engine's answer for named outcomes, with the covariates it kept."""

    means: AdjustedMeans
    covariates: tuple[str, ...]
    reason: str
    approximate: bool = False


def parts_of(metric: Metric) -> tuple[str, ...]:
    """Variables that a metric reads: itself, or both parts of a ratio.

    Parameters
    ----------
    metric : Metric

    Returns
    -------
    tuple of str
        One name, or (numerator, denominator): names of metrics, which are variables of the moments.
    """
    match metric.source:
        case RatioOf(numerator=numerator, denominator=denominator):
            return numerator, denominator
        case _:
            return (metric.name,)


def measure(
    statistics: Statistics,
    metric: Metric,
    arms: Sequence[str],
    which: Slice,
    *,
    covariates: Sequence[str] = (),
    variables: Sequence[str] | None = None,
    alpha: float = 0.05,
) -> Measured:
    """Read one metric over the arms.

    Parameters
    ----------
    statistics : Statistics
    metric : Metric
    arms : sequence of str
        Analysed arms.
    which : Slice
        Which units.
    covariates : sequence of str, optional
        Variables ``x:...`` to adjust by.
    variables : sequence of str, optional
        Read in place of the metric's own, such as its uncapped twin.
    alpha : float, default 0.05
        Two-sided level of the intervals that a quantile's standard error is read off.

    Returns
    -------
    Measured

    Raises
    ------
    NotEstimableError
        With the reason that the result prints.
    """
    names = tuple(variables or parts_of(metric))
    table = table_of(statistics, which)
    refuse_empty(table, arms)
    if metric.q is not None:
        return _measure_quantile(statistics, metric, metric.q, arms, which, alpha, covariates)
    successes = units = None
    reason = ""
    if metric.kind == "proportion":
        successes, units = successes_of(table, arms, names[0])
        reason = too_few(arms, successes, units) if covariates else ""
    clusters = clusters_in(statistics, which, arms)
    adjusted = adjust(table, arms, names, () if reason else covariates, clusters)
    facts = (None,) * len(arms) if clusters is None else clusters.facts
    lost = {} if clusters is None else clusters.lost
    adjustment = described(adjusted, reason)
    exact = all(table.variable(name).exact for name in (*names, *adjusted.covariates))
    if metric.kind == "ratio":
        ratio = ratio_means(_named_denominator(adjusted, arms), numerator=0, denominator=1)
        return Measured(
            value=ratio.ratios,
            apart=ratio.apart,
            units=ratio.units,
            covariance=ratio.covariance,
            residual_variance=ratio.residual_variance,
            residual_df=ratio.residual_df,
            successes=None,
            normal=False,
            adjustment=adjustment,
            exact=exact,
            clusters=facts,
            lost=lost,
            approximate=adjusted.approximate,
        )
    value, covariance = adjusted.means.of_outcome(0)
    plain = not adjusted.covariates
    return Measured(
        value=successes / units if successes is not None and units is not None and plain else value,
        apart=adjusted.means.apart[:, 0],
        units=adjusted.means.units,
        covariance=covariance,
        residual_variance=adjusted.means.residual_variance[:, 0],
        residual_df=adjusted.means.residual_df,
        successes=successes if plain else None,
        normal=metric.kind == "proportion",
        adjustment=adjustment,
        exact=exact,
        clusters=facts,
        lost=lost,
        approximate=adjusted.approximate,
    )


def _measure_quantile(
    statistics: Statistics,
    metric: Metric,
    q: float,
    arms: Sequence[str],
    which: Slice,
    alpha: float,
    covariates: Sequence[str],
) -> Measured:
    if statistics.clusters is not None and clusters_in(statistics, which, arms) is not None:
        raise NotEstimableError(
            "the interval of a quantile takes units to be independent, and those of a cluster are "
            "not"
        )
    histograms, exact = histograms_of(statistics, metric.name, arms, which)
    quantiles, errors = quantiles_of(histograms, q, float(two_sided_critical(alpha)))
    units = np.array([float(histogram.units) for histogram in histograms])
    value = np.array([quantile.estimate for quantile in quantiles])
    return Measured(
        value=value,
        apart=value,
        units=units,
        covariance=np.diag(errors**2),
        residual_variance=errors**2 * units,
        residual_df=units - 1,
        successes=None,
        normal=True,
        adjustment=Adjustment(reason="quantiles are not adjusted" if covariates else ""),
        exact=exact,
        clusters=(None,) * len(arms),
        quantiles=quantiles,
    )


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
    kept, reason = kept_covariates(table, arms, covariates)
    if clusters is not None and not enough_for_covariates(clusters.facts, len(kept)):
        reason = (
            f"not adjusted: {len(kept)} covariates need {CLUSTERS_PER_SLOPE * (len(kept) + 1)} "
            "clusters in every arm that has clusters"
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
            apart=moments.from_first,
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
        apart=moments.from_first,
    )
    return Adjusted(
        means=found.adjusted, covariates=kept, reason=reason, approximate=found.approximate
    )


def capping(statistics: Statistics, metric: Metric, adjustment: Adjustment) -> Adjustment:
    """Add what is known of a metric's cap to its adjustment.

    Parameters
    ----------
    statistics : Statistics
    metric : Metric
        A ratio is capped where its numerator is.
    adjustment : Adjustment

    Returns
    -------
    Adjustment
    """
    cap = statistics.caps.get(parts_of(metric)[0])
    if cap is None:
        return adjustment
    return adjustment.model_copy(
        update={
            "winsorized_at": cap.threshold,
            "winsorized_quantile": cap.quantile,
            "winsorized_units": cap.capped_units,
            "reason": "; ".join(filter(None, (adjustment.reason, cap.reason))),
        }
    )


def kept_covariates(
    table: MomentTable, arms: Sequence[str], covariates: Sequence[str]
) -> tuple[tuple[str, ...], str]:
    """Choose the covariates that can carry a slope in every arm.

    Parameters
    ----------
    table : MomentTable
        Groups name the arm only.
    arms, covariates : sequence of str

    Returns
    -------
    kept : tuple of str
    reason : str
        Which declared ones were left out; empty where none was.
    """
    keep = _usable(moments_of(table, arms, covariates)) if covariates else []
    left_out = [
        name.removeprefix("x:")
        for name, usable in zip(covariates, keep, strict=True)
        if not usable and not name.endswith(".missing")
    ]
    reason = (
        f"left out as constant or collinear in an arm: {', '.join(left_out)}" if left_out else ""
    )
    return tuple(name for name, usable in zip(covariates, keep, strict=True) if usable), reason


def _usable(covariates: Moments) -> list[bool]:
    """Whether each covariate can carry a slope in every arm."""
    usable = usable_covariates(covariates.covariance, covariates.mean)
    return [bool(each) for each in np.all(usable, axis=0)]


def refuse_empty(table: MomentTable, arms: Sequence[str]) -> None:
    """Refuse a slice in which an arm has fewer than two units.

    Parameters
    ----------
    table : MomentTable
        Groups name the arm only.
    arms : sequence of str

    Raises
    ------
    NotEstimableError
    """
    row_of = {group: row for row, group in enumerate(table.groups)}
    counts = {
        arm: int(table.units[row_of[Group(arm=arm)]]) if Group(arm=arm) in row_of else 0
        for arm in arms
    }
    short = [f"{arm} has {count}" for arm, count in counts.items() if count < 2]
    if short:
        raise NotEstimableError(
            f"an arm needs at least two mature units, and {' and '.join(short)}"
        )


def too_few(arms: Sequence[str], successes: Floats, units: Floats) -> str:
    """Why a proportion is not adjusted (methods 3.4); empty where it may be.

    Parameters
    ----------
    arms : sequence of str
    successes, units : Floats, shape (arms,)

    Returns
    -------
    str
    """
    fewest = np.minimum(successes, units - successes)
    short = [arm for arm, count in zip(arms, fewest, strict=True) if count < FEWEST]
    if not short:
        return ""
    return f"not adjusted: fewer than {FEWEST} successes or failures in {', '.join(short)}"


def described(adjusted: Adjusted, reason: str) -> Adjustment:
    """Say what was done to a metric.

    Parameters
    ----------
    adjusted : Adjusted
    reason : str
        Why covariates were not used; empty where it is not known better.

    Returns
    -------
    Adjustment
    """
    if not adjusted.covariates:
        return Adjustment(reason=reason or adjusted.reason)
    return Adjustment(
        covariates=tuple(name.removeprefix("x:") for name in adjusted.covariates),
        method=adjusted.means.method,
        variance_explained=float(adjusted.means.variance_explained[0]),
        reason=adjusted.reason,
    )


def _named_denominator(adjusted: Adjusted, arms: Sequence[str]) -> AdjustedMeans:
    empty = [arm for arm, mean in zip(arms, adjusted.means.means[:, 1], strict=True) if mean == 0]
    if empty:
        raise NotEstimableError(f"the denominator is 0 in {', '.join(empty)}")
    return adjusted.means
