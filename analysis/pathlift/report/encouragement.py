"""What a report says of encouragement beside its numbers: what they lean on, and why off."""

from pathlift.report.words import ordering_words
from pathlift.result.model import Estimate

ENCOURAGEMENT_ABOUT = (
    "Off unless asked for, and never the effect of an ordering on everybody. Wald's "
    "ratio is the effect of taking the ordering on those whom the arm brought to it only if arms "
    "move conversion through this ordering alone (exclusion) and bring nobody away from it "
    "(monotonicity). Neither follows from randomisation, and both fail in the plainest model of "
    "shoppers (simulated: 3 to 5% brought away, and a ratio of up to 12 points where orderings do "
    "nothing). To learn what order does, draw the order of prompts. The set is Anderson and "
    "Rubin's: right however weak the first stage is, and possibly no interval. Control and arm are "
    "conversion of compliers who do not take the ordering, and who do; if the assumptions hold "
    "these are shares, so outside of 0 to 100%, by more than chance, they speak against them."
)


def encouraged_subject(estimate: Estimate) -> str:
    """Which ordering, encouraged by which arm.

    Parameters
    ----------
    estimate : Estimate

    Returns
    -------
    str
    """
    said = f"{ordering_words(estimate.ordering)}, {estimate.arm} vs {estimate.control}"
    return f"{said} (structural)" if estimate.estimand == "structural" else said
