"""Whether a band is judged as it should be: exactly, against its nearer end, both ways."""

import math

import numpy as np
import pytest

from pathlift.calibration.claims import Largest, Mean, Share, Shown, Uniform, inside_band


def binomial(k: int, n: int, p: float) -> float:
    """P(X = k), by its definition."""
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


@pytest.mark.parametrize(("hits", "low", "high"), [(30, 0.05, 0.2), (2, 0.05, 0.2), (40, 0.9, 1)])
def test_the_test_of_a_band_adds_up_binomial_probabilities(
    hits: int, low: float, high: float
) -> None:
    trials = 100
    outside = (
        sum(binomial(k, trials, high) for k in range(hits, trials + 1))
        if hits / trials > high
        else sum(binomial(k, trials, low) for k in range(hits + 1))
    )
    # relative: both are sums of up to 100 terms in double precision
    assert inside_band(hits, trials, low, high) == pytest.approx(outside, rel=1e-10)


def test_a_certain_event_that_fails_once_refutes_that_it_is_certain() -> None:
    always = Share(name="equal", low=1.0)
    assert always.read(np.ones(50), 1e-4).verdict == "pass"
    once = always.read(np.array([1.0] * 49 + [0.0]), 1e-4)
    assert (once.verdict, once.p_value) == ("fail", 0.0)


def test_a_rate_beyond_its_band_passes_until_chance_no_longer_explains_it() -> None:
    claim = Share(name="error", low=0.045, high=0.055)
    few, many = np.zeros(100), np.zeros(10_000)
    few[:7] = many[:700] = 1.0
    assert claim.read(few, 1e-4).verdict == "pass"
    found = claim.read(many, 1e-4)
    assert found.verdict == "fail"
    assert found.measured == pytest.approx(0.07)
    # the binomial standard error of .07 over 10,000: sqrt(.07 * .93 / 10,000)
    assert found.standard_error == pytest.approx(0.0025515, abs=1e-7)


def test_a_negative_control_passes_only_where_its_target_is_refuted() -> None:
    control = Share(name="naive", low=0.045, high=0.055, must_fail=True)
    bad, good = np.zeros(1_000), np.zeros(1_000)
    bad[:400] = good[:50] = 1.0
    assert control.read(bad, 1e-4).verdict == "pass"
    assert control.read(good, 1e-4).verdict == "fail"


def test_a_mean_is_judged_by_its_own_error() -> None:
    values = np.array([-1.0, 1.0, 2.0, 2.0])
    found = Mean(name="bias").read(values, 0.01)
    assert (found.measured, found.verdict) == (1.0, "pass")
    # sd of (-1, 1, 2, 2) is sqrt(2), over sqrt(4) units
    assert found.standard_error == pytest.approx(math.sqrt(2) / 2)
    assert Mean(name="bias").read(np.tile(values, 100), 0.01).verdict == "fail"
    assert Mean(name="bias", low=0.0, high=1.0).read(np.tile(values, 100), 0.01).p_value == 1.0


def test_p_values_that_pile_up_are_not_uniform() -> None:
    grid = (np.arange(1_000) + 0.5) / 1_000
    assert Uniform(name="p").read(grid, 0.01).verdict == "pass"
    assert Uniform(name="p").read(grid**1.5, 0.01).verdict == "fail"


def test_what_is_bounded_or_only_shown() -> None:
    assert Largest(name="z", high=4.0).read(np.array([1.0, 4.1]), 0.01).verdict == "fail"
    assert Largest(name="z", high=4.0).read(np.array([1.0, 3.9]), 0.01).verdict == "pass"
    assert Shown(name="width").read(np.array([1.0, 3.0]), 0.01).verdict == "shown"
