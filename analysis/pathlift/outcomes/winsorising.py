"""At which value a metric is capped: one quantile over the units of all analysed arms.

Design 4: the quantile runs over matured units with a non-zero total, since over all units it would
lie among the zeros; below a thousand of them nothing is capped, and the result says so. Where
several looks are planned, the threshold of the first holds at all of them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes.composing import aliased, compose, name, parse, value
from pathlift.outcomes.fact_table import FactTable, Number
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Cap

FEWEST = 1_000
_EXACT = 2**53  # whole numbers that a float holds


def caps(
    ask: Callable[[str, exp.Expr], list[tuple[Any, ...]]],
    experiment: Experiment,
    table: FactTable,
    metric_class: Mapping[str, int],
    fixed: Mapping[str, float | None] | None = None,
) -> dict[str, Cap]:
    """Thresholds of winsorised metrics.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    experiment : Experiment
    table : FactTable
    metric_class : mapping of str to int
        Maturity class from which on a metric is read.
    fixed : mapping of str to (float or None), optional
        By metric, thresholds of an earlier look in the metric's unit; None: it was not capped.

    Returns
    -------
    dict of str to Cap
        By metric; empty where none is winsorised.
    """
    capped = {metric.name: metric.winsorize for metric in experiment.metrics if metric.winsorize}
    numbers = [number for number in table.metrics if number.name in capped]
    if not numbers:
        return {}
    eligible = {
        number.name: _eligible(number, experiment, table, metric_class[number.name])
        for number in numbers
    }
    asked: list[exp.Expr] = []
    for place, number in enumerate(numbers):
        quantile, column = float(capped[number.name] or 0), name(number.column, "facts")
        where = eligible[number.name]
        found = parse(
            "quantile_disc($y, $q) filter (where $w)", y=column, q=value(quantile), w=where
        )
        asked += [
            aliased(found, f"q{place}"),
            aliased(parse("count(*) filter (where $w)", w=where), f"n{place}"),
        ]
    row = ask("caps", compose("caps", caps=asked))[0]
    thresholds = {
        number.name: _found(number, row[2 * place]) if row[2 * place + 1] >= FEWEST else None
        for place, number in enumerate(numbers)
    }
    fixed = fixed or {}
    thresholds |= {
        number.name: _steps(number, fixed[number.name])
        for number in numbers
        if number.name in fixed
    }
    above = _above(ask, numbers, eligible, thresholds)
    return {
        number.name: _cap(
            number, float(capped[number.name] or 0), thresholds[number.name], row[2 * place + 1],
            above[number.name], first_look=number.name in fixed,
        )
        for place, number in enumerate(numbers)
    }  # fmt: skip


def _eligible(
    number: Number, experiment: Experiment, table: FactTable, first_class: int
) -> exp.Expr:
    analysed = [
        value(position) for position, arm in enumerate(table.arms) if experiment.arm(arm).analyzed
    ]
    return exp.and_(
        parse("$y <> 0", y=name(number.column, "facts")),
        parse("facts.maturity >= $k", k=value(first_class)),
        exp.In(this=name("arm", "facts"), expressions=analysed),
    )


def _above(
    ask: Callable[[str, exp.Expr], list[tuple[Any, ...]]],
    numbers: list[Number],
    eligible: Mapping[str, exp.Expr],
    thresholds: Mapping[str, Any],
) -> dict[str, int]:
    """How many of the eligible units lie above the threshold."""
    known = [number for number in numbers if thresholds[number.name] is not None]
    counts = [
        aliased(
            parse(
                "count(*) filter (where $w and $y > $cap)",
                w=eligible[number.name],
                y=name(number.column, "facts"),
                cap=value(thresholds[number.name]),
            ),
            f"n{place}",
        )
        for place, number in enumerate(known)
    ]
    found = ask("capped units", compose("caps", caps=counts))[0] if known else ()
    return {number.name: 0 for number in numbers} | dict(
        zip((number.name for number in known), found, strict=True)
    )


def _found(number: Number, quantile: Any) -> int | float:
    """A quantile as the table stores the values; some engines give it as a float."""
    if not number.exact:
        return float(quantile)
    if isinstance(quantile, float) and abs(quantile) >= _EXACT:
        raise DataError(
            [
                Problem(
                    message=f"the quantile that caps {number.name!r} has more digits than the "
                    "engine gives",
                    hint="declare a coarser `unit`, or use `--engine duckdb`",
                )
            ]
        )
    return int(quantile)


def _steps(number: Number, threshold: float | None) -> int | float | None:
    """A threshold as the table of facts stores it."""
    if threshold is None:
        return None
    return round(threshold / number.unit) if number.exact else threshold


def _cap(
    number: Number, quantile: float, threshold: Any, nonzero: int, capped: int, *, first_look: bool
) -> Cap:
    if first_look:
        reason = (
            "not capped at the first look, and so at none"
            if threshold is None
            else "threshold of the first look"
        )
    elif threshold is None:
        reason = f"{nonzero:,} units with a non-zero total; capping needs {FEWEST:,}"
    else:
        reason = ""
    return Cap(
        metric=number.name,
        quantile=quantile,
        threshold=None if threshold is None else threshold * number.unit,
        nonzero_units=nonzero,
        capped_units=capped,
        reason=reason,
    )
