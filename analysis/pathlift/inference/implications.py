"""What exclusion and monotonicity imply that data can contradict, though never confirm.

If an arm only brings units to an ordering, and moves conversion through it alone, then no more
units take the ordering and convert (or do not) without it than with it, and the reverse for those
who do not take it.
"""

import numpy as np

from pathlift.inference.arrays import quotient
from pathlift.inference.encouraged import Encouraged
from pathlift.inference.tails import one_sided_p
from pathlift.registry.experiment import Contrast


def contradicted(read: Encouraged, contrast: Contrast, ordering: str, *, alpha: float) -> bool:
    """Whether a testable implication of the assumptions is rejected.

    Four shares of all units (took the ordering or not, converted or not) may move one way only;
    each is tested one-sided at a quarter of alpha.

    Parameters
    ----------
    read : Encouraged
        Of units that stand alone: clusters would make their shares vary more.
    contrast : Contrast
    ordering : str
    alpha : float
        Of all four together.

    Returns
    -------
    bool
        False also where an arm has clusters: then it is not tested.

    References
    ----------
    .. [1] M. Huber, G. Mellace (2015), "Testing instrument validity for LATE identification based
       on inequality moment constraints", Review of Economics and Statistics 97, 398-411.
    """
    pair = [read.arms.index(contrast.arm), read.arms.index(contrast.control)]
    if read.grouped[pair].any():
        return False
    place = read.orderings.index(ordering)
    took, converted = read.took[pair, place], read.converted[pair]
    both = read.took_and_converted[pair, place]
    shares = np.array([both, took - both, converted - both, 1 - took - converted + both])
    # units that take it may only become more, those that do not only fewer
    ways = np.array([1.0, 1.0, -1.0, -1.0]) * np.sign(took[0] - took[1])
    variance = (shares * (1 - shares) / (read.units[pair] - 1)).sum(axis=1)
    wrong = -ways * (shares[:, 0] - shares[:, 1])
    z = quotient(wrong, np.sqrt(np.maximum(variance, 0.0)))  # below 0 by rounding
    return bool(np.any(one_sided_p(z, np.inf, side="greater") < alpha / 4))
