"""Intervals and p-values that hold at all looks at once, whenever and how often one looks.

The asymptotic confidence sequence of Waudby-Smith and others: the estimate plus and minus a
multiple of its standard error that grows slowly with the units. Needs only the estimate and
its standard error, so any of ours will do. Asymptotic: begin with enough conversions.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import special

from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats

LEAST_CONVERSIONS = 20  # in the contrast; before, the normal approximation has not begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A confidence sequence, tightest at the planned end.

    Attributes
    ----------
    rho_squared : float
        Variance of the mixture that the sequence bets on, per unit; above 0.
    alpha : float
        Error rate over all looks of one contrast, in (0, 1).
    """

    rho_squared: float
    alpha: float

    @classmethod
    def tuned(cls, planned_units: float, *, alpha: float, contrasts: int = 1) -> Self:
        """The sequence whose interval is narrowest when the planned units are in.

        Parameters
        ----------
        planned_units : float
            Mature units of all arms in one contrast at the planned end, above 0. It only
            tunes: the sequence stays valid before and beyond it.
        alpha : float
            Error rate over all looks and all contrasts, in (0, 1).
        contrasts : int, default 1
            How many contrasts share alpha, equally.

        Returns
        -------
        Sequence
            For each of the contrasts, at ``alpha / contrasts``.

        Raises
        ------
        ValueError
            If a number lies outside its range.

        References
        ----------
        .. [1] I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas (2024),
           "Time-uniform central limit theory and asymptotic confidence sequences", Annals
           of Statistics 52, 2613-2640.
        """
        if not (0 < planned_units < np.inf and contrasts >= 1):
            raise ValueError("a sequence is tuned for at least one unit and one contrast")
        if not 0 < alpha < 1:
            raise ValueError("alpha lies between 0 and 1, both excluded")
        share = alpha / contrasts
        # the multiplier's minimum over n rho^2, where its derivative vanishes
        best = -float(special.lambertw(-(share**2) / np.e, -1).real) - 1
        return cls(rho_squared=best / planned_units, alpha=share)

    def multiplier(self, units: Numbers) -> Floats:
        """How many standard errors the interval reaches to either side.

        Parameters
        ----------
        units : Numbers
            Mature units of all arms in the contrast at a look, at least 0.

        Returns
        -------
        Floats
            Above the critical value of a single look; infinite without units.

        Examples
        --------
        >>> sequence = Sequence.tuned(10_000, alpha=0.05)
        >>> round(float(sequence.multiplier(10_000)), 4)
        3.0351
        """
        seen = self._seen(units)
        with np.errstate(divide="ignore"):
            squared = (1 + 1 / seen) * (np.log1p(seen) - 2 * np.log(self.alpha))
        return as_floats(np.sqrt(squared))

    def log_evidence(self, statistic: Numbers, units: Numbers) -> Floats:
        """Logarithm of what a bet of one unit against no effect would now be worth.

        Parameters
        ----------
        statistic : Numbers
            z at a look.
        units : Numbers
            Mature units of all arms in the contrast there, at least 0.

        Returns
        -------
        Floats
            At least ``-log(alpha)`` exactly where the interval excludes no effect.
        """
        seen = self._seen(units)
        return 0.5 * (as_floats(statistic) ** 2 * (seen / (1 + seen)) - np.log1p(seen))

    def p_value(self, statistic: Numbers, units: Numbers) -> Floats:
        """Always-valid p-value of one look.

        Parameters
        ----------
        statistic : Numbers
            z at a look.
        units : Numbers
            Mature units of all arms in the contrast there, at least 0.

        Returns
        -------
        Floats
            In [0, 1]; for one contrast, to be compared with ``alpha`` of this sequence.
            The decision uses its running minimum.
        """
        return np.exp(-np.maximum(self.log_evidence(statistic, units), 0.0))

    def _seen(self, units: Numbers) -> Floats:
        n = as_floats(units)
        if not bool(np.all(n >= 0)):
            raise ValueError("units are a number of at least 0")
        return n * self.rho_squared


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Intersection of all intervals up to each look.

    Attributes
    ----------
    low, high : Floats
        Shape (looks, ...); not a number where nothing is left.
    inconsistent : Booleans
        Shape (looks, ...): whether the intervals up to this look have no value in common,
        which at level alpha happens in at most that share of experiments: rather a sign
        that units, effect or definition changed on the way.
    """

    low: Floats
    high: Floats
    inconsistent: Booleans


def running_minimum(p_values: Numbers) -> Floats:
    """Smallest p-value up to each look.

    Parameters
    ----------
    p_values : Numbers
        Shape (looks, ...), the first look first; not a number where a look had none.

    Returns
    -------
    Floats
        Of that shape; never rises. Not a number before the first p-value.
    """
    return as_floats(np.fmin.accumulate(as_floats(p_values), axis=0))


def running_intersection(low: Numbers, high: Numbers) -> Running:
    """Values that no look has excluded yet.

    Parameters
    ----------
    low, high : Numbers
        Shape (looks, ...): intervals of one sequence, the first look first; not a number
        where a look had none.

    Returns
    -------
    Running
    """
    lows = np.fmax.accumulate(as_floats(low), axis=0)
    highs = np.fmin.accumulate(as_floats(high), axis=0)
    empty = np.asarray(lows > highs, dtype=np.bool_)
    return Running(
        low=np.where(empty, np.nan, lows),
        high=np.where(empty, np.nan, highs),
        inconsistent=empty,
    )
