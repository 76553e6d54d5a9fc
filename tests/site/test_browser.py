"""The site from disk, in a browser: offline, light and dark, filtered, and without script."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

PAGES = (
    "index.html",
    "portfolio.html",
    "experiments/journeys/index.html",
    "experiments/hostile/index.html",
    "experiments/old_format/index.html",
)


def shown(page: Any) -> list[str]:
    names: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('#experiments tbody tr')]
            .filter(row => row.getClientRects().length)
            .map(row => row.querySelector('a').innerText)"""
    )
    return names


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(("scheme", "width"), [("dark", 360), ("light", 1280)])
def test_a_page_fits_asks_for_nothing_and_complains_of_nothing(
    browser: Any, written: Path, address: str, scheme: str, width: int
) -> None:
    context = browser.new_context(
        offline=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((written / address).as_uri())
    assert asked == [(written / address).as_uri()]
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(20, 23, 26)") == (scheme == "dark")
    context.close()


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Any, written: Path, address: str, scheme: str) -> None:
    # axe is a script, which the page's own policy refuses: the test alone goes round it
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto((written / address).as_uri())
    found = Axe().run(page)
    context.close()
    assert len(found.response["passes"]) > 15  # it did look
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [360, 1280])
def test_search_and_choices_narrow_the_list_and_say_so(
    browser: Any, written: Path, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto((written / "index.html").as_uri())
    assert page.inner_text("#shown") == "8 of 8 shown"
    page.fill("#words", "KITCHEN run")
    assert shown(page) == ["journeys", "waiting"]
    page.select_option("#status", "draft")
    assert shown(page) == ["waiting"]
    assert page.inner_text("#shown") == "1 of 8 shown"
    page.fill("#words", "")
    page.select_option("#status", "")
    page.select_option("#tag", "q2")
    assert shown(page) == ["journeys"]
    page.select_option("#tag", "")
    page.select_option("#verdict", "no result")
    assert shown(page) == ["waiting", "refused", "old_format"]
    page.close()


def test_without_script_every_experiment_is_there_and_no_dead_control(
    browser: Any, written: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((written / "index.html").as_uri())
    assert not page.is_visible("#filter")
    assert page.locator("#experiments tbody tr").count() == 8
    assert page.locator("#experiments tbody tr").first.is_visible()
    context.close()


def test_links_lead_from_the_index_to_a_report_and_back(browser: Any, written: Path) -> None:
    page = browser.new_page()
    page.goto((written / "index.html").as_uri())
    page.click("text=journeys")
    page.click("text=Read the whole report")
    assert page.inner_text("#verdict-title") == "Ship content"
    page.click("text=All results of journeys")
    page.click("text=All experiments")
    assert page.inner_text("h1") == "Experiments"
    page.close()
