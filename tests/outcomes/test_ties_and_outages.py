"""Ties and outages: the SQL against two readings of the same random logs, one of them in Polars."""

from collections import Counter
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.outcomes import brute_force, logs, polars_reading
from tests.outcomes.test_brute_force import AS_OF, WATERMARK, compare

from pathlift.outcomes.collecting import collect
from pathlift.registry.loading import load_experiment
from pathlift.statistics.collected import Statistics
from pathlift.statistics.ties import break_ties

pytestmark = pytest.mark.engine

PRIORITIES = tuple(permutations(("need", "touchpoint", "trust")))
# Exposures lie on whole hours and up to five seconds after them, windows have six hours: so do
# these ends. New York is at UTC-5 until 2 am of the 8th, then at UTC-4.
OUTAGES = (
    ("trust", "2026-03-07T20:00:01", "2026-03-08T09:00:03", (7, 25, 0, 1), (8, 13, 0, 3)),
    ("need", "2026-03-09T20:00:02.1", "2026-03-09T20:00:04.1", (9, 24, 0, 2.1), (9, 24, 0, 4.1)),
)


def instant(moment: tuple[float, ...]) -> int:
    day, hour, minute, second = moment
    midnight = int(datetime(2026, 3, int(day), tzinfo=UTC).timestamp())
    return round((midnight + hour * 3600 + minute * 60 + second) * 1_000_000)


INSTANTS = tuple((instant(start), instant(stop)) for *_, start, stop in OUTAGES)


def written(
    log: logs.Log,
    folder: Path,
    *,
    resolution: str,
    counts_as: str | None,
    crossovers: str,
    misdelivered: str,
    priority: tuple[str, ...],
    out: bool,
) -> Statistics:
    """Statistics with ties broken, as everything but checks and bounds reads them."""
    logs.write(log, folder)
    text = logs.DEFINITION.format(
        resolution=resolution,
        counts_as=f"exposure_counts_as: {counts_as}" if counts_as else "",
        crossovers=crossovers,
        misdelivered=misdelivered,
    )
    if priority:
        text += f"ties: {{priority: [{', '.join(priority)}]}}\n"
    if out:
        rows = (f"{{stage: {s}, from: {one}, to: {two}}}" for s, one, two, *_ in OUTAGES)
        text += f"outages: [{', '.join(rows)}]\n"
    (folder / "random.yaml").write_text(text, encoding="utf-8")
    experiment = load_experiment(folder / "random.yaml")
    if out:
        assert [
            tuple(int(m.timestamp() * 10) * 100_000 for m in (o.start, o.stop))
            for o in experiment.outages
        ] == list(INSTANTS)
    return break_ties(collect(experiment, as_of=AS_OF), experiment.priority)


@pytest.mark.parametrize(
    ("priority", "out"), [((), True), (PRIORITIES[4], False), (PRIORITIES[3], True)]
)
@pytest.mark.parametrize("resolution", [("1s", 1_000_000), ("0s", 0), ("10s", 10_000_000)])
def test_every_table_is_read_alike_with_ties_broken_and_stages_out(
    resolution: tuple[str, int], priority: tuple[str, ...], tmp_path: Path, *, out: bool
) -> None:
    text, microseconds = resolution
    log = logs.draw(np.random.default_rng([len(text), len(priority), out]), 300)
    how: dict[str, Any] = {
        "counts_as": None, "crossovers": "first_arm", "misdelivered": "keep", "priority": priority,
    }  # fmt: skip
    found = written(log, tmp_path, resolution=text, out=out, **how)
    expected = brute_force.read(
        log.exposures, log.events, log.left_out,
        watermark=WATERMARK, resolution=microseconds, outages=INSTANTS if out else (), **how,
    )  # fmt: skip
    hidden = sum(unit["label"] == 63 for unit in expected.units)
    assert (0.1 < hidden / len(expected.units) < 0.6) == out  # outages that hide some, not all
    compare(found, expected)


def of_units(table: pl.DataFrame) -> Counter[tuple[Any, ...]]:
    keys = ["arm", "maturity", "label", "baseline", "conversion"]
    return Counter(table.select(keys).rows())


def of_statistics(found: Statistics) -> Counter[tuple[Any, ...]]:
    counts: Counter[tuple[Any, ...]] = Counter()
    for cell, (units, converted) in found.cells.counts().items():
        key = cell.arm, cell.maturity, cell.label, cell.baseline
        counts[*key, 1] += converted
        counts[*key, 0] += units - converted
    return +counts


@given(
    seed=st.integers(0, 2**32 - 1),
    resolution=st.sampled_from([("1s", 1_000_000), ("0s", 0), ("10s", 10_000_000)]),
    counts_as=st.sampled_from([None, "need", "touchpoint"]),
    crossovers=st.sampled_from(["first_arm", "exclude"]),
    misdelivered=st.sampled_from(["keep", "exclude"]),
    priority=st.sampled_from([(), *PRIORITIES]),
    out=st.booleans(),
)
@settings(
    max_examples=4,  # a log is written, and read by both, in a second
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_labels_baseline_conversion_and_revenue_are_those_of_polars(
    tmp_path: Path, *, seed: int, resolution: tuple[str, int], out: bool, **how: Any
) -> None:
    log = logs.draw(np.random.default_rng(seed), 150)
    text, microseconds = resolution
    found = written(log, tmp_path, resolution=text, out=out, **how)
    table = polars_reading.read(
        log.exposures, log.events, log.left_out,
        watermark=WATERMARK, resolution=microseconds, outages=INSTANTS if out else (), **how,
    )  # fmt: skip
    assert of_statistics(found) == of_units(table)
    place = [variable.name for variable in found.moments.variables].index("revenue")
    told = {
        (group.arm, group.maturity): found.moments.sums[row, place]
        for row, group in enumerate(found.moments.groups)
        if not group.population
    }
    summed = table.group_by("arm", "maturity").agg(pl.col("revenue").sum())
    assert told == {(arm, maturity): cents for arm, maturity, cents in summed.rows()}


def test_the_two_readings_beside_the_sql_agree_on_every_label() -> None:
    log = logs.draw(np.random.default_rng(20261125), 4_000)
    how: dict[str, Any] = {
        "watermark": WATERMARK, "resolution": 2_000_000, "counts_as": None,
        "crossovers": "first_arm", "misdelivered": "keep", "outages": INSTANTS,
    }  # fmt: skip
    expected = brute_force.read(log.exposures, log.events, log.left_out, **how)
    table = polars_reading.read(log.exposures, log.events, log.left_out, **how)
    keys = ("arm", "maturity", "label", "baseline", "conversion")
    assert of_units(table) == Counter(tuple(u[key] for key in keys) for u in expected.units)
    assert table["label"].n_unique() == 27, "every label should have been drawn"
