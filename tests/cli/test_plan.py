"""`pathlift plan` as a person meets it."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import DEFINITION, Pathlift

PLAN = """
plan:
  lift: {relative: 0.1}
  baseline: {conversion: 0.03}
  traffic: {new_per_day: 5000}
"""


@pytest.fixture
def planned(work: Path) -> Path:
    (work / "experiments").mkdir()
    path = work / "experiments" / "button.yaml"
    path.write_text(DEFINITION + PLAN, encoding="utf-8")
    return path


def test_text_and_markdown_hold_the_numbers_of_the_json(planned: Path, pathlift: Pathlift) -> None:
    document = json.loads(pathlift("plan", "button", "--format", "json").out)
    assert document["schema"] == "pathlift.plan/1"
    assert document["units"].keys() == {"grey", "green"}
    for rendering in ("text", "md"):
        said = pathlift("plan", "button", "--format", rendering)
        assert said.code == 0
        assert document["sentence"] in said.out.replace("\\", "")
        assert f"{document['total']:,}" in said.out
        assert f"{document['run']['days']}" in said.out


def test_the_plan_needs_no_data(planned: Path, pathlift: Pathlift) -> None:
    assert not (planned.parent / "data").exists()
    assert pathlift("plan", str(planned)).code == 0


def test_without_a_baseline_the_line_to_write_is_said(work: Path, pathlift: Pathlift) -> None:
    (work / "button.yaml").write_text(DEFINITION, encoding="utf-8")
    said = pathlift("plan", "button.yaml")
    assert said.code == 1
    assert "there is nothing to plan with" in said.err
    assert "baseline: {conversion: 0.03}" in said.err
    assert not said.out
