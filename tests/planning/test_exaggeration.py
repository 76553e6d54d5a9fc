"""Type M errors: against published ones, and against draws."""

import numpy as np
import pytest

from pathlift.planning.comparisons import Comparison, standard_error
from pathlift.planning.exaggeration import exaggeration

CRITICAL = 1.959964  # normal, 5%


@pytest.mark.parametrize(
    ("effect", "error", "published"),
    # Gelman & Carlin 2014, section 3: retrodesign(.1, 3.28) and retrodesign(2, 8.1)
    [(0.1, 3.28, 77), (2, 8.1, 9.5)],
)
def test_it_is_that_of_gelman_and_carlin(effect: float, error: float, published: float) -> None:
    # with two units an arm the standard error is the standard deviation
    test = Comparison(
        kind="mean", control_value=0, difference=effect, standard_deviation=error, alpha=0.05
    )
    assert standard_error(test, 2) == pytest.approx(error)
    # theirs are 10,000 draws, of which one in twenty counts: about 1.5% of error
    assert exaggeration(test, 2, CRITICAL) == pytest.approx(published, rel=0.02)


def test_with_a_worth_only_gains_beyond_it_are_found() -> None:
    test = Comparison(
        kind="mean",
        control_value=0,
        difference=3.0,
        null_difference=1.0,
        standard_deviation=1.0,
        alpha=0.05,
    )
    draws = 3.0 + np.random.default_rng(20261125).normal(size=400_000)
    found = draws[draws - 1.0 > CRITICAL]
    # standard error of the mean of about 200,000 draws, over 3
    assert exaggeration(test, 2, CRITICAL) == pytest.approx(found.mean() / 3, abs=0.003)


def test_at_four_fifths_of_power_it_is_one_eighth() -> None:
    test = Comparison(
        kind="mean",
        control_value=0,
        difference=2.8016,
        standard_deviation=1.0,
        alpha=0.05,
    )
    draws = 2.8016 + np.random.default_rng(1).normal(size=400_000)
    found = np.abs(draws[np.abs(draws) > CRITICAL])
    assert exaggeration(test, 2, CRITICAL) == pytest.approx(found.mean() / 2.8016, abs=0.003)


def test_a_guardrail_overstates_nothing() -> None:
    test = Comparison(
        kind="mean",
        control_value=0,
        difference=0.0,
        null_difference=-1.0,
        standard_deviation=1.0,
        alpha=0.025,
        sides=1,
    )
    assert exaggeration(test, 2, CRITICAL) is None
