"""Spending functions against their published forms and what every one of them must obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

from pathlift.inference.spending import Kind, Sides, Spending

ROUNDING = 1e-12  # relative; quantile and tail are good to a few units in the last place

families = st.one_of(
    st.sampled_from([Spending(kind="obrien_fleming"), Spending(kind="pocock")]),
    st.floats(-30, 30).map(lambda gamma: Spending(kind="hwang_shih_decani", gamma=gamma)),
)
alphas = st.floats(1e-9, 0.5)
sides: st.SearchStrategy[Sides] = st.sampled_from([1, 2])
shares = st.lists(st.floats(0, 2), min_size=2, max_size=8).map(sorted)


@given(families, alphas, sides, shares)
def test_spending_never_falls_and_ends_at_alpha(
    family: Spending, alpha: float, side: Sides, t: list[float]
) -> None:
    spent = family.spent([0.0, *t, 1.0], alpha, sides=side)
    assert spent[0] == 0
    assert spent[-1] == alpha
    # a rounding of alpha where two shares differ in their last digit
    assert np.all(np.diff(spent[:-1]) >= -1e-15 * alpha)
    assert np.all(spent <= alpha)


@given(families, alphas, shares)
def test_two_sides_spend_what_two_single_ones_of_half_alpha_spend(
    family: Spending, alpha: float, t: list[float]
) -> None:
    both, one = family.spent(t, alpha), family.spent(t, alpha / 2, sides=1)
    # halves of the smallest floats are 0
    np.testing.assert_allclose(both, 2 * one, rtol=ROUNDING, atol=1e-300)


@given(families, shares, alphas, alphas)
def test_more_alpha_spends_more_at_every_share(
    family: Spending, t: list[float], a: float, b: float
) -> None:
    less, more = sorted((a, b))
    assert np.all(family.spent(t, less) <= family.spent(t, more) * (1 + ROUNDING))


@given(alphas, shares, st.floats(-1e-7, 1e-7))
def test_gamma_near_zero_is_the_straight_line(alpha: float, t: list[float], gamma: float) -> None:
    nearly = Spending(kind="hwang_shih_decani", gamma=gamma).spent(t, alpha)
    # the curve leaves the line by gamma t (1 - t) / 2 at most
    np.testing.assert_allclose(nearly, alpha * np.minimum(t, 1), rtol=1e-7, atol=1e-300)


def spent_in_fifty_digits(kind: Kind, gamma: float, share: float, total: float) -> float:
    """The formulas of methods 3.7, literally."""
    with mp.workdps(50):
        t, alpha, g = mp.mpf(share), mp.mpf(total), mp.mpf(gamma)
        if kind == "obrien_fleming":
            z = mp.sqrt(2) * mp.erfinv(1 - alpha / 2)
            return float(2 * mp.erfc(z / mp.sqrt(2 * t)))
        if kind == "pocock":
            return float(alpha * mp.log(1 + (mp.e - 1) * t))
        return float(alpha * (1 - mp.exp(-g * t)) / (1 - mp.exp(-g)))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.99])
@pytest.mark.parametrize("alpha", [0.05, 1e-6])
@pytest.mark.parametrize(
    ("kind", "gamma"),
    [
        ("obrien_fleming", 0.0),
        ("pocock", 0.0),
        ("hwang_shih_decani", -4.0),
        ("hwang_shih_decani", 1e-9),
        ("hwang_shih_decani", 2.5),
    ],
)
def test_formulas_hold_in_fifty_digits(
    kind: Kind, gamma: float, alpha: float, share: float
) -> None:
    ours = float(Spending(kind=kind, gamma=gamma).spent(share, alpha))
    # the tail of a quantile magnifies its rounding by the squares of both, about 300 here
    assert ours == pytest.approx(spent_in_fifty_digits(kind, gamma, share, alpha), rel=1e-11)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_alpha_outside_its_range_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        Spending(kind="pocock").spent(0.5, alpha)


@pytest.mark.parametrize("t", [-0.1, float("nan")])
def test_information_that_is_no_share_is_refused(t: float) -> None:
    with pytest.raises(ValueError, match="information"):
        Spending(kind="pocock").spent(t, 0.05)


def test_gamma_belongs_to_one_family_alone() -> None:
    with pytest.raises(ValueError, match="not pocock"):
        Spending(kind="pocock", gamma=1.0)
    for gamma in (float("nan"), float("inf"), 701.0):
        with pytest.raises(ValueError, match="gamma lies"):
            Spending(kind="hwang_shih_decani", gamma=gamma)
