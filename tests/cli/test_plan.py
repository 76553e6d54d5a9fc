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


def test_more_units_than_come_is_said_beside_what_they_find(
    planned: Path, pathlift: Pathlift
) -> None:
    text = planned.read_text("utf-8").replace("new_per_day: 5000", "new_per_day: 50")
    planned.write_text(text, encoding="utf-8")
    said = pathlift("plan", "button")
    assert said.code == 1
    assert "more than the 2,800 that 8 weeks bring" in said.out  # 50 a day for 56 days
    assert "experiments/button.yaml: the plan needs " in said.err
    assert "units, and 8 weeks bring 2,800" in said.err


def test_a_plan_of_nothing_that_decides_says_why(planned: Path, pathlift: Pathlift) -> None:
    text = planned.read_text("utf-8").replace("  lift: {relative: 0.1}\n", "")
    planned.write_text(text, encoding="utf-8")
    said = pathlift("plan", "button")
    assert said.code == 1
    assert "'conversion' is not planned: no lift: `plan.lifts.conversion` is not given" in said.err


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        ("0", "a share of 0 cannot be planned"),
        ("1", "a share of 1 cannot be planned"),
    ],
)
def test_a_share_that_never_varies_is_refused(
    baseline: str, message: str, planned: Path, pathlift: Pathlift
) -> None:
    text = planned.read_text("utf-8").replace("conversion: 0.03", f"conversion: {baseline}")
    planned.write_text(text, encoding="utf-8")
    said = pathlift("plan", "button")
    assert said.code == 1
    assert message in said.err
