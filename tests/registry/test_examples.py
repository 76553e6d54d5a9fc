"""The worked examples say what their pages say they do."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from pathlift.places import examples_folder
from pathlift.registry.experiment import (
    AccumulateRule,
    AnyEvent,
    ConditionRule,
    Contrast,
    CountEvents,
    Experiment,
    Margin,
    OutcomeSource,
    RatioOf,
    SumEvents,
    TotalsProportion,
    UnitColumn,
)
from pathlift.registry.loading import load_experiment

EXAMPLES = sorted(examples_folder().glob("*.yaml"), key=lambda path: path.name)


@pytest.fixture(scope="module")
def journeys() -> Experiment:
    return load_experiment(examples_folder() / "journeys.yaml")


def test_the_journey_example_resolves_its_days_arms_and_orderings(journeys: Experiment) -> None:
    assert journeys.unit == "shopper_id"
    assert (journeys.first_day, journeys.last_day) == (date(2026, 3, 2), date(2026, 3, 29))
    assert journeys.window == timedelta(days=14)
    assert journeys.lookback_of("need") == timedelta(days=28)
    assert journeys.lookback_of("trust") == timedelta(days=180)
    assert journeys.control.name == "search"
    assert [arm.ordering for arm in journeys.arms] == [
        ("need", "touchpoint", "trust"),
        ("touchpoint", "need", "trust"),
        ("trust", "need", "touchpoint"),
    ]
    assert journeys.analysis.contrasts == (
        Contrast(arm="content", control="search"),
        Contrast(arm="influencer", control="search"),
    )


def test_the_journey_example_resolves_its_stages(journeys: Experiment) -> None:
    assert journeys.stage_names == ("need", "touchpoint", "trust")
    need, touchpoint, trust = journeys.stages
    assert [len(stage.rules) for stage in (need, touchpoint, trust)] == [1, 2, 3]
    first, accumulated = trust.rules[0], trust.rules[-1]
    assert isinstance(first, ConditionRule)
    assert first.condition.text == "event = 'review_read' and dwell_ms >= 3000"
    assert isinstance(accumulated, AccumulateRule)
    assert accumulated.sum.text == "watch_ms"
    assert accumulated.per is not None
    assert (accumulated.per.name, accumulated.reach) == ("creator_id", 30_000.0)


def test_the_journey_example_resolves_its_metrics(journeys: Experiment) -> None:
    conversion, revenue, orders, order_value, refunds = journeys.metrics
    assert journeys.conversion == "conversion"
    assert conversion.source == OutcomeSource()
    assert (conversion.role, conversion.window) == ("primary", timedelta(days=14))
    assert isinstance(revenue.source, SumEvents)
    assert (revenue.source.value.text, revenue.source.unit, revenue.winsorize) == (
        "amount",
        0.01,
        0.999,
    )
    assert isinstance(orders.source, CountEvents)
    assert order_value.source == RatioOf(numerator="revenue", denominator="orders")
    assert isinstance(refunds.source, AnyEvent)
    assert refunds.window == timedelta(days=44)
    assert refunds.margin == Margin(scale="absolute", value=0.005)
    assert journeys.decision.success == ("conversion",)
    assert journeys.decision.worth == {"conversion": Margin(scale="absolute", value=0.001)}


def test_the_journey_example_finds_its_files_beside_itself(journeys: Experiment) -> None:
    exposures, events = journeys.data.sources
    folder = str(examples_folder().absolute() / "data" / "journeys")
    assert exposures.paths == (f"{folder}/exposures/*.parquet",)
    assert events.paths == (f"{folder}/events/**/*.parquet",)
    assert exposures.column("exposed_at").name == "first_seen"
    assert exposures.column("unit").name == events.column("unit").name == "shopper_id"
    assert exposures.column("arm").name == "arm"


def test_the_plain_example_is_a_table_of_units() -> None:
    experiment = load_experiment(examples_folder() / "checkout_button.yaml")
    assert experiment.data.shape == "units"
    assert experiment.stages == ()
    assert not experiment.weights_declared
    conversion, spend, returned = experiment.metrics
    assert isinstance(conversion.source, UnitColumn)
    assert isinstance(spend.source, UnitColumn)
    assert spend.source.unit == 0.01
    assert returned.role == "guardrail"
    assert [covariate.name for covariate in experiment.covariates] == ["spend_before"]


def test_the_totals_example_has_a_file_for_each_arm() -> None:
    experiment = load_experiment(examples_folder() / "free_trial.yaml")
    totals = experiment.data.source("totals")
    assert totals is not None
    assert (totals.paths, set(totals.arm_paths)) == ((), {"plain", "question"})
    gross, _, click_through = (metric.source for metric in experiment.metrics)
    assert isinstance(gross, TotalsProportion)
    assert isinstance(click_through, TotalsProportion)
    assert (gross.successes.name, gross.units.name) == ("Enrollments", "Clicks")
    assert click_through.units.name == "Pageviews"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_starts_with_the_line_that_tells_an_editor_its_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=./experiment.schema.json"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_loading_twice_gives_the_same_experiment(path: Path) -> None:
    assert load_experiment(path) == load_experiment(path)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_a_data_root_moves_relative_paths_only(path: Path, tmp_path: Path) -> None:
    here, there = load_experiment(path), load_experiment(path, data_root=tmp_path)
    assert there.data.root == tmp_path
    assert there.definition_hash == here.definition_hash
    for source in there.data.sources:
        for one in (*source.paths, *(p for paths in source.arm_paths.values() for p in paths)):
            assert one.startswith(f"{tmp_path}/data/")
