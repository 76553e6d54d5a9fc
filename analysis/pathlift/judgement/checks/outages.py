"""How many units were under way while a stage was not logged, and whether alike in every arm.

Methods 1.4, E24: their orderings are unknown, whatever was logged of them. Conversion is untouched.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import shares_by_cluster
from pathlift.judgement.checks.facts import compare, not_checked
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.cells import UNKNOWN
from pathlift.statistics.collected import Statistics


def outages(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Share of mature units whose ordering is unknown because of an outage, by arm.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        Above 5% ``warn``; where the share differs by arm, or nobody is left, ``fail``, which
        invalidates orderings. ``not_checked`` without `outages`.
    """
    if not experiment.outages:
        yield not_checked(
            "outages",
            "no `outages` are declared. Where a stage was not logged for a time, say when: its "
            "orderings are then unknown, and not read as behaviour.",
            "orderings",
        )
        return
    arms = [arm.name for arm in experiment.analyzed_arms]
    affected, whole = dict.fromkeys(arms, 0), dict.fromkeys(arms, 0)
    for cell, (units, _) in statistics.cells.counts().items():
        if cell.arm in whole and cell.maturity >= statistics.label_class:
            whole[cell.arm] += units
            affected[cell.arm] += units if cell.label == UNKNOWN else 0
    by_cluster = shares_by_cluster(
        experiment, statistics, lambda code: code == UNKNOWN, lambda _: True, converted=False
    )
    found = compare(affected, whole, experiment, "outages", tested=by_cluster)
    stages = words.listed(dict.fromkeys(outage.stage for outage in experiment.outages))
    nobody = [arm for arm, n in whole.items() if n and affected[arm] == n]
    severity: Severity = "info" if sum(affected.values()) else "pass"
    message = (
        f"Mature units under way while {stages} was not logged: {words.by_arm(affected, whole)}. "
        "Their orderings are unknown; they stay in every denominator, and conversion is untouched."
    )
    if found.share > found.limits["warns_above"] and not nobody:
        severity = "warn"
        message += (
            " Shares and incidences of all other orderings are smaller by them: compare arms, not "
            "levels."
        )
    if found.material and found.tested is not None:
        severity = "fail"
        message += (
            f" The share differs by arm ({found.tested.said}), so arms were exposed at different "
            "times, and orderings of one are hidden more than those of another. Find out why "
            "before comparing them."
        )
    if nobody:
        severity = "fail"
        message += (
            f" Every mature unit of {words.listed(nobody)} was, so there no ordering is known at "
            "all, and none can be compared."
        )
    yield Check(
        id="outages",
        severity=severity,
        scope="orderings",
        message=message,
        figures={
            **found.figures(),
            "outages": [
                {"stage": o.stage, "from": o.start.isoformat(), "to": o.stop.isoformat()}
                for o in experiment.outages
            ],
        },
    )


def outside(experiment: Experiment) -> str:
    """What a reason adds to "no unit", where units that met an outage are not read.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    str
        Begins with a space; empty where no outages are declared.
    """
    return " outside the `outages`" if experiment.outages else ""


def in_outage_on(experiment: Experiment, stage: str, day: str) -> bool:
    """Whether a unit first exposed on a day could be under way while a stage was not logged.

    Parameters
    ----------
    experiment : Experiment
    stage : str
    day : str
        ISO, in the experiment's time zone.

    Returns
    -------
    bool
    """
    zone = ZoneInfo(experiment.timezone)
    first = date.fromisoformat(day)
    start, midnight = (
        datetime.combine(each, time(0), tzinfo=zone).astimezone(UTC)
        for each in (first, first + timedelta(days=1))
    )
    return any(
        outage.stage == stage
        and start < outage.stop
        and (experiment.window is None or outage.start < midnight + experiment.window)
        for outage in experiment.outages
    )
