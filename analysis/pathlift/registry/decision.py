"""What has to hold before anybody ships? Knows names of metrics, none of their values."""

from collections.abc import Mapping

from pathlift.registry.document import Document, TooEarlyPart
from pathlift.registry.experiment import P_ONLY, DecisionRule, Margin, Metric
from pathlift.registry.findings import Findings, did_you_mean
from pathlift.registry.margins import resolve_margin


def resolve_decision(
    findings: Findings, document: Document, metrics: tuple[Metric, ...]
) -> DecisionRule:
    """Resolve ``decision``: the success metrics default to the primary one.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    metrics : tuple of Metric

    Returns
    -------
    DecisionRule
    """
    part = document.decision
    if document.metrics == {} and part.model_fields_set:
        findings.add_at_key("`metrics: {}` runs the checks only; there is no decision", "decision")
        return DecisionRule()
    by_name = {metric.name: metric for metric in metrics}
    primary = tuple(metric.name for metric in metrics if metric.role == "primary")[:1]
    _check_success(findings, part.success or (), by_name)
    success = primary if part.success is None else part.success
    _check_need(findings, document, success)
    for name in part.worth:
        if name not in success and findings.intact("metrics"):
            findings.add_at_key(
                f"`worth` names {name!r}, which is not a success metric",
                "decision",
                "worth",
                name,
                hint=did_you_mean(name, success),
            )
    worth = {
        name: resolve_margin(findings, margin, "decision", "worth", name)
        for name, margin in part.worth.items()
    }
    _check_worth(findings, document)
    for name, margin in worth.items():
        metric = by_name.get(name)
        if metric and (metric.kind, margin.scale) == ("proportion", "absolute"):
            _check_share(findings, name, margin)
    early = part.too_early
    if early is not None:
        _check_too_early(findings, document, early)
    return DecisionRule(
        success=success,
        need=part.need,
        worth=worth,
        least_days=None if early is None else early.days,
        least_units=None if early is None else early.units,
    )


def _check_too_early(findings: Findings, document: Document, early: TooEarlyPart) -> None:
    loc = ("decision", "too_early")
    if early.days is None and early.units is None:
        findings.add_at_key("`too_early` sets nothing", *loc, hint="days, units, or both")
    for key, value in (("days", early.days), ("units", early.units)):
        if value is not None and value < 1:
            findings.add(f"`{key}` is {value}; it is at least 1", *loc, key)
    if early.days is not None and document.data is not None and document.data.totals is not None:
        findings.add_at_key("`days` does nothing: totals hold no times of exposure", *loc, "days")
    planned = document.analysis.looks.planned_units
    if early.units is not None and planned is not None and early.units > planned:
        findings.add(
            f"nothing would ever be decided: `planned_units` are {planned:,}",
            *loc,
            "units",
            hint="at most as many",
        )


def _check_need(findings: Findings, document: Document, success: tuple[str, ...]) -> None:
    part = document.decision
    if "need" in part.model_fields_set and len(success) == 1:
        findings.add_at_key(
            f"`need: {part.need}` does nothing: {success[0]!r} is the only success metric",
            "decision",
            "need",
            hint="leave it out, or name several metrics under `success`",
        )


def _check_worth(findings: Findings, document: Document) -> None:
    method = document.analysis.multiplicity.method
    if document.decision.worth and method in P_ONLY:
        findings.add_at_key(
            f"`worth` needs intervals that hold together, and `method: {method}` has none",
            "decision",
            "worth",
            hint="write `multiplicity: {method: max_t}`, or leave `worth` out",
        )


def _check_share(findings: Findings, name: str, margin: Margin) -> None:
    if margin.value >= 1:
        findings.add(
            f"no proportion differs by {margin.value:g}",
            "decision",
            "worth",
            name,
            margin.scale,
            hint="shares are fractions: 0.02 is two percentage points",
        )


def _check_success(
    findings: Findings, names: tuple[str, ...], metrics: Mapping[str, Metric]
) -> None:
    for index, name in enumerate(names):
        loc = ("decision", "success", index)
        if name not in metrics:
            if findings.intact("metrics"):
                findings.add(f"{name!r} is not a metric", *loc, hint=did_you_mean(name, metrics))
        elif metrics[name].role == "guardrail":
            findings.add(
                f"metric {name!r} is a guardrail; success is told by primary and secondary metrics",
                *loc,
            )
        if name in names[:index]:
            findings.add(f"metric {name!r} is repeated in `success`", *loc)
