"""The lines of the index: one experiment each, with the number that its verdict is about.

Only words and places; the numbers are those of the report, to the letter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pathlift.report.facts import deciding_row, verdict_words
from pathlift.report.forest import Mark, mark_on, scale_over
from pathlift.report.numbers import NOTHING, count
from pathlift.report.rows import Row, headline_relative
from pathlift.report.words import VERDICT
from pathlift.result.model import Result, Span, Verdict
from pathlift.result.saving import Saved, as_of
from pathlift.site.entries import Entry, Site

NO_RESULT = "no result"
SIGN: Mapping[Verdict, str] = {
    "ship": "▲",
    "do_not_ship": "▼",
    "keep_running": "…",
    "inconclusive": "–",
    "invalid": "✗",
}
_FIRST = ("running", "draft", "refused", "stopped", "no definition", "archived")
"""What is going on comes first, what is over last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """The number that a verdict is about.

    Attributes
    ----------
    about : str
        Metric and arms.
    lift, interval : str
        Relative; empty where it was not estimated.
    reason : str
        Why it was not estimated.
    conclusion : str
        Sign and word: whether higher is better is the metric's own.
    status : str
    invalid : bool
        Whether a check says not to read it.
    mark : Mark or None
        Its bar; None where the lift has no value.
    """

    about: str
    lift: str
    interval: str
    reason: str
    conclusion: str
    status: str
    invalid: bool
    mark: Mark | None

    @property
    def words(self) -> str:
        """What a reader of the bar hears."""
        return f"{self.about}: {self.lift}, interval {self.interval}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One experiment of the index.

    Attributes
    ----------
    entry : Entry
    href : str
    verdict : str or None
        Word of the result, for its colour; None without a result.
    sign, words : str
        Of the verdict.
    deciding : Deciding or None
    units, read_up_to, age : str
    notes : tuple of str
        What is in the way of reading it.
    """

    entry: Entry
    href: str
    verdict: Verdict | None
    sign: str
    words: str
    deciding: Deciding | None
    units: str
    read_up_to: str
    age: str
    notes: tuple[str, ...]

    @property
    def verdict_name(self) -> str:
        """The verdict without its arm, to filter by."""
        return NO_RESULT if self.verdict is None else VERDICT[self.verdict].lower()


def lines_of(site: Site) -> tuple[Line, ...]:
    """One line an experiment; what runs comes first, then what began last.

    Parameters
    ----------
    site : Site

    Returns
    -------
    tuple of Line
        All bars are on one scale.
    """
    latest = {entry.name: entry.history.latest for entry in site.entries}
    drawn = dict(zip(latest, deciding_of(latest.values()), strict=True))
    ordered = sorted(
        site.entries,
        key=lambda entry: (
            _FIRST.index(entry.status),
            entry.age if entry.age is not None else float("inf"),
            entry.name,
        ),
    )
    return tuple(_line(entry, drawn[entry.name]) for entry in ordered)


def deciding_of(saved: Iterable[Saved | None]) -> tuple[Deciding | None, ...]:
    """The number that decides in each of some results, with bars on one scale.

    Parameters
    ----------
    saved : iterable of (Saved or None)

    Returns
    -------
    tuple of (Deciding or None)
        None where there is no result, or no metric that decides.
    """
    found = [None if one is None else deciding_row(one.result) for one in saved]
    spans = [span for row in found if row is not None and (span := _span(row)) is not None]
    scale = scale_over(spans, relative=True) if spans else None
    return tuple(
        None
        if row is None
        else _deciding(
            row,
            mark_on(scale, row.subject, span)
            if scale is not None and (span := _span(row)) is not None
            else None,
        )
        for row in found
    )


def _span(row: Row) -> Span | None:
    """The lift as the report shows it; None where there is no value to draw."""
    span = None if row.reason else headline_relative(row.estimate)
    return span if span is not None and span.estimate is not None else None


def _deciding(row: Row, mark: Mark | None) -> Deciding:
    estimate = row.estimate
    return Deciding(
        about=f"{estimate.metric}, {estimate.arm} vs {estimate.control}",
        lift=row.lift,
        interval=row.lift_interval,
        reason=row.reason,
        conclusion=f"{row.mark} {row.conclusion}",
        status=row.status,
        invalid=row.invalid,
        mark=mark,
    )


def _line(entry: Entry, deciding: Deciding | None) -> Line:
    latest = entry.history.latest
    result = None if latest is None else latest.result
    return Line(
        entry=entry,
        href=f"experiments/{quote(entry.name)}/index.html",
        verdict=None if result is None else result.decision.verdict,
        sign="?" if result is None else SIGN[result.decision.verdict],
        words=NO_RESULT if result is None else verdict_words(result),
        deciding=deciding,
        units=NOTHING if result is None else count(result.data.units),
        read_up_to=read_up_to(result),
        age=NOTHING if entry.age is None else _days(entry.age),
        notes=tuple(_notes(entry)),
    )


def read_up_to(result: Result | None) -> str:
    """The last day of the data.

    Parameters
    ----------
    result : Result or None

    Returns
    -------
    str
    """
    return NOTHING if result is None or result.data.watermark is None else as_of(result)


def _days(age: int) -> str:
    if age < 0:
        return f"starts in {-age:,} days"
    return f"{age:,} {'day' if age == 1 else 'days'}"


def _notes(entry: Entry) -> Sequence[str]:
    notes = []
    latest = entry.history.latest
    if entry.problems:
        notes.append("its definition is refused")
    if entry.changed:
        notes.append("its definition has changed since")
    if entry.history.outdated:
        notes.append("a saved result has newer data")
    if latest is not None and latest.result.data.interim:
        notes.append("interim")
    if entry.history.unread:
        files = len(entry.history.unread)
        notes.append(f"{files} saved {'file' if files == 1 else 'files'} cannot be read")
    return notes
