"""How many different units come in so many days, and when are there enough? Knows no metric."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pathlift.registry.plan import Traffic

WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Different units seen after so many days.

    Attributes
    ----------
    points : tuple of (float, float)
        Days and units, both rising, the first (0, 0). Straight between them.
    longest : float
        Days up to which anything is known or asked for.
    """

    points: tuple[tuple[float, float], ...]
    longest: float

    @classmethod
    def of(cls, traffic: Traffic, longest: timedelta) -> "Arrivals":
        """Read what a definition says about its traffic.

        Parameters
        ----------
        traffic : Traffic
        longest : timedelta
            Longest run that is considered.

        Returns
        -------
        Arrivals
            Nothing is known beyond the last point of ``cumulative``.
        """
        most = longest / timedelta(days=1)
        if traffic.new_per_day is not None:
            return cls(points=((0.0, 0.0), (most, traffic.new_per_day * most)), longest=most)
        known = [(length / timedelta(days=1), float(units)) for length, units in traffic.cumulative]
        return cls.through([(days, units) for days, units in known if days > 0], most)

    @classmethod
    def through(cls, known: Sequence[tuple[float, float]], longest: float) -> "Arrivals":
        """Connect known points.

        Parameters
        ----------
        known : sequence of (float, float)
            Days above 0 and units, both rising; at least one.
        longest : float
            Days.

        Returns
        -------
        Arrivals
        """
        return cls(points=((0.0, 0.0), *known), longest=min(longest, known[-1][0]))

    def after(self, days: float) -> float:
        """Different units seen.

        Parameters
        ----------
        days : float
            At least 0; what lies beyond ``longest`` is not known and counts as nothing more.

        Returns
        -------
        float

        Examples
        --------
        >>> seen = Arrivals.through([(7, 20_000), (28, 41_000)], longest=56)
        >>> seen.after(7), seen.after(14), seen.after(56)
        (20000.0, 27000.0, 41000.0)
        """
        asked = min(days, self.longest)
        for (day, units), (next_day, next_units) in zip(
            self.points[:-1], self.points[1:], strict=True
        ):
            if asked <= next_day:
                return units + (next_units - units) * (asked - day) / (next_day - day)
        return self.points[-1][1]

    def whole_weeks_for(self, units: float) -> int | None:
        """Days of first exposures, in whole weeks, until there are enough units.

        Parameters
        ----------
        units : float

        Returns
        -------
        int or None
            At least 7; None where the longest run does not bring them.

        Examples
        --------
        >>> seen = Arrivals.through([(7, 20_000), (28, 41_000)], longest=56)
        >>> seen.whole_weeks_for(20_001), seen.whole_weeks_for(50_000)
        (14, None)
        """
        for week in range(1, self.whole_weeks // WEEK + 1):
            if self.after(week * WEEK) >= units:
                return week * WEEK
        return None

    @property
    def whole_weeks(self) -> int:
        """The longest run, in days of whole weeks."""
        return math.floor(self.longest / WEEK) * WEEK


def rounded_up_to_weeks(days: float) -> int:
    """Days rounded up to whole weeks.

    Parameters
    ----------
    days : float

    Returns
    -------
    int

    Examples
    --------
    >>> rounded_up_to_weeks(43.5), rounded_up_to_weeks(42)
    (49, 42)
    """
    return math.ceil(days / WEEK) * WEEK
