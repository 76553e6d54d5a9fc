"""Bins are fixed, at most 1% wide, in the order of the values, and add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.statistics.histogram import (
    Column,
    Histogram,
    HistogramTable,
    added,
    bin_of,
    counted,
    edges_of,
    merge,
)
from pathlift.statistics.moments import Group

values = st.lists(st.floats(-1e300, 1e300, allow_subnormal=False), min_size=1, max_size=30)


@given(given_values=values)
def test_a_value_lies_in_its_bin(given_values: list[float]) -> None:
    v = np.array(given_values)
    low, high = edges_of(bin_of(v))
    # the logarithm of a value at an edge may round to either side: 1e-13 of its size
    slack = 1e-12 * np.abs(v)
    assert bool(np.all((low - slack <= v) & (v <= high + slack)))
    assert bool(np.all(high - low <= 0.0101 * np.abs(v)))


@given(given_values=values)
def test_bins_are_in_the_order_of_the_values(given_values: list[float]) -> None:
    assert bool(np.all(np.diff(bin_of(np.sort(given_values))) >= 0))


@given(given_values=values)
def test_minus_a_value_lies_in_the_mirrored_bin(given_values: list[float]) -> None:
    assert bin_of(np.negative(given_values)).tolist() == (-bin_of(given_values)).tolist()


def test_zero_has_a_bin_of_its_own() -> None:
    assert bin_of([0.0, -0.0, 5e-324, -5e-324]).tolist()[:2] == [0, 0]
    assert 0 not in bin_of([5e-324, -5e-324, 1.7e308])
    assert [float(edge[0]) for edge in edges_of([0])] == [0.0, 0.0]
    # 1.01 ** 0 and 1.01 ** 1
    assert [float(edge[0]) for edge in edges_of([100_000])] == [1.0, 1.01]


@given(first=values, second=values)
def test_histograms_of_parts_add_up(first: list[float], second: list[float]) -> None:
    parts, whole = added([counted(first), counted(second)]), counted(first + second)
    assert parts.bins.tolist() == whole.bins.tolist()
    assert parts.counts.tolist() == whole.counts.tolist()
    assert whole.units == len(first) + len(second)


@given(first=values, second=values)
def test_tables_of_parts_add_up(first: list[float], second: list[float]) -> None:
    young = Column(group=Group(arm="search", maturity=0), metric="revenue")
    old = Column(group=Group(arm="search", maturity=1), metric="revenue")
    both = merge(
        [
            HistogramTable(histograms={young: counted(first)}),
            HistogramTable(histograms={young: counted(second), old: counted(first)}),
        ]
    )
    assert both.histograms[young].units == len(first) + len(second)
    every = both.by(lambda column: Column(group=Group(arm="search"), metric=column.metric))
    (whole,) = every.histograms.values()
    assert whole.counts.tolist() == counted(first + second + first).counts.tolist()
    assert both.by(lambda _: None).histograms == {}


def test_a_histogram_refuses_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="no bin"):
        counted([1.0, float("nan")])
    with pytest.raises(ValueError, match="ascend"):
        Histogram(bins=np.array([2, 1]), counts=np.array([1, 1]))
    with pytest.raises(ValueError, match="ascend"):
        Histogram(bins=np.array([1, 2]), counts=np.array([1, 0]))
    with pytest.raises(ValueError, match="one count per bin"):
        Histogram(bins=np.array([1, 2]), counts=np.array([1]))
