"""Are the rows that put units into arms what they should be? Methods 1.4 E15, E19, E21; 4, V6."""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.facts import (
    Comparison,
    analysed_units,
    compare,
    counted,
    has_counter,
    names_arms,
    not_checked,
)
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics


def delivery(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count rows whose `received` disagrees with their arm, before any rule drops them.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``fail`` where ``misdelivered: fail`` accepts no such row and there is one; ``warn`` where
        rows that disagree were kept, or where their share differs by arm.
    """
    declared = [arm.name for arm in experiment.analyzed_arms if arm.received is not None]
    if not declared:
        yield not_checked(
            "delivery",
            "no arm says what it should have received. Declare `arms.*.received` and the column "
            "`received`.",
        )
        return
    rows = counted(experiment, statistics, "misdelivered")
    found = compare(rows, _exposure_rows(experiment, statistics, rows), experiment, "delivery")
    total, policy = sum(rows.values()), experiment.analysis.misdelivered
    severity: Severity = (
        "pass"
        if not total
        else "fail"
        if policy == "fail"
        else "warn"
        if policy == "keep" or found.certain
        else "info"
    )
    yield Check(
        id="delivery",
        severity=severity,
        scope="experiment",
        message=_delivered(found, total, policy),
        figures={**found.figures(), "policy": policy, "arms_with_received": declared},
    )


def duplicate_exposures(experiment: Experiment, statistics: Statistics) -> str:
    """Say how many later exposures of a unit to its own arm were set aside.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
        Counter ``duplicate_exposures``, by arm.

    Returns
    -------
    str
        A sentence with counts by arm; empty where there were none.
    """
    repeats = counted(experiment, statistics, "duplicate_exposures")
    if not sum(repeats.values()):
        return ""
    return f"Later exposures to the same arm, set aside: {words.by_arm(repeats)}."


def conflicting_columns(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count units whose earliest rows, of one instant, disagree in a column.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    if experiment.data.shape == "totals":
        yield not_checked("conflicting_columns", "totals hold no rows of single units.")
        return
    columns = {
        count.other or "a column": statistics.count("conflicting_columns", other=count.other)
        for count in statistics.counts("conflicting_columns")
        if count.count
    }
    units = sum(analysed_units(experiment, statistics).values())
    above = experiment.limits("conflicting_columns")["warns_above"]
    most = max(columns.values(), default=0)
    share = most / max(units, most) if most else 0.0
    yield Check(
        id="conflicting_columns",
        severity="warn" if share > above else "info" if most else "pass",
        scope="experiment",
        message=(
            f"First rows of one instant disagree for some units ({words.by_arm(columns)}); the "
            "smallest value was kept. Write each unit's columns once."
            if most
            else "No two first rows of a unit disagree."
        ),
        figures={"counts": columns, "units": units, "share": share, "warns_above": above},
    )


def outside_period(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count units first exposed before or after the period; a certain difference by arm fails.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    if experiment.first_day is None and experiment.last_day is None:
        yield not_checked(
            "outside_period", "no days of first exposure are declared. Declare `period:`."
        )
        return
    early = statistics.count("units_outside_period", other="early")
    late = statistics.count("units_outside_period", other="late")
    outside = statistics.count("units_outside_period")
    units = analysed_units(experiment, statistics)
    share = outside / (outside + sum(units.values())) if outside else 0.0
    hits = counted(experiment, statistics, "units_outside_period")
    found = (
        compare(hits, {arm: units[arm] + hits[arm] for arm in units}, experiment, "outside_period")
        if names_arms(statistics, "units_outside_period")
        else None
    )
    limit = experiment.limits("outside_period")
    differs = found is not None and found.material
    severity: Severity = (
        "fail"
        if differs
        else "warn"
        if share > limit["warns_above"] or (found is not None and found.certain)
        else "info"
        if outside
        else "pass"
    )
    days = f"{experiment.first_day} to {experiment.last_day}"
    message = f"Every unit was first exposed in the period ({days})."
    if outside:
        message = (
            f"Units first exposed outside the period {days}: {words.count(outside)} "
            f"({words.percent(share)}; {words.count(early)} before, {words.count(late)} after). "
            "They are not analysed."
        )
        if found is not None and found.tested is not None and found.certain:
            message += (
                f" Their share differs by arm ({words.by_arm(found.hits, found.totals)}; "
                f"{found.tested.said}): the arms did not run at the same time. Choose a "
                "`period` in which all of them ran."
            )
        elif share > limit["warns_above"]:
            message += " Check that `period` and `timezone` are those of the launch."
    yield Check(
        id="outside_period",
        severity=severity,
        scope="experiment",
        message=message,
        figures={
            "early": early,
            "late": late,
            "share": share,
            "by_arm": found.figures() if found else None,
            **limit,
        },
    )


def excluded_units(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count units removed by the declared list; a list that knows the arm invalidates the split.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    if experiment.data.source("exclude_units") is None:
        yield not_checked(
            "excluded_units",
            "no list of units to leave out is declared. Declare `data.exclude_units`.",
        )
        return
    units = analysed_units(experiment, statistics)
    hits = counted(experiment, statistics, "excluded_units")
    totals = {arm: units[arm] + hits[arm] for arm in units}
    found = compare(hits, totals, experiment, "excluded_units")
    total = statistics.count("excluded_units")
    message = (
        f"Units left out by the list: {words.count(total)} ({words.by_arm(hits, found.totals)})."
    )
    if found.certain and found.tested is not None:
        message += (
            f" Their share differs by arm ({found.tested.said}): the list knows what units did "
            "after exposure. Use one that was made before, or none."
        )
    yield Check(
        id="excluded_units",
        severity="fail" if found.material else "warn" if found.certain else "info",
        scope="experiment",
        message=message,
        figures=found.figures(),
    )


def _exposure_rows(
    experiment: Experiment, statistics: Statistics, misdelivered: dict[str, int]
) -> dict[str, int]:
    if names_arms(statistics, "exposure_rows"):
        return counted(experiment, statistics, "exposure_rows")
    repeats = counted(experiment, statistics, "duplicate_exposures")
    units = analysed_units(experiment, statistics)
    dropped = experiment.analysis.misdelivered == "exclude"
    return {arm: units[arm] + repeats[arm] + (misdelivered[arm] if dropped else 0) for arm in units}


def _delivered(found: Comparison, total: int, policy: str) -> str:
    if not total:
        return "Every row received what its arm should have."
    said = (
        f"Rows that did not receive what their arm should have: {words.count(total)} "
        f"({words.by_arm(found.hits, found.totals)}). "
    )
    said += {
        "keep": "They are kept in their arm, which dilutes the effect; fix delivery, and compare "
        "with `misdelivered: exclude`.",
        "exclude": "These rows are left out, as `misdelivered: exclude` says.",
        "fail": "`misdelivered: fail` accepts none.",
    }[policy]
    if found.certain and found.tested is not None:
        said += (
            f" Their share differs by arm ({found.tested.said}), so leaving them out can bias the "
            "comparison."
        )
    return said


def counts_duplicates(experiment: Experiment, statistics: Statistics) -> bool:
    """Whether rows of events could be recognised as copies of each other.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Returns
    -------
    bool
        True where the reader counted them, or the events declare a column ``event_id``.
    """
    events = experiment.data.source("events")
    return has_counter(statistics, "duplicate_events") or (
        events is not None and "event_id" in events.columns
    )
