"""On which surface the rules of stages fire: a rule that falls silent on one is a logging fault."""

from sqlglot import exp

from pathlift.outcomes.bitmask import Bitmask, Span
from pathlift.outcomes.calendar import microseconds
from pathlift.outcomes.composing import aliased, compose, name, parse, written
from pathlift.outcomes.engine import Ask
from pathlift.outcomes.fact_table import FactTable, Fired
from pathlift.outcomes.journeys import JourneyPlan
from pathlift.registry.experiment import AccumulateRule, Column, Experiment
from pathlift.statistics.collected import RuleCount

NO_SURFACE = "NULL"


def rules_by_surface(
    ask: Ask,
    experiment: Experiment,
    surface: Column,
    plan: JourneyPlan,
    events: exp.Expr,
    table: FactTable,
    watermark: int,
    units: dict[tuple[str, str], int],
) -> tuple[RuleCount, ...]:
    """For how many units each rule fired, by arm, surface and day of exposure.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    experiment : Experiment
    surface : Column
        Of the events.
    plan : JourneyPlan
    events : Expr
        The log, each event once.
    table : FactTable
    watermark : int
        Rows at or after it are not read.
    units : dict
        Analysed units by arm and day.

    Returns
    -------
    tuple of RuleCount
        For every arm, day and surface, zeros included. A running sum fires on the surfaces of the
        rows at which it reaches its threshold. Rows without a surface are surface ``NULL``.
    """
    if table.days is None:
        return ()
    rows = ask("rules_by_surface", _query(experiment, surface, plan, events, table, watermark))
    found = {
        (table.arms[row[0]], table.days.days[row[1]].isoformat(), _named(row[2])): row[3:]
        for row in rows
    }
    surfaces = sorted({named for _, _, named in found})
    nothing = (0,) * len(table.fired)
    return tuple(
        RuleCount(
            arm=arm,
            stage=fired.stage,
            rule=fired.rule,
            surface=named,
            day=day,
            units=count,
            fired=found.get((arm, day, named), nothing)[place],
        )
        for (arm, day), count in units.items()
        for named in surfaces
        for place, fired in enumerate(table.fired)
    )


def _named(surface: str | None) -> str:
    return NO_SURFACE if surface is None else surface


def _query(
    experiment: Experiment,
    surface: Column,
    plan: JourneyPlan,
    events: exp.Expr,
    table: FactTable,
    watermark: int,
) -> exp.Expr:
    mask = Bitmask()
    window = None if experiment.window is None else microseconds(experiment.window)
    span = Span(low=0, high=window)
    summands: list[exp.Expr] = []
    seen: list[exp.Expr] = []
    for place, fired in enumerate(table.fired):
        rule = next(s for s in experiment.stages if s.name == fired.stage).rules[fired.rule]
        if isinstance(rule, AccumulateRule):
            alias = f"v{place}"
            summands.append(aliased(plan.sums[fired.stage, fired.rule][0].summand, alias))
            met = parse("$v > 0 and placed.d = $at", v=name(alias, "placed"), at=_crossing(fired))
        else:
            bit = mask.ask(written(rule.condition), span)
            met = exp.and_(bit.among("w"), span.around(parse("placed.d")))
        seen.append(aliased(parse("max(case when $m then 1 else 0 end)", m=met), f"f{place}"))
    return compose(
        "rules_by_surface",
        {"events": events},
        watermark=watermark,
        surface=name(surface.name, "events"),
        marks=mask.marks("w"),
        words=mask.columns("w"),
        summands=summands,
        carried=[name(summand.alias) for summand in summands],
        seen=seen,
        fired=[
            aliased(parse("sum($f)", f=name(f"f{place}", "by_surface")), f"f{place}")
            for place in range(len(table.fired))
        ],
    )


def _crossing(fired: Fired) -> exp.Expr:
    return name(f"fired_{fired.stage}{fired.rule}", "facts")
