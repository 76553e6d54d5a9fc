"""Whether two sparse conversion rates differ, by exact probabilities.

Second readings of counts too small to trust a limit: Fisher's test given both totals, its
mid-p, and Boschloo's, which asks Fisher's p what it would be over all rates. Never the headline.
Above a stated size they are refused: there the score method agrees with them.
"""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats
from pathlift.inference.tails import Side

Alternative = Literal["two_sided", "greater", "less"]

MOST_SUPPORT = 2_000_000
"""Tables of Fisher's test: more need tens of milliseconds and memory to no purpose."""

MOST_TABLES = 40_000
"""Tables of Boschloo's test, (n1 + 1) (n0 + 1): about a third of a second."""

_SAME = 1e-7  # as R: tables whose probability differs by rounding are equally likely


@dataclass(frozen=True, slots=True, kw_only=True)
class Fisher:
    """Fisher's exact test of two proportions.

    Attributes
    ----------
    p_value : float
        Two-sided: all tables at most as likely as the observed one.
    mid_p : float
        The same with half of the probability of equally likely tables: less conservative,
        not exact.
    p_greater, p_less : float
        One-sided: the treatment converts more (less).
    """

    p_value: float
    mid_p: float
    p_greater: float
    p_less: float


def fisher(x1: int, n1: int, x0: int, n0: int) -> Fisher:
    """Fisher's exact test, given how many units converted in all.

    Parameters
    ----------
    x1, n1, x0, n0 : int
        Converted and all units of treatment and control; at least one unit an arm.

    Returns
    -------
    Fisher

    Raises
    ------
    ValueError
        If counts are not counts.
    NotEstimableError
        If more than 2,000,000 tables share the totals.

    References
    ----------
    .. [1] R. A. Fisher (1935), "The logic of inductive inference", Journal of the Royal
       Statistical Society 98, 39-82. Two-sided as in R's ``fisher.test``.

    Examples
    --------
    >>> round(fisher(7, 15, 12, 15).p_value, 6)
    0.128136
    """
    _refuse_no_counts(x1, n1, x0, n0)
    first, last = max(0, x1 + x0 - n0), min(n1, x1 + x0)
    if last - first + 1 > MOST_SUPPORT:
        raise NotEstimableError(
            f"Fisher's test is for small counts: {last - first + 1:,} tables have these totals, "
            f"and it stops at {MOST_SUPPORT:,}"
        )
    log_p = _hypergeometric(first, last, n1, n0, x1 + x0)
    at = x1 - first
    p = np.exp(log_p)
    rarer = log_p <= log_p[at] + _SAME
    tied = rarer & (log_p >= log_p[at] - _SAME)
    return Fisher(
        p_value=_total(p[rarer]),
        mid_p=_total(p[rarer & ~tied]) + 0.5 * _total(p[tied]),
        p_greater=_total(p[at:]),
        p_less=_total(p[: at + 1]),
    )


def boschloo(
    x1: int, n1: int, x0: int, n0: int, *, alternative: Alternative = "two_sided"
) -> float:
    """Boschloo's exact test: Fisher's p as a statistic, at the least favourable rate.

    One-sided it is never above Fisher's p, and more powerful.

    Parameters
    ----------
    x1, n1, x0, n0 : int
        Converted and all units of treatment and control; at least one unit an arm.
    alternative : {"two_sided", "greater", "less"}
        Of the treatment's rate; two-sided doubles the smaller one-sided p.

    Returns
    -------
    float
        p-value; 1 where no unit or every unit converted.

    Raises
    ------
    ValueError
        If counts are not counts.
    NotEstimableError
        If there are more than 40,000 tables, (n1 + 1) (n0 + 1).

    References
    ----------
    .. [1] R. D. Boschloo (1970), "Raised conditional level of significance for the 2x2-table
       when testing the equality of two probabilities", Statistica Neerlandica 24, 1-9.
    """
    _refuse_no_counts(x1, n1, x0, n0)
    tables = (n1 + 1) * (n0 + 1)
    if tables > MOST_TABLES:
        raise NotEstimableError(
            f"Boschloo's test is for small arms: {n1:,} and {n0:,} units make {tables:,} tables, "
            f"and it stops at {MOST_TABLES:,}"
        )
    if x1 + x0 in (0, n1 + n0):
        return 1.0
    if alternative == "two_sided":
        return min(1.0, 2 * min(_boschloo(x1, n1, x0, n0, side) for side in ("greater", "less")))
    return _boschloo(x1, n1, x0, n0, alternative)


def _boschloo(x1: int, n1: int, x0: int, n0: int, side: Side) -> float:
    from scipy import stats  # costs a second of import, and few results need it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # 0 * log(0) at rates of 0 and 1
        found = stats.boschloo_exact([[x1, x0], [n1 - x1, n0 - x0]], alternative=side)
    return float(min(found.pvalue, 1.0))


def _refuse_no_counts(x1: int, n1: int, x0: int, n0: int) -> None:
    if not (n1 >= 1 and n0 >= 1 and 0 <= x1 <= n1 and 0 <= x0 <= n0):
        raise ValueError("an arm has at least one unit, and no more conversions than units")


def _hypergeometric(first: int, last: int, n1: int, n0: int, converted: int) -> Floats:
    """Log probabilities that first..last of the converted units are treated."""
    k = np.arange(first, last, dtype=np.float64)
    # each over the one before; sums of logarithms keep what factorials of millions would lose
    step = np.log((n1 - k) / (k + 1)) + np.log((converted - k) / (n0 - converted + k + 1))
    log_p = np.concatenate(([0.0], np.cumsum(step)))
    log_p -= log_p.max()
    total = np.log(np.exp(log_p).sum())
    return np.asarray(log_p - total)


def _total(p: Floats) -> float:
    """Sum from the smallest up, at most 1."""
    return float(min(np.sort(p).sum(), 1.0))
