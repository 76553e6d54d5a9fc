"""Intervals and p-values say the same thing, also in the last digit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.inference.intervals import agreeing, studentised, symmetric_interval
from pathlift.inference.tails import two_sided_critical, two_sided_p


def test_nothing_over_nothing_is_zero() -> None:
    assert float(studentised(0.0, 0.0)) == 0.0
    assert float(studentised(0.3, 0.0)) == np.inf


@given(
    estimate=st.floats(-1e3, 1e3),
    standard_error=st.floats(1e-6, 1e3),
    null=st.floats(-10, 10),
    alpha=st.floats(1e-6, 0.5),
)
def test_the_interval_excludes_the_null_exactly_when_p_is_below_alpha(
    estimate: float, standard_error: float, null: float, alpha: float
) -> None:
    rejected = two_sided_p(studentised(estimate, standard_error, null)) < alpha
    interval = symmetric_interval(
        estimate, standard_error, two_sided_critical(alpha), null=null, excluded=rejected
    )
    assert bool((interval.low > null) | (interval.high < null)) == bool(rejected)


@given(
    standard_error=st.floats(1e-6, 1e3),
    null=st.floats(-10, 10),
    alpha=st.floats(1e-6, 0.5),
    ulps=st.integers(-4, 4),
    side=st.sampled_from([-1.0, 1.0]),
)
def test_they_agree_on_the_edge_itself(
    standard_error: float, null: float, alpha: float, ulps: int, side: float
) -> None:
    c = float(two_sided_critical(alpha))
    estimate = null + side * c * standard_error
    for _ in range(abs(ulps)):
        estimate = float(np.nextafter(estimate, np.inf * ulps))
    rejected = two_sided_p(studentised(estimate, standard_error, null)) < alpha
    interval = symmetric_interval(estimate, standard_error, c, null=null, excluded=rejected)
    assert bool((interval.low > null) | (interval.high < null)) == bool(rejected)


def test_a_disagreement_beyond_rounding_is_an_error() -> None:
    with pytest.raises(ArithmeticError, match="more than rounding"):
        agreeing(0.1, 0.2, null=0.0, excluded=np.zeros((), dtype=bool))


@given(
    estimate=st.floats(-5, 5),
    standard_error=st.floats(0.01, 5),
    pair=st.tuples(st.floats(1e-6, 0.5), st.floats(1e-6, 0.5)),
)
def test_a_smaller_alpha_nests_the_interval(
    estimate: float, standard_error: float, pair: tuple[float, float]
) -> None:
    small, large = sorted(pair)
    wide = symmetric_interval(estimate, standard_error, two_sided_critical(small))
    narrow = symmetric_interval(estimate, standard_error, two_sided_critical(large))
    assert wide.low <= narrow.low
    assert wide.high >= narrow.high
