"""What differs between two results, as text, Markdown or JSON. Renders, never computes."""

import json

from pathlift.report.facts import Table
from pathlift.report.markdown import render_pages as markdown_pages
from pathlift.report.numbers import NOTHING, p_value
from pathlift.report.text import render_pages as text_pages
from pathlift.result.difference import Difference, EstimateChange
from pathlift.result.model import Json, Span

_LONGEST = 60  # characters of a value that is shown


def render_difference_text(
    difference: Difference, *, width: int | None = None, color: bool = False
) -> str:
    """Render a difference as text.

    Parameters
    ----------
    difference : Difference
    width : int, optional
        Columns of the terminal; None for a pipe or a file.
    color : bool, default False

    Returns
    -------
    str
        Ends with a line end.
    """
    return text_pages(
        _title(difference), difference.sentence, _parts(difference), width=width, color=color
    )


def render_difference_markdown(difference: Difference) -> str:
    """Render a difference as Markdown.

    Parameters
    ----------
    difference : Difference

    Returns
    -------
    str
        Ends with a line end.
    """
    return markdown_pages(_title(difference), difference.sentence, _parts(difference))


def render_difference_json(difference: Difference) -> str:
    """Render a difference as its JSON document.

    Parameters
    ----------
    difference : Difference

    Returns
    -------
    str
        Ends with a line end.
    """
    return json.dumps(difference.to_dict(), indent=2, ensure_ascii=False) + "\n"


def _title(difference: Difference) -> str:
    before, after = difference.before, difference.after
    return f"{before.experiment} ({before.started}) and {after.experiment} ({after.started})"


def _parts(difference: Difference) -> list[str | Table]:
    parts: list[str | Table] = [_results(difference)]
    if not difference.definition_known and not difference.same_definition:
        parts.append("One of the results does not hold its definition: only the hash is compared.")
    tables = (_definition(difference), _checks(difference), _estimates(difference))
    return [*parts, *(table for table in tables if table.rows)]


def _results(difference: Difference) -> Table:
    before, after = difference.before, difference.after
    rows = [
        ("verdict", before.verdict, after.verdict),
        ("units", f"{before.units:,}", f"{after.units:,}"),
        ("read up to", before.watermark or NOTHING, after.watermark or NOTHING),
        ("data", before.fingerprint[:8], after.fingerprint[:8]),
        ("queries", "", "the same" if difference.same_queries else "others"),
        ("sentence", before.sentence, after.sentence),
    ]
    rows += [
        (name, str(was or NOTHING), str(now or NOTHING))
        for name, (was, now) in difference.versions.items()
    ]
    return Table(
        title="The two",
        about="",
        head=("", "Before", "After"),
        rows=tuple(rows),
        words=frozenset({0, 1, 2}),
    )


def _definition(difference: Difference) -> Table:
    return Table(
        title="Definition",
        about="",
        head=("Key", "Before", "After"),
        rows=tuple(
            (change.path, _value(change.before), _value(change.after))
            for change in difference.definition
        ),
        words=frozenset({0, 1, 2}),
    )


def _checks(difference: Difference) -> Table:
    return Table(
        title="Checks",
        about="",
        head=("Check", "Scope", "Before", "After", "Says"),
        rows=tuple(
            (
                check.id,
                check.scope,
                (check.before or NOTHING).replace("_", " "),
                (check.after or NOTHING).replace("_", " "),
                check.message,
            )
            for check in difference.checks
        ),
        words=frozenset({0, 1, 2, 3, 4}),
    )


def _estimates(difference: Difference) -> Table:
    return Table(
        title="Estimates",
        about="Marginal differences with their intervals; moved: in standard errors of the first.",
        head=("Estimate", "Before", "After", "Moved", "p before", "p after", "Conclusion"),
        rows=tuple(_estimate(change) for change in difference.estimates),
        words=frozenset({0, 6}),
    )


def _estimate(change: EstimateChange) -> tuple[str, ...]:
    was = (change.conclusion_before or "not there").replace("_", " ")
    now = (change.conclusion_after or "not there").replace("_", " ")
    return (
        change.id,
        _span(change.before),
        _span(change.after),
        NOTHING if change.moved is None else f"{change.moved:+.2f}",
        p_value(change.p_before),
        p_value(change.p_after),
        now if was == now else f"{was} → {now}",
    )


def _span(span: Span | None) -> str:
    if span is None or span.estimate is None:
        return NOTHING
    low, high = (NOTHING if end is None else f"{end:+.4g}" for end in (span.low, span.high))
    return f"{span.estimate:+.4g} ({low} to {high})"


def _value(value: Json) -> str:
    text = NOTHING if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
