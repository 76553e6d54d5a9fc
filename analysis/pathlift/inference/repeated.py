"""What one look of several may say: the repeated p-value that belongs to the repeated interval.

The interval at a look is the estimate plus and minus its boundary times the standard error;
any interval of this folder that takes a critical value takes a boundary. The p-value is the
smallest total alpha whose boundary, of the same family and at the same information, the
statistic reaches. Valid at every look, stopped or not; knows nothing of the final values.
"""

import numpy as np

from pathlift.inference.arrays import Floats, Numbers
from pathlift.inference.group_sequential import boundaries, growing_information
from pathlift.inference.roots import bracketed_root
from pathlift.inference.spending import Sides, Spending
from pathlift.inference.tails import one_sided_p, two_sided_p

_LARGEST = 1 - 1e-9
# Upwards to the first alpha that is reached. Boundaries fall with alpha as long as alpha is
# small; near 1 they may rise again, since earlier looks have then spent nearly everything.
_LADDER = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95, _LARGEST)
_SMALLEST = 1e-300  # an alpha below which quantiles underflow
_TOLERANCE = 1e-10  # of the logarithm of p


def repeated_p(
    statistic: float, information: Numbers, spending: Spending, *, sides: Sides = 2
) -> float:
    """Smallest total alpha at which the last look would have crossed its boundary.

    Parameters
    ----------
    statistic : float
        z at the last look.
    information : Numbers
        Shape (k,): shares of the planned information at all looks so far.
    spending : Spending
        How alpha is used up.
    sides : {1, 2}, default 2
        Whether z counts in absolute size.

    Returns
    -------
    float
        At least the p-value of a single look, at most 1. At most alpha exactly when
        the boundary for alpha is reached, up to the solver's 1e-10; a look that has no
        boundary at any alpha below p is not told to have crossed one.

    Raises
    ------
    NotEstimableError
        If information did not grow from look to look.
    ValueError
        If the statistic is not a number or information is not a list of positive ones.

    Examples
    --------
    >>> spending = Spending(kind="obrien_fleming")
    >>> round(repeated_p(1.9686, [0.5, 1.0], spending), 4)
    0.05
    """
    t = growing_information(information)
    if np.isnan(statistic):
        raise ValueError("a statistic that is not a number has no p-value")
    z = abs(statistic) if sides == 2 else statistic

    def short(log_alpha: Floats) -> Floats:
        """By how much the boundary lies above the statistic; a missing one lies far above."""
        plan = boundaries(t, spending, alpha=float(np.exp(log_alpha[0])), sides=sides)
        return np.array([min(float(plan.critical[-1]) - z, 1e3)])

    tail = two_sided_p(z) if sides == 2 else one_sided_p(z, side="greater")
    # whoever exceeds a boundary at this look has crossed by now: no alpha below a single p
    low = np.log(np.array([min(max(float(tail), _SMALLEST), _LARGEST)]))
    low_value = short(low)
    if low_value[0] <= 0:  # the first look with a boundary, or as small as can be computed
        return float(np.exp(low[0]))
    for alpha in _LADDER:
        high = np.log(np.array([alpha]))
        if high[0] <= low[0]:
            continue
        high_value = short(high)
        if high_value[0] <= 0:
            root = bracketed_root(
                short, low, high, low_value=low_value, high_value=high_value, tolerance=_TOLERANCE
            )
            return float(np.exp(root[0]))
        low, low_value = high, high_value
    return 1.0
