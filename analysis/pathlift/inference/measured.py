"""What was measured of metrics over the arms: values, their covariance, and what was done to them.

Metrics that ask the same are measured together and stay together as arrays; one of them is a row.
Knows no contrasts and no families.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pathlift.inference.adjustment import AdjustedMeans, Method
from pathlift.inference.arrays import Booleans, Floats
from pathlift.inference.clusters import ArmClusters
from pathlift.inference.quantiles import Quantile
from pathlift.inference.ratio import ratio_means
from pathlift.registry.experiment import Metric, RatioOf
from pathlift.result.model import Adjustment


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Metrics of one kind over the analysed arms, one row a metric and slice.

    Attributes
    ----------
    value, units : Floats, shape (rows, arms)
    apart : Floats, shape (rows, arms)
        Values less an origin that all arms share. Contrasts read these: of large values that lie
        close together they keep the digits.
    covariance : Floats, shape (rows, arms, arms)
        Of the values.
    residual_variance, residual_df : Floats, shape (rows, arms)
        Of one unit, after adjustment; what Satterthwaite's degrees of freedom read.
    successes : Floats or None, shape (rows, arms)
        Set where the score method is to be used.
    normal : bool
        Whether tails are normal rather than t.
    covariates : tuple of str
        That adjusted them, without ``x:``.
    method : {'means', 'lin', 'cuped'}
    explained : Floats, shape (rows,)
        Share of variance that the covariates took away; NaN where that is not known.
    reasons : tuple of str, one a row
        Why a declared covariate was not used; empty where it was.
    exact : tuple of bool, one a row
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
    """

    value: Floats
    apart: Floats
    units: Floats
    covariance: Floats
    residual_variance: Floats
    residual_df: Floats
    successes: Floats | None
    normal: bool
    covariates: tuple[str, ...]
    method: Method
    explained: Floats
    reasons: tuple[str, ...]
    exact: tuple[bool, ...]
    clusters: tuple[ArmClusters | None, ...]
    lost: Mapping[str, str] = field(default_factory=dict)
    approximate: bool = False
    quantiles: tuple[Quantile, ...] | None = None

    @property
    def grouped(self) -> Booleans:
        """Which arms have clusters, shape (arms,)."""
        return np.array([facts is not None for facts in self.clusters])


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One metric in one slice over the analysed arms: a row of a batch.

    Attributes
    ----------
    batch : Batch
    row : int
    """

    batch: Batch
    row: int

    def _of(self, column: Floats) -> Floats:
        row: Floats = column[self.row]
        return row

    @property
    def value(self) -> Floats:
        """Shape (arms,)."""
        return self._of(self.batch.value)

    @property
    def apart(self) -> Floats:
        """Values less an origin that all arms share, shape (arms,)."""
        return self._of(self.batch.apart)

    @property
    def units(self) -> Floats:
        """Shape (arms,)."""
        return self._of(self.batch.units)

    @property
    def covariance(self) -> Floats:
        """Of the values, shape (arms, arms)."""
        return self._of(self.batch.covariance)

    @property
    def residual_variance(self) -> Floats:
        """Of one unit, after adjustment, shape (arms,)."""
        return self._of(self.batch.residual_variance)

    @property
    def residual_df(self) -> Floats:
        """Shape (arms,)."""
        return self._of(self.batch.residual_df)

    @property
    def successes(self) -> Floats | None:
        """Set where the score method is to be used, shape (arms,)."""
        return None if self.batch.successes is None else self._of(self.batch.successes)

    @property
    def normal(self) -> bool:
        """Whether tails are normal rather than t."""
        return self.batch.normal

    @property
    def exact(self) -> bool:
        """Whether every sum read was an exact integer."""
        return self.batch.exact[self.row]

    @property
    def clusters(self) -> tuple[ArmClusters | None, ...]:
        """By arm; None where its units stand alone."""
        return self.batch.clusters

    @property
    def grouped(self) -> Booleans:
        """Which arms have clusters, shape (arms,)."""
        return self.batch.grouped

    @property
    def lost(self) -> Mapping[str, str]:
        """Arms with too few clusters to be compared, with the reason."""
        return self.batch.lost

    @property
    def approximate(self) -> bool:
        """Whether covariates and clusters meet."""
        return self.batch.approximate

    @property
    def quantiles(self) -> tuple[Quantile, ...] | None:
        """By arm, of a metric of that kind."""
        return self.batch.quantiles

    @property
    def adjustment(self) -> Adjustment:
        """What was done to it, as a result says it."""
        batch, reason = self.batch, self.batch.reasons[self.row]
        if not batch.covariates:
            return Adjustment(reason=reason)
        explained = float(batch.explained[self.row])
        return Adjustment(
            covariates=batch.covariates,
            method=batch.method,
            variance_explained=None if np.isnan(explained) else explained,
            reason=reason,
        )


def measured_alone(
    *,
    value: Floats,
    apart: Floats,
    units: Floats,
    covariance: Floats,
    residual_variance: Floats,
    residual_df: Floats,
    successes: Floats | None,
    normal: bool,
    reason: str,
    exact: bool,
    clusters: tuple[ArmClusters | None, ...],
    lost: Mapping[str, str] = {},
    quantiles: tuple[Quantile, ...] | None = None,
) -> Measured:
    """One metric that is measured by itself, unadjusted.

    Parameters
    ----------
    value, apart, units, residual_variance, residual_df, successes : Floats, shape (arms,)
    covariance : Floats, shape (arms, arms)
    normal, reason, exact, clusters, lost, quantiles
        As in `Batch`.

    Returns
    -------
    Measured
    """
    batch = Batch(
        value=value[None],
        apart=apart[None],
        units=units[None],
        covariance=covariance[None],
        residual_variance=residual_variance[None],
        residual_df=residual_df[None],
        successes=None if successes is None else successes[None],
        normal=normal,
        covariates=(),
        method="means",
        explained=np.zeros(1),
        reasons=(reason,),
        exact=(exact,),
        clusters=clusters,
        lost=lost,
        quantiles=quantiles,
    )
    return Measured(batch, 0)


def batch_of(
    means: AdjustedMeans,
    *,
    kind: str,
    counts: tuple[Floats, Floats] | None,
    kept: tuple[str, ...],
    reasons: tuple[str, ...],
    exact: tuple[bool, ...],
    clusters: tuple[ArmClusters | None, ...],
    lost: Mapping[str, str] = {},
    approximate: bool = False,
) -> Batch:
    """Read metrics off the covariance engine's answer.

    Parameters
    ----------
    means : AdjustedMeans
        Of (rows, arms, outcomes): the metric, or numerator and denominator of a ratio.
    kind : str
        Of all metrics.
    counts : (Floats, Floats) or None, shape (rows, arms)
        Successes and units of proportions that are not adjusted.
    kept : tuple of str
        Covariates that adjusted them.
    reasons, exact, clusters, lost, approximate
        As in `Batch`.

    Returns
    -------
    Batch
    """
    if kind == "ratio":
        ratio = ratio_means(means, numerator=0, denominator=1)
        value, apart, covariance = ratio.ratios, ratio.apart, ratio.covariance
        variance = ratio.residual_variance
    else:
        value, covariance = means.of_outcome(0)
        apart, variance = means.apart[..., 0], means.residual_variance[..., 0]
    if counts is not None:
        value = counts[0] / counts[1]  # a share as it is printed: one division
    return Batch(
        value=value,
        apart=apart,
        units=means.units,
        covariance=covariance,
        residual_variance=variance,
        residual_df=means.residual_df,
        successes=None if counts is None else counts[0],
        normal=kind == "proportion",
        covariates=tuple(name.removeprefix("x:") for name in kept),
        method=means.method,
        explained=means.variance_explained[..., 0],
        reasons=reasons,
        exact=exact,
        clusters=clusters,
        lost=lost,
        approximate=approximate,
    )
