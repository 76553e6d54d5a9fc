"""What one look of several allows a contrast: its critical value and its p-value.

On the scale of z, so that every interval of this folder that takes a critical value can be made
repeated or always valid. Knows neither data nor ledger: information and units are given.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pathlift.inference.anytime import Sequence
from pathlift.inference.group_sequential import boundaries
from pathlift.inference.repeated import repeated_p
from pathlift.inference.spending import Sides, Spending
from pathlift.inference.tails import Side, one_sided_p, two_sided_critical, two_sided_p

_FARTHEST = 37.0  # standard deviations; beyond, normal tails are no numbers any more


class AtLook(Protocol):
    """A look, as a contrast sees it."""

    def critical(self, alpha: float, *, sides: Sides = 2) -> float:
        """Value that z must reach, in absolute size when two-sided.

        Parameters
        ----------
        alpha : float
            Error over all looks and sides, in (0, 1).
        sides : {1, 2}, default 2

        Returns
        -------
        float
            Above 0; infinite where this look can show nothing.
        """
        ...

    def p_value(self, z: float, alpha: float, *, sides: Sides = 2) -> float:
        """P-value that is at most alpha exactly when the critical value is reached.

        Parameters
        ----------
        z : float
            The statistic of this look.
        alpha : float
            Error over all looks and sides, in (0, 1).
        sides : {1, 2}, default 2

        Returns
        -------
        float
            In [0, 1], valid over all looks.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A look of a group-sequential design.

    Attributes
    ----------
    information : tuple of float
        Shares of the planned information at all looks of the contrast, this one last.
    spending : Spending
    """

    information: tuple[float, ...]
    spending: Spending

    def critical(self, alpha: float, *, sides: Sides = 2) -> float:
        """Boundary at the information actually seen.

        Parameters
        ----------
        alpha : float
            Of all looks together, in (0, 1).
        sides : {1, 2}, default 2

        Returns
        -------
        float
            Infinite where there is too little alpha to spend.
        """
        plan = boundaries(self.information, self.spending, alpha=alpha, sides=sides)
        return float(plan.critical[-1])

    def p_value(self, z: float, alpha: float, *, sides: Sides = 2) -> float:
        """Repeated p-value.

        Parameters
        ----------
        z : float
        alpha : float
            Does not matter: the p-value is the smallest alpha whose boundary z reaches.
        sides : {1, 2}, default 2

        Returns
        -------
        float
            In [0, 1].
        """
        return repeated_p(z, self.information, self.spending, sides=sides)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlwaysValid:
    """A look of a confidence sequence.

    Attributes
    ----------
    units : int
        Mature units of both arms.
    planned_units : float
        Of both arms, at the planned end: there the sequence is narrowest.
    """

    units: int
    planned_units: float

    def critical(self, alpha: float, *, sides: Sides = 2) -> float:
        """Multiplier of the standard error.

        Parameters
        ----------
        alpha : float
            Of all looks together, in (0, 1).
        sides : {1, 2}, default 2
            One side has the multiplier of twice its alpha: the sequence is symmetric.

        Returns
        -------
        float
        """
        return float(self._sequence(alpha, sides).multiplier(self.units))

    def p_value(self, z: float, alpha: float, *, sides: Sides = 2) -> float:
        """Always-valid p-value of this look.

        Parameters
        ----------
        z : float
        alpha : float
            Of all looks together; tunes the sequence.
        sides : {1, 2}, default 2
            One side has half of the two-sided p-value on its side of 0.

        Returns
        -------
        float
            In [0, 1].
        """
        p = float(self._sequence(alpha, sides).p_value(z, self.units))
        return p if sides == 2 else p / 2 if z > 0 else 1 - p / 2

    def _sequence(self, alpha: float, sides: Sides) -> Sequence:
        total = alpha if sides == 2 else min(2 * alpha, 1 - 1e-12)
        return Sequence.tuned(self.planned_units, alpha=total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The level at which a contrast is read at this look.

    Attributes
    ----------
    look : AtLook
    members : int
        Contrasts that share alpha equally, this one included.
    scope : str
        Which they are, in words.
    words : str
        What makes the interval valid at several looks, as a method prints it.
    """

    look: AtLook
    members: int
    scope: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leveled:
    """A contrast, read at its level.

    Attributes
    ----------
    critical : float
        On the scale of the contrast's own statistic (t where it has degrees of freedom).
    p_value : float
        One-sided for a test of a margin.
    excluded, zero_excluded : bool
        Whether the interval leaves out the null value, and 0.
    shared_critical, shared_p : float or None
        The same where alpha is shared; None for a contrast alone.
    """

    critical: float
    p_value: float
    excluded: bool
    zero_excluded: bool
    shared_critical: float | None = None
    shared_p: float | None = None


def leveled(
    level: Level, *, at_null: float, from_zero: float, df: float, alpha: float, margin: Side | None
) -> Leveled:
    """Read a contrast at the level of a look.

    Parameters
    ----------
    level : Level
    at_null, from_zero : float
        Studentised distance from the null value, and from 0.
    df : float
        Degrees of freedom; infinite for the normal.
    alpha : float
        Two-sided, of all looks and all contrasts that share it; a test of a margin has half.
    margin : {'greater', 'less'} or None
        Side on which a margin is not exceeded; None for a test against 0.

    Returns
    -------
    Leveled
    """
    z, z0, look = as_z(at_null, df), as_z(from_zero, df), level.look
    if margin is not None:
        oriented = z if margin == "greater" else -z
        c = look.critical(alpha / 2, sides=1)
        p = look.p_value(oriented, alpha / 2, sides=1)
        passed = p < alpha / 2
        return Leveled(
            critical=as_statistic(c, df),
            p_value=p,
            excluded=passed if z == oriented == 0 or oriented > 0 else -oriented >= c,
            zero_excluded=abs(z0) >= c,
        )
    p = look.p_value(z, alpha)
    reading = Leveled(
        critical=as_statistic(look.critical(alpha), df),
        p_value=p,
        excluded=p < alpha,
        zero_excluded=p < alpha,
    )
    if level.members == 1:
        return reading
    share = alpha / level.members
    return Leveled(
        critical=reading.critical,
        p_value=p,
        excluded=reading.excluded,
        zero_excluded=reading.zero_excluded,
        shared_critical=as_statistic(look.critical(share), df),
        shared_p=min(1.0, level.members * look.p_value(z, share)),
    )


def as_z(statistic: float, df: float) -> float:
    """The z statistic with the same tail as a t statistic.

    Parameters
    ----------
    statistic : float
    df : float
        Above 0; infinite: it is one already.

    Returns
    -------
    float
        At most 37 in size where it had to be turned.
    """
    if np.isinf(df):
        return float(statistic)
    p = float(two_sided_p(statistic, df))
    size = _FARTHEST if p <= 1e-299 else float(two_sided_critical(p)) if p < 1 else 0.0
    return float(np.copysign(min(size, _FARTHEST), statistic))


def as_statistic(z: float, df: float) -> float:
    """The critical value of a t statistic with the same tail as one of z.

    Parameters
    ----------
    z : float
        At least 0; infinite stays infinite.
    df : float

    Returns
    -------
    float
    """
    if np.isinf(df) or np.isinf(z):
        return float(z)
    tail = 2 * float(one_sided_p(min(z, _FARTHEST), side="greater"))
    return float(two_sided_critical(min(tail, 1 - 1e-16), df)) if z > 0 else 0.0
