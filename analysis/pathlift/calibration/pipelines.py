"""Rows that write Parquet and analyse it from end to end: whether the wiring keeps the truth."""

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pathlift.calibration.claims import Claim, Largest, Mean, Share
from pathlift.calibration.row import Draws, Row
from pathlift.inference.arrays import Floats
from pathlift.pipeline import analyze
from pathlift.places import examples_folder
from pathlift.registry.loading import load_experiment
from pathlift.result.model import Estimate, Result
from pathlift.simulation import Scenario, TruthTable, scenario, truth, write_logs

_SMALL, _LARGE = 1_500, 20_000  # planned units an arm
_WORLDS = ("journeys", "trust_first_intent")
_FEWEST = 25.0  # expected units below which four standard errors mean little


def _analysed(world: Scenario) -> Result:
    with tempfile.TemporaryDirectory(prefix="pathlift-") as folder:
        write_logs(world, Path(folder), threads=1)
        definition = examples_folder() / f"{world.data}.yaml"
        return analyze(load_experiment(definition, data_root=folder))


def _seeded(rng: np.random.Generator, world: Scenario) -> Scenario:
    return world.seeded(int(rng.integers(2**62)))


def _k25(rng: np.random.Generator, replicates: int) -> Draws:
    furthest = []
    for place in range(replicates):
        world = _seeded(rng, scenario(_WORLDS[place % len(_WORLDS)]).sized(_LARGE))
        furthest.append(max(_distances(_analysed(world), truth(world))))
    return {"furthest cell": np.array(furthest)}


def _distances(result: Result, table: TruthTable) -> Iterator[float]:
    """Of every arm, label and outcome: count from expectation, in standard errors."""
    if result.orderings is None:
        raise ValueError("a pipeline without orderings")
    seen = {(row.arm, row.ordering): row for row in result.orderings.labels}
    units = {arm.arm: arm.matured_units for arm in result.arms}
    for arm in table.arms:
        n = units[arm.arm]
        for label, share in arm.share.items():
            row = seen.get((arm.arm, label))
            bought = row.converted if row else 0
            for p, count in (
                (arm.incidence[label], bought),
                (share - arm.incidence[label], (row.units if row else 0) - bought),
            ):
                if n * p >= _FEWEST:
                    yield abs(count - n * p) / math.sqrt(n * p * (1 - p))


# What is read of each pipeline: estimand, metric, ordering. One contrast, so that replicates are
# independent of each other.
_READ: dict[str, tuple[str, str | None, str | None]] = {
    "conversion": ("itt", "conversion", None),
    "orders": ("itt", "orders", None),
    "incidence of an ordering": ("incidence", "conversion", "touchpoint>need>trust"),
    "share of an ordering": ("ordering_share", None, "need>touchpoint>trust"),
    "first step": ("first_step", None, "touchpoint"),
}


def _p1(rng: np.random.Generator, replicates: int) -> Draws:
    found: dict[str, list[float]] = {}
    for _ in range(replicates):
        world = _seeded(rng, scenario("journeys").sized(_SMALL))
        result, table = _analysed(world), truth(world)
        for name, (estimand, metric, ordering) in _READ.items():
            estimate = _named(result, estimand, metric, ordering)
            true = table.absolute(
                arm="content", control="search", estimand=estimand, metric=metric, ordering=ordering
            )
            span, error = estimate.absolute, estimate.standard_error
            if span is None or span.estimate is None or error is None:
                raise ValueError(f"{name} was not estimated: {estimate.not_estimated}")
            inside = (span.low or 0.0) <= true <= (span.high or 0.0)
            found.setdefault(f"{name}: covers", []).append(float(inside))
            found.setdefault(f"{name}: bias in standard errors", []).append(
                (span.estimate - true) / error
            )
    return {name: _array(values) for name, values in found.items()}


def _array(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def _named(result: Result, estimand: str, metric: str | None, ordering: str | None) -> Estimate:
    for e in result.estimates:
        if (
            (e.estimand, e.metric, e.ordering) == (estimand, metric, ordering)
            and e.arm == "content"
            and e.segment is None
        ):
            return e
    raise ValueError(f"no estimate of {estimand}/{metric}/{ordering}")


def _claims() -> Iterator[Claim]:
    for name in _READ:
        yield Share(name=f"{name}: covers", low=0.945, high=0.955)
        yield Mean(name=f"{name}: bias in standard errors")


ROWS = (
    Row(
        id="K25",
        scenario="Logs of two worlds, written as Parquet and read by the SQL of `analyze`: units "
        "by arm, label and outcome beside the matrix exponential",
        target="every cell within 4 standard errors",
        claims=(Largest(name="furthest cell", high=4.0),),
        draw=_k25,
        replicates=2,
        quick=0,
        chunk=1,
    ),
    Row(
        id="P1",
        scenario="Whole pipelines: Parquet logs of the worked example, 1,500 units an arm, through "
        "`analyze`; content against search",
        target="covers 95% ± .5, no bias: the wiring loses nothing",
        claims=tuple(_claims()),
        draw=_p1,
        replicates=100,
        quick=0,
        chunk=2,
    ),
)
