"""What becomes of numbers and verdict when nothing was promised, or what was promised changed."""

from collections.abc import Iterable

from pathlift.judgement.words import listed
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Decision, Estimate

_FLAG = "exploratory"


def flagged(experiment: Experiment, estimates: Iterable[Estimate]) -> tuple[Estimate, ...]:
    """Flag every estimate as exploratory where the definition is, or broke its promise.

    Parameters
    ----------
    experiment : Experiment
    estimates : iterable of Estimate

    Returns
    -------
    tuple of Estimate
        In the same order; numbers and causal status as they were.
    """
    if not _why(experiment):
        return tuple(estimates)
    return tuple(
        each if _FLAG in each.flags else each.model_copy(update={"flags": (*each.flags, _FLAG)})
        for each in estimates
    )


def as_promised(experiment: Experiment, decision: Decision) -> Decision:
    """Say beside the verdict that it is not of a plan that was locked before the data.

    Parameters
    ----------
    experiment : Experiment
    decision : Decision

    Returns
    -------
    Decision
        The same verdict.
    """
    why = _why(experiment)
    if not why:
        return decision
    return decision.model_copy(update={"sentence": f"{decision.sentence} Exploratory: {why}."})


def _why(experiment: Experiment) -> str:
    """What makes everything exploratory; empty where nothing does."""
    if experiment.exploratory:
        return "it was put together with the data in hand"
    locked = experiment.registration
    if locked is None or not locked.exploratory:
        return ""
    return f"{listed(locked.deciding)} changed after the plan was locked"
