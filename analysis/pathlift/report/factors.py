"""What a report says of factors that the arms cross, and of the order in which arms prompt."""

from pathlift.result.model import Estimate

FACTORS_ABOUT = (
    "Levels of a factor are compared as means over its arms, each arm weighted equally whatever "
    "its size. An interaction is how much a difference of levels differs between levels of another "
    "factor; where there is one, the main effects are averages of unlike effects."
)


def factor_subject(estimate: Estimate) -> str:
    """Which levels are compared.

    Parameters
    ----------
    estimate : Estimate
        Of estimand ``factor`` or ``factor_interaction``.

    Returns
    -------
    str
        Such as ``order=trust_first vs order=need_first``, or ``channel=content vs
        channel=search, at order=trust_first vs at order=need_first``.
    """
    if len(estimate.factors) < 2:
        return f"{estimate.arm} vs {estimate.control}"
    at = f" at {estimate.factors[-1]}="
    place = estimate.arm.rfind(at)
    return f"{estimate.arm[:place]},{estimate.arm[place:]} vs{estimate.control[place:]}"
