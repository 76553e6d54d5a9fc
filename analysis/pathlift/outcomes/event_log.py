"""The event log before anybody is joined to it: its extent, its duplicates, its conditions."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from pathlift.outcomes.bitmask import Bitmask, Span
from pathlift.outcomes.composing import compose, name
from pathlift.outcomes.engine import Ask
from pathlift.outcomes.journeys import Condition, JourneyPlan
from pathlift.registry.experiment import Column

_NEAREST = 3
_SHOWN = 200  # distinct values of `event` looked through for a near one


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """From when to when a log runs.

    Attributes
    ----------
    read : int
        Rows before the bound.
    last : int or None
        Instant of the latest of these.
    after : int
        Rows at or after it.
    null_times : int
        Rows without a time.
    """

    read: int
    last: int | None
    after: int
    null_times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What the rows of a log before the bound hold, whoever they are about.

    Attributes
    ----------
    read : int
        Rows.
    null_units : int
        Of these without a unit.
    counts : tuple of int
        For each condition.
    """

    read: int
    null_units: int
    counts: tuple[int, ...]


def extent(ask: Ask, events: exp.Expr, bound: int) -> Extent:
    """From when to when a log runs; nothing but times is read.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    events : Expr
        Relation.
    bound : int
        Rows at or after it are not read.

    Returns
    -------
    Extent
    """
    query = compose("event_extent", {"events": events}, bound=bound)
    read, last, after, null_times = ask("event_extent", query)[0]
    return Extent(read=read, last=last, after=after, null_times=null_times)


def contents(
    ask: Ask, events: exp.Expr, bound: int, conditions: Sequence[Condition]
) -> tuple[Extent, Contents]:
    """Count the log, and for how many of its rows each condition holds.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    events : Expr
        Relation.
    bound : int
        Rows at or after it are not read.
    conditions : sequence of Condition

    Returns
    -------
    tuple of Extent and Contents
    """
    mask = Bitmask()
    bits = [mask.ask(condition.test, Span(low=0)) for condition in conditions]
    query = compose(
        "event_log",
        {"events": events},
        bound=bound,
        marks=mask.marks("w"),
        words=mask.columns("w"),
    )
    rows = ask("event_log", query)
    lasts = [row[1] for row in rows if row[1] is not None]
    return (
        Extent(
            read=sum(row[0] for row in rows),
            last=max(lasts, default=None),
            after=sum(row[2] for row in rows),
            null_times=sum(row[4] for row in rows),
        ),
        Contents(
            read=sum(row[0] for row in rows),
            null_units=sum(row[3] for row in rows),
            counts=tuple(
                sum(row[0] for row in rows if row[5 + bit.word] & bit.mask) for bit in bits
            ),
        ),
    )


def used_columns(
    types: Mapping[str, str], plan: JourneyPlan, others: Sequence[Column]
) -> list[str]:
    """Columns of the log that the plan reads, in the order of the alphabet.

    Parameters
    ----------
    types : mapping of str to str
        Columns with their DuckDB types.
    plan : JourneyPlan
    others : sequence of Column
        Read beside the plan, such as the surface.

    Returns
    -------
    list of str
    """
    asked = [
        *plan.summands.values(),
        *plan.bitmask.marks("w"),
        *(part for each in plan.accumulations for part in (each.summand, each.per)),
    ]
    read = {column.parts[0].name.lower() for tree in asked for column in tree.find_all(exp.Column)}
    read |= {
        column.name.lower()
        for tree in asked
        for column in tree.find_all(exp.Column)
        if column.table == "events"
    }
    read |= {"unit", "occurred_us"} | {column.name.lower() for column in others}
    return sorted(column for column in types if column.lower() in read)


def once(
    events: exp.Expr, columns: Sequence[str], types: Mapping[str, str], watermark: int
) -> exp.Expr:
    """The log with one row per event id and unit.

    The copy received first stays; then the smallest by time, then by the values that the
    experiment reads, in the order of the alphabet.

    Parameters
    ----------
    events : Expr
        Relation.
    columns : sequence of str
        Those that stay.
    types : mapping of str to str
        Columns with their DuckDB types.
    watermark : int
        Instant from which on rows are not read.

    Returns
    -------
    Expr
    """
    order = ["occurred_us", *(column for column in columns if column != "occurred_us")]
    if "received_us" in types:
        order.insert(0, "received_us")
    return compose(
        "events_once",
        {"events": events},
        watermark=watermark,
        columns=[name(column) for column in columns],
        single=[name(column, "events") for column in columns],
        order=[exp.Ordered(this=name(column, "events"), nulls_first=False) for column in order],
    )


def nothing_found(
    conditions: Sequence[Condition], counts: Sequence[int], known: Sequence[str]
) -> Iterator[tuple[Condition, str]]:
    """Conditions that hold for no row of the log, and what to say of each.

    Parameters
    ----------
    conditions : sequence of Condition
    counts : sequence of int
        Rows of the log for each.
    known : sequence of str
        Values of ``event`` in the log.
    """
    for condition, count in zip(conditions, counts, strict=True):
        if count:
            continue
        near = list(dict.fromkeys(_near(condition, known)))
        said = f"`{condition.text}` holds for no row of the event log"
        if near:
            said += "; nearest values of event: " + ", ".join(repr(each) for each in near)
        elif known:
            said += "; values of event: " + ", ".join(repr(each) for each in known[:5])
        yield condition, said


def _near(condition: Condition, known: Sequence[str]) -> Iterator[str]:
    for literal in condition.test.find_all(exp.Literal):
        if literal.is_string and literal.name not in known:
            yield from difflib.get_close_matches(literal.name, known, n=_NEAREST, cutoff=0.5)


def values_query(events: exp.Expr) -> exp.Expr:
    """Most frequent values of ``event``.

    Parameters
    ----------
    events : Expr
        Relation.

    Returns
    -------
    Expr
    """
    return compose("event_values", {"events": events}, most=_SHOWN)
