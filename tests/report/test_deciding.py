"""The deciding number names each arm beside its value: no two values read as an interval."""

import re

import pytest
from tests.report.results import ALL, journeys

from pathlift.report.facts import deciding_row, deciding_sentence
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Result


@pytest.fixture(params=ALL, ids=list(ALL))
def result(request: pytest.FixtureRequest) -> Result:
    made: Result = ALL[request.param]()
    return made


def plain(page: str) -> str:
    """Words of a rendering without markup and line breaks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.replace("**", "").replace("\\", "")))


def test_each_value_stands_behind_its_arm(result: Result) -> None:
    row = deciding_row(result)
    if row is None or row.reason:
        return
    said = deciding_sentence(row)
    estimate = row.estimate
    assert f"{estimate.arm} {row.arm_value}, {estimate.control} {row.control_value};" in said
    assert f"{row.control_value} to {row.arm_value}" not in said
    assert f"{row.arm_value} to {row.control_value}" not in said
    # what is left of it with "to" is an interval, and says so
    for interval in (row.difference_interval, row.lift_interval):
        assert f"(interval {interval})" in said


@pytest.mark.parametrize("render", [render_text, render_markdown, render_html])
def test_text_markdown_and_page_say_the_same(render: object) -> None:
    result = journeys()
    row = deciding_row(result)
    assert row is not None
    page = plain(render(result))  # type: ignore[operator]  # three renderings, one argument each
    about = f"{row.estimate.arm} {row.arm_value}, {row.estimate.control} {row.control_value};"
    assert f"{row.estimate.metric}: {about} difference {row.difference} (interval" in page
    assert "→" not in page
