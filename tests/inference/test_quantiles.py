"""Quantiles of histograms against raw values, against themselves, and by coverage."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pathlift.errors import NotEstimableError
from pathlift.inference.quantiles import Quantile, compare_quantiles
from pathlift.inference.tails import two_sided_critical
from pathlift.statistics.histogram import counted

Z = float(two_sided_critical(0.05))


def quantile(values: np.ndarray, probability: float = 0.5) -> Quantile:
    return Quantile(histogram=counted(values), probability=probability)


def skewed(seed: int, size: int, scale: float = 1.0) -> np.ndarray:
    """Money of units, of which a tenth spend nothing."""
    rng = np.random.default_rng(seed)
    return scale * rng.lognormal(3, 1, size) * (rng.random(size) > 0.1)


@given(
    seed=st.integers(0, 10_000),
    size=st.integers(20, 2_000),
    probability=st.sampled_from([0.25, 0.5, 0.9, 0.95]),
)
def test_a_quantile_is_within_a_bin_of_the_sorted_values(
    seed: int, size: int, probability: float
) -> None:
    values = np.sort(skewed(seed, size))
    found = quantile(values, probability).estimate
    below, above = values[int(probability * size) - 1], values[int(probability * size)]
    # 1% is the width of a bin
    assert below / 1.0101 <= found <= above * 1.0101


@given(seed=st.integers(0, 10_000), size=st.integers(200, 2_000))
def test_the_interval_is_woodruff_s_on_sorted_values(seed: int, size: int) -> None:
    values = np.sort(np.random.default_rng(seed).lognormal(3, 0.5, size))
    found = quantile(values).interval(Z)
    off = Z * np.sqrt(0.25 / size)
    for end, share in ((found.low, 0.5 - off), (found.high, 0.5 + off)):
        order = np.clip(np.array([np.floor(share * size) - 1, np.ceil(share * size)]), 0, size - 1)
        below, above = values[order.astype(int)]
        # 1% is the width of a bin
        assert below / 1.0101 <= float(end) <= above * 1.0101


def test_a_point_mass_at_zero_is_a_quantile_of_zero() -> None:
    values = np.array([0.0] * 80 + [5.0] * 20)
    found = quantile(values).interval(Z)
    assert (quantile(values).estimate, float(found.low), float(found.high)) == (0.0, 0.0, 0.0)
    contrast = compare_quantiles(quantile(values), quantile(values))
    assert (contrast.difference, contrast.p_value, contrast.relative) == (0.0, 1.0, None)


def test_a_quantile_in_a_gap_lies_halfway() -> None:
    # two units at 0 and two at 1: every value between is a median
    found = quantile(np.array([0.0, 0.0, 1.0, 1.0])).estimate
    assert found == pytest.approx(0.5, abs=1e-12)


def test_too_few_units_beyond_a_quantile_leave_it_unbounded() -> None:
    found = quantile(skewed(1, 50), 0.99).interval(Z)
    assert np.isinf(float(found.high))
    assert float(found.low) > 0
    contrast = compare_quantiles(quantile(skewed(1, 50), 0.99), quantile(skewed(2, 50), 0.99))
    assert (float(contrast.absolute.low), float(contrast.absolute.high)) == (-np.inf, np.inf)
    assert contrast.p_value >= 0.05


@given(seed=st.integers(0, 10_000), probability=st.sampled_from([0.3, 0.5, 0.9]))
def test_swapping_the_arms_mirrors_the_interval(seed: int, probability: float) -> None:
    one = quantile(skewed(seed, 300, 1.1), probability)
    zero = quantile(skewed(seed + 1, 400), probability)
    there, back = compare_quantiles(one, zero), compare_quantiles(zero, one)
    # the same sums with signs turned
    assert float(back.absolute.low) == pytest.approx(-float(there.absolute.high), rel=1e-12)
    assert back.p_value == pytest.approx(there.p_value, rel=1e-9)
    if there.relative_interval is not None and back.relative_interval is not None:
        assert 1 + float(back.relative_interval.low) == pytest.approx(
            1 / (1 + float(there.relative_interval.high)), rel=1e-9
        )


@given(seed=st.integers(0, 10_000), probability=st.sampled_from([0.3, 0.5, 0.9]))
def test_minus_the_values_mirrors_the_quantile(seed: int, probability: float) -> None:
    values = skewed(seed, 301) - 20
    there = quantile(values, probability)
    back = quantile(-values, 1 - probability)
    # 1 - p and its complement differ in the last digit, which moves a bin's share by as much
    assert back.estimate == pytest.approx(-there.estimate, rel=1e-9, abs=1e-12)
    assert float(back.interval(Z).low) == pytest.approx(
        -float(there.interval(Z).high), rel=1e-9, abs=1e-12
    )


@given(
    seed=st.integers(0, 10_000),
    lift=st.floats(0.6, 1.6),
    alpha=st.sampled_from([0.01, 0.05, 0.3]),
    null=st.sampled_from([0.0, 1.0, -2.0]),
)
def test_p_and_intervals_reject_together(seed: int, lift: float, alpha: float, null: float) -> None:
    contrast = compare_quantiles(
        quantile(skewed(seed, 300, lift)), quantile(skewed(seed + 1, 400)), alpha=alpha, null=null
    )
    low, high = float(contrast.absolute.low), float(contrast.absolute.high)
    assert (contrast.p_value < alpha) == (null < low or null > high)
    if contrast.relative_interval is not None and null == 0:
        lower, upper = (
            float(contrast.relative_interval.low),
            float(contrast.relative_interval.high),
        )
        assert (contrast.p_value < alpha) == (not lower <= 0 <= upper)
        assert contrast.relative is not None
        assert lower <= contrast.relative <= upper


@given(seed=st.integers(0, 10_000), lift=st.floats(0.5, 2))
def test_the_p_value_is_where_the_interval_reaches_zero(seed: int, lift: float) -> None:
    one, zero = quantile(skewed(seed, 300, lift)), quantile(skewed(seed + 1, 400))
    contrast = compare_quantiles(one, zero)
    assume(contrast.p_value < 1)
    # a hair wider covers 0, a hair narrower does not
    for factor, covers in ((1 + 1e-6, True), (1 - 1e-6, False)):
        wide = compare_quantiles(one, zero, critical=abs(contrast.statistic) * factor).absolute
        assert (float(wide.low) <= 0 <= float(wide.high)) == covers


@given(seed=st.integers(0, 10_000))
def test_intervals_nest(seed: int) -> None:
    one, zero = quantile(skewed(seed, 300), 0.9), quantile(skewed(seed + 1, 400), 0.9)
    narrow, wide = (compare_quantiles(one, zero, critical=c).absolute for c in (Z, 2.3))
    assert float(wide.low) <= float(narrow.low) <= float(narrow.high) <= float(wide.high)


@given(seed=st.integers(0, 10_000), power=st.integers(-300, 300))
def test_currency_does_not_matter(seed: int, power: int) -> None:
    # a power of 1.01 moves every value by whole bins
    factor = 1.01**power
    one, zero = skewed(seed, 300, 1.2), skewed(seed + 1, 400)
    before = compare_quantiles(quantile(one), quantile(zero))
    after = compare_quantiles(quantile(one * factor), quantile(zero * factor))
    # a value at an edge may change its bin: one unit of 300
    assert after.difference == pytest.approx(before.difference * factor, rel=1e-6, abs=1e-9)


def test_what_is_no_quantile_is_refused() -> None:
    with pytest.raises(ValueError, match="between the shares"):
        quantile(np.ones(5), 1.0)
    with pytest.raises(NotEstimableError, match="at least two units"):
        quantile(np.ones(1))
    with pytest.raises(ValueError, match="one quantile"):
        compare_quantiles(quantile(np.ones(5), 0.4), quantile(np.ones(5), 0.5))


# Methods 3.2 [sim]: p90 coverage 94.9% of one arm, 95.2% of a difference. K19: 95 +- 1.
@pytest.mark.parametrize("probability", [0.5, 0.9, 0.99])
def test_intervals_cover_the_quantile(probability: float) -> None:
    rng, repeats, size = np.random.default_rng(29), 600, 2_000
    truth = stats.lognorm(1).ppf(probability)
    one_arm = difference = 0
    for _ in range(repeats):
        arms = [quantile(rng.lognormal(0, 1, size), probability) for _ in range(2)]
        found = arms[0].interval(Z)
        one_arm += bool(float(found.low) <= truth <= float(found.high))
        difference += compare_quantiles(*arms).p_value >= 0.05
    for covered in (one_arm, difference):
        # exact binomial tests at 0.1% against the edges of the band
        assert stats.binomtest(covered, repeats, 0.94, alternative="less").pvalue > 0.001
        assert stats.binomtest(covered, repeats, 0.96, alternative="greater").pvalue > 0.001
