"""Effects that are too large to be believed."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.experiments import conversion, experiment, metric
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.judgement.checks.twyman import twyman
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment, Margin
from pathlift.registry.plan import PlanSettings
from pathlift.result.model import Check

TWO = experiment(("control", "treated"), [conversion()])


def of(about: Experiment, treated: int, control: int, n: int = 2000) -> list[Check]:
    arms = ["control"] * n + ["treated"] * n
    bought = np.r_[np.arange(n) < control, np.arange(n) < treated].astype(int)
    statistics = statistics_of(arms, {"conversion": bought})
    found = estimate_all(about, statistics, declare_families(about))
    return list(twyman(about, found.estimates))


def test_an_effect_of_usual_size_passes() -> None:
    [found] = of(TWO, 220, 200)
    assert (found.severity, found.figures["effects"]) == ("pass", 1)


def test_more_than_eight_standard_errors_warn() -> None:
    [found] = of(TWO, 420, 200)
    # 11 points on a standard error of sqrt(.21 .79 / 2000 + .1 .9 / 2000) = 1.13 points: z = 9.7
    assert (found.severity, found.scope) == ("warn", "metric:conversion")
    assert "9.7 standard errors from 0" in found.message


@pytest.mark.parametrize(("treated", "severity"), [(250, "pass"), (280, "warn")])
def test_three_times_the_planned_lift_warns(treated: int, severity: str) -> None:
    planned = replace(TWO, plan=PlanSettings(lift=Margin(scale="relative", value=0.1)))
    # 25% are 2.5 times the planned 10%, 40% are 4 times; both beyond two standard errors
    [found] = of(planned, treated, 200)
    assert found.severity == severity


def test_chance_is_not_called_too_large() -> None:
    planned = replace(TWO, plan=PlanSettings(lift=Margin(scale="relative", value=0.01)))
    # 10% are ten times the planned 1%, but only one standard error
    [found] = of(planned, 220, 200)
    assert found.severity == "pass"


def test_without_effects_nothing_is_passed() -> None:
    [found] = twyman(experiment(("control", "treated"), [metric("spend")]), [])
    assert found.severity == "not_checked"
