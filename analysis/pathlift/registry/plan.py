"""What is known and wanted before launch, once read and found sound. Computes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pathlift.errors import Place

if TYPE_CHECKING:
    from pathlift.registry.experiment import Expression, Margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A metric without the experiment.

    Attributes
    ----------
    value : float
        Share, mean, ratio or quantile per unit.
    standard_deviation : float or None
        Of one unit; of a ratio: of numerator - ratio * denominator over the mean denominator.
    variance_explained : float
        Share of the variance that covariates take away, in [0, 1).
    density : float or None
        Of a quantile: share of units per unit of the metric, at the quantile.
    at : Place or None
        Where it is written.
    """

    value: float
    standard_deviation: float | None = None
    variance_explained: float = 0.0
    density: float | None = None
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How many units come.

    Attributes
    ----------
    new_per_day : float or None
        Units never seen before, each day.
    cumulative : tuple of (timedelta, int)
        Different units seen after so long, rising; what lies beyond the last is not known.
    """

    new_per_day: float | None = None
    cumulative: tuple[tuple[timedelta, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSizes:
    """Clusters, as they are expected.

    Attributes
    ----------
    size : float
        Mean units of a cluster.
    variation : float
        Standard deviation of the sizes over their mean.
    correlation : float
        Intracluster correlation, in [0, 1).
    """

    size: float
    variation: float
    correlation: float

    @property
    def design_effect(self) -> float:
        """How many times the units that a design without clusters needs.

        References
        ----------
        .. [1] S. M. Eldridge, D. Ashby, S. Kerry (2006), "Sample size for cluster randomized
           trials: effect of coefficient of variation of cluster size and analysis method",
           International Journal of Epidemiology 35, 1292-1300.
        """
        return 1 + ((1 + self.variation**2) * self.size - 1) * self.correlation


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A stretch of the event log that lies before the experiment.

    Attributes
    ----------
    first_day, last_day : date
        Both included, in the experiment's time zone.
    where : Expression or None
        Which rows would have exposed somebody; None: any row.
    at : Place or None
    """

    first_day: date
    last_day: date
    where: "Expression | None" = None
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """What a definition says under ``plan``.

    Attributes
    ----------
    lift : Margin or None
        Smallest lift worth finding, of the primary metric.
    lifts : mapping of str to Margin
        Of other metrics, and of ``incidence``.
    power : float
        In (0, 1).
    baseline : mapping of str to Baseline
        By metric.
    incidence : mapping of str to float
        Of the control, by ordering such as ``need>touchpoint>trust``.
    traffic : Traffic or None
    clusters : ClusterSizes or None
    looks : int
        Equal steps of a group-sequential plan.
    longest : timedelta
        Longest run of exposures that is considered.
    history : History or None
        Where baselines and traffic are read from that the definition does not give.
    """

    lift: "Margin | None" = None
    lifts: "Mapping[str, Margin]" = field(default_factory=dict)
    power: float = 0.8
    baseline: Mapping[str, Baseline] = field(default_factory=dict)
    incidence: Mapping[str, float] = field(default_factory=dict)
    traffic: Traffic | None = None
    clusters: ClusterSizes | None = None
    looks: int = 4
    longest: timedelta = timedelta(weeks=8)
    history: History | None = None
