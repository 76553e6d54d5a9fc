"""Does what two units gave go to one holder, such as one creator? How likely that is.

The sum of squared shares (Herfindahl 1950, Simpson 1949) over pairs of different units, so that it
does not fall as an arm grows: a square of one unit's own share is no meeting. Its error is that of
a jackknife over buckets of units. Knows nothing of arms and not whether the number means anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from pathlift.errors import NotEstimableError
from pathlift.statistics.spread import Bucket, Worth

FEWEST: Final = 10
"""Buckets below which a jackknife says nothing: each holds one unit then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentrated:
    """Chance that two pieces of worth, drawn from different units, are of one holder.

    Attributes
    ----------
    same : float
        In [0, 1]; 1 where one holder got everything.
    standard_error : float
        At least 0; NaN below `FEWEST` buckets.
    df : float
        Buckets less 1.
    """

    same: float
    standard_error: float
    df: float


def concentrated(buckets: Sequence[Bucket]) -> Concentrated:
    """Estimate that chance.

    Parameters
    ----------
    buckets : sequence of Bucket
        All of one arm; in whole steps, sums are exact.

    Returns
    -------
    Concentrated
        With ``S`` what a holder got, ``v`` what a unit gave a holder and ``T`` what it gave in all,
        ``(sum S^2 - sum v^2) / ((sum T)^2 - sum T^2)``: numerator and denominator add up products
        of two different units.

    Raises
    ------
    NotEstimableError
        If fewer than two units gave anything.
    """
    same = _same(buckets, without=None)
    if same is None:
        raise NotEstimableError("fewer than two units gave anything to a known one")
    count = len(buckets)
    left = [_same(buckets, without=bucket) for bucket in buckets] if count >= FEWEST else []
    known = [value for value in left if value is not None]
    if not known or len(known) < count:
        return Concentrated(same=same, standard_error=float("nan"), df=float(max(count - 1, 1)))
    middle = sum(known) / count
    variance = (count - 1) / count * sum((value - middle) ** 2 for value in known)
    return Concentrated(same=same, standard_error=sqrt(variance), df=float(count - 1))


def _same(buckets: Sequence[Bucket], *, without: Bucket | None) -> float | None:
    """The chance, over all buckets or all but one; None where no two units are left."""
    squares: Worth = sum(bucket.shared for bucket in buckets)  # of what holders got from all
    within: Worth = sum(bucket.within for bucket in buckets)
    worth: Worth = sum(bucket.worth for bucket in buckets)
    own: Worth = sum(bucket.squares for bucket in buckets)
    if without is not None:
        squares += without.own - 2 * without.shared
        within -= without.within
        worth -= without.worth
        own -= without.squares
    pairs = worth * worth - own
    return (squares - within) / pairs if pairs > 0 else None
