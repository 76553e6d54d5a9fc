"""Stages that hang on one surface or one arm, from their log to the report."""

from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.conftest import Pathlift
from tests.acceptance.small_data import MATURE, document_of, estimates, one, write_registry

from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Result

pytestmark = pytest.mark.engine

SURFACE = {"outcome:": "surface: page\noutcome:"}
WATCHED = "case when event = 'watch' then 1200 else 0 end as watch_ms"


def analysed(
    pathlift: Pathlift, folder: Path, definition: dict[str, str], rows: dict[str, str]
) -> dict[str, Any]:
    write_registry(folder, "journeys", definition, rows)
    answer = pathlift("analyze", "x", *MATURE, "--format", "json", "--no-save")
    assert answer.code == 0, answer.err
    return document_of(answer.out)


def checks_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["scope"]: check for check in document["checks"] if check["id"] == "rules"}


def test_a_search_box_on_one_page_is_told_and_a_rule_logged_everywhere_mends_it(
    pathlift: Pathlift, work: Path, tmp_path: Path
) -> None:
    """Searches lie on page `results` alone; views and watching on a page that the unit decides."""
    pages = "case when event = 'search' or i % 3 = 0 then 'results' else 'feed' end as page"
    document = analysed(pathlift, work, SURFACE, {WATCHED: f"{WATCHED}, {pages}"})
    checks = checks_of(document)
    assert checks["stage:need"]["severity"] == "warn"
    assert "need is seen on results only" in checks["stage:need"]["message"]
    assert checks["stage:touchpoint"]["severity"] == "pass"
    assert (
        "told alike on feed and results and in every arm, by rule 1"
        in (checks["stage:touchpoint"]["message"])
    )
    need, touchpoint, trust = document["orderings"]["rules"]
    assert [s["single_surface"] for s in (need, touchpoint, trust)] == [True, False, False]
    # all 200 units of an arm search, all on one page; of the 400 numbers every third is on it
    assert {(f["arm"], f["surface"]): f["fired"] for f in need["rules"][0]["firings"]} == {
        ("a", "results"): 200, ("a", "feed"): 0, ("b", "results"): 200, ("b", "feed"): 0,
    }  # fmt: skip
    views = {(f["arm"], f["surface"]): f["fired"] for f in touchpoint["rules"][0]["firings"]}
    assert views["a", "results"] + views["b", "results"] == len(range(0, 400, 3))
    assert all(e["causal_status"] != "invalid" for e in document["estimates"])
    result = Result.model_validate(document)
    for render in (render_text, render_markdown, render_html):
        assert "Where stage rules fire" in render(result)


def said_once(document: dict[str, Any], words: str) -> None:
    """One check fails stage `trust`; the one of its rules points there."""
    failed = [c for c in document["checks"] if c["severity"] == "fail"]
    (check,) = [c for c in failed if c["scope"] == "stage:trust"]
    assert check["id"] == "stages"
    assert words in check["message"]
    rules = checks_of(document)["stage:trust"]
    assert rules["severity"] == "not_checked"
    assert "is said by check `stages`" in rules["message"]


def test_a_stage_that_one_arm_never_shows_takes_its_orderings_and_leaves_the_effect(
    pathlift: Pathlift, work: Path
) -> None:
    rows = {WATCHED: "case when event = 'watch' and i % 2 = 0 then 1200 else 0 end as watch_ms"}
    document = analysed(pathlift, work, {}, rows)
    said_once(document, "Nobody of b did")
    assert "Rule 1 fired for nobody in b." in checks_of(document)["stage:trust"]["message"]
    assert one(document, "conversion")["causal_status"] == "causal"
    assert {e["causal_status"] for e in estimates(document, "incidence")} == {"invalid"}


def test_a_stage_that_nobody_shows_takes_its_orderings_and_leaves_the_effect(
    pathlift: Pathlift, work: Path
) -> None:
    """The rows are there, but too short for the sum that the stage asks for."""
    rows = {WATCHED: "case when event = 'watch' then 12 else 0 end as watch_ms"}
    document = analysed(pathlift, work, {}, rows)
    said_once(document, "Nobody did, so every ordering lacks it")
    assert one(document, "conversion")["causal_status"] == "causal"
    assert document["decision"]["verdict"] != "invalid"
