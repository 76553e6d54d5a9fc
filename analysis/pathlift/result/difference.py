"""What differs between two results, as frozen values. Computes nothing."""

import json
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from pathlift.result.model import Amendment, Json, Span, Value


class ResultName(Value):
    """One of the two results."""

    experiment: str = Field(description="Name of the experiment.")
    started: str = Field(description="When it was analysed, UTC.")
    watermark: str | None = Field(description="Rows at or after it were not read, UTC.")
    fingerprint: str = Field(description="Of the data.")
    units: int = Field(description="Analysed units.")
    verdict: str = Field(description="Its verdict.")
    sentence: str = Field(description="The one sentence at its top.")


class CheckChange(Value):
    """A check that does not say what it said."""

    id: str = Field(description="Its word.")
    scope: str = Field(description="What it is about.")
    before: str | None = Field(description="Severity; null where it was not there.")
    after: str | None = Field(description="Severity; null where it is not there.")
    message: str = Field(description="What it says now, or said last.")


class EstimateChange(Value):
    """An estimate that is not what it was."""

    id: str = Field(description="Of the estimate.")
    before: Span | None = Field(description="Difference; null where it was not estimated.")
    after: Span | None = Field(description="The same now.")
    moved: float | None = Field(
        description="Change of the estimate in standard errors of the first; null where unknown."
    )
    p_before: float | None = Field(description="Marginal p-value.")
    p_after: float | None = Field(description="The same now.")
    conclusion_before: str | None = Field(description="One word; null where it was not there.")
    conclusion_after: str | None = Field(description="The same now.")


class Difference(Value):
    """What differs between two results."""

    schema_: Annotated[
        Literal["pathlift.difference/1"],
        Field(alias="schema", description="Version of this document."),
    ] = "pathlift.difference/1"
    sentence: str = Field(description="The one sentence at the top.")
    before: ResultName = Field(description="The first result.")
    after: ResultName = Field(description="The second one.")
    definition: tuple[Amendment, ...] = Field(description="What the definition says otherwise.")
    definition_known: bool = Field(
        description="Whether both results hold their definition; else only its hash is compared."
    )
    same_definition: bool = Field(description="Whether the hashes are the same.")
    same_data: bool = Field(description="Whether the fingerprints are the same.")
    same_queries: bool = Field(description="Whether the same SQL ran.")
    versions: dict[str, tuple[Json, Json]] = Field(description="Of libraries that differ.")
    checks: tuple[CheckChange, ...] = Field(description="Whose severity changed.")
    estimates: tuple[EstimateChange, ...] = Field(
        description="That came, went or moved, in the order of the second result."
    )

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
