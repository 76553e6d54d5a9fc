"""Which surfaces and arms rules of stages fire on, from counts small enough to see the answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pathlift.judgement.checks import run_checks
from pathlift.judgement.stage_rules import stage_rules
from pathlift.registry.experiment import (
    Column,
    ConditionRule,
    Experiment,
    Expression,
    StageDefinition,
)
from pathlift.result.model import Check
from pathlift.result.stage_rules import StageRules
from pathlift.statistics.collected import RuleCount, Statistics

Make = Callable[..., Any]
UNITS = 1_000
SEARCH, CART = "event = 'search'", "event = 'cart'"


def with_rules(experiment: Experiment, *texts: str, surface: bool = True) -> Experiment:
    """An experiment whose stage `need` has these rules."""
    rules = tuple(ConditionRule(condition=Expression(text=text)) for text in texts)
    stages = (StageDefinition(name="need", rules=rules), *experiment.stages[1:])
    return replace(experiment, stages=stages, surface=Column(name="platform") if surface else None)


def fired(counts: Mapping[tuple[int, str], tuple[int, int]]) -> tuple[RuleCount, ...]:
    """By rule and surface: units of search and of content for whom it fired, over two days."""
    return tuple(
        RuleCount(
            arm=arm,
            stage="need",
            rule=rule,
            surface=surface,
            day=f"2026-03-0{day}",
            units=UNITS // 2,
            fired=(count + day - 2) // 2 if count else 0,
        )
        for (rule, surface), both in counts.items()
        for arm, count in zip(("search", "content"), both, strict=True)
        for day in (2, 3)
    )


def need_of(experiment: Experiment, statistics: Statistics) -> StageRules:
    return next(s for s in stage_rules(experiment, statistics) if s.stage == "need")


def check_of(experiment: Experiment, statistics: Statistics) -> Check:
    return next(
        check
        for check in run_checks(experiment, statistics)
        if check.id == "rules" and check.scope == "stage:need"
    )


# Search lies on the page of results alone; the cart is everywhere.
CASES = {
    "a rule that fires everywhere": (
        {(0, "results"): (600, 100), (0, "feed"): (0, 0), (1, "results"): (200, 90),
         (1, "feed"): (80, 300)},
        (False, True), False, "pass", "by rule 2",
    ),
    "one surface only": (
        {(0, "results"): (600, 100), (0, "feed"): (0, 0), (1, "results"): (200, 90),
         (1, "feed"): (0, 0)},
        (False, False), True, "warn", "need is seen on results only",
    ),
    "each surface by a rule of its own": (
        {(0, "results"): (600, 100), (0, "feed"): (0, 0), (1, "results"): (0, 0),
         (1, "feed"): (80, 300)},
        (False, False), True, "warn", "Rule 1: results. Rule 2: feed.",
    ),
    "stray rows do not make a rule neutral": (
        {(0, "results"): (600, 100), (0, "feed"): (1, 1), (1, "results"): (0, 0),
         (1, "feed"): (80, 300)},
        (False, False), True, "warn", "No rule of need fires on every surface",
    ),
    "everywhere, but not in every arm": (
        {(0, "results"): (600, 0), (0, "feed"): (200, 0), (1, "results"): (0, 0),
         (1, "feed"): (80, 300)},
        (False, False), True, "warn", "Rule 1: feed and results, not in content",
    ),
    "a log of one surface": (
        {(0, "app"): (600, 100), (1, "app"): (200, 90)},
        (False, False), False, "pass", "All events lie on one surface",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_stage_hangs_on_single_surfaces_unless_a_rule_fires_everywhere(
    name: str, experiment: Make, statistics: Make
) -> None:
    counts, neutral, single, severity, said = CASES[name]
    made = with_rules(experiment(), SEARCH, CART)
    table = statistics(rules=fired(counts))
    need = need_of(made, table)
    assert tuple(rule.neutral for rule in need.rules) == neutral
    assert need.single_surface is single
    check = check_of(made, table)
    assert check.severity == severity
    assert said in check.message


def test_firings_are_added_up_over_days_by_arm_and_surface(
    experiment: Make, statistics: Make
) -> None:
    made = with_rules(experiment(), SEARCH, CART)
    table = statistics(rules=fired({(0, "results"): (600, 100), (1, "feed"): (80, 300)}))
    search, cart = need_of(made, table).rules
    assert search.text == SEARCH
    assert [(f.arm, f.surface, f.units, f.fired, f.share) for f in search.firings] == [
        ("search", "results", 1000, 600, 0.6),
        ("content", "results", 1000, 100, 0.1),
    ]
    assert cart.surfaces == ("feed",)


def test_a_stage_that_nobody_of_an_arm_shows_fails_its_orderings(
    experiment: Make, statistics: Make
) -> None:
    made = with_rules(experiment(), SEARCH, CART, surface=False)
    check = check_of(made, statistics(rules=fired({(0, ""): (600, 0), (1, ""): (40, 0)})))
    assert check.severity == "fail"
    assert "need was seen for no unit of content" in check.message
    assert check.figures["silent_in"] == ["content"]


def test_an_arm_in_which_few_are_expected_may_be_silent(experiment: Make, statistics: Make) -> None:
    made = with_rules(experiment(), SEARCH, surface=False)
    for fired_, severity in ((18, "not_checked"), (20, "fail")):  # 20 expected: EXPECTED
        table = statistics(rules=fired({(0, ""): (fired_, 0)}))
        assert check_of(made, table).severity == severity


def test_a_stage_that_nobody_shows_fails_its_orderings_once_units_are_many(
    experiment: Make, statistics: Make
) -> None:
    made = with_rules(experiment(), SEARCH)
    check = check_of(made, statistics(rules=fired({(0, "results"): (0, 0)})))
    assert check.severity == "fail"
    assert "No rule of need held for any analysed unit" in check.message
    few = tuple(replace(row, units=5) for row in fired({(0, "results"): (0, 0)}))
    assert check_of(made, statistics(rules=few)).severity == "warn"


def test_without_a_surface_it_is_not_checked_and_says_what_to_declare(
    experiment: Make, statistics: Make
) -> None:
    made = with_rules(experiment(), SEARCH, CART, surface=False)
    table = statistics(rules=fired({(0, ""): (600, 100), (1, ""): (200, 0)}))
    need = need_of(made, table)
    assert need.single_surface is None
    assert all(rule.surfaces is None and rule.neutral is None for rule in need.rules)
    check = check_of(made, table)
    assert check.severity == "not_checked"
    assert "no `surface` is declared" in check.message
    assert "Rule 2 fired for nobody in content" in check.message


def test_the_exposure_as_a_stage_hangs_on_no_rule(experiment: Make, statistics: Make) -> None:
    made = replace(with_rules(experiment(), SEARCH), exposure_counts_as="need")
    table = statistics(rules=fired({(0, "results"): (600, 0), (0, "feed"): (0, 0)}))
    assert need_of(made, table).single_surface is None
    assert check_of(made, table).severity == "pass"


def test_stages_that_are_columns_have_no_rules(experiment: Make, statistics: Make) -> None:
    assert stage_rules(experiment(), statistics()) == ()
    (check,) = [c for c in run_checks(experiment(), statistics()) if c.id == "rules"]
    assert check.severity == "not_checked"
