"""How often each size of a metric occurs, in bins that are the same everywhere (SS6).

The bins are powers of 1.01 on either side of a bin of their own for 0. Their edges depend on no
data, so histograms of parts, arms or days add up to the histogram of the whole. Knows no
experiment and no engine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from pathlift.statistics.moments import Group

RATIO = 1.01
"""Upper over lower edge of a bin: a value is known to 1% of its size."""

OFFSET = 100_000
"""Bin of [1, 1.01): above the 74,868 powers down to the smallest float64."""


def bin_of(values: npt.ArrayLike) -> NDArray[np.int64]:
    """Which bin a value lies in.

    Parameters
    ----------
    values : array_like
        Finite numbers, in the metric's unit.

    Returns
    -------
    ndarray of int64
        0 for 0; ``100000 + floor(ln(v) / ln(1.01))`` for positive v, minus that of its size
        for negative v. A larger value never lies in a lower bin.

    Raises
    ------
    ValueError
        If a value is not finite.

    Examples
    --------
    >>> bin_of([0.0, 1.0, -1.0, 1.02]).tolist()
    [0, 100000, -100000, 100001]
    """
    value = np.asarray(values, dtype=np.float64)
    if not bool(np.isfinite(value).all()):
        raise ValueError("a value without size has no bin")
    size = np.where(value == 0, 1.0, np.abs(value))
    power = np.floor(np.log(size) / np.log(RATIO)).astype(np.int64)
    return np.asarray(np.sign(value).astype(np.int64) * (OFFSET + power))


def edges_of(bins: npt.ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends of bins, in the metric's unit.

    Parameters
    ----------
    bins : array_like of int
        As :func:`bin_of` numbers them.

    Returns
    -------
    low, high : ndarray of float
        Equal, both 0, for the bin of 0.
    """
    code = np.asarray(bins, dtype=np.int64)
    power = (np.abs(code) - OFFSET).astype(np.float64)
    near = np.where(code == 0, 0.0, np.power(RATIO, power))
    far = np.where(code == 0, 0.0, np.power(RATIO, power + 1))
    return np.where(code < 0, -far, near), np.where(code < 0, -near, far)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histogram:
    """Units by bin.

    Attributes
    ----------
    bins : ndarray of int64, shape (bins,)
        Ascending, none twice.
    counts : ndarray of int64, shape (bins,)
        Above 0.
    """

    bins: NDArray[np.int64]
    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.bins.shape != self.counts.shape or self.bins.ndim != 1:
            raise ValueError("a histogram has one count per bin")
        if bool(np.any(np.diff(self.bins) <= 0)) or bool(np.any(self.counts <= 0)):
            raise ValueError("bins of a histogram ascend, and each holds a unit")
        self.bins.flags.writeable = self.counts.flags.writeable = False

    @property
    def units(self) -> int:
        """Units in all bins."""
        return int(self.counts.sum())


def counted(values: npt.ArrayLike) -> Histogram:
    """Histogram of values, one a unit.

    Parameters
    ----------
    values : array_like
        Finite numbers, in the metric's unit.

    Returns
    -------
    Histogram
    """
    bins, counts = np.unique(bin_of(values), return_counts=True)
    return Histogram(bins=bins, counts=counts.astype(np.int64))


def added(histograms: Sequence[Histogram]) -> Histogram:
    """Histogram of all units of several histograms.

    Parameters
    ----------
    histograms : sequence of Histogram

    Returns
    -------
    Histogram
    """
    every = np.concatenate([h.bins for h in histograms])
    bins, place = np.unique(every, return_inverse=True)
    counts = np.zeros(len(bins), dtype=np.int64)
    np.add.at(counts, place, np.concatenate([h.counts for h in histograms]))
    return Histogram(bins=bins, counts=counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Whose values, and which.

    Attributes
    ----------
    group : Group
        Arm, maturity class, population; day or a segment's level where one is asked for.
    metric : str
        Name of the variable.
    exact : bool
        Whether the values are whole steps; if not, one at an edge may fall to either side of it.
    """

    group: Group
    metric: str
    exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HistogramTable:
    """One histogram per group and metric.

    Attributes
    ----------
    histograms : mapping of Column to Histogram
    """

    histograms: Mapping[Column, Histogram] = field(default_factory=dict)

    def by(self, coarser: Callable[[Column], Column | None]) -> "HistogramTable":
        """Add up histograms that fall into one coarser column.

        Parameters
        ----------
        coarser : callable
            From a column to the one it is part of, or None to leave it out.

        Returns
        -------
        HistogramTable
            In order of first appearance.
        """
        members: dict[Column, list[Histogram]] = {}
        for column, histogram in self.histograms.items():
            whole = coarser(column)
            if whole is not None:
                members.setdefault(whole, []).append(histogram)
        return HistogramTable(histograms={whole: added(h) for whole, h in members.items()})


def merge(tables: Sequence[HistogramTable]) -> HistogramTable:
    """Statistics of parts into statistics of the whole.

    Parameters
    ----------
    tables : sequence of HistogramTable

    Returns
    -------
    HistogramTable
        One histogram per column that stands in any of them.
    """
    members: dict[Column, list[Histogram]] = {}
    for table in tables:
        for column, histogram in table.histograms.items():
            members.setdefault(column, []).append(histogram)
    return HistogramTable(histograms={column: added(h) for column, h in members.items()})
