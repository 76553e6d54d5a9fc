"""Sums and products of unit variables by group, and how they add up.

Exact variables are integers of their unit and add up to the same integer in any order; the others
are floats after a shift. Knows no experiment and no engine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pathlift.statistics.coarsening import rows_within

Number = int | float
Sums = NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A number that every unit has.

    Attributes
    ----------
    name : str
        A metric (capped where it is winsorised), ``METRIC.raw`` beside a capped one,
        ``x:COVARIATE``, or ``x:COVARIATE.missing``.
    exact : bool
        Stored numbers are integers of `unit`, and sums are exact.
    unit : float
        value = stored * unit + shift; 1 where not exact.
    shift : float
        Taken from every value before it is stored; 0 where exact.
    """

    name: str
    exact: bool = True
    unit: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Which units a row of a table is about.

    Attributes
    ----------
    arm : str
    maturity : int
        Maturity class: how many of the experiment's distinct window lengths its units completed.
    population : str
        Empty for all analysed units. Else the metric (or metrics, joined by ``+``) whose NULLs are
        excluded or that counts among other units than the rest.
    day : str or None
        Exposure day, ISO, in the experiment's time zone.
    dimension : str or None
        A segment's column; then `level` is its value as text, None for NULL.
    level : str or None
    """

    arm: str
    maturity: int = 0
    population: str = ""
    day: str | None = None
    dimension: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MomentTable:
    """One row per group: units, sums, declared products, third powers.

    Attributes
    ----------
    variables : tuple of Variable
        Columns of `sums`.
    pairs : tuple of (str, str)
        Columns of `products`, by the names of the two variables.
    cubed : tuple of str
        Columns of `cubes`.
    groups : tuple of Group
        Rows; no group twice.
    units : ndarray of object, shape (groups,)
        Python integers.
    sums, products, cubes : ndarray of object, shape (groups, columns)
        Python integers where exact, floats otherwise; of stored values (shifted, in units).
    """

    variables: tuple[Variable, ...]
    pairs: tuple[tuple[str, str], ...]
    cubed: tuple[str, ...] = ()
    groups: tuple[Group, ...]
    units: Sums
    sums: Sums
    products: Sums
    cubes: Sums

    def __post_init__(self) -> None:
        rows = len(self.groups)
        for array, columns in (
            (self.sums, len(self.variables)),
            (self.products, len(self.pairs)),
            (self.cubes, len(self.cubed)),
        ):
            if array.shape != (rows, columns):
                raise ValueError(f"expected shape {(rows, columns)}, got {array.shape}")
            array.flags.writeable = False
        if self.units.shape != (rows,):
            raise ValueError(f"expected {rows} counts of units, got {self.units.shape}")
        if len(set(self.groups)) != rows:
            raise ValueError("a group stands twice in a table of moments")
        self.units.flags.writeable = False

    def variable(self, name: str) -> Variable:
        """Find a variable by its name.

        Parameters
        ----------
        name : str

        Returns
        -------
        Variable

        Raises
        ------
        KeyError
            If the table has no such variable.
        """
        for variable in self.variables:
            if variable.name == name:
                return variable
        raise KeyError(name)

    @property
    def rows(self) -> Mapping[Group, int]:
        """Row of each group."""
        return _places(self)[0]

    @property
    def columns(self) -> Mapping[str, int]:
        """Column of each variable, by name."""
        return _places(self)[1]

    @property
    def pair_columns(self) -> Mapping[frozenset[str], int]:
        """Column of each declared product, by the names of its two variables."""
        return _places(self)[2]

    def where(self, keep: Callable[[Group], bool]) -> "MomentTable":
        """Rows whose group is kept.

        Parameters
        ----------
        keep : callable
            From a group to whether its row stays.

        Returns
        -------
        MomentTable
            Same columns, fewer rows, same order.
        """
        rows = [row for row, group in enumerate(self.groups) if keep(group)]
        return self._with_rows(tuple(self.groups[row] for row in rows), self._take(rows))

    def by(self, coarser: Callable[[Group], Group | None]) -> "MomentTable":
        """Add up rows that fall into one coarser group.

        Parameters
        ----------
        coarser : callable
            From a group to the group it is part of, or None to leave it out.

        Returns
        -------
        MomentTable
            One row per coarser group, in order of first appearance.
        """
        members = rows_within(self.groups, coarser)
        parts = [self._total(rows) for rows in members.values()]
        return self._with_rows(tuple(members), _stack(parts, self))

    def _take(self, rows: Sequence[int]) -> tuple[Sums, Sums, Sums, Sums]:
        index = np.asarray(rows, dtype=np.intp)
        return self.units[index], self.sums[index], self.products[index], self.cubes[index]

    def _total(self, rows: Sequence[int]) -> tuple[Number, Sums, Sums, Sums]:
        units, sums, products, cubes = self._take(rows)
        return units.sum(), sums.sum(axis=0), products.sum(axis=0), cubes.sum(axis=0)

    def _with_rows(
        self, groups: tuple[Group, ...], numbers: tuple[Sums, Sums, Sums, Sums]
    ) -> "MomentTable":
        units, sums, products, cubes = numbers
        return MomentTable(
            variables=self.variables,
            pairs=self.pairs,
            cubed=self.cubed,
            groups=groups,
            units=units,
            sums=sums,
            products=products,
            cubes=cubes,
        )


def _stack(
    parts: Sequence[tuple[Number, Sums, Sums, Sums]], like: MomentTable
) -> tuple[Sums, Sums, Sums, Sums]:
    units = np.empty(len(parts), dtype=object)
    sums = np.empty((len(parts), len(like.variables)), dtype=object)
    products = np.empty((len(parts), len(like.pairs)), dtype=object)
    cubes = np.empty((len(parts), len(like.cubed)), dtype=object)
    for row, (count, first, second, third) in enumerate(parts):
        units[row], sums[row], products[row], cubes[row] = count, first, second, third
    return units, sums, products, cubes


def objects(rows: Iterable[Sequence[Number]], columns: int) -> Sums:
    """Numbers in an array that keeps Python's integers whole.

    Parameters
    ----------
    rows : iterable of sequence of int or float
    columns : int
        Length of every row.

    Returns
    -------
    ndarray of object, shape (rows, columns)
    """
    listed = [tuple(row) for row in rows]
    array = np.empty((len(listed), columns), dtype=object)
    for index, row in enumerate(listed):
        array[index] = row
    return array


def merge(tables: Sequence[MomentTable]) -> MomentTable:
    """Statistics of parts into statistics of the whole.

    Parameters
    ----------
    tables : sequence of MomentTable
        At least one, with the same variables (unit and shift included), pairs and cubes.

    Returns
    -------
    MomentTable
        One row per group that stands in any of them.

    Raises
    ------
    ValueError
        If the columns differ.
    """
    first, *rest = tables
    for table in rest:
        if (table.variables, table.pairs, table.cubed) != (
            first.variables,
            first.pairs,
            first.cubed,
        ):
            raise ValueError("tables of moments with different columns cannot be added up")
    members: dict[Group, list[tuple[int, int]]] = {}
    for which, table in enumerate(tables):
        for row, group in enumerate(table.groups):
            members.setdefault(group, []).append((which, row))
    parts = []
    for places in members.values():
        taken = [tables[which]._total([row]) for which, row in places]
        total = taken[0]
        for more in taken[1:]:
            total = (
                total[0] + more[0],
                total[1] + more[1],
                total[2] + more[2],
                total[3] + more[3],
            )
        parts.append(total)
    return first._with_rows(tuple(members), _stack(parts, first))


def less(whole: MomentTable, part: MomentTable) -> MomentTable:
    """Statistics of a whole without those of a part of its units.

    Parameters
    ----------
    whole, part : MomentTable
        With the same variables (unit and shift included), pairs and cubes.

    Returns
    -------
    MomentTable
        The groups of `whole`.

    Raises
    ------
    ValueError
        If the columns differ, or the part has a group that the whole has not.
    """
    taken = merge([whole, part]).where(lambda group: group in whole.rows)  # refuses other columns
    if set(part.groups) - set(whole.groups):
        raise ValueError("a part has a group that its whole has not")
    parts = []
    for group in taken.groups:
        total = whole._total([whole.rows[group]])
        if group in part.rows:
            away = part._total([part.rows[group]])
            total = (
                total[0] - away[0],
                total[1] - away[1],
                total[2] - away[2],
                total[3] - away[3],
            )
        parts.append(total)
    return whole._with_rows(taken.groups, _stack(parts, whole))


@lru_cache(maxsize=64)  # asked of one table for every metric; tables are frozen
def _places(
    table: MomentTable,
) -> tuple[dict[Group, int], dict[str, int], dict[frozenset[str], int]]:
    """Rows of groups, columns of variables, columns of pairs."""
    return (
        {group: row for row, group in enumerate(table.groups)},
        {variable.name: index for index, variable in enumerate(table.variables)},
        {frozenset(pair): index for index, pair in enumerate(table.pairs)},
    )
