"""Whether two arms of clusters differ, judged by dealing the clusters to the arms anew.

A second reading where clusters are few: it trusts only that whole clusters were drawn. Tests
that no cluster would have fared otherwise in the other arm, with the difference of the means of
clusters (each weighs alike). Has no interval and never decides.
"""

from dataclasses import dataclass
from itertools import chain, combinations
from math import comb

import numpy as np
import numpy.typing as npt

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats, Numbers, as_floats

MOST_ENUMERATED = 200_000
"""Up to so many ways to deal the clusters, all are tried: 10 and 10 are 184,756."""

DRAWS = 20_000
"""Ways drawn where there are more; a p of 0.05 is then known to 0.0015."""

_ROUNDING = 1e-12  # of the largest difference there could be: ties are ties
_AT_ONCE = 4_000_000  # numbers held while dealing


@dataclass(frozen=True, slots=True, kw_only=True)
class Permutation:
    """A permutation test of the difference of two arms' cluster means.

    Attributes
    ----------
    difference : float
        Mean of the treatment's cluster means minus the control's.
    p_value : float
        Two-sided; never 0.
    ways : int
        Assignments tried, the observed one included.
    exact : bool
        Whether these are all there are; else they were drawn.
    smallest : float
        The least p that so many clusters could have given.
    """

    difference: float
    p_value: float
    ways: int
    exact: bool
    smallest: float


def permuted_clusters(
    treatment: Numbers,
    control: Numbers,
    *,
    seed: int,
    most_enumerated: int = MOST_ENUMERATED,
    draws: int = DRAWS,
) -> Permutation:
    """Compare the observed difference with those of other assignments of the clusters.

    Parameters
    ----------
    treatment, control : Numbers
        Mean of each cluster, in one unit; shapes (G1,), (G0,).
    seed : int
        Of the draws, where not all assignments are tried.
    most_enumerated, draws : int, optional
        All assignments are tried up to the first; else so many are drawn.

    Returns
    -------
    Permutation
        With draws, p counts the observed assignment among them, so that the test holds its
        level at any number of draws.

    Raises
    ------
    NotEstimableError
        If an arm has no cluster, or there are fewer than three.

    References
    ----------
    .. [1] B. Phipson, G. K. Smyth (2010), "Permutation p-values should never be zero",
       Statistical Applications in Genetics and Molecular Biology 9, article 39.

    Examples
    --------
    >>> permuted_clusters([4.0, 5.0, 6.0], [1.0, 2.0, 3.0], seed=1).p_value
    0.1
    """
    # in order of size, so that the draws do not depend on how the clusters were named
    one, zero = np.sort(as_floats(treatment)), np.sort(as_floats(control))
    g1, g0 = len(one), len(zero)
    if min(g1, g0) < 1 or g1 + g0 < 3:
        raise NotEstimableError("a permutation takes clusters in both arms, three in all")
    every = np.concatenate((one, zero))
    # the difference is (1/g1 + 1/g0) times the treated sum about the mean of all clusters
    off = every - every.mean()
    observed = abs(off[:g1].sum()) - _ROUNDING * np.abs(off).sum()
    ways = comb(g1 + g0, g1)
    mirrored = 2 if g1 == g0 else 1  # the same clusters the other way round are as far out
    difference = float(one.mean() - zero.mean())
    if ways <= most_enumerated:
        sums = _all_sums(off, g1)
        return Permutation(
            difference=difference,
            p_value=float(np.mean(np.abs(sums) >= observed)),
            ways=ways,
            exact=True,
            smallest=mirrored / ways,
        )
    sums = _drawn_sums(off, g1, draws, np.random.default_rng(seed))
    return Permutation(
        difference=difference,
        p_value=float((1 + np.sum(np.abs(sums) >= observed)) / (1 + draws)),
        ways=draws + 1,
        exact=False,
        smallest=max(mirrored / ways, 1 / (1 + draws)),
    )


def _all_sums(off: Floats, size: int) -> Floats:
    """Sums of every choice of `size` numbers."""
    ways = comb(len(off), size)
    each = chain.from_iterable(combinations(range(len(off)), size))
    chosen: npt.NDArray[np.intp] = np.fromiter(each, dtype=np.intp, count=ways * size)
    return as_floats(off[chosen.reshape(ways, size)].sum(axis=1))


def _drawn_sums(off: Floats, size: int, draws: int, rng: np.random.Generator) -> Floats:
    """Sums of `size` numbers drawn without replacement."""
    batch = max(1, _AT_ONCE // len(off))
    parts = []
    for start in range(0, draws, batch):
        keys = rng.random((min(batch, draws - start), len(off)))
        chosen = np.argpartition(keys, size - 1, axis=1)[:, :size]
        parts.append(off[chosen].sum(axis=1))
    return np.concatenate(parts)
