"""Two one-sided tests: published answers, agreement with intervals, and the level at a margin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pathlift.inference.equivalence import (
    Equivalence,
    equivalent_mean_ratio,
    equivalent_means,
    equivalent_proportion_ratio,
    equivalent_proportions,
)

alphas = st.sampled_from([0.01, 0.025, 0.05, 0.2])


def inside(found: Equivalence, low: float, high: float) -> np.ndarray:
    return np.asarray((found.interval.low > low) & (found.interval.high < high))


def test_welch_tost_agrees_with_toster() -> None:
    # TOSTER 0.3.4, TOSTtwo.raw(m1=5.25, m2=5.22, sd1=.95, sd2=.83, n1=95, n2=89, -.43, .43)
    one, zero = 0.95**2 / 95, 0.83**2 / 89
    found = equivalent_means(
        0.03,
        np.sqrt(one + zero),
        (one + zero) ** 2 / (one**2 / 94 + zero**2 / 88),
        low=-0.43,
        high=0.43,
    )
    # 0.03 itself is printed to two places; the rest to 1e-6
    assert float(found.p_low) == pytest.approx(0.000289397903607067, rel=1e-6)
    assert float(found.p_high) == pytest.approx(0.00133102676665488, rel=1e-6)
    assert float(found.p_value) == float(found.p_high)
    assert float(found.interval.low) == pytest.approx(-0.187084311828454, rel=1e-6)
    assert float(found.interval.high) == pytest.approx(0.247084311828454, rel=1e-6)
    assert bool(found.equivalent)


@given(
    difference=st.floats(-2, 2),
    error=st.floats(1e-3, 2),
    df=st.floats(2, 1e5),
    low=st.floats(-1, 0),
    width=st.floats(0.01, 2),
    alpha=alphas,
)
def test_means_are_equivalent_exactly_when_the_interval_lies_within(
    difference: float, error: float, df: float, low: float, width: float, alpha: float
) -> None:
    found = equivalent_means(difference, error, df, low=low, high=low + width, alpha=alpha)
    assert bool(found.equivalent) == bool(inside(found, low, low + width))
    assert bool(found.above_low) == (float(found.interval.low) > low)
    assert bool(found.below_high) == (float(found.interval.high) < low + width)
    assert bool(found.equivalent) == (float(found.p_value) < alpha)


@st.composite
def two_arms(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n1, n0 = draw(st.integers(2, 500)), draw(st.integers(2, 500))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n0)), n0


@given(counts=two_arms(), low=st.floats(-0.4, 0), width=st.floats(0.02, 0.5), alpha=alphas)
def test_proportions_are_equivalent_exactly_when_the_interval_lies_within(
    counts: tuple[int, int, int, int], low: float, width: float, alpha: float
) -> None:
    found = equivalent_proportions(*counts, low=low, high=low + width, alpha=alpha)
    assert bool(found.equivalent) == bool(inside(found, low, low + width))
    ratio = equivalent_proportion_ratio(*counts, low=1 + low, high=1 + low + width, alpha=alpha)
    assert bool(ratio.equivalent) == bool(inside(ratio, 1 + low, 1 + low + width))


@given(
    m1=st.floats(-5, 20),
    m0=st.floats(0.1, 20),
    e1=st.floats(0.01, 5),
    e0=st.floats(0.01, 5),
    tie=st.floats(-0.9, 0.9),
    alpha=alphas,
)
def test_a_ratio_of_means_is_equivalent_exactly_when_fieller_lies_within(
    m1: float, m0: float, e1: float, e0: float, tie: float, alpha: float
) -> None:
    found = equivalent_mean_ratio(
        m1, m0, e1**2, e0**2, tie * e1 * e0, 30.0, low=0.8, high=1.25, alpha=alpha
    )
    assert bool(found.equivalent) == bool(inside(found, 0.8, 1.25))


@given(m1=st.floats(1, 20), e1=st.floats(0.1, 3), factor=st.floats(0.01, 100))
def test_a_ratio_does_not_know_the_currency(m1: float, e1: float, factor: float) -> None:
    before = equivalent_mean_ratio(m1, 10, e1**2, 1, 0, 50, low=0.9, high=1.1)
    square = factor**2
    after = equivalent_mean_ratio(
        m1 * factor, 10 * factor, e1**2 * square, square, 0, 50, low=0.9, high=1.1
    )
    # products of a handful of numbers, through a tail that can magnify them by its exponent
    assert float(after.p_value) == pytest.approx(float(before.p_value), rel=1e-9)


@given(difference=st.floats(-1, 1), error=st.floats(0.05, 1), df=st.floats(3, 500))
def test_swapping_the_arms_swaps_the_margins(difference: float, error: float, df: float) -> None:
    there = equivalent_means(difference, error, df, low=-0.3, high=0.7)
    back = equivalent_means(-difference, error, df, low=-0.7, high=0.3)
    assert float(back.p_low) == float(there.p_high)
    assert float(back.p_high) == float(there.p_low)


def test_many_contrasts_are_one_call() -> None:
    found = equivalent_means([0.0, 0.4], [0.1, 0.1], 50.0, low=-0.3, high=0.3)
    assert found.equivalent.tolist() == [True, False]
    assert found.above_low.tolist() == [True, True]


def test_without_variance_the_estimate_decides() -> None:
    found = equivalent_means([0.1, 0.5, 0.3], 0.0, 10.0, low=-0.3, high=0.3)
    assert found.equivalent.tolist() == [True, False, False]
    assert found.p_value.tolist() == [0.0, 1.0, 0.5]


def test_what_is_no_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="below the high"):
        equivalent_means(0, 1, 5, low=0.1, high=0.1)
    with pytest.raises(ValueError, match="1/2"):
        equivalent_means(0, 1, 5, low=-0.1, high=0.1, alpha=0.5)
    with pytest.raises(ValueError, match="above 0"):
        equivalent_mean_ratio(1, 0, 1, 1, 0, 5, low=0.9, high=1.1)


@pytest.mark.parametrize("ratio", [False, True])
def test_the_error_at_the_margin_is_alpha(*, ratio: bool) -> None:
    # K21: 2.5 +- 0.35 at the margin, here p0 = .10, difference -.02 (ratio .8), 3,000 an arm
    rng, repeats, n = np.random.default_rng(37), 20_000, 3_000
    x1, x0 = rng.binomial(n, 0.08, repeats), rng.binomial(n, 0.10, repeats)
    found = (
        equivalent_proportion_ratio(x1, n, x0, n, low=0.8, high=5.0, alpha=0.025)
        if ratio
        else equivalent_proportions(x1, n, x0, n, low=-0.02, high=0.9, alpha=0.025)
    )
    wrong = int(found.above_low.sum())
    # exact binomial tests at 0.1% against the edges of the band
    assert stats.binomtest(wrong, repeats, 0.0285, alternative="greater").pvalue > 0.001
    assert stats.binomtest(wrong, repeats, 0.0215, alternative="less").pvalue > 0.001
