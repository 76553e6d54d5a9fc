"""Rows run in pieces: the same numbers however they are dealt out, and honest when stopped."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pathlift.calibration.claims import Claim, Share
from pathlift.calibration.row import Draws, Row
from pathlift.calibration.running import calibrate
from pathlift.calibration.table import TABLE, row_named
from pathlift.inference.tails import two_sided_p
from pathlift.result.calibration import Calibration


def row_of(
    id: str, draw: Callable[[np.random.Generator, int], Draws] | None, *claims: Claim
) -> Row:
    """A row of 4,000 replicates in pieces of 500."""
    return Row(
        id=id,
        scenario="a test",
        target="holds",
        claims=claims or (Share(name="found", low=0.045, high=0.055),),
        draw=draw,
        replicates=4_000,
        chunk=500,
        not_there="" if draw else "nobody wrote it",
    )


def rejecting(scale: float) -> Callable[[np.random.Generator, int], Draws]:
    """A z test whose standard error is wrong by a factor."""

    def draw(rng: np.random.Generator, replicates: int) -> Draws:
        p = two_sided_p(rng.normal(size=replicates) * scale, np.inf)
        return {"found": (p < 0.05).astype(float)}

    return draw


def run(*rows: Row, **changes: object) -> Calibration:
    """These rows as the whole table."""
    return calibrate(rows, table=rows, seed=1, **changes)  # type: ignore[arg-type]


def test_a_right_method_passes_and_a_wrong_one_is_convicted() -> None:
    found = run(row_of("K1", rejecting(1.0)), row_of("K2", rejecting(1.2)))
    # with errors 20% too small a z test of 5% rejects in 10.2%: 2 * Phi(-1.96 / 1.2)
    assert [row.verdict for row in found.rows] == ["pass", "fail"]
    assert found.failed == ("K2",)
    assert found.sentence == "1 of 2 rows hold; K2 does not."
    assert found.complete


def test_the_level_is_shared_by_all_readings_of_the_table() -> None:
    rows = [row_of("K1", rejecting(1.0)), row_of("K2", rejecting(1.0))]
    alone = calibrate(rows[:1], table=rows, seed=1, replicates=500)
    assert alone.level == pytest.approx(0.01 / 2)
    assert alone.rows[0].replicates == 500


def test_a_row_that_is_not_there_says_why() -> None:
    found = run(row_of("K28", None))
    assert (found.rows[0].verdict, found.rows[0].reason) == ("not_there", "nobody wrote it")
    assert found.rows[0].readings == ()


def test_what_was_measured_until_ctrl_c_is_kept() -> None:
    calls = []

    def draw(rng: np.random.Generator, replicates: int) -> Draws:
        calls.append(replicates)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return rejecting(1.0)(rng, replicates)

    found = run(row_of("K1", draw), row_of("K2", rejecting(1.0)))
    assert not found.complete
    assert [(row.replicates, row.wanted) for row in found.rows] == [(1_500, 4_000), (0, 4_000)]
    assert [row.verdict for row in found.rows] == ["pass", "not_run"]
    assert found.sentence.startswith("Stopped early")


def test_draws_depend_on_the_seed_and_the_row_and_not_on_its_neighbours() -> None:
    alone = run(row_of("K2", rejecting(1.0)))
    beside = run(row_of("K1", rejecting(1.0)), row_of("K2", rejecting(1.0)))
    assert alone.rows[0].readings[0].measured == beside.rows[1].readings[0].measured
    assert beside.rows[0].readings[0].measured != beside.rows[1].readings[0].measured


def test_several_processes_draw_what_one_draws() -> None:
    row = row_named("K15")
    one, two = (
        calibrate([row], table=TABLE, seed=3, replicates=9_000, processes=processes)
        for processes in (1, 2)
    )
    assert one.rows[0].readings == two.rows[0].readings


def test_ids_are_unique_and_every_claim_has_a_draw() -> None:
    assert len({row.id for row in TABLE}) == len(TABLE)
    for row in TABLE:
        assert (row.draw is None) == bool(row.not_there), row.id
        assert (row.draw is None) == (row.replicates == 0), row.id


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are read from /proc")
def test_whoever_kills_a_run_ends_its_workers(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pathlift", "calibrate", "--rows", "K1", "--jobs", "2"]
    run = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        workers = _waited(lambda: _workers_of(run.pid), lambda found: len(found) >= 2)
        time.sleep(0.5)
    finally:
        run.kill()
        run.wait()
    assert _waited(lambda: [pid for pid in workers if _lives(pid)], lambda left: not left) == []


def _workers_of(pid: int) -> list[int]:
    """Children of a process that were spawned to work."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            spawned = "spawn_main" in (folder / "cmdline").read_text()
        except (OSError, ValueError, IndexError):  # it ended while it was read
            continue
        if parent == pid and spawned:
            found.append(int(folder.name))
    return found


def _lives(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _waited(look: Callable[[], list[int]], enough: Callable[[list[int]], bool]) -> list[int]:
    """What was seen once it was enough, or after half a minute."""
    until = time.monotonic() + 30
    while not enough(found := look()) and time.monotonic() < until:
        time.sleep(0.2)
    return found
