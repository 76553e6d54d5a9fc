"""A result as text for a terminal, a log or a pipe. Renders, never computes.

Numbers are never cut: where a table is wider than the terminal, each of its rows becomes a few
lines instead. Paths are never wrapped.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable
from rich.text import Text

from pathlift.report.adherence import adherence_table
from pathlift.report.concentration import concentration_tables
from pathlift.report.conversion_times import conversion_times_table
from pathlift.report.descriptive import LEAD, TITLE, descriptive_parts
from pathlift.report.design import design_table
from pathlift.report.direction import plain_direction
from pathlift.report.facts import (
    Table,
    arm_verdicts,
    arms_table,
    by_severity,
    completeness_table,
    deciding_row,
    deciding_sentence,
    figures_words,
    found_words,
    labels_table,
    named_of,
    omnibus_table,
    reproduction,
    sensitivity_table,
    shares_table,
    title_of,
    verdict_words,
)
from pathlift.report.first_stage import first_stage_table
from pathlift.report.increments import family_tables
from pathlift.report.looks import looks_sentence, looks_table
from pathlift.report.measures import metrics_table
from pathlift.report.multiverse import multiverse_tables
from pathlift.report.over_time import courses_table
from pathlift.report.power import power_table
from pathlift.report.rows import Group, Panel, Row, groups, truth_sentence
from pathlift.report.stage_rules import stage_rules_table
from pathlift.report.ties import ties_table
from pathlift.report.words import SEVERITY
from pathlift.result.model import Check, Result, Severity
from pathlift.result.truth import TruthCheck

# In a pipe there is no width to fit into: wide enough for every table, so that none is folded.
PIPE_WIDTH = 2_000

_SIGNS = {sign for sign, _ in SEVERITY.values()}
_CHECK_HEAD = 14  # columns that the sign and the word of a check take

_BRIEF_GROUPS = ("primary", "secondary", "guardrail", "incidence")

_STYLES = {
    "better": "bold blue",
    "worse": "bold dark_orange3",
    "harmed": "bold dark_orange3",
    "fail": "bold dark_orange3",
    "warn": "dark_orange3",
    "invalid": "dim",
}


def render_text(
    result: Result,
    *,
    truth: TruthCheck | None = None,
    width: int | None = None,
    color: bool = False,
    brief: bool = False,
) -> str:
    """Render a result as text.

    Parameters
    ----------
    result : Result
    truth : TruthCheck, optional
        Of simulated data: shown beside the intervals.
    width : int, optional
        Columns of the terminal; None for a pipe or a file.
    color : bool, default False
        Whether to write the escape codes of a terminal.
    brief : bool, default False
        Leave out what explains: arms, checks that passed, orderings taken, segments, other
        readings, provenance.

    Returns
    -------
    str
        Ends with a line end.
    """
    return _printed(_parts(result, truth, brief=brief), width=width, color=color)


def render_pages(
    title: str,
    sentence: str,
    parts: Sequence[str | Table],
    *,
    width: int | None = None,
    color: bool = False,
) -> str:
    """Render sentences and tables of any other document as text.

    Parameters
    ----------
    title, sentence : str
        What stands at the top.
    parts : sequence of str or Table
        In their order; a text is a paragraph of its own.
    width : int, optional
        Columns of the terminal; None for a pipe or a file.
    color : bool, default False
        Whether to write the escape codes of a terminal.

    Returns
    -------
    str
        Ends with a line end.
    """
    return _printed(_pages(title, sentence, parts), width=width, color=color)


def _pages(title: str, sentence: str, parts: Sequence[str | Table]) -> Iterator["str | _Grid"]:
    yield f"[bold]{escape(title)}[/]"
    yield f"\n{escape(sentence)}"
    for part in parts:
        if isinstance(part, str):
            yield f"\n{escape(part)}"
        else:
            yield from _table(part)


def _printed(parts: Iterable["str | Text | _Grid"], *, width: int | None, color: bool) -> str:
    out = StringIO()
    console = Console(
        file=out,
        width=width or PIPE_WIDTH,
        force_terminal=color,
        no_color=not color,
        color_system="auto" if color else None,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in parts:
        if isinstance(part, str):
            _print_prose(console, part, wrapped=width is not None)
        elif isinstance(part, Text):
            console.print(part, soft_wrap=True)
        else:
            _print_table(console, part)
    lines = (line.rstrip() for line in plain_direction(out.getvalue()).splitlines())
    return "\n".join(lines).strip("\n") + "\n"


def _parts(
    result: Result, truth: TruthCheck | None, *, brief: bool
) -> Iterator["str | Text | _Grid"]:
    yield f"[bold]{escape(title_of(result))}[/]"
    if result.experiment.hypothesis:
        yield f"Hypothesis: {escape(result.experiment.hypothesis)}"
    yield ""
    yield from _verdict(result, truth)
    yield _heading("Checks")
    yield from _checks(result, brief=brief)
    if not brief:
        yield from _table(arms_table(result))
        for about in (design_table(result), metrics_table(result)):
            if about is not None:
                yield from _table(about)
    for group in groups(result, truth):
        if not brief or group.key in _BRIEF_GROUPS:
            yield from _group(group, with_truth=truth is not None)
        if not brief and group.key == "families":
            for family in family_tables(result):
                yield from _table(family)
    if not brief:
        for table in (
            omnibus_table(result),
            completeness_table(result),
            labels_table(result),
            adherence_table(result),
            first_stage_table(result),
            stage_rules_table(result),
            ties_table(result),
            *multiverse_tables(result),
            *concentration_tables(result),
            conversion_times_table(result),
            shares_table(result),
            looks_table(result),
            courses_table(result),
            power_table(result),
            sensitivity_table(result),
        ):
            if table is not None:
                yield from _table(table)
        yield from _descriptive(result)
        yield _heading("Reproduce")
        yield from (Text(f"{name + ':':<12}{value}") for name, value in reproduction(result))
    if truth is not None:
        yield ""
        yield f"[bold]{escape(truth_sentence(truth))}[/]"


def _verdict(result: Result, truth: TruthCheck | None) -> Iterator[str]:
    decision = result.decision
    yield f"[bold]{escape(verdict_words(result).upper())}[/]"
    yield escape(decision.sentence)
    row = deciding_row(result, truth)
    if row is not None:
        yield f"  Deciding: {escape(deciding_sentence(row))}"
    yield from (f"  Because: {escape(reason)}" for reason in decision.reasons)
    if decision.rule:
        yield f"  Rule: {escape(decision.rule)}"
    for arm, verdict, reasons in arm_verdicts(result):
        yield f"  {escape(arm)}: {verdict}{escape(f' ({reasons})' if reasons else '')}"
    if looks_sentence(result):
        yield f"  {escape(looks_sentence(result))}"
    if result.data.interim:
        yield "  Interim: some units are still within a window and are not counted yet."


def _checks(result: Result, *, brief: bool) -> Iterator[str]:
    if not result.checks:
        yield "none"
    quiet: tuple[Severity, ...] = ("pass", "info", "not_checked") if brief else ("not_checked",)
    for check in by_severity(result.checks):
        if check.severity not in quiet:
            yield _check_line(check)
    for severity in quiet:
        if named := named_of(result.checks, severity):
            sign, word = SEVERITY[severity]
            yield f"{sign} {word:<{_CHECK_HEAD - 3}} {escape(named)}"


def _check_line(check: Check) -> str:
    sign, word = SEVERITY[check.severity]
    style = _STYLES.get(word)
    head = f"{sign} {word:<{_CHECK_HEAD - 3}}"
    head = f"[{style}]{head}[/]" if style else head
    scope = "" if check.scope == "experiment" else f" ({check.scope})"
    figures = figures_words(check) if check.severity in ("warn", "fail") else ""
    told = f"{check.id}{scope}: {found_words(check)}" + (f" [{figures}]" if figures else "")
    return f"{head} {escape(told)}"


def _group(group: Group, *, with_truth: bool) -> Iterator["str | _Grid"]:
    yield _heading(group.title)
    yield group.about
    for panel in group.panels:
        yield ""
        yield _Grid(
            title=panel.title,
            head=_head(panel, with_truth=with_truth),
            rows=[_cells(row, with_truth=with_truth) for row in panel.rows],
            words={0, 6, 7},
            styles=[_style(row) for row in panel.rows],
        )
        yield from (f"  [dim]{escape(note)}[/]" for note in panel.notes)


def _head(panel: Panel, *, with_truth: bool) -> list[str]:
    head = [panel.subject, "Control", "Arm", "Difference", "Lift", "p", "Conclusion", "Status"]
    return [*head, "Truth"] if with_truth else head


def _cells(row: Row, *, with_truth: bool) -> list[str]:
    truth = [row.truth_words] if with_truth else []
    if row.reason:
        said = f"{row.mark} {row.conclusion}: {row.reason}"
        return [row.name, "–", "–", "–", "–", "–", said, row.status, *truth]
    return [
        row.name,
        row.control_value,
        row.arm_value,
        _with_interval(row.difference, row.difference_interval),
        _with_interval(row.lift, row.lift_interval),
        row.p,
        f"{row.mark} {row.conclusion}",
        row.status,
        *truth,
    ]


def _with_interval(value: str, interval: str) -> str:
    return value if interval == value else f"{value} ({interval})"


def _style(row: Row) -> str:
    if row.invalid:
        return _STYLES["invalid"]
    return _STYLES.get(row.conclusion, "")


def _table(table: Table) -> Iterator["str | _Grid"]:
    yield _heading(table.title)
    if table.about:
        yield escape(table.about)
    yield _Grid(
        title="",
        head=list(table.head),
        rows=[list(row) for row in table.rows],
        words=set(table.words),
        styles=[""] * len(table.rows),
    )


def _descriptive(result: Result) -> Iterator["str | _Grid"]:
    """The descriptive panel, behind a rule of its own."""
    parts = descriptive_parts(result)
    if not parts:
        return
    yield f"\n[bold]{escape(TITLE.upper())}[/]\n{'═' * len(TITLE)}"
    yield LEAD
    for part in parts:
        for piece in _table(part.table):
            if part.faded and isinstance(piece, _Grid):
                piece.styles = ["dim"] * len(piece.rows)
            yield piece
        yield from (f"  [dim]{escape(note)}[/]" for note in part.notes)


def _heading(title: str) -> str:
    return f"\n[bold]{escape(title)}[/]\n{'─' * len(title)}"


class _Grid:
    """A table that becomes a list where it does not fit."""

    def __init__(
        self,
        *,
        title: str,
        head: list[str],
        rows: list[list[str]],
        words: set[int],
        styles: Sequence[str],
    ) -> None:
        self.title = title
        self.head = head
        self.rows = rows
        self.words = words
        self.styles = styles

    def table(self) -> RichTable:
        table = RichTable(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_edge=False)
        for index, name in enumerate(self.head):
            justify: Literal["left", "right"] = "left" if index in self.words else "right"
            table.add_column(Text(name, style="underline"), justify=justify, no_wrap=True)
        for row, style in zip(self.rows, self.styles, strict=True):
            table.add_row(*(Text(cell) for cell in row), style=style or None)
        return table

    def lines(self, width: int) -> Iterator[Text]:
        """Each row as its first cell and, below it, as many of the others as fit into a line."""
        for row, style in zip(self.rows, self.styles, strict=True):
            yield Text(row[0], style=f"bold {style}".strip())
            line = ""
            for name, cell in zip(self.head[1:], row[1:], strict=True):
                if cell == "–":
                    continue
                entry = f"{name.lower() if name != 'df' else name} {cell}"
                if line and cell_len(f"    {line}   {entry}") > width:
                    yield Text(f"    {line}", style=style)
                    line = ""
                line = f"{line}   {entry}" if line else entry
            if line:
                yield Text(f"    {line}", style=style)


def _print_prose(console: Console, markup: str, *, wrapped: bool) -> None:
    """Print a sentence; its further lines stand below its first words, and no path is broken."""
    if not wrapped:
        console.print(markup, soft_wrap=True)
        return
    for line in markup.split("\n"):
        text = Text.from_markup(line)
        indent = _hanging(text.plain)
        pieces = text.divide(_breaks(text.plain, console.width, indent))
        for number, piece in enumerate(pieces):
            piece.rstrip()
            console.print(Text(" " * (indent if number else 0)) + piece, soft_wrap=True)


def _breaks(line: str, width: int, indent: int) -> list[int]:
    """Where a line is broken: between words only, however long one is."""
    breaks: list[int] = []
    used = len(line) - len(line.lstrip(" "))
    for number, word in enumerate(re.finditer(r"\S+\s*", line)):
        if number and used + cell_len(word.group().rstrip()) > width:
            breaks.append(word.start())
            used = indent
        used += cell_len(word.group())
    return breaks


def _hanging(line: str) -> int:
    """Columns that the further lines of a wrapped line are moved in."""
    if line[:1] in _SIGNS and line[1:2] == " ":
        return _CHECK_HEAD
    leading = len(line) - len(line.lstrip(" "))
    return leading + 2 if leading else 0


def _print_table(console: Console, grid: _Grid) -> None:
    if grid.title:
        console.print(Text(grid.title, style="bold"), soft_wrap=True)
    if _fits(grid, console.width):
        console.print(grid.table())
        return
    for line in grid.lines(console.width):
        console.print(line, soft_wrap=True)


def _fits(grid: _Grid, width: int) -> bool:
    """Whether every column gets its full width: rich would cut numbers to make them fit."""
    columns = zip(grid.head, *grid.rows, strict=True)
    return sum(max(cell_len(cell) for cell in column) + 3 for column in columns) <= width
