"""What is measured on a unit, or read from totals? Turns the keys of a metric into its source."""

from pathlift.registry.document import MeanPart, ProportionPart, QuantilePart
from pathlift.registry.experiment import (
    AnyEvent,
    Column,
    CountEvents,
    MetricSource,
    OutcomeSource,
    Source,
    SumEvents,
    TotalsMoments,
    TotalsProportion,
    TotalsSums,
    UnitColumn,
)
from pathlift.registry.findings import Findings
from pathlift.registry.written import Loc


def proportion_source(
    findings: Findings, name: str, part: ProportionPart, totals: Source | None
) -> MetricSource:
    """Resolve what a proportion counts.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    name : str
        Of the metric.
    part : ProportionPart
    totals : Source or None
        The source ``totals``, whose column ``units`` is the default denominator.

    Returns
    -------
    MetricSource
        The outcome itself without `any` and `column`.
    """
    loc: Loc = ("metrics", name)
    if part.any is not None and part.column is not None:
        findings.add_at_key(f"metric {name!r} has `any` or `column`, not both", *loc, "column")
    if part.at_least is not None:
        _check_at_least(findings, name, part, part.at_least, loc)
    if part.any is not None:
        condition = findings.condition(part.any, *loc, "any")
        return AnyEvent(condition=condition, at_least=part.at_least or 1)
    if part.column is None:
        return OutcomeSource()
    column = Column(name=part.column, at=findings.place(*loc, "column"))
    if totals is not None:
        return TotalsProportion(successes=column, units=_units(findings, loc, part.units, totals))
    return UnitColumn(column=column, null=part.null or "refuse")


def _check_at_least(
    findings: Findings, name: str, part: ProportionPart, rows: int, loc: Loc
) -> None:
    if part.any is None:
        findings.add_at_key(
            f"`at_least` goes with `any`; metric {name!r} has none", *loc, "at_least"
        )
    elif rows < 1:
        findings.add("`at_least` is 1 or more", *loc, "at_least", hint="2 asks for a second row")


def mean_source(
    findings: Findings, name: str, part: MeanPart | QuantilePart, totals: Source | None
) -> MetricSource:
    """Resolve what a mean or a quantile is of.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    name : str
        Of the metric.
    part : MeanPart or QuantilePart
    totals : Source or None
        The source ``totals``, whose column ``units`` is the default denominator.

    Returns
    -------
    MetricSource
        A placeholder where a problem was reported.
    """
    loc: Loc = ("metrics", name)
    keys = ("sum", "count", "column", "columns")
    given = [key for key in keys if getattr(part, key, None) is not None]
    if len(given) > 1:
        findings.add_at_key(
            f"metric {name!r} has `{given[0]}` and `{given[1]}`; it takes one", *loc, given[1]
        )
    if part.where is not None and part.sum is None:
        findings.add_at_key(f"`where` goes with `sum`; metric {name!r} has none", *loc, "where")
    if part.unit is not None and part.count is not None:
        findings.add_at_key("`unit` does nothing: counts are whole numbers", *loc, "unit")
    match given[0] if given else None:
        case "sum":
            return SumEvents(
                value=findings.number(part.sum or "", *loc, "sum", added_up=True),
                where=None if part.where is None else findings.condition(part.where, *loc, "where"),
                unit=part.unit,
            )
        case "count":
            return CountEvents(condition=findings.condition(part.count or "", *loc, "count"))
        case "columns" if isinstance(part, MeanPart):
            return _totals_mean(findings, loc, part, totals)
        case "column":
            if totals is not None and isinstance(part, MeanPart):
                findings.add_at_key(
                    f"metric {name!r} is a mean, which one column of `totals` cannot give",
                    *loc,
                    "column",
                    hint="columns: {sum: ..., sum_squares: ...} or {mean: ..., variance: ...}",
                )
            return UnitColumn(
                column=Column(name=part.column or "", at=findings.place(*loc, "column")),
                null=part.null or "refuse",
                unit=part.unit,
            )
        case _:
            totals_too = ", `columns` of totals" if isinstance(part, MeanPart) else ""
            findings.missing(
                f"metric {name!r} says nothing to take the {part.kind} of",
                *loc,
                "sum",
                hint=f"`sum` or `count` of events, `column` of units{totals_too}",
            )
            return OutcomeSource()


def _totals_mean(
    findings: Findings, loc: Loc, part: MeanPart, totals: Source | None
) -> MetricSource:
    columns = part.columns
    assert columns is not None
    place = (*loc, "columns")
    names = {
        key: Column(name=name, at=findings.place(*place, key))
        for key in ("sum", "sum_squares", "mean", "variance")
        if (name := getattr(columns, key)) is not None
    }
    units = _units(findings, loc, part.units, totals)
    match sorted(names):
        case ["sum", "sum_squares"]:
            return TotalsSums(sum=names["sum"], sum_squares=names["sum_squares"], units=units)
        case ["mean", "variance"]:
            return TotalsMoments(mean=names["mean"], variance=names["variance"], units=units)
        case _:
            if findings.intact(*place):
                findings.add_at_key(
                    "`columns` of a mean are sum and sum_squares, or mean and variance", *place
                )
            return OutcomeSource()


def _units(findings: Findings, loc: Loc, written: str | None, totals: Source | None) -> Column:
    if written is not None:
        return Column(name=written, at=findings.place(*loc, "units"))
    return Column(name="units") if totals is None else totals.column("units")
