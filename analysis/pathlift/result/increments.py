"""What families of metrics say: what an arm adds, and what it only moves. Frozen values."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from pathlift.result.values import CausalStatus, ConfidenceSet, Span, Value

Finding = Literal["adds", "takes_away", "only_moves", "not_shown"]


class Effect(Value):
    """One of three effects that add up: on the part, on the rest, on the whole."""

    metric: str | None = Field(description="Name of the metric; null for the rest.")
    arm_value: float = Field(description="Mean of the arm, over the units of the family.")
    control_value: float = Field(description="The same of the control.")
    effect: Span = Field(description="arm - control; the interval holds over the whole family.")
    standard_error: float = Field(description="Of the difference.")
    p_value: float | None = Field(description="Adjusted over the family.")
    causal_status: CausalStatus = Field(
        default="causal", description="What it may be used for: of what is credited, descriptive."
    )


class Share(Value):
    """A ratio of two of the effects, with all values that Fieller's test does not reject."""

    estimate: float | None = Field(description="Ratio; null where the part has no effect at all.")
    set: ConfidenceSet = Field(description="May be unbounded, or all but a gap.")


class FamilyContrast(Value):
    """Part, rest and whole of one contrast."""

    arm: str = Field(description="The arm compared.")
    control: str = Field(description="What it is compared with.")
    arm_units: int = Field(description="Units of the arm that are mature for both metrics.")
    control_units: int = Field(description="The same of the control.")
    part: Effect | None = Field(description="On the part.")
    rest: Effect | None = Field(description="On the rest: the whole less the part.")
    whole: Effect | None = Field(description="On the whole; part and rest add up to it.")
    covariance: tuple[tuple[float, float], tuple[float, float]] | None = Field(
        description="Of the effects on part and rest."
    )
    added: Share | None = Field(description="Whole over part: share of the effect that is new.")
    moved: Share | None = Field(
        description="Less the rest over the part, 1 - added: share that is taken from the rest."
    )
    finding: Finding | None = Field(
        description="adds or takes_away: the whole changes. only_moves: part and rest change "
        "in opposite directions, the whole is not shown to. Null where nothing is estimated."
    )
    sentence: str = Field(description="In words.")
    causal_status: CausalStatus = Field(description="What shares and rest may be used for.")
    flags: tuple[str, ...] = Field(default=(), description="Such as part_exceeds_whole.")
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where it could not be estimated."
    )


class IncrementalFamily(Value):
    """Two metrics over the same units, of which one is a part of the other."""

    name: str = Field(description="As declared.")
    kind: Literal["displacement", "attribution", "pull_forward"] = Field(
        description="What the rest is: other scopes, what was not attributed, or what came later."
    )
    part: str = Field(description="Metric of the part.")
    whole: str = Field(description="Metric of the whole.")
    rest: str = Field(description="What the rest is, in words.")
    better: str | None = Field(description="higher or lower, of the whole.")
    part_window: str | None = Field(description="Window of the part; null where none ends.")
    whole_window: str | None = Field(description="Window of the whole.")
    covariates: tuple[str, ...] = Field(default=(), description="Covariates that adjusted both.")
    alpha: float = Field(description="One minus the level at which all intervals hold together.")
    members: int = Field(description="Effects that are corrected together.")
    method: str = Field(description="In words.")
    contrasts: tuple[FamilyContrast, ...] = Field(description="In the order of the definition.")
