"""How are need, touchpoint, trust and the outcome observed? Reads no event."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from pathlift.registry.document import Document, LookbackPart, StagePart, StagesPart
from pathlift.registry.experiment import (
    STAGES,
    AccumulateRule,
    Column,
    ConditionRule,
    Outcome,
    Rule,
    Shape,
    Stage,
    StageDefinition,
)
from pathlift.registry.fields import ColumnPart
from pathlift.registry.findings import Findings
from pathlift.registry.packaged import LOGS, packaged_rules
from pathlift.registry.sources import time_column
from pathlift.registry.written import Loc

Written = str | tuple[str, ...] | StagePart


def declared_stages(findings: Findings) -> tuple[Stage, ...]:
    """Name the stages that the file has, also those that were refused.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    tuple of Stage
        In the order need, touchpoint, trust; all of them where ``presets`` names a kind of log.
    """
    written = findings.written.value.get("stages")
    if written is None and findings.written.value.get("presets") in LOGS:
        return STAGES
    return tuple(stage for stage in STAGES if isinstance(written, dict) and stage in written)


def resolve_stages(
    findings: Findings, document: Document, shape: Shape | None
) -> tuple[StageDefinition, ...]:
    """Resolve ``stages``: conditions are parsed, short forms become long.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    shape : {'journeys', 'units', 'totals'} or None

    Returns
    -------
    tuple of StageDefinition
        In the order need, touchpoint, trust.
    """
    if isinstance(document.presets, str) and document.stages is None:
        if shape != "journeys":
            return ()  # said where presets are resolved
        return stage_definitions(
            findings, packaged_rules(document.presets).base, shape, ("presets",)
        )
    part = document.stages
    if part is None:
        return ()
    if shape == "totals":
        findings.add_at_key("`stages` needs times of units; totals have none", "stages")
        return ()
    declared = declared_stages(findings)
    if len(declared) < 2 and findings.intact("stages"):
        findings.add_at_key(
            f"{len(declared)} stage declared; orderings need two or three"
            if declared
            else "no stage declared; orderings need two or three",
            "stages",
            hint="any of need, touchpoint and trust; or leave `stages` out",
        )
    return stage_definitions(findings, part, shape, ("stages",))


def stage_definitions(
    findings: Findings, part: StagesPart, shape: Shape | None, loc: Loc
) -> tuple[StageDefinition, ...]:
    """Resolve the stages that a mapping of them names.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    part : StagesPart
    shape : {'journeys', 'units', 'totals'} or None
    loc : Loc
        Where the mapping stands, or the setting that stands for it.

    Returns
    -------
    tuple of StageDefinition
        In the order need, touchpoint, trust.
    """
    written: dict[Stage, Written | None] = {
        "need": part.need,
        "touchpoint": part.touchpoint,
        "trust": part.trust,
    }
    return tuple(
        _stage(findings, name, stage, shape, (*loc, name))
        for name, stage in written.items()
        if stage is not None
    )


def _stage(
    findings: Findings, name: Stage, written: Written, shape: Shape | None, loc: Loc
) -> StageDefinition:
    at = findings.written.key_at(*loc)
    complete = isinstance(written, StagePart) and written.complete
    if shape == "units":
        column = _stage_column(findings, written, loc)
        return StageDefinition(name=name, column=column, complete=complete, at=at)
    rules = tuple(_rules(findings, written, loc)) if shape == "journeys" else ()
    return StageDefinition(name=name, rules=rules, complete=complete, at=at)


def _stage_column(findings: Findings, written: Written, loc: Loc) -> Column | None:
    hint = "such as need: need_at"
    match written:
        case str():
            return time_column(findings, written, *loc)
        case StagePart():
            for key in ("any", "accumulate"):
                if getattr(written, key) is not None:
                    findings.add_at_key(
                        f"`{key}` reads events; in `units` a stage is a column with its time",
                        *loc,
                        key,
                        hint=hint,
                    )
            if written.column is None:
                if written.any is None and written.accumulate is None:
                    findings.missing(f"`{loc[-1]}` has no `column`", *loc, "column", hint=hint)
                return None
            part = ColumnPart(column=written.column, unit=written.unit, format=written.format)
            return time_column(findings, part, *loc)
        case _:
            findings.add(
                "a list of conditions reads events; in `units` a stage is a column with its time",
                *loc,
                hint=hint,
            )
            return None


def _rules(findings: Findings, written: Written, loc: Loc) -> Iterator[Rule]:
    if not isinstance(written, StagePart):
        yield from _conditions(findings, written, loc)
        return
    for key in ("column", "unit", "format"):
        if getattr(written, key) is not None:
            findings.add_at_key(
                f"`{key}` of a stage is for `units`; events are told by conditions", *loc, key
            )
    if written.any is not None:
        yield from _conditions(findings, written.any, (*loc, "any"))
    if written.accumulate is not None:
        yield AccumulateRule(
            sum=findings.number(written.accumulate.sum, *loc, "accumulate", "sum", added_up=True),
            per=None
            if written.accumulate.per is None
            else Column(name=written.accumulate.per, at=findings.place(*loc, "accumulate", "per")),
            reach=written.accumulate.reach,
        )
    nothing = written.any is None and written.accumulate is None and written.column is None
    if nothing and findings.intact(*loc):
        findings.add_at_key(f"`{loc[-1]}` has neither `any` nor `accumulate`", *loc)


def _conditions(
    findings: Findings, written: str | tuple[str, ...], loc: Loc
) -> Iterator[ConditionRule]:
    if isinstance(written, str):
        yield ConditionRule(condition=findings.condition(written, *loc))
        return
    for index, text in enumerate(written):
        yield ConditionRule(condition=findings.condition(text, *loc, index))


def resolve_outcome(findings: Findings, document: Document, shape: Shape | None) -> Outcome | None:
    """Resolve ``outcome``: a condition on events, in ``units`` a column with its time.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    shape : {'journeys', 'units', 'totals'} or None

    Returns
    -------
    Outcome or None
    """
    written = document.outcome
    if written is None:
        packaged = isinstance(document.presets, str) and shape == "journeys"
        if (document.stages is not None or packaged) and shape != "totals":
            findings.missing(
                "`stages` are declared, but no `outcome`: orderings end at a purchase",
                "outcome",
                hint="such as outcome: \"event = 'purchase'\""
                if shape == "journeys"
                else "such as outcome: bought_at",
            )
        return None
    at = findings.written.key_at("outcome")
    match shape:
        case "totals":
            findings.add_at_key("`outcome` needs rows of units; totals have none", "outcome")
            return None
        case "units":
            return Outcome(column=time_column(findings, written, "outcome"), at=at)
        case "journeys":
            if isinstance(written, str):
                return Outcome(condition=findings.condition(written, "outcome"), at=at)
            findings.add("`outcome` is a condition on event rows, not a column", "outcome")
            return None
        case None:
            return None


def resolve_lookback(findings: Findings, document: Document) -> Mapping[str, timedelta]:
    """Resolve ``lookback`` to durations by stage, and ``default``.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document

    Returns
    -------
    mapping of str to timedelta
        Empty where none is declared.
    """
    written = document.lookback
    if written is None:
        return {}
    if isinstance(written, timedelta):
        _check_above_0(findings, written, "lookback")
        return {"default": written}
    declared = declared_stages(findings)
    found: dict[str, timedelta] = {}
    for name in _lengths(written):
        length = getattr(written, name)
        found[name] = length
        _check_above_0(findings, length, "lookback", name)
        if name != "default" and name not in declared:
            findings.add_at_key(
                f"`lookback` names {name}, which is not a declared stage", "lookback", name
            )
    if not found and findings.intact("lookback"):
        findings.add_at_key("`lookback` is empty", "lookback", hint="such as lookback: 28d")
    return found


def _lengths(written: LookbackPart) -> tuple[str, ...]:
    return tuple(name for name in _LENGTHS if getattr(written, name) is not None)


_LENGTHS: Final = ("default", "need", "touchpoint", "trust")


def _check_above_0(findings: Findings, length: timedelta, *loc: str | int) -> None:
    if length <= timedelta(0):
        findings.add(f"`{loc[-1]}` is longer than 0", *loc)
