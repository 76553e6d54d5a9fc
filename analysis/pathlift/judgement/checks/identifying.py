"""Do ids lead to one unit each, and are units as often known under further ids in all arms? E18."""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.facts import (
    analysed_units,
    compare,
    counted,
    has_counter,
    not_checked,
)
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics


def identities(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count the ids that lead to no unit, and compare how many units of an arm have further ids.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``warn`` where more ids than a few lead to several units or to another id, and where the
        share of units with further ids differs by arm: whoever signs in is found more often.
    """
    if not has_counter(statistics, "ids"):
        yield not_checked(
            "identities",
            "units are taken to have one id each. Where people sign in on the way, declare "
            "`data.identities`.",
        )
        return
    ids = statistics.count("ids")
    several, chained = statistics.count("ids_of_several_units"), statistics.count("ids_of_ids")
    incomplete = statistics.count("incomplete_identities")
    hits = counted(experiment, statistics, "identified_units")
    found = compare(hits, analysed_units(experiment, statistics), experiment, "identities")
    astray = (several + chained) / ids if ids else 0.0
    many = astray > found.limits["warns_above"]
    severity: Severity = (
        "warn" if many or found.certain else "info" if several + chained else "pass"
    )
    told = [
        f"Units with further ids: {words.count(sum(hits.values()))} "
        f"({words.by_arm(hits, found.totals)}), of {words.count(ids)} ids that are known."
    ]
    if several or chained:
        told.append(
            f"Ids of several units: {words.count(several)}; ids whose unit is an id of another: "
            f"{words.count(chained)}. They stay as they were logged."
            + (" Name the unit that was randomised for every id, once." if many else "")
        )
    if incomplete:
        told.append(f"Rows without an id or without a unit: {words.count(incomplete)}.")
    if found.certain and found.tested is not None:
        told.append(
            f"The share of units with further ids differs by arm ({found.tested.said}): more "
            "events are found of whoever signs in, and arms make people sign in. Compare with an "
            "analysis of ids that were known before exposure."
        )
    yield Check(
        id="identities",
        severity=severity,
        scope="experiment",
        message=" ".join(told),
        figures={
            **found.figures(),
            "ids": ids,
            "ids_of_several_units": several,
            "ids_of_ids": chained,
            "incomplete": incomplete,
        },
    )
