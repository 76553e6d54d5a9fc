"""A plain comparison as one table a contrast, narrow enough for a terminal of 80 columns."""

from collections.abc import Iterator, Sequence

from pathlift.report.facts import Table, by_severity, found_words, named_of
from pathlift.report.numbers import count
from pathlift.report.rows import Row, groups
from pathlift.report.text import render_pages
from pathlift.report.words import SEVERITY
from pathlift.result.model import Result

_GROUPS = ("primary", "secondary", "guardrail")
_WITHOUT_UNIT = (
    "No column of units was named, so nobody looked for a unit that stands in the table twice "
    "(--unit COLUMN)."
)


def render_comparison(result: Result, *, width: int | None = None, color: bool = False) -> str:
    """Render the result of a plain comparison as text.

    Parameters
    ----------
    result : Result
        Of one row per unit, without orderings.
    width : int, optional
        Columns of the terminal; None for a pipe or a file.
    color : bool, default False
        Whether to write the escape codes of a terminal.

    Returns
    -------
    str
        Ends with a line end.
    """
    rows = [
        (panel.title, row)
        for group in groups(result)
        if group.key in _GROUPS
        for panel in group.panels
        for row in panel.rows
    ]
    parts: list[str | Table] = [*_tables(result, rows), "\n".join(_notes(rows)), _checks(result)]
    if "unit" not in result.experiment.definition:
        parts.append(_WITHOUT_UNIT)
    return render_pages(
        result.experiment.name, result.decision.sentence, parts, width=width, color=color
    )


def _tables(result: Result, rows: Sequence[tuple[str, Row]]) -> Iterator[Table]:
    units = {arm.arm: count(arm.units) for arm in result.arms}
    for arm, control in dict.fromkeys((row.estimate.arm, row.estimate.control) for _, row in rows):
        shown = [
            (title, row)
            for title, row in rows
            if (row.estimate.arm, row.estimate.control) == (arm, control)
        ]
        level = f"{100 * (1 - shown[0][1].estimate.alpha):g}% interval"
        yield Table(
            title=f"{arm} vs {control}",
            about=f"{units[arm]} and {units[control]} units",
            head=("Metric", control, arm, "Difference", level, "Lift", "p"),
            rows=tuple(_cells(title, row) for title, row in shown),
        )


def _cells(title: str, row: Row) -> tuple[str, ...]:
    name = f"{row.mark} {title}"
    if row.reason:
        return (name, "–", "–", "–", "–", "–", "–")
    interval = row.difference_interval
    return (name, row.control_value, row.arm_value, row.difference, interval, row.lift, row.p)


def _notes(rows: Sequence[tuple[str, Row]]) -> Iterator[str]:
    """What the signs mean, what could not be estimated, and what holds together."""
    signs = {row.mark: row.conclusion for _, row in rows if not row.reason}
    if signs:
        yield ", ".join(f"{mark} {conclusion}" for mark, conclusion in signs.items())
    for title, row in rows:
        if row.reason:
            yield f"{row.mark} {title}, {row.estimate.arm}: {row.conclusion}: {row.reason}"
    if any(row.estimate.simultaneous for _, row in rows):
        yield "Intervals and p-values of a metric hold together over its contrasts."


def _checks(result: Result) -> str:
    """What checks found wrong, and the names of those that found nothing."""
    lines = []
    for check in by_severity(result.checks):
        if check.severity in ("fail", "warn"):
            sign, word = SEVERITY[check.severity]
            lines.append(f"{sign} {word:<11} {check.id}: {found_words(check)}")
    passed = named_of(result.checks, "pass")
    sign, word = SEVERITY["pass"]
    return "\n".join([*lines, f"{sign} {word:<11} {passed}"] if passed else lines)
