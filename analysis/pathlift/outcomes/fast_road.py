"""Runs the fast road: streams the event log, and lends what units did to the SQL of unit facts.

Everything before and after is the SQL that runs on either road, and the tables come out bit for bit
the same. What the stream cannot tell is left to SQL: running sums that are no integers, and all
about units whose copies of an event differ (`pathlift.outcomes.disputed`). Where all units do not
fit into memory at once they go slice by slice, and the log is read once for each.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from pathlift.outcomes.composing import aliased, name, parse, value
from pathlift.outcomes.copies import Copies, twice
from pathlift.outcomes.disputed import decide
from pathlift.outcomes.event_log import Contents
from pathlift.outcomes.running import Run
from pathlift.outcomes.running_sums import NEVER
from pathlift.outcomes.streaming import Streamed, by_unit, slice_of
from pathlift.outcomes.unit_arrays import UnitArrays

_JOURNEYS, _COPIES = "streamed_journeys", "streamed_copies"
_MANY = 0.05  # share of ids that repeat from which on the unit goes into the key
_BYTES_PER_KEY = 20  # sorted in place, beside the parts they came in


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Units whose arrays are lent to the engine.

    Attributes
    ----------
    slice : Expr
        Which rows of ``exposed`` they are.
    known : mapping of str to Expr
        Queries over what is lent, by the name that `unit_facts` reads.
    """

    slice: exp.Expr
    known: Mapping[str, exp.Expr]


class FastRoad:
    """A log to be streamed.

    Parameters
    ----------
    run : Run
        The table ``exposed`` stands in its engine.
    streamed : Streamed
        What to stream.
    events : Expr
        Relation.
    types : mapping of str to str
        Its columns with their DuckDB types.
    watermark : int
        Instant from which on rows are not read.
    rows : int
        Rows of the log before the watermark.
    """

    def __init__(
        self,
        run: Run,
        streamed: Streamed,
        events: exp.Expr,
        types: Mapping[str, str],
        watermark: int,
        rows: int,
    ) -> None:
        self._run = run
        self._streamed = streamed
        self._events = events
        self._types = types
        self._watermark = watermark
        self._rows = rows
        self._contents: Contents | None = None
        self._others = 0
        self._copied: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def parts(self) -> Iterator[Part]:
        """Slices of the units; the arrays of one are gone when the next is asked for.

        Returns
        -------
        iterator of Part

        Raises
        ------
        TooLargeError
            If a sum could leave 64 bits: then SQL has to answer.
        """
        units = int(self._run.engine.rows("select count(*) from exposed")[0][0])
        keys = self._repeating()
        room = max(1, self._run.engine.room // self._streamed.bytes_per_unit)
        size = -(-units // -(-units // room))
        for start in range(0, units, size):
            yield from self._part(range(start, min(start + size, units)), keys)

    @property
    def contents(self) -> Contents:
        """What the log holds; known after the first part."""
        if self._contents is None:
            raise RuntimeError("no part has been asked for")
        return self._contents

    @property
    def others(self) -> int:
        """Rows of units that are exposed and not analysed; known after the last part."""
        return self._others

    def copied(self) -> exp.Expr:
        """Query for units with copies of events, and how many; after the last part.

        Returns
        -------
        Expr
        """
        none = np.zeros(0, np.int64)
        units, copies = zip(*self._copied, strict=True) if self._copied else ((none,), (none,))
        self._run.engine.lend(
            _COPIES, {"i": np.concatenate(units), "copies": np.concatenate(copies)}
        )
        return exp.select("i", "copies").from_(_COPIES)

    def _part(self, units: range, keys: NDArray[np.uint64]) -> Iterator[Part]:
        run, streamed = self._run, self._streamed
        copies = Copies(keys, streamed.asked) if keys.size else None
        arrays = UnitArrays(streamed, len(units), copies)
        first = self._contents is None
        query = streamed.query(self._events, self._watermark, units, all_rows=first)
        for batch in run.stream("journey_rows", query):
            arrays.add(batch)
        repeated = arrays.without_copies()
        journeys, sums = arrays.columns(), arrays.accumulated()
        distances = streamed.distances
        if repeated is not None:
            self._copied.append((repeated.units + units.start, repeated.copies))
            if repeated.disputed.size:
                decide(
                    run, streamed, self._events, self._types, self._watermark,
                    repeated.disputed, units.start, journeys, sums,
                )  # fmt: skip
        self._contents = self._contents or arrays.contents()
        self._others += arrays.others
        lent = {_JOURNEYS: {"i": np.arange(len(units)), **journeys}}
        known = {"journeys": _JOURNEYS}
        for accumulation, columns in zip(streamed.accumulations, sums, strict=True):
            known[accumulation.alias] = f"streamed_{accumulation.alias}"
            lent[known[accumulation.alias]] = columns
        for table, columns in lent.items():
            columns["i"] = (columns["i"] + units.start).astype(np.int32)
            run.engine.lend(table, columns)
        yield Part(
            slice=slice_of(units),
            known={
                alias: _read(table, list(lent[table]), distances) for alias, table in known.items()
            },
        )
        for table in lent:
            run.engine.take_back(table)

    def _repeating(self) -> NDArray[np.uint64]:
        """Keys of events that repeat, ascending; with the unit in the key where most would."""
        if not self._streamed.identified:
            return np.zeros(0, np.uint64)
        keys = self._repeating_keys()
        if keys.size > self._rows * _MANY:  # ids that mean something within a unit only
            self._streamed = by_unit(self._streamed)
            keys = self._repeating_keys()
        return keys

    def _repeating_keys(self) -> NDArray[np.uint64]:
        parts = 1 + self._rows * _BYTES_PER_KEY // self._run.engine.room
        found: list[NDArray[np.uint64]] = []
        for part in range(parts):
            query = self._streamed.keys(self._events, self._watermark, part, parts)
            found.append(
                twice([b.columns["k"].copy() for b in self._run.stream("event_keys", query)])
            )
        return np.sort(np.concatenate(found))


def _read(table: str, columns: Sequence[str], distances: frozenset[str]) -> exp.Expr:
    """A query over lent arrays, with NULL for what did not happen."""
    read: list[exp.Expr] = [
        aliased(parse("nullif($c, $never)", c=name(column, table), never=value(NEVER)), column)
        if column in distances
        else name(column, table)
        for column in columns
    ]
    return exp.select(*read).from_(table)
