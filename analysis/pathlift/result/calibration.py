"""What a calibration says, as frozen values: rows, readings, verdicts. Computes nothing.

The field names are those of the JSON document that `pathlift calibrate --format json` prints.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from pathlift.result.values import Value

CALIBRATION_SCHEMA: Literal["pathlift.calibration/1"] = "pathlift.calibration/1"

ReadingVerdict = Literal["pass", "fail", "shown"]
RowVerdict = Literal["pass", "fail", "shown", "not_there", "not_run"]


class Reading(Value):
    """One number that a row measures, and whether the truth can lie inside its target."""

    name: str = Field(description="What is measured.")
    measures: Literal["share", "mean", "largest", "p_value"] = Field(
        description="share: of replicates; mean: over replicates; largest: of all; p_value: of one "
        "test over all."
    )
    measured: float = Field(description="The number.")
    standard_error: float | None = Field(
        description="Its Monte Carlo standard error; null where it is no average."
    )
    replicates: int = Field(description="How many draws it stands on.")
    low: float | None = Field(description="Lower end of the target; null where it has none.")
    high: float | None = Field(description="Upper end of the target; null where it has none.")
    must_fail: bool = Field(
        description="A negative control: it passes only where the target is refuted."
    )
    p_value: float | None = Field(
        description="Of the hypothesis that the truth lies inside the target, against its nearer "
        "end; null where nothing is tested."
    )
    verdict: ReadingVerdict


class CalibrationRow(Value):
    """One claim of the methods, measured."""

    id: str = Field(description="Such as K1.")
    scenario: str = Field(description="What is simulated, and which method reads it.")
    target: str = Field(description="What is claimed, in words.")
    readings: tuple[Reading, ...]
    wanted: int = Field(description="Replicates that were asked for.")
    replicates: int = Field(description="Replicates that were made; fewer where it was stopped.")
    seconds: float = Field(description="Of computing, over all processes.")
    verdict: RowVerdict
    reason: str = Field(default="", description="Why nothing is measured; else empty.")


class Calibration(Value):
    """Measured error rates, coverage and power of the methods."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="null", populate_by_name=True
    )

    schema_: Annotated[Literal["pathlift.calibration/1"], Field(alias="schema")] = (
        CALIBRATION_SCHEMA
    )
    sentence: str
    rows: tuple[CalibrationRow, ...]
    complete: bool = Field(description="Whether every replicate asked for was made.")
    level: float = Field(
        description="Of each reading's test: the familywise level over all readings of the table."
    )
    familywise: float
    seed: int
    quick: bool
    started: datetime
    seconds: float = Field(description="From start to end.")
    processes: int
    command: str
    versions: Mapping[str, str]

    @property
    def failed(self) -> tuple[str, ...]:
        """Ids of the rows that failed."""
        return tuple(row.id for row in self.rows if row.verdict == "fail")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON.

        Returns
        -------
        dict
            Keys in the order of the attributes.
        """
        return self.model_dump(mode="json", by_alias=True)
