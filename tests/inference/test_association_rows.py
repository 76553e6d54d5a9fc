"""Rows of the descriptive panel from given rates and variances: each field by its own formula."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, special, stats
from statsmodels.stats.proportion import proportion_confint

from pathlift.inference.association_rows import ASSUMPTIONS, association_rows
from pathlift.inference.association_variance import RateVariance
from pathlift.inference.landmark import Landmarks
from pathlift.inference.standardising import Standardised
from pathlift.inference.tails import two_sided_critical
from pathlift.result.descriptive import AssociationRow

NAMES = ("a>b", "b>a", "c", "d")
COUNTS = Landmarks(
    orderings=NAMES,
    strata=(("search", 0, ""), ("content", 0, "")),
    units=np.array([[400.0, 300], [250, 350], [0, 0], [60, 40]]),
    converted=np.array([[80.0, 60], [100, 90], [0, 0], [0, 0]]),
)
RATES = np.array([0.21, 0.33, np.nan, 0.0])
ALPHA = 0.1


def standardised(rate: np.ndarray) -> Standardised:
    nothing = np.zeros((4, 2))
    return Standardised(
        rate=rate,
        influence=nothing,
        cell_rate=nothing,
        weight=np.array([0.5, 0.5]),
        collapsed=np.array([0.0, 0.125, np.nan, 0.5]),
        by_stratum=np.zeros((2, 4, 4)),
    )


def variance(*, df: Sequence[float] = (np.inf, np.inf)) -> RateVariance:
    """Two arms that each bring variance, with covariances between orderings."""
    half = np.zeros((4, 4))
    half[:2, :2] = [[1.5e-4, 2e-5], [2e-5, 2.5e-4]]
    return RateVariance(by_arm=np.array([half, 2 * half]), df=np.array(df))


def rows(
    rate: np.ndarray = RATES,
    v: RateVariance | None = None,
    *,
    reference: str | None = "a>b",
    why: Sequence[str] = ("", "", "too few", ""),
    counts: Landmarks = COUNTS,
) -> list[AssociationRow]:
    return list(
        association_rows(
            counts, standardised(rate), v or variance(), reference=reference, why=why, alpha=ALPHA
        )
    )


@pytest.mark.parametrize("df", [(np.inf, np.inf), (12.0, np.inf), (9.0, 15.0)])
def test_a_row_is_its_rate_and_its_contrast_by_their_formulas(df: tuple[float, float]) -> None:
    v = variance(df=df)
    whole = v.covariance

    def tails(weights: np.ndarray) -> float:
        """Satterthwaite (1946): square of the sum over the sum of squares by df."""
        parts = np.array([weights @ each @ weights for each in v.by_arm])
        return float(parts.sum() ** 2 / (parts**2 / np.array(df)).sum()) if min(df) < 1e9 else 1e12

    base, other, _, _ = rows(v=v)
    for place, row in enumerate((base, other)):
        rate, error = RATES[place], np.sqrt(whole[place, place])
        units, converted = COUNTS.units[place].sum(), COUNTS.converted[place].sum()
        assert (row.ordering, row.units, row.converted) == (NAMES[place], units, converted)
        assert row.crude == converted / units
        assert row.collapsed == (0.0, 0.125)[place]
        assert row.reference == (place == 0)
        assert row.causal_status == "descriptive"
        assert row.assumptions == ASSUMPTIONS
        assert row.not_estimated is None
        assert row.standard_error == pytest.approx(error, rel=1e-12)
        weights = np.eye(4)[place]
        c = stats.t.ppf(1 - ALPHA / 2, tails(weights))
        middle = special.logit(rate)
        assert row.rate is not None
        assert row.rate.estimate == rate
        # the delta method on the logit scale: the derivative of logit is 1 / (r (1 - r))
        for side, end in ((-1, row.rate.low), (1, row.rate.high)):
            expected = special.expit(middle + side * c * error / (rate * (1 - rate)))
            assert end == pytest.approx(expected, rel=1e-9)
        said = "normal" if min(df) > 1e9 else "t with Satterthwaite's df"
        assert row.method.startswith(f"standardised; rate on the logit scale, {said}")
    weights = np.array([-1.0, 1, 0, 0])
    gap, error = RATES[1] - RATES[0], np.sqrt(weights @ whole @ weights)
    nu = tails(weights)
    c, p = stats.t.ppf(1 - ALPHA / 2, nu), 2 * stats.t.sf(gap / error, nu)
    assert other.absolute_standard_error == pytest.approx(error, rel=1e-12)
    assert other.p_value == pytest.approx(p, rel=1e-8)
    # a>b is the reference and c has no rate: two are held against it
    assert other.p_adjusted == pytest.approx(2 * p, rel=1e-8)
    assert other.absolute is not None
    assert other.absolute.estimate == pytest.approx(gap, rel=1e-12)
    assert other.absolute.low == pytest.approx(gap - c * error, rel=1e-9)
    assert other.absolute.high == pytest.approx(gap + c * error, rel=1e-9)

    def rejected(ratio: float) -> float:
        """Fieller (1954): how far the test of m1 = ratio m0 is from its critical value."""
        spread = whole[1, 1] - 2 * ratio * whole[1, 0] + ratio**2 * whole[0, 0]
        return float((RATES[1] - ratio * RATES[0]) ** 2 - c**2 * spread)

    ratio = RATES[1] / RATES[0]
    ends = [optimize.brentq(rejected, a, b, xtol=1e-13) for a, b in ((0.5, ratio), (ratio, 5.0))]
    assert other.ratio is not None
    assert other.ratio.estimate == pytest.approx(ratio, rel=1e-12)
    assert other.ratio.low == pytest.approx(ends[0], rel=1e-9)
    assert other.ratio.high == pytest.approx(ends[1], rel=1e-9)
    # VanderWeele and Ding (2017): RR + sqrt(RR (RR - 1)); of the end nearer to 1
    assert other.e_value == pytest.approx(ratio + np.sqrt(ratio * (ratio - 1)), rel=1e-12)
    assert other.e_value_of_interval == pytest.approx(
        ends[0] + np.sqrt(ends[0] * (ends[0] - 1)), rel=1e-8
    )
    assert base.absolute is None
    assert (base.absolute_standard_error, base.ratio, base.p_value) == (None, None, None)
    assert (base.e_value, base.e_value_of_interval, base.p_adjusted) == (None, None, None)


def test_p_is_adjusted_up_to_one() -> None:
    same = rows(np.array([0.30, 0.301, np.nan, 0.0]))[1]
    assert same.p_value is not None
    assert same.p_value > 0.9
    assert same.p_adjusted == 1.0


def test_a_rate_without_variance_has_wilsons_interval() -> None:
    last = rows()[3]
    low, high = proportion_confint(0, 100, alpha=ALPHA, method="wilson")
    assert last.rate is not None
    assert last.rate.estimate == 0.0
    assert last.rate.low == pytest.approx(low, abs=1e-12)
    assert last.rate.high == pytest.approx(high, rel=1e-9)
    all_of_them = rows(np.array([0.21, 0.33, np.nan, 1.0]))[3].rate
    assert all_of_them is not None
    low, _ = proportion_confint(100, 100, alpha=ALPHA, method="wilson")
    assert all_of_them.low == pytest.approx(low, rel=1e-9)
    assert all_of_them.high == 1.0
    half = rows(np.array([0.21, 0.33, np.nan, 0.5]))[3].rate  # a rate that varies, in no unit
    assert half is not None
    assert half.low == pytest.approx(
        proportion_confint(50, 100, alpha=ALPHA, method="wilson")[0], rel=1e-9
    )


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_at_the_ends_a_rate_has_wilsons_interval_whatever_its_variance(rate: float) -> None:
    v = variance()
    spread = v.by_arm.copy()
    spread[:, 3, 3] = 1e-5
    row = rows(np.array([0.21, 0.33, np.nan, rate]), replace(v, by_arm=spread))[3]
    low, high = proportion_confint(100 * rate, 100, alpha=ALPHA, method="wilson")
    assert row.rate is not None
    assert row.rate.low == pytest.approx(low, abs=1e-12)
    assert row.rate.high == pytest.approx(high, abs=1e-12)


def test_of_a_ratio_below_one_the_upper_end_is_nearer_to_it() -> None:
    row = rows(np.array([0.33, 0.21, np.nan, 0.0]))[1]
    assert row.ratio is not None
    assert row.ratio.high is not None
    assert row.ratio.high < 1
    # VanderWeele and Ding (2017): below 1, of the inverse
    for ratio, said in ((0.21 / 0.33, row.e_value), (row.ratio.high, row.e_value_of_interval)):
        assert said == pytest.approx(1 / ratio + np.sqrt(1 / ratio * (1 / ratio - 1)), rel=1e-9)


def test_what_is_not_standardised_keeps_its_counts_and_says_why() -> None:
    lost = rows()[2]
    assert lost.not_estimated == {"reason": "too few"}
    assert (lost.units, lost.converted, lost.crude, lost.collapsed) == (0, 0, None, None)
    assert (lost.rate, lost.standard_error, lost.absolute, lost.ratio) == (None,) * 4
    assert lost.method == ""
    unread = association_rows(
        COUNTS, standardised(RATES), None, reference="a>b", why=[""] * 4, alpha=ALPHA
    )
    assert all(row.rate is None and row.not_estimated is None for row in unread)
    assert [row.reference for row in unread] == [True, False, False, False]


def test_without_the_reference_a_rate_stands_alone_and_says_why() -> None:
    for row in rows(why=("no rate", "", "too few", "")):
        if row.ordering in ("b>a", "d"):
            assert row.rate is not None
            assert row.absolute is None
            assert row.not_estimated == {
                "reason": "the ordering it is held against is not estimated: no rate"
            }


def test_a_difference_without_variance_is_not_tested() -> None:
    still = RateVariance(by_arm=np.zeros((2, 4, 4)), df=np.array([np.inf, np.inf]))
    row = rows(v=still)[1]
    assert row.not_estimated == {"reason": "its difference from the reference has no variance"}
    assert row.rate is not None
    assert (row.absolute, row.ratio, row.p_value) == (None, None, None)


def test_ratios_to_rates_near_zero_have_the_ends_that_fieller_leaves_them() -> None:
    wide = np.zeros((4, 4))
    wide[0, 0], wide[1, 1] = 4e-4, 1e-4
    v = RateVariance(by_arm=np.array([wide]), df=np.array([np.inf]))
    # 0.02 of standard error 0.02: no ratio to it is ruled out, 0 / 0 included
    row = rows(np.array([0.02, 0.33, np.nan, 0.0]), v)[1]
    assert row.ratio is not None
    assert row.ratio.estimate == pytest.approx(16.5)
    assert (row.ratio.low, row.ratio.high) == (None, None)
    assert row.e_value is not None
    assert row.e_value_of_interval is None


def test_on_the_border_the_set_of_a_ratio_is_a_ray() -> None:
    c = two_sided_critical(ALPHA, np.inf)
    # m0^2 = c^2 v00 to the last bit: then t with (m1 - t m0)^2 <= c^2 (v11 + t^2 v00) are those
    # from (m1^2 - c^2 v11) / (2 m1 m0) upwards
    near = 0.25**2 / float(c) ** 2
    (v00,) = {
        v for v in (near, np.nextafter(near, 0), np.nextafter(near, 1)) if c**2 * v == 0.25**2
    }
    border = np.zeros((1, 4, 4))
    border[0, 0, 0], border[0, 1, 1] = v00, 1e-4
    rate = np.array([0.25, 0.75, np.nan, 0.0])
    v = RateVariance(by_arm=border, df=np.array([np.inf]))
    row = rows(rate, v, why=("", "", "too few", "too few"))[1]
    assert row.ratio is not None
    expected = (0.75**2 - float(c) ** 2 * 1e-4) / (2 * 0.75 * 0.25)
    assert row.ratio.low == pytest.approx(expected, rel=1e-9)
    assert row.ratio.high is None
    assert row.e_value_of_interval == pytest.approx(
        expected + np.sqrt(expected * (expected - 1)), rel=1e-8
    )


def test_a_reference_that_never_converted_gives_no_ratio() -> None:
    row = rows(np.array([0.0, 0.33, np.nan, 0.0]))[1]
    assert row.absolute is not None
    assert row.absolute.estimate == 0.33
    assert row.ratio is None or row.ratio.estimate is None
    assert row.e_value is None


def test_an_ordering_that_never_converted_has_a_ratio_of_nothing_and_no_e_value() -> None:
    v = variance()
    spread = v.by_arm.copy()
    spread[:, 3, 3] = 1e-5
    row = rows(v=replace(v, by_arm=spread))[3]
    assert row.ratio is not None
    assert row.ratio.estimate == 0.0
    assert row.e_value is None
