"""The definitions that docs/mapping-events.md shows, over rows as those logs write them."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pathlift import analyze, load_experiment
from pathlift.result.model import Result

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


def analysed(name: str, folder: Path) -> Result:
    """Result of a definition of the page, whose data lie in a folder already."""
    page = PAGE.read_text(encoding="utf-8")
    shown = re.findall(rf"^```yaml\n(# experiments/{name}\.yaml\n.*?)^```", page, re.M | re.S)
    (definition,) = shown
    (folder / f"{name}.yaml").write_text(definition, encoding="utf-8")
    return analyze(load_experiment(folder / f"{name}.yaml"), as_of=date(2026, 5, 20))


def labels(result: Result) -> set[tuple[str, str, int, int]]:
    """Arm, ordering, units and how many of them converted."""
    assert result.orderings is not None
    return {
        (row.arm, row.ordering, row.units, row.converted)
        for row in result.orderings.labels
        if row.units
    }


def test_the_definition_for_ga4_reads_the_journeys_that_its_page_describes(tmp_path: Path) -> None:
    export(tmp_path / "ga4" / "events_20260302.parquet")
    result = analysed("ga4", tmp_path)
    assert labels(result) == {
        ("search", "need>touchpoint>trust", COPIES, COPIES),
        ("search", "need>touchpoint", COPIES, 0),
        ("content", "touchpoint>need>trust", COPIES, COPIES),
        ("content", "trust>touchpoint", COPIES, 0),
    }
    (revenue,) = [one for one in result.estimates if one.metric == "revenue"]
    # one of two shoppers an arm bought for 19.50
    assert (revenue.arm_value, revenue.control_value) == (9.75, 9.75)


Rows = list[dict[str, object]]


def write(path: Path, rows: Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(path)


def journeys(
    given: dict[str, list[tuple[Rows, str]]], unit: str, when: str
) -> tuple[list[tuple[str, str, datetime]], Rows]:
    """Who was exposed to which arm when, and what each did, a minute apart from then on."""
    exposed, events = [], []
    for arm, kinds in given.items():
        for number, (steps, label) in enumerate(kinds):
            for copy in range(COPIES):
                name, start = f"{arm} {label} {copy}", SEEN + timedelta(seconds=number + copy)
                exposed.append((name, arm, start))
                for place, step in enumerate(steps, start=1):
                    events.append({unit: name, when: start + timedelta(minutes=place)} | step)
    return exposed, events


SEEN = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_the_marketplace_reads_events_of_segment(tmp_path: Path) -> None:
    def told(text: str, **columns: object) -> dict[str, object]:
        empty = {"visible_ms": None, "dwell_ms": None, "total": None, "platform": "web"}
        return empty | {"event_text": text} | columns

    searched, filtered = told("Products Searched"), told("Product List Filtered")
    viewed = told("Product Viewed", dwell_ms=4000)
    read, glanced = (told("Product Review Read", dwell_ms=ms) for ms in (3000, 2999))
    ordered = told("Order Completed", total=20.0)
    given: dict[str, list[tuple[Rows, str]]] = {
        "small": [
            ([searched, viewed, read, ordered], "need>touchpoint>trust"),
            ([filtered, viewed, glanced], "need>touchpoint"),
        ],
        "large": [
            ([viewed, told("Product Added"), read, ordered], "touchpoint>need>trust"),
            ([read, viewed, told("Order Refunded")], "trust>touchpoint"),
        ],
    }
    exposed, events = journeys(given, "anonymous_id", "original_timestamp")
    for number, event in enumerate(events):
        event |= {"message_id": f"m{number}", "received_at": event["original_timestamp"]}
    folder = tmp_path / "warehouse"
    write(
        folder / "experiment_viewed" / "a.parquet",
        [{"anonymous_id": who, "arm": arm, "first_seen": at} for who, arm, at in exposed],
    )
    write(folder / "tracks" / "a.parquet", events)
    result = analysed("marketplace", tmp_path)
    assert labels(result) == {
        ("small", "need>touchpoint>trust", COPIES, COPIES),
        ("small", "need>touchpoint", COPIES, 0),
        ("large", "touchpoint>need>trust", COPIES, COPIES),
        ("large", "trust>touchpoint", COPIES, 0),
    }
    (refunds,) = [e for e in result.estimates if e.metric == "refunds" and e.segment is None]
    assert (refunds.arm_value, refunds.control_value) == (0.5, 0.0)


def test_short_videos_are_read_by_the_columns_of_their_log(tmp_path: Path) -> None:
    def told(**columns: object) -> dict[str, object]:
        whole = {"play_time_ms": None, "comment_stay_time": None, "profile_stay_time": None}
        rest = {"is_follow": None, "author_id": None, "product_id": None, "event": None}
        return whole | rest | columns

    def video(author: str, ms: int, **columns: object) -> dict[str, object]:
        shown = {"play_time_ms": ms, "comment_stay_time": 0, "profile_stay_time": 0}
        return told(author_id=author, product_id="p", is_follow=0, **shown | columns)

    cart, paid = told(event="AddToCart"), told(event="CompletePayment")
    viewed = told(event="ViewContent")
    given: dict[str, list[tuple[Rows, str]]] = {
        "link": [
            ([video("a", 4000), cart, video("a", 26_000), paid], "touchpoint>need>trust"),
            ([video("a", 2999), viewed, cart], "touchpoint>need"),
        ],
        "card": [
            # comments read below a video that was watched: both in one row, the product first
            ([video("a", 5000, comment_stay_time=3000), cart, paid], "touchpoint>trust>need"),
            # seconds of two creators do not add up, and a video that sells nothing is not there
            (
                [video("a", 16_000), video("b", 16_000), video("a", 20_000) | {"product_id": None}],
                "touchpoint",
            ),
        ],
    }
    exposed, events = journeys(given, "user_id", "at")
    for event in events:
        event["time_ms"] = int(event.pop("at").timestamp() * 1000)  # type: ignore[attr-defined]
    write(
        tmp_path / "feed" / "ab_exposures" / "a.parquet",
        [
            {"user_id": who, "bucket": arm, "time_ms": int(at.timestamp() * 1000)}
            for who, arm, at in exposed
        ],
    )
    write(tmp_path / "feed" / "log" / "a.parquet", events)
    assert labels(analysed("short_videos", tmp_path)) == {
        ("link", "touchpoint>need>trust", COPIES, COPIES),
        ("link", "touchpoint>need", COPIES, 0),
        ("card", "touchpoint>trust>need", COPIES, COPIES),
        ("card", "touchpoint", COPIES, 0),
    }


def test_creators_bring_along_the_trust_of_those_who_followed_long_ago(tmp_path: Path) -> None:
    def told(name: str, **columns: object) -> dict[str, object]:
        empty = {"watch_ms": None, "creator_id": None, "stay_ms": None}
        return empty | {"total_price": None, "discount_code": None, "name": name} | columns

    watched = told("creator_watched", watch_ms=30_000, creator_id="c1")
    viewed, cart = told("product_viewed"), told("product_added_to_cart")
    bought = told("checkout_completed", total_price=30.0)
    credited = told("checkout_completed", total_price=30.0, discount_code="C1")
    given: dict[str, list[tuple[Rows, str]]] = {
        "page": [
            ([told("search_submitted"), viewed, told("reviews_opened", stay_ms=3000), bought],
             "need>touchpoint>trust"),
            ([viewed, cart], "touchpoint>need"),
        ],
        "creator": [
            ([watched, cart, viewed, credited], "trust>need>touchpoint"),
            ([viewed, cart], "touchpoint>need"),
        ],
    }  # fmt: skip
    exposed, events = journeys(given, "customer_id", "timestamp")
    followers = [who for who, arm, _ in exposed if arm == "creator" and "touchpoint>need" in who]
    followers = [who for who in followers if "trust" not in who]
    for who in followers:
        events.append(
            told("creator_followed", creator_id="c1")
            | {"customer_id": who, "timestamp": SEEN - timedelta(days=300)}
        )
    for number, event in enumerate(events):
        event["id"] = f"e{number}"
    write(
        tmp_path / "shop" / "invitations" / "a.parquet",
        [
            {"customer_id": who, "arm": arm, "invited_at": at, "creator_id": f"c{number % 12}"}
            for number, (who, arm, at) in enumerate(exposed)
        ],
    )
    write(tmp_path / "shop" / "events" / "a.parquet", events)
    result = analysed("creators", tmp_path)
    assert labels(result) == {
        ("page", "need>touchpoint>trust", COPIES, COPIES),
        ("page", "touchpoint>need", COPIES, 0),
        ("creator", "trust>need>touchpoint", COPIES, COPIES),
        ("creator", "touchpoint>need", COPIES, 0),
    }
    held = [
        row
        for row in result.orderings.adherence  # type: ignore[union-attr]
        if row.arm == "creator" and row.baseline_state == "trust"
    ]
    assert [row.units for row in held] == [len(followers)]
    credit = [e for e in result.estimates if e.metric == "credited" and e.segment is None]
    assert {e.causal_status for e in credit} == {"descriptive"}
