"""Wilson's interval against published values, statsmodels, and the test that it inverts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from pathlift.inference.wilson import wilson_interval

Z = 1.959963984540054  # 97.5% quantile of the normal, to the last digit a double holds
counts = st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# Newcombe (1998), "Two-sided confidence intervals for the single proportion", Statistics in
# Medicine 17, 857-872, table I, method 3; printed to 4 decimals.
@pytest.mark.parametrize(
    ("successes", "units", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_that_of_newcombe(
    successes: int, units: int, low: float, high: float
) -> None:
    found = wilson_interval(successes, units, critical=Z)
    assert (float(found.low), float(found.high)) == pytest.approx((low, high), abs=5e-5)


@given(count=counts)
def test_the_interval_is_that_of_statsmodels(count: tuple[int, int]) -> None:
    found = wilson_interval(*count, critical=Z)
    low, high = proportion_confint(*count, alpha=0.05, method="wilson")
    # statsmodels subtracts nearly equal numbers at the low end: absolute error of rounding
    assert float(found.low) == pytest.approx(low, rel=1e-9, abs=1e-14)
    assert float(found.high) == pytest.approx(high, rel=1e-9)


@given(count=counts, critical=st.floats(0.1, 10))
def test_ends_are_where_the_score_test_stands_at_its_critical_value(
    count: tuple[int, int], critical: float
) -> None:
    x, n = count
    found = wilson_interval(x, n, critical=critical)
    for end in (float(found.low), float(found.high)):
        assert 0 <= end <= 1
        if 0 < end < 1:
            distance = abs(x / n - end)
            # x / n - end loses digits when n is large: relative error 1e-16 / distance
            rounding = 1e-9 + 4e-16 / max(distance, 1e-16)
            expected = critical * np.sqrt(end * (1 - end) / n)
            assert distance == pytest.approx(expected, rel=rounding)
    assert float(found.low) <= x / n <= float(found.high)


@given(count=counts, critical=st.floats(0.1, 10))
def test_counting_failures_turns_the_interval_round(
    count: tuple[int, int], critical: float
) -> None:
    x, n = count
    here = wilson_interval(x, n, critical=critical)
    there = wilson_interval(n - x, n, critical=critical)
    # one subtraction from 1
    assert float(there.low) == pytest.approx(1 - float(here.high), abs=1e-15)
    assert float(there.high) == pytest.approx(1 - float(here.low), abs=1e-15)


@pytest.mark.parametrize(("successes", "units"), [(1, 0), (-1, 5), (6, 5)])
def test_what_is_no_count_is_refused(successes: int, units: int) -> None:
    with pytest.raises(ValueError, match="no more successes than units"):
        wilson_interval(successes, units, critical=Z)
