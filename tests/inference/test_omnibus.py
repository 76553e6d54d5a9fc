"""Omnibus tests against scipy, statsmodels and the special cases they must collapse to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.oneway import anova_generic

from pathlift.errors import NotEstimableError
from pathlift.inference.omnibus import (
    equality_of_means,
    goodness_of_fit,
    independence,
    interaction,
    wald,
)

ROUNDING = 1e-10  # the same sums in another order


@given(st.lists(st.lists(st.integers(1, 5_000), min_size=4, max_size=4), min_size=2, max_size=5))
def test_pearson_agrees_with_scipy(table: list[list[int]]) -> None:
    expected = stats.chi2_contingency(table, correction=False)
    test = independence(table)
    assert float(test.statistic) == pytest.approx(expected.statistic, rel=ROUNDING, abs=1e-9)
    assert int(test.df) == expected.dof
    assert float(test.p_value) == pytest.approx(expected.pvalue, rel=1e-8)
    assert float(test.smallest_expected) == pytest.approx(expected.expected_freq.min())


def test_labels_that_nobody_showed_cost_no_degree_of_freedom() -> None:
    with_empty = independence([[10, 0, 20], [15, 0, 25], [0, 0, 0]])
    without = independence([[10, 20], [15, 25]])
    assert float(with_empty.statistic) == pytest.approx(float(without.statistic), rel=1e-14)
    assert int(with_empty.df) == 1


def test_one_label_alone_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="fewer than two"):
        independence([[10, 0], [20, 0]])


@pytest.mark.parametrize("shape", [(2, 0), (3, 3), (0, 2)], ids=str)
def test_a_table_without_a_single_count_is_not_tested(shape: tuple[int, int]) -> None:
    with pytest.raises(NotEstimableError, match="fewer than two rows or columns have a count"):
        independence(np.zeros(shape))


def test_a_split_agrees_with_scipy_down_to_the_smallest_p() -> None:
    counts, weights = np.array([821_588, 815_482]), np.array([1.0, 1.0])
    test = goodness_of_fit(counts, weights)
    expected = stats.chisquare(counts)
    assert float(test.p_value) == pytest.approx(expected.pvalue, rel=1e-10)
    far = goodness_of_fit([10_000, 20_000], weights)
    assert 0 < float(far.p_value) < 1e-300 or float(far.p_value) == stats.chi2.sf(
        float(far.statistic), 1
    )


@given(seed=st.integers(0, 10_000), arms=st.integers(2, 5))
def test_equality_of_means_is_the_classic_weighted_sum(seed: int, arms: int) -> None:
    rng = np.random.default_rng(seed)
    n, m, s2 = rng.integers(20, 90, arms), rng.normal(size=arms), rng.uniform(0.5, 3, arms)
    test = equality_of_means(m, np.diag(s2 / n))
    w = n / s2
    expected = np.sum(w * (m - np.sum(w * m) / np.sum(w)) ** 2)
    assert float(test.statistic) == pytest.approx(expected, rel=1e-9)
    assert test.df == arms - 1
    # Welch's F is this sum over its df, shrunk by a factor that tends to 1
    welch = anova_generic(m, s2, n, use_var="unequal", welch_correction=False)
    assert float(test.statistic) / test.df == pytest.approx(welch.statistic, rel=1e-9)


@given(seed=st.integers(0, 10_000), order=st.permutations([0, 1, 2]))
def test_the_reference_arm_does_not_matter(seed: int, order: list[int]) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(3, 3))
    v, m = root @ root.T + np.eye(3), rng.normal(size=3)
    straight = equality_of_means(m, v)
    turned = equality_of_means(m[order], v[np.ix_(order, order)])
    assert float(turned.statistic) == pytest.approx(float(straight.statistic), rel=1e-8)


def test_two_arms_collapse_to_a_squared_t() -> None:
    t2 = (1.3 - 1.0) ** 2 / (0.01 + 0.02)
    test = equality_of_means([1.0, 1.3], np.diag([0.01, 0.02]), residual_df=40.0)
    assert float(test.statistic) == pytest.approx(t2, rel=1e-12)
    # scipy's t as oracle
    assert float(test.p_value) == pytest.approx(2 * stats.t.sf(np.sqrt(t2), 40), rel=1e-9)


def test_interaction_of_two_levels_is_the_difference_of_effects() -> None:
    m = np.array([[1.0, 1.4], [2.0, 2.1]])
    v = np.array([np.diag([0.01, 0.02]), np.diag([0.03, 0.01])])
    test = interaction(m, v)
    # (0.4 - 0.1)^2 over the sum of four variances
    assert float(test.statistic) == pytest.approx(0.09 / 0.07, rel=1e-12)
    assert test.df == 1


@given(seed=st.integers(0, 10_000), levels=st.integers(2, 4), arms=st.integers(2, 4))
def test_interaction_is_the_wald_test_of_stacked_contrasts(
    seed: int, levels: int, arms: int
) -> None:
    rng = np.random.default_rng(seed)
    m = rng.normal(size=(levels, arms))
    roots = rng.normal(size=(levels, arms, arms))
    v = roots @ np.swapaxes(roots, 1, 2) + np.eye(arms)
    test = interaction(m, v)
    c = np.hstack((-np.ones((arms - 1, 1)), np.eye(arms - 1)))
    between = np.hstack((-np.ones((levels - 1, 1)), np.eye(levels - 1)))
    whole = np.kron(between, c)
    block = np.zeros((levels * arms, levels * arms))
    for i in range(levels):
        block[i * arms : (i + 1) * arms, i * arms : (i + 1) * arms] = v[i]
    stacked = wald(whole @ m.reshape(-1), whole @ block @ whole.T)
    assert test.df == stacked.df == (levels - 1) * (arms - 1)
    assert float(test.statistic) == pytest.approx(float(stacked.statistic), rel=1e-8)


def test_equal_effects_do_not_interact() -> None:
    m = np.array([[1.0, 1.5, 0.5], [3.0, 3.5, 2.5]])
    test = interaction(m, np.array([np.eye(3), 2 * np.eye(3)]))
    assert float(test.statistic) == pytest.approx(0.0, abs=1e-25)
    assert float(test.p_value) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("v", [np.zeros((2, 2)), np.ones((2, 2))])
def test_effects_without_variance_are_refused(v: np.ndarray) -> None:
    with pytest.raises(NotEstimableError, match="no variance"):
        wald([0.1, 0.2], v)
