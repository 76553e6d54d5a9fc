"""Who got what of a metric, such as creators of sales. Reads the event log once more."""

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from pathlift.outcomes.bitmask import Span
from pathlift.outcomes.calendar import microseconds
from pathlift.outcomes.compared_arms import arms_as_compared
from pathlift.outcomes.composing import aliased, call, compose, name, parse, value, written
from pathlift.outcomes.running import Run
from pathlift.outcomes.scaling import Steps, steps
from pathlift.registry.experiment import Concentration, CountEvents, Metric, SumEvents
from pathlift.statistics.spread import Bucket, Spread, Worth

BUCKETS = 64
"""Parts of an arm: enough that 63 degrees of freedom are nearly the normal."""


def spreads(run: Run, events: exp.Expr, watermark: int) -> dict[str, tuple[Spread, ...]]:
    """What holders got from every arm.

    Parameters
    ----------
    run : Run
        With the tables ``exposed`` and ``facts``.
    events : Expr
        The log, each event once.
    watermark : int
        Rows at or after it are not read.

    Returns
    -------
    dict of str to tuple of Spread
        By family; arms as they are compared, without those of which nobody gave anything.
    """
    return {
        family.name: tuple(_of_family(run, family, events, watermark))
        for family in run.experiment.concentrations
    }


def _of_family(
    run: Run, family: Concentration, events: exp.Expr, watermark: int
) -> Iterator[Spread]:
    metric = run.experiment.metric(family.metric)
    stored, counted = _worth(run, metric, events)
    arms, number = arms_as_compared(run.experiment)
    holder = name(family.by.name, "events")
    span = Span(low=1, high=None if metric.window is None else microseconds(metric.window))
    table = compose(
        "spread",
        {"events": events},
        watermark=watermark,
        holder=holder,
        worth=stored.stored,
        counted=counted,
        within=span.around(parse("placed.d")),
        arm=number,
        needed=run.maturity.metric_class[metric.name],
        added=_added(stored),
        buckets=BUCKETS,
    )
    run.ask(f"spread: {family.name}", table)
    buckets: dict[int, list[Bucket]] = {}
    by_bucket = compose("spread_by_bucket")
    for arm, _, units, *worths in run.ask(f"spread_by_bucket: {family.name}", by_bucket):
        worth, own, shared, within, squares = worths
        buckets.setdefault(arm, []).append(
            Bucket(units=units, worth=worth, own=own, shared=shared, within=within, squares=squares)
        )
    for row in run.ask(f"spread_by_arm: {family.name}", compose("spread_by_arm")):
        yield _spread(row, arms, stored, tuple(buckets.get(row[0], ())))


def _spread(
    row: tuple[Any, ...], arms: list[str], stored: Steps, buckets: tuple[Bucket, ...]
) -> Spread:
    arm, worth, unnamed, negative, holders, largest, top, top_worth, shared, shared_worth = row
    nothing: Worth = 0
    return Spread(
        arm=arms[arm],
        unit=stored.unit,
        exact=stored.exact,
        worth=worth or nothing,
        unnamed=unnamed or nothing,
        negative=negative,
        holders=holders or 0,
        largest=largest or nothing,
        top=top or 0,
        top_worth=top_worth or nothing,
        shared=shared or 0,
        shared_worth=shared_worth or nothing,
        buckets=buckets,
    )


def _worth(run: Run, metric: Metric, events: exp.Expr) -> tuple[Steps, exp.Expr]:
    """What a row counts, and which rows do."""
    match metric.source:
        case CountEvents(condition=condition):
            return Steps(stored=value(1), refused=None, exact=True, unit=1.0), written(condition)
        case SumEvents() as source:
            number = written(source.value)
            query = exp.select(aliased(number, "x")).from_("events").with_("events", as_=events)
            kind = run.engine.columns(query)["x"]
            stored = steps(
                number, kind, source.unit, what=f"`{source.value.text}`", at=source.value.at
            )
            return stored, exp.true() if source.where is None else written(source.where)
        case _:
            raise TypeError(f"metric {metric.name!r} is no sum of event rows")


def _added(stored: Steps) -> exp.Expr:
    """Worth of a unit added up: in 128 bits, since its squares are added up too."""
    worth = parse("placed.worth")
    if not stored.exact:
        return parse("coalesce($s, 0)", s=call("fsum", worth))
    return parse("coalesce($s, 0)", s=exp.cast(call("sum", worth), "hugeint"))
