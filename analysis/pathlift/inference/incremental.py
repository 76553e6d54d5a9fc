"""Shares of an effect that are new, and that are taken from the rest; by Fieller.

Puts the solved contrasts of a family together. What they mean for a reader is judged elsewhere.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pathlift.inference.increments import OF, FamilyReading, Readings
from pathlift.inference.relative import RatioSet, SetKind, ratio_set
from pathlift.inference.tails import two_sided_critical
from pathlift.registry.durations import say_duration
from pathlift.registry.experiment import Contrast, Experiment, MetricFamily
from pathlift.result.increments import Effect, FamilyContrast, IncrementalFamily, Share
from pathlift.result.model import Estimate
from pathlift.result.values import CausalStatus, ConfidenceSet

EXCEEDS = "part_exceeds_whole"
"""Flag of a rest whose mean is below 0 in an arm: then the part may be none."""

_METHOD = "part and whole of the same units, the rest by difference; Fieller's set of their ratio"


def split_increments(
    experiment: Experiment, readings: Readings, estimates: Sequence[Estimate]
) -> tuple[tuple[Estimate, ...], tuple[IncrementalFamily, ...]]:
    """Take the families of metrics out of all estimates.

    Parameters
    ----------
    experiment : Experiment
        With combined arms in place of their members.
    readings : mapping of str to FamilyReading or str
        From `read_families`.
    estimates : sequence of Estimate
        All of a result.

    Returns
    -------
    estimates : tuple of Estimate
        Without those of parts and wholes, which are estimates of their own metrics already.
    families : tuple of IncrementalFamily
        In the order of the definition, without findings.
    """
    mine = {
        (e.metric, e.estimand, e.arm, e.control): e
        for e in estimates
        if e.estimand in OF and e.segment is None
    }
    families = tuple(
        _family(experiment, family, readings[family.name], mine) for family in experiment.families
    )
    return tuple(e for e in estimates if e.estimand not in ("part", "whole")), families


def _family(
    experiment: Experiment,
    family: MetricFamily,
    reading: FamilyReading | str,
    mine: Mapping[tuple[str | None, str, str, str], Estimate],
) -> IncrementalFamily:
    part, whole = experiment.metric(family.part), experiment.metric(family.whole)
    contrasts = experiment.analysis.contrasts
    first = [mine[family.name, of, c.arm, c.control] for c in contrasts for of in OF]
    corrected = next((e.simultaneous for e in first if e.simultaneous), None)
    return IncrementalFamily(
        name=family.name,
        kind=family.kind,
        part=family.part,
        whole=family.whole,
        rest=_rest(experiment, family),
        better=whole.better,
        part_window=None if part.window is None else say_duration(part.window),
        whole_window=None if whole.window is None else say_duration(whole.window),
        covariates=next((e.adjustment.covariates for e in first if e.not_estimated is None), ()),
        alpha=experiment.analysis.alpha,
        members=1 if corrected is None else corrected.members,
        method=_METHOD if corrected is None else f"{_METHOD}; {corrected.method}",
        contrasts=tuple(
            _contrast(experiment, family, reading, contrast, mine) for contrast in contrasts
        ),
    )


def _rest(experiment: Experiment, family: MetricFamily) -> str:
    match family.kind:
        case "displacement":
            return f"{family.whole} outside {family.part}"
        case "attribution":
            return f"{family.whole} that {family.part} does not count"
        case "pull_forward":
            part, whole = experiment.metric(family.part), experiment.metric(family.whole)
            assert part.window is not None
            assert whole.window is not None
            return f"{family.part} from {say_duration(part.window)} to {say_duration(whole.window)}"


def _contrast(
    experiment: Experiment,
    family: MetricFamily,
    reading: FamilyReading | str,
    contrast: Contrast,
    mine: Mapping[tuple[str | None, str, str, str], Estimate],
) -> FamilyContrast:
    three = [mine[family.name, of, contrast.arm, contrast.control] for of in OF]
    part, rest, whole = three
    refused = next((e.not_estimated for e in (whole, part, rest) if e.not_estimated), None)
    if refused is not None or isinstance(reading, str):
        return FamilyContrast(
            arm=contrast.arm,
            control=contrast.control,
            arm_units=whole.arm_units,
            control_units=whole.control_units,
            part=None,
            rest=None,
            whole=None,
            covariance=None,
            added=None,
            moved=None,
            finding=None,
            sentence="",
            causal_status=_status(family),
            not_estimated=refused or {"reason": str(reading)},
        )
    added, moved = _shares(reading, contrast, three, alpha=experiment.analysis.alpha)
    covariance = _covariance(reading, contrast)
    below = min(e for e in (rest.arm_value, rest.control_value) if e is not None) < 0
    return FamilyContrast(
        arm=contrast.arm,
        control=contrast.control,
        arm_units=whole.arm_units,
        control_units=whole.control_units,
        part=_effect(part, family.part, _status(family)),
        rest=_effect(rest, None, _status(family)),
        whole=_effect(whole, family.whole, "causal"),
        covariance=(
            (float(covariance[0, 0]), float(covariance[0, 1])),
            (float(covariance[1, 0]), float(covariance[1, 1])),
        ),
        added=added,
        moved=moved,
        finding=None,
        sentence="",
        causal_status=_status(family),
        flags=(EXCEEDS,) if below and family.kind != "pull_forward" else (),
    )


def _status(family: MetricFamily) -> CausalStatus:
    """What is attributed hangs on the arm, and so does what is not."""
    return "descriptive" if family.kind == "attribution" else "causal"


def _effect(estimate: Estimate, metric: str | None, status: CausalStatus) -> Effect:
    corrected = estimate.simultaneous
    span = (corrected.absolute if corrected else None) or estimate.absolute
    assert span is not None
    return Effect(
        metric=metric,
        arm_value=float(estimate.arm_value or 0.0),
        control_value=float(estimate.control_value or 0.0),
        effect=span,
        standard_error=float(estimate.standard_error or 0.0),
        p_value=corrected.p_adjusted if corrected else estimate.p_value,
        causal_status=status,
    )


def _covariance(reading: FamilyReading, contrast: Contrast) -> np.ndarray:
    """Of the effects on part, rest and whole, shape (3, 3)."""
    joint = reading.joint
    sign = np.array([(arm == contrast.arm) * 1.0 - (arm == contrast.control) for arm in joint.arms])
    return np.asarray(np.einsum("a,oapb,b->op", sign, joint.covariance, sign))


def _shares(
    reading: FamilyReading, contrast: Contrast, three: Sequence[Estimate], *, alpha: float
) -> tuple[Share, Share]:
    """Whole over part, and what that leaves of 1: ``-rest / part``."""
    part, rest, whole = (
        float(e.absolute.estimate) if e.absolute and e.absolute.estimate is not None else np.nan
        for e in three
    )
    covariance = _covariance(reading, contrast)
    critical = _critical(three, alpha)
    added = ratio_set(
        whole, part, covariance[2, 2], covariance[0, 0], covariance[2, 0], critical=critical
    )
    moved = ratio_set(
        -rest, part, covariance[1, 1], covariance[0, 0], -covariance[1, 0], critical=critical
    )
    return (
        Share(estimate=whole / part if part else None, set=_set(added)),
        Share(estimate=-rest / part if part else None, set=_set(moved)),
    )


def _critical(three: Sequence[Estimate], alpha: float) -> float:
    """The family's critical value; without one, alpha divided by the members."""
    corrected = three[0].simultaneous
    if corrected is not None and corrected.critical_value is not None:
        return corrected.critical_value
    df = min(np.inf if e.df is None else e.df for e in three)
    members = 1 if corrected is None else corrected.members
    return float(two_sided_critical(alpha / members, df))


def _set(found: RatioSet) -> ConfidenceSet:
    low, high = float(found.low), float(found.high)
    match SetKind(int(found.kind)):
        case SetKind.BOUNDED:
            return ConfidenceSet(kind="interval", low=low, high=high, pieces=((low, high),))
        case SetKind.ABOVE:
            return ConfidenceSet(kind="interval", low=low, high=None, pieces=((low, None),))
        case SetKind.BELOW:
            return ConfidenceSet(kind="interval", low=None, high=high, pieces=((None, high),))
        case SetKind.OUTSIDE:
            return ConfidenceSet(
                kind="complement", low=low, high=high, pieces=((None, low), (high, None))
            )
        case _:
            return ConfidenceSet(kind="line", low=None, high=None, pieces=((None, None),))
