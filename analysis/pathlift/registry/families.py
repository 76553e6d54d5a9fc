"""Which metrics are read together as part and whole? Settles what a family adds up from.

The whole is the part and the rest: what lies outside the scope, was not attributed, or came after
the first window. Only then do three effects and two shares mean anything together.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from pathlift.registry.arms import check_name
from pathlift.registry.document import Document
from pathlift.registry.durations import say_duration
from pathlift.registry.experiment import (
    CountEvents,
    Metric,
    MetricFamily,
    MetricSource,
    Shape,
    SumEvents,
    UnitColumn,
)
from pathlift.registry.family_forms import (
    AttributionPart,
    ConcentrationPart,
    DisplacementPart,
    PullForwardPart,
)
from pathlift.registry.findings import Findings, did_you_mean
from pathlift.registry.written import Loc

AddsUp = DisplacementPart | AttributionPart | PullForwardPart
_KEYS: Final[Mapping[str, tuple[str, str]]] = {
    "displacement": ("scope", "total"),
    "attribution": ("attributed", "total"),
    "pull_forward": ("first", "both"),
}


def resolve_families(
    findings: Findings, document: Document, metrics: tuple[Metric, ...], shape: Shape | None
) -> tuple[MetricFamily, ...]:
    """Resolve ``families``.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    metrics : tuple of Metric
    shape : {'journeys', 'units', 'totals'} or None
        None: what depends on it is not checked.

    Returns
    -------
    tuple of MetricFamily
        In file order; without those that have a problem.
    """
    if document.families and shape == "totals":
        findings.add_at_key(
            "a family needs what units have of two metrics; totals have each alone", "families"
        )
        return ()
    by_name = {metric.name: metric for metric in metrics}
    found = []
    for name, part in document.families.items():
        if isinstance(part, ConcentrationPart):
            continue  # no part of a whole: read elsewhere
        family = _family(findings, name, part, by_name, shape)
        if family is not None:
            found.append(family)
    return tuple(found)


def _family(
    findings: Findings,
    name: str,
    form: AddsUp,
    metrics: Mapping[str, Metric],
    shape: Shape | None,
) -> MetricFamily | None:
    loc: Loc = ("families", name)
    check_name(findings, "family", name, *loc)
    if name in metrics:
        findings.add_at_key(f"{name!r} is a metric already", *loc)
    keys = _KEYS[form.kind]
    part, whole = (_metric(findings, metrics, getattr(form, key), *loc, key) for key in keys)
    if part is None or whole is None:
        return None
    if part.name == whole.name:
        findings.add(f"family {name!r} has the same metric twice", *loc, keys[1])
        return None
    problems = list(_problems(form, part, whole, keys, shape))
    for key, problem, hint in problems:
        findings.add(problem, *loc, key, hint=hint)
    if problems:
        return None
    return MetricFamily(
        name=name,
        kind=form.kind,
        part=part.name,
        whole=whole.name,
        at=findings.written.key_at(*loc),
    )


def _metric(
    findings: Findings, metrics: Mapping[str, Metric], name: str, *loc: str | int
) -> Metric | None:
    found = metrics.get(name)
    if found is None:
        if findings.intact("metrics"):
            findings.add(f"{name!r} is not a metric", *loc, hint=did_you_mean(name, metrics))
        return None
    if found.kind != "mean":
        findings.add(
            f"{name!r} is a {found.kind}; a family adds up means",
            *loc,
            hint="declare the sum or count itself, as `kind: mean`",
        )
        return None
    return found


def _problems(
    form: AddsUp, part: Metric, whole: Metric, keys: tuple[str, str], shape: Shape | None
) -> Iterator[tuple[str, str, str]]:
    """Key, problem and hint of whatever keeps the two from being part and whole."""
    for key, metric in zip(keys, (part, whole), strict=True):
        if isinstance(metric.source, UnitColumn) and metric.source.null == "exclude":
            yield (
                key,
                f"{metric.name!r} leaves units out, and both are of the same units",
                "write `null: zero` where a NULL means nothing",
            )
        wanted = isinstance(form, AttributionPart) and key == "attributed"
        if metric.attributed and not wanted:
            yield (
                key,
                f"{metric.name!r} is attributed: which events it counts hangs on the arm",
                "write `kind: attribution`, or name a metric that counts all events",
            )
        if wanted and not metric.attributed:
            yield (
                key,
                f"{metric.name!r} is not marked as attributed",
                "write `attributed: true` in that metric; its contrasts are then descriptive",
            )
    if part.better != whole.better:
        yield keys[0], f"{part.name!r} is better {part.better}, {whole.name!r} {whole.better}", ""
    match form:
        case PullForwardPart():
            yield from _windows(part, whole, shape)
        case DisplacementPart() | AttributionPart():
            if (part.window, part.lag) != (whole.window, whole.lag):
                yield (
                    keys[0],
                    f"{part.name!r} counts within {_length(part)}, {whole.name!r} within "
                    f"{_length(whole)}",
                    "a part of the whole has its window and its lag",
                )


def _windows(first: Metric, both: Metric, shape: Shape | None) -> Iterator[tuple[str, str, str]]:
    if shape == "units":
        yield "both", "`pull_forward` needs times of events; these data are `units`", ""
        return
    if not _same(first.source, both.source):
        yield (
            "both",
            f"{both.name!r} does not count what {first.name!r} counts",
            "write the same `sum`, `where` and `unit`, or the same `count`, with a longer `window`",
        )
    if first.window is None or both.window is None or both.window <= first.window:
        yield (
            "both",
            f"the window of {both.name!r} is {_length(both)}, no longer than the "
            f"{_length(first)} of {first.name!r}",
            "such as twice the window of the first",
        )
    if first.lag != both.lag:
        yield "both", f"{first.name!r} and {both.name!r} have different lags", ""


def _same(one: MetricSource, other: MetricSource) -> bool:
    match one, other:
        case SumEvents() as a, SumEvents() as b:
            where = [None if each.where is None else each.where.text for each in (a, b)]
            return a.value.text == b.value.text and where[0] == where[1] and a.unit == b.unit
        case CountEvents() as c, CountEvents() as d:
            return c.condition.text == d.condition.text
        case _:
            return False


def _length(metric: Metric) -> str:
    if metric.window is None:
        return "no window"
    lag = f" and a lag of {say_duration(metric.lag)}" if metric.lag else ""
    return f"{say_duration(metric.window)}{lag}"
