"""The GA4 definition that docs/mapping-events.md shows, over rows as that export writes them."""

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pathlift import analyze, load_experiment

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parents[2] / "docs" / "mapping-events.md"
VALUE = {
    "string_value": pl.String,
    "int_value": pl.Int64,
    "float_value": pl.Float32,
    "double_value": pl.Float64,
}
FIRST_SEEN = 1_772_445_600_000_000  # 2026-03-02 10:00 UTC, microseconds
COPIES = 30

Event = tuple[str, dict[str, str | int | float]]

SEARCH: Event = ("view_search_results", {"search_term": "pan"})
ITEM: Event = ("view_item", {"page_type": "product"})
PRODUCT_PAGE: Event = ("page_view", {"page_type": "product"})
REVIEWS: Event = ("page_view", {"page_type": "reviews"})
READ: Event = ("user_engagement", {"page_type": "reviews", "engagement_time_msec": 3000})
GLANCED: Event = ("user_engagement", {"page_type": "reviews", "engagement_time_msec": 2999})
CART: Event = ("add_to_cart", {"value": 20})
PURCHASE: Event = ("purchase", {"value": 19.5})

# What shoppers did after exposure, and the label that a reader of the page expects of it.
JOURNEYS: dict[str, list[tuple[list[Event], str]]] = {
    "HOME-12-A": [
        ([SEARCH, ITEM, READ, PURCHASE], "need>touchpoint>trust"),
        ([SEARCH, ITEM, GLANCED], "need>touchpoint"),
    ],
    "HOME-12-B": [
        ([PRODUCT_PAGE, CART, REVIEWS, PURCHASE], "touchpoint>need>trust"),
        ([REVIEWS, PRODUCT_PAGE], "trust>touchpoint"),
    ],
}


def parameter(key: str, value: str | float) -> dict[str, object]:
    """One of `event_params`: GA4 keeps a whole number as an integer and any other as a double."""
    kept = {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
    return {"key": key, "value": dict.fromkeys(VALUE) | {kept: value}}


def export(path: Path) -> None:
    rows = []
    for variant, journeys in JOURNEYS.items():
        for number, (events, label) in enumerate(journeys):
            for copy in range(COPIES):
                seen: Event = ("experience_impression", {"exp_variant_string": variant})
                rows += [
                    {
                        "user_pseudo_id": f"{label} {copy}",
                        # a minute apart, and no two shoppers at once
                        "event_timestamp": FIRST_SEEN + (step * 60 + number + copy) * 1_000_000,
                        "event_name": name,
                        "event_params": [parameter(*pair) for pair in given.items()],
                    }
                    for step, (name, given) in enumerate([seen, *events])
                ]
    listed = pl.List(pl.Struct({"key": pl.String, "value": pl.Struct(VALUE)}))
    path.parent.mkdir(parents=True)
    pl.DataFrame(rows, schema_overrides={"event_params": listed}).write_parquet(path)


def test_the_definition_for_ga4_reads_the_journeys_that_its_page_describes(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (definition,) = re.findall(r"^```yaml\n(# experiments/ga4\.yaml\n.*?)^```", page, re.M | re.S)
    (tmp_path / "ga4.yaml").write_text(definition, encoding="utf-8")
    export(tmp_path / "ga4" / "events_20260302.parquet")
    result = analyze(load_experiment(tmp_path / "ga4.yaml"), as_of=date(2026, 3, 20))
    assert result.orderings is not None
    found = {
        (row.arm, row.ordering, row.units, row.converted)
        for row in result.orderings.labels
        if row.units
    }
    assert found == {
        ("search", "need>touchpoint>trust", COPIES, COPIES),
        ("search", "need>touchpoint", COPIES, 0),
        ("content", "touchpoint>need>trust", COPIES, COPIES),
        ("content", "trust>touchpoint", COPIES, 0),
    }
    (revenue,) = [one for one in result.estimates if one.metric == "revenue"]
    # one of two shoppers an arm bought for 19.50
    assert (revenue.arm_value, revenue.control_value) == (9.75, 9.75)
