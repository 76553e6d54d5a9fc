"""A calibration as text, Markdown or JSON. Renders, never computes."""

import json

from pathlift.report.facts import Table
from pathlift.report.markdown import render_pages as markdown_pages
from pathlift.report.numbers import NOTHING, number, p_value
from pathlift.report.text import render_pages as text_pages
from pathlift.result.calibration import Calibration, CalibrationRow, Reading

_TITLE = "Calibration"
_VERDICTS = {
    "pass": "pass",
    "fail": "FAIL",
    "shown": "",
    "not_there": "not there",
    "not_run": "not run",
}


def render_calibration_text(
    found: Calibration, *, width: int | None = None, color: bool = False
) -> str:
    """Render a calibration as text.

    Parameters
    ----------
    found : Calibration
    width : int, optional
        Columns of the terminal; None for a pipe or a file.
    color : bool, default False

    Returns
    -------
    str
        Ends with a line end.
    """
    return text_pages(_TITLE, found.sentence, _parts(found), width=width, color=color)


def render_calibration_markdown(found: Calibration) -> str:
    """Render a calibration as Markdown.

    Parameters
    ----------
    found : Calibration

    Returns
    -------
    str
        Ends with a line end.
    """
    return markdown_pages(_TITLE, found.sentence, _parts(found))


def render_calibration_json(found: Calibration) -> str:
    """Render a calibration as its JSON document.

    Parameters
    ----------
    found : Calibration

    Returns
    -------
    str
        Ends with a line end.
    """
    return json.dumps(found.to_dict(), indent=2, ensure_ascii=False) + "\n"


def _parts(found: Calibration) -> list[str | Table]:
    measured = [row for row in found.rows if row.readings]
    parts: list[str | Table] = [_readings(measured, found)] if measured else []
    left = [row for row in found.rows if not row.readings]
    if left:
        parts.append(
            Table(
                title="Not measured",
                about="",
                head=("Row", "Scenario", "Why"),
                rows=tuple((row.id, row.scenario, row.reason) for row in left),
                words=frozenset({0, 1, 2}),
            )
        )
    return [*parts, _run(found)]


def _readings(rows: list[CalibrationRow], found: Calibration) -> Table:
    return Table(
        title="Rows",
        about="Tested is whether the truth can lie inside the target, against its nearer end: "
        f"each reading at {found.level:.1e}, all together at {found.familywise:g}. A negative "
        "control passes where its target is refuted.",
        head=("Row", "Scenario", "Measured", "Target", "Found", "MCSE", "Replicates", "p", ""),
        rows=tuple(_line(row, reading) for row in rows for reading in row.readings),
        words=frozenset({0, 1, 2, 8}),
    )


def _line(row: CalibrationRow, reading: Reading) -> tuple[str, ...]:
    first = reading is row.readings[0]
    return (
        row.id if first else "",
        row.scenario if first else "",
        reading.name,
        _band(reading),
        _value(reading, reading.measured),
        _value(reading, reading.standard_error),
        f"{reading.replicates:,}",
        p_value(reading.p_value) if reading.p_value is not None else NOTHING,
        _VERDICTS[reading.verdict],
    )


def _band(reading: Reading) -> str:
    if reading.low is None and reading.high is None:
        return NOTHING
    low, high = _value(reading, reading.low), _value(reading, reading.high)
    if reading.measures == "share":
        low = NOTHING if reading.low == 0 else low
        high = NOTHING if reading.high == 1 and reading.low != 1 else high
    if high == NOTHING:
        said = f"≥ {low}"
    elif low == NOTHING:
        said = f"≤ {high}"
    else:
        said = low if low == high else f"{low} to {high}"
    return f"not {said}" if reading.must_fail else said


def _value(reading: Reading, value: float | None) -> str:
    if reading.measures == "share":
        return number(value, "share", 2)
    return NOTHING if value is None else f"{value:.3g}"


def _run(found: Calibration) -> Table:
    return Table(
        title="This run",
        about="",
        head=("", ""),
        rows=(
            ("command", found.command),
            ("started", f"{found.started:%Y-%m-%d %H:%M} UTC"),
            ("took", f"{found.seconds:,.0f} s on {_processes(found.processes)}"),
            ("computing", f"{sum(row.seconds for row in found.rows):,.0f} s of processor time"),
            ("seed", f"{found.seed}"),
            ("form", "quick" if found.quick else "full"),
            ("complete", "yes" if found.complete else "no: stopped early"),
            ("versions", ", ".join(f"{name} {of}" for name, of in found.versions.items())),
        ),
        words=frozenset({0, 1}),
    )


def _processes(count: int) -> str:
    return f"{count} process" if count == 1 else f"{count} processes"
