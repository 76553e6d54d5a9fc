"""What a definition may say about its plan. Knows neither names nor data."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from pathlift.registry.fields import (
    MAPPING,
    Above0,
    Day,
    Duration,
    Fraction,
    MarginPart,
    Part,
    Text,
)

_NUMBER = "<number>"


class BaselinePart(Part):
    """What a metric is without the experiment, long form."""

    value: float
    """Share, mean, ratio or quantile per unit."""
    standard_deviation: Above0 | None = None
    """Of one unit; needed by means and ratios (there: of numerator - ratio x denominator, divided
    by the mean denominator)."""
    variance_explained: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the variance that the covariates take away."""
    density: Above0 | None = None
    """quantile: share of units per unit of the metric, at the quantile."""


def _baseline_form(written: object) -> str | None:
    match written:
        case bool():
            return None
        case int() | float():
            return _NUMBER
        case dict() | BaselinePart():
            return MAPPING
        case _:
            return None


BaselineForm = Annotated[
    Annotated[float, Tag(_NUMBER)] | Annotated[BaselinePart, Tag(MAPPING)],
    Discriminator(
        _baseline_form,
        custom_error_type="form",
        custom_error_message="a baseline is a number or {value: ..., standard_deviation: ...}",
    ),
]


class TrafficPart(Part):
    """How many units come."""

    new_per_day: Above0 | None = None
    """Units never seen before, each day; not the visitors of a day, who come back."""
    cumulative: dict[str, Annotated[int, Field(ge=1)]] | None = None
    """Different units seen after so long, as {7d: 20000, 28d: 52000}."""


class ClusterSizesPart(Part):
    """Clusters, as they are expected."""

    size: Above0
    """Units of a cluster, on average."""
    variation: Annotated[float, Field(ge=0)] = 0.0
    """Standard deviation of the sizes over their mean."""
    correlation: Annotated[float, Field(ge=0, lt=1)]
    """How alike units of one cluster are: their intracluster correlation."""


class HistoryPart(Part):
    """A stretch of the event log before the experiment, which a plan is made from."""

    first_day: Day
    """First day of the log that is read as if units were exposed, in `timezone`."""
    last_day: Day
    """Last day of the log that is read."""
    where: Text | None = None
    """Event rows that would have exposed a unit, such as event = 'visit'; default any."""


class PlanPart(Part):
    """What `pathlift plan` computes sizes from."""

    lift: MarginPart | None = None
    """Smallest lift worth finding: of the primary metric, and if relative of every other that has
    none of its own."""
    lifts: dict[str, MarginPart] = Field(default_factory=dict)
    """The same for single metrics, and for `incidence`."""
    power: Fraction = 0.8
    """How often that lift is to be found."""
    baseline: dict[str, BaselineForm] = Field(default_factory=dict)
    """What metrics are without the experiment, by name."""
    incidence: dict[str, Fraction] = Field(default_factory=dict)
    """Share of the control's units that take an ordering and convert, by ordering."""
    traffic: TrafficPart | None = None
    """How many units come."""
    clusters: ClusterSizesPart | None = None
    """Where arms are clustered: how large and how alike."""
    looks: Annotated[int, Field(ge=2, le=200)] | None = None
    """group_sequential: at how many equal steps it is looked at; default 4."""
    longest: Duration | None = None
    """Longest run of exposures that is considered; default 56d."""
