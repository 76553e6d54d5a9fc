"""Restaurants that were drawn whole, from file to estimate, held against clubSandwich in R."""

import json
from pathlib import Path
from typing import Any

import pytest

from pathlift import analyze, load_experiment
from pathlift.result.model import Result

pytestmark = [pytest.mark.real, pytest.mark.engine]

HERE = Path(__file__).parent / "experiments"


@pytest.fixture(scope="module")
def result(data_folder: Path) -> Result:
    return analyze(load_experiment(HERE / "fast_food.yaml", data_root=data_folder))


@pytest.fixture(scope="module")
def expected(reference_folder: Path) -> dict[str, Any]:
    document = json.loads((reference_folder / "datasets.json").read_text())
    found: dict[str, Any] = next(
        case["expected"] for case in document["cases"] if case["id"] == "fastfood_cluster"
    )
    return found


@pytest.mark.parametrize(("arm", "place"), [("second", 1), ("third", 2)])
def test_promotions_are_those_of_clubsandwich(
    arm: str, place: int, result: Result, expected: dict[str, Any]
) -> None:
    found = result.estimate(f"itt/sales///{arm}-first")
    assert found.absolute is not None
    # tolerance: the case's own, 1e-6 relative
    assert found.absolute.estimate == pytest.approx(expected["estimates"][place], rel=1e-6)
    assert found.standard_error == pytest.approx(expected["cr2"]["se"][place], rel=1e-6)
    assert found.df == pytest.approx(expected["cr2"]["df_satterthwaite"][place], rel=1e-6)
    assert found.p_value == pytest.approx(expected["cr2"]["p"][place], rel=1e-6)
    assert found.exact


def test_the_split_counts_restaurants_and_not_their_weeks(result: Result) -> None:
    split = next(check for check in result.checks if check.id == "srm")
    assert split.figures["clusters"] == {"first": 43, "second": 47, "third": 47}
    assert split.severity == "pass"
    assert [c.severity for c in result.checks if c.id == "clusters"] == ["pass"] * 4
