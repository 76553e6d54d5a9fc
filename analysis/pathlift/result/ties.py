"""What a result says of how far ties could move contrasts of orderings. Computes nothing."""

from collections.abc import Mapping

from pydantic import Field

from pathlift.result.values import CausalStatus, Span, Value


class TieBounds(Value):
    """An incidence contrast under every way in which ties could be broken; never the headline.

    Each span is a difference with its marginal interval; null where nobody took the ordering.
    """

    of: str = Field(description="Id of the incidence that it bounds.")
    ordering: str = Field(description="Such as touchpoint>need>trust.")
    arm: str = Field(description="The arm compared.")
    control: str = Field(description="What it is compared with.")
    arm_tied: int = Field(
        description="Mature units of the arm that converted with a tie that could be this ordering."
    )
    control_tied: int = Field(description="The same of the control.")
    in_neither: Span | None = Field(description="No tie of either arm is this ordering.")
    in_both: Span | None = Field(description="Every tie that could be it is it, in both arms.")
    lowest: Span | None = Field(description="Every such tie of the control is it, none of the arm.")
    highest: Span | None = Field(
        description="Every such tie of the arm is it, none of the control."
    )
    sign_holds: bool | None = Field(
        description="Whether lowest and highest lie on the same side of 0; null where either is "
        "not estimated."
    )
    causal_status: CausalStatus = Field(
        default="causal", description="That of the incidence, but that many ties take nothing away."
    )
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where there is no bound."
    )
