"""What a relation gives the rest of the SQL: our names, times in microseconds, nothing pasted."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pathlift.outcomes.engine import open_engine
from pathlift.outcomes.relations import relation
from pathlift.outcomes.sources import describe, files_of
from pathlift.registry.experiment import (
    Arm,
    Column,
    ConditionRule,
    Data,
    Experiment,
    Expression,
    Outcome,
    Source,
    StageDefinition,
)

pytestmark = pytest.mark.engine

NOON = 1_772_452_800_000_000  # 2026-03-02 12:00:00 UTC, by `date -u -d '2026-03-02 12:00' +%s`


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Any]:
    connection = duckdb.connect()

    def writer(name: str, query: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        connection.sql(query).write_parquet(str(path))
        return str(path)

    yield writer
    connection.close()


def journeys(
    tmp_path: Path, exposures: Source, events: Source, *, timezone: str | None = None
) -> Experiment:
    return Experiment(
        name="trial",
        file="trial.yaml",
        definition_hash="",
        data=Data(shape="journeys", root=tmp_path, sources=(exposures, events), timezone=timezone),
        arms=(Arm(name="a", value="A", control=True), Arm(name="b", value="B")),
        unit="user_id",
        window=timedelta(days=1),
        stages=tuple(
            StageDefinition(
                name=name, rules=(ConditionRule(condition=Expression(text=f"event = '{name}'")),)
            )
            for name in ("need", "trust")
        ),
        outcome=Outcome(condition=Expression(text="event = 'purchase'")),
    )


def rows(experiment: Experiment, source: str, columns: str) -> list[tuple[Any, ...]]:
    with open_engine(files_of([experiment])) as engine:
        described = describe(engine, experiment)
        inner = relation(described[source], experiment).sql(dialect="duckdb")
        return engine.rows(f"select {columns} from ({inner}) order by all")


EVENTS = "select 1 as user_id, 'need' as event, timestamptz '2026-03-02 12:00:00+00' as occurred_at"
EXPOSURES = "select 1 as user_id, 'A' as arm, timestamptz '2026-03-02 12:00:00+00' as exposed_at"


@pytest.mark.parametrize(
    ("value", "column"),
    [
        pytest.param("timestamptz '2026-03-02 13:00:00+01'", Column(name="ts"), id="zoned"),
        pytest.param("timestamp '2026-03-02 12:00:00'", Column(name="ts"), id="naive-is-utc"),
        pytest.param("timestamp_ns '2026-03-02 12:00:00'", Column(name="ts"), id="nanoseconds"),
        pytest.param("1772452800", Column(name="ts", unit="s"), id="seconds"),
        pytest.param("1772452800000", Column(name="ts", unit="ms"), id="epoch-milliseconds"),
        pytest.param("1772452800000000", Column(name="ts", unit="us"), id="epoch-microseconds"),
        pytest.param("1772452800000000999", Column(name="ts", unit="ns"), id="epoch-nanoseconds"),
        pytest.param(
            "'02/03/2026 12:00'", Column(name="ts", format="%d/%m/%Y %H:%M"), id="text-naive"
        ),
        pytest.param(
            "'2026-03-02 13:00:00+0100'",
            Column(name="ts", format="%Y-%m-%d %H:%M:%S%z"),
            id="text-with-zone",
        ),
    ],
)
def test_every_way_of_writing_noon_is_the_same_microsecond(
    tmp_path: Path, write: Any, value: str, column: Column
) -> None:
    exposures = write("x.parquet", f"select 1 as user_id, 'A' as arm, {value} as ts")
    events = write("e.parquet", EVENTS)
    experiment = journeys(
        tmp_path,
        Source(name="exposures", paths=(exposures,), columns={"exposed_at": column}),
        Source(name="events", paths=(events,)),
    )
    assert rows(experiment, "exposures", "exposed_us, epoch_us(exposed_at)") == [(NOON, NOON)]


def test_a_declared_zone_moves_times_that_carry_none(tmp_path: Path, write: Any) -> None:
    exposures = write(
        "x.parquet", "select 1 as user_id, 'A' as arm, timestamp '2026-03-02 13:00' as exposed_at"
    )
    experiment = journeys(
        tmp_path,
        Source(name="exposures", paths=(exposures,)),
        Source(name="events", paths=(write("e.parquet", EVENTS),)),
        timezone="Europe/Paris",  # UTC+1 in winter
    )
    assert rows(experiment, "exposures", "exposed_us") == [(NOON,)]
    assert rows(experiment, "events", "occurred_us") == [(NOON,)]  # carries its own zone


def test_names_are_quoted_and_hide_columns_that_are_spelled_alike(
    tmp_path: Path, write: Any
) -> None:
    exposures = write(
        "it's a ; drop table ü/x.parquet",
        'select 1 as user_id, 7 as "a""; drop table x; --", \'A\' as grp, 99 as "ARM", '
        "timestamptz '2026-03-02 12:00:00+00' as exposed_at",
    )
    source = Source(
        name="exposures",
        paths=(exposures,),
        columns={"arm": Column(name="grp")},
        derive={"it's": Expression(text='"a""; drop table x; --" + 1')},
        where=Expression(text="arm = 'A' and \"it's\" = 8"),
    )
    experiment = journeys(
        tmp_path, source, Source(name="events", paths=(write("e.parquet", EVENTS),))
    )
    assert rows(experiment, "exposures", 'arm, "it\'s", "a""; drop table x; --", unit') == [
        ("A", 8, 7, 1)
    ]


def test_a_computed_column_may_use_the_column_it_replaces_and_our_names(
    tmp_path: Path, write: Any
) -> None:
    events = write(
        "e.parquet",
        "select 1 as user_id, 'buy' as kind, 200 as amount, {'b': 5} as a, "
        "timestamptz '2026-03-02 12:00:00+00' as occurred_at",
    )
    source = Source(
        name="events",
        paths=(events,),
        columns={"event": Column(name="renamed")},
        derive={
            "amount": Expression(text="amount / 100"),
            "twice": Expression(text="amount * a.b"),
            "renamed": Expression(text="case when kind = 'buy' then 'purchase' end"),
        },
    )
    experiment = journeys(
        tmp_path, Source(name="exposures", paths=(write("x.parquet", EXPOSURES),)), source
    )
    assert rows(experiment, "events", "amount, twice, event, renamed") == [
        (2.0, 10.0, "purchase", "purchase")
    ]


def test_arms_that_are_files_are_written_as_in_the_data(tmp_path: Path, write: Any) -> None:
    paths: Mapping[str, tuple[str, ...]] = {
        name: (write(f"{name}.parquet", f"select {units} as units, 'x' as day"),)
        for name, units in (("a", 3), ("b", 4))
    }
    source = Source(name="totals", arm_paths=paths)
    experiment = replace(
        journeys(tmp_path, source, source),
        data=Data(shape="totals", root=tmp_path, sources=(source,)),
        stages=(),
        outcome=None,
        unit=None,
    )
    assert rows(experiment, "totals", "arm, units, day") == [("A", 3, "x"), ("B", 4, "x")]
