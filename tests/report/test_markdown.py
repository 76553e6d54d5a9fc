"""The Markdown holds the same rows, and text of the definition stays text."""

import re

import pytest
from tests.report.results import ALL, journeys

from pathlift.report.markdown import render_markdown
from pathlift.report.rows import groups
from pathlift.result.model import Result


@pytest.fixture(params=ALL, ids=list(ALL))
def result(request: pytest.FixtureRequest) -> Result:
    made: Result = ALL[request.param]()
    return made


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_every_table_is_whole(result: Result) -> None:
    for block in render_markdown(result).split("\n\n"):
        if block.startswith("|"):
            widths = {len(cells_of(line)) for line in block.splitlines()}
            assert len(widths) == 1


def test_every_estimate_has_its_line(result: Result) -> None:
    lines = [tuple(cells_of(x)) for x in render_markdown(result).splitlines() if x.startswith("|")]
    for group in groups(result):
        for panel in group.panels:
            for row in panel.rows:
                shown = (row.control_value, row.arm_value, row.difference, row.difference_interval)
                assert any(line[1:5] == shown for line in lines)
                assert any(row.reason in " ".join(line) for line in lines)


@pytest.mark.parametrize("hostile", ["<b>x</b>", "a | b", "`x`", "[x](y)", "*x*", "_x_", "&lt;"])
def test_text_of_the_definition_is_escaped(hostile: str) -> None:
    title = render_markdown(journeys(title=hostile)).splitlines()[0].removeprefix("# journeys: ")
    assert re.sub(r"\\(.)", r"\1", title) == hostile
    assert not re.search(r"(?<!\\)[<|`\[*&]", title)


def test_a_title_of_several_lines_opens_no_new_block() -> None:
    text = render_markdown(journeys(title="one\n\n# two"))
    assert text.splitlines()[0] == r"# journeys: one \# two"


def test_names_with_an_underscore_stay_readable() -> None:
    assert "### order_value" in render_markdown(journeys())


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Declare `columns.event_id` <b>", r"Declare `columns.event_id` \<b>"),
        ("see `a | b`", r"see \`a \| b\`"),
        ("one ` is a letter", r"one \` is a letter"),
    ],
)
def test_code_in_a_message_stays_code_and_in_its_cell(message: str, shown: str) -> None:
    result = journeys()
    check = result.checks[0].model_copy(update={"message": message})
    text = render_markdown(result.model_copy(update={"checks": (check,)}))
    (line,) = (x for x in text.splitlines() if x.startswith("|") and f" {check.id} |" in x)
    assert cells_of(line)[3] == shown
