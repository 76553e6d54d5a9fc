"""What the design could have shown, where it showed nothing: (c + z) standard errors by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pathlift.judgement.decision import decide
from pathlift.registry.experiment import DecisionRule, Margin, Metric

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


@pytest.mark.parametrize("error", [None])
def test_without_a_standard_error_nothing_is_said(
    error: None, experiment: Make, statistics: Make, estimate: Make
) -> None:
    given = estimate(*UNCLEAR, standard_error=error)
    assert not any("power" in each for each in reasons(experiment(), statistics, given))
