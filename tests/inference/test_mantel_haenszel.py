"""The generalised Cochran-Mantel-Haenszel test: by statsmodels, by enumeration, by collapse."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2_contingency
from statsmodels.stats.contingency_tables import StratifiedTable

from pathlift.errors import NotEstimableError
from pathlift.inference.mantel_haenszel import association, scores


@st.composite
def tables(draw: st.DrawFn, orderings: int) -> tuple[np.ndarray, np.ndarray]:
    """Units and converted by ordering and stratum; small strata, empty cells."""
    shape = (orderings, draw(st.integers(1, 6)))
    units = draw(arrays(np.int64, shape, elements=st.integers(0, 40)))
    share = draw(arrays(np.float64, shape, elements=st.floats(0, 1)))
    return units, np.floor(units * share).astype(np.int64)


@given(table=tables(2))
def test_two_orderings_are_judged_as_statsmodels_judges_them(
    table: tuple[np.ndarray, np.ndarray],
) -> None:
    units, converted = table
    score, by_stratum = scores(units, converted)
    blocks = [
        np.array([[x[0], n[0] - x[0]], [x[1], n[1] - x[1]]], dtype=float)
        for n, x in zip(units.T, converted.T, strict=True)
        if n.sum() > 1  # statsmodels divides by N - 1
    ]
    if not by_stratum.sum(axis=0)[0, 0]:
        with pytest.raises(NotEstimableError):
            association(score, by_stratum.sum(axis=0))
        return
    oracle = StratifiedTable(blocks).test_null_odds(correction=False)
    found = association(score, by_stratum.sum(axis=0))
    assert found.df == 1
    assert float(found.statistic) == pytest.approx(oracle.statistic, rel=1e-9, abs=1e-12)
    assert float(found.p_value) == pytest.approx(oracle.pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("units", "converted"), [((2, 3, 2), 3), ((1, 4, 3), 2), ((2, 2, 2, 2), 4)]
)
def test_mean_and_covariance_of_a_stratum_are_those_of_every_way_to_convert(
    units: tuple[int, ...], converted: int
) -> None:
    """All ways to choose who converts, one by one: what the margins alone make likely."""
    members = np.repeat(np.arange(len(units)), units)
    size = len(members)
    seen = np.array(
        [
            np.bincount(members[list(who)], minlength=len(units))
            for who in combinations(range(size), converted)
        ]
    )
    assert len(seen) == comb(size, converted)
    x = seen[0]
    score, by_stratum = scores(np.array(units)[:, None], x[:, None])
    assert score == pytest.approx(x - seen.mean(axis=0), abs=1e-12)
    assert by_stratum[0] == pytest.approx(np.cov(seen.T, bias=True), abs=1e-12)


def test_many_orderings_over_strata_follow_the_permutation_distribution() -> None:
    """3 x 2 x 2: all pairs of ways to convert in two strata, held against chi-square with df 2."""
    units = np.array([[5, 4], [4, 4], [4, 5]])
    first, second = (
        np.array(
            [
                np.bincount(np.repeat(np.arange(3), units[:, s])[list(who)], minlength=3)
                for who in combinations(range(13), 5)
            ]
        )
        for s in range(2)
    )
    rng = np.random.default_rng(4)
    pairs = rng.integers(0, len(first), (20_000, 2))
    totals = first[pairs[:, 0]] + second[pairs[:, 1]]
    some = np.stack([first[0], second[0]], axis=1)
    _, by_stratum = scores(units, some)
    v = by_stratum.sum(axis=0)
    away = totals - units.sum(axis=1) * 5 / 13
    statistic = np.einsum("io,op,ip->i", away, np.linalg.pinv(v), away)
    # the mean of the quadratic form is its df exactly; 20,000 draws have an error of 2/sqrt(20,000)
    assert statistic.mean() == pytest.approx(2, abs=4 * 2 / np.sqrt(20_000))
    found = association(totals[0] - units.sum(axis=1) * 5 / 13, v)
    assert found.df == 2
    assert float(found.statistic) == pytest.approx(statistic[0], abs=1e-9)


@given(table=tables(4))
def test_one_stratum_is_pearson_times_one_less_than_the_units(
    table: tuple[np.ndarray, np.ndarray],
) -> None:
    units, converted = (part.sum(axis=1) for part in table)
    seen = units > 0
    if seen.sum() < 2 or not 0 < converted.sum() < units.sum():
        return
    score, by_stratum = scores(units[:, None], converted[:, None])
    pearson = chi2_contingency(
        np.array([converted[seen], (units - converted)[seen]]), correction=False
    )
    n = units.sum()
    found = association(score, by_stratum[0])
    assert found.df == pearson.dof
    assert float(found.statistic) == pytest.approx(pearson.statistic * (n - 1) / n, rel=1e-9)


def test_orderings_that_never_meet_cost_a_degree_of_freedom() -> None:
    units = np.array([[20, 0], [30, 0], [0, 25], [0, 35]])
    converted = np.array([[4, 0], [9, 0], [0, 10], [0, 9]])
    score, by_stratum = scores(units, converted)
    found = association(score, by_stratum.sum(axis=0))
    assert found.df == 2  # one in each stratum, not three
    alone = [
        association(*(part if place == 0 else part[0] for place, part in enumerate(
            scores(units[rows, column : column + 1], converted[rows, column : column + 1])
        )))
        for rows, column in ((slice(0, 2), 0), (slice(2, 4), 1))
    ]  # fmt: skip
    assert float(found.statistic) == pytest.approx(
        sum(float(each.statistic) for each in alone), rel=1e-12
    )


def test_strata_where_all_convert_or_none_say_nothing() -> None:
    units, converted = np.array([[10, 20], [15, 20]]), np.array([[0, 20], [0, 20]])
    score, by_stratum = scores(units, converted)
    with pytest.raises(NotEstimableError, match="no two orderings meet"):
        association(score, by_stratum.sum(axis=0))


def test_too_few_clusters_for_so_many_orderings_are_refused() -> None:
    score, by_stratum = scores(np.full((6, 1), 50), np.array([[5], [6], [7], [8], [9], [10]]))
    with pytest.raises(NotEstimableError, match="too few clusters"):
        association(score, by_stratum[0], residual_df=4.0)
