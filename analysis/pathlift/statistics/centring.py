"""Means and covariances from sums and products, taken apart before they become floats.

What cancels is subtracted as integers: a variance near a mean of 1e9, and how far two such means
lie apart, keep all their digits. Knows no experiment and no engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pathlift.statistics.moments import Group, MomentTable

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Means and covariances of chosen variables by group, as floats.

    Attributes
    ----------
    names : tuple of str
        The variables, in the order asked for.
    units : ndarray of float, shape (groups,)
    mean : ndarray of float, shape (groups, variables)
        In the variables' own units; NaN where a group has no units.
    covariance : ndarray of float, shape (groups, variables, variables)
        Convention n - 1; NaN where a group has fewer than two units or the pair was not declared.
    apart : ndarray of float, shape (groups, variables)
        Mean minus that of the first group. NaN where either has no units.
    """

    names: tuple[str, ...]
    units: NDArray[np.float64]
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    apart: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """The same of many sets of variables, each over its own rows of a table.

    Attributes
    ----------
    units : ndarray of float, shape (sets, rows)
    mean, apart : ndarray of float, shape (sets, rows, variables)
    covariance : ndarray of float, shape (sets, rows, variables, variables)
        As in `Moments`.
    """

    units: NDArray[np.float64]
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    apart: NDArray[np.float64]


def centred(table: MomentTable, groups: Sequence[Group], names: Sequence[str]) -> Moments:
    """Means and covariances of some variables by group.

    Parameters
    ----------
    table : MomentTable
    groups : sequence of Group
        Rows wanted, in this order; a group that the table lacks has no units.
    names : sequence of str
        Variables wanted, in this order.

    Returns
    -------
    Moments
        With ``len(groups)`` rows.

    Raises
    ------
    KeyError
        If a name is not a variable of the table.
    """
    rows = [table.rows.get(group, -1) for group in groups]
    known = [place for place, row in enumerate(rows) if row >= 0 and table.units[row] > 0]
    size = len(names)
    units = np.zeros(len(groups))
    mean, apart = np.full((2, len(groups), size), np.nan)
    covariance = np.full((len(groups), size, size), np.nan)
    if known:
        found = stacked(table, np.array([[rows[place] for place in known]]), [tuple(names)])
        units[known], mean[known] = found.units[0], found.mean[0]
        covariance[known] = found.covariance[0]
        if known[0] == 0:
            apart[known] = found.apart[0]
    return Moments(names=tuple(names), units=units, mean=mean, covariance=covariance, apart=apart)


def stacked(table: MomentTable, rows: Places, sets: Sequence[tuple[str, ...]]) -> Stack:
    """Means and covariances of many sets of variables, in a few operations on arrays.

    Parameters
    ----------
    table : MomentTable
    rows : array of int, shape (sets, rows)
        Rows of the table that each set is read over; each with units.
    sets : sequence of tuple of str
        Names of variables; all of one length.

    Returns
    -------
    Stack

    Raises
    ------
    KeyError
        If a name is not a variable of the table.
    """
    columns, pairs = _columns(table, sets)
    unit = np.array([variable.unit for variable in table.variables])[columns]
    shift = np.array([variable.shift for variable in table.variables])[columns]
    units = table.units[rows]
    sums = table.sums[rows[:, :, None], columns[:, None, :]]
    n, first = units[:, :, None], units[:, :1, None]
    mean = (sums / n).astype(np.float64) * unit[:, None] + shift[:, None]
    apart = (sums * first - sums[:, :1] * n) / (n * first)
    covariance = np.full((*sums.shape, columns.shape[1]), np.nan)
    for i, j in zip(*np.triu_indices(columns.shape[1]), strict=True):
        of, at = np.nonzero((pairs[:, i, j] >= 0)[:, None] & (units >= 2).astype(np.bool_))
        many, one, other = units[of, at], sums[of, at, i], sums[of, at, j]
        products = table.products[rows[of, at], pairs[of, i, j]]
        value = ((many * products - one * other) / (many * (many - 1))).astype(np.float64)
        value = value * unit[of, i] * unit[of, j]
        covariance[of, at, i, j] = covariance[of, at, j, i] = value
    return Stack(
        units=units.astype(np.float64),
        mean=mean,
        covariance=covariance,
        apart=apart.astype(np.float64) * unit[:, None],
    )


def _columns(table: MomentTable, sets: Sequence[tuple[str, ...]]) -> tuple[Places, Places]:
    """Columns of the variables of every set, and of their products; -1 where undeclared."""
    known = {names: place for place, names in enumerate(dict.fromkeys(sets))}
    columns = [[table.columns[name] for name in names] for names in known]
    pairs = [[[table.pair_columns.get(frozenset((a, b)), -1) for b in names] for a in names]
             for names in known]  # fmt: skip
    each = [known[names] for names in sets]
    return np.array(columns, dtype=np.intp)[each], np.array(pairs, dtype=np.intp)[each]


def third_central(table: MomentTable, group: Group, name: str) -> float:
    """Third central moment of a variable in a group.

    Parameters
    ----------
    table : MomentTable
        With `name` among its cubes and ``(name, name)`` among its pairs.
    group : Group
        A row of the table with at least one unit.
    name : str

    Returns
    -------
    float
        Mean of ``(y - mean) ** 3``, in the cube of the metric's unit.
    """
    row = table.groups.index(group)
    names = table.columns
    pair = next(i for i, p in enumerate(table.pairs) if p == (name, name))
    n = table.units[row]
    first = table.sums[row, names[name]]
    second = table.products[row, pair]
    third = table.cubes[row, table.cubed.index(name)]
    centred_sum = n * n * third - 3 * n * first * second + 2 * first**3
    return float(centred_sum / n**3 * table.variable(name).unit ** 3)
