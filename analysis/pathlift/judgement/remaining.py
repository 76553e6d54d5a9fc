"""What is still missing before the decision can be read: units, and days.

Counts windows and the rate of exposures so far; knows no effect.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pathlift.judgement import words
from pathlift.judgement.deciding import deciding_metrics
from pathlift.judgement.maturity import of_metric, parts_of
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Statistics

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What is left to wait for.

    Attributes
    ----------
    units : int
        With several looks, planned units that are not mature; with one, exposed units that are
        not. At least 0.
    days : int or None
        Whole days from the end of the data until the last of them can be read; None where the
        data have no times.
    period : bool
        Whether the declared period is still open, so that more units will come.
    rated : bool
        Whether the days count on units coming as fast as so far.
    """

    units: int
    days: int | None
    period: bool = False
    rated: bool = False

    def in_words(self, *, units: bool = True) -> str:
        """Say what is left.

        Parameters
        ----------
        units : bool, default True
            Whether units are said; not where they are said beside it.

        Returns
        -------
        str
            A clause without a full stop; empty where nothing is left.
        """
        left = []
        if self.units and units:
            more = " and those still to come" if self.period else ""
            left.append(f"{words.count(self.units)} units{more}")
        if self.days:
            about = "about " if self.rated else ""
            left.append(f"{about}{words.count(self.days)} {'day' if self.days == 1 else 'days'}")
        if not left:
            return ""
        rate = " at the rate so far" if self.days and self.rated else ""
        one = self.days == 1 and len(left) == 1
        return f"{words.listed(left)} {'is' if one else 'are'} left{rate}"


def days_seen(experiment: Experiment, statistics: Statistics) -> int | None:
    """Whole days from the first exposure to the end of the data.

    Parameters
    ----------
    experiment : Experiment
        As compared.
    statistics : Statistics

    Returns
    -------
    int or None
        None where the data have no times.
    """
    analyzed = {arm.name for arm in experiment.analyzed_arms}
    firsts = [f.first_exposure for f in statistics.arms if f.arm in analyzed and f.first_exposure]
    if not firsts or statistics.watermark is None:
        return None
    return max((statistics.watermark - min(firsts)) // _DAY, 0)


def remaining(experiment: Experiment, statistics: Statistics) -> Remaining:
    """Units and days until everything that decides can be read.

    Parameters
    ----------
    experiment : Experiment
        As compared.
    statistics : Statistics

    Returns
    -------
    Remaining
        Days reach from the end of the data to the end of the last window: of units exposed until
        the end of the period while it is open, else of the last exposed; with several looks, of
        as many units as are planned, coming at the rate so far. What the rule of the file calls
        too early is waited for as well.
    """
    names = [metric.name for metric in deciding_metrics(experiment)]
    maturities = [of_metric(experiment, statistics, name) for name in names]
    matured = min((each.matured for each in maturities), default=0)
    planned = experiment.analysis.looks.planned_units
    if planned is not None:
        units = max(planned - matured, 0)
    else:
        units = max((each.units - each.matured for each in maturities), default=0)
    units = max(units, (experiment.decision.least_units or 0) - matured)
    end, rated = _last_exposure(experiment, statistics)
    seen = days_seen(experiment, statistics)
    if end is None or seen is None or statistics.watermark is None:
        return Remaining(units=units, days=None)
    short = max((experiment.decision.least_days or 0) - seen, 0)
    if planned is not None and not units:
        return Remaining(units=0, days=short)
    open_ = end + _wait(experiment, statistics, names) - statistics.watermark
    return Remaining(
        units=units,
        days=max(math.ceil(open_ / _DAY), short),
        period=planned is None and end > statistics.watermark,
        rated=rated,
    )


def _wait(experiment: Experiment, statistics: Statistics, names: list[str]) -> timedelta:
    classes = [
        statistics.metric_class.get(part, 0)
        for name in names
        for part in parts_of(experiment, name)
    ]
    slowest = max(classes, default=0)
    return timedelta(microseconds=statistics.lengths[slowest - 1] if slowest else 0)


def _last_exposure(experiment: Experiment, statistics: Statistics) -> tuple[datetime | None, bool]:
    """When the last unit that is waited for is exposed, and whether that is extrapolated."""
    analyzed = {arm.name for arm in experiment.analyzed_arms}
    seen = [facts for facts in statistics.arms if facts.arm in analyzed]
    first = min((f.first_exposure for f in seen if f.first_exposure), default=None)
    last = max((f.last_exposure for f in seen if f.last_exposure), default=None)
    now = statistics.watermark
    if first is None or last is None or now is None:
        return None, False
    planned, units = experiment.analysis.looks.planned_units, sum(f.units for f in seen)
    if planned is not None:
        if planned <= units or experiment.status != "running" or now <= first:
            return last, False
        return now + (planned - units) / units * (min(now, last + _DAY) - first), True
    if experiment.status != "running" or experiment.last_day is None:
        return last, False
    after = experiment.last_day + _DAY
    zone = ZoneInfo(experiment.timezone)
    closed = datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC)
    return (closed, False) if closed > now else (last, False)
