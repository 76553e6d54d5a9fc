"""ASOS checkpoints as looks: what peeking finds, and what intervals that allow it find.

Part A of the ASOS Digital Experiments Dataset (Liu, Cardoso, Couturier, McCoy 2021): running
counts and means at daily or half-daily checkpoints. Metric 1 is a share. The file has no licence
that lets us copy it; without it these tests skip and say so.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pathlift import analyze, load_experiment
from pathlift.inference.anytime import LEAST_CONVERSIONS, Sequence
from pathlift.inference.tails import two_sided_critical
from pathlift.result.looks import read_ledger
from pathlift.result.model import Looks, Result
from pathlift.result.saving import record

pytestmark = [pytest.mark.real, pytest.mark.engine]

ALPHA = 0.05
LOOKS = 6
THROUGH_THE_PIPELINE = ("591c2c", "6c4737", "a1e2bf", "eeefa3")
"""Few checkpoints, and of the last one arm that got twice the units."""

DEFINITION = """
status: running
data:
  totals: {{path: checkpoints.parquet, cumulative: true}}
arms:
  control: {{weight: 1, control: true}}
  treated: {{weight: {weight}}}
metrics:
  share: {{kind: proportion, column: successes, role: primary}}
analysis:
  looks: {{kind: anytime, planned_units: {planned}}}
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoints:
    """One contrast: units and successes of control and treated at each checkpoint, running."""

    name: str
    units: np.ndarray
    successes: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        share = self.successes / self.units
        return np.asarray(share[:, 1] - share[:, 0])

    @property
    def standard_error(self) -> np.ndarray:
        share = self.successes / self.units
        return np.asarray(np.sqrt((share * (1 - share) / self.units).sum(axis=1)))

    @property
    def sequence(self) -> Sequence:
        return Sequence.tuned(float(self.units[-1].sum()), alpha=ALPHA)

    def excludes_zero(self, reach: np.ndarray | float) -> np.ndarray:
        return np.asarray(np.abs(self.difference) > reach * self.standard_error)


@cache
def contrasts(folder: Path) -> tuple[Checkpoints, ...]:
    table = pl.read_parquet(folder / "asos_part_a.parquet").filter(pl.col("metric_id") == 1)
    found = []
    for (name, variant), rows in table.sort("time_since_start").group_by(
        "experiment_id", "variant_id", maintain_order=True
    ):
        units = rows.select("count_c", "count_t").to_numpy().astype(np.int64)
        means = rows.select("mean_c", "mean_t").to_numpy()
        successes = np.rint(units * means).astype(np.int64)
        begun = (units > 0).all(axis=1)  # two contrasts have a checkpoint before the first unit
        found.append(
            Checkpoints(name=f"{name}-{variant}", units=units[begun], successes=successes[begun])
        )
    return tuple(found)


def looked_at(one: Checkpoints, folder: Path) -> list[Result]:
    """Every look through the whole pipeline, each over the checkpoints so far, and written down."""
    planned = int(one.units[-1].sum())
    weight = float(one.units[-1, 1] / one.units[-1, 0])
    path = folder / "checkpoints.yaml"
    path.write_text(DEFINITION.format(planned=planned, weight=round(weight)), encoding="utf-8")
    steps = np.unique(np.linspace(1, len(one.units), LOOKS).astype(int))
    results = []
    for step in steps:
        pl.DataFrame(
            [
                {"arm": arm, "day": f"{look:03}", "units": units, "successes": successes}
                for look in range(step)
                for arm, units, successes in zip(
                    ("control", "treated"), one.units[look], one.successes[look], strict=True
                )
            ]
        ).write_parquet(folder / "checkpoints.parquet")
        experiment = load_experiment(path)
        ledger = tuple(dict(line) for line in read_ledger(folder, experiment.name))
        result = analyze(experiment, looks=Looks(method="anytime", look=None, ledger=ledger))
        results.append(record(result, folder).result)
    return results


@pytest.mark.parametrize("name", THROUGH_THE_PIPELINE)
def test_checkpoints_run_as_looks_of_one_sequence(
    name: str, data_folder: Path, tmp_path: Path
) -> None:
    one = next(each for each in contrasts(data_folder) if each.name.startswith(name))
    results = looked_at(one, tmp_path)
    assert [result.looks.taken for result in results] == list(range(1, len(results) + 1))
    steps = np.unique(np.linspace(1, len(one.units), LOOKS).astype(int)) - 1
    smallest = 1.0
    for result, step in zip(results, steps, strict=True):
        (found,) = (e for e in result.estimates if e.estimand == "itt")
        assert found.absolute is not None
        assert found.absolute.low is not None
        assert found.absolute.high is not None
        # counts are whole, so the difference is exact
        assert found.absolute.estimate == pytest.approx(one.difference[step], rel=1e-9, abs=1e-15)
        # Wald's interval with the multiplier of the sequence, from the checkpoint alone; ours is
        # the score interval at the same multiplier, which differs by the order of c^2 / successes
        reach = float(one.sequence.multiplier(one.units[step].sum()))
        half = (found.absolute.high - found.absolute.low) / 2
        tolerance = reach**2 / one.successes[step].min()
        assert half == pytest.approx(reach * one.standard_error[step], rel=tolerance)
        (over,) = result.looks.contrasts
        assert over.running_p is not None
        assert over.running_p <= smallest + 1e-12
        smallest = over.running_p
    assert results[-1].decision.verdict in {"ship", "do_not_ship", "inconclusive", "invalid"}


def test_what_peeking_finds_and_what_sequences_find(
    data_folder: Path, record_property: Callable[[str, object], None]
) -> None:
    """45 contrasts, all of their checkpoints: false alarms cannot be known, taken back ones can."""
    every = contrasts(data_folder)
    assert len({one.name for one in every}) == len(every) == 45  # counted in the file
    single = float(two_sided_critical(ALPHA))
    peeking = [one.excludes_zero(single) for one in every]
    sequence = [one.excludes_zero(one.sequence.multiplier(one.units.sum(axis=1))) for one in every]
    report = {
        "contrasts": len(every),
        "looks": sum(len(one.units) for one in every),
        "at the end, p < .05": sum(bool(found[-1]) for found in peeking),
        "at some look, p < .05": sum(bool(found.any()) for found in peeking),
        "of them taken back at the end": sum(bool(f.any() and not f[-1]) for f in peeking),
        "at some look, always-valid": sum(bool(found.any()) for found in sequence),
        "of them with the other sign at the end": sum(
            _turned(one, found) for one, found in zip(every, sequence, strict=True)
        ),
    }
    for name, value in report.items():
        record_property(name, value)
    print("\nASOS:", report)
    for fixed, always in zip(peeking, sequence, strict=True):
        assert not np.any(always & ~fixed)  # an interval that is wider excludes no more
    assert report["at some look, always-valid"] < report["at some look, p < .05"]
    assert report["of them with the other sign at the end"] == 0


def _turned(one: Checkpoints, found: np.ndarray) -> bool:
    if not found.any():
        return False
    return bool(np.sign(one.difference[np.argmax(found)]) != np.sign(one.difference[-1]))


def test_no_effect_at_these_checkpoints_is_a_false_alarm_as_seldom_as_promised(
    data_folder: Path, record_property: Callable[[str, object], None]
) -> None:
    """The same looks with both arms drawn from the control's share: every alarm is false."""
    draws = np.random.default_rng(20261125)
    runs, false, peeked = 40, 0, 0
    every = contrasts(data_folder)
    for one in every:
        # one arm loses 3,182 units at one checkpoint: taken as none coming
        more = np.maximum(np.diff(one.units, axis=0, prepend=0), 0)
        share = one.successes[-1, 0] / one.units[-1, 0]
        for _ in range(runs):
            drawn = Checkpoints(
                name=one.name,
                units=more.cumsum(axis=0),
                successes=draws.binomial(more, share).cumsum(axis=0),
            )
            enough = drawn.successes.sum(axis=1) >= LEAST_CONVERSIONS
            reach = drawn.sequence.multiplier(drawn.units.sum(axis=1))
            false += bool(drawn.excludes_zero(reach)[enough].any())
            peeked += bool(drawn.excludes_zero(float(two_sided_critical(ALPHA)))[enough].any())
    tried = runs * len(every)
    record_property("false alarms of the sequence", false / tried)
    record_property("false alarms of peeking", peeked / tried)
    print("\nASOS without effect:", false / tried, "beside", peeked / tried, "by peeking")
    error = math.sqrt(ALPHA * (1 - ALPHA) / tried)
    assert false / tried <= ALPHA + 3 * error  # three binomial standard errors
    assert peeked / tried > ALPHA + 6 * error  # the negative control: it has to fail
