"""Which part may know which: the layers, and the engines that numbers must not touch."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


def test_imports_run_one_way() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    run = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("package", ["statistics", "inference", "judgement"])
def test_numbers_load_no_engine_and_no_heavy_library(package: str) -> None:
    heavy = loaded_by(f"pathlift.{package}") & {
        "duckdb",
        "pandas",
        "polars",
        "scipy.stats",
        "statsmodels",
    }
    assert heavy == set()


@pytest.mark.parametrize("package", ["registry", "errors", "places"])
def test_reading_a_definition_loads_no_engine_and_no_numbers(package: str) -> None:
    heavy = loaded_by(f"pathlift.{package}") & {
        "duckdb",
        "numpy",
        "pandas",
        "polars",
        "scipy",
        "statsmodels",
    }
    assert heavy == set()


def test_the_search_for_loaded_modules_sees_what_is_there() -> None:
    assert {"statsmodels", "scipy.stats", "pandas"} <= loaded_by("statsmodels.stats.proportion")


def loaded_by(module: str) -> set[str]:
    """Names in ``sys.modules`` after the import of every module of a package, in a new process."""
    code = (
        "import importlib, pkgutil, sys\n"
        f"top = importlib.import_module({module!r})\n"
        f"if {module!r}.startswith('pathlift'):\n"
        "    for part in pkgutil.walk_packages(getattr(top, '__path__', []), top.__name__ + '.'):\n"
        "        importlib.import_module(part.name)\n"
        "print(*sys.modules, sep='\\n')\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())
