"""What a faulty log shows of true labels (methods 6.5): exact where stages are lost, else a reason.

A lost stage is lost for the whole of a unit, by itself: so what is seen of a label is the label
without it. Of clocks, batches and exposures that are wrong nothing is computed, and none guessed.
"""

import itertools
import math
from collections.abc import Mapping

from pathlift.simulation.arm_truth import ArmTruth
from pathlift.simulation.observation import Logging


def observed_labels(
    truth: ArmTruth, logging: Logging, *, cut: bool = False
) -> Mapping[str, Mapping[str, float]] | str:
    """Shares of true and seen labels together, at the end of the window.

    Parameters
    ----------
    truth : ArmTruth
        Of the arm.
    logging : Logging
        How its log is kept.
    cut : bool, default False
        Whether the log ends before every window has.

    Returns
    -------
    mapping of str to mapping of str to float, or str
        P(true label and seen label), by true label and then by seen label, without those that
        cannot be; all add up to 1. Else the reason why it is not known.

    Examples
    --------
    >>> from pathlift.simulation import scenario
    >>> from pathlift.simulation.arm_truth import arm_truth
    >>> world = scenario("inert")
    >>> content = arm_truth(world, world.arms[1])
    >>> seen = observed_labels(content, Logging(lost=(("need", 0.3),)))
    >>> round(content.share["touchpoint>need>trust"], 3)  # methods 6.5: .199
    0.199
    >>> round(seen["touchpoint>need>trust"]["touchpoint>need>trust"], 3)  # methods 6.5: .139
    0.139
    """
    reason = _unknown(logging, cut=cut)
    if reason:
        return reason
    return {label: _seen(label, share, logging) for label, share in truth.share.items()}


def _unknown(logging: Logging, *, cut: bool) -> str:
    faults = {
        "batches make ties": logging.batched,
        "wrong clocks change the order": logging.skewed,
        "late exposures move the window": logging.late,
        "units that are missing by class change who is seen": any(
            name and share for name, share in logging.missing
        ),
        "bots have no journey": logging.bots,
        "windows are open": cut,
    }
    said = [fault for fault, share in faults.items() if share]
    return f"not computed: {'; '.join(said)}" if said else ""


def _seen(label: str, share: float, logging: Logging) -> Mapping[str, float]:
    """Share of a label by what is left of it, over which of its stages are lost."""
    held = label.split(">") if label else []
    found: dict[str, float] = {}
    for kept in itertools.product((True, False), repeat=len(held)):
        seen = ">".join(stage for stage, keep in zip(held, kept, strict=True) if keep)
        chance = math.prod(
            1 - logging.lost_share(stage) if keep else logging.lost_share(stage)
            for stage, keep in zip(held, kept, strict=True)
        )
        if chance and share:
            found[seen] = found.get(seen, 0.0) + share * chance
    return found
