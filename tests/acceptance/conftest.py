"""A folder to work in, and the command line as a person meets it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str


Pathlift = Callable[..., Answer]


@pytest.fixture
def pathlift(capsys: pytest.CaptureFixture[str]) -> Pathlift:
    """Run a command line in this process; an error that is not ours fails the test."""

    def call(*tokens: str) -> Answer:
        from pathlift.cli.app import run

        code = run(list(tokens))
        said = capsys.readouterr()
        return Answer(code=code, out=said.out, err=said.err)

    return call


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in; nothing of the person's environment counts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PATHLIFT_REGISTRY", raising=False)
    return tmp_path
