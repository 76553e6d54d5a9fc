"""Do the times of stages tell an order at all? Methods 4, V13 and V14; 1.4, E3 and E4."""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import shares_by_cluster
from pathlift.judgement.checks.facts import compare, counted, has_counter, not_checked
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.statistics.cells import Label, label
from pathlift.statistics.collected import Statistics

MANY_TIES = 0.05
TOO_MANY_TIES = 0.20
MOSTLY = 0.5
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
        Above 5% or where arms differ ``warn``; above 20% ``fail``, which invalidates orderings.
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
    found = compare(tied, whole, experiment, tested=by_cluster)
    refused, noticed = found.share > TOO_MANY_TIES, found.share > MANY_TIES
    message = (
        f"Of {words.count(sum(whole.values()))} mature units that show two stages or more, "
        f"{words.count(sum(tied.values()))} ({words.percent(found.share)}) show two at one time "
        f"({words.by_arm(tied, whole)})."
    )
    if refused:
        message += (
            " That is too many to speak of an order: log finer times, or tell apart the events "
            "that the stages share."
        )
    elif noticed:
        message += " Look for times rounded to seconds or batches, and for one event in two stages."
    if found.certain and found.tested is not None:
        message += f" The share differs by arm ({found.tested.said}): arms log times differently."
    yield Check(
        id="ties",
        severity="fail" if refused else "warn" if noticed or found.certain else "pass",
        scope="orderings",
        message=message,
        figures={
            **found.figures(),
            "resolution_seconds": experiment.resolution.total_seconds(),
            "warns_above": MANY_TIES,
            "fails_above": TOO_MANY_TIES,
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
    found = compare(hits, totals, experiment)
    mostly = [arm for arm, share in found.shares.items() if share is not None and share > MOSTLY]
    message = (
        "Labels whose first stage lies at the instant of exposure: "
        f"{words.by_arm(found.hits, found.totals)}."
    )
    if mostly:
        message += (
            f" In {words.listed(mostly)} the ordering mostly follows from how units are exposed, "
            "not from what they do. Leave the event of the exposure out of that stage."
        )
    yield Check(
        id="mechanical",
        severity="warn" if mostly else "pass",
        scope="orderings",
        message=message,
        figures={**found.figures(), "arms": mostly, "warns_above": MOSTLY},
    )


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
