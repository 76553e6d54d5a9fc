"""How a scenario is drawn: its numbers bound into the SQL of ``queries/simulation``, step by step.

Knows no file of a log, and computes no truth.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from pathlift.places import queries_folder
from pathlift.simulation.scenarios import Scenario

if TYPE_CHECKING:
    import duckdb

Binds = Mapping[str, object]
Step = tuple[str, tuple[str, ...]]
_SECOND = 1_000_000  # in microseconds

# In order, each with what it is told; each makes or fills the tables that later ones read.
_ONCE = ("draws", "kinds", "worlds")
_AFTER_WORLDS = ("edges", "jump_rates")
PEOPLE: Step = (
    "people",
    (
        "seed",
        "first_unit",
        "last_unit",
        "creators",
        "by_creator",
        "frailty_stages",
        "frailty_purchase",
    ),
)
LIVES: tuple[Step, ...] = (
    ("units", ("arm_id", "by_creator", "start", "stop")),
    ("journeys", ("horizon",)),
)
LOG: tuple[Step, ...] = (
    ("exposures", ("stop", "log_end")),
    ("happenings", ()),
    ("stage_events", ()),
    ("order_events", ()),
    ("noise_events", ("horizon", "creators")),
    ("history_events", ("creators",)),
    ("carried_events", ()),
    ("bot_events", ()),
    ("stray_events", ("seed", "first_unit", "last_unit", "all_units", "start", "log_end")),
    ("events", ("batch", "skew", "log_end")),
)


def engine_of(scenario: Scenario) -> "duckdb.DuckDBPyConnection":
    """Open an engine of one thread that knows the scenario's numbers and what follows from them.

    Parameters
    ----------
    scenario : Scenario
        The world.

    Returns
    -------
    DuckDBPyConnection
        In memory; the caller closes it, or lets it go.
    """
    import duckdb  # 0.15 s of import, and only whoever writes logs needs it

    connection = duckdb.connect(config={"threads": 1})
    connection.execute("set timezone = 'UTC'")
    for name in _ONCE:
        run(connection, name)
    for number, arm in enumerate(scenario.arms):
        logging = scenario.logging(arm.arm)
        known = {"arm_id": number, **asdict(arm), **logging.to_dict()}
        run(connection, "insert_arm", known)
        for other, shopper in enumerate(scenario.classes):
            share = logging.missing_share(shopper.name)
            if share:
                binds = {"arm_id": number, "class_id": other, "share": share}
                run(connection, "insert_missing", binds)
    for number, shopper in enumerate(scenario.classes):
        run(connection, "insert_class", {"class_id": number, **asdict(shopper)})
    for ordering, factor in scenario.orderings:
        run(connection, "insert_ordering", {"ordering": ordering, "factor": factor})
    for step, factor in scenario.steps:
        run(connection, "insert_step", {"step": step, "factor": factor})
    for ordering, share in scenario.carry_in:
        run(connection, "insert_carried", {"ordering": ordering, "share": share})
    met = scenario.creators
    numbers = {"seed": scenario.seed, "number": met.number, "spread": met.spread}
    run(connection, "creators", numbers)
    for name in _AFTER_WORLDS:
        run(connection, name)
    return connection


def numbers_of(scenario: Scenario) -> dict[str, object]:
    """Everything that the steps are told, but for the units of a block.

    Parameters
    ----------
    scenario : Scenario
        The world.

    Returns
    -------
    dict
        By name; ``arm_id`` is None, which means: every unit in the arm that was drawn for it.
    """
    return {
        "arm_id": None,
        "creators": scenario.creators.number,
        "by_creator": scenario.creators.randomised,
        "frailty_stages": scenario.frailty.stages,
        "frailty_purchase": scenario.frailty.purchase,
        "batch": _SECOND * scenario.observation.batch,
        "skew": _SECOND * scenario.observation.skew,
        "seed": scenario.seed,
        "all_units": scenario.units,
        "start": _micros(scenario.start),
        "stop": _micros(scenario.stop),
        "log_end": _micros(scenario.log_end),
        "horizon": scenario.horizon,
    }


def ranges(units: int, size: int) -> list[tuple[int, int]]:
    """Split units into blocks.

    Parameters
    ----------
    units : int
    size : int
        Units of a block.

    Returns
    -------
    list of (int, int)
        First unit of each block, and the one after its last.
    """
    return [(first, min(first + size, units)) for first in range(0, units, size)]


def run_all(connection: "duckdb.DuckDBPyConnection", steps: Iterable[Step], binds: Binds) -> None:
    """Run steps in their order.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Of ``engine_of``.
    steps : iterable of (str, tuple of str)
        Names of files, and of what each is told.
    binds : mapping of str to object
        At least all of that.
    """
    for name, wanted in steps:
        run(connection, name, {key: binds[key] for key in wanted})


def run(connection: "duckdb.DuckDBPyConnection", name: str, binds: Binds | None = None) -> None:
    """Run one file.

    Parameters
    ----------
    connection : DuckDBPyConnection
    name : str
        Of the file, without its ending.
    binds : mapping of str to object, optional
        Exactly what the file binds.
    """
    connection.execute(query(name), dict(binds) if binds else None)


def query(name: str) -> str:
    """Read the text of one file.

    Parameters
    ----------
    name : str
        Of the file, without its ending.

    Returns
    -------
    str
    """
    return (queries_folder() / "simulation" / f"{name}.sql").read_text(encoding="utf-8")


def _micros(instant: datetime) -> int:
    return int(instant.timestamp()) * 1_000_000
