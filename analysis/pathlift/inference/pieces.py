"""Where a continuous function is at or above zero, as intervals. Knows no statistics.

Extrema between the given points are sought first, so that a piece, or a gap, narrower than their
distance is found where the function shows it by a bend.
"""

from collections.abc import Callable

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.roots import bracketed_root

_GOLDEN = (np.sqrt(5.0) - 1) / 2
_SECTIONS = 40  # an extremum between three points, to 1e-8 of their distance

Function = Callable[[Floats], Floats]


def pieces_at_or_above_zero(function: Function, points: Floats) -> tuple[tuple[float, float], ...]:
    """Find where a function is at or above zero, between the first and the last of some points.

    Parameters
    ----------
    function : callable
        Elementwise and continuous.
    points : Floats, shape (n,)
        Ascending, three or more.

    Returns
    -------
    tuple of (float, float)
        Ascending; the first or last point is an end where the function is above zero there.
    """
    values = function(points)
    extra = _extrema(function, points, values)
    points = np.union1d(points, extra)
    values = function(points)
    signs = np.where(values >= 0, 1, -1)
    turns = np.flatnonzero(signs[1:] != signs[:-1])
    ends: list[float] = []
    if signs[0] > 0:
        ends.append(float(points[0]))
    if len(turns):
        ends += bracketed_root(
            function,
            points[turns],
            points[turns + 1],
            low_value=values[turns],
            high_value=values[turns + 1],
        ).tolist()
    if signs[-1] > 0:
        ends.append(float(points[-1]))
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def _extrema(function: Function, points: Floats, values: Floats) -> Floats:
    """Points between where the function may reach the side of zero that it seems not to reach."""
    middle = values[1:-1]
    peak = (middle < 0) & (middle >= values[:-2]) & (middle >= values[2:])
    trough = (middle >= 0) & (middle <= values[:-2]) & (middle <= values[2:])
    places = np.flatnonzero(peak | trough)
    if not len(places):
        return np.empty(0)
    sign = np.where(peak[places], 1.0, -1.0)
    low, high = points[places], points[places + 2]
    for _ in range(_SECTIONS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        up = sign * function(left) >= sign * function(right)
        low, high = np.where(up, low, left), np.where(up, right, high)
    return (low + high) / 2
