"""Confidence sequences: published multipliers, agreement of p and interval, simulated peeking."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from pathlift.inference.anytime import Sequence, running_intersection, running_minimum
from pathlift.inference.crossing import crossings
from pathlift.inference.group_sequential import Boundaries
from pathlift.inference.intervals import symmetric_interval

ROUNDING = 1e-12  # relative; logarithms, a root and a square of them

alphas = st.floats(1e-6, 0.5)
planned = st.floats(10, 1e9)


def test_the_multiplier_at_the_planned_end_is_the_published_one() -> None:
    # methods 3.7, golden values, printed to four decimals: alpha .05
    sequence = Sequence.tuned(50_000, alpha=0.05)
    assert sequence.rho_squared * 50_000 == pytest.approx(8.2120, abs=5.1e-5)
    assert float(sequence.multiplier(50_000)) == pytest.approx(3.0351, abs=5.1e-5)


@given(alphas, planned)
def test_tuning_finds_the_smallest_multiplier_at_the_planned_end(alpha: float, n: float) -> None:
    def at_end(log_rho_squared: float) -> float:
        return float(Sequence(rho_squared=math.exp(log_rho_squared), alpha=alpha).multiplier(n))

    found = optimize.minimize_scalar(
        at_end, bounds=(math.log(1e-3 / n), math.log(1e3 / n)), method="bounded"
    )
    # a minimum's value is flat, so the search is good to the square of its own tolerance
    assert float(Sequence.tuned(n, alpha=alpha).multiplier(n)) <= found.fun * (1 + ROUNDING)


@given(alphas, planned, st.floats(1, 1e9), st.floats(-40, 40))
def test_p_and_interval_of_one_look_agree(alpha: float, n_star: float, n: float, z: float) -> None:
    sequence = Sequence.tuned(n_star, alpha=alpha)
    p = sequence.p_value(z, n)
    # raises if the two differ by more than rounding, whatever the units of the effect
    interval = symmetric_interval(
        z * 0.01, 0.01, sequence.multiplier(n), excluded=p < sequence.alpha
    )
    assert bool((interval.low > 0) | (interval.high < 0)) == bool(p < alpha)


@given(alphas, planned, st.floats(1, 1e9))
def test_p_at_the_end_of_the_interval_is_alpha(alpha: float, n_star: float, n: float) -> None:
    sequence = Sequence.tuned(n_star, alpha=alpha)
    assert float(sequence.p_value(sequence.multiplier(n), n)) == pytest.approx(alpha, rel=1e-9)


@given(alphas, planned, st.floats(1, 1e9), st.floats(-40, 40), st.floats(1e-9, 1e9))
def test_only_units_relative_to_the_plan_matter(
    alpha: float, n_star: float, n: float, z: float, scale: float
) -> None:
    here, there = (Sequence.tuned(n_star * by, alpha=alpha) for by in (1.0, scale))
    assert float(here.multiplier(n)) == pytest.approx(
        float(there.multiplier(n * scale)), rel=ROUNDING
    )
    assert float(here.log_evidence(z, n)) == pytest.approx(
        float(there.log_evidence(z, n * scale)), rel=1e-9, abs=1e-9
    )


@given(planned, st.floats(1, 1e9), st.floats(-40, 40), alphas, alphas)
def test_a_smaller_alpha_is_wider_and_all_alphas_share_one_p(
    n_star: float, n: float, z: float, a: float, b: float
) -> None:
    rho_squared = Sequence.tuned(n_star, alpha=0.05).rho_squared
    less, more = (Sequence(rho_squared=rho_squared, alpha=alpha) for alpha in sorted((a, b)))
    assert float(less.multiplier(n)) >= float(more.multiplier(n))
    assert float(less.p_value(z, n)) == float(more.p_value(z, n))


@given(alphas, planned, st.integers(1, 20))
def test_contrasts_share_alpha_equally(alpha: float, n_star: float, contrasts: int) -> None:
    shared = Sequence.tuned(n_star, alpha=alpha, contrasts=contrasts)
    assert shared == Sequence.tuned(n_star, alpha=alpha / contrasts)


def test_without_units_nothing_is_known() -> None:
    sequence = Sequence.tuned(1000, alpha=0.05)
    assert math.isinf(sequence.multiplier(0))
    assert float(sequence.p_value(5.0, 0)) == 1


def test_p_values_far_out_keep_their_size() -> None:
    # methods 3.7: sqrt(n rho^2 + 1) exp(-z^2 / 2 * n rho^2 / (n rho^2 + 1)), by hand at n rho^2 = 1
    sequence = Sequence(rho_squared=1e-3, alpha=0.05)
    expected = 0.5 * math.log(2) - 0.25 * 50**2
    assert math.log(sequence.p_value(50.0, 1000)) == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize(
    ("units", "alpha", "contrasts"),
    [(0, 0.05, 1), (math.inf, 0.05, 1), (100, 0.0, 1), (100, 1.0, 1), (100, 0.05, 0)],
)
def test_what_cannot_be_tuned_for_is_refused(units: float, alpha: float, contrasts: int) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1|at least one"):
        Sequence.tuned(units, alpha=alpha, contrasts=contrasts)


def test_units_that_are_no_number_are_refused() -> None:
    with pytest.raises(ValueError, match="units"):
        Sequence.tuned(100, alpha=0.05).multiplier(float("nan"))


def test_the_running_minimum_never_rises_and_skips_looks_without_p() -> None:
    seen = running_minimum([np.nan, 0.5, 0.7, np.nan, 0.2, 0.9])
    np.testing.assert_array_equal(seen, [np.nan, 0.5, 0.5, 0.5, 0.2, 0.2])


intervals = st.lists(
    st.tuples(st.floats(-5, 5), st.floats(0, 5)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    min_size=1,
    max_size=8,
)


@given(intervals)
def test_the_running_intersection_is_what_all_intervals_contain(
    ends: list[tuple[float, float]],
) -> None:
    low, high = np.array(ends).T
    running = running_intersection(low, high)
    for look in range(low.size):
        most, least = max(low[: look + 1]), min(high[: look + 1])
        assert running.inconsistent[look] == (most > least)
        if most <= least:
            assert (running.low[look], running.high[look]) == (most, least)
        else:
            assert math.isnan(running.low[look])
            assert math.isnan(running.high[look])


def test_an_empty_intersection_stays_inconsistent_and_a_missing_look_changes_nothing() -> None:
    running = running_intersection([-1.0, np.nan, 2.0, -9.0], [1.0, np.nan, 3.0, 9.0])
    assert running.inconsistent.tolist() == [False, False, True, True]
    assert running.low[:2].tolist() == [-1.0, -1.0]
    # several contrasts side by side, one of them sound
    beside = running_intersection([[0.0, 0.0], [2.0, 0.5]], [[1.0, 1.0], [3.0, 2.0]])
    assert beside.inconsistent[-1].tolist() == [True, False]


@pytest.mark.parametrize(
    ("looks", "naive", "anytime"),
    # methods 3.7 [sim], as ranges over conversion rates of 2% and 20%, printed to 0.1 and 1 points
    [(14, (0.215, 0.225), (0.0115, 0.0125)), (140, (0.375, 0.415), (0.0195, 0.0225))],
)
def test_peeking_breaks_a_fixed_test_and_not_a_confidence_sequence(
    looks: int, naive: tuple[float, float], anytime: tuple[float, float]
) -> None:
    runs = 10_000
    per_look = 14_000 // looks
    n = per_look * np.arange(1, looks + 1)
    counts = np.random.default_rng(20).binomial(per_look, 0.2, (2, runs, looks))
    p = np.cumsum(counts, axis=-1, dtype=np.float32) / n
    z = np.abs(p[0] - p[1]) / np.sqrt((p * (1 - p)).sum(axis=0) / n)
    multiplier = Sequence.tuned(2 * n[-1], alpha=0.05).multiplier(2 * n)
    for ever, (least, most) in (
        (np.any(z > 1.959964, axis=1).mean(), naive),
        (np.any(z > multiplier, axis=1).mean(), anytime),
    ):
        # four of our own standard errors, and as much again for the claim's own simulation
        slack = 8 * math.sqrt(most * (1 - most) / runs)
        assert least - slack <= ever <= most + slack
    # the recursion knows the exact rate for normal data, and what is left is binomial
    t = np.arange(1, looks + 1) / looks
    exact = crossings(
        Boundaries(information=t, critical=multiplier, spent=np.zeros(looks), sides=2)
    ).total
    assert exact <= 0.05
    ours = float(np.any(z > multiplier, axis=1).mean())
    assert abs(ours - exact) <= 4 * math.sqrt(exact * (1 - exact) / runs)
