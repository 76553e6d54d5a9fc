"""Which thresholds does a definition set, and do they make sense together? Knows no data."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pathlift.registry.document import Document
from pathlift.registry.findings import Findings
from pathlift.registry.thresholds import ORDERED, THRESHOLDS, limits

_OF_STAGES: Final = (
    "stages",
    "ties",
    "purchase_ties",
    "mechanical",
    "carry_in",
    "outages",
    "measurement",
    "landmark",
    "positivity",
    "presets",
)
_OF_EVENTS: Final = ("duplicates", "clock")
_OF_UNITS: Final = ("crossover", "ambiguous_first_arm")
_OF_METRICS: Final = ("maturity", "paradox", "precision", "twyman")
_LEAVE_OUT: Final = "leave it out"


def resolve_checks(
    findings: Findings, document: Document, *, stages: bool
) -> Mapping[str, Mapping[str, float]]:
    """Resolve ``checks``.

    Parameters
    ----------
    findings : Findings
        Takes the problems: a warning that comes after the failure, a check that has nothing to
        read.
    document : Document
    stages : bool
        Whether any stage is declared.

    Returns
    -------
    mapping of str to mapping of str to float
        Declared thresholds, by check and name.
    """
    found: dict[str, dict[str, float]] = {}
    if document.checks is None:
        return found
    lacking = dict(_lacking(findings, document, stages=stages))
    for check in THRESHOLDS:
        part = getattr(document.checks, check)
        if part is None or not findings.intact("checks", check):
            continue
        given = {name: getattr(part, name) for name in THRESHOLDS[check]}
        found[check] = {name: value for name, value in given.items() if value is not None}
        if not found[check]:
            findings.add_at_key(f"`checks.{check}` sets nothing", "checks", check, hint=_LEAVE_OUT)
        elif check in lacking:
            findings.add_at_key(
                f"`checks.{check}` does nothing: {lacking[check]}",
                "checks",
                check,
                hint=_LEAVE_OUT,
            )
        _check_order(findings, check, found)
    return found


def _lacking(findings: Findings, document: Document, *, stages: bool) -> Iterator[tuple[str, str]]:
    """Checks that no data could turn, since the definition gives them nothing to read."""
    if not stages:
        yield from ((check, "no stages are declared") for check in _OF_STAGES)
    data, arms, metrics = document.data, document.arms or {}, document.metrics
    if data is not None and findings.intact("data") and data.events is None:
        yield from ((check, "there is no log of events") for check in _OF_EVENTS)
    if document.unit is None and findings.intact("unit"):
        yield from ((check, "no `unit` is declared") for check in _OF_UNITS)
    if document.period is None and findings.intact("period"):
        yield "outside_period", "no `period` is declared"
    if document.outcome is None and findings.intact("outcome"):
        yield "purchase_at_exposure", "no `outcome` is declared"
    if data is not None and findings.intact("data") and data.exclude_units is None:
        yield "excluded_units", "no `data.exclude_units` is declared"
    if data is not None and findings.intact("data") and data.assignments is None:
        yield "triggering", "no `data.assignments` is declared"
    if data is not None and findings.intact("data") and data.identities is None:
        yield "identities", "no `data.identities` is declared"
    if findings.intact("arms"):
        if document.cluster is None and not any(arm.cluster for arm in arms.values()):
            yield "clusters", "no arm has a `cluster`"
        if not any(arm.received is not None for arm in arms.values()):
            yield "delivery", "no arm says what it should have `received`"
    if document.lookback is None and findings.intact("lookback"):
        yield "pre_period", "no `lookback` is declared"
    if not document.covariates and findings.intact("covariates"):
        yield "balance", "no covariate is declared"
        yield "missing_covariate", "no covariate is declared"
    if not document.outages and findings.intact("outages"):
        yield "outages", "no `outages` are declared"
    if document.presets is None and findings.intact("presets"):
        yield "presets", "no `presets` are declared"
    if document.analysis.encouragement is False and findings.intact("analysis"):
        yield "instrument", "`analysis.encouragement` is not asked for"
    if document.plan is None and findings.intact("plan"):
        yield "precision", "no `plan` is declared"
    if metrics is not None and findings.intact("metrics"):
        yield from _lacking_metrics(tuple(metrics.values()))


def _lacking_metrics(metrics: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    if not any(getattr(metric, "null", None) == "exclude" for metric in metrics):
        yield "missing_outcome", "no metric has `null: exclude`"
    if not any(metric.kind == "mean" for metric in metrics):
        yield from ((check, "no metric is a mean") for check in ("skew", "outliers"))
    if not any(metric.kind == "proportion" for metric in metrics):
        yield "counts", "no metric is a proportion"
    if not metrics:
        yield from ((check, "there is no metric") for check in _OF_METRICS)


def _check_order(findings: Findings, check: str, found: Mapping[str, Mapping[str, float]]) -> None:
    """A warning that comes only where the check fails already is none."""
    holding = limits(check, found)
    for first, second in ORDERED:
        if first not in holding or second not in holding or holding[first] <= holding[second]:
            continue
        written = first if first in found[check] else second
        findings.add(
            f"check {check} would fail before it warns: `{first}` is {holding[first]:g}, and "
            f"`{second}` {holding[second]:g}",
            "checks",
            check,
            written,
            hint=f"`{first}` is at most `{second}`; set both where both move",
        )
