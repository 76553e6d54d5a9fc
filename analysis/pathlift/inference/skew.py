"""How wrong skewed money makes a contrast of means: predicted error of each tail.

Knows the third moments of an unadjusted contrast, nothing of adjusted ones (for which it is
conservative) and nothing of ratio metrics.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pathlift.inference.arrays import Floats, Numbers, as_floats

Severity = Literal["pass", "warn", "fail"]

TAIL_ERROR = 0.0846
"""Tail probability misplaced at 97.5%, per unit of skewness (one-term Edgeworth expansion)."""

WARN = 0.053
"""Skewness of a contrast at which Kohavi's rule of 355 skew^2 units is just met."""

FAIL = 0.12
"""Skewness of a contrast at which a tail of 2.5% is off by one percentage point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastSkew:
    """Skewness of a difference of means.

    Attributes
    ----------
    skewness : Floats
        Third standardised cumulant of the difference; 0 where nothing varies.
    tail_error : Floats
        Predicted error of each 2.5% tail, as a probability.
    """

    skewness: Floats
    tail_error: Floats


def contrast_skew(
    n1: Numbers,
    variance1: Numbers,
    third1: Numbers,
    n0: Numbers,
    variance0: Numbers,
    third0: Numbers,
) -> ContrastSkew:
    """Skewness of treatment mean minus control mean.

    ``gamma = (k1 / n1^2 - k0 / n0^2) / (v1 / n1 + v0 / n0)^(3/2)``. Equal arms cancel most
    of it; an uneven split does not.

    Parameters
    ----------
    n1, n0 : Numbers
        Units of treatment and control.
    variance1, variance0 : Numbers
        Variances of one unit.
    third1, third0 : Numbers
        Third central moments of one unit.

    Returns
    -------
    ContrastSkew
        Of the broadcast shape.

    References
    ----------
    .. [1] R. Kohavi, A. Deng, R. Longbotham, Y. Xu (2014), "Seven rules of thumb for web
       site experimenters", KDD 2014: n > 355 skew^2.
    """
    n1, n0 = as_floats(n1), as_floats(n0)
    variance = as_floats(variance1) / n1 + as_floats(variance0) / n0
    third = as_floats(third1) / n1**2 - as_floats(third0) / n0**2
    varies = variance > 0
    # divided root by root: the power 3/2 of a tiny variance would vanish first
    root = np.sqrt(np.where(varies, variance, 1.0))
    gamma = np.where(varies, third / root / root / root, 0.0)
    return ContrastSkew(skewness=gamma, tail_error=TAIL_ERROR * np.abs(gamma))


def severity(skewness: float, *, warn: float = WARN, fail: float = FAIL) -> Severity:
    """Say how serious one contrast's skewness is.

    Parameters
    ----------
    skewness : float
        From :func:`contrast_skew`.
    warn, fail : float, optional
        Absolute sizes, both above 0, beyond which a tail is off by too much.

    Returns
    -------
    {"pass", "warn", "fail"}

    Examples
    --------
    >>> severity(-0.2)
    'fail'
    """
    size = abs(skewness)
    return "fail" if size > fail else "warn" if size > warn else "pass"
