"""A table of reports: how many units took the ordering that their arm intends."""

from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, count, decimals_of, interval, number
from pathlift.report.words import STATUS, ordering_words
from pathlift.result.model import Adherence, Result, Span


def adherence_table(result: Result) -> Table | None:
    """Units on the intended ordering, by arm and by what they held before exposure.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where no stages are declared.
    """
    if result.orderings is None or not result.orderings.adherence:
        return None
    rows = result.orderings.adherence
    decimals = decimals_of([row.share for row in rows], "share")
    clustered = any(row.share is not None and row.share.low is None for row in rows)
    return Table(
        title="On the intended ordering",
        about=(
            "Share of an arm's units that took the ordering it intends, with Wilson's interval; "
            "descriptive, since arms intend different orderings. Counting what was held: stages "
            "held before exposure come first, in any order."
            + (" Arms of clusters have no interval here." if clustered else "")
        ),
        head=(
            "Arm",
            "Held before",
            "Intended ordering",
            "Units",
            "Took it",
            "Share",
            "Interval",
            "Share, counting what was held",
            "Status",
        ),
        rows=tuple(_row(row, decimals) for row in rows),
        words=frozenset({0, 1, 2, 8}),
    )


def _row(row: Adherence, decimals: int) -> tuple[str, ...]:
    reason = (row.not_estimated or {}).get("reason")
    return (
        row.arm,
        "all units" if row.baseline_state is None else row.baseline_state.replace("+", " + "),
        ordering_words(row.ordering),
        count(row.units),
        NOTHING if row.followed is None else count(row.followed),
        number(_estimate(row.share), "share", decimals),
        f"not estimated: {reason}" if reason else _interval(row.share, decimals),
        number(_estimate(row.share_with_held), "share", decimals),
        STATUS[row.causal_status],
    )


def _estimate(span: Span | None) -> float | None:
    return None if span is None else span.estimate


def _interval(span: Span | None, decimals: int) -> str:
    return NOTHING if span is None or span.low is None else interval(span, "share", decimals)
