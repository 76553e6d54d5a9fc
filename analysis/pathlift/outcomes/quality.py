"""Counters of the quality table (methods 3.1, SS7), from what the queries counted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pathlift.outcomes.known_before import TIME_COLUMNS
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Count

_BEFORE_CONFLICTS = 12  # columns of exposed_summary.sql


def of_exposure_log(rows: Sequence[tuple[Any, ...]], experiment: Experiment) -> Iterator[Count]:
    """Counters over exposure rows, from exposure_log.sql.

    Parameters
    ----------
    rows : sequence of tuple
        Of the query.
    experiment : Experiment

    Yields
    ------
    Count
    """
    named = {arm.value: arm.name for arm in experiment.arms}
    for arm, read, misdelivered, _, after, *_ in rows:
        of = named.get(arm, str(arm))
        yield Count(name="exposure_rows", count=read, arm=of)
        yield Count(name="exposure_after_watermark", count=after, arm=of)
        if any(each.received is not None for each in experiment.arms):
            yield Count(name="misdelivered", count=misdelivered, arm=of)


def of_exposed(
    rows: Sequence[tuple[Any, ...]], experiment: Experiment, carried: Sequence[str]
) -> Iterator[Count]:
    """Counters over exposed units, from exposed_summary.sql.

    Parameters
    ----------
    rows : sequence of tuple
        Of the query.
    experiment : Experiment
    carried : sequence of str
        Columns that the first row decides.

    Yields
    ------
    Count
    """
    arms = [arm.name for arm in experiment.arms]
    names = ("excluded_units", "duplicate_exposures")
    totals = {(counter, arm): 0 for counter in names for arm in arms}
    outside = {(side, arm): 0 for side in ("early", "late") for arm in arms}
    for row in rows:
        number, following, _, excluded, early, late, ambiguous, seen, extra, *_ = row
        arm = arms[number]
        for counter, count in zip(names, (excluded, extra), strict=True):
            totals[counter, arm] += int(count)
        for column, count in zip(carried, row[_BEFORE_CONFLICTS:], strict=True):
            shown = column.removesuffix("_us") if column in TIME_COLUMNS else column
            yield Count(name="conflicting_columns", count=count, arm=arm, other=shown)
        outside["early", arm] += early
        outside["late", arm] += late
        if following is not None:
            other = arms[following]
            yield Count(name="crossed", count=seen, arm=arm, other=other)
            yield Count(name="ambiguous_first_arm", count=ambiguous, arm=arm, other=other)
    for (counter, arm), count in totals.items():
        yield Count(name=counter, count=count, arm=arm)
    for (side, arm), count in outside.items():
        yield Count(name="units_outside_period", count=count, arm=arm, other=side)


def of_assignments(rows: Sequence[tuple[Any, ...]], experiment: Experiment) -> Iterator[Count]:
    """Counters over assigned units, from assignments.sql.

    Parameters
    ----------
    rows : sequence of tuple
        Of the query.
    experiment : Experiment

    Yields
    ------
    Count
        Zeros included, so that a check knows what was counted.
    """
    arms = [arm.name for arm in experiment.arms]
    for arm in arms:
        for counter in ("assigned", "assigned_not_exposed", "exposed_not_assigned"):
            yield Count(name=counter, count=0, arm=arm)
    for assigned, exposed, units, before in rows:
        if assigned is None:
            yield Count(name="exposed_not_assigned", count=units, arm=arms[exposed])
            continue
        yield Count(name="assigned", count=units, arm=arms[assigned])
        if exposed is None:
            yield Count(name="assigned_not_exposed", count=units, arm=arms[assigned])
            continue
        yield Count(name="exposed_before_assigned", count=before, arm=arms[assigned])
        if exposed != assigned:
            other = arms[exposed]
            yield Count(name="assigned_elsewhere", count=units, arm=arms[assigned], other=other)


def by_arm(counter: str, counts: Mapping[str, int], other: str = "") -> Iterator[Count]:
    """One counter for every arm.

    Parameters
    ----------
    counter : str
        Name.
    counts : mapping of str to int
    other : str, optional
        What else is counted by.

    Yields
    ------
    Count
    """
    for arm, count in counts.items():
        yield Count(name=counter, count=count, arm=arm, other=other)


def told(counts: Iterable[Count]) -> tuple[Count, ...]:
    """Each counter once, in a fixed order; a pair of arms that never happened is left out.

    Parameters
    ----------
    counts : iterable of Count

    Returns
    -------
    tuple of Count
    """
    totals: dict[tuple[str, str, str], int] = {}
    for count in counts:
        key = (count.name, count.arm, count.other)
        totals[key] = totals.get(key, 0) + count.count
    return tuple(
        Count(name=name, count=total, arm=arm, other=other)
        for (name, arm, other), total in sorted(totals.items())
        if total or name not in ("crossed", "ambiguous_first_arm", "assigned_elsewhere")
    )
