"""Lengths and days as whole microseconds since 1970, UTC; days are those of a time zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlglot import exp

from pathlift.outcomes.composing import case, value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000


def microseconds(length: timedelta) -> int:
    """A length in whole microseconds.

    Parameters
    ----------
    length : timedelta
        Of any sign.

    Returns
    -------
    int
    """
    return length // timedelta(microseconds=1)


def instant(moment: datetime) -> int:
    """Microseconds from 1970 to an aware moment.

    Parameters
    ----------
    moment : datetime
        Aware.

    Returns
    -------
    int
    """
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(microseconds_utc: int) -> datetime:
    """The moment in UTC of an instant.

    Parameters
    ----------
    microseconds_utc : int
        Since 1970.

    Returns
    -------
    datetime
    """
    return _EPOCH + timedelta(microseconds=microseconds_utc)


def day_start(day: date, timezone: str) -> int:
    """First instant of a day; where a clock skips midnight, the instant of the skip.

    Parameters
    ----------
    day : date
    timezone : str
        Such as ``Europe/Berlin``.

    Returns
    -------
    int

    Examples
    --------
    >>> from datetime import date
    >>> day_start(date(1970, 1, 2), "Europe/Berlin") == 23 * 3600 * 10**6
    True
    """
    return instant(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)))


def day_of(microseconds_utc: int, timezone: str) -> date:
    """The day in a time zone that an instant lies in.

    Parameters
    ----------
    microseconds_utc : int
        Since 1970.
    timezone : str
        Such as ``Europe/Berlin``.

    Returns
    -------
    date
    """
    return moment(microseconds_utc).astimezone(ZoneInfo(timezone)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Consecutive days of a time zone.

    Attributes
    ----------
    days : tuple of date
        Without a gap, ascending.
    starts : tuple of int
        First instant of each.
    """

    days: tuple[date, ...]
    starts: tuple[int, ...]

    def index(self, instant_column: exp.Expr) -> exp.Expr:
        """Position in `days` of an instant that lies in one of them.

        One arithmetic piece per run of days of 24 hours, so that clock changes cost nothing.

        Parameters
        ----------
        instant_column : Expr
            Microseconds since 1970, within the days.

        Returns
        -------
        Expr
        """
        branches = [
            (_at_or_after(instant_column, start), _position(instant_column, start, first, whole))
            for start, first, whole in reversed(self._pieces())
        ]
        return case(branches, value(0))

    def _pieces(self) -> Sequence[tuple[int, int, bool]]:
        """Start, position of the first day, and whether all its days have 24 hours."""
        pieces: list[tuple[int, int, bool]] = []
        ends = (*self.starts[1:], self.starts[-1] + _DAY)
        for position, (start, after) in enumerate(zip(self.starts, ends, strict=True)):
            whole = after - start == _DAY
            if not (pieces and whole and pieces[-1][2]):
                pieces.append((start, position, whole))
        return pieces


def days_between(first: int, last: int, timezone: str) -> Days:
    """All days from that of one instant to that of another.

    Parameters
    ----------
    first : int
        Microseconds since 1970.
    last : int
        Not before `first`.
    timezone : str
        Such as ``Europe/Berlin``.

    Returns
    -------
    Days
    """
    start, end = day_of(first, timezone), day_of(last, timezone)
    days = tuple(start + timedelta(days=n) for n in range((end - start).days + 1))
    return Days(days=days, starts=tuple(day_start(day, timezone) for day in days))


def _at_or_after(column: exp.Expr, start: int) -> exp.Expr:
    return exp.GTE(this=column.copy(), expression=value(start))


def _position(column: exp.Expr, start: int, first: int, whole: bool) -> exp.Expr:  # noqa: FBT001 - a private step of one comprehension
    if not whole:
        return value(first)
    passed = exp.IntDiv(
        this=exp.Paren(this=exp.Sub(this=column.copy(), expression=value(start))),
        expression=value(_DAY),
    )
    return exp.Add(this=value(first), expression=passed) if first else passed
