"""Which arms of a slice have clusters, and their sums as the covariance engine reads them.

Decides who has enough clusters to be estimated at all. Computes no variance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Booleans, Floats
from pathlift.inference.clusters import FEWEST, ArmClusters, arm_clusters
from pathlift.inference.reading import Slice, clusters_of
from pathlift.statistics.clusters import ClusterSums, ClusterTable, centred_sums
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clusters:
    """Clusters of one slice.

    Attributes
    ----------
    table : ClusterTable
        Groups name the arm only.
    arms : tuple of str
        The analysed arms.
    facts : tuple of ArmClusters or None
        By arm; None where its units stand alone, or its clusters are too few.
    lost : mapping of str to str
        Why arms with too few clusters cannot be compared.
    """

    table: ClusterTable
    arms: tuple[str, ...]
    facts: tuple[ArmClusters | None, ...]
    lost: Mapping[str, str] = field(default_factory=dict)

    @property
    def grouped(self) -> Booleans:
        """Which arms have clusters that count, shape (arms,)."""
        return np.array([facts is not None for facts in self.facts])

    def names(self, arm: str) -> tuple[str, ...]:
        """Clusters of an arm, in the order of their sums.

        Parameters
        ----------
        arm : str

        Returns
        -------
        tuple of str
        """
        return tuple(sorted(c.name for c in self.table.clusters if c.group == Group(arm=arm)))

    def sums(self, names: Sequence[str]) -> tuple[ClusterSums | None, ...]:
        """Residual sums of variables.

        Parameters
        ----------
        names : sequence of str

        Returns
        -------
        tuple of ClusterSums or None
            By arm, as :func:`~pathlift.inference.clusters.clustered_means` takes them.
        """
        return self._each(names, (), ())

    def indicator_sums(
        self, codes: Sequence[int], members: Floats, names: Sequence[str], *, converted: bool
    ) -> tuple[ClusterSums | None, ...]:
        """Residual sums of one indicator for each ordering, then of variables.

        Parameters
        ----------
        codes : sequence of int
            Labels.
        members : Floats, shape (labels, orderings)
            1 where a label belongs to an ordering.
        names : sequence of str
            Variables that follow.
        converted : bool
            Whether a unit must have converted too.

        Returns
        -------
        tuple of ClusterSums or None
        """
        here = [code for code in codes if code in self.table.labels]
        rows = members[[list(codes).index(code) for code in here]]
        found = self._each(names, () if converted else here, here if converted else ())
        return tuple(None if each is None else _joined(each, rows, len(names)) for each in found)

    def _each(
        self, names: Sequence[str], units: Sequence[int], converted: Sequence[int]
    ) -> tuple[ClusterSums | None, ...]:
        return tuple(
            None
            if facts is None
            else centred_sums(
                self.table, Group(arm=arm), names, label_units=units, label_converted=converted
            )
            for arm, facts in zip(self.arms, self.facts, strict=True)
        )


def clusters_in(statistics: Statistics, which: Slice, arms: Sequence[str]) -> Clusters | None:
    """Clusters of a slice.

    Parameters
    ----------
    statistics : Statistics
    which : Slice
    arms : sequence of str
        Analysed arms.

    Returns
    -------
    Clusters or None
        None where no arm has clusters.

    Raises
    ------
    NotEstimableError
        If the slice is a level of a segment whose levels were too many to be read by cluster.
    """
    table = clusters_of(statistics, which)
    if table is None or statistics.clusters is None:
        return None
    known = {cluster.group.arm for cluster in statistics.clusters.clusters}
    read = {cluster.group.dimension for cluster in statistics.clusters.clusters}
    if which.dimension not in read:
        raise NotEstimableError(
            f"clusters times levels of {which.dimension} are too many to be read, and units of a "
            "cluster are not independent"
        )
    units: dict[str, list[int]] = {arm: [] for arm in arms if arm in known}
    for cluster, count in zip(table.clusters, table.units, strict=True):
        if cluster.group.arm in units:
            units[cluster.group.arm].append(int(count))
    lost = {
        arm: f"an arm of clusters needs at least {FEWEST} of them, and {arm} has {len(sizes)}"
        for arm, sizes in units.items()
        if len(sizes) < FEWEST
    }
    return Clusters(
        table=table,
        arms=tuple(arms),
        facts=tuple(
            arm_clusters(units[arm]) if arm in units and arm not in lost else None for arm in arms
        ),
        lost=lost,
    )


def _joined(sums: ClusterSums, members: Floats, variables: int) -> ClusterSums:
    """Labels, which come last, as orderings, which come first."""
    return ClusterSums(
        names=(*(f"ordering:{n}" for n in range(members.shape[1])), *sums.names[:variables]),
        units=sums.units,
        mean=np.concatenate((sums.mean[variables:] @ members, sums.mean[:variables])),
        residuals=np.hstack(
            (sums.residuals[:, variables:] @ members, sums.residuals[:, :variables])
        ),
    )
