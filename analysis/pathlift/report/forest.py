"""Where the marks of a forest plot lie: one experiment a line, the mean below. Renders only.

Lifts and differences are drawn on a straight scale; the same numbers stand as text beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pathlift.report.bars import Scale
from pathlift.result.model import Span
from pathlift.result.portfolio import Combination

_ROOM = 0.06  # of the width, so that no end touches the edge
_SIDE = 7.0  # of the square of an experiment that is not weighed
_LONGEST = 5.0  # times the usual reach: what is longer is cut, with an arrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One line of the plot.

    Attributes
    ----------
    name : str
    span : Span
    left, right, point, zero : float
        Places on the bar.
    cut_left, cut_right : bool
        The interval goes on beyond the picture.
    mean, prediction : bool
        Whether it is the mean over experiments, or where one more would lie.
    side : float
        Of the square of an experiment: its area goes with its weight.
    """

    name: str
    span: Span
    left: float
    right: float
    point: float
    zero: float
    cut_left: bool
    cut_right: bool
    mean: bool = False
    prediction: bool = False
    side: float = _SIDE


def marks_of(one: Combination) -> tuple[Mark, ...]:
    """Place the lines of a combination.

    Parameters
    ----------
    one : Combination

    Returns
    -------
    tuple of Mark
        Experiments, then the mean and the prediction where there are such.
    """
    scale = scale_of(one)
    marks = [
        mark_on(scale, name, span, mean=mean, prediction=prediction)
        for name, span, mean, prediction in _lines(one)
    ]
    weighed = [
        mark if part.weight is None else replace(mark, side=_side(part.weight))
        for mark, part in zip(marks, one.parts, strict=False)
    ]
    return (*weighed, *marks[len(weighed) :])


def scale_of(one: Combination) -> Scale:
    """Find the scale that all lines of a combination share.

    Parameters
    ----------
    one : Combination

    Returns
    -------
    Scale
    """
    spans = [span for _, span, _, _ in _lines(one)]
    return scale_over(spans, relative=one.scale == "relative")


def _lines(one: Combination) -> list[tuple[str, Span, bool, bool]]:
    lines: list[tuple[str, Span, bool, bool]] = [
        (part.experiment, part.effect, False, False) for part in one.parts
    ]
    if one.effect is not None:
        lines.append((f"mean of {one.experiments}", one.effect, True, False))
    if one.prediction is not None:
        lines.append(("one more experiment", one.prediction, False, True))
    return lines


def drawn_in_characters(mark: Mark, width: int = 41) -> str:
    """One line of the plot, as text.

    Parameters
    ----------
    mark : Mark
    width : int, default 41

    Returns
    -------
    str
        Such as ``   ├──●──┤ │``.
    """
    cells = [" "] * width

    def at(x: float) -> int:
        return min(width - 1, max(0, round(x / _FULL * (width - 1))))

    left, right = at(mark.left), at(mark.right)
    for place in range(left, right + 1):
        cells[place] = "═" if mark.mean else "╌" if mark.prediction else "─"
    cells[left] = "◄" if mark.cut_left else "├"
    cells[right] = "►" if mark.cut_right else "┤"
    zero = at(mark.zero)
    cells[zero] = "│" if cells[zero] == " " else "┼"
    if not mark.prediction:
        cells[at(mark.point)] = "◆" if mark.mean else "●"
    return "".join(cells).rstrip()


_FULL = 240.0  # as wide as every bar of a page


def _side(weight: float) -> float:
    return round(3.0 + 12.0 * math.sqrt(weight), 2)


def scale_over(spans: Sequence[Span], *, relative: bool) -> Scale:
    """Find a scale for some intervals, 0 on it; one that is much longer than the others is cut.

    Parameters
    ----------
    spans : sequence of Span
    relative : bool
        Whether they are lifts.

    Returns
    -------
    Scale
    """
    ends = [
        end for span in spans for end in (span.low, span.high, span.estimate) if end is not None
    ]
    reaches = sorted(abs(end) for end in ends) or [1.0]
    longest = _LONGEST * (reaches[len(reaches) // 2] or 1.0)
    kept = [0.0, *(max(-longest, min(longest, end)) for end in ends)]
    low, high = min(kept), max(kept)
    if low == high:
        low, high = low - 1.0, high + 1.0
    room = _ROOM * (high - low)
    return Scale(low=low - room, high=high + room, relative=relative)


def mark_on(
    scale: Scale, name: str, span: Span, *, mean: bool = False, prediction: bool = False
) -> Mark:
    """Place one interval on a scale.

    Parameters
    ----------
    scale : Scale
    name : str
    span : Span
    mean, prediction : bool, default False

    Returns
    -------
    Mark
    """
    low = scale.low if span.low is None else span.low
    high = scale.high if span.high is None else span.high
    return Mark(
        name=name,
        span=span,
        left=scale.x(low),
        right=scale.x(high),
        point=scale.x(span.estimate or 0.0),
        zero=scale.x(0.0),
        cut_left=span.low is None or low < scale.low,
        cut_right=span.high is None or high > scale.high,
        mean=mean,
        prediction=prediction,
    )
