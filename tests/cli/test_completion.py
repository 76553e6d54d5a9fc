"""A shell completes commands, options and the names of experiments and results."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Pathlift


def offered(pathlift: Pathlift, *words: str) -> list[str]:
    """What the script of a shell is told, as cyclopts writes it."""
    answer = pathlift("__complete", *words)
    assert answer.code == 0
    return [line.partition("\t")[0] for line in answer.out.splitlines()[2:]]


@pytest.mark.parametrize("command", ["analyze", "show", "plan", "sql", "lock", "aa"])
def test_experiments_are_offered(registry: Path, pathlift: Pathlift, command: str) -> None:
    assert offered(pathlift, command, "") == ["button"]


def test_the_registry_of_the_line_counts(registry: Path, pathlift: Pathlift) -> None:
    shutil.copytree(registry, registry.parent / "other")
    (registry.parent / "other" / "button.yaml").rename(registry.parent / "other" / "blue.yaml")
    assert offered(pathlift, "show", "--registry", "other", "") == ["blue"]
    assert offered(pathlift, "--registry", "other", "show", "") == ["blue"]


def test_files_are_offered_once_the_word_is_a_path(registry: Path, pathlift: Pathlift) -> None:
    assert "experiments/button.yaml" in offered(pathlift, "analyze", "experiments/")
    assert "./experiments/" in offered(pathlift, "analyze", "./")


def test_results_are_offered_where_a_result_is_meant(registry: Path, pathlift: Pathlift) -> None:
    assert offered(pathlift, "report", "") == []
    (registry.parent / "results" / "button").mkdir(parents=True)
    (registry.parent / "results" / "button" / "latest.json").write_text("{}")
    assert offered(pathlift, "report", "") == ["button"]
    assert offered(pathlift, "diff", "button", "") == ["button"]


def test_words_are_offered_with_their_kind(work: Path, pathlift: Pathlift) -> None:
    assert "srm\tcheck" in pathlift("__complete", "explain", "").out.splitlines()


@pytest.mark.engine
def test_columns_are_offered_once_the_table_is_named(registry: Path, pathlift: Pathlift) -> None:
    table = "experiments/data/customers.csv"
    named = ["customer_id", "button", "converted"]
    assert offered(pathlift, "compare", table, "--arm", "") == named
    assert offered(pathlift, "compare", table, "--arm", "button", "--mean", "") == named
    assert offered(pathlift, "compare", "nothing.csv", "--arm", "") == []
    assert table in offered(pathlift, "compare", "experiments/data/")


def test_no_registry_offers_nothing(work: Path, pathlift: Pathlift) -> None:
    assert offered(pathlift, "show", "--registry", "nowhere", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_knows_every_command(
    work: Path, pathlift: Pathlift, shell: str
) -> None:
    answer = pathlift("completion", shell)
    assert answer.code == 0
    for word in ("analyze", "compare", "explain", "doctor", "as-of", "__complete"):
        assert word in answer.out


def test_install_writes_where_the_shell_looks_and_says_what_is_next(
    work: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(work))
    answer = pathlift("completion", "bash", "--install")
    path = Path(answer.out.strip())
    assert path.is_relative_to(work)
    assert "_pathlift()" in path.read_text()
    assert "open a new shell" in answer.err
    assert not (work / ".bashrc").exists()  # nobody's start-up files are touched


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_a_name(registry: Path, pathlift: Pathlift) -> None:
    (registry.parent / "script").write_text(pathlift("completion", "bash").out)
    asked = (
        "source ./script; COMP_WORDS=(pathlift analyze bu); COMP_CWORD=2; "
        '_pathlift; echo "${COMPREPLY[@]}"'
    )
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", asked],
        cwd=registry.parent,
        env=os.environ | {"PATH": tools},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["button"], done.stderr
