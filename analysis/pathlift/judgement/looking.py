"""What do all looks together say, where a decision may read them all? Computes nothing."""

from collections.abc import Iterable

from pathlift.judgement import words
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Conclusion, ContrastLook, Estimate, Looks, Span


def as_decided(estimates: Iterable[Estimate], looks: Looks | None) -> tuple[Estimate, ...]:
    """Estimates as a decision reads them.

    Parameters
    ----------
    estimates : iterable of Estimate
        Of this look.
    looks : Looks or None

    Returns
    -------
    tuple of Estimate
        With ``anytime``, those that decide hold the running intersection of all their intervals
        and the smallest p-value so far; an empty intersection is not estimated. With
        ``group_sequential``, a contrast whose planned information had been seen before is read at
        the look that saw all of it. Otherwise, and for all else, the same.
    """
    if looks is None or looks.method == "fixed":
        return tuple(estimates)
    over = {contrast.id: contrast for contrast in looks.contrasts}
    return tuple(
        _running(estimate, over[estimate.id]) if estimate.id in over else estimate
        for estimate in estimates
    )


def from_look(looks: Looks | None, estimate: Estimate | None) -> str:
    """Which look a decision is read from, in words.

    Parameters
    ----------
    looks : Looks or None
    estimate : Estimate or None
        The one that decides.

    Returns
    -------
    str
        A clause; empty where it is this look, or no look was taken before.
    """
    if looks is None or estimate is None or looks.method == "fixed":
        return ""
    found = next((each for each in looks.contrasts if each.id == estimate.id), None)
    if found is None or found.running_look is None or found.running_p is None:
        return ""
    if found.p_value is not None and found.p_value <= found.running_p:
        return ""
    if looks.method == "group_sequential":
        return f"at look {found.running_look}, which had seen all planned information"
    told = words.p_value(found.running_p).removeprefix("p = ")
    smallest = f"the smallest p ({told}) at look {found.running_look}"
    return f"over all looks, with {smallest}"


def units_left(experiment: Experiment, matured: int) -> int:
    """Planned units that are not mature yet.

    Parameters
    ----------
    experiment : Experiment
    matured : int
        Of the deciding metric that has the fewest.

    Returns
    -------
    int
        0 with fixed looks.
    """
    planned = experiment.analysis.looks.planned_units
    return 0 if planned is None else max(planned - matured, 0)


def _running(estimate: Estimate, over: ContrastLook) -> Estimate:
    if over.inconsistent:
        reason = (
            "the intervals of the looks so far have no value in common (inconsistent): units, "
            "effect or definition changed on the way"
        )
        return estimate.model_copy(
            update={"conclusion": "not_estimated", "not_estimated": {"reason": reason}}
        )
    if over.running is None:
        return estimate
    if estimate.not_estimated is not None:
        return _at_its_end(estimate, over)
    family = estimate.simultaneous if estimate.role != "guardrail" else None
    absolute = _kept(over.running, estimate.absolute)
    relative = _kept(over.running_relative, estimate.relative)
    if family is not None:
        family = family.model_copy(
            update={"absolute": absolute, "relative": relative, "p_adjusted": over.running_p}
        )
    changed = estimate.model_copy(
        update={
            "absolute": absolute,
            "relative": relative,
            "p_value": over.running_p if family is None else estimate.p_value,
            "simultaneous": family,
        }
    )
    if estimate.role != "guardrail":
        return changed
    return changed.model_copy(update={"conclusion": _guarded(changed)})


def _at_its_end(estimate: Estimate, over: ContrastLook) -> Estimate:
    """A contrast without estimate at this look, as the looks before it left it."""
    changed = estimate.model_copy(
        update={
            "absolute": over.running,
            "relative": over.running_relative,
            "p_value": over.running_p,
            "conclusion": "not_shown" if estimate.role == "guardrail" else "no_difference_shown",
            "not_estimated": None,
        }
    )
    if estimate.role != "guardrail":
        return changed
    return changed.model_copy(update={"conclusion": _guarded(changed)})


def _kept(running: Span | None, own: Span | None) -> Span | None:
    if running is None:
        return own
    return running.model_copy(update={"estimate": None if own is None else own.estimate})


def _guarded(estimate: Estimate) -> Conclusion:
    """What the running intersection says of a margin."""
    span = estimate.relative if estimate.null_scale == "relative" else estimate.absolute
    if span is None:
        return "not_shown"
    null, lower = estimate.null_value, estimate.better == "lower"
    good, bad = (span.high, span.low) if lower else (span.low, span.high)
    if good is not None and (good < null if lower else good > null):
        return "non_inferior"
    if bad is not None and (bad > null if lower else bad < null):
        return "harmed"
    return "not_shown"
