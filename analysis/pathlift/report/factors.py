"""What a report says of factors that the arms cross, and of averages planned to be compared."""

from collections.abc import Mapping

from pathlift.result.model import Estimate

FACTORS_ABOUT = (
    "Levels of a factor are compared as means over its arms, each arm weighted equally whatever "
    "its size. An interaction is how much a difference of levels differs between levels of another "
    "factor; where there is one, the main effects are averages of unlike effects."
)

PLANNED_ABOUT = (
    "Averages over arms by the weights in the definition, whatever the arms' sizes: what their "
    "units would give in those shares. No arm ships by them, and no decision reads them."
)


def planned_subject(estimate: Estimate) -> str:
    """Which averages are compared.

    Parameters
    ----------
    estimate : Estimate
        Of estimand ``planned``.

    Returns
    -------
    str
        Such as ``others (0.5 content + 0.5 influencer) vs search``.
    """
    weights = estimate.weights or {}
    sides = [
        _weighed(name, {arm: abs(w) for arm, w in weights.items() if w * sign > 0})
        for name, sign in ((estimate.arm, 1), (estimate.control, -1))
    ]
    return " vs ".join(sides)


def _weighed(name: str, weights: Mapping[str, float]) -> str:
    words = " + ".join(f"{weight:.4g} {arm}" for arm, weight in weights.items())
    return name if len(weights) < 2 or name == words else f"{name} ({words})"


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
