"""Units by arm, label, baseline state and stratum, and how many of them converted.

Labels are codes 16 * need + 4 * touchpoint + trust of competition ranks (methods 1.2). Knows no
experiment and no engine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np

from pathlift.statistics.coarsening import rows_within
from pathlift.statistics.moments import Sums

UNKNOWN = 63
_STAGES = ("need", "touchpoint", "trust")

Kind = Literal["none", "partial", "complete", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One observed ordering.

    Attributes
    ----------
    code : int
        16 * need + 4 * touchpoint + trust, each the competition rank of its stage, 0 where not
        observed; 63 where a stage was in outage.
    ordering : str
        Such as ``touchpoint>need>trust``; tied stages as ``need=touchpoint``; empty for none.
    kind : {'none', 'partial', 'complete', 'unknown'}
        Relative to the stages that the experiment declares.
    tied : bool
    """

    code: int
    ordering: str
    kind: Kind
    tied: bool


def label(code: int, stages: Sequence[str] = _STAGES) -> Label:
    """Read a label code.

    Parameters
    ----------
    code : int
        One of the 27 codes of `all_codes`.
    stages : sequence of str
        Declared stages: a label that has them all is complete.

    Returns
    -------
    Label

    Raises
    ------
    ValueError
        If the code is not one of the 27.
    """
    return _label(code, tuple(stages))


@cache  # 27 codes, and a few sets of stages
def _label(code: int, stages: tuple[str, ...]) -> Label:
    if code == UNKNOWN:
        return Label(code=code, ordering="unknown", kind="unknown", tied=False)
    ranks = dict(zip(_STAGES, (code // 16, code // 4 % 4, code % 4), strict=True))
    held = {stage: rank for stage, rank in ranks.items() if rank}
    steps = [
        "=".join(sorted(stage for stage in held if held[stage] == rank))
        for rank in sorted(set(held.values()))
    ]
    if any(
        rank != 1 + sum(other < rank for other in held.values()) for rank in held.values()
    ) or not (0 <= code < UNKNOWN):
        raise ValueError(f"{code} is not the code of a label")
    kind: Kind = "none" if not held else "complete" if len(held) == len(stages) else "partial"
    return Label(
        code=code, ordering=">".join(steps), kind=kind, tied=len(set(held.values())) < len(held)
    )


def all_codes() -> tuple[int, ...]:
    """The 26 weak orderings and ``unknown``, ascending."""
    found = []
    for code in range(UNKNOWN):
        try:
            label(code)
        except ValueError:
            continue
        found.append(code)
    return (*found, UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Which units a row is about.

    Attributes
    ----------
    arm : str
    maturity : int
        Maturity class.
    label : int
        Label code.
    baseline : int
        Stages held before exposure: 1 need, 2 touchpoint, 4 trust.
    stratum : str
        Levels of the declared strata joined by ``|``; empty where none are declared.
    """

    arm: str
    maturity: int
    label: int
    baseline: int = 0
    stratum: str = ""


def _zeros(rows: int) -> Sums:
    zeros = np.empty(rows, dtype=object)
    zeros[:] = 0
    return zeros


def _none() -> Sums:
    return _zeros(0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellTable:
    """One row per cell.

    Attributes
    ----------
    covariates : tuple of str
        Names of the variables (``x:...``) whose sums are kept.
    cells : tuple of Cell
        No cell twice.
    units, converted : ndarray of object, shape (cells,)
        Python integers.
    lm_elig, lm_conv : ndarray of object, shape (cells,)
        Units that completed their ordering at least a landmark before the end of the window, and
        of them those that converted within a landmark of completing it. Python integers; zeros
        where not given.
    covariate_sums, converted_covariate_sums : ndarray of object, shape (cells, covariates)
        Of stored values, over all units of the cell and over those that converted.
    """

    covariates: tuple[str, ...]
    cells: tuple[Cell, ...]
    units: Sums
    converted: Sums
    covariate_sums: Sums
    converted_covariate_sums: Sums
    lm_elig: Sums = field(default_factory=_none)
    lm_conv: Sums = field(default_factory=_none)

    def __post_init__(self) -> None:
        rows, columns = len(self.cells), len(self.covariates)
        for name in ("lm_elig", "lm_conv"):
            if not len(getattr(self, name)):
                object.__setattr__(self, name, _zeros(rows))
        for array, shape in (
            (self.units, (rows,)),
            (self.converted, (rows,)),
            (self.lm_elig, (rows,)),
            (self.lm_conv, (rows,)),
            (self.covariate_sums, (rows, columns)),
            (self.converted_covariate_sums, (rows, columns)),
        ):
            if array.shape != shape:
                raise ValueError(f"expected shape {shape}, got {array.shape}")
            array.flags.writeable = False
        if len(set(self.cells)) != rows:
            raise ValueError("a cell stands twice in a table of cells")

    def by(self, coarser: Callable[[Cell], Cell | None]) -> "CellTable":
        """Add up cells that fall into one coarser cell.

        Parameters
        ----------
        coarser : callable
            From a cell to the cell it is part of, or None to leave it out.

        Returns
        -------
        CellTable
            One row per coarser cell, in order of first appearance.
        """
        members = rows_within(self.cells, coarser)
        size, width = len(members), len(self.covariates)
        counts = np.empty((4, size), dtype=object)
        sums = np.empty((size, width), dtype=object)
        converted_sums = np.empty((size, width), dtype=object)
        for position, rows in enumerate(members.values()):
            for place, numbers in enumerate(
                (self.units, self.converted, self.lm_elig, self.lm_conv)
            ):
                counts[place, position] = numbers[rows].sum()
            sums[position] = self.covariate_sums[rows].sum(axis=0)
            converted_sums[position] = self.converted_covariate_sums[rows].sum(axis=0)
        return CellTable(
            covariates=self.covariates,
            cells=tuple(members),
            units=counts[0],
            converted=counts[1],
            lm_elig=counts[2],
            lm_conv=counts[3],
            covariate_sums=sums,
            converted_covariate_sums=converted_sums,
        )

    def counts(self) -> Mapping[Cell, tuple[int, int]]:
        """Units and converted units by cell."""
        return {
            cell: (int(self.units[row]), int(self.converted[row]))
            for row, cell in enumerate(self.cells)
        }
