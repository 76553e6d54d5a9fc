"""Critical values and the cost of looking, against published ones."""

import numpy as np
import pytest
from tests.support.experiments import conversion, experiment

from pathlift.inference.tails import two_sided_critical
from pathlift.planning.levels import contrast_matrix, family_level, level_of
from pathlift.registry.experiment import Analysis, Contrast, Experiment, LookPlan
from pathlift.registry.plan import PlanSettings


def three_arms(**changes: object) -> Experiment:
    return experiment(("search", "content", "influencer"), [conversion()], **changes)  # type: ignore[arg-type]


def critical_of(given: Experiment, variances: list[float]) -> float:
    names = tuple(arm.name for arm in given.arms)
    matrix = contrast_matrix(given.analysis.contrasts, names)
    return float(two_sided_critical(family_level(given, np.array(variances), matrix)))


def test_two_arms_against_one_control_need_dunnetts_value() -> None:
    # methods 3.5, golden: Dunnett, two against a control of equal size
    assert critical_of(three_arms(), [1, 1, 1]) == pytest.approx(2.2121, abs=5e-5)


def test_all_pairs_of_three_arms_need_tukeys_value() -> None:
    pairs = [("content", "search"), ("influencer", "search"), ("influencer", "content")]
    # methods 3.5, golden: all pairs of three arms
    assert critical_of(three_arms(contrasts=pairs), [1, 1, 1]) == pytest.approx(2.3437, abs=5e-5)


@pytest.mark.parametrize(("method", "share"), [("none", 1), ("holm", 2), ("bh", 2), ("graph", 2)])
def test_stepwise_methods_are_sized_for_their_strictest_step(method: str, share: int) -> None:
    expected = float(two_sided_critical(0.05 / share))
    assert critical_of(three_arms(multiplicity=method), [1, 1, 1]) == pytest.approx(expected)


def looked_at(kind: str) -> Experiment:
    return experiment(
        metrics=[conversion()],
        analysis=Analysis(
            contrasts=(Contrast(arm="treated", control="control"),),
            looks=LookPlan(kind=kind, planned_units=1000),  # type: ignore[arg-type]
        ),
        plan=PlanSettings(looks=4),
    )


def test_any_number_of_looks_nearly_doubles_the_size() -> None:
    level = level_of(looked_at("anytime"), alpha=0.05, sides=2, members=1, decides=True, power=0.8)
    # methods 5: ((3.035 + .842) / (1.960 + .842))^2 is about 1.91; 3.0351 is the multiplier of 3.7
    assert level.critical == pytest.approx(3.0351, abs=5e-5)
    assert level.inflation == pytest.approx(((3.0351 + 0.8416) / (1.9600 + 0.8416)) ** 2, rel=1e-3)


def test_a_few_looks_cost_what_is_published() -> None:
    level = level_of(
        looked_at("group_sequential"), alpha=0.05, sides=2, members=1, decides=True, power=0.8
    )
    # methods 3.7, golden: four looks of O'Brien-Fleming type, last boundary and inflation
    assert level.critical == pytest.approx(2.0141, abs=5e-5)
    assert level.inflation == pytest.approx(1.0196, abs=6e-5)


def test_what_no_decision_reads_is_looked_at_once() -> None:
    level = level_of(
        looked_at("group_sequential"), alpha=0.05, sides=2, members=1, decides=False, power=0.8
    )
    assert level.inflation == 1
    assert level.critical == pytest.approx(1.959964, abs=1e-6)  # normal quantile


def test_a_guardrail_spends_its_alpha_on_one_side() -> None:
    level = level_of(
        looked_at("group_sequential"), alpha=0.025, sides=1, members=1, decides=True, power=0.8
    )
    assert level.alpha == pytest.approx(0.025)
    # one-sided .025 is two-sided .05 but for crossing both sides: methods 3.7, LDOF K=4, 2.0141
    assert level.critical == pytest.approx(2.0141, abs=1e-3)
