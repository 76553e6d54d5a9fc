"""How one arm stands on one metric that decides.

Reads the corrected interval where there is one. Knows neither other metrics nor other arms.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from pathlift.judgement import effects
from pathlift.registry.experiment import Experiment, Margin, Metric
from pathlift.result.model import Estimate, Span

Standing = Literal["met", "worse", "short", "held", "harmed", "not_shown", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One arm on one metric.

    Attributes
    ----------
    metric : Metric
    standing : {'met', 'worse', 'short', 'held', 'harmed', 'not_shown', 'unknown'}
        A success metric is ``met``, ``worse`` or falls ``short``; a guardrail is ``held`` (not
        inferior), ``harmed`` or ``not_shown``; either is ``unknown`` where it is not estimated.
    compared : bool
        Whether the file declares a contrast of the arm with the control.
    estimate : Estimate or None
    reason : str
        A clause without full stop: what was found, with the interval it was read from.
    """

    metric: Metric
    standing: Standing
    compared: bool
    estimate: Estimate | None
    reason: str


def read_success(
    experiment: Experiment, metric: Metric, arm: str, estimates: Iterable[Estimate]
) -> Reading:
    """Read a metric that has to become better.

    Parameters
    ----------
    experiment : Experiment
    metric : Metric
    arm : str
        A treated arm, compared with the control.
    estimates : iterable of Estimate

    Returns
    -------
    Reading
    """
    estimate, unknown = _found(experiment, metric, arm, estimates)
    if estimate is None or unknown is not None:
        return unknown or _unknown(metric, "it is not estimated")
    if metric.equivalence is not None:
        return _read_equivalence(metric, metric.equivalence, estimate)
    worth = experiment.decision.worth.get(metric.name)
    said = effects.effect(metric, estimate, worth)
    standing: Standing
    if _beyond(metric, estimate, worth):
        standing, reason = "met", said
        if worth is not None:
            reason += f", beyond the {effects.distance(metric, worth)} that it is worth"
    elif _beyond(_reversed(metric), estimate, None):
        standing, reason = "worse", f"{said}, which is worse"
    else:
        standing, reason = "short", said
        reason += (
            f", not beyond the {effects.distance(metric, worth)} that it is worth"
            if worth is not None and _beyond(metric, estimate, None)
            else ", so neither a gain nor a loss is shown"
        )
    return Reading(
        metric=metric, standing=standing, compared=True, estimate=estimate, reason=reason
    )


def _read_equivalence(metric: Metric, within: Margin, estimate: Estimate) -> Reading:
    """Read a metric that has to stay the same; a gain beyond the margin is no harm either."""
    said = effects.effect(metric, estimate, within)
    distance = effects.distance(metric, within)
    span = estimate.equivalence.interval if estimate.equivalence is not None else None
    standing: Standing = "short"
    reason = f"{said}, so it is not shown to be the same within {distance}"
    if estimate.conclusion == "equivalent":
        standing, reason = "met", f"{said}, the same within {distance}"
    elif span is not None and _wholly_worse(metric, span, within):
        standing, reason = "worse", f"{said}, worse by more than {distance}"
    return Reading(
        metric=metric, standing=standing, compared=True, estimate=estimate, reason=reason
    )


def _wholly_worse(metric: Metric, span: Span, within: Margin) -> bool:
    if metric.better == "higher":
        return span.high is not None and span.high < -within.value
    return span.low is not None and span.low > within.value


def read_guardrail(
    experiment: Experiment, metric: Metric, arm: str, estimates: Iterable[Estimate]
) -> Reading:
    """Read a metric that must not get worse by more than its margin.

    Parameters
    ----------
    experiment : Experiment
    metric : Metric
    arm : str
    estimates : iterable of Estimate

    Returns
    -------
    Reading
        By the estimate's own conclusion, which was tested against the margin.
    """
    estimate, unknown = _found(experiment, metric, arm, estimates)
    if estimate is None or unknown is not None:
        return unknown or _unknown(metric, "it is not estimated")
    margin = effects.distance(metric, metric.margin) if metric.margin else "margin"
    said = effects.effect(metric, estimate, metric.margin)
    standing: Standing
    match estimate.conclusion:
        case "non_inferior":
            standing, reason = "held", f"guardrail {said}, within its margin of {margin}"
        case "harmed":
            standing, reason = "harmed", f"guardrail {said}, wholly beyond its margin of {margin}"
        case _:
            standing = "not_shown"
            reason = f"guardrail {said}, so harm beyond its margin of {margin} is not ruled out"
    return Reading(
        metric=metric, standing=standing, compared=True, estimate=estimate, reason=reason
    )


def _found(
    experiment: Experiment, metric: Metric, arm: str, estimates: Iterable[Estimate]
) -> tuple[Estimate | None, Reading | None]:
    control = experiment.control.name
    found = next(
        (
            estimate
            for estimate in estimates
            if estimate.estimand == "itt"
            and estimate.metric == metric.name
            and estimate.ordering is None
            and estimate.segment is None
            and (estimate.arm, estimate.control) == (arm, control)
        ),
        None,
    )
    if found is None:
        declared = any((c.arm, c.control) == (arm, control) for c in experiment.analysis.contrasts)
        if declared:
            return None, _unknown(metric, f"there is no estimate against {control}")
        reason = f"{arm} is not compared with the control {control} by `analysis.contrasts`"
        return None, Reading(
            metric=metric, standing="unknown", compared=False, estimate=None, reason=reason
        )
    if found.conclusion == "not_estimated" or found.not_estimated is not None:
        reason = (found.not_estimated or {}).get("reason", "")
        return found, _unknown(metric, reason or "no reason was given", found)
    if found.absolute is None or found.absolute.estimate is None:
        return found, _unknown(metric, "its difference is not defined", found)
    return found, None


def _unknown(metric: Metric, reason: str, estimate: Estimate | None = None) -> Reading:
    return Reading(
        metric=metric,
        standing="unknown",
        compared=True,
        estimate=estimate,
        reason=f"{metric.name} is not estimated: {reason.rstrip('.')}",
    )


def _beyond(metric: Metric, estimate: Estimate, distance: Margin | None) -> bool:
    """Whether the effect is shown to lie further on the good side than a distance, or than 0."""
    span = effects.decisive(estimate, distance.scale if distance is not None else "absolute")
    if not _rejected(estimate) or span is None:
        return False
    least = distance.value if distance is not None else 0.0
    if metric.better == "higher":
        return span.low is not None and span.low > least
    return span.high is not None and span.high < -least


def _rejected(estimate: Estimate) -> bool:
    """Where interval and adjusted p need not agree (Holm), both have to say so."""
    family = estimate.simultaneous
    if family is None or family.interval_matches_p:
        return True
    return family.p_adjusted is not None and family.p_adjusted < estimate.alpha


def _reversed(metric: Metric) -> Metric:
    return replace(metric, better="lower" if metric.better == "higher" else "higher")
