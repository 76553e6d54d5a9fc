"""From buckets of units to the statistics of an experiment drawn anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pathlift.outcomes.bucketing import Bucketed
from pathlift.statistics.cells import Cell, CellTable
from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.histogram import Column, Histogram, HistogramTable, added
from pathlift.statistics.moments import Group, MomentTable, Sums

Places = npt.NDArray[np.intp]
Hand = tuple["Deck", Places]
"""The buckets that make an arm, of a partition with or without an effect."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Deck:
    """One partition, dense by bucket.

    Attributes
    ----------
    bucketed : Bucketed
    count : int
        Buckets.
    label_class : int
        Maturity class from which on labels are read.
    """

    bucketed: Bucketed
    count: int
    label_class: int

    @cached_property
    def moments(self) -> dict[Group, tuple[Sums, Sums, Sums, Sums]]:
        """By group without its arm: units, sums, products and cubes, each by bucket."""
        table = self.bucketed.moments
        found: dict[Group, tuple[Sums, Sums, Sums, Sums]] = {}
        for row, group in enumerate(table.groups):
            rest = replace(group, arm="")
            if rest not in found:
                widths = (table.sums.shape[1], table.products.shape[1], table.cubes.shape[1])
                found[rest] = (
                    _zeros(self.count),
                    *(_zeros((self.count, width)) for width in widths),
                )  # type: ignore[assignment]
            bucket = int(group.arm)
            parts = (table.units, table.sums, table.products, table.cubes)
            for dense, part in zip(found[rest], parts, strict=True):
                dense[bucket] = part[row]
        return found

    @cached_property
    def cells(self) -> dict[int, tuple[Sums, Sums]]:
        """By label: counts (units, converted) and sums of covariates, each by bucket."""
        table = self.bucketed.cells
        width = len(table.covariates)
        found: dict[int, tuple[Sums, Sums]] = {}
        for row, cell in enumerate(table.cells):
            if cell.maturity < self.label_class:
                continue
            if cell.label not in found:
                found[cell.label] = (_zeros((self.count, 2)), _zeros((self.count, 2 * width)))
            counts, sums = found[cell.label]
            bucket = int(cell.arm)
            counts[bucket] += (table.units[row], table.converted[row])
            sums[bucket, :width] += table.covariate_sums[row]
            sums[bucket, width:] += table.converted_covariate_sums[row]
        return found

    @cached_property
    def histograms(self) -> dict[Column, dict[int, Histogram]]:
        """By column without its arm: histograms by bucket."""
        found: dict[Column, dict[int, Histogram]] = {}
        for column, histogram in self.bucketed.histograms.histograms.items():
            rest = replace(column, group=replace(column.group, arm=""))
            found.setdefault(rest, {})[int(column.group.arm)] = histogram
        return found


def dealt(whole: Statistics, hands: Mapping[str, Hand]) -> Statistics:
    """Statistics of an experiment whose arms hold these buckets.

    Parameters
    ----------
    whole : Statistics
        Of the units as they were: maturity, populations, caps.
    hands : mapping of str to (Deck, int array)
        By arm.

    Returns
    -------
    Statistics
        Without days, segments, clusters and open windows.
    """
    moments = _moments(hands)
    units, mature = _units(moments, whole.label_class)
    none = moments.by(lambda _group: None)
    return replace(
        whole,
        arms=tuple(
            ArmFacts(arm=arm, units=units.get(arm, 0), matured_units=mature.get(arm, 0))
            for arm in hands
        ),
        moments=moments,
        days=none,
        segments=none,
        cells=_cells(hands),
        histograms=_histograms(hands),
        clusters=None,
        landmarks=None,
        times=None,
        rules=(),
        spreads={},
        quality=(),
    )


def _moments(hands: Mapping[str, Hand]) -> MomentTable:
    shape = next(iter(hands.values()))[0].bucketed.moments
    groups: list[Group] = []
    parts: list[tuple[object, Sums, Sums, Sums]] = []
    for arm, (deck, buckets) in hands.items():
        for rest, (units, *tables) in deck.moments.items():
            n = units[buckets].sum()
            if n:
                groups.append(replace(rest, arm=arm))
                sums, products, cubes = (each[buckets].sum(axis=0) for each in tables)
                parts.append((n, sums, products, cubes))
    return MomentTable(
        variables=shape.variables,
        pairs=shape.pairs,
        cubed=shape.cubed,
        groups=tuple(groups),
        units=_objects([n for n, *_ in parts]),
        sums=_stacked([each[1] for each in parts], shape.sums.shape[1]),
        products=_stacked([each[2] for each in parts], shape.products.shape[1]),
        cubes=_stacked([each[3] for each in parts], shape.cubes.shape[1]),
    )


def _units(moments: MomentTable, label_class: int) -> tuple[dict[str, int], dict[str, int]]:
    units: dict[str, int] = {}
    mature: dict[str, int] = {}
    for group, n in zip(moments.groups, moments.units, strict=True):
        if not group.population:
            units[group.arm] = units.get(group.arm, 0) + int(n)
            if group.maturity >= label_class:
                mature[group.arm] = mature.get(group.arm, 0) + int(n)
    return units, mature


def _cells(hands: Mapping[str, Hand]) -> CellTable:
    shape = next(iter(hands.values()))[0].bucketed.cells
    width = len(shape.covariates)
    cells: list[Cell] = []
    counted: list[Sums] = []
    summed: list[Sums] = []
    for arm, (deck, buckets) in hands.items():
        for label, (counts, sums) in deck.cells.items():
            both = counts[buckets].sum(axis=0)
            if both[0]:
                cells.append(Cell(arm=arm, maturity=deck.label_class, label=label))
                counted.append(both)
                summed.append(sums[buckets].sum(axis=0))
    counts, sums = _stacked(counted, 2), _stacked(summed, 2 * width)
    return CellTable(
        covariates=shape.covariates,
        cells=tuple(cells),
        units=counts[:, 0],
        converted=counts[:, 1],
        covariate_sums=sums[:, :width],
        converted_covariate_sums=sums[:, width:],
    )


def _histograms(hands: Mapping[str, Hand]) -> HistogramTable:
    found: dict[Column, Histogram] = {}
    for arm, (deck, buckets) in hands.items():
        wanted = set(buckets.tolist())
        for rest, by_bucket in deck.histograms.items():
            held = [histogram for bucket, histogram in by_bucket.items() if bucket in wanted]
            if held:
                found[replace(rest, group=replace(rest.group, arm=arm))] = added(held)
    return HistogramTable(histograms=found)


def _zeros(shape: int | tuple[int, int]) -> Sums:
    made = np.empty(shape, dtype=object)
    made[...] = 0
    return made


def _objects(values: Sequence[object]) -> Sums:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _stacked(rows: Sequence[Sums], width: int) -> Sums:
    made = np.empty((len(rows), width), dtype=object)
    for place, row in enumerate(rows):
        made[place] = row
    return made
