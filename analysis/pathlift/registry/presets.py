"""Under which other rules are the stages read? Knows the definition only, no event.

A preset changes the rules of some stages; the others keep those of the experiment. Orderings are
then read under each preset beside the experiment's own, which are called `base`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pathlift.registry.document import Document, StagePart, StagesPart
from pathlift.registry.experiment import (
    STAGES,
    ConditionRule,
    Preset,
    Rule,
    Shape,
    Stage,
    StageDefinition,
)
from pathlift.registry.findings import Findings
from pathlift.registry.packaged import LOGS, packaged_rules
from pathlift.registry.stages import declared_stages, stage_definitions
from pathlift.registry.written import Loc

BASE: Final = "base"
"""What the rules of the experiment itself are called among presets."""
MOST: Final = 6
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_LADDER: Final[tuple[Literal["loose", "strict"], ...]] = ("loose", "strict")
_SUCH_AS: Final = "presets: {strict: {trust: \"event = 'review_read' and dwell_ms >= 10000\"}}"


def stage_log(document: Document) -> str | None:
    """The kind of log whose packaged rules the stages are.

    Parameters
    ----------
    document : Document

    Returns
    -------
    str or None
        None where stages are written out, or not declared at all.
    """
    return document.presets if isinstance(document.presets, str) else None


def resolve_presets(
    findings: Findings,
    document: Document,
    shape: Shape | None,
    stages: tuple[StageDefinition, ...],
) -> tuple[Preset, ...]:
    """Resolve ``presets``.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    shape : {'journeys', 'units', 'totals'} or None
    stages : tuple of StageDefinition
        Of the experiment itself.

    Returns
    -------
    tuple of Preset
        In file order; packaged ones from loose to strict.
    """
    written = document.presets
    if written is None or shape is None:
        return ()
    if shape != "journeys":
        reason = "in `units` a stage is a column" if shape == "units" else "totals have none"
        findings.add_at_key(f"`presets` are conditions on event rows; {reason}", "presets")
        return ()
    if isinstance(written, str):
        return tuple(_packaged(findings, document, written))
    if document.stages is None:
        if findings.intact("stages"):
            findings.add_at_key(
                "`presets` are alternatives to `stages`, and none are declared",
                "presets",
                hint=f"declare `stages`, or write one of {', '.join(LOGS)} for packaged ones",
            )
        return ()
    if len(written) > MOST:
        findings.add_at_key(
            f"{len(written)} presets; at most {MOST} are read beside the stages", "presets"
        )
    own = {stage.name: stage for stage in stages}
    made = tuple(_own(findings, document, name, part, shape, own) for name, part in written.items())
    _check_repeated(findings, made, stages)
    return made


def with_packaged_rules(document: Mapping[str, Any], log: str | None) -> Mapping[str, Any]:
    """What a file says, with the packaged rules that it names written out.

    Parameters
    ----------
    document : mapping
        Plain values of the file.
    log : str or None
        From `stage_log`.

    Returns
    -------
    mapping
        `document` itself where it names none.
    """
    if log is None:
        return document
    return {**document, "presets": packaged_rules(log).model_dump(mode="json")}


def _packaged(findings: Findings, document: Document, log: str) -> Iterator[Preset]:
    if "stages" in findings.written.value:
        findings.add_at_key(
            f"`presets: {log}` brings stages of its own, and `stages` are declared",
            "presets",
            hint=f"leave `stages` out, or write alternatives to them: {_SUCH_AS}",
        )
        return
    rules = packaged_rules(log)
    for name in _LADDER:
        yield Preset(
            name=name,
            stages=stage_definitions(findings, getattr(rules, name), "journeys", ("presets",)),
            at=findings.written.key_at("presets"),
        )


def _own(
    findings: Findings,
    document: Document,
    name: str,
    part: StagesPart,
    shape: Shape,
    own: Mapping[Stage, StageDefinition],
) -> Preset:
    loc: Loc = ("presets", name)
    at = findings.written.key_at(*loc)
    if name == BASE:
        findings.add_at_key(
            "`base` is what `stages` says; a preset has a name of its own",
            *loc,
            hint="such as loose or strict",
        )
    elif not _NAME.fullmatch(name):
        findings.add_at_key(
            f"{name!r} cannot name a preset",
            *loc,
            hint="letters, digits, - and _, up to 40, a letter first: strict, no_feed",
        )
    changed = {stage: form for stage in STAGES if (form := getattr(part, stage)) is not None}
    if not changed and findings.intact(*loc):
        findings.add_at_key(f"preset {name!r} changes no stage", *loc, hint=f"such as {_SUCH_AS}")
    made = {stage.name: stage for stage in stage_definitions(findings, part, shape, loc)}
    for stage, form in changed.items():
        _check_changed(findings, document, own, made[stage], form, (*loc, stage))
    return Preset(
        name=name, stages=tuple(made.get(stage, its) for stage, its in own.items()), at=at
    )


def _check_changed(
    findings: Findings,
    document: Document,
    own: Mapping[Stage, StageDefinition],
    made: StageDefinition,
    form: object,
    loc: Loc,
) -> None:
    stage = made.name
    if stage not in declared_stages(findings):
        findings.add_at_key(
            f"preset {loc[1]!r} changes {stage}, which is not a declared stage",
            *loc,
            hint="declare it under `stages`, or leave it out here",
        )
    elif document.exposure_counts_as == stage:
        findings.add_at_key(
            f"`{stage}` does nothing here: the exposure itself is {stage} "
            "(`exposure_counts_as`), and nothing is earlier",
            *loc,
            hint="leave it out",
        )
    elif stage in own and rules_said(made) == rules_said(own[stage]) and findings.intact(*loc):
        findings.add_at_key(
            f"preset {loc[1]!r} says of {stage} what `stages` says",
            *loc,
            hint="leave it out: stages that are not named keep their rules",
        )
    if isinstance(form, StagePart) and form.complete:
        findings.add_at_key(
            "`complete` does nothing in a preset: checks read the stages themselves",
            *loc,
            "complete",
            hint="write it under `stages`",
        )


def _check_repeated(
    findings: Findings, presets: tuple[Preset, ...], stages: tuple[StageDefinition, ...]
) -> None:
    first: dict[tuple[object, ...], str] = {}
    own = tuple(rules_said(stage) for stage in stages)
    for preset in presets:
        said = tuple(rules_said(stage) for stage in preset.stages)
        if said == own:
            continue  # said stage by stage
        if said in first and findings.intact("presets", preset.name):
            findings.add_at_key(
                f"preset {preset.name!r} says the same as {first[said]!r}", "presets", preset.name
            )
        first.setdefault(said, preset.name)


def rules_said(stage: StageDefinition) -> tuple[object, ...]:
    """What the rules of a stage say, wherever they are written.

    Parameters
    ----------
    stage : StageDefinition

    Returns
    -------
    tuple
        Equal for stages with the same rules.
    """
    return tuple(sorted((_said(rule) for rule in stage.rules), key=repr))


def _said(rule: Rule) -> tuple[object, ...]:
    if isinstance(rule, ConditionRule):
        return (rule.condition.text,)
    return (rule.sum.text, None if rule.per is None else rule.per.name, rule.reach)
