"""Two arms against one control, two orderings: what each would do if effects were constant.

With two instruments two effects are identified at most, as the solution of two equations, and only
if an ordering does the same to everybody. Their joint set inverts Anderson and Rubin's test; that
of one effect is its shadow: every value for which some value of the other is not rejected. It holds
at any strength of the first stage. Knows no ordering by name.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from pathlift.inference.arrays import Floats, as_floats
from pathlift.inference.instrument import NotRejected
from pathlift.inference.pieces import pieces_at_or_above_zero
from pathlift.inference.polynomials import least_ratio, times

_ANGLES = 721  # of the projective line: a quarter of a degree
_ERRORS = np.arange(-8.0, 8.25, 0.25)  # steps around the solution, in its standard errors
_FAR = np.pi / 2  # the effect is infinite


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class System:
    """Effects of two instruments on an outcome and on two treatments.

    Attributes
    ----------
    y : Floats, shape (2,)
        By instrument, on the outcome.
    m : Floats, shape (2, 2)
        By instrument and treatment, on taking it.
    covariance : Floats, shape (3, 3, 2, 2)
        Of these effects: by outcome or treatment, twice (the outcome is the first), then by
        instrument, twice.
    """

    y: Floats
    m: Floats
    covariance: Floats

    @property
    def solution(self) -> Floats:
        """Effects of the treatments, shape (2,); NaN where `m` is singular."""
        if np.linalg.matrix_rank(self.m) < 2:
            return np.full(2, np.nan)
        return as_floats(np.linalg.solve(self.m, self.y))

    @property
    def standard_errors(self) -> Floats:
        """Of the solution by the delta method, shape (2,)."""
        w = np.array([1.0, *(-self.solution)])
        residual = np.einsum("p,pqij,q->ij", w, self.covariance, w)
        inverse = np.linalg.inv(self.m)
        return as_floats(np.sqrt(np.maximum(np.diagonal(inverse @ residual @ inverse.T), 0.0)))

    @property
    def f(self) -> float | None:
        """Squared determinant of `m` over its variance by the delta method; None without one."""
        m = self.m
        cofactor = np.array([[m[1, 1], -m[1, 0]], [-m[0, 1], m[0, 0]]])
        variance = np.einsum("ip,pqij,jq->", cofactor, self.covariance[1:, 1:], cofactor)
        return float(np.linalg.det(m) ** 2 / variance) if variance > 0 else None


def shadow(system: System, treatment: int, *, alpha: float) -> tuple[NotRejected, float]:
    """Effects of one treatment for which some effect of the other is not rejected.

    Parameters
    ----------
    system : System
        With a solution, and variances of full rank.
    treatment : {0, 1}
    alpha : float

    Returns
    -------
    NotRejected
        At least at the level: the other effect is free, so it is wider than a set of one effect.
    p_value : float
        Of an effect of 0: the largest over the effects of the other.

    References
    ----------
    .. [1] L. Kirkeboen, E. Leuven, M. Mogstad (2016), "Field of study, earnings, and
       self-selection", Quarterly Journal of Economics 131, 1057-1111.
    .. [2] J.-M. Dufour, M. Taamouti (2005), "Projection-based statistical inference in linear
       structural models with possibly weak instruments", Econometrica 73, 1351-1365.
    """
    scaled, unit = _scaled(system, treatment)
    critical = float(special.chdtri(2, alpha))

    def room(angle: Floats) -> Floats:
        return critical - _least(scaled, angle)

    near = system.solution[treatment] + _ERRORS * system.standard_errors[treatment]
    even = np.linspace(-_FAR, _FAR, _ANGLES)  # an odd number: 0 is one of them
    angles = np.union1d(even, np.arctan(near / unit))
    pieces = tuple(
        (_unfolded(low) * unit, _unfolded(high) * unit)
        for low, high in pieces_at_or_above_zero(room, angles)
    )
    return NotRejected(pieces=pieces), float(special.chdtrc(2, _least(scaled, np.zeros(1))[0]))


def _scaled(system: System, treatment: int) -> tuple[System, float]:
    """The system with this treatment first, in standard errors; and the unit of its effect."""
    order = [0, 1 + treatment, 2 - treatment]
    covariance = system.covariance[np.ix_(order, order)]
    size = np.sqrt(np.einsum("ppii->pi", covariance).max(axis=1))
    size = np.where(size > 0, size, 1.0)
    scaled = System(
        y=system.y / size[0],
        m=system.m[:, [treatment, 1 - treatment]] / size[1:],
        covariance=covariance / (size[:, None] * size)[:, :, None, None],
    )
    return scaled, float(size[0] / size[1])


def _least(system: System, angle: Floats) -> Floats:
    """Smallest statistic over the other effect, for effects that are tangents of angles.

    Weights ``(cos, -sin, -t)`` of outcome and treatments stand for effects ``(sin, t) / cos``, so
    that nothing is infinite. The statistic is a ratio of polynomials of degree 4 in t.
    """
    one, cos, sin = np.ones_like(angle), np.cos(angle), np.sin(angle)
    off = [
        np.stack((system.y[i] * cos - system.m[i, 0] * sin, -system.m[i, 1] * one), axis=1)
        for i in range(2)
    ]
    fixed = np.stack((cos, -sin, 0 * one), axis=1)

    def variance(i: int, j: int) -> Floats:
        k = (system.covariance[:, :, i, j] + system.covariance[:, :, i, j].T) / 2
        linear = -2 * fixed @ k[:, 2]
        return np.stack((np.einsum("np,pq,nq->n", fixed, k, fixed), linear, k[2, 2] * one), axis=1)

    first, both, second = variance(0, 0), variance(0, 1), variance(1, 1)
    above = (
        times(times(off[0], off[0]), second)
        - 2 * times(times(off[0], off[1]), both)
        + times(times(off[1], off[1]), first)
    )
    return least_ratio(above, times(first, second) - times(both, both))


def _unfolded(angle: float) -> float:
    if abs(angle) >= _FAR:
        return float(np.copysign(np.inf, angle))
    return float(np.tan(angle))
