"""By how much is an effect overstated that was found? Knows one comparison and its size.

Who reads only what is significant reads what came out large. At a power of 80% that is one part in
eight; at a power of 10% it is several times the effect.
"""

import math

from scipy import special

from pathlift.planning.comparisons import Comparison, standard_error

_SQRT_2PI = math.sqrt(2 * math.pi)


def exaggeration(comparison: Comparison, units: float, critical: float) -> float | None:
    """Mean size of the estimates that are found, over the effect (type M error).

    Parameters
    ----------
    comparison : Comparison
    units : float
        Size of the treated arm as of units drawn one by one, at least 2.
    critical : float
        What |z| has to reach.

    Returns
    -------
    float or None
        At least 1; None of a guardrail, whose arm does nothing.

    References
    ----------
    .. [1] A. Gelman, J. Carlin (2014), "Beyond power calculations: assessing type S (sign) and
       type M (magnitude) errors", Perspectives on Psychological Science 9, 641-651.
    """
    if comparison.difference == 0:
        return None
    error = standard_error(comparison, units)
    away = comparison.distance / error
    found = special.ndtr(away - critical)
    size = found * abs(comparison.difference) + error * _density(critical - away)
    if comparison.sides == 2 and comparison.null_difference == 0:
        other = special.ndtr(-away - critical)  # found on the wrong side
        size += error * _density(critical + away) - other * abs(comparison.difference)
        found += other
    return float(size / found / abs(comparison.difference))


def _density(z: float) -> float:
    return math.exp(-(z**2) / 2) / _SQRT_2PI
