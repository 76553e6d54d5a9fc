"""Mean and capped mean of what a shopper spends, against brute force and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pathlift.simulation.money import Amounts, capped_means

THINGS = Amounts(median=38.0, spread=0.6)

thresholds = st.floats(min_value=0, max_value=1_000, allow_nan=False)


def drawn(amounts: Amounts, size: int) -> np.ndarray:
    """Amounts as a shop writes them: cents, at least one. Two columns for two orders."""
    normal = np.random.default_rng(7).standard_normal((size, 2))
    return np.maximum(np.round(amounts.median * np.exp(amounts.spread * normal), 2), 0.01)


def test_without_a_cap_the_mean_is_that_of_the_lognormal() -> None:
    one, two = capped_means(THINGS)
    # rounding to cents moves a mean of 45 by less than a ten-thousandth of a cent
    assert one == pytest.approx(38.0 * math.exp(0.6**2 / 2), abs=1e-6)
    assert two == 2 * one


@pytest.mark.parametrize("threshold", [0.0, 12.34, 38.0, 90.005, 150.0, 400.0])
def test_a_capped_mean_is_that_of_many_drawn_shoppers(threshold: float) -> None:
    size = 400_000
    orders = drawn(THINGS, size)
    one, two = capped_means(THINGS, threshold=threshold)
    for mean, totals in ((one, orders[:, 0]), (two, orders.sum(axis=1))):
        capped = np.minimum(totals, threshold)
        # four Monte-Carlo errors; 1e-9 where the cap lies below every total and nothing scatters
        assert abs(capped.mean() - mean) <= 4 * capped.std() / math.sqrt(size) + 1e-9


def test_a_capped_mean_of_one_order_is_the_lognormals_closed_form() -> None:
    from scipy.special import ndtr

    c, m, s = 60.0, 38.0, 0.6
    d = math.log(c / m) / s
    closed = m * math.exp(s * s / 2) * ndtr(d - s) + c * (1 - ndtr(d))
    # the grid of cents against the continuous law: half a cent's curvature, far below 1e-4
    assert capped_means(THINGS, threshold=c)[0] == pytest.approx(closed, abs=1e-4)


@settings(max_examples=12, deadline=None)
@given(lower=thresholds, upper=thresholds)
def test_a_higher_cap_lets_more_through_but_never_more_than_all(lower: float, upper: float) -> None:
    lower, upper = sorted((lower, upper))
    less, more, all_of_it = (
        capped_means(THINGS, threshold=lower),
        capped_means(THINGS, threshold=upper),
        capped_means(THINGS),
    )
    for a, b, c in zip(less, more, all_of_it, strict=True):
        assert a <= b + 1e-7  # sums of some 100,000 floats, each true to 1e-13
        assert b <= c + 1e-7


def test_amounts_that_never_vary_are_counted_by_hand() -> None:
    always_ten = Amounts(median=10.0, spread=0.0)
    assert capped_means(always_ten, threshold=4.0) == pytest.approx((4.0, 4.0), abs=1e-12)
    assert capped_means(always_ten, threshold=15.0) == pytest.approx((10.0, 15.0), abs=1e-12)
    assert capped_means(always_ten) == pytest.approx((10.0, 20.0), abs=1e-12)


@pytest.mark.parametrize("threshold", [-0.01, math.nan])
def test_a_threshold_that_cannot_be_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="a threshold is at or above 0"):
        capped_means(THINGS, threshold=threshold)
