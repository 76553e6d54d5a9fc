"""Which arms are read as one? Knows their names, none of their data.

The units were drawn into the declared arms, and the split is checked against those; estimates and
the decision see the combined arm in place of its members.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from pathlift.registry.arms import check_name
from pathlift.registry.document import Document
from pathlift.registry.experiment import Arm, Experiment
from pathlift.registry.findings import Findings, did_you_mean

_LOC: Final = "combine"
_T = TypeVar("_T")


def resolve_combine(
    findings: Findings, document: Document, arms: tuple[Arm, ...]
) -> Mapping[str, tuple[str, ...]]:
    """Resolve ``combine``.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    arms : tuple of Arm
        As declared.

    Returns
    -------
    mapping of str to tuple of str
        Name of the combined arm to its members, those that are arms.
    """
    by_name = {arm.name: arm for arm in arms}
    taken: dict[str, str] = {}
    before = len(findings.problems)
    for name, members in document.combine.items():
        check_name(findings, "combined arm", name, _LOC, name)
        if name in by_name:
            findings.add_at_key(
                f"{name!r} is an arm already; a combined arm has a name of its own", _LOC, name
            )
        if len(members) == 1:
            findings.add(f"{name!r} combines one arm; two or more are needed", _LOC, name)
        for index, member in enumerate(members):
            loc = (_LOC, name, index)
            if member not in by_name:
                if findings.intact("arms"):
                    findings.add(
                        f"{member!r} is not an arm", *loc, hint=did_you_mean(member, by_name)
                    )
            elif not by_name[member].analyzed:
                findings.add(
                    f"arm {member!r} is not analyzed, so it is combined with nothing", *loc
                )
            elif member in taken:
                findings.add(f"arm {member!r} is part of {taken[member]!r} already", *loc)
            taken.setdefault(member, name)
    combine = {
        name: tuple(member for member in members if member in by_name)
        for name, members in document.combine.items()
    }
    for name, members in combine.items():
        _check_clusters(findings, name, [by_name[member] for member in members])
    left = [arm for arm in combined_arms(arms, combine) if arm.analyzed]
    if combine and len(left) < 2 <= sum(arm.analyzed for arm in arms):
        findings.add_at_key(
            f"every analyzed arm is part of {left[0].name!r}, so nothing is left to compare",
            _LOC,
        )
    if len(findings.problems) > before:
        findings.touched.add((_LOC,))  # contrasts that name it are not refused as well
    return combine


def combined_arms(arms: Iterable[Arm], combine: Mapping[str, tuple[str, ...]]) -> tuple[Arm, ...]:
    """Put combined arms in place of their members.

    Parameters
    ----------
    arms : iterable of Arm
        As declared.
    combine : mapping of str to tuple of str
        Name of the combined arm to its members.

    Returns
    -------
    tuple of Arm
        A combined arm stands where its first member stood. Its weight is the sum of theirs; it is
        the control when one of them is; it has a treatment, an intended ordering, prompts or a
        level of a factor where all of them agree.
    """
    given = tuple(arms)
    into = {member: name for name, members in combine.items() for member in members}
    found: dict[str, Arm] = {}
    for arm in given:
        name = into.get(arm.name, arm.name)
        if name not in found:
            parts = [each for each in given if into.get(each.name, each.name) == name]
            found[name] = arm if arm.name not in into else _combined(name, parts)
    return tuple(found.values())


def as_compared(experiment: Experiment) -> Experiment:
    """The experiment whose arms are those that are compared.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    Experiment
        The same where nothing is combined, or was combined before.
    """
    if not experiment.combine:
        return experiment
    return replace(experiment, arms=combined_arms(experiment.arms, experiment.combine), combine={})


def _check_clusters(findings: Findings, name: str, parts: list[Arm]) -> None:
    """One arm has one way in which its units resemble each other."""
    said = {
        None if part.cluster is None else (part.cluster.column.name, part.cluster.randomised)
        for part in parts
    }
    if len(said) > 1:
        findings.add(
            f"arms of {name!r} have different clusters; combined they have one, or none",
            _LOC,
            name,
            hint="write the same `cluster` on each of them",
        )


def _combined(name: str, parts: list[Arm]) -> Arm:
    return Arm(
        name=name,
        value=name,
        treatment=_shared([part.treatment for part in parts]),
        weight=sum(part.weight for part in parts),
        control=any(part.control for part in parts),
        ordering=_shared([part.ordering for part in parts]),
        cluster=parts[0].cluster,
        factors=_agreed([part.factors for part in parts]),
        prompts=_shared([part.prompts for part in parts]),
        at=parts[0].at,
    )


def _agreed(levels: list[Mapping[str, str]]) -> Mapping[str, str]:
    """Levels that all of them have."""
    return {
        factor: level
        for factor, level in levels[0].items()
        if all(other.get(factor) == level for other in levels)
    }


def _shared(values: list[_T | None]) -> _T | None:
    """What all of them are, or None."""
    return values[0] if all(value == values[0] for value in values) else None
