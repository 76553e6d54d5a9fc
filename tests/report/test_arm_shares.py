"""Every arm's own share stands in one table, once, and says that it is no comparison."""

import pytest
from tests.report.results import journeys

from pathlift.report.facts import shares_table
from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Result, Span


def with_shares() -> Result:
    result = journeys()
    estimates = tuple(
        estimate.model_copy(
            update={
                "arm_interval": Span(estimate=0.034, low=0.031, high=0.037),
                "control_interval": Span(estimate=0.028, low=0.026, high=0.031),
            }
        )
        if estimate.metric == "conversion" and estimate.estimand == "itt"
        else estimate
        for estimate in result.estimates
    )
    return result.model_copy(update={"estimates": estimates})


def test_each_arm_has_one_row_a_metric() -> None:
    table = shares_table(with_shares())
    assert table is not None
    assert [row[:2] for row in table.rows] == [
        ("conversion", "search"),
        ("conversion", "content"),
        ("conversion", "influencer"),
    ]
    assert table.rows[0][3:] == ("2.80%", "2.60 to 3.10%")
    assert "descriptive" in table.about


def test_without_such_shares_there_is_no_table() -> None:
    assert shares_table(journeys()) is None


@pytest.mark.parametrize("render", [render_text, render_markdown, render_html])
def test_every_rendering_shows_it(render: object) -> None:
    assert "Each arm alone" in render(with_shares())  # type: ignore[operator]
