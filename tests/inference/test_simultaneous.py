"""The max-|T| engine against published critical values, scipy's densities and its own promises."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pathlift.errors import NotEstimableError
from pathlift.inference.blocks import critical_value, joint, joint_families
from pathlift.inference.max_t import (
    directions,
    exceedance_of_one_factor,
    exceedance_of_pair,
)
from pathlift.inference.simultaneous import (
    against_one_control,
    correlation_of,
    family_df,
    one_control_loadings,
)
from pathlift.inference.tails import two_sided_critical, two_sided_p

ALL_PAIRS = np.array([[1, 0.5, -0.5], [0.5, 1, 0.5], [-0.5, 0.5, 1]])


def equicorrelated(k: int, rho: float = 0.5) -> np.ndarray:
    return np.full((k, k), rho) + (1 - rho) * np.eye(k)


def random_correlation(seed: int, k: int, rank: int) -> np.ndarray:
    root = np.random.default_rng(seed).normal(size=(k, rank))
    return correlation_of(root @ root.T)


# methods 3.5: Dunnett (1964) two-sided with two treatments, all pairs of three arms (Tukey's
# range 3.3145 / sqrt 2), and the equicorrelated case by an exact one-dimensional integral
@pytest.mark.parametrize(
    ("correlation", "expected", "tolerance"),
    [
        pytest.param(equicorrelated(2), 2.21213, 5e-6, id="dunnett-2"),
        pytest.param(ALL_PAIRS, 2.3437, 5e-5, id="all-pairs-of-3"),
        pytest.param(equicorrelated(12), 2.76747, 5e-6, id="equicorrelated-12"),
    ],
)
def test_critical_values_are_the_published_ones(
    correlation: np.ndarray, expected: float, tolerance: float
) -> None:
    assert critical_value(correlation, alpha=0.05) == pytest.approx(expected, abs=tolerance)


def test_all_pairs_with_few_df_is_tukeys_range() -> None:
    # scipy's studentised range as oracle: all pairs of three equal arms, 12 df
    expected = stats.studentized_range.isf(0.05, 3, 12) / np.sqrt(2)
    # 2^14 angles: the trapezoid misses a kink by about 1e-8
    assert critical_value(ALL_PAIRS, alpha=0.05, df=12) == pytest.approx(expected, abs=1e-6)


def test_all_pairs_of_four_by_lattice_is_tukeys_range() -> None:
    arms = np.eye(4)
    c = np.array([arms[j] - arms[i] for i in range(4) for j in range(i + 1, 4)])
    expected = stats.studentized_range.isf(0.05, 4, 1e6) / np.sqrt(2)
    # lattice error at 2^17 directions; five seeds spread by 1e-4
    assert critical_value(correlation_of(c @ c.T), alpha=0.05) == pytest.approx(expected, abs=1e-3)


def test_twelve_incidence_contrasts_come_near_methods_example() -> None:
    # methods 2.1 [sim]: 12 contrasts, critical value 2.838 (Bonferroni 2.865); two contrasts
    # with one control over six orders of one multinomial each, orders nearly uncorrelated
    share = np.full(6, 0.02)
    each = np.diag(share) - np.outer(share, share)
    v = np.kron(np.array([[2.0, 1.0], [1.0, 2.0]]), each)
    c = critical_value(correlation_of(v), alpha=0.05)
    # the example's shares are not printed; its third decimal is theirs
    assert c == pytest.approx(2.838, abs=0.01)
    assert c < float(two_sided_critical(0.05 / 12))


def test_closed_form_quadrature_and_lattice_are_one_distribution() -> None:
    c = np.array([1.0, 2.2, 4.0, 8.0, 20.0])
    for df in (3.0, 40.0, np.inf):
        pair = exceedance_of_pair(c, 0.3, df)
        factor = exceedance_of_one_factor(c, np.sqrt([0.3, 0.3]), df)
        np.testing.assert_allclose(factor, pair, rtol=1e-9)
    drawn = directions(equicorrelated(5), seed=3)
    factor = exceedance_of_one_factor(np.array([2.0, 2.6, 4.0]), np.full(5, np.sqrt(0.5)))
    # 2^17 directions: the relative error is below 1% where 100 of them carry the tail
    np.testing.assert_allclose(drawn.exceedance([2.0, 2.6, 4.0]), factor, rtol=1e-2)


@given(rho=st.floats(-0.999, 0.999), c=st.floats(0.2, 6.0))
def test_the_pair_agrees_with_scipys_bivariate_normal(rho: float, c: float) -> None:
    inside = stats.multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf([c, c], lower_limit=[-c, -c])
    # scipy's bivariate cdf is good to about 1e-10 in absolute terms
    assert float(exceedance_of_pair(c, rho)) == pytest.approx(1 - inside, abs=1e-8)


def test_few_points_give_way_to_bonferroni_and_never_to_zero() -> None:
    r = random_correlation(1, 8, 8)
    found = joint(np.full(8, 30.0), r, alpha=0.05)
    assert np.all(found.p_adjusted > 0)
    assert np.all(found.p_adjusted <= 8 * two_sided_p(30.0) * (1 + 1e-12))
    assert np.all(found.p_adjusted >= two_sided_p(30.0))


def test_small_adjusted_p_survive() -> None:
    found = against_one_control([30.0, 36.0], np.sqrt([0.5, 0.5]), alpha=0.05)
    marginal = two_sided_p([30.0, 36.0])
    # far out the two tails do not overlap, so the bound 2p is reached
    np.testing.assert_allclose(found.p_adjusted, 2 * marginal, rtol=1e-6)


@st.composite
def families(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, float]:
    k = draw(st.integers(2, 6))
    rank = draw(st.integers(1, k))
    r = random_correlation(draw(st.integers(0, 500)), k, rank)
    t = np.array(draw(st.lists(st.floats(-8, 8), min_size=k, max_size=k)))
    return t, r, draw(st.sampled_from([np.inf, 4.0, 60.0, 20_000.0]))


@given(family=families(), alpha=st.sampled_from([0.2, 0.05, 0.01, 1e-4]))
def test_a_family_keeps_its_promises(
    family: tuple[np.ndarray, np.ndarray, float], alpha: float
) -> None:
    t, r, df = family
    found = joint(t, r, alpha=alpha, df=df)
    c, p = float(found.critical_value), found.p_adjusted
    # agreement, exactly
    assert ((p < alpha) == (np.abs(t) > c)).all()
    # never below the marginal, never above Bonferroni (with t's own tail for the floor)
    assert c >= float(two_sided_critical(alpha, df))
    assert c <= float(two_sided_critical(alpha / len(t), df)) * (1 + 1e-9)
    marginal = two_sided_p(t, df)
    assert (p >= np.minimum(marginal, alpha) - 1e-15).all()
    assert ((p >= marginal * (1 - 1e-9)) | (p < alpha)).all()
    # a larger |T| never has a larger p
    order = np.argsort(np.abs(t))
    assert (np.diff(p[order]) <= 1e-15).all()


@given(
    seed=st.integers(0, 500),
    k=st.integers(1, 5),
    ulps=st.integers(-3, 3),
    alpha=st.sampled_from([0.1, 0.05, 0.001]),
    df=st.sampled_from([np.inf, 12.0]),
)
def test_p_and_critical_value_agree_on_the_edge_itself(
    seed: int, k: int, ulps: int, alpha: float, df: float
) -> None:
    loadings = np.sqrt(np.random.default_rng(seed).uniform(0.05, 0.95, k))
    c = float(against_one_control(np.zeros(k), loadings, alpha=alpha, df=df).critical_value)
    edge = c
    for _ in range(abs(ulps)):
        edge = float(np.nextafter(edge, np.inf * ulps))
    found = against_one_control(np.full(k, edge), loadings, alpha=alpha, df=df)
    assert ((found.p_adjusted < alpha) == (edge > c)).all()


@given(family=families(), order=st.randoms(use_true_random=False))
def test_the_order_of_contrasts_and_their_signs_do_not_matter(
    family: tuple[np.ndarray, np.ndarray, float], order: random.Random
) -> None:
    t, r, df = family
    index = list(range(len(t)))
    order.shuffle(index)
    signs = np.array([order.choice([-1.0, 1.0]) for _ in t])
    straight = joint(t, r, alpha=0.05, df=df)
    turned = joint(
        (signs * t)[index], (r * np.outer(signs, signs))[np.ix_(index, index)], alpha=0.05, df=df
    )
    # a lattice sees another rotation of the same family: its own error of about 1e-3
    assert float(turned.critical_value) == pytest.approx(float(straight.critical_value), rel=5e-3)


def test_independent_levels_multiply() -> None:
    # Sidak: two independent statistics at 5% need each 1 - sqrt(0.95)
    expected = two_sided_critical(-np.expm1(0.5 * np.log(0.95)))
    assert critical_value(np.eye(2), alpha=0.05) == pytest.approx(float(expected), rel=1e-12)
    r = np.kron(np.eye(4), equicorrelated(2))
    level = two_sided_critical  # the family of eight equals one of four blocks at Sidak's alpha
    block_alpha = -np.expm1(0.25 * np.log(0.95))
    assert critical_value(r, alpha=0.05) == pytest.approx(
        critical_value(equicorrelated(2), alpha=float(block_alpha)), rel=1e-10
    )
    assert "4 independent blocks" in joint(np.zeros(8), r, alpha=0.05).method
    assert float(level(0.05)) < critical_value(r, alpha=0.05)


def test_identical_contrasts_count_once() -> None:
    r = np.ones((3, 3))
    found = joint([1.0, -2.5, 2.0], r, alpha=0.05)
    assert float(found.critical_value) == pytest.approx(float(two_sided_critical(0.05)), rel=1e-9)
    np.testing.assert_allclose(found.p_adjusted, two_sided_p([1.0, 2.5, 2.0]), rtol=1e-9)


def test_batches_and_single_families_agree() -> None:
    rng = np.random.default_rng(4)
    t, loadings = rng.normal(0, 2, (6, 3)), np.sqrt(rng.uniform(0.2, 0.8, (6, 3)))
    df = np.array([5.0, 50.0, np.inf, 9.0, 400.0, np.inf])
    many = against_one_control(t, loadings, alpha=0.05, df=df)
    for i in range(6):
        r = np.outer(loadings[i], loadings[i])
        np.fill_diagonal(r, 1.0)
        one = joint(t[i], r, alpha=0.05, df=df[i])
        assert many.critical_value[i] == pytest.approx(float(one.critical_value), rel=1e-8)
        np.testing.assert_allclose(many.p_adjusted[i], one.p_adjusted, rtol=1e-7)


def test_a_control_far_noisier_than_the_rest_is_still_served() -> None:
    loadings = one_control_loadings(1.0, [1e-9, 2e-9, 1e-3])
    found = against_one_control([2.0, 2.1, 2.2], loadings, alpha=0.05)
    # all three contrasts are nearly the control's own deviation, so c is nearly marginal
    assert 1.9599 < float(found.critical_value) < 2.01


def test_equal_arms_load_by_root_half() -> None:
    np.testing.assert_allclose(one_control_loadings(0.2, [0.2, 0.2]), np.sqrt([0.5, 0.5]))


@pytest.mark.parametrize(("df", "expected"), [([30, 12.5], 12.5), ([10_001, 20_000], np.inf)])
def test_a_family_takes_its_smallest_df(df: list[float], expected: float) -> None:
    assert family_df(df) == expected


def test_the_same_seed_gives_the_same_numbers() -> None:
    r = random_correlation(3, 5, 5)
    t = np.linspace(0, 4, 5)
    first, second = joint(t, r, alpha=0.05), joint(t, r, alpha=0.05)
    assert float(first.critical_value) == float(second.critical_value)
    assert first.p_adjusted.tolist() == second.p_adjusted.tolist()


def test_a_contrast_without_variance_is_refused_by_index() -> None:
    with pytest.raises(NotEstimableError, match="contrast 1 "):
        correlation_of([[1.0, 0.0], [0.0, 0.0]])


def test_what_is_no_correlation_is_refused() -> None:
    with pytest.raises(ValueError, match="ones on its diagonal"):
        joint([1.0, 2.0], [[2.0, 0.0], [0.0, 1.0]], alpha=0.05)


@pytest.mark.parametrize("df", [np.inf, 30.0])
def test_families_together_are_each_of_them_alone(df: float) -> None:
    rng = np.random.default_rng(4)
    pairs = np.kron(np.eye(2), np.array([[1, 0.5], [0.5, 1]]))
    one_control = equicorrelated(4, 0.4)
    r = np.array([pairs, one_control, np.eye(4), pairs, equicorrelated(4, 0.7)])
    r[3, 0, 1] = r[3, 1, 0] = 0.8
    t = rng.normal(0, 2, (5, 4))
    found = joint_families(t, r, alpha=0.05, df=np.full(5, df))
    for family, each in enumerate(found):
        alone = joint(t[family], r[family], alpha=0.05, df=df)
        # quadrature takes as many nodes as the widest of the stack needs: rounding
        assert float(each.critical_value) == pytest.approx(float(alone.critical_value), rel=1e-13)
        assert each.p_adjusted == pytest.approx(alone.p_adjusted, rel=1e-12)
        assert each.method == alone.method


def test_families_without_a_common_structure_are_each_of_them_alone() -> None:
    r = np.array([equicorrelated(3, 0.5), ALL_PAIRS])
    t = np.array([[2.0, 1.0, 0.5], [2.5, 0.1, 1.0]])
    for family, each in enumerate(joint_families(t, r, alpha=0.05, df=[np.inf, np.inf])):
        alone = joint(t[family], r[family], alpha=0.05)
        assert float(each.critical_value) == float(alone.critical_value)
        assert each.p_adjusted.tolist() == alone.p_adjusted.tolist()
        assert each.method == alone.method


@pytest.mark.parametrize("df", [5.0, 40.0])
def test_a_control_of_nothing_but_noise_makes_one_contrast_of_three(df: float) -> None:
    # all three differ from the same noise alone: the largest |T| is that of a single t
    found = against_one_control([3.0, 2.9, 2.8], [1 - 1e-7] * 3, alpha=0.05, df=df)
    # the parts of their own are 3e-4 of a standard error wide
    assert float(found.critical_value) == pytest.approx(stats.t.isf(0.025, df), abs=2e-3)
    assert found.p_adjusted[0] == pytest.approx(2 * stats.t.sf(3.0, df), rel=2e-3)
