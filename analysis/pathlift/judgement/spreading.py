"""Which failed checks take away what is said of who got what? Numbers stay, the status changes."""

from collections.abc import Iterable

from pathlift.result.concentration import Concentration
from pathlift.result.model import Check


def spreads_with_validity(
    checks: Iterable[Check], found: Iterable[Concentration]
) -> tuple[Concentration, ...]:
    """Mark as `invalid` what a failed check of the experiment, the metric or an arm hits.

    Parameters
    ----------
    checks : iterable of Check
    found : iterable of Concentration
        Fresh from inference.

    Returns
    -------
    tuple of Concentration
        In the same order. The shape of a mean's distribution (check ``skew``) takes nothing away.
    """
    hit = {check.scope for check in checks if check.severity == "fail" and check.id != "skew"}
    return tuple(_marked(each, hit) for each in found)


def _marked(each: Concentration, hit: set[str]) -> Concentration:
    whole = bool(hit & {"experiment", f"metric:{each.metric}"})
    invalid = {"causal_status": "invalid"}
    return each.model_copy(
        update={
            "arms": tuple(
                arm.model_copy(update=invalid) if whole or f"arm:{arm.arm}" in hit else arm
                for arm in each.arms
            ),
            "contrasts": tuple(
                one.model_copy(update=invalid)
                if whole or hit & {f"arm:{one.arm}", f"arm:{one.control}"}
                else one
                for one in each.contrasts
            ),
        }
    )
