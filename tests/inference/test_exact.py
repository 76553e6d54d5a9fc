"""Exact tests of two proportions against scipy, R's answers, fractions and their level."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pathlift.errors import NotEstimableError
from pathlift.inference.exact import boschloo, fisher

Counts = tuple[int, int, int, int]


@st.composite
def counts(draw: st.DrawFn, most: int = 40) -> Counts:
    n1, n0 = draw(st.integers(1, most)), draw(st.integers(1, most))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n0)), n0


@given(given_counts=counts())
def test_fisher_is_a_sum_of_fractions(given_counts: Counts) -> None:
    x1, n1, x0, n0 = given_counts
    total, converted = n1 + n0, x1 + x0
    p = {
        k: Fraction(comb(n1, k) * comb(n0, converted - k), comb(total, converted))
        for k in range(max(0, converted - n0), min(n1, converted) + 1)
    }
    found = fisher(*given_counts)
    two_sided = sum((q for q in p.values() if q <= p[x1]), Fraction(0))
    mid = two_sided - sum((q for q in p.values() if q == p[x1]), Fraction(0)) / 2
    # logarithms of at most 40 quotients
    for ours, theirs in (
        (found.p_value, two_sided),
        (found.mid_p, mid),
        (found.p_greater, sum((q for k, q in p.items() if k >= x1), Fraction(0))),
        (found.p_less, sum((q for k, q in p.items() if k <= x1), Fraction(0))),
    ):
        assert ours == pytest.approx(float(theirs), rel=1e-12)


@given(given_counts=counts(400))
def test_fisher_agrees_with_scipy(given_counts: Counts) -> None:
    x1, n1, x0, n0 = given_counts
    table = np.array([[x1, n1 - x1], [x0, n0 - x0]])
    found = fisher(*given_counts)
    # scipy's hypergeometric tails are good to about 1e-10 at these sizes
    assert found.p_value == pytest.approx(stats.fisher_exact(table)[1], rel=1e-8)
    assert found.p_less == pytest.approx(stats.fisher_exact(table, "less")[1], rel=1e-8)


def test_a_far_tail_keeps_its_digits() -> None:
    # all of one arm and none of the other: two of C(2n, n) tables
    n = 500
    assert fisher(n, n, 0, n).p_value == pytest.approx(
        float(Fraction(2, comb(2 * n, n))),
        rel=1e-10,  # a thousand logarithms
    )


@given(given_counts=counts())
def test_swapping_the_arms_swaps_the_sides(given_counts: Counts) -> None:
    x1, n1, x0, n0 = given_counts
    there, back = fisher(*given_counts), fisher(x0, n0, x1, n1)
    assert back.p_value == pytest.approx(there.p_value, rel=1e-10)
    assert back.p_greater == pytest.approx(there.p_less, rel=1e-10)
    assert there.mid_p <= there.p_value


def test_boschloo_agrees_with_its_documentation() -> None:
    # scipy.stats.boschloo_exact documentation: columns (74, 43) and (31, 32), statistic 0.0483
    # (which is Fisher's one-sided p) and p 0.0355, cut to 4 places
    assert fisher(74, 117, 31, 63).p_greater == pytest.approx(0.0483, abs=1e-4)
    assert boschloo(74, 117, 31, 63, alternative="greater") == pytest.approx(0.0355, abs=1e-4)


@given(given_counts=counts(12))
def test_boschloo_never_exceeds_fisher(given_counts: Counts) -> None:
    ours, theirs = boschloo(*given_counts, alternative="less"), fisher(*given_counts).p_less
    # scipy searches the worst rate on points
    assert ours <= theirs * (1 + 1e-6)


@given(given_counts=counts(12))
def test_boschloo_does_not_know_which_arm_is_which(given_counts: Counts) -> None:
    x1, n1, x0, n0 = given_counts
    # scipy searches the worst rate on points, from one end
    assert boschloo(x0, n0, x1, n1) == pytest.approx(boschloo(*given_counts), rel=1e-4)


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_boschloo_s_size_is_at_most_alpha_by_enumeration(rate: float) -> None:
    n1, n0 = 9, 12
    table = np.array(
        [[boschloo(a, n1, b, n0) <= 0.05 for b in range(n0 + 1)] for a in range(n1 + 1)]
    )
    one = stats.binom.pmf(np.arange(n1 + 1), n1, rate)
    zero = stats.binom.pmf(np.arange(n0 + 1), n0, rate)
    assert one @ table @ zero <= 0.05


def test_no_conversion_and_all_conversions_say_nothing() -> None:
    assert boschloo(0, 9, 0, 7) == boschloo(9, 9, 7, 7) == fisher(0, 9, 0, 7).p_value == 1.0


def test_above_a_size_they_are_refused_with_the_reason() -> None:
    with pytest.raises(NotEstimableError, match="40,000"):
        boschloo(1, 1_000, 0, 1_000)
    with pytest.raises(NotEstimableError, match="2,000,000"):
        fisher(10**7, 10**8, 10**7, 10**8)
    assert fisher(3, 10**9, 9, 10**9).p_value == pytest.approx(
        float(stats.binomtest(3, 12).pvalue),
        rel=1e-6,  # of 12 among 2e9, each arm is as likely
    )


@pytest.mark.parametrize("bad", [(1, 0, 0, 5), (6, 5, 0, 5), (-1, 5, 0, 5)])
def test_counts_that_are_none_are_refused(bad: Counts) -> None:
    for test in (fisher, boschloo):
        with pytest.raises(ValueError, match="at least one unit"):
            test(*bad)


def test_fisher_says_how_many_tables_are_too_many() -> None:
    # 2,000,001 units against as many, 2,000,000 conversions in all: 0 to 2,000,000 of them here
    with pytest.raises(NotEstimableError, match="2,000,001 tables have these totals"):
        fisher(1_000_000, 2_000_001, 1_000_000, 2_000_001)
