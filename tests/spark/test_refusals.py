"""What Spark would read otherwise is refused with its line, before any server is asked."""

from pathlib import Path

import duckdb
import pytest

from pathlift.outcomes.engine import open_engine
from pathlift.outcomes.sources import describe, files_of
from pathlift.outcomes.spark.unlike import unlike
from pathlift.registry.loading import load_experiment

pytestmark = pytest.mark.engine

DEFINITION = """\
unit: shopper
period: {first_day: 2026-03-02, last_day: 2026-03-29}
window: 14d
data:
  exposures: exposures.parquet
  events: events.parquet
arms: {grey: {control: true}, green: {}}
outcome: "event = 'purchase'"
metrics:
  conversion: {kind: proportion, role: primary}
"""
EXPOSURES = (
    "select 1 as shopper, 'grey' as arm, timestamptz '2026-03-02 10:00:00+00' as exposed_at, "
    "'new' as kind, 1.5::double as score, uuid() as session "
    "union all select 2, 'green', timestamptz '2026-03-02 10:00:00+00', 'new', 1.5, uuid()"
)
EVENTS = (
    "select 1 as shopper, 'purchase' as event, timestamptz '2026-03-03 10:00:00+00' as "
    "occurred_at, 2.5::double as amount, 3 as items, 'x' as info, 7.5::decimal(9, 2) as price"
)


def refused(
    folder: Path, definition: str, *, exposures: str = EXPOSURES, events: str = EVENTS
) -> list[str]:
    """Line and message of everything that is refused."""
    for name, rows in (("exposures", exposures), ("events", events)):
        duckdb.sql(f"copy ({rows}) to '{folder / name}.parquet'")
    path = folder / "x.yaml"
    path.write_text(definition, encoding="utf-8")
    experiment = load_experiment(path)
    with open_engine(files_of([experiment])) as engine:
        found = unlike(engine, experiment, describe(engine, experiment))
    assert all(problem.at is not None and problem.hint for problem in found)
    return [f"{problem.at.line if problem.at else 0}: {problem.message}" for problem in found]


def test_what_both_read_alike_is_not_refused(tmp_path: Path) -> None:
    more = (
        '  paid: {kind: mean, sum: "cast(items as bigint) * amount / 2", '
        "where: \"lower(info) like 'x%'\"}\nsegments: [kind]\n"
    )
    assert refused(tmp_path, DEFINITION + more) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            '  paid: {kind: mean, sum: "cast(amount as bigint)"}\n',
            "11: `cast(amount as bigint)`: `cast` to a whole number rounds on DuckDB and cuts off "
            "on Spark",
        ),
        (
            '  paid: {kind: mean, sum: "cast(price as int)"}\n',
            "11: `cast(price as int)`: `cast` to a whole number rounds on DuckDB and cuts off on "
            "Spark",
        ),
        (
            "  bought: {kind: mean, count: \"upper(info) = 'X'\"}\n",
            "11: `upper(info) = 'X'`: `upper` of ß is SS on Spark; compare what `lower` gives",
        ),
        (
            "  bought: {kind: mean, count: \"cast(amount as varchar) = '2.5'\"}\n",
            "11: `cast(amount as varchar) = '2.5'`: Spark writes DOUBLE otherwise as text",
        ),
        (
            "segments: [score]\n",
            "11: exposures: 'score' is DOUBLE, which Spark writes otherwise as text",
        ),
        ("segments: [session]\n", "11: exposures: 'session' is UUID, which Spark reads otherwise"),
    ],
)
def test_an_expression_or_a_column_is_refused_at_its_line(
    more: str, said: str, tmp_path: Path
) -> None:
    assert refused(tmp_path, DEFINITION + more) == [said]


def test_times_as_text_are_refused(tmp_path: Path) -> None:
    definition = DEFINITION.replace(
        "  events: events.parquet",
        "  events: {path: events.parquet, columns: {occurred_at: {column: at, format: '%Y'}}}",
    )
    events = "select 1 as shopper, 'purchase' as event, '2026' as at"
    [said] = refused(tmp_path, definition, events=events)
    assert said == "6: events: Spark would read the text of times in 'at' otherwise"


def test_local_times_are_refused_where_an_hour_repeats(tmp_path: Path) -> None:
    # DuckDB 2.0.1: timezone('Europe/Berlin', '2026-10-25 02:30') is 01:30 UTC;
    # to_utc_timestamp of Spark 4.3 and Sail 0.7.2: 00:30 UTC
    definition = DEFINITION.replace("arms:", "  timezone: Europe/Berlin\narms:")
    events = "select 1 as shopper, 'purchase' as event, timestamp '2026-03-03 10:00' as occurred_at"
    [said] = refused(tmp_path, definition, events=events)
    assert said.startswith("6: events: 'occurred_at' carries no zone, and Spark reads the hour")


def test_nanoseconds_are_refused(tmp_path: Path) -> None:
    events = (
        "select 1 as shopper, 'purchase' as event, timestamp_ns '2026-03-03 10:00' as occurred_at"
    )
    [said] = refused(tmp_path, DEFINITION, events=events)
    assert said == "6: events: Spark reads no timestamps of nanoseconds ('occurred_at')"


def test_csv_is_refused(tmp_path: Path) -> None:
    duckdb.sql(f"copy ({EVENTS}) to '{tmp_path}/events.csv'")
    [said] = refused(tmp_path, DEFINITION.replace("events.parquet", "events.csv"))
    assert said == "6: events: Spark would read the types of CSV otherwise"


def test_columns_that_differ_between_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    duckdb.sql(f"copy ({EVENTS}) to '{tmp_path}/log/1.parquet'")
    duckdb.sql(f"copy (select * exclude (amount) from ({EVENTS})) to '{tmp_path}/log/2.parquet'")
    [said] = refused(tmp_path, DEFINITION.replace("events.parquet", "log/*.parquet"))
    assert said.startswith("6: events: columns differ between files")
