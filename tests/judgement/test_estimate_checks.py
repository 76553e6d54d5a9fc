"""Checks that read estimates: first stages (V22) and what the data could have shown (V20)."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from tests.support.experiments import conversion, experiment
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.judgement.checks.instrument import instrument
from pathlift.judgement.checks.precision import precision
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment, Margin
from pathlift.registry.plan import PlanSettings
from pathlift.result.model import Check, ConfidenceSet, Estimate, FirstStage

TWO = experiment(("control", "treated"), [conversion()], status="stopped")
N, BOUGHT = 2000, 200


def planned(value: float, scale: str = "absolute", **changes: object) -> Experiment:
    lift = Margin(scale=scale, value=value)  # type: ignore[arg-type]
    return replace(TWO, plan=PlanSettings(lift=lift), **changes)  # type: ignore[arg-type]


def estimates(about: Experiment) -> tuple[Estimate, ...]:
    arms = ["control"] * N + ["treated"] * N
    bought = np.r_[np.arange(N) < BOUGHT, np.arange(N) < BOUGHT].astype(int)
    statistics = statistics_of(arms, {"conversion": bought})
    return tuple(estimate_all(about, statistics, declare_families(about)).estimates)


# 80% power of two-sided 5%: (1.9600 + 0.8416) standard errors of the difference (methods 5)
SMALLEST = (1.959964 + 0.841621) * sqrt(2 * 0.1 * 0.9 / N)


@pytest.mark.parametrize(
    ("lift", "scale", "severity"),
    [
        (SMALLEST / 1.9, "absolute", "pass"),
        (SMALLEST / 2.1, "absolute", "warn"),
        (SMALLEST / 1.9 / 0.1, "relative", "pass"),  # the control converts at 10%
        (SMALLEST / 2.1 / 0.1, "relative", "warn"),
    ],
)
def test_data_that_find_only_twice_the_planned_lift_are_uninformative(
    lift: float, scale: str, severity: str
) -> None:
    about = planned(lift, scale)
    [found] = precision(about, estimates(about))
    assert (found.severity, found.scope) == (severity, "metric:conversion")
    times = found.figures["smallest_over_planned"]["treated-control"]
    # half a percent: the standard error is that of the score interval, n - 1 and all
    assert times == pytest.approx(1.9 if severity == "pass" else 2.1, rel=0.005)


def test_while_it_runs_too_few_units_are_no_warning() -> None:
    about = planned(SMALLEST / 4, status="running")
    [found] = precision(about, estimates(about))
    assert found.severity == "info"
    assert "too early" in found.message


def test_a_moved_threshold_is_the_one_that_is_held_against() -> None:
    about = planned(SMALLEST / 4, checks={"precision": {"warns_above_lifts": 5}})
    assert [found.severity for found in precision(about, estimates(about))] == ["pass"]


def test_without_a_planned_lift_nothing_is_passed() -> None:
    [found] = precision(TWO, estimates(TWO))
    assert found.severity == "not_checked"
    assert "plan.lift" in found.message


def _encouraged(f: float | None, kind: str, low: float | None) -> tuple[Experiment, Estimate]:
    about = replace(TWO, analysis=replace(TWO.analysis, encouragement=True))
    stage = FirstStage(
        arm_share=0.2,
        control_share=0.1,
        effect=0.1,
        standard_error=0.05,
        f=f,
        weak=f is None or f < 10,
        t_ratio=False,
    )
    whole = ConfidenceSet(kind=kind, low=low, high=0.3, pieces=((low, 0.3),))
    one = estimates(TWO)[0]
    changed = {"estimand": "complier", "ordering": "need>trust", "first_stage": stage, "set": whole}
    return about, one.model_copy(update=changed)


@pytest.mark.parametrize(
    ("f", "low", "severity", "said"),
    [
        pytest.param(10.0, -0.1, "pass", "F is 10.0 or more", id="at the limit"),
        pytest.param(9.9, -0.1, "warn", "need > trust: F = 9.9; below 10", id="weak"),
        pytest.param(2.0, None, "warn", "It is unbounded for treated vs control", id="unbounded"),
        pytest.param(None, None, "warn", "F = none", id="without a variance"),
    ],
)
def test_a_weak_first_stage_warns(
    f: float | None, low: float | None, severity: str, said: str
) -> None:
    about, estimate = _encouraged(f, "interval", low)
    found: list[Check] = list(instrument(about, [estimate]))
    assert [check.severity for check in found] == [severity]
    assert said in found[0].message


def test_a_first_stage_that_nobody_asked_for_is_not_checked() -> None:
    assert [check.severity for check in instrument(TWO, estimates(TWO))] == ["not_checked"]


def test_a_first_stage_that_could_not_be_estimated_is_not_checked() -> None:
    about, _ = _encouraged(5.0, "interval", 0.0)
    [found] = instrument(about, estimates(TWO))
    assert (found.severity, found.scope) == ("not_checked", "orderings")
