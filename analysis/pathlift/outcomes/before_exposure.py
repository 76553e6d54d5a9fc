"""What did units do before exposure that the metrics count after it? For check `pre_period` (V11).

The same conditions and sums as the metrics', over the default lookback. Pure planning.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from pathlift.outcomes.bitmask import Span
from pathlift.outcomes.calendar import microseconds
from pathlift.outcomes.composing import case, name, parse, value, written
from pathlift.outcomes.fact_table import Number
from pathlift.outcomes.measures import Measure
from pathlift.outcomes.scaling import steps
from pathlift.registry.experiment import (
    AnyEvent,
    CountEvents,
    Experiment,
    Metric,
    OutcomeSource,
    SumEvents,
)

if TYPE_CHECKING:
    from pathlift.outcomes.journeys import JourneyPlan


def before_exposure(
    made: "JourneyPlan", experiment: Experiment, types: Callable[[exp.Expr], str]
) -> list[Number]:
    """Numbers of the lookback, one for each share or mean that is no covariate already.

    Parameters
    ----------
    made : JourneyPlan
        Takes the questions to the event rows.
    experiment : Experiment
    types : callable
        From an expression over an event row to its DuckDB type.

    Returns
    -------
    list of Number
        Whole steps; named like the metric. Empty without ``lookback.default``. A sum that is not
        whole steps is left out: its square could not be added up exactly.
    """
    lookback = experiment.lookback.get("default")
    if lookback is None:
        return []
    span = Span(low=-microseconds(lookback), high=0)
    found: list[Number] = []
    for metric in experiment.metrics:
        if metric.kind not in ("proportion", "mean") or _adjusts(experiment, metric):
            continue
        number = _number(made, experiment, metric, span, f"b{len(found)}", types)
        if number is not None:
            found.append(number)
    return found


def sums(numbers: list[Number]) -> dict[str, exp.Expr]:
    """Sums and sums of squares over ``facts``, as counters.

    Parameters
    ----------
    numbers : list of Number
        From `before_exposure`.

    Returns
    -------
    dict of str to Expr
    """
    found: dict[str, exp.Expr] = {}
    for number in numbers:
        stored = name(number.column, "facts")
        wide = exp.cast(stored.copy(), "hugeint")
        found[f"before/{number.name}"] = parse("sum($x)", x=stored)
        found[f"before_squares/{number.name}"] = parse("sum($w * $x)", w=wide, x=stored)
    return found


def _number(
    made: "JourneyPlan",
    experiment: Experiment,
    metric: Metric,
    span: Span,
    column: str,
    types: Callable[[exp.Expr], str],
) -> Number | None:
    match metric.source:
        case OutcomeSource() if experiment.outcome is not None and experiment.outcome.condition:
            bit = made.bitmask.ask(written(experiment.outcome.condition), span)
        case AnyEvent(condition=condition):
            bit = made.bitmask.ask(written(condition), span)
        case CountEvents(condition=condition):
            counting = made.bitmask.ask(written(condition), span)
            count = made.measure(Measure(kind="count", bits=(counting,)))
            return Number(name=metric.name, column=column, value=parse("coalesce($n, 0)", n=count))
        case SumEvents(value=added, where=where, unit=unit):
            number = written(added)
            stored = steps(number, types(number), unit, what=f"`{added.text}`", at=metric.at)
            if not stored.exact:
                return None
            chosen = exp.true() if where is None else written(where)
            among = made.bitmask.ask(chosen, span)
            summand = made.summand(stored.stored)
            whole = made.measure(Measure(kind="sum", bits=(among,), summand=summand))
            total = parse("coalesce($n, 0)", n=exp.cast(whole, "bigint"))
            return Number(name=metric.name, column=column, value=total, unit=stored.unit)
        case _:
            return None
    happened = case([(bit.among("seen"), value(1))], value(0))
    return Number(name=metric.name, column=column, value=happened)


def _adjusts(experiment: Experiment, metric: Metric) -> bool:
    """Whether a covariate says the same: check `balance` compares it then."""
    of = _text(metric.source)
    return any(
        of is not None and of == _text(covariate.total)
        for covariate in experiment.covariates
        if covariate.total is not None
    )


def _text(source: object) -> tuple[str, str] | None:
    match source:
        case SumEvents(value=added, where=where):
            return added.text, "" if where is None else where.text
        case AnyEvent(condition=condition) | CountEvents(condition=condition):
            return "", condition.text
        case _:
            return None
