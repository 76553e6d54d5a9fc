"""Cohen's kappa: against statsmodels, Cohen's own table, and the cases where it has no value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa as by_statsmodels

from pathlift.errors import NotEstimableError
from pathlift.inference.agreement import cohens_kappa


@st.composite
def tables(draw: st.DrawFn) -> np.ndarray:
    size = draw(st.integers(2, 6))
    counts = st.lists(st.integers(0, 1000), min_size=size * size, max_size=size * size)
    table = np.array(draw(counts), dtype=float).reshape(size, size)
    table[0, 0] += 1  # two labels at least occur, so that chance does not agree fully
    table[1, 1] += 1
    return table


def test_kappa_of_cohens_own_table() -> None:
    """Cohen (1960), table 1, 200 cases: .70 agree, .41 by chance, kappa .492."""
    found = cohens_kappa([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    assert found.share == pytest.approx(0.70)
    assert found.expected == pytest.approx(0.41)
    assert found.kappa == pytest.approx(0.492, abs=5e-4)  # printed to three digits


@given(table=tables())
def test_kappa_is_that_of_statsmodels(table: np.ndarray) -> None:
    found = cohens_kappa(table)
    assert found.kappa == pytest.approx(by_statsmodels(table).kappa, rel=1e-9, abs=1e-12)
    assert found.units == table.sum()


@given(table=tables(), seed=st.integers(0, 2**32 - 1))
def test_neither_the_order_of_labels_nor_that_of_the_two_matters(
    table: np.ndarray, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(len(table))
    kappa = cohens_kappa(table).kappa
    assert cohens_kappa(table[order][:, order]).kappa == pytest.approx(kappa, abs=1e-12)
    assert cohens_kappa(table.T).kappa == pytest.approx(kappa, abs=1e-12)


@given(table=tables())
def test_full_agreement_is_one_and_chance_is_zero(table: np.ndarray) -> None:
    assert cohens_kappa(np.diag(table.sum(axis=1))).kappa == pytest.approx(1.0)
    independent = np.outer(table.sum(axis=1), table.sum(axis=0))
    assert cohens_kappa(independent).kappa == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("table", [[[0, 0], [0, 0]], [[7]], [[9, 0], [0, 0]]])
def test_nothing_to_compare_is_refused(table: list[list[int]]) -> None:
    with pytest.raises(NotEstimableError):
        cohens_kappa(table)


@pytest.mark.parametrize("table", [[[1, 2]], [1, 2], [[1, -1], [0, 2]]])
def test_what_is_no_table_of_counts_is_an_error(table: list[list[int]]) -> None:
    with pytest.raises(ValueError, match=r"square table|negative"):
        cohens_kappa(table)
