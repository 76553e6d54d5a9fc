"""What turns the direction of a text is shown in every rendering, and kept in the document."""

from collections.abc import Callable

import pytest
from tests.report.results import TURNED, badly_named

from pathlift.report.direction import plain_direction
from pathlift.report.html import render_html
from pathlift.report.json import render_json
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.result.model import Result


@pytest.mark.parametrize("render", [render_html, render_markdown, render_text])
def test_a_rendering_does_not_obey_it(render: Callable[[Result], str]) -> None:
    shown = render(badly_named())
    assert not set(TURNED) & {"\u202e", "\u2066"} & set(shown)
    assert "\ufffdevil\ufffd" in shown


def test_the_document_keeps_it() -> None:
    assert Result.model_validate_json(render_json(badly_named())) == badly_named()


def test_hebrew_and_marks_of_neutral_letters_stay() -> None:
    assert plain_direction("\u05d0 3\u200f!") == "\u05d0 3\u200f!"
