"""What is left to wait for: units and days, counted by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pathlift.judgement.decision import decide
from pathlift.judgement.remaining import Remaining, remaining
from pathlift.registry.experiment import LookPlan
from pathlift.statistics.collected import ArmFacts, Statistics

Make = Callable[..., Any]
UNCLEAR = (-0.002, 0.008)


def timed(statistics: Statistics, first: datetime, last: datetime, now: datetime) -> Statistics:
    arms = tuple(
        ArmFacts(
            arm=facts.arm,
            units=facts.units,
            matured_units=facts.matured_units,
            first_exposure=first,
            last_exposure=last,
        )
        for facts in statistics.arms
    )
    return replace(statistics, arms=arms, watermark=now)


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "now", "days"),
    [
        # the period ends with 29 March, and the last of its units has 14 days from there
        pytest.param("running", day(3, 20), 10 + 14, id="the-period-is-open"),
        # the last unit came on 28 March, and is mature on 11 April
        pytest.param("running", day(4, 5), 6, id="windows-alone"),
        pytest.param("stopped", day(3, 20), 8 + 14, id="stopped-before-its-end"),
        pytest.param("running", day(4, 20), 0, id="over"),
    ],
)
def test_days_reach_to_the_end_of_the_last_window(
    status: str, now: datetime, days: int, experiment: Make, statistics: Make
) -> None:
    seen = timed(statistics(open_units={"search": 300}), day(3, 2), day(3, 28), now)
    found = remaining(experiment(status=status, last_day=date(2026, 3, 29)), seen)
    assert (found.units, found.days) == (300, days)


def test_planned_units_come_at_the_rate_so_far(experiment: Make, statistics: Make) -> None:
    made = experiment(status="running")
    plan = LookPlan(kind="anytime", planned_units=5000)
    made = replace(made, analysis=replace(made.analysis, looks=plan))
    seen = timed(statistics(open_units={"content": 400}), day(3, 2), day(3, 12), day(3, 12))
    # 2,000 units in ten days, so 3,000 in fifteen more; the last of them is mature 14 days later
    found = remaining(made, seen)
    assert (found.units, found.days, found.rated) == (5000 - 1600, 15 + 14, True)
    assert found.in_words() == "3,400 units and about 29 days are left at the rate so far"
    assert found.in_words(units=False) == "about 29 days are left at the rate so far"


def test_without_times_there_are_no_days(experiment: Make, statistics: Make) -> None:
    found = remaining(experiment(), statistics(open_units={"search": 300}))
    assert found == Remaining(units=300, days=None)
    assert found.in_words() == "300 units are left"


def test_one_day_is_left(experiment: Make, statistics: Make) -> None:
    seen = timed(statistics(), day(3, 2), day(3, 28), day(4, 10))
    assert remaining(experiment(), seen).in_words() == "1 day is left"


def test_a_verdict_to_keep_running_says_units_and_days(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    seen = timed(statistics(open_units={"search": 300}), day(3, 2), day(3, 28), day(4, 5))
    decision = decide(experiment(status="running"), seen, (), (estimate(*UNCLEAR),))
    assert decision.verdict == "keep_running"
    assert decision.sentence.endswith("before they have ended; 300 units and 6 days are left.")
    assert decision.reasons[1] == "content: 300 units and 6 days are left"


@pytest.mark.parametrize(
    ("days", "units", "verdict", "reason"),
    [
        pytest.param(None, None, "ship", "", id="no-rule"),
        pytest.param(49, None, "ship", "", id="as-many-days"),
        pytest.param(
            50, None, "keep_running", "too early by the rule: 49 of 50 days have passed", id="days"
        ),
        pytest.param(None, 2000, "ship", "", id="as-many-units"),
        pytest.param(
            60,
            2001,
            "keep_running",
            "too early by the rule: 49 of 60 days have passed and 2,000 of 2,001 units are mature",
            id="both",
        ),
    ],
)
def test_nothing_is_decided_before_what_the_file_calls_too_early(
    days: int | None,
    units: int | None,
    verdict: str,
    reason: str,
    experiment: Make,
    statistics: Make,
    estimate: Make,
) -> None:
    made = experiment(status="running")
    rule = replace(made.decision, success=("conversion",), least_days=days, least_units=units)
    made = replace(made, decision=rule)
    # 49 days from 2 March to 20 April; every window of the 1,000 units of both arms has ended
    seen = timed(statistics(), day(3, 2), day(3, 28), day(4, 20))
    found = decide(made, seen, (), [estimate()])
    assert found.verdict == verdict
    if reason:
        assert found.reasons[0] == f"content: {reason}"
        assert f"before {days} days have passed" in found.rule
        assert "by the rule of the file it is too early" in found.sentence
        left = remaining(made, seen)
        assert (left.units, left.days) == ((units or 2000) - 2000, (days or 49) - 49)


def test_harm_waits_as_well(experiment: Make, statistics: Make, estimate: Make) -> None:
    made = experiment(status="stopped")
    rule = replace(made.decision, success=("conversion",), least_days=50)
    seen = timed(statistics(), day(3, 2), day(3, 28), day(4, 20))
    found = decide(replace(made, decision=rule), seen, (), [estimate(-0.02, -0.01)])
    assert found.verdict == "keep_running"
    assert found.sentence.startswith("Wait: by the rule of the file")


def test_without_times_nobody_can_say_that_days_have_passed(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    made = experiment(status="stopped")
    rule = replace(made.decision, success=("conversion",), least_days=1)
    found = decide(replace(made, decision=rule), statistics(), (), [estimate()])
    assert found.verdict == "keep_running"
    assert "no time of exposure says whether days have passed (1 are" in found.reasons[0]
