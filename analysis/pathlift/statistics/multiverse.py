"""Labels of the same units under several sets of stage rules, and how they add up (methods 1.3).

A multiverse of k sets of rules has one table of cells for each but the experiment's own, and one
cross table for each pair. All of them are about the same units, so their margins are equal. Knows
no experiment and no engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pathlift.statistics.cells import CellTable
from pathlift.statistics.clusters import ClusterTable

BASE = "base"
"""The experiment's own rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Which units a count is about.

    Attributes
    ----------
    arm : str
    maturity : int
        Maturity class.
    one, other : int
        Label codes under the two sets of rules.
    """

    arm: str
    maturity: int
    one: int
    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossTable:
    """Units by the labels that they have under two sets of rules.

    Attributes
    ----------
    one, other : str
        Names of the two: of presets, or `BASE`.
    units, converted : mapping of Pair to int
        Pairs that occur; the same keys in both.
    """

    one: str
    other: str
    units: Mapping[Pair, int]
    converted: Mapping[Pair, int]

    def by(self, coarser: Callable[[Pair], Pair | None]) -> "CrossTable":
        """Add up pairs that fall into one coarser pair.

        Parameters
        ----------
        coarser : callable
            From a pair to the one it is part of (such as all maturity classes), or None to leave
            it out.

        Returns
        -------
        CrossTable
        """
        units: dict[Pair, int] = {}
        converted: dict[Pair, int] = {}
        for pair, count in self.units.items():
            whole = coarser(pair)
            if whole is not None:
                units[whole] = units.get(whole, 0) + count
                converted[whole] = converted.get(whole, 0) + self.converted[pair]
        return CrossTable(one=self.one, other=self.other, units=units, converted=converted)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PresetTable:
    """Orderings under one preset.

    Attributes
    ----------
    preset : str
    cells : CellTable
        Grain arm, maturity, label.
    clusters : ClusterTable or None
        As that of the experiment, its labels those of the preset; None where no arm has clusters.
    """

    preset: str
    cells: CellTable
    clusters: ClusterTable | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Multiverse:
    """Orderings under several sets of stage rules.

    Attributes
    ----------
    presets : tuple of PresetTable
        Beside the experiment's own rules, in the order of the definition.
    pairs : tuple of CrossTable
        Of each two sets of rules: the experiment's own with each preset first.
    """

    presets: tuple[PresetTable, ...] = field(default_factory=tuple)
    pairs: tuple[CrossTable, ...] = field(default_factory=tuple)
