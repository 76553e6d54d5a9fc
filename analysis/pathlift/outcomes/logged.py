"""The event log of an experiment as it is read: its rows' columns, extent, and what is asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes import event_log
from pathlift.outcomes.arms import counted
from pathlift.outcomes.composing import aliased
from pathlift.outcomes.event_log import Contents, Extent
from pathlift.outcomes.identities import identified
from pathlift.outcomes.journeys import JourneyPlan, plan
from pathlift.outcomes.relations import Names
from pathlift.outcomes.running import Run
from pathlift.outcomes.streaming import Streamed, streamed
from pathlift.registry.experiment import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The event log of an experiment, and what is asked of it.

    Attributes
    ----------
    events : Select
        Relation.
    types : mapping of str to str
        Its columns with their DuckDB types.
    plan : JourneyPlan
    extent : Extent
    contents : Contents or None
        None where the fast road is to tell them.
    streamed : Streamed or None
        What the fast road streams; None where it cannot be taken.
    """

    events: exp.Select
    types: Mapping[str, str]
    plan: JourneyPlan
    extent: Extent
    contents: Contents | None
    streamed: Streamed | None


def read_event_log(run: Run) -> Log:
    """Plan what to ask of the event log, and see from when to when it runs.

    Parameters
    ----------
    run : Run
        What is known so far.

    Returns
    -------
    Log

    Raises
    ------
    DataError
        If rows have no time, or something to be added up is not a number.
    """
    events = identified(run.engine, run.described, "events", run.experiment)
    types = run.engine.columns(events)

    def kind(expression: exp.Expr) -> str:
        query = exp.select(aliased(expression, "x")).from_("events")
        return run.engine.columns(query.with_("events", as_=events))["x"]

    made = plan(run.experiment, kind, received="received_us" in types)
    found = streamed(made, identified="event_id" in types) if run.engine.streams else None
    contents = None
    if found is None:
        extent, contents = event_log.contents(run.ask, events, run.bound, made.conditions)
    else:
        extent = event_log.extent(run.ask, events, run.bound)
    if extent.null_times:
        moment = theirs(run, "occurred_at")
        raise DataError(
            [
                Problem(
                    message=f"events: {counted(extent.null_times, 'row')} without a time "
                    f"({moment.name!r} is NULL)",
                    at=moment.at or run.described["events"].source.at,
                    hint=f'correct the data, or write `where: "{moment.name} is not null"`',
                )
            ]
        )
    run.last_event = extent.last
    return Log(
        events=events,
        types=types,
        plan=made,
        extent=extent,
        contents=contents,
        streamed=found,
    )


def theirs(run: Run, ours: str) -> Column:
    """Which column of the event log one of our names means.

    Parameters
    ----------
    run : Run
    ours : str
        Such as ``unit``.

    Returns
    -------
    Column
    """
    return Names(run.described["events"], run.experiment).theirs(ours)
