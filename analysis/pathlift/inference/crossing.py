"""How often a group-sequential design stops, where, and how much it must plan for that.

Probabilities of crossing given boundaries under any drift: type I error without one, power
with one. Knows nothing of how the boundaries were chosen.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.group_sequential import Boundaries, still_inside
from pathlift.inference.roots import bracketed_root
from pathlift.inference.tails import one_sided_critical
from pathlift.inference.walk import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossings:
    """Probabilities of crossing for the first time at each look.

    Attributes
    ----------
    above, below : Floats
        Shape (k,), by side; ``below`` is 0 for a one-sided design.
    """

    above: Floats
    below: Floats

    @property
    def by_look(self) -> Floats:
        """Probability of stopping at each look, shape (k,)."""
        return self.above + self.below

    @property
    def total(self) -> float:
        """Probability of ever crossing: type I error without drift, power with it."""
        return float(self.by_look.sum())


def crossings(plan: Boundaries, drift: float = 0.0) -> Crossings:
    """How probable it is to cross each boundary first.

    Parameters
    ----------
    plan : Boundaries
        Any critical values, infinite ones included.
    drift : float, default 0.0
        Expectation of z where the information share is 1: the effect over its standard
        error at the planned end. At share t the expectation is ``drift * sqrt(t)``.

    Returns
    -------
    Crossings
    """
    above, below, walk = arrival(plan, drift)
    now, c = float(plan.information[-1]), float(plan.critical[-1])
    above[-1] = walk.above(now, c)
    below[-1] = walk.below(now, -c) if plan.sides == 2 else 0.0
    return Crossings(above=above, below=below)


def arrival(plan: Boundaries, drift: float = 0.0) -> tuple[Floats, Floats, Walk]:
    """Who has crossed before the last look, and who arrives there.

    Parameters
    ----------
    plan : Boundaries
        Any critical values; the last one does not matter.
    drift : float, default 0.0
        Expectation of z where the information share is 1.

    Returns
    -------
    above, below : Floats
        Shape (k,): probabilities of crossing first at each look; 0 for the last.
    walk : Walk
        Paths that have not crossed, ready for the last look.
    """
    walk = Walk.start(drift)
    above, below = np.zeros(plan.critical.shape), np.zeros(plan.critical.shape)
    for look, c in enumerate(plan.critical[:-1]):
        if np.isinf(c):  # nobody stops here, so the look might as well not have been
            continue
        now = float(plan.information[look])
        above[look] = walk.above(now, float(c))
        below[look] = walk.below(now, -float(c)) if plan.sides == 2 else 0.0
        walk = still_inside(walk, plan.information, look, float(c), plan.sides)
    return above, below, walk


def drift_for_power(plan: Boundaries, power: float) -> float:
    """Drift at which a design finds an effect with the wanted probability.

    Parameters
    ----------
    plan : Boundaries
        With at least one finite critical value.
    power : float
        Above the design's alpha, below 1.

    Returns
    -------
    float
        Positive; expectation of z where the information share is 1.

    Raises
    ------
    ValueError
        If power does not lie between the design's alpha and 1.
    """
    if not float(plan.spent[-1]) < power < 1:
        raise ValueError("power lies between the design's alpha and 1")
    most = 2.0
    while crossings(plan, most).total <= power:
        most *= 2
    low, high = np.array([0.0]), np.array([most])

    def excess(drift: Floats) -> Floats:
        return np.array([crossings(plan, float(drift[0])).total - power])

    root = bracketed_root(
        excess, low, high, low_value=excess(low), high_value=excess(high), tolerance=1e-10
    )
    return float(root[0])


def inflation(plan: Boundaries, *, alpha: float, power: float) -> float:
    """How many times the units of one fixed look a design needs for the same power.

    Parameters
    ----------
    plan : Boundaries
        Planned up to an information share of 1.
    alpha : float
        Type I error of the fixed look, of as many sides as the plan.
    power : float
        Above alpha, below 1.

    Returns
    -------
    float
        Above 1 for every design that may stop early.

    Examples
    --------
    >>> from pathlift.inference.group_sequential import boundaries
    >>> from pathlift.inference.spending import Spending
    >>> plan = boundaries([0.25, 0.5, 0.75, 1], Spending(kind="obrien_fleming"), alpha=0.05)
    >>> round(inflation(plan, alpha=0.05, power=0.8), 4)
    1.0196
    """
    # planning neglects that a fixed two-sided test may also reject on the wrong side
    fixed = float(one_sided_critical(alpha / plan.sides) + one_sided_critical(1 - power))
    return (drift_for_power(plan, power) / fixed) ** 2


def expected_information(plan: Boundaries, drift: float = 0.0) -> float:
    """Information share at which a design stops, on average.

    Parameters
    ----------
    plan : Boundaries
        Its last look ends the experiment, crossed or not.
    drift : float, default 0.0
        Expectation of z where the information share is 1.

    Returns
    -------
    float
        At most the last look's information share.
    """
    stopping = crossings(plan, drift).by_look
    still_running = 1.0 - float(stopping.sum())
    return float(stopping @ plan.information) + still_running * float(plan.information[-1])
