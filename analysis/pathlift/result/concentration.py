"""What a result says of how a sum is spread over creators, sellers or videos. Computes nothing."""

from collections.abc import Mapping

from pydantic import Field

from pathlift.result.values import CausalStatus, Span, Value


class ArmSpread(Value):
    """How what the units of one arm gave is spread."""

    arm: str = Field(description="Name of the arm.")
    units: int = Field(description="Mature units that gave a known one something.")
    value: float = Field(description="What they gave, in the metric's unit.")
    holders: int = Field(description="Values of the column that got something.")
    largest_share: float | None = Field(description="Of the one that got most; null without any.")
    top: int = Field(description="One in a hundred of them, rounded up.")
    top_share: float | None = Field(
        description="Share of these. Of an arm with more units more are seen, so that it is not to "
        "be compared between arms."
    )
    unnamed_share: float | None = Field(
        description="Share of all value whose rows name nobody; it is in no other number here."
    )
    same: Span | None = Field(
        description="Chance that value of two different units went to the same one: the sum of "
        "squared shares (Herfindahl), whatever the size of the arm. Without ends in arms with "
        "clusters."
    )
    effective: float | None = Field(
        description="1 / same: that many of equal size would be met as often."
    )
    causal_status: CausalStatus = Field(description="descriptive or invalid.")
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where it could not be estimated."
    )


class SpreadContrast(Value):
    """How much more concentrated one arm is than another."""

    arm: str = Field(description="The arm compared.")
    control: str = Field(description="What it is compared with.")
    difference: Span | None = Field(
        description="Of the chance to meet the same one, arm - control, with its marginal interval."
    )
    standard_error: float | None = Field(description="Of it.")
    df: float | None = Field(description="Degrees of freedom.")
    causal_status: CausalStatus = Field(
        description="descriptive or invalid: who gives anything is itself an effect of the arm."
    )
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where it could not be estimated."
    )


class Concentration(Value):
    """A metric by who got it; it decides nothing."""

    name: str = Field(description="As declared.")
    metric: str = Field(description="Metric that is added up; no cap holds here.")
    by: str = Field(description="Column that says who got it.")
    alpha: float = Field(description="One minus the level of each interval.")
    exact: bool = Field(description="Whether sums were exact integers.")
    method: str = Field(description="In words.")
    arms: tuple[ArmSpread, ...] = Field(description="Analysed ones, in file order.")
    contrasts: tuple[SpreadContrast, ...] = Field(description="In the order of the definition.")
