"""Numbers for people are the numbers of the JSON, rounded."""

import math
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.report.numbers import Quantity, decimals_of, figure, interval, number, p_value, size
from pathlift.result.model import Span

PERCENT: tuple[Quantity, ...] = ("share", "points", "lift")
PLAIN: tuple[Quantity, ...] = ("plain", "plain_difference")
finite = st.floats(-1e12, 1e12)


def read_back(text: str) -> Decimal:
    """The number that a reader sees."""
    return Decimal(text.replace("−", "-").replace(",", "").removesuffix(" pp").removesuffix("%"))


@given(value=finite, decimals=st.integers(0, 6), quantity=st.sampled_from(PERCENT + PLAIN))
def test_what_is_shown_is_the_value_rounded(
    value: float, decimals: int, quantity: Quantity
) -> None:
    exact = Decimal(repr(value)).scaleb(2 if quantity in PERCENT else 0)
    shown = read_back(number(value, quantity, decimals))
    assert shown == exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)


@given(value=finite, quantity=st.sampled_from(("points", "lift", "plain_difference")))
def test_a_difference_shows_its_sign_unless_it_rounds_to_nothing(
    value: float, quantity: Quantity
) -> None:
    text = number(value, quantity, 3)
    if read_back(text) == 0:
        assert text[0] == "0"
    else:
        assert text[0] == ("+" if value > 0 else "−")


@pytest.mark.parametrize("value", [None, math.nan])
def test_what_is_not_defined_is_never_shown_as_zero(value: float | None) -> None:
    assert number(value, "share", 2) == "–"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        pytest.param(-0.001, 0.002, "−0.1 to +0.2 pp", id="both-ends"),
        pytest.param(None, 0.002, "−∞ to +0.2 pp", id="no-lower-end"),
        pytest.param(-0.001, None, "−0.1 to +∞ pp", id="no-upper-end"),
        pytest.param(None, None, "unbounded", id="no-ends"),
    ],
)
def test_an_open_end_is_shown_as_open(low: float | None, high: float | None, expected: str) -> None:
    assert interval(Span(estimate=0.0005, low=low, high=high), "points", 1) == expected


def test_an_interval_that_does_not_exist_is_a_dash() -> None:
    assert interval(None, "lift", 1) == "–"
    assert interval(Span(estimate=None, low=None, high=None), "lift", 1) == "–"


# From 100 on there are no decimals to take away; twelve are the most that are shown.
@given(half=st.floats(1e-9, 99.0))
def test_an_interval_is_shown_with_two_digits_of_its_half_width(half: float) -> None:
    decimals = decimals_of([Span(estimate=0.0, low=-half, high=half)], "plain_difference")
    assert 10 <= half * 10**decimals < 100 + 1e-6  # 1e-6: log10 of a double just below a power


# An end is told from 0 where two decimals more can tell it: from a hundredth of a last digit on.
@given(low=st.floats(1e-3, 10.0), width=st.floats(0.2, 20.0), below=st.booleans())
def test_an_interval_that_leaves_out_0_does_not_seem_to_end_there(
    low: float, width: float, *, below: bool
) -> None:
    ends = (-low - width, -low) if below else (low, low + width)
    span = Span(estimate=sum(ends) / 2, low=ends[0], high=ends[1])
    decimals = decimals_of([span], "plain_difference")
    usual = decimals_of([Span(estimate=0.0, low=-width / 2, high=width / 2)], "plain_difference")
    assert usual <= decimals <= usual + 2
    if low > 0.5 * 10.0 ** -(usual + 2):
        assert read_back(number(-low if below else low, "plain_difference", decimals)) != 0


@given(p=st.floats(0, 1), alpha=st.sampled_from((0.05, 0.025, 0.01)))
def test_a_p_value_is_never_shown_as_zero_nor_on_the_wrong_side_of_alpha(
    p: float, alpha: float
) -> None:
    text = p_value(p, alpha)
    if text.startswith("<"):
        assert p < 1e-300
        return
    if text.startswith(">"):
        assert 0.9999 < p < 1
        return
    shown = float(text.replace("−", "-"))
    assert shown > 0
    assert (shown < alpha) == (p < alpha)
    assert shown == pytest.approx(p, abs=5.001e-5, rel=0.051)  # 4 decimals; 2 digits if small


def test_figures_of_checks_stay_readable_whatever_they_are() -> None:
    assert figure({"a": 1, "b": [0.25, None]}) == "a: 1; b (0.25, –)"
    assert figure([True, False]) == "yes, no"
    assert figure(-1200) == "−1,200"


def test_sizes_are_in_thousands() -> None:
    assert [size(n) for n in (17, 1_000, 9_812_345, 3 * 10**12)] == [
        "17 B",
        "1.0 kB",
        "9.8 MB",
        "3.0 TB",
    ]
