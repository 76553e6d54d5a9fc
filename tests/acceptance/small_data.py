"""Small definitions and logs of the three shapes, made of SQL that a case changes a word of."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

UNITS = """\
title: Does b sell more than a?
unit: user_id
data: {units: data/units.parquet, columns: {arm: grp}}
arms:
  a: {control: true}
  b: {}
metrics:
  conversion: {kind: proportion, column: bought, role: primary}
  spend: {kind: mean, column: spend}
"""
# 400 customers, 200 an arm; every fifth bought, for 10 to 16.
UNIT_ROWS = """
select
    'u' || i as user_id,
    case when i % 2 = 0 then 'a' else 'b' end as grp,
    (i % 5 = 0)::int as bought,
    case when i % 5 = 0 then 10.0::double + i % 7 else 0.0::double end as spend
from range(400) as numbers(i)
"""

JOURNEYS = """\
title: Does b sell more than a?
unit: user_id
period: {first_day: 2026-03-02, last_day: 2026-03-08}
window: 3d
data: {exposures: data/exposures.parquet, events: data/events.parquet}
arms:
  a: {control: true}
  b: {}
stages:
  need: "event = 'search'"
  touchpoint: "event = 'view'"
  trust: {accumulate: {sum: watch_ms, reach: 1000}}
outcome: "event = 'purchase'"
metrics:
  conversion: {kind: proportion, role: primary}
  revenue: {kind: mean, sum: amount, where: "event = 'purchase'"}
"""
# One unit every 20 minutes from Monday morning to Saturday night, 200 an arm.
EXPOSURE_ROWS = """
select
    'u' || i as user_id,
    case when i % 2 = 0 then 'a' else 'b' end as arm,
    timestamptz '2026-03-02 08:00:00+00' + to_seconds(1200 * i) as exposed_at
from range(400) as numbers(i)
"""
# Search comes before the view for two units of three; trust comes last; every fifth purchases.
EVENT_ROWS = """
select
    'u' || i as user_id,
    event,
    timestamptz '2026-03-02 08:00:00+00' + to_seconds(1200 * i + after) as occurred_at,
    case when event = 'purchase' then 10.0::double + i % 7 end as amount,
    case when event = 'watch' then 1200 else 0 end as watch_ms
from range(400) as numbers(i)
cross join (
    values ('search', 60), ('view', 90), ('search', 120), ('watch', 200), ('purchase', 240)
) as steps(event, after)
where (event <> 'purchase' or i % 5 = 0) and (after <> 60 or i % 3 > 0)
"""
MATURE = ("--as-of", "2026-03-11")  # the last exposure of 2026-03-07 and its three days

TOTALS = """\
title: Does b sell more than a?
data: {totals: {path: data/totals.csv, columns: {arm: grp, day: day, units: visitors}}}
arms:
  a: {control: true}
  b: {}
metrics:
  conversion: {kind: proportion, column: orders, role: primary}
  revenue: {kind: mean, columns: {sum: total, sum_squares: squares}}
"""
TOTAL_ROWS = """
select * from (
    values
        ('a', 'monday', 100, 10, 50.0, 400.0),
        ('b', 'monday', 100, 15, 60.0, 500.0),
        ('a', 'tuesday', 100, 11, 52.0, 420.0),
        ('b', 'tuesday', 100, 12, 61.0, 510.0)
) as days(grp, day, visitors, orders, total, squares)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A definition and the rows that it reads, by path."""

    definition: str
    rows: Mapping[str, str]
    as_of: tuple[str, ...] = ()


SHAPES: Mapping[str, Shape] = {
    "units": Shape(definition=UNITS, rows={"data/units.parquet": UNIT_ROWS}),
    "journeys": Shape(
        definition=JOURNEYS,
        rows={"data/exposures.parquet": EXPOSURE_ROWS, "data/events.parquet": EVENT_ROWS},
        as_of=MATURE,
    ),
    "totals": Shape(definition=TOTALS, rows={"data/totals.csv": TOTAL_ROWS}),
}


def write_rows(query: str, path: Path) -> None:
    """Write the rows of a query as Parquet or CSV, as the name of the file says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix.removeprefix(".")
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"copy ({query}) to '{path}' (format {kind})")


def changed(text: str, changes: Mapping[str, str]) -> str:
    """Replace each word where it stands; a word that stands nowhere is a mistake of the test."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def write_registry(
    folder: Path, shape: str, definition: Mapping[str, str], rows: Mapping[str, str]
) -> str:
    """Write ``experiments/x.yaml`` and its rows, changed; return the text of the definition."""
    made = SHAPES[shape]
    text = changed(made.definition, definition)
    registry = folder / "experiments"
    registry.mkdir()
    (registry / "x.yaml").write_text(text, encoding="utf-8")
    left = dict(rows)
    for path, query in made.rows.items():
        mine = {old: left.pop(old) for old in list(left) if old in query}
        write_rows(changed(query, mine), registry / path)
    assert not left, left
    return text


def place(text: str, marker: str) -> str:
    """``experiments/x.yaml:line:column`` of a marker in the definition."""
    before = text[: text.index(marker)]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return f"experiments/x.yaml:{line}:{column}: "


def written(folder: Path) -> set[str]:
    """Every file outside the registry: results, looks, and what a half-written one would be."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and "experiments" not in path.relative_to(folder).parts
    }


def estimates(document: Mapping[str, Any], estimand: str) -> Iterator[dict[str, Any]]:
    """Estimates of one estimand over all units, of a result's JSON."""
    for estimate in document["estimates"]:
        if estimate["estimand"] == estimand and estimate["segment"] is None:
            yield estimate


def one(document: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """Return the only contrast of a metric over all units."""
    (estimate,) = (e for e in estimates(document, "itt") if e["metric"] == metric)
    return estimate


def document_of(out: str) -> dict[str, Any]:
    """Read stdout as exactly one JSON document."""
    found: dict[str, Any] = json.loads(out)
    return found
