"""What units did, in arrays with one place per unit: filled batch by batch, in any order of rows.

Integers alone, so that the order in which rows arrive changes nothing. Knows no experiment, and no
engine but the shape of its batches.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pathlift.outcomes.batches import Batch
from pathlift.outcomes.bitmask import Bit
from pathlift.outcomes.copies import Copies, Repeated
from pathlift.outcomes.event_log import Contents
from pathlift.outcomes.measures import Measure
from pathlift.outcomes.running_sums import NEVER, ROOM, RunningSum, TooLargeError
from pathlift.outcomes.streaming import Question, Streamed

_OTHERS, _NOBODY, _NULL = -1, -2, -3

Ints = NDArray[np.int64]


class UnitArrays:
    """Arrays of all measures of a stream, over units numbered from 0.

    Parameters
    ----------
    streamed : Streamed
    units : int
        How many numbers there are.
    copies : Copies or None
        Takes rows whose event may stand there more than once.
    """

    def __init__(self, streamed: Streamed, units: int, copies: Copies | None) -> None:
        plan = streamed.plan
        self._streamed = streamed
        self._events = np.zeros(units, np.int64)
        self._seen = [np.zeros(units, np.int64) for _ in plan.bitmask.words]
        self._measures = {
            alias: np.full(units, NEVER if measure.kind == "first" else 0, np.int64)
            for alias, measure in plan.measures.items()
        }
        self._of_bit: dict[Bit, list[tuple[Measure, Ints]]] = {}
        for alias, measure in plan.measures.items():
            for bit in measure.bits:
                self._of_bit.setdefault(bit, []).append((measure, self._measures[alias]))
        self._sums = [RunningSum(each, place) for place, each in enumerate(streamed.accumulations)]
        self._copies = copies
        self._counts = [0] * len(streamed.questions)
        self._rows = {_OTHERS: 0, _NOBODY: 0, _NULL: 0}
        self._read = 0
        self._added = 0.0

    def add(self, batch: Batch) -> None:
        """Take in the rows of a batch.

        Parameters
        ----------
        batch : Batch
            With the columns of `Streamed.query`.

        Raises
        ------
        TooLargeError
            If a sum could leave 64 bits.
        """
        units = batch.columns["i"]
        inside = units >= 0
        known = bool(inside.all())
        self._read += batch.rows
        if not known:
            for number in self._rows:
                self._rows[number] += int(np.count_nonzero(units == number))
        np.add.at(self._events, units if known else units[inside], 1)
        for place, question in enumerate(self._streamed.questions):
            rows = _holds(batch.columns, question)
            self._counts[place] += rows.size
            if question.asked and rows.size:
                self._ask(question, rows if known else rows[inside[rows]], batch.columns)
        for running in self._sums:
            running.add(batch.columns, inside)
        if self._copies is not None:
            self._copies.add(batch.columns, inside)

    def without_copies(self) -> Repeated | None:
        """Take away what copies of events have added; once, after the last batch.

        Returns
        -------
        Repeated or None
            None where there are none. Of disputed units all has to be read again.
        """
        repeated = None if self._copies is None else self._copies.repeated()
        if repeated is None:
            return None
        columns = repeated.surplus
        np.subtract.at(self._events, columns["i"], 1)
        for question in self._streamed.questions:
            self._ask(question, _holds(columns, question), columns, back=True)
        for running in self._sums:
            running.take_back(columns)
        return repeated

    def _ask(
        self,
        question: Question,
        rows: NDArray[np.intp],
        columns: Mapping[str, NDArray[Any]],
        *,
        back: bool = False,
    ) -> None:
        units, distances = columns["i"][rows], columns["d"][rows]
        for span, bit in question.asked:
            within = distances >= span.low
            if span.high is not None:
                within &= distances < span.high
            those = units[within]
            if not back:
                seen = self._seen[bit.word]
                seen[those] |= bit.mask  # a unit that stands here twice gets the same value twice
            for measure, kept in self._of_bit.get(bit, ()):
                match measure.kind:
                    case "first":  # a copy is not earlier than itself
                        if not back:
                            np.minimum.at(kept, those, distances[within])
                    case "count":
                        (np.subtract if back else np.add).at(kept, those, 1)
                    case "sum":
                        added = columns[measure.summand][rows[within]]
                        self._added += float(np.abs(added).sum(dtype=np.float64))
                        if self._added > ROOM:
                            raise TooLargeError
                        (np.subtract if back else np.add).at(kept, those, added)

    @property
    def others(self) -> int:
        """Rows of units that are exposed and not analysed."""
        return self._rows[_OTHERS]

    def contents(self) -> Contents:
        """What has been read so far.

        Returns
        -------
        Contents
        """
        return Contents(
            read=self._read,
            null_units=self._rows[_NULL],
            counts=tuple(self._counts[place] for place in self._streamed.conditions),
        )

    def columns(self) -> dict[str, Ints]:
        """Arrays of what `journeys.sql` returns, `NEVER` for distances that are NULL.

        Returns
        -------
        dict of str to ndarray
        """
        seen = {f"seen{place}": word for place, word in enumerate(self._seen)}
        return {"events": self._events, **self._measures, **seen}

    def accumulated(self) -> list[dict[str, Ints]]:
        """Per running sum the columns of `accumulated.sql`, `NEVER` for NULL.

        Returns
        -------
        list of dict of str to ndarray
        """
        return [running.reached() for running in self._sums]


def _holds(columns: Mapping[str, NDArray[Any]], question: Question) -> NDArray[np.intp]:
    return np.flatnonzero((columns[f"c{question.word}"] & np.int32(question.mask)) != 0)
