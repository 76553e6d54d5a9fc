"""What the design could have shown, where it showed nothing: (c + z) standard errors by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.support.experiments import experiment as an_experiment
from tests.support.experiments import metric
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.judgement.decision import decide
from pathlift.judgement.detecting import detectable
from pathlift.judgement.families import declare_families
from pathlift.judgement.standing import read_success
from pathlift.registry.experiment import DecisionRule, Margin, Metric
from pathlift.result.model import ContrastLook, Looks

Make = Callable[..., Any]
UNCLEAR = (-0.002, 0.008)
WORTH = {"conversion": Margin(scale="absolute", value=0.001)}


def reasons(made: Any, statistics: Make, *estimates: Any) -> tuple[str, ...]:
    decision = decide(made, statistics(), (), estimates)
    assert decision.verdict == "inconclusive"
    found: tuple[str, ...] = decision.reasons
    return found


def test_a_success_metric_says_its_smallest_lift(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    # the standard error is .003: (1.9600 + .8416) .003 = .0084, of a control of .1
    assert reasons(experiment(), statistics, estimate(*UNCLEAR))[1] == (
        "content: with 80% power this design finds a rise of 0.84 points (8.4% of the control) in "
        "conversion"
    )


def test_a_corrected_family_needs_more(experiment: Make, statistics: Make, estimate: Make) -> None:
    # its critical value is 2.2: (2.2 + .8416) .003 = .0091
    given = estimate(*UNCLEAR, simultaneous=UNCLEAR)
    assert "a rise of 0.91 points" in reasons(experiment(), statistics, given)[1]


def test_what_a_gain_has_to_be_worth_comes_on_top(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    made = replace(experiment(), decision=DecisionRule(success=("conversion",), worth=WORTH))
    assert "a rise of 0.94 points" in reasons(made, statistics, estimate(*UNCLEAR))[1]


def test_a_guardrail_says_its_smallest_margin(
    experiment: Make, statistics: Make, estimate: Make, conversion: Make, refunds: Metric
) -> None:
    made = experiment(metrics=(conversion(), refunds))
    guard = estimate(
        *UNCLEAR,
        metric="refunds",
        role="guardrail",
        better="lower",
        alpha=0.025,
        conclusion="not_shown",
    )
    # one side at .025 is 1.9600 again
    assert reasons(made, statistics, estimate(0.006, 0.018), guard)[1] == (
        "content: with 80% power this design shows a margin of 0.84 points (8.4% of the control) "
        "of refunds"
    )


def test_of_several_looks_the_boundary_of_this_one_is_what_has_to_be_passed(
    experiment: Make, estimate: Make
) -> None:
    made, given = experiment(), estimate(*UNCLEAR)
    looks = Looks(
        method="group_sequential",
        look=2,
        contrasts=(ContrastLook(id=given.id, units=20_000, boundary=2.5),),
    )
    reading = read_success(made, made.metric("conversion"), "content", [given])
    # (2.5 + .8416) .003 = .0100; as a single look .0084
    assert "finds a rise of 1 point (10% of the control)" in detectable(made, [reading], looks)
    assert "a rise of 0.84 points" in detectable(made, [reading], None)


def test_an_equivalence_says_within_what_it_would_have_shown_the_same() -> None:
    one = metric("load", role="primary", equivalence=Margin(scale="absolute", value=1.0))
    made = an_experiment(metrics=[one], status="stopped")
    y = np.concatenate([np.arange(-50, 51).repeat(20), np.arange(-50, 51).repeat(20) + 5])
    statistics = statistics_of(["control"] * 2020 + ["treated"] * 2020, {"load": y})
    estimates = estimate_all(made, statistics, declare_families(made)).estimates
    decision = decide(made, statistics, (), estimates)
    # 101 even steps have a deviation of sqrt((101^2 - 1) / 12) = 29.155; two arms of 2,020 units:
    # (1.6449 + 1.2816) 29.155 sqrt(2 / 2020) = 2.685, each side missed in a tenth
    assert "with 80% power this design shows load to be the same within 2.7" in " ".join(
        decision.reasons
    )


@pytest.mark.parametrize("error", [None])
def test_without_a_standard_error_nothing_is_said(
    error: None, experiment: Make, statistics: Make, estimate: Make
) -> None:
    given = estimate(*UNCLEAR, standard_error=error)
    assert not any("power" in each for each in reasons(experiment(), statistics, given))
