"""How far out a statistic lies, as a p-value, and where a given p-value begins.

Every tail is computed as a tail, so that 1e-300 is still 1e-300. Knows nothing of what the
statistic measures.
"""

from typing import Literal

import numpy as np
from scipy import special

from pathlift.inference.arrays import Floats, Numbers, as_floats

Side = Literal["greater", "less"]


def lower_tail(statistic: Numbers, df: Numbers = np.inf) -> Floats:
    """Probability that Student's t (normal for infinite df) lies below a value.

    Parameters
    ----------
    statistic : Numbers
        Any real value, infinities included.
    df : Numbers, default infinity
        Degrees of freedom, above 0; need not be whole. Broadcasts with ``statistic``.

    Returns
    -------
    Floats
        In [0, 1]; relative error below 1e-12 down to 1e-300 for negative values (to 1e-150 below
        2 degrees of freedom, then 0).

    Raises
    ------
    ValueError
        If a df is not above 0.
    """
    t, nu = np.broadcast_arrays(as_floats(statistic), as_floats(df))
    if not bool(np.all(nu > 0)):
        raise ValueError("degrees of freedom are above 0")
    infinite = np.isinf(nu)
    if bool(infinite.all()):  # the common case, and the only one the cheap function serves
        return as_floats(special.ndtr(t))
    heavy = special.stdtr(np.where(infinite, 1.0, nu), t)
    return np.where(infinite, special.ndtr(t), heavy)


def two_sided_p(statistic: Numbers, df: Numbers = np.inf) -> Floats:
    """Probability of a value at least this far from 0, in either direction.

    Parameters
    ----------
    statistic : Numbers
        Estimate minus null value, over its standard error.
    df : Numbers, default infinity
        Degrees of freedom of Student's t; infinity is the normal distribution.

    Returns
    -------
    Floats
        p-values in [0, 1].

    Examples
    --------
    >>> float(two_sided_p(0.0))
    1.0
    >>> print(f"{float(two_sided_p(37.0)):.4e}")
    1.1451e-299
    """
    return np.minimum(2 * lower_tail(-np.abs(as_floats(statistic)), df), 1.0)


def one_sided_p(statistic: Numbers, df: Numbers = np.inf, *, side: Side) -> Floats:
    """Probability of a value at least this far out on one side.

    Parameters
    ----------
    statistic : Numbers
        Estimate minus null value, over its standard error.
    df : Numbers, default infinity
        Degrees of freedom of Student's t; infinity is the normal distribution.
    side : {"greater", "less"}
        The alternative: the effect lies above (below) the null value.

    Returns
    -------
    Floats
        p-values in [0, 1].
    """
    t = as_floats(statistic)
    return lower_tail(-t if side == "greater" else t, df)


def two_sided_critical(alpha: Numbers, df: Numbers = np.inf) -> Floats:
    """Value that a statistic exceeds in absolute size with probability alpha.

    Parameters
    ----------
    alpha : Numbers
        In (0, 1). Not its half: the division is done here.
    df : Numbers, default infinity
        Degrees of freedom, above 0.

    Returns
    -------
    Floats
        Positive critical values.

    Raises
    ------
    ValueError
        If an alpha lies outside (0, 1) or a df is not above 0.

    Examples
    --------
    >>> round(float(two_sided_critical(0.05)), 6)
    1.959964
    """
    return one_sided_critical(0.5 * as_floats(alpha), df)


def one_sided_critical(alpha: Numbers, df: Numbers = np.inf) -> Floats:
    """Value that a statistic exceeds with probability alpha.

    Parameters
    ----------
    alpha : Numbers
        In (0, 1).
    df : Numbers, default infinity
        Degrees of freedom, above 0.

    Returns
    -------
    Floats
        Critical values; positive for alpha below one half.

    Raises
    ------
    ValueError
        If an alpha lies outside (0, 1) or a df is not above 0.
    """
    tail, nu = np.broadcast_arrays(as_floats(alpha), as_floats(df))
    if not bool(np.all((tail > 0) & (tail < 1))):
        raise ValueError("alpha lies between 0 and 1, both excluded")
    if not bool(np.all(nu > 0)):
        raise ValueError("degrees of freedom are above 0")
    infinite = np.isinf(nu)
    heavy = special.stdtrit(np.where(infinite, 1.0, nu), tail)
    return -np.where(infinite, special.ndtri(tail), heavy)


def chi_square_p(statistic: Numbers, df: Numbers) -> Floats:
    """Upper tail of the chi-square distribution.

    Parameters
    ----------
    statistic : Numbers
        At least 0.
    df : Numbers
        Degrees of freedom, above 0.

    Returns
    -------
    Floats
        p-values in [0, 1].
    """
    return as_floats(special.chdtrc(as_floats(df), as_floats(statistic)))


def f_p(statistic: Numbers, df: Numbers, residual_df: Numbers) -> Floats:
    """Upper tail of the F distribution.

    Parameters
    ----------
    statistic : Numbers
        At least 0.
    df, residual_df : Numbers
        Degrees of freedom of numerator and denominator, above 0; an infinite
        ``residual_df`` gives the chi-square limit.

    Returns
    -------
    Floats
        p-values in [0, 1].
    """
    f, q, nu = np.broadcast_arrays(as_floats(statistic), as_floats(df), as_floats(residual_df))
    infinite = np.isinf(nu)
    heavy = special.fdtrc(q, np.where(infinite, 1.0, nu), f)
    return np.where(infinite, special.chdtrc(q, q * f), heavy)
