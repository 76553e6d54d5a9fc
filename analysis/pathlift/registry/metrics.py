"""Which numbers are compared? Knows what each kind may say in each shape of data; computes none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pathlift.registry.arms import check_name
from pathlift.registry.document import (
    Document,
    MarginPart,
    MeanPart,
    ProportionPart,
    RatioPart,
)
from pathlift.registry.experiment import (
    AnyEvent,
    Column,
    CountEvents,
    Margin,
    Metric,
    MetricSource,
    OutcomeSource,
    RatioOf,
    Shape,
    Source,
    SumEvents,
    TotalsMoments,
    TotalsProportion,
    TotalsSums,
    UnitColumn,
)
from pathlift.registry.findings import Findings, did_you_mean
from pathlift.registry.reading import Loc

Part = ProportionPart | MeanPart | RatioPart

CONVERSION: Final = "conversion"
# Which keys read rows of which shape; all other keys are for every shape.
_NEEDS: Final[Mapping[str, tuple[tuple[Shape, ...], str]]] = {
    "any": (("journeys",), "reads events"),
    "sum": (("journeys",), "reads events"),
    "where": (("journeys",), "reads events"),
    "count": (("journeys",), "reads events"),
    "window": (("journeys",), "needs times of events"),
    "lag": (("journeys",), "needs times of events"),
    "column": (("units", "totals"), "is a column of `units` or `totals`"),
    "columns": (("totals",), "is for `totals`"),
    "units": (("totals",), "is for `totals`"),
    "null": (("units",), "is for columns of `units`"),
    "winsorize": (("journeys", "units"), "needs rows of units"),
    "unit": (("journeys", "units"), "needs rows of units"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the metrics of a file become.

    Attributes
    ----------
    metrics : tuple of Metric
        In file order; `conversion` last when it was added.
    conversion : str or None
        The metric that is the outcome.
    """

    metrics: tuple[Metric, ...] = ()
    conversion: str | None = None


def resolve_metrics(
    findings: Findings, document: Document, shape: Shape | None, totals: Source | None
) -> Measured:
    """Resolve ``metrics``.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    shape : {'journeys', 'units', 'totals'} or None
        None: what depends on it is not checked.
    totals : Source or None
        The source ``totals``: its column ``units`` is the default denominator.

    Returns
    -------
    Measured
    """
    written = document.metrics
    if written is None:
        return _default(findings, document)
    _check_names(findings, written)
    for name, part in written.items():
        _check_keys(findings, name, part, shape)
        _check_role(findings, name, part)
    _check_one_primary(findings, written)
    _check_ratios(findings, written)
    conversion = _outcome_metric(findings, document, written, shape)
    single = {
        name: _metric(findings, document, name, part, totals)
        for name, part in written.items()
        if not isinstance(part, RatioPart)
    }
    metrics = [
        _ratio(findings, name, part, single) if isinstance(part, RatioPart) else single[name]
        for name, part in written.items()
    ]
    if conversion is None and document.stages is not None and written and shape != "totals":
        conversion = _add_conversion(findings, document, metrics)
    return Measured(metrics=tuple(metrics), conversion=conversion)


def _default(findings: Findings, document: Document) -> Measured:
    if document.outcome is None:
        findings.missing(
            "`metrics` is missing", "metrics", hint="`metrics: {}` runs the checks only"
        )
        return Measured()
    metric = Metric(
        name=CONVERSION,
        kind="proportion",
        source=OutcomeSource(),
        role="primary",
        window=document.window,
        at=findings.written.key_at("outcome"),
    )
    return Measured(metrics=(metric,), conversion=CONVERSION)


def _add_conversion(findings: Findings, document: Document, metrics: list[Metric]) -> str | None:
    taken = next((metric.name for metric in metrics if metric.name.lower() == CONVERSION), None)
    written = findings.written.value.get("metrics", {})
    if taken is not None or CONVERSION in written:
        if findings.intact("metrics", CONVERSION):
            findings.add_at_key(
                f"metric {taken!r} is not the outcome, but orderings need the outcome as a metric",
                "metrics",
                str(taken),
                hint="write `conversion: {kind: proportion}`, or rename this metric",
            )
        return None
    if document.outcome is not None:
        metrics.append(
            Metric(
                name=CONVERSION,
                kind="proportion",
                source=OutcomeSource(),
                window=document.window,
                at=findings.written.key_at("outcome"),
            )
        )
    return CONVERSION


def _check_names(findings: Findings, written: Mapping[str, Part]) -> None:
    first: dict[str, str] = {}
    for name in written:
        check_name(findings, "metric", name, "metrics", name)
        if name.lower() in first:
            findings.add_at_key(
                f"metrics {first[name.lower()]!r} and {name!r} differ in capitals only",
                "metrics",
                name,
            )
        first.setdefault(name.lower(), name)


def _check_keys(findings: Findings, name: str, part: Part, shape: Shape | None) -> None:
    if shape is None:
        return
    loc: Final = ("metrics", name)
    if isinstance(part, RatioPart) and shape == "totals":
        findings.add_at_key("a ratio needs rows of units; totals have none", *loc)
    for key in part.model_fields_set:
        shapes, reason = _NEEDS.get(key, ((shape,), ""))
        if getattr(part, key) is not None and shape not in shapes:
            findings.add_at_key(
                f"`{key}` {reason}; these data are `{_DATA[shape]}`",
                *loc,
                key,
                hint=_INSTEAD.get((key, shape), ""),
            )


_INSTEAD: Final[Mapping[tuple[str, Shape], str]] = {
    ("any", "units"): "name a `column` instead",
    ("sum", "units"): "name a `column` instead",
    ("count", "units"): "name a `column` instead",
    ("any", "totals"): "name a `column` instead",
    ("sum", "totals"): "columns: {sum: ..., sum_squares: ...} or {mean: ..., variance: ...}",
    ("count", "totals"): "columns: {sum: ..., sum_squares: ...} or {mean: ..., variance: ...}",
    ("columns", "units"): "name a `column` instead",
    ("column", "journeys"): "write a condition or sum over event rows instead",
    ("columns", "journeys"): "write a `sum` over event rows instead",
}
_DATA: Final[Mapping[Shape, str]] = {
    "journeys": "exposures` and `events",
    "units": "units",
    "totals": "totals",
}


def _check_role(findings: Findings, name: str, part: Part) -> None:
    loc: Final = ("metrics", name)
    if part.role == "guardrail" and part.margin is None:
        findings.missing(
            f"guardrail {name!r} has no margin",
            *loc,
            "margin",
            hint="how much worse is accepted: margin: {absolute: 0.005} or {relative: 0.02}",
        )
    if part.role != "guardrail" and part.margin is not None:
        findings.add_at_key(
            f"`margin` is for guardrails; metric {name!r} is {part.role}",
            *loc,
            "margin",
            hint="write `role: guardrail`, or `decision.worth` for a success metric",
        )
    if part.margin is None:
        return
    margin = resolve_margin(findings, part.margin, *loc, "margin")
    whole = (margin.scale == "absolute" and part.kind == "proportion") or (
        margin.scale == "relative" and part.better == "higher"
    )
    if whole and margin.value >= 1:
        findings.add(
            f"a margin of {margin.value:g} accepts the loss of everything",
            *loc,
            "margin",
            margin.scale,
            hint="margins are fractions: 0.02 is 2%",
        )


def resolve_margin(findings: Findings, part: MarginPart, *loc: str | int) -> Margin:
    """Resolve a distance that is either absolute or relative.

    Parameters
    ----------
    findings : Findings
        Takes the problem of both or neither.
    part : MarginPart
    *loc : str or int
        Where it stands.

    Returns
    -------
    Margin
    """
    if part.absolute is not None and part.relative is not None:
        findings.add_at_key(f"`{loc[-1]}` is absolute or relative, not both", *loc, "relative")
    if part.absolute is not None:
        return Margin(scale="absolute", value=part.absolute)
    if part.relative is not None:
        return Margin(scale="relative", value=part.relative)
    if findings.intact(*loc):
        findings.add_at_key(
            f"`{loc[-1]}` is empty", *loc, hint="{absolute: 0.005} or {relative: 0.02}"
        )
    return Margin(scale="absolute", value=0.0)


def _check_one_primary(findings: Findings, written: Mapping[str, Part]) -> None:
    primary = [name for name, part in written.items() if part.role == "primary"]
    for name in primary[1:]:
        findings.add(
            f"a second primary metric; {primary[0]!r} is primary already", "metrics", name, "role"
        )
    if written and not primary and findings.intact("metrics"):
        findings.add_at_key(
            "no metric is primary",
            "metrics",
            hint="write `role: primary` in exactly one; `metrics: {}` runs the checks only",
        )


def _outcome_metric(
    findings: Findings, document: Document, written: Mapping[str, Part], shape: Shape | None
) -> str | None:
    found = [name for name, part in written.items() if _is_outcome(part)]
    for name in found[1:]:
        findings.add_at_key(
            f"metric {name!r} is the outcome, as metric {found[0]!r} is already",
            "metrics",
            name,
            hint="give it `any`, a condition on event rows" if shape == "journeys" else "",
        )
    for name in found:
        part = written[name]
        for key in ("window", "lag", "null"):
            if getattr(part, key) is not None and shape in ("journeys", None):
                findings.add_at_key(
                    f"metric {name!r} is the outcome, and has no `{key}` of its own",
                    "metrics",
                    name,
                    key,
                    hint=f"give it `any`, a condition on event rows, or leave `{key}` out",
                )
        _check_outcome_is_there(findings, document, name, shape)
    unused = document.outcome is not None and not found and document.stages is None and written
    if unused and findings.intact("metrics"):
        findings.add_at_key(
            "no metric is the outcome, so `outcome` does nothing",
            "outcome",
            hint="add `conversion: {kind: proportion}` to the metrics, or leave `outcome` out",
        )
    return found[0] if found else None


def _check_outcome_is_there(
    findings: Findings, document: Document, name: str, shape: Shape | None
) -> None:
    if shape == "totals":
        findings.missing(
            f"metric {name!r} has no `column`",
            "metrics",
            name,
            "column",
            hint="the column that counts the successes",
        )
    elif document.outcome is None and document.stages is None and findings.intact("outcome"):
        findings.add_at_key(
            f"metric {name!r} is the outcome, but no `outcome` is declared",
            "metrics",
            name,
            hint="declare `outcome`, or give the metric a `column`"
            if shape == "units"
            else "declare `outcome`, or give the metric `any`",
        )


def _is_outcome(part: Part) -> bool:
    return isinstance(part, ProportionPart) and part.any is None and part.column is None


def _check_ratios(findings: Findings, written: Mapping[str, Part]) -> None:
    known = findings.written.value.get("metrics")
    names = tuple(known) if isinstance(known, dict) else tuple(written)
    for name, part in written.items():
        if not isinstance(part, RatioPart):
            continue
        if part.numerator == part.denominator:
            findings.add(
                f"ratio {name!r} has the same numerator and denominator",
                "metrics",
                name,
                "denominator",
            )
        for key in ("numerator", "denominator"):
            other = getattr(part, key)
            loc = ("metrics", name, key)
            if other not in names:
                others = [known for known in names if known != name]
                findings.add(
                    f"{key} {other!r} is not a metric", *loc, hint=did_you_mean(other, others)
                )
            elif isinstance(written.get(other), RatioPart):
                circle = _reaches(written, other, name)
                findings.add(
                    f"metrics {name!r} and {other!r} name each other in a circle"
                    if circle and other != name
                    else f"ratio {name!r} names itself"
                    if circle
                    else f"{key} {other!r} is a ratio; a ratio is of means or proportions",
                    *loc,
                )


def _reaches(written: Mapping[str, Part], start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        part = written.get(name)
        if name not in seen and isinstance(part, RatioPart):
            seen.add(name)
            waiting += [part.numerator, part.denominator]
    return False


def _ratio(findings: Findings, name: str, part: RatioPart, single: Mapping[str, Metric]) -> Metric:
    parts = [single[other] for other in (part.numerator, part.denominator) if other in single]
    # A unit is mature for a ratio when it is mature for both parts: the later of the two.
    windows = [metric for metric in parts if metric.window is not None]
    latest = max(
        windows, key=lambda metric: (metric.window or timedelta(0)) + metric.lag, default=None
    )
    return Metric(
        name=name,
        kind="ratio",
        source=RatioOf(numerator=part.numerator, denominator=part.denominator),
        role=part.role,
        better=part.better,
        margin=_margin(findings, name, part),
        window=latest.window if latest else None,
        lag=latest.lag if latest else timedelta(0),
        at=findings.written.key_at("metrics", name),
    )


def _metric(
    findings: Findings,
    document: Document,
    name: str,
    part: ProportionPart | MeanPart,
    totals: Source | None,
) -> Metric:
    loc: Final = ("metrics", name)
    if part.window is not None and part.window <= timedelta(0):
        findings.add("`window` is longer than 0", *loc, "window")
    return Metric(
        name=name,
        kind=part.kind,
        source=_proportion(findings, name, part, totals)
        if isinstance(part, ProportionPart)
        else _mean(findings, name, part, totals),
        role=part.role,
        better=part.better,
        margin=_margin(findings, name, part),
        window=document.window if part.window is None else part.window,
        lag=timedelta(0) if part.lag is None else part.lag,
        winsorize=part.winsorize if isinstance(part, MeanPart) else None,
        at=findings.written.key_at(*loc),
    )


def _margin(findings: Findings, name: str, part: Part) -> Margin | None:
    if part.margin is None:
        return None
    silent = Findings(findings.written)  # reported with the role
    return resolve_margin(silent, part.margin, "metrics", name, "margin")


def _proportion(
    findings: Findings, name: str, part: ProportionPart, totals: Source | None
) -> MetricSource:
    loc: Loc = ("metrics", name)
    if part.any is not None and part.column is not None:
        findings.add_at_key(f"metric {name!r} has `any` or `column`, not both", *loc, "column")
    if part.any is not None:
        return AnyEvent(condition=findings.condition(part.any, *loc, "any"))
    if part.column is None:
        return OutcomeSource()
    column = Column(name=part.column, at=findings.place(*loc, "column"))
    if totals is not None:
        return TotalsProportion(successes=column, units=_units(findings, loc, part.units, totals))
    return UnitColumn(column=column, null=part.null or "refuse")


def _mean(findings: Findings, name: str, part: MeanPart, totals: Source | None) -> MetricSource:
    loc: Loc = ("metrics", name)
    given = [key for key in ("sum", "count", "column", "columns") if getattr(part, key) is not None]
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
                value=findings.number(part.sum or "", *loc, "sum"),
                where=None if part.where is None else findings.condition(part.where, *loc, "where"),
                unit=part.unit,
            )
        case "count":
            return CountEvents(condition=findings.condition(part.count or "", *loc, "count"))
        case "columns":
            return _totals_mean(findings, loc, part, totals)
        case "column":
            if totals is not None:
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
            findings.missing(
                f"metric {name!r} says nothing to take the mean of",
                *loc,
                "sum",
                hint="`sum` or `count` of events, `column` of units, `columns` of totals",
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
