"""A table of reports: how far ties could move the incidence contrast of each ordering."""

from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, count, decimals_of, interval, number
from pathlift.report.words import STATUS, ordering_words
from pathlift.result.model import Result, Span
from pathlift.result.ties import TieBounds


def ties_table(result: Result) -> Table | None:
    """Each contrast with its ties broken one way and the other.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where no unit converted with a tie of all stages.
    """
    found = () if result.orderings is None else result.orderings.ties
    if not found:
        return None
    decimals = decimals_of(
        [span for row in found for span in _ways(row) if span is not None], "points"
    )
    return Table(
        title="If ties were broken",
        about=(
            "Difference of the share that took the ordering and converted, with its marginal "
            "interval, were every tie that could be it counted as it in neither arm, and in both. "
            "Whichever way ties came about, it lies between the two ends of the last column: all "
            "ties of the control are it, none of the arm; and the other way round. No unit leaves "
            "a denominator."
        ),
        head=(
            "Ordering",
            "Arms",
            "Sign",
            "Status",
            "Ties (control, arm)",
            "In neither",
            "In both",
            "Whichever way",
        ),
        rows=tuple(_row(row, decimals) for row in found),
        words=frozenset({0, 1, 2, 3}),
    )


def _ways(row: TieBounds) -> tuple[Span | None, ...]:
    return (row.in_neither, row.in_both, row.lowest, row.highest)


def _row(row: TieBounds, decimals: int) -> tuple[str, ...]:
    reason = (row.not_estimated or {}).get("reason")
    return (
        ordering_words(row.ordering),
        f"{row.arm} vs {row.control}",
        f"not estimated: {reason}" if reason else _sign(row),
        STATUS[row.causal_status],
        f"{count(row.control_tied)}, {count(row.arm_tied)}",
        _difference(row.in_neither, decimals),
        _difference(row.in_both, decimals),
        _range(row.lowest, row.highest, decimals),
    )


def _sign(row: TieBounds) -> str:
    if row.sign_holds is None:
        return NOTHING
    return "holds" if row.sign_holds else "hangs on ties"


def _difference(span: Span | None, decimals: int) -> str:
    if span is None:
        return NOTHING
    shown = number(span.estimate, "points", decimals).removesuffix(" pp")  # said of the interval
    return f"{shown} ({interval(span, 'points', decimals)})"


def _range(lowest: Span | None, highest: Span | None, decimals: int) -> str:
    """From the one to the other; in brackets the far ends of their intervals."""
    if lowest is None or highest is None:
        return f"{_difference(lowest, decimals)} to {_difference(highest, decimals)}"
    whole = Span(estimate=lowest.estimate, low=lowest.low, high=highest.high)
    ends = (number(one.estimate, "points", decimals) for one in (lowest, highest))
    said = " to ".join(end.removesuffix(" pp") for end in ends)
    return f"{said} ({interval(whole, 'points', decimals)})"
