"""Statistics of arms that are read as one: sums add up, nothing else changes.

Counters of rows and rules stay by the arm that was drawn: they say what happened to it. Knows no
experiment and no engine.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from pathlift.statistics.cells import Cell, CellTable
from pathlift.statistics.clusters import ClusterTable
from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.histogram import HistogramTable
from pathlift.statistics.landmarks import LandmarkTable
from pathlift.statistics.moments import Group, MomentTable
from pathlift.statistics.multiverse import CrossTable, Multiverse, PresetTable
from pathlift.statistics.times import TimeTable


def combine_arms(statistics: Statistics, into: Mapping[str, str]) -> Statistics:
    """Add up arms that are read as one.

    Parameters
    ----------
    statistics : Statistics
    into : mapping of str to str
        Name of an arm to that of the arm it becomes a part of.

    Returns
    -------
    Statistics
        Tables and facts by combined arm, in order of first appearance; `rules` and `quality` by
        drawn arm, as they were.
    """
    tables = {
        part.name: _added(getattr(statistics, part.name), into) for part in fields(statistics)
    }
    return replace(statistics, **tables | {"arms": _facts(statistics.arms, into)})


def _added(part: Any, into: Mapping[str, str]) -> Any:
    """A table with its arms added up; whatever is no table as it is."""

    def of(group: Group) -> Group:
        return replace(group, arm=into.get(group.arm, group.arm))

    match part:
        case MomentTable():
            return part.by(of)
        case CellTable():
            return part.by(lambda cell: _of(cell, into))
        case ClusterTable():
            return part.by(lambda cluster: replace(cluster, group=of(cluster.group)))
        case LandmarkTable():
            return part.by(lambda row: replace(row, cell=_of(row.cell, into)))
        case HistogramTable():
            return part.by(lambda column: replace(column, group=of(column.group)))
        case TimeTable():
            return _times(part, into)
        case Multiverse():
            return Multiverse(
                presets=tuple(_preset(table, into) for table in part.presets),
                pairs=tuple(_cross(table, into) for table in part.pairs),
            )
        case _:
            return part


def _of(cell: Cell, into: Mapping[str, str]) -> Cell:
    return replace(cell, arm=into.get(cell.arm, cell.arm))


def _preset(table: PresetTable, into: Mapping[str, str]) -> PresetTable:
    return replace(table, cells=_added(table.cells, into), clusters=_added(table.clusters, into))


def _cross(table: CrossTable, into: Mapping[str, str]) -> CrossTable:
    return table.by(lambda pair: replace(pair, arm=into.get(pair.arm, pair.arm)))


def _times(table: TimeTable, into: Mapping[str, str]) -> TimeTable:
    added = table.by(lambda time: replace(time, arm=into.get(time.arm, time.arm)))
    return replace(
        added, clustered=tuple(dict.fromkeys(into.get(arm, arm) for arm in table.clustered))
    )


def _facts(arms: Iterable[ArmFacts], into: Mapping[str, str]) -> tuple[ArmFacts, ...]:
    members: dict[str, list[ArmFacts]] = {}
    for facts in arms:
        members.setdefault(into.get(facts.arm, facts.arm), []).append(facts)
    return tuple(
        ArmFacts(
            arm=arm,
            units=sum(facts.units for facts in parts),
            matured_units=sum(facts.matured_units for facts in parts),
            first_exposure=min(_known(facts.first_exposure for facts in parts), default=None),
            last_exposure=max(_known(facts.last_exposure for facts in parts), default=None),
        )
        for arm, parts in members.items()
    )


def _known(times: Iterable[datetime | None]) -> list[datetime]:
    return [time for time in times if time is not None]
