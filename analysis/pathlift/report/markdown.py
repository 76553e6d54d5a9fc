"""A result as Markdown, for a pull request or the summary of a run. Renders, never computes."""

import re
from collections.abc import Iterator, Sequence

from pathlift.report.adherence import adherence_table
from pathlift.report.concentration import concentration_tables
from pathlift.report.conversion_times import conversion_times_table
from pathlift.report.descriptive import LEAD, TITLE, descriptive_methods, descriptive_parts
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
    methods,
    named_of,
    omnibus_table,
    reproduction,
    sensitivity_table,
    shares_table,
    statuses,
    title_of,
    verdict_words,
)
from pathlift.report.first_stage import first_stage_table
from pathlift.report.increments import family_tables
from pathlift.report.looks import looks_sentence, looks_table
from pathlift.report.measures import metrics_table
from pathlift.report.methods import method_meanings
from pathlift.report.multiverse import multiverse_tables
from pathlift.report.over_time import courses_table
from pathlift.report.power import power_table
from pathlift.report.rows import Group, Row, groups, truth_sentence
from pathlift.report.stage_rules import stage_rules_table
from pathlift.report.ties import ties_table
from pathlift.report.words import SEVERITY, pieces
from pathlift.result.model import Check, Result, Severity
from pathlift.result.truth import TruthCheck

_SPECIAL = re.compile(r"([\\`*\[\]<|~&#])|(?<!\w)(_)|(_)(?!\w)")
_QUIET: tuple[Severity, ...] = ("pass", "not_checked")
_UNFIT = frozenset("|\\")  # no escape works within code, and a bar would end the cell


def render_markdown(result: Result, *, truth: TruthCheck | None = None) -> str:
    """Render a result as Markdown of GitHub's flavour.

    Parameters
    ----------
    result : Result
    truth : TruthCheck, optional
        Of simulated data: shown beside the intervals.

    Returns
    -------
    str
        Ends with a line end.
    """
    blocks = [block for block in _blocks(result, truth) if block]
    return plain_direction("\n\n".join(blocks)) + "\n"


def render_pages(title: str, sentence: str, parts: Sequence[str | Table]) -> str:
    """Render sentences and tables of any other document as Markdown.

    Parameters
    ----------
    title, sentence : str
        What stands at the top.
    parts : sequence of str or Table
        In their order; a text is a paragraph of its own.

    Returns
    -------
    str
        Ends with a line end.
    """
    blocks = [f"# {_plain(title)}", f"**{_sentence(sentence)}**"]
    for part in parts:
        blocks += [_sentence(part)] if isinstance(part, str) else [*_table(part)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _blocks(result: Result, truth: TruthCheck | None) -> Iterator[str]:
    yield f"# {_plain(title_of(result))}"
    if result.experiment.hypothesis:
        yield f"Hypothesis: {_plain(result.experiment.hypothesis)}"
    yield f"## {_plain(verdict_words(result))}"
    yield f"**{_sentence(result.decision.sentence)}**"
    yield "\n".join(_verdict_lines(result, truth))
    if truth is not None:
        yield f"**{truth_sentence(truth)}**"
    yield "## Checks"
    yield from _checks(result)
    yield from _table(arms_table(result))
    for about in (design_table(result), metrics_table(result)):
        if about is not None:
            yield from _table(about)
    for group in groups(result, truth):
        yield from _group(group, with_truth=truth is not None)
        if group.key == "families":
            for family in family_tables(result):
                yield from _table(family)
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
    yield from _quiet_checks(result)
    yield "## Methods"
    used = (*methods(result), *descriptive_methods(result))
    yield "\n".join(f"- {_plain(method)} ({_plain(what)})" for method, what in used)
    yield "\n".join(f"- **{name}**: {_plain(text)}" for name, text in method_meanings(result))
    yield "\n".join(f"- **{status}**: {meaning}" for status, meaning in statuses(result))
    yield "## Reproduce"
    yield _grid(("", ""), [(_plain(n), _plain(v)) for n, v in reproduction(result)], {0, 1})


def _verdict_lines(result: Result, truth: TruthCheck | None) -> Iterator[str]:
    row = deciding_row(result, truth)
    if row is not None:
        yield f"- Deciding: {_sentence(deciding_sentence(row))}"
    yield from (f"- Because: {_sentence(reason)}" for reason in result.decision.reasons)
    if result.decision.rule:
        yield f"- Rule: {_sentence(result.decision.rule)}"
    for arm, verdict, reasons in arm_verdicts(result):
        yield f"- {_plain(arm)}: {verdict}" + (f" ({_sentence(reasons)})" if reasons else "")
    if looks_sentence(result):
        yield f"- {_plain(looks_sentence(result))}"
    if result.data.interim:
        yield "- Interim: some units are still within a window and are not counted yet."


def _checks(result: Result) -> Iterator[str]:
    """What speaks in a table; what is quiet by name, with its sentences at the end."""
    speaking = [check for check in result.checks if check.severity not in _QUIET]
    if speaking:
        yield _checks_grid(speaking)
    for severity in _QUIET:
        if named := named_of(result.checks, severity):
            sign, word = SEVERITY[severity]
            yield f"{sign} {word}: {_plain(named)}"
    if not result.checks:
        yield "none"


def _quiet_checks(result: Result) -> Iterator[str]:
    quiet = [check for check in result.checks if check.severity in _QUIET]
    if quiet:
        yield "## Checks that passed, or could not be made"
        yield _checks_grid(quiet)


def _checks_grid(checks: Sequence[Check]) -> str:
    rows = []
    for check in by_severity(checks):
        sign, word = SEVERITY[check.severity]
        figures = figures_words(check) if check.severity in ("warn", "fail") else ""
        found = _sentence(found_words(check))
        cells = (_plain(check.id), _plain(check.scope), found, _plain(figures))
        rows.append((f"{sign} {word}", *cells))
    head = ("", "Check", "Scope", "Found", "Figures")
    return _grid(head, rows, {0, 1, 2, 3, 4})


def _group(group: Group, *, with_truth: bool) -> Iterator[str]:
    yield f"## {group.title}"
    yield group.about
    for panel in group.panels:
        yield f"### {_plain(panel.title)}"
        head = [panel.subject, "Control", "Arm", "Difference", "Interval", "Lift", "Interval", "p"]
        head += ["Conclusion", "Status", *(["Truth"] if with_truth else [])]
        rows = [_cells(row, with_truth=with_truth) for row in panel.rows]
        yield _grid(head, rows, {0, 8, 9})
        yield "\n".join(f"- {_sentence(note)}" for note in panel.notes)


def _cells(row: Row, *, with_truth: bool) -> list[str]:
    said = f"{row.mark} {row.conclusion}" + (f": {_sentence(row.reason)}" if row.reason else "")
    return [
        _plain(row.name),
        row.control_value,
        row.arm_value,
        row.difference,
        row.difference_interval,
        row.lift,
        row.lift_interval,
        _plain(row.p),
        said,
        _plain(row.status),
        *([row.truth_words] if with_truth else []),
    ]


def _table(table: Table) -> Iterator[str]:
    yield f"## {_plain(table.title)}"
    yield _plain(table.about)
    yield _grid(
        [_plain(name) for name in table.head],
        [[_plain(cell) for cell in row] for row in table.rows],
        set(table.words),
    )


def _descriptive(result: Result) -> Iterator[str]:
    """The descriptive panel, between two rules."""
    parts = descriptive_parts(result)
    if not parts:
        return
    yield "---"
    yield f"## {TITLE}"
    yield f"> **Association, not effect.** {LEAD}"
    for part in parts:
        title, about, *grid = _table(part.table)
        yield f"#{title}"
        yield about
        yield from grid
        yield "\n".join(f"- {_sentence(note)}" for note in part.notes)
    yield "---"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]], words: set[int]) -> str:
    rule = ["---" if index in words else "--:" for index in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def _plain(text: str) -> str:
    """Text that stays text: no markup, no line end, no way out of a cell."""
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found.group()}", text)


def _sentence(text: str) -> str:
    """A sentence of ours: as `_plain`, but its code stays code, unless it could leave a cell."""
    return "".join(
        f"`{piece}`"
        if code and not _UNFIT & set(piece)
        else _escaped(f"`{piece}`" if code else piece)
        for piece, code in pieces(" ".join(text.split()))
    )
