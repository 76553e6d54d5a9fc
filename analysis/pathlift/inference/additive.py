"""Do arms differ by the same amount in every state? Pearson's test of the model that says so.

The same question as :func:`~pathlift.inference.omnibus.interaction`, with the variances of the
fitted model in place of the observed ones: right also where a state has few conversions. Knows
counts and no names.
"""

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats, quotient
from pathlift.inference.omnibus import ChiSquare
from pathlift.inference.tails import chi_square_p

EXPECTED = 5.0
"""Conversions, and units without one, that every cell of the test is expected to have."""

_STEPS = 100
_CLOSE = 1e-13
_INSIDE = 0.1  # of a unit: fitted rates keep this distance from 0 and 1


def readable(successes: Numbers, units: Numbers) -> Booleans:
    """Which levels have enough units for the test.

    Parameters
    ----------
    successes, units : Numbers
        Shape (L, A): levels by arms.

    Returns
    -------
    array of bool, shape (L,)
        At the level's own rate every arm is expected to have at least `EXPECTED` conversions
        and as many units without: a rule that does not look at the differences.
    """
    x, n = as_floats(successes), as_floats(units)
    total = n.sum(axis=1, keepdims=True)
    rate = quotient(x.sum(axis=1, keepdims=True), total)
    expected = np.minimum(n * rate, n * (1 - rate))
    return np.asarray(np.all(expected >= EXPECTED, axis=1), dtype=np.bool_)


def additivity(successes: Numbers, units: Numbers) -> ChiSquare:
    """Test that ``p_la = level_l + arm_a``.

    Parameters
    ----------
    successes, units : Numbers
        Shape (L, A): conversions and units by level and arm; two levels and two arms at least.

    Returns
    -------
    ChiSquare
        ``sum (x - n p)^2 / (n p (1 - p))`` at the fitted rates p, with (L - 1)(A - 1) degrees of
        freedom.

    Raises
    ------
    NotEstimableError
        If there are fewer than two levels or arms, or a cell without units.

    References
    ----------
    .. [1] P. McCullagh, J. A. Nelder (1989), Generalized Linear Models, 2nd ed., chapters 2 and 4:
       a binomial model with identity link, and its generalised Pearson statistic.

    Examples
    --------
    >>> test = additivity([[30, 40], [10, 20]], [[200, 200], [200, 200]])
    >>> round(float(test.statistic), 12), float(test.df)  # five points more in both levels
    (0.0, 1.0)
    """
    x, n = as_floats(successes), as_floats(units)
    levels, arms = x.shape
    if levels < 2 or arms < 2 or not bool(np.all(n > 0)):
        raise NotEstimableError("an interaction needs two levels and two arms, each with units")
    fitted = _fitted(x, n)
    expected = n * fitted
    variance = expected * (1 - fitted)
    statistic = np.sum((x - expected) ** 2 / variance)
    df = float((levels - 1) * (arms - 1))
    return ChiSquare(
        statistic=as_floats(statistic),
        df=as_floats(df),
        p_value=chi_square_p(statistic, df),
        smallest_expected=as_floats(np.minimum(expected, n - expected).min()),
    )


def _fitted(x: Floats, n: Floats) -> Floats:
    """Fitted rates by iterated weighted least squares, kept inside (0, 1)."""
    levels, arms = x.shape
    design = np.zeros((levels, arms, levels + arms - 1))
    design[np.arange(levels), :, np.arange(levels)] = 1.0
    design[:, np.arange(1, arms), levels + np.arange(arms - 1)] = 1.0
    rows, weight_of = design.reshape(levels * arms, -1), n.ravel()
    observed, margin = (x / n).ravel(), _INSIDE / n.ravel()
    fitted = np.repeat(x.sum(axis=1) / n.sum(axis=1), arms)
    for _ in range(_STEPS):
        inside = np.clip(fitted, margin, 1 - margin)
        root = np.sqrt(weight_of / (inside * (1 - inside)))
        found = np.linalg.lstsq(rows * root[:, None], observed * root, rcond=None)[0]
        following = rows @ found
        moved = np.max(np.abs(following - fitted))
        fitted = following
        if moved <= _CLOSE:
            break
    return as_floats(np.clip(fitted, margin, 1 - margin).reshape(levels, arms))
