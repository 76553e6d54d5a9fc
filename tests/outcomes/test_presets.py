"""Orderings under presets, against a second reading of the same random logs, rules by rules."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.outcomes import brute_force, logs
from tests.outcomes.test_brute_force import AS_OF, SETTINGS, WATERMARK

from pathlift.outcomes import invariants
from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment
from pathlift.statistics.clusters import ClusterTable
from pathlift.statistics.collected import Statistics
from pathlift.statistics.multiverse import BASE, Multiverse

pytestmark = pytest.mark.engine

Row = dict[str, Any]
PRESETS = """
presets:
  loose:
    touchpoint: "event in ('view', 'impression', 'both')"
    trust: {any: "event = 'review'", accumulate: {sum: watch_ms, per: creator, reach: 15000}}
  strict:
    need: "event = 'both'"
    trust: {accumulate: {sum: watch_ms, per: creator, reach: 40000}}
  other_sum:
    trust: {any: "event = 'view'", accumulate: {sum: "coalesce(watch_ms, 0) * 2", reach: 30000}}
"""
# The same in Python: conditions by stage; what is added up for trust, by whom, up to what.
RULES: dict[str, tuple[dict[str, list[Callable[[Row], bool]]], tuple[int, bool, int] | None]] = {
    "loose": (
        {
            "touchpoint": [lambda row: row["event"] in ("view", "impression", "both")],
            "trust": [lambda row: row["event"] == "review"],
        },
        (1, True, 15_000),
    ),
    "strict": (
        {"need": [lambda row: row["event"] == "both"], "trust": []},
        (1, True, 40_000),
    ),
    "other_sum": ({"trust": [lambda row: row["event"] == "view"]}, (2, False, 30_000)),
}


def crossing(rows: list[Row], times: int, by_creator: bool, reach: int) -> int | None:  # noqa: FBT001 - a rule's part
    found = []
    for creator in {row["creator"] if by_creator else None for row in rows}:
        watched = [r for r in rows if (not by_creator or r["creator"] == creator) and r["watch_ms"]]
        for at in sorted({row["at"] for row in watched}):
            if sum(times * row["watch_ms"] for row in watched if row["at"] <= at) >= reach:
                found.append(at)
                break
    return min(found, default=None)


def labels_under(
    preset: str, log: logs.Log, setting: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> list[Row]:
    """Units as the plain-Python reading finds them with the rules of a preset."""
    _, resolution, counts_as, crossovers, misdelivered = setting
    with monkeypatch.context() as patch:
        if preset != BASE:
            conditions, sum_of = RULES[preset]
            for stage, rules in conditions.items():
                patch.setitem(brute_force._RULES, stage, rules)
            assert sum_of is not None
            patch.setattr(brute_force, "_crossing", lambda rows: crossing(rows, *sum_of))
        return brute_force.read(
            log.exposures,
            log.events,
            log.left_out,
            watermark=WATERMARK,
            resolution=resolution,
            counts_as=counts_as,
            crossovers=crossovers,
            misdelivered=misdelivered,
        ).units


def run(log: logs.Log, folder: Path, setting: tuple[Any, ...]) -> Statistics:
    text, _, counts_as, crossovers, misdelivered = setting
    logs.write(log, folder)
    definition = logs.DEFINITION.format(
        resolution=text,
        counts_as=f"exposure_counts_as: {counts_as}" if counts_as else "",
        crossovers=crossovers,
        misdelivered=misdelivered,
    )
    if counts_as == "touchpoint":
        lines = PRESETS.splitlines()
        presets = "\n".join(line for line in lines if "    touchpoint:" not in line)
    elif counts_as == "need":
        presets = "\n".join(line for line in PRESETS.splitlines() if "    need:" not in line)
    else:
        presets = PRESETS
    (folder / "random.yaml").write_text(definition + presets, encoding="utf-8")
    return collect(load_experiment(folder / "random.yaml"), as_of=AS_OF)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: "-".join(str(part) for part in s))
def test_labels_under_every_preset_are_read_alike(
    setting: tuple[Any, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logs.draw(np.random.default_rng([7, len(setting[0])]), 500)
    found = run(log, tmp_path, setting)
    names = [BASE, *RULES]
    read = {name: labels_under(name, log, setting, monkeypatch) for name in names}
    assert [table.preset for table in found.multiverse.presets] == names[1:]
    for table in found.multiverse.presets:
        compare_cells(table.cells, read[table.preset], found)
        assert table.clusters is not None
        compare_clusters(table.clusters, read[table.preset])
    assert [(pair.one, pair.other) for pair in found.multiverse.pairs] == [
        (one, other) for place, one in enumerate(names) for other in names[place + 1 :]
    ]
    for cross in found.multiverse.pairs:
        units: Counter[Any] = Counter()
        bought: Counter[Any] = Counter()
        for one, other in zip(read[cross.one], read[cross.other], strict=True):
            key = (one["arm"], one["maturity"], one["label"], other["label"])
            units[key] += 1
            bought[key] += one["conversion"]
        keys = {pair: (pair.arm, pair.maturity, pair.one, pair.other) for pair in cross.units}
        assert {keys[pair]: n for pair, n in cross.units.items()} == dict(units)
        assert {keys[pair]: n for pair, n in cross.converted.items() if n} == dict(+bought)
    changed = [
        sum(own["label"] != unit["label"] for own, unit in zip(read[BASE], units_, strict=True))
        for name, units_ in read.items()
        if name != BASE
    ]
    assert min(changed) > 20  # the presets do something in these logs


def compare_cells(cells: Any, units: list[Row], found: Statistics) -> None:
    expected: Counter[Any] = Counter()
    sums: Counter[Any] = Counter()
    for unit in units:
        key = (unit["arm"], unit["maturity"], unit["label"])
        expected[key] += 1
        expected[(*key, "converted")] += unit["conversion"]
        sums[key] += unit["prior_cents"]
        sums[(*key, "converted")] += unit["prior_cents"] * unit["conversion"]
    column = found.cells.covariates.index("x:prior_cents")
    keys = [(cell.arm, cell.maturity, cell.label) for cell in cells.cells]
    assert set(keys) == {key for key in expected if len(key) == 3}
    for row, key in enumerate(keys):
        assert cells.units[row] == expected[key]
        assert cells.converted[row] == expected[(*key, "converted")]
        assert cells.covariate_sums[row, column] == sums[key]
        assert cells.converted_covariate_sums[row, column] == sums[(*key, "converted")]


def compare_clusters(clusters: ClusterTable, units: list[Row]) -> None:
    column = {"b": "team", "c": "group"}
    expected: Counter[Any] = Counter()
    for unit in units:
        if unit["arm"] in column:
            cluster = unit[column[unit["arm"]]]
            expected[unit["arm"], unit["maturity"], cluster, unit["label"]] += 1
    told = {
        (c.group.arm, c.group.maturity, c.name, code): int(clusters.label_units[row, place])
        for row, c in enumerate(clusters.clusters)
        if c.group.dimension is None and not c.group.population
        for place, code in enumerate(clusters.labels)
        if clusters.label_units[row, place]
    }
    assert told == dict(expected)


def test_presets_change_nothing_else(tmp_path: Path) -> None:
    """All other tables are those of the same experiment without presets."""
    log = logs.draw(np.random.default_rng(11), 300)
    beside = run(log, tmp_path, SETTINGS[0])
    text = (tmp_path / "random.yaml").read_text(encoding="utf-8")
    (tmp_path / "alone.yaml").write_text(text.replace(PRESETS, ""), encoding="utf-8")
    alone = collect(load_experiment(tmp_path / "alone.yaml"), as_of=AS_OF)
    assert alone.multiverse.presets == ()
    assert beside.cells.counts() == alone.cells.counts()
    assert beside.moments.groups == alone.moments.groups
    for one, other in zip(*(t.moments.sums.ravel().tolist() for t in (beside, alone)), strict=True):
        # floats of a column without a unit are added in whatever order units are read
        assert one == (pytest.approx(other, rel=1e-12) if isinstance(other, float) else other)
    assert (beside.rules, beside.quality) == (alone.rules, alone.quality)


def test_thresholds_of_one_sum_are_read_in_one_pass(tmp_path: Path) -> None:
    """Three reaches of the same sum are one query over the events, and one more for another sum."""
    found = run(logs.draw(np.random.default_rng(3), 50), tmp_path, SETTINGS[0])
    assert found.sql["unit_facts"].lower().count("as so_far") == 2


@pytest.mark.parametrize("part", ["cells", "pairs"])
def test_a_conversion_that_one_preset_lost_is_a_bug_that_stops_the_run(
    part: str, tmp_path: Path
) -> None:
    """The effect on conversion is the same under all presets: integers say so on every run."""
    found = run(logs.draw(np.random.default_rng(5), 100), tmp_path, SETTINGS[0])
    whole = found.multiverse
    presets, pairs = list(whole.presets), list(whole.pairs)
    if part == "cells":
        cells = presets[0].cells
        converted = cells.converted.copy()
        converted[int(np.argmax(converted > 0))] -= 1
        presets[0] = replace(presets[0], cells=replace(cells, converted=converted))
    else:
        lost = next(pair for pair, count in pairs[0].converted.items() if count)
        counts = {**pairs[0].converted, lost: pairs[0].converted[lost] - 1}
        pairs[0] = replace(pairs[0], converted=counts)

    def check(multiverse: Multiverse) -> None:
        invariants.check(
            arms=found.arms,
            moments=found.moments,
            days=found.days,
            segments=found.segments,
            cells=found.cells,
            conversion="conversion",
            timed=True,
            multiverse=multiverse,
        )

    check(whole)
    with pytest.raises(invariants.InvariantError):
        check(Multiverse(presets=tuple(presets), pairs=tuple(pairs)))
