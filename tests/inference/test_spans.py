"""Intervals of many drafts agree with their p-values where floats are at their end."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pathlift.inference.drafts import Draft, Identity, Spread
from pathlift.inference.solving import solve
from pathlift.inference.tails import one_sided_critical, two_sided_critical
from pathlift.registry.experiment import Margin
from pathlift.result.model import Estimate


def solved(spread: Spread, margin: Margin | None = None, better: str = "higher") -> Estimate:
    identity = Identity(
        estimand="itt", metric="m", kind="mean", role="guardrail" if margin else "primary",
        better=better, arm="treated", control="control", margin=margin,
    )  # fmt: skip
    draft = Draft(identity=identity, arm_units=10, control_units=10, spread=spread)
    return solve([draft], alpha=0.05)[0]


@example(1e6, 1e-14, 0.05, 1.0).via("an error of a run: the means less one had no digit left")
@given(
    st.sampled_from([1e-3, 1.0, 1e6, 1e9, 1e12]),
    st.sampled_from([1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 1e-17]),
    st.floats(-0.1, 0.1),
    st.sampled_from([-1.0, 1.0]),
)
def test_a_lift_excludes_zero_exactly_when_the_difference_does(
    mean: float, share: float, off: float, sign: float
) -> None:
    """Also where the error is a thousandth of the last digit of the means."""
    error = mean * share
    apart = sign * (float(two_sided_critical(0.05)) + off**3) * error
    found = solved(
        Spread(m1=mean + apart, m0=mean, v11=error**2 / 2, v00=error**2 / 2, apart=apart)
    )
    assert found.relative is not None
    assert found.absolute is not None
    assert found.p_value is not None
    for span in (found.relative, found.absolute):
        assert span.low is not None
        assert span.high is not None
        assert (span.low > 0 or span.high < 0) == (found.p_value < 0.05)
    # the lift is the difference over the control, which keeps the digits of the difference
    assert found.relative.estimate == pytest.approx(apart / mean, rel=1e-12)


@given(
    st.floats(0.5, 50.0),
    st.floats(0.001, 0.2),
    st.floats(0.001, 0.2),
    st.floats(-0.9, 0.9),
    st.floats(0.01, 0.3),
    st.floats(-1e-2, 1e-2),
    st.sampled_from(["higher", "lower"]),
)
def test_a_relative_margin_is_kept_exactly_when_p_is_below_its_alpha(
    m0: float, cv1: float, cv0: float, rho: float, margin: float, off: float, better: str
) -> None:
    """The treatment lies where the test of the margin is about to reject, and a hair around."""
    sign = 1.0 if better == "higher" else -1.0
    ratio = 1 - sign * margin
    v11, v00 = (cv1 * m0) ** 2, (cv0 * m0) ** 2
    v10 = rho * np.sqrt(v11 * v00)
    error = np.sqrt(v11 - 2 * ratio * v10 + ratio**2 * v00)
    m1 = ratio * m0 + sign * (float(one_sided_critical(0.025)) + off**5) * error
    found = solved(
        Spread(m1=m1, m0=m0, v11=v11, v00=v00, v10=float(v10)),
        Margin(scale="relative", value=margin),
        better,
    )
    assert found.p_value is not None
    assert found.relative is not None
    if "relative_outside_gap" in found.flags or found.flags == ("relative_unbounded",):
        return
    end = found.relative.low if better == "higher" else found.relative.high
    inside = end is not None and (end > found.null_value if sign > 0 else end < found.null_value)
    assert inside == (found.p_value < found.alpha)
    assert (found.conclusion == "non_inferior") == inside
