"""What many experiments say together, as frozen values. Computes nothing, reads nothing.

The field names are those of the JSON document; `pathlift schema portfolio` prints its schema.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from pathlift.result.model import CausalStatus, Conclusion, Json, Span, Value, Verdict
from pathlift.result.schema import DIALECT

SCHEMA: Literal["pathlift.portfolio/1"] = "pathlift.portfolio/1"

Scale = Literal["absolute", "relative"]


class PortfolioExperiment(Value):
    """One experiment whose saved result was read."""

    name: str = Field(description="Of the experiment.")
    title: str = Field(description="As the definition gives it; may be empty.")
    file: str = Field(description="The saved result.")
    window: str | None = Field(description="Length of its window; null where none ends.")
    units: int = Field(description="Analysed units of all arms.")
    interim: bool = Field(description="Whether some units are still within a window.")
    verdict: Verdict = Field(description="Of the experiment alone.")
    watermark: datetime | None = Field(description="UTC; up to when it was read.")
    fingerprint: str = Field(description="Of its data.")
    contrasts: int = Field(description="Numbers of it that stand in a combination below.")


class LeftOut(Value):
    """Something of the folder that no combination holds."""

    experiment: str = Field(description="Name of the experiment, or of the file where unknown.")
    what: str = Field(description="experiment, file, or which contrast.")
    reason: str = Field(description="In words.")


class Part(Value):
    """One experiment's number in a combination."""

    experiment: str = Field(description="Name of the experiment.")
    arm: str = Field(description="Its arm of the treatment.")
    control: str = Field(description="Its arm of the other treatment.")
    turned: bool = Field(
        description="Whether the experiment compared the other way round, so its sign was turned."
    )
    units: int = Field(description="Of both arms.")
    effect: Span = Field(description="As that experiment alone has it, with its own interval.")
    standard_error: float = Field(description="On the scale that is combined.")
    weight: float | None = Field(description="Share in the mean; null where not combined.")
    interim: bool = Field(description="Whether some units are still within a window.")


class Heterogeneity(Value):
    """How much the effects differ between experiments, beyond chance."""

    tau2: float = Field(description="Variance between experiments, on the scale combined.")
    tau2_low: float = Field(description="Lower end of its interval.")
    tau2_high: float = Field(description="Upper end of its interval.")
    q: float = Field(description="Cochran's Q.")
    df: float = Field(description="Of Q: experiments less one.")
    p_value: float = Field(description="Of effects that are all the same.")
    i2: float = Field(description="Share of the distances that chance does not explain.")


class Combination(Value):
    """One contrast over all experiments that have it."""

    id: str = Field(description="scale/estimand/ordering/treatment-control.")
    scale: Scale = Field(description="absolute: difference; relative: lift, combined as logs.")
    estimand: str = Field(description="itt or incidence.")
    kind: str = Field(default="proportion", description="proportion, mean or ratio.")
    ordering: str | None = Field(description="Such as touchpoint>need>trust, other, or null.")
    treatment: str = Field(description="search, content or influencer.")
    control: str = Field(description="The treatment it is compared with.")
    experiments: int = Field(description="Experiments that have it.")
    units: int = Field(description="Of both arms, over all of them.")
    effect: Span | None = Field(description="Mean effect with its interval; null for one.")
    standard_error: float | None = Field(description="Of the mean, on the scale combined.")
    df: float | None = Field(description="Experiments less one.")
    statistic: float | None = Field(description="Mean over its standard error.")
    p_value: float | None = Field(description="Two-sided, of a mean of 0, of this one alone.")
    p_adjusted: float | None = Field(description="Adjusted over its family; null where alone.")
    family: str = Field(description="Over which combinations it is adjusted, in words.")
    members: int = Field(description="Number of combinations in it.")
    alpha: float = Field(description="One minus the level of the intervals.")
    prediction: Span | None = Field(
        description="Where one more experiment's effect would lie; null below three."
    )
    heterogeneity: Heterogeneity | None = Field(description="Null for one experiment.")
    conclusion: Conclusion = Field(description="One word; by p_adjusted and the interval.")
    causal_status: CausalStatus = Field(description="What it may be used for.")
    assumptions: tuple[str, ...] = Field(description="Named, for causal_if.")
    method: str = Field(description="In words.")
    parts: tuple[Part, ...] = Field(description="One an experiment.")
    not_estimated: Mapping[str, str] | None = Field(
        default=None, description="{reason} where it could not be combined."
    )


class PortfolioProvenance(Value):
    """How to make it again."""

    versions: Mapping[str, str] = Field(description="Of pathlift, Python and the libraries.")
    command: str = Field(description="What was typed.")
    started: datetime = Field(description="UTC.")


class Portfolio(Value):
    """The whole answer over many experiments. Text, JSON, Markdown and HTML render it."""

    schema_: Annotated[
        Literal["pathlift.portfolio/1"],
        Field(alias="schema", description="Version of this document."),
    ] = SCHEMA
    folder: str = Field(description="Where the saved results lie.")
    metric: str = Field(description="Metric whose effect is combined, or conversion.")
    kind: str = Field(description="proportion, mean or ratio.")
    window: str | None = Field(description="Window of every experiment that is combined.")
    sentence: str = Field(description="The one sentence at the top.")
    answers: tuple[str, ...] = Field(description="One sentence a pair of treatments.")
    experiments: tuple[PortfolioExperiment, ...] = Field(description="Whose result was read.")
    combinations: tuple[Combination, ...] = Field(description="Contrasts over experiments.")
    left_out: tuple[LeftOut, ...] = Field(description="What is in no combination, and why.")
    assumptions: tuple[str, ...] = Field(description="What has to hold, in words.")
    provenance: PortfolioProvenance = Field(description="How to make it again.")

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        ser_json_inf_nan="null",
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    def to_dict(self) -> dict[str, Json]:
        """Return the JSON document as Python values: what is not finite is None, as it is null."""
        document: dict[str, Json] = json.loads(self.model_dump_json())
        return document

    def combination(self, id: str) -> Combination:
        """Find a combination by its id.

        Parameters
        ----------
        id : str
            ``scale/estimand/ordering/treatment-control``.

        Returns
        -------
        Combination

        Raises
        ------
        KeyError
            If none has that id.
        """
        for one in self.combinations:
            if one.id == id:
                return one
        raise KeyError(id)


def portfolio_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the document that `portfolio` prints.

    Returns
    -------
    dict
        Every property of the written document is required.
    """
    schema = Portfolio.model_json_schema(by_alias=True, mode="serialization")
    for definition in (schema, *schema["$defs"].values()):
        if "properties" in definition:
            definition["required"] = list(definition["properties"])
    return {"$schema": DIALECT, **schema, "title": "pathlift portfolio"}
