"""Sizes of crossed factors and planned averages: known ratios, and draws of the planned size."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.support.experiments import arm, conversion, experiment, metric

from pathlift.planning.planning import plan
from pathlift.registry.experiment import Arm, Average, Experiment, Margin, Metric, Planned
from pathlift.registry.plan import Baseline, PlanSettings
from pathlift.result.plan import PlannedMetric

SPREAD = Baseline(value=4.0, standard_deviation=30.0)


def crossed(*, without: str = "", **changes: object) -> Experiment:
    cells = {"pp": ("x", "p"), "pq": ("x", "q"), "qp": ("y", "p"), "qq": ("y", "q")}
    arms: list[Arm] = [
        arm(name, factors={"channel": channel, "order": order}, control=name == "pp")
        for name, (channel, order) in cells.items()
        if name != without
    ]
    return planned(arms, metric("spend", role="primary"), SPREAD, **changes)


def planned(arms: list[Arm], one: Metric, baseline: Baseline, **changes: object) -> Experiment:
    settings = PlanSettings(lift=Margin(scale="relative", value=0.1), baseline={one.name: baseline})
    return experiment(arms, [one], plan=settings, **changes)  # type: ignore[arg-type]


def rows(given: Experiment, *estimands: str) -> list[PlannedMetric]:
    return [each for each in plan(given).metrics if each.estimand in estimands]


def test_four_crossed_arms_find_a_factor_with_half_the_units_and_its_interaction_with_twice() -> (
    None
):
    given = crossed(multiplicity="none")
    (simple,) = rows(given, "itt")
    channel, order = rows(given, "factor")
    (interaction,) = rows(given, "factor_interaction")
    assert simple.total is not None
    assert channel.total == order.total
    # variances of unit means: two cells 2/(N/4); main effect 4 (1/4)/(N/4); interaction 4/(N/4)
    # units of t and whole units of four arms are within 4 of the normal
    assert channel.total == pytest.approx(simple.total / 2, abs=4)
    assert interaction.total == pytest.approx(4 * (channel.total or 0), rel=1e-3)
    assert (channel.arm, channel.control) == ("channel=y", "channel=x")
    assert not any(each.decides for each in (channel, order, interaction))


def test_a_family_of_factors_needs_a_higher_critical_value() -> None:
    channel, *_ = rows(crossed(), "factor")
    assert channel.critical_value is not None
    # three uncorrelated contrasts of equal cells: Sidak, 1 - .95^(1/3)
    sidak = float(stats.norm.isf((1 - 0.95 ** (1 / 3)) / 2))
    assert channel.critical_value == pytest.approx(sidak, abs=1e-3)


def test_what_the_crossing_does_not_identify_is_there_with_its_reason() -> None:
    found = rows(crossed(without="qq"), "factor", "factor_interaction")
    assert found
    reasons = [each.not_planned["reason"] for each in found if each.not_planned is not None]
    assert any("no arm has" in reason and "channel=y" in reason for reason in reasons)


def test_a_planned_average_reaches_its_power_in_draws() -> None:
    arms = [arm("search", control=True, weight=2.0), arm("content"), arm("influencer")]
    given = planned(arms, metric("spend", role="primary"), SPREAD)
    halves = Planned(
        arm=Average(name="others", weights={"content": 0.5, "influencer": 0.5}),
        control=Average(name="search", weights={"search": 1.0}),
    )
    given = replace(given, analysis=replace(given.analysis, planned=(halves,)))
    (found,) = rows(given, "planned")
    draws = np.random.default_rng(20261125)
    runs = 20_000
    means = {
        name: draws.normal(4.4 if name != "search" else 4.0, 30 / math.sqrt(n), runs)
        for name, n in found.units.items()
    }
    difference = (means["content"] + means["influencer"]) / 2 - means["search"]
    n = found.units
    error = 30 * math.sqrt(0.25 / n["content"] + 0.25 / n["influencer"] + 1 / n["search"])
    power = float(np.mean(difference / error > 1.959964))
    # four binomial standard errors
    assert power == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / runs))


def test_a_share_of_crossed_arms_is_planned_as_one_of_two_halves() -> None:
    given = crossed(multiplicity="none")
    shares = replace(
        given,
        metrics=(conversion(),),
        decision=replace(given.decision, success=("conversion",)),
        plan=replace(given.plan, baseline={"conversion": Baseline(value=0.03)}),
    )
    channel, _ = rows(shares, "factor")
    two = planned([arm("a", control=True), arm("b")], conversion(), Baseline(value=0.03))
    # two levels of two cells each are two arms of twice the size; whole units of each arm
    assert channel.total == pytest.approx(plan(two).total, abs=4)
