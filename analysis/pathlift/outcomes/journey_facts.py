"""From exposures and events to the table of unit facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from pathlift.outcomes import clusters, event_log, known_before, unit_facts
from pathlift.outcomes.analysed_units import Analysed, refuse_doubts
from pathlift.outcomes.composing import compose
from pathlift.outcomes.event_counts import (
    contents_of,
    copied,
    count_conditions,
    count_copies_by_unit,
    count_strangers,
    refuse_event_rows,
)
from pathlift.outcomes.fact_table import FactTable, Number
from pathlift.outcomes.fast_road import FastRoad
from pathlift.outcomes.following import follow
from pathlift.outcomes.logged import Log
from pathlift.outcomes.running import Run
from pathlift.outcomes.running_sums import TooLargeError
from pathlift.outcomes.spreading import spreads
from pathlift.outcomes.summing_up import add_facts, create_facts, fact_table
from pathlift.outcomes.surfaces import rules_by_surface
from pathlift.outcomes.tables import rules
from pathlift.registry.experiment import Column, Experiment
from pathlift.statistics.collected import RuleCount
from pathlift.statistics.spread import Spread


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
        From `pathlift.outcomes.logged.read_event_log`.
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
    asked = unit_facts.Asked(
        experiment=run.experiment,
        plan=made,
        exposures=run.exposures,
        numbers=[*made.metrics, *covariates, *made.before],
        moment=when,
    )
    road = _fast(run, log, asked, watermark) if log.streamed is not None else None
    run.road = "events by SQL" if road is None else "events streamed"
    if road is None and "event_id" in log.types:
        _repeated_events(run, log, watermark)
    events = _each_event_once(run, log, road, watermark)
    if road is None:
        create_facts(run, unit_facts.of_journeys(asked, events, exp.true(), {}))
    contents = contents_of(run, log, road)
    found = copied(run, log, road)
    refuse_event_rows(run, log, watermark)
    count_conditions(run, log, contents)
    count_strangers(run, log, analysed, road, watermark)
    count_copies_by_unit(run, found)
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


def _fast(run: Run, log: Log, asked: unit_facts.Asked, watermark: int) -> FastRoad | None:
    """Make ``facts`` by the fast road, slice by slice; None where it has to turn back."""
    if log.streamed is None:
        return None
    road = FastRoad(run, log.streamed, log.events, log.types, watermark, log.extent.read)
    told = {"journeys", *(each.alias for each in log.streamed.accumulations)}
    events: exp.Expr = log.events
    if not told.issuperset(each.alias for each in log.plan.accumulations):
        if "event_id" in log.types:
            _repeated_events(run, log, watermark)
        events = _without_copies(run, log, watermark, ())
    try:
        for place, part in enumerate(road.parts()):
            query = unit_facts.of_journeys(asked, events, part.slice, part.known)
            (add_facts if place else create_facts)(run, query)
    except TooLargeError:
        return None
    return road


def _repeated_events(run: Run, log: Log, watermark: int) -> None:
    query = compose("repeated_events", {"events": log.events}, watermark=watermark)
    run.ask("repeated_events", query)


def _each_event_once(run: Run, log: Log, road: FastRoad | None, watermark: int) -> exp.Expr:
    """The event log without duplicates, for what SQL still asks of it."""
    surface = run.experiment.surface
    others = [spread.by for spread in run.experiment.concentrations]
    others += [] if surface is None else [surface]
    if "event_id" not in log.types or (road is not None and not others):
        return log.events
    if road is not None:
        _repeated_events(run, log, watermark)
    return _without_copies(run, log, watermark, others)


def _without_copies(run: Run, log: Log, watermark: int, others: Sequence[Column]) -> exp.Expr:
    if "event_id" not in log.types or not run.engine.ask("select 1 from repeated_events limit 1"):
        return log.events
    columns = event_log.used_columns(log.types, log.plan, others)
    return event_log.once(log.events, columns, log.types, watermark)


def _in_order(experiment: Experiment, numbers: Sequence[Number]) -> list[Number]:
    by_name = {number.name: number for number in numbers}
    return [by_name[covariate.name] for covariate in experiment.covariates]
