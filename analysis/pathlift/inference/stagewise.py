"""What is known once a group-sequential experiment has stopped: final p, estimate, interval.

Outcomes are ordered by stage: to stop earlier above is more extreme than to stop later above,
and to stop earlier below is more extreme than later below. The estimate at the stopping look
leans outwards, since extreme values are what stopped it; the median-unbiased one does not.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats
from pathlift.inference.crossing import arrival
from pathlift.inference.group_sequential import Boundaries
from pathlift.inference.roots import bracketed_root

_TOLERANCE = 1e-9  # of the drift, which lives on the scale of z


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """Values after stopping, which account for the stopping.

    Attributes
    ----------
    look : int
        The look at which the experiment stopped, counted from 1.
    p_value : float
        Of as many sides as the design; at most alpha if and only if a boundary was crossed.
    estimate : float
        Median unbiased, in the unit of the effect.
    low, high : float
        Interval of level ``1 - alpha`` (``1 - 2 alpha`` when one-sided).
    """

    look: int
    p_value: float
    estimate: float
    low: float
    high: float


def stopping_look(plan: Boundaries, statistics: Floats) -> int | None:
    """First look whose boundary was reached, or the last one if the plan has ended.

    Parameters
    ----------
    plan : Boundaries
        At all looks so far.
    statistics : Floats
        Shape (k,): z at each of these looks.

    Returns
    -------
    int or None
        Counted from 1; None while the experiment goes on.
    """
    size = np.abs(statistics) if plan.sides == 2 else statistics
    reached = size >= plan.critical
    if bool(reached.any()):
        return int(np.argmax(reached)) + 1
    return plan.information.size if float(plan.information[-1]) >= 1 else None


def final_values(
    plan: Boundaries,
    statistics: Floats,
    standard_errors: Floats,
    *,
    alpha: float,
    null: float = 0.0,
) -> Final:
    """Stage-wise p-value, median-unbiased estimate and interval.

    Parameters
    ----------
    plan : Boundaries
        At all looks so far, for this alpha.
    statistics : Floats
        Shape (k,): z at each look, the effect minus ``null`` over its standard error.
    standard_errors : Floats
        Shape (k,), above 0, in the unit of the effect.
    alpha : float
        Type I error of the plan.
    null : float, default 0.0
        Value under test, in the unit of the effect.

    Returns
    -------
    Final
        Data from after the stopping look are not used.

    Raises
    ------
    NotEstimableError
        If no boundary was reached and planned information is still to come.

    References
    ----------
    .. [1] A. A. Tsiatis, G. L. Rosner and C. R. Mehta (1984), "Exact confidence intervals
       following a group sequential test", Biometrics 40, 797-803.
    .. [2] C. Jennison and B. W. Turnbull (2000), "Group Sequential Methods with
       Applications to Clinical Trials", chapter 8.
    """
    look = stopping_look(plan, statistics)
    if look is None:
        raise NotEstimableError("an experiment that has not stopped has no final values")
    stopped, z = plan.until(look), float(statistics[look - 1])
    upper, lower = as_extreme(stopped, z)
    p = min(2 * min(upper, lower), 1.0) if plan.sides == 2 else upper
    share = float(stopped.information[-1])
    # a drift of 1 is the effect that would lie one standard error out at the planned end
    unit = float(standard_errors[look - 1]) * np.sqrt(share)
    tail = alpha / plan.sides
    low, middle, high = (
        null + unit * _drift_with_tail(stopped, z, chance) for chance in (tail, 0.5, 1 - tail)
    )
    return Final(look=look, p_value=p, estimate=middle, low=low, high=high)


def as_extreme(stopped: Boundaries, statistic: float, drift: float = 0.0) -> tuple[float, float]:
    """Probability of an outcome at least as far up, and at least as far down.

    Parameters
    ----------
    stopped : Boundaries
        Up to and with the stopping look.
    statistic : float
        z at that look.
    drift : float, default 0.0
        Expectation of z where the information share is 1.

    Returns
    -------
    upper, lower : float
        They sum to 1, and ``upper`` rises with the drift.
    """
    above, below, walk = arrival(stopped, drift)
    now = float(stopped.information[-1])
    upper = float(above.sum()) + walk.above(now, statistic)
    return upper, float(below.sum()) + walk.below(now, statistic)


def _drift_with_tail(stopped: Boundaries, z: float, chance: float) -> float:
    """Drift under which an outcome at least as far up has the given probability."""

    def excess(drift: Floats) -> Floats:
        return np.array([as_extreme(stopped, z, float(drift[0]))[0] - chance])

    center = z / float(np.sqrt(stopped.information[-1]))
    reach = 4.0
    while True:
        low, high = np.array([center - reach]), np.array([center + reach])
        low_value, high_value = excess(low), excess(high)
        if low_value[0] <= 0 <= high_value[0]:
            break
        reach *= 2
    root = bracketed_root(
        excess, low, high, low_value=low_value, high_value=high_value, tolerance=_TOLERANCE
    )
    return float(root[0])
