"""Factors that arms cross: weights by hand, statsmodels as oracle, and what is not identified."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.support.clusters import with_clusters
from tests.support.experiments import arm, conversion, experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.factorial import FactorContrast, factor_contrasts
from pathlift.judgement.families import declare_families
from pathlift.registry.crossing import Crossing, crossing_of
from pathlift.registry.experiment import Arm, Cluster, Column, Experiment
from pathlift.result.model import Estimate
from pathlift.statistics.collected import Statistics

LEVELS = {"channel": ("search", "content", "influencer"), "order": ("need", "trust")}
MAIN = "factor/spend///order=trust-order=need"
TOGETHER = (
    "factor_interaction/spend///channel=content vs channel=search at order=trust-"
    "channel=content vs channel=search at order=need"
)


def crossed(
    levels: Mapping[str, tuple[str, ...]] = LEVELS, *, without: tuple[str, ...] = (), **more: object
) -> list[Arm]:
    """One arm for each combination, named by its levels; the first is the control."""
    named = [
        ("_".join(cell), dict(zip(levels, cell, strict=True))) for cell in product(*levels.values())
    ]
    return [
        arm(name, factors=cell, control=place == 0, **more)
        for place, (name, cell) in enumerate(named)
        if name not in without
    ]


def drawn(arms: list[Arm], seed: int = 1) -> tuple[list[str], dict[str, np.ndarray]]:
    """Uneven arms whose means and spreads all differ, with a covariate."""
    rng = np.random.default_rng(seed)
    names: list[str] = []
    spend, bought, prior = [], [], []
    for place, each in enumerate(arms):
        n = 150 + 40 * place
        x = rng.poisson(5, n)
        names += [each.name] * n
        prior.append(x)
        bought.append((rng.random(n) < 0.3 + 0.02 * place).astype(int))
        spend.append(
            np.rint(100 + 7 * place**2 + (3 + place) * x + rng.normal(0, 10 + 5 * place, n))
        )
    columns = {"spend": spend, "conversion": bought, "x:prior": prior}
    return names, {name: np.concatenate(parts).astype(int) for name, parts in columns.items()}


def infer(exp: Experiment, statistics: Statistics) -> Inferred:
    return estimate_all(exp, statistics, declare_families(exp))


def of(result: Inferred, id: str) -> Estimate:
    return next(estimate for estimate in result.estimates if estimate.id == id)


def crossing(arms: list[Arm], **changes: object) -> Crossing:
    found = crossing_of(experiment(arms, [metric("spend", role="primary")], **changes))  # type: ignore[arg-type]
    assert found is not None
    return found


def contrast(found: Crossing, arm_side: str, control_side: str) -> FactorContrast:
    return next(
        each
        for each in factor_contrasts(found)
        if (each.arm.name, each.control.name) == (arm_side, control_side)
    )


# --- weights -----------------------------------------------------------------------------------


def test_a_level_is_the_equal_mean_of_its_arms_over_the_other_factor() -> None:
    order = contrast(crossing(crossed()), "order=trust", "order=need")
    third = 1 / 3
    assert order.weights == pytest.approx(
        {
            "search_trust": third,
            "content_trust": third,
            "influencer_trust": third,
            "search_need": -third,
            "content_need": -third,
            "influencer_need": -third,
        }
    )


def test_an_interaction_is_a_difference_of_differences() -> None:
    side = "channel=content vs channel=search at order="
    found = contrast(crossing(crossed()), f"{side}trust", f"{side}need")
    assert found.weights == {
        "content_trust": 1.0,
        "search_trust": -1.0,
        "content_need": -1.0,
        "search_need": 1.0,
    }


@given(st.lists(st.integers(2, 3), min_size=1, max_size=3))
def test_contrasts_of_a_complete_crossing_span_all_that_arms_can_differ_in(
    sizes: list[int],
) -> None:
    levels = {f"f{i}": tuple(f"l{j}" for j in range(size)) for i, size in enumerate(sizes)}
    arms = crossed(levels)
    found = factor_contrasts(crossing(arms))
    weights = np.array([[each.weights.get(a.name, 0.0) for a in arms] for each in found])
    # main effects and interactions of all orders have prod(levels) - 1 degrees of freedom
    assert weights.shape == (len(arms) - 1, len(arms))
    assert np.linalg.matrix_rank(weights) == len(arms) - 1
    assert np.abs(weights.sum(axis=1)).max() < 1e-12  # a contrast: rounding of the sum alone


def test_with_all_pairs_of_arms_every_pair_of_levels_is_compared() -> None:
    arms = crossed()
    pairs = [(b.name, a.name) for i, a in enumerate(arms) for b in arms[i + 1 :]]
    found = factor_contrasts(crossing(arms, contrasts=pairs))
    assert [
        (each.arm.name, each.control.name) for each in found if each.factors == ("channel",)
    ] == [
        ("channel=content", "channel=search"),
        ("channel=influencer", "channel=search"),
        ("channel=influencer", "channel=content"),
    ]


def test_the_levels_of_the_control_are_the_references_wherever_it_stands() -> None:
    arms = [replace(each, control=each.name == "content_trust") for each in crossed()]
    assert [factor.reference for factor in crossing(arms).factors] == ["content", "trust"]


def test_a_missing_combination_takes_away_what_needs_it_and_nothing_else() -> None:
    found = {
        (each.arm.name, each.control.name): each.missing
        for each in factor_contrasts(crossing(crossed(without=("influencer_trust",))))
    }
    lacking = ("channel=influencer with order=trust",)
    at = "channel={} vs channel=search at order={}"
    assert found == {
        ("channel=content", "channel=search"): (),
        ("channel=influencer", "channel=search"): lacking,
        ("order=trust", "order=need"): lacking,
        (at.format("content", "trust"), at.format("content", "need")): (),
        (at.format("influencer", "trust"), at.format("influencer", "need")): lacking,
    }


def test_an_arm_without_factors_stands_outside_and_combined_arms_cross_as_one() -> None:
    arms = [*crossed(), arm("silent"), arm("twin", factors={"channel": "search", "order": "need"})]
    exp = experiment(
        [replace(each, control=each.name == "silent") for each in arms],
        [metric("spend", role="primary")],
        combine={"plain": ("search_need", "twin")},
        contrasts=[("plain", "silent")],
    )
    found = crossing_of(exp)
    assert found is not None
    assert found.outside == ("silent",)
    assert found.cells["search", "need"] == "plain"
    assert [factor.reference for factor in found.factors] == ["search", "need"]


# --- estimates ---------------------------------------------------------------------------------


def centred_design(names: list[str]) -> dict[str, np.ndarray]:
    """Factorial coding: dummies centred over levels, so that coefficients are averages."""
    cells = [name.split("_") for name in names]
    dummy = {
        level: np.array([level in cell for cell in cells], dtype=float)
        for level in ("content", "influencer", "trust")
    }
    c, i, t = dummy["content"] - 1 / 3, dummy["influencer"] - 1 / 3, dummy["trust"] - 1 / 2
    return {
        "content": c,
        "influencer": i,
        "trust": t,
        "content:trust": c * t,
        "influencer:trust": i * t,
    }


def test_effects_and_errors_are_those_of_ols_with_factorial_coding_and_hc2() -> None:
    arms = crossed()
    names, columns = drawn(arms)
    columns = {"spend": columns["spend"]}
    exp = experiment(arms, [metric("spend", role="primary")])
    result = infer(exp, statistics_of(names, columns))
    design = centred_design(names)
    fit = sm.OLS(columns["spend"], sm.add_constant(np.column_stack(list(design.values())))).fit(
        cov_type="HC2"
    )
    sides = [f"channel={{0}} vs channel=search at order={order}" for order in ("trust", "need")]
    at = f"factor_interaction/spend///{'-'.join(sides)}"
    ids = [
        "factor/spend///channel=content-channel=search",
        "factor/spend///channel=influencer-channel=search",
        MAIN,
        at.format("content"),
        at.format("influencer"),
    ]
    assert [e.id for e in result.estimates if e.factors] == ids
    for place, id in enumerate(ids, start=1):
        found = of(result, id)
        assert found.absolute is not None
        # HC2 of a saturated design is s^2 / n in every cell; least squares is good to 1e-10
        assert found.absolute.estimate == pytest.approx(fit.params[place], rel=1e-9)
        assert found.standard_error == pytest.approx(fit.bse[place], rel=1e-9)
        assert found.causal_status == "causal"
    # and the test of all interactions together is its Wald test of the last two coefficients
    together = next(t for t in result.omnibus if t.estimand == "factor_interaction")
    restrict = np.zeros((2, 6))
    restrict[0, 4] = restrict[1, 5] = 1
    oracle = fit.wald_test(restrict, use_f=False, scalar=True)
    assert together.statistic == pytest.approx(float(oracle.statistic), rel=1e-8)
    assert together.p_value == pytest.approx(float(oracle.pvalue), rel=1e-6)
    assert together.df == 2


def test_adjusted_effects_are_those_of_ols_with_slopes_in_every_arm() -> None:
    arms = crossed()
    names, columns = drawn(arms)
    columns = {name: columns[name] for name in ("spend", "x:prior")}
    result = infer(
        experiment(arms, [metric("spend", role="primary")]), statistics_of(names, columns)
    )
    design = np.column_stack([np.ones(len(names)), *centred_design(names).values()])
    off = columns["x:prior"] - columns["x:prior"].mean()
    fit = sm.OLS(columns["spend"], np.hstack([design, design * off[:, None]])).fit()
    found = of(result, MAIN)
    assert found.adjustment.method == "lin"
    assert found.absolute is not None
    assert found.absolute.estimate == pytest.approx(fit.params[3], rel=1e-9)


def test_a_lift_is_fiellers_set_of_the_two_averages_and_an_interaction_has_none() -> None:
    arms = crossed()
    names, columns = drawn(arms)
    result = infer(
        experiment(arms, [metric("spend", role="primary")], multiplicity="none"),
        statistics_of(names, {"spend": columns["spend"]}),
    )
    found = of(result, MAIN)
    groups = {a.name: columns["spend"][np.array(names) == a.name] for a in arms}
    trust = [groups[f"{c}_trust"] for c in LEVELS["channel"]]
    need = [groups[f"{c}_need"] for c in LEVELS["channel"]]
    m1, m0 = (float(np.mean([g.mean() for g in side])) for side in (trust, need))
    v1, v0 = (sum(g.var(ddof=1) / len(g) for g in side) / 9 for side in (trust, need))
    assert (found.arm_value, found.control_value) == pytest.approx((m1, m0))
    assert found.df is not None
    t = stats.t.isf(0.025, found.df)
    assert found.relative is not None
    assert found.relative.low is not None
    assert found.relative.high is not None
    for end in (found.relative.low, found.relative.high):
        # at an end of Fieller's set, m1 - (1 + lift) m0 lies t standard errors from 0
        assert abs(m1 - (1 + end) * m0) == pytest.approx(t * np.sqrt(v1 + (1 + end) ** 2 * v0))
    together = of(result, TOGETHER)
    assert together.relative is None
    assert "relative_not_defined" in together.flags
    assert together.better is None
    assert together.conclusion in ("different", "no_difference_shown")


def test_a_family_of_factors_holds_together_by_itself() -> None:
    arms = crossed()
    names, columns = drawn(arms)
    exp = experiment(arms, [conversion(), metric("spend")])
    result = infer(exp, statistics_of(names, columns))
    for name in ("conversion", "spend"):
        members = [e for e in result.estimates if e.factors and e.metric == name]
        assert len(members) == 5
        for each in members:
            assert each.simultaneous is not None
            assert each.simultaneous.members == 5
            assert each.simultaneous.family == f"{name}: factors and their interactions"
            assert each.absolute is not None
            assert each.simultaneous.absolute is not None
            low = each.absolute.low
            assert low is not None
            assert each.simultaneous.absolute.low is not None
            assert each.simultaneous.absolute.low < low
    # arms keep their own family: five contrasts with the control, as without factors
    bare = [replace(each, factors={}) for each in arms]
    alone = infer(replace(exp, arms=tuple(bare)), statistics_of(names, columns))
    assert [e for e in result.estimates if not e.factors] == list(alone.estimates)


def test_one_factor_gives_what_the_arms_give() -> None:
    arms = crossed({"channel": ("search", "content", "influencer")})
    names, columns = drawn(arms)
    result = infer(
        experiment(arms, [conversion()]),
        statistics_of(names, {"conversion": columns["conversion"]}),
    )
    by_factor = of(result, "factor/conversion///channel=content-channel=search")
    by_arm = of(result, "itt/conversion///content-search")
    assert by_factor.absolute == by_arm.absolute
    assert by_factor.relative == by_arm.relative
    assert by_factor.p_value == by_arm.p_value
    assert by_factor.method == "Miettinen-Nurminen score interval"


def test_what_a_crossing_does_not_identify_is_there_with_the_reason() -> None:
    arms = crossed(without=("influencer_trust",))
    names, columns = drawn(arms)
    result = infer(
        experiment(arms, [metric("spend", role="primary")]),
        statistics_of(names, {"spend": columns["spend"]}),
    )
    lost = of(result, MAIN)
    assert lost.conclusion == "not_estimated"
    assert lost.not_estimated == {
        "reason": "the crossing does not identify it: there is no arm with channel=influencer with "
        "order=trust"
    }
    assert of(result, TOGETHER).absolute is not None
    tests = {t.test: t for t in result.omnibus}
    assert tests["Wald test that all levels of channel are equal"].p_value is None


def test_guardrails_stay_by_arm_and_quantiles_say_why_they_are_not_averaged() -> None:
    arms = crossed()
    names, columns = drawn(arms)
    exp = experiment(
        arms,
        [conversion(), metric("spend", kind="quantile", q=0.5), metric("kept", role="guardrail")],
    )
    columns = {"conversion": columns["conversion"], "kept": columns["conversion"]}
    result = infer(
        exp, statistics_of(names, columns, quantiles={"spend": np.arange(len(names)) % 97})
    )
    assert not [e for e in result.estimates if e.factors and e.metric == "kept"]
    assert "average of the quantiles" in (of(result, MAIN).not_estimated or {})["reason"]


def test_ratios_and_proportions_read_the_same_covariance_as_arms_do() -> None:
    arms = crossed()
    names, columns = drawn(arms)
    columns = {"spend": columns["spend"], "conversion": columns["conversion"]}
    exp = experiment(
        arms, [conversion(), metric("spend"), ratio("per_buyer", "spend", "conversion")]
    )
    result = infer(exp, statistics_of(names, columns))
    found = of(result, MAIN.replace("spend", "per_buyer"))
    values = {
        a.name: columns["spend"][np.array(names) == a.name].mean()
        / columns["conversion"][np.array(names) == a.name].mean()
        for a in arms
    }
    assert found.arm_value == pytest.approx(
        np.mean([values[f"{c}_trust"] for c in LEVELS["channel"]])
    )
    share = of(result, MAIN.replace("spend", "conversion"))
    p = {a.name: columns["conversion"][np.array(names) == a.name] for a in arms}
    variance = sum(each.var(ddof=1) / len(each) for each in p.values()) / 9
    assert share.standard_error == pytest.approx(np.sqrt(variance))
    assert share.df is None  # a proportion: normal
    assert share.arm_units == sum(len(p[f"{c}_trust"]) for c in LEVELS["channel"])


def test_rare_conversions_are_flagged() -> None:
    arms = crossed()
    names = [a.name for a in arms for _ in range(400)]
    bought = [int(i % 400 < 8) for i in range(len(names))]
    exp = experiment(arms, [conversion()])
    found = of(
        infer(exp, statistics_of(names, {"conversion": bought})),
        MAIN.replace("spend", "conversion"),
    )
    assert "few_counts" in found.flags


def test_clusters_widen_factors_as_they_widen_arms() -> None:
    shop = Cluster(column=Column(name="shop"), randomised="clusters")
    arms = crossed({"channel": ("search", "content"), "order": ("need", "trust")}, cluster=shop)
    rng = np.random.default_rng(3)
    names, shops, spend = [], [], []
    for a in arms:
        for g in range(12):
            size = int(rng.integers(5, 30))
            own = rng.normal(0, 30)
            names += [a.name] * size
            shops += [f"{a.name}{g}"] * size
            spend.append(np.rint(100 + own + rng.normal(0, 10, size)).astype(int))
    columns = {"spend": np.concatenate(spend)}
    exp = experiment(arms, [metric("spend", role="primary")])
    bare = statistics_of(names, columns)
    found = of(infer(exp, with_clusters(bare, names, columns, shops)), MAIN)
    # CR2 by hand: sum e_g^2 / (1 - h_g) / n^2 in each arm, and each arm weighs a half
    variance = 0.0
    for a in arms:
        inside = np.array(names) == a.name
        y, g = columns["spend"][inside], np.array(shops)[inside]
        for one in np.unique(g):
            e = (y[g == one] - y.mean()).sum()
            variance += e**2 / (1 - (g == one).mean()) / len(y) ** 2 / 4
    assert found.standard_error == pytest.approx(np.sqrt(variance))
    assert found.df is not None
    assert found.df < 44  # 4 arms of 12 clusters
    plain_arms = [replace(a, cluster=None) for a in arms]
    alone = of(infer(replace(exp, arms=tuple(plain_arms)), bare), MAIN)
    assert alone.standard_error is not None
    assert found.standard_error is not None
    assert found.standard_error > 2 * alone.standard_error


def test_an_arm_of_too_few_clusters_takes_its_factors_with_it() -> None:
    shop = Cluster(column=Column(name="shop"), randomised="clusters")
    arms = crossed({"channel": ("search", "content"), "order": ("need", "trust")}, cluster=shop)
    names = [a.name for a in arms for _ in range(60)]
    shops = [f"{n}{i % (3 if n == 'content_trust' else 10)}" for i, n in enumerate(names)]
    columns = {"spend": np.arange(len(names)) * 7 % 31}
    exp = experiment(arms, [metric("spend", role="primary")])
    result = infer(exp, with_clusters(statistics_of(names, columns), names, columns, shops))
    reason = (of(result, MAIN).not_estimated or {})["reason"]
    assert reason == "an arm of clusters needs at least 6 of them, and content_trust has 3"


# --- error rates -------------------------------------------------------------------------------


def test_factor_intervals_hold_their_truth_together_as_often_as_promised() -> None:
    truth = np.array([0.10, 0.16, 0.12, 0.14, 0.20, 0.11])
    sizes = np.array([2700, 1200, 2100, 1500, 1800, 2400])
    arms = crossed()
    names = np.repeat([a.name for a in arms], sizes)
    place = np.concatenate([np.arange(n) for n in sizes])
    spend = (place < np.repeat(np.rint(truth * sizes), sizes)).astype(int)
    exp = experiment(arms, [metric("spend", role="primary")])
    result = infer(exp, statistics_of(names.tolist(), {"spend": spend}))
    # the family's critical value depends on the data through their correlation only, which the
    # true shares and the sizes fix: one value for all draws
    critical = {
        e.simultaneous.critical_value for e in result.estimates if e.simultaneous and e.factors
    }
    (c,) = critical
    assert c is not None
    found = factor_contrasts(crossing(arms))
    weights = np.array([[each.weights.get(a.name, 0.0) for a in arms] for each in found])
    runs = 20_000
    share = np.random.default_rng(20260601).binomial(sizes, truth, (runs, 6)) / sizes
    errors = np.sqrt((share * (1 - share) / (sizes - 1)) @ (weights**2).T)
    held = int(np.all(np.abs((share - truth) @ weights.T) <= c * errors, axis=1).sum())
    # within half a point of 95% (methods 7: K6, K7), up to the draws' own error (z = 3.8)
    assert stats.binomtest(held, runs, 0.945, alternative="less").pvalue > 1e-4
    assert stats.binomtest(held, runs, 0.955, alternative="greater").pvalue > 1e-4
