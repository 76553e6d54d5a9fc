"""From the chance that a family's largest |T| exceeds a value to its critical value and p-values.

Single-step max-|T| (Hothorn, Bretz, Westfall): the critical value serves every interval of the
family, and a contrast's adjusted p is below alpha exactly when its |T| exceeds it. Knows nothing of
correlations: how the chance is computed is decided elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Floats, Numbers, as_floats
from pathlift.inference.roots import bracketed_root
from pathlift.inference.tails import two_sided_critical, two_sided_p

Exceedance = Callable[[Floats], Floats]
"""Chance that the largest |T| of each family exceeds values: shape (..., m) to the same."""

NORMAL_FROM = 10_000
"""Degrees of freedom above which a family uses the normal distribution."""

_ROUNDING = 1e-7  # of alpha; roots and tails are good to 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Simultaneous:
    """What a family of k contrasts shares.

    Attributes
    ----------
    critical_value : Floats
        Critical value of every |T| of a family, shape (...).
    p_adjusted : Floats
        Single-step adjusted p-values, shape (..., k).
    method : str
        How the joint distribution was computed, in words for the report.
    """

    critical_value: Floats
    p_adjusted: Floats
    method: str


def settled(
    t: Floats, beyond: Exceedance, alpha: Floats, given_df: Floats, nu: Floats, method: str
) -> Simultaneous:
    """Solve for the critical value and let rounding disagree with nothing.

    Parameters
    ----------
    t : Floats
        Absolute statistics, shape (..., k).
    beyond : callable
        Chance that the largest of a family exceeds a value.
    alpha, given_df, nu : Floats
        Familywise error, degrees of freedom, and the same with infinity in place of large ones;
        shape (...).
    method : str
        In words.

    Returns
    -------
    Simultaneous
        With batch shape (...).

    Raises
    ------
    ArithmeticError
        If critical value and p-value disagree by more than rounding.
    """
    k = t.shape[-1]
    marginal = two_sided_critical(alpha, given_df)
    c = marginal
    if k > 1:
        low, high = two_sided_critical(alpha, nu), two_sided_critical(alpha / k, nu)

        def excess(value: Floats) -> Floats:
            return np.log(beyond(value[..., None])[..., 0]) - np.log(alpha)

        # equal correlations of 1 (independence, nearly) put the root on an end of this
        # bracket; its signs are known whatever rounding says
        low_value, high_value = np.maximum(excess(low), 0.0), np.minimum(excess(high), 0.0)
        c = bracketed_root(excess, low, high, low_value=low_value, high_value=high_value)
        c = np.maximum(c, marginal)
    p = two_sided_p(t, given_df[..., None])
    if k > 1:
        p = np.clip(beyond(t), p, 1.0)
    level = alpha[..., None]
    rejected = t > c[..., None]
    agreed = np.where(rejected, np.minimum(p, np.nextafter(level, 0)), np.maximum(p, level))
    if bool(np.any(np.abs(agreed - p) > _ROUNDING * level)):
        raise ArithmeticError("a family's critical value and adjusted p disagree")
    return Simultaneous(critical_value=as_floats(c), p_adjusted=agreed, method=method)


def in_words(route: str, nu: Numbers) -> str:
    """Name the method for a reader of the report.

    Parameters
    ----------
    route : str
        How the chance was computed.
    nu : Numbers
        Degrees of freedom, infinite for the normal.

    Returns
    -------
    str
    """
    heavy = not bool(np.isinf(as_floats(nu)).all())
    return f"single-step max-|T|, multivariate {'t' if heavy else 'normal'}, {route}"
