"""Averages that were planned to be compared: weights by hand, statsmodels and draws as oracles."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from tests.support.clusters import with_clusters
from tests.support.experiments import arm, conversion, experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.factor_effects import ESTIMANDS
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Average, Cluster, Column, Experiment, Margin, Planned
from pathlift.result.model import Estimate
from pathlift.statistics.collected import Statistics

ARMS = ("search", "content", "influencer")
SEARCH = Average(name="search", weights={"search": 1.0})
HALVES = Planned(
    arm=Average(name="others", weights={"content": 0.5, "influencer": 0.5}), control=SEARCH
)
THIRDS = Planned(
    arm=Average(name="mix", weights={"content": 0.7, "influencer": 0.3}), control=SEARCH
)
ONE = "planned/spend///others-search"


def plan(exp: Experiment, *planned: Planned) -> Experiment:
    return replace(exp, analysis=replace(exp.analysis, planned=planned))


def drawn(seed: int = 1) -> tuple[list[str], dict[str, np.ndarray]]:
    """Arms of 300, 500 and 900 units whose means and spreads differ, with a covariate."""
    rng = np.random.default_rng(seed)
    names = [name for name, n in zip(ARMS, (300, 500, 900), strict=True) for _ in range(n)]
    place = np.array([ARMS.index(name) for name in names])
    prior = rng.poisson(5, len(names))
    spend = np.rint(100 + 9 * place**2 + (3 + place) * prior + rng.normal(0, 20 + 15 * place))
    bought = (rng.random(len(names)) < 0.3 + 0.03 * place).astype(int)
    return names, {"spend": spend.astype(int), "conversion": bought, "x:prior": prior}


def infer(exp: Experiment, statistics: Statistics) -> Inferred:
    return estimate_all(exp, statistics, declare_families(exp))


def of(result: Inferred, id: str = ONE) -> Estimate:
    return next(estimate for estimate in result.estimates if estimate.id == id)


def without_covariate(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: values for name, values in columns.items() if name != "x:prior"}


def test_an_average_of_means_is_welchs_linear_contrast() -> None:
    names, columns = drawn()
    exp = plan(experiment(ARMS, [metric("spend", role="primary")]), HALVES)
    found = of(infer(exp, statistics_of(names, without_covariate(columns))))
    spend = columns["spend"].astype(float)
    parts = [spend[np.array(names) == name] for name in ARMS]
    weights = np.array([-1, 0.5, 0.5])
    mean = [part.mean() for part in parts]
    own = weights**2 * [part.var(ddof=1) / len(part) for part in parts]
    df = own.sum() ** 2 / sum(v**2 / (len(p) - 1) for v, p in zip(own, parts, strict=True))
    assert found.absolute is not None
    # rounding alone: the same sums in another order
    assert found.absolute.estimate == pytest.approx(weights @ mean, rel=1e-12)
    assert found.standard_error == pytest.approx(np.sqrt(own.sum()), rel=1e-12)
    assert found.df == pytest.approx(df, rel=1e-12)
    t = weights @ mean / np.sqrt(own.sum())
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-9)
    assert found.weights == {"content": 0.5, "influencer": 0.5, "search": -1.0}
    assert (found.arm_units, found.control_units) == (1400, 300)
    assert found.arm_value == pytest.approx((mean[1] + mean[2]) / 2, rel=1e-12)
    assert found.simultaneous is None  # alone, it is a family of one
    assert found.method.startswith("means over arms weighted as planned, ")
    assert found.conclusion == "better"
    assert found.causal_status == "causal"
    assert "planned" in ESTIMANDS


def test_with_a_covariate_it_is_interacted_least_squares() -> None:
    names, columns = drawn(2)
    exp = plan(experiment(ARMS, [metric("spend", role="primary")]), THIRDS)
    found = of(infer(exp, statistics_of(names, columns)), "planned/spend///mix-search")
    x = columns["x:prior"] - columns["x:prior"].mean()
    dummies = np.array([[name == arm for arm in ARMS] for name in names], dtype=float)
    fit = sm.OLS(columns["spend"], np.hstack([dummies, dummies * x[:, None]])).fit()
    test = fit.t_test([-1, 0.7, 0.3, 0, 0, 0])
    assert found.absolute is not None
    assert found.absolute.estimate == pytest.approx(float(np.squeeze(test.effect)), rel=1e-10)
    assert found.adjustment.method == "lin"


def test_weights_of_one_arm_are_the_contrast_of_that_arm() -> None:
    names, columns = drawn(3)
    alone = Planned(arm=Average(name="content", weights={"content": 1.0}), control=SEARCH)
    exp = plan(experiment(ARMS, [metric("spend", role="primary")]), alone)
    result = infer(exp, statistics_of(names, columns))
    one, other = of(result, "planned/spend///content-search"), of(
        result, "itt/spend///content-search"
    )  # fmt: skip
    assert one.absolute == other.absolute
    assert one.relative == other.relative
    assert (one.p_value, one.df) == (other.p_value, other.df)


def test_turning_a_contrast_round_mirrors_it() -> None:
    names, columns = drawn(4)
    turned = Planned(arm=SEARCH, control=replace(HALVES.arm, name="0.5 content + 0.5 influencer"))
    exp = plan(experiment(ARMS, [metric("spend", role="primary")]), HALVES, turned)
    result = infer(exp, statistics_of(names, columns))
    one = of(result)
    other = of(result, "planned/spend///search-0.5 content + 0.5 influencer")
    assert one.absolute is not None
    assert other.absolute is not None
    assert other.absolute.estimate == -(one.absolute.estimate or 0)
    assert other.absolute.low == -(one.absolute.high or 0)
    assert other.p_value == one.p_value
    assert (one.conclusion, other.conclusion) == ("better", "worse")


def test_several_are_one_family_with_their_own_correlation() -> None:
    names, columns = drawn(5)
    apart = Planned(
        arm=Average(name="influencer", weights={"influencer": 1.0}),
        control=Average(name="rest", weights={"search": 0.5, "content": 0.5}),
    )
    exp = plan(experiment(ARMS, [metric("spend", role="primary")]), HALVES, apart)
    result = infer(exp, statistics_of(names, without_covariate(columns)))
    one, two = of(result), of(result, "planned/spend///influencer-rest")
    spend = columns["spend"].astype(float)
    variances = [np.var(p, ddof=1) / len(p) for a in ARMS for p in [spend[np.array(names) == a]]]
    contrasts = np.array([[-1, 0.5, 0.5], [-0.5, -0.5, 1]])
    covariance = contrasts @ np.diag(variances) @ contrasts.T
    rho = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    family = one.simultaneous
    assert family is not None
    assert two.simultaneous is not None
    assert family.family == "spend: planned averages of arms"
    assert family.members == 2
    assert one.df is not None
    assert two.df is not None
    df = min(one.df, two.df)
    draws = stats.multivariate_t([0, 0], [[1, rho], [rho, 1]], df=round(df), seed=1).rvs(400_000)
    beyond = np.mean(np.abs(draws).max(axis=1) > family.critical_value)
    # three binomial standard errors of 5% in 400,000 draws
    assert beyond == pytest.approx(0.05, abs=3 * (0.05 * 0.95 / 400_000) ** 0.5)
    # contrasts of arms keep the family that they had
    pairs = of(result, "itt/spend///content-search").simultaneous
    assert pairs is not None
    assert pairs.members == 2


def test_shares_are_averaged_with_normal_tails_and_few_counts_say_so() -> None:
    names, columns = drawn(6)
    exp = plan(experiment(ARMS, [conversion()]), HALVES)
    y = columns["conversion"]
    found = of(
        infer(exp, statistics_of(names, {"conversion": y})), "planned/conversion///others-search"
    )
    parts = [y[np.array(names) == name] for name in ARMS]
    own = np.array([1, 0.25, 0.25]) * [p.var(ddof=1) / len(p) for p in parts]
    assert found.standard_error == pytest.approx(np.sqrt(own.sum()), rel=1e-12)
    assert found.df is None
    assert found.flags == ()
    rare = (np.arange(len(y)) % 40 == 0).astype(int)
    sparse = of(
        infer(exp, statistics_of(names, {"conversion": rare})), "planned/conversion///others-search"
    )
    assert sparse.flags == ("few_counts",)


def test_ratios_are_averaged_as_ratios_and_guardrails_are_not() -> None:
    names, columns = drawn(7)
    columns = {
        "spend": columns["spend"],
        "orders": columns["x:prior"] + 1,
        "late": columns["conversion"],
    }
    late = metric(
        "late", "proportion", role="guardrail", better="lower",
        margin=Margin(scale="absolute", value=0.1),
    )  # fmt: skip
    metrics = [metric("spend"), metric("orders"), ratio("value", "spend", "orders", role="primary")]
    result = infer(plan(experiment(ARMS, [*metrics, late]), HALVES), statistics_of(names, columns))
    found = of(result, "planned/value///others-search")
    values = [of(result, f"itt/value///{name}-search") for name in ("content", "influencer")]
    mean = sum(v.arm_value or 0 for v in values) / 2 - (values[0].control_value or 0)
    assert found.absolute is not None
    assert found.absolute.estimate == pytest.approx(mean, rel=1e-12)
    assert {e.metric for e in result.estimates if e.estimand == "planned"} == {
        "spend",
        "orders",
        "value",
    }


def test_an_arm_with_too_few_clusters_costs_its_averages_alone() -> None:
    names, columns = drawn(8)
    columns = without_covariate(columns)
    groups = [
        f"{name}{i % (3 if name == 'influencer' else 30)}" if name != "search" else None
        for i, name in enumerate(names)
    ]
    cluster = Cluster(column=Column(name="creator"), randomised="clusters")
    arms = [arm("search", control=True), *(arm(name, cluster=cluster) for name in ARMS[1:])]
    apart = Planned(
        arm=Average(name="content", weights={"content": 1.0}),
        control=Average(name="both", weights={"search": 0.5, "content": 0.5}),
    )
    exp = plan(experiment(arms, [metric("spend", role="primary")]), HALVES)
    tables = with_clusters(statistics_of(names, columns), names, columns, groups)
    found = of(infer(exp, tables))
    assert found.not_estimated is not None
    assert "influencer has 3" in found.not_estimated["reason"]
    kept = of(infer(plan(exp, apart), tables), "planned/spend///content-both")
    assert kept.not_estimated is None
    assert "clusters" in kept.method


def test_at_several_looks_it_is_that_of_a_single_one() -> None:
    names, columns = drawn(9)
    exp = plan(experiment(ARMS, [metric("spend", role="primary")]), HALVES)
    looks = replace(exp.analysis.looks, kind="group_sequential", planned_units=1700)
    exp = replace(exp, analysis=replace(exp.analysis, looks=looks))
    found = of(infer(exp, statistics_of(names, columns)))
    assert "not_protected_against_peeking" in found.flags


def test_a_quantile_of_an_average_is_the_quantile_of_nobody() -> None:
    names, columns = drawn(10)
    exp = plan(experiment(ARMS, [metric("spend", "quantile", q=0.5, role="primary")]), HALVES)
    tables = statistics_of(names, {}, quantiles={"spend": columns["spend"]})
    found = of(infer(exp, tables))
    assert found.not_estimated is not None
    assert "is the quantile of none" in found.not_estimated["reason"]
