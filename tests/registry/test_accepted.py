"""Everything that the grammar accepts is found again in the experiment: nothing does nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pathlift.registry.combining import as_compared
from pathlift.registry.experiment import (
    AnyEvent,
    Contrast,
    CountEvents,
    Experiment,
    Margin,
    OutcomeSource,
    SumEvents,
    TotalsMoments,
    TotalsProportion,
    TotalsSums,
    UnitColumn,
)
from pathlift.registry.reading import read_bytes
from pathlift.registry.resolve import resolve


def load(text: str) -> Experiment:
    return resolve(read_bytes(text.encode(), "/registry/x.yaml"))


UNITS = """
data: {units: customers.parquet}
arms: {grey: {control: true}, green: {}}
metrics: {bought: {kind: proportion, column: bought, role: primary}}
"""
JOURNEYS = """
unit: user_id
period: {first_day: 2026-03-02, last_day: 2026-03-29}
window: 14d
data: {exposures: exposures.parquet, events: events.parquet}
arms: {grey: {control: true}, green: {}}
"""
STAGED = (
    JOURNEYS
    + """
stages: {need: "event = 'search'", trust: ["event = 'review'", "event = 'follow'"]}
outcome: "event = 'purchase'"
metrics: {conversion: {kind: proportion, role: primary}}
"""
)


def test_the_long_form_of_sources_of_the_design() -> None:
    experiment = load(
        """
unit: user_id
period: {first_day: 2019-10-01, last_day: "2019-10-01"}
window: 1d
data:
  root: ../logs
  timezone: Europe/Berlin
  exposures:
    path: [2026-03/*.parquet, /logs/2026-04/*.parquet]
    where: "ab_test = 'recommender'"
    columns: {arm: group, received: page, exposed_at: {column: ts, unit: us}, unit: visitor}
    derive: {amount_eur: "amount * fx_rate"}
  events:
    path: events/*.csv
    columns: {event: event_name, event_id: id, occurred_at: {column: t, format: "%Y-%m-%d"}}
  columns: {received_at: server_ts}
  exclude_units: {path: bots.csv, columns: {unit: bot}}
arms:
  old: {control: true, received: old_page}
  new: {value: 1, received: true}
metrics: {}
analysis: {crossovers: exclude, misdelivered: fail}
"""
    )
    exposures, events, excluded = experiment.data.sources
    assert experiment.data.root == Path("/logs")
    assert experiment.data.timezone == "Europe/Berlin"
    assert exposures.paths == ("/logs/2026-03/*.parquet", "/logs/2026-04/*.parquet")
    assert exposures.where is not None
    assert exposures.where.text == "ab_test = 'recommender'"
    assert exposures.column("exposed_at").unit == "us"
    assert [exposures.column(name).name for name in ("arm", "received", "unit", "exposed_at")] == [
        "group",
        "page",
        "visitor",
        "ts",
    ]
    assert exposures.derive["amount_eur"].text == "amount * fx_rate"
    assert "received_at" not in exposures.columns  # a flat entry is for sources that use the name
    assert events.column("occurred_at").format == "%Y-%m-%d"
    assert [events.column(name).name for name in ("event", "received_at", "unit")] == [
        "event_name",
        "server_ts",
        "user_id",
    ]
    assert (excluded.name, excluded.paths) == ("exclude_units", ("/logs/bots.csv",))
    assert excluded.column("unit").name == "bot"
    assert [(arm.value, arm.received) for arm in experiment.arms] == [
        ("old", "old_page"),
        ("1", "true"),
    ]
    assert (experiment.analysis.crossovers, experiment.analysis.misdelivered) == ("exclude", "fail")
    assert (experiment.metrics, experiment.decision.success) == ((), ())


def test_a_data_root_of_the_caller_wins() -> None:
    text = UNITS.replace("{units: customers.parquet}", "{units: a/b.parquet, root: c}")
    written = read_bytes(text.encode(), "/registry/x.yaml")
    assert resolve(written).data.sources[0].paths == ("/registry/c/a/b.parquet",)
    assert resolve(written, data_root=Path("/d")).data.sources[0].paths == ("/d/a/b.parquet",)


def test_the_hillstrom_form_of_the_design() -> None:
    experiment = load(
        """
data: {units: customers.parquet, columns: {arm: segment}}
arms:
  none: {value: "No E-Mail", control: true}
  mens: {value: "Mens E-Mail"}
stages:
  need: need_at
  touchpoint: {column: touch_at, unit: ms}
  trust: {column: trust_at, complete: true}
outcome: bought_at
metrics:
  visit: {kind: proportion, column: visit, role: primary, null: zero}
  spend: {kind: mean, column: spend, null: exclude, unit: 0.01, winsorize: 0.99}
"""
    )
    assert experiment.unit is None
    assert [arm.value for arm in experiment.arms] == ["No E-Mail", "Mens E-Mail"]
    assert [stage.column.name for stage in experiment.stages if stage.column] == [
        "need_at",
        "touch_at",
        "trust_at",
    ]
    assert experiment.stages[1].column is not None
    assert experiment.stages[1].column.unit == "ms"
    assert [stage.complete for stage in experiment.stages] == [False, False, True]
    assert experiment.outcome is not None
    assert experiment.outcome.column is not None
    assert experiment.outcome.column.name == "bought_at"
    visit, spend, conversion = experiment.metrics
    assert isinstance(visit.source, UnitColumn)
    assert isinstance(spend.source, UnitColumn)
    assert (visit.source.null, spend.source.null, spend.source.unit) == ("zero", "exclude", 0.01)
    assert spend.winsorize == 0.99
    # With stages and no metric that is the outcome, conversion is added as secondary.
    assert (conversion.name, conversion.role, conversion.source) == (
        "conversion",
        "secondary",
        OutcomeSource(),
    )
    assert experiment.conversion == "conversion"
    assert experiment.window is None


def test_the_totals_form_of_the_design() -> None:
    experiment = load(
        """
data:
  totals:
    path: {control: control.csv, treated: [a.csv, b.csv]}
    columns: {day: Date, units: Clicks}
    cumulative: true
arms: {control: {control: true}, treated: {}}
metrics:
  enrolled: {kind: proportion, column: Enrollments, role: primary}
  paid: {kind: proportion, column: Payments, units: Pageviews}
  revenue: {kind: mean, columns: {sum: revenue, sum_squares: revenue_sq}}
  minutes: {kind: mean, columns: {mean: minutes, variance: minutes_var}, units: Visits}
"""
    )
    (totals,) = experiment.data.sources
    assert totals.cumulative
    assert totals.arm_paths == {
        "control": ("/registry/control.csv",),
        "treated": ("/registry/a.csv", "/registry/b.csv"),
    }
    enrolled, paid, revenue, minutes = (metric.source for metric in experiment.metrics)
    assert isinstance(enrolled, TotalsProportion)
    assert isinstance(paid, TotalsProportion)
    assert (enrolled.units.name, paid.units.name) == ("Clicks", "Pageviews")
    assert isinstance(revenue, TotalsSums)
    assert (revenue.sum.name, revenue.sum_squares.name, revenue.units.name) == (
        "revenue",
        "revenue_sq",
        "Clicks",
    )
    assert isinstance(minutes, TotalsMoments)
    assert minutes.units.name == "Visits"


def test_an_intended_ordering_loses_the_stages_that_are_not_declared() -> None:
    experiment = load(
        STAGED.replace(
            "{grey: {control: true}, green: {}}",
            "{grey: {control: true, treatment: search}, green: {treatment: influencer}}",
        )
    )
    assert [arm.ordering for arm in experiment.arms] == [("need", "trust"), ("trust", "need")]


def test_settings_about_time_are_kept() -> None:
    experiment = load(
        STAGED
        + """
timezone: Europe/Berlin
lookback: 28d
resolution: 0
ingestion_lag: 2d
exposure_counts_as: need
ties: label
surface: platform
"""
    )
    assert experiment.timezone == "Europe/Berlin"
    assert experiment.lookback == {"default": timedelta(days=28)}
    assert experiment.lookback_of("trust") == timedelta(days=28)
    assert experiment.resolution == timedelta(0)
    assert experiment.ingestion_lag == timedelta(days=2)
    assert experiment.exposure_counts_as == "need"
    assert experiment.surface is not None
    assert experiment.surface.name == "platform"


def test_ties_are_broken_by_a_priority_of_all_stages_or_kept_out_of_tests() -> None:
    broken = load(STAGED + "ties: {priority: [trust, need]}")
    assert (broken.ties, broken.priority) == ("priority", ("trust", "need"))
    kept = load(STAGED + "ties: exclude_from_order_tests")
    assert (kept.ties, kept.priority) == ("exclude_from_order_tests", ())


def test_outages_are_instants_in_the_zone_of_the_experiment_unless_they_name_one() -> None:
    # Berlin is at UTC+1 before 2026-03-29.
    experiment = load(
        STAGED
        + """
timezone: Europe/Berlin
outages:
  - {stage: trust, from: 2026-03-10T08:00, to: 2026-03-10 20:00:00.5Z}
  - {stage: need, from: 2026-03-11, to: 2026-03-12T00:00+02:00}
"""
    )
    assert [(o.stage, o.start, o.stop) for o in experiment.outages] == [
        (
            "trust",
            datetime(2026, 3, 10, 7, tzinfo=UTC),
            datetime(2026, 3, 10, 20, 0, 0, 500_000, tzinfo=UTC),
        ),
        ("need", datetime(2026, 3, 10, 23, tzinfo=UTC), datetime(2026, 3, 11, 22, tzinfo=UTC)),
    ]


def test_settings_about_time_have_defaults() -> None:
    experiment = load(STAGED)
    assert experiment.timezone == "UTC"
    assert experiment.lookback == {}
    assert experiment.resolution == timedelta(seconds=1)
    assert experiment.ingestion_lag == timedelta(0)
    assert experiment.exposure_counts_as is None
    assert (experiment.ties, experiment.priority, experiment.outages) == ("label", (), ())
    assert load(STAGED + "exposure_counts_as: none").exposure_counts_as is None


def test_a_ratio_waits_for_the_later_of_its_parts() -> None:
    experiment = load(
        JOURNEYS
        + """
metrics:
  refunded: {kind: mean, sum: refund, window: 10d, lag: 20d}
  spend: {kind: mean, sum: amount, where: "event = 'purchase'", role: primary, better: lower}
  orders: {kind: mean, count: "event = 'purchase'", window: 20d}
  share: {kind: ratio, numerator: refunded, denominator: orders}
"""
    )
    assert experiment.metric("spend").window == timedelta(days=14)
    assert experiment.metric("spend").better == "lower"
    share = experiment.metric("share")
    assert (share.window, share.lag) == (timedelta(days=10), timedelta(days=20))


def test_the_three_forms_of_a_covariate() -> None:
    experiment = load(
        STAGED
        + """
lookback: 28d
covariates:
  - visits
  - {column: history, unit: 0.01}
  - {prior_revenue: {sum: amount, where: "event = 'purchase'", unit: 0.01}}
  - {prior_orders: {count: "event = 'purchase'"}}
segments: [country]
strata: [returning]
"""
    )
    visits, history, revenue, orders = experiment.covariates
    assert visits.column is not None
    assert (visits.name, visits.column.name, visits.unit) == ("visits", "visits", None)
    assert (history.name, history.unit) == ("history", 0.01)
    assert isinstance(revenue.total, SumEvents)
    assert (revenue.total.value.text, revenue.total.unit) == ("amount", 0.01)
    assert isinstance(orders.total, CountEvents)
    assert [column.name for column in (*experiment.segments, *experiment.strata)] == [
        "country",
        "returning",
    ]


def test_without_metrics_the_outcome_alone_decides() -> None:
    experiment = load(JOURNEYS + "outcome: \"event = 'purchase'\"")
    (conversion,) = experiment.metrics
    assert (conversion.name, conversion.role, conversion.source) == (
        "conversion",
        "primary",
        OutcomeSource(),
    )
    assert experiment.decision.success == ("conversion",)


def test_a_metric_of_events_without_any_outcome() -> None:
    experiment = load(
        JOURNEYS + "metrics: {bought: {kind: proportion, any: \"event = 'x'\", role: primary}}"
    )
    assert isinstance(experiment.metric("bought").source, AnyEvent)
    assert experiment.conversion is None


@pytest.mark.parametrize(
    ("contrasts", "pairs"),
    [
        ("control", [("green", "grey"), ("blue", "grey")]),
        ("all_pairs", [("green", "grey"), ("blue", "grey"), ("blue", "green")]),
        ("[[green, blue]]", [("green", "blue")]),
    ],
)
def test_contrasts_are_between_analysed_arms(contrasts: str, pairs: list[tuple[str, str]]) -> None:
    text = UNITS.replace(
        "{grey: {control: true}, green: {}}",
        "{held: {analyzed: false, weight: 1}, green: {weight: 2}, blue: {weight: 2},"
        " grey: {control: true, weight: 2}}",
    )
    experiment = load(text + f"analysis: {{contrasts: {contrasts}}}")
    assert experiment.analysis.contrasts == tuple(
        Contrast(arm=arm, control=control) for arm, control in pairs
    )
    assert [arm.name for arm in experiment.analyzed_arms] == ["green", "blue", "grey"]
    assert experiment.weights_declared


def test_analysis_and_decision_are_kept() -> None:
    experiment = load(
        UNITS.replace("role: primary}}", "role: primary}, spend: {kind: mean, column: spend}}")
        + """
analysis: {alpha: 0.1, multiplicity: {method: none}, looks: {kind: fixed}}
decision: {success: [bought, spend], need: all, worth: {spend: {relative: 0.02}}}
"""
    )
    assert (experiment.analysis.alpha, experiment.analysis.multiplicity) == (0.1, "none")
    assert experiment.decision.success == ("bought", "spend")
    assert experiment.decision.need == "all"
    assert experiment.decision.worth == {"spend": Margin(scale="relative", value=0.02)}


def test_what_is_about_the_experiment_is_kept() -> None:
    experiment = load(
        UNITS + "experiment: x\ntitle: T\nhypothesis: H\nowner: O\ntags: [a, b]\nstatus: draft"
    )
    assert (experiment.name, experiment.title, experiment.hypothesis) == ("x", "T", "H")
    assert (experiment.owner, experiment.tags, experiment.status) == ("O", ("a", "b"), "draft")
    assert experiment.file == "/registry/x.yaml"


@pytest.mark.parametrize("method", ["max_t", "holm", "bh", "none"])
def test_a_correction_is_found_again(method: str) -> None:
    experiment = load(UNITS + f"analysis: {{multiplicity: {{method: {method}}}}}")
    assert (experiment.analysis.multiplicity, experiment.analysis.graph) == (method, ())


THREE_ARMS = """
unit: user_id
period: {first_day: 2026-03-02, last_day: 2026-03-29}
window: 14d
lookback: 28d
data: {exposures: exposures.parquet, events: events.parquet}
arms: {grey: {control: true}, green: {}, blue: {}}
stages: {need: "event = 'search'", trust: "event = 'review'"}
outcome: "event = 'purchase'"
metrics:
  conversion: {kind: proportion, role: primary}
  orders: {kind: mean, count: "event = 'purchase'"}
  returned:
    {kind: proportion, any: "event = 'refund'", role: guardrail, margin: {absolute: 0.01}}
"""


def test_a_declared_graph_is_found_again() -> None:
    experiment = load(
        THREE_ARMS
        + """
analysis:
  multiplicity:
    method: graph
    weights: {conversion: 0.8, orders/green-grey: 0.2}
    transitions:
      conversion: {orders/green-grey: 0.5, incidence: 0.5}
      orders/green-grey: {conversion: 1}
"""
    )
    nodes = {node.name: node for node in experiment.analysis.graph}
    assert list(nodes) == ["conversion", "orders/green-grey", "incidence"]
    assert nodes["conversion"].contrast is None
    assert nodes["orders/green-grey"].contrast == Contrast(arm="green", control="grey")
    assert nodes["incidence"].estimand == "incidence"
    assert [node.weight for node in nodes.values()] == [0.8, 0.2, 0.0]
    assert nodes["conversion"].passes == {"orders/green-grey": 0.5, "incidence": 0.5}


def test_a_graph_that_is_not_declared_is_that_of_the_methods_page() -> None:
    """Methods 3.6: primary contrasts, the other pair, the next metric, incidence."""
    experiment = load(
        THREE_ARMS + "analysis: {contrasts: all_pairs, multiplicity: {method: graph}}"
    )
    assert [(node.name, node.weight, dict(node.passes)) for node in experiment.analysis.graph] == [
        ("conversion/green-grey", 0.5, {"conversion/blue-green": 1.0}),
        ("conversion/blue-grey", 0.5, {"conversion/blue-green": 1.0}),
        ("conversion/blue-green", 0.0, {"orders": 1.0}),
        ("orders", 0.0, {"incidence": 1.0}),
        ("incidence", 0.0, {}),
    ]


def test_combined_arms_stand_in_contrasts_in_place_of_their_members() -> None:
    experiment = load(
        """
data: {units: customers.parquet}
arms:
  search: {treatment: search, weight: 2, control: true}
  content: {treatment: content, weight: 1}
  influencer: {treatment: influencer, weight: 3}
combine: {social: [content, influencer]}
metrics: {bought: {kind: proportion, column: bought, role: primary}}
"""
    )
    assert [arm.name for arm in experiment.arms] == ["search", "content", "influencer"]
    assert experiment.analysis.contrasts == (Contrast(arm="social", control="search"),)
    compared = as_compared(experiment)
    assert [(arm.name, arm.weight, arm.control) for arm in compared.arms] == [
        ("search", 2.0, True),
        ("social", 4.0, False),
    ]
    assert compared.arm("social").treatment is None  # its members do not agree
    assert as_compared(compared) is compared


def test_the_control_may_be_part_of_a_combined_arm() -> None:
    experiment = load(
        UNITS.replace("green: {}", "green: {}, blue: {}") + "combine: {old: [grey, green]}"
    )
    assert experiment.analysis.contrasts == (Contrast(arm="blue", control="old"),)
    assert as_compared(experiment).control.name == "old"


def test_a_cluster_on_top_is_that_of_every_arm() -> None:
    experiment = load(UNITS + "cluster: {column: region, randomised: clusters}")
    clusters = [arm.cluster for arm in experiment.arms]
    assert clusters[0] == clusters[1]
    assert clusters[0] is not None
    assert (clusters[0].column.name, clusters[0].drawn) == ("region", True)


def test_arms_of_one_experiment_may_have_clusters_of_their_own_or_none() -> None:
    experiment = load(
        JOURNEYS.replace(
            "green: {}",
            "green: {cluster: {column: creator_id, randomised: units}}, "
            "blue: {cluster: {column: region, randomised: clusters}}",
        )
        + "metrics: {}"
    )
    assert experiment.arm("grey").cluster is None
    named = [(c.column.name, c.drawn) for a in experiment.arms if (c := a.cluster) is not None]
    assert named == [("creator_id", False), ("region", True)]


def test_combined_arms_keep_the_cluster_that_they_share() -> None:
    experiment = load(
        """
data: {units: customers.parquet}
arms:
  grey: {control: true}
  green: {cluster: {column: shop, randomised: units}}
  blue: {cluster: {column: shop, randomised: units}}
combine: {new: [green, blue]}
metrics: {bought: {kind: proportion, column: bought, role: primary}}
"""
    )
    cluster = as_compared(experiment).arm("new").cluster
    assert cluster is not None
    assert cluster.column.name == "shop"


def test_the_landmark_is_half_the_window_unless_declared() -> None:
    assert load(STAGED).analysis.landmark == timedelta(days=7)
    assert load(STAGED + "analysis: {landmark: 36h}\n").analysis.landmark == timedelta(hours=36)
    assert load(JOURNEYS + "metrics: {}\n").analysis.landmark is None  # no stages, no ordering


@pytest.mark.parametrize(
    ("written", "wanted"), [("true", True), ("false", False), ("{orderings: intended}", True)]
)
def test_encouragement_is_off_unless_it_is_asked_for(written: str, wanted: bool) -> None:  # noqa: FBT001 - a case
    arms = "arms: {grey: {control: true}, green: {treatment: content}}"
    staged = STAGED.replace("arms: {grey: {control: true}, green: {}}", arms)
    assert not load(staged).analysis.encouragement
    assert (
        load(f"{staged}analysis: {{encouragement: {written}}}\n").analysis.encouragement is wanted
    )


def test_thresholds_of_checks_are_kept_as_written_and_no_others() -> None:
    experiment = load(
        UNITS + "checks: {srm: {fails_below_p: 0.0001}, duration: {warns_below_days: 14}}\n"
    )
    assert experiment.checks == {
        "srm": {"fails_below_p": 0.0001},
        "duration": {"warns_below_days": 14},
    }
    assert experiment.limits("srm") == {"fails_below_p": 0.0001, "warns_below_p": 0.01}
    assert experiment.limits("crossover")["fails_above"] == 0.01
