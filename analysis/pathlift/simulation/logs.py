"""Logs drawn from a scenario, written as the Parquet that ``experiments/journeys.yaml`` reads.

The drawing is SQL (``queries/simulation``), in blocks of units so that memory stays bounded. This
module binds the scenario's numbers, runs the queries in order and puts the files in place; it
computes no truth.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pathlift.errors import DataError, Problem
from pathlift.places import queries_folder
from pathlift.simulation.scenarios import Scenario

if TYPE_CHECKING:
    import duckdb

EXPOSURES = Path("data") / "journeys" / "exposures"
EVENTS = Path("data") / "journeys" / "events"
UNITS_PER_FILE = 100_000

Progress = Callable[[int, int], None]
Binds = Mapping[str, object]

# In order; each makes or fills the tables that later ones read. See the head of every file.
_ONCE = ("draws", "worlds")
_AFTER_WORLDS = ("edges", "jump_rates")
_PER_BLOCK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("units", ("seed", "first_unit", "last_unit", "start", "stop")),
    ("exposures", ("stop",)),
    ("journeys", ("horizon",)),
    ("happenings", ()),
    ("stage_events", ()),
    ("order_events", ()),
    ("noise_events", ("horizon",)),
    ("history_events", ()),
    ("stray_events", ("seed", "first_unit", "last_unit", "all_units", "start", "log_end")),
    ("events", ()),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFacts:
    """What was written.

    Attributes
    ----------
    folder : Path
        As given; the data lies in ``data/journeys`` below it.
    files : tuple of Path
        Exposures first.
    units : int
        Exposed units.
    arm_units : tuple of (str, int)
        Units by the arm of their first exposure, in the scenario's order.
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
        Receives ``data/journeys/exposures/*.parquet`` and ``data/journeys/events/*.parquet``.
        Files of an earlier run are replaced once all new ones are written.
    progress : callable or None
        Called with ``(done, total)`` units after every block.
    threads : int or None
        Threads of DuckDB; None for one per core. The rows do not depend on it.
    units_per_file : int, default 100,000
        Units drawn at a time. Neither the units nor their events depend on it.

    Returns
    -------
    LogFacts
        Counts and places.

    Raises
    ------
    DataError
        If there is other Parquet in these two folders, which a glob would read along.
    OSError
        If the folder cannot be written.
    """
    exposures, events = folder / EXPOSURES, folder / EVENTS
    for place in (exposures, events):
        _refuse_strangers(place)
        place.mkdir(parents=True, exist_ok=True)
    drafts: list[tuple[Path, Path]] = []
    counts = [0] * len(scenario.arms)
    rows = {"exposures": 0, "events": 0}
    with _connection(threads) as connection:
        _load_world(connection, scenario)
        try:
            for number, binds in enumerate(_blocks(scenario, units_per_file)):
                _draw_block(connection, binds)
                for table, place in (("exposures", exposures), ("events", events)):
                    final = place / f"part-{number:04}.parquet"
                    draft = final.with_suffix(".tmp")
                    drafts.append((draft, final))
                    rows[table] += _write_table(connection, table, draft)
                for arm_id, units in _units_by_arm(connection):
                    counts[arm_id] += units
                if progress is not None:
                    progress(binds["last_unit"], scenario.units)
        except BaseException:
            for draft, _ in drafts:
                draft.unlink(missing_ok=True)
            raise
    files = _put_in_place(drafts, (exposures, events))
    return LogFacts(
        folder=folder,
        files=files,
        units=sum(counts),
        arm_units=tuple((arm.arm, n) for arm, n in zip(scenario.arms, counts, strict=True)),
        exposures=rows["exposures"],
        events=rows["events"],
        bytes=sum(path.stat().st_size for path in files),
    )


def _connection(threads: int | None) -> "duckdb.DuckDBPyConnection":
    import duckdb  # 0.15 s of import, and only whoever writes logs needs it

    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    if threads is not None:
        connection.execute("set threads = $threads", {"threads": threads})
    return connection


def _load_world(connection: "duckdb.DuckDBPyConnection", scenario: Scenario) -> None:
    """Bind the scenario's numbers into tables, and prepare what follows from them."""
    for name in _ONCE:
        _run(connection, name)
    for number, arm in enumerate(scenario.arms):
        _run(connection, "insert_arm", {"arm_id": number, **asdict(arm)})
    for number, shopper in enumerate(scenario.classes):
        _run(connection, "insert_class", {"class_id": number, **asdict(shopper)})
    for ordering, factor in scenario.orderings:
        _run(connection, "insert_ordering", {"ordering": ordering, "factor": factor})
    for name in _AFTER_WORLDS:
        _run(connection, name)


def _blocks(scenario: Scenario, units_per_file: int) -> list[dict[str, int]]:
    """Binds of every block of units."""
    return [
        {
            "seed": scenario.seed,
            "first_unit": first,
            "last_unit": min(first + units_per_file, scenario.units),
            "all_units": scenario.units,
            "start": _micros(scenario.start),
            "stop": _micros(scenario.stop),
            "log_end": _micros(scenario.log_end),
            "horizon": scenario.horizon,
        }
        for first in range(0, scenario.units, units_per_file)
    ]


def _draw_block(connection: "duckdb.DuckDBPyConnection", binds: Mapping[str, int]) -> None:
    for name, wanted in _PER_BLOCK:
        _run(connection, name, {key: binds[key] for key in wanted})


def _units_by_arm(connection: "duckdb.DuckDBPyConnection") -> list[tuple[int, int]]:
    return connection.execute(_query("units_by_arm")).fetchall()


def _write_table(connection: "duckdb.DuckDBPyConnection", table: str, path: Path) -> int:
    """Write a table of the block; its number of rows."""
    row = connection.execute(_query(f"write_{table}"), {"path": str(path)}).fetchone()
    assert row is not None  # `copy` answers with one row
    return int(row[0])


def _run(connection: "duckdb.DuckDBPyConnection", name: str, binds: Binds | None = None) -> None:
    connection.execute(_query(name), dict(binds) if binds else None)


def _query(name: str) -> str:
    return (queries_folder() / "simulation" / f"{name}.sql").read_text(encoding="utf-8")


def _micros(instant: datetime) -> int:
    return int(instant.timestamp()) * 1_000_000


def _refuse_strangers(place: Path) -> None:
    strangers = [path for path in place.rglob("*.parquet") if not _ours(path, place)]
    if strangers:
        raise DataError(
            [
                Problem(
                    message="there is Parquet here that is not of a simulated log; "
                    "an analysis would read it along",
                    subject=str(strangers[0]),
                    hint="simulate into another folder, or move the file away",
                )
            ]
        )


def _ours(path: Path, place: Path) -> bool:
    return path.parent == place and path.match("part-*.parquet")


def _put_in_place(drafts: list[tuple[Path, Path]], places: tuple[Path, ...]) -> tuple[Path, ...]:
    """Rename the drafts; parts of an earlier and larger run go."""
    finals = {final for _, final in drafts}
    for place in places:
        for old in place.glob("part-*.parquet"):
            if old not in finals:
                old.unlink()
    for draft, final in drafts:
        draft.replace(final)
    return tuple(sorted(finals, key=lambda path: (path.parent.name != "exposures", path.name)))
