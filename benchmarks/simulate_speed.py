"""How many events a second does the simulator write, on as many threads as there are cores?

    python benchmarks/simulate_speed.py [UNITS_AN_ARM] [RUNS]

Prints wall and CPU seconds of each run of ``write_logs``: drawing, sorting and writing Parquet. A
shared machine gives fewer cores than it has, so the rate by CPU (events over CPU seconds, times the
threads) says what an idle one does.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from pathlift.simulation import scenario, write_logs


def main(units: int = 100_000, runs: int = 3) -> None:
    """Write the worked example and print its speed.

    Parameters
    ----------
    units : int
        Planned units an arm.
    runs : int
        How often.
    """
    threads = os.cpu_count() or 1
    world = scenario("journeys").sized(units)
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            wall, cpu = time.perf_counter(), time.process_time()
            facts = write_logs(world, Path(folder), threads=threads)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(
            f"{facts.events:,} events, {threads} threads: {wall:.1f} s, {cpu:.1f} s of CPU; "
            f"{facts.events / wall:,.0f} a second, {facts.events / cpu * threads:,.0f} by CPU"
            f" (load {os.getloadavg()[0]:.1f})"
        )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
