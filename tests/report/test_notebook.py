"""What a notebook shows of a result: the rows of the report, escaped, without style or script."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from tests.report import results

from pathlift import Result
from pathlift.report.rows import groups

MADE = [results.journeys, results.totals, results.invalid, results.unbounded, results.hostile]


class Cells(HTMLParser):
    """Texts of cells, row by row, and every tag that opens."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data


@pytest.mark.parametrize("made", MADE)
def test_every_row_of_the_report_stands_there(made: Callable[[], Result]) -> None:
    result = made()
    read = Cells()
    read.feed(result._repr_html_())
    shown = [row for row in read.rows if row[0] not in ("Contrast", "Ordering")]
    expected = [
        [row.name, row.control_value, row.arm_value, row.difference, row.difference_interval]
        for group in groups(result)
        if group.key in ("primary", "secondary", "guardrail", "incidence")
        for panel in group.panels
        for row in panel.rows
    ]
    assert [row[:5] for row in shown] == expected
    assert expected


@pytest.mark.parametrize("made", MADE)
def test_nothing_runs_and_nothing_outside_the_cell_changes(made: Callable[[], Result]) -> None:
    fragment = made()._repr_html_()
    read = Cells()
    read.feed(fragment)
    allowed = {"div", "p", "br", "strong", "code", "table", "caption", "thead", "tbody", "tr"}
    assert set(read.tags) <= allowed | {"th", "td", "ul", "li"}
    assert fragment.startswith("<div")
    assert len(fragment) < 50_000  # it is stored in the notebook at every run


def test_the_verdict_and_the_checks_that_speak_are_told() -> None:
    fragment = results.invalid()._repr_html_()
    assert "<strong>Invalid" in fragment
    assert "✗ fail <code>" in fragment
