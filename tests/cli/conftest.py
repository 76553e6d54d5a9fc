"""A registry to work in, and the command line as a person meets it."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

# Lets the tests import the hand-written results: with importlib mode no folder is on the path.
CHECKOUT = str(Path(__file__).parents[2])
if CHECKOUT not in sys.path:
    sys.path.insert(0, CHECKOUT)

DEFINITION = """
title: Does a green button sell?
data: {units: data/customers.csv, columns: {arm: button}}
unit: customer_id
arms:
  grey: {control: true}
  green: {}
metrics:
  conversion: {kind: proportion, column: converted, role: primary}
tags: [checkout]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str


Pathlift = Callable[..., Answer]


@pytest.fixture
def pathlift(capsys: pytest.CaptureFixture[str]) -> Pathlift:
    """Run a command line in this process, from the folder that the test works in."""

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
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def registry(work: Path) -> Path:
    """``./experiments`` with one sound experiment, ``button``."""
    folder = work / "experiments"
    (folder / "data").mkdir(parents=True)
    (folder / "button.yaml").write_text(DEFINITION, encoding="utf-8")
    (folder / "data" / "customers.csv").write_text(customers(), encoding="utf-8")
    return folder


def customers() -> str:
    """400 customers, 200 an arm; 20 of the grey and 40 of the green ones converted."""
    lines: Sequence[str] = [
        f"{arm}{number},{arm},{int(number < bought)}"
        for arm, bought in (("grey", 20), ("green", 40))
        for number in range(200)
    ]
    return "\n".join(["customer_id,button,converted", *lines]) + "\n"
