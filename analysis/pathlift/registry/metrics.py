"""Which numbers are compared? Settles names, roles and windows of the metrics; computes none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pathlift.registry.arms import check_name
from pathlift.registry.document import (
    Document,
    MeanPart,
    ProportionPart,
    QuantilePart,
    RatioPart,
)
from pathlift.registry.experiment import (
    AnyEvent,
    CountEvents,
    Metric,
    OutcomeSource,
    Shape,
    Source,
    SumEvents,
)
from pathlift.registry.findings import Findings
from pathlift.registry.margins import check_role, kept_equivalence, kept_margin
from pathlift.registry.measures import mean_source, proportion_source
from pathlift.registry.metric_keys import Part, check_keys
from pathlift.registry.ratios import check_ratios, resolve_ratio

CONVERSION: Final = "conversion"


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
        check_keys(findings, name, part, shape)
        check_role(findings, name, part)
    _check_one_primary(findings, written)
    check_ratios(findings, written)
    conversion = _outcome_metric(findings, document, written, shape)
    single = {
        name: _metric(findings, document, name, part, totals)
        for name, part in written.items()
        if not isinstance(part, RatioPart)
    }
    metrics = [
        resolve_ratio(findings, name, part, single) if isinstance(part, RatioPart) else single[name]
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
        # What the shape does not know at all is refused with the other keys.
        for key in {"journeys": ("window", "lag"), "units": ("null",)}.get(shape or "", ()):
            if getattr(part, key) is not None:
                findings.add_at_key(
                    f"metric {name!r} is the outcome, and has no `{key}` of its own",
                    "metrics",
                    name,
                    key,
                    hint=f"give it `any`, a condition on event rows, or leave `{key}` out"
                    if shape == "journeys"
                    else "a NULL is a unit that did not convert",
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


def _metric(
    findings: Findings,
    document: Document,
    name: str,
    part: ProportionPart | MeanPart | QuantilePart,
    totals: Source | None,
) -> Metric:
    loc: Final = ("metrics", name)
    if part.window is not None and part.window <= timedelta(0):
        findings.add("`window` is longer than 0", *loc, "window")
    source = (
        proportion_source(findings, name, part, totals)
        if isinstance(part, ProportionPart)
        else mean_source(findings, name, part, totals)
    )
    dated = isinstance(source, OutcomeSource | AnyEvent | CountEvents | SumEvents)
    window = document.window if part.window is None else part.window
    return Metric(
        name=name,
        kind=part.kind,
        source=source,
        role=part.role,
        better=part.better,
        margin=kept_margin(findings, name, part),
        equivalence=kept_equivalence(findings, name, part),
        window=window if dated else None,  # a column holds what was added up before
        lag=timedelta(0) if part.lag is None else part.lag,
        winsorize=part.winsorize if isinstance(part, MeanPart) else None,
        q=part.q if isinstance(part, QuantilePart) else None,
        attributed=part.attributed,
        at=findings.written.key_at(*loc),
    )
