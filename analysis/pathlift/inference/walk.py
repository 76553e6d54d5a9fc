"""A z statistic on its way through the looks, and those of its paths that have not yet stopped.

The sub-density of the paths still inside is kept on quadrature points: Gauss-Legendre, in
panels narrow enough for the steps that lead to them and away. Knows drift and information,
no alpha.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import special

from pathlift.inference.arrays import Floats, as_floats

_PANEL = 3.0  # width of a panel, in standard deviations of the narrower step
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_FAR = 10.0  # standard deviations, beyond which an open side holds less than 1e-22
_BLOCK = 256  # targets met at once; after a short step only near points reach them
_ROOT_TAU = np.sqrt(2 * np.pi)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Paths that have stayed inside all boundaries so far.

    Attributes
    ----------
    drift : float
        Expectation of z where information is 1.
    information : float
        At the last look that had a boundary; 0 before the first.
    points : Floats
        Values of z at that look, ascending.
    masses : Floats
        Probability that each point stands for.
    """

    drift: float
    information: float
    points: Floats
    masses: Floats

    @classmethod
    def start(cls, drift: float = 0.0) -> Self:
        """All paths, before anything has been seen.

        Parameters
        ----------
        drift : float, default 0.0
            Expectation of z where information is 1.

        Returns
        -------
        Walk
        """
        return cls(drift=drift, information=0.0, points=np.zeros(1), masses=np.ones(1))

    @property
    def weight(self) -> float:
        """Probability of being among these paths."""
        return float(self.masses.sum())

    def above(self, now: float, bound: float) -> float:
        """Probability of being among these paths and then above a bound.

        Parameters
        ----------
        now : float
            Information at the next look, above ``information``.
        bound : float
            Value of z there.

        Returns
        -------
        float
        """
        return float(self.masses @ special.ndtr(-self._steps(now, bound, self.points)))

    def below(self, now: float, bound: float) -> float:
        """Probability of being among these paths and then below a bound.

        Parameters
        ----------
        now : float
            Information at the next look, above ``information``.
        bound : float
            Value of z there.

        Returns
        -------
        float
        """
        return float(self.masses @ special.ndtr(self._steps(now, bound, self.points)))

    def density(self, now: float, at: float) -> float:
        """Sub-density of z among these paths at the next look.

        Parameters
        ----------
        now : float
            Information at the next look, above ``information``.
        at : float
            Value of z there.

        Returns
        -------
        float
        """
        return float(self._density(now, np.array([at]))[0])

    def reach(self, now: float, tail: float) -> float:
        """What the outermost of these paths exceeds at the next look with a given probability.

        Parameters
        ----------
        now : float
            Information at the next look, above ``information``.
        tail : float
            In (0, 1).

        Returns
        -------
        float
            A value of z there; each of these paths exceeds it at most that often.
        """
        grown = now - self.information
        center = self.points[-1] * np.sqrt(self.information) + self.drift * grown
        return float((center - special.ndtri(tail) * np.sqrt(grown)) / np.sqrt(now))

    def inside(self, now: float, *, low: float, high: float, following: float) -> Self:
        """Those of these paths that lie between two bounds at the next look.

        Parameters
        ----------
        now : float
            Information at the next look, above ``information``.
        low, high : float
            Bounds of z there; an infinite one is open.
        following : float
            Information at the look after that, which decides how fine the points are.

        Returns
        -------
        Walk
        """
        middle = self.drift * np.sqrt(now)
        left = low if np.isfinite(low) else min(middle, high) - _FAR
        right = high if np.isfinite(high) else max(middle, low) + _FAR
        arriving = np.sqrt((now - self.information) / now)
        leaving = min(float(np.sqrt((following - now) / now)), 1.0)
        points, weights = _laid(left, right, step=min(arriving, leaving))
        masses = weights * self._density(now, points)
        if leaving > 2 * arriving:
            points, masses = _thinned(points, masses, left, right, step=leaving)
        return type(self)(drift=self.drift, information=now, points=points, masses=masses)

    def _steps(self, now: float, targets: Floats | float, points: Floats) -> Floats:
        """Standardised steps from points to targets."""
        grown = now - self.information
        moved = targets * np.sqrt(now) - points * np.sqrt(self.information)
        return as_floats((moved - self.drift * grown) / np.sqrt(grown))

    def _density(self, now: float, targets: Floats) -> Floats:
        """Sub-density of z at ascending targets."""
        found = np.empty_like(targets)
        spread = 38.6 * np.sqrt(now - self.information)  # exp(-38.6**2 / 2) is 1e-324
        centers = self.points * np.sqrt(self.information)
        aims = targets * np.sqrt(now) - self.drift * (now - self.information)
        for first in range(0, targets.size, _BLOCK):
            block = slice(first, first + _BLOCK)
            ends = aims[block][0] - spread, aims[block][-1] + spread
            near = slice(*np.searchsorted(centers, ends))
            steps = self._steps(now, targets[block][:, None], self.points[near])
            found[block] = np.exp(-0.5 * steps**2) @ self.masses[near]
        return as_floats(found * np.sqrt(now / (now - self.information)) / _ROOT_TAU)


def _laid(left: float, right: float, *, step: float) -> tuple[Floats, Floats]:
    """Points and weights that integrate what varies on the scale of a step."""
    panels = max(int(np.ceil((right - left) / (_PANEL * step))), 1)
    half = 0.5 * (right - left) / panels
    middles = left + half * (2 * np.arange(panels) + 1)
    points = (middles[:, None] + half * _NODES).ravel()
    return points, half * np.tile(_WEIGHTS, panels)


def _thinned(
    points: Floats, masses: Floats, left: float, right: float, *, step: float
) -> tuple[Floats, Floats]:
    """Fewer points that stand for the same integrals of all that varies on a longer scale.

    After a short step the density has sharp edges and needs close points; a long step that
    follows sees their moments alone. In each panel those of Legendre's polynomials are kept.
    """
    thin, _ = _laid(left, right, step=step)
    panels = thin.size // _NODES.size
    place = (points - left) / (right - left) * panels
    panel = np.minimum(place.astype(np.int64), panels - 1)
    order = _NODES.size - 1
    seen = np.polynomial.legendre.legvander(2 * (place - panel) - 1, order) * masses[:, None]
    moments = np.zeros((panels, order + 1))
    np.add.at(moments, panel, seen)
    back = np.polynomial.legendre.legvander(_NODES, order) * (np.arange(order + 1) + 0.5)
    return thin, ((moments @ back.T) * _WEIGHTS).ravel()
