"""Units of clusters that completed an ordering in time, and those of them that soon converted.

As the two columns of that name in the cells, by cluster; only clustered arms have rows. Knows no
experiment and no engine.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pathlift.statistics.cells import Cell
from pathlift.statistics.coarsening import rows_within


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCell:
    """Which units a row is about: those of one cell of one cluster."""

    cell: Cell
    cluster: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LandmarkTable:
    """One row per cluster and cell with any.

    Attributes
    ----------
    rows : tuple of ClusterCell
        None twice.
    lm_elig, lm_conv : ndarray of int64, shape (rows,)
    """

    rows: tuple[ClusterCell, ...]
    lm_elig: NDArray[np.int64]
    lm_conv: NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in (self.lm_elig, self.lm_conv):
            if array.shape != (len(self.rows),):
                raise ValueError(f"expected {len(self.rows)} rows, got {array.shape}")
            array.flags.writeable = False
        if len(set(self.rows)) != len(self.rows):
            raise ValueError("a cell of a cluster stands twice")

    def by(self, coarser: Callable[[ClusterCell], ClusterCell | None]) -> "LandmarkTable":
        """Add up rows that fall into one coarser row.

        Parameters
        ----------
        coarser : callable
            From a row to the one it is part of, or None to leave it out.

        Returns
        -------
        LandmarkTable
            One row per coarser row, in order of first appearance.
        """
        members = rows_within(self.rows, coarser)
        return LandmarkTable(
            rows=tuple(members),
            lm_elig=np.array([self.lm_elig[at].sum() for at in members.values()], dtype=np.int64),
            lm_conv=np.array([self.lm_conv[at].sum() for at in members.values()], dtype=np.int64),
        )
