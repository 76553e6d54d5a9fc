"""The shape of every rendering: what stands where, in which words. Its numbers are masked.

Numbers are held against the document by the other tests of this folder. After a change that is
meant: ``python -m pytest tests/report/test_snapshots.py --snapshot-update``, and read the diff.
"""

import re
from collections.abc import Callable, Iterator
from itertools import groupby

import pytest
from syrupy.assertion import SnapshotAssertion
from tests.report.page import Element, read_page
from tests.report.results import everything, invalid, totals

from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Result

CASES = (everything, totals)
TELLING = ("id", "class", "role", "scope", "tabindex", "download")


def masked(text: str) -> str:
    """Every number as #, and the room that its digits took as one space."""
    numbers = re.sub(r"\d[\d.,:]*\d|\d", "#", text)
    return re.sub(r" {2,}", "  ", re.sub(r"-{3,}", "---", numbers))


def outline(element: Element, depth: int = 0) -> Iterator[str]:
    """One line an element that says what it is; alike neighbours once, with a star."""
    drawn = [list(_lines(child, depth)) for child in element.children if isinstance(child, Element)]
    for lines, alike in groupby(drawn):
        head, *rest = lines
        yield head + (" *" if len(list(alike)) > 1 else "")
        yield from rest


def _lines(element: Element, depth: int) -> Iterator[str]:
    told = [f"{name}={element.attributes[name]}" for name in TELLING if name in element.attributes]
    yield "  " * depth + " ".join([element.tag, *(masked(each) for each in told)])
    if element.tag != "svg":
        yield from outline(element, depth + 1)


@pytest.mark.parametrize("made", CASES)
def test_text_keeps_its_words(made: Callable[[], Result], snapshot: SnapshotAssertion) -> None:
    assert masked(render_text(made())) == snapshot


@pytest.mark.parametrize("made", [*CASES, invalid])
def test_brief_text_keeps_its_words(
    made: Callable[[], Result], snapshot: SnapshotAssertion
) -> None:
    assert masked(render_text(made(), brief=True)) == snapshot


@pytest.mark.parametrize("made", CASES)
def test_markdown_keeps_its_words(made: Callable[[], Result], snapshot: SnapshotAssertion) -> None:
    assert masked(render_markdown(made())) == snapshot


@pytest.mark.parametrize("made", [*CASES, invalid])
def test_the_page_keeps_its_structure(
    made: Callable[[], Result], snapshot: SnapshotAssertion
) -> None:
    page = read_page(render_html(made()))
    assert "\n".join(outline(page.one("body"))) == snapshot


def test_a_masked_number_leaves_no_trace_of_its_length() -> None:
    assert masked("| 10.78%   | 9.4% |") == masked("| 9.1%  | 12.55% |")
