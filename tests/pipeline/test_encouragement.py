"""Encouragement along the whole road: YAML and a log in, assumptions beside numbers everywhere."""

import html
import json
from pathlib import Path

import jsonschema
import pytest

from pathlift.pipeline import analyze
from pathlift.places import examples_folder
from pathlift.registry.loading import load_experiment
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.sets import set_words
from pathlift.report.text import render_text
from pathlift.result.model import ConfidenceSet, Result
from pathlift.result.schema import result_schema
from pathlift.simulation import scenario, write_logs

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("encouraged")
    write_logs(scenario("prompt_order").sized(2_000), folder)
    text = (examples_folder() / "prompt_order.yaml").read_text(encoding="utf-8")
    definition = folder / "prompt_order.yaml"
    analysis = "analysis:\n  encouragement: true\n"
    definition.write_text(text.replace("analysis:\n", analysis), encoding="utf-8")
    return analyze(load_experiment(definition))


def test_every_contrast_has_one_and_five_arms_have_no_system(result: Result) -> None:
    found = [e for e in result.estimates if e.estimand in ("complier", "structural")]
    assert [e.id for e in found] == [
        f"complier/conversion/{arm.ordering}//{arm.arm}-search_need_first"
        for arm in result.arms
        if not arm.control
    ]
    assert {e.causal_status for e in found} == {"causal_if"}


def test_every_page_names_assumptions_reasons_and_strength(result: Result) -> None:
    for page in (render_text(result), render_markdown(result), render_html(result)):
        plain = page.replace("\\", "").replace("&#39;", "'")
        for said in (
            "Off unless asked for, and never the effect of an ordering on everybody",
            "draw the order of prompts",
            "causal if independence and exclusion and monotonicity and relevance",
            "First stages of encouragement",
            "would need an F of 104.7",
            "conversion of compliers",
        ):
            assert said in plain


@pytest.mark.parametrize(
    ("kind", "low", "high", "said"),
    [
        ("line", None, None, "any value"),
        ("complement", -0.25, 0.5, "all but "),
        ("empty", None, None, "no value"),
    ],
)
def test_a_set_that_is_no_interval_is_written_in_words_and_has_no_bar(
    result: Result, kind: str, low: float | None, high: float | None, said: str
) -> None:
    estimate = next(e for e in result.estimates if e.estimand == "complier")
    assert estimate.absolute is not None
    odd = estimate.model_copy(
        update={
            "absolute": estimate.absolute.model_copy(update={"low": None, "high": None}),
            "set": ConfidenceSet(kind=kind, low=low, high=high, pieces=()),
        }
    )
    changed = result.model_copy(update={"estimates": (odd,)})
    page = render_html(changed)
    for each in (render_text(changed), render_markdown(changed), page):
        assert said in each
    row = page.split(f'data-id="{html.escape(odd.id)}"')[1].split("</tr>")[0]
    assert "<svg" not in row


def test_sets_are_written_piece_by_piece() -> None:
    gap = ConfidenceSet(kind="complement", low=-0.25, high=0.5, pieces=((None, -0.25), (0.5, None)))
    assert set_words(gap, "points", 0) == "all but −25 to +50 pp"
    several = ConfidenceSet(
        kind="union", low=None, high=None, pieces=((None, -1.0), (0.0, 1.0), (2.0, None))
    )
    said = "up to −100 pp, or 0 to +100 pp, or from +200 pp on"
    assert set_words(several, "points", 0) == said


def test_the_document_keeps_the_schema_and_reads_back(result: Result) -> None:
    document = json.loads(result.model_dump_json())
    jsonschema.validate(document, result_schema())
    assert Result.model_validate(document) == result
    complier = next(e for e in document["estimates"] if e["estimand"] == "complier")
    assert set(complier["set"]) == {"kind", "low", "high", "pieces"}
    assert set(complier["first_stage"]) == {
        "arm_share", "control_share", "effect", "standard_error", "f", "weak", "t_ratio",
    }  # fmt: skip


def test_the_worked_example_has_none(tmp_path: Path) -> None:
    experiment = load_experiment(examples_folder() / "journeys.yaml")
    assert not experiment.analysis.encouragement
