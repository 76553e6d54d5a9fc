"""Ratio metrics against the textbook delta method and a seeded simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.errors import NotEstimableError
from pathlift.inference.adjustment import adjusted_means
from pathlift.inference.ratio import ratio_means


def moments(arms: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.array([len(rows) for rows in arms], dtype=float),
        np.array([rows.mean(axis=0) for rows in arms]),
        np.array([np.cov(rows.T) for rows in arms]),
    )


def drawn(seed: int, sizes: tuple[int, ...] = (150, 260)) -> list[np.ndarray]:
    """Columns revenue, orders, earlier revenue."""
    rng = np.random.default_rng(seed)
    arms = []
    for n in sizes:
        orders = 1 + rng.poisson(2.0, n)
        before = rng.gamma(2.0, 5.0, n)
        revenue = orders * rng.gamma(3.0, 4.0, n) + before
        arms.append(np.column_stack((revenue, orders, before)).astype(float))
    return arms


@given(seed=st.integers(0, 10_000))
def test_without_covariates_it_is_the_delta_method_on_linearised_rows(seed: int) -> None:
    arms = [rows[:, :2] for rows in drawn(seed)]
    ratio = ratio_means(adjusted_means(*moments(arms), outcomes=2), numerator=0, denominator=1)
    for a, rows in enumerate(arms):
        y, d = rows.T
        r = y.mean() / d.mean()
        linear = (y - r * d) / d.mean()
        assert ratio.ratios[a] == pytest.approx(r, rel=1e-13)
        assert ratio.covariance[a, a] == pytest.approx(linear.var(ddof=1) / len(rows), rel=1e-10)
        assert ratio.residual_variance[a] == pytest.approx(linear.var(ddof=1), rel=1e-10)
    assert ratio.covariance[0, 1] == 0


@given(seed=st.integers(0, 10_000))
def test_adjusting_a_ratio_is_adjusting_its_linearised_rows(seed: int) -> None:
    arms = drawn(seed)
    adjusted = adjusted_means(*moments(arms), outcomes=2, method="lin")
    ratio = ratio_means(adjusted, numerator=0, denominator=1)
    linear = []
    for a, rows in enumerate(arms):
        r, d = ratio.ratios[a], adjusted.means[a, 1]
        linear.append(np.column_stack(((rows[:, 0] - r * rows[:, 1]) / d, rows[:, 2])))
    again = adjusted_means(*moments(linear), outcomes=1, method="lin")
    # linearised at the adjusted ratio, the linear metric's adjusted mean is 0 by definition
    np.testing.assert_allclose(again.means[:, 0], 0, atol=1e-12)
    np.testing.assert_allclose(
        ratio.covariance, again.covariance[:, 0, :, 0], rtol=1e-9, atol=1e-15
    )


def test_a_ratio_of_an_outcome_with_itself_is_one_for_certain() -> None:
    ratio = ratio_means(adjusted_means(*moments(drawn(1)), outcomes=2), numerator=1, denominator=1)
    assert ratio.ratios.tolist() == [1.0, 1.0]
    np.testing.assert_allclose(ratio.covariance, 0, atol=1e-18)


def test_a_zero_denominator_is_refused_with_its_arm() -> None:
    n, m, s = moments(drawn(1))
    m[1, 1] = 0.0
    plain = adjusted_means(n, m, s, outcomes=2, method="means")
    with pytest.raises(NotEstimableError, match="denominator is 0 in arm 1"):
        ratio_means(plain, numerator=0, denominator=1)
