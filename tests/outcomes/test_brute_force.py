"""The SQL against a second reading of the same random logs, all tables at once."""

import os
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.outcomes import brute_force, logs

from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment
from pathlift.statistics.collected import Statistics

pytestmark = pytest.mark.engine

NAMES = ("conversion", "revenue", "orders", "refunds", "net", "dwell")
COVARIATES = ("prior", "prior_cents", "prior_views")
AS_OF = date(2026, 3, 9)  # so that some windows are open
WATERMARK = int(datetime(2026, 3, 10, 4, tzinfo=UTC).timestamp()) * 1_000_000
SETTINGS = [
    ("1s", 1_000_000, None, "first_arm", "keep"),
    ("0s", 0, "touchpoint", "exclude", "exclude"),
    ("10s", 10_000_000, "need", "first_arm", "exclude"),
    ("500ms", 500_000, None, "exclude", "keep"),
]


def run(log: logs.Log, folder: Path, setting: tuple[Any, ...]) -> tuple[Statistics, Any]:
    text, resolution, counts_as, crossovers, misdelivered = setting
    logs.write(log, folder)
    (folder / "random.yaml").write_text(
        logs.DEFINITION.format(
            resolution=text,
            counts_as=f"exposure_counts_as: {counts_as}" if counts_as else "",
            crossovers=crossovers,
            misdelivered=misdelivered,
        ),
        encoding="utf-8",
    )
    found = collect(load_experiment(folder / "random.yaml"), as_of=AS_OF)
    expected = brute_force.read(
        log.exposures,
        log.events,
        log.left_out,
        watermark=WATERMARK,
        resolution=resolution,
        counts_as=counts_as,
        crossovers=crossovers,
        misdelivered=misdelivered,
    )
    return found, expected


def value(unit: dict[str, Any], name: str, caps: dict[str, int]) -> Any:
    """A variable of a unit, as its name in the tables says."""
    if name.endswith(".missing"):
        return int(unit[name.removeprefix("x:").removesuffix(".missing")] is None)
    if name.startswith("x:"):
        return unit[name.removeprefix("x:")] or 0
    if name.endswith(".raw"):
        return unit[name.removesuffix(".raw")]
    return min(unit[name], caps[name]) if name in caps else unit[name]


def quantile_disc(values: list[int], q: float) -> int:
    """Smallest value at which the share of values at or below it reaches q."""
    ordered = sorted(values)
    return next(v for i, v in enumerate(ordered, start=1) if i >= q * len(ordered) - 1e-9)


def compare(found: Statistics, expected: Any) -> None:
    units = expected.units
    caps: dict[str, int] = {}
    spent = [
        u["revenue"] for u in units if u["revenue"] and u["maturity"] >= 1 and u["arm"] != "held"
    ]
    cap = found.caps["revenue"]
    assert cap.nonzero_units == len(spent)
    if len(spent) >= 1000:
        caps["revenue"] = quantile_disc(spent, 0.9)
        assert cap.threshold == pytest.approx(caps["revenue"] / 100, rel=1e-12)  # one rounding
        assert cap.capped_units == sum(v > caps["revenue"] for v in spent)
    else:
        assert cap.threshold is None
    compare_cells(found, units)
    compare_moments(found.moments, units, caps, lambda u: [(u["arm"], u["maturity"], None, None)])
    compare_moments(found.days, units, caps, lambda u: [(u["arm"], u["maturity"], u["day"], None)])
    compare_moments(
        found.segments,
        units,
        caps,
        lambda u: [(u["arm"], u["maturity"], d, u[d]) for d in ("country", "platform")],
    )
    compare_histograms(found, units)
    compare_clusters(found, units, caps)
    compare_landmarks(found, units)
    compare_times(found, units)
    compare_rules(found, units)
    compare_quality(found, expected.quality)


def compare_cells(found: Statistics, units: list[Any]) -> None:
    strata = {None: "NULL", True: "true", False: "false"}
    totals: dict[Any, list[Any]] = defaultdict(lambda: [0, 0, 0, 0])
    sums: dict[Any, Any] = defaultdict(Counter)
    for unit in units:
        key = (
            unit["arm"],
            unit["maturity"],
            unit["label"],
            unit["baseline"],
            strata[unit["again"]],
        )
        totals[key][0] += 1
        totals[key][1] += unit["conversion"]
        totals[key][2] += unit["lm_elig"]
        totals[key][3] += unit["lm_conv"]
        for name in found.cells.covariates:
            sums[key][name] += value(unit, name, {})
            sums[key][f"converted {name}"] += value(unit, name, {}) * unit["conversion"]
    cells = found.cells
    keys = [(c.arm, c.maturity, c.label, c.baseline, c.stratum) for c in cells.cells]
    columns = (cells.units, cells.converted, cells.lm_elig, cells.lm_conv)
    rows = zip(*columns, strict=True)
    assert {k: list(v) for k, v in zip(keys, rows, strict=True)} == dict(totals)
    for row, key in enumerate(keys):
        for column, name in enumerate(cells.covariates):
            assert cells.covariate_sums[row, column] == sums[key][name]
            assert cells.converted_covariate_sums[row, column] == sums[key][f"converted {name}"]


STATES = (  # 1 need, 2 touchpoint, 4 trust
    *("none", "need", "touchpoint", "need+touchpoint"),
    *("trust", "need+trust", "touchpoint+trust", "need+touchpoint+trust"),
)


def compare_landmarks(found: Statistics, units: list[Any]) -> None:
    strata = {None: "NULL", True: "true", False: "false"}
    column = {"b": "team", "c": "group"}
    expected: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for unit in units:
        if unit["arm"] in column and unit["lm_elig"]:
            key = (unit["arm"], unit["maturity"], unit["label"], unit["baseline"])
            counts = expected[*key, strata[unit["again"]], unit[column[unit["arm"]]]]
            counts[0] += 1
            counts[1] += unit["lm_conv"]
    table = found.landmarks
    assert table is not None
    seen = {
        (*(getattr(row.cell, n) for n in ("arm", "maturity", "label", "baseline", "stratum")),
         row.cluster): [int(eligible), int(converted)]
        for row, eligible, converted in zip(table.rows, table.lm_elig, table.lm_conv, strict=True)
    }  # fmt: skip
    assert seen == dict(expected)


def compare_clusters(found: Statistics, units: list[Any], caps: dict[str, int]) -> None:
    column = {"b": "team", "c": "group"}
    members: dict[Any, list[Any]] = defaultdict(list)
    for unit in units:
        if unit["arm"] in column:
            cluster = unit[column[unit["arm"]]]
            for dimension, level in (
                (None, None),
                *((d, unit[d]) for d in ("country", "platform")),
                ("baseline_state", STATES[unit["baseline"]]),
            ):
                members[unit["arm"], unit["maturity"], dimension, level, cluster].append(unit)
    table = found.clusters
    assert table is not None
    seen = [
        (c.group.arm, c.group.maturity, c.group.dimension, c.group.level, c.name)
        for c in table.clusters
    ]
    assert sorted(map(str, seen)) == sorted(map(str, members))
    for row, key in enumerate(seen):
        own = members[key]
        assert table.units[row] == len(own)
        for place, variable in enumerate(table.variables):
            total = sum(value(u, variable.name, caps) - variable.shift for u in own)
            agree(table.sums[row, place], total, variable.exact)
        read = key[2] in (None, "baseline_state")  # labels are not read by segment
        labels = Counter(u["label"] for u in own if read)
        bought = Counter(u["label"] for u in own if u["conversion"] and read)
        assert {code: table.label_units[row, i] for i, code in enumerate(table.labels)} == {
            code: labels[code] for code in table.labels
        }
        assert {code: table.label_converted[row, i] for i, code in enumerate(table.labels)} == {
            code: bought[code] for code in table.labels
        }
    assert set(table.labels) == {u["label"] for u in units if u["arm"] in column}


def compare_times(found: Statistics, units: list[Any]) -> None:
    """Whole bins of six hours after first exposure, up to an hour before the watermark."""
    bin_ = 6 * brute_force.HOUR
    bins = brute_force.WINDOW // bin_
    column = {"b": "team", "c": "group"}
    expected: Counter[Any] = Counter()
    for unit in units:
        followed = 0
        while (
            followed < bins
            and unit["t0"] + (followed + 1) * bin_ <= WATERMARK - brute_force.INGESTION
        ):
            followed += 1
        at = unit["stages_at"]
        events = {
            "purchase": unit["purchase_at"],
            "completion": max(at.values())
            if len(at) == 3 and unit["label"] != brute_force.UNKNOWN
            else unit["purchase_at"],
        }
        for endpoint, event in events.items():
            place = None if event is None else (event - unit["t0"]) // bin_ + 1
            seen = place is not None and place <= followed
            rest = (place, unit["label"]) if seen else (followed, None)
            expected[unit["arm"], endpoint, *rest, unit["maturity"], unit["baseline"], None] += 1
            if unit["arm"] in column:
                cluster = unit[column[unit["arm"]]]
                expected[unit["arm"], endpoint, *rest, 0, 0, cluster] += 1
    table = found.times
    assert table is not None
    assert (table.length, table.bins, table.clustered) == (bin_, bins, ("b", "c"))
    assert {
        (t.arm, t.endpoint, t.bin, t.cause, t.maturity, t.baseline, t.cluster): count
        for t, count in zip(table.times, table.units.tolist(), strict=True)
    } == dict(expected)


def compare_moments(table: Any, units: list[Any], caps: dict[str, int], keys: Any) -> None:
    members: dict[Any, list[Any]] = defaultdict(list)
    for unit in units:
        for key in keys(unit):
            members[key].append(unit)
    found = [(g.arm, g.maturity, g.day or g.dimension, g.level) for g in table.groups]
    assert sorted(map(str, found)) == sorted(map(str, members))
    names = [variable.name for variable in table.variables]
    exact = {variable.name for variable in table.variables if variable.exact}
    shift = {variable.name: variable.shift for variable in table.variables}
    assert exact == set(names) - {"dwell"}
    for row, key in enumerate(found):
        own = members[key]
        whole = {n: np.array([value(u, n, caps) for u in own], dtype=object) for n in names}
        whole |= {n: whole[n].astype(float) - shift[n] for n in names if n not in exact}
        assert table.units[row] == len(own)
        for place, name in enumerate(names):
            agree(table.sums[row, place], whole[name].sum(), name in exact)
        for place, (one, other) in enumerate(table.pairs):
            product = (whole[one] * whole[other]).sum()
            agree(table.products[row, place], product, {one, other} <= exact)
        for place, name in enumerate(table.cubed):
            agree(table.cubes[row, place], (whole[name] ** 3).sum(), name in exact)


def compare_histograms(found: Statistics, units: list[Any]) -> None:
    of = {"net_p90": "net", "orders_p50": "orders"}
    expected: dict[Any, Counter[int]] = defaultdict(Counter)
    for unit in units:
        whole = (unit["arm"], unit["maturity"], None, None)
        parts = [(*whole[:2], d, unit[d]) for d in ("country", "platform")]
        for key in (whole, *parts):
            for metric, amount in of.items():
                expected[*key, metric][bin_of(unit[amount])] += 1
    seen = {
        (g.arm, g.maturity, g.dimension, g.level, column.metric): dict(
            zip(h.bins.tolist(), h.counts.tolist(), strict=True)
        )
        for column, h in found.histograms.histograms.items()
        for g in (column.group,)
    }
    assert seen == {key: dict(counts) for key, counts in expected.items()}
    assert all(column.exact for column in found.histograms.histograms)


@cache
def bin_of(amount: int) -> int:
    """Powers of 1.01 counted one by one: the bin of 1 is 100000."""
    power, edge = 0, Fraction(1)
    while edge * Fraction(101, 100) <= abs(amount):
        power, edge = power + 1, edge * Fraction(101, 100)
    return 0 if amount == 0 else (100_000 + power) * (1 if amount > 0 else -1)


def agree(found: Any, expected: Any, exact: bool) -> None:  # noqa: FBT001 - a private step
    if exact:
        assert isinstance(found, int)
        assert found == int(expected)
    else:  # both add doubles, in another order
        assert found == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def compare_rules(found: Statistics, units: list[Any]) -> None:
    of_day: Counter[Any] = Counter((u["arm"], u["day"]) for u in units)
    fired: Counter[Any] = Counter()
    for unit in units:
        for (stage, rule), held in unit["fired"].items():
            fired[unit["arm"], unit["day"], stage, rule] += held
    assert {(r.arm, r.day, r.stage, r.rule): (r.units, r.fired) for r in found.rules} == {
        (arm, day, stage, rule): (of_day[arm, day], count)
        for (arm, day, stage, rule), count in fired.items()
    }


def compare_quality(found: Statistics, expected: Counter[Any]) -> None:
    told = {
        (count.name, count.arm, count.other): count.count
        for count in found.quality
        if count.count and count.name in {name for name, _, _ in expected}
    }
    assert told == {key: count for key, count in expected.items() if count}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: "-".join(str(part) for part in s))
@pytest.mark.parametrize("seed", range(3))
def test_a_few_hundred_journeys_are_read_alike(
    setting: tuple[Any, ...], seed: int, tmp_path: Path
) -> None:
    log = logs.draw(np.random.default_rng([seed, len(setting[0])]), 300)
    compare(*run(log, tmp_path, setting))


def test_who_is_followed_after_completing_an_ordering_is_read_alike_at_every_edge(
    tmp_path: Path,
) -> None:
    log = logs.draw_steps(np.random.default_rng(8), 600, step=brute_force.LANDMARK // 5)
    found, expected = run(log, tmp_path, SETTINGS[0])
    compare_cells(found, expected.units)
    compare_landmarks(found, expected.units)
    late = [u for u in expected.units if u["lm_elig"] and u["conversion"] and not u["lm_conv"]]
    assert min(len(late), sum(u["lm_conv"] for u in expected.units)) > 20  # edges were drawn


def test_times_in_many_bins_are_read_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brute_force, "WINDOW", 48 * brute_force.HOUR)
    lengths = (21, 23, 49)  # hours; a window of two days ends last
    monkeypatch.setattr(brute_force, "LENGTHS", [hours * brute_force.HOUR for hours in lengths])
    definition = logs.DEFINITION.replace("window: 6h\nlookback", "window: 2d\nlookback")
    monkeypatch.setattr(logs, "DEFINITION", definition)
    found, expected = run(logs.draw(np.random.default_rng(48), 400), tmp_path, SETTINGS[0])
    compare_times(found, expected.units)
    bins = {time.bin for time in found.times.times} if found.times else set()
    assert bins == set(range(9)), "some unit should have been followed for every number of bins"


@pytest.mark.slow
def test_ten_thousand_journeys_are_read_alike(tmp_path: Path) -> None:
    seed = int(os.environ.get("PATHLIFT_SEED", "20260302"))
    log = logs.draw(np.random.default_rng(seed), 10_000)
    found, expected = run(log, tmp_path, SETTINGS[0])
    assert found.caps["revenue"].threshold is not None
    compare(found, expected)
    labels = Counter(unit["label"] for unit in expected.units)
    assert len(labels) == 26, "every weak ordering should have been drawn"
