"""What every part of a result is made of: frozen values, spans, the use a number may be put to."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

CausalStatus = Literal["causal", "causal_if", "descriptive", "invalid"]
Json = Any


class Value(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


class Span(Value):
    """An estimate with its interval; null where one is not defined or unbounded."""

    estimate: float | None = Field(description="Point estimate.")
    low: float | None = Field(description="Lower end; null where unbounded or not defined.")
    high: float | None = Field(description="Upper end; null where unbounded or not defined.")


class ConfidenceSet(Value):
    """What a test does not reject, where that need not be one interval."""

    kind: Literal["interval", "complement", "line", "empty", "union"] = Field(
        description="interval: from low to high, an end that is null has none. complement: all but "
        "the gap from low to high, whose ends belong to the set. line: any value. empty: no value. "
        "union: several pieces of any other shape."
    )
    low: float | None = Field(description="Of the interval, or of the gap; else null.")
    high: float | None = Field(description="Of the interval, or of the gap; else null.")
    pieces: tuple[tuple[float | None, float | None], ...] = Field(
        description="The set as intervals, ascending; an end that is null has none."
    )
