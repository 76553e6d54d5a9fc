"""Ids that lead to several units, and arms whose units are known under more of them (E18)."""

from collections.abc import Callable
from typing import Any

import pytest

from pathlift.judgement.checks.identifying import identities
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Count, Statistics

Make = Callable[..., Any]


def told(
    statistics: Make, units: tuple[int, int], ids: int, several: int, chained: int
) -> Statistics:
    by_arm = (
        Count(name="identified_units", count=count, arm=arm)
        for arm, count in zip(("search", "content"), units, strict=True)
    )
    whole = (
        Count(name="ids", count=ids),
        Count(name="ids_of_several_units", count=several),
        Count(name="ids_of_ids", count=chained),
        Count(name="incomplete_identities", count=0),
    )
    found: Statistics = statistics(quality=(*by_arm, *whole))
    return found


@pytest.mark.parametrize(
    ("units", "several", "chained", "severity", "said"),
    [
        pytest.param((300, 300), 0, 0, "pass", "Units with further ids: 600", id="alike"),
        pytest.param((300, 300), 1, 0, "info", "They stay as they were logged", id="one in 1,000"),
        pytest.param((300, 300), 1, 1, "warn", "Name the unit that was randomised", id="two"),
        # scipy.stats.chi2_contingency([[300, 700], [400, 600]], correction=False): p = 2.8e-6
        pytest.param((300, 400), 0, 0, "warn", "differs by arm (p = 2.8e−6)", id="by arm"),
    ],
)
def test_ids_that_lead_nowhere_and_arms_that_sign_in_are_said(
    units: tuple[int, int],
    several: int,
    chained: int,
    severity: str,
    said: str,
    experiment: Make,
    statistics: Make,
) -> None:
    about: Experiment = experiment()
    [found] = identities(about, told(statistics, units, 1000, several, chained))
    assert (found.severity, found.scope) == (severity, "experiment")
    assert said in found.message


def test_without_identities_nothing_is_passed(experiment: Make, statistics: Make) -> None:
    [found] = identities(experiment(), statistics())
    assert found.severity == "not_checked"
    assert "data.identities" in found.message
