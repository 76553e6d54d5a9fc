"""Which values of the data cannot be analysed? One pass over exposures or units.

Of events only what would make every number 0 or none: times in another century, and weights of
accumulating rules that are negative. The rest is found while events are aggregated.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from sqlglot import exp

from pathlift.errors import Place, Problem
from pathlift.outcomes.arms import check_arms, counted
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.relations import TIMES, Names, relation, scan
from pathlift.outcomes.times import time_kind
from pathlift.registry.experiment import (
    AccumulateRule,
    Column,
    Experiment,
    Expression,
    UnitColumn,
)

_FLOATS = ("FLOAT", "DOUBLE")
_EARLIEST = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


def scan_problems(
    engine: Engine, experiment: Experiment, described: Mapping[str, Described]
) -> tuple[Problem, ...]:
    """Values that no analysis can use, each kind with how many rows have it.

    Parameters
    ----------
    engine : Engine
    experiment : Experiment
        Of shape journeys or units.
    described : mapping of str to Described
        From `pathlift.outcomes.sources.describe`.

    Returns
    -------
    tuple of Problem
        Empty where all can be used. Found: times that do not fit their format, or all lie before
        1990 or after 2199; units and times of exposure that are NULL; arms that the data and the
        definition do not share; NaN and infinite covariates and outcome columns; negative weights
        of accumulating rules.

    Notes
    -----
    Units that are NULL in events are no problem: they are event rows without an exposed unit,
    which check ``coverage`` counts.
    """
    first = described["units" if experiment.data.shape == "units" else "exposures"]
    problems: list[Problem] = []
    for one in described.values():
        problems += _unread_times(engine, one, experiment)
    if problems:
        return tuple(problems)  # the relation cannot be read before these are mended
    problems += _of_units(engine, first, experiment)
    if "assignments" in described:
        problems += _of_assignments(engine, described["assignments"], experiment)
    if "events" in described:
        problems += _of_events(engine, described["events"], experiment)
    return tuple(problems)


def _unread_times(engine: Engine, one: Described, experiment: Experiment) -> Iterator[Problem]:
    names = Names(one, experiment)
    written = [
        (ours, names.theirs(ours))
        for ours in TIMES
        if ours in names.ours and time_kind(names.kind(names.theirs(ours).name)) == "text"
    ]
    if not written:
        return
    counts = [
        _count_if(_unreadable(names.value_of(column.name), column.format or ""))
        for _, column in written
    ]
    query = exp.select(*counts).from_(scan(one))
    for (ours, column), count in zip(written, engine.ask(engine.told(query))[0], strict=True):
        if count:
            value = names.value_of(column.name)
            query = exp.select(value).from_(scan(one))
            query = query.where(_unreadable(value, column.format or "")).limit(1)
            sample = engine.ask(engine.told(query))
            yield Problem(
                message=f"{one.source.name}: {counted(count, 'time')} in {column.name!r} "
                f"(`{ours}`), such as {sample[0][0]!r}, cannot be read as {column.format!r}",
                at=column.at or one.source.at,
                hint="correct the format or the data",
            )


def _unreadable(value: exp.Expr, format_: str) -> exp.Expr:
    parsed = exp.func("try_strptime", value.copy(), exp.Literal.string(format_))
    return exp.and_(_null(parsed), exp.not_(_null(value.copy())))


def _of_units(engine: Engine, one: Described, experiment: Experiment) -> Iterator[Problem]:
    rows = exp.to_identifier("rows")
    has = set(Names(one, experiment).ours)
    types = engine.columns(relation(one, experiment))
    amounts = [
        (what, column, at)
        for what, column, at in _amounts(experiment)
        if _type(types, column.name) in _FLOATS
    ]
    columns: list[exp.Expr] = [exp.column("arm"), exp.func("count", exp.Star())]
    columns.append(_count_if(_null(exp.column("unit"))) if "unit" in has else exp.convert(0))
    timed = "exposed_at" in has
    moment = exp.column("exposed_us")
    columns += (
        [_count_if(_null(moment)), exp.func("min", moment), exp.func("max", moment.copy())]
        if timed
        else [exp.convert(0), exp.null(), exp.null()]
    )
    columns += [
        _count_if(exp.not_(exp.func("isfinite", exp.column(column.name, quoted=True))))
        for _, column, _ in amounts
    ]
    query = (
        exp.select(*columns)
        .from_(exp.Subquery(this=relation(one, experiment), alias=exp.TableAlias(this=rows)))
        .group_by(exp.column("arm"))
    )
    found = engine.ask(engine.told(query))
    source, at = one.source.name, one.source.at
    if not found:
        yield Problem(
            message=f"{source}: no row is left",
            at=at,
            hint="look at `where`" if one.source.where is not None else "the files have no rows",
        )
        return
    yield from _null_counts(found, one, experiment)
    yield from check_arms({row[0]: row[1] for row in found}, experiment, source=source, at=at)
    if timed:
        first = min((row[4] for row in found if row[4] is not None), default=None)
        last = max((row[5] for row in found if row[5] is not None), default=None)
        yield from _odd_years(first, last, one, experiment, ours="exposed_at")
    for position, (what, column, place) in enumerate(amounts, start=6):
        count = sum(row[position] or 0 for row in found)
        if count:
            yield Problem(
                message=f"{source}: {counted(count, 'row')} of {column.name!r} ({what}) "
                f"{'holds' if count == 1 else 'hold'} NaN or an infinite number",
                at=column.at or place or at,
                hint="write what is unknown as NULL",
            )


def _of_assignments(engine: Engine, one: Described, experiment: Experiment) -> Iterator[Problem]:
    rows = exp.Subquery(
        this=relation(one, experiment), alias=exp.TableAlias(this=exp.to_identifier("rows"))
    )
    moment = exp.column("assigned_us")
    query = (
        exp.select(
            exp.column("arm"),
            exp.func("count", exp.Star()),
            _count_if(_null(exp.column("unit"))),
            _count_if(_null(moment)),
            exp.func("min", moment.copy()),
            exp.func("max", moment.copy()),
        )
        .from_(rows)
        .group_by(exp.column("arm"))
    )
    found = engine.ask(engine.told(query))
    source, at = one.source.name, one.source.at
    yield from _null_counts(found, one, experiment, "assigned_at")
    yield from check_arms({row[0]: row[1] for row in found}, experiment, source=source, at=at)
    first = min((row[4] for row in found if row[4] is not None), default=None)
    last = max((row[5] for row in found if row[5] is not None), default=None)
    yield from _odd_years(first, last, one, experiment, ours="assigned_at")


def _null_counts(
    found: list[tuple[object, ...]],
    one: Described,
    experiment: Experiment,
    time: str = "exposed_at",
) -> Iterator[Problem]:
    names, source = Names(one, experiment), one.source.name
    for position, ours, what in ((2, "unit", "a unit"), (3, time, "a time")):
        count = sum(int(str(row[position])) for row in found)
        if count:
            column = names.theirs(ours)
            yield Problem(
                message=f"{source}: {counted(count, 'row')} without {what} "
                f"({column.name!r} is NULL)",
                at=column.at or one.source.at,
                hint=f'correct the data, or write `where: "{column.name} is not null"`',
            )


def _odd_years(
    first: int | None, last: int | None, one: Described, experiment: Experiment, *, ours: str
) -> Iterator[Problem]:
    """Times that all lie in another century: every window would be empty, every number 0.

    A few odd rows are no reason to refuse a log: they lie outside all windows.
    """
    if first is None or last is None or (last >= _EARLIEST and first < _LATEST):
        return
    column = Names(one, experiment).theirs(ours)
    year = math.floor(1970 + first / 31_556_952_000_000)
    unit = f", read with `unit: {column.unit}`" if column.unit else ""
    yield Problem(
        message=f"{one.source.name}: times in {column.name!r} lie in the year {year}{unit}",
        at=column.at or one.source.at,
        hint="the unit of the integers may be another: s, ms, us or ns"
        if unit
        else "another column may be meant",
    )


def _amounts(experiment: Experiment) -> Iterator[tuple[str, Column, Place | None]]:
    for covariate in experiment.covariates:
        if covariate.column is not None:
            yield f"covariate {covariate.name!r}", covariate.column, covariate.at
    for metric in experiment.metrics:
        if isinstance(metric.source, UnitColumn):
            yield f"metric {metric.name!r}", metric.source.column, metric.at


def _of_events(engine: Engine, one: Described, experiment: Experiment) -> Iterator[Problem]:
    sums: list[tuple[str, Expression]] = [
        (stage.name, rule.sum)
        for stage in experiment.stages
        for rule in stage.rules
        if isinstance(rule, AccumulateRule)
    ]
    names = Names(one, experiment)
    moment = names.instants()["occurred_us"]
    counts = [_count_if(_no_weight(names.expression(value.text))) for _, value in sums]
    bounds = [exp.func("min", moment), exp.func("max", moment.copy())]
    query = exp.select(*bounds, *counts).from_(scan(one))
    if one.source.where is not None:
        query = query.where(names.expression(one.source.where.text))
    first, last, *found = engine.ask(engine.told(query))[0]
    yield from _odd_years(first, last, one, experiment, ours="occurred_at")
    for (stage, value), count in zip(sums, found, strict=True):
        if count:
            yield Problem(
                message=f"events: {counted(count, 'row')} of {value.text!r} "
                f"(accumulated by stage {stage!r}) {'is' if count == 1 else 'are'} negative, NaN "
                "or infinite",
                at=value.at or one.source.at,
                hint="a running sum that may fall has no time of reaching; correct the data",
            )


def _no_weight(value: exp.Expr) -> exp.Expr:
    number = exp.cast(value.copy(), "double")
    below = exp.LT(this=number, expression=exp.Literal.number(0))
    return exp.or_(below, exp.not_(exp.func("isfinite", number.copy())))


def _type(types: Mapping[str, str], name: str) -> str:
    return next((kind for known, kind in types.items() if known.lower() == name.lower()), "")


def _null(value: exp.Expr) -> exp.Expr:
    return exp.Is(this=exp.paren(value), expression=exp.null())


def _count_if(condition: exp.Expr) -> exp.Expr:
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=condition))
