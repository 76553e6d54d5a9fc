"""CPU of `analyze` beside the bare per-unit aggregation over the same files, in one run.

Writes simulated logs into a temporary folder, then alternates the job (`job.yaml`), the worked
example, both on the SQL road, and the bare aggregation, each in a process of its own, and prints
median CPU, peak memory and ratios. Sizes, repeats and an amount of memory are arguments:

    python benchmarks/analyze_against_bare.py [UNITS] [REPEATS] [MEMORY]
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# of this process alone: what `getrusage` tells begins with the parent's
PEAK = (
    "next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM'))"
    " / 1024"
)
ANALYZE = f"""
import json, sys, time
import pathlift.pipeline as pipeline, pathlift.inference.estimates, duckdb, numpy, sqlglot
from pathlift import load_experiment
from pathlift.outcomes.engine import Engine
definition, folder, road, memory = sys.argv[1:]
Engine.streams = road != "sql"
begin = time.process_time()
result = pipeline.analyze(load_experiment(definition, data_root=folder), memory=memory or None)
print(json.dumps({{
    "cpu": time.process_time() - begin,
    "start_up": begin,
    "peak_mb": {PEAK},
    "units": result.data.units,
    "engine": result.provenance.engine,
}}))
"""

# first stage times of every unit, without join, window, labels or money: the least that any
# answer about orderings has to do
BARE = f"""
import json, sys, time
import duckdb
begin = time.process_time()
connection = duckdb.connect()
rows = connection.execute('''
    select count(*), sum(n), sum(t), sum(r), sum(p)
    from (
        select
            shopper_id,
            min(us) filter (event in ('search', 'filter', 'wishlist', 'cart')) as n,
            min(us) filter (event in ('product_view', 'impression')) as t,
            min(us) filter (event in ('review_read', 'creator_follow')) as r,
            min(us) filter (event = 'purchase') as p
        from (
            select shopper_id, event, epoch_us(occurred_at) as us
            from read_parquet($files)
        )
        group by shopper_id
    )
''', {{"files": sys.argv[1] + "/data/journeys/events/*.parquet"}}).fetchall()
print(json.dumps({{
    "cpu": time.process_time() - begin,
    "peak_mb": {PEAK},
    "units": rows[0][0],
}}))
"""


def measured(script: str, *arguments: str) -> dict[str, float]:
    """One process; what it prints about itself."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def without_ids(folder: Path, target: Path) -> None:
    """The same logs without ids of events and times of receipt."""
    import duckdb

    for events in sorted((folder / "data/journeys/events").glob("*.parquet")):
        to = target / "data/journeys/events" / events.name
        to.parent.mkdir(parents=True, exist_ok=True)
        kept = f"select * exclude (event_id, received_at) from '{events}'"
        duckdb.sql(f"copy ({kept}) to '{to}'")
    shutil.copytree(folder / "data/journeys/exposures", target / "data/journeys/exposures")


def tell(what: str, runs: Sequence[dict[str, float]], bare: float | None = None) -> float:
    """Print the medians of one thing; its CPU."""
    cpu = statistics.median(run["cpu"] for run in runs)
    peak = max(run["peak_mb"] for run in runs)
    ratio = "" if bare is None else f", {cpu / bare:5.2f} times the bare aggregation"
    start = f", start-up {runs[0]['start_up']:.2f} s" if "start_up" in runs[0] else ""
    print(f"{what:28} {cpu:7.2f} s of CPU, peak {peak:6.0f} MB{ratio}{start}", flush=True)
    return cpu


def main() -> None:
    """Write the logs, alternate, print one line each."""
    from pathlift.places import examples_folder
    from pathlift.simulation import scenario, write_logs

    units = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    memory = sys.argv[3] if len(sys.argv) > 3 else ""
    example, job = str(examples_folder() / "journeys.yaml"), str(Path(__file__).parent / "job.yaml")
    with tempfile.TemporaryDirectory() as name:
        folder, plain = Path(name) / "logs", Path(name) / "plain"
        folder.mkdir()
        facts = write_logs(scenario("journeys").sized(-(-units // 3)), folder)
        without_ids(folder, plain)
        ways = {
            "bare, without ids": (BARE, str(plain)),
            "the job": (ANALYZE, job, str(plain), "", memory),
            "the job, by SQL": (ANALYZE, job, str(plain), "sql", memory),
            "bare, with ids": (BARE, str(folder)),
            "worked example": (ANALYZE, example, str(folder), "", memory),
            "worked example, by SQL": (ANALYZE, example, str(folder), "sql", memory),
        }
        runs: dict[str, list[dict[str, float]]] = {what: [] for what in ways}
        for _ in range(repeats):
            for what, way in ways.items():
                runs[what].append(measured(*way))
    print(f"{facts.units:,} units, {facts.events:,} events; load {os.getloadavg()[0]:.1f}")
    bare = None
    for what, each in runs.items():
        cpu = tell(what, each, None if what.startswith("bare") else bare)
        bare = cpu if what.startswith("bare") else bare


if __name__ == "__main__":
    main()
