"""What is counted of event rows beside the facts: copies, strangers, conditions, rows to refuse."""

from collections.abc import Mapping

from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes import before_exposure, event_log, quality
from pathlift.outcomes.analysed_units import Analysed
from pathlift.outcomes.arms import counted
from pathlift.outcomes.composing import aliased, compose, parse
from pathlift.outcomes.event_log import Contents
from pathlift.outcomes.fast_road import FastRoad
from pathlift.outcomes.journeys import Condition
from pathlift.outcomes.logged import Log, theirs
from pathlift.outcomes.running import Run, refuse
from pathlift.registry.experiment import RatioOf
from pathlift.statistics.collected import Count


def contents_of(run: Run, log: Log, road: FastRoad | None) -> Contents:
    """What the log holds, from whichever road was taken; its rows are counted.

    Parameters
    ----------
    run : Run
    log : Log
    road : FastRoad or None
        None where SQL answered.

    Returns
    -------
    Contents
    """
    contents = log.contents if road is None else road.contents
    if contents is None:  # the fast road had to turn back
        contents = event_log.contents(run.ask, log.events, run.bound, log.plan.conditions)[1]
    run.quality.extend(
        [
            Count(name="event_rows_read", count=contents.read),
            Count(name="event_after_watermark", count=log.extent.after),
            Count(name="event_null_units", count=contents.null_units),
        ]
    )
    return contents


def copied(run: Run, log: Log, road: FastRoad | None) -> Mapping[str, exp.Expr] | None:
    """Units with copies of events, which are counted by arm.

    Parameters
    ----------
    run : Run
    log : Log
    road : FastRoad or None
        None where SQL answered: then the table ``repeated_events`` stands in its engine.

    Returns
    -------
    mapping of str to Expr or None
        The source ``copied``; None where events have no ids.
    """
    if "event_id" not in log.types:
        return None
    source = compose("copied") if road is None else road.copied()
    copies = {arm.name: 0 for arm in run.experiment.arms}
    query = compose("duplicate_events", {"copied": source})
    for number, count in run.ask("duplicate_events", query):
        copies[run.arm(number)] = int(count)
    run.quality.extend(quality.by_arm("duplicate_events", copies))
    return {"copied": source}


def count_copies_by_unit(run: Run, copied: Mapping[str, exp.Expr] | None) -> None:
    """Count squares of a unit's copies, and times the rows that are kept of it.

    Parameters
    ----------
    run : Run
    copied : mapping of str to Expr or None
        From `copied`.
    """
    if copied is None:
        return
    arms = [arm.name for arm in run.experiment.arms]
    found = {run.arm(row[0]): row for row in run.ask(
        "duplicates_by_unit", compose("duplicates_by_unit", copied))}  # fmt: skip
    for place, counter in enumerate(("squared", "by_rows"), start=1):
        counts = {arm: int(found[arm][place]) if arm in found else 0 for arm in arms}
        run.quality.extend(quality.by_arm(f"duplicate_events_{counter}", counts))


def count_conditions(run: Run, log: Log, contents: Contents) -> None:
    """Count rows for which each condition holds, and say which never does.

    Parameters
    ----------
    run : Run
    log : Log
    contents : Contents
    """
    for condition, count in zip(log.plan.conditions, contents.counts, strict=True):
        run.quality.append(Count(name="condition_rows", count=count, other=condition.of))
        if condition.rule is not None:
            which = f"{condition.of.removeprefix('stage:')}:{condition.rule}"
            run.quality.append(Count(name="rule_rows", count=count, other=which))
    if not all(contents.counts):
        _say_what_never_happened(run, log, contents)


def count_strangers(
    run: Run, log: Log, analysed: Analysed, road: FastRoad | None, watermark: int
) -> None:
    """Count event rows of nobody exposed.

    Parameters
    ----------
    run : Run
    log : Log
    analysed : Analysed
    road : FastRoad or None
        None where SQL answered.
    watermark : int
        Instant from which on rows are not read.

    Raises
    ------
    DataError
        If the log has no row of an analysed unit.
    """
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


def refuse_event_rows(run: Run, log: Log, watermark: int) -> None:
    """Refuse rows that would make a number wrong.

    Parameters
    ----------
    run : Run
    log : Log
    watermark : int
        Instant from which on rows are not read.

    Raises
    ------
    DataError
        With all kinds of such rows, and how many there are.
    """
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


def _no_events(run: Run, log: Log) -> Problem:
    exposed, logged = run.exposures.types["unit"], log.types["unit"]
    return Problem(
        message="not one exposed unit has an event among the "
        f"{counted(run.count('event_rows_read'), 'row')} of the log",
        at=theirs(run, "unit").at or run.described["events"].source.at,
        hint=f"units are {exposed} in exposures and {logged} in events; `columns: {{unit: ...}}`"
        " names the column of each source",
    )


def counters(log: Log) -> dict[str, exp.Expr]:
    """Aggregates over ``facts`` for the quality table.

    Parameters
    ----------
    log : Log
        From `pathlift.outcomes.logged.read_event_log`.

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
