"""How large a lift is relative to the control: Fieller's set for ``m1 / m0 - 1``.

Both means come from one covariance, so the set excludes zero exactly when the interval of the
difference does. The set can be unbounded: a control mean that is not clearly above zero bounds
no ratio. Knows nothing of what a sensible control mean is; below zero a lift has no meaning,
and the caller says so.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats
from pathlift.inference.intervals import agreeing, studentised


class SetKind(IntEnum):
    """Shape of a Fieller set."""

    BOUNDED = 0
    """From ``low`` to ``high``."""
    ABOVE = 1
    """From ``low`` upwards; ``high`` is infinite."""
    BELOW = 2
    """Up to ``high``; ``low`` is minus infinity."""
    OUTSIDE = 3
    """All but the open gap from ``low`` to ``high``."""
    EVERYTHING = 4
    """Any lift; the ends are infinite."""
    UNDEFINED = 5
    """The control is 0 for certain, so no lift means anything; the ends are NaN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeSet:
    """Relative lifts that the test of ``m1 = (1 + lift) m0`` does not reject.

    Attributes
    ----------
    estimate : Floats
        ``m1 / m0 - 1`` as a fraction; NaN where the control mean is 0 (not defined).
    low, high : Floats
        Ends as fractions; what they mean is said by ``kind``.
    kind : array of int
        Values of :class:`SetKind`.
    """

    estimate: Floats
    low: Floats
    high: Floats
    kind: np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioSet:
    """Ratios ``t`` that the test of ``m1 = t m0`` does not reject.

    Attributes
    ----------
    low, high : Floats
        Ends; what they mean is said by ``kind``.
    kind : array of int
        Values of :class:`SetKind`.
    """

    low: Floats
    high: Floats
    kind: np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def ratio_set(
    m1: Numbers, m0: Numbers, v11: Numbers, v00: Numbers, v10: Numbers, *, critical: Numbers
) -> RatioSet:
    """Solve ``(m1 - t m0)^2 <= c^2 (v11 - 2 t v10 + t^2 v00)`` for t.

    Fieller's set of a ratio of means, and Anderson and Rubin's of an effect on an outcome over
    an effect on what it goes through.

    Parameters
    ----------
    m1, m0 : Numbers
        Numerator and denominator, of any sign.
    v11, v00, v10 : Numbers
        Their variances and covariance.
    critical : Numbers
        Positive.

    Returns
    -------
    RatioSet
        Never empty: it holds ``m1 / m0``.
    """
    given = (as_floats(value) for value in (m1, m0, v11, v00, v10, critical))
    m1, m0, v11, v00, v10, c = np.broadcast_arrays(*given)
    a = m0**2 - c**2 * v00
    b = m1 * m0 - c**2 * v10
    e = m1**2 - c**2 * v11
    # b^2 - a e with its cancelling terms removed by hand
    inner = m1**2 * v00 - 2 * m1 * m0 * v10 + m0**2 * v11 - c**2 * (v11 * v00 - v10**2)
    root = c * np.sqrt(np.maximum(inner, 0.0))
    far = b + np.copysign(root, b)
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = far / a, np.where(far == 0, 0.0, e / far)
    kind = np.select(
        [a > 0, (a < 0) & (inner > 0), (a == 0) & (b > 0), (a == 0) & (b < 0)],
        [SetKind.BOUNDED, SetKind.OUTSIDE, SetKind.ABOVE, SetKind.BELOW],
        SetKind.EVERYTHING,
    ).astype(np.int64)
    two_ends = (kind == SetKind.BOUNDED) | (kind == SetKind.OUTSIDE)
    only_end = e / np.where(b == 0, 1.0, 2 * b)  # a = 0 leaves -2bt + e <= 0
    low = np.where(kind == SetKind.ABOVE, only_end, -np.inf)
    high = np.where(kind == SetKind.BELOW, only_end, np.inf)
    undefined = (m0 == 0) & (v00 == 0)
    return RatioSet(
        low=np.where(undefined, np.nan, np.where(two_ends, np.minimum(one, other), low)),
        high=np.where(undefined, np.nan, np.where(two_ends, np.maximum(one, other), high)),
        kind=np.where(undefined, int(SetKind.UNDEFINED), kind),
    )


def relative_lift(
    m1: Numbers,
    m0: Numbers,
    v11: Numbers,
    v00: Numbers,
    v10: Numbers,
    *,
    critical: Numbers,
    difference: Numbers | None = None,
    excluded: Booleans | None = None,
) -> RelativeSet:
    """Fieller's confidence set of the relative lift: of the ratio ``(m1 - m0) / m0``.

    Parameters
    ----------
    m1, m0 : Numbers
        Means of treatment and control, adjusted or not.
    v11, v00, v10 : Numbers
        Variances and covariance of these means.
    critical : Numbers
        Positive critical value, the same that the difference uses.
    difference : Numbers, optional
        Treatment minus control, where it is known to more digits than the two means leave of it.
    excluded : array of bool, optional
        ``p_value < alpha`` of the difference from 0; without it, its studentised value
        against ``critical``.

    Returns
    -------
    RelativeSet
        Leaves out a lift of 0 exactly where ``excluded`` says so.

    References
    ----------
    .. [1] E. C. Fieller (1954), "Some problems in interval estimation", Journal of the
       Royal Statistical Society B 16, 175-185.

    Examples
    --------
    >>> lift = relative_lift(11.0, 10.0, 0.04, 0.04, 0.0, critical=1.96)
    >>> round(float(lift.low), 4), round(float(lift.high), 4)
    (0.0433, 0.16)
    """
    given = (as_floats(value) for value in (m1, m0, v11, v00, v10, critical))
    m1, m0, v11, v00, v10, c = np.broadcast_arrays(*given)
    apart = m1 - m0 if difference is None else np.broadcast_to(as_floats(difference), m1.shape)
    # the ratio of difference and control, not that of the means less 1: what the set says of a
    # lift of 0 is then the test of the difference to the last digit, however small both are
    error = np.maximum(v11 + v00 - 2 * v10, 0.0)
    found = ratio_set(apart, m0, error, v00, v10 - v00, critical=c)
    kind, low, high = found.kind, found.low, found.high
    undefined = kind == SetKind.UNDEFINED
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.where(m0 == 0, np.nan, apart / m0)
    if excluded is None:
        excluded = np.abs(studentised(apart, np.sqrt(error))) > c
    low, high = _leaving_out_zero(
        np.where(undefined, 0.0, low),
        np.where(undefined, 0.0, high),
        kind == SetKind.OUTSIDE,
        np.asarray(excluded, dtype=np.bool_) & ~undefined,
    )
    low, high = np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)
    return RelativeSet(estimate=estimate, low=low, high=high, kind=kind)


def ratio_statistic(
    m1: Numbers, m0: Numbers, v11: Numbers, v00: Numbers, v10: Numbers, *, null: Numbers
) -> Floats:
    """Studentised distance of ``m1 - null * m0`` from 0.

    Tests a ratio of means without dividing; a margin of 2% is a null of 0.98 or 1.02.

    Parameters
    ----------
    m1, m0 : Numbers
        Means of treatment and control.
    v11, v00, v10 : Numbers
        Variances and covariance of these means.
    null : Numbers
        Ratio under test; 1 gives the statistic of the difference.

    Returns
    -------
    Floats
        Positive where the observed ratio lies above ``null`` (for a positive control mean).
    """
    t = as_floats(null)
    variance = as_floats(v11) - 2 * t * as_floats(v10) + t**2 * as_floats(v00)
    return studentised(as_floats(m1) - t * as_floats(m0), np.sqrt(np.maximum(variance, 0.0)))


def lift_statistic(
    difference: Numbers, m0: Numbers, v11: Numbers, v00: Numbers, v10: Numbers, *, lift: Numbers
) -> Floats:
    """Studentised distance of ``m1 - (1 + lift) m0`` from 0.

    Parameters
    ----------
    difference : Numbers
        ``m1 - m0``: of large means that lie close together it keeps the digits.
    m0 : Numbers
        Mean of the control.
    v11, v00, v10 : Numbers
        Variances and covariance of the two means.
    lift : Numbers
        Under test, as a fraction; 0 gives the statistic of the difference.

    Returns
    -------
    Floats
        As :func:`ratio_statistic` of a ratio of ``1 + lift``.
    """
    one, zero, both = as_floats(v11), as_floats(v00), as_floats(v10)
    with np.errstate(invalid="ignore"):  # 0 times the infinite variance of an endless interval
        return ratio_statistic(difference, m0, one - 2 * both + zero, zero, both - zero, null=lift)


def _leaving_out_zero(
    low: Floats, high: Floats, gap: Booleans, excluded: Booleans
) -> tuple[Floats, Floats]:
    """Settle the ends so that zero is left out exactly where ``excluded``."""
    out = np.broadcast_to(np.asarray(excluded, dtype=np.bool_), low.shape)
    # zero is outside the set when it is inside the gap, and the reverse
    settled = agreeing(low, high, null=0.0, excluded=np.where(gap, ~out, out))
    smallest = np.nextafter(0.0, 1.0)
    at_edge = gap & out  # the gap is open: zero at its very end would still be in the set
    return (
        np.where(at_edge & (settled.low == 0), -smallest, settled.low),
        np.where(at_edge & (settled.high == 0), smallest, settled.high),
    )
