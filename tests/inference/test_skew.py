"""The skewness of a contrast against the rule it generalises and a seeded simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.inference.skew import FAIL, TAIL_ERROR, WARN, contrast_skew, severity


def test_the_rule_of_355_sits_at_the_warning() -> None:
    # Kohavi et al. (2014): n = 355 skew^2 in one arm; skewness of its mean is 1/sqrt(355)
    skew = 3.0
    found = contrast_skew(355 * skew**2, 1.0, skew, 1e18, 1.0, 0.0)
    assert float(found.skewness) == pytest.approx(1 / np.sqrt(355), rel=1e-6)
    # methods 3.2 prints 0.053 and 0.45 percentage points
    assert float(found.skewness) == pytest.approx(WARN, abs=5e-4)
    assert float(found.tail_error) == pytest.approx(0.0045, abs=5e-5)


def test_tail_error_is_the_edgeworth_term_of_the_studentised_mean() -> None:
    # P(T > z) - alpha/2 = gamma (2 z^2 + 1) phi(z) / 6 for a studentised mean
    z = 1.959963984540054
    phi = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    assert pytest.approx((2 * z**2 + 1) * phi / 6, abs=5e-5) == TAIL_ERROR


def test_one_percentage_point_sits_at_the_failure() -> None:
    assert pytest.approx(0.01, abs=2e-4) == TAIL_ERROR * FAIL


@given(n=st.integers(2, 10**6), variance=st.floats(1e-6, 1e6), third=st.floats(-1e6, 1e6))
def test_equal_arms_cancel_their_skew(n: int, variance: float, third: float) -> None:
    assert float(contrast_skew(n, variance, third, n, variance, third).skewness) == 0.0


@given(
    n1=st.integers(2, 10**6),
    n0=st.integers(2, 10**6),
    factor=st.floats(1e-3, 1e3),
)
def test_currency_does_not_matter_and_swapping_arms_turns_the_sign(
    n1: int, n0: int, factor: float
) -> None:
    here = contrast_skew(n1, 2.0, 9.0, n0, 3.0, 20.0)
    there = contrast_skew(
        n1, 2.0 * factor**2, 9.0 * factor**3, n0, 3.0 * factor**2, 20.0 * factor**3
    )
    back = contrast_skew(n0, 3.0, 20.0, n1, 2.0, 9.0)
    assert float(there.skewness) == pytest.approx(float(here.skewness), rel=1e-9)
    assert float(back.skewness) == -float(here.skewness)


def test_no_variance_is_no_skew() -> None:
    assert float(contrast_skew(10, 0.0, 0.0, 20, 0.0, 0.0).skewness) == 0.0


@pytest.mark.parametrize(
    ("gamma", "expected"), [(0.05, "pass"), (-0.06, "warn"), (0.12, "warn"), (-0.13, "fail")]
)
def test_severity_follows_methods(gamma: float, expected: str) -> None:
    assert severity(gamma) == expected
