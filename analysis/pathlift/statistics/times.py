"""When units had an event, in bins of time since first exposure, and how long they were followed.

SS5 of methods 3.1. Follow-up ends at the end of a bin, so that within a bin no event and no end of
follow-up compete. Once all windows have ended, only first purchases are kept, by no cluster. Knows
no experiment and no engine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pathlift.statistics.coarsening import rows_within

Endpoint = Literal["purchase", "completion"]
"""First purchase; or last stage of a complete label, with a purchase before it competing."""

_DAY, _HOUR = 86_400_000_000, 3_600_000_000
_ENOUGH_DAYS = 7

BIN_LENGTHS = (_DAY, 6 * _HOUR)


def bin_length(window: int) -> int | None:
    """Length of the bins for a window.

    Parameters
    ----------
    window : int
        Microseconds, above 0.

    Returns
    -------
    int or None
        One day where the window is a whole number of days and of seven at least, else six hours
        where it is a whole number of them; None where it is neither.

    Examples
    --------
    >>> [bin_length(hours * 3_600_000_000) // 3_600_000_000 for hours in (14 * 24, 48, 6)]
    [24, 6, 6]
    >>> bin_length(7 * 3_600_000_000) is None
    True
    """
    if window % _DAY == 0 and window >= _ENOUGH_DAYS * _DAY:
        return _DAY
    return 6 * _HOUR if window % (6 * _HOUR) == 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Which units a row is about.

    Attributes
    ----------
    arm : str
    endpoint : {'purchase', 'completion'}
    bin : int
        In which the event happened, from 1; without one the last that was followed, from 0.
    cause : int or None
        Label code at the event; None where it was not seen to happen.
    maturity, baseline : int
        Maturity class and stages held before exposure; 0 in rows of a cluster.
    cluster : str or None
        None in rows of all units.
    """

    arm: str
    endpoint: Endpoint
    bin: int
    cause: int | None
    maturity: int = 0
    baseline: int = 0
    cluster: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TimeTable:
    """One row per kind of unit that occurs.

    Attributes
    ----------
    length : int
        Of a bin, microseconds.
    bins : int
        In the window.
    times : tuple of Time
        No time twice.
    units : ndarray of int64, shape (times,)
    clustered : tuple of str
        Arms whose units stand in rows of clusters too.
    """

    length: int
    bins: int
    times: tuple[Time, ...]
    units: NDArray[np.int64]
    clustered: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.units.shape != (len(self.times),):
            raise ValueError(f"expected shape {(len(self.times),)}, got {self.units.shape}")
        if len(set(self.times)) != len(self.times):
            raise ValueError("a time stands twice in a table of times")
        self.units.flags.writeable = False

    def of(self, endpoint: Endpoint) -> "TimeTable":
        """Keep the rows of one endpoint.

        Parameters
        ----------
        endpoint : {'purchase', 'completion'}

        Returns
        -------
        TimeTable
        """
        rows = [row for row, time in enumerate(self.times) if time.endpoint == endpoint]
        return TimeTable(
            length=self.length,
            bins=self.bins,
            times=tuple(self.times[row] for row in rows),
            units=self.units[rows],
            clustered=self.clustered,
        )

    def by(self, coarser: Callable[[Time], Time | None]) -> "TimeTable":
        """Add up rows that fall into one coarser row.

        Parameters
        ----------
        coarser : callable
            From a time to the one it is part of, or None to leave it out.

        Returns
        -------
        TimeTable
            One row per coarser time, in order of first appearance.
        """
        members = rows_within(self.times, coarser)
        return TimeTable(
            length=self.length,
            bins=self.bins,
            times=tuple(members),
            units=np.array([self.units[rows].sum() for rows in members.values()], dtype=np.int64),
            clustered=self.clustered,
        )
