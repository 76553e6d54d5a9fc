"""From the statistics tables to arrays over arms. Adds up maturity classes, computes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pathlift.statistics.baseline import state_code
from pathlift.statistics.cells import Cell, CellTable
from pathlift.statistics.centring import Moments, centred
from pathlift.statistics.clusters import Cluster, ClusterTable
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group, MomentTable, Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which units a set of contrasts is about.

    Attributes
    ----------
    population : str
        As in `Group`; empty for all analysed units.
    maturity : int
        Maturity class at or above which units are taken.
    dimension, level : str or None
        A segment's column and one of its levels (None is the level of NULLs).
    """

    population: str = ""
    maturity: int = 0
    dimension: str | None = None
    level: str | None = None

    @property
    def all_levels(self) -> "Slice":
        """The same units of every level."""
        return Slice(population=self.population, maturity=self.maturity, dimension=self.dimension)


def slice_of(
    statistics: Statistics, metrics: Sequence[str], *, dimension: str | None = None
) -> Slice:
    """Units that enter a metric, or every one of several metrics.

    Parameters
    ----------
    statistics : Statistics
    metrics : sequence of str
        A metric; both parts of a ratio.
    dimension : str, optional
        A segment's column, whose level is set later.

    Returns
    -------
    Slice
        In the highest maturity class of the metrics.
    """
    populations = {statistics.population.get(metric, "") for metric in metrics} - {""}
    return Slice(
        population="+".join(sorted(populations)),
        maturity=max(statistics.metric_class.get(metric, 0) for metric in metrics),
        dimension=dimension,
    )


@lru_cache(maxsize=64)  # all metrics of a slice read one table; statistics are frozen
def table_of(statistics: Statistics, which: Slice) -> MomentTable:
    """Sums of a slice, one row per arm.

    Parameters
    ----------
    statistics : Statistics
    which : Slice

    Returns
    -------
    MomentTable
        Groups name the arm only; arms without units are absent.
    """
    source = statistics.moments if which.dimension is None else statistics.segments

    def whole(group: Group) -> Group | None:
        return Group(arm=group.arm) if inside(group, which) else None

    return source.by(whole)


@lru_cache(maxsize=64)  # all levels and metrics of a segment read one table
def level_table(statistics: Statistics, which: Slice) -> MomentTable:
    """Sums of every level of a slice's dimension.

    Parameters
    ----------
    statistics : Statistics
    which : Slice
        Its own level does not matter.

    Returns
    -------
    MomentTable
        One row an arm and level, without maturity and population; levels without units of an arm
        have no row of it.
    """
    source = statistics.moments if which.dimension is None else statistics.segments

    def of_level(group: Group) -> Group | None:
        if not inside(group, replace(which, level=group.level)):
            return None
        return Group(arm=group.arm, dimension=group.dimension, level=group.level)

    return source.by(of_level)


def clusters_of(statistics: Statistics, which: Slice) -> ClusterTable | None:
    """Sums of a slice by cluster.

    Parameters
    ----------
    statistics : Statistics
    which : Slice

    Returns
    -------
    ClusterTable or None
        Groups name the arm only; arms without clusters are absent. None where no arm has any.
    """
    if statistics.clusters is None:
        return None

    def whole(cluster: Cluster) -> Cluster | None:
        if not inside(cluster.group, which):
            return None
        return Cluster(group=Group(arm=cluster.group.arm), name=cluster.name)

    return statistics.clusters.by(whole)


def inside(group: Group, which: Slice) -> bool:
    """Whether the units of a group are among those of a slice.

    Parameters
    ----------
    group : Group
    which : Slice

    Returns
    -------
    bool
    """
    return (
        group.population == which.population
        and group.maturity >= which.maturity
        and group.dimension == which.dimension
        and group.level == which.level
    )


def levels_of(statistics: Statistics, dimension: str) -> tuple[str | None, ...]:
    """Levels of a segment in alphabetical order, NULL last.

    Parameters
    ----------
    statistics : Statistics
    dimension : str

    Returns
    -------
    tuple of str or None
    """
    found = {g.level for g in statistics.segments.groups if g.dimension == dimension}
    return tuple(sorted(found, key=lambda level: (level is None, level or "")))


def moments_of(table: MomentTable, arms: Sequence[str], names: Sequence[str]) -> Moments:
    """Means and covariances by arm.

    Parameters
    ----------
    table : MomentTable
        From `table_of`.
    arms, names : sequence of str

    Returns
    -------
    Moments
        One row per arm, in this order.
    """
    return centred(table, [Group(arm=arm) for arm in arms], names)


def units_of(table: MomentTable, arms: Sequence[str]) -> list[int]:
    """Units by arm.

    Parameters
    ----------
    table : MomentTable
        From `table_of`.
    arms : sequence of str

    Returns
    -------
    list of int
        0 for an arm that the table lacks.
    """
    rows = [table.rows.get(Group(arm=arm)) for arm in arms]
    return [0 if row is None else int(table.units[row]) for row in rows]


def successes_of(
    table: MomentTable, arms: Sequence[str], name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Successes and units of a proportion by arm.

    Parameters
    ----------
    table : MomentTable
        From `table_of`.
    arms : sequence of str
    name : str
        A variable of zeros and ones.

    Returns
    -------
    successes, units : ndarray of float, shape (arms,)
    """
    row_of, column = table.rows, table.columns[name]
    rows = [row_of.get(Group(arm=arm)) for arm in arms]
    successes = [0.0 if row is None else float(table.sums[row, column]) for row in rows]
    units = [0.0 if row is None else float(table.units[row]) for row in rows]
    return np.array(successes), np.array(units)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelCounts:
    """Units and conversions by arm and label.

    Attributes
    ----------
    arms : tuple of str
    codes : tuple of int
        Label codes, ascending; those that no unit shows are absent.
    units, converted : ndarray of float, shape (arms, labels)
    covariate_sums, converted_covariate_sums : ndarray of object, shape (arms, labels, covariates)
        Of stored values.
    """

    arms: tuple[str, ...]
    codes: tuple[int, ...]
    units: NDArray[np.float64]
    converted: NDArray[np.float64]
    covariate_sums: Sums
    converted_covariate_sums: Sums


def label_counts(cells: CellTable, arms: Sequence[str], which: Slice) -> LabelCounts:
    """Labels by arm, over mature units.

    Parameters
    ----------
    cells : CellTable
    arms : sequence of str
    which : Slice
        Maturity class at or above which units are taken, and the baseline state where its
        dimension is that; cells know no other.

    Returns
    -------
    LabelCounts
    """
    baseline = None if which.dimension is None else state_code(which.level or "")
    whole = cells.by(
        lambda cell: (
            Cell(arm=cell.arm, maturity=0, label=cell.label)
            if cell.maturity >= which.maturity
            and cell.arm in arms
            and baseline in (None, cell.baseline)
            else None
        )
    )
    codes = tuple(sorted({cell.label for cell in whole.cells}))
    shape = (len(arms), len(codes))
    units, converted = np.zeros(shape), np.zeros(shape)
    sums = np.zeros((*shape, len(cells.covariates)), dtype=object)
    converted_sums = np.zeros((*shape, len(cells.covariates)), dtype=object)
    for row, cell in enumerate(whole.cells):
        place = list(arms).index(cell.arm), codes.index(cell.label)
        units[place], converted[place] = float(whole.units[row]), float(whole.converted[row])
        sums[place], converted_sums[place] = (
            whole.covariate_sums[row],
            whole.converted_covariate_sums[row],
        )
    return LabelCounts(
        arms=tuple(arms),
        codes=codes,
        units=units,
        converted=converted,
        covariate_sums=sums,
        converted_covariate_sums=converted_sums,
    )
