"""The table of ties says how far each contrast could move, in every rendering."""

import pytest
from tests.report.results import journeys

from pathlift.report.html import render_html
from pathlift.report.markdown import render_markdown
from pathlift.report.text import render_text
from pathlift.report.ties import ties_table
from pathlift.result.model import Result


def changed(**changes: object) -> Result:
    """The made-up result with one row of ties, changed."""
    result = journeys()
    assert result.orderings is not None
    row = result.orderings.ties[0].model_copy(update=changes)
    orderings = result.orderings.model_copy(update={"ties": (row,)})
    return result.model_copy(update={"orderings": orderings})


def test_a_row_names_both_ends_and_the_intervals_beyond_them() -> None:
    table = ties_table(journeys())
    assert table is not None
    assert len(table.rows) == 12
    # minus signs are the typographic ones
    assert table.rows[0] == (
        "need > touchpoint > trust",
        "content vs search",
        "holds",
        "causal",
        "36, 41",
        "−0.74 (−0.95 to −0.52 pp)",
        "−0.75 (−0.97 to −0.54 pp)",
        "−0.90 to −0.59 (−1.12 to −0.38 pp)",
    )


@pytest.mark.parametrize(
    ("changes", "cell", "words"),
    [
        ({"sign_holds": False}, 2, "hangs on ties"),
        ({"sign_holds": None, "lowest": None}, 2, "–"),
        ({"lowest": None}, 7, "– to −0.59 (−0.80 to −0.38 pp)"),
        ({"not_estimated": {"reason": "too few clusters"}}, 2, "not estimated: too few clusters"),
        ({"causal_status": "invalid"}, 3, "invalid"),
    ],
)
def test_what_is_not_known_says_so(changes: dict[str, object], cell: int, words: str) -> None:
    table = ties_table(changed(**changes))
    assert table is not None
    assert table.rows[0][cell] == words


def test_every_rendering_shows_it_where_there_are_ties() -> None:
    for render in (render_text, render_markdown, render_html):
        assert "If ties were broken" in render(journeys())
        result = journeys()
        assert result.orderings is not None
        without = result.orderings.model_copy(update={"ties": ()})
        plain = result.model_copy(update={"orderings": without})
        assert "If ties were broken" not in render(plain)
