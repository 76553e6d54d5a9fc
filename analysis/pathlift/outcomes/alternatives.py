"""Labels under other rules for the stages, as further columns of the table of unit facts.

A preset changes when some stages are met and nothing else (methods 1.3). So its label is that of
the experiment with other names for the distances of those stages. Knows neither rules nor events.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from pathlift.outcomes.composing import aliased
from pathlift.registry.experiment import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """The stages under one preset.

    Attributes
    ----------
    preset : str
        Its name.
    place : int
        From 0; names its columns.
    distances : mapping of Stage to Expr
        Of the stages that it changes: distance at which each was met, over ``observed.sql``.
    """

    preset: str
    place: int
    distances: Mapping[Stage, exp.Expr]

    @property
    def label(self) -> str:
        """Column of its label in ``facts``."""
        return label_column(self.place)

    def columns(self) -> Iterator[exp.Expr]:
        """``STAGE_d`` of the changed stages, under names of its own.

        Yields
        ------
        Expr
        """
        for stage, distance in self.distances.items():
            yield aliased(distance, self._own(f"{stage}_d"))

    def changed(self, columns: Sequence[exp.Expr]) -> list[exp.Expr]:
        """Those of some columns that are about a changed stage, under names of its own.

        Parameters
        ----------
        columns : sequence of Expr
            Aliases ``STAGE_at`` or ``STAGE_cell``, each over columns of its stage.

        Returns
        -------
        list of Expr
        """
        return [self.of(column) for column in columns if self._is_own(column.alias)]

    def of(self, expression: exp.Expr) -> exp.Expr:
        """An expression over times of stages, read under this preset.

        Parameters
        ----------
        expression : Expr

        Returns
        -------
        Expr
        """
        renamed = expression.copy()
        for column in list(renamed.find_all(exp.Column)):
            if self._is_own(column.name):
                column.this.set("this", self._own(column.name))
        if isinstance(renamed, exp.Alias) and self._is_own(renamed.alias):
            renamed.args["alias"].set("this", self._own(renamed.alias))
        return renamed

    def _is_own(self, column: str) -> bool:
        return column in {
            f"{stage}_{part}" for stage in self.distances for part in ("d", "at", "cell")
        }

    def _own(self, column: str) -> str:
        return f"{column}_p{self.place}"


def label_column(place: int) -> str:
    """Column of ``facts`` with the label under a preset.

    Parameters
    ----------
    place : int
        Of the preset, from 0.

    Returns
    -------
    str
    """
    return f"label_p{place}"
