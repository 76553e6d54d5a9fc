"""In which arm is a unit read? In the one that it was drawn into, or in that which combines it."""

from sqlglot import exp

from pathlift.outcomes.composing import case, name, parse, value
from pathlift.registry.experiment import Experiment


def arms_as_compared(experiment: Experiment) -> tuple[list[str], exp.Expr]:
    """Arms as they are compared, and the place of a unit's among them.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    list of str
        Names, members of a combined arm under its name, in order of first appearance.
    sqlglot expression
        Over ``facts.arm``: a place in that list, from 0.
    """
    into = {
        member: combined for combined, members in experiment.combine.items() for member in members
    }
    names = [into.get(arm.name, arm.name) for arm in experiment.arms]
    distinct = list(dict.fromkeys(names))
    arm = name("arm", "facts")
    if len(distinct) == len(names):
        return distinct, arm
    *first, last = (value(distinct.index(each)) for each in names)
    cases = [
        (parse("$arm = $n", arm=arm.copy(), n=value(place)), read)
        for place, read in enumerate(first)
    ]
    return distinct, case(cases, last)
