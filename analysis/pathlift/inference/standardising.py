"""How often each ordering is followed by a conversion, among one mix of units.

Rates by ordering, standardised over strata known before exposure (methods 2.2). An association: of
units that are alike in what the strata hold, nothing makes those of two orderings alike in the
rest. Knows arrays of counts; what an ordering or a stratum is, is decided elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pathlift.inference.arrays import Floats, Numbers, as_floats, quotient

FEWEST = 10
"""Units of an ordering in a stratum from which its rate there is its own (methods 2.2)."""

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standardised:
    """Rates of orderings over one mix of strata.

    Attributes
    ----------
    rate : Floats, shape (o,)
        Conversion per unit; NaN where an ordering has fewer than 10 units in all.
    influence : Floats, shape (o, s)
        By how much the rate moves for each conversion more in a stratum.
    cell_rate : Floats, shape (o, s)
        The rate that stands for an ordering in a stratum, its own or that of a coarser one.
    weight : Floats, shape (s,)
        Share of the strata among all units; adds up to 1.
    collapsed : Floats, shape (o,)
        Weight of the strata in which the rate is that of a coarser one, in [0, 1].
    by_stratum : Floats, shape (s, o, o)
        Covariance of the rates that the units of a stratum bring: binomial within it, and of
        the mix. They add up over strata, whose units are independent.
    """

    rate: Floats
    influence: Floats
    cell_rate: Floats
    weight: Floats
    collapsed: Floats
    by_stratum: Floats

    @property
    def covariance(self) -> Floats:
        """Covariance of the rates, shape (o, o), where all units are independent."""
        return as_floats(self.by_stratum.sum(axis=0))


def standardise(units: Numbers, converted: Numbers, coarser: Sequence[Places] = ()) -> Standardised:
    """Average the rates of each ordering over strata, with the weights of all units.

    ``r_o = sum_s w_s r_os`` with ``w_s = n_s / n``. Where an ordering has fewer than 10 units in
    a stratum, the rate of the first coarser stratum with 10 stands in. The variance of ``r_o -
    r_p`` is ``sum_s w_s^2 (r_os q_os / n_os + r_ps q_ps / n_ps)`` plus ``(sum_s w_s d_s^2 - (sum_s
    w_s d_s)^2) / n`` with ``d_s = r_os - r_ps``: weights are estimated too.

    Parameters
    ----------
    units, converted : Numbers
        Counts of independent units by ordering and stratum, shape (o, s).
    coarser : sequence of int arrays, shape (s,)
        For each coarser partition, finest first, the group that a stratum lies in. Orderings with
        too few units everywhere are borrowed from all strata together at last.

    Returns
    -------
    Standardised
        All NaN where nobody is there.

    References
    ----------
    .. [1] S. Greenland, J. M. Robins (1985), "Estimation of a common effect parameter from sparse
       follow-up data", Biometrics 41, 55-68: standardised rates and their variance.

    Examples
    --------
    >>> found = standardise([[100, 100], [300, 100]], [[10, 30], [30, 30]])
    >>> [round(float(rate), 4) for rate in found.rate]  # weights 2/3 and 1/3, equal within strata
    [0.1667, 0.1667]
    """
    n, x = as_floats(units), as_floats(converted)
    orderings, strata = n.shape
    total = n.sum()
    weight = n.sum(axis=0) / total if total else np.full(strata, np.nan)
    rate_of, influence = np.full_like(n, np.nan), np.zeros_like(n)
    open_ = np.ones(n.shape, dtype=np.bool_)
    borrowed = np.zeros(n.shape, dtype=np.bool_)
    partitions = [np.arange(strata), *coarser, np.zeros(strata, dtype=np.int64)]
    for level, group in enumerate(partitions):
        members = np.eye(int(group.max(initial=-1)) + 1)[group]  # strata by groups
        n_of, x_of = (n @ members)[:, group], (x @ members)[:, group]
        here = open_ & (n_of >= FEWEST)
        rate_of[here] = x_of[here] / n_of[here]
        # each conversion in the group moves the rate of every stratum that reads the group
        reading = np.where(here, weight, 0.0) @ members
        influence += quotient(reading[:, group], n_of)
        borrowed |= here & (level > 0)
        open_ &= ~here
    rate = rate_of @ weight if strata else np.full(orderings, np.nan)
    within = influence**2 * n * rate_of * (1 - rate_of)
    away = rate_of - rate[:, None]
    among = np.einsum("s,os,ps->sop", weight / total if total else weight, away, away)
    return Standardised(
        rate=rate,
        influence=influence,
        cell_rate=rate_of,
        weight=weight,
        collapsed=(np.where(borrowed | open_, weight, 0.0)).sum(axis=1),
        by_stratum=among + np.einsum("os,op->sop", within, np.eye(orderings)),
    )
