"""Whether tables made in different ways from the same units hold the same units and sums.

Methods 3.1: integer equality, on every run. A difference is a bug of ours, never of the data.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pathlift.statistics.baseline import BASELINE_STATE, state_name
from pathlift.statistics.cells import CellTable
from pathlift.statistics.clusters import Cluster, ClusterTable
from pathlift.statistics.collected import ArmFacts
from pathlift.statistics.histogram import HistogramTable
from pathlift.statistics.landmarks import LandmarkTable
from pathlift.statistics.moments import Group, MomentTable
from pathlift.statistics.multiverse import BASE, Multiverse


class InvariantError(AssertionError):
    """Two tables of one run disagree: a bug of pathlift."""


def check(
    *,
    arms: tuple[ArmFacts, ...],
    moments: MomentTable,
    days: MomentTable,
    segments: MomentTable,
    cells: CellTable,
    conversion: str | None,
    timed: bool,
    clusters: ClusterTable | None = None,
    landmarks: LandmarkTable | None = None,
    histograms: HistogramTable | None = None,
    multiverse: Multiverse | None = None,
) -> None:
    """Compare the tables of one run.

    Parameters
    ----------
    arms : tuple of ArmFacts
    moments, days, segments : MomentTable
    cells : CellTable
    conversion : str or None
        The metric that is the outcome.
    timed : bool
        Whether there are exposure days.
    clusters : ClusterTable, optional
        Of arms with clusters.
    landmarks : LandmarkTable, optional
        Of the same arms.
    histograms : HistogramTable, optional
        Of metrics whose quantiles are read.
    multiverse : Multiverse, optional
        Orderings under other rules for the stages: the same units, and the same conversions.

    Raises
    ------
    InvariantError
        With the figures that differ.
    """
    whole = moments.by(lambda group: group if not group.population else None)
    for facts in arms:
        counted = whole.where(partial(_of_arm, facts.arm)).units.sum()
        _equal(int(counted), facts.units, f"units of arm {facts.arm}, moments and arms")
    if timed:
        _same(days.by(_arm_and_maturity), whole, "days and moments")
    for dimension in dict.fromkeys(group.dimension for group in segments.groups):
        part = segments.where(partial(_of_dimension, dimension))
        _same(part.by(_without_level), moments, f"segments of {dimension} and moments")
    if cells.cells:
        _cells(cells, whole, conversion)
        _landmarks(cells)
    if clusters is not None:
        _clusters(clusters, [moments, segments], cells)
    if clusters is not None and landmarks is not None:
        _landmark_clusters(landmarks, cells, {cluster.group.arm for cluster in clusters.clusters})
    if histograms is not None:
        _histograms(histograms, [moments, segments])
    if multiverse is not None:
        _multiverse(multiverse, [moments, segments], cells, whole, conversion)


def _of_arm(arm: str, group: Group) -> bool:
    return group.arm == arm


def _of_dimension(dimension: str | None, group: Group) -> bool:
    return group.dimension == dimension


def _arm_and_maturity(group: Group) -> Group:
    return Group(arm=group.arm, maturity=group.maturity)


def _without_level(group: Group) -> Group:
    return Group(arm=group.arm, maturity=group.maturity, population=group.population)


def _same(part: MomentTable, whole: MomentTable, what: str) -> None:
    rows = {group: row for row, group in enumerate(part.groups)}
    if set(rows) != set(whole.groups):
        raise InvariantError(f"{what}: groups differ: {set(rows) ^ set(whole.groups)}")
    exact = [column for column, variable in enumerate(whole.variables) if variable.exact]
    named = {variable.name for variable in whole.variables if variable.exact}
    paired = [column for column, pair in enumerate(whole.pairs) if set(pair) <= named]
    for row, group in enumerate(whole.groups):
        other = rows[group]
        _equal(part.units[other], whole.units[row], f"{what}: units of {group}")
        for column in exact:
            title = f"{what}: sum of {whole.variables[column].name} in {group}"
            _equal(part.sums[other, column], whole.sums[row, column], title)
        for column in paired:
            title = f"{what}: product {whole.pairs[column]} in {group}"
            _equal(part.products[other, column], whole.products[row, column], title)


def _cells(cells: CellTable, whole: MomentTable, conversion: str | None) -> None:
    sides: list[tuple[str, Callable[[int], object]]] = [("units", lambda row: whole.units[row])]
    if conversion is not None and conversion in {v.name for v in whole.variables}:
        column = [v.name for v in whole.variables].index(conversion)
        sides.append(("converted", lambda row: whole.sums[row, column]))
    for what, of_whole in sides:
        numbers = cells.units if what == "units" else cells.converted
        totals: dict[tuple[str, int], int] = {}
        for place, cell in enumerate(cells.cells):
            key = (cell.arm, cell.maturity)
            totals[key] = totals.get(key, 0) + numbers[place]
        for row, group in enumerate(whole.groups):
            title = f"cells and moments: {what} of {group}"
            _equal(totals.get((group.arm, group.maturity), 0), of_whole(row), title)


def _landmarks(cells: CellTable) -> None:
    """Who converted a landmark after completing an ordering is among those who did either."""
    for row, cell in enumerate(cells.cells):
        within = cells.lm_conv[row] <= min(cells.lm_elig[row], cells.converted[row])
        if not within or cells.lm_elig[row] > cells.units[row]:
            raise InvariantError(f"landmark of {cell}: {cells.lm_elig[row]}, {cells.lm_conv[row]}")


def _landmark_clusters(landmarks: LandmarkTable, cells: CellTable, arms: set[str]) -> None:
    whole = landmarks.by(lambda row: replace(row, cluster=""))
    here = {
        row.cell: (int(eligible), int(converted))
        for row, eligible, converted in zip(whole.rows, whole.lm_elig, whole.lm_conv, strict=True)
    }
    for row, cell in enumerate(cells.cells):
        if cell.arm in arms:
            there = (int(cells.lm_elig[row]), int(cells.lm_conv[row]))
            _equal(here.get(cell, (0, 0)), there, f"clusters and cells: landmark of {cell}")


def _clusters(clusters: ClusterTable, tables: list[MomentTable], cells: CellTable) -> None:
    whole = clusters.by(lambda cluster: Cluster(group=cluster.group, name=""))
    rows = {cluster.group: row for row, cluster in enumerate(whole.clusters)}
    arms = {group.arm for group in rows}
    dimensions = {group.dimension for group in rows}
    _states(whole, cells)
    exact = [column for column, variable in enumerate(whole.variables) if variable.exact]
    of_tables = {
        group: (table, row)
        for table in tables
        for row, group in enumerate(table.groups)
        if group.arm in arms and group.dimension in dimensions
    }
    of_states = {group for group in rows if group.dimension == BASELINE_STATE}
    if set(of_tables) != set(rows) - of_states:
        raise InvariantError(f"clusters and moments: groups {set(of_tables) ^ set(rows)}")
    for group, (table, row) in of_tables.items():
        other = rows[group]
        _equal(int(whole.units[other]), table.units[row], f"clusters: units of {group}")
        for column in exact:
            title = f"clusters: sum of {whole.variables[column].name} in {group}"
            _equal(whole.sums[other, column], table.sums[row, column], title)
    for what, of_clusters, of_cells in (
        ("units", whole.label_units, cells.units),
        ("converted", whole.label_converted, cells.converted),
    ):
        by_label: dict[tuple[str, int, int], int] = {}
        for place, cell in enumerate(cells.cells):
            if cell.arm in arms:
                key = (cell.arm, cell.maturity, cell.label)
                by_label[key] = by_label.get(key, 0) + of_cells[place]
        for (arm, maturity, label), number in by_label.items():
            at = rows[Group(arm=arm, maturity=maturity)], whole.labels.index(label)
            _equal(int(of_clusters[at]), number, f"clusters: {what} of {arm}, label {label}")


def _states(whole: ClusterTable, cells: CellTable) -> None:
    """Clusters by baseline state hold the units and the conversions of the cells."""
    for row, cluster in enumerate(whole.clusters):
        group = cluster.group
        if group.dimension != BASELINE_STATE:
            continue
        inside = [
            place
            for place, cell in enumerate(cells.cells)
            if (cell.arm, cell.maturity) == (group.arm, group.maturity)
            and state_name(cell.baseline) == group.level
        ]
        for what, of_clusters, of_cells in (
            ("units", whole.label_units, cells.units),
            ("converted", whole.label_converted, cells.converted),
        ):
            title = f"clusters and cells: {what} of {group}"
            _equal(int(of_clusters[row].sum()), int(of_cells[inside].sum()), title)
        _equal(int(whole.units[row]), int(cells.units[inside].sum()), f"clusters: units of {group}")


def _multiverse(
    multiverse: Multiverse,
    tables: list[MomentTable],
    own: CellTable,
    whole: MomentTable,
    conversion: str | None,
) -> None:
    tables_of = {BASE: own} | {preset.preset: preset.cells for preset in multiverse.presets}
    for preset in multiverse.presets:
        _cells(preset.cells, whole, conversion)  # so the effect on conversion is that of `base`
        if preset.clusters is not None:
            _clusters(preset.clusters, tables, preset.cells)
    for cross in multiverse.pairs:
        for place, named in enumerate((cross.one, cross.other)):
            margins: dict[tuple[str, int, int], list[int]] = {}
            for pair, units in cross.units.items():
                key = (pair.arm, pair.maturity, (pair.one, pair.other)[place])
                counts = margins.setdefault(key, [0, 0])
                counts[0] += units
                counts[1] += cross.converted[pair]
            cells: dict[tuple[str, int, int], list[int]] = {}
            for row, cell in enumerate(tables_of[named].cells):
                counts = cells.setdefault((cell.arm, cell.maturity, cell.label), [0, 0])
                counts[0] += int(tables_of[named].units[row])
                counts[1] += int(tables_of[named].converted[row])
            _equal(margins, cells, f"labels under {named} and their pairs")


def _histograms(histograms: HistogramTable, tables: list[MomentTable]) -> None:
    units = {group: table.units[row] for table in tables for row, group in enumerate(table.groups)}
    for column, histogram in histograms.histograms.items():
        what = f"histogram of {column.metric} and moments: units of {column.group}"
        _equal(histogram.units, units.get(column.group, 0), what)
    binned = {(c.group, c.metric) for c in histograms.histograms}
    for metric, population in {(c.metric, c.group.population) for c in histograms.histograms}:
        for group in units:
            if group.population == population and (group, metric) not in binned:
                raise InvariantError(f"histogram of {metric} lacks {group}")


def _equal(one: object, other: object, what: str) -> None:
    if one != other:
        raise InvariantError(f"{what}: {one} and {other}")
