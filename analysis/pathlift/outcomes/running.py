"""One run over one experiment: what is known so far, and every statement that ran."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes.batches import Batch
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.exposing import Exposures
from pathlift.outcomes.maturing import Maturity
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Count


@dataclass(slots=True, kw_only=True)
class Run:
    """The state of one run.

    Attributes
    ----------
    engine : Engine
    experiment : Experiment
    described : mapping of str to Described
    exposures : Exposures
    maturity : Maturity
    bound : int
        Instant from which on rows are not read, as far as it is known without the data.
    as_of_given : bool
        Whether `bound` is the watermark, or only the future.
    thresholds : mapping of str to (float or None)
        Of winsorised metrics, fixed at an earlier look.
    quality : list of Count
    noticed : dict of str to tuple of str
        Observations by check id.
    not_estimated : dict of str to str
        Metrics that the data cannot give.
    last_event : int or None
        Instant of the latest event read.
    asked : dict of str to str
        Statements by name, in the order in which they ran.
    road : str
        How event rows were read, in words; empty where there are none.
    """

    engine: Engine
    experiment: Experiment
    described: Mapping[str, Described]
    exposures: Exposures
    maturity: Maturity
    bound: int
    as_of_given: bool
    thresholds: Mapping[str, float | None] = field(default_factory=dict)
    quality: list[Count] = field(default_factory=list)
    noticed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    not_estimated: dict[str, str] = field(default_factory=dict)
    last_event: int | None = None
    asked: dict[str, str] = field(default_factory=dict)
    road: str = ""

    @property
    def engine_and_road(self) -> str:
        """On what it ran, and by which road."""
        return f"{self.engine.name}, {self.road}" if self.road else self.engine.name

    def ask(self, title: str, statement: exp.Expr) -> list[tuple[Any, ...]]:
        """Run a statement and keep its text.

        The clock is kept as ``$now``, in microseconds since 1970: it changes from run to run, and
        what ran over the same rows is the same.

        Parameters
        ----------
        title : str
            Name under which the text is kept.
        statement : Expr

        Returns
        -------
        list of tuple
        """
        return self.engine.ask(self._told(title, statement))

    def stream(self, title: str, statement: exp.Expr) -> Iterator[Batch]:
        """Stream a statement's rows and keep its text, as `ask` does.

        Parameters
        ----------
        title : str
            Name under which the text is kept.
        statement : Expr

        Returns
        -------
        iterator of Batch
        """
        return self.engine.batches(self._told(title, statement))

    def _told(self, title: str, statement: exp.Expr) -> str:
        told = self.engine.told(statement)
        self.asked[title] = told if self.as_of_given else _without_clock(told, self.bound)
        return told

    def count(self, counter: str) -> int:
        """What a counter has come to so far.

        Parameters
        ----------
        counter : str
            Name.

        Returns
        -------
        int
        """
        return sum(count.count for count in self.quality if count.name == counter)

    def arm(self, number: int) -> str:
        """Name of the arm that has a number in SQL.

        Parameters
        ----------
        number : int
            From 0, in file order.

        Returns
        -------
        str
        """
        return self.experiment.arms[number].name

    def watermark(self, lasts: Sequence[int | None]) -> int:
        """Instant from which on rows are not read, given the latest rows of each kind.

        Parameters
        ----------
        lasts : sequence of int or None
            None where there are none.

        Returns
        -------
        int
        """
        known = [last for last in lasts if last is not None]
        if self.as_of_given or not known:
            return self.bound
        return max(known) + 1  # so that the last row itself is read


def _without_clock(told: str, now: int) -> str:
    """A statement without the moment of the run: 16 digits that stand for nothing else."""
    return re.sub(rf"(?<!\d){now}(?!\d)", "$now", told)


def refuse(problems: Sequence[Problem]) -> None:
    """Raise a DataError if there are problems; each is told once.

    Parameters
    ----------
    problems : sequence of Problem
    """
    if problems:
        raise DataError(dict.fromkeys(problems))
