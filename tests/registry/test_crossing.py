"""Factors and prompts as they are declared: what is read, and what differs in the order alone."""

import pytest
from tests.support.experiments import arm, experiment, metric

from pathlift.registry.crossing import crossing_of
from pathlift.registry.experiment import Arm, Experiment, Stage
from pathlift.registry.prompting import OrderContrast, order_contrasts, order_factors
from pathlift.registry.reading import read_bytes
from pathlift.registry.resolve import resolve

NEED: tuple[Stage, ...] = ("need", "touchpoint", "trust")
TRUST: tuple[Stage, ...] = ("trust", "need", "touchpoint")
UNITS = """
data: {units: customers.parquet}
metrics: {bought: {kind: proportion, column: bought, role: primary}}
"""


def load(text: str) -> Experiment:
    return resolve(read_bytes((UNITS + text).encode(), "/registry/x.yaml"))


def test_levels_are_read_as_text_and_prompts_need_no_stages() -> None:
    found = load(
        """
arms:
  a: {control: true, factors: {asked: false, page: 1}, prompts: [need, trust]}
  b: {factors: {page: 1, asked: true}, prompts: [trust, need]}
  c: {factors: {asked: false, page: 2}}
  d: {factors: {asked: true, page: 2}}
"""
    )
    assert found.arm("a").factors == {"asked": "false", "page": "1"}
    assert found.arm("a").prompts == ("need", "trust")
    assert found.arm("a").ordering is None  # no stage is observed, so none is intended
    crossing = crossing_of(found)
    assert crossing is not None
    assert crossing.cells["true", "1"] == "b"
    assert crossing.missing == ()


def test_where_stages_are_observed_prompts_are_the_ordering_that_is_intended() -> None:
    found = load(
        """
unit: id
stages: {need: need_at, trust: trust_at}
outcome: bought_at
arms:
  a: {control: true, treatment: search, prompts: [need, trust]}
  b: {treatment: search, prompts: [trust, need]}
"""
    )
    assert [each.ordering for each in found.arms] == [("need", "trust"), ("trust", "need")]


def test_arms_without_factors_cross_nothing() -> None:
    assert crossing_of(load("arms: {a: {control: true}, b: {}}")) is None


def two_by_two() -> list[Arm]:
    return [
        arm("sn", control=True, prompts=NEED, factors={"channel": "s", "order": "n"}),
        arm("st", prompts=TRUST, factors={"channel": "s", "order": "t"}),
        arm("cn", prompts=NEED, factors={"channel": "c", "order": "n"}),
        arm("ct", prompts=TRUST, factors={"channel": "c", "order": "t"}),
    ]


def test_arms_that_differ_in_prompts_alone_are_told_from_those_that_differ_in_more() -> None:
    found = order_contrasts(experiment(two_by_two(), [metric("spend", role="primary")]))
    assert found == (
        OrderContrast(arm="st", control="sn", besides=()),
        OrderContrast(arm="ct", control="sn", besides=("channel",)),
    )
    assert order_factors(tuple(two_by_two())) == ("order",)


def test_a_factor_that_changes_more_than_the_prompts_is_not_the_order() -> None:
    # with the factor goes another channel, so that what it does may be the channel's
    arms = [
        arm("a", control=True, prompts=NEED, treatment="search", factors={"order": "n"}),
        arm("b", prompts=TRUST, treatment="content", factors={"order": "t"}),
    ]
    assert order_factors(tuple(arms)) == ()
    (found,) = order_contrasts(experiment(arms, [metric("spend", role="primary")]))
    assert found.besides == ("treatment", "order")


def test_two_factors_may_make_up_one_order() -> None:
    orders: dict[tuple[str, str], tuple[Stage, ...]] = {
        ("need", "same"): ("need", "touchpoint", "trust"),
        ("need", "turned"): ("need", "trust", "touchpoint"),
        ("trust", "same"): ("trust", "need", "touchpoint"),
        ("trust", "turned"): ("trust", "touchpoint", "need"),
    }
    arms = [
        arm(f"{a}_{b}", control=a + b == "needsame", prompts=p, factors={"first": a, "rest": b})
        for (a, b), p in orders.items()
    ]
    assert order_factors(tuple(arms)) == ("first", "rest")
    found = order_contrasts(experiment(arms, [metric("spend", role="primary")]))
    assert [each.besides for each in found] == [(), (), ()]


@pytest.mark.parametrize("prompts", [None, NEED])
def test_arms_that_prompt_alike_or_not_at_all_say_nothing_of_order(
    prompts: tuple[Stage, ...] | None,
) -> None:
    arms = [arm("a", control=True, prompts=NEED), arm("b", prompts=prompts)]
    assert order_contrasts(experiment(arms, [metric("spend", role="primary")])) == ()
