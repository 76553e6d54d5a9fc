"""How often is at least one arm found, and how often every one? Reads powers of single contrasts.

Every treated arm is taken to have the planned effect; estimates that share a control go together.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special

from pathlift.inference.arrays import Floats, as_floats

_POINTS = 4001
_REACH = 9.0  # of the control's deviate; what lies beyond has a chance below 1e-18


def any_and_every(powers: Sequence[float], loadings: Sequence[float]) -> tuple[float, float]:
    """Chances that one of several contrasts with one control is found, and that all are.

    Parameters
    ----------
    powers : sequence of float
        Of each contrast alone, in (0, 1).
    loadings : sequence of float
        Share of the standard error of each contrast that is the control's, in [0, 1):
        ``sqrt(v0 / (v0 + v1))``; correlations are their products.

    Returns
    -------
    float, float
        Any, every.

    Examples
    --------
    Without a common control they are independent.

    >>> any_and_every([0.8, 0.8], [0.0, 0.0])
    (0.96, 0.64)
    """
    reach = special.ndtri(as_floats(powers))[:, None]
    shared = as_floats(loadings)[:, None]
    factor = np.linspace(-_REACH, _REACH, _POINTS)
    given = special.ndtr((reach + shared * factor) / np.sqrt(1 - shared**2))
    weight = np.exp(-(factor**2) / 2)
    weight /= weight.sum()
    every: Floats = given.prod(axis=0)
    nobody: Floats = (1 - given).prod(axis=0)
    return round(1 - float(weight @ nobody), 12), round(float(weight @ every), 12)
