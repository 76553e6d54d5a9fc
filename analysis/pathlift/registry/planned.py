"""Which averages over arms were planned to be compared? Resolves `analysis.planned`.

Knows no numbers, and no contrasts of two arms: those are `analysis.contrasts`.
"""

from collections.abc import Mapping
from typing import Final

from pathlift.registry.document import Document
from pathlift.registry.experiment import Arm, Average, Planned
from pathlift.registry.findings import Findings, did_you_mean

_LOC: Final = ("analysis", "planned")
_ROUNDING: Final = 1e-9  # by which weights written as decimals may miss 1
_Side = str | tuple[str, ...] | dict[str, float]


def resolve_planned(
    findings: Findings,
    document: Document,
    arms: tuple[Arm, ...],
    combine: Mapping[str, tuple[str, ...]],
) -> tuple[Planned, ...]:
    """Resolve planned contrasts to weights of analysed arms.

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
    tuple of Planned
        In file order.
    """
    if not findings.intact("arms") or not findings.intact("combine"):
        return ()
    by_name = {arm.name: arm for arm in arms}
    part_of = {member: name for name, members in combine.items() for member in members}
    found = []
    for name, part in document.analysis.planned.items():
        if name in by_name or name in part_of:
            findings.add_at_key(
                f"{name!r} is an arm; a planned average needs a name of its own", *_LOC, name
            )
        sides = {"of": part.of, "against": part.against}
        for key, side in sides.items():
            _check(findings, name, key, side, by_name, part_of)
        shared = [arm for arm in _weights(part.of) if arm in _weights(part.against)]
        if shared:
            findings.add(f"arm {shared[0]!r} stands on both sides", *_LOC, name, "against")
        if max(len(_weights(side)) for side in sides.values()) < 2:
            pair = f"[{', '.join((*_weights(part.of), *_weights(part.against)))}]"
            findings.add(
                f"{name!r} compares two arms, which `contrasts` does",
                *_LOC,
                name,
                hint=f"write `contrasts: [{pair}]`",
            )
        of = _weights(part.of)
        found.append(
            Planned(
                arm=Average(name=next(iter(of)) if len(of) == 1 else name, weights=of),
                control=_named(_weights(part.against)),
            )
        )
    return tuple(found)


def _weights(side: _Side) -> dict[str, float]:
    match side:
        case str():
            return {side: 1.0}
        case tuple():
            return dict.fromkeys(side, 1 / len(side))
        case _:
            return dict(side)


def _named(weights: dict[str, float]) -> Average:
    """An arm alone under its name; several as the sum that they are."""
    if len(weights) == 1:
        return Average(name=next(iter(weights)), weights=weights)
    words = " + ".join(f"{weight:.4g} {arm}" for arm, weight in weights.items())
    return Average(name=words, weights=weights)


def _check(
    findings: Findings,
    name: str,
    key: str,
    side: _Side,
    arms: Mapping[str, Arm],
    part_of: Mapping[str, str],
) -> None:
    for place, arm in enumerate(_weights(side)):
        loc = (*_LOC, name, key, *(() if isinstance(side, str) else (place,)))
        at = (*_LOC, name, key, arm) if isinstance(side, dict) else loc
        if arm in part_of:
            findings.add(
                f"arm {arm!r} is part of {part_of[arm]!r}, so it is compared with nothing",
                *at,
                hint=f"write {part_of[arm]}",
            )
        elif arm not in arms:
            findings.add(f"{arm!r} is not an arm", *at, hint=did_you_mean(arm, arms))
        elif not arms[arm].analyzed:
            findings.add(f"arm {arm!r} is not analyzed, so it is in no contrast", *at)
    if isinstance(side, tuple) and len(set(side)) < len(side):
        findings.add("an arm stands twice in it", *_LOC, name, key)
    if not isinstance(side, dict):
        return
    for arm, weight in side.items():
        if not 0 < weight <= 1:
            findings.add(
                f"the weight of {arm!r} is {weight:g}; it lies above 0 and at 1 at most",
                *_LOC, name, key, arm,
                hint="arms to be subtracted stand under the other key",
            )  # fmt: skip
    total = sum(side.values())
    if all(0 < weight <= 1 for weight in side.values()) and abs(total - 1) > _ROUNDING:
        findings.add(f"weights add up to {total:.6g}, and an average has 1", *_LOC, name, key)
