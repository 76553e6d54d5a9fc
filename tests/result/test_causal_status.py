"""Every number of a result says what it may be used for."""

from collections.abc import Iterator
from typing import get_args

import pytest
from pydantic import BaseModel
from tests.report.results import ALL

from pathlift.result.model import Result
from pathlift.result.portfolio import Portfolio
from pathlift.result.values import ConfidenceSet, Span

# What was read, declared or done, and what a status itself rests on: nobody takes it for a finding.
ABOUT_THE_RUN = {
    "ArmPart",
    "Check",
    "Concentration",
    "DataPart",
    "Decision",
    "Design",
    "ExperimentPart",
    "IncrementalFamily",
    "Looks",
    "MetricPart",
    "PortfolioExperiment",
    "PortfolioProvenance",
    "Provenance",
    "SetThreshold",
    "SourcePart",
}
NUMBERS = (int, float, Span, ConfidenceSet)


def kinds(annotation: object) -> set[object]:
    """All types in an annotation, however deep."""
    inner = get_args(annotation)
    return {annotation} if not inner else set().union(*(kinds(each) for each in inner))


def without_status(model: type[BaseModel], *, told: bool) -> Iterator[str]:
    """Fields with numbers, below a model, that neither they nor what holds them gives a status."""
    told = told or "causal_status" in model.model_fields
    for name, field in model.model_fields.items():
        found = kinds(field.annotation)
        if not told and found & set(NUMBERS) and model.__name__ not in ABOUT_THE_RUN:
            yield f"{model.__name__}.{name}"
        for each in found:
            if isinstance(each, type) and issubclass(each, BaseModel) and each not in NUMBERS:
                yield from without_status(each, told=told)


# a combination names its parts; how many experiments there are is no finding either
@pytest.mark.parametrize("document", [Result, Portfolio])
def test_every_number_of_a_document_has_a_causal_status(document: type[BaseModel]) -> None:
    assert sorted(set(without_status(document, told=False))) == []


@pytest.mark.parametrize("name", ALL)
def test_another_reading_claims_no_more_than_its_estimate(name: str) -> None:
    result: Result = ALL[name]()
    status = {estimate.id: estimate.causal_status for estimate in result.estimates}
    readings = [(r.of, r.causal_status) for r in result.sensitivity]
    readings += [(c.id, c.causal_status) for c in result.looks.contrasts]
    if result.orderings and result.orderings.multiverse:
        readings += [(r.of, r.causal_status) for r in result.orderings.multiverse.readings]
    assert all(said in (status.get(id), "descriptive") for id, said in readings)
