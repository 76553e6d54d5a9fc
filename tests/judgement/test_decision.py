"""The verdict of design 5, rule by rule, on estimates that say what they say."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from pathlift.judgement.decision import decide
from pathlift.registry.experiment import (
    Analysis,
    Arm,
    Contrast,
    DecisionRule,
    Margin,
    Metric,
    RatioOf,
)
from pathlift.result.model import Check

Make = Callable[..., Any]
THREE = (
    Arm(name="search", value="search", control=True),
    Arm(name="content", value="content"),
    Arm(name="influencer", value="influencer"),
)
BETTER, WORSE, UNCLEAR = (0.006, 0.018), (-0.018, -0.006), (-0.002, 0.008)
OPEN = {"search": 300, "content": 300}


def _check(severity: str, scope: str = "experiment", id: str = "srm") -> Check:
    return Check(id=id, severity=severity, scope=scope, message="It is wrong. Mend it.")


def _guard(estimate: Make, conclusion: str, **more: Any) -> Any:
    ends = {"non_inferior": (-0.002, 0.003), "harmed": (0.006, 0.012)}
    low, high = ends.get(conclusion, (-0.002, 0.008))
    given = {"metric": "refunds", "role": "guardrail", "better": "lower", "alpha": 0.025}
    return estimate(low, high, conclusion=conclusion, **(given | more))


@pytest.mark.parametrize(
    ("success", "guardrail", "status", "open_units", "verdict"),
    [
        pytest.param(BETTER, "non_inferior", "stopped", {}, "ship", id="ship"),
        pytest.param(BETTER, "non_inferior", "running", {}, "ship", id="ship-while-running"),
        pytest.param(BETTER, "harmed", "stopped", {}, "do_not_ship", id="harm-comes-first"),
        pytest.param(WORSE, "non_inferior", "running", {}, "do_not_ship", id="worse"),
        pytest.param(BETTER, "not_shown", "stopped", {}, "inconclusive", id="guardrail-open"),
        pytest.param(UNCLEAR, "non_inferior", "stopped", {}, "inconclusive", id="unclear"),
        pytest.param(UNCLEAR, "non_inferior", "running", {}, "inconclusive", id="all-mature"),
        pytest.param(UNCLEAR, "non_inferior", "running", OPEN, "keep_running", id="immature"),
        pytest.param(UNCLEAR, "non_inferior", "stopped", OPEN, "inconclusive", id="stopped"),
        pytest.param(BETTER, "non_inferior", "running", OPEN, "keep_running", id="early-win"),
        pytest.param(BETTER, "harmed", "running", OPEN, "keep_running", id="early-harm"),
        pytest.param(BETTER, "non_inferior", "stopped", OPEN, "keep_running", id="wait"),
    ],
)
def test_the_first_rule_that_applies_decides(
    success: tuple[float, float],
    guardrail: str,
    status: str,
    open_units: dict[str, int],
    verdict: str,
    experiment: Make,
    statistics: Make,
    estimate: Make,
    conversion: Make,
    refunds: Metric,
) -> None:
    made = experiment(status=status, metrics=(conversion(), refunds))
    estimates = (estimate(*success), _guard(estimate, guardrail))
    decision = decide(made, statistics(open_units=open_units), (), estimates)
    assert decision.verdict == verdict
    assert decision.arm == "content"
    assert [each.arm for each in decision.arms] == ["content"]
    assert decision.arms[0].reasons
    assert [f"content: {reason}" for reason in decision.arms[0].reasons] == list(decision.reasons)


def test_the_sentence_says_what_is_won_and_from_which_interval(
    experiment: Make, statistics: Make, estimate: Make, conversion: Make, refunds: Metric
) -> None:
    made = experiment(status="stopped", metrics=(conversion(), refunds))
    estimates = (estimate(*BETTER), _guard(estimate, "non_inferior"))
    assert decide(made, statistics(), (), estimates).sentence == (
        "Ship content: it raises conversion by 1.2 points (95% interval +0.6 to +1.8), and the "
        "guardrail holds."
    )
    estimates = (estimate(*BETTER), _guard(estimate, "harmed"))
    assert decide(made, statistics(), (), estimates).sentence == (
        "Do not ship content: guardrail refunds +0.90 points (95% interval +0.60 to +1.20), wholly "
        "beyond its margin of 0.5 points."
    )
    estimates = (estimate(*UNCLEAR), _guard(estimate, "non_inferior"))
    assert decide(made, statistics(), (), estimates).sentence == (
        "Inconclusive for content: conversion +0.3 points (95% interval −0.2 to +0.8), so neither "
        "a gain nor a loss is shown; with 80% power this design finds a rise of 0.84 points (8.4% "
        "of the control) in conversion."  # (1.960 + .842) x the standard error .003; control 10%
    )
    won = (estimate(*BETTER), _guard(estimate, "non_inferior"))
    assert decide(made, statistics(open_units=OPEN), (), won).sentence.startswith("Wait: ")
    running = replace(made, status="running")
    assert decide(running, statistics(open_units=OPEN), (), estimates).sentence == (
        "Keep running: windows are still open (complete: conversion for 70% of units), and nothing "
        "is decided before they have ended; 600 units are left."  # no times, so no days
    )
    assert decide(made, statistics(), [_check("fail")], estimates).sentence == (
        "Invalid: the split of units contradicts the planned weights; fix assignment before "
        "reading any number."
    )


@pytest.mark.parametrize(
    ("scope", "verdict"),
    [
        ("experiment", "invalid"),
        ("metric:conversion", "invalid"),
        ("metric:refunds", "invalid"),
        ("metric:revenue", "ship"),
        ("orderings", "ship"),
        ("stage:trust", "ship"),
        ("segment:country", "ship"),
    ],
)
def test_only_checks_that_hit_what_decides_invalidate(
    scope: str,
    verdict: str,
    experiment: Make,
    statistics: Make,
    estimate: Make,
    conversion: Make,
    refunds: Metric,
) -> None:
    revenue = replace(conversion(role="secondary"), name="revenue")
    made = experiment(metrics=(conversion(), revenue, refunds))
    estimates = (estimate(*BETTER), _guard(estimate, "non_inferior"))
    decision = decide(made, statistics(), [_check("fail", scope)], estimates)
    assert decision.verdict == verdict
    if verdict == "invalid":
        assert decision.arm is None
        assert "It is wrong. Mend it." in decision.reasons[0]


def test_a_ratio_falls_with_its_parts(
    experiment: Make, statistics: Make, estimate: Make, conversion: Make
) -> None:
    ratio = Metric(
        name="order_value",
        kind="ratio",
        role="primary",
        source=RatioOf(numerator="revenue", denominator="orders"),
    )
    parts = [replace(conversion(role="secondary"), name=name) for name in ("revenue", "orders")]
    made = experiment(metrics=(ratio, *parts), conversion=None)
    estimates = (estimate(0.5, 1.5, metric="order_value", kind="ratio"),)
    assert decide(made, statistics(), (), estimates).verdict == "ship"
    failed = [_check("fail", "metric:orders", "missing_outcome")]
    assert decide(made, statistics(), failed, estimates).verdict == "invalid"


def test_nothing_ships_while_a_check_of_the_experiment_fails(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    for success, status, severity in product(
        (BETTER, WORSE, UNCLEAR, (None, None)), ("running", "stopped"), ("fail", "warn")
    ):
        estimates = (
            estimate(*success, absolute=None) if success[0] is None else estimate(*success),
        )
        decision = decide(experiment(status=status), statistics(), [_check(severity)], estimates)
        assert (decision.verdict == "invalid") == (severity == "fail")


def test_an_estimate_that_is_invalid_is_never_shipped(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    estimates = (estimate(*BETTER, causal_status="invalid"),)
    assert decide(experiment(), statistics(), (), estimates).verdict == "invalid"


# --- what is read ------------------------------------------------------------------------------


def test_the_corrected_interval_decides(experiment: Make, statistics: Make, estimate: Make) -> None:
    made = experiment(status="stopped")
    wide = (estimate(*BETTER, simultaneous=(-0.001, 0.025)),)
    decision = decide(made, statistics(), (), wide)
    assert decision.verdict == "inconclusive"
    assert "corrected for 2 comparisons" in decision.sentence
    narrow = (estimate(*BETTER, simultaneous=(0.001, 0.023)),)
    assert decide(made, statistics(), (), narrow).verdict == "ship"


def test_where_interval_and_p_need_not_agree_both_have_to(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    for p, verdict in ((0.04, "ship"), (0.06, "inconclusive")):
        found = estimate(*BETTER, simultaneous=BETTER)
        family = found.simultaneous.model_copy(
            update={"interval_matches_p": False, "p_adjusted": p}
        )
        found = found.model_copy(update={"simultaneous": family})
        assert decide(experiment(), statistics(), (), (found,)).verdict == verdict


@pytest.mark.parametrize(
    ("worth", "relative", "verdict"),
    [
        pytest.param(Margin(scale="absolute", value=0.005), None, "ship", id="beyond"),
        pytest.param(Margin(scale="absolute", value=0.006), None, "inconclusive", id="at"),
        pytest.param(Margin(scale="absolute", value=0.010), None, "inconclusive", id="below"),
        pytest.param(Margin(scale="relative", value=0.03), (0.05, 0.2), "ship", id="relative"),
        pytest.param(
            Margin(scale="relative", value=0.03), (0.02, 0.2), "inconclusive", id="relative-below"
        ),
        pytest.param(
            Margin(scale="relative", value=0.03), (None, 0.2), "inconclusive", id="unbounded"
        ),
        pytest.param(Margin(scale="relative", value=0.03), None, "inconclusive", id="undefined"),
    ],
)
def test_a_success_lies_beyond_what_it_is_worth(
    worth: Margin,
    relative: tuple[float | None, float | None] | None,
    verdict: str,
    experiment: Make,
    statistics: Make,
    estimate: Make,
) -> None:
    made = experiment(
        status="stopped",
        decision=DecisionRule(success=("conversion",), worth={"conversion": worth}),
    )
    found = (estimate(*BETTER, relative=relative),)
    decision = decide(made, statistics(), (), found)
    assert decision.verdict == verdict
    points = f"{100 * worth.value:g}"
    absolute = "1 point" if points == "1" else f"{points} points"
    said = "3% of the control" if worth.scale == "relative" else absolute
    for sentence in (decision.rule, decision.reasons[0]):
        assert re.search(rf"{said}\b", sentence)


def test_an_end_beside_zero_keeps_its_side(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    made = experiment(status="stopped")
    decision = decide(made, statistics(), (), (estimate(-0.0004, 0.026),))
    assert "(95% interval −0.04 to +2.60)" in decision.sentence
    assert decision.verdict == "inconclusive"
    assert decide(made, statistics(), (), (estimate(0.0, 0.026),)).verdict == "inconclusive"


def test_lower_can_be_better(
    experiment: Make, statistics: Make, estimate: Make, conversion: Make
) -> None:
    made = experiment(metrics=(conversion(better="lower"),))
    decision = decide(made, statistics(), (), (estimate(*WORSE, better="lower"),))
    assert decision.verdict == "ship"
    assert "it lowers conversion by 1.2 points (95% interval −1.8 to −0.6)" in decision.sentence
    assert decide(made, statistics(), (), (estimate(*BETTER),)).verdict == "do_not_ship"


@pytest.mark.parametrize(
    ("need", "revenue", "verdict"),
    [
        ("any", UNCLEAR, "ship"),
        ("all", UNCLEAR, "inconclusive"),
        ("all", BETTER, "ship"),
        ("any", WORSE, "do_not_ship"),
    ],
)
def test_any_or_all_success_metrics_are_needed_and_none_may_be_worse(
    need: str,
    revenue: tuple[float, float],
    verdict: str,
    experiment: Make,
    statistics: Make,
    estimate: Make,
    conversion: Make,
) -> None:
    money = replace(conversion(role="secondary"), name="revenue", kind="mean")
    rule = DecisionRule(success=("conversion", "revenue"), need=need)  # type: ignore[arg-type]
    made = experiment(status="stopped", metrics=(conversion(), money), decision=rule)
    found = (estimate(*BETTER), estimate(*revenue, metric="revenue"))
    assert decide(made, statistics(), (), found).verdict == verdict


def test_what_is_not_estimated_ships_nothing_and_says_why(
    experiment: Make, statistics: Make, estimate: Make, conversion: Make, refunds: Metric
) -> None:
    made = experiment(status="stopped", metrics=(conversion(), refunds))
    missing: dict[str, Any] = {
        "conclusion": "not_estimated",
        "not_estimated": {"reason": "no unit is mature."},
    }
    for found in (
        (estimate(*BETTER), _guard(estimate, **missing)),
        (estimate(*BETTER, **missing), _guard(estimate, "non_inferior")),
    ):
        decision = decide(made, statistics(), (), found)
        assert decision.verdict == "inconclusive"
        assert "is not estimated: no unit is mature" in decision.sentence
        running = replace(made, status="running")
        assert decide(running, statistics(open_units=OPEN), (), found).verdict == "keep_running"


# --- several arms ------------------------------------------------------------------------------


def _both(estimate: Make, content: Any, influencer: Any) -> tuple[Any, Any]:
    return (estimate(*content), estimate(*influencer, arm="influencer"))


@pytest.mark.parametrize(
    ("content", "influencer", "verdict", "arm"),
    [
        (BETTER, UNCLEAR, "ship", "content"),
        (WORSE, BETTER, "ship", "influencer"),
        (BETTER, (0.010, 0.030), "ship", "influencer"),
        ((0.010, 0.030), BETTER, "ship", "content"),
        (WORSE, UNCLEAR, "inconclusive", "influencer"),
        (UNCLEAR, UNCLEAR, "inconclusive", None),
        (WORSE, WORSE, "do_not_ship", None),
    ],
)
def test_the_best_arm_decides_and_all_are_named(
    content: Any,
    influencer: Any,
    verdict: str,
    arm: str | None,
    experiment: Make,
    statistics: Make,
    estimate: Make,
) -> None:
    made = experiment(arms=THREE, status="stopped")
    units = dict.fromkeys(("search", "content", "influencer"), 1000)
    decision = decide(made, statistics(units), (), _both(estimate, content, influencer))
    assert (decision.verdict, decision.arm) == (verdict, arm)
    assert [each.arm for each in decision.arms] == ["content", "influencer"]
    for name in ("content", "influencer"):
        assert name in decision.sentence


def test_an_arm_that_is_not_compared_with_the_control_is_inconclusive(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    contrasts = (
        Contrast(arm="content", control="search"),
        Contrast(arm="influencer", control="content"),
    )
    made = experiment(arms=THREE, analysis=Analysis(contrasts=contrasts), status="running")
    units = dict.fromkeys(("search", "content", "influencer"), 1000)
    found = (estimate(*BETTER), estimate(*BETTER, arm="influencer", control="content"))
    decision = decide(made, statistics(units, open_units=OPEN), (), found)
    verdicts = {each.arm: each.verdict for each in decision.arms}
    assert verdicts == {"content": "keep_running", "influencer": "inconclusive"}
    assert "not compared with the control search" in decision.arms[1].reasons[0]


def test_a_holdout_gets_no_verdict(experiment: Make, statistics: Make, estimate: Make) -> None:
    arms = (*THREE[:2], Arm(name="held", value="held", analyzed=False))
    decision = decide(experiment(arms=arms), statistics(), (), (estimate(*BETTER),))
    assert [each.arm for each in decision.arms] == ["content"]


def test_without_a_treated_arm_nothing_is_decided(experiment: Make, statistics: Make) -> None:
    arms = (THREE[0], Arm(name="held", value="held", analyzed=False))
    decision = decide(experiment(arms=arms), statistics(), (), ())
    assert (decision.verdict, decision.arm, decision.arms) == ("inconclusive", None, ())


# --- checks only, segments -----------------------------------------------------------------------


def test_without_metrics_the_checks_decide(experiment: Make, statistics: Make) -> None:
    made = experiment(metrics=(), conversion=None)
    fine = decide(made, statistics(), [_check("warn")], ())
    assert (fine.verdict, fine.reasons) == ("inconclusive", ("checks_only",))
    wrong = decide(made, statistics(), [_check("fail")], ())
    assert (wrong.verdict, wrong.arm) == ("invalid", None)
    assert "split of units contradicts" in wrong.sentence


def test_segments_and_orderings_do_not_decide(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    made = experiment(status="stopped")
    found = (
        estimate(*WORSE, segment={"country": "de"}),
        estimate(*WORSE, estimand="incidence", ordering="touchpoint>need>trust"),
        estimate(*BETTER),
    )
    assert decide(made, statistics(), (), found).verdict == "ship"


def test_the_rule_names_margins_and_the_control(
    experiment: Make, statistics: Make, estimate: Make, conversion: Make, refunds: Metric
) -> None:
    made = experiment(metrics=(conversion(), refunds))
    rule = decide(made, statistics(), (), (estimate(*BETTER),)).rule
    for words in ("95% interval against search shows conversion higher.", "refunds (0.5 points)"):
        assert words in rule
