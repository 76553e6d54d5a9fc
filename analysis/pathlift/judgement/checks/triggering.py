"""Are as many assigned units exposed in every arm? Methods 1.4, E20, and 4, V7."""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.facts import (
    Comparison,
    compare,
    counted,
    has_counter,
    not_checked,
)
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics

_FALL_BACK = (
    "the trigger depends on the arm, so the exposed units of the arms are not alike. Log the "
    "exposure in every arm when it would have happened; until then analyse everybody who was "
    "assigned: give the assignments as `exposures`, with `assigned_at` as `exposed_at`."
)


def triggering(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Compare the share of assigned units that were never exposed between arms.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``fail`` where the share differs by arm: units chosen by what their arm does are no random
        groups. ``warn`` where more units than a few were exposed in another arm than assigned, or
        without an assignment. ``not_checked`` without `data.assignments`.
    """
    if not has_counter(statistics, "assigned"):
        yield not_checked(
            "triggering",
            "nothing says who was assigned and never exposed. Declare `data.assignments`, or log "
            "the exposure in every arm whether or not it shows something new.",
        )
        return
    hits = counted(experiment, statistics, "assigned_not_exposed")
    assigned = counted(experiment, statistics, "assigned")
    found = compare(hits, assigned, experiment, "triggering")
    elsewhere = statistics.count("assigned_elsewhere")
    unassigned = statistics.count("exposed_not_assigned")
    early = statistics.count("exposed_before_assigned")
    whole = sum(assigned.values()) + unassigned
    astray = (elsewhere + unassigned) / whole if whole else 0.0
    many = astray > found.limits["warns_above"]
    severity: Severity = "pass"
    if found.material:
        severity = "fail"
    elif found.certain or many:
        severity = "warn"
    elif elsewhere or unassigned or early:
        severity = "info"
    told = [_shares(found)]
    if found.certain and found.tested is not None:
        told.append(f"The share differs by arm ({found.tested.said}): {_FALL_BACK}")
    if elsewhere or unassigned:
        told.append(
            f"Exposed in another arm than assigned: {words.count(elsewhere)}; exposed without "
            f"an assignment: {words.count(unassigned)}."
            + (" Find out what draws arms a second time." if many else "")
        )
    if early:
        told.append(f"Exposed before they were assigned: {words.count(early)}.")
    yield Check(
        id="triggering",
        severity=severity,
        scope="experiment",
        message=" ".join(told),
        figures={
            **found.figures(),
            "assigned_elsewhere": elsewhere,
            "exposed_not_assigned": unassigned,
            "exposed_before_assigned": early,
            "share_astray": astray,
        },
    )


def _shares(found: Comparison) -> str:
    total = sum(found.totals.values())
    if not sum(found.hits.values()):
        return f"All {words.count(total)} assigned units were exposed."
    return (
        f"Assigned units that were never exposed: {words.by_arm(found.hits, found.totals)}. They "
        f"are not analysed: effects are those on the {words.percent(1 - found.share)} that were, "
        "and over all assigned units as much smaller."
    )
