"""Plans of whole experiments: sizes, days, ceilings, and what is left out with its reason."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.experiments import arm, conversion, experiment, metric

from pathlift.errors import DefinitionError
from pathlift.planning.planning import plan
from pathlift.registry.experiment import Cluster, Column, DecisionRule, Experiment, Margin
from pathlift.registry.plan import Baseline, ClusterSizes, PlanSettings, Traffic

RISE = Margin(scale="relative", value=0.1)
TEN_PERCENT = Baseline(value=0.03)


def planned(
    *, arms: tuple[object, ...] = ("search", "content", "influencer"), **settings: object
) -> Experiment:
    chosen = {"lift": RISE, "baseline": {"conversion": TEN_PERCENT}} | settings
    return experiment(
        arms,  # type: ignore[arg-type]
        [conversion()],
        window=timedelta(days=14),
        plan=PlanSettings(**chosen),  # type: ignore[arg-type]
    )


def test_the_size_is_that_of_the_published_example() -> None:
    # methods 5, by simulation: p0 = 3%, +.3 points, two arms against one control, 63,216 an arm
    found = plan(planned())
    # their formula takes the unpooled variance, ours that of the score test: .1% apart here
    assert found.units["content"] == pytest.approx(63_216, rel=2e-3)
    assert found.total == sum(found.units.values())


def test_the_top_says_units_and_weeks() -> None:
    seen = Traffic(cumulative=((timedelta(days=7), 80_000), (timedelta(days=28), 260_000)))
    found = plan(planned(traffic=seen))
    assert found.run is not None
    # 189,000 units: 80,000 in the first week, 60,000 in each of the next three; then the window
    assert (found.run.exposure_days, found.run.wait_days, found.run.days) == (21, 14, 35)
    assert "5 weeks" in found.sentence
    assert found.sentence.startswith("Finding a rise of 10% in conversion with 80% power takes ")


def test_a_ceiling_is_said_where_the_traffic_is_too_small() -> None:
    found = plan(planned(traffic=Traffic(cumulative=((timedelta(days=28), 50_000),))))
    assert found.run is not None
    assert found.run.days is None
    assert found.run.longest_units == 50_000
    assert "more than the 50,000 that 4 weeks bring" in found.sentence
    [conversions] = found.metrics
    assert conversions.reachable_power is not None
    assert conversions.reachable_power < 0.8
    assert conversions.reachable_absolute is not None
    # with so many units that difference is found as often as wanted
    again = plan(planned(lift=Margin(scale="absolute", value=conversions.reachable_absolute)))
    assert again.total == pytest.approx(50_000, rel=1e-3)


def test_a_holdout_takes_its_share_of_the_traffic() -> None:
    arms = (arm("search", control=True), arm("content"), arm("out", analyzed=False, weight=2.0))
    found = plan(planned(arms=arms, traffic=Traffic(new_per_day=10_000)))
    assert found.run is not None
    assert found.run.longest_units == 56 * 10_000 // 2
    assert set(found.units) == {"search", "content"}


def test_uneven_arms_are_told_of_better_shares() -> None:
    found = plan(planned(arms=(arm("search", weight=4.0, control=True), arm("content"))))
    assert found.allocation is not None
    assert found.allocation.shares == pytest.approx({"search": 0.5, "content": 0.5})
    # 4 : 1 has variance 1 + 1/4 on a fifth of the units, an even split 2 on a half: 1 - 4 / 6.25
    assert found.allocation.saved == pytest.approx(0.36, abs=0.01)


def test_one_control_for_two_arms_is_best_at_the_root_of_two() -> None:
    found = plan(planned())
    assert found.allocation is not None
    # methods 5: 41.4 / 29.3 / 29.3%
    assert found.allocation.shares["search"] == pytest.approx(0.414, abs=5e-4)


def test_every_metric_that_has_to_pass_gets_its_share_of_beta() -> None:
    guard = metric("refunds", "proportion", role="guardrail", better="lower")
    given = experiment(
        ("search", "content"),
        [conversion(), replace(guard, margin=Margin(scale="absolute", value=0.01))],
        window=timedelta(days=14),
        plan=PlanSettings(
            lift=RISE, baseline={"conversion": TEN_PERCENT, "refunds": Baseline(value=0.02)}
        ),
    )
    found = plan(given)
    # 1 - .2 / 2: one success metric and one guardrail
    assert [each.power for each in found.metrics] == pytest.approx([0.9, 0.9])
    guarded = found.metrics[1]
    assert (guarded.margin, guarded.absolute) == (0.01, 0)
    assert found.curve_of == "conversion"


def test_worth_moves_what_has_to_be_excluded() -> None:
    bare = planned(arms=("search", "content"))
    asked = replace(
        bare,
        decision=DecisionRule(
            success=("conversion",), worth={"conversion": Margin(scale="absolute", value=0.001)}
        ),
    )
    first, second = plan(bare).total, plan(asked).total
    assert first is not None
    assert second is not None
    # from a distance of .003 to one of .002: (3/2)^2, and a little for the variance of the null
    assert second / first == pytest.approx(2.25, rel=0.02)


def test_a_lift_that_is_not_worth_it_is_not_planned() -> None:
    given = replace(
        planned(arms=("search", "content")),
        decision=DecisionRule(
            success=("conversion",), worth={"conversion": Margin(scale="absolute", value=0.004)}
        ),
    )
    [only] = plan(given).metrics
    assert only.not_planned is not None
    assert "never found to lie above" in only.not_planned["reason"]


def test_clusters_multiply_the_units() -> None:
    cluster = Cluster(column=Column(name="creator"), randomised="clusters")
    arms = (arm("search", control=True, cluster=cluster), arm("content", cluster=cluster))
    sizes = ClusterSizes(size=100, variation=1.0, correlation=0.01)
    alone = plan(planned(arms=("search", "content"))).total
    found = plan(planned(arms=arms, clusters=sizes))
    assert alone is not None
    assert found.total is not None
    # Eldridge: 1 + ((1 + 1) 100 - 1) .01 = 2.99; then t for about 4,200 clusters instead of z
    assert found.metrics[0].design_effect == pytest.approx(2.99)
    assert found.total / alone == pytest.approx(2.99, rel=2e-3)


def test_clusters_that_nothing_is_known_of_are_not_planned() -> None:
    cluster = Cluster(column=Column(name="creator"), randomised="units")
    arms = (arm("search", control=True), arm("content", cluster=cluster))
    [only] = plan(planned(arms=arms)).metrics
    assert only.not_planned == {"reason": "arms are clustered, and `plan.clusters` is not given"}


def test_what_is_not_planned_has_its_reason_and_is_named_at_the_top() -> None:
    guard = metric("hides", "proportion", role="guardrail", better="lower")
    given = experiment(
        ("search", "content"),
        [conversion(), replace(guard, margin=Margin(scale="absolute", value=0.01))],
        plan=PlanSettings(lift=RISE, baseline={"conversion": TEN_PERCENT}),
    )
    found = plan(given)
    assert found.metrics[1].not_planned == {
        "reason": "no baseline: `plan.baseline.hides` is not given"
    }
    assert "Not planned, though it decides: hides" in found.sentence


def test_means_ratios_and_quantiles_are_planned_by_their_variance() -> None:
    metrics = [
        conversion(),
        metric("revenue"),
        metric("p90", "quantile", q=0.9),
    ]
    given = experiment(
        ("search", "content"),
        metrics,
        plan=PlanSettings(
            lift=RISE,
            baseline={
                "conversion": TEN_PERCENT,
                "revenue": Baseline(value=4.0, standard_deviation=30.0, variance_explained=0.36),
                "p90": Baseline(value=50.0, density=0.002),
            },
        ),
    )
    _, revenue, p90 = plan(given).metrics
    assert revenue.standard_deviation == pytest.approx(24.0)  # 30 sqrt(1 - .36)
    # methods 5: p (1 - p) / f(q)^2 with p = .9: sqrt(.09) / .002
    assert p90.standard_deviation == pytest.approx(150.0)
    assert revenue.total is not None
    # 2 (1.96 + .8416)^2 24^2 / .4^2 an arm, and half a unit for t
    assert revenue.total / 2 == pytest.approx(2 * 2.8016**2 * 24**2 / 0.4**2, rel=1e-3)


def test_incidences_are_planned_with_the_critical_value_of_their_family() -> None:
    given = experiment(
        ("search", "content", "influencer"),
        [conversion()],
        stages=("need", "touchpoint", "trust"),
        plan=PlanSettings(
            lift=RISE,
            baseline={"conversion": TEN_PERCENT},
            incidence={"need>touchpoint>trust": 0.012, "touchpoint>need>trust": 0.006},
        ),
    )
    rows = {each.ordering: each for each in plan(given).metrics if each.metric == "incidence"}
    assert len(rows) == 6
    assert sum(each.not_planned is not None for each in rows.values()) == 4
    critical = rows["need>touchpoint>trust"].critical_value
    assert critical is not None
    # four contrasts: above Dunnett's 2.2121 for two, below Bonferroni's 2.4977 for four
    assert 2.2121 < critical < 2.4977


def test_nothing_to_plan_with_is_refused_with_the_line_to_write() -> None:
    with pytest.raises(DefinitionError, match="there is nothing to plan with") as refusal:
        plan(planned(baseline={}))
    assert "baseline: {conversion: 0.03}" in str(refusal.value)
