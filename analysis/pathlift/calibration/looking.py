"""Many looks at one experiment, by the functions that `analyze` calls at each of them.

What a ledger would hold between looks is handed on in memory.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pathlift.calibration.estimating import drafts_of
from pathlift.inference.looking import at_this_look, over_looks, plan_of
from pathlift.inference.solving import solve
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment, LookPlan, Metric
from pathlift.result.looks import Earlier
from pathlift.result.model import Estimate
from pathlift.statistics.collected import Statistics


def with_looks(experiment: Experiment, **plan: Any) -> Experiment:
    """Plan looks.

    Parameters
    ----------
    experiment : Experiment
    **plan
        Fields of `LookPlan`.

    Returns
    -------
    Experiment
    """
    return replace(experiment, analysis=replace(experiment.analysis, looks=LookPlan(**plan)))


def looked(
    experiment: Experiment, metric: Metric, tables: Sequence[Statistics], *, until_found: bool
) -> list[tuple[Estimate, ...]]:
    """Estimate a metric's contrasts at every look.

    Parameters
    ----------
    experiment : Experiment
        With its plan of looks.
    metric : Metric
    tables : sequence of Statistics
        Of the units until each look.
    until_found : bool
        Whether to stop at the first look whose interval excludes no effect.

    Returns
    -------
    list of tuple of Estimate
        One tuple a look.
    """
    families = declare_families(experiment)
    earlier: list[Earlier] = []
    found: list[tuple[Estimate, ...]] = []
    for number, statistics in enumerate(tables, 1):
        drafts = drafts_of(experiment, metric, statistics, families)
        drafts, levels = at_this_look(experiment, drafts, earlier)
        estimates = solve(drafts, alpha=experiment.analysis.alpha, levels=levels)
        found.append(estimates)
        if until_found and any(map(excludes_zero, estimates)):
            break
        contrasts = over_looks(experiment, drafts, estimates, levels, earlier, look=number)
        earlier.append(
            Earlier(
                look=number,
                definition=experiment.definition_hash,
                plan=plan_of(experiment),
                units={arm.arm: arm.units for arm in statistics.arms},
                caps={},
                contrasts={contrast.id: contrast for contrast in contrasts},
            )
        )
    return found


def excludes_zero(estimate: Estimate) -> bool:
    """Whether an interval lies on one side of no effect.

    Parameters
    ----------
    estimate : Estimate
        One that was refused excludes nothing.

    Returns
    -------
    bool
    """
    span = estimate.absolute
    if span is None:
        return False
    return (span.low is not None and span.low > 0) or (span.high is not None and span.high < 0)
