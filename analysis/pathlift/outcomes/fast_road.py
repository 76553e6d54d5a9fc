"""Runs the fast road: streams the event log, and lends what units did to the SQL of unit facts.

Everything before and after is the SQL that runs on either road, and the tables come out bit for bit
the same. What the stream cannot tell is left to SQL: running sums that are no integers, and all
about units whose copies of an event differ (`pathlift.outcomes.copies`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from pathlift.outcomes import event_log, unit_facts
from pathlift.outcomes.composing import aliased, compose, name, parse, value
from pathlift.outcomes.copies import Copies, Repeated, twice
from pathlift.outcomes.event_log import Contents
from pathlift.outcomes.running import Run
from pathlift.outcomes.running_sums import NEVER, TooLargeError
from pathlift.outcomes.streaming import Streamed, by_unit
from pathlift.outcomes.unit_arrays import UnitArrays

_JOURNEYS, _COPIES, _DISPUTED = "streamed_journeys", "streamed_copies", "streamed_disputed"
_MANY = 0.05  # share of ids that repeat from which on the unit goes into the key
Columns = dict[str, NDArray[Any]]


@dataclass(slots=True, kw_only=True)
class FastRoad:
    """What units did, lent to the engine.

    Attributes
    ----------
    contents : Contents
        Of the whole log.
    others : int
        Rows of units that are exposed and not analysed.
    known : mapping of str to Expr
        Queries over what is lent, by the name that `unit_facts` reads.
    copied : Expr
        Query: units with copies of events, and how many.
    """

    run: Run
    contents: Contents
    others: int
    known: Mapping[str, exp.Expr]
    copied: exp.Expr
    _lent: list[str] = field(default_factory=list)

    def give_back(self) -> None:
        """Let the engine forget the arrays of units; copies stay."""
        for table in self._lent:
            self.run.engine.take_back(table)
        self._lent.clear()


def take(
    run: Run, streamed: Streamed, events: exp.Expr, types: Mapping[str, str], watermark: int
) -> FastRoad | None:
    """Stream a log.

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

    Returns
    -------
    FastRoad or None
        None where a sum could leave 64 bits: then SQL has to answer.
    """
    units = int(run.engine.rows("select count(*) from exposed")[0][0])
    streamed, copies = _copies(run, streamed, events, watermark)
    arrays = UnitArrays(streamed, units, copies)
    try:
        for batch in run.stream("journey_rows", streamed.query(events, watermark)):
            arrays.add(batch)
        repeated = arrays.without_copies()
        journeys, sums = arrays.columns(), arrays.accumulated()
    except TooLargeError:
        return None
    if repeated is not None and repeated.disputed.size:
        _decide(run, streamed, events, types, watermark, repeated, journeys, sums)
    road = FastRoad(
        run=run,
        contents=arrays.contents(),
        others=arrays.others,
        known={},
        copied=_lend_copies(run, repeated),
    )
    everybody = {"i": np.arange(units, dtype=np.int32)}
    distances = _distances(streamed)
    known = {"journeys": _lend(road, _JOURNEYS, everybody | journeys, distances)}
    for accumulation, columns in zip(streamed.accumulations, sums, strict=True):
        known[accumulation.alias] = _lend(
            road, f"streamed_{accumulation.alias}", columns, distances
        )
    road.known = known
    return road


def _copies(
    run: Run, streamed: Streamed, events: exp.Expr, watermark: int
) -> tuple[Streamed, Copies | None]:
    """Which ids repeat, and a place for their rows; None where no event stands there twice."""
    if not streamed.identified:
        return streamed, None
    keys, read = _repeated_keys(run, streamed, events, watermark)
    if keys.size > read * _MANY:  # ids that mean something within a unit only
        streamed = by_unit(streamed)
        keys, _ = _repeated_keys(run, streamed, events, watermark)
    return streamed, Copies(keys, streamed.asked) if keys.size else None


def _repeated_keys(
    run: Run, streamed: Streamed, events: exp.Expr, watermark: int
) -> tuple[NDArray[np.uint64], int]:
    query = streamed.keys(events, watermark)
    keys = [batch.columns["k"].copy() for batch in run.stream("event_keys", query)]
    return twice(keys), sum(part.size for part in keys)


def _distances(streamed: Streamed) -> frozenset[str]:
    """Columns that are NULL where something did not happen."""
    plan = streamed.plan
    reaches = max((len(each.reaches) for each in streamed.accumulations), default=0)
    return frozenset(
        [
            *(alias for alias, measure in plan.measures.items() if measure.kind == "first"),
            *(f"{column}{place}" for place in range(reaches) for column in ("crossed", "held")),
        ]
    )


def _lend(
    road: FastRoad, table: str, columns: Mapping[str, NDArray[Any]], distances: frozenset[str]
) -> exp.Expr:
    """Lend arrays; a query that reads them, with NULL for what did not happen."""
    road.run.engine.lend(table, columns)
    road._lent.append(table)
    read: list[exp.Expr] = [
        aliased(parse("nullif($c, $never)", c=name(column, table), never=value(NEVER)), column)
        if column in distances
        else name(column, table)
        for column in columns
    ]
    return exp.select(*read).from_(table)


def _lend_copies(run: Run, repeated: Repeated | None) -> exp.Expr:
    none = np.zeros(0, np.int64)
    columns = {"i": none, "copies": none}
    if repeated is not None:
        columns = {"i": repeated.units, "copies": repeated.copies}
    run.engine.lend(_COPIES, columns)
    return exp.select("i", "copies").from_(_COPIES)


def _decide(
    run: Run,
    streamed: Streamed,
    events: exp.Expr,
    types: Mapping[str, str],
    watermark: int,
    repeated: Repeated,
    journeys: Columns,
    sums: list[Columns],
) -> None:
    """Read disputed units again by the rule for copies, and write over what the stream said."""
    run.engine.lend(_DISPUTED, {"i": repeated.disputed})
    plan = streamed.plan
    columns = event_log.used_columns(types, plan, ())
    needed = [*columns, "event_id", *(["received_us"] if "received_us" in types else [])]
    run.ask(
        "disputed_events",
        compose(
            "disputed_events",
            {"events": events},
            watermark=watermark,
            columns=[name(column, "events") for column in dict.fromkeys(needed)],
        ),
    )
    log = exp.select("*").from_("disputed_events")
    run.ask(
        "disputed repeated_events", compose("repeated_events", {"events": log}, watermark=watermark)
    )
    once = event_log.once(log, columns, types, watermark)
    disputed = parse("exposed.i in (select streamed_disputed.i from streamed_disputed)")
    queries = unit_facts.of_log(plan, once, watermark, disputed)
    units = repeated.disputed
    distances = _distances(streamed)
    for column, kept in journeys.items():
        kept[units] = NEVER if column in distances else 0
    found = _read(run, "journeys", queries["journeys"], ["i", *journeys], distances)
    for column, kept in journeys.items():
        kept[found["i"]] = found[column]
    for place, accumulation in enumerate(streamed.accumulations):
        alias = accumulation.alias
        again = _read(run, alias, queries[alias], list(sums[place]), distances)
        stays = ~np.isin(sums[place]["i"], units)
        sums[place] = {
            column: np.concatenate([kept[stays], again[column]])
            for column, kept in sums[place].items()
        }
    run.engine.take_back(_DISPUTED)


def _read(
    run: Run, alias: str, query: exp.Expr, columns: Sequence[str], distances: frozenset[str]
) -> Columns:
    """Rows of disputed units as arrays."""
    whole = exp.select(*(name(column, "found") for column in columns)).from_("found")
    rows = run.ask(f"disputed {alias}", whole.with_("found", as_=query))
    nothing = {column: NEVER if column in distances else 0 for column in columns}
    return {
        column: np.array(
            [nothing[column] if row[place] is None else int(row[place]) for row in rows],
            dtype=np.int64,
        )
        for place, column in enumerate(columns)
    }
