"""When an interval and a p-value say the same thing: always.

A p-value and the interval that inverts its test agree in exact arithmetic. In floats they may
part in the last digit, just where it matters. Here the p-value decides, and an end of the
interval that is off by rounding moves to the right side of the null value. An end that is off
by more than rounding is a bug elsewhere and raises.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats

_ROUNDING = 1e-7  # of the interval's scale; solvers are good to 1e-12, quantiles to 1e-14


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Ends of intervals, both included.

    Attributes
    ----------
    low, high : Floats
        Of one shape, in the unit of the estimate; may be infinite.
    """

    low: Floats
    high: Floats


def studentised(estimate: Numbers, standard_error: Numbers, null: Numbers = 0.0) -> Floats:
    """Distance of an estimate from its null value in standard errors.

    Parameters
    ----------
    estimate, standard_error, null : Numbers
        In one unit; standard errors are at least 0.

    Returns
    -------
    Floats
        0 where both distance and standard error are 0; infinite where only the
        standard error is 0, which callers refuse (no variance to judge by).
    """
    distance = as_floats(estimate) - as_floats(null)
    distance, error = np.broadcast_arrays(distance, as_floats(standard_error))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((error == 0) & (distance == 0), 0.0, distance / error)


def symmetric_interval(
    estimate: Numbers,
    standard_error: Numbers,
    critical: Numbers,
    *,
    null: Numbers = 0.0,
    excluded: Booleans | None = None,
) -> Interval:
    """Estimate plus and minus ``critical`` standard errors.

    Parameters
    ----------
    estimate, standard_error : Numbers
        In one unit.
    critical : Numbers
        Marginal or simultaneous critical value, positive.
    null : Numbers, default 0
        Value that the p-value beside the interval tests.
    excluded : array of bool, optional
        ``p_value < alpha``: whether the interval must exclude ``null``. Without it, the
        studentised distance decides.

    Returns
    -------
    Interval
        Excludes ``null`` exactly where ``excluded`` says so.
    """
    center, error, c = as_floats(estimate), as_floats(standard_error), as_floats(critical)
    if excluded is None:
        excluded = np.abs(studentised(center, error, null)) > c
    return agreeing(center - c * error, center + c * error, null=null, excluded=excluded)


def agreeing(low: Numbers, high: Numbers, *, null: Numbers, excluded: Booleans) -> Interval:
    """Move ends that rounding has put on the wrong side of the null value.

    Parameters
    ----------
    low, high : Numbers
        Ends as computed.
    null : Numbers
        Value under test.
    excluded : array of bool
        Whether the test rejects ``null``.

    Returns
    -------
    Interval
        Excludes ``null`` exactly where ``excluded``; all other ends untouched.

    Raises
    ------
    ArithmeticError
        If an end would have to move by more than rounding.
    """
    low, high, null, excluded = np.broadcast_arrays(
        as_floats(low), as_floats(high), as_floats(null), np.asarray(excluded, dtype=np.bool_)
    )
    outside = (low > null) | (high < null)
    wrong = outside != excluded
    if not bool(wrong.any()):
        return Interval(low=low.copy(), high=high.copy())
    gap = np.minimum(np.abs(low - null), np.abs(high - null))
    with np.errstate(invalid="ignore"):  # an infinite end has an infinite width
        scale = np.maximum(np.abs(null), np.where(np.isinf(high - low), 1.0, high - low))
    if bool(np.any(wrong & (gap > _ROUNDING * scale))):
        raise ArithmeticError("an interval and its p-value disagree by more than rounding")
    low_is_near = np.abs(low - null) <= np.abs(high - null)
    beyond_low = np.where(excluded, np.nextafter(null, np.inf), null)
    beyond_high = np.where(excluded, np.nextafter(null, -np.inf), null)
    return Interval(
        low=np.where(wrong & low_is_near, beyond_low, low),
        high=np.where(wrong & ~low_is_near, beyond_high, high),
    )
