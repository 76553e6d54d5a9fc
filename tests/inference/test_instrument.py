"""Wald's ratio and Anderson and Rubin's set: brute force, IV2SLS, and coverage at any strength."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linearmodels.iv import IV2SLS
from scipy import stats

from pathlift.inference.complier_frames import confidence_set
from pathlift.inference.instrument import NotRejected, Reduced, anderson_rubin
from pathlift.inference.relative import SetKind, ratio_set

ALPHA = 0.05
effects = st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3)
variances = st.floats(0.01, 2)


@st.composite
def reduced_forms(draw: st.DrawFn) -> Reduced:
    """Effects with a covariance that two variables can have."""
    v_yy, v_dd = draw(variances), draw(variances)
    rho = draw(st.floats(-0.95, 0.95))
    return Reduced(
        y=draw(effects), d=draw(effects), v_yy=v_yy, v_dd=v_dd, v_yd=rho * np.sqrt(v_yy * v_dd)
    )


def rejected(reduced: Reduced, b: np.ndarray) -> np.ndarray:
    """The test itself, value by value: how far y - b d lies from 0, in its standard errors."""
    variance = reduced.v_yy - 2 * b * reduced.v_yd + b**2 * reduced.v_dd
    return np.abs(reduced.y - b * reduced.d) - stats.norm.isf(ALPHA / 2) * np.sqrt(variance)


@given(reduced_forms())
def test_the_set_is_what_the_test_does_not_reject_value_by_value(reduced: Reduced) -> None:
    found, p_value = anderson_rubin(reduced, alpha=ALPHA)
    # a grid along the projective line, so that far values are looked at as near ones are
    grid = np.tan(np.linspace(-np.pi / 2 + 1e-3, np.pi / 2 - 1e-3, 2_001))
    beyond = rejected(reduced, grid)
    clear = np.abs(beyond) > 1e-9 * (1 + np.abs(grid))  # at an end the two may part by rounding
    inside = np.array([found.holds(b) for b in grid])
    assert np.array_equal(inside[clear], (beyond < 0)[clear])
    assert found.holds(reduced.ratio)
    assert found.holds(0.0) == (p_value >= ALPHA)
    assert p_value == pytest.approx(2 * stats.norm.sf(abs(reduced.y) / np.sqrt(reduced.v_yy)))


@pytest.mark.parametrize(
    ("d", "y", "kind"),
    [
        pytest.param(5.0, 1.0, "interval", id="strong"),
        pytest.param(1.0, 4.0, "complement", id="weak, yet something happened"),
        pytest.param(1.0, 0.5, "line", id="weak, and nothing seen"),
    ],
)
def test_sets_of_every_shape_are_named(d: float, y: float, kind: str) -> None:
    found, _ = anderson_rubin(Reduced(y=y, d=d, v_yy=1.0, v_yd=0.0, v_dd=1.0), alpha=ALPHA)
    shown = confidence_set(found)
    assert shown.kind == kind
    if kind == "complement":
        assert shown.low is not None
        assert shown.high is not None
        assert shown.low < 0 < shown.high
        assert shown.pieces == ((None, shown.low), (shown.high, None))
    if kind == "line":
        assert shown.pieces == ((None, None),)


def test_an_empty_set_and_several_pieces_have_names_too() -> None:
    assert confidence_set(NotRejected(pieces=())).kind == "empty"
    several = confidence_set(NotRejected(pieces=((-np.inf, -1.0), (0.0, 1.0), (3.0, np.inf))))
    assert (several.kind, several.low, several.high) == ("union", None, None)
    assert several.pieces == ((None, -1.0), (0.0, 1.0), (3.0, None))
    half = confidence_set(NotRejected(pieces=((0.5, np.inf),)))
    assert (half.kind, half.low, half.high) == ("interval", 0.5, None)


def drawn(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Units of two equal arms: who took the ordering, who converted; takers convert more."""
    z = np.repeat([1.0, 0.0], n)
    d = (rng.random(2 * n) < 0.1 + 0.15 * z).astype(float)
    y = (rng.random(2 * n) < 0.05 + 0.2 * d).astype(float)
    return z, d, y


def reduced_of(z: np.ndarray, d: np.ndarray, y: np.ndarray) -> Reduced:
    """Differences of means with the usual variances, n - 1."""
    one, zero = z == 1, z == 0
    spread = sum(np.cov(y[arm], d[arm]) / arm.sum() for arm in (one, zero))
    return Reduced(
        y=float(y[one].mean() - y[zero].mean()),
        d=float(d[one].mean() - d[zero].mean()),
        v_yy=float(spread[0, 0]),
        v_yd=float(spread[0, 1]),
        v_dd=float(spread[1, 1]),
    )


def test_ratio_and_delta_error_are_those_of_two_stage_least_squares() -> None:
    n = 400
    z, d, y = drawn(np.random.default_rng(11), n)
    reduced = reduced_of(z, d, y)
    fit = IV2SLS(y, np.ones_like(z), d, z).fit(cov_type="robust")
    assert reduced.ratio == pytest.approx(float(fit.params["endog"]), rel=1e-10)
    # its robust covariance divides by n where ours divides by n - 1, in two equal arms
    robust = float(fit.std_errors["endog"]) * np.sqrt(n / (n - 1))
    assert reduced.standard_error == pytest.approx(robust, rel=1e-10)
    # the first-stage F of one instrument is the squared robust t of its regression
    assert reduced.f is not None
    first = IV2SLS(d, np.column_stack((np.ones_like(z), z)), None, None).fit(cov_type="robust")
    t = float(first.params.iloc[1]) / (float(first.std_errors.iloc[1]) * np.sqrt(n / (n - 1)))
    assert reduced.f == pytest.approx(t**2, rel=1e-10)


@pytest.mark.parametrize("strength", [1, 10, 80])
def test_the_set_covers_at_any_strength_of_the_first_stage(strength: int) -> None:
    # K11: compliers, always-takers and never-takers who convert differently; a true effect of 0.3
    n, runs = 2_000, 40_000
    always, effect = 0.15, 0.3
    compliers = np.sqrt(strength * 2 * always * (1 - always) / n)
    never = 1 - always - compliers
    rates = {"always": 0.5, "never": 0.1, "complier": 0.2}
    rng = np.random.default_rng(20_260_601 + int(strength))
    # cells: (took and converted, took, converted, neither), with the arm and without it
    without = [
        always * rates["always"],
        always * (1 - rates["always"]),
        never * rates["never"] + compliers * rates["complier"],
    ]
    with_arm = [
        without[0] + compliers * (rates["complier"] + effect),
        without[1] + compliers * (1 - rates["complier"] - effect),
        never * rates["never"],
    ]
    one, zero = (
        rng.multinomial(n, [*cells, 1 - sum(cells)], runs) / n for cells in (with_arm, without)
    )
    y = (one[:, 0] + one[:, 2]) - (zero[:, 0] + zero[:, 2])
    d = (one[:, 0] + one[:, 1]) - (zero[:, 0] + zero[:, 1])
    v_yy, v_dd, v_yd = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    for arm in (one, zero):
        took, converted, both = arm[:, 0] + arm[:, 1], arm[:, 0] + arm[:, 2], arm[:, 0]
        v_yy += converted * (1 - converted) / (n - 1)
        v_dd += took * (1 - took) / (n - 1)
        v_yd += (both - took * converted) / (n - 1)
    found = ratio_set(y, d, v_yy, v_dd, v_yd, critical=stats.norm.isf(ALPHA / 2))
    between = (found.low <= effect) & (effect <= found.high)
    outside = (effect <= found.low) | (found.high <= effect)
    held = np.select(
        [found.kind == SetKind.EVERYTHING, found.kind == SetKind.OUTSIDE], [True, outside], between
    )
    # 95% within half a point (methods 7), up to the draws' own error (z = 3.8)
    count = int(held.sum())
    assert stats.binomtest(count, runs, 0.945, alternative="less").pvalue > 1e-4
    assert stats.binomtest(count, runs, 0.955, alternative="greater").pvalue > 1e-4
    # unbounded where the first stage is not significant: for a normal one around its true size
    # (methods 2.5: 82% at F about 1); its variance is estimated, and 2,000 units are many
    moved = compliers / np.sqrt(sum(t * (1 - t) for t in (always, always + compliers)) / n)
    z = stats.norm.isf(ALPHA / 2)
    expected = stats.norm.cdf(z - moved) - stats.norm.cdf(-z - moved)
    assert float(np.mean(found.kind != SetKind.BOUNDED)) == pytest.approx(expected, abs=0.01)
