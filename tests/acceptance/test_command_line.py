"""What a person does to the program between its two ends: stops it, names odd files, asks twice."""

import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from tests.acceptance.conftest import Pathlift
from tests.acceptance.small_data import write_registry, written

pytestmark = pytest.mark.engine


STOPPED = """
import os, signal, sys, threading
import duckdb
import pathlift.pipeline
from pathlift.cli.app import run


# whoever starts the tests in the background hands on an ignored SIGINT
signal.signal(signal.SIGINT, signal.default_int_handler)
ended = threading.Event()


def press_ctrl_c_until_it_ends():
    while not ended.wait(0.5):
        os.kill(os.getpid(), signal.SIGINT)


def a_query_of_hours(*_, **__):
    threading.Thread(target=press_ctrl_c_until_it_ends, daemon=True).start()
    try:
        # one thread: DuckDB looks for signals between the tasks of its main thread, and a query of
        # one task, which a real scan never is, may go to another thread
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute("select sum(sqrt(i)) from range(1000000000000) as t(i)")
    finally:
        ended.set()


pathlift.pipeline.analyze = a_query_of_hours
sys.exit(run(["analyze", "x"]))
"""


def test_ctrl_c_in_a_query_is_no_traceback_and_leaves_no_file(work: Path) -> None:
    write_registry(work, "units", {}, {})
    # a process of its own: the signal must not stop the tests; a minute is far beyond any start
    ended = subprocess.run(
        [sys.executable, "-c", STOPPED], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "stopped\n")
    assert written(work) == set()


def test_ctrl_c_between_queries_is_the_same(
    work: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    write_registry(work, "units", {}, {})
    monkeypatch.setattr("pathlift.pipeline.analyze", pressed)
    answer = pathlift("analyze", "x")
    assert (answer.code, answer.out, answer.err) == (130, "", "stopped\n")
    assert written(work) == set()


def test_a_report_under_a_name_that_says_another_kind_is_wrong_usage(
    work: Path, pathlift: Pathlift
) -> None:
    write_registry(work, "units", {}, {})
    pathlift("analyze", "x", "-q")
    answer = pathlift("report", "x", "-o", "x.pdf")
    assert answer.code == 2
    assert "x.pdf" in answer.err
    assert ".html, .md, .json or .txt" in answer.err
    assert not (work / "x.pdf").exists()
    assert pathlift("report", "x", "-o", "x.log", "--format", "text").code == 0


@pytest.mark.parametrize("shape", ["units", "totals"])
def test_a_day_to_stop_at_is_not_silently_ignored_where_there_are_no_times(
    shape: str, work: Path, pathlift: Pathlift
) -> None:
    write_registry(work, shape, {}, {})
    answer = pathlift("analyze", "x", "--as-of", "2026-03-04")
    assert answer.code == 0
    assert "x: no times in its data, so --as-of leaves nothing out" in answer.err
