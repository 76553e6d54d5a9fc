"""How much of alpha may be used up by when: the spending functions of Lan and DeMets.

A spending function turns information into alpha, whatever the number of looks. Knows nothing
of boundaries: those come from what is spent.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from pathlift.inference.arrays import Floats, Numbers, as_floats
from pathlift.inference.tails import lower_tail, one_sided_critical

Sides = Literal[1, 2]
"""Whether a boundary lies above only, or symmetrically on both sides."""

Kind = Literal["obrien_fleming", "pocock", "hwang_shih_decani"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """A family of spending functions, one for every total alpha.

    Attributes
    ----------
    kind : {"obrien_fleming", "pocock", "hwang_shih_decani"}
        The shape. The first two are Lan and DeMets' approximations of the classical
        boundaries, not those boundaries themselves.
    gamma : float, default 0.0
        Shape of ``hwang_shih_decani`` alone, between -700 and 700: below 0 spends late
        (-4 is close to ``obrien_fleming``), above 0 early (1 is ``pocock``), 0 evenly.

    Raises
    ------
    ValueError
        If gamma is not finite or too large to compute with, or is given to another kind.

    References
    ----------
    .. [1] K. K. G. Lan and D. L. DeMets (1983), "Discrete sequential boundaries for
       clinical trials", Biometrika 70, 659-663.
    .. [2] I. K. Hwang, W. J. Shih and J. S. DeCani (1990), "Group sequential designs using
       a family of type I error probability spending functions", Statistics in Medicine 9,
       1439-1445.
    """

    kind: Kind
    gamma: float = 0.0

    def __post_init__(self) -> None:
        if not abs(self.gamma) <= 700:  # exp(700) is still a float64; nan fails too
            raise ValueError("gamma lies between -700 and 700")
        if self.gamma != 0 and self.kind != "hwang_shih_decani":
            raise ValueError(f"gamma shapes hwang_shih_decani, not {self.kind}")

    def spent(self, information: Numbers, alpha: float, *, sides: Sides = 2) -> Floats:
        """Alpha used up when a share of the planned information has been seen.

        Parameters
        ----------
        information : Numbers
            Shares of the planned information, at least 0; above 1 counts as 1.
        alpha : float
            Total type I error of all looks together, in (0, 1); both sides' sum when
            ``sides`` is 2.
        sides : {1, 2}, default 2
            Two sides spend what two one-sided functions of half of alpha spend. This
            matters for ``obrien_fleming`` alone, which is not proportional to alpha.

        Returns
        -------
        Floats
            Between 0 and alpha, never falling, 0 at 0 and alpha from 1 on.

        Raises
        ------
        ValueError
            If alpha lies outside (0, 1), or information is negative or not a number.

        Examples
        --------
        >>> Spending(kind="pocock").spent([0.5, 1.0], 0.05).round(4).tolist()
        [0.031, 0.05]
        """
        if not 0 < alpha < 1:
            raise ValueError("alpha lies between 0 and 1, both excluded")
        t = np.minimum(as_floats(information), 1.0)
        if not bool(np.all(t >= 0)):
            raise ValueError("information is a number of at least 0")
        if self.kind == "obrien_fleming":
            outermost = one_sided_critical(alpha / (2 * sides))
            with np.errstate(divide="ignore"):  # at no information the boundary is infinite
                spent = 2 * sides * lower_tail(-outermost / np.sqrt(t))
        elif self.kind == "pocock":
            spent = alpha * np.log1p(np.expm1(1.0) * t)
        else:  # (1 - exp(-gamma t)) / (1 - exp(-gamma)), whole at gamma 0
            spent = alpha * t * special.exprel(-self.gamma * t) / special.exprel(-self.gamma)
        return np.where(t == 1, alpha, np.minimum(spent, alpha))
