"""Permutation of clusters against scipy, by hand, and at its level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pathlift.errors import NotEstimableError
from pathlift.inference.permutation import permuted_clusters

means = st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=5)


@given(treatment=means, control=means)
def test_all_assignments_agree_with_scipy(treatment: list[float], control: list[float]) -> None:
    found = permuted_clusters(treatment, control, seed=1)
    theirs = stats.permutation_test(
        (treatment, control),
        # the size of the difference: scipy's own two-sided p doubles a tail
        lambda a, b, axis: np.abs(np.mean(a, axis=axis) - np.mean(b, axis=axis)),
        alternative="greater",
        n_resamples=1_000_000,  # more than there are, so all
        vectorized=True,
    )
    assert found.exact
    # both are counts over the same number of assignments
    assert found.p_value == pytest.approx(float(theirs.pvalue), abs=1e-12)
    assert found.p_value >= found.smallest - 1e-15


@given(treatment=means, control=means, factor=st.sampled_from([-3.0, 0.01, 100.0]))
def test_swapping_arms_and_scaling_leave_p(
    treatment: list[float], control: list[float], factor: float
) -> None:
    p = permuted_clusters(treatment, control, seed=1).p_value
    assert permuted_clusters(control, treatment, seed=1).p_value == pytest.approx(p, abs=1e-15)
    scaled = permuted_clusters(np.array(treatment) * factor, np.array(control) * factor, seed=1)
    assert scaled.p_value == p


def test_the_furthest_of_twenty_assignments_by_hand() -> None:
    # {4, 5, 6} against {1, 2, 3}: of 20 choices only this one and its mirror are as far apart
    found = permuted_clusters([4.0, 5.0, 6.0], [1.0, 2.0, 3.0], seed=1)
    assert (found.p_value, found.ways, found.smallest, found.difference) == (0.1, 20, 0.1, 3.0)


def test_draws_agree_with_all_assignments() -> None:
    rng = np.random.default_rng(2)
    one, zero = rng.normal(0.7, 1, 8), rng.normal(0, 1, 9)
    full = permuted_clusters(one, zero, seed=1)
    drawn = permuted_clusters(one, zero, seed=1, most_enumerated=10)
    assert full.exact
    assert not drawn.exact
    hits = round(drawn.p_value * drawn.ways) - 1
    # exact binomial test at 0.1%
    assert stats.binomtest(hits, drawn.ways - 1, full.p_value).pvalue > 0.001
    again = permuted_clusters(one[::-1], zero[::-1], seed=1, most_enumerated=10)
    assert again.p_value == drawn.p_value
    assert permuted_clusters(one, zero, seed=2, most_enumerated=10).p_value != drawn.p_value


def test_the_level_holds_with_few_clusters() -> None:
    rng, repeats = np.random.default_rng(3), 2_000
    rejected = sum(
        permuted_clusters(
            rng.exponential(size=6), rng.exponential(size=6), seed=r, most_enumerated=1, draws=99
        ).p_value
        <= 0.05
        for r in range(repeats)
    )
    # exchangeable clusters: at most 5%, by an exact binomial test at 0.1%
    assert stats.binomtest(rejected, repeats, 0.05, alternative="greater").pvalue > 0.001
    assert rejected > 0


def test_many_clusters_are_drawn_in_batches() -> None:
    found = permuted_clusters(np.arange(3_000.0), np.arange(3_000.0), seed=1, draws=2_000)
    assert (found.p_value, found.ways) == (1.0, 2_001)


@pytest.mark.parametrize(("one", "zero"), [([], [1.0, 2.0]), ([1.0], [2.0])])
def test_too_few_clusters_are_refused(one: list[float], zero: list[float]) -> None:
    with pytest.raises(NotEstimableError, match="three in all"):
        permuted_clusters(one, zero, seed=1)
