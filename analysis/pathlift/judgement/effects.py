"""An effect and the interval that decides, in words. Decides nothing."""

from typing import Literal

from pathlift.judgement import words
from pathlift.registry.experiment import Margin, Metric
from pathlift.result.model import Estimate, Simultaneous, Span

Scale = Literal["absolute", "relative"]


def decisive(estimate: Estimate, scale: Scale = "absolute") -> Span | None:
    """The interval that a decision reads.

    Parameters
    ----------
    estimate : Estimate
    scale : {'absolute', 'relative'}

    Returns
    -------
    Span or None
        The simultaneous one where the family has one, else the marginal one (Holm, BH and the
        graph adjust p only); None where not defined. Guardrails are not corrected: all of them
        must pass.
    """
    same = estimate.equivalence
    if same is not None and same.scale == scale:
        return same.interval
    source = estimate.simultaneous if estimate.role != "guardrail" else None
    if source is not None and not source.interval_matches_p:
        source = None
    if scale == "absolute":
        return estimate.absolute if source is None else source.absolute
    return estimate.relative if source is None else source.relative


def gain(metric: Metric, estimate: Estimate) -> float:
    """Absolute difference, positive where it is better.

    Parameters
    ----------
    metric : Metric
        Says which direction is better.
    estimate : Estimate
        Of that metric.

    Returns
    -------
    float
        Treatment minus control in the metric's unit, with its sign turned where lower is better;
        minus infinity where it is not defined, so that such an arm is never the best.
    """
    value = estimate.absolute.estimate if estimate.absolute is not None else None
    if value is None:
        return float("-inf")
    return value if metric.better == "higher" else -value


def effect(metric: Metric, estimate: Estimate, distance: Margin | None = None) -> str:
    """Name, size and interval, such as ``conversion +1.2 points (95% interval +0.6 to +1.8)``.

    Parameters
    ----------
    metric : Metric
    estimate : Estimate
    distance : Margin, optional
        What the effect is held against: a relative one is answered on the relative scale.

    Returns
    -------
    str
        Proportions in percentage points, relative effects in percent, all else in the metric's
        unit.
    """
    size = _size(metric, estimate, _scale(estimate, distance))
    return f"{metric.name} {size} {interval(metric, estimate, distance)}"


def unsigned(metric: Metric, estimate: Estimate, distance: Margin | None = None) -> str:
    """Size of the effect without direction, such as ``1.2 points``.

    Parameters
    ----------
    metric : Metric
    estimate : Estimate
    distance : Margin, optional
        What the effect is held against: a relative one is answered on the relative scale.

    Returns
    -------
    str
        In the units of `effect`.
    """
    return _size(metric, estimate, _scale(estimate, distance)).lstrip(f"+{words.MINUS}")


def interval(metric: Metric, estimate: Estimate, distance: Margin | None = None) -> str:
    """The interval that decides, in parentheses, with what it is.

    Parameters
    ----------
    metric : Metric
    estimate : Estimate
    distance : Margin, optional

    Returns
    -------
    str
        Such as ``(95% interval +0.6 to +1.8, corrected for 2 comparisons)``, or, where only p is
        adjusted, ``(95% interval +0.6 to +1.8 for this contrast alone; adjusted p = 0.01, over 2
        comparisons)``.
    """
    scale = _scale(estimate, distance)
    span, places = decisive(estimate, scale), _places(metric, estimate, scale)
    low, high = (
        None if end is None else words.signed(end * _factor(metric, scale), places)
        for end in ((span.low, span.high) if span is not None else (None, None))
    )
    # A guardrail's alpha is one-sided, half of that of its interval.
    alpha = 2 * estimate.alpha if estimate.role == "guardrail" else estimate.alpha
    same = estimate.equivalence
    if same is not None and same.scale == scale:
        alpha = 2 * same.alpha  # likewise, at each side
    level = f"{100 * (1 - alpha):.6g}% interval"
    if low is None and high is None:
        return f"({level} not defined)"
    family = estimate.simultaneous if estimate.role != "guardrail" else None
    corrected = "" if family is None else _corrected(family)
    return f"({level} {low or 'unbounded'} to {high or 'unbounded'}{corrected})"


def _corrected(family: Simultaneous) -> str:
    over = f"{family.members} comparisons"
    if family.interval_matches_p:
        return f", corrected for {over}" if family.members > 1 else ""
    p = "unknown" if family.p_adjusted is None else words.p_value(family.p_adjusted)
    return f" for this contrast alone; adjusted {p}, over {over}"


def distance(metric: Metric, of: Margin) -> str:
    """A margin or a worth, such as ``0.1 points`` or ``3% of the control``.

    Parameters
    ----------
    metric : Metric
    of : Margin

    Returns
    -------
    str
    """
    if of.scale == "relative":
        return f"{words.percent(of.value)} of the control"
    number = f"{of.value * _factor(metric, 'absolute'):.6g}"
    return f"{number}{_unit(metric, 'absolute', number)}"


def _scale(estimate: Estimate, held_against: Margin | None) -> Scale:
    span = decisive(estimate, "relative")
    relative = held_against is not None and held_against.scale == "relative"
    return "relative" if relative and span is not None and span.estimate is not None else "absolute"


def _size(metric: Metric, estimate: Estimate, scale: Scale) -> str:
    span = estimate.absolute if scale == "absolute" else estimate.relative
    span = span or decisive(estimate, scale)
    if span is None or span.estimate is None:
        return "of unknown size"
    number = words.signed(span.estimate * _factor(metric, scale), _places(metric, estimate, scale))
    return f"{number}{_unit(metric, scale, number)}"


def _places(metric: Metric, estimate: Estimate, scale: Scale) -> int:
    span = decisive(estimate, scale)
    if span is None:
        return 2
    ends = [end * _factor(metric, scale) for end in (span.low, span.high) if end is not None]
    width = (
        ends[1] - ends[0] if len(ends) == 2 else abs(span.estimate or 0.0) * _factor(metric, scale)
    )
    places = words.decimals(width)
    # An end just beside 0 keeps its side: it decides.
    return next(
        (more for more in range(places, places + 4) if all(_shows(end, more) for end in ends)),
        places,
    )


def _shows(end: float, places: int) -> bool:
    return end == 0 or words.signed(end, places) != words.signed(0.0, places)


def _factor(metric: Metric, scale: Scale) -> float:
    return 100.0 if scale == "relative" or metric.kind == "proportion" else 1.0


def _unit(metric: Metric, scale: Scale, number: str) -> str:
    """What stands behind a number as it is written: 1 point, 1.0 points."""
    if scale == "relative":
        return "%"
    if metric.kind != "proportion":
        return ""
    return " point" if number.lstrip(f"+{words.MINUS}") == "1" else " points"
