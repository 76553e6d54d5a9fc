"""Families, attributed metrics and second orders from YAML and rows to every rendering."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pathlift.pipeline import analyze
from pathlift.registry.loading import load_experiment
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Result

pytestmark = pytest.mark.engine

DEFINITION = """
unit: shopper
period: {first_day: 2026-03-02, last_day: 2026-03-31}
window: 14d
data: {exposures: exposures.parquet, events: events.parquet}
arms: {search: {control: true}, content: {}}
outcome: "event = 'purchase'"
metrics:
  conversion: {kind: proportion, role: primary}
  revenue: {kind: mean, sum: amount, where: "event = 'purchase'", unit: 0.01}
  kitchen:
    {kind: mean, sum: amount, where: "event = 'purchase' and category = 'kitchen'", unit: 0.01}
  credited:
    {kind: mean, sum: amount, where: "event = 'purchase' and clicked", unit: 0.01, attributed: true}
  revenue_28d: {kind: mean, sum: amount, where: "event = 'purchase'", unit: 0.01, window: 28d}
  again: {kind: proportion, any: "event = 'purchase'", at_least: 2, window: 28d}
  share_credited: {kind: ratio, numerator: credited, denominator: revenue}
families:
  elsewhere: {kind: displacement, scope: kitchen, total: revenue}
  credit: {kind: attribution, attributed: credited, total: revenue}
  sooner: {kind: pull_forward, first: revenue, both: revenue_28d}
"""
START = datetime(2026, 3, 2, tzinfo=UTC)
# By unit of an arm, in a circle of ten: day and amount in the kitchen, in the garden, and later.
# Content sells 1 more in the kitchen to every unit, 0.6 less in the garden, and 0.3 less later.
SEARCH = [(10.0, 20.0, 8.0), (0.0, 14.0, 0.0), (6.0, 0.0, 2.0), (0.0, 0.0, 0.0), (4.0, 8.0, 5.0)]
CONTENT = [(11.0, 18.0, 7.4), (1.0, 14.0, 0.0), (8.0, 0.0, 1.5), (0.0, 0.0, 0.0), (5.0, 7.0, 4.6)]
UNITS = 200  # of each arm, every fifth alike


def rows() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    exposures: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    for arm, pattern in (("search", SEARCH), ("content", CONTENT)):
        for i in range(UNITS):
            shopper, first = f"{arm}{i}", START + timedelta(days=i % 5)
            exposures.append({"shopper": shopper, "arm": arm, "exposed_at": first})
            kitchen, garden, later = pattern[i % 5]
            # the same noise in both arms, in whole cents, so that units differ by more than kind
            noise = (i // 5 % 7) if kitchen or garden else 0
            for day, amount, category in (
                (3, kitchen, "kitchen"),
                (5, garden + noise if garden else 0.0, "garden"),
                (20, later, "garden"),
            ):
                if amount:
                    events.append(
                        {
                            "shopper": shopper,
                            "event": "purchase",
                            "occurred_at": first + timedelta(days=day),
                            "amount": amount,
                            "category": category,
                            "clicked": category == "kitchen" and arm == "content",
                        }
                    )
    return exposures, events


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("families")
    exposures, events = rows()
    pl.DataFrame(exposures).write_parquet(folder / "exposures.parquet")
    pl.DataFrame(events).write_parquet(folder / "events.parquet")
    (folder / "growth.yaml").write_text(DEFINITION, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    return analyze(load_experiment(folder / "growth.yaml"), as_of=date(2026, 4, 30))


def effects(result: Result, family: str) -> tuple[float | None, ...]:
    (one,) = (each for each in result.families if each.name == family)
    (found,) = one.contrasts
    three = (found.part, found.rest, found.whole)
    return tuple(None if each is None else each.effect.estimate for each in three)


def test_effects_are_those_that_the_rows_were_made_with(result: Result) -> None:
    # kitchen: 11 + 1 + 8 + 0 + 5 less 10 + 0 + 6 + 0 + 4, over five; garden: 39 less 42, over five
    assert effects(result, "elsewhere") == pytest.approx((1.0, -0.6, 0.4), abs=1e-9)
    # (7.4 + 1.5 + 4.6 - 8 - 2 - 5) / 5 after the first window
    assert effects(result, "sooner") == pytest.approx((0.4, -0.3, 0.1), abs=1e-9)
    # content is credited with its whole kitchen, search with nothing
    assert effects(result, "credit") == pytest.approx((5.0, -4.6, 0.4), abs=1e-9)
    (found,) = result.families[0].contrasts
    assert found.added is not None
    assert found.moved is not None
    assert (found.added.estimate, found.moved.estimate) == pytest.approx((0.4, 0.6), abs=1e-9)


def test_second_orders_are_counted_within_their_window(result: Result) -> None:
    again = result.estimate("itt/again///content-search")
    # search: units 0 and 4 buy three times, 2 twice; content: the same, and unit 1 twice
    assert (again.control_value, again.arm_value) == pytest.approx((0.6, 0.8))
    assert again.causal_status == "causal"


def test_attributed_contrasts_are_descriptive_and_so_are_ratios_of_them(result: Result) -> None:
    status = {e.id.split("/")[1]: e.causal_status for e in result.estimates if e.estimand == "itt"}
    assert status["credited"] == "descriptive"
    assert status["share_credited"] == "descriptive"
    assert status["revenue"] == "causal"
    kinds = {family.name: family.contrasts[0].causal_status for family in result.families}
    assert kinds == {"elsewhere": "causal", "credit": "descriptive", "sooner": "causal"}


def test_every_metric_says_its_window_and_its_mature_units(folder: Path) -> None:
    # at the midnight after March 31 the 28 days of March 2, 3 and 4, 00:00, are over: 40 units each
    early = analyze(load_experiment(folder / "growth.yaml"), as_of=date(2026, 3, 31))
    metrics = {metric.name: metric for metric in early.metrics}
    assert (metrics["revenue"].window, metrics["revenue_28d"].window) == ("14d", "28d")
    assert sum(metrics["revenue"].units.values()) == 400
    assert sum(metrics["revenue_28d"].units.values()) == 240
    (sooner,) = (family for family in early.families if family.name == "sooner")
    assert (sooner.contrasts[0].arm_units, sooner.contrasts[0].control_units) == (120, 120)
    assert metrics["credited"].attributed


def test_a_failed_check_takes_families_along(folder: Path) -> None:
    text = DEFINITION.replace(
        "{search: {control: true}, content: {}}",
        "{search: {control: true, weight: 1}, content: {weight: 9}}",
    )
    (folder / "split.yaml").write_text(text, encoding="utf-8")
    broken = analyze(load_experiment(folder / "split.yaml"), as_of=date(2026, 4, 30))
    assert {c.causal_status for family in broken.families for c in family.contrasts} == {"invalid"}


def test_every_rendering_says_part_rest_and_whole(result: Result) -> None:
    for said in (
        render_text(result),
        render_markdown(result).replace("\\", ""),
        render_html(result),
    ):
        assert "revenue outside kitchen, the rest" in said
        assert "of the effect on kitchen, taken from elsewhere" in said
        assert "revenue from 14d to 28d, the rest" in said
        assert "Attribution: credit" in said
        assert result.families[0].contrasts[0].sentence in said


def test_the_document_reads_back(result: Result) -> None:
    assert Result.model_validate_json(result.model_dump_json()) == result
