"""The text shows every estimate whole, in a pipe and in a narrow terminal."""

import re

import pytest
from tests.report.results import ALL, invalid, journeys

from pathlift.report.rows import groups
from pathlift.report.text import render_text
from pathlift.result.model import Result
from pathlift.result.truth import against_truth


def numbers_of(text: str) -> str:
    """The text without line breaks, so that a wrapped sentence is found again."""
    return re.sub(r"\s+", " ", text)


@pytest.fixture(params=ALL, ids=list(ALL))
def result(request: pytest.FixtureRequest) -> Result:
    made: Result = ALL[request.param]()
    return made


@pytest.mark.parametrize("width", [None, 40, 80, 120, 200])
def test_no_number_is_cut_at_any_width(result: Result, width: int | None) -> None:
    text = numbers_of(render_text(result, width=width))
    assert "…" not in text
    for group in groups(result):
        for panel in group.panels:
            for row in panel.rows:
                shown = (row.reason,) if row.reason else (row.difference_interval, row.p)
                for cell in shown:
                    assert numbers_of(cell) in text


def test_every_estimate_stands_in_exactly_one_row(result: Result) -> None:
    rows = [row for g in groups(result) for p in g.panels for row in p.rows]
    assert sorted(row.estimate.id for row in rows) == sorted(e.id for e in result.estimates)


def test_a_pipe_gets_no_escape_codes_and_a_terminal_does() -> None:
    assert "\x1b" not in render_text(journeys())
    assert "\x1b" in render_text(journeys(), width=120, color=True)


@pytest.mark.parametrize("width", [80, 120])
def test_sentences_keep_within_the_terminal(width: int) -> None:
    text = render_text(journeys(), width=width).partition("Reproduce")[0]
    # 12 columns of room: one word is never broken, however long.
    assert all(len(line) <= width + 12 for line in text.splitlines())
    assert any(len(line) > 0.8 * width for line in text.splitlines())


def test_paths_are_not_wrapped_even_where_the_terminal_is_narrower() -> None:
    lines = render_text(journeys(), width=40).splitlines()
    assert any("/data/journeys/exposures/part-0.parquet" in line for line in lines)


def test_every_number_of_an_invalid_result_stays_visible_with_the_word() -> None:
    text = render_text(invalid())
    row = next(line for line in text.splitlines() if line.startswith("content vs search"))
    assert "+0.52 pp" in row
    assert row.rstrip().endswith("invalid")


def test_what_was_not_estimated_says_why() -> None:
    text = render_text(journeys())
    assert "not estimated: the denominator's mean is within 4 standard errors of 0" in text
    assert "not estimated: a level has no conversions" in text


def test_the_truth_stands_beside_the_intervals_and_is_counted() -> None:
    result = journeys()
    ids = [e.id for e in result.estimates if e.estimand == "itt" and e.metric == "conversion"]
    # The simultaneous interval of the first is 0.0052 +- 0.0047 (from the numbers it was made of).
    truth = against_truth(result, {ids[0]: 0.004, ids[1]: 0.9})
    text = render_text(result, truth=truth)
    assert "1 of 2 intervals hold the truth; 2 of the 2 are simultaneous over their family." in text
    assert "+0.40 pp held" in text
    assert "+90.00 pp missed" in text


def test_text_of_the_definition_is_not_read_as_markup() -> None:
    assert "[bold]x[/bold]" in render_text(journeys(title="[bold]x[/bold]"))
