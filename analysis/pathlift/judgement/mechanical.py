"""What about orderings follows from how units are exposed, and so says nothing of an arm.

Methods 2.1 and 4, V14: where the exposure itself supplies the first stage of most labels of an
arm, its orderings are true by construction. Conversion knows no stage and stays.
"""

from collections.abc import Iterable

from pathlift.judgement.undirected import undirected
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Estimate, Omnibus
from pathlift.result.values import CausalStatus

FLAG = "mechanical"


def mechanical_arms(experiment: Experiment, checks: Iterable[Check]) -> frozenset[str]:
    """Arms whose labels mostly begin at the instant of exposure.

    Parameters
    ----------
    experiment : Experiment
    checks : iterable of Check

    Returns
    -------
    frozenset of str
        As drawn, and the combined arms that they are part of.
    """
    drawn = {
        str(arm)
        for check in checks
        if check.id == "mechanical" and check.severity in ("warn", "fail")
        for arm in check.figures.get("arms", ())
    }
    combined = {name for name, members in experiment.combine.items() if drawn & set(members)}
    return frozenset(drawn | combined)


def by_construction(estimate: Estimate, arms: frozenset[str]) -> Estimate:
    """An estimate about orderings with the status that such an arm leaves it.

    Parameters
    ----------
    estimate : Estimate
        About orderings.
    arms : frozenset of str
        From `mechanical_arms`.

    Returns
    -------
    Estimate
        ``descriptive``, and a first step ``invalid``, where one of its arms is among them; flagged
        ``mechanical``. Numbers stay, and so does ``invalid``.
    """
    own = (estimate.arm, estimate.control) if estimate.weights is None else tuple(estimate.weights)
    if not arms & set(own) or estimate.causal_status == "invalid":
        return estimate
    status = _status(estimate.estimand)
    read = undirected(estimate) if status == "descriptive" else estimate
    return read.model_copy(
        update={"causal_status": status, "flags": (*estimate.flags, FLAG), "assumptions": ()}
    )


def over_arms_by_construction(test: Omnibus, arms: frozenset[str]) -> Omnibus:
    """A test of orderings over all arms, likewise.

    Parameters
    ----------
    test : Omnibus
        About orderings.
    arms : frozenset of str
        From `mechanical_arms`.

    Returns
    -------
    Omnibus
    """
    if not arms or test.causal_status == "invalid":
        return test
    return test.model_copy(update={"causal_status": _status(test.estimand)})


def _status(estimand: str) -> CausalStatus:
    return "invalid" if estimand == "first_step" else "descriptive"
