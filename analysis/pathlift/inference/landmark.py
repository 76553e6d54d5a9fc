"""Units that completed an ordering in time, as counts by ordering and stratum.

From cells and clusters to the arrays that rates and tests are made of. Estimates nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.standardising import Places
from pathlift.registry.experiment import Experiment
from pathlift.statistics.cells import Cell, all_codes, label
from pathlift.statistics.collected import Statistics

Stratum = tuple[str, int, str]
"""Arm, baseline state, declared strata."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LandmarkClusters:
    """Clusters of one arm, over the arm's strata alone.

    Attributes
    ----------
    columns : int array
        The arm's columns among all strata.
    units, converted : Floats, shape (clusters, orderings, columns)
    """

    columns: Places
    units: Floats
    converted: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Landmarks:
    """Eligible units of all analysed arms.

    Attributes
    ----------
    orderings : tuple of str
        Complete strict orderings: six, or two.
    strata : tuple of Stratum
        Those with anybody, sorted.
    units, converted : Floats, shape (orderings, strata)
        Eligible units, and of them those that converted within a landmark.
    clusters : dict of str to LandmarkClusters
        By arm, of arms whose clusters count.
    """

    orderings: tuple[str, ...]
    strata: tuple[Stratum, ...]
    units: Floats
    converted: Floats
    clusters: dict[str, LandmarkClusters] = field(default_factory=dict)

    def arm(self, name: str) -> Places:
        """Columns of one arm.

        Parameters
        ----------
        name : str

        Returns
        -------
        int array
        """
        here = [place for place, stratum in enumerate(self.strata) if stratum[0] == name]
        return np.array(here, dtype=np.int64)

    def coarser(self) -> tuple[Places, Places]:
        """Coarser partitions of the strata, finest first: without baseline state, then without arm.

        Baseline states are many, and the rare ones are what runs thin. Declared strata go last:
        they are declared because who lies in them is likelier to convert, whatever the arm.

        Returns
        -------
        tuple of int array, shape (strata,)
        """
        return (
            _numbered([(arm, declared) for arm, _, declared in self.strata]),
            _numbered([declared for _, _, declared in self.strata]),
        )


def landmarks(
    experiment: Experiment, statistics: Statistics, orderings: Sequence[str]
) -> Landmarks:
    """Count the eligible units of the analysed arms.

    Parameters
    ----------
    experiment : Experiment
        As compared.
    statistics : Statistics
    orderings : sequence of str
        Complete strict ones.

    Returns
    -------
    Landmarks
        Without clusters.
    """
    arms = {arm.name for arm in experiment.analyzed_arms}
    row_of = _rows(experiment, orderings)
    cells = statistics.cells
    wanted = [
        place
        for place, cell in enumerate(cells.cells)
        if cell.arm in arms and cell.maturity >= statistics.label_class and cells.lm_elig[place]
    ]
    strata = sorted({_stratum(cells.cells[place]) for place in wanted})
    column_of = {stratum: column for column, stratum in enumerate(strata)}
    units, converted = np.zeros((2, len(orderings), len(strata)))
    for place in wanted:
        cell = cells.cells[place]
        at = row_of[cell.label], column_of[_stratum(cell)]
        units[at] += float(cells.lm_elig[place])
        converted[at] += float(cells.lm_conv[place])
    return Landmarks(
        orderings=tuple(orderings), strata=tuple(strata), units=units, converted=converted
    )


def landmark_clusters(
    experiment: Experiment, statistics: Statistics, found: Landmarks, arm: str
) -> LandmarkClusters:
    """Count the eligible units of one arm by cluster.

    Parameters
    ----------
    experiment : Experiment
        As compared.
    statistics : Statistics
    found : Landmarks
        From `landmarks`.
    arm : str
        With clusters.

    Returns
    -------
    LandmarkClusters
        Clusters with any eligible unit, in order of their names.

    Raises
    ------
    ValueError
        If no arm has clusters.
    """
    columns = found.arm(arm)
    table = statistics.landmarks
    if table is None:
        raise ValueError(f"{arm} has no clusters")
    rows = [
        (place, row)
        for place, row in enumerate(table.rows)
        if row.cell.arm == arm and row.cell.maturity >= statistics.label_class
    ]
    names = sorted({row.cluster for _, row in rows})
    place_of = {name: place for place, name in enumerate(names)}
    row_of = _rows(experiment, found.orderings)
    column_of = {found.strata[column]: place for place, column in enumerate(columns)}
    units, converted = np.zeros((2, len(names), len(found.orderings), len(columns)))
    for place, row in rows:
        at = place_of[row.cluster], row_of[row.cell.label], column_of[_stratum(row.cell)]
        units[at] += float(table.lm_elig[place])
        converted[at] += float(table.lm_conv[place])
    return LandmarkClusters(columns=columns, units=units, converted=converted)


def _rows(experiment: Experiment, orderings: Sequence[str]) -> dict[int, int]:
    """Row of each label among the orderings."""
    read = {code: label(code, experiment.stage_names).ordering for code in all_codes()}
    return {code: list(orderings).index(seen) for code, seen in read.items() if seen in orderings}


def _stratum(cell: Cell) -> Stratum:
    return cell.arm, cell.baseline, cell.stratum


def _numbered(keys: Sequence[object]) -> Places:
    """The same number for the same key, from 0."""
    number: dict[object, int] = {}
    return np.array([number.setdefault(key, len(number)) for key in keys], dtype=np.int64)
