"""One small log of the worked example, drawn once, and a reading of it that is only for tests."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pathlift.simulation import LogFacts, Scenario, scenario, write_logs


@pytest.fixture(scope="session")
def world() -> Scenario:
    return scenario("journeys").sized(8_000)


@pytest.fixture(scope="session")
def facts(world: Scenario, tmp_path_factory: pytest.TempPathFactory) -> LogFacts:
    return write_logs(world, tmp_path_factory.mktemp("log"), units_per_file=10_000)


@pytest.fixture(scope="session")
def log(facts: LogFacts, world: Scenario) -> Iterator[duckdb.DuckDBPyConnection]:
    """Views ``exposures`` and ``events``, and the table ``journeys`` of one row per unit."""
    with read_log(facts.folder, world) as connection:
        yield connection


def read_log(folder: Path, world: Scenario) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for name in ("exposures", "events"):
        files = folder / "data" / "journeys" / name / "*.parquet"
        connection.execute(f"create view {name} as select * from read_parquet('{files}')")
    query = (Path(__file__).parent / "read_journeys.sql").read_text(encoding="utf-8")
    connection.execute(
        f"create table journeys as {query}",
        {"window": world.window, "refund_window": world.refund_window},
    )
    return connection
