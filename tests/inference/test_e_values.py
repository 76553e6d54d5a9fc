"""E-values of an interval are those of the end nearer to 1, as published."""

import math

import pytest

from pathlift.inference.e_values import e_value, e_value_of_end


def test_the_published_example_of_breastfeeding() -> None:
    # VanderWeele and Ding (2017): a ratio of 3.9 (1.8 to 8.7) has E-values 7.26 and 3.0, as printed
    assert e_value(3.9) == pytest.approx(7.26, abs=0.005)
    assert e_value_of_end(1.8, 8.7) == pytest.approx(3.0, abs=0.05)


@pytest.mark.parametrize(
    ("low", "high"), [(0.9, 1.2), (1.0, 1.2), (0.8, 1.0), (0.5, None), (None, 2.0), (0.0, 2.0)]
)
def test_an_interval_that_holds_one_has_one(low: float | None, high: float | None) -> None:
    assert e_value_of_end(low, high) == 1.0


def test_an_interval_unbounded_on_one_side_is_read_at_its_other_end() -> None:
    # the formula at 2 by hand: 2 + sqrt(2 * 1); exact but for rounding
    assert e_value_of_end(2.0, None) == pytest.approx(2 + math.sqrt(2), rel=1e-12)
    assert e_value_of_end(None, 0.5) == pytest.approx(2 + math.sqrt(2), rel=1e-12)


def test_a_ratio_without_an_interval_has_no_e_value_of_an_end() -> None:
    assert e_value_of_end(None, None) is None
