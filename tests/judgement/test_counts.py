"""Tests of counts against R, scipy, statsmodels, mpmath and their own false alarms."""

import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import SquareTable

from pathlift.judgement.checks.counts import (
    against_weights,
    log10_chi_square_tail,
    shares_by_arm,
    symmetric,
)

large = st.integers(200, 10**7)
shares = st.floats(0.05, 1.0)


# R 4.2.2 chisq.test(observed, p); printed to 15 digits, of which p keeps 10 after R's own pchisq.
@pytest.mark.parametrize(
    ("observed", "statistic", "p"),
    [
        pytest.param((33401, 33310, 33289), 0.21266, 0.899127886910344, id="three-arms"),
        pytest.param((21306, 21307, 21387), 0.20253125, 0.903692957560419, id="hillstrom"),
        pytest.param((600, 400), 40.0, 2.53962858947086e-10, id="wikipedia"),
        pytest.param((2747, 928), 900.343129251701, 8.26472816865274e-198, id="recommender"),
        pytest.param((345543, 344660), 1.12965171116324, 0.287849641706597, id="udacity"),
    ],
)
def test_the_split_agrees_with_r(observed: tuple[int, ...], statistic: float, p: float) -> None:
    found = against_weights(observed, [1] * len(observed))
    assert found.statistic == pytest.approx(statistic, rel=1e-8)
    assert found.p_value == pytest.approx(p, rel=1e-8)
    assert 10**found.log10_p == pytest.approx(p, rel=1e-8)


def test_the_split_agrees_with_every_stored_chi_square(reference_folder: Path) -> None:
    stored = json.loads((reference_folder / "srm.json").read_text())["cases"]
    wanted = [case for case in stored if "chisq" in case["expected"]]
    assert len(wanted) >= 9  # the file holds ten from R; a moved file must not pass silently
    for case in wanted:
        found = against_weights(case["inputs"]["observed"], case["inputs"]["expected_ratio"])
        assert found.statistic == pytest.approx(case["expected"]["chisq"], rel=1e-8), case["id"]
        assert found.p_value == pytest.approx(case["expected"]["p_value"], rel=1e-8), case["id"]


@given(st.lists(st.tuples(large, shares), min_size=2, max_size=5))
def test_the_split_agrees_with_scipy(arms: list[tuple[int, float]]) -> None:
    counts, weights = [n for n, _ in arms], [w for _, w in arms]
    expected = np.array(weights) / sum(weights) * sum(counts)
    oracle = stats.chisquare(counts, expected)
    found = against_weights(counts, weights)
    if found.test == "chi-square":
        # scipy sums in another order: 1e-9 of the statistic, and p changes e^(statistic / 2) fold.
        assert found.statistic == pytest.approx(float(oracle.statistic), rel=1e-9, abs=1e-9)
        if oracle.pvalue > 1e-290:
            assert found.log10_p == pytest.approx(math.log10(oracle.pvalue), rel=1e-8, abs=1e-8)


@given(st.permutations([(700, 1.0), (1500, 2.0), (820, 1.0), (3, 0.5)]))
def test_the_split_does_not_know_the_names_of_arms(arms: list[tuple[int, float]]) -> None:
    found = against_weights([n for n, _ in arms], [w for _, w in arms])
    first = against_weights([700, 1500, 820, 3], [1.0, 2.0, 1.0, 0.5])
    assert found.p_value == pytest.approx(first.p_value, rel=1e-12)  # order of summation


def test_a_small_split_is_tested_exactly() -> None:
    # scipy.stats.binomtest, p = 1/2, where doubling the tail is the exact two-sided test.
    assert against_weights([8, 0], [1, 1]).p_value == pytest.approx(
        stats.binomtest(8, 8, 0.5).pvalue, rel=1e-12
    )
    assert against_weights([1, 0, 0], [1, 1, 1]).p_value == 1.0


def test_nothing_to_split_is_an_error_and_not_a_pass() -> None:
    with pytest.raises(ValueError, match="two arms"):
        against_weights([0, 0], [1, 1])


def test_false_alarms_of_the_split_stay_within_their_level() -> None:
    # 40,000 clean splits of 3 arms; the band is 4 binomial standard errors around .001.
    rng = np.random.default_rng(20260302)
    runs, level = 40_000, 0.001
    for weights, size in (((1, 1), 5000), ((1, 1, 1), 300), ((9, 1), 60), ((1, 2, 5), 2000)):
        drawn = rng.multinomial(size, np.array(weights) / sum(weights), size=runs)
        unique, times = np.unique(drawn, axis=0, return_counts=True)
        alarms = sum(
            count
            for row, count in zip(unique.tolist(), times.tolist(), strict=True)
            if against_weights(row, weights).p_value < level
        )
        error = math.sqrt(level * (1 - level) / runs)
        # Chi-square with expected counts near 6 (9:1 of 60) is known to run above its level.
        allowed = 0.005 if size == 60 else level + 4 * error
        assert alarms / runs <= allowed, (weights, size, alarms / runs)


@pytest.mark.parametrize(
    ("statistic", "df"),
    [(0.0, 1), (40.0, 1), (900.343, 1), (1400.0, 2), (2000.0, 1), (1e6, 2), (3000.0, 200)],
)
def test_the_tail_of_chi_square_is_right_below_the_smallest_float(
    statistic: float, df: int
) -> None:
    # mpmath's incomplete gamma; 1e-12 is what twelve digits of the logarithm ask for.
    oracle = mpmath.log10(
        mpmath.gammainc(mpmath.mpf(df) / 2, mpmath.mpf(statistic) / 2, regularized=True)
    )
    assert log10_chi_square_tail(statistic, df) == pytest.approx(float(oracle), rel=1e-12)


def test_a_p_value_is_never_zero() -> None:
    found = against_weights([10**9, 10**6], [1, 1])
    assert 0 < found.p_value < 1e-300
    assert found.log10_p < -1e8


@given(st.lists(st.tuples(st.integers(100, 5000), shares), min_size=2, max_size=4))
def test_shares_by_arm_agree_with_scipy(arms: list[tuple[int, float]]) -> None:
    totals = {str(i): n for i, (n, _) in enumerate(arms)}
    hits = {str(i): round(n * share * 0.9) for i, (n, share) in enumerate(arms)}
    found = shares_by_arm(hits, totals)
    assert found is not None
    if found.test == "chi-square" and 0 < sum(hits.values()) < sum(totals.values()):
        table = [[hits[arm], totals[arm] - hits[arm]] for arm in totals]
        oracle = stats.chi2_contingency(table, correction=False)
        assert found.statistic == pytest.approx(float(oracle.statistic), rel=1e-9, abs=1e-9)
        if oracle.pvalue > 1e-290:
            assert found.log10_p == pytest.approx(math.log10(oracle.pvalue), rel=1e-8, abs=1e-8)


def test_shares_of_few_hits_never_alarm_more_often_than_fisher() -> None:
    # scipy.stats.fisher_exact: the bound is conservative, so its p is at least the exact one-sided.
    for a in range(7):
        for b in range(7):
            found = shares_by_arm({"x": a, "y": b}, {"x": 1000, "y": 500})
            if found is None or a + b == 0:
                continue
            table = np.array([[a, 1000 - a], [b, 500 - b]])
            exact = min(
                stats.fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")
            )
            assert found.p_value >= exact


def test_nothing_hit_is_no_difference() -> None:
    found = shares_by_arm({}, {"x": 10, "y": 10})
    assert found is not None
    assert found.p_value == 1.0
    assert shares_by_arm({"x": 3}, {"x": 10, "y": 0}) is None


def test_more_hits_than_units_is_refused() -> None:
    with pytest.raises(ValueError, match="more hits"):
        shares_by_arm({"x": 11}, {"x": 10, "y": 10})


def test_symmetry_agrees_with_bowker_in_statsmodels() -> None:
    # statsmodels.stats.contingency_tables.SquareTable.symmetry, no continuity correction.
    table = np.array([[0, 40, 25], [22, 0, 61], [30, 35, 0]])
    oracle = SquareTable(table, shift_zeros=False).symmetry()
    found = symmetric([(40, 22), (25, 30), (61, 35)])
    assert found is not None
    assert (found.test, found.df) == ("Bowker", 3)
    assert found.statistic == pytest.approx(oracle.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-10)


@given(st.integers(0, 19), st.integers(0, 19))
def test_a_pair_below_twenty_is_tested_by_the_binomial(there: int, back: int) -> None:
    # scipy.stats.binomtest against one half.
    found = symmetric([(there, back)])
    if there + back == 0:
        assert found is None
    elif there + back < 20:
        assert found is not None
        oracle = stats.binomtest(there, there + back, 0.5).pvalue
        assert found.p_value == pytest.approx(oracle, rel=1e-10)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=3))
def test_symmetry_does_not_know_which_arm_comes_first(pairs: list[tuple[int, int]]) -> None:
    there, back = symmetric(pairs), symmetric((b, a) for a, b in pairs)
    if there is None or back is None:
        assert there == back
    else:
        assert there.p_value == pytest.approx(back.p_value, rel=1e-10)


def test_false_alarms_of_symmetry_stay_within_their_level() -> None:
    # Harmless re-draws under weights 8:1:1 (methods 4, V4); band of 4 binomial standard errors.
    rng = np.random.default_rng(4)
    runs, level, w = 20_000, 0.001, (0.8, 0.1, 0.1)
    chances = [w[a] * w[b] for a, b in ((0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1))]
    drawn = rng.multinomial(150, np.array(chances) / sum(chances), size=runs)
    alarms = 0
    for ab, ba, ac, ca, bc, cb in drawn.tolist():
        found = symmetric([(ab, ba), (ac, ca), (bc, cb)])
        alarms += found is not None and found.p_value < level
    assert alarms / runs <= level + 4 * math.sqrt(level / runs)
