"""Did the experiment run over whole weeks, with one split on all days? Methods 4, V10 and V16."""

import math
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pathlift.inference.by_day import WEEK
from pathlift.inference.comparing import compared
from pathlift.inference.day_readings import contrasts_within_days
from pathlift.inference.omnibus import independence
from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.days import allocation, gaps
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics

_SMALLEST_EXPECTED = 5.0
_NO_DAYS = "nothing says on which day a unit was first exposed."


def duration(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Hold the days of first exposures against the rhythm of a week.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``warn`` with fewer days than a week, with days that are not whole weeks, with days
        without any unit, or where the data end before the units of a first week are mature (V10).
    """
    days = list(allocation(experiment, statistics))
    if not days:
        yield not_checked("duration", _NO_DAYS)
        return
    length = (days[-1] - days[0]).days + 1
    empty = gaps(days)
    least = experiment.limits("duration")["warns_below_days"]
    read, needed = _days_read(experiment, statistics, days[0])
    said = []
    if length < min(least, WEEK):
        said.append("less than a week: shoppers of other weekdays were not asked")
    elif length < least:
        said.append(f"fewer than {least:g} days")
    elif length > WEEK and length % WEEK:
        over = length % WEEK
        said.append(
            f"{length // WEEK} weeks and {over} {'day' if over == 1 else 'days'}: some weekdays "
            "count more often than others"
        )
    if empty:
        said.append(f"no unit came on {_days(empty)}")
    if read is not None and needed is not None and read < needed:
        said.append(
            f"the data hold {read} days since then, and a week of units whose window has ended "
            f"needs {needed}"
        )
    planned = _planned(experiment)
    yield Check(
        id="duration",
        severity="warn" if said else "pass",
        scope="experiment",
        message=f"Units were first exposed over {length} {'day' if length == 1 else 'days'} "
        f"({days[0]} to {days[-1]})" + (f"; {'; '.join(said)}." if said else ", whole weeks."),
        figures={
            "days": length,
            "first_day": days[0].isoformat(),
            "last_day": days[-1].isoformat(),
            "days_without_units": [day.isoformat() for day in empty],
            "planned_days": planned,
            "days_read": read,
            "days_of_window_and_week": needed,
            "warns_below_days": least,
        },
    )


def _days_read(
    experiment: Experiment, statistics: Statistics, first: date
) -> tuple[int | None, int | None]:
    """Days from the first exposure to the end of the data, and window with lag and a week."""
    if experiment.window is None or statistics.watermark is None:
        return None, None
    length = experiment.window + experiment.ingestion_lag
    end = statistics.watermark.astimezone(ZoneInfo(experiment.timezone))
    needed = WEEK + math.ceil(length / timedelta(days=1))
    return (end.date() - first).days, needed


def mix(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Ask whether arms were drawn in the same shares on all days.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``warn`` below p = .001: then days, which buy differently, weigh differently in the arms.
    """
    if clusters_drawn(experiment):
        yield not_checked("mix", "whole clusters were drawn, so that units of a day go together.")
        return
    by_day = allocation(experiment, statistics)
    read = _expecting_enough(by_day)
    if len(read) < 2:
        yield not_checked("mix", _NO_DAYS if not by_day else "there are not two days to compare.")
        return
    arms = [arm.name for arm in experiment.analyzed_arms]
    found = independence([[by_day[day][arm] for arm in arms] for day in read])
    below = experiment.limits("mix")["warns_below_p"]
    severity: Severity = "warn" if found.p_value < below else "pass"
    shares = _furthest(by_day, read, arms)
    said = f"chi-square {float(found.statistic):.4g} on {int(found.df)} df, "
    said += words.p_value(float(found.p_value))
    message = {
        "pass": f"Arms have the same shares on all {len(read)} days ({said}).",
        "warn": f"Arms do not have the same shares on all {len(read)} days ({said}, below "
        f"{below:g}); furthest off is {shares['day']} ({shares['said']}). Days that buy "
        "differently then weigh differently in the arms: `sensitivity` has each effect with days "
        "weighed alike.",
    }[severity]
    yield Check(
        id="mix",
        severity=severity,
        scope="experiment",
        message=message,
        figures={
            "days": len(read),
            "statistic": float(found.statistic),
            "df": float(found.df),
            "p_value": float(found.p_value),
            "furthest_day": shares["day"],
            "units": shares["units"],
            "warns_below_p": below,
        },
    )


def paradox(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Ask whether an effect turns around when days are weighed alike.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``fail`` of a metric where both readings are beyond chance and point to opposite sides.
    """
    experiment, statistics = compared(experiment, statistics)
    read, any_turned = 0, False
    beyond = experiment.limits("paradox")["fails_above_z"]
    for metric in experiment.metrics:
        turned = {}
        for contrast, found in contrasts_within_days(experiment, statistics, metric):
            read += 1
            apart = found.difference * found.pooled < 0
            least = min(abs(found.difference), abs(found.pooled))
            sure = least > beyond * found.standard_error
            if apart and sure:
                turned[f"{contrast.arm}-{contrast.control}"] = {
                    "pooled": found.pooled,
                    "within_days": found.difference,
                }
        if turned:
            any_turned = True
            yield Check(
                id="paradox",
                severity="fail",
                scope=f"metric:{metric.name}",
                message=f"The effect on {metric.name} turns around when days are weighed alike "
                f"({words.listed(turned)}): the split changed over days that differ. Read days of "
                "one split only, or run again with a fixed one.",
                figures={"turned": turned, "fails_above_z": beyond},
            )
    if not read:
        yield not_checked("paradox", "no contrast can be read day by day.")
    elif not any_turned:
        yield Check(
            id="paradox",
            severity="pass",
            scope="experiment",
            message="No effect turns around when days are weighed alike "
            f"({words.count(read)} read).",
            figures={"contrasts": read, "fails_above_z": beyond},
        )


def _planned(experiment: Experiment) -> int | None:
    if experiment.first_day is None or experiment.last_day is None:
        return None
    return (experiment.last_day - experiment.first_day + timedelta(days=1)).days


def _days(days: list[date]) -> str:
    shown = [day.isoformat() for day in days[:3]]
    more = [f"{len(days) - 3} more days"] if len(days) > 3 else []
    return words.listed([*shown, *more])


def _expecting_enough(by_day: Mapping[date, Mapping[str, int]]) -> list[date]:
    """Days on which every arm expects five units or more."""
    if not by_day:
        return []
    arms = next(iter(by_day.values()))
    totals = {arm: sum(of[arm] for of in by_day.values()) for arm in arms}
    whole = sum(totals.values())
    least = min(totals.values()) / whole if whole else 0.0
    return [day for day, of in by_day.items() if sum(of.values()) * least >= _SMALLEST_EXPECTED]


def _furthest(
    by_day: Mapping[date, Mapping[str, int]], read: list[date], arms: list[str]
) -> dict[str, Any]:
    """The day whose shares lie furthest from those of all days."""
    totals = {arm: sum(by_day[day][arm] for day in read) for arm in arms}
    whole = sum(totals.values())

    def distance(day: date) -> float:
        of, units = by_day[day], sum(by_day[day].values())
        expected = {arm: units * totals[arm] / whole for arm in arms}
        return sum((of[arm] - expected[arm]) ** 2 / expected[arm] for arm in arms if expected[arm])

    day = max(read, key=distance)
    of, units = by_day[day], sum(by_day[day].values())
    return {
        "day": day.isoformat(),
        "units": dict(of),
        "said": words.by_arm(dict(of), dict.fromkeys(of, units)),
    }
