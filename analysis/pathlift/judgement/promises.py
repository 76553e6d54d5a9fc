"""What becomes of numbers and verdict when the plan was changed after it was locked."""

from collections.abc import Iterable

from pathlift.judgement.words import listed
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Decision, Estimate

_FLAG = "exploratory"


def flagged(experiment: Experiment, estimates: Iterable[Estimate]) -> tuple[Estimate, ...]:
    """Flag every estimate as exploratory where what the decision is about was changed.

    Parameters
    ----------
    experiment : Experiment
    estimates : iterable of Estimate

    Returns
    -------
    tuple of Estimate
        In the same order; numbers and causal status as they were.
    """
    if experiment.registration is None or not experiment.registration.exploratory:
        return tuple(estimates)
    return tuple(
        each if _FLAG in each.flags else each.model_copy(update={"flags": (*each.flags, _FLAG)})
        for each in estimates
    )


def as_promised(experiment: Experiment, decision: Decision) -> Decision:
    """Say beside the verdict that it is not of the plan that was locked.

    Parameters
    ----------
    experiment : Experiment
    decision : Decision

    Returns
    -------
    Decision
        The same verdict.
    """
    locked = experiment.registration
    if locked is None or not locked.exploratory:
        return decision
    said = f"Exploratory: {listed(locked.deciding)} changed after the plan was locked."
    return decision.model_copy(update={"sentence": f"{decision.sentence} {said}"})
