"""How much of a mean hangs on its largest units, by arm? For check `outliers` (V19).

The largest thousandth needs a quantile, which is slow over many units; sums of squares say first
where it could matter at all.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from pathlift.outcomes.compared_arms import arms_as_compared
from pathlift.outcomes.composing import aliased, compose, name, parse, value
from pathlift.outcomes.fact_table import FactTable, Number
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Cap
from pathlift.statistics.concentration import Concentration

TOP = 0.001
"""Share of the units of which the total is asked."""
_MATTERS = 0.24
"""Least share of the total that is looked at closer; the check warns above a quarter."""
_SIZES = 5

Ask = Callable[[str, exp.Expr], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sized:
    """A metric in an arm, and what the first query said of it."""

    number: Number
    arm: int
    units: int
    nonzero: int
    largest: float
    total: float
    squares: float

    @property
    def top_units(self) -> int:
        return max(1, math.ceil(TOP * self.units))

    @property
    def could_matter(self) -> bool:
        bound = math.sqrt(self.top_units * self.squares)
        return self.nonzero > self.top_units and bound >= _MATTERS * self.total


def concentration(
    ask: Ask,
    experiment: Experiment,
    table: FactTable,
    metric_class: Mapping[str, int],
    caps: Mapping[str, Cap],
) -> tuple[Concentration, ...]:
    """The largest units of every mean, as it is read: capped where it is winsorised.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    experiment : Experiment
    table : FactTable
    metric_class : mapping of str to int
        Maturity class from which on a metric is read.
    caps : mapping of str to Cap
        Of winsorised metrics, by name.

    Returns
    -------
    tuple of Concentration
        By metric and arm as it is compared; arms without a total are left out.
    """
    means = {metric.name for metric in experiment.metrics if metric.kind == "mean"}
    numbers = [number for number in table.metrics if number.name in means]
    if not numbers:
        return ()
    sizes = [
        aliased(size, f"s{place * _SIZES + at}")
        for place, number in enumerate(numbers)
        for at, size in enumerate(_sizes(number, metric_class, caps))
    ]
    arms, arm = arms_as_compared(experiment)
    rows = ask("outliers", compose("outliers", arm=arm, sizes=sizes))
    sized = [
        _Sized(number=number, arm=row[0], units=of[0], nonzero=of[1], largest=of[2],
               total=of[3], squares=of[4])
        for row in rows
        for number, of in zip(numbers, _fives(row[1:]), strict=True)
        if of[3]
    ]  # fmt: skip
    closer = [each for each in sized if each.could_matter]
    tops = _tops(ask, closer, metric_class, caps, arm)
    return tuple(
        Concentration(
            metric=each.number.name,
            arm=arms[each.arm],
            units=each.units,
            nonzero=each.nonzero,
            largest=float(each.largest) / float(each.total),
            top_units=each.top_units,
            top=1.0 if each.nonzero <= each.top_units else tops.get((each.number.name, each.arm)),
        )
        for each in sized
    )


def _fives(values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    return (values[at : at + _SIZES] for at in range(0, len(values), _SIZES))


def _mature(number: Number, metric_class: Mapping[str, int]) -> exp.Expr:
    return parse(
        "facts.maturity >= $k and $y is not null",
        k=value(metric_class[number.name]),
        y=name(number.column, "facts"),
    )


def _size(number: Number, caps: Mapping[str, Cap]) -> exp.Expr:
    """Absolute value of a unit, as it is read."""
    stored: exp.Expr = name(number.column, "facts")
    cap = caps.get(number.name)
    if cap is not None and cap.threshold is not None:
        most = round(cap.threshold / number.unit) if number.exact else cap.threshold
        stored = parse("least($y, $cap)", y=stored, cap=value(most))
    return parse("abs($y)", y=stored)


def _sizes(
    number: Number, metric_class: Mapping[str, int], caps: Mapping[str, Cap]
) -> Iterator[exp.Expr]:
    where, size = _mature(number, metric_class), _size(number, caps)
    added = "sum" if number.exact else "fsum"
    yield parse("count(*) filter (where $w)", w=where)
    yield parse("count(*) filter (where $w and $y <> 0)", w=where, y=size)
    yield parse("max($y) filter (where $w)", w=where, y=size)
    yield parse(f"{added}($y) filter (where $w)", w=where, y=size)
    wide = exp.cast(size.copy(), "double")
    yield parse("sum($a * $b) filter (where $w)", a=wide, b=wide.copy(), w=where)


def _tops(
    ask: Ask,
    closer: list[_Sized],
    metric_class: Mapping[str, int],
    caps: Mapping[str, Cap],
    arm: exp.Expr,
) -> dict[tuple[str, int], float]:
    """Share of the total of the largest units: those above the smallest of them, and it."""
    if not closer:
        return {}
    found = _ask_each(
        ask,
        "outliers: smallest of the largest",
        [
            parse(
                "quantile_disc($y, $q) filter (where $w and $y <> 0 and $arm = $a)",
                y=_size(each.number, caps),
                q=value(1 - (each.top_units - 0.5) / each.nonzero),
                w=_mature(each.number, metric_class),
                a=value(each.arm),
                arm=arm.copy(),
            )
            for each in closer
        ],
        closer,
        arm,
    )
    above = [
        parse(
            f"{how} filter (where $w and $y > $least and $arm = $a)",
            y=_size(each.number, caps),
            least=value(least),
            w=_mature(each.number, metric_class),
            a=value(each.arm),
            arm=arm.copy(),
        )
        for each, least in zip(closer, found, strict=True)
        for how in ("sum($y)", "count(*)")
    ]
    added = _ask_each(
        ask, "outliers: the largest", above, [e for e in closer for _ in range(2)], arm
    )
    return {
        (each.number.name, each.arm): (
            float(added[2 * at] or 0) + (each.top_units - added[2 * at + 1]) * float(least)
        )
        / float(each.total)
        for at, (each, least) in enumerate(zip(closer, found, strict=True))
    }


def _ask_each(
    ask: Ask, title: str, sizes: list[exp.Expr], of: list[_Sized], arm: exp.Expr
) -> list[Any]:
    """One answer for each size, from the row of its arm."""
    asked = [aliased(size, f"s{place}") for place, size in enumerate(sizes)]
    rows = {row[0]: row[1:] for row in ask(title, compose("outliers", arm=arm, sizes=asked))}
    return [rows[each.arm][place] for place, each in enumerate(of)]
