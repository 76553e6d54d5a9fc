"""Do counts by arm contradict what chance allows? Knows no experiment.

The chi-square test where every cell expects at least five, and an exact binomial bound below that:
a check that cries wolf on small data is read once and never again.
"""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy import special

from pathlift.inference.tails import chi_square_p
from pathlift.judgement import words

SMALLEST_EXPECTED = 5.0
SMALL_PAIR = 20
_LN10 = math.log(10)
_TRUSTED = 1e-290  # below it chdtrc loses digits on its way to 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What a test of counts found.

    Attributes
    ----------
    test : str
        Its name in words.
    statistic : float or None
        Chi-square; None for the exact binomial.
    df : int or None
    p_value : float
        In (0, 1]; the smallest positive float stands for everything below it.
    log10_p : float
        Its logarithm to the base ten, which goes on below.
    """

    test: str
    statistic: float | None
    df: int | None
    p_value: float
    log10_p: float

    @property
    def said(self) -> str:
        """The p-value in words."""
        return words.p_value(self.p_value, self.log10_p)

    def figures(self) -> dict[str, Any]:
        """As entries of a check's figures."""
        return {
            "test": self.test,
            "statistic": self.statistic,
            "df": self.df,
            "p_value": self.p_value,
            "log10_p_value": self.log10_p,
        }


def against_weights(counts: Sequence[int], weights: Sequence[float]) -> Tested:
    """Hold counts against planned proportions.

    Pearson's chi-square; where a count expects fewer than five, each count is held against its
    binomial and the smallest of those p-values is multiplied by their number.

    Parameters
    ----------
    counts : sequence of int
        Of at least two categories, not all 0.
    weights : sequence of float
        As many, relative, above 0.

    Returns
    -------
    Tested

    Raises
    ------
    ValueError
        If there is nothing to compare.

    References
    ----------
    .. [1] Fabijan et al. (2019), "Diagnosing Sample Ratio Mismatch in Online Controlled
       Experiments", KDD.

    Examples
    --------
    >>> found = against_weights([600, 400], [1, 1])
    >>> found.statistic, found.df, f"{found.p_value:.3e}"
    (40.0, 1, '2.540e-10')
    """
    total, whole = sum(counts), math.fsum(weights)
    if len(counts) < 2 or total <= 0:
        raise ValueError("a split is compared with its weights when two arms have units")
    shares = [weight / whole for weight in weights]
    expected = [total * share for share in shares]
    statistic = math.fsum((n - e) ** 2 / e for n, e in zip(counts, expected, strict=True))
    approximate = _chi_square(statistic, len(counts) - 1)
    if min(expected) >= SMALLEST_EXPECTED:
        return approximate
    alike = counts[:1] if len(counts) == 2 else counts  # of two, the second says the same
    exact = len(alike) * min(
        _binomial(n, total, share) for n, share in zip(alike, shares, strict=False)
    )
    return _exact(exact) if exact > 0 else approximate


def shares_by_arm(hits: Mapping[str, int], totals: Mapping[str, int]) -> Tested | None:
    """Test whether the share of something differs between arms.

    Pearson's chi-square for arms x (hit, not hit). Where a cell expects fewer than five, the rarer
    outcome of each arm is held against the binomial with the arm's share of units; it spreads wider
    than the hypergeometric, so that the bound is conservative.

    Parameters
    ----------
    hits, totals : mapping of str to int
        By arm; ``0 <= hits <= totals``. Arms without total are left out.

    Returns
    -------
    Tested or None
        None where fewer than two arms have anything to compare. A p-value of 1 where nothing or
        everything was hit.

    Raises
    ------
    ValueError
        If an arm has more hits than its total.
    """
    arms = [arm for arm, total in totals.items() if total > 0]
    if len(arms) < 2:
        return None
    whole, hit = sum(totals[arm] for arm in arms), sum(hits.get(arm, 0) for arm in arms)
    if any(not 0 <= hits.get(arm, 0) <= totals[arm] for arm in arms):
        raise ValueError(f"more hits than there is to hit: {dict(hits)} of {dict(totals)}")
    if hit in (0, whole):
        return Tested(test="chi-square", statistic=0.0, df=len(arms) - 1, p_value=1.0, log10_p=0.0)
    rate = hit / whole
    statistic = math.fsum(
        (hits.get(arm, 0) - totals[arm] * rate) ** 2 / (totals[arm] * rate * (1 - rate))
        for arm in arms
    )
    approximate = _chi_square(statistic, len(arms) - 1)
    rare = min(hit, whole - hit)
    if min(totals[arm] for arm in arms) * rare / whole >= SMALLEST_EXPECTED:
        return approximate
    counted = {
        arm: hits.get(arm, 0) if rare == hit else totals[arm] - hits.get(arm, 0) for arm in arms
    }
    alike = arms[:1] if len(arms) == 2 else arms
    exact = len(alike) * min(_binomial(counted[arm], rare, totals[arm] / whole) for arm in alike)
    return _exact(exact) if exact > 0 else approximate


def symmetric(pairs: Iterable[tuple[int, int]]) -> Tested | None:
    """Test whether going from one to the other is as frequent as going back.

    Bowker's test over all pairs. A pair of fewer than twenty is tested by the exact binomial, and
    several tests are joined by Bonferroni.

    Parameters
    ----------
    pairs : iterable of (int, int)
        Counts there and back, one entry for each unordered pair.

    Returns
    -------
    Tested or None
        None where nothing was counted.

    References
    ----------
    .. [1] A. H. Bowker (1948), "A Test for Symmetry in Contingency Tables", JASA 43, 572-574.

    Examples
    --------
    >>> found = symmetric([(30, 10), (25, 25)])
    >>> found.statistic, found.df
    (10.0, 2)
    """
    counted = [(there, back) for there, back in pairs if there + back > 0]
    large = [(there, back) for there, back in counted if there + back >= SMALL_PAIR]
    small = [_binomial(there, there + back, 0.5) for there, back in counted if there + back < 20]
    if not counted:
        return None
    if not small:
        return _bowker(large)
    if not large:
        return _exact(len(small) * min(small))
    joined, tests = _bowker(large), 1 + len(small)
    best = min(joined.log10_p, math.log10(min(small))) + math.log10(tests)
    return Tested(
        test="Bowker and exact binomial, Bonferroni",
        statistic=joined.statistic,
        df=joined.df,
        p_value=_from_log10(best),
        log10_p=min(best, 0.0),
    )


def log10_chi_square_tail(statistic: float, df: float) -> float:
    """Logarithm to the base ten of the upper tail of chi-square, also below the smallest float.

    Parameters
    ----------
    statistic : float
        At least 0.
    df : float
        Degrees of freedom, above 0.

    Returns
    -------
    float
        At most 0.

    References
    ----------
    .. [1] NIST DLMF 8.9.2, continued fraction of the incomplete gamma function, evaluated from
       behind.

    Examples
    --------
    >>> round(log10_chi_square_tail(40.0, 1), 6)
    -9.59523
    >>> round(log10_chi_square_tail(2000.0, 1), 3)
    -436.043
    """
    p = float(chi_square_p(statistic, df))
    if p > _TRUSTED:
        return math.log10(p)
    a, x = df / 2, statistic / 2  # x exceeds 600 here, where forty terms are more than enough
    fraction = x
    for term in range(40, 0, -1):
        fraction = x + (term - a) / (1 + term / fraction)
    log = -x + a * math.log(x) - math.lgamma(a) - math.log(fraction)
    return log / _LN10


def _chi_square(statistic: float, df: int) -> Tested:
    log10_p = log10_chi_square_tail(statistic, df)
    p = float(chi_square_p(statistic, df))
    return Tested(
        test="chi-square",
        statistic=statistic,
        df=df,
        p_value=p if p > _TRUSTED else _from_log10(log10_p),
        log10_p=log10_p,
    )


def _bowker(pairs: Sequence[tuple[int, int]]) -> Tested:
    statistic = math.fsum((there - back) ** 2 / (there + back) for there, back in pairs)
    found = _chi_square(statistic, len(pairs))
    return Tested(
        test="Bowker",
        statistic=statistic,
        df=found.df,
        p_value=found.p_value,
        log10_p=found.log10_p,
    )


def _binomial(hits: int, trials: int, share: float) -> float:
    """Two-sided: twice the smaller tail."""
    low = float(special.bdtr(hits, trials, share))
    high = float(special.bdtrc(hits - 1, trials, share)) if hits else 1.0
    return min(1.0, 2 * min(low, high))


def _exact(p: float) -> Tested:
    p = min(1.0, max(p, sys.float_info.min))
    return Tested(test="exact binomial", statistic=None, df=None, p_value=p, log10_p=math.log10(p))


def _from_log10(log10_p: float) -> float:
    """The float nearest to it, and the smallest above 0 below that: a p of 0 is never true."""
    return min(1.0, max(10.0**log10_p if log10_p > -323 else 0.0, 5e-324))
