"""A metric by day or week of first exposure, from the statistics by day. Judges nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.reading import slice_of
from pathlift.registry.experiment import Experiment, Metric
from pathlift.statistics.centring import centred
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group, MomentTable

WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohorts:
    """A metric by arm and week of first exposure.

    Attributes
    ----------
    weeks : tuple of date
        First day of each.
    units : ndarray of float, shape (weeks, arms)
    mean, variance : ndarray of float, shape (weeks, arms)
        Of the mean; NaN where an arm has fewer than two units.
    """

    weeks: tuple[date, ...]
    units: Floats
    mean: Floats
    variance: Floats

    def effects(self, arm: int, control: int) -> tuple[Floats, Floats, Floats]:
        """Differences of the weeks in which both arms have some.

        Parameters
        ----------
        arm, control : int
            Positions of arms.

        Returns
        -------
        ndarray of float, each of shape (weeks that can be read,)
            Number of the week from 0, difference, its variance.
        """
        difference = self.mean[:, arm] - self.mean[:, control]
        variance = self.variance[:, arm] + self.variance[:, control]
        read = np.isfinite(difference) & (variance > 0)
        return np.flatnonzero(read).astype(float), difference[read], variance[read]


def day_of(group: Group) -> date | None:
    """The day that a row is about.

    Parameters
    ----------
    group : Group

    Returns
    -------
    date or None
        None where it names no day of a calendar.
    """
    try:
        return None if group.day is None else date.fromisoformat(group.day)
    except ValueError:  # totals name their days as they like
        return None


def whole_weeks(days: Sequence[date]) -> dict[date, date]:
    """The week of each day, counted from the first day; a last one that is not whole joins none.

    Parameters
    ----------
    days : sequence of date
        In order.

    Returns
    -------
    dict of date to date
        First day of its week, by day.
    """
    if not days:
        return {}
    first, weeks = days[0], ((days[-1] - days[0]).days + 1) // WEEK
    return {
        day: first + timedelta(days=WEEK * ((day - first).days // WEEK))
        for day in days
        if (day - first).days < WEEK * weeks
    }


def cohorts(experiment: Experiment, statistics: Statistics, metric: Metric) -> Cohorts:
    """A metric by arm and whole week of first exposure, mature units only.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    metric : Metric
        Of kind proportion or mean.

    Returns
    -------
    Cohorts
        Without weeks where nothing has days.
    """
    days = {day for group in statistics.days.groups if (day := day_of(group)) is not None}
    weeks = whole_weeks(sorted(days))
    return _by(experiment, statistics, metric, lambda day: weeks.get(day))


def daily(experiment: Experiment, statistics: Statistics, metric: Metric) -> Cohorts:
    """The same by day.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    metric : Metric

    Returns
    -------
    Cohorts
    """
    return _by(experiment, statistics, metric, lambda day: day)


def _by(
    experiment: Experiment,
    statistics: Statistics,
    metric: Metric,
    cohort_of: Callable[[date], date | None],
) -> Cohorts:
    which = slice_of(statistics, [metric.name])

    def coarser(group: Group) -> Group | None:
        day = day_of(group)
        cohort = None if day is None else cohort_of(day)
        # the same units as the metric's own: mature for it, and of its population
        ripe = group.maturity >= which.maturity and group.population == which.population
        if cohort is None or not ripe:
            return None
        return Group(arm=group.arm, day=cohort.isoformat())

    table = statistics.days.by(coarser)
    known = any(variable.name == metric.name for variable in table.variables)
    # what counts among other units than the rest is not summed by day
    starts = sorted({str(group.day) for group in table.groups}) if known else []
    return _cohorts(table, starts, [arm.name for arm in experiment.analyzed_arms], metric.name)


def _cohorts(table: MomentTable, starts: Sequence[str], arms: Sequence[str], name: str) -> Cohorts:
    shape = (len(starts), len(arms))
    if not starts:
        return Cohorts(
            weeks=(), units=np.zeros(shape), mean=np.zeros(shape), variance=np.zeros(shape)
        )
    groups = [Group(arm=arm, day=start) for start in starts for arm in arms]
    moments = centred(table, groups, [name])
    units = moments.units.reshape(shape)
    return Cohorts(
        weeks=tuple(date.fromisoformat(start) for start in starts),
        units=units,
        mean=moments.mean[:, 0].reshape(shape),
        variance=moments.covariance[:, 0, 0].reshape(shape) / units,  # NaN below two units
    )
