"""How often may the data be looked at? Knows the plan, none of the looks."""

from pathlift.registry.document import Document
from pathlift.registry.experiment import LookPlan
from pathlift.registry.findings import Findings

_LOC = ("analysis", "looks")
_LEAVE_OUT = "leave it out"
_STEEPEST = 700  # of gamma; beyond, a share of alpha is no number any more


def resolve_looks(findings: Findings, document: Document) -> LookPlan:
    """Resolve ``analysis.looks``.

    Parameters
    ----------
    findings : Findings
        Takes the problems: a plan without its units, and settings that would do nothing.
    document : Document

    Returns
    -------
    LookPlan
    """
    part = document.analysis.looks
    if not findings.intact(*_LOC):
        return LookPlan()
    if part.kind == "fixed":
        for key in ("planned_units", "spending", "gamma"):
            if getattr(part, key) is not None:
                findings.add_at_key(
                    f"`{key}` does nothing with `kind: fixed`",
                    *_LOC,
                    key,
                    hint="leave it out, or write `kind: group_sequential` or `kind: anytime`",
                )
        return LookPlan()
    if part.planned_units is None:
        findings.missing(
            f"`planned_units` is missing; `kind: {part.kind}` needs it",
            *_LOC,
            "planned_units",
            hint="mature units of all analysed arms at the planned end: planned_units: 40000",
        )
    elif part.planned_units < 1:
        findings.add(
            f"`planned_units` is {part.planned_units}; a plan has units above 0",
            *_LOC,
            "planned_units",
        )
    _check_surroundings(findings, document, part.kind)
    if part.kind == "anytime":
        for key in ("spending", "gamma"):
            if getattr(part, key) is not None:
                findings.add_at_key(
                    f"`{key}` does nothing with `kind: anytime`, which spends no alpha",
                    *_LOC,
                    key,
                    hint=_LEAVE_OUT,
                )
        return LookPlan(kind="anytime", planned_units=part.planned_units)
    spending = part.spending or "obf"
    if spending == "hsd" and part.gamma is None:
        findings.missing(
            "`gamma` is missing; `spending: hsd` needs it",
            *_LOC,
            "gamma",
            hint="below 0 spends late, above 0 early: gamma: -4 is close to obf",
        )
    if part.gamma is not None and abs(part.gamma) > _STEEPEST:
        findings.add(
            f"`gamma` is {part.gamma:g}; it lies between -{_STEEPEST} and {_STEEPEST}",
            *_LOC,
            "gamma",
        )
    if spending != "hsd" and part.gamma is not None:
        findings.add_at_key(
            f"`gamma` does nothing with `spending: {spending}`",
            *_LOC,
            "gamma",
            hint="leave it out, or write `spending: hsd`",
        )
    return LookPlan(
        kind="group_sequential",
        planned_units=part.planned_units,
        spending=spending,
        gamma=part.gamma or 0.0,
    )


def _check_surroundings(findings: Findings, document: Document, kind: str) -> None:
    if document.metrics == {}:
        findings.add(
            f"`kind: {kind}` does nothing: `metrics: {{}}` runs the checks only",
            *_LOC,
            "kind",
            hint=_LEAVE_OUT,
        )
    method = document.analysis.multiplicity.method
    if method in ("holm", "bh", "graph"):
        findings.add(
            f"`method: {method}` is for one look, and `looks` plans several",
            "analysis",
            "multiplicity",
            "method",
            hint="leave it out: alpha is then shared equally by the contrasts",
        )
