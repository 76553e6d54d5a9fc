"""Which failed checks take away when units converted? Numbers stay, the status changes."""

from collections.abc import Iterable

from pathlift.result.conversion_times import ConversionTimes
from pathlift.result.model import Check


def conversion_times_with_validity(
    checks: Iterable[Check], found: ConversionTimes | None
) -> ConversionTimes | None:
    """Mark curves as `invalid` where a check of the experiment, the metric or an arm failed.

    Parameters
    ----------
    checks : iterable of Check
    found : ConversionTimes or None
        Fresh from inference.

    Returns
    -------
    ConversionTimes or None
        The curves are read beside each other, so what hits one arm hits all.
    """
    if found is None:
        return None
    hit = {check.scope for check in checks if check.severity == "fail"}
    reads = {"experiment", f"metric:{found.metric}", *(f"arm:{arm.arm}" for arm in found.arms)}
    return found.model_copy(update={"causal_status": "invalid"}) if hit & reads else found
