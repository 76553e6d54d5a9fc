"""What a result says of orderings under other rules for the stages. Computes nothing."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from pathlift.result.values import CausalStatus, Span, Value


class PresetRules(Value):
    """One set of stage rules beside the experiment's own."""

    preset: str = Field(description="Its name, such as strict.")
    rules: Mapping[str, tuple[str, ...]] = Field(
        description="Rules of the stages that it changes, in words; any of them meets the stage."
    )
    seen: Mapping[str, int] = Field(
        description="Mature units of analysed arms that show each stage under it."
    )
    causal_status: CausalStatus = Field(default="descriptive", description="Always: counts.")


class LabelAgreement(Value):
    """How far the labels of the same units agree under two sets of rules."""

    one: str = Field(description="base (the experiment's own rules), or a preset.")
    other: str = Field(description="A preset.")
    arm: str | None = Field(description="Name of the arm; null for all that are analysed.")
    of: Literal["units", "converted"] = Field(
        description="All mature units, or those of them that converted."
    )
    units: int = Field(description="How many they are.")
    agreeing: int = Field(description="Of them, those with the same label under both.")
    share: float | None = Field(description="Of units that agree; null without units.")
    kappa: float | None = Field(
        description="Cohen's: agreement beyond that of chance, at most 1; null where not estimated."
    )
    causal_status: CausalStatus = Field(
        default="descriptive", description="Always: a share of units, no contrast."
    )
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where kappa could not be estimated."
    )


class PresetReading(Value):
    """A contrast of orderings read under a preset; never the headline."""

    of: str = Field(description="Id of the estimate that it re-reads.")
    preset: str = Field(description="Name of the preset.")
    arm_value: float | None = Field(description="Of the arm.")
    control_value: float | None = Field(description="Of the control.")
    absolute: Span | None = Field(description="arm - control, with its marginal interval.")
    standard_error: float | None = Field(description="Of the difference.")
    p_value: float | None = Field(description="Two-sided, marginal.")
    method: str = Field(description="In words.")
    sign_changes: bool | None = Field(
        description="Whether the difference has the other sign than that of the estimate; null "
        "where either is not estimated."
    )
    causal_status: CausalStatus = Field(
        default="descriptive", description="That of the estimate which it re-reads."
    )
    flags: tuple[str, ...] = Field(default=(), description="Such as few_counts.")
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where it could not be estimated."
    )


class Multiverse(Value):
    """Orderings under several sets of stage rules: do answers hang on how stages are told."""

    presets: tuple[PresetRules, ...] = Field(description="In the order of the definition.")
    agreement: tuple[LabelAgreement, ...] = Field(
        description="Each two sets of rules, by arm and over all analysed arms."
    )
    readings: tuple[PresetReading, ...] = Field(
        description="Incidence of every ordering, and shares of intended orderings, under each."
    )
    fragile: tuple[str, ...] = Field(
        description="Ids of estimates whose sign changes under some preset; they are flagged."
    )
