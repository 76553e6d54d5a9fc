"""Result.to_polars holds the numbers of the document, with one schema for every result."""

import json
from collections.abc import Callable

import polars
import pytest
from tests.report import results

from pathlift import Result

MADE = [results.journeys, results.totals, results.unbounded, results.invalid, results.many_metrics]


@pytest.mark.parametrize("made", MADE)
def test_every_number_is_that_of_the_document(made: Callable[[], Result]) -> None:
    result = made()
    document = json.loads(result.model_dump_json())["estimates"]
    rows = result.to_polars().to_dicts()
    assert [row["id"] for row in rows] == [one["id"] for one in document]
    for row, one in zip(rows, document, strict=True):
        for name in ("arm_value", "p_value", "standard_error", "statistic", "df", "alpha"):
            assert row[name] == one[name], (one["id"], name)
        for span in ("absolute", "relative"):
            held = one[span] or {"estimate": None, "low": None, "high": None}
            told = (row[span], row[f"{span}_low"], row[f"{span}_high"])
            assert told == (held["estimate"], held["low"], held["high"])
        family = one["simultaneous"] or {"p_adjusted": None, "family": None}
        assert (row["p_adjusted"], row["family"]) == (family["p_adjusted"], family["family"])
        assert {row["segment"]: row["level"]} == (one["segment"] or {None: None})
        assert (row["flags"], row["assumptions"]) == (one["flags"], one["assumptions"])
        assert row["not_estimated"] == (one["not_estimated"] or {}).get("reason")


def test_the_schema_does_not_hang_on_what_the_result_holds() -> None:
    full = results.journeys()
    empty = full.model_copy(update={"estimates": ()})
    assert empty.to_polars().schema == full.to_polars().schema
    assert empty.to_polars().height == 0


def test_frames_of_several_results_stack() -> None:
    frames = [made().to_polars() for made in MADE]
    assert polars.concat(frames).height == sum(frame.height for frame in frames)
