"""Random effects against published values and statsmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pathlift.errors import NotEstimableError
from pathlift.inference.random_effects import combine

# Colditz et al. (1994), "Efficacy of BCG vaccine in the prevention of tuberculosis", JAMA 271: 13
# trials, as in the `dat.bcg` of metafor: cases and others, vaccinated and not.
BCG = [
    (4, 119, 11, 128),
    (6, 300, 29, 274),
    (3, 228, 11, 209),
    (62, 13536, 248, 12619),
    (33, 5036, 47, 5761),
    (180, 1361, 372, 1079),
    (8, 2537, 10, 619),
    (505, 87886, 499, 87892),
    (29, 7470, 45, 7232),
    (17, 1699, 65, 1600),
    (186, 50448, 141, 27197),
    (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
]


def bcg() -> tuple[np.ndarray, np.ndarray]:
    a, b, c, d = np.array(BCG, dtype=float).T
    effect = np.log(a / (a + b)) - np.log(c / (c + d))
    return effect, np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def test_heterogeneity_of_the_vaccine_trials_is_the_published_one() -> None:
    found = combine(*bcg())
    # documentation of metafor's rma for these trials: Q(df = 12) = 152.2330
    assert found.q == pytest.approx(152.2330, abs=5e-5)
    assert found.df == 12
    assert found.i2 == pytest.approx(1 - 12 / 152.2330, abs=1e-6)


def test_the_measurements_of_kacker_are_combined_as_metafor_does() -> None:
    # R. N. Kacker (2004), Metrologia 41, 132; rma(y, v, method="PM", control=list(tol=1e-9)) of
    # metafor, as in statsmodels' tests/results/results_meta.py, printed to 15 digits and iterated
    # to 1e-9 of its criterion, hence the tolerance.
    effects = [61.0, 61.4, 62.21, 62.3, 62.34, 62.6, 62.7, 62.84, 65.9]
    variances = [0.2025, 1.21, 0.09, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225]
    found = combine(effects, np.sqrt(variances))
    assert found.mean == pytest.approx(62.4076199113286, abs=1e-9)
    assert found.tau2 == pytest.approx(0.705395309224248, rel=1e-9)
    assert found.standard_error == pytest.approx(0.338030602684471, rel=1e-9)
    assert found.q == pytest.approx(24.801897741835, rel=1e-9)
    assert found.q_p == pytest.approx(0.00167935146372742, rel=1e-8)


def test_four_effects_are_combined_as_metafor_does_but_for_the_df_of_the_prediction() -> None:
    # rma.uni(yi, vi, method="PM", test="knha") and predict() of metafor: mean, tau2 and the
    # prediction interval with k - 1 df, to 5 digits; ours has k - 2 (see DECISIONS).
    found = combine([0.40, -0.20, 0.55, 0.10], np.sqrt([0.05, 0.06, 0.04, 0.05]))
    assert (found.mean, found.tau2) == pytest.approx((0.22957, 0.05930), abs=5e-6)
    assert found.prediction_low is not None
    theirs = (0.22957 - -0.70650) / stats.t.isf(0.025, 3)
    assert (found.mean - found.prediction_low) / stats.t.isf(0.025, 2) == pytest.approx(
        theirs, abs=5e-6
    )


def test_the_interval_of_the_spread_is_the_one_of_metafor() -> None:
    # confint() of metafor, Q-profile: tau2 from 0.031707203 to 0.545204664; its root search stops
    # at about four digits of the upper end, hence the tolerance.
    effects = [0.80, 0.20, 0.95, -0.10, 0.55, 0.70, 0.05, 0.40]
    variances = [0.02, 0.03, 0.015, 0.04, 0.025, 0.02, 0.05, 0.03]
    found = combine(effects, np.sqrt(variances))
    assert (found.tau2_low, found.tau2_high) == pytest.approx((0.031707203, 0.545204664), rel=2e-4)


def test_effects_that_agree_by_chance_are_not_surer_than_their_errors() -> None:
    found = combine([0.1, 0.1, 0.1], [0.2, 0.2, 0.2])
    assert (found.tau2, found.i2, found.q) == pytest.approx((0, 0, 0), abs=1e-12)
    # the mean of three with known errors: 0.2 / sqrt(3)
    assert found.standard_error == pytest.approx(0.2 / np.sqrt(3))


def test_an_experiment_far_larger_than_the_others_does_not_stop_the_search() -> None:
    found = combine([0.0, 1e9], [1.0, 1e-9])
    # k - 1 = 1 = (y_1 - y_2)^2 / (s_1^2 + s_2^2 + 2 tau2), for two by algebra
    assert found.tau2 == pytest.approx((1e18 - 1.0) / 2, rel=1e-12)


def test_mean_and_spread_are_those_of_statsmodels() -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    effect, error = bcg()
    theirs = combine_effects(effect, error**2, method_re="iterated", use_t=True)
    found = combine(effect, error)
    # theirs iterates to an absolute 1e-5 of its criterion
    assert found.tau2 == pytest.approx(theirs.tau2, rel=1e-4)
    assert found.mean == pytest.approx(theirs.mean_effect_re, rel=1e-4)
    assert found.standard_error == pytest.approx(theirs.sd_eff_w_re_hksj, rel=1e-4)


EFFECTS = st.lists(st.floats(-3, 3), min_size=3, max_size=9)


@given(values=EFFECTS, seed=st.integers(0, 10_000))
def test_the_spread_solves_its_equation(values: list[float], seed: int) -> None:
    errors = np.random.default_rng(seed).uniform(0.1, 1.0, len(values))
    found = combine(values, errors)
    weights = 1 / (errors**2 + found.tau2)
    mean = np.average(values, weights=weights)
    left = float(weights @ (np.array(values) - mean) ** 2)
    k = len(values) - 1
    if found.tau2 > 0:
        assert left == pytest.approx(k, rel=1e-6)
    else:
        assert left <= k * (1 + 1e-9)
    assert found.low < found.mean < found.high
    assert found.prediction_low is not None
    assert (
        found.prediction_low <= found.low
    )  # where one more lies is wider than where the mean does
    assert found.weights.sum() == pytest.approx(1)


@given(values=EFFECTS, factor=st.floats(0.01, 100))
def test_units_of_measurement_do_not_matter(values: list[float], factor: float) -> None:
    errors = np.linspace(0.2, 0.8, len(values))
    one, other = combine(values, errors), combine(factor * np.array(values), factor * errors)
    assert other.mean == pytest.approx(factor * one.mean, rel=1e-7, abs=1e-9 * factor)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-6)
    assert other.tau2 == pytest.approx(factor**2 * one.tau2, rel=1e-6, abs=1e-9 * factor**2)


def test_the_interval_of_the_mean_holds_it_as_often_as_it_says() -> None:
    draws = np.random.default_rng(20261125)
    runs, k = 4000, 6
    errors = draws.uniform(0.5, 2.0, (runs, k))
    effects = 0.4 + draws.normal(size=(runs, k)) * np.sqrt(errors**2 + 1.0)
    held = sum(
        found.low <= 0.4 <= found.high
        for found in (combine(y, s) for y, s in zip(effects, errors, strict=True))
    )
    # Hartung and Knapp's interval, floored: at least 95%, and not far above with so much spread
    assert held >= stats.binom.ppf(0.001, runs, 0.95)
    assert held <= stats.binom.ppf(0.999, runs, 0.97)


def test_one_experiment_is_not_combined() -> None:
    with pytest.raises(NotEstimableError, match="nothing to be combined with"):
        combine([0.1], [0.1])


@pytest.mark.parametrize("error", [0.0, -1.0, float("nan")])
def test_an_error_that_is_none_is_refused(error: float) -> None:
    with pytest.raises(NotEstimableError):
        combine([0.1, 0.2], [0.1, error])


def test_its_p_value_is_that_of_t_with_one_less_than_the_experiments() -> None:
    for k in (2, 3, 9):
        rng = np.random.default_rng(k)
        found = combine(rng.normal(0.4, 1, k), rng.uniform(0.2, 1.0, k))
        assert found.df == k - 1
        assert found.statistic == pytest.approx(found.mean / found.standard_error, rel=1e-12)
        # by Hartung and Knapp, from 2001
        expected = 2 * stats.t.sf(abs(found.statistic), k - 1)
        assert found.p_value == pytest.approx(expected, rel=1e-9)
