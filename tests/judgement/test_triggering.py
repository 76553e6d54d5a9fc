"""Whether as many assigned units are exposed in every arm (V7), on counts checked by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from scipy import stats

from pathlift.judgement.checks.triggering import triggering
from pathlift.result.model import Check
from pathlift.statistics.collected import Count

Make = Callable[..., Any]


def _counts(**by_name: tuple[int, int]) -> tuple[Count, ...]:
    return tuple(
        Count(name=name, arm=arm, count=count)
        for name, both in by_name.items()
        for arm, count in zip(("search", "content"), both, strict=True)
    )


def _found(experiment: Make, statistics: Make, **by_name: tuple[int, int]) -> Check:
    [check] = triggering(experiment(), statistics(counts=_counts(**by_name)))
    return check


def test_a_trigger_that_depends_on_the_arm_fails_and_says_what_to_analyse_instead(
    experiment: Make, statistics: Make
) -> None:
    lost = (1000, 1200)
    check = _found(experiment, statistics, assigned=(10_000, 10_000), assigned_not_exposed=lost)
    assert (check.severity, check.scope) == ("fail", "experiment")
    assert "give the assignments as `exposures`" in check.message
    # Pearson's chi-square by scipy, without Yates' correction
    table = [[n, 10_000 - n] for n in lost]
    p = stats.chi2_contingency(table, correction=False).pvalue
    assert check.figures["by_arm"]["p_value"] == pytest.approx(p, rel=1e-9)


def test_a_trigger_that_fires_alike_passes_and_says_on_whom_the_effect_is(
    experiment: Make, statistics: Make
) -> None:
    check = _found(
        experiment, statistics, assigned=(10_000, 10_000), assigned_not_exposed=(1020, 980)
    )
    assert check.severity == "pass"
    assert "effects are those on the 90% that were" in check.message


@pytest.mark.parametrize(("counter", "severity"), [((1, 1), "info"), ((10, 11), "warn")])
def test_units_exposed_without_an_assignment_are_named(
    counter: tuple[int, int], severity: str, experiment: Make, statistics: Make
) -> None:
    """0.1% of 20,021 units is 20."""
    check = _found(experiment, statistics, assigned=(10_000, 10_000), exposed_not_assigned=counter)
    assert check.severity == severity
    assert f"without an assignment: {sum(counter)}." in check.message


def test_without_assignments_nothing_is_checked(experiment: Make, statistics: Make) -> None:
    [check] = triggering(experiment(), statistics())
    assert check.severity == "not_checked"
    assert "Declare `data.assignments`" in check.message
