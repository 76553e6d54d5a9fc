"""Equivalence and several guardrails, from tables of statistics to the verdict."""

import numpy as np
import pytest
from tests.support.experiments import experiment, metric
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.judgement.decision import decide
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment, Margin
from pathlift.result.model import Decision, Estimate
from pathlift.statistics.collected import Statistics

N = 4_000
ARMS = ["control"] * N + ["treated"] * N


def spread(mean: float) -> np.ndarray:
    """Whole numbers around a mean, the same for every arm: their deviation is 10 / sqrt(3)."""
    return np.round(mean + np.linspace(-10, 10, N)).astype(int)


def column(effect: float) -> np.ndarray:
    return np.concatenate([spread(100), spread(100 + effect)])


def decided(exp: Experiment, statistics: Statistics) -> tuple[Decision, tuple[Estimate, ...]]:
    estimates = estimate_all(exp, statistics, declare_families(exp)).estimates
    return decide(exp, statistics, (), estimates), estimates


# standard error of the difference: 10 / sqrt(3) * sqrt(2 / 4000) = 0.13
@pytest.mark.parametrize(
    ("effect", "conclusion", "verdict"),
    [
        pytest.param(0, "equivalent", "ship", id="the same"),
        pytest.param(1, "not_shown", "inconclusive", id="at the margin"),
        pytest.param(-3, "not_shown", "do_not_ship", id="worse than the margin"),
        pytest.param(3, "not_shown", "inconclusive", id="better is not the same, and no harm"),
    ],
)
def test_a_primary_metric_may_have_to_stay_the_same(
    effect: float, conclusion: str, verdict: str
) -> None:
    margin = Margin(scale="absolute", value=1.0)
    exp = experiment(metrics=[metric("load", role="primary", equivalence=margin)], status="stopped")
    decision, (estimate,) = decided(exp, statistics_of(ARMS, {"load": column(effect)}))
    assert estimate.conclusion == conclusion
    assert decision.verdict == verdict
    assert "load the same within 1, by two one-sided tests" in decision.rule
    if verdict == "ship":
        assert "keeps load the same within 1 (90% interval" in decision.sentence
    else:
        assert "1" in decision.sentence


@pytest.mark.parametrize("broken", [None, "first", "second", "third"])
def test_every_guardrail_must_hold_and_none_is_corrected(broken: str | None) -> None:
    margins = {
        "first": ("lower", Margin(scale="absolute", value=1.0)),
        "second": ("higher", Margin(scale="relative", value=0.01)),
        "third": ("lower", Margin(scale="relative", value=0.01)),
    }
    guards = [
        metric(name, role="guardrail", better=better, margin=margin)
        for name, (better, margin) in margins.items()
    ]
    harm = {"first": 1, "second": -1, "third": 1}
    columns = {name: column(harm[name] if name == broken else 0) for name in margins}
    columns["spend"] = column(2)
    exp = experiment(metrics=[metric("spend", role="primary"), *guards], status="stopped")
    decision, estimates = decided(exp, statistics_of(ARMS, columns))
    found = {e.metric: e for e in estimates if e.role == "guardrail"}
    # intersection-union: all must reject, so each is tested at the whole one-sided level
    assert {e.alpha for e in found.values()} == {0.025}
    assert all(e.simultaneous is None for e in found.values())
    held = {name for name, e in found.items() if e.conclusion == "non_inferior"}
    assert held == set(margins) - {broken}
    assert decision.verdict == ("ship" if broken is None else "inconclusive")
    assert (decision.verdict == "ship") == all(
        e.p_value is not None and e.p_value < 0.025 for e in found.values()
    )
