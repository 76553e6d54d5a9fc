"""Where a statistic that is looked at several times must lie to count.

Boundaries by the recursion of Armitage, McPherson and Rowe at the information actually seen.
Rests on independent increments: the looks must be of mature units in order of exposure. Knows
no data, only information.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats, Numbers, as_floats
from pathlift.inference.spending import Sides, Spending
from pathlift.inference.tails import one_sided_critical
from pathlift.inference.walk import Walk

LEAST_GROWTH = 1e-6  # of the planned information, from one look to the next
_MOST_STEPS = 100  # of Newton's method, which needs about six
_LEAST_SPEND = 2e-11  # of alpha; 1e-12 at alpha 0.05. Less buys no boundary, but is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """Critical values of a group-sequential design, look by look.

    Attributes
    ----------
    information : Floats
        Shape (k,): shares of the planned information, rising; may end above 1.
    critical : Floats
        Shape (k,): what the z statistic (its absolute size when two-sided) must reach;
        infinite at a look that has too little alpha to spend.
    spent : Floats
        Shape (k,): probability under no effect of having crossed by each look.
    sides : {1, 2}
        Whether crossing below counts too.
    """

    information: Floats
    critical: Floats
    spent: Floats
    sides: Sides

    def until(self, looks: int) -> Self:
        """The same boundaries as they stood after the first looks.

        Parameters
        ----------
        looks : int
            How many looks to keep, from the first.

        Returns
        -------
        Boundaries
        """
        return replace(
            self,
            information=self.information[:looks],
            critical=self.critical[:looks],
            spent=self.spent[:looks],
        )


def planned_information(standard_error: Numbers, units: Numbers, planned_units: Numbers) -> Floats:
    """Information that the planned units will carry, foreseen at the first look.

    Parameters
    ----------
    standard_error : Numbers
        Of the estimate at the first look, above 0.
    units : Numbers
        Mature units in the contrast at the first look, above 0.
    planned_units : Numbers
        Mature units in the contrast at the end of the plan, above 0.

    Returns
    -------
    Floats
        ``planned_units / units / standard_error**2``; to be frozen, since a denominator
        that follows the data would let the data choose the boundary.

    Raises
    ------
    NotEstimableError
        If an estimate has no standard error or no units to plan by.
    """
    se, n, most = as_floats(standard_error), as_floats(units), as_floats(planned_units)
    if not bool(np.all((se > 0) & np.isfinite(se) & (n > 0) & (most > 0))):
        raise NotEstimableError("without units and a standard error no information can be planned")
    return most / n / se**2


def information_share(standard_error: Numbers, planned: Numbers) -> Floats:
    """Share of the planned information that an estimate carries.

    Parameters
    ----------
    standard_error : Numbers
        Above 0.
    planned : Numbers
        What :func:`planned_information` foresaw, in the same unit.

    Returns
    -------
    Floats
        Above 0; exceeds 1 when more was learnt than planned.
    """
    return 1.0 / (as_floats(standard_error) ** 2 * as_floats(planned))


def boundaries(
    information: Numbers, spending: Spending, *, alpha: float, sides: Sides = 2
) -> Boundaries:
    """Critical values at the information actually seen.

    Parameters
    ----------
    information : Numbers
        Shape (k,): shares of the planned information at all looks so far. Spending counts
        them at most as 1; the correlation of the looks takes them as they are.
    spending : Spending
        How alpha is used up.
    alpha : float
        Total type I error, in (0, 1); of both sides together when ``sides`` is 2.
    sides : {1, 2}, default 2
        Symmetric boundaries, or an upper one alone.

    Returns
    -------
    Boundaries
        Those of earlier looks do not depend on later ones.

    Raises
    ------
    NotEstimableError
        If information did not grow from one look to the next, or all of it had been seen
        before the last look.
    ValueError
        If information is not a list of positive numbers, or alpha lies outside (0, 1).

    References
    ----------
    .. [1] P. Armitage, C. K. McPherson and B. C. Rowe (1969), "Repeated significance tests
       on accumulating data", Journal of the Royal Statistical Society A 132, 235-244.

    Examples
    --------
    >>> plan = boundaries([0.5, 1.0], Spending(kind="obrien_fleming"), alpha=0.05)
    >>> plan.critical.round(4).tolist()
    [2.9626, 1.9686]
    """
    t = growing_information(information)
    budget = spending.spent(t, alpha, sides=sides)
    return boundaries_of_budget(t, budget, sides=sides, least=_LEAST_SPEND * alpha)


def boundaries_of_budget(
    information: Floats, budget: Floats, *, sides: Sides, least: float = 0.0
) -> Boundaries:
    """Critical values that use up a given alpha by each look.

    Parameters
    ----------
    information : Floats
        Shape (k,), positive and rising, in any unit.
    budget : Floats
        Shape (k,): alpha to be used up by each look, never falling, below 1.
    sides : {1, 2}
        Symmetric boundaries, or an upper one alone.
    least : float, default 0.0
        A look with less than this to spend has no boundary and leaves it to the next.

    Returns
    -------
    Boundaries
    """
    walk, spent = Walk.start(), 0.0
    critical, used = np.full(information.shape, np.inf), np.zeros(information.shape)
    for look, (now, allowed) in enumerate(zip(information, budget, strict=True)):
        to_spend = float(allowed) - spent
        if to_spend > 0 and to_spend >= least:
            c = _critical(walk, float(now), to_spend, sides)
            walk = still_inside(walk, information, look, c, sides)
            critical[look], spent = c, float(allowed)
        used[look] = spent
    return Boundaries(information=information, critical=critical, spent=used, sides=sides)


def growing_information(information: Numbers) -> Floats:
    """Refuse looks that learnt nothing new.

    Parameters
    ----------
    information : Numbers
        Shape (k,): shares of the planned information.

    Returns
    -------
    Floats
        The same.

    Raises
    ------
    NotEstimableError
        If it shrank, hardly grew, or grew past a share of 1 that was reached before.
    ValueError
        If it is not a list of finite positive numbers.
    """
    t = as_floats(information)
    if t.ndim != 1 or t.size == 0 or not bool(np.all(np.isfinite(t) & (t > 0))):
        raise ValueError("information is a list of positive numbers, one for each look")
    growth = np.diff(t)
    if bool(np.any(growth < 0)):
        look = int(np.argmax(growth < 0)) + 2
        raise NotEstimableError(
            f"information shrank from {t[look - 2]:.6g} to {t[look - 1]:.6g} of the plan "
            f"at look {look}"
        )
    if bool(np.any(t[:-1] >= 1)):
        look = int(np.argmax(t >= 1)) + 1
        raise NotEstimableError(
            f"all planned information had been seen at look {look}, which spent all of alpha"
        )
    grown = np.diff(np.minimum(t, 1.0)) >= LEAST_GROWTH
    if not bool(grown.all()):
        look = int(np.argmin(grown)) + 2
        raise NotEstimableError(
            f"look {look} came with less than {LEAST_GROWTH:g} of the planned information "
            "more than the one before"
        )
    return t


def still_inside(walk: Walk, information: Floats, look: int, critical: float, sides: Sides) -> Walk:
    """Paths that did not stop at a look.

    Parameters
    ----------
    walk : Walk
        Those that arrive at the look.
    information : Floats
        Shape (k,): of all looks.
    look : int
        Counted from 0.
    critical : float
        Boundary there, finite.
    sides : {1, 2}
        Whether crossing below stops too.

    Returns
    -------
    Walk
        After the last look the same as before: nobody asks.
    """
    if look + 1 == information.size:
        return walk
    low = -critical if sides == 2 else -np.inf
    now, following = float(information[look]), float(information[look + 1])
    return walk.inside(now, low=low, high=critical, following=following)


def _critical(walk: Walk, now: float, to_spend: float, sides: Sides) -> float:
    """Critical value that those still inside exceed with the given probability.

    The tail of a truncated normal walk is log-concave, and so Newton's method on its
    logarithm falls from the right towards the root and never past it.
    """
    if to_spend >= walk.weight:  # rounding, at an alpha near 1: whoever is left stops
        return 0.0
    c = min(
        float(one_sided_critical(to_spend / sides)),  # the root if nobody could have stopped
        walk.reach(now, to_spend / sides / walk.weight),  # the root if all were outermost
    )
    for _ in range(_MOST_STEPS):
        outside = walk.above(now, c) * sides
        step = np.log(outside / to_spend) * outside / (walk.density(now, c) * sides)
        c += float(step)
        if step > -1e-11:  # downwards only; what is left is rounding
            return c
    raise ArithmeticError("a boundary did not converge")
