"""Whether a mean hangs on few units (V19), on shares written by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from pathlift.judgement.checks.outliers import outliers
from pathlift.registry.experiment import Metric, UnitColumn
from pathlift.result.model import Check
from pathlift.statistics.concentration import Concentration

Make = Callable[..., Any]


def _check(experiment: Make, statistics: Make, **changes: Any) -> Check:
    given: dict[str, Any] = {
        "metric": "spend",
        "arm": "content",
        "units": 10_000,
        "nonzero": 5_000,
        "largest": 0.005,
        "top_units": 10,
        "top": None,
    }
    spend = Metric(name="spend", kind="mean", source=UnitColumn(column=None))  # type: ignore[arg-type]  # not read
    made = experiment(metrics=(spend,), shape="units", conversion=None)
    [check] = outliers(made, statistics(concentration=(Concentration(**(given | changes)),)))
    return check


@pytest.mark.parametrize(
    ("changes", "severity", "said"),
    [
        ({}, "pass", "the largest 0.5% of the total of content"),
        ({"largest": 0.02}, "warn", "one unit has 2% in content"),
        ({"top": 0.3}, "warn", "the largest thousandth of the units has 30% in content (10)"),
        ({"top": 0.25}, "pass", ""),
        # of 200 buyers, 8% is sixteen times the average one: nothing of note
        ({"nonzero": 200, "largest": 0.08}, "pass", ""),
        ({"nonzero": 200, "largest": 0.12}, "warn", "one unit has 12%"),
    ],
)
def test_few_units_that_make_a_total_are_named(
    changes: dict[str, float], severity: str, said: str, experiment: Make, statistics: Make
) -> None:
    check = _check(experiment, statistics, **changes)
    assert (check.severity, check.scope) == (severity, "metric:spend")
    assert said in check.message


def test_totals_show_no_single_unit(experiment: Make, statistics: Make) -> None:
    [check] = outliers(experiment(), statistics())
    assert (check.severity, check.message) == ("not_checked", "Not checked: no metric is a mean.")
