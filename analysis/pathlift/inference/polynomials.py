"""Many small polynomials at once: products, and where a ratio of two is smallest. No statistics."""

import numpy as np

from pathlift.inference.arrays import Floats, quotient

_NOTHING = 1e-14  # a leading coefficient below this share of the largest is rounding


def times(a: Floats, b: Floats) -> Floats:
    """Multiply polynomials row by row.

    Parameters
    ----------
    a : Floats, shape (n, p)
    b : Floats, shape (n, q)
        Coefficients, ascending.

    Returns
    -------
    Floats, shape (n, p + q - 1)
    """
    found = np.zeros((a.shape[0], a.shape[1] + b.shape[1] - 1))
    for place in range(a.shape[1]):
        found[:, place : place + b.shape[1]] += a[:, place : place + 1] * b
    return found


def least_ratio(above: Floats, below: Floats) -> Floats:
    """Smallest value of a ratio of two polynomials of one degree, at infinity included.

    Parameters
    ----------
    above, below : Floats, shape (n, p)
        Coefficients, ascending; `below` is positive everywhere.

    Returns
    -------
    Floats, shape (n,)
        Of each row: where the derivative is 0, or the limit.
    """
    slope = times(_derived(above), below) - times(above, _derived(below))
    slope = slope[:, :-1]  # its highest terms cancel
    roots = np.stack([_roots(row) for row in slope])
    at, under = _value(above, roots), _value(below, roots)
    ratio = quotient(at, under, otherwise=np.inf)
    far = quotient(above[:, -1], below[:, -1], otherwise=np.inf)
    return np.asarray(np.minimum(ratio.min(axis=1), far), dtype=np.float64)


def _derived(a: Floats) -> Floats:
    return np.asarray(a[:, 1:] * np.arange(1, a.shape[1]))


def _value(a: Floats, at: Floats) -> Floats:
    found = np.zeros_like(at)
    for place in range(a.shape[1] - 1, -1, -1):
        found = found * at + a[:, place : place + 1]
    return found


def _roots(row: Floats) -> Floats:
    """Real parts of all roots, 0 for those at infinity: what is no root is tried in vain."""
    found = np.zeros(len(row) - 1)
    kept = np.where(np.abs(row) > _NOTHING * np.abs(row).max(), row, 0.0)
    roots = np.roots(kept[::-1]).real
    found[: len(roots)] = roots
    return found
