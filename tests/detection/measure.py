"""Measure how often every check finds its fault, and how often it fails where nothing is wrong.

`make detect` runs it and writes the table into `analysis/CHECKS.md`; DETECT_ARGS go to it.
"""

import argparse
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from tests.detection.drawing import World, drawn, made_experiment
from tests.detection.faults import FAULTS, NOT_DRAWN, RANK

from pathlift.judgement.checks import CHECK_IDS, run_checks

PAGE = Path(__file__).parents[2] / "analysis" / "CHECKS.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SEED = 20_261_125
FOUND, FALSE = 0.95, 0.005
"""Least share of faults that are found; most runs of a sound experiment in which a check fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """How often each check warned or failed over runs without a fault."""

    runs: int
    warned: Counter[str]
    failed: Counter[str]


def hits(place: int, first: int, runs: int) -> int:
    """In how many runs a fault was found; a run's draws depend on its number alone."""
    return sum(
        FAULTS[place].found(np.random.default_rng([SEED, place, run]))
        for run in range(first, first + runs)
    )


def clean(first: int, runs: int) -> Clean:
    """Runs in which nothing is wrong."""
    experiment, world = made_experiment(), World()
    warned, failed = Counter[str](), Counter[str]()
    for run in range(first, first + runs):
        tables = drawn(world, np.random.default_rng([SEED, 10_000, run]))
        worst: dict[str, int] = {}
        for check in run_checks(experiment, tables):
            worst[check.id] = max(worst.get(check.id, 0), RANK[check.severity])
        warned.update(id for id, rank in worst.items() if rank == RANK["warn"])
        failed.update(id for id, rank in worst.items() if rank == RANK["fail"])
    return Clean(runs=runs, warned=warned, failed=failed)


def together(parts: Iterable[Clean]) -> Clean:
    """Several pieces as one."""
    whole = Clean(runs=0, warned=Counter(), failed=Counter())
    for part in parts:
        whole = Clean(
            runs=whole.runs + part.runs,
            warned=whole.warned + part.warned,
            failed=whole.failed + part.failed,
        )
    return whole


def table(found: Sequence[int], runs: int, sound: Clean) -> str:
    """The measured table as Markdown."""
    lines = [
        "| rule | check | fault | called | found | on sound data: fails | warns |",
        "|---|---|---|---|---|---|---|",
    ]
    for id in CHECK_IDS:
        for fault, hit in zip(FAULTS, found, strict=True):
            if fault.check == id:
                lines.append(
                    f"| {fault.rule} | `{id}` | {fault.size} | {fault.severity} | "
                    f"{hit / runs:.1%} | {_share(sound.failed[id], sound.runs)} | "
                    f"{_share(sound.warned[id], sound.runs)} |"
                )
    for id, why in NOT_DRAWN.items():
        lines.append(
            f"| | `{id}` | none drawn: it {why} | | | {_share(sound.failed[id], sound.runs)} | "
            f"{_share(sound.warned[id], sound.runs)} |"
        )
    return "\n".join(lines)


def _share(count: int, runs: int) -> str:
    return f"{count / runs:.2%}"


def _pieces(runs: int, size: int) -> list[tuple[int, int]]:
    return [(at, min(size, runs - at)) for at in range(0, runs, size)]


def main() -> int:
    """Measure, print, and write the page where asked to; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400, help="of each fault")
    parser.add_argument("--clean", type=int, default=4000, help="runs of a sound experiment")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    asked = parser.parse_args()
    begin = time.perf_counter()
    with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool:
        cleaning = [pool.submit(clean, at, n) for at, n in _pieces(asked.clean, 100)]
        faults = [
            [pool.submit(hits, place, at, n) for at, n in _pieces(asked.runs, 50)]
            for place in range(len(FAULTS))
        ]
        found = []
        for place, futures in enumerate(faults):
            found.append(sum(future.result() for future in futures))
            print(f"{place + 1} of {len(FAULTS)} faults", end="\r", file=sys.stderr)
        sound = together(future.result() for future in cleaning)
    error = math.sqrt(FOUND * (1 - FOUND) / asked.runs)
    told = (
        f"{asked.runs:,} runs of each fault, {asked.clean:,} without one, of 24,000 units in three "
        f"arms; seed {SEED}, pathlift {version('pathlift')}, numpy {version('numpy')}; standard "
        f"error of a share of 95%: {error:.1%}; {(time.perf_counter() - begin) / 60:.0f} minutes "
        f"on {asked.processes} processes, at a load of {os.getloadavg()[2]:.0f} on "
        f"{os.cpu_count()} cores."
    )
    measured = f"{told}\n\n{table(found, asked.runs, sound)}"
    print(measured)
    if asked.write:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n\n{measured}\n\n{END}{after}", encoding="utf-8")
    missed = [FAULTS[place].size for place, hit in enumerate(found) if hit < FOUND * asked.runs] + [
        id for id, count in sound.failed.items() if count > FALSE * asked.clean
    ]
    if missed:
        print("below target:", "; ".join(missed), file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
