"""What an A/A test of one's own data says, as frozen values. Computes nothing.

The field names are those of the JSON document that `pathlift aa --format json` prints.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from pathlift.result.values import Value

OWN_DATA_SCHEMA: Literal["pathlift.aa/1"] = "pathlift.aa/1"


class Rate(Value):
    """How often something happened over experiments drawn anew."""

    share: float = Field(description="Of all contrasts of all experiments drawn.")
    standard_error: float = Field(
        description="Monte Carlo; contrasts of one experiment count as one draw."
    )
    replicates: int = Field(description="Experiments drawn.")
    verdict: Literal["as_claimed", "off", "shown"] = Field(
        description="off: chance explains no longer how far it lies from the claim; shown: nothing "
        "is claimed."
    )


class OwnRow(Value):
    """One metric, or one ordering, over experiments drawn anew from the same units."""

    estimand: str = Field(description="itt, incidence or ordering_share.")
    metric: str | None = Field(description="Name of the metric.")
    ordering: str | None = Field(description="Such as touchpoint>need>trust, or other.")
    value: float | None = Field(description="Over all units, as they are.")
    effect: float | None = Field(description="Put into the treated arms: in the metric's unit.")
    lift: float | None = Field(description="The same over the value.")
    false_positives: Rate | None = Field(
        description="Intervals that exclude no effect where there is none."
    )
    peeking: Rate | None = Field(
        description="The same at any of several looks, each read as if it were the only one."
    )
    coverage: Rate | None = Field(description="Intervals that hold the effect put in.")
    power: Rate | None = Field(description="Intervals that exclude no effect where it was put in.")
    reason: str = Field(default="", description="Why a number is not there; else empty.")


class OwnData(Value):
    """False positives, coverage and power of one experiment's analysis on its own data."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="null", populate_by_name=True
    )

    schema_: Annotated[Literal["pathlift.aa/1"], Field(alias="schema")] = OWN_DATA_SCHEMA
    experiment: str
    sentence: str
    rows: tuple[OwnRow, ...]
    units: int = Field(description="Of the analysed arms, dealt anew.")
    arms: Mapping[str, float] = Field(description="Share of the units that each arm gets.")
    alpha: float
    looks: int = Field(description="At which peeking looks, at equal steps of units.")
    wanted: int = Field(description="Experiments that were asked for.")
    replicates: int = Field(description="Experiments that were drawn.")
    ended: Literal["complete", "budget", "stopped"] = Field(
        description="budget: the time was over; stopped: a person stopped it."
    )
    budget: float | None = Field(description="Seconds that were allowed; null: any number.")
    level: float = Field(description="Of each test against a claim.")
    buckets: int = Field(description="That units are dealt into; dealt anew every few experiments.")
    notes: tuple[str, ...] = Field(description="What of the analysis is left out, and why.")
    seed: int
    started: datetime
    seconds: float
    command: str
    versions: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Whether it was not stopped by a person."""
        return self.ended != "stopped"

    @property
    def off(self) -> tuple[str, ...]:
        """Metrics and orderings whose error rates are not what is claimed."""
        return tuple(
            dict.fromkeys(
                row.ordering or row.metric or row.estimand
                for row in self.rows
                if any(
                    each is not None and each.verdict == "off"
                    for each in (row.false_positives, row.coverage)
                )
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON.

        Returns
        -------
        dict
            Keys in the order of the attributes.
        """
        return self.model_dump(mode="json", by_alias=True)
