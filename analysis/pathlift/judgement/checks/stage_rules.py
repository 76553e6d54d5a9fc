"""Does a stage hang on one surface or on one arm? Methods 1.3 and V12; judges where rules fire."""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.facts import not_checked
from pathlift.judgement.checks.stage_shares import stages
from pathlift.judgement.checks.stages import NO_STAGES
from pathlift.judgement.stage_rules import EXPECTED, STRAY, stage_rules
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.result.stage_rules import RuleFiring, StageRules
from pathlift.statistics.collected import Statistics

ENOUGH = 100
"""Units from which a stage that nobody shows is a fault of its rules, not of few units."""


def rules(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Hold the surfaces and arms on which the rules of a stage fire against each other.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One for each stage. ``fail`` where its rules fire for nobody, or for nobody of an arm in
        which many are expected, unless check ``stages`` says so already (``not_checked``: one cause
        is one message); ``warn`` where no rule fires on every surface on which the stage is seen
        and in every arm; ``not_checked`` for surfaces that are not declared.
    """
    if not experiment.stages:
        yield not_checked("rules", NO_STAGES, "orderings")
        return
    found = stage_rules(experiment, statistics)
    if not found:
        yield not_checked(
            "rules", "stages are columns with times here, so no rule fires.", "orderings"
        )
    said = {check.scope for check in stages(experiment, statistics) if check.severity in _SAID}
    for stage in found:
        yield _of_stage(experiment, stage, told=f"stage:{stage.stage}" in said)


def _of_stage(experiment: Experiment, stage: StageRules, *, told: bool) -> Check:
    severity, said = _judged(experiment, stage)
    if told and _unseen(stage) and severity in _SAID:
        severity, said = (
            "not_checked",
            (
                f"Not checked: that {stage.stage} is not seen is said by check `stages`; mend that "
                f"first. {_arms(stage)}"
            ),
        )
    return Check(
        id="rules",
        severity=severity,
        scope=f"stage:{stage.stage}",
        message=said,
        figures={
            "surfaces": list(stage.surfaces) if stage.surfaces is not None else None,
            "neutral_rules": [rule.rule for rule in stage.rules if rule.neutral],
            "silent_in": list(stage.silent_in),
            "silent_where_expected": EXPECTED,
            "stray_below": STRAY,
        },
    )


def _judged(experiment: Experiment, stage: StageRules) -> tuple[Severity, str]:
    name = stage.stage
    if experiment.exposure_counts_as == name:
        return "pass", f"The exposure itself is {name}, in every arm; its rules decide nothing."
    if not _fires(stage):
        units = sum({firing.arm: firing.units for firing in stage.rules[0].firings}.values())
        return "fail" if units >= ENOUGH else "warn", (
            f"No rule of {name} held for any analysed unit within the window, so every ordering "
            "lacks it. Correct its conditions, or leave the stage out."
        )
    if stage.silent_in:
        return "fail", (
            f"{name} was seen for no unit of {words.listed(list(stage.silent_in))}, though the "
            "other arms make many expected: it is told there by other events, or by none. "
            "Add a rule that is logged in every arm before reading orderings with it."
        )
    if stage.single_surface is None:
        return "not_checked", (
            f"Not checked: no `surface` is declared, so nothing shows whether {name} hangs on one "
            "surface. Name the event column that holds it. " + _arms(stage)
        )
    if stage.single_surface:
        return "warn", f"{_hanging(stage)} {_where(stage)} {_ADVICE}"
    if not any(rule.neutral for rule in stage.rules):
        return "pass", f"All events lie on one surface, so {name} hangs on no other."
    neutral = words.listed([f"rule {rule.rule}" for rule in stage.rules if rule.neutral])
    return "pass", (
        f"{name} is told alike on {words.listed(list(stage.surfaces or ()))} and in every arm, by "
        f"{neutral}."
    )


def _fires(stage: StageRules) -> bool:
    return any(firing.fired for rule in stage.rules for firing in rule.firings)


def _unseen(stage: StageRules) -> bool:
    """Whether nobody, or nobody of an arm, shows the stage: what check `stages` looks for too."""
    return bool(stage.silent_in) or not _fires(stage)


_SAID: tuple[Severity, ...] = ("warn", "fail")
_ADVICE = (
    "What arms show on other surfaces then looks like what their units do: add a rule that is "
    "logged alike on all of them."
)


def _hanging(stage: StageRules) -> str:
    surfaces = list(stage.surfaces or ())
    if len(surfaces) == 1:
        return f"{stage.stage} is seen on {surfaces[0]} only."
    return (
        f"No rule of {stage.stage} fires on every surface on which it is seen "
        f"({words.listed(surfaces)}), and in every arm."
    )


def _where(stage: StageRules) -> str:
    return " ".join(f"Rule {rule.rule}: {_places(rule)}." for rule in stage.rules)


def _places(rule: RuleFiring) -> str:
    if not rule.surfaces:
        return "nowhere"
    silent = f", not in {words.listed(list(rule.silent_in))}" if rule.silent_in else ""
    return f"{words.listed(list(rule.surfaces))}{silent}"


def _arms(stage: StageRules) -> str:
    silent = [
        f"Rule {rule.rule} fired for nobody in {words.listed(list(rule.silent_in))}."
        for rule in stage.rules
        if rule.silent_in
    ]
    if not _fires(stage):
        return "None of its rules fired for anybody."
    return " ".join(silent) or "Every rule fires in every arm in which that is to be expected."
