"""What an analysis says, as frozen values. Computes nothing, reads nothing.

The field names are those of the JSON document; `pathlift schema result` prints its schema.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field

from pathlift.result.concentration import Concentration
from pathlift.result.conversion_times import ConversionTimes
from pathlift.result.descriptive import (
    AssociationRow,
    DecompositionRow,
    FunnelStep,
    Landmark,
    Naive,
)
from pathlift.result.increments import IncrementalFamily
from pathlift.result.measures import MetricPart
from pathlift.result.multiverse import Multiverse
from pathlift.result.stage_rules import StageRules
from pathlift.result.ties import TieBounds
from pathlift.result.values import CausalStatus as CausalStatus
from pathlift.result.values import ConfidenceSet as ConfidenceSet
from pathlift.result.values import Json as Json
from pathlift.result.values import Span as Span
from pathlift.result.values import Value as Value

if TYPE_CHECKING:
    import polars

SCHEMA: Literal["pathlift.result/1"] = "pathlift.result/1"

Severity = Literal["pass", "info", "warn", "fail", "not_checked"]
Verdict = Literal["ship", "do_not_ship", "keep_running", "inconclusive", "invalid"]
Conclusion = Literal[
    "better",
    "worse",
    "different",
    "no_difference_shown",
    "non_inferior",
    "harmed",
    "equivalent",
    "not_shown",
    "not_estimated",
]


class Amendment(Value):
    """One value of the definition that is not what was locked."""

    path: str = Field(description="Keys from the top, joined by dots.")
    before: Json = Field(description="As it was locked; null where it was not there.")
    after: Json = Field(description="As it was analysed; null where it is not there.")


class RegistrationPart(Value):
    """What was locked before launch, and what was changed since."""

    locked_at: datetime = Field(description="UTC.")
    definition_hash: str = Field(description="Of the definition that was locked.")
    amendments: tuple[Amendment, ...] = Field(description="What was changed since.")
    deciding: tuple[str, ...] = Field(
        description="Paths of those that the decision is about; with any, all is exploratory."
    )


class ExperimentPart(Value):
    """Which experiment the result is about."""

    name: str = Field(description="Stem of the definition's file.")
    title: str = Field(description="Title as the definition gives it; may be empty.")
    hypothesis: str = Field(description="Hypothesis as the definition gives it; may be empty.")
    status: str = Field(description="draft, running, stopped or archived.")
    definition_hash: str = Field(description="SHA-256 of what the definition says.")
    file: str = Field(
        description="The definition's file, as it was named; empty for a comparison without one."
    )
    definition: Mapping[str, Json] = Field(
        default_factory=dict, description="What the definition says, as plain values."
    )
    registration: RegistrationPart | None = Field(
        default=None, description="Null where the plan was not locked."
    )


class SourcePart(Value):
    """Files of one source."""

    name: str = Field(
        description="exposures, events, units, totals, exclude_units, assignments or identities."
    )
    files: tuple[str, ...] = Field(description="Files read.")
    rows: int = Field(description="Rows of all files, before any condition.")
    bytes: int = Field(description="Size of all files.")
    digests: tuple[str, ...] = Field(
        default=(), description="Of what each file holds, where the source says which units exist."
    )
    unopened: int = Field(
        default=0,
        description="Files not opened: by the days of their folders no row of theirs can count.",
    )
    opened_days: tuple[date, date] | None = Field(
        default=None,
        description="First and last day of the folders that were opened; null where all were.",
    )


class DataPart(Value):
    """What was read, and up to when."""

    sources: tuple[SourcePart, ...] = Field(description="What was read.")
    fingerprint: str = Field(description="SHA-256 over names, sizes and rows of the files.")
    watermark: datetime | None = Field(description="UTC; rows at or after it were not read.")
    units: int = Field(description="Analysed units of all arms, holdouts excluded.")
    matured_units: int = Field(description="Of them, those whose window has ended.")
    interim: bool = Field(description="Whether any analysed unit is still within a window.")
    window: str | None = Field(description="Length of the window as text; null where none ends.")


class ArmPart(Value):
    """One arm as declared and as seen."""

    arm: str = Field(description="Name of the arm.")
    treatment: str | None = Field(description="search, content, influencer or null.")
    ordering: str | None = Field(description="Intended ordering such as need>touchpoint>trust.")
    control: bool = Field(description="Whether the others are compared with it.")
    analyzed: bool = Field(description="False for a holdout: counted, in no test.")
    combined_into: str | None = Field(
        default=None, description="Arm that it is read as a part of in estimates, or null."
    )
    weight: float = Field(description="Relative planned size.")
    units: int = Field(description="Analysed units.")
    matured_units: int = Field(description="Of them, those whose window has ended.")
    first_exposure: datetime | None = Field(description="UTC; null without times.")
    last_exposure: datetime | None = Field(description="UTC; null without times.")


class FactorPart(Value):
    """One thing that arms differ in."""

    factor: str = Field(description="Its name.")
    levels: tuple[str, ...] = Field(description="The reference first.")
    reference: str = Field(description="Level that the others are compared with: the control's.")


class OrderPart(Value):
    """Two arms that prompt in different orders."""

    arm: str = Field(description="The arm compared.")
    control: str = Field(description="What it is compared with.")
    order_alone: bool = Field(
        description="Whether, as declared, they differ in nothing but the order: then their "
        "contrasts are causal for order."
    )
    besides: tuple[str, ...] = Field(
        description="What else differs: treatment, or names of factors."
    )


class Design(Value):
    """What was randomised beside the arm itself."""

    factors: tuple[FactorPart, ...] = Field(default=(), description="That the arms cross.")
    levels: Mapping[str, Mapping[str, str]] = Field(
        default_factory=dict, description="Levels by arm; empty for one outside the crossing."
    )
    missing: tuple[Mapping[str, str], ...] = Field(
        default=(), description="Combinations of levels that no arm has."
    )
    averaging: str = Field(
        default="equal", description="How arms weigh in the level of a factor: equally."
    )
    prompts: Mapping[str, str] = Field(
        default_factory=dict, description="Assigned order of prompts by arm."
    )
    order_factors: tuple[str, ...] = Field(
        default=(), description="Factors whose levels are orders of prompts."
    )
    order: tuple[OrderPart, ...] = Field(
        default=(), description="Contrasts between arms that prompt in different orders."
    )
    statements: tuple[str, ...] = Field(default=(), description="The same in sentences.")


class SetThreshold(Value):
    """A threshold of a check that the definition sets."""

    value: float = Field(description="What held in this result.")
    default: float = Field(description="What would have held otherwise.")


class Check(Value):
    """One question asked of the data before any number is believed."""

    id: str = Field(description="A word, such as srm.")
    severity: Severity = Field(description="pass, info, warn, fail or not_checked.")
    scope: str = Field(
        description="experiment, orderings, stage:NAME, metric:NAME, arm:NAME or segment:NAME."
    )
    message: str = Field(description="What was found, and what to do about it.")
    figures: Mapping[str, Json] = Field(default_factory=dict, description="Inputs of the rule.")
    thresholds: Mapping[str, SetThreshold] = Field(
        default_factory=dict, description="Those that the definition sets otherwise, by name."
    )


class Omnibus(Value):
    """One test over all arms at once."""

    estimand: str = Field(description="itt, ordering_share or interaction.")
    metric: str | None = Field(description="Name of the metric, or null.")
    ordering: str | None = Field(description="Ordering, or null.")
    segment: str | None = Field(description="Dimension whose levels interact with arms, or null.")
    test: str = Field(description="Name of the test in words.")
    statistic: float | None = Field(description="Its statistic; null where not estimated.")
    df: float | None = Field(description="Its degrees of freedom.")
    p_value: float | None = Field(description="In [0, 1]; null where not estimated.")
    p_adjusted: float | None = Field(
        default=None, description="Adjusted over several tests; null where it stands alone."
    )
    correction: str = Field(default="", description="Over which tests and how, in words.")
    causal_status: CausalStatus = Field(description="What the test may be used for.")
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where the test could not be made."
    )


class FirstStage(Value):
    """How strongly arms move what their effect is said to go through."""

    arm_share: float = Field(description="Share of the arm that took the ordering.")
    control_share: float = Field(description="Share of the control that took it.")
    effect: float = Field(description="Their difference.")
    standard_error: float = Field(description="Of it.")
    f: float | None = Field(
        description="Its square over its variance; of several orderings: of the determinant of "
        "their effects. Null where it has no variance."
    )
    weak: bool = Field(description="Whether F is below 10: then only the set is to be read.")
    t_ratio: bool = Field(
        description="Whether F reaches 104.7, from which on estimate and standard error could be "
        "read as usual at 5%."
    )


class Simultaneous(Value):
    """The same contrast, corrected for its family."""

    absolute: Span | None = Field(
        description="Simultaneous interval of the difference; null where only p is adjusted."
    )
    relative: Span | None = Field(
        description="Simultaneous interval of the relative lift; null where only p is adjusted."
    )
    p_adjusted: float | None = Field(description="Adjusted p-value.")
    critical_value: float | None = Field(
        description="In place of the marginal quantile; null where only p is adjusted."
    )
    method: str = Field(description="How the family was corrected, in words.")
    family: str = Field(description="Which family, in words.")
    members: int = Field(description="Number of contrasts in it.")
    interval_matches_p: bool = Field(
        default=True,
        description="Whether interval and adjusted p always agree; false where only p is adjusted.",
    )


class Adjustment(Value):
    """What was done to a metric before it was compared."""

    covariates: tuple[str, ...] = Field(default=(), description="Covariates that adjusted it.")
    method: str = Field(default="none", description="lin, cuped or none.")
    variance_explained: float | None = Field(
        default=None, description="Share of variance taken away by the covariates."
    )
    winsorized_at: float | None = Field(default=None, description="Threshold of the cap.")
    winsorized_quantile: float | None = Field(default=None, description="Its declared quantile.")
    winsorized_units: int | None = Field(default=None, description="Units that were capped.")
    reason: str = Field(default="", description="Why something declared was not done.")


class Equivalence(Value):
    """Two one-sided tests of whether the arm is the same as its control, up to a distance."""

    scale: Literal["absolute", "relative"] = Field(description="Scale of the margins.")
    low: float = Field(description="Effect below which it is not the same; negative.")
    high: float = Field(description="Effect above which it is not the same.")
    interval: Span | None = Field(
        description="At confidence 1 - 2 alpha: within the margins exactly where equivalent; null "
        "where it is not defined."
    )
    alpha: float = Field(description="Of each of the two tests; shared by the contrasts.")
    p_low: float | None = Field(description="Of an effect at the low margin; one-sided.")
    p_high: float | None = Field(description="Of an effect at the high margin; one-sided.")
    p_value: float | None = Field(description="The larger of the two; held against alpha.")
    members: int = Field(description="Contrasts that share alpha equally.")
    method: str = Field(description="In words.")


class Estimate(Value):
    """One estimand, metric, ordering, segment, arm and control."""

    id: str = Field(description="estimand/metric/ordering/segment/arm-control.")
    estimand: str = Field(
        description="itt, incidence, ordering_share, first_step, cumulative_incidence, "
        "cumulative_share, factor, factor_interaction, complier, ..."
    )
    metric: str | None = Field(description="Name of the metric; null for ordering shares.")
    kind: str = Field(description="proportion, mean, ratio or quantile.")
    role: str = Field(description="primary, secondary or guardrail.")
    better: str | None = Field(description="higher or lower; null where neither is better.")
    ordering: str | None = Field(
        description="Such as touchpoint>need>trust, other, or null; of a first step: the stage, "
        "none or other."
    )
    segment: Mapping[str, str | None] | None = Field(
        description="{dimension: level} or null; {baseline_state: trust}: held before exposure."
    )
    arm: str = Field(description="The arm compared.")
    control: str = Field(description="What it is compared with.")
    arm_units: int = Field(description="Denominator of the arm.")
    control_units: int = Field(description="Denominator of the control.")
    arm_value: float | None = Field(description="Mean, share or ratio of the arm.")
    control_value: float | None = Field(description="The same of the control.")
    arm_interval: Span | None = Field(
        default=None,
        description="Share of the arm alone with Wilson's interval at 1 - the two-sided alpha; "
        "null where it is adjusted or no proportion. Says nothing about a difference.",
    )
    control_interval: Span | None = Field(default=None, description="The same of the control.")
    absolute: Span | None = Field(description="arm - control, in the metric's unit.")
    relative: Span | None = Field(description="arm / control - 1, as a fraction.")
    standard_error: float | None = Field(description="Of the absolute difference.")
    statistic: float | None = Field(description="What gave p_value.")
    df: float | None = Field(description="Degrees of freedom; null for the normal.")
    null_value: float = Field(description="Value that the p-value tests against.")
    null_scale: Literal["absolute", "relative"] = Field(description="Scale of null_value.")
    p_value: float | None = Field(description="Marginal; one-sided for guardrails.")
    alpha: float = Field(description="Level that p_value is held against.")
    simultaneous: Simultaneous | None = Field(description="Null for a family of one.")
    equivalence: Equivalence | None = Field(
        default=None, description="Where it is to be shown the same; then the conclusion is of it."
    )
    method: str = Field(description="How the interval was made, in words.")
    adjustment: Adjustment = Field(description="Covariates and capping.")
    exact: bool = Field(description="Whether sums were exact integers.")
    conclusion: Conclusion = Field(description="One word.")
    causal_status: CausalStatus = Field(description="What the number may be used for.")
    flags: tuple[str, ...] = Field(default=(), description="Such as few_counts or unbounded.")
    assumptions: tuple[str, ...] = Field(default=(), description="Named, for causal_if.")
    factors: tuple[str, ...] = Field(
        default=(), description="Of a factorial contrast: the factors whose levels are compared."
    )
    set: ConfidenceSet | None = Field(
        default=None,
        description="Of a complier's effect: what Anderson and Rubin's test does not reject.",
    )
    first_stage: FirstStage | None = Field(
        default=None, description="Of a complier's effect: what it is divided by."
    )
    weights: Mapping[str, float] | None = Field(
        default=None,
        description="Weight of each arm in the difference; null where it is arm minus control.",
    )
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where it could not be estimated."
    )


class LabelRow(Value):
    """Units of one arm that showed one observed ordering."""

    arm: str = Field(description="Name of the arm.")
    ordering: str = Field(description="Observed ordering; empty for none.")
    kind: Literal["none", "partial", "complete", "unknown"] = Field(
        description="How many of the declared stages were observed."
    )
    tied: bool = Field(description="Whether two stages fell into one grid cell of time.")
    units: int = Field(description="Mature units with this label.")
    converted: int = Field(description="Of them, those that converted.")
    causal_status: CausalStatus = Field(default="descriptive", description="Always: counts.")


class FlowStep(Value):
    """Units of an arm whose ordering begins in one way."""

    arm: str = Field(description="Name of the arm.")
    path: str = Field(description="Stages met so far, such as need>trust; empty for all units.")
    units: int = Field(description="Mature units whose ordering begins so.")
    converted: int = Field(description="Of them, those that converted.")
    ended: int = Field(description="Of the units, those that met no stage after.")
    ended_converted: int = Field(description="Of those, the ones that converted.")
    causal_status: CausalStatus = Field(default="descriptive", description="Always: counts.")


class Completeness(Value):
    """Conversions of an arm by how many of the stages were observed before."""

    arm: str = Field(description="Name of the arm.")
    converted: int = Field(description="Mature units that converted, outside outages of a stage.")
    complete: int = Field(description="Of them, those with every declared stage observed before.")
    by_stage: Mapping[str, int] = Field(description="Of them, those with that stage observed.")
    causal_status: CausalStatus = Field(default="descriptive", description="Always: counts.")


class Adherence(Value):
    """Units of one arm that took the ordering which the arm intends."""

    arm: str = Field(description="Name of the arm.")
    ordering: str | None = Field(description="What it intends; null where it intends none.")
    baseline_state: str | None = Field(
        description="Stages held before exposure, joined by +, or none; null for all units."
    )
    units: int = Field(description="Mature units.")
    followed: int | None = Field(description="Of them, those with that ordering after exposure.")
    share: Span | None = Field(
        description="Their share with Wilson's interval; without ends in arms with clusters."
    )
    followed_with_held: int | None = Field(
        description="The same where stages held before exposure count as come first, in any order."
    )
    share_with_held: Span | None = Field(description="Their share, likewise.")
    causal_status: CausalStatus = Field(
        description="descriptive (of one arm, no contrast), or invalid."
    )
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where there is no share."
    )


class Orderings(Value):
    """What was observed of the order of the stages."""

    labels: tuple[LabelRow, ...] = Field(default=(), description="One row per arm and label.")
    flow: tuple[FlowStep, ...] = Field(
        default=(), description="One row per arm and beginning of an ordering; descriptive."
    )
    intended: Mapping[str, str | None] = Field(
        default_factory=dict, description="Intended ordering by arm."
    )
    completeness: tuple[Completeness, ...] = Field(default=(), description="One row per arm.")
    adherence: tuple[Adherence, ...] = Field(
        default=(), description="One row per arm, and per arm and baseline state."
    )
    decomposition: tuple[DecompositionRow, ...] = Field(
        default=(), description="One row per contrast and ordering, and one for all of them."
    )
    funnel: tuple[FunnelStep, ...] = Field(
        default=(), description="One row per arm and step of its intended ordering."
    )
    association: tuple[AssociationRow, ...] = Field(
        default=(), description="One row per complete ordering: who converts given it."
    )
    landmark: Landmark | None = Field(
        default=None, description="Whom the association is about; null where there is none."
    )
    naive: Naive | None = Field(
        default=None, description="Conversion by observed ordering as it comes; misleading."
    )
    rules: tuple[StageRules, ...] = Field(
        default=(),
        description="Where the rules of each stage fire; empty where stages are columns.",
    )
    ties: tuple[TieBounds, ...] = Field(
        default=(),
        description="One row per complete ordering and contrast: how far ties could move it; empty "
        "where no unit converted with a tie of all stages.",
    )
    multiverse: Multiverse | None = Field(
        default=None,
        description="Orderings under other rules for the stages; null where none are declared.",
    )


class FinalValues(Value):
    """What is known once a group-sequential contrast has stopped; accounts for the stopping."""

    stage: int = Field(description="Look of its sequence at which it stopped, from 1.")
    p_value: float = Field(
        description="Stage-wise, times the contrasts that share alpha; against alpha."
    )
    estimate: float = Field(description="Median unbiased difference.")
    low: float = Field(description="Lower end of its interval.")
    high: float = Field(description="Upper end of its interval.")


class ContrastLook(Value):
    """One contrast that a decision reads, over the looks so far."""

    id: str = Field(description="Id of its estimate.")
    stage: int | None = Field(
        default=None, description="Look of its sequence, from 1; null where this one is not spent."
    )
    units: int = Field(description="Mature units of both arms.")
    estimate: float | None = Field(default=None, description="Difference at this look.")
    standard_error: float | None = Field(default=None, description="Of it.")
    statistic: float | None = Field(
        default=None, description="As a normal deviate, from the null value."
    )
    information: float | None = Field(default=None, description="1 / standard_error squared.")
    planned_information: float | None = Field(
        default=None, description="At the planned end; frozen at the first look of its sequence."
    )
    information_fraction: float | None = Field(
        default=None, description="Of the planned information (anytime: units) seen."
    )
    fractions: tuple[float, ...] = Field(default=(), description="Of all its looks that count.")
    alpha: float | None = Field(
        default=None, description="Its share of alpha over all looks; one-sided for guardrails."
    )
    boundary: float | None = Field(
        default=None, description="Boundary of this look, or the anytime multiplier."
    )
    boundaries: tuple[float | None, ...] = Field(default=(), description="Of all its looks.")
    spent: float | None = Field(default=None, description="Alpha spent by this look.")
    p_value: float | None = Field(
        default=None, description="Of this look, times the contrasts that share alpha."
    )
    interval: Span | None = Field(default=None, description="Of the difference, at this look.")
    relative: Span | None = Field(default=None, description="Of the relative lift, at this look.")
    running_p: float | None = Field(
        default=None,
        description="The smallest so far (anytime), or that of the look that ended the plan.",
    )
    running_look: int | None = Field(default=None, description="Look that gave it.")
    running: Span | None = Field(
        default=None,
        description="What no interval so far has excluded (anytime), or the interval of the look "
        "that ended the plan.",
    )
    running_relative: Span | None = Field(default=None, description="The same, relative.")
    inconsistent: bool = Field(
        default=False, description="Whether the intervals so far have no value in common."
    )
    final: FinalValues | None = Field(
        default=None, description="Once a boundary is reached or the plan has ended."
    )
    causal_status: CausalStatus = Field(
        default="descriptive", description="That of its estimate at this look."
    )
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where this look is not spent on it."
    )


class Looks(Value):
    """How often the data were looked at."""

    method: str = Field(description="fixed, group_sequential or anytime.")
    look: int | Literal["unrecorded"] | None = Field(
        description="Number of this look, from 1; unrecorded where nothing was saved."
    )
    planned_units: int | None = Field(
        default=None, description="Mature units of all analysed arms at the planned end."
    )
    spending: str | None = Field(default=None, description="obf, pocock or hsd.")
    gamma: float | None = Field(default=None, description="Shape of hsd.")
    taken: int = Field(default=1, description="Looks at growing data so far, this one included.")
    plan: Mapping[str, Json] = Field(
        default_factory=dict, description="What looks of one sequence agree on."
    )
    units: Mapping[str, int] = Field(
        default_factory=dict, description="Analysed units by arm, for the split over looks."
    )
    caps: Mapping[str, float | None] = Field(
        default_factory=dict, description="Winsorising thresholds; those of the first look hold."
    )
    contrasts: tuple[ContrastLook, ...] = Field(
        default=(), description="Those that the decision reads."
    )
    ledger: tuple[Mapping[str, Json], ...] = Field(
        default=(), description="Other looks: when, definition, data, watermark, what they saw."
    )


class ArmVerdict(Value):
    """The verdict on one treated arm."""

    arm: str = Field(description="Name of the arm.")
    verdict: Verdict = Field(description="The first rule that applied.")
    reasons: tuple[str, ...] = Field(description="In the order in which they decided.")


class Decision(Value):
    """What to do, by the rule that the definition holds."""

    verdict: Verdict = Field(description="The best over the arms.")
    arm: str | None = Field(description="The arm that it is about; null where it is about none.")
    sentence: str = Field(description="The one sentence at the top.")
    reasons: tuple[str, ...] = Field(description="In the order in which they decided.")
    rule: str = Field(description="The rule, in words.")
    arms: tuple[ArmVerdict, ...] = Field(default=(), description="One per treated arm.")


class Power(Value):
    """What the design can show."""

    primary: str | None = Field(description="Metric that this is about.")
    units: int = Field(description="Mature units of all analysed arms.")
    mde: Mapping[str, float] = Field(
        default_factory=dict,
        description="Smallest absolute difference found with 80% power, by arm-control.",
    )
    not_estimated: Mapping[str, str] = Field(
        default_factory=dict, description="Why there is none, by arm-control."
    )
    critical_value: float | None = Field(default=None, description="Used for it.")
    planned_units: int | None = Field(
        default=None, description="With several looks; null with one, which plans none."
    )
    units_left: int | None = Field(
        default=None,
        description="With several looks, planned units that are not mature; with one, exposed "
        "units whose windows are open. Null where no metric decides.",
    )
    days_left: int | None = Field(
        default=None,
        description="From the end of the data until everything that decides can be read: windows "
        "and lags, the rest of the period while it runs, with several looks planned units at the "
        "rate so far. Null where the data have no times.",
    )
    causal_status: CausalStatus = Field(
        default="descriptive", description="Always: of the design, no contrast."
    )


class Sensitivity(Value):
    """Another reading of a contrast; never the headline."""

    of: str = Field(description="Id of the estimate that it re-reads.")
    reading: str = Field(description="raw, unadjusted, ...")
    metric: str | None = Field(description="Name of the metric.")
    arm: str = Field(description="The arm compared.")
    control: str = Field(description="What it is compared with.")
    arm_value: float | None = Field(description="Of the arm.")
    control_value: float | None = Field(description="Of the control.")
    absolute: Span | None = Field(description="arm - control.")
    standard_error: float | None = Field(description="Of the difference.")
    p_value: float | None = Field(description="Two-sided, marginal.")
    causal_status: CausalStatus = Field(
        default="descriptive", description="That of the estimate which it re-reads."
    )
    method: str = Field(description="In words.")


class Provenance(Value):
    """How to make it again."""

    versions: Mapping[str, str] = Field(description="Of pathlift, Python and the libraries.")
    engine: str = Field(
        description="Name and version of the engine, and how it read the event log: streamed or by"
        " SQL, which give the same numbers."
    )
    command: str = Field(description="What was typed.")
    data_root: str | None = Field(description="Where --data-root pointed, or null.")
    seed: int | None = Field(description="Of whatever was drawn.")
    sql: Mapping[str, str] = Field(description="What ran, by name.")
    sql_hash: str = Field(description="SHA-256 over it.")
    started: datetime = Field(description="UTC.")
    seconds: Mapping[str, float] = Field(description="Wall time by step.")


class Result(Value):
    """The whole answer. Text, JSON, Markdown and HTML are renderings of it."""

    schema_: Annotated[
        Literal["pathlift.result/1"],
        Field(alias="schema", description="Version of this document."),
    ] = SCHEMA
    experiment: ExperimentPart = Field(description="Which experiment.")
    data: DataPart = Field(description="What was read.")
    arms: tuple[ArmPart, ...] = Field(description="Declared arms in file order.")
    design: Design | None = Field(
        default=None, description="Factors and prompts; null where arms carry neither."
    )
    checks: tuple[Check, ...] = Field(description="Before any number is believed.")
    omnibus: tuple[Omnibus, ...] = Field(default=(), description="Tests over all arms at once.")
    estimates: tuple[Estimate, ...] = Field(description="Contrasts between arms.")
    orderings: Orderings | None = Field(description="Null where no stages are declared.")
    metrics: tuple[MetricPart, ...] = Field(default=(), description="Declared ones in file order.")
    families: tuple[IncrementalFamily, ...] = Field(
        default=(), description="What arms add, and what they only move."
    )
    concentrations: tuple[Concentration, ...] = Field(
        default=(), description="Metrics by who got them, such as sales by creator."
    )
    conversion_times: ConversionTimes | None = Field(
        default=None,
        description="When units first converted; null where no window or no outcome is declared.",
    )
    looks: Looks = Field(description="How often the data were looked at.")
    decision: Decision = Field(description="What to do.")
    power: Power = Field(description="What the design can show.")
    sensitivity: tuple[Sensitivity, ...] = Field(default=(), description="Other readings.")
    provenance: Provenance = Field(description="How to make it again.")

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        ser_json_inf_nan="null",
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    def to_dict(self) -> dict[str, Json]:
        """Return the JSON document as Python values: what is not finite is None, as it is null."""
        # model_dump(mode="json") keeps inf and NaN in typed fields, where the document writes null.
        document: dict[str, Json] = json.loads(self.model_dump_json())
        return document

    def to_polars(self) -> "polars.DataFrame":
        """Return the estimates as a polars frame, one row each; see `estimates_frame`."""
        from pathlift.result.frame import estimates_frame  # polars costs 275 ms

        return estimates_frame(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: the verdict, the numbers, the checks that speak."""
        # The one call upwards: notebooks ask the value itself how it looks.
        from pathlift.report.notebook import render_notebook

        return render_notebook(self)

    def estimate(self, id: str) -> Estimate:
        """Find an estimate by its id.

        Parameters
        ----------
        id : str
            ``estimand/metric/ordering/segment/arm-control``.

        Returns
        -------
        Estimate

        Raises
        ------
        KeyError
            If no estimate has that id.
        """
        for estimate in self.estimates:
            if estimate.id == id:
                return estimate
        raise KeyError(id)
