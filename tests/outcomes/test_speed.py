"""The fast road is worth having: judged by a ratio of CPU, so that any machine may be the judge."""

import time
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pathlift.outcomes.choosing import engine_for
from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment

pytestmark = pytest.mark.engine

DEFINITION = """
title: speed
unit: shopper
period: {first_day: 2026-03-02, last_day: 2026-03-29}
window: 14d
lookback: {default: 28d, trust: 60d}
data: {exposures: exposures.parquet, events: events.parquet}
arms: {search: {control: true}, content: {}}
stages:
  need: "event = 'e1'"
  touchpoint: "event in ('e2', 'e3')"
  trust: {any: ["event = 'e4'"], accumulate: {sum: watch_ms, per: creator, reach: 30000}}
outcome: "event = 'e5'"
metrics:
  conversion: {kind: proportion, role: primary}
  revenue: {kind: mean, sum: amount, where: "event = 'e5'", unit: 0.01}
"""
UNITS = 100_000
# Measured at a load of 20: .57 and .60; one more scan of the log adds about .05.
MOST = 0.8


@pytest.fixture
def written(tmp_path: Path) -> Path:
    duckdb.sql(f"""
        copy (
            select 's' || range as shopper, if(hash(range) % 2 = 0, 'search', 'content') as arm,
                timestamptz '2026-03-02' + to_seconds(hash(range, 1) % 2000000) as exposed_at
            from range({UNITS})
        ) to '{tmp_path}/exposures.parquet'
    """)
    duckdb.sql(f"""
        copy (
            select 's' || range // 20 as shopper, 'e' || hash(range, 2) % 8 as event,
                timestamptz '2026-02-20' + to_seconds(hash(range, 3) % 4000000) as occurred_at,
                range as event_id,
                if(hash(range, 5) % 8 = 0, hash(range, 6) % 20000, null)::bigint as watch_ms,
                'c' || hash(range, 7) % 50 as creator,
                (hash(range, 8) % 10000)::double / 100 as amount
            from (
                select range from range({UNITS} * 20)
                union all select range from range({UNITS} * 20) where hash(range, 4) % 100 = 0
            )
        ) to '{tmp_path}/events.parquet'
    """)
    path = tmp_path / "speed.yaml"
    path.write_text(DEFINITION, encoding="utf-8")
    return path


def seconds(path: Path, *, streams: bool) -> float:
    """CPU of one collection; of all threads."""
    experiment = load_experiment(path)
    with engine_for(experiment) as engine:
        engine.streams = streams
        begin = time.process_time()
        collect(experiment, as_of=date(2026, 6, 30), engine=engine)
        return time.process_time() - begin


def test_streaming_takes_much_less_than_sql(written: Path) -> None:
    runs = [(seconds(written, streams=True), seconds(written, streams=False)) for _ in range(2)]
    fast, slow = (min(each) for each in zip(*runs, strict=True))
    assert fast < MOST * slow, f"{fast:.2f} s by the fast road, {slow:.2f} s by SQL"
