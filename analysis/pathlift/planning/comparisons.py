"""Units that one comparison of two arms needs, and what it finds with those it has.

Every size is that of the treated arm, as a real number; the control has ``ratio`` times as many.
The solvers are statsmodels'; what is ours is the variance under the null hypothesis that our own
tests use. Knows no experiment, no calendar.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import optimize

from pathlift.inference.proportions import rates_at_difference

_MOST_UNITS = 1e13
"""Of one arm. What needs more is not found by anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One arm against its control, as it is planned.

    Attributes
    ----------
    kind : {'proportion', 'mean'}
        Means stand for everything that has a variance of its own: also ratios, quantiles and
        adjusted outcomes.
    control_value : float
        Of the metric; a share in (0, 1) for proportions.
    difference : float
        arm - control that is to be found; the truth that the power is of.
    null_difference : float
        arm - control under the null hypothesis: 0, or a margin.
    standard_deviation : float or None
        Of one unit, in both arms; None for proportions.
    ratio : float
        Units of the control per unit of the arm.
    alpha : float
        Of the test, in (0, 1); of both sides together where it has two.
    sides : {1, 2}
        A guardrail looks to one side.
    """

    kind: Literal["proportion", "mean"]
    control_value: float
    difference: float
    null_difference: float = 0.0
    standard_deviation: float | None = None
    ratio: float = 1.0
    alpha: float
    sides: Literal[1, 2] = 2

    @property
    def distance(self) -> float:
        """How far the truth lies from the null hypothesis, in the metric's unit."""
        return abs(self.difference - self.null_difference)

    def possible(self) -> bool:
        """Whether a share stays a share when the difference is added to it."""
        if self.kind == "mean":
            return True
        return 0 < self.control_value < 1 and 0 < self.control_value + self.difference < 1


def units_needed(comparison: Comparison, power: float) -> float:
    """Smallest size of the treated arm with which the difference is found that often.

    Parameters
    ----------
    comparison : Comparison
    power : float
        In (0, 1).

    Returns
    -------
    float
        Units of the treated arm, at least 2; infinite where the truth is the null hypothesis.

    Raises
    ------
    ValueError
        If the arm's share would leave (0, 1).

    References
    ----------
    .. [1] C. P. Farrington, G. Manning (1990), "Test statistics and sample size formulae for
       comparative binomial trials", Statistics in Medicine 9, 1447-1454.

    Examples
    --------
    R's documentation of ``power.prop.test`` has n = 76.7 for this one.

    >>> test = Comparison(kind="proportion", control_value=0.5, difference=0.25, alpha=0.05)
    >>> round(units_needed(test, 0.9), 1)
    76.7
    """
    from statsmodels.stats.power import normal_sample_size_one_tail

    if comparison.distance == 0:
        return float("inf")
    tail = comparison.alpha / comparison.sides
    null, truth = _deviations(comparison)
    normal = float(
        normal_sample_size_one_tail(
            comparison.distance, power, tail, std_null=null, std_alternative=truth
        )
    )
    if comparison.kind == "proportion":
        return max(normal, 2.0)

    def lacking(units: float) -> float:
        return power_of(comparison, units) - power

    # the t distribution asks for a little more than the normal, and never for less
    low, high = max(normal / 2, 2.0), max(2 * normal, 8.0)
    if lacking(low) >= 0:
        return low
    while lacking(high) < 0:
        high *= 2
    return float(optimize.brentq(lacking, low, high, rtol=1e-12))


def power_of(comparison: Comparison, units: float) -> float:
    """How often the difference is found.

    Parameters
    ----------
    comparison : Comparison
    units : float
        Size of the treated arm, at least 2.

    Returns
    -------
    float
        In (0, 1): the chance that the test rejects on the side of the truth.

    Raises
    ------
    ValueError
        If the arm's share would leave (0, 1).

    Examples
    --------
    R's documentation of ``power.t.test`` has .869 for this one.

    >>> test = Comparison(
    ...     kind="mean", control_value=0, difference=1, standard_deviation=1, alpha=0.05
    ... )
    >>> round(power_of(test, 20), 3)
    0.869
    """
    from scipy import special

    tail = comparison.alpha / comparison.sides
    if comparison.kind == "proportion":
        null, truth = _deviations(comparison)
        reach = comparison.distance * np.sqrt(units) + special.ndtri(tail) * null
        return float(special.ndtr(reach / truth))
    df = (1 + comparison.ratio) * units - 2
    # R's `strict = FALSE`: only rejections on the side of the truth count as found
    critical = -special.stdtrit(df, tail)
    center = comparison.distance / _deviations(comparison)[1] * np.sqrt(units)
    return float(1 - special.nctdtr(df, center, critical))


def standard_error(comparison: Comparison, units: float) -> float:
    """Standard error of the difference where the truth is the planned one.

    Parameters
    ----------
    comparison : Comparison
    units : float
        Size of the treated arm, at least 2.

    Returns
    -------
    float
        In the metric's unit, above 0.

    Raises
    ------
    ValueError
        If the arm's share would leave (0, 1).
    """
    return _deviations(comparison)[1] / float(np.sqrt(units))


def control_share(comparison: Comparison) -> float:
    """Share of the variance of the difference that is the control's.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    float
        In (0, 1).
    """
    if comparison.kind == "mean":
        return 1 / (1 + comparison.ratio)
    p0, p1 = comparison.control_value, comparison.control_value + comparison.difference
    control = p0 * (1 - p0) / comparison.ratio
    return control / (control + p1 * (1 - p1))


def smallest_difference(comparison: Comparison, units: float, power: float) -> float:
    """Smallest difference that so many units find that often.

    Parameters
    ----------
    comparison : Comparison
        Its ``difference`` says the direction; what is found lies beyond ``null_difference``.
    units : float
        Size of the treated arm, at least 2.
    power : float
        In (0, 1).

    Returns
    -------
    float
        With the sign of the comparison's; infinite with that sign where even the largest one is
        not found.

    Examples
    --------
    R's documentation of ``power.prop.test`` finds p2 = .8026 for this one.

    >>> test = Comparison(kind="proportion", control_value=0.5, difference=0.1, alpha=0.05)
    >>> round(0.5 + smallest_difference(test, 50, 0.9), 4)
    0.8026
    """
    sign = -1.0 if comparison.difference < comparison.null_difference else 1.0

    def tried(size: float) -> Comparison:
        return replace(comparison, difference=comparison.null_difference + sign * size)

    room = _room(comparison, comparison.null_difference, sign)
    size = _smallest(tried, room, units, power, _scale(comparison, units))
    return comparison.null_difference + sign * size


def smallest_margin(comparison: Comparison, units: float, power: float) -> float:
    """Smallest margin within which so many units show an arm that often.

    Parameters
    ----------
    comparison : Comparison
        Of a guardrail: its ``null_difference`` says which direction is harmful.
    units : float
        Size of the treated arm, at least 2.
    power : float
        In (0, 1).

    Returns
    -------
    float
        Positive; infinite where no margin is wide enough.
    """
    sign = -1.0 if comparison.null_difference < comparison.difference else 1.0

    def tried(size: float) -> Comparison:
        return replace(comparison, null_difference=comparison.difference + sign * size)

    room = _room(comparison, comparison.difference, sign)
    return _smallest(tried, room, units, power, _scale(comparison, units))


def _room(comparison: Comparison, start: float, sign: float) -> float:
    """How far a share can still go; means go as far as they like."""
    if comparison.kind == "mean":
        return float("inf")
    value = comparison.control_value + start
    return value if sign < 0 else 1 - value


def _scale(comparison: Comparison, units: float) -> float:
    if comparison.kind == "mean":
        return _deviations(comparison)[1] / float(np.sqrt(units))
    return float(np.sqrt(0.25 * (1 + 1 / comparison.ratio) / units))


def _smallest(
    tried: Callable[[float], Comparison], room: float, units: float, power: float, scale: float
) -> float:
    def found(size: float) -> float:
        return power_of(tried(size), units) - power

    most = room * (1 - 1e-9)
    if np.isfinite(most) and found(most) < 0:
        return float("inf")
    low, high = min(1e-9 * scale, 1e-9 * most), min(8 * scale, most)
    while found(high) < 0:
        low, high = high, min(2 * high, most)
    return float(optimize.brentq(found, low, high, rtol=1e-12))


def _deviations(comparison: Comparison) -> tuple[float, float]:
    """Standard deviation of the difference, per square root of the arm's size: null and truth."""
    if comparison.kind == "mean":
        if comparison.standard_deviation is None:
            raise ValueError("a mean needs a standard deviation")
        both = comparison.standard_deviation * np.sqrt(1 + 1 / comparison.ratio)
        return float(both), float(both)
    if not comparison.possible():
        raise ValueError(
            f"no share differs by {comparison.difference:g} from {comparison.control_value:g}"
        )
    p0, p1 = comparison.control_value, comparison.control_value + comparison.difference
    # counts that are so large that they stand for their expectations
    n1, n0 = _MOST_UNITS, _MOST_UNITS * comparison.ratio
    q1, q0 = rates_at_difference(p1 * n1, n1, p0 * n0, n0, comparison.null_difference)
    null = q1 * (1 - q1) + q0 * (1 - q0) / comparison.ratio
    truth = p1 * (1 - p1) + p0 * (1 - p0) / comparison.ratio
    return float(np.sqrt(null)), float(np.sqrt(truth))
