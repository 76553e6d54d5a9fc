"""The multiverse run, from one file with presets to its reports."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.conftest import Pathlift

from pathlift.pipeline import analyze
from pathlift.places import examples_folder
from pathlift.registry.loading import load_experiment
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Estimate, Result
from pathlift.simulation import scenario, write_logs

pytestmark = pytest.mark.engine

STRICT = {
    "need": "\"event in ('wishlist', 'cart')\"",
    "trust": "{any: [\"event = 'review_read' and dwell_ms >= 10000\", "
    "\"event = 'creator_follow'\"], accumulate: {sum: watch_ms, per: creator_id, reach: 60000}}",
}
PRESETS = (
    "presets:\n"
    "  loose: {touchpoint: \"event in ('impression', 'product_view')\"}\n"
    f"  strict: {{need: {STRICT['need']}, trust: {STRICT['trust']}}}\n"
)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    write_logs(scenario("journeys").sized(2_000), folder)
    return folder


def definition(folder: Path, name: str, *, presets: str, stages: str | None = None) -> Path:
    text = (examples_folder() / "journeys.yaml").read_text(encoding="utf-8")
    text = text[: text.index("plan:")]
    start = text.index("presets:" if stages is None else "stages: ")
    text = text[:start] + (stages or "") + "\n" + text[text.index("outcome:") :]
    path = folder / f"{name}.yaml"
    path.write_text(f"{text}\n{presets}", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def results(logs: Path) -> tuple[Result, Result]:
    """With presets, and with the rules of `strict` as the stages themselves."""
    beside = definition(logs, "beside", presets=PRESETS)
    stages = (
        f"stages:\n  need: {STRICT['need']}\n"
        "  touchpoint: [\"event = 'product_view'\", "
        "\"event = 'impression' and visible_ms >= 1000\"]\n"
        f"  trust: {STRICT['trust']}"
    )
    alone = definition(logs, "alone", presets="", stages=stages)
    return analyze(load_experiment(beside)), analyze(load_experiment(alone))


def of_orderings(result: Result) -> Iterator[Estimate]:
    for estimate in result.estimates:
        whole = estimate.segment is None
        if estimate.estimand in ("incidence", "ordering_share") and whole:
            yield estimate


def test_a_preset_is_read_as_an_experiment_with_its_rules_would_be(
    results: tuple[Result, Result],
) -> None:
    """The same counts, so the same numbers; covariates and clusters included."""
    beside, alone = results
    assert beside.orderings is not None
    found = beside.orderings.multiverse
    assert found is not None
    strict = {reading.of: reading for reading in found.readings if reading.preset == "strict"}
    own = {estimate.id: estimate for estimate in of_orderings(alone)}
    assert {id for id in own if id.startswith("incidence")} <= set(strict) <= set(own)
    assert any("ordering_share" in id for id in strict)
    for id, reading in strict.items():
        estimate = own[id]
        # sums run over rows in another order: the last digits may differ
        for field in ("arm_value", "control_value", "standard_error", "p_value"):
            told = getattr(estimate, field)
            assert getattr(reading, field) == pytest.approx(told, rel=1e-9, abs=1e-15)
        assert reading.absolute is not None
        assert estimate.absolute is not None
        for end in ("estimate", "low", "high"):
            told = getattr(estimate.absolute, end)
            assert getattr(reading.absolute, end) == pytest.approx(told, rel=1e-9, abs=1e-15)
        assert (reading.method, reading.flags) == (estimate.method, estimate.flags)
        assert reading.not_estimated == estimate.not_estimated


def test_the_effect_on_conversion_is_the_same_and_incidences_add_up_to_it_under_every_preset(
    results: tuple[Result, Result],
) -> None:
    beside, alone = results
    assert beside.orderings is not None
    assert beside.orderings.multiverse is not None
    for contrast in ("content-search", "influencer-search"):
        effect = beside.estimate(f"itt/conversion///{contrast}")
        expected = alone.estimate(f"itt/conversion///{contrast}").absolute
        assert effect.absolute is not None
        assert expected is not None
        for end in ("estimate", "low", "high"):
            # the covariate is a float without a unit, added in whatever order units are read
            told = getattr(expected, end)
            assert getattr(effect.absolute, end) == pytest.approx(told, rel=1e-9, abs=1e-15)
        for preset in ("loose", "strict"):
            parts = [
                r.arm_value - r.control_value
                for r in beside.orderings.multiverse.readings
                if r.preset == preset
                and r.of.startswith("incidence")
                and r.of.endswith(contrast)
                and r.arm_value is not None
                and r.control_value is not None
            ]
            assert len(parts) == 7  # six orderings and other: all are estimated in these logs
            # the identity of design 1, up to the rounding of seven sums
            assert sum(parts) == pytest.approx(effect.absolute.estimate, abs=1e-12)


def test_fragile_are_exactly_the_estimates_whose_sign_changes(
    results: tuple[Result, Result],
) -> None:
    beside, alone = results
    assert beside.orderings is not None
    found = beside.orderings.multiverse
    assert found is not None
    changed = set()
    for reading in found.readings:
        own = beside.estimate(reading.of).absolute
        assert own is not None
        assert reading.absolute is not None
        assert own.estimate is not None
        assert reading.absolute.estimate is not None
        assert reading.sign_changes == (own.estimate * reading.absolute.estimate < 0)
        if reading.sign_changes:
            changed.add(reading.of)
    assert set(found.fragile) == changed
    assert {e.id for e in beside.estimates if "fragile" in e.flags} == changed
    assert changed  # stricter need moves its time, so some ordering turns around
    assert all(e.causal_status == "causal" for e in beside.estimates if "fragile" in e.flags)
    assert not any("fragile" in e.flags for e in alone.estimates)


def test_agreement_is_told_by_arm_and_for_all(results: tuple[Result, Result]) -> None:
    beside, alone = results
    assert beside.orderings is not None
    found = beside.orderings.multiverse
    assert found is not None
    arms = (None, "search", "content", "influencer")
    assert [(a.one, a.other, a.arm, a.of) for a in found.agreement] == [
        (one, other, arm, of)
        for one, other in (("base", "loose"), ("base", "strict"), ("loose", "strict"))
        for arm in arms
        for of in ("units", "converted")
    ]
    assert all(row.kappa is not None and row.kappa < 1 for row in found.agreement)
    whole = found.agreement[0]
    assert whole.units == sum(arm.matured_units for arm in beside.arms)
    (check,) = [check for check in beside.checks if check.id == "presets"]
    assert check.scope == "orderings"
    for arm in arms[1:]:
        assert f"{arm} 0." in check.message
    (lacking,) = [check for check in alone.checks if check.id == "presets"]
    assert lacking.severity == "not_checked"


def test_every_rendering_shows_the_multiverse(results: tuple[Result, Result]) -> None:
    beside, alone = results
    for render in (render_text, render_markdown, render_html):
        told = render(beside)
        for words in ("Under other stage rules", "Agreement of labels", "fragile", "strict"):
            assert words in told
        assert "Under other stage rules" not in render(alone)


def test_arms_that_are_read_as_one_are_so_under_every_preset(logs: Path) -> None:
    path = definition(
        logs, "combined", presets=PRESETS + "combine: {social: [content, influencer]}"
    )
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(", cluster: {column: creator_id, randomised: units}", ""), encoding="utf-8"
    )
    result = analyze(load_experiment(path))
    assert result.orderings is not None
    assert result.orderings.multiverse is not None
    readings = result.orderings.multiverse.readings
    assert {reading.of.rsplit("/", 1)[1] for reading in readings} == {"social-search"}
    assert {row.arm for row in result.orderings.multiverse.agreement} == {None, "search", "social"}


def test_one_line_runs_and_says_where_its_rules_do_not_fit(
    logs: Path, pathlift: Pathlift, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulated log has no dwell times of product pages, which strict touchpoints ask for."""
    definition(logs, "one_line", presets="presets: creator_selling", stages="")
    monkeypatch.chdir(logs)
    answer = pathlift("analyze", "one_line.yaml", "--format", "json", "--no-save")
    assert answer.code == 0
    document = json.loads(answer.out)
    (check,) = [check for check in document["checks"] if check["id"] == "presets"]
    assert check["severity"] == "warn"
    assert "Under strict no mature unit shows touchpoint" in check["message"]
    lacking = [
        reading
        for reading in document["orderings"]["multiverse"]["readings"]
        if reading["preset"] == "strict" and reading["not_estimated"] is not None
    ]
    assert lacking
    assert all(r["absolute"] is None and r["sign_changes"] is None for r in lacking)


def test_presets_without_metrics_are_checked_and_read_no_contrast(logs: Path) -> None:
    path = definition(logs, "checks_only", presets=PRESETS)
    text = path.read_text(encoding="utf-8")
    start, end = text.index("metrics:"), text.index("analysis:")
    after = text[text.index("presets:", end) :]
    path.write_text(f"{text[:start]}metrics: {{}}\n{after}", encoding="utf-8")
    result = analyze(load_experiment(path))
    assert result.estimates == ()
    assert result.orderings is not None
    found = result.orderings.multiverse
    assert found is not None
    assert found.readings == ()
    assert {row.other for row in found.agreement} == {"loose", "strict"}
    assert "kappa" in next(check for check in result.checks if check.id == "presets").message
    for render in (render_text, render_markdown, render_html):
        page = render(result)
        assert "Agreement of labels" in page
        assert "Under other stage rules" not in page
