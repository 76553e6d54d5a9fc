"""Units by day of first exposure, as checks over time need them. Judges nothing."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from pathlift.inference.by_day import day_of
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Statistics


def allocation(experiment: Experiment, statistics: Statistics) -> dict[date, dict[str, int]]:
    """Analysed units by day and arm, mature or not.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Returns
    -------
    dict of date to dict of str to int
        Days in order, arms that enter tests in file order; empty where nothing has days.
    """
    names = [arm.name for arm in experiment.analyzed_arms]
    found: dict[date, dict[str, int]] = {}
    for group, units in zip(statistics.days.groups, statistics.days.units, strict=True):
        day = day_of(group)
        if day is not None and group.arm in names and not group.population:
            of_day = found.setdefault(day, dict.fromkeys(names, 0))
            of_day[group.arm] += int(units)
    return dict(sorted(found.items()))


def gaps(days: Sequence[date]) -> list[date]:
    """Days without any unit between the first and the last.

    Parameters
    ----------
    days : sequence of date
        In order.

    Returns
    -------
    list of date
    """
    return [
        before + timedelta(days=step)
        for before, after in pairwise(days)
        for step in range(1, (after - before).days)
    ]
