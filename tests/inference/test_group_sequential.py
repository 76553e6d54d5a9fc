"""Group-sequential designs: published boundaries, what must hold of any, and simulated errors."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pathlift.errors import NotEstimableError
from pathlift.inference.crossing import (
    crossings,
    drift_for_power,
    expected_information,
    inflation,
)
from pathlift.inference.group_sequential import (
    Boundaries,
    boundaries,
    boundaries_of_budget,
    information_share,
    planned_information,
)
from pathlift.inference.repeated import repeated_p
from pathlift.inference.spending import Sides, Spending
from pathlift.inference.stagewise import as_extreme, final_values, stopping_look

OBRIEN_FLEMING = Spending(kind="obrien_fleming")
POCOCK = Spending(kind="pocock")
FOUR_DIGITS = 5.1e-5  # tables print four decimals
QUADRATURE = 1e-10  # halving the panels moves boundaries for alpha above 1e-6 by less

families = st.one_of(
    st.sampled_from([OBRIEN_FLEMING, POCOCK]),
    st.floats(-8, 4).map(lambda gamma: Spending(kind="hwang_shih_decani", gamma=gamma)),
)
sides: st.SearchStrategy[Sides] = st.sampled_from([1, 2])
alphas = st.floats(1e-3, 0.3)
# looks at hundredths of the plan
schedules = st.lists(st.integers(1, 100), min_size=1, max_size=5, unique=True).map(
    lambda hundredths: [h / 100 for h in sorted(hundredths)]
)


def evenly(looks: int) -> np.ndarray:
    return np.arange(1, looks + 1) / looks


# methods 3.7, golden values: two-sided 5%
BOUNDARIES = [
    (OBRIEN_FLEMING, evenly(2), [2.9626, 1.9686]),
    (OBRIEN_FLEMING, evenly(3), [3.7103, 2.5114, 1.9930]),
    (OBRIEN_FLEMING, evenly(4), [4.3326, 2.9631, 2.3590, 2.0141]),
    (OBRIEN_FLEMING, evenly(5), [4.8769, 3.3570, 2.6803, 2.2898, 2.0310]),
    (OBRIEN_FLEMING, [0.3, 0.55, 0.8, 1], [3.9286, 2.8079, 2.2761, 2.0292]),
    (POCOCK, evenly(4), [2.3683, 2.3675, 2.3582, 2.3500]),
]


@pytest.mark.parametrize(("spending", "looks", "expected"), BOUNDARIES)
def test_boundaries_are_the_published_ones(
    spending: Spending, looks: list[float], expected: list[float]
) -> None:
    plan = boundaries(looks, spending, alpha=0.05)
    np.testing.assert_allclose(plan.critical, expected, atol=FOUR_DIGITS)


# methods 3.7, golden values: inflation at 80% power
INFLATIONS = [
    (OBRIEN_FLEMING, 2, 1.0037),
    (OBRIEN_FLEMING, 3, 1.0128),
    (OBRIEN_FLEMING, 4, 1.0196),
    (OBRIEN_FLEMING, 5, 1.0247),
    (OBRIEN_FLEMING, 14, 1.0424),
    (POCOCK, 2, 1.1225),
    (POCOCK, 3, 1.1703),
    (POCOCK, 4, 1.1962),
    (POCOCK, 5, 1.2124),
]


@pytest.mark.parametrize(("spending", "looks", "expected"), INFLATIONS)
def test_inflation_is_the_published_one(spending: Spending, looks: int, expected: float) -> None:
    plan = boundaries(evenly(looks), spending, alpha=0.05)
    assert inflation(plan, alpha=0.05, power=0.8) == pytest.approx(expected, abs=FOUR_DIGITS)


@pytest.mark.parametrize("drift", [0.0, -1.3, 2.8])
@pytest.mark.parametrize("side", [1, 2])
def test_crossing_probabilities_are_those_of_the_multivariate_normal(
    drift: float, side: Sides
) -> None:
    t = np.array([0.2, 0.5, 0.55])
    plan = Boundaries(
        information=t, critical=np.array([2.4, 2.2, 2.1]), spent=np.zeros(3), sides=side
    )
    covariance = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    low = np.full(3, -np.inf) if side == 1 else -plan.critical
    inside = stats.multivariate_normal.cdf(
        plan.critical,
        drift * np.sqrt(t),
        covariance,
        lower_limit=low,
        abseps=1e-8,
        releps=1e-8,
        maxpts=1_000_000,
        rng=np.random.default_rng(1),
    )
    # scipy's integral by random lattices is good to about 1e-7
    assert crossings(plan, drift).total == pytest.approx(1 - float(inside), abs=1e-6)


@given(families, schedules, alphas, sides)
def test_boundaries_spend_exactly_what_they_may(
    spending: Spending, looks: list[float], alpha: float, side: Sides
) -> None:
    plan = boundaries(looks, spending, alpha=alpha, sides=side)
    np.testing.assert_allclose(
        np.cumsum(crossings(plan).by_look), plan.spent, atol=QUADRATURE * alpha
    )
    # alpha left unspent at a look without boundary is less than 1e-12 / 0.05 of alpha
    np.testing.assert_allclose(
        plan.spent, spending.spent(looks, alpha, sides=side), atol=2e-11 * alpha
    )


@given(families, alphas, st.floats(0.01, 1), sides)
def test_one_look_has_the_boundary_of_a_fixed_test(
    spending: Spending, alpha: float, share: float, side: Sides
) -> None:
    plan = boundaries([share], spending, alpha=alpha, sides=side)
    spent = float(spending.spent(share, alpha, sides=side))
    assume(spent > 2e-11 * alpha)
    # scipy's quantile as oracle; both are good to the last digits
    assert plan.critical[0] == pytest.approx(stats.norm.isf(spent / side), rel=1e-11)


@given(families, schedules, alphas, alphas, sides)
def test_boundaries_of_a_smaller_alpha_lie_outside(
    spending: Spending, looks: list[float], a: float, b: float, side: Sides
) -> None:
    less, more = sorted((a, b))
    outer = boundaries(looks, spending, alpha=less, sides=side).critical
    inner = boundaries(looks, spending, alpha=more, sides=side).critical
    assert np.all(outer >= inner - QUADRATURE)


@given(families, schedules, alphas)
def test_later_looks_do_not_move_earlier_boundaries(
    spending: Spending, looks: list[float], alpha: float
) -> None:
    whole = boundaries(looks, spending, alpha=alpha)
    for seen in range(1, len(looks)):
        then = boundaries(looks[:seen], spending, alpha=alpha)
        np.testing.assert_array_equal(whole.until(seen).critical, then.critical)


@given(schedules, alphas, st.floats(1e-6, 1e12))
def test_the_unit_of_information_does_not_matter(
    looks: list[float], alpha: float, unit: float
) -> None:
    budget = POCOCK.spent(looks, alpha)
    here = boundaries_of_budget(np.array(looks), budget, sides=2)
    there = boundaries_of_budget(np.array(looks) * unit, budget, sides=2)
    np.testing.assert_allclose(here.critical, there.critical, rtol=QUADRATURE)


@given(families, schedules, alphas, st.floats(-5, 5))
def test_mirroring_the_drift_swaps_the_sides(
    spending: Spending, looks: list[float], alpha: float, drift: float
) -> None:
    plan = boundaries(looks, spending, alpha=alpha)
    one, other = crossings(plan, drift), crossings(plan, -drift)
    np.testing.assert_allclose(one.above, other.below, atol=QUADRATURE)


def test_a_look_with_next_to_nothing_to_spend_has_no_boundary_and_passes_it_on() -> None:
    plan = boundaries([0.02, 0.5, 1.0], OBRIEN_FLEMING, alpha=0.05)
    without = boundaries([0.5, 1.0], OBRIEN_FLEMING, alpha=0.05)
    assert math.isinf(plan.critical[0])
    assert plan.spent[0] == 0
    np.testing.assert_array_equal(plan.critical[1:], without.critical)


def test_information_beyond_the_plan_spends_all_and_correlates_as_it_is() -> None:
    plan = boundaries([0.5, 1.3], POCOCK, alpha=0.05)
    assert plan.spent[-1] == 0.05
    # the same two looks, in units where nothing exceeds the plan
    same = boundaries_of_budget(np.array([0.5, 1.3]) / 1.3, POCOCK.spent([0.5, 1.0], 0.05), sides=2)
    np.testing.assert_allclose(plan.critical, same.critical, rtol=QUADRATURE)


@pytest.mark.parametrize(
    ("growth", "spending"), [(1.1e-6, OBRIEN_FLEMING), (1.1e-6, POCOCK), (1e-3, POCOCK)]
)
def test_the_smallest_growth_is_still_computed(growth: float, spending: Spending) -> None:
    looks = [0.5, 0.5 + growth, 1.0]
    plan = boundaries(looks, spending, alpha=0.05)
    assert crossings(plan).total == pytest.approx(0.05, abs=1e-9)
    # a look that adds nothing leaves the last one nearly where it was without it
    without = boundaries([0.5, 1.0], spending, alpha=0.05)
    assert plan.critical[-1] == pytest.approx(without.critical[-1], abs=2e-3)


def test_information_that_shrinks_is_refused_with_both_values() -> None:
    with pytest.raises(NotEstimableError, match=r"from 0\.4 to 0\.3 of the plan at look 2"):
        boundaries([0.4, 0.3, 1.0], POCOCK, alpha=0.05)


def test_information_that_hardly_grows_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="look 3 came with less than 1e-06"):
        boundaries([0.3, 0.4, 0.4 + 9e-7], POCOCK, alpha=0.05)


def test_a_look_after_the_planned_end_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="had been seen at look 2"):
        boundaries([0.4, 1.0, 1.2], POCOCK, alpha=0.05)


@pytest.mark.parametrize("looks", [[], [0.0, 1.0], [float("nan")], [[0.5, 1.0]], [float("inf")]])
def test_what_is_no_list_of_information_is_refused(looks: list[float]) -> None:
    with pytest.raises(ValueError, match="list of positive numbers"):
        boundaries(looks, POCOCK, alpha=0.05)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.05])
def test_alpha_outside_its_range_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        boundaries([0.5], POCOCK, alpha=alpha)


@given(st.floats(1e-6, 1e6), st.floats(1, 1e9), st.floats(1, 1e9), st.floats(1e-9, 1e9))
def test_the_share_at_the_first_look_is_its_share_of_units(
    error: float, units: float, planned: float, currency: float
) -> None:
    plan = planned_information(error, units, planned)
    assert information_share(error, plan) == pytest.approx(units / planned, rel=1e-12)
    scaled = planned_information(error * currency, units, planned)
    # later looks: scaling the effect's unit changes no share
    assert information_share(error * currency / 2, scaled) == pytest.approx(
        4 * units / planned, rel=1e-12
    )


@pytest.mark.parametrize("numbers", [(0, 1, 1), (float("nan"), 1, 1), (1, 0, 1), (1, 1, 0)])
def test_nothing_is_planned_without_units_or_error(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(NotEstimableError, match="no information can be planned"):
        planned_information(*numbers)


def test_power_is_reached_at_its_drift_and_refused_outside_its_range() -> None:
    plan = boundaries(evenly(3), POCOCK, alpha=0.05)
    assert crossings(plan, drift_for_power(plan, 0.9)).total == pytest.approx(0.9, abs=1e-9)
    for power in (0.05, 1.0):
        with pytest.raises(ValueError, match="power lies"):
            drift_for_power(plan, power)


def test_a_design_that_never_stops_early_expects_all_information() -> None:
    plan = boundaries([1.0], POCOCK, alpha=0.05)
    assert expected_information(plan, 3.0) == 1.0
    # with two looks: half of it if stopped at the first, by hand
    two = boundaries([0.5, 1.0], POCOCK, alpha=0.05)
    early = 2 * stats.norm.sf(two.critical[0])
    assert expected_information(two) == pytest.approx(1 - 0.5 * early, rel=1e-12)


@given(families, schedules, st.floats(-7, 7), sides)
def test_p_and_boundary_reject_together_at_every_look(
    spending: Spending, looks: list[float], z: float, side: Sides
) -> None:
    p = repeated_p(z, looks, spending, sides=side)
    size = abs(z) if side == 2 else z
    for alpha in (1e-3, 0.05, 0.2):
        boundary = boundaries(looks, spending, alpha=alpha, sides=side).critical[-1]
        # the p-value is solved to 1e-10
        assume(abs(size - boundary) > 1e-8)
        assert (p <= alpha) == (size >= boundary)


@given(schedules, st.floats(0, 6))
def test_p_of_several_looks_is_never_below_that_of_one(looks: list[float], z: float) -> None:
    p = repeated_p(z, looks, POCOCK)
    assert p >= 2 * stats.norm.sf(z) * (1 - 1e-9)
    if len(looks) == 1 and looks[0] == 1:
        assert p == pytest.approx(2 * stats.norm.sf(z), rel=1e-8)


def test_p_values_far_out_keep_their_size() -> None:
    # one look at the planned end is a fixed test; R: 2 * pnorm(-30) = 9.813427e-198
    assert repeated_p(30.0, [1.0], OBRIEN_FLEMING) == pytest.approx(9.813427e-198, rel=1e-6, abs=0)
    with pytest.raises(ValueError, match="not a number"):
        repeated_p(float("nan"), [1.0], OBRIEN_FLEMING)


@given(families, schedules, st.floats(-4, 4), alphas, st.floats(-3, 3))
def test_the_two_directions_of_a_final_p_share_all_outcomes(
    spending: Spending, looks: list[float], z: float, alpha: float, drift: float
) -> None:
    plan = boundaries(looks, spending, alpha=alpha)
    upper, lower = as_extreme(plan, z, drift)
    assert upper + lower == pytest.approx(1, abs=1e-9)
    assert as_extreme(plan, -z, -drift)[1] == pytest.approx(upper, abs=1e-9)
    assert as_extreme(plan, z, drift + 0.5)[0] >= upper - 1e-12


@given(st.integers(0, 2**32 - 1), st.sampled_from([OBRIEN_FLEMING, POCOCK]), st.floats(0, 4))
def test_final_p_and_interval_agree_with_having_crossed(
    seed: int, spending: Spending, drift: float
) -> None:
    t = np.array([0.3, 0.7, 1.0])
    steps = np.random.default_rng(seed).normal(size=3) * np.sqrt(np.diff(t, prepend=0))
    z = (np.cumsum(steps) + drift * t) / np.sqrt(t)
    plan = boundaries(t, spending, alpha=0.05)
    crossed = bool(np.any(np.abs(z) >= plan.critical))
    final = final_values(plan, z, 1 / np.sqrt(t), alpha=0.05)
    assert (final.p_value <= 0.05) == crossed
    assert (final.low > 0 or final.high < 0) == crossed
    assert final.low < final.estimate < final.high


def test_one_look_has_the_final_values_of_a_fixed_test() -> None:
    plan = boundaries([1.0], POCOCK, alpha=0.05)
    final = final_values(plan, np.array([2.5]), np.array([0.4]), alpha=0.05, null=0.2)
    # estimate 0.2 + 2.5 * 0.4 and the textbook interval around it; solver 1e-9
    assert final.estimate == pytest.approx(1.2, abs=1e-8)
    assert final.low == pytest.approx(1.2 - 0.4 * 1.959963984540054, abs=1e-8)
    assert final.high == pytest.approx(1.2 + 0.4 * 1.959963984540054, abs=1e-8)
    assert final.p_value == pytest.approx(2 * stats.norm.sf(2.5), rel=1e-12)


def test_an_experiment_that_goes_on_has_no_final_values() -> None:
    plan = boundaries([0.3, 0.6], POCOCK, alpha=0.05)
    assert stopping_look(plan, np.array([1.0, 1.5])) is None
    assert stopping_look(plan, np.array([-1.0, -3.0])) == 2  # two sides: below counts as above
    upward = boundaries([0.3, 0.6], POCOCK, alpha=0.05, sides=1)
    assert stopping_look(upward, np.array([-1.0, -3.0])) is None
    assert stopping_look(upward, np.array([-1.0, 3.0])) == 2
    with pytest.raises(NotEstimableError, match="has not stopped"):
        final_values(plan, np.array([1.0, 1.5]), np.array([1.0, 0.7]), alpha=0.05)


def test_data_after_stopping_do_not_change_the_final_values() -> None:
    plan = boundaries([0.3, 0.6, 1.0], POCOCK, alpha=0.05)
    errors = np.array([1.0, 0.7, 0.5])
    once = final_values(plan.until(2), np.array([1.0, 3.0]), errors[:2], alpha=0.05)
    later = final_values(plan, np.array([1.0, 3.0, 0.1]), errors, alpha=0.05)
    assert once == later
    assert later.look == 2


def within(share: float, truth: float, runs: int, *, deviations: float = 4.0) -> bool:
    """Whether a simulated share lies within its own binomial error of the truth."""
    return abs(share - truth) <= deviations * math.sqrt(truth * (1 - truth) / runs)


def daily_conversions(runs: int, looks: int, *, rate: float, seed: int) -> np.ndarray:
    """z by run and look for two equal arms of 1,000 units a look without an effect."""
    counts = np.cumsum(np.random.default_rng(seed).binomial(1000, rate, (2, runs, looks)), axis=-1)
    n = 1000 * np.arange(1, looks + 1)
    p = counts / n
    error = np.sqrt((p * (1 - p)).sum(axis=0) / n)
    return np.asarray((p[0] - p[1]) / error)


def test_fourteen_daily_looks_keep_their_error_and_naive_ones_do_not() -> None:
    runs = 40_000
    z = np.abs(daily_conversions(runs, 14, rate=0.05, seed=37))
    critical = boundaries(evenly(14), OBRIEN_FLEMING, alpha=0.05).critical
    # methods 3.7 [sim]: 4.95%; exactly 5% but for the discreteness of counts
    assert within(float(np.mean(np.any(z >= critical, axis=1))), 0.05, runs)
    # methods 3.7 [sim]: 22% (K15: 22.2)
    assert within(float(np.mean(np.any(z >= 1.959964, axis=1))), 0.222, runs)


def test_median_unbiased_estimates_lie_above_and_below_equally_often() -> None:
    runs, drift = 400, 2.0
    t = np.array([0.5, 1.0])
    plan = boundaries(t, POCOCK, alpha=0.05)
    rng = np.random.default_rng(5)
    steps = rng.normal(size=(runs, 2)) * np.sqrt(np.diff(t, prepend=0))
    z = (np.cumsum(steps, axis=1) + drift * t) / np.sqrt(t)
    finals = [final_values(plan, row, 1 / np.sqrt(t), alpha=0.05) for row in z]
    above = np.mean([final.estimate > drift for final in finals])
    covered = np.mean([final.low <= drift <= final.high for final in finals])
    assert within(float(above), 0.5, runs)
    assert within(float(covered), 0.95, runs)
