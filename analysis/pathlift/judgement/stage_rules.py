"""Which surfaces and arms does each rule of a stage fire on? Methods 1.3, arm-neutral proxies.

A proxy that exists on one surface only (a search box) makes "need observed" a difference of
instruments, not of behaviour. So a stage needs a rule that fires wherever the stage is seen, in
every arm. Cannot tell a surface that lacks a rule from one on which nobody behaves so.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from pathlift.registry.experiment import Experiment, StageDefinition
from pathlift.registry.listing import rules_in_words
from pathlift.result.stage_rules import Firing, RuleFiring, StageRules
from pathlift.statistics.collected import RuleCount, Statistics

STRAY: Final = 0.01
"""Share of a rule's firings (or a stage's) below which a surface does not count: a stray row."""
EXPECTED: Final = 20.0
"""Firings expected from the other arms from which none at all is silence: 0 twice in a billion."""

_Counts = Mapping[tuple[str, str], tuple[int, int]]


def stage_rules(experiment: Experiment, statistics: Statistics) -> tuple[StageRules, ...]:
    """Where the rules of every stage fire, over all analysed units and days.

    Parameters
    ----------
    experiment : Experiment
        Arms as they were drawn: combined arms are told apart here.
    statistics : Statistics

    Returns
    -------
    tuple of StageRules
        In the order of the stages; empty where stages are no rules, and where nobody was counted.
    """
    if not statistics.rules:
        return ()
    return tuple(_stage(experiment, statistics, stage) for stage in experiment.stages)


def _stage(experiment: Experiment, statistics: Statistics, stage: StageDefinition) -> StageRules:
    declared = experiment.surface is not None
    by_rule = [
        _counts(experiment, (r for r in statistics.rules if (r.stage, r.rule) == (stage.name, n)))
        for n in range(len(stage.rules))
    ]
    on = {
        surface: sum(_fired(counts, surface) for counts in by_rule)
        for surface in dict.fromkeys(s for counts in by_rule for _, s in counts)
    }
    surfaces = _beyond_stray(on)
    rules = tuple(
        _rule(number, text, counts, {s: on[s] for s in surfaces}, declared=declared)
        for number, (text, counts) in enumerate(
            zip(rules_in_words(stage), by_rule, strict=True), start=1
        )
    )
    arms = [arm.name for arm in experiment.analyzed_arms]
    silent = tuple(
        arm
        for arm in arms
        if any(arm in rule.silent_in for rule in rules)
        and not any(f.fired for rule in rules for f in rule.firings if f.arm == arm)
    )
    single: bool | None = None
    if declared and surfaces:
        single = len(on) > 1 and not any(rule.neutral for rule in rules)
    if experiment.exposure_counts_as == stage.name:
        single, silent = None, ()  # the exposure is the stage, on every surface and in every arm
    return StageRules(
        stage=stage.name,
        surfaces=surfaces if declared else None,
        single_surface=single,
        silent_in=silent,
        rules=rules,
    )


def _counts(experiment: Experiment, rows: Iterable[RuleCount]) -> _Counts:
    """Units and firings by arm and surface, over the days of exposure."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    arms = {arm.name for arm in experiment.analyzed_arms}
    for row in rows:
        if row.arm in arms:
            units, fired = found.get((row.arm, row.surface), (0, 0))
            found[row.arm, row.surface] = (units + row.units, fired + row.fired)
    return found


def _rule(
    number: int, text: str, counts: _Counts, of_stage: Mapping[str, int], *, declared: bool
) -> RuleFiring:
    on = {surface: _fired(counts, surface) for surface in dict.fromkeys(s for _, s in counts)}
    surfaces = _beyond_stray(on)
    silent = _silent(counts)
    everywhere = len(of_stage) > 1 and all(
        on.get(surface, 0) > STRAY * fired for surface, fired in of_stage.items()
    )
    return RuleFiring(
        rule=number,
        text=text,
        surfaces=surfaces if declared else None,
        silent_in=silent,
        neutral=everywhere and not silent if declared else None,
        firings=tuple(
            Firing(
                arm=arm,
                surface=surface if declared else None,
                units=units,
                fired=fired,
                share=fired / units if units else None,
            )
            for (arm, surface), (units, fired) in counts.items()
        ),
    )


def _silent(counts: _Counts) -> tuple[str, ...]:
    """Arms in which a rule held for nobody, though the rate of the others makes many expected."""
    arms = dict.fromkeys(arm for arm, _ in counts)
    units = {arm: max(n for (a, _), (n, _) in counts.items() if a == arm) for arm in arms}
    fired = {arm: sum(n for (a, _), (_, n) in counts.items() if a == arm) for arm in arms}
    silent = []
    for arm in arms:
        others = sum(units[other] for other in arms if other != arm)
        rate = sum(fired[other] for other in arms if other != arm) / others if others else 0.0
        if fired[arm] == 0 and units[arm] * rate >= EXPECTED:
            silent.append(arm)
    return tuple(silent)


def _fired(counts: _Counts, surface: str) -> int:
    return sum(fired for (_, on), (_, fired) in counts.items() if on == surface)


def _beyond_stray(on: Mapping[str, int]) -> tuple[str, ...]:
    whole = sum(on.values())
    return tuple(sorted(surface for surface, fired in on.items() if fired > STRAY * whole))
