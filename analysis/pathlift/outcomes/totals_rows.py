"""Rows of ``totals`` as exact numbers, and what in them cannot be right. Runs one query.

A row stands for one arm, or for one arm and day. Days are labels: they are compared as text, and
their order has no meaning.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sqlglot import exp

from pathlift.errors import DataError, Place, Problem
from pathlift.outcomes.arms import check_arms, counted
from pathlift.outcomes.composing import compose, text
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.relations import Names, relation
from pathlift.registry.experiment import (
    Column,
    Experiment,
    Metric,
    TotalsMoments,
    TotalsProportion,
    TotalsSums,
)

SLACK = 1e-9  # relative; what a sum of squares may lack to rounding in somebody else's program
_SHOWN = 3  # of many labels that are wrong alike
_LARGEST = 2**53  # beyond, a float no longer tells neighbouring integers apart

Aggregated = TotalsProportion | TotalsSums | TotalsMoments


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the file.

    Attributes
    ----------
    arm : str
        Name, not value.
    day : str or None
        Label; None where the file has no days.
    values : mapping of str to Fraction or None
        Numbers by column as the file spells it; None for NULL.
    """

    arm: str
    day: str | None
    values: Mapping[str, Fraction | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All rows of a file of totals.

    Attributes
    ----------
    rows : tuple of Row
        No arm and day twice, unless the file is cumulative and has no days.
    units : str
        The column that counts units where a metric names no other.
    scales : mapping of str to int or None
        Digits after the point of integer and DECIMAL columns; None for floats.
    sql : str
        What ran.
    """

    rows: tuple[Row, ...]
    units: str
    scales: Mapping[str, int | None]
    sql: str

    @property
    def days(self) -> bool:
        """Whether rows are of days."""
        return any(row.day is not None for row in self.rows)


def aggregated(experiment: Experiment) -> Iterator[tuple[Metric, Aggregated]]:
    """Metrics that columns of totals hold, in file order.

    Parameters
    ----------
    experiment : Experiment

    Yields
    ------
    metric : Metric
    source : TotalsProportion, TotalsSums or TotalsMoments
        That of the metric. Ratios of two metrics are left out: they have no columns of their own.
    """
    for metric in experiment.metrics:
        if isinstance(metric.source, TotalsProportion | TotalsSums | TotalsMoments):
            yield metric, metric.source


def read_rows(engine: Engine, experiment: Experiment, described: Described) -> Rows:
    """Read a file of totals and refuse what cannot be totals.

    Parameters
    ----------
    engine : Engine
    experiment : Experiment
        Of shape totals.
    described : Described
        The source ``totals``.

    Returns
    -------
    Rows

    Raises
    ------
    DataError
        All of: arms that only the file or only the definition has; rows without arm or day; two
        rows of one arm and day; counts that are negative or not whole; NaN and infinite numbers;
        more successes than units; variances and sums of squares that no units can have.
    """
    names = Names(described, experiment)
    units = names.theirs("units").name
    columns = _columns(experiment, names, units)
    source = relation(described, experiment)
    types = {name.lower(): kind for name, kind in engine.columns(source).items()}
    query = compose("totals", {"totals": source}, columns=_selected(names, columns))
    found = engine.ask(engine.told(query))
    problems = list(
        check_arms(
            Counter(row[0] for row in found),
            experiment,
            source="totals",
            at=described.source.at,
        )
    )
    problems += _labels(found, names, described)
    problems += _not_finite(found, columns, _meant(experiment, names, described))
    if problems:
        raise DataError(problems)
    arm_of = {arm.value: arm.name for arm in experiment.arms}
    rows = tuple(
        Row(
            arm=arm_of[row[0]],
            day=row[1],
            values={
                column.name: _exact(value) for column, value in zip(columns, row[2:], strict=True)
            },
        )
        for row in found
    )
    problems = [*_impossible(rows, experiment, units, names, described)]
    if problems:
        raise DataError(problems)
    scales = {
        column.name: _scale(types[_visible(column.name, names).lower()], rows, column.name)
        for column in columns
    }
    return Rows(rows=rows, units=units, scales=scales, sql=text(query))


def theirs(column: Column, names: Names) -> str:
    """The column of the file that a metric names, by our name or by theirs.

    Parameters
    ----------
    column : Column
        As the metric writes it; ``units`` means the column mapped to it.
    names : Names
        Of the source ``totals``.

    Returns
    -------
    str
        A key of `Row.values`. Not looked up in the file: a name that it lacks comes back as it is.
    """
    key = column.name.lower()
    return names.theirs(key).name if key in names.ours and key in names.mapped else column.name


def _columns(experiment: Experiment, names: Names, units: str) -> list[Column]:
    named = [Column(name=units)]
    for _, source in aggregated(experiment):
        named += [Column(name=theirs(column, names)) for column in parts(source)]
    return list({column.name: column for column in named}.values())


def parts(source: Aggregated) -> tuple[Column, ...]:
    """Columns of a metric; the last counts its units.

    Parameters
    ----------
    source : TotalsProportion, TotalsSums or TotalsMoments

    Returns
    -------
    tuple of Column
        (successes, units), (sum, sum of squares, units) or (mean, variance, units).
    """
    match source:
        case TotalsProportion(successes=successes, units=units):
            return successes, units
        case TotalsSums(sum=total, sum_squares=squares, units=units):
            return total, squares, units
        case TotalsMoments(mean=mean, variance=variance, units=units):
            return mean, variance, units


def _selected(names: Names, columns: Sequence[Column]) -> list[exp.Expr]:
    day = exp.column("day", quoted=True) if "day" in names.ours else exp.null()
    asked = [exp.column(_visible(column.name, names), quoted=True) for column in columns]
    return [exp.column("arm", quoted=True), exp.alias_(day, "day", quoted=True), *asked]


def _visible(theirs_: str, names: Names) -> str:
    """Name in the relation: ours where one of ours hides theirs."""
    if theirs_.lower() in names.ours:
        return next((ours for ours in names.ours if _means(ours, theirs_, names)), theirs_.lower())
    return theirs_


def _means(ours: str, theirs_: str, names: Names) -> bool:
    return ours in names.mapped and names.theirs(ours).name.lower() == theirs_.lower()


def _labels(
    found: Sequence[tuple[object, ...]], names: Names, described: Described
) -> Iterator[Problem]:
    at = described.source.at
    if "day" in names.ours:
        nameless = sum(row[1] is None for row in found)
        if nameless:
            column = names.theirs("day")
            yield Problem(
                message=f"totals: {counted(nameless, 'row')} without a day "
                f"({column.name!r} is NULL)",
                at=column.at or at,
                hint="correct the data, or leave such rows out with `where`",
            )
        repeated = Counter((row[0], row[1]) for row in found if None not in row[:2])
        twice = [(label, count) for label, count in repeated.items() if count > 1]
        for (arm, day), count in twice[:_SHOWN]:
            more = len(twice) - _SHOWN
            yield Problem(
                message=f"totals: arm {arm!r} has {count:,} rows of day {day!r}"
                + (f", and {more:,} more days repeat" if more > 0 else ""),
                at=at,
                hint="add them up before, or leave the others out with `where`",
            )
        return
    for arm, count in Counter(row[0] for row in found).items():
        if count > 1:
            yield Problem(
                message=f"totals: arm {arm!r} has {count:,} rows, and no column tells them apart",
                at=at,
                hint="name the column with their days: `columns: {day: NAME}`",
            )


def _meant(
    experiment: Experiment, names: Names, described: Described
) -> dict[str, tuple[str, Place | None]]:
    """What each column is for, and where the definition says so."""
    units = names.theirs("units")
    found = {units.name: ("`units`", units.at or described.source.at)}
    for metric, source in aggregated(experiment):
        for column in parts(source):
            told = f"metric {metric.name!r}", column.at or metric.at or described.source.at
            found.setdefault(theirs(column, names), told)
    return found


def _not_finite(
    found: Sequence[tuple[object, ...]],
    columns: Sequence[Column],
    meant: Mapping[str, tuple[str, Place | None]],
) -> Iterator[Problem]:
    for position, column in enumerate(columns, start=2):
        count = sum(
            isinstance(row[position], float) and not math.isfinite(float(str(row[position])))
            for row in found
        )
        if count:
            what, at = meant[column.name]
            yield Problem(
                message=f"totals: {counted(count, 'row')} of {column.name!r} ({what}) "
                f"{'holds' if count == 1 else 'hold'} NaN or an infinite number",
                at=at,
                hint="write what is unknown as NULL",
            )


def _exact(value: object) -> Fraction | None:
    match value:
        case None:
            return None
        case bool() | int() | float() | Decimal():
            return Fraction(value)
        case _:
            raise TypeError(f"{value!r} is not a number")


def _scale(kind: str, rows: Sequence[Row], column: str) -> int | None:
    if kind.startswith("DECIMAL"):
        return int(kind.rstrip(")").split(",")[1])
    if kind in ("FLOAT", "DOUBLE"):
        numbers = [row.values[column] for row in rows]
        whole = all(number is None or _is_whole(number) for number in numbers)
        return 0 if whole else None
    return 0


def _is_whole(number: Fraction) -> bool:
    return number.denominator == 1 and abs(number) < _LARGEST


def _impossible(
    rows: Sequence[Row],
    experiment: Experiment,
    units: str,
    names: Names,
    described: Described,
) -> Iterator[Problem]:
    counts = {units: described.source.column("units").at or described.source.at}
    for metric, source in aggregated(experiment):
        counts.setdefault(theirs(source.units, names), source.units.at or metric.at)
        if isinstance(source, TotalsProportion):
            counts.setdefault(theirs(source.successes, names), source.successes.at or metric.at)
    for column, at in counts.items():
        wrong = [row for row in rows if _no_count(row.values[column])]
        if wrong:
            yield Problem(
                message=f"totals: {counted(len(wrong), 'row')} of {column!r} "
                f"{'holds' if len(wrong) == 1 else 'hold'} no count, "
                f"such as {_shown(wrong[0].values[column])} in {_where(wrong[0])}",
                at=at,
                hint="a count is a whole number, 0 or above",
            )
    for metric, source in aggregated(experiment):
        yield from _contradictions(rows, metric, source, names)


def _contradictions(
    rows: Sequence[Row], metric: Metric, source: Aggregated, names: Names
) -> Iterator[Problem]:
    """Rows in which the columns of one metric do not fit each other."""
    match source:
        case TotalsProportion():
            what, hint = (
                f"more successes ({theirs(source.successes, names)!r}) than units "
                f"({theirs(source.units, names)!r})",
                "name the column that it counts among: `units: NAME`",
            )
        case TotalsSums():
            what, hint = (
                f"a {theirs(source.sum_squares, names)!r} that is too small for its "
                f"{theirs(source.sum, names)!r}",
                "`sum_squares` adds up the square of every unit's value",
            )
        case TotalsMoments():
            what, hint = (
                f"a negative variance ({theirs(source.variance, names)!r})",
                "`variance` is the variance over units (n - 1)",
            )
    wrong = [row for row in rows if _contradicts(row, source, names)]
    if wrong:
        yield Problem(
            message=f"totals: metric {metric.name!r}: {counted(len(wrong), 'row')} with {what}, "
            f"such as {_where(wrong[0])}",
            at=metric.at,
            hint=hint,
        )


def _contradicts(row: Row, source: Aggregated, names: Names) -> bool:
    numbers = [row.values[theirs(column, names)] for column in parts(source)]
    if any(number is None for number in numbers):
        return False
    first, *_, last = (number for number in numbers if number is not None)
    match source:
        case TotalsProportion():
            return first > last
        case TotalsSums():
            squares = numbers[1] or Fraction(0)
            return squares * last * (1 + Fraction(SLACK)) < first * first
        case TotalsMoments():
            return (numbers[1] or 0) < 0


def _no_count(number: Fraction | None) -> bool:
    return number is not None and (number < 0 or number.denominator != 1)


def _shown(number: Fraction | None) -> str:
    return "NULL" if number is None else f"{float(number):g}"


def _where(row: Row) -> str:
    return f"arm {row.arm!r}" + ("" if row.day is None else f", day {row.day!r}")
