"""CPU of `analyze` beside the bare per-unit aggregation over the same files, in one run.

Writes the simulated worked example into a temporary folder, then alternates both, each in a process
of its own, and prints the median CPU of each with their ratio. Sizes and repeats are arguments:

    python benchmarks/analyze_against_bare.py [UNITS] [REPEATS]
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

_ANALYZE = """
import json, resource, sys, time
from datetime import timedelta
import pathlift.pipeline as pipeline, pathlift.inference.estimates, duckdb, numpy, sqlglot
from pathlift import load_experiment
begin = time.process_time()
result = pipeline.analyze(load_experiment(sys.argv[1], data_root=sys.argv[2]))
print(json.dumps({
    "cpu": time.process_time() - begin,
    "start_up": begin,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "units": result.data.units,
}))
"""

# first stage times of every unit, without join, window, labels or money: the least that any
# answer about orderings has to do
_BARE = """
import json, resource, sys, time
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
''', {"files": sys.argv[2] + "/data/journeys/events/*.parquet"}).fetchall()
print(json.dumps({
    "cpu": time.process_time() - begin,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "units": rows[0][0],
}))
"""


def measured(script: str, definition: Path, folder: Path) -> dict[str, float]:
    """One process; what it prints about itself."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(definition), str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Write the logs, alternate, print one line each."""
    from pathlift.places import examples_folder
    from pathlift.simulation import scenario, write_logs

    units = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    definition = examples_folder() / "journeys.yaml"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        facts = write_logs(scenario("journeys").sized(-(-units // 3)), folder)
        runs: dict[str, list[dict[str, float]]] = {"bare": [], "analyze": []}
        for _ in range(repeats):
            runs["bare"].append(measured(_BARE, definition, folder))
            runs["analyze"].append(measured(_ANALYZE, definition, folder))
    cpu = {which: statistics.median(run["cpu"] for run in each) for which, each in runs.items()}
    peak = {which: max(run["peak_mb"] for run in each) for which, each in runs.items()}
    print(f"{facts.units:,} units, {facts.events:,} events; load {os.getloadavg()[0]:.1f}")
    for which in ("bare", "analyze"):
        print(f"{which:8} {cpu[which]:7.2f} s of CPU, peak {peak[which]:6.0f} MB")
    print(f"ratio    {cpu['analyze'] / cpu['bare']:7.2f}")
    print(f"start-up {runs['analyze'][0]['start_up']:7.2f} s of CPU, not counted above")


if __name__ == "__main__":
    main()
