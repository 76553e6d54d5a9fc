"""What a result says of how long units took to convert. Computes nothing."""

from collections.abc import Mapping

from pydantic import Field

from pathlift.result.values import CausalStatus, Span, Value


class ConversionCurve(Value):
    """The share of an arm's units that had converted by the end of each bin of time."""

    arm: str = Field(description="Name of the arm.")
    units: int = Field(description="Analysed units, each counted for as long as it was followed.")
    at_risk: tuple[int, ...] = Field(
        description="By bin: units followed into it that had not converted before."
    )
    converted: tuple[int, ...] = Field(description="By bin: units that first converted in it.")
    cumulative: tuple[Span, ...] = Field(
        description="By bin: share that had converted by its end, with an interval for this bin "
        "alone; null from the bin on that nobody was followed into."
    )
    half_within: int | None = Field(
        description="Bins within which half of those had converted who did so within the window; "
        "null where nobody did, or while the window's end is not known."
    )
    no_interval: str | None = Field(
        default=None, description="Why there is no interval; null where there is one."
    )


class ConversionTimes(Value):
    """Time from first exposure to first conversion, arm by arm; no contrast, nothing adjusted."""

    metric: str = Field(description="The metric that is the outcome.")
    bin_hours: int = Field(description="Length of a bin.")
    bins: int = Field(description="In the window.")
    complete: bool = Field(description="Whether the windows of all units had ended.")
    alpha: float = Field(description="One minus the level of the intervals.")
    method: str = Field(description="In words; empty where nothing is estimated.")
    arms: tuple[ConversionCurve, ...] = Field(description="Analysed arms in file order.")
    assumptions: tuple[str, ...] = Field(
        default=(), description="What has to hold while windows are open."
    )
    causal_status: CausalStatus = Field(
        default="descriptive", description="Of each arm alone; invalid where a check says so."
    )
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where there are no curves."
    )
