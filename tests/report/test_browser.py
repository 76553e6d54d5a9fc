"""The page as a browser shows it: offline, in light and dark, wide and narrow, and on paper."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.report.results import (
    ALL,
    HEBREW,
    LONG,
    badly_named,
    everything,
    journeys,
    many_metrics,
)

from pathlift.report.html import render_html
from pathlift.result.model import Result
from pathlift.result.truth import against_truth

pytestmark = pytest.mark.browser


def forty_metrics() -> Result:
    return many_metrics(40)


@pytest.fixture(scope="module", params=ALL, ids=list(ALL))
def page_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = ALL[request.param]()
    known = {e.id: e.absolute.estimate or 0.0 for e in result.estimates if e.absolute}
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render_html(result, truth=against_truth(result, known)), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1000, 1200, 1280])
def test_the_page_fits_asks_for_nothing_and_complains_of_nothing(
    browser: Any, page_file: Path, scheme: str, width: int
) -> None:
    context = browser.new_context(
        offline=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(page_file.as_uri())
    assert asked == [page_file.as_uri()]
    assert said == []
    # Only tables with a scroll bar of their own may be wider than the screen.
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The style sheet got through its own policy: else the page would be white in the dark.
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(20, 23, 26)") == (scheme == "dark")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("made", [*ALL.values(), everything, forty_metrics])
def test_axe_finds_no_violation(browser: Any, tmp_path: Path, made: Any, scheme: str) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_html(made()), encoding="utf-8")
    # axe is a script, which the page's own policy refuses: the test alone goes round it
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = Axe().run(page)
    context.close()
    assert len(found.response["passes"]) > 20  # it did look
    assert found.violations_count == 0, found.generate_report()


def test_the_page_hands_over_the_whole_result(browser: Any, tmp_path: Path) -> None:
    result = journeys()
    path = tmp_path / "report.html"
    path.write_text(render_html(result), encoding="utf-8")
    page = browser.new_page(accept_downloads=True)
    page.goto(path.as_uri())
    with page.expect_download() as waited:
        page.click("a.save")
    saved = tmp_path / waited.value.suggested_filename
    waited.value.save_as(saved)
    page.close()
    assert saved.name == "journeys.result.json.gz"
    assert Result.model_validate_json(gzip.decompress(saved.read_bytes())) == result


def test_no_number_of_an_estimate_is_cut_on_a_phone(browser: Any, page_file: Path) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(page_file.as_uri())
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.estimates td')]
            .filter(cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.innerText)"""
    )
    page.close()
    assert cut == []


def test_forty_metrics_fit_a_phone_each_with_its_bar(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_html(forty_metrics()), encoding="utf-8")
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    bars = page.evaluate(
        """() => [...document.querySelectorAll('#secondary .bar')]
            .map(bar => bar.getBoundingClientRect()).map(box => [box.left, box.right])"""
    )
    page.close()
    estimated = [
        each
        for each in forty_metrics().estimates
        if (each.role, each.estimand, each.segment) == ("secondary", "itt", None)
        and each.not_estimated is None
    ]
    assert len(bars) == len(estimated) > 70
    assert {(0 <= left < right <= 360) for left, right in bars} == {True}


def test_the_keyboard_goes_down_the_page_and_reaches_all_that_opens_or_scrolls(
    browser: Any, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_html(journeys()), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    wanted = page.evaluate(
        """() => [...document.querySelectorAll('a, summary, [tabindex="0"]')]
            .filter(each => each.checkVisibility()).map((each, place) => each.dataset.stop = place)
            .length"""
    )
    stops = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("Number(document.activeElement.dataset.stop)"))
    page.close()
    assert stops == list(range(wanted))


def test_the_first_tab_stop_leads_to_the_numbers(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_html(journeys()), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the numbers"
    page.close()


def test_on_paper_the_details_are_open_and_the_ink_is_dark(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_html(journeys()), encoding="utf-8")
    page = browser.new_page(color_scheme="dark")
    page.goto(path.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(31, 35, 40)"
    height = page.evaluate(
        "document.querySelector('#reproduce pre').getBoundingClientRect().height"
    )
    assert height > 0
    folded = page.evaluate(
        """() => [...document.querySelectorAll('.fold table')]
            .map(table => table.getBoundingClientRect().height)"""
    )
    assert folded
    assert min(folded) > 0
    page.close()


@pytest.mark.parametrize(("scheme", "width"), [("dark", 360), ("light", 1280)])
def test_names_that_try_to_break_out_stay_text(
    browser: Any, tmp_path: Path, scheme: str, width: int
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_html(badly_named()), encoding="utf-8")
    context = browser.new_context(
        offline=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    assert said == []
    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.inner_text("body")
    assert "</script><script>alert(1)" in shown
    assert HEBREW in shown
    assert LONG in shown.replace("\n", "")
    assert not {"\u202e", "\u2066"} & set(page.content())  # shown as a sign, not obeyed
    # a long name leaves its numbers in sight, and no cell of a table runs over its neighbour
    wide = page.evaluate(
        """() => [...document.querySelectorAll('.estimates')]
            .filter(table => table.checkVisibility())
            .map(table => table.scrollWidth / table.parentElement.clientWidth)"""
    )
    assert max(wide) < 1.25
    over = page.evaluate(
        """() => [...document.querySelectorAll('.facts th, .facts td')]
            .filter(cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.innerText)"""
    )
    assert over == []
    context.close()
