"""Wrong usage exits 2 with a hint; our own errors have no traceback; bugs keep theirs."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Pathlift

from pathlift.errors import DataError, Problem

# What the light commands may not load: each costs a tenth of a second or more.
HEAVY = ("scipy", "statsmodels", "duckdb", "polars", "numpy", "jinja2")


@pytest.mark.parametrize(
    ("tokens", "hint"),
    [
        pytest.param(["analyse", "x"], 'Did you mean "analyze"?', id="command"),
        pytest.param(["analyze", "x", "--formt", "json"], "Did you mean --format?", id="option"),
        pytest.param(["analyze", "x", "--format", "jsn"], 'Did you mean "json"?', id="choice"),
        pytest.param(["analyze"], "requires an argument", id="argument-missing"),
        pytest.param(["analyze", "x", "--as-of", "soon"], "soon", id="no-day"),
        pytest.param(["analyze", "x", "--engine", "trino"], '"trino"', id="engine"),
        pytest.param(["analyze", "x", "--memory", "lots"], "write it as 4GB", id="memory"),
        pytest.param(["list", "--select", "colour:red"], "cannot select", id="selector"),
        pytest.param(["simulate", "journeys"], "--output", id="folder-missing"),
        pytest.param(["simulate", "journeys", "-o", "x", "--units", "0"], "--units", id="units"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_was_meant(
    work: Path, pathlift: Pathlift, tokens: list[str], hint: str
) -> None:
    answer = pathlift(*tokens)
    assert answer.code == 2
    assert answer.out == ""
    assert hint in " ".join(answer.err.replace("│", " ").split())
    assert list(work.iterdir()) == []


def refuse(*_: object, **__: object) -> None:
    raise DataError([Problem(message="one", subject="a.csv"), Problem(message="two")])


def test_a_refusal_lists_every_problem_without_a_traceback(
    registry: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pathlift.pipeline.analyze", refuse)
    answer = pathlift("analyze", "button")
    assert answer.code == 1
    assert answer.err == "a.csv: one\ntwo\n2 problems\n"
    assert answer.out == ""


def test_debug_shows_the_traceback_of_a_refusal(
    registry: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pathlift.pipeline.analyze", refuse)
    with pytest.raises(DataError):
        pathlift("analyze", "button", "--debug")


def test_a_bug_keeps_its_traceback(
    registry: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("pathlift.pipeline.analyze", stumble)
    with pytest.raises(ZeroDivisionError):
        pathlift("analyze", "button")


@pytest.mark.parametrize(
    "tokens",
    [
        pytest.param(["--help"], id="help"),
        pytest.param(["analyze", "--help"], id="help-of-a-heavy-command"),
        pytest.param(["check"], id="check"),
        pytest.param(["list"], id="list"),
        pytest.param(["show", "button"], id="show"),
        pytest.param(["schema", "experiment"], id="schema-of-a-definition"),
        pytest.param(["schema", "result"], id="schema-of-a-result"),
        pytest.param(["explain", "srm"], id="explain"),
        pytest.param(["completion", "bash"], id="completion"),
        pytest.param(["__complete", "analyze", ""], id="what-a-shell-asks"),
        pytest.param(["analyse"], id="a-mistyped-command"),
    ],
)
def test_light_commands_load_no_engine_and_no_statistics(registry: Path, tokens: list[str]) -> None:
    script = (
        "import sys\n"
        "from pathlift.cli.app import run\n"
        f"run({tokens!r})\n"
        f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=registry.parent,
    )
    assert done.stderr.splitlines()[-1] == "loaded: []"


def test_the_module_is_the_command(work: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pathlift", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("0.")


@pytest.mark.parametrize(
    "tokens",
    [
        pytest.param(["init", "shop", "--registry", "x"], id="init-has-no-registry"),
        pytest.param(["demo", "--results", "x"], id="demo-has-its-own-results"),
        pytest.param(["list", "--results", "x"], id="list-reads-no-results"),
        pytest.param(["--results", "x", "schema"], id="before-the-command-as-well"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    work: Path, pathlift: Pathlift, tokens: list[str]
) -> None:
    assert pathlift(*tokens).code == 2
    assert list(work.iterdir()) == []


def test_verbose_says_how_long_it_took_and_quiet_nothing(
    registry: Path, pathlift: Pathlift
) -> None:
    assert "took " in pathlift("check", "--verbose").err
    assert pathlift("check", "--quiet").err == ""


def test_a_misspelled_experiment_without_a_result_is_told_its_name(
    work: Path, pathlift: Pathlift
) -> None:
    pathlift("init", ".", "--template", "totals")
    assert "did you mean `free_trial`" in pathlift("report", "fre_trial").err
    assert "`pathlift analyze free_trial` makes one" in pathlift("report", "free_trial").err
    assert "`pathlift list` has them" in pathlift("report", "checkout").err


def test_the_folder_above_a_registry_is_told_where_it_lies(work: Path, pathlift: Pathlift) -> None:
    pathlift("init", "shop", "--template", "totals")
    answer = pathlift("analyze", "shop")
    assert answer.code == 1
    assert "did you mean `shop/experiments`?" in answer.err
    assert "shop" in answer.out
