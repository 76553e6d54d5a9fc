"""Attributed metrics beside totals: described, never called effects."""

from pathlib import Path

import duckdb
import pytest

from pathlift import analyze, load_experiment
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.report.words import CONCLUSION

pytestmark = pytest.mark.engine

DEFINITION = """\
unit: user_id
data: {units: units.parquet, columns: {arm: grp}}
arms:
  a: {control: true}
  b: {}
metrics:
  conversion: {kind: proportion, column: bought, role: primary}
  total: {kind: mean, column: total}
  credited: {kind: mean, column: credited, attributed: true}
  share: {kind: ratio, numerator: credited, denominator: total}
segments: [country]
"""
# Both arms buy alike, but b is credited with all of it and a with a third.
ROWS = """
select 'u' || i as user_id, case when i % 2 = 0 then 'a' else 'b' end as grp,
       (i % 5 = 0)::int as bought, (i % 5 = 0)::int * (10 + i % 7) as total,
       (i % 5 = 0)::int * (case when i % 2 = 0 then (i % 15 = 0)::int else 1 end) * (10 + i % 7)
       as credited, case when i % 3 = 0 then 'DE' else 'FR' end as country
from range(6000) as numbers(i)
"""


def test_credit_is_described_and_totals_are_effects(tmp_path: Path) -> None:
    duckdb.sql(f"copy ({ROWS}) to '{tmp_path / 'units.parquet'}' (format parquet)")
    (tmp_path / "credit.yaml").write_text(DEFINITION, encoding="utf-8")
    result = analyze(load_experiment(tmp_path / "credit.yaml"))
    status = {(e.metric, e.causal_status) for e in result.estimates}
    assert status == {
        ("conversion", "causal"),
        ("total", "causal"),
        ("credited", "descriptive"),
        ("share", "descriptive"),  # made of credit
    }
    tests = {(test.metric, test.causal_status) for test in result.omnibus if test.metric}
    assert ("credited", "descriptive") in tests
    assert ("total", "causal") in tests
    credited = result.estimate("itt/credited///b-a")
    assert credited.p_value is not None
    assert credited.p_value < 1e-6  # credit differs
    assert (credited.better, credited.conclusion) == (None, "different")
    share = result.estimate("itt/share///b-a")
    assert (share.better, share.conclusion) == (None, "different")
    total = result.estimate("itt/total///b-a")
    assert total.p_value is not None
    assert total.p_value > 0.1  # what they bring does not
    assert (total.better, total.conclusion) == ("higher", "no_difference_shown")


def test_no_rendering_praises_or_blames_credit(tmp_path: Path) -> None:
    duckdb.sql(f"copy ({ROWS}) to '{tmp_path / 'units.parquet'}' (format parquet)")
    (tmp_path / "credit.yaml").write_text(DEFINITION, encoding="utf-8")
    result = analyze(load_experiment(tmp_path / "credit.yaml"))
    for render in (render_text, render_markdown, render_html):
        page: str = render(result)
        assert "different" in page
        # all that changes here is credit, so nothing at all is better or worse
        for sign, word in (CONCLUSION["better"], CONCLUSION["worse"]):
            assert f"{sign} {word}" not in page
            assert f"{sign}</span> {word}" not in page
