"""Reads units again whose copies of an event differ: SQL says which copy stays.

Writes over what the stream said of them; few units, so their rows are kept in a table of their own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from pathlift.outcomes import event_log, unit_facts
from pathlift.outcomes.composing import compose, name, parse
from pathlift.outcomes.running import Run
from pathlift.outcomes.running_sums import NEVER
from pathlift.outcomes.streaming import Streamed

_DISPUTED = "streamed_disputed"
Columns = dict[str, NDArray[Any]]


def decide(
    run: Run,
    streamed: Streamed,
    events: exp.Expr,
    types: Mapping[str, str],
    watermark: int,
    units: NDArray[np.int64],
    first: int,
    journeys: Columns,
    sums: list[Columns],
) -> None:
    """Read disputed units again by the rule for copies.

    Parameters
    ----------
    run : Run
    streamed : Streamed
    events : Expr
        Relation.
    types : mapping of str to str
        Its columns with their DuckDB types.
    watermark : int
        Instant from which on rows are not read.
    units : ndarray
        The disputed ones, by their place in the arrays.
    first : int
        Number of the unit at place 0.
    journeys : dict of str to ndarray
        Written over at the places of these units.
    sums : list of dict of str to ndarray
        Running sums: their rows are replaced.
    """
    plan = streamed.plan
    run.engine.lend(_DISPUTED, {"i": units + first})
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
    distances = streamed.distances
    for column, kept in journeys.items():
        kept[units] = NEVER if column in distances else 0
    found = _read(run, "journeys", queries["journeys"], ["i", *journeys], distances, first)
    for column, kept in journeys.items():
        kept[found["i"]] = found[column]
    for place, accumulation in enumerate(streamed.accumulations):
        alias, reached = accumulation.alias, sums[place]
        again = _read(run, alias, queries[alias], list(reached), distances, first)
        stays = ~np.isin(reached["i"], units)
        sums[place] = {
            column: np.concatenate([kept[stays], again[column]]) for column, kept in reached.items()
        }
    run.engine.take_back(_DISPUTED)


def _read(
    run: Run,
    alias: str,
    query: exp.Expr,
    columns: Sequence[str],
    distances: frozenset[str],
    first: int,
) -> Columns:
    """Rows of disputed units as arrays, with their places in the place of their numbers."""
    whole = exp.select(*(name(column, "found") for column in columns)).from_("found")
    rows = run.ask(f"disputed {alias}", whole.with_("found", as_=query))
    nothing = {column: NEVER if column in distances else 0 for column in columns}
    found = {
        column: np.array(
            [nothing[column] if row[place] is None else int(row[place]) for row in rows],
            dtype=np.int64,
        )
        for place, column in enumerate(columns)
    }
    found["i"] -= first
    return found
