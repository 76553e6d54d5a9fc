"""Probability that the largest of correlated |T| exceeds a value, by one of three routes.

Two statistics: Owen's T function. One common factor (contrasts with one control): quadrature
over the factor. Any other correlation: the direction of a normal vector is drawn from a
lattice and its length is integrated exactly, so that small probabilities keep their digits.
Knows nothing of alpha, estimates or families.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from scipy import special

from pathlift.inference.arrays import Floats, Numbers, as_floats
from pathlift.inference.tails import two_sided_p

LATTICE_POINTS: Final = 2**17
"""Directions drawn for a correlation without structure."""

FEWEST_POINTS: Final = 100
"""Directions that must carry a probability, else Bonferroni's bound takes its place."""

NARROWEST: Final = 0.02
"""Width of the conditional step, in factor units, down to which the quadrature serves."""

# Korobov's lattice with this multiplier had the smallest weighted P2 error in 24 dimensions
# (weights 0.9^j) of a random search over odd multipliers
_MULTIPLIER: Final = 63_667
_BLOCK: Final = 2**14  # lattice rows at a time: bounds the memory
_CHUNK: Final = 32  # sorted neighbours that are averaged; they differ by about 1e-4
_ANGLES: Final = 2**14


def exceedance_of_pair(c: Numbers, rho: Numbers, df: Numbers = np.inf) -> Floats:
    """P(max(|T1|, |T2|) > c) for correlation rho.

    Parameters
    ----------
    c : Numbers
        Positive values.
    rho : Numbers
        Correlation in [-1, 1]; only its size matters.
    df : Numbers, default infinity
        Degrees of freedom of the common scale (bivariate t).

    Returns
    -------
    Floats
        Probabilities, relative error about 1e-13.

    References
    ----------
    .. [1] D. B. Owen (1956), "Tables for computing bivariate normal probabilities", Annals
       of Mathematical Statistics 27, 1075-1090.
    """
    c, rho, nu = np.broadcast_arrays(as_floats(c), np.abs(as_floats(rho)), as_floats(df))
    # half the angle between the two contrasts and its complement: the pieces of the half
    # circle on which one statistic is the larger
    tangent = np.sqrt((1 - rho) / (1 + rho))
    infinite = np.isinf(nu)
    with np.errstate(divide="ignore"):
        normal = 4 * (special.owens_t(c, tangent) + special.owens_t(c, 1 / tangent))
    if bool(infinite.all()):
        return as_floats(normal)
    half = np.arctan(tangent)
    nu = np.where(infinite, 1.0, nu)
    heavy = (_arc(half, c, nu) + _arc(np.pi / 2 - half, c, nu)) * (2 / np.pi)
    return np.where(infinite, normal, heavy)


def exceedance_of_one_factor(c: Numbers, loadings: Numbers, df: Numbers = np.inf) -> Floats:
    """P(max |T_j| > c) for correlations ``loading_i * loading_j``.

    Given the common factor the statistics are independent; the factor is integrated by
    the trapezoidal rule, which for this integrand is exact to rounding once its step is
    below the narrowest feature.

    Parameters
    ----------
    c : Numbers
        Positive values, shape (..., m).
    loadings : Numbers
        Shape (..., k), inside (-1, 1); only their size matters.
    df : Numbers, default infinity
        Degrees of freedom of the common scale, shape (...).

    Returns
    -------
    Floats
        Probabilities, shape (..., m).

    References
    ----------
    .. [1] C. W. Dunnett (1955), "A multiple comparison procedure for comparing several
       treatments with a control", Journal of the American Statistical Association 50,
       1096-1121.
    """
    c, size = as_floats(c), np.abs(as_floats(loadings))
    nu = as_floats(df)[..., None]
    if bool(np.isinf(nu).all()):
        return _one_factor_normal(c, size)
    infinite = np.isinf(nu)
    finite = np.where(infinite, 1.0, nu)
    heavy = np.zeros(np.broadcast_shapes(c.shape, nu.shape))
    for scale, weight in _scales(c, finite):
        heavy += weight * _one_factor_normal(c * scale, size)
    return np.where(infinite, _one_factor_normal(c, size), heavy) if infinite.any() else heavy


def factor_width(loadings: Numbers) -> Floats:
    """Width of the narrowest step that the quadrature over the factor must see.

    Parameters
    ----------
    loadings : Numbers
        Shape (..., k).

    Returns
    -------
    Floats
        Shape (...); 1 for independent statistics, towards 0 as a loading nears 1.
    """
    share = as_floats(loadings) ** 2
    with np.errstate(divide="ignore"):
        odds = np.sum(share / (1 - np.minimum(share, 1.0)), axis=-1)
    return as_floats(1 / np.sqrt(1 + odds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Directions:
    """Largest |coordinate| along directions drawn evenly from the sphere.

    Attributes
    ----------
    largest : Floats
        For a normal vector of length 1, the largest |Z_j|, falling.
    weight : Floats
        Share of the sphere that each stands for; sums to 1.
    rank : int
        Dimension of the sphere's space.
    statistics : int
        How many statistics there are.
    """

    largest: Floats
    weight: Floats
    rank: int
    statistics: int

    def exceedance(self, c: Numbers, df: float = np.inf) -> Floats:
        """P(max |T_j| > c), falling in c.

        Parameters
        ----------
        c : Numbers
            Positive values of any shape.
        df : float, default infinity
            Degrees of freedom of the common scale.

        Returns
        -------
        Floats
            Probabilities. Where fewer than 100 directions of the lattice carry one,
            Bonferroni's bound, capped by the last value that the directions could carry.
        """
        values = as_floats(c)
        flat = values.reshape(-1)
        found = np.array([self._carried(float(value), df) for value in flat]).reshape(-1, 2)
        p, points = found[:, 0], found[:, 1]
        # angles lie evenly, closer than the narrowest tail a float can hold
        thin = (points < FEWEST_POINTS) & (self.rank > 2)
        if bool(thin.any()):
            cap, _ = self._carried(self._last_carried(float(flat[thin].min()), df), df)
            bound = np.minimum(self.statistics * two_sided_p(flat, df), cap)
            p = np.where(thin, bound, p)
        return p.reshape(values.shape)

    def _carried(self, c: float, df: float) -> tuple[float, float]:
        """Probability beyond c and the effective number of directions behind it."""
        if np.isinf(c):
            return 0.0, 0.0
        with np.errstate(divide="ignore", over="ignore"):
            length = (c / self.largest) ** 2
        # the squared length of a normal vector is chi-square, of a t vector rank times F
        if np.isinf(df):
            beyond = special.chdtrc(self.rank, length)
        else:
            beyond = special.fdtrc(self.rank, df, length / self.rank)
        p = float(np.sum(self.weight * beyond))
        top = float(beyond.max())
        if top == 0:
            return 0.0, 0.0
        relative = beyond / top
        points = self.weight @ relative
        points = points**2 / ((self.weight**2) @ relative**2)
        return p, float(points)

    def _last_carried(self, high: float, df: float) -> float:
        """Largest value, to 1e-6, whose probability enough directions carry."""
        low = 0.0
        while high - low > 1e-6 * high:
            middle = 0.5 * (low + high)
            carried = self._carried(middle, df)[1] >= FEWEST_POINTS
            low, high = (middle, high) if carried else (low, middle)
        return low


def directions(correlation: Numbers, *, seed: int) -> Directions:
    """Draw directions for any correlation matrix, singular ones included.

    Parameters
    ----------
    correlation : Numbers
        Shape (k, k), positive semi-definite.
    seed : int
        Shifts the lattice; the same seed gives the same numbers on every machine.

    Returns
    -------
    Directions
        For rank 2 the angles of a circle, evenly spaced; above, a lattice of 2^17 points.

    Raises
    ------
    ValueError
        If the matrix has a clearly negative eigenvalue.
    """
    root = _root(as_floats(correlation))
    rank = root.shape[1]
    if rank <= 2:
        angle = np.pi * (np.arange(_ANGLES) + 0.5) / _ANGLES
        points = np.stack((np.cos(angle), np.sin(angle)), axis=1)[:, :rank]
        points = points if rank == 2 else np.ones((1, 1))
        largest = np.abs(points @ root.T).max(axis=1)
        weight = np.full(largest.shape, 1 / largest.size)
    else:
        blocks = [
            np.abs(normal @ root.T).max(axis=1) / np.sqrt(np.sum(normal**2, axis=1))
            for normal in _lattice(rank, seed)
        ]
        largest, weight = _thinned(-np.sort(-np.concatenate(blocks)))
    # a row of a correlation's root has length 1, so no coordinate exceeds 1
    return Directions(
        largest=np.minimum(largest, 1.0),
        weight=weight,
        rank=rank,
        statistics=root.shape[0],
    )


def _arc(angle: Floats, c: Floats, nu: Floats) -> Floats:
    """Integral of (1 + c^2 / (nu cos^2 x))^(-nu/2) from 0 to ``angle``."""
    node, weight = _legendre()
    x = 0.5 * angle[..., None] * (node + 1)
    height = np.exp(
        -0.5 * nu[..., None] * np.log1p((c[..., None] / np.cos(x)) ** 2 / nu[..., None])
    )
    return 0.5 * angle * (height @ weight)


@cache
def _legendre() -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss and Legendre, which cost 20 ms to find."""
    node, weight = np.polynomial.legendre.leggauss(96)
    return node, weight


def _one_factor_normal(c: Floats, size: Floats) -> Floats:
    """Normal case of :func:`exceedance_of_one_factor`."""
    lead = np.broadcast_shapes(c.shape[:-1], size.shape[:-1])
    c = np.broadcast_to(c, (*lead, c.shape[-1]))
    finite = np.minimum(c, 40.0)  # beyond 40 every normal tail is 0 in floats
    step = 0.7 * factor_width(size)[..., None]
    reach = 9 + size.max(axis=-1)[..., None] * finite  # 9: the factor's own tail is 1e-19
    count = int(np.ceil((reach / step).max())) + 1
    y = reach[..., None] * np.linspace(0, 1, count)
    spacing = reach / (count - 1)
    spread = np.sqrt(1 - size**2)[..., None, None, :]
    mean = y[..., None] * size[..., None, None, :]
    bound = c[..., None, None]
    q = special.ndtr((mean - bound) / spread) + special.ndtr(-(mean + bound) / spread)
    with np.errstate(divide="ignore"):
        beyond = -np.expm1(np.sum(np.log1p(-np.minimum(q, 1.0)), axis=-1))
    height = beyond * np.exp(-0.5 * y**2)
    # both halves of the symmetric integrand; the first and last node count half
    total = height.sum(axis=-1) - 0.5 * (height[..., 0] + height[..., -1])
    return as_floats(np.minimum(total * spacing * np.sqrt(2 / np.pi), 1.0))


def _scales(c: Floats, nu: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Nodes and weights of sqrt(chi-square / df), evenly spaced in its logarithm."""
    far = np.where(np.isinf(c), 1.0, c)
    low = -0.5 * np.log1p(far**2 / nu) - 9 / np.sqrt(2 * nu) - 39 / nu
    high = 0.5 * np.log1p(2 * np.sqrt(40 / nu) + 80 / nu)
    step = np.minimum(0.15, 0.6 / np.sqrt(2 * nu))
    count = int(np.ceil(((high - low) / step).max())) + 1
    spacing = (high - low) / (count - 1)
    constant = np.log(2) + 0.5 * nu * np.log(0.5 * nu) - special.gammaln(0.5 * nu)
    for i in range(count):
        v = low + i * spacing
        density = np.exp(constant + nu * v - 0.5 * nu * np.exp(2 * v))
        yield np.exp(v), density * spacing * (0.5 if i in (0, count - 1) else 1.0)


def _root(correlation: Floats) -> Floats:
    """Matrix A of full column rank with AA' the correlation."""
    value, vector = np.linalg.eigh(correlation)
    if value[0] < -1e-8 * value[-1]:
        raise ValueError("a correlation matrix has no negative eigenvalue")
    kept = value > 1e-10 * value[-1]
    root = vector[:, kept] * np.sqrt(value[kept])
    return np.asarray(root / np.sqrt(np.sum(root**2, axis=1, keepdims=True)))


def _lattice(rank: int, seed: int) -> Iterator[Floats]:
    """Shifted rank-1 lattice as normal vectors, block by block."""
    generator = [1]
    for _ in range(rank - 1):
        generator.append(generator[-1] * _MULTIPLIER % LATTICE_POINTS)
    vector = np.array(generator, dtype=np.int64)
    shift = np.random.default_rng(seed).random(rank)
    for start in range(0, LATTICE_POINTS, _BLOCK):
        i = np.arange(start, start + _BLOCK, dtype=np.int64)[:, None]
        u = np.mod((i * vector % LATTICE_POINTS) / LATTICE_POINTS + shift, 1.0)
        yield special.ndtri(np.clip(u, 2.0**-54, 1 - 2.0**-53))


def _thinned(largest: Floats) -> tuple[Floats, Floats]:
    """Average sorted neighbours, all but the first, which carry the far tail."""
    kept = 64 * _CHUNK
    rest = largest[kept:].reshape(-1, _CHUNK).mean(axis=1)
    weight = np.concatenate((np.ones(kept), np.full(rest.size, float(_CHUNK))))
    return np.concatenate((largest[:kept], rest)), weight / largest.size
