"""E-values: how strong something unmeasured would have to be to explain a ratio away."""

import math


def e_value(ratio: float) -> float:
    """E-value of a ratio of two rates.

    Parameters
    ----------
    ratio : float
        Above 0.

    Returns
    -------
    float
        At least 1: an unmeasured trait tied to both the ordering and conversion by a ratio of this
        size each, beyond the strata, could explain the ratio away; a weaker one could not.

    References
    ----------
    .. [1] T. J. VanderWeele, P. Ding (2017), "Sensitivity analysis in observational research:
       introducing the E-value", Annals of Internal Medicine 167, 268-274.

    Examples
    --------
    >>> round(e_value(3.9), 2), round(e_value(1 / 3.9), 2), e_value(1.0)
    (7.26, 7.26, 1.0)
    """
    larger = ratio if ratio >= 1 else 1 / ratio
    return larger + math.sqrt(larger * (larger - 1))


def e_value_of_end(low: float | None, high: float | None) -> float | None:
    """E-value of the end of an interval that lies nearer to 1.

    Parameters
    ----------
    low, high : float or None
        Ends of the ratio; None where unbounded.

    Returns
    -------
    float or None
        1 where the interval holds 1; None where the ratio has no interval.
    """
    if low is None and high is None:
        return None
    if low is not None and low > 1:
        return e_value(low)
    if high is not None and 0 < high < 1:
        return e_value(high)
    return 1.0
