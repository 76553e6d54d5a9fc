"""Every edge rule as rows in and rows out: tests/cases/queries/*.yaml, expected by hand.

A case holds a `rule`, a `why`, the rows as text, what changes in the definition of its shape, and
what is `expected`; only what is named there is compared.
"""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pathlift.errors import DataError
from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment
from pathlift.statistics.cells import label
from pathlift.statistics.collected import Statistics

pytestmark = pytest.mark.engine

CASES = sorted((Path(__file__).parents[1] / "cases" / "queries").glob("*.yaml"))
YAML_ = YAML()  # keeps the order of keys, and with it the order of arms

JOURNEYS = """
unit: shopper
period: {first_day: 2026-03-02, last_day: 2026-03-29}
window: 14d
lookback: {default: 28d, trust: 180d}
data: {exposures: exposures.csv, events: events.csv}
arms: {search: {control: true}, content: {}, influencer: {}}
stages:
  need: "event = 'search'"
  touchpoint: "event = 'view'"
  trust: "event = 'review'"
outcome: "event = 'purchase'"
metrics:
  conversion: {kind: proportion, role: primary}
"""
UNITS = """
unit: shopper
data: {units: units.csv}
arms: {search: {control: true}, content: {}}
metrics:
  bought: {kind: proportion, column: bought, role: primary}
"""


def definition(case: dict[str, Any], folder: Path) -> Path:
    base = YAML_.load(UNITS if "units" in case else JOURNEYS)
    base |= case.get("definition", {})
    path = folder / "case.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML_.dump({key: part for key, part in base.items() if part is not None}, file)
    return path


def lay_out(case: dict[str, Any], folder: Path) -> tuple[Path, date | None]:
    """Write the definition and the sources of a case; where it stands, and its last day."""
    for source in ("exposures", "events", "units", "left_out", "assignments", "identities"):
        if source in case:
            text = "\n".join(line.strip() for line in case[source].splitlines())
            (folder / f"{source}.csv").write_text(text + "\n", encoding="utf-8")
    as_of = case.get("as_of", date(2026, 6, 30))
    return definition(case, folder), None if as_of == "none" else as_of


def run(case: dict[str, Any], folder: Path) -> Statistics:
    path, as_of = lay_out(case, folder)
    return collect(load_experiment(path), as_of=as_of)


def table(text: str) -> list[dict[str, str]]:
    lines = [line.strip() for line in text.strip().splitlines()]
    return list(csv.DictReader(io.StringIO("\n".join(lines)), skipinitialspace=True))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_rows_in_rows_out(path: Path, tmp_path: Path) -> None:
    case = YAML_.load(path.read_text(encoding="utf-8"))
    assert case["rule"]
    assert case["why"]
    expected = case["expected"]
    if "refused" in expected:
        with pytest.raises(DataError) as refusal:
            run(case, tmp_path)
        for part in expected["refused"]:
            assert part in str(refusal.value)
        return
    found = run(case, tmp_path)
    for what, wanted in expected.items():
        CHECKS[what](found, wanted)


def check_cells(found: Statistics, wanted: str) -> None:
    """Columns: arm, label as an ordering, any of maturity, baseline, stratum and the counts."""
    rows = table(wanted)
    seen = [
        {
            "arm": cell.arm,
            "maturity": str(cell.maturity),
            "label": label(cell.label).ordering,
            "baseline": str(cell.baseline),
            "stratum": cell.stratum,
            "units": str(units),
            "converted": str(converted),
            "lm_elig": str(found.cells.lm_elig[row]),
            "lm_conv": str(found.cells.lm_conv[row]),
        }
        for row, (cell, (units, converted)) in enumerate(found.cells.counts().items())
    ]
    compare(rows, seen)


def check_moments(found: Statistics, wanted: str) -> None:
    """Columns: arm, any of maturity, population, units, and sums of variables in their units."""
    compare(table(wanted), rows_of(found.moments, ("arm", "maturity", "population")))


def check_segments(found: Statistics, wanted: str) -> None:
    compare(table(wanted), rows_of(found.segments, ("arm", "maturity", "dimension", "level")))


def check_clusters(found: Statistics, wanted: str) -> None:
    """Columns: arm, cluster, any of maturity, units, and sums of variables in their units."""
    assert found.clusters is not None
    seen = []
    for row, cluster in enumerate(found.clusters.clusters):
        if cluster.group.dimension is None and not cluster.group.population:
            told = {
                "arm": cluster.group.arm,
                "maturity": str(cluster.group.maturity),
                "cluster": cluster.name,
                "units": str(found.clusters.units[row]),
            }
            for column, variable in enumerate(found.clusters.variables):
                told[variable.name] = f"{found.clusters.sums[row, column] * variable.unit:.10g}"
            seen.append(told)
    compare(table(wanted), seen)


def check_days(found: Statistics, wanted: str) -> None:
    compare(table(wanted), rows_of(found.days, ("arm", "maturity", "day")))


def rows_of(moments: Any, names: tuple[str, ...]) -> list[dict[str, str]]:
    rows = []
    for row, group in enumerate(moments.groups):
        told = {name: str(getattr(group, name)) for name in names}
        told["units"] = str(moments.units[row])
        for column, variable in enumerate(moments.variables):
            total = moments.sums[row, column] * variable.unit
            told[variable.name] = f"{total + variable.shift * moments.units[row]:.10g}"
        rows.append(told)
    return rows


def compare(rows: list[dict[str, str]], seen: list[dict[str, str]]) -> None:
    columns = list(rows[0]) if rows else []
    narrowed = [{column: row[column] for column in columns} for row in seen]
    assert sorted(narrowed, key=str) == sorted(rows, key=str)


def check_quality(found: Statistics, wanted: dict[str, int]) -> None:
    """Counters as ``name``, ``name arm`` or ``name arm other``; ``-`` for no arm."""
    told = {}
    for key in wanted:
        name, *rest = key.split()
        arm = None if not rest else rest[0].replace("-", "")
        told[key] = found.count(name, arm=arm, other=rest[1] if len(rest) > 1 else None)
    assert told == wanted


def check_rules(found: Statistics, wanted: str) -> None:
    names = ("arm", "stage", "rule", "surface", "day", "units", "fired")
    seen = [{name: str(getattr(rule, name)) for name in names} for rule in found.rules]
    compare(table(wanted), seen)


def check_not_estimated(found: Statistics, wanted: dict[str, str]) -> None:
    assert set(found.not_estimated) == set(wanted)
    for metric, part in wanted.items():
        assert part in found.not_estimated[metric]


def check_arms(found: Statistics, wanted: str) -> None:
    names = ("arm", "units", "matured_units")
    compare(table(wanted), [{n: str(getattr(arm, n)) for n in names} for arm in found.arms])


def check_watermark(found: Statistics, wanted: str) -> None:
    assert str(found.watermark) == wanted


def check_covariates(found: Statistics, wanted: list[str]) -> None:
    assert list(found.covariates) == wanted


def check_exact(found: Statistics, wanted: dict[str, bool]) -> None:
    seen = {variable.name: variable.exact for variable in found.moments.variables}
    assert {name: seen[name] for name in wanted} == wanted


def check_histograms(found: Statistics, wanted: str) -> None:
    """Columns: any of arm, maturity, population, dimension, level, metric, exact; bin, units."""
    seen = [
        {
            "arm": column.group.arm,
            "maturity": str(column.group.maturity),
            "population": column.group.population,
            "dimension": str(column.group.dimension),
            "level": str(column.group.level),
            "metric": column.metric,
            "exact": str(column.exact),
            "bin": str(bin_),
            "units": str(units),
        }
        for column, histogram in found.histograms.histograms.items()
        for bin_, units in zip(histogram.bins.tolist(), histogram.counts.tolist(), strict=True)
    ]
    compare(table(wanted), seen)


CHECKS: dict[str, Callable[[Statistics, Any], None]] = {
    "cells": check_cells,
    "moments": check_moments,
    "segments": check_segments,
    "clusters": check_clusters,
    "days": check_days,
    "quality": check_quality,
    "rules": check_rules,
    "not_estimated": check_not_estimated,
    "arms": check_arms,
    "watermark": check_watermark,
    "covariates": check_covariates,
    "exact": check_exact,
    "histograms": check_histograms,
}


def test_every_edge_rule_in_scope_has_a_case() -> None:
    # methods 1.4; E18 is the name of a unit in the data, which `columns.unit` maps
    told = {YAML_.load(path.read_text(encoding="utf-8"))["rule"] for path in CASES}
    wanted = {f"E{number}" for number in range(1, 26)} - {"E18"}
    assert wanted <= told, f"no case for {sorted(wanted - told)}"
