"""Which factors do the arms cross, and which combinations of levels were drawn? Knows no data.

What a crossing identifies is found in inference; here are its factors, levels and cells.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from pathlift.registry.arms import check_name
from pathlift.registry.combining import as_compared
from pathlift.registry.experiment import Arm, Experiment
from pathlift.registry.findings import Findings

_UNFIT: Final = "="  # parts a factor from its level in ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One thing that arms differ in.

    Attributes
    ----------
    name : str
    levels : tuple of str
        The reference first, then as in the file; two or more.
    """

    name: str
    levels: tuple[str, ...]

    @property
    def reference(self) -> str:
        """Level that the others are compared with: the control's."""
        return self.levels[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Arms as combinations of levels.

    Attributes
    ----------
    factors : tuple of Factor
        In the order in which arms name them.
    cells : mapping of tuple of str to str
        Arm by its levels, in the order of `factors`.
    outside : tuple of str
        Analysed arms without factors.
    all_pairs : bool
        Whether every level is compared with every other, not only with the reference.
    """

    factors: tuple[Factor, ...]
    cells: Mapping[tuple[str, ...], str]
    outside: tuple[str, ...]
    all_pairs: bool

    @property
    def missing(self) -> tuple[Mapping[str, str], ...]:
        """Combinations of levels that no arm has, level by factor."""
        names = [factor.name for factor in self.factors]
        return tuple(
            dict(zip(names, levels, strict=True))
            for levels in product(*(factor.levels for factor in self.factors))
            if levels not in self.cells
        )

    def against_references(self) -> "Crossing":
        """Return the same crossing, each level compared with its reference alone."""
        return replace(self, all_pairs=False)


def crossing_of(experiment: Experiment) -> Crossing | None:
    """Read the crossing of an experiment.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    Crossing or None
        Of the analysed arms, combined ones in place of their members; None without factors.
    """
    experiment = as_compared(experiment)
    arms = experiment.analyzed_arms
    crossed = [arm for arm in arms if arm.factors]
    if not crossed:
        return None
    # stable: the control gives the references, then levels stand as in the file
    ordered = sorted(crossed, key=lambda arm: not arm.control)
    factors = tuple(
        Factor(name=name, levels=tuple(dict.fromkeys(arm.factors[name] for arm in ordered)))
        for name in ordered[0].factors
    )
    pairs = len(arms) * (len(arms) - 1) // 2
    return Crossing(
        factors=factors,
        cells={tuple(arm.factors[f.name] for f in factors): arm.name for arm in crossed},
        outside=tuple(arm.name for arm in arms if not arm.factors),
        all_pairs=len(arms) > 2 and len(experiment.analysis.contrasts) == pairs,
    )


def check_factors(
    findings: Findings, arms: tuple[Arm, ...], combine: Mapping[str, tuple[str, ...]]
) -> None:
    """Report factors that cross nothing.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    arms : tuple of Arm
        Combined ones in place of their members.
    combine : mapping of str to tuple of str
        Members of the combined arms.
    """
    crossed = [arm for arm in arms if arm.factors]
    for arm in crossed:
        loc = _loc(arm, combine)
        for name, level in arm.factors.items():
            _check_word(findings, "factor", name, *loc, name)
            _check_word(findings, "level", level, *loc, name)
        if not arm.analyzed:
            findings.add_at_key(
                f"arm {arm.name!r} is not analyzed, so its factors are compared with nothing", *loc
            )
    crossed = [arm for arm in crossed if arm.analyzed]
    if not crossed or not findings.intact("arms") or not findings.intact("combine"):
        return
    if _same_factors(findings, crossed, combine):
        _check_levels(findings, crossed, combine)


def _check_word(findings: Findings, what: str, word: str, *loc: str | int) -> None:
    check_name(findings, what, word, *loc)
    if _UNFIT in word:
        findings.add_at_key(f"{word!r} has a =, which parts a factor from its level", *loc)


def _same_factors(
    findings: Findings, arms: list[Arm], combine: Mapping[str, tuple[str, ...]]
) -> bool:
    first, same = arms[0], True
    for arm in arms[1:]:
        odd = sorted(arm.factors.keys() ^ first.factors.keys())
        if odd:
            same = False
            lacking = first if odd[0] in arm.factors else arm
            findings.add_at_key(
                f"arm {lacking.name!r} has no level of {odd[0]!r}, and arm"
                f" {(arm if lacking is first else first).name!r} has one",
                *_loc(lacking, combine),
                hint="arms of one combined arm have the same levels"
                if lacking.name in combine
                else "give it one, or leave `factors` out where an arm stands outside the crossing",
            )
    return same


def _check_levels(
    findings: Findings, arms: list[Arm], combine: Mapping[str, tuple[str, ...]]
) -> None:
    for name in arms[0].factors:
        levels = {arm.factors[name] for arm in arms}
        if len(levels) == 1:
            findings.add_at_key(
                f"factor {name!r} has one level, {levels.pop()!r}; a factor has two or more",
                *_loc(arms[0], combine),
                name,
            )
    seen: dict[tuple[str, ...], str] = {}
    for arm in arms:
        cell = tuple(arm.factors[name] for name in arms[0].factors)
        if cell in seen:
            findings.add_at_key(
                f"arms {seen[cell]!r} and {arm.name!r} have the same levels of every factor",
                *_loc(arm, combine),
                hint=f"read them as one: combine: {{NAME: [{seen[cell]}, {arm.name}]}}",
            )
        seen.setdefault(cell, arm.name)


def _loc(arm: Arm, combine: Mapping[str, tuple[str, ...]]) -> tuple[str | int, ...]:
    return ("combine", arm.name) if arm.name in combine else ("arms", arm.name, "factors")
