"""CPU of small runs: --help, check of 500 definitions, analyze of a registry of small experiments.

    python benchmarks/registry_speed.py [definitions] [experiments] [repeats]

Every figure is CPU of whole processes (the interpreter's start included) after one run that
compiles the modules; the smallest of the repeats, since what others do to the machine only adds.
The cost of one experiment is the slope: a registry of all of them against one of a tenth.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

DEFINITION = """\
title: Does button {n} sell more?
unit: user_id
data: {{units: units.parquet, columns: {{arm: grp}}}}
arms:
  a: {{control: true}}
  b: {{}}
metrics:
  conversion: {{kind: proportion, column: bought, role: primary}}
  spend: {{kind: mean, column: spend}}
"""
ROWS = """
select 'u' || i as user_id, case when i % 2 = 0 then 'a' else 'b' end as grp,
    (i % 5 = 0)::int as bought, case when i % 5 = 0 then 10.0::double + i % 7 else 0.0 end as spend
from range(400) as numbers(i)
"""


def registry(folder: Path, experiments: int) -> Path:
    """Definitions of small tables of units, all of the same few rows."""
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"copy ({ROWS}) to '{folder / 'units.parquet'}'")
    for n in range(experiments):
        (folder / f"button_{n:04}.yaml").write_text(DEFINITION.format(n=n), encoding="utf-8")
    return folder


def cpu(words: list[str], folder: Path, cache: Path, repeats: int) -> tuple[float, float]:
    """Least CPU and least wall seconds of a command line."""
    import time

    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    figures: list[tuple[float, float]] = []
    for _ in range(repeats):
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "pathlift", *words],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{words} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        figures.append((used, time.perf_counter() - begun))
    return min(one for one, _ in figures), min(one for _, one in figures)


def main() -> None:
    definitions, experiments, repeats = [int(word) for word in sys.argv[1:]] + [500, 1000, 3][
        len(sys.argv) - 1 :
    ]
    print(f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="pathlift-bench-") as place:
        cache, few = Path(place) / "cache", max(1, experiments // 10)
        one = registry(Path(place) / "one", 1)
        some = registry(Path(place) / "some", few)
        many = registry(Path(place) / "many", experiments)
        checked = registry(Path(place) / "checked", definitions)
        for words in (["--help"], ["check", "."], ["analyze", "--no-save", "."]):
            cpu(words, one, cache, 1)  # compiles
        said, wall = cpu(["--help"], one, cache, repeats)
        print(f"--help: {said:.2f} s of CPU, {wall:.2f} s")
        said, wall = cpu(["check", "."], checked, cache, repeats)
        print(f"check of {definitions} files: {said:.2f} s of CPU, {wall:.2f} s")
        words = ["analyze", "--no-save", "."]
        first, _ = cpu(words, one, cache, repeats)
        print(f"analyze of one experiment: {first:.2f} s of CPU")
        less, _ = cpu(words, some, cache, 1)
        all_of, wall = cpu(words, many, cache, 1)
        each = (all_of - less) / (experiments - few)
        print(f"analyze of {experiments}: {all_of:.1f} s of CPU, {wall:.1f} s")
        print(f"each after the first: {each * 1e3:.1f} ms of CPU")


if __name__ == "__main__":
    main()
