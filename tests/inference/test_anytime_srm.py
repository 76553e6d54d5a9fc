"""The watched split: fifty-digit arithmetic, a martingale's properties, simulated alarms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from scipy import special

from pathlift.errors import NotEstimableError
from pathlift.inference.anytime_srm import log_bayes_factor, watched_split
from pathlift.inference.tails import chi_square_p

weights = st.lists(st.integers(1, 20), min_size=2, max_size=5)


def in_fifty_digits(counts: list[int], shares: list[int], concentration: float) -> float:
    """The formula of methods 3.8, literally."""
    with mp.workdps(60):
        total = sum(shares)
        theta = [mp.mpf(share) / total for share in shares]
        a, n = mp.mpf(concentration), sum(counts)
        value = mp.loggamma(a) - mp.loggamma(a + n)
        for x, share in zip(counts, theta, strict=True):
            value += mp.loggamma(a * share + x) - mp.loggamma(a * share) - x * mp.log(share)
        return float(value)


@pytest.mark.parametrize(
    ("counts", "shares"),
    [
        ([0, 0], [1, 1]),
        ([1, 0], [1, 1]),
        ([3, 900], [1, 7]),
        ([50_100, 49_900], [1, 1]),
        ([500_000_300_000, 499_999_700_000], [1, 1]),  # counts to 1e12: the gammas reach 3e13
        ([333_333_633_333, 333_333_333_334, 333_333_033_333], [1, 1, 1]),
        ([10**12, 10**12 + 10**6, 10**9], [1000, 1000, 1]),
    ],
)
@pytest.mark.parametrize("concentration", [0.5, 10.0, 1e4, 1e8])
def test_evidence_holds_in_fifty_digits(
    counts: list[int], shares: list[int], concentration: float
) -> None:
    exact = in_fifty_digits(counts, shares, concentration)
    ours = float(log_bayes_factor(counts, shares, concentration=concentration))
    # shares are rounded once, at 1e-16 of a count; that moves a distance of 1e6 by 1e-9 of itself
    assert ours == pytest.approx(exact, rel=1e-9, abs=1e-9)


@given(weights, st.floats(0.1, 1e6))
def test_no_units_are_no_evidence(shares: list[int], concentration: float) -> None:
    nothing = log_bayes_factor([0] * len(shares), shares, concentration=concentration)
    assert float(nothing) == pytest.approx(0, abs=1e-9)


@given(weights, st.floats(0.1, 1e5), st.data())
def test_evidence_is_fair_at_every_step(
    shares: list[int], concentration: float, data: st.DataObject
) -> None:
    counts = np.array(
        data.draw(st.lists(st.integers(0, 500), min_size=len(shares), max_size=len(shares)))
    )
    theta = np.array(shares) / sum(shares)
    now = float(log_bayes_factor(counts, shares, concentration=concentration))
    after = log_bayes_factor(counts + np.eye(len(shares)), shares, concentration=concentration)
    # under the planned shares the next unit leaves the factor unchanged on average
    assert float(theta @ np.exp(after - now)) == pytest.approx(1, rel=1e-8)


@given(weights, st.floats(0.5, 1e3), st.data())
def test_names_and_units_of_weights_do_not_matter(
    shares: list[int], scale: float, data: st.DataObject
) -> None:
    arms = len(shares)
    counts = np.array(data.draw(st.lists(st.integers(0, 10**6), min_size=arms, max_size=arms)))
    order = data.draw(st.permutations(range(arms)))
    here = float(log_bayes_factor(counts, shares, concentration=1e4))
    there = float(
        log_bayes_factor(counts[order], scale * np.array(shares)[order], concentration=1e4)
    )
    assert here == pytest.approx(there, rel=1e-9, abs=1e-8)


def test_two_arms_are_the_beta_binomial() -> None:
    # textbook: B(a + x, b + y) / B(a, b) / (1/2)^n, scipy's betaln as oracle
    a, x, y = 50.0, 620, 500
    expected = special.betaln(a + x, a + y) - special.betaln(a, a) + (x + y) * math.log(2)
    ours = float(log_bayes_factor([x, y], [1, 1], concentration=2 * a))
    assert ours == pytest.approx(expected, rel=1e-9)


def test_p_is_one_over_the_largest_factor_so_far_and_never_rises() -> None:
    watch = watched_split([[100, 100], [400, 200], [1300, 1200]], [1, 1], concentration=100)
    factor = np.exp(watch.log_bayes_factor)
    assert factor[1] > 1
    assert factor[2] < factor[1]
    assert watch.p_value[0] == 1
    # rounding of exp and log
    np.testing.assert_allclose(watch.p_value[1:], 1 / factor[1], rtol=1e-12)


def test_counts_that_fall_or_stand_alone_are_refused() -> None:
    with pytest.raises(NotEstimableError, match="fewer"):
        watched_split([[10, 10], [9, 12]], [1, 1])
    with pytest.raises(NotEstimableError, match="two arms"):
        watched_split([[10], [12]], [1])
    with pytest.raises(ValueError, match="looks by arms"):
        watched_split([10, 12], [1, 1])


@pytest.mark.parametrize(
    ("counts", "shares", "concentration"),
    [
        ([-1, 2], [1, 1], 10.0),
        ([math.nan, 2], [1, 1], 10.0),
        ([1, 2], [0, 1], 10.0),
        ([1, 2], [math.inf, 1], 10.0),
        ([1, 2], [1, 1], 0.0),
        ([1, 2], [1, 1], math.inf),
    ],
)
def test_numbers_outside_their_range_are_refused(
    counts: list[float], shares: list[float], concentration: float
) -> None:
    with pytest.raises(ValueError, match="finite"):
        log_bayes_factor(counts, shares, concentration=concentration)


def daily_arrivals(shares: list[float], runs: int, *, seed: int) -> np.ndarray:
    """Units by run, day and arm: 28 days of 3,000 units."""
    days = np.random.default_rng(seed).multinomial(3000, shares, (runs, 28))
    return np.cumsum(days, axis=1)


def test_a_daily_watch_rarely_cries_wolf_where_a_daily_test_often_does() -> None:
    runs, alpha = 10_000, 0.001
    counts = daily_arrivals([1 / 3] * 3, runs, seed=28)
    evidence = log_bayes_factor(counts, [1, 1, 1], concentration=10_000)
    alarms = np.any(evidence >= -math.log(alpha), axis=1).mean()
    # methods 3.8 [sim]: 0.03%, printed to 0.01 points; at most alpha by Ville's inequality
    assert alarms <= 0.00035 + 4 * math.sqrt(0.00035 / runs)
    expected = counts.sum(axis=-1, keepdims=True) / 3
    daily = chi_square_p(((counts - expected) ** 2 / expected).sum(axis=-1), 2)
    naive = np.any(daily < alpha, axis=1).mean()
    # methods 3.8 [sim]: 1.1%
    assert abs(naive - 0.011) <= 0.0005 + 4 * math.sqrt(0.011 / runs)


@pytest.mark.parametrize(
    ("concentration", "power"),
    # methods 3.8 [sim]: 34.3/32.8/32.8 found by 84,000 units
    [(1e4, 0.965), (100.0, 0.86), (1.0, 0.57)],
)
def test_a_small_mismatch_is_found_in_time(concentration: float, power: float) -> None:
    runs = 2_000
    shares = [0.343, 0.3285, 0.3285]
    counts = daily_arrivals(shares, runs, seed=84)
    evidence = log_bayes_factor(counts, [1, 1, 1], concentration=concentration)
    found = np.any(evidence >= -math.log(0.001), axis=1).mean()
    # our own error, and as much again for a claim from 1,500 to 4,000 runs (methods 10)
    slack = 8 * math.sqrt(power * (1 - power) / runs)
    assert abs(found - power) <= 0.005 + slack
