"""One proportion of one arm, and how well it is known.

Descriptive: two such intervals that overlap say nothing about a difference. In closed form, since
the road of every analysis does not load statsmodels, which has the same.
"""

import numpy as np

from pathlift.inference.arrays import Numbers, as_floats
from pathlift.inference.intervals import Interval


def wilson_interval(successes: Numbers, units: Numbers, *, critical: Numbers) -> Interval:
    """Wilson's score interval: all p with ``abs(x/n - p) <= c sqrt(p (1 - p) / n)``.

    Parameters
    ----------
    successes, units : Numbers
        Counts; at least one unit.
    critical : Numbers
        In place of the normal quantile, above 0.

    Returns
    -------
    Interval
        Within [0, 1]; holds the observed share, also at 0 and 1.

    Raises
    ------
    ValueError
        If counts are not counts.

    References
    ----------
    .. [1] E. B. Wilson (1927), "Probable inference, the law of succession, and statistical
       inference", Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> found = wilson_interval(0, 20, critical=1.959964)
    >>> round(float(found.low), 4), round(float(found.high), 4)
    (0.0, 0.1611)
    """
    x, n, c = as_floats(successes), as_floats(units), as_floats(critical)
    if not bool(np.all((n >= 1) & (x >= 0) & (x <= n))):
        raise ValueError("an arm has at least one unit, and no more successes than units")
    middle = x + c**2 / 2
    half = c * np.sqrt(x * (n - x) / n + c**2 / 4)
    # each end from the side on which nothing cancels: low + high = 2 middle / (n + c^2)
    high = (middle + half) / (n + c**2)
    low = x**2 / n / (middle + half)
    return Interval(low=np.minimum(low, x / n), high=np.clip(high, x / n, 1.0))
