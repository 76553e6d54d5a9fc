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
