"""The event log before anybody is joined to it: its extent, its duplicates, its conditions."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from pathlift.outcomes.composing import aliased, compose, filtered, name, parse
from pathlift.outcomes.journeys import Condition, JourneyPlan

_NEAREST = 3
_SHOWN = 200  # distinct values of `event` looked through for a near one


def log_query(events: exp.Expr, bound: int, conditions: Sequence[Condition]) -> exp.Expr:
    """Extent of the log and rows per condition; rows at or after `bound` are not read."""
    read = parse("events.occurred_us < $bound", bound=exp.convert(bound))
    counts = [
        aliased(filtered(parse("count(*)"), exp.and_(read, condition.test)), f"n{place}")
        for place, condition in enumerate(conditions)
    ]
    return compose("event_log", {"events": events}, bound=bound, conditions=counts)


def used_columns(types: Mapping[str, str], plan: JourneyPlan) -> list[str]:
    """Columns of the log that the plan reads, in the order of the alphabet."""
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
    return sorted(column for column in types if column.lower() in read | {"unit", "occurred_us"})


def once(
    events: exp.Expr, columns: Sequence[str], types: Mapping[str, str], watermark: int
) -> exp.Expr:
    """The log with one row per event id and unit.

    The copy received first stays; then the smallest by time, then by the values that the
    experiment reads, in the order of the alphabet.
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
    """Most frequent values of ``event``."""
    return compose("event_values", {"events": events}, most=_SHOWN)
