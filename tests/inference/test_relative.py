"""Fieller's set by its definition: the lifts that the linear test does not reject."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pathlift.inference.relative import RelativeSet, SetKind, ratio_statistic, relative_lift
from pathlift.inference.tails import two_sided_critical, two_sided_p

MEANS = st.floats(-10, 10).filter(lambda m: m == 0 or abs(m) > 1e-6)
VARIANCES = st.floats(1e-6, 10)
CORRELATIONS = st.floats(-0.95, 0.95)


def holds(found: RelativeSet, lift: float) -> bool:
    low, high = float(found.low), float(found.high)
    if int(found.kind) == SetKind.OUTSIDE:
        return lift <= low or lift >= high
    return low <= lift <= high


@given(m1=MEANS, m0=MEANS, v1=VARIANCES, v0=VARIANCES, r=CORRELATIONS, c=st.floats(0.5, 5))
def test_the_set_holds_exactly_the_lifts_that_are_not_rejected(
    m1: float, m0: float, v1: float, v0: float, r: float, c: float
) -> None:
    v10 = r * np.sqrt(v1 * v0)
    found = relative_lift(m1, m0, v1, v0, v10, critical=c)
    for lift in np.concatenate((np.linspace(-20, 20, 41), [1e4, -1e4])):
        z = abs(float(ratio_statistic(m1, m0, v1, v0, v10, null=1 + lift)))
        if abs(z - c) > 1e-6:  # at an end the answer is a matter of rounding
            assert holds(found, float(lift)) == (z < c)


@given(
    m1=MEANS,
    m0=MEANS,
    v1=VARIANCES,
    v0=VARIANCES,
    r=CORRELATIONS,
    alpha=st.floats(1e-6, 0.5),
)
def test_zero_is_left_out_exactly_when_the_difference_is_significant(
    m1: float, m0: float, v1: float, v0: float, r: float, alpha: float
) -> None:
    v10 = r * np.sqrt(v1 * v0)
    rejected = two_sided_p(ratio_statistic(m1, m0, v1, v0, v10, null=1.0)) < alpha
    found = relative_lift(
        m1, m0, v1, v0, v10, critical=two_sided_critical(alpha), excluded=rejected
    )
    assert holds(found, 0.0) != bool(rejected)


@given(m1=MEANS, m0=MEANS, v1=VARIANCES, v0=VARIANCES, r=CORRELATIONS, c=st.floats(0.5, 5))
def test_the_estimate_is_always_inside(
    m1: float, m0: float, v1: float, v0: float, r: float, c: float
) -> None:
    assume(m0 != 0)
    found = relative_lift(m1, m0, v1, v0, r * np.sqrt(v1 * v0), critical=c)
    assert holds(found, float(found.estimate))


@pytest.mark.parametrize(
    ("m1", "m0", "kind"),
    [
        pytest.param(11.0, 10.0, SetKind.BOUNDED, id="control-clearly-positive"),
        pytest.param(0.1, 0.1, SetKind.EVERYTHING, id="both-near-zero"),
        pytest.param(9.0, 0.1, SetKind.OUTSIDE, id="only-the-control-near-zero"),
        pytest.param(9.0, 2.0, SetKind.ABOVE, id="control-at-the-critical-value"),
        pytest.param(-9.0, 2.0, SetKind.BELOW, id="the-same-mirrored"),
    ],
)
def test_every_shape_is_named(m1: float, m0: float, kind: SetKind) -> None:
    assert int(relative_lift(m1, m0, 1.0, 1.0, 0.0, critical=2.0).kind) == kind


def test_a_zero_control_has_no_estimate_and_no_bounds() -> None:
    found = relative_lift(1.0, 0.0, 0.04, 0.04, 0.0, critical=2.0)
    assert np.isnan(found.estimate)
    assert int(found.kind) == SetKind.OUTSIDE


def test_a_control_of_zero_for_certain_defines_no_lift() -> None:
    for m1 in (0.0, 1.0):
        found = relative_lift(m1, 0.0, 0.04, 0.0, 0.0, critical=2.0)
        assert int(found.kind) == SetKind.UNDEFINED
        assert np.isnan([found.estimate, found.low, found.high]).all()


def test_exact_means_give_an_exact_lift() -> None:
    found = relative_lift(11.0, 10.0, 0.0, 0.0, 0.0, critical=2.0)
    assert (float(found.low), float(found.high)) == pytest.approx((0.1, 0.1), abs=1e-15)


def test_a_relative_margin_is_tested_without_dividing() -> None:
    # (9.9 - 0.98 * 10) / sqrt(0.01 + 0.98^2 * 0.01) by hand
    z = ratio_statistic(9.9, 10.0, 0.01, 0.01, 0.0, null=0.98)
    assert float(z) == pytest.approx(0.1 / np.sqrt(0.01 + 0.9604 * 0.01), rel=1e-12)
