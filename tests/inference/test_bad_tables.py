"""Tables that ruin formulas end in a reason or in a number that is still right, never in NaN."""

import math

import numpy as np
import pytest
from tests.support.experiments import conversion, experiment, metric
from tests.support.units import statistics_of

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import DecisionRule, Experiment
from pathlift.result.model import Estimate

TWO = ("control", "treated")


def infer(about: Experiment, columns: dict[str, np.ndarray], arms: list[str]) -> Inferred:
    return estimate_all(about, statistics_of(arms, columns, declared=TWO), declare_families(about))


def numbers(estimate: Estimate) -> list[float]:
    spans = [estimate.absolute, estimate.relative]
    spans += [] if estimate.simultaneous is None else [estimate.simultaneous.absolute]
    ends = [end for span in spans if span for end in (span.estimate, span.low, span.high)]
    return [x for x in (*ends, estimate.p_value, estimate.standard_error) if x is not None]


def test_metrics_that_say_the_same_thing_are_one_test() -> None:
    rng = np.random.default_rng(4)
    y = rng.integers(0, 50, 800)
    arms = [TWO[i] for i in rng.integers(0, 2, 800)]
    rule = DecisionRule(success=("one", "two", "three"))
    metrics = [metric("one", role="primary"), metric("two"), metric("three")]
    about = experiment(TWO, metrics, decision=rule)
    found = infer(about, {"one": y, "two": 2 * y, "three": 100 * y}, arms)
    single = infer(experiment(TWO, metrics[:1]), {"one": y}, arms).estimates[0]
    for estimate in found.estimates:
        assert estimate.simultaneous is not None
        assert estimate.simultaneous.members == 3
        # three times the same statistic exceeds what one does: correlation 1, nothing to correct
        assert estimate.simultaneous.p_adjusted == pytest.approx(single.p_value, rel=1e-6)
        assert not any(math.isnan(x) for x in numbers(estimate))


@pytest.mark.parametrize("value", [0, 7])
def test_a_column_of_one_value_has_its_reason(value: int) -> None:
    arms = ["control"] * 50 + ["treated"] * 50
    [found] = infer(
        experiment(TWO, [metric("spend", role="primary")]), {"spend": np.full(100, value)}, arms
    ).estimates
    assert found.not_estimated == {
        "reason": "no unit of either arm differs from another: there is no variance"
    }
    assert found.p_value is None


@pytest.mark.parametrize("value", [0, 7])
def test_covariates_do_not_take_the_blame_for_a_column_of_one_value(value: int) -> None:
    arms = ["control"] * 50 + ["treated"] * 50
    about = experiment(TWO, [metric("spend", role="primary")])
    [found] = infer(
        about, {"spend": np.full(100, value), "x:prior": np.arange(100)}, arms
    ).estimates
    assert found.not_estimated == {
        "reason": "no unit of either arm differs from another: there is no variance"
    }


@pytest.mark.parametrize("share", [0, 1])
def test_nobody_or_everybody_converting_is_estimated_as_no_difference(share: int) -> None:
    arms = ["control"] * 60 + ["treated"] * 40
    [found] = infer(
        experiment(TWO, [conversion()]), {"conversion": np.full(100, share)}, arms
    ).estimates
    assert found.absolute is not None
    # methods 3.4: 0 against 0 is estimated, p = 1
    assert (found.absolute.estimate, found.p_value) == (0.0, 1.0)
    assert not any(math.isnan(x) for x in numbers(found))


def test_covariates_that_cannot_carry_a_slope_are_left_out_with_the_reason() -> None:
    rng = np.random.default_rng(9)
    arms = [TWO[i] for i in rng.integers(0, 2, 600)]
    x = rng.integers(0, 40, 600)
    columns = {
        "spend": x + rng.integers(0, 40, 600),
        "x:prior": x,
        "x:again": 3 * x,
        "x:still": np.full(600, 5),
    }
    [found] = infer(experiment(TWO, [metric("spend", role="primary")]), columns, arms).estimates
    alone = {name: columns[name] for name in ("spend", "x:prior")}
    [clean] = infer(experiment(TWO, [metric("spend", role="primary")]), alone, arms).estimates
    assert found.adjustment.covariates == ("prior",)
    assert found.adjustment.reason == "left out as constant or collinear in an arm: again, still"
    assert found.absolute == clean.absolute
    assert found.standard_error == clean.standard_error


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("exact", [True, False], ids=["integers", "floats"])
def test_a_metric_that_covariates_determine_is_not_estimated_from_rounding(
    *, seed: int, exact: bool
) -> None:
    """What varies after adjustment is rounding: p, intervals and tests of it would be noise."""
    rng = np.random.default_rng(seed)
    names = ("control", "treated", "other")
    arms = [names[i] for i in rng.integers(0, 3, 600)]
    x = rng.integers(1, 500, 600) if exact else rng.gamma(2, 10, 600)
    columns = {"spend": 3 * x + 7, "conversion": (rng.random(600) < 0.5).astype(int), "x:prior": x}
    about = experiment(names, [metric("spend", role="primary"), metric("conversion")])
    found = estimate_all(
        about, statistics_of(arms, columns, exact=exact, declared=names), declare_families(about)
    )
    for one in found.estimates:
        if one.metric == "spend":
            assert one.not_estimated is not None
            assert one.not_estimated["reason"].startswith("the covariates determine it")
            assert one.standard_error is None
    omnibus = next(each for each in found.omnibus if each.metric == "spend")
    assert omnibus.p_value is None
    assert omnibus.not_estimated == {"reason": "an effect has no variance to be judged by"}
    # without the adjustment there is something to compare, and it stands beside
    read = [row for row in found.sensitivity if row.metric == "spend"]
    assert {row.reading for row in read} == {"unadjusted"}
    assert all(row.p_value is not None and row.p_value > 0 for row in read)


def test_orderings_that_a_covariate_determines_are_not_estimated_from_rounding() -> None:
    rng = np.random.default_rng(2)
    arms = [TWO[i] for i in rng.integers(0, 2, 600)]
    bought = (rng.random(600) < 0.4).astype(int)  # nobody completes a journey: all are `other`
    about = experiment(TWO, [conversion()], stages=("need", "touchpoint", "trust"))
    tables = statistics_of(
        arms, {"conversion": bought, "x:leak": bought}, labels=[0] * 600, declared=TWO
    )
    found = estimate_all(about, tables, declare_families(about))
    for one in found.estimates:
        if one.estimand in ("itt", "incidence") and one.ordering in (None, "other"):
            assert one.not_estimated is not None
            assert one.not_estimated["reason"].startswith("the covariates determine it")


def test_slopes_that_differ_leave_a_variance_that_is_one() -> None:
    """A metric that follows a covariate exactly, in each arm with another slope, has an error."""
    rng = np.random.default_rng(3)
    x = rng.integers(1, 500, 1000)
    arms = [TWO[i] for i in rng.integers(0, 2, 1000)]
    slope = np.array([2 if arm == "treated" else 1 for arm in arms])
    [found] = infer(
        experiment(TWO, [metric("spend", role="primary")]), {"spend": slope * x, "x:prior": x}, arms
    ).estimates
    assert found.absolute is not None
    # Negi and Wooldridge: what is left is the mean of x over all, times the slopes' difference, 1
    assert found.absolute.estimate == pytest.approx(x.mean(), rel=1e-9)
    assert found.standard_error == pytest.approx(x.std(ddof=1) / np.sqrt(1000), rel=1e-9)
