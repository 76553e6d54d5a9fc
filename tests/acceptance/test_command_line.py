"""What a person does to the program between its two ends: stops it, names odd files, asks twice."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.acceptance.conftest import Pathlift
from tests.acceptance.small_data import write_registry, written

pytestmark = pytest.mark.engine


STOPPED = """
import os, signal, sys, threading
import duckdb
import pathlift.pipeline
from pathlift.cli.app import run


def press_ctrl_c():
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()


def a_query_of_hours(*_, **__):
    press_ctrl_c()
    with duckdb.connect() as connection:
        connection.execute("select sum(i * j) from range(1000000) as a(i), range(1000000) as b(j)")


def between_queries(*_, **__):
    press_ctrl_c()
    threading.Event().wait(30)


pathlift.pipeline.analyze = {work}
sys.exit(run(["analyze", "x"]))
"""


@pytest.mark.parametrize("during", ["a_query_of_hours", "between_queries"])
def test_ctrl_c_is_no_traceback_and_leaves_no_file(during: str, work: Path) -> None:
    write_registry(work, "units", {}, {})
    script = STOPPED.replace("{work}", during)
    # a process of its own: the signal must not stop the tests; a minute is far beyond any start
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "stopped\n")
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
