"""What the numeric core calls its arrays, and how it divides. Knows no statistics."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
"""Array of float64; scalars come back with shape ()."""

Booleans = npt.NDArray[np.bool_]
"""Array of truth values."""

Numbers = npt.ArrayLike
"""Anything numpy reads as numbers: a float, a list, an array."""


def as_floats(values: Numbers) -> Floats:
    """Read numbers as a float64 array.

    Parameters
    ----------
    values : Numbers
        Of any shape; integers above 2**53 are rounded to the nearest float64.

    Returns
    -------
    Floats
        The same shape.
    """
    return np.asarray(values, dtype=np.float64)


def diagonal(matrices: Floats) -> Floats:
    """Copy the diagonals of square matrices.

    Parameters
    ----------
    matrices : Floats
        Shape (..., k, k).

    Returns
    -------
    Floats
        Shape (..., k).
    """
    return as_floats(np.einsum("...ii->...i", matrices)).copy()


def quotient(numerator: Numbers, denominator: Numbers, *, otherwise: float = 0.0) -> Floats:
    """Divide where the denominator is above 0.

    Parameters
    ----------
    numerator, denominator : Numbers
        Broadcast against each other.
    otherwise : float, default 0
        What stands where the denominator is 0, below or no number.

    Returns
    -------
    Floats
        Of the common shape.
    """
    above, below = np.broadcast_arrays(as_floats(numerator), as_floats(denominator))
    found = np.full(above.shape, otherwise)
    np.divide(above, below, out=found, where=below > 0)
    return found
