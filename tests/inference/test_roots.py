"""The bracketing solver against roots known in closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.inference.roots import bracketed_root

ULPS = 4e-16  # relative; the solver stops at four units in the last place


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20))
def test_square_roots_are_found_elementwise(values: list[float]) -> None:
    target = np.array(values)
    low, high = np.zeros_like(target), np.maximum(target, 1.0)
    root = bracketed_root(
        lambda x: x * x - target, low, high, low_value=-target, high_value=high**2 - target
    )
    np.testing.assert_allclose(root, np.sqrt(target), rtol=4 * ULPS)


def test_eight_or_so_evaluations_suffice_for_a_smooth_function() -> None:
    calls = []

    def cosine_excess(x: np.ndarray) -> np.ndarray:
        calls.append(1)
        return np.asarray(np.cos(x) - x)

    low, high = np.array([0.0]), np.array([1.0])
    root = bracketed_root(
        cosine_excess, low, high, low_value=cosine_excess(low), high_value=cosine_excess(high)
    )
    # the Dottie number, OEIS A003957
    assert root[0] == pytest.approx(0.7390851332151607, abs=1e-15)
    assert len(calls) - 2 <= 10


def test_an_end_that_is_the_root_is_returned() -> None:
    low, high = np.array([0.0, -1.0]), np.array([1.0, 0.0])
    root = bracketed_root(lambda x: x, low, high, low_value=low, high_value=high)
    assert root.tolist() == [0.0, 0.0]


def test_no_change_of_sign_is_an_error_and_not_a_guess() -> None:
    one = np.array([1.0])
    with pytest.raises(ArithmeticError, match="does not change sign"):
        bracketed_root(lambda x: x, one, 2 * one, low_value=one, high_value=2 * one)
