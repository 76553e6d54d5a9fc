"""Logs drawn from a scenario, written as the Parquet that a worked example reads.

In blocks of units so that memory stays bounded. This module puts the files in place; what is drawn
is in ``drawing``, and it computes no truth.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from pathlift.errors import DataError, Problem
from pathlift.simulation.drawing import (
    LIVES,
    LOG,
    PEOPLE,
    Binds,
    engine_of,
    numbers_of,
    query,
    ranges,
    run_all,
)
from pathlift.simulation.scenarios import Scenario

if TYPE_CHECKING:
    import duckdb

DATA = Path("data")
EXPOSURES, EVENTS, BOTS = "exposures", "events", "bots"
UNITS_PER_FILE = 50_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFacts:
    """What was written.

    Attributes
    ----------
    folder : Path
        As given; the data lies in ``data/journeys`` below it, or as the scenario says.
    files : tuple of Path
        Exposures first.
    units : int
        Shoppers whose exposure was logged.
    arm_units : tuple of (str, int)
        They by the arm that was drawn for them, in the scenario's order.
    exposures, events : int
        Rows.
    bytes : int
        Size of all files.
    """

    folder: Path
    files: tuple[Path, ...]
    units: int
    arm_units: tuple[tuple[str, int], ...]
    exposures: int
    events: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Some units, and what the queries are told about them."""

    binds: Binds
    units: int
    exposures: Path
    events: Path
    bots: Path | None

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.exposures, self.events, *([self.bots] if self.bots else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """Rows of one block, and its units by number of arm."""

    units: int
    exposures: int
    events: int
    arm_units: Mapping[int, int]


def write_logs(
    scenario: Scenario,
    folder: Path,
    *,
    progress: Progress | None = None,
    threads: int | None = None,
    units_per_file: int = UNITS_PER_FILE,
) -> LogFacts:
    """Draw a log and write it.

    Parameters
    ----------
    scenario : Scenario
        The world; ``scenario.sized(units)`` gives it more units.
    folder : Path
        Receives ``data/journeys/exposures/*.parquet`` and ``data/journeys/events/*.parquet``; the
        scenario may name another folder than journeys. ``bots/*.parquet`` beside them lists the
        bots, where the scenario has any.
        Files of an earlier run are replaced once all new ones are written.
    progress : callable or None
        Called with ``(done, total)`` units after every block.
    threads : int or None
        Blocks drawn at a time; None for one per core. The rows do not depend on it.
    units_per_file : int, default 50,000
        Units of a block. No unit and none of its events depend on it, only the file it lies in.

    Returns
    -------
    LogFacts
        Counts and places.

    Raises
    ------
    DataError
        If there is other Parquet in these folders, which a glob would read along.
    OSError
        If the folder cannot be written.
    """
    data = folder / DATA / scenario.data
    places = (data / EXPOSURES, data / EVENTS, data / BOTS)
    for place in places:
        _refuse_strangers(place)
    blocks = _blocks(scenario, places, units_per_file)
    finals = [path for block in blocks for path in block.files]
    for path in finals:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        written = _draw_all(scenario, blocks, threads or os.cpu_count() or 1, progress)
    except BaseException:
        for path in finals:
            _draft(path).unlink(missing_ok=True)
        raise
    _put_in_place(finals, places)
    return _facts(scenario, folder, blocks, written)


def _draw_all(
    scenario: Scenario, blocks: list[_Block], threads: int, progress: Progress | None
) -> list[_Written]:
    """Draw every block, each on one thread: DuckDB alone would give so few rows no second one."""
    workers = min(threads, len(blocks))
    idle: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
    for _ in range(workers):
        idle.put(engine_of(scenario))

    def draw(block: _Block) -> _Written:
        connection = idle.get()
        try:
            return _draw_block(connection, block)
        finally:
            idle.put(connection)

    done, written = 0, []
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(draw, block) for block in blocks]
        try:
            for future in as_completed(futures):
                written.append(future.result())
                done += written[-1].units
                if progress is not None:
                    progress(done, scenario.units)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return written


def _draw_block(connection: "duckdb.DuckDBPyConnection", block: _Block) -> _Written:
    run_all(connection, (PEOPLE, *LIVES, *LOG), block.binds)
    if block.bots:
        _write(connection, "write_bots", block.bots)
    ends = {"log_end": block.binds["log_end"]}
    return _Written(
        units=block.units,
        exposures=_write(connection, "write_exposures", block.exposures),
        events=_write(connection, "write_events", block.events),
        arm_units=dict(connection.execute(query("units_by_arm"), ends).fetchall()),
    )


def _blocks(scenario: Scenario, places: tuple[Path, ...], units_per_file: int) -> list[_Block]:
    exposures, events, bots = places
    has_bots = any(logging.bots for _, logging in scenario.observation.arms)
    whole = numbers_of(scenario)
    return [
        _Block(
            binds={**whole, "first_unit": first, "last_unit": last},
            units=last - first,
            exposures=exposures / f"part-{number:04}.parquet",
            events=events / f"part-{number:04}.parquet",
            bots=bots / f"part-{number:04}.parquet" if has_bots else None,
        )
        for number, (first, last) in enumerate(ranges(scenario.units, units_per_file))
    ]


def _facts(
    scenario: Scenario, folder: Path, blocks: list[_Block], written: list[_Written]
) -> LogFacts:
    files = (
        *(block.exposures for block in blocks),
        *(block.events for block in blocks),
        *(block.bots for block in blocks if block.bots),
    )
    arm_units = tuple(
        (arm.arm, sum(one.arm_units.get(number, 0) for one in written))
        for number, arm in enumerate(scenario.arms)
    )
    return LogFacts(
        folder=folder,
        files=files,
        units=sum(units for _, units in arm_units),
        arm_units=arm_units,
        exposures=sum(one.exposures for one in written),
        events=sum(one.events for one in written),
        bytes=sum(path.stat().st_size for path in files),
    )


def _write(connection: "duckdb.DuckDBPyConnection", name: str, path: Path) -> int:
    """Write a table of the block under its draft name; its number of rows."""
    row = connection.execute(query(name), {"path": str(_draft(path))}).fetchone()
    assert row is not None  # `copy` answers with one row
    return int(row[0])


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.stem}.tmp")


def _refuse_strangers(place: Path) -> None:
    strangers = sorted(path for path in place.rglob("*.parquet") if not _ours(path, place))
    if strangers:
        problem = Problem(
            message="this is not of a simulated log, and an analysis would read it along",
            subject=str(strangers[0]),
            hint="simulate into another folder, or move the file away",
        )
        raise DataError([problem])


def _ours(path: Path, place: Path) -> bool:
    return path.parent == place and path.match("part-*.parquet")


def _put_in_place(finals: list[Path], places: tuple[Path, ...]) -> None:
    """Rename the drafts; parts of an earlier and larger run go."""
    for place in places:
        for old in set(place.glob("part-*.parquet")) - set(finals):
            old.unlink()
    for path in finals:
        _draft(path).replace(path)
