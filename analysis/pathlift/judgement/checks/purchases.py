"""Whether stages come before the purchase, or with it. Methods 1.4, E5.

A stage in the purchase's cell of the grid counts as before it, since it is a precondition. Where
that is so of most, the order is that rule, not what was logged.
"""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.facts import compare, counted, has_counter, not_checked
from pathlift.judgement.checks.stages import NO_STAGES
from pathlift.registry.experiment import Experiment, Stage
from pathlift.result.model import Check, Severity
from pathlift.statistics.cells import UNKNOWN
from pathlift.statistics.collected import Statistics

_RANK = {"need": 16, "touchpoint": 4, "trust": 1}


def purchase_ties(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Share of conversions with a stage in which that stage lies in the cell of the purchase.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One for each stage. Above a fifth, or where arms differ, ``warn``; above half of 20 or more
        ``fail``.
    """
    if not experiment.stages:
        yield not_checked("purchase_ties", NO_STAGES, "orderings")
        return
    if not has_counter(statistics, "purchase_tied"):
        yield not_checked(
            "purchase_ties", "the data hold no time of exposure or of stages.", "orderings"
        )
        return
    for stage in experiment.stage_names:
        yield _of_stage(experiment, statistics, stage)


def _of_stage(experiment: Experiment, statistics: Statistics, stage: Stage) -> Check:
    hits = counted(experiment, statistics, "purchase_tied", other=stage)
    totals = dict.fromkeys(hits, 0)
    for cell, (_, converted) in statistics.cells.counts().items():
        seen = cell.label != UNKNOWN and cell.label // _RANK[stage] % 4
        if seen and cell.arm in totals and cell.maturity >= statistics.label_class:
            totals[cell.arm] += converted
    found = compare(hits, totals, experiment, "purchase_ties")
    limit = found.limits
    many = found.share > limit["fails_above"] and sum(totals.values()) >= limit["enough"]
    severity: Severity = "pass"
    message = (
        f"Conversions with {stage} that share its moment: {words.by_arm(hits, found.totals)}. It "
        "counts as before them."
    )
    if many:
        severity = "fail"
        message += (
            f" That is most of them, so {stage} may follow from the purchase: look for a condition "
            "that holds for the purchase itself, and for events logged with it or in batches."
        )
    elif found.share > limit["warns_above"] or found.certain:
        severity = "warn"
        message += " Look for events that are logged together with the purchase."
    if found.certain and found.tested is not None:
        message += f" The share differs by arm ({found.tested.said}): arms log it differently."
    return Check(
        id="purchase_ties",
        severity=severity,
        scope=f"stage:{stage}",
        message=message,
        figures={
            **found.figures(),
            "resolution_seconds": experiment.resolution.total_seconds(),
        },
    )
