"""How two conversion rates differ, by absolute difference and by ratio, at any count.

Miettinen and Nurminen's score method for both, vectorised over contrasts. The letters are the
paper's: ``x1`` of ``n1`` units converted in the treatment, ``x0`` of ``n0`` in the control.
Knows nothing of covariates, segments or families; a family passes its own critical value.
"""

from collections.abc import Callable

import numpy as np

from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats
from pathlift.inference.intervals import Interval, agreeing
from pathlift.inference.roots import bracketed_root

_NEWTON_STEPS = 100
_CLOSE = 1e-10  # a last Newton step of this relative size leaves an error near its square
_NO_DIFFERENCE = 1e-22  # far below one unit among 1e12; a smaller difference is 0
_LOG_RATIO_LIMIT = 700.0  # exp(700) is near the largest float; beyond it a ratio is infinite


def difference_score(
    x1: Numbers, n1: Numbers, x0: Numbers, n0: Numbers, *, null: Numbers = 0.0
) -> Floats:
    """Score statistic for ``p1 - p0 = null``.

    Parameters
    ----------
    x1, n1, x0, n0 : Numbers
        Converted and all units of treatment and control; at least one unit an arm.
    null : Numbers, default 0
        Difference under test, in [-1, 1]; a non-inferiority margin goes here.

    Returns
    -------
    Floats
        Normal deviates, positive where the observed difference lies above ``null``. The
        variance carries the factor N/(N - 1). 0 of n against 0 of n at null 0 gives 0.

    Raises
    ------
    ValueError
        If counts are not counts, or a null lies outside [-1, 1].

    References
    ----------
    .. [1] O. Miettinen, M. Nurminen (1985), "Comparative analysis of two rates",
       Statistics in Medicine 4, 213-226.

    Examples
    --------
    >>> round(float(difference_score(56, 70, 48, 80)), 4)
    2.6413
    """
    x1, n1, x0, n0, d = _counts_and(null, x1, n1, x0, n0)
    if not bool(np.all(np.abs(d) <= 1)):
        raise ValueError("a difference of two proportions lies in [-1, 1]")
    d = np.where(np.abs(d) < _NO_DIFFERENCE, 0.0, d)  # its variance would vanish before it does
    error = _difference_error(x1, n1, x0, n0, d)
    return _deviate(_observed_difference(x1, n1, x0, n0) - d, error)


def difference_interval(
    x1: Numbers,
    n1: Numbers,
    x0: Numbers,
    n0: Numbers,
    *,
    critical: Numbers,
    null: Numbers = 0.0,
    excluded: Booleans | None = None,
) -> Interval:
    """Differences ``p1 - p0`` that the score test does not reject.

    Parameters
    ----------
    x1, n1, x0, n0 : Numbers
        Converted and all units of treatment and control; at least one unit an arm.
    critical : Numbers
        Positive critical value: the normal quantile, or a family's simultaneous one.
    null : Numbers, default 0
        Value that the p-value beside the interval tests.
    excluded : array of bool, optional
        ``p_value < alpha``; without it, whether the score at ``null`` exceeds ``critical``.

    Returns
    -------
    Interval
        Within [-1, 1], each end solved to about 1e-12 of its size. Excludes ``null`` exactly where
        ``excluded`` says so.

    Raises
    ------
    ValueError
        If counts are not counts or a critical value is not positive.

    References
    ----------
    .. [1] O. Miettinen, M. Nurminen (1985), "Comparative analysis of two rates",
       Statistics in Medicine 4, 213-226.

    Examples
    --------
    >>> lift = difference_interval(56, 70, 48, 80, critical=1.959964)
    >>> round(float(lift.low), 4), round(float(lift.high), 4)
    (0.0528, 0.3382)
    """
    x1, n1, x0, n0, c = _counts_and(critical, x1, n1, x0, n0)
    if not bool(np.all(c > 0)):
        raise ValueError("a critical value is positive")
    # the upper end of p1 - p0 is minus the lower end of p0 - p1, to the last digit
    low = _lowest_difference(x1, n1, x0, n0, c)
    high = -_lowest_difference(x0, n0, x1, n1, c)
    if excluded is None:
        excluded = np.abs(difference_score(x1, n1, x0, n0, null=null)) > c
    return agreeing(low, high, null=null, excluded=excluded)


def ratio_score(
    x1: Numbers, n1: Numbers, x0: Numbers, n0: Numbers, *, null: Numbers = 1.0
) -> Floats:
    """Score statistic for ``p1 / p0 = null``.

    Parameters
    ----------
    x1, n1, x0, n0 : Numbers
        Converted and all units of treatment and control; at least one unit an arm.
    null : Numbers, default 1
        Ratio under test, above 0. A relative margin of 2% is 0.98 or 1.02.

    Returns
    -------
    Floats
        Normal deviates, positive where the observed ratio lies above ``null``. At null 1
        it equals :func:`difference_score` at null 0.

    Raises
    ------
    ValueError
        If counts are not counts, or a null is not a positive number.

    References
    ----------
    .. [1] O. Miettinen, M. Nurminen (1985), "Comparative analysis of two rates",
       Statistics in Medicine 4, 213-226.
    """
    x1, n1, x0, n0, r = _counts_and(null, x1, n1, x0, n0)
    if not bool(np.all((r > 0) & np.isfinite(r))):
        raise ValueError("a ratio of two proportions is above 0")
    # written for a ratio of at most 1, where nothing cancels; above 1 the arms swap
    swap = r > 1
    y1, m1 = np.where(swap, x0, x1), np.where(swap, n0, n1)
    y0, m0 = np.where(swap, x1, x0), np.where(swap, n1, n0)
    s = np.where(swap, 1 / r, r)
    p0, q0 = _control_rate_at_ratio(y1, m1, y0, m0, s)
    variance = s * p0 * (1 - s + s * q0) / m1 + s**2 * p0 * q0 / m0
    total = m1 + m0
    error = np.sqrt(variance * total / (total - 1))
    deviate = _deviate(y1 / m1 - s * y0 / m0, error)
    return np.where(swap, -deviate, deviate) + 0.0  # + 0.0: no negative zero


def ratio_interval(
    x1: Numbers,
    n1: Numbers,
    x0: Numbers,
    n0: Numbers,
    *,
    critical: Numbers,
    null: Numbers = 1.0,
    excluded: Booleans | None = None,
) -> Interval:
    """Ratios ``p1 / p0`` that the score test does not reject.

    Parameters
    ----------
    x1, n1, x0, n0 : Numbers
        Converted and all units of treatment and control; at least one unit an arm.
    critical : Numbers
        Positive critical value: the normal quantile, or a family's simultaneous one.
    null : Numbers, default 1
        Value that the p-value beside the interval tests.
    excluded : array of bool, optional
        ``p_value < alpha``; without it, whether the score at ``null`` exceeds ``critical``.

    Returns
    -------
    Interval
        ``low`` is 0 where no treated unit converted, ``high`` infinite where no control
        unit did. Excludes ``null`` exactly where ``excluded`` says so.

    Raises
    ------
    ValueError
        If counts are not counts or a critical value is not positive.

    References
    ----------
    .. [1] O. Miettinen, M. Nurminen (1985), "Comparative analysis of two rates",
       Statistics in Medicine 4, 213-226.

    Examples
    --------
    >>> ratio = ratio_interval(24, 73, 53, 65, critical=1.959964)
    >>> round(float(ratio.low), 2), round(float(ratio.high), 2)
    (0.28, 0.56)
    """
    x1, n1, x0, n0, c = _counts_and(critical, x1, n1, x0, n0)
    if not bool(np.all(c > 0)):
        raise ValueError("a critical value is positive")
    low = _lowest_ratio(x1, n1, x0, n0, c)
    with np.errstate(divide="ignore"):  # 1/0: no upper end
        high = 1 / _lowest_ratio(x0, n0, x1, n1, c)
    if excluded is None:
        excluded = np.abs(ratio_score(x1, n1, x0, n0, null=null)) > c
    return agreeing(low, high, null=null, excluded=excluded)


def rates_at_difference(
    x1: Numbers, n1: Numbers, x0: Numbers, n0: Numbers, difference: Numbers
) -> tuple[Floats, Floats]:
    """Most likely rates among those with ``p1 - p0 = difference``.

    Closed form of the cubic (Farrington and Manning), then Newton's method within a
    bracket: the closed form alone loses half its digits where two roots are close.

    Parameters
    ----------
    x1, n1, x0, n0 : Numbers
        Converted and all units of treatment and control; at least one unit an arm.
    difference : Numbers
        In [-1, 1].

    Returns
    -------
    p1, p0 : Floats
        Rates in [0, 1].

    References
    ----------
    .. [1] C. P. Farrington, G. Manning (1990), "Test statistics and sample size formulae
       for comparative binomial trials", Statistics in Medicine 9, 1447-1454.

    Examples
    --------
    >>> p1, p0 = rates_at_difference(30, 200, 20, 250, 0.03)
    >>> round(float(p1), 7), round(float(p0), 7)
    (0.1254537, 0.0954537)
    """
    x1, n1, x0, n0, d = _counts_and(difference, x1, n1, x0, n0)
    swap = d < 0
    y1, m1 = np.where(swap, x0, x1), np.where(swap, n0, n1)
    y0, m0 = np.where(swap, x1, x0), np.where(swap, n1, n0)
    lower = _lower_rate(y1, m1, y0, m0, np.abs(d))
    upper = lower + np.abs(d)
    return np.where(swap, lower, upper), np.where(swap, upper, lower)


def _counts_and(
    other: Numbers, x1: Numbers, n1: Numbers, x0: Numbers, n0: Numbers
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Broadcast counts with one more array; refuse what are not counts."""
    given = (as_floats(value) for value in (x1, n1, x0, n0, other))
    x1, n1, x0, n0, other = np.broadcast_arrays(*given)
    sound = (n1 >= 1) & (n0 >= 1) & (x1 >= 0) & (x0 >= 0) & (x1 <= n1) & (x0 <= n0)
    if not bool(sound.all()):
        raise ValueError("an arm has at least one unit, and no more conversions than units")
    return x1, n1, x0, n0, other


def _deviate(numerator: Floats, error: Floats) -> Floats:
    """Numerator over error, 0 where both are 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((numerator == 0) & (error == 0), 0.0, numerator / error)


def _observed_difference(x1: Floats, n1: Floats, x0: Floats, n0: Floats) -> Floats:
    """Difference of observed rates, taken between failures where these are fewer."""
    likely = x1 + x0 > 0.5 * (n1 + n0)
    return np.where(likely, (n0 - x0) / n0 - (n1 - x1) / n1, x1 / n1 - x0 / n0)


def _difference_error(x1: Floats, n1: Floats, x0: Floats, n0: Floats, d: Floats) -> Floats:
    """Standard error of the difference of rates under ``p1 - p0 = d``."""
    # three mirrors make rates small and d positive, where every term is a sum of positives
    arms = d < 0
    y1, m1 = np.where(arms, x0, x1), np.where(arms, n0, n1)
    y0, m0 = np.where(arms, x1, x0), np.where(arms, n1, n0)
    likely = y1 + y0 > 0.5 * (m1 + m0)
    y1, m1, y0, m0 = (
        np.where(likely, m0 - y0, y1),
        np.where(likely, m0, m1),
        np.where(likely, m1 - y1, y0),
        np.where(likely, m1, m0),
    )
    d = np.abs(d)
    p0 = _lower_rate(y1, m1, y0, m0, d)
    p1 = p0 + d
    variance = p1 * np.maximum(1 - p1, 0) / m1 + p0 * (1 - p0) / m0
    total = m1 + m0
    return as_floats(np.sqrt(variance * total / (total - 1)))


def _lower_rate(x1: Floats, n1: Floats, x0: Floats, n0: Floats, d: Floats) -> Floats:
    """Most likely p0 under ``p1 = p0 + d`` for d in [0, 1]."""
    total = n1 + n0
    w1, w0, s1, s0 = n1 / total, n0 / total, x1 / total, x0 / total
    most = 1 - d
    # the likelihood is highest at an end where its slope does not point inwards
    at_zero = (x0 == 0) & (s1 * most - (w1 - s1) * d - w0 * d * most <= 0)
    at_most = (x1 == n1) & (w1 * d * most + s0 * d - (w0 - s0) * most >= 0)
    known = np.select([d == 0, d == 1, at_zero, at_most], [s1 + s0, 0.0, 0.0, most], np.nan)
    start = _cubic_root(w0, s1, s0, d)
    start = np.where((start > 0) & (start < most), start, 0.5 * most)
    return _newton(w1, w0, s1, s0, d, start=start, known=known)


def _cubic_root(w0: Floats, s1: Floats, s0: Floats, d: Floats) -> Floats:
    """Closed-form root, with counts as shares of all units; good to about 1e-8."""
    l2 = (1 + w0) * d - 1 - (s1 + s0)
    l1 = (w0 * d - 1 - 2 * s0) * d + s1 + s0
    l0 = s0 * d * (1 - d)
    q = l2**3 / 27 - l1 * l2 / 6 + l0 / 2
    p = np.copysign(np.sqrt(np.maximum(l2**2 / 9 - l1 / 3, 0)), np.where(q == 0, 1.0, q))
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(p == 0, 0.0, np.clip(q / p**3, -1, 1))
    angle = (np.pi + np.arccos(cosine)) / 3
    return 2 * p * np.cos(angle) - l2 / 3


def _newton(
    w1: Floats,
    w0: Floats,
    s1: Floats,
    s0: Floats,
    d: Floats,
    *,
    start: Floats,
    known: Floats,
) -> Floats:
    """Root of the score times p0 q0 p1 q1: positive left of it, negative right of it."""
    settled = ~np.isnan(known)
    p0, low, high = np.where(settled, known, start), np.zeros_like(start), 1 - d
    with np.errstate(all="ignore"):  # flat places and settled elements
        for _ in range(_NEWTON_STEPS):
            p1, q0, q1 = p0 + d, 1 - p0, np.maximum(1 - p0 - d, 0)
            miss1, miss0 = s1 - w1 * p1, s0 - w0 * p0
            value = miss1 * p0 * q0 + miss0 * p1 * q1
            slope = miss1 * (q0 - p0) - w1 * p0 * q0 + miss0 * (q1 - p1) - w0 * p1 * q1
            low, high = np.where(value > 0, p0, low), np.where(value < 0, p0, high)
            step = p0 - value / slope
            # a step out of the bracket gives way to the middle, taken in logs near 0
            middle = np.where(low > 0, np.sqrt(low * high), 0.5 * (low + high))
            inside = (step >= low) & (step <= high) & (step > 0) & (step < 1 - d)
            following = np.where(inside, step, middle)
            following = np.where(settled | (value == 0), p0, following)
            settled |= np.abs(following - p0) <= _CLOSE * p0
            p0 = following
            if bool(settled.all()):
                break
    return p0


def _control_rate_at_ratio(
    x1: Floats, n1: Floats, x0: Floats, n0: Floats, r: Floats
) -> tuple[Floats, Floats]:
    """Most likely p0 and 1 - p0 under ``p1 = r p0`` for r in (0, 1], both without cancelling."""
    a = (n1 + n0) * r
    b = n1 * r + x1 + n0 + x0 * r
    e = 2 * a - b
    root = np.sqrt(e**2 + 4 * a * (1 - r) * (n0 - x0))  # a sum of positives
    p0 = 2 * (x1 + x0) / (b + root)
    with np.errstate(divide="ignore", invalid="ignore"):
        small = np.where(root > e, 2 * (1 - r) * (n0 - x0) / (root - e), 0.0)
    q0 = np.where(e > 0, (e + root) / (2 * a), small)
    return np.minimum(p0, 1.0), np.clip(q0, 0.0, 1.0)


def _lowest_difference(x1: Floats, n1: Floats, x0: Floats, n0: Floats, c: Floats) -> Floats:
    """Lower end of the interval: the root of ``(observed - d) - c * error(d)`` below observed."""
    observed = _observed_difference(x1, n1, x0, n0)

    def excess(d: Floats) -> Floats:
        return observed - d - c * _difference_error(x1, n1, x0, n0, d)

    at_observed = -c * _difference_error(x1, n1, x0, n0, observed)
    # with 0 of n on both sides the error at the estimate is 0, yet the root lies below it
    at_observed = np.where(at_observed < 0, at_observed, -1 / (n1 + n0))
    floor = np.full(observed.shape, -1.0)
    # a guess near Wald's end halves the work; it is used only if it brackets the root
    guess = np.maximum(observed + 1.25 * at_observed, -1.0)
    at_guess = excess(guess)
    inside = at_guess > 0
    low = np.where(inside, guess, floor)
    low_value = np.where(inside, at_guess, observed + 1)
    return bracketed_root(
        excess, low, observed, low_value=low_value, high_value=at_observed, tolerance=_NO_DIFFERENCE
    )


def _lowest_ratio(x1: Floats, n1: Floats, x0: Floats, n0: Floats, c: Floats) -> Floats:
    """Lower end of the interval for p1 / p0, solved in logs; 0 where x1 is 0."""
    open_end = x1 == 0
    y1 = np.where(open_end, 1.0, x1)  # a stand-in with a root; its answer is not used
    with np.errstate(divide="ignore"):
        start = np.log((y1 / n1) / (np.maximum(x0, 0.5) / n0))

    def excess(log_ratio: Floats) -> Floats:
        score = ratio_score(y1, n1, x0, n0, null=np.exp(log_ratio))
        return np.clip(score - c, -1e6, 1e6)

    high = _march(excess, start, c, step=1.0, until_positive=False)
    low = _march(excess, np.minimum(start, high), c, step=-1.0, until_positive=True)
    root = bracketed_root(
        excess, low, high, low_value=excess(low), high_value=excess(high), tolerance=1e-15
    )
    return np.where(open_end, 0.0, np.exp(root))


def _march(
    excess: Callable[[Floats], Floats],
    start: Floats,
    c: Floats,
    *,
    step: float,
    until_positive: bool,
) -> Floats:
    """Walk with doubling steps until the score has passed the critical value."""
    position, stride = start, np.full(start.shape, step)
    while True:
        value = excess(position)
        arrived = value > 0 if until_positive else value < 0
        arrived |= np.abs(position) >= _LOG_RATIO_LIMIT
        if bool(arrived.all()):
            return position
        position = np.where(
            arrived, position, np.clip(position + stride, -_LOG_RATIO_LIMIT, _LOG_RATIO_LIMIT)
        )
        stride = np.where(arrived, stride, 2 * stride)
