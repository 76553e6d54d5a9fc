"""Spark gives the statistics that DuckDB gives: every worked example, every edge case, bit for bit.

Runs on Sail; on Apache Spark by `make test-spark`.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.outcomes.test_cases import CASES, YAML_, lay_out
from tests.spark.agreement import differences
from tests.spark.examples import TEMPLATES, as_parquet

from pathlift.errors import PathliftError
from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment
from pathlift.statistics.collected import Statistics

pytestmark = pytest.mark.spark


def answer(path: Path, kind: Any, as_of: date | None) -> Statistics | str:
    """The statistics, or the words of the refusal."""
    try:
        return collect(load_experiment(path), as_of=as_of, kind=kind)
    except PathliftError as refused:
        return str(refused)


def compare(path: Path, as_of: date | None = None) -> None:
    here, there = answer(path, "duckdb", as_of), answer(path, "spark", as_of)
    found = list(differences(here, there))
    assert not found, "\n".join(found[:10])
    if isinstance(there, Statistics):
        assert there.engine.startswith("spark at sc://localhost:")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_edge_case_has_the_same_statistics(path: Path, tmp_path: Path, remote: str) -> None:
    case = YAML_.load(path.read_text(encoding="utf-8"))
    written, as_of = lay_out(case, tmp_path)
    as_parquet(written, tmp_path.glob("*.csv"))
    compare(written, as_of)


@pytest.mark.slow
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_worked_example_has_the_same_statistics(
    template: str, examples: Mapping[str, Path], remote: str
) -> None:
    compare(examples[template])
