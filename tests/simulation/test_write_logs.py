"""The files of a simulated log: complete, the same for a seed, honest about their noise."""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pathlift.errors import DataError
from pathlift.simulation import LogFacts, Scenario, scenario, write_logs
from pathlift.simulation.drawing import LIVES, PEOPLE, engine_of, numbers_of, run_all

DAY = 86_400_000_000  # microseconds
SMALL = scenario("journeys").sized(400)


def rows_of(folder: Path, table: str) -> list[tuple[object, ...]]:
    files = str(folder / "data" / "journeys" / table / "*.parquet")
    # as text: DuckDB 1.5 needs pytz to hand over an instant
    query = "select columns(*)::varchar from read_parquet($files) order by all"
    return duckdb.execute(query, {"files": files}).fetchall()


def one(log: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = log.execute(query).fetchone()
    assert row is not None
    return row


def test_a_seed_gives_the_same_rows_for_any_threads_and_any_files(tmp_path: Path) -> None:
    write_logs(SMALL, tmp_path / "one", threads=1)
    write_logs(SMALL, tmp_path / "two", threads=2, units_per_file=700)
    write_logs(SMALL.seeded(1), tmp_path / "other")
    for table in ("exposures", "events"):
        rows = rows_of(tmp_path / "one", table)
        assert rows == rows_of(tmp_path / "two", table)
        assert rows != rows_of(tmp_path / "other", table)


def test_facts_are_what_the_files_hold(
    facts: LogFacts, log: duckdb.DuckDBPyConnection, world: Scenario
) -> None:
    assert one(log, "select count(*) from exposures") == (facts.exposures,)
    assert one(log, "select count(*) from events") == (facts.events,)
    assert one(log, "select count(distinct shopper_id) from exposures") == (facts.units,)
    counted = log.execute("select arm, count(*) from journeys group by arm").fetchall()
    assert dict(counted) == dict(facts.arm_units)
    assert facts.units == world.units == sum(units for _, units in facts.arm_units)
    assert len(facts.files) == 6  # 24,000 units in files of 10,000, of exposures and of events
    assert facts.bytes == sum(path.stat().st_size for path in facts.files)


def test_a_million_units_give_eight_million_events(facts: LogFacts) -> None:
    assert facts.events / facts.units == pytest.approx(8, abs=0.5)


def test_columns_and_types_are_those_of_the_worked_example(
    log: duckdb.DuckDBPyConnection,
) -> None:
    instant = "TIMESTAMP WITH TIME ZONE"
    assert types(log, "exposures") == {
        "shopper_id": "VARCHAR",
        "arm": "VARCHAR",
        "first_seen": instant,
        "prior_spend": "DOUBLE",
        "country": "VARCHAR",
        "platform": "VARCHAR",
        "returning": "BOOLEAN",
        "creator_id": "VARCHAR",
    }
    assert types(log, "events") == {
        "shopper_id": "VARCHAR",
        "event": "VARCHAR",
        "occurred_at": instant,
        "event_id": "BIGINT",
        "received_at": instant,
        "visible_ms": "BIGINT",
        "dwell_ms": "BIGINT",
        "watch_ms": "BIGINT",
        "creator_id": "VARCHAR",
        "amount": "DOUBLE",
        "platform": "VARCHAR",
    }


def types(log: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in log.execute(f"describe {table}").fetchall()}


def test_all_events_of_the_worked_example_occur_and_no_others(
    log: duckdb.DuckDBPyConnection,
) -> None:
    found = {event for (event,) in log.execute("select distinct event from events").fetchall()}
    need = {"search", "filter", "wishlist", "cart"}
    trust = {"review_read", "creator_follow", "creator_watch"}
    assert found == need | {"product_view", "impression"} | trust | {"purchase", "refund"}


def test_amounts_are_whole_cents_of_orders_and_refunds(log: duckdb.DuckDBPyConnection) -> None:
    wrong = """
        select count(*) from events
        where (amount is not null) <> (event in ('purchase', 'refund'))
            or amount < 0.01 or amount <> round(amount * 100) / 100
    """
    assert one(log, wrong) == (0,)
    wrong = "select count(*) from exposures where prior_spend <> round(prior_spend * 100) / 100"
    assert one(log, wrong) == (0,)


def test_exposures_fill_the_period_and_the_log_outlasts_every_unit(
    log: duckdb.DuckDBPyConnection, world: Scenario
) -> None:
    first, last = one(
        log, "select min(epoch_us(first_seen)), max(epoch_us(first_seen)) from exposures"
    )
    assert micros(world.start) <= first < last < micros(world.stop)
    assert one(log, "select count(distinct first_seen::date) from exposures") == (28,)
    (ends,) = one(log, "select max(epoch_us(occurred_at)) from events")
    assert ends == micros(world.log_end) - 1_000_000


def micros(instant: datetime) -> int:
    return int(instant.timestamp()) * 1_000_000


def test_the_stages_lie_where_the_chain_put_them(
    log: duckdb.DuckDBPyConnection, world: Scenario
) -> None:
    """Read by the rules, every first time is the chain's; what it lacks comes after an order."""
    engine = engine_of(world)
    numbers = numbers_of(world) | {"first_unit": 0, "last_unit": world.units}
    run_all(engine, (PEOPLE, *LIVES), numbers)
    drawn = engine.execute(
        "select shopper_id, need_at, touchpoint_at, trust_at, order_1_at from journeys "
        "order by shopper_id"
    ).fetchall()
    read = log.execute("select unit, need, touchpoint, trust from journeys order by unit")
    late = 0
    for (unit, *stages, ordered), (reader_unit, *seen) in zip(drawn, read.fetchall(), strict=True):
        assert unit == reader_unit
        for chain, rule in zip(stages, seen, strict=True):
            if chain is None and rule is not None:
                assert ordered is not None, unit
                assert rule > ordered, unit
                late += 1
            else:
                assert rule == chain, unit
    assert late > 0


def test_noise_is_there_to_be_told_from_signal(log: duckdb.DuckDBPyConnection) -> None:
    counted = one(
        log,
        """
        select
            count(*) filter (event = 'impression' and visible_ms < 1000),
            count(*) filter (event = 'impression' and visible_ms in (999, 1000)),
            count(*) filter (event = 'review_read' and dwell_ms < 3000),
            count(*) filter (event = 'creator_watch' and creator_id is null),
            count(*) filter (not exists (
                select 1 from exposures as x where x.shopper_id = events.shopper_id
            ))
        from events
        """,
    )
    assert all(count > 50 for count in counted)


def test_the_past_holds_stages_and_orders_within_and_beyond_the_lookback(
    log: duckdb.DuckDBPyConnection,
) -> None:
    past = log.execute(
        """
        select event in ('review_read', 'creator_follow', 'creator_watch') as is_trust,
            event = 'purchase' as is_order,
            epoch_us(first_seen) - epoch_us(occurred_at) as age
        from events
        inner join (
            select shopper_id, min(first_seen) as first_seen from exposures group by shopper_id
        ) as x on x.shopper_id = events.shopper_id
        where occurred_at < first_seen and visible_ms is null or visible_ms >= 1000
        """
    ).fetchall()
    for is_trust, is_order, lookback in ((True, False, 180), (False, False, 28), (False, True, 28)):
        ages = [age / DAY for a, b, age in past if (a, b) == (is_trust, is_order) and age > 0]
        assert sum(age <= lookback for age in ages) > 20
        assert sum(age > lookback for age in ages) > 20


def test_some_watch_several_creators_for_thirty_seconds_in_all_and_trust_none(
    log: duckdb.DuckDBPyConnection,
) -> None:
    (units,) = one(
        log,
        """
        select count(*) from (
            select shopper_id from events
            where event = 'creator_watch' and shopper_id in (
                select unit from journeys where trust is null
            )
            group by shopper_id
            having sum(watch_ms) >= 30000
        )
        """,
    )
    assert units > 50


def test_a_twice_delivered_event_differs_in_nothing_but_its_second_arrival(
    log: duckdb.DuckDBPyConnection, facts: LogFacts
) -> None:
    twice, alike, apart = one(
        log,
        """
        select count(*), count(*) filter (kinds = 1), count(*) filter (first < last)
        from (
            select min(received_at) as first, max(received_at) as last,
                count(distinct (shopper_id, event, occurred_at, visible_ms, dwell_ms, watch_ms,
                    creator_id, amount, platform)) as kinds
            from events group by event_id having count(*) > 1
        )
        """,
    )
    assert twice == alike == apart
    assert 0.0003 < twice / facts.events < 0.0007  # drawn with .0005; four errors are .0002


def test_who_is_exposed_again_comes_later_and_seldom_in_another_arm(
    log: duckdb.DuckDBPyConnection, facts: LogFacts
) -> None:
    again, crossed = one(
        log,
        """
        select count(*), count(*) filter (arms > 1)
        from (
            select count(distinct arm) as arms, count(distinct first_seen) as times
            from exposures group by shopper_id having count(*) > 1
        )
        where times = 2
        """,
    )
    assert again == facts.exposures - facts.units  # none is exposed three times, none at once
    assert 0.005 < again / facts.units < 0.013
    # drawn with .0005 once the period's end has cut some; four errors of 12 are 14, at least one
    assert 1 <= crossed <= 26


def test_every_event_is_received_after_it_occurred_and_few_a_day_later(
    log: duckdb.DuckDBPyConnection, facts: LogFacts
) -> None:
    early, late = one(
        log,
        "select count(*) filter (received_at <= occurred_at), "
        "count(*) filter (received_at > occurred_at + interval 1 day) from events",
    )
    assert early == 0
    assert 0 < late / facts.events < 0.002


def test_only_the_influencer_arm_names_a_creator_at_exposure(
    log: duckdb.DuckDBPyConnection,
) -> None:
    wrong = "select count(*) from exposures where (creator_id is not null) <> (arm = 'influencer')"
    assert one(log, wrong) == (0,)


def test_progress_tells_units_done_and_ends_at_all(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_logs(
        SMALL, tmp_path, units_per_file=700, progress=lambda done, all_: seen.append((done, all_))
    )
    assert len(seen) == 2
    assert seen[-1] == (1200, 1200)


def test_a_smaller_run_leaves_nothing_of_a_larger_one(tmp_path: Path) -> None:
    write_logs(SMALL, tmp_path, units_per_file=700)
    facts = write_logs(SMALL.sized(100), tmp_path, units_per_file=700)
    assert sorted(tmp_path.rglob("*.*")) == sorted(facts.files)


def test_a_run_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def stop(done: int, _all: int) -> None:
        raise RuntimeError(f"stopped at {done}")

    with pytest.raises(RuntimeError, match="stopped at"):
        write_logs(SMALL, tmp_path, units_per_file=700, progress=stop)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_parquet_of_somebody_else_is_not_mixed_with(tmp_path: Path) -> None:
    place = tmp_path / "data" / "journeys" / "events" / "2026"
    place.mkdir(parents=True)
    (place / "real.parquet").touch()
    with pytest.raises(DataError, match="an analysis would read it along"):
        write_logs(SMALL, tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["real.parquet"]
