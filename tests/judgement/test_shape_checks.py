"""Skew and sparse counts: the rules of methods 4, V18 and V20, on units that can be counted."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.support.experiments import conversion, experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.judgement.checks.skewness import skew
from pathlift.judgement.checks.sparse import counts
from pathlift.judgement.decision import decide
from pathlift.judgement.families import declare_families
from pathlift.judgement.invalidation import with_validity
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.statistics.collected import Cap, Statistics

MONEY = np.array([0] * 19 + [100])  # one in twenty buys for 100: skewness 4.129


def money(controls: int, treated: int) -> Statistics:
    """Whole copies of `MONEY` in both arms, and one order for whoever bought."""
    y = np.tile(MONEY, controls + treated)
    arms = ["control"] * (20 * controls) + ["treated"] * (20 * treated)
    return statistics_of(arms, {"spend": y, "orders": y // 100})


def spending(**changes: object) -> Experiment:
    metrics = [
        metric("spend", role="primary"),
        metric("orders"),
        ratio("order_value", "spend", "orders"),
    ]
    return replace(experiment(metrics=metrics), **changes)  # type: ignore[arg-type]


def of(found: list[Check], metric_: str) -> Check:
    return next(check for check in found if check.scope == f"metric:{metric_}")


@pytest.mark.parametrize(
    ("controls", "treated", "severity"),
    [
        pytest.param(50, 50, "pass", id="equal arms cancel their skew"),
        pytest.param(900, 100, "warn", id="18,000 against 2,000"),
        pytest.param(360, 40, "fail", id="7,200 against 800, at 0.123"),
        pytest.param(90, 10, "fail", id="1,800 against 200"),
    ],
)
def test_skew_grows_with_an_uneven_split_of_few_units(
    controls: int, treated: int, severity: str
) -> None:
    check = of(list(skew(spending(), money(controls, treated))), "spend")
    assert check.severity == severity
    # the definition, on the raw values: scipy's biased third moment, unbiased variances
    y = MONEY.astype(float)
    third, n1, n0 = stats.moment(y, 3), 20 * treated, 20 * controls
    v1, v0 = (np.var(np.tile(y, k), ddof=1) / (20 * k) for k in (treated, controls))
    gamma = (third / n1**2 - third / n0**2) / (v1 + v0) ** 1.5
    assert check.figures["skewness"]["treated-control"] == pytest.approx(gamma, rel=1e-9, abs=1e-15)
    said = check.figures["tail_error"]["treated-control"]
    assert said == pytest.approx(0.0846 * abs(gamma), rel=1e-9)  # methods 3.2


def test_a_skewness_that_the_split_does_not_explain_warns() -> None:
    """Even arms of one population: the truth is 0, and one large purchase is above any limit."""
    y = np.r_[np.tile(MONEY, 100), [5000]]  # 1,000 units an arm, and one more in the second
    statistics = statistics_of(["control"] * 1000 + ["treated"] * 1001, {"spend": y, "orders": y})
    check = of(list(skew(spending(), statistics)), "spend")
    found = check.figures
    # by the definition of methods 3.2, from the raw values
    one, zero = y[1000:].astype(float), y[:1000].astype(float)
    scale = one.var(ddof=1) / len(one) + zero.var(ddof=1) / len(zero)
    gamma = stats.moment(one, 3) / len(one) ** 2 - stats.moment(zero, 3) / len(zero) ** 2
    gamma /= scale**1.5
    assert gamma > 0.12
    assert found["skewness"]["treated-control"] == pytest.approx(gamma, rel=1e-9)
    assert abs(found["skewness_by_split"]["treated-control"]) < 0.001  # 1,001 against 1,000
    assert check.severity == "warn"
    assert "Few units of one arm make it" in check.message


def test_a_skewed_mean_loses_its_own_estimates_and_not_those_of_a_ratio() -> None:
    exp, statistics = spending(), money(90, 10)
    checks = list(skew(exp, statistics))
    assert of(checks, "spend").severity == "fail"
    assert "Declare `winsorize`" in of(checks, "spend").message
    assert of(checks, "order_value").severity == "not_checked"
    inferred = estimate_all(exp, statistics, declare_families(exp))
    failed = [of(checks, "spend")]
    estimates, _ = with_validity(exp, failed, inferred.estimates, inferred.omnibus)
    status = {estimate.metric: estimate.causal_status for estimate in estimates}
    assert status == {"spend": "invalid", "orders": "causal", "order_value": "causal"}
    assert decide(exp, statistics, failed, estimates).verdict == "invalid"
    by_ratio = replace(exp, decision=replace(exp.decision, success=("order_value",)))
    assert decide(by_ratio, statistics, failed, estimates).verdict != "invalid"


def test_the_capped_metric_is_what_is_checked() -> None:
    cap = Cap(metric="spend", quantile=0.99, threshold=100.0, nonzero_units=100, capped_units=3)
    statistics = replace(money(50, 50), caps={"spend": cap})
    assert "as it is capped" in of(list(skew(spending(), statistics)), "spend").message


def test_totals_have_no_third_powers_and_say_so() -> None:
    whole = money(50, 50)
    table = replace(whole.moments, cubed=(), cubes=whole.moments.cubes[:, :0].copy())
    check = of(list(skew(spending(), replace(whole, moments=table))), "spend")
    assert check.severity == "not_checked"
    assert "third powers" in check.message


@pytest.mark.parametrize(
    ("control", "treated", "severity", "words"),
    [
        pytest.param(5, 5, "pass", "at least 5", id="five are enough"),
        pytest.param(5, 4, "warn", "successes in treated 4", id="four successes"),
        pytest.param(37, 20, "warn", "failures in control 3", id="three failures"),
        pytest.param(0, 40, "warn", "successes in control 0 and failures in treated 0", id="none"),
    ],
)
def test_fewer_than_five_cases_are_said(
    control: int, treated: int, severity: str, words: str
) -> None:
    arms = ["control"] * 40 + ["treated"] * 40
    y = [1] * control + [0] * (40 - control) + [1] * treated + [0] * (40 - treated)
    (check,) = counts(experiment(metrics=[conversion()]), statistics_of(arms, {"conversion": y}))
    assert check.severity == severity
    assert check.scope == "metric:conversion"
    assert words in check.message


def test_an_arm_without_mature_units_has_no_cases_to_be_few() -> None:
    exp = experiment(metrics=[conversion()])
    statistics = statistics_of(["control"] * 9, {"conversion": [0] * 9})
    (check,) = counts(exp, statistics)
    assert check.severity == "not_checked"
    assert "no mature unit yet in treated" in check.message


def test_without_the_kind_of_metric_neither_is_checked() -> None:
    exp = experiment(metrics=[conversion()])
    statistics = statistics_of(["control", "treated"] * 30, {"conversion": [0, 1, 1] * 20})
    (check,) = skew(exp, statistics)
    assert check.severity == "not_checked"
    (check,) = counts(experiment(metrics=[metric("spend", role="primary")]), money(5, 5))
    assert check.severity == "not_checked"
