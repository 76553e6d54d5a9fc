"""One of several arms, and all of them: against the multivariate normal of scipy."""

import math
from functools import partial

import numpy as np
import pytest
from scipy import stats
from tests.support.experiments import arm, conversion, experiment

from pathlift.planning.planning import plan
from pathlift.planning.together import any_and_every
from pathlift.registry.experiment import Margin
from pathlift.registry.plan import Baseline, PlanSettings


@pytest.mark.parametrize(
    ("powers", "loadings"),
    [
        ([0.8, 0.8], [math.sqrt(0.5)] * 2),
        ([0.9, 0.6, 0.75], [0.5, 0.8, 0.3]),
        ([0.05, 0.99], [0.9, 0.1]),
    ],
)
def test_chances_are_those_of_the_multivariate_normal(
    powers: list[float], loadings: list[float]
) -> None:
    reach, size = stats.norm.ppf(powers), np.array(loadings)
    correlation = np.outer(size, size)
    np.fill_diagonal(correlation, 1.0)
    below = partial(
        stats.multivariate_normal.cdf, cov=correlation, maxpts=2_000_000, abseps=1e-8, releps=1e-8
    )
    found = any_and_every(powers, loadings)
    # scipy integrates by lattice points that it shifts at random, here to less than 1e-6
    assert found[1] == pytest.approx(float(below(reach)), abs=5e-6)
    assert found[0] == pytest.approx(1 - float(below(-reach)), abs=5e-6)


def test_one_arm_is_any_and_every() -> None:
    assert any_and_every([0.8], [0.6]) == pytest.approx((0.8, 0.8), abs=1e-9)


def test_a_plan_of_several_arms_says_both_and_one_of_two_neither() -> None:
    settings = PlanSettings(
        lift=Margin(scale="relative", value=0.1), baseline={"conversion": Baseline(value=0.03)}
    )
    [three] = plan(experiment(("a", "b", "c"), [conversion()], plan=settings)).metrics
    assert three.any_arm is not None
    assert three.every_arm is not None
    assert three.every_arm < 0.8 < three.any_arm
    # between independent arms and arms that go wholly together
    assert three.every_arm > 0.64
    assert three.any_arm < 0.96
    two = experiment((arm("a", control=True), arm("b")), [conversion()], plan=settings)
    [alone] = plan(two).metrics
    assert (alone.any_arm, alone.every_arm) == (None, None)
