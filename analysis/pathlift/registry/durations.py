"""How long is ``14d``? Knows units of fixed length only: no months, no years."""

import re
from datetime import timedelta
from typing import Final

PATTERN: Final = r"^[0-9]+(ms|s|m|h|d)$"
FORM: Final = "a duration is a whole number and ms, s, m, h or d, such as 14d"

_STEP: Final = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
# A hundred years: longer than any log, and far from the largest interval an engine can add.
_LONGEST: Final = timedelta(days=36_525)


def parse_duration(written: object) -> timedelta:
    """Return the duration that a file writes.

    Parameters
    ----------
    written : object
        A whole number and ``ms``, ``s``, ``m``, ``h`` or ``d``; a bare 0 needs no unit.

    Returns
    -------
    timedelta
        Not negative, at most 36,525 days.

    Raises
    ------
    ValueError
        If it is written otherwise; the text says how to write it.

    Examples
    --------
    >>> parse_duration("14d"), parse_duration("1500ms")
    (datetime.timedelta(days=14), datetime.timedelta(seconds=1, microseconds=500000))
    >>> parse_duration("2 weeks")
    Traceback (most recent call last):
    ValueError: '2 weeks' is not a duration; ...
    """
    if isinstance(written, int) and not isinstance(written, bool) and written == 0:
        return timedelta(0)
    if isinstance(written, timedelta):
        return written
    if not isinstance(written, str) or not re.match(PATTERN, written, re.ASCII):
        raise ValueError(f"{written!r} is not a duration; {FORM}")
    number = written.rstrip("dhms")
    step = _STEP[written[len(number) :]]
    if len(number) > 18 or int(number) * step.total_seconds() > _LONGEST.total_seconds():
        raise ValueError(f"{written!r} is longer than a hundred years")
    return int(number) * step


def say_duration(duration: timedelta) -> str:
    """Write a duration in the largest unit that keeps it whole.

    Parameters
    ----------
    duration : timedelta
        Not negative.

    Returns
    -------
    str
        What `parse_duration` reads back.

    Examples
    --------
    >>> say_duration(timedelta(days=14)), say_duration(timedelta(minutes=90))
    ('14d', '90m')
    """
    for unit, step in _STEP.items():
        if duration % step == timedelta(0):
            return f"{duration // step}{unit}" if duration else "0s"
    return f"{duration // _STEP['ms']}ms"
