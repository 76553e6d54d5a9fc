"""Which files of an event log, kept in folders by day, can hold rows that count.

A folder ``day=2026-03-02`` may tell the day of the event, or the day on which it arrived: nothing
says which. So the footers of the chosen files are asked whether their times lie on the days of
their folders; where they do not, or do not say, every file is read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePosixPath

from pathlift.errors import DataError
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.files import form_of
from pathlift.registry.experiment import Experiment, Source

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SLACK = 3 * _DAY
"""The zones of the experiment, of times that name none, and of the folders may each move a day."""
_KEYED = re.compile(r"^[^=]+=(?P<day>\d{4}-\d{2}-\d{2})$")
_PIECES = ("year", "month", "day")
_SCALE: Mapping[str, int] = {"s": 1_000_000, "ms": 1_000, "us": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """Files that were not opened, since no row of theirs can count.

    Attributes
    ----------
    files : int
    first_day, last_day : date
        Of the folders whose files were opened.
    """

    files: int
    first_day: date
    last_day: date


def days_needed(experiment: Experiment) -> tuple[date, date] | None:
    """First and last day on which an event can count for a unit.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    (date, date) or None
        In the experiment's time zone, both included. None where the period is open, or an event
        counts however late or early it comes.
    """
    first, last, window = experiment.first_day, experiment.last_day, experiment.window
    if first is None or last is None or window is None or experiment.data.shape != "journeys":
        return None
    if {source.name for source in experiment.data.sources}.isdisjoint({"exposures"}):
        return None  # who was exposed is read from the events themselves
    before = max(experiment.lookback.values(), default=timedelta(0))
    lengths = [(metric.window or window) + metric.lag for metric in experiment.metrics]
    after = max([window, *lengths]) + experiment.ingestion_lag
    return first - _whole(before), last + _whole(after)


def day_of(file: str) -> date | None:
    """The day that the folders of a file tell.

    Parameters
    ----------
    file : str

    Returns
    -------
    date or None
        None where no folder ``key=2026-03-02``, or three of ``year``, ``month`` and ``day``, say
        one day.

    Examples
    --------
    >>> day_of("logs/day=2026-03-02/a.parquet"), day_of("logs/year=2026/month=3/day=2/a.parquet")
    (datetime.date(2026, 3, 2), datetime.date(2026, 3, 2))
    """
    folders = PurePosixPath(file.replace("\\", "/")).parts[:-1]
    told = [found["day"] for folder in folders if (found := _KEYED.match(folder))]
    try:
        if len(told) == 1:
            return date.fromisoformat(told[0])
        pieces = dict(folder.lower().split("=", 1) for folder in folders if "=" in folder)
        return None if told else date(*(int(pieces[piece]) for piece in _PIECES))
    except (KeyError, ValueError):
        return None


def pruned(
    engine: Engine, files: Sequence[str], source: Source, experiment: Experiment
) -> tuple[list[str], Unopened | None]:
    """Files that can hold rows that count, by the days of their folders.

    Parameters
    ----------
    engine : Engine
    files : sequence of str
        All that one declared path means.
    source : Source
    experiment : Experiment

    Returns
    -------
    files : list of str
        In their order. The nearest folder before and after the days needed is among them: they tell
        that the log goes on. Files whose folders tell no day are as well.
    unopened : Unopened or None
        None where all files are among them.
    """
    needed = days_needed(experiment) if source.name == "events" else None
    by_day = {file: day for file in files if (day := day_of(file)) is not None}
    if needed is None or not by_day:
        return list(files), None
    first, last = needed[0] - _SLACK, needed[1] + _SLACK
    kept_days = {day for day in by_day.values() if first <= day <= last}
    kept_days |= set(sorted(day for day in by_day.values() if day < first)[-1:])
    kept_days |= set(sorted(day for day in by_day.values() if day > last)[:1])
    kept = [file for file in files if by_day.get(file) is None or by_day[file] in kept_days]
    dated = {file: by_day[file] for file in kept if file in by_day}
    inside = [day for day in kept_days if first <= day <= last]
    if len(kept) == len(files) or not inside or not _as_told(engine, dated, source):
        return list(files), None
    return kept, Unopened(
        files=len(files) - len(kept), first_day=min(kept_days), last_day=max(kept_days)
    )


def together(parts: Sequence[Unopened]) -> Unopened | None:
    """What was not opened of several paths.

    Parameters
    ----------
    parts : sequence of Unopened

    Returns
    -------
    Unopened or None
        None where all was opened.
    """
    if not parts:
        return None
    return Unopened(
        files=sum(part.files for part in parts),
        first_day=min(part.first_day for part in parts),
        last_day=max(part.last_day for part in parts),
    )


def _whole(length: timedelta) -> timedelta:
    """Whole days, upwards."""
    return timedelta(days=-(-length // _DAY))


def _as_told(engine: Engine, dated: Mapping[str, date], source: Source) -> bool:
    """Whether the footers say that all times lie on the day of the folder, or on the next to it."""
    column = source.column("occurred_at")
    if column.format is not None or any(form_of(file) != "parquet" for file in dated):
        return False
    scale = None if column.unit is None else _SCALE.get(column.unit)
    if column.unit is not None and scale is None:
        return False
    moment = "try_cast({0} as timestamptz)"
    if scale is not None:
        moment = f"make_timestamptz(try_cast({{0}} as bigint) * {scale})"
    low, high = moment.format("stats_min_value"), moment.format("stats_max_value")
    question = (
        f"select file_name, epoch_us(min({low})), epoch_us(max({high})), "  # noqa: S608  parts of ours alone
        f"bool_and(row_group_num_rows = 0 or ({low} is not null and {high} is not null)) "
        "from parquet_metadata($files) where lower(path_in_schema) = lower($column) "
        "group by file_name"
    )
    try:
        rows = engine.rows(question, {"files": list(dated), "column": column.name})
    except DataError:
        return False  # a broken file is told where all files are read
    spans = {name: (low, high) for name, low, high, known in rows if known}
    return set(spans) == set(dated) and all(
        low is None or _within(low, high, dated[file]) for file, (low, high) in spans.items()
    )


def _within(low: int, high: int, day: date) -> bool:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return _microseconds(start - _DAY) <= low and high < _microseconds(start + 2 * _DAY)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
