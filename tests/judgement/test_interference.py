"""Creators that serve several arms are counted, and warned of where arms may compete for them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pathlift.judgement.checks.interference import interference
from pathlift.registry.experiment import Column, Concentration
from pathlift.statistics.spread import Spread

Make = Callable[..., Any]
FAMILY = Concentration(name="creators", metric="revenue", by=Column(name="creator_id"))


def spread(arm: str, *, worth: int = 10_000, shared: int = 0, shared_worth: int = 0) -> Spread:
    return Spread(
        arm=arm, unit=0.01, exact=True, worth=worth, unnamed=0, negative=0, holders=20,
        largest=900, top=1, top_worth=900, shared=shared, shared_worth=shared_worth, buckets=(),
    )  # fmt: skip


def test_without_a_family_nothing_is_known_and_it_says_what_to_declare(
    experiment: Make, statistics: Make
) -> None:
    (check,) = interference(experiment(), statistics())
    assert (check.severity, check.scope) == ("not_checked", "experiment")
    assert "`concentration`" in check.message


@pytest.mark.parametrize(
    ("shared_worth", "severity"), [(0, "pass"), (499, "pass"), (501, "warn"), (10_000, "warn")]
)
def test_it_warns_from_a_twentieth_of_the_value_on(
    experiment: Make, statistics: Make, shared_worth: int, severity: str
) -> None:
    made = replace(experiment(), concentrations=(FAMILY,))
    both = tuple(spread(arm, shared=7, shared_worth=shared_worth) for arm in ("search", "content"))
    (check,) = interference(made, statistics(spreads={"creators": both}))
    assert check.severity == severity
    assert check.scope == "metric:revenue"
    assert check.figures["shared"] == {"search": 7, "content": 7}
    assert check.figures["share"] == pytest.approx(shared_worth / 10_000, rel=1e-12)
    assert "search 7 (35%), content 7 (35%)" in check.message
    assert ("arms compete for them" in check.message) == (severity == "warn")


def test_a_metric_that_nobody_got_is_not_checked(experiment: Make, statistics: Make) -> None:
    made = replace(experiment(), concentrations=(FAMILY,))
    (check,) = interference(made, statistics())
    assert check.severity == "not_checked"
    assert "no creator_id got a share of revenue" in check.message
