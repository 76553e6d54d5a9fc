"""What would have become of every unit under every arm: individual truth, for tests of estimators.

The draws of a unit are the same under every arm (common random numbers, methods 6.1), so that its
compliers, defiers and principal strata can be counted. No log holds this, and no analysis reads it.
"""

from pathlib import Path

from pathlift.simulation.drawing import LIVES, PEOPLE, engine_of, numbers_of, ranges, run, run_all
from pathlift.simulation.logs import UNITS_PER_FILE, Progress
from pathlift.simulation.scenarios import Scenario

FOLDER = "potential_outcomes"


def write_potential_outcomes(
    scenario: Scenario,
    folder: Path,
    *,
    progress: Progress | None = None,
    units_per_file: int = UNITS_PER_FILE,
) -> tuple[Path, ...]:
    """Write one row per unit and arm.

    Parameters
    ----------
    scenario : Scenario
        The world. What is wrong with its log is not in these rows.
    folder : Path
        Receives ``potential_outcomes/*.parquet``, one file per arm and block of units, with the
        columns shopper_id, arm, assigned, label, converted, need_at, touchpoint_at, trust_at and
        order_at (microseconds after exposure; null if never within the log).
    progress : callable or None
        Called with ``(done, total)`` units of all arms.
    units_per_file : int, default 50,000
        Units of a block.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("part-*.parquet"):
        old.unlink()
    connection, numbers = engine_of(scenario), numbers_of(scenario)
    total, files = scenario.units * len(scenario.arms), list[Path]()
    done = 0
    for first, last in ranges(scenario.units, units_per_file):
        run_all(connection, [PEOPLE], numbers | {"first_unit": first, "last_unit": last})
        for arm_id in range(len(scenario.arms)):
            run_all(connection, LIVES, numbers | {"arm_id": arm_id})
            files.append(place / f"part-{len(files):04}.parquet")
            binds = {"window": scenario.window, "path": str(files[-1])}
            run(connection, "potential_outcomes", binds)
            done += last - first
            if progress is not None:
                progress(done, total)
    return tuple(files)
