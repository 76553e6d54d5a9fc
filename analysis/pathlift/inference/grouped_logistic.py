"""Whether orderings and conversion go together alike in every arm: a test of grouped counts.

Logistic regression on counts of converted and not, fitted by Newton's method, and twice the gain in
log-likelihood of the arm by ordering terms. Written here, some forty lines, since the road of every
analysis does not load statsmodels, whose GLM is the oracle of the tests.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats, Numbers, as_floats
from pathlift.inference.tails import chi_square_p

_STEPS = 100
_STILL = 1e-10  # relative change of the deviance at which a fit has settled
_FULL_RANK = 1e-9  # singular value, of the largest, below which a column says nothing new


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodRatio:
    """A likelihood-ratio test.

    Attributes
    ----------
    statistic : float
        At least 0.
    df : int
    p_value : float
        Upper tail of chi-square.
    """

    statistic: float
    df: int
    p_value: float


def likelihood_ratio(
    converted: Numbers, units: Numbers, smaller: Numbers, larger: Numbers
) -> LikelihoodRatio:
    """Test the terms that a larger logistic model has beyond a smaller one.

    Parameters
    ----------
    converted, units : Numbers
        Counts of each group, shape (r,); at least one unit each.
    smaller, larger : Numbers
        Designs, shapes (r, k) and (r, K); the columns of the larger span those of the smaller.

    Returns
    -------
    LikelihoodRatio
        Its df is the difference of their ranks.

    Raises
    ------
    NotEstimableError
        If the larger model adds nothing, or a fit does not settle.
    """
    x, n = as_floats(converted), as_floats(units)
    few, many = (_independent(as_floats(design)) for design in (smaller, larger))
    df = many.shape[1] - few.shape[1]
    if df < 1:
        raise NotEstimableError("no two orderings are seen in two arms")
    statistic = max(0.0, _deviance(x, n, few) - _deviance(x, n, many))
    return LikelihoodRatio(statistic=statistic, df=df, p_value=float(chi_square_p(statistic, df)))


def _independent(design: Floats) -> Floats:
    """An orthonormal basis of what the columns span."""
    left, size, _ = np.linalg.svd(design, full_matrices=False)
    return as_floats(left[:, size > _FULL_RANK * size.max(initial=0.0)])


def _deviance(x: Floats, n: Floats, design: Floats) -> float:
    """Twice the log-likelihood that the best fit falls short of the observed rates."""
    # an empty or full group has no finite best fit alone: there the deviance runs to its limit
    eta = special.logit((x + 0.5) / (n + 1))
    last = np.inf
    for _ in range(_STEPS):
        p = special.expit(eta)
        weight = n * p * (1 - p)
        pull = eta + (x - n * p) / np.maximum(weight, np.finfo(np.float64).tiny)
        root = np.sqrt(weight)
        slope = np.linalg.lstsq(design * root[:, None], pull * root, rcond=None)[0]
        eta = np.clip(design @ slope, -30, 30)
        now = _miss(x, n, special.expit(eta))
        if abs(last - now) <= _STILL * (abs(now) + 0.1):
            return now
        last = now
    raise NotEstimableError("the fit of its model does not settle")


def _miss(x: Floats, n: Floats, p: Floats) -> float:
    return float(
        2 * (special.xlogy(x, x / (n * p)) + special.xlogy(n - x, (n - x) / (n - n * p))).sum()
    )
