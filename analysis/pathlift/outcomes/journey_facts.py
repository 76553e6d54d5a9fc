"""From exposures and events to the table of unit facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes import (
    before_exposure,
    clusters,
    event_log,
    fast_road,
    known_before,
    quality,
    unit_facts,
)
from pathlift.outcomes.analysed_units import Analysed, refuse_doubts
from pathlift.outcomes.arms import counted
from pathlift.outcomes.composing import aliased, compose, parse
from pathlift.outcomes.event_log import Contents
from pathlift.outcomes.fact_table import FactTable, Number
from pathlift.outcomes.fast_road import FastRoad
from pathlift.outcomes.following import follow
from pathlift.outcomes.identities import identified
from pathlift.outcomes.journeys import Condition, JourneyPlan, plan
from pathlift.outcomes.relations import Names
from pathlift.outcomes.running import Run, refuse
from pathlift.outcomes.spreading import spreads
from pathlift.outcomes.streaming import Streamed, streamed
from pathlift.outcomes.summing_up import create_facts, fact_table
from pathlift.outcomes.surfaces import rules_by_surface
from pathlift.outcomes.tables import rules
from pathlift.registry.experiment import Column, Experiment, RatioOf
from pathlift.statistics.collected import Count, RuleCount
from pathlift.statistics.spread import Spread


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
    after : int
        Rows that lie in the future.
    contents : Contents or None
        None where the fast road is to tell them.
    streamed : Streamed or None
        What the fast road streams; None where it cannot be taken.
    """

    events: exp.Select
    types: Mapping[str, str]
    plan: JourneyPlan
    after: int
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
        moment = _theirs(run, "occurred_at")
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
        after=extent.after,
        contents=contents,
        streamed=found,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """What exposures and events came to.

    Attributes
    ----------
    table : FactTable
    rules : tuple of RuleCount
        How often rules of stages fired.
    spreads : mapping of str to tuple of Spread
        Who got what, by family of kind concentration.
    """

    table: FactTable
    rules: tuple[RuleCount, ...]
    spreads: Mapping[str, tuple[Spread, ...]]


def journey_facts(run: Run, log: Log, analysed: Analysed, watermark: int) -> Journeys:
    """Make the table ``facts`` from exposures and events, and count what else is asked of them.

    Parameters
    ----------
    run : Run
        What is known so far.
    log : Log
        From `read_event_log`.
    analysed : Analysed
        From `expose`.
    watermark : int
        Instant from which on rows are not read.

    Returns
    -------
    Journeys

    Raises
    ------
    DataError
        If values of analysed units cannot be counted with.
    """
    made = log.plan
    numbers, doubts = known_before.covariates(run.experiment, run.exposures)
    refuse_doubts(run, [*doubts, *clusters.doubts(run.experiment, run.exposures)])
    covariates = _in_order(run.experiment, [*numbers, *made.covariates])
    last = max(analysed.last.values(), default=None)
    when = unit_facts.Moment(
        watermark=watermark,
        lengths=run.maturity.lengths,
        days=analysed.days,
        follow=follow(run.experiment, watermark, last),
    )
    road = None
    if log.streamed is not None:
        road = fast_road.take(run, log.streamed, log.events, log.types, watermark)
    run.road = "events by SQL" if road is None else "events streamed"
    contents = _contents(run, log, road)
    copied = _copied(run, log, road, watermark)
    events = _each_event_once(run, log, road, watermark)
    query = unit_facts.of_journeys(
        run.experiment,
        made,
        run.exposures,
        events,
        [*made.metrics, *covariates, *made.before],
        when,
        exp.true(),
        {} if road is None else road.known,
    )
    create_facts(run, query)
    if road is not None:
        road.give_back()
    _refuse_event_rows(run, log, watermark)
    _count_conditions(run, log, contents)
    _count_strangers(run, log, analysed, road, watermark)
    _count_copies_by_unit(run, log, copied)
    table = fact_table(run, analysed.days, made.metrics, covariates, made.fired, when.follow)
    return Journeys(
        table=table,
        rules=_rules(run, log, events, table, watermark),
        spreads=spreads(run, events, watermark),
    )


def _rules(
    run: Run, log: Log, events: exp.Expr, table: FactTable, watermark: int
) -> tuple[RuleCount, ...]:
    counted = rules(run.ask, table)
    surface = run.experiment.surface
    if surface is None or not counted:
        return counted
    units = {(count.arm, count.day): count.units for count in counted}
    return rules_by_surface(
        run.ask, run.experiment, surface, log.plan, events, table, watermark, units
    )


def _contents(run: Run, log: Log, road: FastRoad | None) -> Contents:
    """What the log holds, from whichever road was taken; its rows are counted."""
    contents = log.contents if road is None else road.contents
    if contents is None:  # the fast road had to turn back
        contents = event_log.contents(run.ask, log.events, run.bound, log.plan.conditions)[1]
    run.quality.extend(
        [
            Count(name="event_rows_read", count=contents.read),
            Count(name="event_after_watermark", count=log.after),
            Count(name="event_null_units", count=contents.null_units),
        ]
    )
    return contents


def _copied(
    run: Run, log: Log, road: FastRoad | None, watermark: int
) -> Mapping[str, exp.Expr] | None:
    """Units with copies of events, as a source, and copies counted by arm; None without ids."""
    if "event_id" not in log.types:
        return None
    if road is None:
        _repeated_events(run, log, watermark)
    copied = compose("copied") if road is None else road.copied
    copies = {arm.name: 0 for arm in run.experiment.arms}
    query = compose("duplicate_events", {"copied": copied})
    for number, count in run.ask("duplicate_events", query):
        copies[run.arm(number)] = int(count)
    run.quality.extend(quality.by_arm("duplicate_events", copies))
    return {"copied": copied}


def _repeated_events(run: Run, log: Log, watermark: int) -> None:
    query = compose("repeated_events", {"events": log.events}, watermark=watermark)
    run.ask("repeated_events", query)


def _each_event_once(run: Run, log: Log, road: FastRoad | None, watermark: int) -> exp.Expr:
    """The event log without duplicates, as far as SQL still reads it; without ids, as it is."""
    surface = run.experiment.surface
    others = [spread.by for spread in run.experiment.concentrations]
    others += [] if surface is None else [surface]
    if "event_id" not in log.types:
        return log.events
    if road is not None:
        told = all(each.alias in road.known for each in log.plan.accumulations)
        if told and not others:
            return log.events
        _repeated_events(run, log, watermark)
    if not run.engine.ask("select 1 from repeated_events limit 1"):
        return log.events
    columns = event_log.used_columns(log.types, log.plan, others)
    return event_log.once(log.events, columns, log.types, watermark)


def _count_copies_by_unit(run: Run, log: Log, copied: Mapping[str, exp.Expr] | None) -> None:
    if copied is None:
        return
    arms = [arm.name for arm in run.experiment.arms]
    found = {run.arm(row[0]): row for row in run.ask(
        "duplicates_by_unit", compose("duplicates_by_unit", copied))}  # fmt: skip
    for place, counter in enumerate(("squared", "by_rows"), start=1):
        counts = {arm: int(found[arm][place]) if arm in found else 0 for arm in arms}
        run.quality.extend(quality.by_arm(f"duplicate_events_{counter}", counts))


def _count_conditions(run: Run, log: Log, contents: Contents) -> None:
    for condition, count in zip(log.plan.conditions, contents.counts, strict=True):
        run.quality.append(Count(name="condition_rows", count=count, other=condition.of))
        if condition.rule is not None:
            which = f"{condition.of.removeprefix('stage:')}:{condition.rule}"
            run.quality.append(Count(name="rule_rows", count=count, other=which))
    if not all(contents.counts):
        _say_what_never_happened(run, log, contents)


def _count_strangers(
    run: Run, log: Log, analysed: Analysed, road: FastRoad | None, watermark: int
) -> None:
    """Count event rows of nobody exposed; refuse a log without any row of an analysed unit."""
    known = int(run.ask("events of units", compose("caps", caps=[parse("sum(events)")]))[0][0])
    if not known:
        raise DataError([_no_events(run, log)])
    if road is not None:
        known += road.others
    elif analysed.others:
        query = compose("events_of_others", {"events": log.events}, watermark=watermark)
        known += run.ask("events_of_others", query)[0][0]
    strangers = run.count("event_rows_read") - known - run.count("duplicate_events")
    run.quality.append(Count(name="events_without_exposed_unit", count=strangers))


def _refuse_event_rows(run: Run, log: Log, watermark: int) -> None:
    made = log.plan
    if not made.refusals:
        return
    tests = [
        aliased(parse("count(*) filter (where $t)", t=refusal.bit.among("seen")), f"n{place}")
        for place, refusal in enumerate(made.refusals)
    ]
    units = run.ask("refused units", compose("caps", caps=tests))[0]
    problems = []
    for refusal, count in zip(made.refusals, units, strict=True):
        if not count:
            continue
        query = compose(
            "checks/event_rows_refused",
            {"events": log.events},
            watermark=watermark,
            wrong=refusal.condition,
            within=refusal.span.around(parse("placed.d")),
        )
        rows = run.ask("checks/event_rows_refused", query)[0][0]
        problems.append(
            Problem(
                message=f"events: {counted(rows, 'row')} of {counted(count, 'unit')} "
                f"{refusal.message}",
                at=refusal.at,
                hint=refusal.hint,
            )
        )
    refuse(problems)


def _say_what_never_happened(run: Run, log: Log, contents: Contents) -> None:
    known: list[str] = []
    if "event" in {column.lower() for column in log.types}:
        known = [row[0] for row in run.ask("event_values", event_log.values_query(log.events))]
    found = list(event_log.nothing_found(log.plan.conditions, contents.counts, known))
    run.noticed["coverage"] = tuple(f"{condition.of}: {said}" for condition, said in found)
    for condition, said in found:
        _leave_out(run, condition, said)
    for metric in run.experiment.metrics:
        if isinstance(metric.source, RatioOf):
            for part in (metric.source.numerator, metric.source.denominator):
                if part in run.not_estimated:
                    run.not_estimated[metric.name] = f"{part}: {run.not_estimated[part]}"


def _leave_out(run: Run, condition: Condition, said: str) -> None:
    kind, _, of = condition.of.partition(":")
    if kind == "metric":
        run.not_estimated[of] = said
    elif kind == "outcome" and run.experiment.conversion is not None:
        run.not_estimated[run.experiment.conversion] = said


def _in_order(experiment: Experiment, numbers: Sequence[Number]) -> list[Number]:
    by_name = {number.name: number for number in numbers}
    return [by_name[covariate.name] for covariate in experiment.covariates]


def counters(log: Log) -> dict[str, exp.Expr]:
    """Aggregates over ``facts`` for the quality table.

    Parameters
    ----------
    log : Log
        From `read_event_log`.

    Returns
    -------
    dict of str to Expr
    """
    found = {
        "units_with_events": parse("count(*) filter (where facts.events > 0)"),
        "event_rows": parse("sum(facts.events)"),  # once each, at any distance from exposure
        "event_rows_squared": parse("sum(facts.events * facts.events)"),
        **before_exposure.sums(log.plan.before),
    }
    if log.plan.purchase_at_start is not None:
        at_start = log.plan.purchase_at_start.among("seen")
        found["purchase_at_exposure"] = parse("count(*) filter (where $t)", t=at_start)
    if "received_us" in log.types:
        found["clock_skewed"] = parse("sum(facts.skewed)")
        found["clock_skewed_squared"] = parse("sum(facts.skewed * facts.skewed)")
        found["clock_skewed_by_rows"] = parse("sum(facts.skewed * facts.events)")
    return found


def _theirs(run: Run, ours: str) -> Column:
    return Names(run.described["events"], run.experiment).theirs(ours)


def _no_events(run: Run, log: Log) -> Problem:
    exposed, logged = run.exposures.types["unit"], log.types["unit"]
    return Problem(
        message="not one exposed unit has an event among the "
        f"{counted(run.count('event_rows_read'), 'row')} of the log",
        at=_theirs(run, "unit").at or run.described["events"].source.at,
        hint=f"units are {exposed} in exposures and {logged} in events; `columns: {{unit: ...}}`"
        " names the column of each source",
    )
