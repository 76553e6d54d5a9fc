"""The covariance engine against statsmodels, Welch and a seeded superpopulation."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pathlift.errors import NotEstimableError
from pathlift.inference.adjustment import (
    AdjustedMeans,
    adjusted_means,
    contrast_covariance,
    contrast_estimates,
    method_for,
    pair_covariance,
    satterthwaite_df,
    usable_covariates,
)

Sample = list[np.ndarray]
VERSUS_FIRST = np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])


def moments(arms: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Units, means and covariances of arms given as rows of units."""
    return (
        np.array([len(rows) for rows in arms], dtype=float),
        np.array([rows.mean(axis=0) for rows in arms]),
        np.array([np.atleast_2d(np.cov(rows.T)) for rows in arms]),
    )


def drawn(seed: int, sizes: tuple[int, ...], covariates: int, outcomes: int = 1) -> Sample:
    """Arms with slopes of their own, columns outcomes then covariates."""
    rng = np.random.default_rng(seed)
    arms = []
    for arm, n in enumerate(sizes):
        x = rng.normal(2, 1, (n, covariates)) @ (np.eye(covariates) + 0.3)
        y = rng.normal(size=(n, outcomes)) + 0.2 * arm
        for j in range(outcomes):
            y[:, j] += x @ (0.5 + 0.3 * arm + 0.1 * np.arange(covariates) + 0.2 * j)
        arms.append(np.hstack((y, x)))
    return arms


def fitted(arms: Sample, **options: Any) -> AdjustedMeans:
    return adjusted_means(*moments(arms), **options)


def interacted_regression(arms: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Lin's regression by least squares: effects against the first arm and their HC2 covariance."""
    rows = np.vstack(arms)
    arm = np.repeat(np.arange(len(arms)), [len(r) for r in arms])
    x = rows[:, 1:] - rows[:, 1:].mean(axis=0)
    dummies = np.eye(len(arms))[arm]
    design = np.hstack([dummies, *(dummies[:, [a]] * x for a in range(len(arms)))])
    fit = sm.OLS(rows[:, 0], design).fit(cov_type="HC2")
    k = len(arms)
    return fit.params[:k], fit.cov_params()[:k, :k]


@given(seed=st.integers(0, 10_000), covariates=st.integers(1, 3))
def test_lin_is_the_interacted_regression(seed: int, covariates: int) -> None:
    arms = drawn(seed, (60, 45, 80), covariates)
    expected, _ = interacted_regression(arms)
    adjusted = fitted(arms, outcomes=1, method="lin")
    # two ways to solve one linear system of condition below 1e3
    np.testing.assert_allclose(adjusted.means[:, 0], expected, rtol=1e-10)


def test_lin_variance_is_hc2_plus_the_superpopulation_term() -> None:
    arms = drawn(7, (8_000, 6_000, 9_000), 2)
    _, hc2 = interacted_regression(arms)
    adjusted = fitted(arms, outcomes=1, method="lin")
    rows = np.vstack(arms)
    s_x = np.cov(rows[:, 1:].T)
    beta = adjusted.slopes[:, :, 0]
    extra = beta @ s_x @ beta.T / len(rows)
    v = adjusted.of_outcome(0)[1]
    ours = contrast_covariance(v, VERSUS_FIRST)
    theirs = contrast_covariance(hc2 + extra, VERSUS_FIRST)
    # HC2 estimates the same variance from squared residuals: they part by about
    # sqrt(kurtosis / n), 2% at these sizes
    np.testing.assert_allclose(np.diagonal(ours), np.diagonal(theirs), rtol=0.02)


@given(
    seed=st.integers(0, 10_000),
    n1=st.integers(2, 60),
    n0=st.integers(2, 60),
    scale=st.floats(0.01, 100),
)
def test_without_covariates_it_is_welch(seed: int, n1: int, n0: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    control, treatment = rng.normal(1, 1, n0), rng.normal(0, scale, n1)
    adjusted = fitted([control[:, None], treatment[:, None]], outcomes=1)
    m, v = adjusted.of_outcome(0)
    c = np.array([[-1.0, 1.0]])
    t = contrast_estimates(m, c)[0] / np.sqrt(contrast_covariance(v, c)[0, 0])
    df = satterthwaite_df(
        c, adjusted.residual_variance[:, 0], adjusted.units, adjusted.residual_df
    )[0]
    welch = stats.ttest_ind(treatment, control, equal_var=False)
    assert adjusted.method == "means"
    # the same formulas in another order of operations
    assert t == pytest.approx(welch.statistic, rel=1e-9, abs=1e-12)
    assert df == pytest.approx(welch.df, rel=1e-9)


@given(seed=st.integers(0, 10_000), order=st.permutations([0, 1, 2]))
def test_relabelling_the_arms_relabels_the_answer(seed: int, order: list[int]) -> None:
    arms = drawn(seed, (120, 150, 110), 2, outcomes=2)
    straight = fitted(arms, outcomes=2, method="lin")
    turned = fitted([arms[i] for i in order], outcomes=2, method="lin")
    np.testing.assert_allclose(turned.means, straight.means[order], rtol=1e-12)
    np.testing.assert_allclose(
        turned.covariance, straight.covariance[order][:, :, order], rtol=1e-9, atol=1e-15
    )


@given(
    seed=st.integers(0, 10_000),
    factor=st.floats(1e-3, 1e3),
    shift=st.floats(-100, 100),
    method=st.sampled_from(["lin", "cuped", "means"]),
)
def test_units_of_measurement_do_not_matter(
    seed: int, factor: float, shift: float, method: str
) -> None:
    arms = drawn(seed, (120, 150, 110), 2)
    stretched = [rows * [factor, 7.0, 1e-3] + [shift, -3.0, 5.0] for rows in arms]
    before = fitted(arms, outcomes=1, method=method)
    after = fitted(stretched, outcomes=1, method=method)
    # moments of the stretched rows lose digits to the shift, at most a factor 1e5 of 1e-16
    np.testing.assert_allclose(
        after.means, before.means * factor + shift, rtol=1e-9, atol=1e-9 * factor
    )
    np.testing.assert_allclose(after.covariance, before.covariance * factor**2, rtol=1e-6)
    np.testing.assert_allclose(after.variance_explained, before.variance_explained, atol=1e-6)


def test_adjusted_outcomes_add_up() -> None:
    # methods 2.1: Lin is linear in the outcome, so incidences add up to the conversion
    arms = drawn(3, (300, 400, 350), 2, outcomes=2)
    summed = [np.hstack((rows, rows[:, :2].sum(axis=1, keepdims=True))) for rows in arms]
    summed = [rows[:, [0, 1, 4, 2, 3]] for rows in summed]
    adjusted = fitted(summed, outcomes=3, method="lin")
    np.testing.assert_allclose(
        adjusted.means[:, 0] + adjusted.means[:, 1], adjusted.means[:, 2], rtol=1e-12
    )
    total = adjusted.covariance[:, :2, :, :2].sum(axis=(1, 3))
    np.testing.assert_allclose(total, adjusted.covariance[:, 2, :, 2], rtol=1e-10, atol=1e-15)


def test_cuped_is_a_common_slope() -> None:
    arms = drawn(5, (40, 30, 50), 1)
    adjusted = fitted(arms, outcomes=1)
    assert adjusted.method == "cuped"
    rows = np.vstack(arms)
    arm = np.repeat(np.arange(3), [len(r) for r in arms])
    design = np.hstack((np.eye(3)[arm], rows[:, 1:]))
    fit = sm.OLS(rows[:, 0], design).fit()
    assert adjusted.slopes[0, 0, 0] == pytest.approx(fit.params[3], rel=1e-10)
    effects = contrast_estimates(adjusted.means[:, 0], VERSUS_FIRST)
    np.testing.assert_allclose(effects, fit.params[1:3] - fit.params[0], rtol=1e-10)
    # the slope is paid for once, by all arms in proportion to what they have
    assert adjusted.residual_df.sum() == pytest.approx(fit.df_resid, rel=1e-12)
    np.testing.assert_allclose(adjusted.residual_df / [39, 29, 49], fit.df_resid / 117, rtol=1e-12)


def test_several_experiments_are_one_call() -> None:
    batches = [moments(drawn(seed, (100, 120, 140), 2, outcomes=2)) for seed in range(4)]
    n, m, s = (np.stack(parts) for parts in zip(*batches, strict=True))
    for method in ("lin", "cuped", "means"):
        many = adjusted_means(n, m, s, outcomes=2, method=method)
        for i, batch in enumerate(batches):
            one = adjusted_means(*batch, outcomes=2, method=method)
            np.testing.assert_allclose(many.means[i], one.means, rtol=1e-12)
            np.testing.assert_allclose(many.covariance[i], one.covariance, rtol=1e-9, atol=1e-15)
            np.testing.assert_allclose(many.residual_df[i], one.residual_df)


def test_the_covariance_covers_what_it_promises_under_unequal_slopes() -> None:
    # methods 3.2 [sim]: 95.0% with the superpopulation term, 94.2% without
    rng, repeats, covered = np.random.default_rng(11), 2_000, 0
    n = np.array([300, 900])
    batch = []
    for _ in range(repeats):
        arms = []
        for arm in range(2):
            x = rng.normal(0, 1, n[arm])
            y = rng.normal(0, 0.3, n[arm]) + (1.0 if arm == 0 else -1.0) * x
            arms.append(np.stack((y, x), axis=1))
        batch.append(moments(arms))
    units, m, s = (np.stack(parts) for parts in zip(*batch, strict=True))
    adjusted = adjusted_means(units, m, s, outcomes=1, method="lin")
    means, v = adjusted.of_outcome(0)
    c = np.array([[-1.0, 1.0]])
    z = contrast_estimates(means, c)[:, 0] / np.sqrt(contrast_covariance(v, c)[:, 0, 0])
    covered = int(np.sum(np.abs(z) <= 1.959963984540054))  # the true effect is 0
    # exact binomial test at 0.1%, so that a correct method fails once in a thousand seeds
    assert stats.binomtest(covered, repeats, 0.95).pvalue > 0.001


def test_the_smallest_arm_decides_the_method() -> None:
    assert method_for([100, 5_000], covariates=1) == "lin"
    assert method_for([99, 5_000], covariates=1) == "cuped"
    assert method_for([3, 4], covariates=0) == "means"


def test_satterthwaite_matches_a_worked_example() -> None:
    # Welch's df by hand: (4/10 + 9/15)^2 / ((4/10)^2/9 + (9/15)^2/14)
    df = satterthwaite_df([[-1, 1]], [4.0, 9.0], [10, 15], [9, 14])
    assert float(df[0]) == pytest.approx(1 / (0.16 / 9 + 0.36 / 14), rel=1e-14)


def test_a_contrast_without_variance_has_its_arms_df() -> None:
    assert satterthwaite_df([[-1, 1, 0]], [0.0, 0.0, 1.0], [5, 6, 7], [4, 5, 6]).tolist() == [9.0]


def test_unusable_covariates_are_found_in_order() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(500, 2))
    rows = np.column_stack((x[:, 0], np.full(500, 3.0), x[:, 1], x[:, 0] - 2 * x[:, 1]))
    keep = usable_covariates(np.cov(rows.T), rows.mean(axis=0))
    assert keep.tolist() == [True, False, True, False]


@pytest.mark.parametrize(("method", "sizes"), [("lin", (200, 210)), ("cuped", (40, 50))])
def test_unusable_covariates_are_refused_by_index(method: str, sizes: tuple[int, int]) -> None:
    arms = [np.hstack((r, r[:, 1:2] * 2, np.ones((len(r), 1)))) for r in drawn(2, sizes, 1)]
    with pytest.raises(NotEstimableError, match=r"constant or collinear covariates: 1, 2$"):
        fitted(arms, outcomes=1, method=method)


def test_an_arm_of_one_unit_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="at least two"):
        adjusted_means([1, 5], [[1.0], [2.0]], [[[0.0]], [[1.0]]], outcomes=1)


def test_more_slopes_than_units_are_refused() -> None:
    _n, m, s = moments(drawn(2, (200, 210), 2))
    with pytest.raises(NotEstimableError, match="after 2 covariates"):
        adjusted_means([3, 210], m, s, outcomes=1, method="lin")


def test_an_outcome_that_does_not_vary_explains_nothing() -> None:
    arms = [np.column_stack((np.ones(len(r)), r[:, 1])) for r in drawn(2, (200, 210), 1)]
    adjusted = fitted(arms, outcomes=1)
    assert adjusted.variance_explained.tolist() == [0.0]
    assert adjusted.residual_variance.tolist() == [[0.0], [0.0]]


def near(seed: int, sizes: tuple[int, ...], own: float, noise: float) -> Sample:
    """Two covariates of which the second repeats the first but for a share of its variance.

    The outcome follows just that share, and noise of its own.
    """
    rng = np.random.default_rng(seed)
    arms = []
    for n in sizes:
        x, off = rng.normal(size=(2, n))
        again = 3 * (np.sqrt(1 - own) * x + np.sqrt(own) * off)
        arms.append(np.column_stack((off + noise * rng.normal(size=n), x, again)))
    return arms


@pytest.mark.parametrize("own", [1e-2, 1e-4, 4e-6])
@pytest.mark.parametrize("method", ["lin", "cuped"])
def test_covariates_that_nearly_repeat_each_other_keep_nine_digits(method: Any, own: float) -> None:
    arms = near(4, (700, 900), own, noise=1.0)
    found = fitted(arms, outcomes=1, method=method)
    # the same column space, with the second covariate made independent of the first: no method
    # has a hard time with it, and neither slopes nor residuals know which basis was used
    rows = np.vstack(arms)
    clean = [
        np.column_stack((r[:, 0], r[:, 1], (r[:, 2] - 3 * np.sqrt(1 - own) * r[:, 1]) / own**0.5))
        for r in arms
    ]
    easy = fitted(clean, outcomes=1, method=method)
    assert len(rows) == 1600
    # moments of the nearly equal columns are rounded at 1e-16; their inverse magnifies by 1 / own
    np.testing.assert_allclose(found.means, easy.means, rtol=1e-15 / own, atol=1e-15 / own)
    np.testing.assert_allclose(found.residual_variance, easy.residual_variance, rtol=1e-14 / own)
    np.testing.assert_allclose(found.covariance, easy.covariance, rtol=1e-13 / own, atol=1e-15)


@pytest.mark.parametrize("own", [1e-7, 1e-9, 1e-11])
def test_a_covariate_with_next_to_nothing_of_its_own_is_not_usable(own: float) -> None:
    arms = near(4, (700, 900), own, noise=1.0)
    _, means, covariances = moments(arms)
    usable = usable_covariates(covariances[..., 1:, 1:], means[..., 1:])
    assert usable.tolist() == [[True, False]] * 2


@given(
    st.integers(0, 10_000),
    st.floats(-6, 0),
    st.sampled_from([0.0, 1e-9, 1e-6, 1e-3]),
    st.sampled_from(["lin", "cuped"]),
)
def test_a_perfect_fit_leaves_no_variance_and_never_a_negative_one(
    seed: int, power: float, noise: float, method: Any
) -> None:
    arms = near(seed, (60, 80), 10.0**power, noise)
    _, means, covariances = moments(arms)
    assume(bool(usable_covariates(covariances[..., 1:, 1:], means[..., 1:]).all()))
    found = fitted(arms, outcomes=1, method=method)
    assert bool(np.all(found.residual_variance >= 0))
    # an outcome of variance 1: what is left is its noise, or rounding of what was there
    assert bool(np.all(found.residual_variance <= 3 * noise**2 + 1e-8))


def test_differences_of_arms_covary_as_weighted_sums_do() -> None:
    root = np.random.default_rng(8).normal(size=(5, 4, 4))
    covariance = root @ np.swapaxes(root, -1, -2)
    one, zero = [1, 2, 3], [0, 0, 1]
    weights = np.array([[-1, 1, 0, 0], [-1, 0, 1, 0], [0, -1, 0, 1]])
    expected = contrast_covariance(covariance, weights)
    # the same four terms in another order
    assert pair_covariance(covariance, one, zero) == pytest.approx(expected, rel=1e-12, abs=1e-12)
