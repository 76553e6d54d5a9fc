"""How often each size of a metric occurs, for the metrics whose quantiles are compared (SS6).

One grouping of ``facts`` per metric, and one per segment. The bins are those of
`pathlift.statistics.histogram`, written in SQL.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlglot import exp

from pathlift.outcomes.composing import aliased, case, compose, name, parse, value
from pathlift.outcomes.engine import Ask
from pathlift.outcomes.fact_table import FactTable, Number
from pathlift.registry.experiment import Experiment
from pathlift.statistics.histogram import OFFSET, RATIO, Column, Histogram, HistogramTable
from pathlift.statistics.moments import Group

_EDGE = 1e-9  # of a bin: a million times the last digit of a quotient of logarithms


def histograms(
    ask: Ask, experiment: Experiment, table: FactTable, population: Mapping[str, str]
) -> HistogramTable:
    """Histograms of all metrics of kind quantile.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    experiment : Experiment
    table : FactTable
    population : mapping of str to str
        Population of a metric, where it is not that of all units.

    Returns
    -------
    HistogramTable
        By arm and maturity class, and by these and each level of each segment; empty where no
        metric is a quantile.
    """
    binned = {metric.name for metric in experiment.metrics if metric.kind == "quantile"}
    found: dict[Column, dict[int, int]] = {}
    for number in table.metrics:
        if number.name not in binned:
            continue
        of = population.get(number.name, "")
        for row in _counts(ask, number, ("arm", "maturity"), f"histogram {number.name}"):
            group = Group(arm=table.arms[row[0]], maturity=row[1], population=of)
            _add(found, number, group, row)
        for place, dimension in enumerate(table.segments):
            keys = ("arm", "maturity", f"segment{place}")
            for row in _counts(ask, number, keys, f"histogram {number.name} by {dimension}"):
                group = Group(
                    arm=table.arms[row[0]],
                    maturity=row[1],
                    population=of,
                    dimension=dimension,
                    level=row[2],
                )
                _add(found, number, group, row)
    return HistogramTable(histograms={column: _ascending(of) for column, of in found.items()})


def at_an_edge(ask: Ask, experiment: Experiment, table: FactTable) -> dict[str, str]:
    """Metrics of kind quantile that two engines need not count alike, with the reason.

    Logarithms of two engines differ by a last digit. That moves a value to the next bin only where
    the quotient lies that close to a whole number; 1 is the edge of a bin on every engine.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    experiment : Experiment
    table : FactTable

    Returns
    -------
    dict of str to str
        By metric; empty where all are counted alike.
    """
    binned = {metric.name for metric in experiment.metrics if metric.kind == "quantile"}
    numbers = [number for number in table.metrics if number.name in binned]
    if not numbers:
        return {}
    counts = [aliased(_beside_an_edge(number), f"n{n}") for n, number in enumerate(numbers)]
    row = ask("edges of bins", compose("caps", caps=counts))[0]
    return {
        number.name: f"{count:,} units lie within {_EDGE:g} of the edge of a bin, where engines "
        "need not agree; DuckDB answers this metric"
        for number, count in zip(numbers, row, strict=True)
        if count
    }


def _beside_an_edge(number: Number) -> exp.Expr:
    size = _size(number)
    place = parse(
        "case when abs($v) > 0 and abs($v) <> 1 then ln(abs($v)) / $step end",
        v=size,
        step=value(math.log(RATIO)),
    )
    return parse(
        f"count(*) filter (where abs($p - round($p)) < cast({_EDGE!r} as double))", p=place
    )


def _add(
    found: dict[Column, dict[int, int]], number: Number, group: Group, row: Sequence[Any]
) -> None:
    column = Column(group=group, metric=number.name, exact=number.exact)
    found.setdefault(column, {})[row[-2]] = row[-1]


def _counts(ask: Ask, number: Number, keys: Sequence[str], title: str) -> list[tuple[Any, ...]]:
    column = name(number.column, "facts")
    rows = ask(
        title,
        compose(
            "histogram",
            keys=[name(key, "facts") for key in keys],
            bin=_bin(number),
            kept=parse("$c is not null", c=column) if number.nullable else exp.true(),
        ),
    )
    return sorted(rows, key=lambda row: [(part is None, part) for part in row])


def _bin(number: Number) -> exp.Expr:
    """Number of a value's bin, as `pathlift.statistics.histogram.bin_of` counts them."""
    size = _size(number)
    power = parse("floor(ln(abs($v)) / $step)", v=size, step=value(math.log(RATIO)))
    above = parse("$offset + cast($power as bigint)", offset=value(OFFSET), power=power)
    return case(
        [(parse("$v > 0", v=size), above), (parse("$v < 0", v=size), parse("-$a", a=above))],
        value(0),
    )


def _size(number: Number) -> exp.Expr:
    """A unit's value, in the metric's own unit."""
    size: exp.Expr = exp.cast(name(number.column, "facts"), "double")
    return size if number.unit == 1 else parse("$s * $unit", s=size, unit=value(number.unit))


def _ascending(counts: Mapping[int, int]) -> Histogram:
    bins = sorted(counts)
    return Histogram(
        bins=np.array(bins, dtype=np.int64),
        counts=np.array([counts[each] for each in bins], dtype=np.int64),
    )
