"""False positives, coverage and power on one's own data, as text, Markdown or JSON."""

import json

from pathlift.report.facts import Table
from pathlift.report.markdown import render_pages as markdown_pages
from pathlift.report.numbers import NOTHING, number
from pathlift.report.text import render_pages as text_pages
from pathlift.result.own_data import OwnData, OwnRow, Rate

_ESTIMANDS = {"itt": "", "incidence": "converted by", "ordering_share": "took"}


def render_own_data_text(found: OwnData, *, width: int | None = None, color: bool = False) -> str:
    """Render an A/A test as text.

    Parameters
    ----------
    found : OwnData
    width : int, optional
        Columns of the terminal; None for a pipe or a file.
    color : bool, default False

    Returns
    -------
    str
        Ends with a line end.
    """
    return text_pages(_title(found), found.sentence, _parts(found), width=width, color=color)


def render_own_data_markdown(found: OwnData) -> str:
    """Render an A/A test as Markdown.

    Parameters
    ----------
    found : OwnData

    Returns
    -------
    str
        Ends with a line end.
    """
    return markdown_pages(_title(found), found.sentence, _parts(found))


def render_own_data_json(found: OwnData) -> str:
    """Render an A/A test as its JSON document.

    Parameters
    ----------
    found : OwnData

    Returns
    -------
    str
        Ends with a line end.
    """
    return json.dumps(found.to_dict(), indent=2, ensure_ascii=False) + "\n"


def _title(found: OwnData) -> str:
    return f"A/A on the data of {found.experiment}"


def _parts(found: OwnData) -> list[str | Table]:
    return [_rates(found), _run(found)]


def _rates(found: OwnData) -> Table:
    claimed, covered = (number(each, "share", 0) for each in (found.alpha, 1 - found.alpha))
    return Table(
        title="Error rates",
        about=f"{found.units:,} units were dealt into the arms anew, {found.replicates:,} times. "
        f"False positives should be {claimed}, coverage {covered}; peeking reads {found.looks} "
        "looks as if each were the only one. Coverage and power are those of the effect put into "
        "the arms that are not the control. ± is the Monte Carlo standard error.",
        head=("What", "", "Value", "Put in", "Lift", "False +", "Peeking", "Coverage", "Power", ""),
        rows=tuple(_line(row) for row in found.rows),
        words=frozenset({0, 1, 9}),
    )


def _line(row: OwnRow) -> tuple[str, ...]:
    off = "off" in {each.verdict for each in (row.false_positives, row.coverage) if each}
    return (
        _ESTIMANDS.get(row.estimand, row.estimand) if row.ordering else row.metric or "",
        row.ordering or "",
        NOTHING if row.value is None else f"{row.value:.4g}",
        NOTHING if row.effect is None else f"{row.effect:+.3g}",
        NOTHING if row.lift is None else f"{100 * row.lift:+.1f}%",
        *(_rate(each) for each in (row.false_positives, row.peeking, row.coverage, row.power)),
        row.reason or ("NOT AS CLAIMED" if off else ""),
    )


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return NOTHING
    return f"{number(rate.share, 'share', 1)} ± {100 * rate.standard_error:.1f}"


def _run(found: OwnData) -> Table:
    arms = ", ".join(f"{arm} {number(share, 'share', 1)}" for arm, share in found.arms.items())
    allowed = "any time" if found.budget is None else f"{found.budget:g} s"
    words = {
        "complete": "yes",
        "budget": f"no: {allowed} were over",
        "stopped": "no: stopped early",
    }
    return Table(
        title="This run",
        about="",
        head=("", ""),
        rows=(
            ("command", found.command),
            ("arms", arms),
            ("experiments", f"{found.replicates:,} of {found.wanted:,}"),
            ("complete", words[found.ended]),
            *(("note", note) for note in found.notes),
            ("started", f"{found.started:%Y-%m-%d %H:%M} UTC"),
            ("took", f"{found.seconds:,.0f} s"),
            ("seed", f"{found.seed}"),
            ("versions", ", ".join(f"{name} {of}" for name, of in found.versions.items())),
        ),
        words=frozenset({0, 1}),
    )
