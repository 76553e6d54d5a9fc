"""What a shopper spends on average, capped or not, when the number of orders is known.

Amounts are lognormal, rounded to cents and at least one cent, as a shop writes them. Everything is
counted on the grid of cents, so a cap costs no approximation but that of a sum of floats.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CENTS = 100
# Beyond this many deviations of the logarithm lies 1e-15 of the orders: nothing.
_FAR = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Amount of one order.

    Attributes
    ----------
    median : float
        In the currency of the log, above 0.
    spread : float
        Standard deviation of the logarithm, at or above 0.
    """

    median: float
    spread: float


def capped_means(amounts: Amounts, *, threshold: float | None = None) -> tuple[float, float]:
    """Mean of one order's amount, and of two orders' sum, each capped.

    Parameters
    ----------
    amounts : Amounts
        Of every order, independently.
    threshold : float or None
        Cap in the currency of the log, at or above 0; a sum counts as ``min(sum, threshold)``.
        A threshold between two cents is met by interpolation, which is exact for a mean.

    Returns
    -------
    one, two : float
        ``E[min(X, c)]`` and ``E[min(X1 + X2, c)]``; without threshold ``E[X]`` and ``2 E[X]``.

    Raises
    ------
    ValueError
        If the threshold is negative or not a number.

    Notes
    -----
    For whole cents ``E[min(S, c)]`` is the sum of ``P(S > k)`` over k = 0 .. c - 1.

    Examples
    --------
    >>> one, two = capped_means(Amounts(median=10.0, spread=0.0), threshold=15.0)
    >>> round(one, 9), round(two, 9)
    (10.0, 15.0)
    """
    if threshold is not None and not threshold >= 0:
        raise ValueError(f"a threshold is at or above 0, not {threshold!r}")
    size = _grid_size(amounts)
    if threshold is None or threshold * CENTS >= 2 * size:
        mean = float(_point_masses(amounts, size) @ np.arange(size)) / CENTS
        return mean, 2 * mean
    cap = threshold * CENTS
    # what lies above the cap counts as the cap: no need to know where
    one = _point_masses(amounts, min(size, math.floor(cap) + 2))
    return _capped(one, cap) / CENTS, _capped(_twice(one), cap) / CENTS


def _grid_size(amounts: Amounts) -> int:
    return math.ceil(amounts.median * CENTS * math.exp(_FAR * amounts.spread)) + 2


def _point_masses(amounts: Amounts, size: int) -> Floats:
    """P(X = k cents) for k = 0 .. size - 1."""
    from scipy.special import ndtr

    edges = np.arange(1, size) + 0.5  # a lognormal amount below 1.5 cents is written as 1 cent
    middle = amounts.median * CENTS
    if amounts.spread == 0:
        below = (edges > middle).astype(np.float64)
    else:
        below = ndtr(np.log(edges / middle) / amounts.spread)
    return np.diff(below, prepend=[0.0, 0.0])


def _twice(one: Floats) -> Floats:
    """P(X1 + X2 = k cents), for the k that the masses of one order decide and beyond."""
    length = 1 << (2 * one.size - 1).bit_length()
    spectrum = np.fft.rfft(one, length)
    return np.fft.irfft(spectrum * spectrum, length)[: 2 * one.size - 1]


def _capped(masses: Floats, cap: float) -> float:
    above = 1.0 - np.cumsum(masses)  # P(S > k cents)
    whole = math.floor(cap)
    part = (cap - whole) * above[whole] if whole < above.size else 0.0
    return float(above[:whole].sum() + part)
