"""CPU of `--help`, of `check` over 500 files and of `analyze` over many small experiments.

Each in a process of its own, start-up and imports counted, as a person waits for them.

    python benchmarks/many_small.py [FILES] [EXPERIMENTS]
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

_DEFINITION = """
title: Does the new button convert?
hypothesis: It lifts conversion.
owner: growth
unit: shopper
period: {first_day: 2026-03-02, last_day: 2026-03-15}
window: 7d
data: {exposures: exposures.parquet, events: events.parquet}
arms: {old: {control: true}, new: {}}
outcome: "event = 'purchase'"
metrics:
  conversion: {kind: proportion, role: primary}
  revenue: {kind: mean, sum: amount, where: "event = 'purchase'", unit: 0.01}
decision: {success: [conversion]}
"""


def write(folder: Path, definitions: int) -> None:
    """So many definitions over the same 2,000 units."""
    duckdb.sql(f"""
        copy (
            select range as shopper, if(hash(range) % 2 = 0, 'old', 'new') as arm,
                timestamptz '2026-03-02' + to_seconds(hash(range, 1) % 1000000) as exposed_at
            from range(2000)
        ) to '{folder}/exposures.parquet'
    """)
    duckdb.sql(f"""
        copy (
            select range % 2000 as shopper, if(hash(range, 2) % 9 = 0, 'purchase', 'view') as event,
                timestamptz '2026-03-02' + to_seconds(hash(range, 3) % 2000000) as occurred_at,
                (hash(range, 4) % 10000)::double / 100 as amount
            from range(10000)
        ) to '{folder}/events.parquet'
    """)
    for number in range(definitions):
        (folder / f"e{number:04d}.yaml").write_text(_DEFINITION, encoding="utf-8")


def took(*words: str, folder: Path) -> tuple[float, float]:
    """CPU and clock of a command."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "pathlift", *words]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - begin


def main() -> None:
    """Write, run, print one line each."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    experiments = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    with tempfile.TemporaryDirectory() as name:
        few, many = Path(name) / "few", Path(name) / "many"
        for folder, count in ((few, files), (many, experiments)):
            (folder / "experiments").mkdir(parents=True)
            write(folder / "experiments", count)
        for what, words, folder in (
            ("--help", ("--help",), few),
            (f"check of {files} files", ("check",), few),
            (f"analyze of {experiments} experiments", ("analyze", "experiments", "--quiet"), many),
        ):
            cpu, clock = took(*words, folder=folder)
            print(f"{what:32} {cpu:6.2f} s of CPU, {clock:6.2f} s by the clock", flush=True)
        print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
