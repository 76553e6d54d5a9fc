"""What a tie can stand for, and what becomes of it where a priority breaks it.

Labels of statistics only: which units are counted, and where, does not change. Knows no
experiment and no engine.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pathlift.statistics.cells import UNKNOWN, CellTable, all_codes, label
from pathlift.statistics.clusters import ClusterTable
from pathlift.statistics.collected import Statistics
from pathlift.statistics.landmarks import LandmarkTable
from pathlift.statistics.multiverse import CrossTable, Multiverse, PresetTable
from pathlift.statistics.times import TimeTable

_WEIGHTS = {"need": 16, "touchpoint": 4, "trust": 1}


def broken_by(code: int, priority: Sequence[str]) -> int:
    """The label with its ties broken: of tied stages, the one named first came first.

    Parameters
    ----------
    code : int
        One of the 27 codes.
    priority : sequence of str
        Every stage that can be observed, once.

    Returns
    -------
    int
        Code of a strict label; ``unknown`` stays.

    Examples
    --------
    >>> broken_by(21, ("trust", "need", "touchpoint"))  # need=touchpoint=trust
    45
    >>> label(45).ordering
    'trust>need>touchpoint'
    """
    if code == UNKNOWN:
        return code
    ranks = {stage: code // weight % 4 for stage, weight in _WEIGHTS.items()}
    held = sorted((s for s in ranks if ranks[s]), key=lambda s: (ranks[s], priority.index(s)))
    return sum(_WEIGHTS[stage] * place for place, stage in enumerate(held, start=1))


def could_be(code: int, stages: Sequence[str]) -> tuple[str, ...]:
    """Strict orderings that a tied label can stand for.

    Parameters
    ----------
    code : int
        One of the 27 codes.
    stages : sequence of str
        Declared: an ordering names them all.

    Returns
    -------
    tuple of str
        Two or more for a complete label with ties, else none.

    Examples
    --------
    >>> could_be(26, ("need", "touchpoint", "trust"))  # need>touchpoint=trust
    ('need>touchpoint>trust', 'need>trust>touchpoint')
    """
    read = label(code, stages)
    if read.kind != "complete" or not read.tied:
        return ()
    strict = {label(broken_by(code, order), stages).ordering for order in permutations(stages)}
    return tuple(
        name for name in (">".join(order) for order in permutations(stages)) if name in strict
    )


def tied_as(
    statistics: Statistics, ordering: str, arms: Sequence[str], stages: Sequence[str]
) -> Statistics:
    """Read every tie that could be an ordering as that ordering, in some of the arms.

    Parameters
    ----------
    statistics : Statistics
        With ties as labels of their own.
    ordering : str
        Strict, of all declared stages.
    arms : sequence of str
        Arms in which ties are read so; in all others they stay.
    stages : sequence of str
        Declared.

    Returns
    -------
    Statistics
        Cells and clusters changed, and nothing else.
    """
    strict = sum(_WEIGHTS[stage] * place for place, stage in enumerate(ordering.split(">"), 1))
    ties = tuple(code for code in all_codes() if ordering in could_be(code, stages))
    cells = statistics.cells.by(
        lambda cell: (
            replace(cell, label=strict) if cell.arm in arms and cell.label in ties else cell
        )
    )
    clusters = statistics.clusters
    if clusters is not None:
        own = np.array([cluster.group.arm in arms for cluster in clusters.clusters], dtype=bool)
        clusters = _moved(clusters, ties, strict, own)
    return replace(statistics, cells=cells, clusters=clusters)


def _moved(
    table: ClusterTable, ties: Sequence[int], strict: int, own: NDArray[np.bool_]
) -> ClusterTable:
    """Counts of tied labels added to those of a strict one, in some of the clusters."""
    labels = tuple(sorted({*table.labels, strict}))
    tied = [labels.index(code) for code in labels if code in ties]
    counts = []
    for told in (table.label_units, table.label_converted):
        whole = np.zeros((len(own), len(labels)), dtype=np.int64)
        whole[:, [labels.index(code) for code in table.labels]] = told
        moved = np.where(own[:, None], whole[:, tied], 0)
        whole[:, tied] -= moved
        whole[:, labels.index(strict)] += moved.sum(axis=1)
        counts.append(whole)
    return replace(table, labels=labels, label_units=counts[0], label_converted=counts[1])


def break_ties(statistics: Statistics, priority: Sequence[str]) -> Statistics:
    """Read ties by a priority.

    Parameters
    ----------
    statistics : Statistics
    priority : sequence of str
        Every declared stage once; empty: ties stay labels of their own.

    Returns
    -------
    Statistics
        The same units, those of a tied label with those of the label it becomes.
    """
    if not priority:
        return statistics
    tables = {
        part.name: _broken(getattr(statistics, part.name), priority) for part in fields(statistics)
    }
    return replace(statistics, **tables)


def _broken(part: Any, priority: Sequence[str]) -> Any:
    """A table with ties broken; whatever has no labels as it is."""

    def of(code: int) -> int:
        return broken_by(code, priority)

    match part:
        case CellTable():
            return part.by(lambda cell: replace(cell, label=of(cell.label)))
        case ClusterTable():
            return _clusters(part, priority)
        case LandmarkTable():
            return part.by(
                lambda row: replace(row, cell=replace(row.cell, label=of(row.cell.label)))
            )
        case TimeTable():
            return part.by(
                lambda time: time if time.cause is None else replace(time, cause=of(time.cause))
            )
        case CrossTable():
            return part.by(lambda pair: replace(pair, one=of(pair.one), other=of(pair.other)))
        case PresetTable():
            return replace(
                part, cells=_broken(part.cells, priority), clusters=_broken(part.clusters, priority)
            )
        case Multiverse():
            return Multiverse(
                presets=tuple(_broken(table, priority) for table in part.presets),
                pairs=tuple(_broken(table, priority) for table in part.pairs),
            )
        case _:
            return part


def _clusters(table: ClusterTable, priority: Sequence[str]) -> ClusterTable:
    becomes = [broken_by(code, priority) for code in table.labels]
    labels = tuple(sorted(set(becomes)))
    member = np.array([[one == code for code in labels] for one in becomes], dtype=np.int64)
    member = member.reshape(len(becomes), len(labels))  # also where there are none
    return replace(
        table,
        labels=labels,
        label_units=table.label_units @ member,
        label_converted=table.label_converted @ member,
    )
