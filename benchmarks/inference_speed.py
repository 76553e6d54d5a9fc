"""Time of inference alone: 200 metrics x 5 levels of a segment x 3 arms, from tables to estimates.

2,000 contrasts through the functions that `analyze` uses, after imports, with the statistics table
in memory; the median of so many runs:

    python benchmarks/inference_speed.py [REPEATS]

``numbers`` goes from the table to differences, lifts, standard errors, degrees of freedom, p-values
and intervals, all of it in arrays. ``with families`` adds the simultaneous intervals and p-values
of 200 families of 10. ``estimates`` is the whole way of `analyze`, families included, to the values
of a result: Python objects with names and words. ``JSON`` writes these.
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

from pathlift.inference.adjustment import pair_covariance
from pathlift.inference.arrays import Floats
from pathlift.inference.columns import Columns
from pathlift.inference.contrasts import contrasts_of
from pathlift.inference.measured import Measured
from pathlift.inference.measuring import measure_many
from pathlift.inference.metrics import metric_slice
from pathlift.inference.reading import Slice, level_table, levels_of, table_of
from pathlift.inference.segments import measured_levels, segment_drafts
from pathlift.inference.solving import solve
from pathlift.inference.spans import Spans, spans_at, tested
from pathlift.inference.widening import single_step
from pathlift.judgement.families import declare_families
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
from pathlift.result.model import Estimate
from pathlift.statistics.cells import CellTable
from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.moments import Group, MomentTable, Variable

METRICS, LEVELS, UNITS = 200, 5, 20_000  # units of an arm in a level
ARMS = ("control", "one", "two")
ALPHA = 0.05

Wanted = Sequence[tuple[Metric, Slice]]


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


def families_of(covariance: Floats) -> Floats:
    """Levels of one metric are one family: blocks that are independent of each other."""
    metrics, contrasts = len(covariance) // LEVELS, covariance.shape[-1]
    whole = np.zeros((metrics, LEVELS, contrasts, LEVELS, contrasts))
    each = np.arange(LEVELS)
    whole[:, each, :, each] = np.swapaxes(
        covariance.reshape(metrics, LEVELS, contrasts, contrasts), 0, 1
    )
    return whole.reshape(metrics, LEVELS * contrasts, LEVELS * contrasts)


def numbers(wanted: Wanted, tables: Statistics, *, families: bool) -> tuple[Columns, list[Spans]]:
    """From the table of a segment to statistics, p-values and intervals, all in arrays."""
    table_of.cache_clear()
    level_table.cache_clear()
    contrasts_of.cache_clear()
    found = measure_many(tables, wanted, ARMS, covariates=tables.covariates, alpha=ALPHA)
    (batch,) = {each.batch for each in found if isinstance(each, Measured)}
    pairs = ((1, 0), (2, 0))
    columns = contrasts_of(batch, pairs)
    tests = tested(columns, alpha=ALPHA)
    rejected = tests.p_null < ALPHA
    spans = [spans_at(columns, tests.critical, excluded=rejected, zero_excluded=rejected)]
    if families:
        one, zero = zip(*pairs, strict=True)
        covariance = families_of(pair_covariance(batch.covariance, one, zero))
        shape = METRICS, LEVELS * len(pairs)
        steps = single_step(
            tests.from_zero.reshape(shape),
            tests.p_zero.reshape(shape),
            covariance,
            columns.df.reshape(shape),
            alpha=ALPHA,
        )
        critical = np.concatenate([step[0] for step in steps])
        rejected = np.concatenate([step[1] for step in steps]) < ALPHA
        spans.append(spans_at(columns, critical, excluded=rejected, zero_excluded=rejected))
    return columns, spans


def values(experiment: Experiment, tables: Statistics) -> tuple[Estimate, ...]:
    """The whole way of `analyze`: contrasts with names, families and words, as frozen values."""
    families = declare_families(experiment)
    levels = measured_levels(experiment, tables)
    return solve(segment_drafts(experiment, tables, levels, families), alpha=ALPHA)


def median(run: Callable[[], object], repeats: int) -> float:
    """Milliseconds of this process's own time, which other processes do not lengthen much."""
    run()
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return 1000 * statistics.median(times)


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    head = ("numbers", "with families", "estimates", "JSON")
    print(f"{'ms of CPU, 2,000 contrasts':28}" + "".join(f"{title:>15}" for title in head))
    for title, kind, adjusted in (
        ("means", "mean", False),
        ("ratios", "ratio", False),
        ("adjusted proportions", "proportion", True),
        ("Miettinen-Nurminen", "proportion", False),
    ):
        experiment, tables = case(kind, adjusted=adjusted)
        wanted = [
            (metric, replace(metric_slice(tables, metric, dimension="country"), level=level))
            for metric in experiment.metrics
            for level in levels_of(tables, "country")
        ]
        columns, _ = numbers(wanted, tables, families=True)
        estimates = values(experiment, tables)
        assert len(columns.m1) == len(estimates) == 2 * METRICS * LEVELS
        assert all(e.simultaneous and e.simultaneous.critical_value for e in estimates)
        told = (
            median(partial(numbers, wanted, tables, families=False), repeats),
            median(partial(numbers, wanted, tables, families=True), repeats),
            median(partial(values, experiment, tables), repeats),
            median(lambda e=estimates: [each.model_dump_json() for each in e], repeats),
        )
        print(f"{title:28}" + "".join(f"{taken:15.1f}" for taken in told))


if __name__ == "__main__":
    main()
