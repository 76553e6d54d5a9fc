"""Run rows in pieces, on one or several processes, and say honestly what was done.

A piece's draws depend on the seed, the row and the number of the piece alone: not on how many
processes there are. Ctrl-C ends the run and keeps what was measured.
"""

import math
import os
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import get_context, parent_process
from zlib import crc32

import numpy as np

from pathlift.calibration.row import Draws, Row
from pathlift.result.calibration import Calibration, CalibrationRow, RowVerdict

FAMILYWISE = 0.01
"""Level over all tested readings of the table, also where only some rows are run."""

_LIBRARIES = ("pathlift", "numpy", "scipy", "duckdb")

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """So many replicates of one row.

    Attributes
    ----------
    row : str
    place : int
        Number of the piece within its row, from 0.
    size : int
        Replicates.
    seed : int
        Of the whole run.
    """

    row: str
    place: int
    size: int
    seed: int

    def draw(self, row: Row) -> tuple[Draws, float]:
        """Draw the replicates.

        Parameters
        ----------
        row : Row

        Returns
        -------
        draws : mapping of str to Floats
        seconds : float
        """
        if row.draw is None:
            raise ValueError(f"{row.id} cannot be drawn: {row.not_there}")
        begin = time.process_time()
        # the id, not the position: a new row changes no other
        sequence = np.random.SeedSequence(self.seed, spawn_key=(crc32(row.id.encode()), self.place))
        drawn = row.draw(np.random.default_rng(sequence), self.size)
        return drawn, time.process_time() - begin


@dataclass(slots=True)
class _Measured:
    """What a row has so far, by piece."""

    row: Row
    wanted: int
    draws: dict[int, Draws] = field(default_factory=dict)
    seconds: float = 0.0


def calibrate(
    rows: Sequence[Row],
    *,
    table: Sequence[Row],
    seed: int,
    quick: bool = False,
    replicates: int | None = None,
    processes: int = 1,
    command: str = "",
    progress: Progress | None = None,
) -> Calibration:
    """Measure rows.

    Parameters
    ----------
    rows : sequence of Row
        In their order. With several processes, rows of the registry.
    table : sequence of Row
        The whole table, over whose tested readings the level is familywise.
    seed : int
    quick : bool, default False
        The rows' quick numbers of replicates; rows without one are left out.
    replicates : int, optional
        At most so many a row.
    processes : int, default 1
    command : str, optional
        What was typed.
    progress : callable, optional
        Called with the step and the share of it that is done, in [0, 1].

    Returns
    -------
    Calibration
        After Ctrl-C: of what was done until then, `complete` false.
    """
    begin, started = time.perf_counter(), datetime.now(UTC)
    measured = {
        row.id: _Measured(row, _wanted(row, quick=quick, replicates=replicates)) for row in rows
    }
    pieces = [piece for each in measured.values() for piece in _pieces(each.row, each.wanted, seed)]
    total = sum(piece.size for piece in pieces) or 1
    complete, done = True, 0
    try:
        for piece, (draws, seconds) in _drawn(pieces, measured, processes):
            of = measured[piece.row]
            of.draws[piece.place] = draws
            of.seconds += seconds
            done += piece.size
            if progress is not None:
                progress("replicates of all rows", done / total)
    except KeyboardInterrupt:
        complete = False
    level = FAMILYWISE / max(sum(claim.tested for row in table for claim in row.claims), 1)
    judged = tuple(_judged(each, level) for each in measured.values())
    return Calibration(
        sentence=_sentence(judged, complete=complete),
        rows=judged,
        complete=complete,
        level=level,
        familywise=FAMILYWISE,
        seed=seed,
        quick=quick,
        started=started,
        seconds=round(time.perf_counter() - begin, 1),
        processes=processes,
        command=command,
        versions={"python": platform.python_version()}
        | {library: version(library) for library in _LIBRARIES},
    )


def _wanted(row: Row, *, quick: bool, replicates: int | None) -> int:
    if row.draw is None:
        return 0
    wanted = row.quick if quick else row.replicates
    return wanted if replicates is None else min(wanted, replicates)


def _pieces(row: Row, wanted: int, seed: int) -> Iterator[Piece]:
    count = math.ceil(wanted / row.chunk) if wanted else 0
    for place in range(count):
        size = min(row.chunk, wanted - place * row.chunk)
        yield Piece(row=row.id, place=place, size=size, seed=seed)


def _drawn(
    pieces: Sequence[Piece], measured: dict[str, _Measured], processes: int
) -> Iterator[tuple[Piece, tuple[Draws, float]]]:
    if processes == 1:
        for piece in pieces:
            yield piece, piece.draw(measured[piece.row].row)
        return
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_leave_stopping_to_the_parent
    )
    try:
        waiting: dict[Future[tuple[Draws, float]], Piece] = {
            pool.submit(_draw_registered, piece): piece for piece in pieces
        }
        while waiting:
            finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                yield waiting.pop(future), future.result()
    finally:
        pool.shutdown(cancel_futures=True)  # pieces that have begun take a second or two


def _leave_stopping_to_the_parent() -> None:
    """Ctrl-C is the parent's to read; but whoever kills it ends its workers as well."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # a worker waits for work, and nobody will ever send any


def _draw_registered(piece: Piece) -> tuple[Draws, float]:
    from pathlift.calibration.table import row_named

    return piece.draw(row_named(piece.row))


def _judged(measured: _Measured, level: float) -> CalibrationRow:
    row = measured.row
    order = sorted(measured.draws)
    readings = tuple(
        claim.read(np.concatenate([measured.draws[place][claim.name] for place in order]), level)
        for claim in row.claims
        if order
    )
    done = sum(_size(measured.draws[place], row) for place in order)
    return CalibrationRow(
        id=row.id,
        scenario=row.scenario,
        target=row.target,
        readings=readings,
        wanted=measured.wanted,
        replicates=done,
        seconds=round(measured.seconds, 2),
        verdict=_verdict(row, [reading.verdict for reading in readings]),
        reason=row.not_there or ("" if readings else "left out of this run"),
    )


def _size(draws: Draws, row: Row) -> int:
    return max(len(draws[claim.name]) for claim in row.claims)


def _verdict(row: Row, found: Sequence[str]) -> RowVerdict:
    if row.draw is None:
        return "not_there"
    if not found:
        return "not_run"
    if "fail" in found:
        return "fail"
    return "pass" if "pass" in found else "shown"


def _sentence(rows: Sequence[CalibrationRow], *, complete: bool) -> str:
    tested = [row for row in rows if row.verdict in ("pass", "fail")]
    failed = [row.id for row in tested if row.verdict == "fail"]
    begin = "" if complete else "Stopped early: what follows is what was measured until then. "
    if not tested:
        return f"{begin}Nothing was tested."
    held = f"{len(tested) - len(failed)} of {len(tested)} rows hold"
    if failed:
        return f"{begin}{held}; {', '.join(failed)} {'do' if len(failed) > 1 else 'does'} not."
    return f"{begin}{held}."
