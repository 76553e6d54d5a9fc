"""The page shows the result, all of it, and lets nobody else in."""

import gzip
import hashlib
import re
from base64 import b64decode, b64encode

import pytest
from tests.report.page import Element, read_page
from tests.report.reading import check_row, rows_of
from tests.report.results import (
    ALL,
    HOSTILE,
    everything,
    invalid,
    journeys,
    many_metrics,
    unbounded,
)

from pathlift.report.html import environment_of_pages, render_html
from pathlift.report.rows import headline
from pathlift.result.model import Result
from pathlift.result.truth import against_truth


@pytest.fixture(params=ALL, ids=list(ALL))
def result(request: pytest.FixtureRequest) -> Result:
    made: Result = ALL[request.param]()
    return made


def test_every_estimate_is_on_the_page_with_the_numbers_of_the_json(result: Result) -> None:
    rows = rows_of(read_page(render_html(result)))
    assert sorted(rows) == sorted(estimate.id for estimate in result.estimates)
    for estimate in result.estimates:
        row = rows[estimate.id]
        if estimate.not_estimated is None:
            check_row(row, estimate)
        else:
            assert estimate.not_estimated["reason"] in row.one("td", cls="reason").text
        assert row.one("td", cls="status").text.startswith(estimate.causal_status)


def test_every_bar_has_a_text_twin(result: Result) -> None:
    page = read_page(render_html(result))
    by_lift = {
        row.attributes["data-id"]
        for table in page.all("table", cls="estimates")
        if "Interval of the lift" in table.one("thead").text
        for row in table.one("tbody").all("tr")
    }
    for estimate in result.estimates:
        row = rows_of(page)[estimate.id]
        if estimate.not_estimated is not None:
            assert row.all("svg") == []
            continue
        words = row.one("svg", cls="bar").one("title").text  # what names a picture to a reader
        said = "lift" if estimate.id in by_lift else "difference"
        assert row.one("span", cls=said).text in words
        assert row.one("span", cls=f"{said}-interval").text in words


def span_of(bar: Element) -> tuple[float, float]:
    """Where the line of an interval begins and ends: a path ``M left,12H right``."""
    left, right = re.fullmatch(
        r"M([\d.]+),12H([\d.]+)", bar.one("path", cls="span").attributes["d"]
    ).groups()  # type: ignore[union-attr]
    return float(left), float(right)


def test_bars_stay_inside_their_picture(result: Result) -> None:
    for bar in read_page(render_html(result)).all("svg", cls="bar"):
        _, _, width, _ = map(float, bar.attributes["viewbox"].split())
        for mark in bar.all("path"):
            place = float(mark.attributes["d"].removeprefix("M").partition(",")[0])
            assert 0 <= place <= width
        left, right = span_of(bar)
        assert 0 <= left <= right <= width


def test_bars_of_one_panel_keep_the_order_of_their_numbers() -> None:
    page = read_page(render_html(journeys()))
    rows = rows_of(page)
    estimates = [e for e in journeys().estimates if e.estimand == "incidence"]
    placed = [
        (
            headline(e).estimate,  # type: ignore[union-attr]
            sum(span_of(rows[e.id])),
        )
        for e in estimates
    ]
    assert sorted(placed) == sorted(placed, key=lambda pair: pair[1])


def test_the_margin_of_a_guardrail_is_drawn_and_only_there() -> None:
    rows = rows_of(read_page(render_html(journeys())))
    for estimate in journeys().estimates:
        if estimate.not_estimated is None:
            drawn = len(rows[estimate.id].all("path", cls="margin"))
            assert drawn == (1 if estimate.role == "guardrail" else 0)


def test_an_interval_without_ends_says_so() -> None:
    result = unbounded()
    row = rows_of(read_page(render_html(result)))[result.estimates[0].id]
    assert row.one("span", cls="lift-interval").text == "unbounded"
    assert row.one("span", cls="p").text == "< 1e−300"


def test_the_truth_is_a_mark_and_a_column_and_is_counted() -> None:
    result = journeys()
    known = result.estimates[0].id
    page = read_page(render_html(result, truth=against_truth(result, {known: 0.004})))
    rows = rows_of(page)
    assert len(rows[known].all("path", cls="truth")) == 1
    assert rows[known].one("td", cls="truth-value").text == "+0.40 pp held"
    others = [row for id_, row in rows.items() if id_ != known]
    assert all(row.all("path", cls="truth") == [] for row in others)
    assert "1 of 1 intervals hold the truth" in page.one("p", cls="truth-sentence").text


def test_without_a_truth_there_is_no_such_column() -> None:
    assert read_page(render_html(journeys())).all("td", cls="truth-value") == []


def test_invalid_numbers_stay_visible_with_the_word() -> None:
    for row in rows_of(read_page(render_html(invalid()))).values():
        assert "invalid" in row.classes
        assert row.one("td", cls="status").text.startswith("invalid")


def saved_in(page: Element) -> bytes:
    """The file that the page carries with it."""
    kind, _, packed = page.one("a", cls="save").attributes["href"].partition(",")
    assert kind == "data:application/gzip;base64"
    return gzip.decompress(b64decode(packed, validate=True))


def test_numbers_of_an_invalid_verdict_are_folded_away_and_say_why() -> None:
    page = read_page(render_html(invalid()))
    for section in page.all("section"):
        if section.all("table", cls="estimates"):
            fold = section.all("details", cls="fold")[0]  # tables of descriptions fold below it
            assert len(fold.all("table", cls="estimates")) == len(
                section.all("table", cls="estimates")
            )
            assert "The verdict is invalid" in fold.one("summary").text


def test_the_document_that_the_page_carries_is_the_result(result: Result) -> None:
    page = read_page(render_html(result))
    assert Result.model_validate_json(saved_in(page)) == result
    assert page.all("script") == []


def test_the_hour_of_packing_is_not_in_the_page(result: Result) -> None:
    kept = read_page(render_html(result)).one("a", cls="save").attributes["href"]
    packed = b64decode(kept.partition(",")[2])
    assert packed[4:8] == bytes(4)  # MTIME of RFC 1952: equal results make equal pages


def test_only_what_decides_nothing_is_folded() -> None:
    page = read_page(render_html(journeys()))
    folded = {
        section.attributes["id"]
        for section in page.all("section")
        if section.all("details", cls="fold")
    }
    explains = {"segments", "baseline", "first_step", "sensitivity", "multiverse", "reproduce"}
    assert folded <= explains | {"ordering_share"}
    for share in (s for s in page.all("section") if s.attributes["id"] == "ordering_share"):
        for fold in share.all("details", cls="fold"):
            assert not fold.all("table", cls="estimates")  # there, descriptions of each arm alone
    assert {"segments", "reproduce"} <= folded
    assert not any("open" in fold.attributes for fold in page.all("details", cls="fold"))
    for section in page.all("section"):
        if section.attributes["id"] in folded:
            assert section.all("h2")  # the heading stays in sight, and so does what it is about


def test_hostile_texts_stay_text() -> None:
    html = render_html(ALL["hostile"]())
    page = read_page(html)
    assert page.one("h1").text == " ".join(HOSTILE.split())
    assert "<script>alert" not in html
    assert "<script" not in html
    assert not re.search(r"\son\w+=", re.sub(r'"[^"]*"', '""', html))


def test_code_in_a_message_is_set_as_code_and_escaped_all_the_same() -> None:
    result = journeys()
    said = "Declare `period:` <b>first</b>, or `<i>x</i>`; a lone ` stays."
    check = result.checks[0].model_copy(update={"message": said})
    page = read_page(render_html(result.model_copy(update={"checks": (check,)})))
    message = page.one("span", cls="found")
    assert [code.text for code in message.all("code")] == ["period:", "<i>x</i>"]
    assert not message.all("b")
    assert not message.all("i")
    assert message.text.endswith("a lone ` stays.")


def test_every_table_scrolls_inside_its_own_box(result: Result) -> None:
    page = read_page(render_html(result))
    boxed = [table for box in page.all("div", cls="scroll") for table in box.all("table")]
    assert len(boxed) == len(page.all("table")) > 0


def test_a_check_that_came_out_in_two_ways_is_named_with_what_it_is_about() -> None:
    result = journeys()
    check = result.checks[0]
    skew = [
        check.model_copy(update={"id": "skew", "severity": severity, "scope": scope})
        for severity, scope in (("pass", "metric:revenue"), ("not_checked", "metric:orders"))
    ]
    alone = check.model_copy(update={"id": "srm", "severity": "pass", "scope": "experiment"})
    found = result.model_copy(update={"checks": (alone, *skew)})
    folded = [part.text for part in read_page(render_html(found)).all("summary")]
    assert any("srm, skew (metric:revenue)" in words for words in folded)
    assert any("skew (metric:orders)" in words for words in folded)


def test_the_policy_allows_our_style_sheet_and_nothing_else(result: Result) -> None:
    page = read_page(render_html(result))
    (policy,) = [
        meta.attributes["content"]
        for meta in page.all("meta")
        if meta.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    css = page.one("style").children[0]
    assert isinstance(css, str)
    digest = b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_the_page_asks_for_nothing(result: Result) -> None:
    page = read_page(render_html(result))
    reaching = {"src", "href", "data", "action", "poster", "srcset", "style"}
    for element in page.all():
        for name in reaching & element.attributes.keys():
            kept = ("#", "data:application/gzip;base64,")
            # a link of a free text asks for its page only when somebody follows it
            followed = ("http://", "https://", "mailto:") if element.tag == "a" else ()
            within = element.attributes[name].startswith((*kept, *followed))
            assert within, element.attributes[name]
    assert "url(" not in page.one("style").text
    assert "@import" not in page.one("style").text


def test_ids_are_unique_and_every_section_has_its_heading(result: Result) -> None:
    page = read_page(render_html(result))
    ids = [e.attributes["id"] for e in page.all() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for section in page.all("section"):
        assert section.attributes["aria-labelledby"] in ids
    for table in page.all("table"):
        assert table.one("caption").text


def test_the_verdict_comes_first_and_how_to_reproduce_it_last(result: Result) -> None:
    order = [s.attributes["id"] for s in read_page(render_html(result)).all("section")]
    assert order[:4] == ["verdict", "checks", "arms", "primary"]
    assert order[-2:] == ["methods", "reproduce"]


def test_the_numbers_come_before_time_before_orderings_before_explanations() -> None:
    made = everything()
    ids = [section.attributes["id"] for section in read_page(render_html(made)).all("section")]
    told = ["verdict", "checks", "arms", "primary", "guardrail", "over_time", "flow", "incidence"]
    told += ["conversion_times", "segments", "power", "sensitivity", "methods", "reproduce"]
    assert [id_ for id_ in ids if id_ in told] == told


def test_no_class_of_a_table_is_one_of_the_pictures() -> None:
    """Colours of boxes are for boxes: a table of first steps once was as lilac as they."""
    environment = environment_of_pages()
    css = environment.get_template("page.css").render()
    page = read_page(render_html(everything()))
    drawn = {kind for box in page.all("rect") for kind in box.classes}
    assert drawn
    for selector in re.findall(r"(?m)^([^{}@]+)\{", css):
        for part in selector.split(","):
            if {name[1:] for name in re.findall(r"\.[\w-]+", part)} & drawn:
                assert ".flow" in part or ".swatch" in part, part


def test_metrics_of_several_units_share_the_scale_of_their_lifts() -> None:
    (secondary,) = [
        s for s in read_page(render_html(many_metrics())).all("section")
        if s.attributes["id"] == "secondary"
    ]  # fmt: skip
    tables = secondary.all("table", cls="estimates")
    axes = {table.one("svg", cls="axis").text for table in tables}
    assert len(tables) > 2
    assert len(axes) == 1
    assert "%" in axes.pop()
    zeros = {bar.one("path", cls="zero").attributes["d"] for bar in secondary.all("svg", cls="bar")}
    assert len(zeros) == 1


def test_a_margin_in_the_unit_of_its_metric_keeps_the_scale_of_differences() -> None:
    (guardrails,) = [
        s for s in read_page(render_html(journeys())).all("section")
        if s.attributes["id"] == "guardrail"
    ]  # fmt: skip
    assert "Interval of the difference" in guardrails.text
    assert guardrails.all("path", cls="margin")
