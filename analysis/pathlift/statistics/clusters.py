"""Sums of unit variables by cluster, and how they add up (SS4 of methods 3.1).

A cluster lies inside one arm: whole clusters were drawn, or the experimenter gave each unit a
cluster within its arm. Only clustered arms have rows. Knows no experiment and no engine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pathlift.statistics.moments import Group, Sums, Variable

Counts = NDArray[np.int64]

_Kind = TypeVar("_Kind", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Which units a row is about.

    Attributes
    ----------
    group : Group
        Arm, maturity class, population; a segment's level where one is asked for.
    name : str
        The cluster as text, such as a creator.
    """

    group: Group
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterTable:
    """One row per cluster: units, sums, and units by label.

    Attributes
    ----------
    variables : tuple of Variable
        Columns of `sums`.
    labels : tuple of int
        Label codes, columns of `label_units` and `label_converted`; empty without stages.
    clusters : tuple of Cluster
        Rows; no cluster twice.
    units : ndarray of int64, shape (clusters,)
        Counts stay below 2**63 and need no Python integers, unlike sums of money.
    sums : ndarray of object, shape (clusters, variables)
        Python integers where exact, floats otherwise; of stored values (shifted, in units).
    label_units, label_converted : ndarray of int64, shape (clusters, labels)
    """

    variables: tuple[Variable, ...]
    labels: tuple[int, ...] = ()
    clusters: tuple[Cluster, ...]
    units: Counts
    sums: Sums
    label_units: Counts
    label_converted: Counts

    def __post_init__(self) -> None:
        rows = len(self.clusters)
        shapes: tuple[tuple[NDArray[np.generic], tuple[int, ...]], ...] = (
            (self.units, (rows,)),
            (self.sums, (rows, len(self.variables))),
            (self.label_units, (rows, len(self.labels))),
            (self.label_converted, (rows, len(self.labels))),
        )
        for array, shape in shapes:
            if array.shape != shape:
                raise ValueError(f"expected shape {shape}, got {array.shape}")
            array.flags.writeable = False
        if len(set(self.clusters)) != rows:
            raise ValueError("a cluster stands twice in a table of clusters")
        if bool(np.any(self.units < 1)):
            raise ValueError("a cluster in a table has at least one unit")

    def by(self, coarser: Callable[[Cluster], Cluster | None]) -> "ClusterTable":
        """Add up rows that fall into one coarser cluster.

        Parameters
        ----------
        coarser : callable
            From a cluster to the one it is part of (such as all maturity classes), or None to
            leave it out.

        Returns
        -------
        ClusterTable
            One row per coarser cluster, in order of first appearance.
        """
        return self._summed([coarser(cluster) for cluster in self.clusters])

    def _summed(self, whole: Sequence[Cluster | None]) -> "ClusterTable":
        place: dict[Cluster, int] = {}
        rows, into = [], []
        for row, cluster in enumerate(whole):
            if cluster is not None:
                rows.append(row)
                into.append(place.setdefault(cluster, len(place)))
        size = len(place)
        return ClusterTable(
            variables=self.variables,
            labels=self.labels,
            clusters=tuple(place),
            units=_added(self.units[rows], into, size),
            sums=_added(self.sums[rows], into, size),
            label_units=_added(self.label_units[rows], into, size),
            label_converted=_added(self.label_converted[rows], into, size),
        )


def merge(tables: Sequence[ClusterTable]) -> ClusterTable:
    """Statistics of parts into statistics of the whole.

    Parameters
    ----------
    tables : sequence of ClusterTable
        At least one, with the same variables (unit and shift included) and labels.

    Returns
    -------
    ClusterTable
        One row per cluster that stands in any of them.

    Raises
    ------
    ValueError
        If the columns differ.
    """
    first = tables[0]
    if any((t.variables, t.labels) != (first.variables, first.labels) for t in tables):
        raise ValueError("tables of clusters with different columns cannot be added up")
    end_to_end = [cluster for table in tables for cluster in table.clusters]
    place = {cluster: row for row, cluster in enumerate(dict.fromkeys(end_to_end))}
    into, size = [place[cluster] for cluster in end_to_end], len(place)
    return ClusterTable(
        variables=first.variables,
        labels=first.labels,
        clusters=tuple(place),
        units=_added(np.concatenate([t.units for t in tables]), into, size),
        sums=_added(np.concatenate([t.sums for t in tables]), into, size),
        label_units=_added(np.concatenate([t.label_units for t in tables]), into, size),
        label_converted=_added(np.concatenate([t.label_converted for t in tables]), into, size),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterSums:
    """Clusters of one arm, centred at the arm's means.

    Attributes
    ----------
    names : tuple of str
        The variables, in the order asked for.
    units : ndarray of float, shape (clusters,)
    mean : ndarray of float, shape (variables,)
        Of the arm's units, in the variables' own units.
    residuals : ndarray of float, shape (clusters, variables)
        Sum over the cluster's units of value minus the arm's mean.
    """

    names: tuple[str, ...]
    units: NDArray[np.float64]
    mean: NDArray[np.float64]
    residuals: NDArray[np.float64]


def centred_sums(
    table: ClusterTable,
    group: Group,
    names: Sequence[str],
    *,
    label_units: Sequence[int] = (),
    label_converted: Sequence[int] = (),
) -> ClusterSums:
    """Residual sums of an arm's clusters, centred in exact integers.

    Parameters
    ----------
    table : ClusterTable
    group : Group
        The arm's rows; those of other groups are not read.
    names : sequence of str
        Variables wanted, in this order.
    label_units, label_converted : sequence of int, optional
        Label codes whose shares (incidences) follow the variables as further columns, named
        ``label:27`` (``converted:27``).

    Returns
    -------
    ClusterSums
        In order of the clusters' names, so that row order does not matter; without rows if
        the table has none of that group.

    Raises
    ------
    KeyError
        If a name or a label is not in the table.
    """
    rows = [row for row, cluster in enumerate(table.clusters) if cluster.group == group]
    rows.sort(key=lambda row: table.clusters[row].name)
    column_of = {variable.name: index for index, variable in enumerate(table.variables)}
    label_of = {code: index for index, code in enumerate(table.labels)}
    columns = [(table.sums[rows, column_of[n]], table.variables[column_of[n]]) for n in names]
    for prefix, codes, counts in (
        ("label", label_units, table.label_units),
        ("converted", label_converted, table.label_converted),
    ):
        columns += [
            (counts[rows, label_of[code]].astype(object), Variable(name=f"{prefix}:{code}"))
            for code in codes
        ]
    units = table.units[rows].astype(object)  # products of counts and sums pass 2**63
    mean = np.full(len(columns), np.nan)
    residuals = np.zeros((len(rows), len(columns)))
    total = int(units.sum()) if rows else 0
    for position, (sums, variable) in enumerate(columns):
        if not rows:
            continue
        whole = sums.sum()
        mean[position] = whole / total * variable.unit + variable.shift
        residuals[:, position] = [
            (total * part - n * whole) / total * variable.unit
            for part, n in zip(sums, units, strict=True)
        ]
    return ClusterSums(
        names=tuple(variable.name for _, variable in columns),
        units=units.astype(np.float64),
        mean=mean,
        residuals=residuals,
    )


def _added(rows: NDArray[_Kind], into: Sequence[int], size: int) -> NDArray[_Kind]:
    """Sum of the rows that go into each place; of objects, zeros are Python's."""
    total = np.zeros((size, *rows.shape[1:]), dtype=rows.dtype)
    np.add.at(total, np.asarray(into, dtype=np.intp), rows)
    return total
