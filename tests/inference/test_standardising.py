"""Standardised rates: the formula of methods 2.2 written again, thin strata, and what must hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pathlift.inference.standardising import FEWEST, Standardised, standardise

COUNTS = arrays(np.int64, st.tuples(st.just(3), st.integers(1, 5)), elements=st.integers(12, 400))


@st.composite
def tables(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Units and converted by ordering and stratum, no cell thin."""
    units = draw(COUNTS)
    share = draw(arrays(np.float64, units.shape, elements=st.floats(0, 1)))
    return units, np.floor(units * share).astype(np.int64)


def by_the_formula(units: np.ndarray, converted: np.ndarray, o: int, p: int) -> tuple[float, float]:
    """Methods 2.2, cell by cell in plain Python: difference of two orderings and its variance."""
    n = units.sum()
    difference = within = mix = 0.0
    for s in range(units.shape[1]):
        w = units[:, s].sum() / n
        r, q = converted[o, s] / units[o, s], converted[p, s] / units[p, s]
        difference += w * (r - q)
        within += w**2 * (r * (1 - r) / units[o, s] + q * (1 - q) / units[p, s])
        mix += w * (r - q) ** 2
    return difference, within + (mix - difference**2) / n


def difference(found: Standardised, o: int, p: int) -> tuple[float, float]:
    v = found.covariance
    return float(found.rate[o] - found.rate[p]), float(v[o, o] + v[p, p] - 2 * v[o, p])


@given(table=tables())
def test_rates_and_variances_are_those_of_the_formula(
    table: tuple[np.ndarray, np.ndarray],
) -> None:
    found = standardise(*table)
    # sums of at most fifteen terms of size 1: rounding alone
    assert difference(found, 0, 2) == pytest.approx(by_the_formula(*table, 0, 2), abs=1e-13)
    assert found.weight.sum() == pytest.approx(1, abs=1e-13)
    assert found.collapsed.tolist() == [0, 0, 0]


@given(table=tables())
def test_one_stratum_gives_the_crude_rates(table: tuple[np.ndarray, np.ndarray]) -> None:
    units, converted = (part.sum(axis=1, keepdims=True) for part in table)
    found = standardise(units, converted)
    r = (converted / units)[:, 0]
    assert found.rate == pytest.approx(r, abs=1e-13)
    variance = r * (1 - r) / units[:, 0]  # of independent binomials: weights are no estimate here
    assert np.diagonal(found.covariance) == pytest.approx(variance, abs=1e-13)
    assert found.covariance[0, 1] == pytest.approx(0, abs=1e-13)


@given(table=tables(), seed=st.integers(0, 100))
def test_the_order_of_the_strata_does_not_matter(
    table: tuple[np.ndarray, np.ndarray], seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(table[0].shape[1])
    one, other = standardise(*table), standardise(table[0][:, order], table[1][:, order])
    assert one.rate == pytest.approx(other.rate, abs=1e-13)
    assert one.covariance == pytest.approx(other.covariance, abs=1e-13)


def test_a_thin_cell_reads_its_coarser_stratum_and_says_with_which_weight() -> None:
    units = np.array([[9, 40, 51], [100, 100, 100]])
    converted = np.array([[9, 10, 17], [10, 20, 30]])
    found = standardise(units, converted, [np.array([0, 0, 1])])
    weights = np.array([109, 140, 151]) / 400
    # the first stratum has 9 units of the first ordering, so the first two stand in for it: 19/49
    expected = weights @ [19 / 49, 10 / 40, 17 / 51]
    assert found.rate[0] == pytest.approx(expected, abs=1e-15)
    assert found.collapsed == pytest.approx([109 / 400, 0], abs=1e-15)
    assert found.rate[1] == pytest.approx(weights @ [0.1, 0.2, 0.3], abs=1e-15)


def test_influence_is_what_one_conversion_more_does() -> None:
    units = np.array([[9.0, 40, 51], [100, 100, 8]])
    converted = np.array([[4.0, 10, 17], [10, 20, 3]])
    coarser = [np.array([0, 0, 1])]
    base = standardise(units, converted, coarser)
    for ordering, stratum in np.ndindex(2, 3):
        more = converted.copy()
        more[ordering, stratum] += 1
        moved = standardise(units, more, coarser).rate - base.rate
        assert moved[ordering] == pytest.approx(base.influence[ordering, stratum], abs=1e-15)
        assert moved[1 - ordering] == 0


def test_the_variance_of_collapsed_rates_is_what_drawing_again_shows() -> None:
    """A stratum of 6 units in a group of equal rates: drawn 5,000 times, seed fixed."""
    rng = np.random.default_rng(3)
    units = np.array([[6, 60, 80], [50, 70, 90]])
    truth = np.array([[0.3, 0.3, 0.5], [0.2, 0.2, 0.4]])
    coarser = [np.array([0, 0, 1])]
    drawn = [standardise(units, rng.binomial(units, truth), coarser).rate for _ in range(5_000)]
    found = standardise(units, units * truth, coarser)
    mix = np.einsum("s,os->o", found.weight, (truth - found.rate[:, None]) ** 2) / units.sum()
    within = np.diagonal(found.covariance) - mix  # units are fixed here, so the mix is certain
    # the standard deviation of 5,000 draws has a relative error of 1%; 4% is four of them
    assert np.std(drawn, axis=0) == pytest.approx(np.sqrt(within), rel=0.04)


def test_an_ordering_with_fewer_than_ten_units_in_all_has_no_rate_and_moves_no_other() -> None:
    units = np.array([[FEWEST - 1, 0], [50, 50], [60, 40]])
    converted = np.array([[3, 0], [5, 10], [6, 4]])
    found, without = standardise(units, converted), standardise(units[1:], converted[1:])
    assert np.isnan(found.rate[0])
    assert found.collapsed[0] == 1
    assert np.isfinite(found.rate[1:]).all()
    # its units are still of the mix: weights are those of everybody eligible
    assert found.weight.tolist() != without.weight.tolist()


def test_nobody_at_all_gives_no_number() -> None:
    found = standardise(np.zeros((6, 0)), np.zeros((6, 0)))
    assert np.isnan(found.rate).all()
