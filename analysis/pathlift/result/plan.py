"""What a plan says, as frozen values: sizes, days, and what can be found. Computes nothing.

The field names are those of the JSON document that `pathlift plan --format json` prints.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from pathlift.result.model import Value

PLAN_SCHEMA: Literal["pathlift.plan/1"] = "pathlift.plan/1"


class PlannedMetric(Value):
    """One metric, or the incidence of one ordering, over the contrast that needs most."""

    metric: str = Field(description="Name of the metric, or incidence.")
    kind: str = Field(description="proportion, mean, ratio or quantile.")
    role: str = Field(description="primary, secondary or guardrail.")
    ordering: str | None = Field(description="Of an incidence; else null.")
    decides: bool = Field(description="Whether the size of the experiment is made for it.")
    estimand: str = Field(
        default="itt",
        description="itt, incidence, factor, factor_interaction or planned (an average of arms).",
    )
    arm: str | None = Field(description="The arm of the contrast that needs most.")
    control: str | None = Field(description="What that arm is compared with.")
    baseline: float | None = Field(description="Value of the control.")
    standard_deviation: float | None = Field(
        description="Of one unit, covariates taken away; null for proportions."
    )
    absolute: float | None = Field(description="Difference to be found; 0 for a guardrail.")
    relative: float | None = Field(description="The same over the baseline.")
    margin: float | None = Field(description="Guardrails: of the metric's unit, written positive.")
    power: float = Field(description="How often it is to be found.")
    alpha: float | None = Field(description="Of the test of one contrast, on both its sides.")
    critical_value: float | None = Field(description="What |z| has to reach at the end.")
    inflation: float | None = Field(description="Times the units of a single look.")
    design_effect: float | None = Field(description="Times the units of units drawn one by one.")
    units: Mapping[str, int] = Field(default_factory=dict, description="Needed, by arm.")
    total: int | None = Field(description="Needed, of all analysed arms.")
    days: int | None = Field(
        description="Until it can be read: exposures, window and lag, in whole weeks; null where "
        "no traffic is given or where it does not suffice."
    )
    reachable_power: float | None = Field(
        default=None, description="With all units of the longest run; null without traffic."
    )
    smallest_absolute: float | None = Field(
        default=None,
        description="Smallest difference found with that power at the planned size; of a "
        "guardrail, smallest margin.",
    )
    smallest_relative: float | None = Field(default=None, description="The same over the baseline.")
    reachable_absolute: float | None = Field(
        default=None, description="The same with all units of the longest run."
    )
    any_arm: float | None = Field(
        default=None,
        description="How often at least one arm is found against the control at the planned size, "
        "where all have the effect; null with one arm.",
    )
    every_arm: float | None = Field(default=None, description="How often every one of them is.")
    exaggeration: float | None = Field(
        default=None,
        description="Mean size of the estimates that are found at the planned size, over the "
        "effect (type M error); null for guardrails.",
    )
    not_planned: Mapping[str, str] | None = Field(
        default=None, description="{reason} where nothing could be computed."
    )


class Run(Value):
    """How long it takes."""

    exposure_days: int | None = Field(
        description="Days of first exposures, in whole weeks; null where the traffic is too small."
    )
    wait_days: float = Field(description="Window, ingestion lag and lag of the slowest metric.")
    days: int | None = Field(description="Until everything that decides can be read.")
    longest_days: int = Field(description="Longest run of exposures that was considered.")
    longest_units: int = Field(description="Units of all analysed arms that it brings.")


class CurvePoint(Value):
    """What one size finds, of the metric that decides."""

    total: int = Field(description="Units of all analysed arms.")
    power: float = Field(description="How often the wanted lift is found.")
    smallest_absolute: float = Field(description="Smallest difference found with planned power.")
    smallest_relative: float | None = Field(description="The same over the baseline.")


class Allocation(Value):
    """How units would best be spread over the arms."""

    shares: Mapping[str, float] = Field(description="Of the units, by arm; they add up to 1.")
    total: int = Field(description="Units that these shares need for the same power.")
    saved: float = Field(description="Fraction of the units that they save.")


class Plan(Value):
    """The whole plan."""

    schema_: Annotated[
        Literal["pathlift.plan/1"], Field(alias="schema", description="Version of this document.")
    ] = PLAN_SCHEMA
    experiment: str = Field(description="Name of the experiment.")
    title: str = Field(description="Its title; may be empty.")
    definition_hash: str = Field(description="SHA-256 of what the definition says.")
    sentence: str = Field(description="The one sentence at the top.")
    alpha: float = Field(description="Of the experiment, two-sided.")
    power: float = Field(description="How often the wanted lift is to be found.")
    correction: str = Field(description="How the contrasts share alpha, in words.")
    looks: str = Field(description="What looking more than once costs, in words.")
    baselines: str = Field(description="Where the baselines come from.")
    units: Mapping[str, int] = Field(description="Needed by what decides, by analysed arm.")
    total: int | None = Field(description="Needed by what decides; null where nothing is planned.")
    metrics: tuple[PlannedMetric, ...] = Field(description="One by one.")
    run: Run | None = Field(description="Null where no traffic is given.")
    curve: tuple[CurvePoint, ...] = Field(description="Of the metric that needs most.")
    curve_of: str | None = Field(description="Which metric that is.")
    allocation: Allocation | None = Field(description="Null where the shares are the best.")
    assumptions: tuple[str, ...] = Field(description="What all of this stands on.")

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        ser_json_inf_nan="null",
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document as Python values."""
        document: dict[str, Any] = json.loads(self.model_dump_json())
        return document
