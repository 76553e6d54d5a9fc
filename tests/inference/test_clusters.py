"""Cluster-robust means against explicit matrices, collapsed cases and seeded simulations."""

import csv
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pathlift.errors import NotEstimableError
from pathlift.inference.adjustment import adjusted_means
from pathlift.inference.clusters import (
    ClusteredMeans,
    arm_clusters,
    cluster_mean_moments,
    clustered_means,
    contrast_df,
    cr2_covariance,
    enough_for_covariates,
    intracluster_correlation,
)
from pathlift.inference.ratio import ratio_means
from pathlift.inference.tails import two_sided_p
from pathlift.statistics.clusters import ClusterSums

PAIR = np.array([[-1.0, 1.0]])


def sums_of(rows: np.ndarray, cluster: np.ndarray) -> ClusterSums:
    """Cluster sums of rows of units, columns outcomes then covariates."""
    names, place = np.unique(cluster, return_inverse=True)
    mean = rows.mean(axis=0)
    residuals = np.zeros((len(names), rows.shape[1]))
    np.add.at(residuals, place, rows - mean)
    return ClusterSums(
        names=tuple(f"v{j}" for j in range(rows.shape[1])),
        units=np.bincount(place).astype(float),
        mean=mean,
        residuals=residuals,
    )


def fitted(
    arms: Sequence[np.ndarray], clusters: Sequence[np.ndarray | None], outcomes: int = 1
) -> ClusteredMeans:
    return clustered_means(
        [None if c is None else sums_of(rows, c) for rows, c in zip(arms, clusters, strict=True)],
        [len(rows) for rows in arms],
        np.array([rows.mean(axis=0) for rows in arms]),
        np.array([np.atleast_2d(np.cov(rows.T)) for rows in arms]),
        arms=[f"arm {a}" for a in range(len(arms))],
        outcomes=outcomes,
        method="lin" if arms[0].shape[1] > outcomes else None,
    )


def drawn(
    seed: int, clusters: tuple[int, ...], columns: int = 1
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Arms of unequal clusters whose units resemble each other."""
    rng = np.random.default_rng(seed)
    arms, labels = [], []
    for count in clusters:
        sizes = rng.integers(1, 12, count)
        label = np.repeat(np.arange(count), sizes)
        rows = rng.normal(0, 1, (count, columns))[label] + rng.normal(2, 1, (len(label), columns))
        arms.append(rows)
        labels.append(label)
    return arms, labels


def explicit(arms: list[np.ndarray], labels: list[np.ndarray]) -> tuple[float, float]:
    """CR2 variance and Bell-McCaffrey df of the second minus the first arm, by matrices."""
    y = np.concatenate([rows[:, 0] for rows in arms])
    arm = np.repeat([0, 1], [len(rows) for rows in arms])
    cluster = np.concatenate([labels[0], labels[1] + labels[0].max() + 1])
    design = np.eye(2)[arm]
    bread = np.linalg.inv(design.T @ design)
    hat = design @ bread @ design.T
    rest = np.eye(len(y)) - hat
    c = np.array([-1.0, 1.0])
    columns, variance = [], 0.0
    for g in np.unique(cluster):
        inside = cluster == g
        value, vector = np.linalg.eigh(rest[np.ix_(inside, inside)])
        root = vector @ np.diag(value**-0.5) @ vector.T
        weight = root @ design[inside] @ bread @ c
        variance += float(weight @ (rest @ y)[inside]) ** 2
        columns.append(rest[:, inside] @ weight)
    gram = np.array(columns) @ np.array(columns).T
    return variance, float(np.trace(gram) ** 2 / np.sum(gram**2))


@given(seed=st.integers(0, 10_000), g0=st.integers(6, 15), g1=st.integers(6, 15))
def test_the_closed_form_is_the_matrix_form(seed: int, g0: int, g1: int) -> None:
    arms, labels = drawn(seed, (g0, g1))
    variance, df = explicit(arms, labels)
    found = fitted(arms, labels)
    v = found.adjusted.of_outcome(0)[1]
    # eigenvectors of blocks up to 11 x 11 cost a few digits of 1e-16
    assert v[0, 0] + v[1, 1] - 2 * v[0, 1] == pytest.approx(variance, rel=1e-12)
    assert pair_df(found)[0] == pytest.approx(df, rel=1e-11)


def pair_df(found: ClusteredMeans, weights: np.ndarray = PAIR) -> np.ndarray:
    return contrast_df(
        weights,
        found.adjusted.residual_variance[:, 0],
        found.adjusted.units,
        found.adjusted.residual_df,
        clustered=found.clustered,
    )


@given(
    sizes=st.lists(st.integers(1, 10**9), min_size=2, max_size=12),
    sums=st.lists(st.integers(-(10**9), 10**9), min_size=12, max_size=12),
)
def test_the_closed_forms_keep_their_digits_at_any_sizes(sizes: list[int], sums: list[int]) -> None:
    # the same formulas in fractions, where a cluster may hold all but a billionth of its arm
    n = sum(sizes)
    h = [Fraction(size, n) for size in sizes]
    u = [share**2 / (1 - share) for share in h]
    below = sum(share**2 for share in h) + sum(u) ** 2 - sum(each**2 for each in u)
    variance = sum(Fraction(e) ** 2 / (1 - s) for e, s in zip(sums, h, strict=False)) / n**2
    # the bound set for adversarial inputs: relative error at most 1e-9 on adversarial inputs
    assert arm_clusters(sizes).df == pytest.approx(float(1 / below), rel=1e-9)
    found = cr2_covariance(sizes, np.array(sums[: len(sizes)], dtype=float)[:, None])
    assert found[0, 0] == pytest.approx(float(variance), rel=1e-9)


@given(sizes=st.lists(st.integers(1, 10**9), min_size=2, max_size=40))
def test_degrees_of_freedom_lie_between_1_and_the_clusters_less_1(sizes: list[int]) -> None:
    facts = arm_clusters(sizes)
    # rounding of sums of at most 40 terms
    assert 1 - 1e-9 <= facts.df <= (len(sizes) - 1) * (1 + 1e-12)
    assert 1 - 1e-12 <= facts.effective <= len(sizes) * (1 + 1e-12)


@given(seed=st.integers(0, 10_000), n=st.integers(6, 60))
def test_clusters_of_one_unit_are_welch_s_variance(seed: int, n: int) -> None:
    rows = np.random.default_rng(seed).normal(1, 1, (n, 2))
    sums = sums_of(rows, np.arange(n))
    # sum e^2 / (1 - 1/n) / n^2 = s^2 / n
    np.testing.assert_allclose(
        cr2_covariance(sums.units, sums.residuals), np.cov(rows.T) / n, rtol=1e-12
    )
    assert arm_clusters(sums.units).df == pytest.approx(n - 1, rel=1e-12)


@given(seed=st.integers(0, 10_000), g=st.integers(6, 20), size=st.integers(1, 9))
def test_equal_clusters_are_a_test_of_their_means(seed: int, g: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(g), size)
    arms = [rng.normal(0, 1, (g, 1))[label] + rng.normal(a, 1, (g * size, 1)) for a in range(2)]
    found = fitted(arms, [label, label])
    m, v = found.adjusted.of_outcome(0)
    means = [rows[:, 0].reshape(g, size).mean(axis=1) for rows in arms]
    welch = stats.ttest_ind(means[1], means[0], equal_var=False)
    assert (m[1] - m[0]) / np.sqrt(v[0, 0] + v[1, 1]) == pytest.approx(
        welch.statistic, rel=1e-9, abs=1e-12
    )
    # by unit variances alone, two arms of equal clusters have 2 (G - 1)
    assert pair_df(found)[0] == pytest.approx(2 * (g - 1), rel=1e-12)


def test_clusters_as_units_of_their_own_means_give_welch() -> None:
    arms, labels = drawn(4, (9, 12))
    parts = [cluster_mean_moments(sums_of(r, c)) for r, c in zip(arms, labels, strict=True)]
    n, m, s = (np.array(part) for part in zip(*parts, strict=True))
    found = adjusted_means(n, m, s, outcomes=1)
    means = [
        np.array([r[c == g, 0].mean() for g in np.unique(c)])
        for r, c in zip(arms, labels, strict=True)
    ]
    welch = stats.ttest_ind(means[1], means[0], equal_var=False)
    value, v = found.of_outcome(0)
    # one formula in another order of operations
    assert (value[1] - value[0]) / np.sqrt(v[0, 0] + v[1, 1]) == pytest.approx(
        welch.statistic, rel=1e-10
    )


@given(seed=st.integers(0, 10_000), factor=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_units_of_measurement_do_not_matter(seed: int, factor: float, shift: float) -> None:
    arms, labels = drawn(seed, (25, 30), columns=2)
    before = fitted(arms, labels)
    after = fitted([rows * [factor, 7.0] + [shift, -3.0] for rows in arms], labels)
    # the shift costs at most five digits of 1e-16
    np.testing.assert_allclose(
        after.adjusted.covariance, before.adjusted.covariance * factor**2, rtol=1e-6
    )
    np.testing.assert_allclose(after.adjusted.residual_df, before.adjusted.residual_df)


@given(seed=st.integers(0, 10_000))
def test_names_and_order_of_clusters_do_not_matter(seed: int) -> None:
    arms, labels = drawn(seed, (8, 9))
    order = [np.random.default_rng(seed).permutation(len(rows)) for rows in arms]
    before = fitted(arms, labels)
    after = fitted(
        [rows[o] for rows, o in zip(arms, order, strict=True)],
        [(label.max() - label)[o] for label, o in zip(labels, order, strict=True)],
    )
    np.testing.assert_allclose(after.adjusted.covariance, before.adjusted.covariance, rtol=1e-10)
    np.testing.assert_allclose(pair_df(after), pair_df(before), rtol=1e-12)


def test_outcomes_that_add_up_have_variances_that_add_up() -> None:
    arms, labels = drawn(6, (10, 30, 12), columns=2)
    summed = [np.column_stack((rows, rows.sum(axis=1))) for rows in arms]
    v = fitted(summed, labels, outcomes=3).adjusted.covariance
    np.testing.assert_allclose(
        v[:, :2, :, :2].sum(axis=(1, 3)), v[:, 2, :, 2], rtol=1e-10, atol=1e-15
    )


def test_a_ratio_is_linearised_by_cluster() -> None:
    arms, labels = drawn(8, (10, 14), columns=2)
    found = fitted(arms, labels, outcomes=2)
    ratio = ratio_means(found.adjusted, numerator=0, denominator=1)
    for a, (rows, label) in enumerate(zip(arms, labels, strict=True)):
        linear = rows[:, 0] - ratio.ratios[a] * rows[:, 1]
        by_hand = sums_of(linear[:, None], label)
        variance = cr2_covariance(by_hand.units, by_hand.residuals)[0, 0]
        expected = variance / rows[:, 1].mean() ** 2
        assert ratio.covariance[a, a] == pytest.approx(expected, rel=1e-10)
        assert ratio.residual_variance[a] / len(rows) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("mixed", [False, True])
def test_with_covariates_it_is_the_sandwich_of_influences_plus_cr2(*, mixed: bool) -> None:
    # brute force: a cluster's pull on the vector of adjusted means, squared and summed
    arms, labels = drawn(9, (40, 55), columns=3)
    arms = [np.column_stack((r[:, 0] + (1 + a) * r[:, 1], r[:, 1:])) for a, r in enumerate(arms)]
    chosen = [None if mixed else labels[0], labels[1]]
    found = fitted(arms, chosen)
    n, total = [len(rows) for rows in arms], sum(len(rows) for rows in arms)
    x_all = np.vstack(arms)[:, 1:].mean(axis=0)
    beta = found.adjusted.slopes[:, :, 0]
    expected = np.zeros((2, 2))
    for a, rows in enumerate(arms):
        label = np.arange(n[a]) if chosen[a] is None else labels[a]
        centred = rows - rows.mean(axis=0)
        e = centred[:, 0] - centred[:, 1:] @ beta[a]
        for g in np.unique(label):
            inside = label == g
            t = (rows[inside, 1:] - x_all).sum(axis=0)
            pull = beta @ t / total
            pull[a] += e[inside].sum() / n[a]
            h = inside.sum() / n[a]
            expected += np.outer(pull, pull)
            if chosen[a] is not None:  # CR2 scales the residual part up
                expected[a, a] += (e[inside].sum() / n[a]) ** 2 * (1 / (1 - h) - 1)
        if chosen[a] is None:  # its residual variance pays for the slopes
            expected[a, a] += np.sum(e**2) / n[a] * (1 / (n[a] - 3) - 1 / n[a])
    v = found.adjusted.of_outcome(0)[1]
    np.testing.assert_allclose(v, expected, rtol=1e-9)
    assert found.approximate
    assert found.clustered.tolist() == [not mixed, True]


def test_clusters_of_one_unit_with_covariates_are_the_unclustered_engine() -> None:
    rng = np.random.default_rng(3)
    arms = [rng.normal(0, 1, (size, 2)) @ [[1.0, 0.0], [0.7, 1.0]] for size in (4_000, 5_000)]
    found = fitted(arms, [np.arange(len(rows)) for rows in arms])
    plain = fitted(arms, [None, None])
    # n - 1 - k against n - 1, and N - 1 against N: one part in 4,000
    np.testing.assert_allclose(found.adjusted.covariance, plain.adjusted.covariance, rtol=5e-4)
    assert not plain.approximate


def test_designs_may_mix() -> None:
    # methods 3.9: V adds, nu = (V1 + V0)^2 / (V1^2/nu1 + V0^2/nu0)
    arms, labels = drawn(12, (8, 30, 9))
    found = fitted(arms, [labels[0], None, labels[2]])
    v = np.diagonal(found.adjusted.of_outcome(0)[1])
    assert v[1] == pytest.approx(arms[1].var(ddof=1) / len(arms[1]), rel=1e-12)
    nu = np.array([arm_clusters(np.bincount(labels[0])).df, len(arms[1]) - 1])
    expected = (v[0] + v[1]) ** 2 / np.sum(v[:2] ** 2 / nu)
    df = pair_df(found, np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]))
    assert df[0] == pytest.approx(expected, rel=1e-12)
    assert df[1] == pytest.approx(explicit([arms[0], arms[2]], [labels[0], labels[2]])[1])
    assert found.clusters[1] is None


def test_facts_say_when_clusters_are_few_or_lopsided() -> None:
    even, uneven, many = (
        arm_clusters([5] * 8),
        arm_clusters([100] + [1] * 30),
        arm_clusters([5] * 21),
    )
    assert even.few
    assert not even.lopsided
    assert uneven.lopsided
    # by hand: the squared sum of sizes over the sum of their squares
    assert uneven.effective == pytest.approx(130**2 / 10_030, rel=1e-12)
    assert not many.few


@pytest.mark.parametrize(
    ("counts", "reason"),
    [((1, 8), "one cluster holds all of arm 0"), ((5, 8), "arm 0 has 5")],
)
def test_too_few_clusters_are_refused(counts: tuple[int, int], reason: str) -> None:
    arms, labels = drawn(1, counts)
    arms[0], labels[0] = np.repeat(arms[0], 3, axis=0), np.repeat(labels[0], 3)
    with pytest.raises(NotEstimableError, match=reason):
        fitted(arms, labels)


def test_covariates_need_10_clusters_a_coefficient() -> None:
    arms, labels = drawn(2, (19, 40), columns=2)
    with pytest.raises(NotEstimableError, match="1 covariate needs 20 clusters"):
        fitted(arms, labels)
    facts = [arm_clusters([3] * 19), None]
    assert not enough_for_covariates(facts, 1)
    assert enough_for_covariates(facts, 0)
    assert enough_for_covariates([arm_clusters([3] * 20), None], 1)


def test_clusters_and_moments_of_other_units_are_a_bug() -> None:
    arms, labels = drawn(2, (8, 9))
    sums = [sums_of(r, c) for r, c in zip(arms, labels, strict=True)]
    with pytest.raises(ValueError, match="do not hold the units"):
        clustered_means(
            sums,
            [len(arms[0]) + 1, len(arms[1])],
            [[0.0], [0.0]],
            [[[1.0]], [[1.0]]],
            arms=["a", "b"],
            outcomes=1,
        )


def test_a_single_cluster_has_no_variance() -> None:
    with pytest.raises(NotEstimableError, match="one cluster holds"):
        cr2_covariance([7], [[0.0]])
    with pytest.raises(NotEstimableError, match="at least two"):
        cluster_mean_moments(sums_of(np.ones((7, 1)), np.zeros(7)))


def test_intracluster_correlation_of_copies_is_1() -> None:
    rows = np.repeat(np.random.default_rng(5).normal(0, 1, (9, 1)), 4, axis=0)
    sums = sums_of(rows, np.repeat(np.arange(9), 4))
    icc = intracluster_correlation(sums.units, sums.residuals[:, 0], rows.var(ddof=1))
    assert icc == pytest.approx(1, abs=1e-12)
    with pytest.raises(NotEstimableError, match="do not vary"):
        intracluster_correlation([2, 3], [0.0, 0.0], 0.0)
    with pytest.raises(NotEstimableError, match="two clusters"):
        intracluster_correlation([1, 1], [0.5, -0.5], 0.5)


# Methods 3.9 [sim]: sizes 6.2% with 8 + 8 clusters and 5.4% with 20 + 20, against 15.4% and
# 8.6% of CR0 with normal tails. Cluster sizes have mean 500 and cv 1, clusters vary by 30%.
@pytest.mark.parametrize(("count", "most"), [(8, 0.07), (20, 0.06)])
def test_the_size_with_few_clusters_is_near_nominal(count: int, most: float) -> None:
    rng, repeats = np.random.default_rng(17), 3_000
    rejected = naive = 0
    for _ in range(repeats):
        sums, units = [], []
        for _arm in range(2):
            size = np.ceil(rng.gamma(1, 500, count))
            rate = 0.1 * (1 + 0.3 * rng.normal(size=count))
            y = size * rate + np.sqrt(size * 0.09) * rng.normal(size=count)
            mean = y.sum() / size.sum()
            sums.append(
                ClusterSums(
                    names=("y",),
                    units=size,
                    mean=np.array([mean]),
                    residuals=(y - size * mean)[:, None],
                )
            )
            units.append(size.sum())
        found = clustered_means(
            sums, units, [s.mean for s in sums], np.ones((2, 1, 1)), arms=["a", "b"], outcomes=1
        )
        m, v = found.adjusted.of_outcome(0)
        t = (m[1] - m[0]) / np.sqrt(v[0, 0] + v[1, 1])
        rejected += bool(two_sided_p(t, pair_df(found)[0]) < 0.05)
        plain = sum(np.sum(s.residuals**2) / s.units.sum() ** 2 for s in sums)
        naive += bool(abs(m[1] - m[0]) > 1.96 * np.sqrt(plain))
    # exact binomial tests at 0.1%
    assert stats.binomtest(rejected, repeats, most, alternative="greater").pvalue > 0.001
    assert stats.binomtest(rejected, repeats, 0.04, alternative="less").pvalue > 0.001
    assert naive > rejected


def test_coverage_with_covariates_shared_by_clusters_under_unequal_slopes() -> None:
    # methods 3.9 [sim]: 94.4% and 95.1% with the cluster form, 87% and 72% with S_x / N
    rng, repeats, count, size = np.random.default_rng(23), 1_000, 60, 20
    label = np.repeat(np.arange(count), size)
    covered = 0
    for _ in range(repeats):
        arms = []
        for slope in (1.0, -1.0):
            x = rng.normal(size=count)[label] + 0.5 * rng.normal(size=len(label))
            y = slope * x + 0.3 * rng.normal(size=count)[label] + rng.normal(size=len(label))
            arms.append(np.column_stack((y, x)))
        found = fitted(arms, [label, label])
        m, v = found.adjusted.of_outcome(0)
        t = (m[1] - m[0]) / np.sqrt(v[0, 0] + v[1, 1] - 2 * v[0, 1])
        covered += bool(two_sided_p(t, pair_df(found)[0]) >= 0.05)
    # the target of methods 7, 95 +- 1: an exact binomial test at 0.1% against its lower edge
    assert stats.binomtest(covered, repeats, 0.94, alternative="less").pvalue > 0.001
    assert stats.binomtest(covered, repeats, 0.96, alternative="greater").pvalue > 0.001


@pytest.mark.real
def test_fast_food_promotions_agree_with_clubsandwich(
    data_folder: Path, reference_folder: Path
) -> None:
    # datasets.json, fastfood_cluster: clubSandwich 0.5.8, CR2 with Satterthwaite's df, to 1e-6
    document = json.loads((reference_folder / "datasets.json").read_text(encoding="utf-8"))
    expected = next(c for c in document["cases"] if c["id"] == "fastfood_cluster")["expected"]
    with (data_folder / "fast_food_promotions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    sales = [
        np.array([[float(r["SalesInThousands"])] for r in rows if r["Promotion"] == arm])
        for arm in ("1", "2", "3")
    ]
    places = [np.array([r["LocationID"] for r in rows if r["Promotion"] == arm]) for arm in "123"]
    found = fitted(sales, places)
    c = np.array([[1.0, 0, 0], [-1, 1, 0], [-1, 0, 1]])  # the regression's coefficients
    m, v = found.adjusted.of_outcome(0)
    np.testing.assert_allclose(c @ m, expected["estimates"], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diagonal(c @ v @ c.T)), expected["cr2"]["se"], rtol=1e-6)
    np.testing.assert_allclose(pair_df(found, c), expected["cr2"]["df_satterthwaite"], rtol=1e-6)
