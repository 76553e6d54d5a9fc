"""Families of metrics: unit rows by numpy and scipy, a metric of its own, a grid, a simulation."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.support.clusters import with_clusters
from tests.support.experiments import arm, experiment, metric
from tests.support.units import statistics_of

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.relative import SetKind, ratio_set
from pathlift.inference.tails import two_sided_critical
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Cluster, Column, Experiment, MetricFamily
from pathlift.result.increments import FamilyContrast, Share
from pathlift.statistics.collected import Cap, Statistics

ELSEWHERE = MetricFamily(name="elsewhere", kind="displacement", part="kitchen", whole="revenue")
Columns = dict[str, np.ndarray]


def declared(
    *, multiplicity: str = "max_t", arms: Sequence[str] = ("search", "content")
) -> Experiment:
    return experiment(
        arms=arms,
        metrics=[
            metric("revenue", role="primary"),
            metric("kitchen"),
            metric("garden"),
        ],
        multiplicity=multiplicity,
        families=(ELSEWHERE,),
    )


def sales(
    seed: int, lift: float = 1.0, taken: float = 0.0, n: int = 300, *, third: bool = False
) -> tuple[list[str], Columns]:
    """Whole cents; kitchen and garden add up to revenue, unit by unit."""
    rng = np.random.default_rng(seed)
    arms = ["search"] * n + ["content"] * (n + 40) + (["influencer"] * n if third else [])
    moved = np.array(arms) != "search"
    kitchen = rng.poisson(300 + 40 * lift * moved) * (rng.random(len(arms)) < 0.4)
    garden = rng.poisson(500 - 40 * taken * moved) * (rng.random(len(arms)) < 0.5)
    return arms, {"revenue": kitchen + garden, "kitchen": kitchen, "garden": garden}


def infer(exp: Experiment, statistics: Statistics) -> Inferred:
    return estimate_all(exp, statistics, declare_families(exp))


def contrast(inferred: Inferred) -> FamilyContrast:
    (family,) = inferred.increments
    return family.contrasts[0]


@given(seed=st.integers(0, 10_000), lift=st.floats(0.2, 4), taken=st.floats(-2, 2))
@settings(max_examples=20)
def test_effects_and_covariance_are_those_of_unit_rows(
    seed: int, lift: float, taken: float
) -> None:
    arms, columns = sales(seed, lift, taken)
    found = contrast(infer(declared(multiplicity="none"), statistics_of(arms, columns)))
    treated = np.array(arms) == "content"
    rows = np.array([columns["kitchen"], columns["garden"]], dtype=float)
    means = rows[:, treated].mean(axis=1) - rows[:, ~treated].mean(axis=1)
    # numpy's covariance of unit rows, n - 1, over the units of each arm
    of_means = (
        np.cov(rows[:, treated]) / treated.sum() + np.cov(rows[:, ~treated]) / (~treated).sum()
    )
    assert found.part is not None
    assert found.rest is not None
    assert found.whole is not None
    three = [each.effect.estimate for each in (found.part, found.rest, found.whole)]
    assert three == pytest.approx([*means, means.sum()], rel=1e-10, abs=1e-10)
    assert np.array(found.covariance) == pytest.approx(of_means, rel=1e-9)
    # scipy's Welch test of the rest as a column of its own
    welch = stats.ttest_ind(rows[1, treated], rows[1, ~treated], equal_var=False)
    assert found.rest.p_value == pytest.approx(welch.pvalue, rel=1e-9)
    interval = welch.confidence_interval(0.95)
    assert found.rest.effect.low == pytest.approx(interval.low, rel=1e-9)


def test_the_rest_is_what_a_metric_of_its_own_would_be_adjusted_or_not() -> None:
    arms, columns = sales(7, lift=2.0, taken=1.0)
    rng = np.random.default_rng(8)
    prior = columns["kitchen"] // 2 + columns["garden"] // 3 + rng.integers(0, 99, len(arms))
    for covariates in ({}, {"x:prior": prior}):
        exp = declared(multiplicity="none")
        found = infer(exp, statistics_of(arms, columns | covariates))
        garden = next(e for e in found.estimates if e.id == "itt/garden///content-search")
        rest = next(e for e in found.estimates if e.estimand == "rest")
        for field in ("arm_value", "control_value", "standard_error", "statistic", "df", "p_value"):
            # by another road to the same sums: a few last digits
            assert getattr(rest, field) == pytest.approx(getattr(garden, field), rel=1e-8), field
        assert rest.adjustment.covariates == garden.adjustment.covariates
        assert (rest.metric, rest.role) == ("elsewhere", "secondary")


def test_the_rest_counts_clusters_as_a_metric_of_its_own_does() -> None:
    arms, columns = sales(17, lift=2.0, taken=1.0)
    names = [f"{arm}{i % 12}" for i, arm in enumerate(arms)]
    exp = experiment(
        arms=[
            arm(name, cluster=Cluster(column=Column(name="creator"), randomised="clusters"))
            for name in ("search", "content")
        ],
        metrics=[metric("revenue", role="primary"), metric("kitchen"), metric("garden")],
        multiplicity="none",
        families=(ELSEWHERE,),
    )
    found = infer(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))
    garden = next(e for e in found.estimates if e.id == "itt/garden///content-search")
    rest = next(e for e in found.estimates if e.estimand == "rest")
    assert rest.df is not None
    assert rest.df < 25  # Bell and McCaffrey's, of 24 clusters
    for field in ("standard_error", "statistic", "df", "p_value"):
        assert getattr(rest, field) == pytest.approx(getattr(garden, field), rel=1e-8), field


def test_part_and_whole_have_no_second_estimate() -> None:
    arms, columns = sales(3)
    found = infer(declared(), statistics_of(arms, columns))
    assert [e.id for e in found.estimates] == [
        "itt/revenue///content-search",
        "itt/kitchen///content-search",
        "itt/garden///content-search",
        "rest/elsewhere///content-search",
    ]


def holds(share: Share, value: float) -> bool:
    return any(
        (low is None or low <= value) and (high is None or value <= high)
        for low, high in share.set.pieces
    )


@given(
    seed=st.integers(0, 10_000),
    lift=st.floats(-1, 3),
    taken=st.floats(-2, 2),
    values=st.lists(st.floats(-50, 50), min_size=40, max_size=40),
)
@settings(max_examples=8)
def test_a_share_is_in_its_set_when_its_test_does_not_reject_it(
    seed: int, lift: float, taken: float, values: list[float]
) -> None:
    arms, columns = sales(seed, lift, taken, n=120)
    inferred = infer(declared(), statistics_of(arms, columns))
    (rest,) = (e for e in inferred.estimates if e.estimand == "rest")
    found = contrast(inferred)
    assert found.part is not None
    assert found.rest is not None
    assert found.added is not None
    assert found.moved is not None
    assert rest.simultaneous is not None
    c = rest.simultaneous.critical_value
    part, other = found.part.effect.estimate, found.rest.effect.estimate
    (v_pp, v_pr), (_, v_rr) = found.covariance or ((0.0, 0.0), (0.0, 0.0))
    assert None not in (c, part, other)
    for t in values:
        # whole - t part = rest + (1 - t) part, brute force at t
        distance = abs(other + (1 - t) * part)  # type: ignore[operator]
        error = np.sqrt(v_rr + 2 * (1 - t) * v_pr + (1 - t) ** 2 * v_pp)
        assume(abs(distance - c * error) > 1e-9 * error)
        assert holds(found.added, t) == (distance <= c * error)
        assert holds(found.moved, 1 - t) == (distance <= c * error)
    if found.added.estimate is not None and found.moved.estimate is not None:
        assert found.added.estimate + found.moved.estimate == pytest.approx(1, abs=1e-9)


@given(seed=st.integers(0, 10_000), lift=st.floats(0, 4), taken=st.floats(-4, 4))
@settings(max_examples=8)
def test_shares_leave_out_0_where_the_whole_and_the_rest_do(
    seed: int, lift: float, taken: float
) -> None:
    arms, columns = sales(seed, lift, taken)
    found = contrast(infer(declared(), statistics_of(arms, columns)))
    for share, effect in ((found.added, found.whole), (found.moved, found.rest)):
        assert share is not None
        assert effect is not None
        low, high = effect.effect.low, effect.effect.high
        assert low is not None
        assert high is not None
        assume(min(abs(low), abs(high)) > 1e-9 * (high - low))
        assert holds(share, 0.0) == (low <= 0 <= high)


def test_fiellers_set_holds_the_share_as_often_as_it_says() -> None:
    # 4,000 experiments of two arms of 150: kitchen +6, garden -4, so 1/3 of the effect is new.
    # The effect on the part is weak (about 2.5 standard errors), where the delta method fails.
    draws = np.random.default_rng(20261126)
    runs, n = 4000, 150
    kitchen = draws.exponential(20, (2, runs, n)) + np.array([0.0, 6.0])[:, None, None]
    garden = draws.exponential(15, (2, runs, n)) + np.array([0.0, -4.0])[:, None, None]
    garden = garden + 0.3 * kitchen - 0.3 * np.array([0.0, 6.0])[:, None, None]
    whole = kitchen + garden
    part_effect, whole_effect = (x[1].mean(-1) - x[0].mean(-1) for x in (kitchen, whole))
    v_pp, v_ww = ((x.var(-1, ddof=1) / n).sum(0) for x in (kitchen, whole))
    centred = (kitchen - kitchen.mean(-1, keepdims=True)) * (whole - whole.mean(-1, keepdims=True))
    v_wp = (centred.sum(-1) / (n - 1) / n).sum(0)
    found = ratio_set(
        whole_effect, part_effect, v_ww, v_pp, v_wp, critical=two_sided_critical(0.05, 2 * n - 2)
    )
    truth = 2.0 / 6.0
    inside = (found.low <= truth) & (truth <= found.high)
    held = np.where(found.kind == SetKind.OUTSIDE, ~inside | (found.low == truth), inside)
    held = held | (found.kind == SetKind.EVERYTHING)
    assert (found.kind == SetKind.OUTSIDE).any()
    # binomial 99.9% band of 95%, in 4,000 runs
    assert stats.binom.ppf(0.0005, runs, 0.95) <= held.sum() <= stats.binom.ppf(0.9995, runs, 0.95)
    # what was avoided: the delta method's interval of the same share, on the same draws
    ratio = whole_effect / part_effect
    delta = np.sqrt((v_ww - 2 * ratio * v_wp + ratio**2 * v_pp) / part_effect**2)
    caught = np.abs(ratio - truth) <= 1.96 * delta
    assert caught.sum() < held.sum()


def test_three_arms_are_corrected_together() -> None:
    arms, columns = sales(11, lift=2.0, third=True)
    exp = declared(arms=("search", "content", "influencer"))
    (family,) = infer(exp, statistics_of(arms, columns)).increments
    assert family.members == 6
    assert [(c.arm, c.control) for c in family.contrasts] == [
        ("content", "search"),
        ("influencer", "search"),
    ]


def test_capped_metrics_are_read_uncapped() -> None:
    arms, columns = sales(5, lift=3.0)
    capped = columns | {"revenue": np.minimum(columns["revenue"], 400)}
    raw = {"revenue.raw": columns["revenue"]}
    cap = Cap(
        metric="revenue",
        quantile=0.9,
        threshold=400.0,
        nonzero_units=500,
        capped_units=50,
        reason="",
    )
    statistics = replace(statistics_of(arms, capped | raw), caps={"revenue": cap})
    plain = contrast(infer(declared(), statistics_of(arms, columns)))
    assert contrast(infer(declared(), statistics)) == plain


def test_a_part_that_is_the_whole_leaves_no_rest() -> None:
    arms, columns = sales(5)
    same = columns | {"kitchen": columns["revenue"]}
    found = contrast(infer(declared(), statistics_of(arms, same)))
    assert found.part is None
    assert found.added is None
    assert found.not_estimated == {
        "reason": "no unit of either arm differs from another: there is no variance"
    }


def test_a_part_that_exceeds_its_whole_is_flagged() -> None:
    arms, columns = sales(5)
    wrong = columns | {"kitchen": 3 * columns["revenue"] + 1}
    assert contrast(infer(declared(), statistics_of(arms, wrong))).flags == ("part_exceeds_whole",)


def test_an_arm_without_units_leaves_a_reason() -> None:
    arms, columns = sales(5)
    statistics = statistics_of(arms, columns, declared=("search", "content", "influencer"))
    exp = declared(arms=("search", "content", "influencer"))
    (family,) = infer(exp, statistics).increments
    assert {c.not_estimated["reason"] for c in family.contrasts if c.not_estimated} == {
        "an arm needs at least two mature units, and influencer has 0"
    }


def test_a_metric_that_the_data_cannot_give_takes_its_family_along() -> None:
    arms, columns = sales(5)
    statistics = replace(
        statistics_of(arms, columns), not_estimated={"kitchen": "no row of the log is of it"}
    )
    found = contrast(infer(declared(), statistics))
    assert found.not_estimated == {"reason": "kitchen: no row of the log is of it"}


@pytest.mark.parametrize(("multiplicity", "members"), [("holm", 3), ("bh", 3), ("none", 1)])
def test_without_an_interval_that_holds_together_sets_take_their_part_of_alpha(
    multiplicity: str, members: int
) -> None:
    arms, columns = sales(9, lift=3.0)
    inferred = infer(declared(multiplicity=multiplicity), statistics_of(arms, columns))
    found = contrast(inferred)
    (rest,) = (e for e in inferred.estimates if e.estimand == "rest")
    assert found.moved is not None
    assert found.part is not None
    assert found.moved.set.kind == "interval"
    c = float(two_sided_critical(0.05 / members, min(rest.df or np.inf, 1e9)))
    # at the end of a set the statistic is the critical value; df of three contrasts differ little
    end = found.moved.set.low
    assert end is not None
    (v_pp, v_pr), (_, v_rr) = found.covariance or ((0.0, 0.0), (0.0, 0.0))
    distance = -(found.rest.effect.estimate if found.rest else 0.0) - end * (  # type: ignore[operator]
        found.part.effect.estimate or 0.0
    )
    error = np.sqrt(v_rr + 2 * end * v_pr + end**2 * v_pp)
    assert abs(distance) / error == pytest.approx(c, rel=1e-3)


@pytest.mark.parametrize("multiplicity", ["max_t", "holm", "none"])
def test_effects_of_a_family_carry_the_p_value_that_they_are_judged_by(multiplicity: str) -> None:
    arms, columns = sales(9, lift=1.0)
    inferred = infer(declared(multiplicity=multiplicity), statistics_of(arms, columns))
    found = contrast(inferred)
    (rest,) = (e for e in inferred.estimates if e.estimand == "rest")
    together = rest.simultaneous
    assert (together is None) == (multiplicity == "none")
    assert found.rest is not None
    expected = rest.p_value if together is None else together.p_adjusted
    assert found.rest.p_value == expected
    assert together is None or together.p_adjusted != rest.p_value


def test_shares_of_what_is_credited_are_descriptive() -> None:
    arms, columns = sales(3, lift=5.0)
    exp = replace(
        declared(),
        metrics=(metric("revenue", role="primary"), metric("kitchen", attributed=True)),
        families=(replace(ELSEWHERE, kind="attribution"),),
    )
    assert contrast(infer(exp, statistics_of(arms, columns))).causal_status == "descriptive"
