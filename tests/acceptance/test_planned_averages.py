"""Averages that were planned to be compared, from the definition to what people read."""

import json
from pathlib import Path

import duckdb
import pytest
from tests.acceptance.conftest import Pathlift
from tests.acceptance.printed import hold, key_of, lines_of_markdown, lines_of_text

from pathlift.report.html import render_html
from pathlift.result.model import Result

pytestmark = pytest.mark.engine

DEFINITION = """\
unit: user_id
data: {units: units.parquet}
arms: {search: {control: true}, content: {}, influencer: {}}
metrics:
  spend: {kind: mean, column: spend, unit: 1, role: primary}
analysis:
  planned:
    launch: {of: {content: 0.75, influencer: 0.25}, against: search}
"""
# Spend is 10, 14 and 22 on average, and 1 above or below it.
ROWS = """
select
    'u' || i as user_id,
    ['search', 'content', 'influencer'][1 + i % 3] as arm,
    [10, 14, 22][1 + i % 3] + case when (i // 3) % 2 = 0 then 1 else -1 end as spend
from range(600) as numbers(i)
"""


def test_a_planned_average_is_declared_computed_and_printed(work: Path, pathlift: Pathlift) -> None:
    folder = work / "experiments"
    folder.mkdir()
    duckdb.sql(f"copy ({ROWS}) to '{folder / 'units.parquet'}' (format parquet)")
    (folder / "launch.yaml").write_text(DEFINITION)
    assert "launch - search: 0.75 content + 0.25 influencer" in pathlift("show", "launch").out
    document = json.loads(pathlift("analyze", "launch", "--format", "json").out)
    (found,) = [e for e in document["estimates"] if e["estimand"] == "planned"]
    # by hand: 0.75 * 14 + 0.25 * 22 against 10
    assert (found["arm_value"], found["control_value"]) == (16.0, 10.0)
    assert found["absolute"]["estimate"] == 6.0
    assert found["weights"] == {"content": 0.75, "influencer": 0.25, "search": -1.0}
    assert "launch" not in document["decision"]["sentence"]
    key = key_of(found)
    for format_, lines in (("text", lines_of_text), ("md", lines_of_markdown)):
        printed = dict(lines(pathlift("report", "launch", "--format", format_).out))
        hold(printed[key], found)
    page = render_html(Result.model_validate(document))
    assert "launch (0.75 content + 0.25 influencer) vs search" in page
