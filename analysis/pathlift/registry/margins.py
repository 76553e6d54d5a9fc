"""How much worse is still accepted, and how much better is worth it? Knows no value of a metric."""

from typing import Final

from pathlift.registry.experiment import Margin
from pathlift.registry.fields import MarginPart
from pathlift.registry.findings import Findings
from pathlift.registry.metric_keys import Part


def check_role(findings: Findings, name: str, part: Part) -> None:
    """Report a guardrail without margin, a margin without guardrail, and margins that mean nothing.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    name : str
        Of the metric.
    part : ProportionPart, MeanPart, QuantilePart or RatioPart
    """
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
    _check_equivalence(findings, part, name)
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


def _check_equivalence(findings: Findings, part: Part, name: str) -> None:
    loc: Final = ("metrics", name)
    if part.equivalence is None:
        return
    if part.role == "guardrail":
        findings.add_at_key(
            f"`equivalence` looks to both sides; metric {name!r} is a guardrail",
            *loc,
            "equivalence",
            hint="leave one of them out: `margin` is for harm alone",
        )
    distance = resolve_margin(findings, part.equivalence, *loc, "equivalence")
    whole = distance.scale == "relative" or part.kind == "proportion"
    if whole and distance.value >= 1:
        findings.add(
            f"an equivalence of {distance.value:g} calls everything the same",
            *loc,
            "equivalence",
            distance.scale,
            hint="distances are fractions: 0.02 is 2%",
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


def kept_equivalence(findings: Findings, name: str, part: Part) -> Margin | None:
    """Return the equivalence of a metric, whose problems `check_role` has reported.

    Parameters
    ----------
    findings : Findings
        Left as it is.
    name : str
        Of the metric.
    part : ProportionPart, MeanPart, QuantilePart or RatioPart

    Returns
    -------
    Margin or None
    """
    return _kept(findings, part.equivalence, "metrics", name, "equivalence")


def kept_margin(findings: Findings, name: str, part: Part) -> Margin | None:
    """Return the margin of a metric, whose problems `check_role` has reported.

    Parameters
    ----------
    findings : Findings
        Left as it is.
    name : str
        Of the metric.
    part : ProportionPart, MeanPart, QuantilePart or RatioPart

    Returns
    -------
    Margin or None
    """
    return _kept(findings, part.margin, "metrics", name, "margin")


def _kept(findings: Findings, part: MarginPart | None, *loc: str) -> Margin | None:
    if part is None:
        return None
    silent = Findings(findings.written)  # reported with the role
    return resolve_margin(silent, part, *loc)
