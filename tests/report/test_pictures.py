"""The pictures of the page: every box and mark lies where its number says."""

import itertools
import math

import pytest
from tests.report.page import read_page
from tests.report.results import ALL, flowing, journeys, looked_at

from pathlift.judgement.flow import flow_of
from pathlift.report import flow, over_time
from pathlift.report.html import render_html
from pathlift.result.model import LabelRow


def test_every_end_of_a_flow_has_the_height_of_its_units() -> None:
    result = flowing()
    assert result.orderings is not None
    for picture in flow.flow_pictures(result):
        rows = [row for row in result.orderings.labels if row.arm == picture.arm]
        units = sum(row.units for row in rows)
        drawn = {"bought": 0.0, "not": 0.0}
        for box in picture.boxes:
            if box.kind in ("bought", "not"):
                drawn[box.kind] += box.height
        # rounded to 0.01 of 250, twenty boxes at most
        converted = sum(row.converted for row in rows)
        assert math.isclose(drawn["bought"], flow.HEIGHT * converted / units, abs_tol=0.2)
        assert math.isclose(drawn["bought"] + drawn["not"], flow.HEIGHT, abs_tol=0.3)


def test_boxes_of_a_flow_do_not_overlap_and_stay_inside() -> None:
    for picture in flow.flow_pictures(flowing()):
        for box in picture.boxes:
            assert 0 <= box.x < box.x + box.width <= flow.WIDTH
            assert -0.01 <= box.y <= box.y + box.height <= flow.HEIGHT + 0.1
        for x in {box.x for box in picture.boxes}:
            column = sorted((b.y, b.y + b.height) for b in picture.boxes if b.x == x)
            for (_, below), (top, _) in itertools.pairwise(column):
                assert top >= below - 0.02  # each rounded to 0.01


def test_a_box_says_its_beginning_and_its_counts() -> None:
    result = flowing()
    assert result.orderings is not None
    said = {box.words for p in flow.flow_pictures(result) for box in p.boxes}
    for step in result.orderings.flow:
        if step.path:
            words = step.path.replace(">", " > ").replace("=", " = ")
            found = [s for s in said if s.startswith(f"{words}: {step.units:,} units")]
            assert found, step.path
            assert all(s.endswith(f"{step.converted:,} converted") for s in found)


def test_a_long_name_leaves_its_share_readable() -> None:
    row = LabelRow(arm="a", ordering="x" * 80, kind="partial", tied=False, units=9, converted=1)
    orderings = flowing().orderings
    assert orderings is not None
    long = orderings.model_copy(update={"labels": (row,), "flow": flow_of([row])})
    (picture,) = flow.flow_pictures(journeys().model_copy(update={"orderings": long}))
    assert [box.label for box in picture.boxes if box.label] == ["100.0%"]


@pytest.mark.parametrize("name", [name for name in ALL if name != "totals"])
def test_a_page_has_a_flow_where_there_are_stages(name: str) -> None:
    page = read_page(render_html(flowing() if name == "journeys" else ALL[name]()))
    assert len(page.all("svg", cls="flow")) == (3 if name == "journeys" else 0)


def test_marks_of_looks_lie_where_their_share_and_their_ends_are() -> None:
    (course,) = over_time.courses(looked_at())
    first, second, third = course.marks
    assert first.x < second.x < third.x
    assert [mark.last for mark in course.marks] == [False, False, True]
    # evenly spaced fractions lie evenly: each place is rounded to 0.1
    assert math.isclose(second.x - first.x, third.x - second.x, abs_tol=0.2)
    # upwards is larger: y falls as values rise; an end without bound lies on the edge
    assert second.high < third.high < third.point < third.low < course.zero < second.low  # type: ignore[operator]
    assert first.low >= second.low
    assert first.high <= second.high
    assert "look 1, 1,000 units: +0.40 pp, interval unbounded" in course.words
    assert "look 3, 3,000 units" in course.marks[-1].words


def test_one_planned_look_has_no_course() -> None:
    assert over_time.courses(journeys()) == ()
    assert read_page(render_html(journeys())).all("section", cls="course") == []


def test_the_page_draws_every_look_with_its_words() -> None:
    page = read_page(render_html(looked_at()))
    (picture,) = page.all("svg", cls="course")
    assert len(picture.all("circle", cls="point")) == 3
    titles = [title.text for title in picture.all("title")]
    assert len(titles) == 3
    assert all(title in picture.attributes["aria-label"] for title in titles)


def test_every_look_that_is_drawn_stands_in_a_table_with_its_numbers() -> None:
    result = looked_at()
    drawn = [mark for course in over_time.courses(result) for mark in course.marks]
    table = over_time.courses_table(result)
    assert table is not None
    assert len(table.rows) == len(drawn) == 3
    for row, mark in zip(table.rows, drawn, strict=True):
        _, look, units, _, _, interval = row
        assert mark.words.startswith(f"look {look}, {units} units: ")
        assert interval == "–" or mark.words.endswith(f"interval {interval}")
    page = read_page(render_html(result))
    (section,) = [s for s in page.all("section") if s.attributes["id"] == "over_time"]
    assert all(cell in section.text for row in table.rows for cell in row)
    assert over_time.courses_table(journeys()) is None
