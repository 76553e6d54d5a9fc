"""What an experiment is, once read and found sound. Reads no files, runs no SQL.

Every instance is valid: defaults are filled in, names are resolved, conditions are parsed. What a
file may say is in `document.py`; this is what it means.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pathlift.errors import Place
from pathlift.registry.engine import EngineChoice
from pathlift.registry.plan import PlanSettings
from pathlift.registry.registration import Registration
from pathlift.registry.thresholds import limits

Stage = Literal["need", "touchpoint", "trust"]
Treatment = Literal["search", "content", "influencer"]
Shape = Literal["journeys", "units", "totals"]
Role = Literal["primary", "secondary", "guardrail"]
Better = Literal["higher", "lower"]
Status = Literal["draft", "running", "stopped", "archived"]
EpochUnit = Literal["s", "ms", "us", "ns"]
Ties = Literal["label", "priority", "exclude_from_order_tests"]
Multiplicity = Literal["max_t", "holm", "bh", "graph", "none"]

P_ONLY: tuple[Multiplicity, ...] = ("holm", "bh", "graph")
"""Corrections that adjust p-values: no interval matches them."""

STAGES: tuple[Stage, ...] = ("need", "touchpoint", "trust")
INTENDED: Mapping[Treatment, tuple[Stage, ...]] = {
    "search": ("need", "touchpoint", "trust"),
    "content": ("touchpoint", "need", "trust"),
    "influencer": ("trust", "need", "touchpoint"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """One scalar SQL expression over a row, written by a person and found harmless.

    Attributes
    ----------
    text : str
        As written, DuckDB dialect.
    at : Place or None
        Where it stands in the definition.
    """

    text: str
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the data, named in the definition.

    Attributes
    ----------
    name : str
        As the file spells it.
    unit : {'s', 'ms', 'us', 'ns'} or None
        What an integer time counts since 1970.
    format : str or None
        strptime format of a time written as text.
    at : Place or None
        Where it is named in the definition.
    """

    name: str
    unit: EpochUnit | None = None
    format: str | None = None
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Files of one kind of row.

    Attributes
    ----------
    name : str
        ``exposures``, ``events``, ``units``, ``totals``, ``exclude_units``, ``identities`` or
        ``assignments``.
    paths : tuple of str
        Absolute paths or globs; empty when `arm_paths` is given.
    arm_paths : mapping of str to tuple of str
        Paths by name of the arm, in place of an arm column.
    columns : mapping of str to Column
        Our name to theirs; ours that are absent are spelled as ours.
    where : Expression or None
        Only rows for which this holds are rows of this experiment.
    derive : mapping of str to Expression
        Columns computed from a row, by name.
    cumulative : bool
        Totals only: rows are running totals.
    at : Place or None
        Where the source is declared.
    """

    name: str
    paths: tuple[str, ...] = ()
    arm_paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)
    where: Expression | None = None
    derive: Mapping[str, Expression] = field(default_factory=dict)
    cumulative: bool = False
    at: Place | None = None

    def column(self, ours: str) -> Column:
        """Their column for one of our names.

        Parameters
        ----------
        ours : str
            Such as ``exposed_at``.

        Returns
        -------
        Column
            Of our name where nothing else is declared.
        """
        return self.columns.get(ours, Column(name=ours))


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Where the rows come from.

    Attributes
    ----------
    shape : {'journeys', 'units', 'totals'}
        Exposures and events; one row per unit; rows per arm.
    root : Path
        What relative paths were relative to.
    sources : tuple of Source
        ``exposures`` and ``events``, or ``units``, or ``totals``; then ``exclude_units`` and
        ``assignments``.
    timezone : str or None
        Zone of timestamps that carry none; None is UTC, said by check ``naive_time``.
    """

    shape: Shape
    root: Path
    sources: tuple[Source, ...]
    timezone: str | None = None

    def source(self, name: str) -> Source | None:
        """Find a source by its name.

        Parameters
        ----------
        name : str
            ``exposures``, ``events``, ``units``, ``totals``, ``exclude_units``, ``identities`` or
            ``assignments``.

        Returns
        -------
        Source or None
            None where it is not declared.
        """
        return next((source for source in self.sources if source.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Which units of an arm resemble each other.

    Attributes
    ----------
    column : Column
        Of exposures or units, read from a unit's earliest row.
    randomised : {'clusters', 'units'}
        ``clusters``: whole clusters were drawn; ``units``: units were, and the experimenter gave
        each a cluster inside its arm.
    """

    column: Column
    randomised: Literal["clusters", "units"]

    @property
    def drawn(self) -> bool:
        """Whether whole clusters were drawn, so that what was drawn is counted in clusters."""
        return self.randomised == "clusters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One version that units were given.

    Attributes
    ----------
    name : str
        In YAML, result and report.
    value : str
        As the data write it, compared as text.
    treatment : {'search', 'content', 'influencer'} or None
        The channel it stands for.
    weight : float
        Relative, above 0.
    control : bool
        Whether the others are compared with it.
    analyzed : bool
        False marks a holdout: counted, in no test and no SRM.
    ordering : tuple of Stage or None
        The intended ordering over the declared stages.
    received : str or None
        What the column ``received`` should hold.
    cluster : Cluster or None
        None where each unit stands alone.
    factors : mapping of str to str
        Its level of every factor that the arms cross; empty for an arm outside the crossing.
    prompts : tuple of Stage or None
        The sequence in which it prompts the stages, drawn with the arm; None where it prompts none.
    """

    name: str
    value: str
    treatment: Treatment | None = None
    weight: float = 1.0
    control: bool = False
    analyzed: bool = True
    ordering: tuple[Stage, ...] | None = None
    received: str | None = None
    cluster: Cluster | None = None
    factors: Mapping[str, str] = field(default_factory=dict)
    prompts: tuple[Stage, ...] | None = None
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRule:
    """A stage is met by the first row for which the condition holds."""

    condition: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class AccumulateRule:
    """A stage is met when a running sum reaches a threshold (methods E25).

    Attributes
    ----------
    sum : Expression
        What is added up, per row; NULL is 0, negative is refused.
    per : Column or None
        One sum per value of this column; NULL is a group of its own.
    reach : float
        Met at or above.
    """

    sum: Expression
    per: Column | None
    reach: float


Rule = ConditionRule | AccumulateRule


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDefinition:
    """How a stage is observed.

    Attributes
    ----------
    name : Stage
    rules : tuple of Rule
        Any of them meets it; empty in ``units``.
    column : Column or None
        In ``units``: the column with its time.
    complete : bool
        Every purchase must pass it.
    """

    name: Stage
    rules: tuple[Rule, ...] = ()
    column: Column | None = None
    complete: bool = False
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Other rules for the stages, under which orderings are read beside those of the experiment.

    Attributes
    ----------
    name : str
        Such as ``strict``.
    stages : tuple of StageDefinition
        Every declared stage; those that the preset does not change are the experiment's own.
    """

    name: str
    stages: tuple[StageDefinition, ...]
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which a stage was not logged.

    Attributes
    ----------
    stage : Stage
    start, stop : datetime
        UTC; `stop` is not included.
    """

    stage: Stage
    start: datetime
    stop: datetime
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The event that converts: a condition on event rows, or a column with its time."""

    condition: Expression | None = None
    column: Column | None = None
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeSource:
    """A proportion that is the outcome itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyEvent:
    """A proportion: did any event row satisfy the condition."""

    condition: Expression
    at_least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CountEvents:
    """A mean: how many event rows satisfied the condition."""

    condition: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class SumEvents:
    """A mean: the sum of an expression over event rows.

    Attributes
    ----------
    value : Expression
    where : Expression or None
    unit : float or None
        Smallest step of `value`, such as 0.01; then sums are exact integers of it.
    """

    value: Expression
    where: Expression | None = None
    unit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitColumn:
    """A column of ``units``.

    Attributes
    ----------
    column : Column
    null : {'refuse', 'zero', 'exclude'}
        What a NULL means.
    unit : float or None
        Smallest step of the column.
    """

    column: Column
    null: Literal["refuse", "zero", "exclude"] = "refuse"
    unit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsProportion:
    """Successes among units, both columns of ``totals``."""

    successes: Column
    units: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsSums:
    """A mean from sums and sums of squares."""

    sum: Column
    sum_squares: Column
    units: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsMoments:
    """A mean from means and variances (n - 1)."""

    mean: Column
    variance: Column
    units: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioOf:
    """A ratio of two metrics of kind mean or proportion, by name."""

    numerator: str
    denominator: str


MetricSource = (
    OutcomeSource
    | AnyEvent
    | CountEvents
    | SumEvents
    | UnitColumn
    | TotalsProportion
    | TotalsSums
    | TotalsMoments
    | RatioOf
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """A distance, written positive.

    Attributes
    ----------
    scale : {'absolute', 'relative'}
    value : float
        In the metric's unit, or as a fraction of the control's value.
    """

    scale: Literal["absolute", "relative"]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number per unit, or a ratio of two.

    Attributes
    ----------
    name : str
    kind : {'proportion', 'mean', 'ratio', 'quantile'}
    source : MetricSource
    role : {'primary', 'secondary', 'guardrail'}
    better : {'higher', 'lower'}
    margin : Margin or None
        Guardrails: how much worse is still accepted.
    equivalence : Margin or None
        How far from the control still counts as the same: then that is what is tested.
    window : timedelta or None
        After first exposure, half-open; None where all later times count.
    lag : timedelta
        Waited beyond the window before the metric is mature.
    winsorize : float or None
        Quantile at which units are capped.
    q : float or None
        Of kind quantile: the share of units that do not exceed it.
    attributed : bool
        Whether it holds only what an arm's own touches are credited with.
    """

    name: str
    kind: Literal["proportion", "mean", "ratio", "quantile"]
    source: MetricSource
    role: Role = "secondary"
    better: Better = "higher"
    margin: Margin | None = None
    equivalence: Margin | None = None
    window: timedelta | None = None
    lag: timedelta = timedelta(0)
    winsorize: float | None = None
    q: float | None = None
    attributed: bool = False
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFamily:
    """Two means over the same units, of which one is a part of the other.

    Attributes
    ----------
    name : str
    kind : {'displacement', 'attribution', 'pull_forward'}
        What the rest is: all other scopes, what was not attributed, or what came later.
    part, whole : str
        Names of metrics.
    """

    name: str
    kind: Literal["displacement", "attribution", "pull_forward"]
    part: str
    whole: str
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """A metric by who got it.

    Attributes
    ----------
    name : str
    metric : str
        A sum or count of event rows.
    by : Column
        Of the events; its values are who got it, such as creators.
    """

    name: str
    metric: str
    by: Column
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariate:
    """A number known before exposure.

    Attributes
    ----------
    name : str
    column : Column or None
        Of exposures or units; else it is summed over the lookback.
    total : SumEvents or CountEvents or None
        Summed over event rows of the lookback.
    unit : float or None
        Smallest step of the column.
    """

    name: str
    column: Column | None = None
    total: SumEvents | CountEvents | None = None
    unit: float | None = None
    at: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Which arm is compared with which."""

    arm: str
    control: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A hypothesis, or a family of them, that holds a share of alpha in a graph.

    Attributes
    ----------
    name : str
        ``METRIC``, ``METRIC/ARM-CONTROL``, ``incidence`` or ``ordering_share``.
    estimand : {'itt', 'incidence', 'ordering_share'}
    metric : str or None
        Of ``itt``.
    contrast : Contrast or None
        None: all contrasts, tested together.
    weight : float
        Share of alpha that it starts with, in [0, 1].
    passes : mapping of str to float
        How that share is handed on when it is rejected, by name of a node.
    """

    name: str
    estimand: Literal["itt", "incidence", "ordering_share"] = "itt"
    metric: str | None = None
    contrast: Contrast | None = None
    weight: float = 0.0
    passes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookPlan:
    """How often the result is looked at.

    Attributes
    ----------
    kind : {'fixed', 'group_sequential', 'anytime'}
    planned_units : int or None
        Mature units of all analysed arms at the planned end; None with ``fixed``.
    spending : {'obf', 'pocock', 'hsd'}
        Of ``group_sequential``: how alpha is used up over the information.
    gamma : float
        Shape of ``hsd``; 0 otherwise.
    """

    kind: Literal["fixed", "group_sequential", "anytime"] = "fixed"
    planned_units: int | None = None
    spending: Literal["obf", "pocock", "hsd"] = "obf"
    gamma: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Average:
    """Arms as one number: the weighted mean of their means.

    Attributes
    ----------
    name : str
        Of an arm alone, the arm's.
    weights : mapping of str to float
        Of arms, above 0, together 1.
    """

    name: str
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A contrast of averages over arms.

    Attributes
    ----------
    arm, control : Average
        Of different arms; at least one is of several.
    """

    arm: Average
    control: Average


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """How the numbers are tested.

    Attributes
    ----------
    alpha : float
        In (0, 1), two-sided.
    contrasts : tuple of Contrast
        Resolved, between analysed arms; a combined arm stands for its members.
    planned : tuple of Planned
        Beside the contrasts, and read by no decision.
    multiplicity : {'max_t', 'holm', 'bh', 'graph', 'none'}
    graph : tuple of Node
        Of ``graph``, in the order in which they are named; empty otherwise.
    looks : LookPlan
    crossovers : {'first_arm', 'exclude', 'fail'}
    misdelivered : {'keep', 'exclude', 'fail'}
    landmark : timedelta or None
        How long after its last stage conversion given an ordering counts, shorter than the window;
        None without stages or window.
    encouragement : bool
        Whether arms are read as encouragement to take their intended ordering.
    """

    alpha: float = 0.05
    contrasts: tuple[Contrast, ...] = ()
    planned: tuple[Planned, ...] = ()
    multiplicity: Multiplicity = "max_t"
    graph: tuple[Node, ...] = ()
    looks: LookPlan = field(default_factory=LookPlan)
    crossovers: Literal["first_arm", "exclude", "fail"] = "first_arm"
    misdelivered: Literal["keep", "exclude", "fail"] = "keep"
    landmark: timedelta | None = None
    encouragement: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRule:
    """What has to hold before anybody ships.

    Attributes
    ----------
    success : tuple of str
        Names of metrics.
    need : {'any', 'all'}
        How many of them must be better.
    worth : mapping of str to Margin
        The interval must lie beyond this, not only beyond 0.
    least_days : int or None
        Nothing is decided before as many whole days since the first exposure.
    least_units : int or None
        Nothing is decided before as many units are mature for every deciding metric.
    """

    success: tuple[str, ...] = ()
    need: Literal["any", "all"] = "any"
    worth: Mapping[str, Margin] = field(default_factory=dict)
    least_days: int | None = None
    least_units: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A preregistered comparison of arms. Every instance is valid.

    Attributes
    ----------
    name : str
        The stem of its file.
    file : str
        As the user named it.
    definition_hash : str
        SHA-256 of what the file says, comments and order of keys aside.
    exploratory : bool
        Whether it was put together with the data in hand, so that nothing was promised.
    unit : str or None
        The column that was randomised; None in ``units`` without one, and in ``totals``.
    first_day, last_day : date or None
        Days of first exposure, both included, in `timezone`.
    timezone : str
    window : timedelta or None
        None: all later times count, or there are no times.
    lookback : mapping of str to timedelta
        By stage, and ``default``; empty where none is declared.
    arms : tuple of Arm
        In file order; exactly one control.
    combine : mapping of str to tuple of str
        Arms that are read as one, by the name of the combined arm, which contrasts name in their
        place; the arms themselves are those that were drawn.
    stages : tuple of StageDefinition
        In the order need, touchpoint, trust; empty, two or three.
    presets : tuple of Preset
        In file order; each differs from the stages.
    stage_log : str or None
        The kind of log whose packaged rules the stages are; None where they are written out.
    outcome : Outcome or None
    metrics : tuple of Metric
        In file order; `conversion` is added where stages are declared and no metric is the outcome.
    families : tuple of MetricFamily
        In file order.
    concentrations : tuple of Concentration
        In file order.
    covariates, segments, strata
        Known before exposure.
    exposure_counts_as : Stage or None
        The stage that the exposure row itself is.
    resolution : timedelta
        Grid on which stages are compared with each other; 0 is exact.
    ties : {'label', 'priority', 'exclude_from_order_tests'}
        What becomes of stages in the same cell of that grid.
    priority : tuple of Stage
        With ``priority``: every declared stage, the one that came first first; else empty.
    outages : tuple of Outage
        A unit whose window meets one has an unknown ordering, whatever its arm.
    surface : Column or None
        Event column that names the surface.
    conversion : str or None
        Name of the metric that is the outcome.
    checks : mapping of str to mapping of str to float
        Thresholds that differ from the defaults, by check and name; `limits` joins them.
    plan : PlanSettings
        What `pathlift plan` computes sizes from; no result depends on it.
    engine : EngineChoice
        What aggregates the data, unless a run says otherwise; no result depends on it.
    definition : mapping
        What the file says, as plain values.
    registration : Registration or None
        What was locked before launch; None where nothing was.
    """

    name: str
    file: str
    definition_hash: str
    title: str = ""
    hypothesis: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    status: Status = "running"
    exploratory: bool = False
    data: Data
    arms: tuple[Arm, ...]
    combine: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weights_declared: bool = True
    unit: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    timezone: str = "UTC"
    window: timedelta | None = None
    lookback: Mapping[str, timedelta] = field(default_factory=dict)
    resolution: timedelta = timedelta(seconds=1)
    ingestion_lag: timedelta = timedelta(0)
    exposure_counts_as: Stage | None = None
    ties: Ties = "label"
    priority: tuple[Stage, ...] = ()
    outages: tuple[Outage, ...] = ()
    surface: Column | None = None
    stages: tuple[StageDefinition, ...] = ()
    presets: tuple[Preset, ...] = ()
    stage_log: str | None = None
    outcome: Outcome | None = None
    metrics: tuple[Metric, ...] = ()
    conversion: str | None = None
    families: tuple[MetricFamily, ...] = ()
    concentrations: tuple[Concentration, ...] = ()
    covariates: tuple[Covariate, ...] = ()
    segments: tuple[Column, ...] = ()
    strata: tuple[Column, ...] = ()
    analysis: Analysis = field(default_factory=Analysis)
    decision: DecisionRule = field(default_factory=DecisionRule)
    checks: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    plan: PlanSettings = field(default_factory=PlanSettings)
    engine: EngineChoice = field(default_factory=EngineChoice)
    definition: Mapping[str, Any] = field(default_factory=dict, repr=False)
    registration: Registration | None = None

    @property
    def control(self) -> Arm:
        """The arm that the others are compared with."""
        return next(arm for arm in self.arms if arm.control)

    @property
    def analyzed_arms(self) -> tuple[Arm, ...]:
        """Arms that enter tests, in file order."""
        return tuple(arm for arm in self.arms if arm.analyzed)

    @property
    def stage_names(self) -> tuple[Stage, ...]:
        """Declared stages, in the order need, touchpoint, trust."""
        return tuple(stage.name for stage in self.stages)

    @property
    def stages_looked_back_for(self) -> tuple[Stage, ...]:
        """Declared stages with a lookback: those that a baseline state can hold."""
        return tuple(stage for stage in self.stage_names if self.lookback_of(stage) is not None)

    def arm(self, name: str) -> Arm:
        """Find an arm by its name.

        Parameters
        ----------
        name : str

        Returns
        -------
        Arm

        Raises
        ------
        KeyError
            If no arm has that name.
        """
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise KeyError(name)

    def metric(self, name: str) -> Metric:
        """Find a metric by its name.

        Parameters
        ----------
        name : str

        Returns
        -------
        Metric

        Raises
        ------
        KeyError
            If no metric has that name.
        """
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)

    def lookback_of(self, stage: Stage) -> timedelta | None:
        """How far before exposure a stage is looked for.

        Parameters
        ----------
        stage : Stage

        Returns
        -------
        timedelta or None
            None where no lookback is declared.
        """
        return self.lookback.get(stage, self.lookback.get("default"))

    def limits(self, check: str) -> Mapping[str, float]:
        """Thresholds of a check.

        Parameters
        ----------
        check : str
            Its id.

        Returns
        -------
        mapping of str to float
            By name, such as ``fails_below_p``: as declared, else the default.
        """
        return limits(check, self.checks)
