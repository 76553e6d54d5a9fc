"""How far a running query is. Knows no experiment."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

_SECONDS = 0.25


@contextmanager
def watch(
    connection: duckdb.DuckDBPyConnection, report: Callable[[float], None] | None
) -> Iterator[None]:
    """Tell `report` the percentage done while the block runs a query.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With ``enable_progress_bar`` set.
    report : callable or None
        Called from a thread of its own, with a number in [0, 100]; None: nothing happens.
    """
    if report is None:
        yield
        return
    done = threading.Event()

    def poll() -> None:
        while not done.wait(_SECONDS):
            percentage = connection.query_progress()
            if percentage >= 0:  # -1: DuckDB does not know yet
                report(min(percentage, 100.0))

    thread = threading.Thread(target=poll, name="pathlift-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
