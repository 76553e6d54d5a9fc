"""Statistics by day of a proportion, from counts of units and successes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from tests.support.units import cell_table

from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.histogram import HistogramTable
from pathlift.statistics.moments import Group, MomentTable, Variable, objects

Counts = Sequence[int] | npt.NDArray[np.int64]
FIRST = date(2026, 3, 2)
NAME = "conversion"


def table(rows: Sequence[tuple[Group, int, int]]) -> MomentTable:
    """A table of one proportion: group, units, successes."""
    return MomentTable(
        variables=(Variable(name=NAME),),
        pairs=((NAME, NAME),),
        groups=tuple(group for group, _, _ in rows),
        units=objects([(units,) for _, units, _ in rows], 1)[:, 0],
        sums=objects([(hits,) for _, _, hits in rows], 1),
        products=objects([(hits,) for _, _, hits in rows], 1),  # of 0 and 1 the square is itself
        cubes=objects([() for _ in rows], 0),
    )


def by_day(
    units: Mapping[str, Counts],
    hits: Mapping[str, Counts],
    *,
    first: date = FIRST,
) -> Statistics:
    """Statistics of arms over consecutive days; a day without units of an arm has no row."""
    rows = [
        (Group(arm=arm, day=(first + timedelta(days=day)).isoformat()), int(n), int(hits[arm][day]))
        for arm in units
        for day, n in enumerate(units[arm])
        if n
    ]
    whole = [(Group(arm=arm), int(sum(units[arm])), int(sum(hits[arm]))) for arm in units]
    return Statistics(
        arms=tuple(
            ArmFacts(arm=arm, units=int(sum(of)), matured_units=int(sum(of)))
            for arm, of in units.items()
        ),
        moments=table(whole),
        days=table(rows),
        segments=table([]),
        cells=cell_table((), (), ()),
        histograms=HistogramTable(histograms={}),
    )


def with_segments(
    statistics: Statistics, dimension: str, units: Mapping[str, Mapping[str | None, int]]
) -> Statistics:
    """The same with levels of a segment, by arm."""
    rows = [
        (Group(arm=arm, dimension=dimension, level=level), int(n), 0)
        for arm, levels in units.items()
        for level, n in levels.items()
    ]
    return replace(statistics, segments=table(rows))
