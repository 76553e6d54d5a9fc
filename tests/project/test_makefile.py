"""What `make` says to somebody whose machine lacks something, and what it does the second time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with what the Makefile reads, and a `bin` that goes first on the path."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin" / "uv", "exit 1")  # no uv on this machine
    return tmp_path


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Not what an outer `make test` hands down: its PYTHON or VENV would speak in place of ours.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name
        not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "PYTHON", "VENV", "TEST_ARGS"}
    }
    path = f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["make", *arguments],
        cwd=project,
        env=inherited | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_its_lines_and_changes_nothing(project: Path) -> None:
    before = sorted(project.iterdir())
    run = make(project)
    assert run.returncode == 0
    for line in ("demo", "test", "test-long", "test-oldest-duckdb", "lint", "lock", "wheel"):
        assert f"  make {line} " in run.stdout
    assert sorted(project.iterdir()) == before


@pytest.mark.parametrize("line", ["demo", "test", "lint"])
def test_a_python_too_old_is_refused_in_one_sentence_before_anything_is_made(
    project: Path, line: str
) -> None:
    old = program(
        project / "bin" / "python3.9", 'case "$2" in *version_info*) exit 1;; *) echo 3.9.18;; esac'
    )
    run = make(project, line, f"PYTHON={old}")
    assert run.returncode != 0
    assert f"pathlift needs Python 3.11 or newer; '{old}' is 3.9.18." in run.stderr
    assert f"make {line} PYTHON=" in run.stderr
    assert not (project / ".venv").exists()


def test_a_python_that_is_not_there_is_named(project: Path) -> None:
    run = make(project, "demo", "PYTHON=python3.99")
    assert run.returncode != 0
    assert "'python3.99' is not on the path" in run.stderr


def test_without_debians_venv_part_make_prints_the_line_that_installs_it(project: Path) -> None:
    bare = program(
        project / "bin" / "bare",
        f'case "$2" in *ensurepip*) exit 1;; *) exec {sys.executable} "$@";; esac',
    )
    run = make(project, "demo", f"PYTHON={bare}")
    assert run.returncode != 0
    assert "Error 1" in run.stderr
    wanted = f"apt install python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert wanted in run.stderr
    assert not (project / ".venv").exists()


def test_an_environment_of_another_python_is_not_used_quietly(project: Path) -> None:
    (project / ".venv" / "bin").mkdir(parents=True)
    program(project / ".venv" / "bin" / "python", "echo 3.10")
    run = make(project, "demo", f"PYTHON={sys.executable}")
    assert run.returncode != 0
    assert ".venv holds Python 3.10" in run.stderr


@pytest.mark.parametrize(("line", "stamp"), [("demo", "runtime"), ("test", "dev")])
def test_the_second_call_sets_nothing_up_until_a_lock_changes(
    project: Path, line: str, stamp: str
) -> None:
    (project / ".venv").mkdir()
    (project / ".venv" / "pyvenv.cfg").touch()
    (project / ".venv" / f".{stamp}-installed").touch()
    assert "install" not in make(project, "--dry-run", line).stdout.replace("-installed", "")
    lock = project / ("requirements.lock" if stamp == "runtime" else "requirements-dev.lock")
    later = lock.stat().st_mtime + 60
    os.utime(lock, (later, later))
    assert "--require-hashes" in make(project, "--dry-run", line).stdout
