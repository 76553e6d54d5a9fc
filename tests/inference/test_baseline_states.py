"""Contrasts within what was held before exposure: special cases, identities, a known truth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint
from tests.support.clusters import with_clusters
from tests.support.experiments import arm, conversion, experiment
from tests.support.units import statistics_of

from pathlift.inference.additive import additivity
from pathlift.inference.adherence import adherence
from pathlift.inference.baseline_interaction import baseline_interactions
from pathlift.inference.baseline_states import baseline_drafts, measured_states
from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.proportions import difference_interval
from pathlift.inference.solving import solve
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Cluster, Column, Experiment
from pathlift.result.model import Estimate, Omnibus
from pathlift.statistics.baseline import follows, state_name
from pathlift.statistics.cells import label
from pathlift.statistics.collected import Statistics

STAGES = ("need", "touchpoint", "trust")
ARMS = ("search", "content", "influencer")
ORDERINGS = {
    "search": ("need", "touchpoint", "trust"),
    "content": ("touchpoint", "need", "trust"),
    "influencer": ("trust", "need", "touchpoint"),
}
COMPLETE = (27, 30, 39, 45, 54, 57)  # the six strict complete labels, methods 1.2


def journeys(*, lookback: bool = True, **changes: object) -> Experiment:
    return experiment(
        [arm(name, ordering=ORDERINGS[name], control=name == "search") for name in ARMS],
        [conversion()],
        stages=STAGES,
        **{"lookback": {"default": timedelta(days=28)} if lookback else {}} | changes,  # type: ignore[arg-type]
    )


@dataclass(frozen=True, kw_only=True)
class Units:
    """One element a unit."""

    arms: list[str]
    baseline: list[int]
    labels: list[int]
    converted: list[int]


def drawn(seed: int, n: int, *, states: Sequence[int] = (0, 1, 4)) -> Units:
    """Random units; who holds trust converts more, most in content."""
    rng = np.random.default_rng(seed)
    arms = rng.integers(0, 3, n)
    weights = np.array([6, 3, 1][: len(states)])
    baseline = rng.choice(states, n, p=weights / weights.sum())
    p = 0.10 + 0.05 * (baseline == 4) + np.array([0, 0.02, 0.01])[arms]
    p += 0.10 * ((baseline == 4) & (arms == 1))
    return Units(
        arms=[ARMS[i] for i in arms],
        baseline=baseline.tolist(),
        labels=rng.choice([0, 16, *COMPLETE], n).tolist(),
        converted=(rng.random(n) < p).astype(int).tolist(),
    )


def statistics(units: Units, **more: np.ndarray) -> Statistics:
    columns = {"conversion": np.array(units.converted), **more}
    return statistics_of(
        units.arms, columns, labels=units.labels, declared=ARMS, baselines=units.baseline
    )


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is said of baseline states alone."""

    estimates: tuple[Estimate, ...]
    omnibus: tuple[Omnibus, ...]


def infer(exp: Experiment, tables: Statistics) -> Found:
    states = measured_states(exp, tables)
    drafts = baseline_drafts(exp, tables, declare_families(exp), states)
    return Found(
        estimates=solve(drafts, alpha=exp.analysis.alpha),
        omnibus=baseline_interactions(exp, tables, states),
    )


def whole(exp: Experiment, tables: Statistics) -> Inferred:
    return estimate_all(exp, tables, declare_families(exp))


def within(result: Inferred | Found, estimand: str = "itt") -> list[Estimate]:
    return [
        e
        for e in result.estimates
        if "baseline_state" in (e.segment or {}) and e.estimand == estimand
    ]


def count(units: Units, name: str, state: int) -> tuple[int, int]:
    rows = [i for i, a in enumerate(units.arms) if a == name and units.baseline[i] == state]
    return sum(units.converted[i] for i in rows), len(rows)


def test_a_contrast_within_a_state_is_that_of_its_units_alone() -> None:
    units = drawn(1, 6000)
    found = within(infer(journeys(), statistics(units)))
    assert [(e.segment, e.arm) for e in found] == [
        ({"baseline_state": state_name(state)}, name)
        for state in range(8)
        for name in ("content", "influencer")
    ]
    read = [e for e in found if e.not_estimated is None]
    assert {e.segment["baseline_state"] for e in read if e.segment} == {"none", "need", "trust"}
    for estimate in read:
        assert estimate.segment is not None
        state = {"none": 0, "need": 1, "trust": 4}[estimate.segment["baseline_state"] or ""]
        x1, n1 = count(units, estimate.arm, state)
        x0, n0 = count(units, "search", state)
        assert (estimate.arm_units, estimate.control_units) == (n1, n0)
        interval = difference_interval(x1, n1, x0, n0, critical=1.959963984540054)
        assert estimate.absolute is not None
        assert estimate.absolute.estimate == pytest.approx(x1 / n1 - x0 / n0, abs=1e-15)
        # the same method on the same counts: equal up to the last digits of its root
        assert estimate.absolute.low == pytest.approx(float(interval.low), abs=1e-12)
        assert estimate.absolute.high == pytest.approx(float(interval.high), abs=1e-12)
        assert estimate.causal_status == "causal"
        assert "exploratory" in estimate.flags
        assert estimate.simultaneous is not None
        assert estimate.simultaneous.members == 6  # three states, two contrasts


def test_a_state_without_units_says_so() -> None:
    found = within(infer(journeys(), statistics(drawn(2, 6000))))
    empty = [e for e in found if e.segment == {"baseline_state": "need+trust"}]
    assert len(empty) == 2
    for estimate in empty:
        assert estimate.not_estimated == {
            "reason": "no mature unit held need and trust before exposure, and no more"
        }
        assert (estimate.arm_units, estimate.control_units) == (0, 0)


def test_a_state_of_few_units_says_how_many() -> None:
    units = drawn(3, 600)  # about 20 units an arm hold trust
    [one, _] = [
        e
        for e in within(infer(journeys(), statistics(units)))
        if e.segment == {"baseline_state": "trust"}
    ]
    assert one.not_estimated is not None
    fewest = min(ARMS, key=lambda name: count(units, name, 4)[1])
    assert one.not_estimated["reason"] == (
        "an arm needs at least 50 mature units in a baseline state, and "
        f"{fewest} has {count(units, fewest, 4)[1]}"
    )
    assert one.arm_units == count(units, "content", 4)[1]


def test_only_the_ordering_that_the_arm_intends_is_read_within_states() -> None:
    units = drawn(4, 6000)
    found = within(infer(journeys(), statistics(units)), "incidence")
    assert {(e.arm, e.ordering) for e in found} == {
        (name, ">".join(ORDERINGS[name])) for name in ("content", "influencer")
    }
    for estimate in found:
        if estimate.not_estimated is None:
            assert estimate.segment is not None
            state = {"none": 0, "need": 1, "trust": 4}[estimate.segment["baseline_state"] or ""]
            code = next(c for c in COMPLETE if label(c).ordering == estimate.ordering)
            rows = [
                i
                for i, name in enumerate(units.arms)
                if name == estimate.arm and units.baseline[i] == state
            ]
            took = sum(units.converted[i] for i in rows if units.labels[i] == code)
            assert estimate.arm_value == pytest.approx(took / len(rows), abs=1e-15)


def test_orderings_over_all_units_keep_their_own_family() -> None:
    found = whole(journeys(), statistics(drawn(5, 3000)))
    families = {
        e.simultaneous.family
        for e in found.estimates
        if e.estimand == "incidence" and e.segment is None and e.simultaneous
    }
    assert families == {"incidence: complete orderings x contrasts"}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param({"lookback": False}, id="no lookback is declared"),
        pytest.param({"states": (0,)}, id="nobody held anything"),
    ],
)
def test_nothing_is_compared_where_nobody_carries_anything_in(case: dict[str, object]) -> None:
    units = drawn(6, 900, states=case.get("states", (0, 1, 4)))  # type: ignore[arg-type]
    exp = journeys(lookback=bool(case.get("lookback", True)))
    found = whole(exp, statistics(units))
    assert within(found) == []
    assert all(test.segment is None for test in found.omnibus)


def test_covariates_are_said_to_be_left_out_within_states() -> None:
    units = drawn(7, 6000)
    prior = np.random.default_rng(7).poisson(4, 6000)
    found = within(infer(journeys(), statistics(units, **{"x:prior": prior})))
    for estimate in found:
        if estimate.not_estimated is None:
            assert estimate.adjustment.covariates == ()
            assert "products of covariates are not kept by state" in estimate.adjustment.reason


def test_the_interaction_is_tested_over_the_states_that_can_be_read() -> None:
    units = drawn(8, 20_000)
    [test] = [t for t in infer(journeys(), statistics(units)).omnibus if t.segment]
    counts = np.array([[count(units, name, state) for name in ARMS] for state in (0, 1, 4)])
    expected = additivity(counts[..., 0], counts[..., 1])
    assert test.statistic == pytest.approx(float(expected.statistic), rel=1e-12)
    assert test.df == 4
    assert test.p_value == pytest.approx(float(expected.p_value), rel=1e-12)
    # ten points more of content for who holds trust, standard error about 1.7: found
    assert test.p_value is not None
    assert test.p_value < 1e-4
    assert "not read: touchpoint, need+touchpoint" in test.test
    assert test.causal_status == "causal"


def clustered(units: Units, *, of: int) -> Statistics:
    """The influencer arm in clusters of that many neighbours among its units; others alone."""
    seen = 0
    names: list[str | None] = []
    for name in units.arms:
        names.append(f"c{seen // of:05d}" if name == "influencer" else None)
        seen += name == "influencer"
    tables = statistics(units)
    return with_clusters(
        tables,
        units.arms,
        {"conversion": units.converted},
        names,
        labels=units.labels,
        baselines=units.baseline,
    )


def test_clusters_of_one_unit_give_the_variance_of_units() -> None:
    units = drawn(9, 5000)
    alone, found = (
        {e.id: e for e in within(infer(journeys(), tables)) if e.not_estimated is None}
        for tables in (statistics(units), clustered(units, of=1))
    )
    assert set(alone) == set(found)
    for id, estimate in found.items():
        # CR2 on clusters of one is HC2, the usual variance with n - 1
        assert estimate.standard_error == pytest.approx(alone[id].standard_error, rel=1e-9)


def test_the_interaction_between_clusters_of_one_agrees_with_that_of_units() -> None:
    units = drawn(10, 8000)
    [alone] = [t for t in infer(journeys(), statistics(units)).omnibus if t.segment]
    [found] = [t for t in infer(journeys(), clustered(units, of=1)).omnibus if t.segment]
    assert alone.statistic is not None
    assert found.statistic is not None
    # Wald's F times its 4 comparisons against Pearson's: one takes observed, one fitted variances
    assert 4 * found.statistic == pytest.approx(alone.statistic, rel=0.1)
    assert found.df == alone.df == 4


@pytest.mark.slow
def test_the_interaction_between_clusters_keeps_its_level() -> None:
    rng = np.random.default_rng(3)
    exp, runs, rejected = journeys(), 200, 0
    for _ in range(runs):
        size = 60  # clusters of 20 units whose rates differ, in the influencer arm only
        lean = np.repeat(rng.normal(0, 0.04, size), 20)
        arms = ["search"] * 1200 + ["content"] * 1200 + ["influencer"] * 1200
        baseline = rng.choice([0, 4], 3600, p=[0.7, 0.3])
        p = 0.25 + 0.1 * (baseline == 4) + np.r_[np.zeros(2400), lean]
        units = Units(
            arms=arms,
            baseline=baseline.tolist(),
            labels=[0] * 3600,
            converted=(rng.random(3600) < p).astype(int).tolist(),
        )
        tables = clustered(units, of=20)
        [test] = baseline_interactions(exp, tables, measured_states(exp, tables))
        assert test.p_value is not None
        rejected += test.p_value < 0.05
    # alpha plus two points of a small-sample F: judged by the binomial error against 7%
    assert binomtest(rejected, runs, 0.07, alternative="greater").pvalue > 0.001
    assert binomtest(rejected, runs, 0.03, alternative="less").pvalue > 0.001


def test_adherence_counts_the_units_on_the_intended_ordering() -> None:
    units = drawn(11, 6000)
    found = adherence(journeys(), statistics(units))
    assert [(row.arm, row.baseline_state) for row in found[:4]] == [
        ("search", None),
        ("search", "none"),
        ("search", "need"),
        ("search", "touchpoint"),
    ]
    for row in found:
        rows = [
            i
            for i, name in enumerate(units.arms)
            if name == row.arm and row.baseline_state in (None, state_name(units.baseline[i]))
        ]
        intended = ORDERINGS[row.arm]
        took = [i for i in rows if label(units.labels[i]).ordering == ">".join(intended)]
        held = [i for i in rows if follows(units.labels[i], units.baseline[i], intended)]
        assert (row.units, row.followed, row.followed_with_held) == (
            len(rows),
            len(took),
            len(held),
        )
        assert row.causal_status == "descriptive"
        if rows:
            for share, count in ((row.share, len(took)), (row.share_with_held, len(held))):
                assert share is not None
                assert share.estimate == pytest.approx(count / len(rows), abs=1e-15)
                ends = proportion_confint(count, len(rows), alpha=0.05, method="wilson")
                assert (share.low, share.high) == pytest.approx(ends, rel=1e-9, abs=1e-12)
        else:
            assert (row.share, row.share_with_held) == (None, None)
            assert row.not_estimated == {"reason": "no mature unit of the arm is in this state"}


def test_adherence_of_clusters_has_no_ends() -> None:
    units = drawn(11, 600)
    grouped = replace(
        journeys(),
        arms=tuple(
            replace(a, cluster=Cluster(column=Column(name="shop"), randomised="units"))
            if a.name == "content"
            else a
            for a in journeys().arms
        ),
    )
    for row, plain in zip(
        adherence(grouped, statistics(units)), adherence(journeys(), statistics(units)), strict=True
    ):
        if row.arm != "content" or plain.share is None:
            assert row == plain
            continue
        assert row.share == plain.share.model_copy(update={"low": None, "high": None})


def test_too_few_states_leave_the_interaction_untested_with_the_reason() -> None:
    (test,) = infer(journeys(), statistics(drawn(3, 200))).omnibus
    assert test.not_estimated is not None
    assert test.not_estimated["reason"].startswith("fewer than two states have")
    assert (test.statistic, test.df, test.p_value) == (None, None, None)
    (read,) = infer(journeys(), statistics(drawn(3, 9000))).omnibus
    assert read.not_estimated is None


def test_adherence_without_an_intended_ordering_is_there_with_its_reason() -> None:
    exp = experiment(ARMS, [conversion()], stages=STAGES, lookback={"default": timedelta(days=28)})
    for row in adherence(exp, statistics(drawn(12, 900))):
        assert (row.share, row.share_with_held, row.ordering) == (None, None, None)
        assert (row.followed, row.followed_with_held) == (None, None)
        assert row.not_estimated == {"reason": "the arm declares no intended ordering"}
