"""Time of inference alone: 200 metrics x 5 levels of a segment x 3 arms, from tables to estimates.

2,000 contrasts through the functions that `analyze` uses, after imports, with the tables in memory;
the median of so many runs, and where the time goes:

    python benchmarks/inference_speed.py [REPEATS]

The target is 20 ms for means, adjusted proportions and ratios, 80 ms for Miettinen-Nurminen.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np

from pathlift.inference.segments import segment_drafts
from pathlift.inference.solving import solve
from pathlift.registry.experiment import (
    Analysis,
    Arm,
    Column,
    Contrast,
    Data,
    Experiment,
    Metric,
    RatioOf,
    UnitColumn,
)
from pathlift.statistics.cells import CellTable
from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.moments import Group, MomentTable, Variable

METRICS, LEVELS, UNITS = 200, 5, 20_000  # units of an arm in a level
ARMS = ("control", "one", "two")


def table(names: list[str], pairs: list[tuple[str, str]], *, proportions: bool) -> MomentTable:
    """Sums of independent whole numbers, drawn; proportions of zeros and ones near 10%."""
    rng = np.random.default_rng(1)
    groups = tuple(
        Group(arm=arm, dimension="country", level=f"level {level}")
        for level in range(LEVELS)
        for arm in ARMS
    )
    units = np.empty(len(groups), dtype=object)
    sums = np.empty((len(groups), len(names)), dtype=object)
    products = np.empty((len(groups), len(pairs)), dtype=object)
    for row in range(len(groups)):
        units[row] = UNITS
        sums[row] = [int(s) for s in rng.binomial(UNITS, 0.1, len(names))]
        by_name = dict(zip(names, sums[row], strict=True))
        for column, (a, b) in enumerate(pairs):
            if a == b:
                products[row, column] = by_name[a] if proportions else 3 * by_name[a]
            else:
                products[row, column] = by_name[a] * by_name[b] // UNITS
    return MomentTable(
        variables=tuple(Variable(name=name) for name in names),
        pairs=tuple(pairs),
        cubed=(),
        groups=groups,
        units=units,
        sums=sums,
        products=products,
        cubes=np.empty((len(groups), 0), dtype=object),
    )


def case(kind: str, *, adjusted: bool) -> tuple[Experiment, Statistics]:
    names = [f"m{i}" for i in range(METRICS)]
    metrics = [
        Metric(
            name=name,
            kind="proportion" if kind == "proportion" else "mean",
            source=UnitColumn(column=Column(name=name)),
        )
        for name in names
    ]
    pairs = [(name, name) for name in names]
    chosen = metrics
    if kind == "ratio":
        names.append("d")
        pairs += [("d", "d"), *((name, "d") for name in names[:-1])]
        chosen = [
            Metric(name=f"r{i}", kind="ratio", source=RatioOf(numerator=f"m{i}", denominator="d"))
            for i in range(METRICS)
        ]
    covariates = ("x:prior",) if adjusted else ()
    for x in covariates:
        pairs += [(x, x), *((name, x) for name in names)]
        names.append(x)
    segments = table(names, pairs, proportions=kind == "proportion")
    none = np.empty(0, dtype=object)
    empty = np.empty((0, 0), dtype=object)
    experiment = Experiment(
        name="speed",
        file="speed.yaml",
        definition_hash="",
        data=Data(shape="units", root=Path(), sources=()),
        arms=tuple(Arm(name=arm, value=arm, control=arm == "control") for arm in ARMS),
        window=timedelta(days=1),
        metrics=tuple(chosen),
        segments=(Column(name="country"),),
        analysis=Analysis(
            contrasts=tuple(Contrast(arm=arm, control="control") for arm in ARMS[1:])
        ),
    )
    return experiment, Statistics(
        arms=tuple(ArmFacts(arm=arm, units=1, matured_units=1) for arm in ARMS),
        moments=segments.where(lambda group: False),
        days=segments.where(lambda group: False),
        segments=segments,
        cells=CellTable(
            covariates=(),
            cells=(),
            units=none,
            converted=none.copy(),
            covariate_sums=empty,
            converted_covariate_sums=empty.copy(),
        ),
        covariates=covariates,
    )


def median(run: Callable[[], object], repeats: int) -> float:
    run()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return 1000 * statistics.median(times)


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{'':28}{'drafts':>12}{'solving':>12}{'together':>12}   of 2,000 contrasts, ms")
    for title, kind, adjusted in (
        ("means", "mean", False),
        ("ratios", "ratio", False),
        ("adjusted proportions", "proportion", True),
        ("Miettinen-Nurminen", "proportion", False),
    ):
        experiment, tables = case(kind, adjusted=adjusted)
        drafts = segment_drafts(experiment, tables, ())
        assert len(drafts) == 2 * METRICS * LEVELS
        assert not any(draft.refused for draft in drafts)
        making = median(partial(segment_drafts, experiment, tables, ()), repeats)
        solving = median(partial(solve, drafts, alpha=0.05), repeats)
        print(f"{title:28}{making:12.0f}{solving:12.0f}{making + solving:12.0f}")


if __name__ == "__main__":
    main()
