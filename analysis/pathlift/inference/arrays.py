"""What the numeric core calls its arrays. Holds names of types, computes nothing."""

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
