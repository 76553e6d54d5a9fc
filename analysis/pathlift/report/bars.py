"""Where the marks of an interval bar lie: one scale for all bars that are compared.

Only positions; `page.css` gives the colours, the template the shapes. The same numbers stand as
text beside every bar.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pathlift.report.numbers import Quantity, number
from pathlift.report.rows import Panel, Row, headline, headline_relative
from pathlift.result.model import Estimate, Span

WIDTH = 240
PAD = 10.0
HEIGHT = 24

_LETTER = 7.2  # width that a letter of an axis takes, with some room

# A bar many times longer than its neighbours would press all others flat: it is cut, with an arrow.
_LONGEST = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What the width of a bar stands for.

    Attributes
    ----------
    low, high : float
        Ends, in the unit of the differences, or as relative lift.
    relative : bool
        Whether bars show the relative lift: where the margin of a guardrail is relative, and
        where metrics of several units share the scale.
    """

    low: float
    high: float
    relative: bool

    def x(self, value: float) -> float:
        """Place of a value.

        Parameters
        ----------
        value : float

        Returns
        -------
        float
            From `PAD` to ``WIDTH - PAD``, both where the value lies outside.
        """
        share = (value - self.low) / (self.high - self.low)
        return round(PAD + min(1.0, max(0.0, share)) * (WIDTH - 2 * PAD), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The marks of one estimate.

    Attributes
    ----------
    left, right, point, zero : float
        Places on the bar.
    margin : float or None
        Of the guardrail.
    truth : float or None
        Where it is known.
    cut_left, cut_right : bool
        The interval goes on beyond the picture, or has no end there: an arrow.
    words : str
        What a reader hears.
    """

    left: float
    right: float
    point: float
    zero: float
    margin: float | None
    truth: float | None
    cut_left: bool
    cut_right: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A number under the bars."""

    x: float
    label: str


def scale_of(panels: Iterable[Panel]) -> Scale | None:
    """Find the scale that all bars of these panels share.

    Parameters
    ----------
    panels : iterable of Panel
        Of one quantity.

    Returns
    -------
    Scale or None
        None where nothing was estimated.
    """
    rows = [row for panel in panels for row in panel.rows]
    relative = any(_margin(row.estimate) is not None for row in rows) and all(
        row.estimate.null_scale == "relative" for row in rows
    )
    return _around(rows, relative=relative)


def lift_scale_of(panels: Sequence[Panel]) -> Scale | None:
    """Find the scale on which metrics of different units can be compared: that of their lifts.

    Parameters
    ----------
    panels : sequence of Panel
        One a metric.

    Returns
    -------
    Scale or None
        None for a single metric, which has its own unit; where a margin is in the unit of its
        metric; and where some estimate has no lift.
    """
    rows = [row for panel in panels for row in panel.rows]
    estimated = [row for row in rows if not row.reason]
    own_unit = any(
        _margin(row.estimate) is not None and row.estimate.null_scale != "relative" for row in rows
    )
    lifts = [_span(row.estimate, relative=True) for row in estimated]
    if len(panels) == 1 or own_unit or any(s is None or s.estimate is None for s in lifts):
        return None
    return _around(rows, relative=True)


def _around(rows: Sequence[Row], *, relative: bool) -> Scale | None:
    """A scale that holds 0, every margin and, but for what is far beyond others, every bar."""
    spans = [span for row in rows if (span := _span(row.estimate, relative=relative)) is not None]
    reaches = sorted(max(abs(end) for end in _ends(span)) for span in spans if _ends(span))
    if not reaches:
        return None
    longest = _LONGEST * reaches[len(reaches) // 2]
    ends = [0.0, *(_margin(row.estimate) or 0.0 for row in rows)]
    ends += [row.hit.truth for row in rows if row.hit is not None and not relative]
    ends += [max(-longest, min(longest, end)) for span in spans for end in _ends(span)]
    low, high = min(ends), max(ends)
    if low == high:
        low, high = low - 1.0, high + 1.0
    room = 0.04 * (high - low)
    return Scale(low=low - room, high=high + room, relative=relative)


def bar_of(row: Row, scale: Scale) -> Bar | None:
    """Place the marks of one row.

    Parameters
    ----------
    row : Row
    scale : Scale

    Returns
    -------
    Bar or None
        None where there is no estimate.
    """
    span = _span(row.estimate, relative=scale.relative)
    if span is None or span.estimate is None:
        return None
    margin = _margin(row.estimate)
    low = -math.inf if span.low is None else span.low
    high = math.inf if span.high is None else span.high
    known = row.hit is not None and not scale.relative
    shown = (
        (row.lift, row.lift_interval)
        if scale.relative
        else (row.difference, row.difference_interval)
    )
    return Bar(
        left=scale.x(low),
        right=scale.x(high),
        point=scale.x(span.estimate),
        zero=scale.x(0.0),
        margin=None if margin is None else scale.x(margin),
        truth=scale.x(row.hit.truth) if known and row.hit else None,
        cut_left=low < scale.low,
        cut_right=high > scale.high,
        words=f"{row.subject}: {shown[0]}, interval {shown[1]}",
    )


def ticks_of(scale: Scale, quantity: Quantity) -> tuple[Tick, ...]:
    """Round numbers under the bars, 0 among them.

    Parameters
    ----------
    scale : Scale
    quantity : str
        Of the differences.

    Returns
    -------
    tuple of Tick
        Up to six, as many as fit beside each other.
    """
    shown: Quantity = "lift" if scale.relative else quantity
    factor = 100 if shown in ("points", "lift") else 1
    step = _round_step((scale.high - scale.low) * factor)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first = math.ceil(scale.low * factor / step)
    last = math.floor(scale.high * factor / step)
    ticks = {
        count: Tick(
            x=scale.x(count * step / factor),
            label=number(count * step / factor, shown, decimals).removesuffix(" pp"),
        )
        for count in range(first, last + 1)
    }
    apart = step / factor / (scale.high - scale.low) * (WIDTH - 2 * PAD)
    if max(len(tick.label) for tick in ticks.values()) * _LETTER > apart:
        return tuple(tick for count, tick in ticks.items() if count % 2 == 0)
    return tuple(ticks.values())


def _round_step(width: float) -> float:
    """Find the largest 1, 2 or 5 times a power of ten that fits two and a half times."""
    power = 10.0 ** math.floor(math.log10(width))
    steps = (power * part for part in (5, 2, 1, 0.5, 0.2))
    return next(step for step in steps if 2.5 * step <= width)


def _span(estimate: Estimate, *, relative: bool) -> Span | None:
    if estimate.set is not None and estimate.set.kind != "interval":
        return None  # one line from end to end would show what the set leaves out
    return headline_relative(estimate) if relative else headline(estimate)


def _ends(span: Span) -> Sequence[float]:
    ends = (span.low, span.estimate, span.high)
    return [end for end in ends if end is not None and math.isfinite(end)]


def _margin(estimate: Estimate) -> float | None:
    return estimate.null_value if estimate.role == "guardrail" else None
