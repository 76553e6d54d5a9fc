"""Do the times of stages tell an order at all? Methods 4, V13 and V14; 1.4, E3 and E4."""

from collections.abc import Iterator
from datetime import timedelta

from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import shares_by_cluster
from pathlift.judgement.checks.facts import compare, counted, has_counter, not_checked, worst
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.cells import Label, label
from pathlift.statistics.collected import Statistics

NO_STAGES = "no `stages:` are declared, so there is no order to check."


def ties(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Share of units with tied stages, among mature units that show two stages or more.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        Above 5% or where arms differ ``warn``; above 20%, or where the window is no longer than
        a cell of the grid, ``fail``, which invalidates orderings. Ties that a declared priority
        breaks are ``info`` above 5%, and ``warn`` above 20%.
    """
    if not experiment.stages:
        yield not_checked("ties", NO_STAGES, "orderings")
        return
    names = [arm.name for arm in experiment.analyzed_arms]
    tied, whole = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for arm, seen, units in _labelled(experiment, statistics):
        if _several(seen):
            whole[arm] += units
            tied[arm] += units if seen.tied else 0
    stages = experiment.stage_names
    by_cluster = shares_by_cluster(
        experiment,
        statistics,
        lambda code: label(code, stages).tied,
        lambda code: _several(label(code, stages)),
        converted=False,
    )
    found = compare(tied, whole, experiment, "ties", tested=by_cluster)
    limit = found.limits
    coarse = experiment.window is not None and experiment.window <= experiment.resolution
    broken = experiment.ties == "priority"
    many, noticed = found.share > limit["fails_above"], found.share > limit["warns_above"]
    severity: Severity = "pass"
    message = (
        f"Of {words.count(sum(whole.values()))} mature units that show two stages or more, "
        f"{words.count(sum(tied.values()))} ({words.percent(found.share)}) show two at one time "
        f"({words.by_arm(tied, whole)})."
    )
    if broken and any(tied.values()):
        message += f" They are read as {' before '.join(experiment.priority)}, as declared."
    if many:
        severity = "warn" if broken else "fail"
        message += (
            " So the order of many is what was declared, not what was logged."
            if broken
            else " That is too many to speak of an order: log finer times, or tell apart the "
            "events that the stages share."
        )
    elif noticed:
        severity = "info" if broken else "warn"
        message += " Look for times rounded to seconds or batches, and for one event in two stages."
    if found.certain and found.tested is not None:
        severity = worst([severity, "warn"])
        message += f" The share differs by arm ({found.tested.said}): arms log times differently."
    if coarse:
        severity = "fail"
        message += (
            f" The window ({_seconds(experiment.window)}) is no longer than one cell of the grid "
            f"({_seconds(experiment.resolution)}), so there is no order within it. Lengthen "
            "`window`, or make `resolution` finer."
        )
    yield Check(
        id="ties",
        severity=severity,
        scope="orderings",
        message=message,
        figures={
            **found.figures(),
            "policy": experiment.ties,
            "resolution_seconds": experiment.resolution.total_seconds(),
            "window_seconds": None
            if experiment.window is None
            else experiment.window.total_seconds(),
            "too_coarse": coarse,
        },
    )


def mechanical(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Share of labels whose first stage lies at the instant of exposure: true by construction.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    if not experiment.stages:
        yield not_checked("mechanical", NO_STAGES, "orderings")
        return
    if not has_counter(statistics, "labelled"):
        yield not_checked(
            "mechanical",
            "the data hold no time of exposure. Declare `columns.exposed_at`.",
            "orderings",
        )
        return
    hits, totals = (counted(experiment, statistics, name) for name in ("mechanical", "labelled"))
    found = compare(hits, totals, experiment, "mechanical")
    above = found.limits["warns_above"]
    mostly = [arm for arm, share in found.shares.items() if share is not None and share > above]
    message = (
        "Labels whose first stage lies at the instant of exposure: "
        f"{words.by_arm(found.hits, found.totals)}."
    )
    if mostly:
        message += (
            f" In {words.listed(mostly)} the ordering mostly follows from how units are exposed, "
            "not from what they do: what is said of its orderings is descriptive, and its first "
            "steps are invalid. Leave the event of the exposure out of that stage."
        )
    yield Check(
        id="mechanical",
        severity="warn" if mostly else "pass",
        scope="orderings",
        message=message,
        figures={**found.figures(), "arms": mostly},
    )


def _seconds(length: timedelta | None) -> str:
    return "none" if length is None else f"{length.total_seconds():g} s"


def _several(seen: Label) -> bool:
    """Whether a label holds two stages or more."""
    return seen.ordering.replace("=", ">").count(">") >= 1


def _labelled(experiment: Experiment, statistics: Statistics) -> Iterator[tuple[str, Label, int]]:
    """Arm, label and units of every mature cell of an arm that enters tests."""
    arms = {arm.name for arm in experiment.analyzed_arms}
    cells = statistics.cells
    for row, cell in enumerate(cells.cells):
        if cell.arm in arms and cell.maturity >= statistics.label_class:
            yield cell.arm, label(cell.label, experiment.stage_names), int(cells.units[row])
