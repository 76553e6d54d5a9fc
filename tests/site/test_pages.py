"""What the pages of a site say, read back as a browser reads them."""

from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest
from tests.report.page import Element, read_page
from tests.report.results import HOSTILE, journeys
from tests.site.registry import define, seen_on

from pathlift.report.facts import deciding_row
from pathlift.result.saving import save
from pathlift.site.entries import Site, read_site
from pathlift.site.pages import number_of_pages, pages_of

DAY = date(2026, 4, 20)


def page(folder: Path, address: str) -> Element:
    return read_page((folder / address).read_text(encoding="utf-8"))


def lines(folder: Path) -> dict[str, Element]:
    (table,) = page(folder, "index.html").all("table")
    return {row.all("a")[0].text: row for row in table.one("tbody").all("tr")}


def test_the_index_has_every_definition_and_every_result_and_what_runs_first(written: Path) -> None:
    names = list(lines(written))
    assert names[:2] == ["journeys", "waiting"]  # running, then drafts
    assert names[-1] == "old_format"  # archived
    assert set(names) == {
        *("journeys", "waiting", "refused", "hostile", "old_format"),  # defined
        *("invalid", "unbounded", "totals, 50% off #2"),  # results alone
    }


def test_a_line_has_status_verdict_lift_traffic_age_and_tags(written: Path) -> None:
    said = lines(written)["journeys"].text
    row = deciding_row(journeys())
    assert row is not None
    shown: tuple[str, ...] = (
        "running",
        "Ship content",
        row.lift,
        row.lift_interval,
        row.status,
        "kitchen",
        "q2",
    )
    shown += (f"{row.mark} {row.conclusion}",)
    for words in (*shown, "60,000", "2026-04-02"):
        assert words in said
    # first exposure of the hand-written result on 2026-03-02 UTC; the site is of 2026-04-20
    assert "49 days" in said


def test_a_number_that_a_check_took_away_is_marked_so(written: Path) -> None:
    row = lines(written)["invalid"]
    assert "invalid" in row.classes
    assert "✗ Invalid" in row.text


def test_without_a_result_nothing_stands_where_a_number_would(written: Path) -> None:
    cells = [cell.text for cell in lines(written)["waiting"].all("td")]
    assert cells == ["draft", "? no result", "–", "", "–", "–", "–"]


def test_what_is_in_the_way_is_said_on_the_line_and_explained_on_the_page(written: Path) -> None:
    said = lines(written)
    assert "its definition is refused" in said["refused"].text
    assert "missing" in page(written, "experiments/refused/index.html").text.lower()
    assert "1 saved file cannot be read" in said["old_format"].text
    older = page(written, "experiments/old_format/index.html").text
    assert "written as pathlift.result/0" in older
    assert "What was saved cannot be read" in older
    broken = page(written, "experiments/journeys/index.html").text
    assert "broken.json is not valid JSON" in broken
    assert "its definition has changed since" in said["journeys"].text


def test_the_page_of_an_experiment_has_its_results_newest_first_each_with_its_report(
    written: Path,
) -> None:
    (table,) = page(written, "experiments/journeys/index.html").all("table")
    rows = table.one("tbody").all("tr")
    assert [row.all("a")[0].text for row in rows] == ["2026-04-02", "2026-03-26", "2026-03-19"]
    assert ["latest run" in row.text for row in rows] == [True, False, False]
    assert [row.all("td")[5].text for row in rows] == ["the same", "the same", "the first"]
    for row in rows:
        report = written / "experiments" / "journeys" / unquote(row.all("a")[0].attributes["href"])
        assert "Ship content" in report.read_text(encoding="utf-8")


def test_every_link_leads_to_a_page_of_the_site(written: Path) -> None:
    pages = sorted(written.rglob("*.html"))
    assert len(pages) == 17  # index, portfolio, 8 experiments, 7 results
    outside = set()
    for path in pages:
        for link in read_page(path.read_text(encoding="utf-8")).all("a"):
            target = unquote(link.attributes["href"])
            if target.startswith(("#", "data:")):
                continue
            if target.startswith("http"):
                outside.add(target)
                continue
            assert (path.parent / target).resolve().is_relative_to(written.resolve())
            assert (path.parent / target).is_file(), f"{path.name} links to {target}"
    assert outside == {"http://x.test"}  # in HOSTILE: a hypothesis may link to a web page


def test_only_the_index_has_a_script_and_every_policy_forbids_requests(written: Path) -> None:
    for path in written.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        (policy,) = [
            meta.attributes["content"]
            for meta in read_page(text).all("meta")
            if meta.attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert ("script-src" in policy) == (path == written / "index.html")


def test_hostile_names_stay_text(written: Path) -> None:
    row = lines(written)["hostile"]
    assert row.text.count(" ".join(HOSTILE.split())) == 2  # title and tag
    assert [element.tag for element in page(written, "index.html").all("script")] == ["script"]


def test_an_empty_registry_says_how_to_begin(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    site = read_site(tmp_path / "experiments", tmp_path / "results", DAY)
    pages = dict(pages_of(site))
    assert set(pages) == {"index.html", "portfolio.html"}
    assert "No experiment yet" in pages["index.html"]
    assert "pathlift init" in pages["index.html"]
    assert "<script>" not in pages["index.html"]
    assert "no such folder" in pages["portfolio.html"]


def test_a_registry_that_is_not_there_is_said_on_the_page(tmp_path: Path) -> None:
    site = read_site(tmp_path / "nowhere", tmp_path / "results", DAY)
    index = dict(pages_of(site))["index.html"]
    assert "The registry cannot be read" in index
    assert "nowhere" in index


def test_that_what_ran_last_is_not_the_newest_is_said(tmp_path: Path) -> None:
    for day in (7, 0):  # an earlier day was read again, afterwards
        save(seen_on(journeys(), day), tmp_path / "results")
    (tmp_path / "experiments").mkdir()
    pages = dict(pages_of(read_site(tmp_path / "experiments", tmp_path / "results", DAY)))
    assert "a saved result has newer data" in pages["index.html"]
    assert "a result below has newer data" in pages["experiments/journeys/index.html"]


def test_where_experiments_can_be_combined_the_portfolio_is_a_page(tmp_path: Path) -> None:
    define(tmp_path / "experiments", "journeys", title="One")
    save(seen_on(journeys(), 0), tmp_path / "results")
    site = read_site(tmp_path / "experiments", tmp_path / "results", DAY)
    assert site.portfolio is not None
    pages = dict(pages_of(site))
    assert site.portfolio.sentence in read_page(pages["portfolio.html"]).text
    assert "All experiments" in pages["portfolio.html"]


def test_the_number_of_pages_is_known_before_they_are_made(site: Site) -> None:
    assert number_of_pages(site) == len(list(pages_of(site)))


@pytest.mark.parametrize("name", ["journeys", "hostile"])
def test_a_report_leads_back_to_its_history(written: Path, name: str) -> None:
    for path in (written / "experiments" / name).glob("2*.html"):
        links = [link.attributes["href"] for link in read_page(path.read_text("utf-8")).all("a")]
        assert "index.html" in links
