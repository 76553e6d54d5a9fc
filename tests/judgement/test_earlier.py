"""What metrics counted before exposure (V11), held against scipy and against known chances."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pathlift.judgement.checks.earlier import pre_period
from pathlift.judgement.invalidation import with_validity
from pathlift.registry.experiment import CountEvents, Expression, Metric
from pathlift.result.model import Check
from pathlift.statistics.collected import Count

Make = Callable[..., Any]
VIEWS = Metric(
    name="views",
    kind="mean",
    source=CountEvents(condition=Expression(text="event = 'view'")),
    window=timedelta(days=14),
)


def _before(name: str, rows: Mapping[str, Sequence[int]]) -> tuple[Count, ...]:
    return tuple(
        Count(name=counter, arm=arm, other=name, count=sum(x**power for x in of))
        for arm, of in rows.items()
        for counter, power in (("before", 1), ("before_squares", 2))
    )


def _checks(experiment: Make, statistics: Make, **rows: Mapping[str, Sequence[int]]) -> list[Check]:
    made = experiment()
    made = replace(made, metrics=(*made.metrics, VIEWS))
    units = {arm: len(of) for arm, of in next(iter(rows.values())).items()}
    counts = [count for name, of in rows.items() for count in _before(name, of)]
    return list(pre_period(made, statistics(units, counts)))


def test_a_mean_before_exposure_is_compared_by_welchs_statistic(
    experiment: Make, statistics: Make
) -> None:
    draws = np.random.default_rng(1)
    rows = {
        "search": draws.poisson(2.0, 3000).tolist(),
        "content": draws.poisson(2.4, 2000).tolist(),
    }
    [check] = _checks(experiment, statistics, views=rows)
    # two arms: Wald's chi-square is the square of Welch's t; scipy's t, read as normal
    t = stats.ttest_ind(rows["content"], rows["search"], equal_var=False).statistic
    # tolerance: both are doubles of one formula
    assert check.figures["p_value"] == pytest.approx(2 * stats.norm.sf(abs(t)), rel=1e-9)
    assert check.figures["before"]["search"] == pytest.approx(np.mean(rows["search"]), rel=1e-12)
    assert (check.severity, check.scope) == ("fail", "metric:views")


def test_a_share_before_exposure_is_compared_and_p_counts_all_metrics(
    experiment: Make, statistics: Make
) -> None:
    bought = {"search": [1] * 300 + [0] * 1700, "content": [1] * 370 + [0] * 1630}
    views = {arm: [i % 4 for i in range(2000)] for arm in bought}
    checks = {c.scope: c for c in _checks(experiment, statistics, conversion=bought, views=views)}
    table = [[300, 1700], [370, 1630]]
    p = stats.chi2_contingency(table, correction=False).pvalue  # .0034
    check = checks["metric:conversion"]
    assert check.figures["p_value"] == pytest.approx(p, rel=1e-9)
    assert check.figures["p_over_metrics"] == pytest.approx(2 * p, rel=1e-9)
    assert check.severity == checks["metric:views"].severity == "pass"


def test_only_the_metric_that_differed_before_is_taken_away(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    views = {"search": [1] * 2000, "content": [1] * 1000 + [3] * 1000}
    checks = _checks(experiment, statistics, views=views)
    made = replace(experiment(), metrics=(*experiment().metrics, VIEWS))
    found, _ = with_validity(made, checks, [estimate(), estimate(metric="views", kind="mean")], [])
    assert [e.causal_status for e in found] == ["causal", "invalid"]


def test_nothing_before_exposure_is_nothing_to_compare(experiment: Make, statistics: Make) -> None:
    [check] = pre_period(experiment(), statistics())
    assert check.severity == "not_checked"
    assert "`lookback`" in check.message
