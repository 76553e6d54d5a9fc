"""Where the marks lie that show how a contrast came out at every look so far, one picture each.

Positions, and the table that holds the same numbers: of this look and of all before it.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, Quantity, count, decimals_of, interval, number
from pathlift.result.looks import earlier_looks
from pathlift.result.model import ContrastLook, Estimate, Result, Span

WIDTH = 340
HEIGHT = 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 12.0, 10.0, 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One look at one contrast.

    Attributes
    ----------
    x, low, high : float
        Places; ends without bound lie on the edge.
    point : float or None
        Place of the estimate.
    last : bool
        Whether it is the look of this result.
    words : str
        What a reader hears.
    """

    x: float
    low: float
    high: float
    point: float | None
    last: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The looks at one contrast.

    Attributes
    ----------
    title, arm : str
    words : str
        The picture in a sentence.
    zero : float
        Place of no difference.
    margin : float or None
        Place of a guardrail's absolute margin.
    planned : tuple of float
        Places of the looks that were planned, taken or not.
    marks : tuple of Mark
    low_label, high_label : str
        What the lower and the upper edge stand for.
    """

    title: str
    arm: str
    words: str
    zero: float
    margin: float | None
    planned: tuple[float, ...]
    marks: tuple[Mark, ...]
    low_label: str
    high_label: str


def courses(result: Result) -> tuple[Course, ...]:
    """Draw the looks at every contrast that the decision reads, one scale a metric.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of Course
        Empty where one look is planned, or where no look has an interval.
    """
    return tuple(_course(estimate, seen, frame) for estimate, seen, frame in _framed(result))


def courses_table(result: Result) -> Table | None:
    """What every look saw, in numbers.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where nothing is drawn either.
    """
    rows = [row for framed in _framed(result) for row in _rows(*framed)]
    if not rows:
        return None
    return Table(
        title="Looks so far",
        about="Intervals hold at every look.",
        head=("Contrast", "Look", "Units", "Of the plan", "Difference", "Interval"),
        rows=tuple(rows),
        words=frozenset({0}),
    )


def _taken(result: Result) -> dict[str, tuple[ContrastLook, ...]]:
    """Looks at every contrast that the decision reads, this one last; none with fixed looks."""
    looks = result.looks
    if looks.method == "fixed":
        return {}
    earlier = earlier_looks(
        looks.ledger, data=result.data.fingerprint, watermark=result.data.watermark
    )
    known = {estimate.id for estimate in result.estimates}
    return {
        contrast.id: (
            *(look.contrasts[contrast.id] for look in earlier if contrast.id in look.contrasts),
            contrast,
        )
        for contrast in looks.contrasts
        if contrast.id in known
    }


def _framed(result: Result) -> "Iterator[tuple[Estimate, tuple[ContrastLook, ...], _Frame]]":
    """Contrasts with their looks and what the edges of their picture stand for."""
    estimates = {estimate.id: estimate for estimate in result.estimates}
    taken = _taken(result)
    for id, seen in taken.items():
        beside = [looks for other, looks in taken.items()
                  if estimates[other].metric == estimates[id].metric]  # fmt: skip
        frame = _frame(beside, estimates[id])
        if frame is not None:
            yield estimates[id], seen, frame


def _rows(
    estimate: Estimate, seen: tuple[ContrastLook, ...], frame: "_Frame"
) -> Iterator[tuple[str, ...]]:
    for number_, look in enumerate(seen, 1):
        span = look.interval
        share = look.information_fraction
        yield (
            f"{estimate.metric}, {estimate.arm} vs {estimate.control}",
            str(number_),
            count(look.units),
            NOTHING if share is None else f"{share:.0%}",
            number(None if span is None else span.estimate, frame.quantity, frame.places),
            interval(span, frame.quantity, frame.places),
        )


def _quantity(estimate: Estimate) -> Quantity:
    return "points" if estimate.kind == "proportion" else "plain_difference"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What the edges of a picture stand for."""

    low: float
    high: float
    quantity: Quantity

    def y(self, value: float | None, unbounded: float) -> float:
        """Place of a value; where it has no bound, of the edge."""
        end = unbounded if value is None else value
        share = (min(self.high, max(self.low, end)) - self.low) / (self.high - self.low)
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)

    @property
    def places(self) -> int:
        return decimals_of([Span(estimate=self.low, low=self.low, high=self.high)], self.quantity)


def _frame(beside: Iterable[Iterable[ContrastLook]], estimate: Estimate) -> _Frame | None:
    ends = [
        end
        for seen in beside
        for look in seen
        if look.interval is not None
        for end in (look.interval.low, look.interval.estimate, look.interval.high)
        if end is not None and math.isfinite(end)
    ]
    if not ends:
        return None
    ends += [0.0, _margin(estimate) or 0.0]
    low, high = min(ends), max(ends)
    if low == high:
        low, high = low - 1.0, high + 1.0
    return _Frame(low=low, high=high, quantity=_quantity(estimate))


def _course(estimate: Estimate, seen: tuple[ContrastLook, ...], frame: _Frame) -> Course:
    margin = _margin(estimate)
    title = f"{estimate.metric}, {estimate.arm} vs {estimate.control}"
    shown = [(number_, look) for number_, look in enumerate(seen, 1) if look.interval is not None]
    marks = tuple(
        _mark(number_, look, _across(number_, look, len(seen)), frame, last=look is seen[-1])
        for number_, look in shown
    )
    return Course(
        title=title,
        arm=estimate.arm,
        words=f"{title}: " + "; ".join(mark.words for mark in marks),
        zero=frame.y(0.0, 0.0),
        margin=None if margin is None else frame.y(margin, margin),
        planned=tuple(_place(fraction) for fraction in seen[-1].fractions),
        marks=marks,
        low_label=number(frame.low, frame.quantity, frame.places),
        high_label=number(frame.high, frame.quantity, frame.places),
    )


def _mark(look: int, seen: ContrastLook, x: float, frame: _Frame, *, last: bool) -> Mark:
    span = seen.interval or Span(estimate=None, low=None, high=None)
    point = None if span.estimate is None else frame.y(span.estimate, span.estimate)
    return Mark(
        x=x,
        low=frame.y(span.low, frame.low),
        high=frame.y(span.high, frame.high),
        point=point,
        last=last,
        words=f"look {look}, {count(seen.units)} units: "
        f"{number(span.estimate, frame.quantity, frame.places)}, "
        f"interval {interval(span, frame.quantity, frame.places)}",
    )


def _across(look: int, seen: ContrastLook, looks: int) -> float:
    """Place by what was seen of the plan; by the number of the look where there is none."""
    if seen.information_fraction is None:
        return _place(look / looks)
    return _place(seen.information_fraction)


def _place(share: float) -> float:
    return round(_LEFT + min(1.0, share) * (WIDTH - _LEFT - _RIGHT), 1)


def _margin(estimate: Estimate) -> float | None:
    """The margin, where it is in the unit of the differences."""
    guards = estimate.role == "guardrail" and estimate.null_scale == "absolute"
    return estimate.null_value if guards else None
