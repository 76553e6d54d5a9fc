"""When units converted: the lines of the pictures, and the table that holds the same numbers.

A long window is shown at some of its days, the same in both; the JSON has all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, count, decimals_of, interval, number
from pathlift.report.words import STATUS
from pathlift.result.conversion_times import ConversionCurve, ConversionTimes
from pathlift.result.model import Result

WIDTH = 340
HEIGHT = 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 4.0, 8.0, 14.0, 18.0
_MOST_ROWS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The curve of one arm beside the control's.

    Attributes
    ----------
    arm : str
    title : str
    words : str
        The picture in a sentence.
    path, control_path : str
        Of an SVG: the arm's own line, and that of the control.
    band : str
        Between the ends of the arm's intervals; empty without any.
    ticks : tuple of (float, str)
        Where days are written, and how.
    top_label : str
        What the upper edge stands for; the foot is 0.
    """

    arm: str
    title: str
    words: str
    path: str
    control_path: str
    band: str
    ticks: tuple[tuple[float, str], ...]
    top_label: str


def conversion_lines(result: Result) -> tuple[Line, ...]:
    """Draw every treated arm beside the control, all on one scale.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of Line
        Empty where there are no curves, or nobody had converted.
    """
    times = result.conversion_times
    if times is None or not times.arms:
        return ()
    shown = _shown(times)
    ends = [
        end
        for curve in times.arms
        for place in shown
        for end in (curve.cumulative[place].estimate, curve.cumulative[place].high)
        if end is not None
    ]
    top = max(ends, default=0.0)
    controls = {arm.arm for arm in result.arms if arm.control}
    control = next((curve for curve in times.arms if curve.arm in controls), None)
    if top <= 0 or control is None:
        return ()
    return tuple(
        _line(times, curve, control, shown, top) for curve in times.arms if curve is not control
    )


def conversion_times_table(result: Result) -> Table | None:
    """The share of every arm that had converted, day by day.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where nothing was asked; without curves, a row that says why.
    """
    times = result.conversion_times
    if times is None:
        return None
    title = "Time to conversion"
    if times.not_estimated is not None:
        reason = f"not estimated: {times.not_estimated['reason']}"
        return Table(
            title=title, about="", head=("Of", "Share"), rows=((times.metric, reason),),
            words=frozenset({0, 1}),
        )  # fmt: skip
    shown = _shown(times)
    decimals = decimals_of(
        [arm.cumulative[place] for arm in times.arms for place in shown], "share"
    )
    followed = () if times.complete else tuple(f"{arm.arm}: followed" for arm in times.arms)
    return Table(
        title=title,
        about=" ".join(_about(times, shown)),
        head=("Since first exposure", *(arm.arm for arm in times.arms), *followed),
        rows=tuple(
            (
                _until(times, place),
                *(_cell(arm, place, decimals) for arm in times.arms),
                *(count(arm.at_risk[place]) for arm in times.arms if not times.complete),
            )
            for place in shown
        ),
    )


def _shown(times: ConversionTimes) -> tuple[int, ...]:
    """Which bins are shown: evenly spaced, the last among them."""
    step = -(-times.bins // _MOST_ROWS)
    return tuple(range((times.bins - 1) % step, times.bins, step))


def _about(times: ConversionTimes, shown: Sequence[int]) -> Iterator[str]:
    yield (
        f"Share of all units of an arm that had converted ({times.metric}) by then, with an "
        f"interval for that time alone ({1 - times.alpha:.0%}). {_status(times)}: each arm on its "
        "own, nothing adjusted; whether arms differ is read from their contrast of "
        f"{times.metric}."
    )
    if not times.complete:
        yield (
            "Windows are still open: each unit counts for as long as it was followed, so that "
            f"this holds if {' and '.join(times.assumptions)}. Followed: those that had not "
            "converted before, and were seen into that time."
        )
    half = [
        f"{arm.arm} {_until(times, arm.half_within - 1)}"
        for arm in times.arms
        if arm.half_within is not None
    ]
    if half:
        yield f"Half of those who converted within the window had by: {', '.join(half)}."
    reasons: dict[str, list[str]] = {}
    for arm in times.arms:
        if arm.no_interval:
            reasons.setdefault(arm.no_interval, []).append(arm.arm)
    for reason, arms in reasons.items():
        yield f"No interval for {', '.join(arms)}: {reason}."
    if len(shown) < times.bins:
        yield f"{len(shown)} of {times.bins} times are shown; the JSON has all."


def _status(times: ConversionTimes) -> str:
    return STATUS[times.causal_status].capitalize()


def _until(times: ConversionTimes, place: int) -> str:
    hours = times.bin_hours * (place + 1)
    return f"day {hours // 24}" if times.bin_hours == 24 else f"{hours} hours"


def _cell(arm: ConversionCurve, place: int, decimals: int) -> str:
    span = arm.cumulative[place]
    if span.estimate is None:
        return NOTHING
    shown = number(span.estimate, "share", decimals)
    return shown if span.low is None else f"{shown} ({interval(span, 'share', decimals)})"


def _line(
    times: ConversionTimes,
    curve: ConversionCurve,
    control: ConversionCurve,
    shown: Sequence[int],
    top: float,
) -> Line:
    spans = [(place, curve.cumulative[place]) for place in shown]
    lows = [(p, s.low) for p, s in spans if s.low is not None]
    highs = [(p, s.high) for p, s in spans if s.high is not None]
    decimals = decimals_of([span for _, span in spans], "share")
    return Line(
        arm=curve.arm,
        title=f"{curve.arm}, and {control.arm} (dashed)",
        words=f"{_told(times, curve, shown, decimals)}; {_told(times, control, shown, decimals)}",
        path=_path(times, _points(curve, shown), top),
        control_path=_path(times, _points(control, shown), top),
        band=f"{_path(times, highs, top)}{_path(times, lows[::-1], top, first='L')}Z"
        if lows
        else "",
        ticks=tuple((_x(times, place), _until(times, place)) for place in _ticked(shown)),
        top_label=number(top, "share", decimals),
    )


def _told(
    times: ConversionTimes, curve: ConversionCurve, shown: Sequence[int], decimals: int
) -> str:
    said = (
        f"{_until(times, place)} {number(curve.cumulative[place].estimate, 'share', decimals)}"
        for place in shown
    )
    return f"{curve.arm}, share converted by: {', '.join(said)}"


def _points(curve: ConversionCurve, shown: Sequence[int]) -> list[tuple[int, float]]:
    found = ((place, curve.cumulative[place].estimate) for place in shown)
    return [(-1, 0.0), *((place, share) for place, share in found if share is not None)]


def _path(
    times: ConversionTimes, points: Sequence[tuple[int, float]], top: float, first: str = "M"
) -> str:
    return "".join(
        f"{'L' if number_ else first}{_x(times, place)},{_y(share, top)}"
        for number_, (place, share) in enumerate(points)
    )


def _x(times: ConversionTimes, place: int) -> float:
    return round(_LEFT + (place + 1) / times.bins * (WIDTH - _LEFT - _RIGHT), 1)


def _y(share: float, top: float) -> float:
    return round(HEIGHT - _BOTTOM - share / top * (HEIGHT - _TOP - _BOTTOM), 1)


def _ticked(shown: Sequence[int]) -> tuple[int, ...]:
    """The first, one about the middle, the last."""
    return tuple(dict.fromkeys((shown[0], shown[len(shown) // 2], shown[-1])))
