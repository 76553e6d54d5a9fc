"""Who is compared with whom? Knows the arms of a file, none of their data."""

from collections.abc import Mapping
from typing import Final

from pathlift.registry.clusters import resolve_clusters
from pathlift.registry.document import ArmPart, Document
from pathlift.registry.experiment import INTENDED, Arm, Cluster, Contrast, Shape, Stage
from pathlift.registry.findings import Findings, did_you_mean
from pathlift.registry.prompting import check_prompts


def check_name(findings: Findings, what: str, name: str, *loc: str | int) -> None:
    """Report a name that cannot be shown on a line, or be part of an id.

    Parameters
    ----------
    findings : Findings
    what : str
        Such as ``arm``.
    name : str
    *loc : str or int
        Whose key it is.
    """
    if not name or name != name.strip() or not name.isprintable() or "/" in name:
        findings.add_at_key(
            f"{name!r} cannot be the name of {'an' if what[0] in 'ao' else 'a'} {what}",
            *loc,
            hint="a name is printable text without / and without spaces around it",
        )


def resolve_arms(
    findings: Findings, document: Document, stages: tuple[Stage, ...], shape: Shape | None
) -> tuple[Arm, ...]:
    """Resolve ``arms``: values, weights and intended orderings are filled in.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    stages : tuple of Stage
        The declared ones.
    shape : {'journeys', 'units', 'totals'} or None

    Returns
    -------
    tuple of Arm
        In file order.
    """
    written = document.arms
    if written is None:
        findings.missing("`arms` is missing", "arms", hint="two or more, one with `control: true`")
        return ()
    _check_count(findings, written)
    _check_control(findings, written)
    _check_weights(findings, written)
    _check_values(findings, written)
    for name, part in written.items():
        check_name(findings, "arm", name, "arms", name)
        _check_ordering(findings, name, part, stages)
        check_prompts(findings, name, part, stages)
        if part.received is not None and shape == "totals":
            findings.add_at_key(
                "`received` needs one row per unit; totals have none", "arms", name, "received"
            )
    clusters = resolve_clusters(findings, document, shape)
    return tuple(
        _arm(findings, name, part, stages, clusters.get(name)) for name, part in written.items()
    )


def _arm(
    findings: Findings,
    name: str,
    part: ArmPart,
    stages: tuple[Stage, ...],
    cluster: Cluster | None,
) -> Arm:
    ordering = part.ordering
    if ordering is None and stages:
        ordering = part.prompts
    if ordering is None and part.treatment is not None and stages:
        ordering = tuple(stage for stage in INTENDED[part.treatment] if stage in stages)
    return Arm(
        name=name,
        value=name if part.value is None else part.value,
        treatment=part.treatment,
        weight=1.0 if part.weight is None else part.weight,
        control=part.control,
        analyzed=part.analyzed,
        ordering=ordering,
        received=part.received,
        cluster=cluster,
        factors=part.factors or {},
        prompts=part.prompts,
        at=findings.written.key_at("arms", name),
    )


def _check_count(findings: Findings, written: Mapping[str, ArmPart]) -> None:
    if not findings.intact("arms"):
        return
    analyzed = [name for name, part in written.items() if part.analyzed]
    if len(written) < 2:
        findings.add_at_key(
            f"{len(written)} arm; an experiment compares two or more"
            if written
            else "no arms; an experiment compares two or more",
            "arms",
        )
    elif len(analyzed) < 2:
        findings.add_at_key(
            f"{len(analyzed)} of {len(written)} arms is analyzed; two or more are needed"
            if analyzed
            else "no arm is analyzed; two or more are needed",
            "arms",
        )


def _check_control(findings: Findings, written: Mapping[str, ArmPart]) -> None:
    controls = [name for name, part in written.items() if part.control]
    for name in controls:
        if not written[name].analyzed:
            findings.add(
                f"arm {name!r} is the control, so it is analyzed", "arms", name, "analyzed"
            )
    for name in controls[1:]:
        findings.add_at_key(
            f"a second control; arm {controls[0]!r} is the control already",
            "arms",
            name,
            "control",
        )
    if not controls and written and findings.intact("arms"):
        findings.add_at_key(
            "no arm is the control", "arms", hint="write `control: true` in exactly one arm"
        )


def _check_weights(findings: Findings, written: Mapping[str, ArmPart]) -> None:
    having = [name for name, part in written.items() if part.weight is not None]
    lacking = [name for name, part in written.items() if part.weight is None and part.analyzed]
    if having and lacking and findings.intact("arms"):
        findings.add_at_key(
            f"arm {lacking[0]!r} has no weight, but arm {having[0]!r} has one",
            "arms",
            lacking[0],
            hint="give every arm a weight, or none for equal ones",
        )


def _check_values(findings: Findings, written: Mapping[str, ArmPart]) -> None:
    first: dict[str, str] = {}
    for name, part in written.items():
        value = name if part.value is None else part.value
        if value in first:
            findings.add_at_key(
                f"arms {first[value]!r} and {name!r} are both written {value!r} in the data",
                "arms",
                name,
            )
        first.setdefault(value, name)


def _check_ordering(
    findings: Findings, name: str, part: ArmPart, stages: tuple[Stage, ...]
) -> None:
    if part.ordering is None or not findings.intact("stages"):
        return
    loc: Final = ("arms", name, "ordering")
    if not stages:
        findings.add_at_key(
            f"arm {name!r} has an ordering, but no stages are declared", *loc, hint=_DECLARE
        )
    elif sorted(part.ordering) != sorted(stages):
        findings.add(
            f"the ordering of arm {name!r} names {', '.join(part.ordering) or 'nothing'};"
            f" it names every declared stage once: {', '.join(stages)}",
            *loc,
        )


_DECLARE: Final = "declare `stages`, or leave the ordering out"


def resolve_contrasts(
    findings: Findings,
    document: Document,
    arms: tuple[Arm, ...],
    combine: Mapping[str, tuple[str, ...]],
) -> tuple[Contrast, ...]:
    """Resolve ``analysis.contrasts`` to pairs of analysed arms.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    arms : tuple of Arm
        Combined ones in place of their members.
    combine : mapping of str to tuple of str
        Members of the combined arms.

    Returns
    -------
    tuple of Contrast
        In file order. Of all pairs, the control is the control, else the arm that comes first.
    """
    analyzed = [arm for arm in arms if arm.analyzed]
    # Stable: the control comes first, all others as in the file.
    ordered = [arm.name for arm in sorted(analyzed, key=lambda arm: not arm.control)]
    match document.analysis.contrasts:
        case "control":
            return tuple(Contrast(arm=arm, control=ordered[0]) for arm in ordered[1:])
        case "all_pairs":
            return tuple(
                Contrast(arm=arm, control=control)
                for index, control in enumerate(ordered)
                for arm in ordered[index + 1 :]
            )
        case pairs:
            part_of = {member: name for name, members in combine.items() for member in members}
            if findings.intact("combine"):
                _check_pairs(findings, pairs, {arm.name: arm for arm in arms}, part_of)
            return tuple(Contrast(arm=arm, control=control) for arm, control in pairs)


def _check_pairs(
    findings: Findings,
    pairs: tuple[tuple[str, str], ...],
    arms: Mapping[str, Arm],
    part_of: Mapping[str, str],
) -> None:
    loc: Final = ("analysis", "contrasts")
    seen: set[frozenset[str]] = set()
    for index, pair in enumerate(pairs):
        for side, name in enumerate(pair):
            if name in part_of:
                findings.add(
                    f"arm {name!r} is part of {part_of[name]!r}, so it is compared with nothing",
                    *loc,
                    index,
                    side,
                    hint=f"write {part_of[name]}",
                )
            elif name not in arms:
                if findings.intact("arms"):
                    findings.add(
                        f"{name!r} is not an arm", *loc, index, side, hint=did_you_mean(name, arms)
                    )
            elif not arms[name].analyzed:
                findings.add(f"arm {name!r} is not analyzed, so it is in no contrast", *loc, index)
        if pair[0] == pair[1]:
            findings.add(f"arm {pair[0]!r} is compared with itself", *loc, index)
        elif frozenset(pair) in seen:
            findings.add(f"{pair[0]!r} and {pair[1]!r} are compared twice", *loc, index)
        seen.add(frozenset(pair))
