"""A bar where a person waits and watches, and nothing of it anywhere else."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pathlift.cli.options import TALK, Talk
from pathlift.cli.screen import progress_bar, watched

pytestmark = pytest.mark.engine

LINE = [sys.executable, "-m", "pathlift", "analyze", "button", "--no-save", "--format", "json"]


def watched_run(folder: Path) -> tuple[bytes, str]:
    """Standard output in a pipe, and what a terminal shows of standard error."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            LINE,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=True,
            env=os.environ | {"TERM": "xterm-256color"},
        )
        os.set_blocking(ours, False)
        try:
            shown = os.read(ours, 1 << 16).decode()
        except BlockingIOError:  # nothing was written
            shown = ""
    finally:
        os.close(theirs)
        os.close(ours)
    return done.stdout, shown


def test_a_terminal_sees_the_steps_and_the_data_stay_data(registry: Path) -> None:
    out, shown = watched_run(registry.parent)
    assert "inference" in shown
    assert out.startswith(b"{")
    assert b"\x1b" not in out


def test_a_terminal_ends_with_the_verdict_and_a_pipe_does_not(registry: Path) -> None:
    line = [*LINE[:-2]]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        line, cwd=registry.parent, stdout=theirs, stderr=subprocess.DEVNULL
    ) as run:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # how a terminal of Linux says that nobody writes any more
                break
            if not piece:
                break
            shown += piece
    os.close(ours)
    assert run.returncode == 0
    last = shown.decode().rstrip().splitlines()[-4:]
    assert any("Ship" in part or "Inconclusive" in part for part in last)
    piped = subprocess.run(line, cwd=registry.parent, capture_output=True, text=True, check=True)
    assert "Experiment" not in piped.stdout.splitlines()[-2]


def test_a_log_sees_none(registry: Path) -> None:
    done = subprocess.run(LINE, cwd=registry.parent, capture_output=True, text=True, check=True)
    assert "inference" not in done.stderr
    assert "\x1b" not in done.stderr


def test_nobody_is_told_without_a_terminal_or_who_asked_for_quiet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with progress_bar(TALK) as progress:
        assert progress is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar(Talk(quiet=True)) as progress:
        assert progress is None
    with progress_bar(TALK) as progress:
        assert progress is not None


def test_items_that_are_watched_are_all_there_and_counted() -> None:
    told: list[tuple[str, float]] = []
    items = list(watched("abcd", "letters", lambda step, share: told.append((step, share))))
    assert items == list("abcd")
    assert told == [("letters", share) for share in (0.0, 0.25, 0.5, 0.75)]
    assert list(watched("ab", "letters", None)) == ["a", "b"]
