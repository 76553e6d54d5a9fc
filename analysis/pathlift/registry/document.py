"""What a definition may say, in its short and long forms. Knows neither names nor data.

The docstring below a field is what an editor shows beside it. What the file means, and whether its
parts agree with each other, is found in `resolve.py`.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from pathlift.registry.check_document import ChecksPart
from pathlift.registry.engines import EnginePart
from pathlift.registry.family_forms import FamilyForm
from pathlift.registry.fields import (
    LIST,
    MAPPING,
    TEXT,
    Above0,
    ColumnForm,
    Day,
    Duration,
    Epoch,
    Fraction,
    Listed,
    MarginPart,
    Moment,
    Part,
    PathsForm,
    Text,
    Value,
    forms,
    plain_error,
)
from pathlift.registry.plan_document import HistoryPart, PlanPart

StageName = Literal["need", "touchpoint", "trust"]


class PeriodPart(Part):
    """Days of first exposure."""

    first_day: Day
    """First day of exposure, included, in `timezone`."""
    last_day: Day
    """Last day of exposure, included, in `timezone`."""


class LookbackPart(Part):
    """How far before exposure baseline stages and covariates are looked for."""

    default: Duration | None = None
    """For covariates, and for every stage that is not named here."""
    need: Duration | None = None
    """For the stage need."""
    touchpoint: Duration | None = None
    """For the stage touchpoint."""
    trust: Duration | None = None
    """For the stage trust."""


class SourcePart(Part):
    """Files of one kind of row, long form."""

    path: PathsForm
    """A path, glob or list of them; or one for each arm, by name,."""
    where: Text | None = None
    """Only rows for which this condition holds belong to the experiment."""
    columns: dict[str, ColumnForm] = Field(default_factory=dict)
    """Our names to the names of this file, only where they differ."""
    derive: dict[str, Text] = Field(default_factory=dict)
    """Columns computed from a row, by name."""
    cumulative: bool = False
    """Totals only: rows are running totals, the last one counts."""


class ExcludePart(Part):
    """Units that are removed before the arms are compared."""

    path: PathsForm
    """A path, glob or list of them."""
    columns: dict[str, ColumnForm] = Field(default_factory=dict)
    """`unit` where the file spells it differently."""


SourceForm = Annotated[
    Annotated[Text, Tag(TEXT)]
    | Annotated[tuple[Text, ...], Field(min_length=1), Listed, Tag(LIST)]
    | Annotated[SourcePart, Tag(MAPPING)],
    forms("a source is a path, a list of paths or a mapping with `path`"),
]


class DataPart(Part):
    """Where the rows come from: exposures and events, or units, or totals."""

    exposures: SourceForm | None = None
    """One row per exposure of a unit to its arm; goes with `events`."""
    events: SourceForm | None = None
    """One row per event of a unit; goes with `exposures`."""
    units: SourceForm | None = None
    """One row per unit, with its arm and its outcomes."""
    totals: SourceForm | None = None
    """One row per arm, or per arm and day."""
    columns: dict[str, ColumnForm] = Field(default_factory=dict)
    """Our names to theirs, for all sources that use the name."""
    root: Text | None = None
    """Folder that relative paths start at; default the folder of this file."""
    timezone: Text | None = None
    """Zone of timestamps that carry none; default UTC, said by check naive_time."""
    exclude_units: ExcludePart | None = None
    """Units known before exposure to be bots or tests, removed from every arm."""
    assignments: SourceForm | None = None
    """One row per assignment of a unit to an arm, exposed later or never; for check triggering."""
    identities: SourceForm | None = None
    """One row per further id of a unit (`alias`), such as the one before a person signed in."""


class ClusterPart(Part):
    """Which units of an arm resemble each other."""

    column: Text
    """Column of exposures or units, known at exposure, such as creator_id."""
    randomised: Literal["clusters", "units"]
    """clusters: whole clusters were drawn; units: units were, and each was given a cluster."""


class ArmPart(Part):
    """One version that units were given."""

    value: Value | None = None
    """How the data write this arm, compared as text; default its name."""
    treatment: Literal["search", "content", "influencer"] | None = None
    """The channel it stands for; brings its intended ordering."""
    weight: Above0 | None = None
    """Planned share, relative to the others; left out on every arm: equal."""
    control: bool = False
    """The arm that the others are compared with; exactly one."""
    analyzed: bool = True
    """false marks a holdout: counted, in no test and no SRM."""
    ordering: Annotated[tuple[StageName, ...], Listed] | None = None
    """Intended ordering: every declared stage once; default that of the treatment."""
    received: Value | None = None
    """What the column `received` should hold in this arm."""
    cluster: ClusterPart | None = None
    """Which of its units resemble each other, such as those of one creator."""
    factors: Annotated[dict[str, Value], Field(min_length=1)] | None = None
    """Its level of every factor that the arms cross: {channel: content, order: trust_first}."""
    prompts: Annotated[tuple[StageName, ...], Listed] | None = None
    """The sequence in which this arm prompts the stages: an order that is drawn with the arm."""


class AccumulatePart(Part):
    """A stage that is met when a running sum reaches a threshold."""

    sum: Text
    """What is added up, per event row; NULL is 0."""
    per: Text | None = None
    """One sum per value of this column."""
    reach: Above0
    """Met at or above this sum."""


class StagePart(Part):
    """How a stage is observed, long form."""

    any: (
        Annotated[
            Annotated[Text, Tag(TEXT)]
            | Annotated[tuple[Text, ...], Field(min_length=1), Listed, Tag(LIST)],
            forms("`any` is a condition or a list of conditions"),
        ]
        | None
    ) = None
    """Conditions on one event row, any of which meets the stage."""
    accumulate: AccumulatePart | None = None
    """Met when a running sum over event rows reaches a threshold."""
    column: Text | None = None
    """In `units`: the column with the time of the stage."""
    unit: Epoch | None = None
    """In `units`: what an integer time counts since 1970."""
    format: Text | None = None
    """In `units`: strptime format of a time written as text."""
    complete: bool = False
    """Every purchase must pass this stage; a purchase without it is a lost measurement."""


StageForm = Annotated[
    Annotated[Text, Tag(TEXT)]
    | Annotated[tuple[Text, ...], Field(min_length=1), Listed, Tag(LIST)]
    | Annotated[StagePart, Tag(MAPPING)],
    forms("a stage is a condition, a list of conditions or a mapping"),
]


class StagesPart(Part):
    """Two or three of need, touchpoint and trust."""

    need: StageForm | None = None
    """I want it: how the log shows it."""
    touchpoint: StageForm | None = None
    """I met it: how the log shows it."""
    trust: StageForm | None = None
    """I believe it: how the log shows it."""


StageLog = Literal["marketplace", "short_video", "creator_selling"]
PresetsForm = Annotated[
    Annotated[StageLog, Tag(TEXT)]
    | Annotated[dict[str, StagesPart], Field(min_length=1), Tag(MAPPING)],
    forms("`presets` is marketplace, short_video, creator_selling or a mapping of names to stages"),
]


class _MetricPart(Part):
    role: Literal["primary", "secondary", "guardrail"] = "secondary"
    """primary decides, secondary explains, guardrail must not get worse by more than its margin."""
    better: Literal["higher", "lower"] = "higher"
    """Which direction is good."""
    margin: MarginPart | None = None
    """Guardrails: how much worse is still accepted."""
    equivalence: MarginPart | None = None
    """Not for guardrails: how far to either side still counts as the same as the control."""
    attributed: bool = False
    """Whether it holds only what an arm's own touches are credited with: then no contrast of it is
    an effect, and it decides nothing."""


class ProportionPart(_MetricPart):
    """Share of units; without `any` and `column` it is the outcome itself."""

    kind: Literal["proportion"]
    """proportion: share of units."""
    any: Text | None = None
    """Did any event row of the window satisfy this condition."""
    at_least: Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1})] | None = None
    """With `any`: how many event rows have to, such as 2 orders; default 1."""
    column: Text | None = None
    """In `units`: a column of BOOLEAN or 0 and 1. In `totals`: successes."""
    units: Text | None = None
    """In `totals`: the column that counts the units; default our column `units`."""
    null: Literal["refuse", "zero", "exclude"] | None = None
    """In `units`: what a NULL means; default refuse."""
    window: Duration | None = None
    """After first exposure, half-open; default the window of the experiment."""
    lag: Duration | None = None
    """Waited beyond the window before units are mature; default 0d."""


class TotalsColumnsPart(Part):
    """Columns of `totals` that make up a mean: sum and sum_squares, or mean and variance."""

    sum: Text | None = None
    """Column with the sum over units."""
    sum_squares: Text | None = None
    """Column with the sum of squares over units."""
    mean: Text | None = None
    """Column with the mean of units."""
    variance: Text | None = None
    """Column with the variance of units (n - 1)."""


class MeanPart(_MetricPart):
    """Mean over all units: a sum or a count of events, or a column."""

    kind: Literal["mean"]
    """mean: one number per unit, 0 where nothing happened."""
    sum: Text | None = None
    """Added up over the event rows of the window; may be signed."""
    where: Text | None = None
    """Only event rows for which this holds are added up."""
    count: Text | None = None
    """How many event rows of the window satisfy this condition."""
    column: Text | None = None
    """In `units`: the column with the number."""
    columns: TotalsColumnsPart | None = None
    """In `totals`: the columns that make up the mean."""
    units: Text | None = None
    """In `totals`: the column that counts the units; default our column `units`."""
    unit: Above0 | None = None
    """Smallest step of the values, such as 0.01; sums are then exact."""
    null: Literal["refuse", "zero", "exclude"] | None = None
    """In `units`: what a NULL means; default refuse."""
    winsorize: Fraction | None = None
    """Quantile at which units are capped, such as 0.999; default no capping."""
    window: Duration | None = None
    """After first exposure, half-open; default the window of the experiment."""
    lag: Duration | None = None
    """Waited beyond the window before units are mature; default 0d."""


class QuantilePart(_MetricPart):
    """Quantile over all units of a sum or a count of events, or of a column."""

    kind: Literal["quantile"]
    """quantile: the value that a share q of all units do not exceed, known to 1% of its size."""
    q: Fraction
    """Which quantile, in (0, 1): 0.5 is the median. Units where nothing happened are zeros."""
    sum: Text | None = None
    """Added up over the event rows of the window; may be signed."""
    where: Text | None = None
    """Only event rows for which this holds are added up."""
    count: Text | None = None
    """How many event rows of the window satisfy this condition."""
    column: Text | None = None
    """In `units`: the column with the number."""
    unit: Above0 | None = None
    """Smallest step of the values, such as 0.01; sums are then exact."""
    null: Literal["refuse", "zero", "exclude"] | None = None
    """In `units`: what a NULL means; default refuse."""
    window: Duration | None = None
    """After first exposure, half-open; default the window of the experiment."""
    lag: Duration | None = None
    """Waited beyond the window before units are mature; default 0d."""


class RatioPart(_MetricPart):
    """Ratio of two metrics, such as order value: revenue over orders."""

    kind: Literal["ratio"]
    """ratio: total of one metric over total of another."""
    numerator: Text
    """Name of a mean or proportion."""
    denominator: Text
    """Name of a mean or proportion."""


MetricForm = Annotated[ProportionPart | MeanPart | RatioPart | QuantilePart, Discriminator("kind")]


class CovariateColumnPart(Part):
    """A covariate that is a column, long form."""

    column: Text
    """Column of exposures or units: a number or boolean known before exposure."""
    unit: Above0 | None = None
    """Smallest step of the column, such as 0.01; sums are then exact."""


class CovariateTotalPart(Part):
    """A covariate that is added up over the events of the lookback."""

    sum: Text | None = None
    """Added up over the event rows of the lookback."""
    where: Text | None = None
    """Only event rows for which this holds are added up."""
    count: Text | None = None
    """How many event rows of the lookback satisfy this condition."""
    unit: Above0 | None = None
    """Smallest step of the values, such as 0.01; sums are then exact."""


COLUMN = "<column>"


def _covariate_form(written: object) -> str | None:
    match written:
        case str():
            return TEXT
        case dict():
            return COLUMN if "column" in written else MAPPING
        case CovariateColumnPart():
            return COLUMN
        case _:
            return None


CovariateForm = Annotated[
    Annotated[Text, Tag(TEXT)]
    | Annotated[CovariateColumnPart, Tag(COLUMN)]
    | Annotated[dict[str, CovariateTotalPart], Field(min_length=1, max_length=1), Tag(MAPPING)],
    Discriminator(
        _covariate_form,
        custom_error_type="form",
        custom_error_message="a covariate is a column, {column: ...} or {name: {sum: ...}}",
    ),
]


class MultiplicityPart(Part):
    """How intervals and p-values of a family are made simultaneous."""

    method: Literal["max_t", "holm", "bh", "graph", "none"] = "max_t"
    """max_t: intervals that hold together; holm, bh, graph: p-values only; none: marginal only."""
    weights: dict[str, float] | None = None
    """graph: share of alpha that a node starts with, by METRIC, METRIC/ARM-CONTROL, incidence or
    ordering_share; together at most 1. Left out: the primary metric, then all that explains it."""
    transitions: dict[str, dict[str, float]] | None = None
    """graph: how a node hands its share on when it is rejected, by node; each at most 1 in all."""


class LooksPart(Part):
    """How often the result is looked at."""

    kind: Literal["fixed", "group_sequential", "anytime"] = "fixed"
    """fixed: one analysis, when the data are mature; group_sequential: a few, alpha is spent by
    the information seen; anytime: as often as you like, with wider intervals."""
    planned_units: Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1})] | None = None
    """Mature units of all analysed arms at the planned end; required but with fixed."""
    spending: Literal["obf", "pocock", "hsd"] | None = None
    """group_sequential: obf (O'Brien-Fleming type: little early), pocock (evenly) or hsd
    (Hwang-Shih-DeCani, with gamma); default obf."""
    gamma: float | None = None
    """hsd: below 0 spends late (-4 is close to obf), above 0 early (1 is close to pocock)."""


def _pair(written: object) -> object:
    if not isinstance(written, list) or len(written) != 2:
        raise plain_error("a contrast is a pair [arm, control]")
    return written


Pair = Annotated[tuple[Text, Text], Listed, BeforeValidator(_pair)]
ContrastsForm = Annotated[
    Annotated[Literal["control", "all_pairs"], Tag(TEXT)]
    | Annotated[tuple[Pair, ...], Field(min_length=1), Listed, Tag(LIST)],
    forms("`contrasts` is control, all_pairs or a list of pairs [arm, control]"),
]


_Side = Annotated[
    Annotated[Text, Tag(TEXT)]
    | Annotated[tuple[Text, ...], Field(min_length=1), Listed, Tag(LIST)]
    | Annotated[dict[str, float], Field(min_length=1), Tag(MAPPING)],
    forms("it is an arm, a list of arms that weigh alike, or weights by arm: {content: 0.5}"),
]


class PlannedPart(Part):
    """A contrast of averages over arms, planned beside those of arms."""

    of: _Side
    """Arms and their weights, together 1: {content: 0.5, influencer: 0.5}; a list weighs alike."""
    against: _Side
    """What it is compared with: an arm, or weights."""


class EncouragementPart(Part):
    """Arms as encouragement to take an ordering: what taking it did to those who complied."""

    orderings: Literal["intended"] = "intended"
    """Which ordering a contrast encourages: intended, that of its treated arm."""


_SWITCH = "<switch>"


def _encouragement_form(written: object) -> str | None:
    match written:
        case bool():
            return _SWITCH
        case dict() | EncouragementPart():
            return MAPPING
        case _:
            return None


EncouragementForm = Annotated[
    Annotated[bool, Tag(_SWITCH)] | Annotated[EncouragementPart, Tag(MAPPING)],
    Discriminator(
        _encouragement_form,
        custom_error_type="form",
        custom_error_message="`encouragement` is true, false or {orderings: intended}",
    ),
]


class AnalysisPart(Part):
    """How the numbers are tested."""

    alpha: Fraction = 0.05
    """One minus the confidence level, two-sided."""
    contrasts: ContrastsForm = "control"
    """control: every arm against the control; all_pairs; or a list of [arm, control]."""
    planned: dict[str, PlannedPart] = Field(default_factory=dict)
    """Contrasts of averages over arms, by a name for the average:
    {others: {of: [content, influencer], against: search}}."""
    multiplicity: MultiplicityPart = Field(default_factory=MultiplicityPart)
    """Correction inside a family of tests."""
    looks: LooksPart = Field(default_factory=LooksPart)
    """How often the result is looked at."""
    crossovers: Literal["first_arm", "exclude", "fail"] = "first_arm"
    """A unit seen in several arms: counts in its first, is left out, or stops the run."""
    encouragement: EncouragementForm = False
    """true: read arms as encouragement to take their intended ordering. Off by default: it needs
    assumptions that orderings seldom meet; experiments/README.md says which, and why."""
    misdelivered: Literal["keep", "exclude", "fail"] = "keep"
    """Rows whose `received` is not that of their arm: kept, dropped, or stop the run."""
    landmark: Duration | None = None
    """Conversion given an ordering counts this long after its last stage, for units that were
    complete as long before the end of their window; default half the window."""


class TooEarlyPart(Part):
    """Until when nothing is decided, beside open windows."""

    days: Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1})] | None = None
    """Whole days from the first exposure to the end of the data."""
    units: Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1})] | None = None
    """Mature units of all analysed arms, of every metric that decides."""


class DecisionPart(Part):
    """What has to hold before anybody ships."""

    success: Annotated[tuple[Text, ...], Field(min_length=1), Listed] | None = None
    """Metrics that have to be better; default the primary one."""
    need: Literal["any", "all"] = "any"
    """How many of them."""
    worth: dict[str, MarginPart] = Field(default_factory=dict)
    """The interval must lie beyond this, not only beyond 0; by name of a success metric."""
    too_early: TooEarlyPart | None = None
    """What has to be there before anything is decided, beside windows that have ended."""


class TiesPart(Part):
    """How stages in the same moment are put in order."""

    priority: Annotated[tuple[StageName, ...], Listed]
    """Every declared stage once: of two in the same moment, the one named first came first."""


TiesForm = Annotated[
    Annotated[Literal["label", "exclude_from_order_tests"], Tag(TEXT)]
    | Annotated[TiesPart, Tag(MAPPING)],
    forms("`ties` is label, exclude_from_order_tests or {priority: [...]}"),
]


class OutagePart(Part):
    """A time in which a stage was not logged."""

    stage: StageName
    """The stage whose events are missing."""
    start: Moment = Field(alias="from")
    """Since when, included; without a zone it is in `timezone`, a day is its midnight."""
    stop: Moment = Field(alias="to")
    """Until when, not included."""


class Document(Part):
    """An experiment of pathlift."""

    experiment: Text | None = None
    """Name; must equal the name of the file."""
    title: Text | None = None
    """The question, in one line."""
    hypothesis: Text | None = None
    """What is expected, and why."""
    owner: Text | None = None
    """Who answers for it."""
    tags: Annotated[tuple[Text, ...], Listed] = ()
    """Words to select experiments by."""
    status: Literal["draft", "running", "stopped", "archived"] = "running"
    """draft, running, stopped or archived."""
    exploratory: bool = False
    """true: it was put together with the data in hand; every number then carries that flag."""
    unit: Text | None = None
    """Column that was randomised, such as user_id; required with exposures and events."""
    period: PeriodPart | None = None
    """Days of first exposure, both included; required with exposures and events."""
    timezone: Text = "UTC"
    """Zone of `period` and of tables by day."""
    window: Duration | None = None
    """Outcomes count this long after first exposure; required with exposures and events."""
    lookback: (
        Annotated[
            Annotated[Duration, Tag(TEXT)] | Annotated[LookbackPart, Tag(MAPPING)],
            forms("`lookback` is a duration or a mapping of stages to durations"),
        ]
        | None
    ) = None
    """How far before exposure baseline stages and covariates are looked for."""
    data: DataPart | None = None
    """Where the rows come from."""
    arms: dict[str, ArmPart] | None = None
    """Two or more, by name."""
    cluster: ClusterPart | None = None
    """Which units of every arm resemble each other; else written on single arms."""
    combine: dict[str, Annotated[tuple[Text, ...], Field(min_length=1), Listed]] = Field(
        default_factory=dict
    )
    """Arms that are read as one, by the name of the combined arm: {social: [content, ads]}."""
    stages: StagesPart | None = None
    """How need, touchpoint and trust are observed: any two or three."""
    presets: PresetsForm | None = None
    """Other rules for the stages, under which orderings are read as well: a kind of log, whose base
    rules are then the stages; or alternatives by name, {strict: {trust: ...}}."""
    outcome: ColumnForm | None = None
    """The event that converts: a condition on event rows; in `units` a column with its time."""
    metrics: dict[str, MetricForm] | None = None
    """Numbers per unit, by name; default the outcome alone; {} runs the checks only."""
    families: dict[str, FamilyForm] = Field(default_factory=dict)
    """Metrics that are read together as part and whole, by name: {kind: displacement, ...}."""
    covariates: Annotated[tuple[CovariateForm, ...], Listed] = ()
    """Numbers known before exposure that make intervals narrower."""
    segments: Annotated[tuple[Text, ...], Listed] = ()
    """Columns of exposures or units, known before exposure."""
    strata: Annotated[tuple[Text, ...], Listed] = ()
    """Columns that standardise the descriptive panel of orderings."""
    analysis: AnalysisPart = Field(default_factory=AnalysisPart)
    """How the numbers are tested."""
    decision: DecisionPart = Field(default_factory=DecisionPart)
    """What has to hold before anybody ships."""
    checks: ChecksPart | None = None
    """Thresholds of checks that differ from the defaults: {srm: {fails_below_p: 0.0001}}."""
    resolution: Duration | None = None
    """Grid on which stages are compared with each other; default 1s; 0 is exact."""
    ingestion_lag: Duration | None = None
    """How late events may arrive; default 0d."""
    exposure_counts_as: Literal["none", "need", "touchpoint", "trust"] | None = None
    """The stage that the exposure row itself is; default none."""
    ties: TiesForm = "label"
    """Stages in the same moment: label, exclude_from_order_tests, or {priority: [...]}."""
    outages: Annotated[tuple[OutagePart, ...], Listed] = ()
    """When a stage was not logged: the ordering of units under way then is unknown."""
    surface: Text | None = None
    """Event column that names the surface, such as platform."""
    plan: PlanPart | None = None
    """What `pathlift plan` computes sizes from; no result depends on it."""
    history: HistoryPart | None = None
    """Past events that `pathlift plan` reads baselines and traffic from."""
    engine: EnginePart | None = None
    """What aggregates the data: duckdb, here; or spark, on a server: {kind: spark, remote: ...}."""
