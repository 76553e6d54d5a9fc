"""Time of inference alone: 200 metrics x 5 levels of a segment x 3 arms, from tables to estimates.

2,000 contrasts through the functions that `analyze` uses, after imports, with the tables in memory;
the median of so many runs:

    python benchmarks/inference_speed.py [REPEATS]

``measuring`` goes from the table to values, covariances and degrees of freedom, ``intervals`` from
there to statistics, p-values and intervals of differences and lifts; ``numbers`` is both, all of it
in arrays. ``with values`` is the whole way to the estimates of a result, which are Python objects.
The target is 20 ms of numbers for means, adjusted proportions and ratios, 80 ms for
Miettinen-Nurminen.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np

from pathlift.inference.drafts import Draft
from pathlift.inference.measuring_many import measure_many
from pathlift.inference.metrics import metric_slice
from pathlift.inference.reading import levels_of
from pathlift.inference.segments import segment_drafts
from pathlift.inference.solving import solve
from pathlift.inference.spans import columns_of, spans_at, statistics_at
from pathlift.inference.tails import two_sided_critical, two_sided_p
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
ALPHA = 0.05


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


def numbers(experiment: Experiment, tables: Statistics) -> Callable[[], object]:
    """From the table to values, covariances and df of all metrics in all levels."""
    wanted = [
        (metric, replace(metric_slice(tables, metric, dimension="country"), level=level))
        for metric in experiment.metrics
        for level in levels_of(tables, "country")
    ]
    return partial(measure_many, tables, wanted, ARMS, covariates=tables.covariates)


def intervals(drafts: Sequence[Draft]) -> object:
    """Statistics, p-values, differences and lifts with their intervals, as arrays."""
    columns = columns_of(drafts)
    size = len(drafts)
    statistic = statistics_at(columns, np.zeros(size), np.zeros(size, dtype=bool))
    rejected = two_sided_p(statistic, columns.df) < ALPHA
    critical = two_sided_critical(ALPHA, columns.df)
    return spans_at(columns, critical, excluded=rejected, zero_excluded=rejected)


def values(experiment: Experiment, tables: Statistics) -> object:
    """The whole way: drafts, their intervals, and the estimates of a result."""
    return solve(segment_drafts(experiment, tables, ()), alpha=ALPHA)


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    head = ("measuring", "intervals", "numbers", "with values")
    print(f"{'ms, 2,000 contrasts':24}" + "".join(f"{title:>13}" for title in head))
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
        measuring = median(numbers(experiment, tables), repeats)
        solving = median(partial(intervals, drafts), repeats)
        whole = median(partial(values, experiment, tables), repeats)
        told = (measuring, solving, measuring + solving, whole)
        print(f"{title:24}" + "".join(f"{taken:13.1f}" for taken in told))


if __name__ == "__main__":
    main()
