"""What is to be found, metric by metric: the lift, the test that has to find it, and how often.

Turns a definition and its baselines into comparisons of two arms; whatever is missing is a reason,
not a number. Solves nothing.
"""

from dataclasses import dataclass, replace
from itertools import permutations
from typing import Final

import numpy as np

from pathlift.planning.comparisons import Comparison
from pathlift.planning.levels import Level, contrast_matrix, family_level, level_of
from pathlift.registry.experiment import Arm, Contrast, Experiment, Margin, Metric
from pathlift.registry.plan import Baseline

INCIDENCE: Final = "incidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One thing to be found, over all contrasts.

    Attributes
    ----------
    name : str
        Of the metric, or ``incidence``.
    kind, role : str
    ordering : str or None
    decides : bool
        Whether the size of the experiment is made for it.
    power : float
    level : Level or None
    comparison : Comparison or None
        With arms of equal size; None where nothing is planned.
    design_effect : float
    margin : float or None
        Of a guardrail, in the metric's unit, written positive.
    refused : str
        Why nothing is planned; else empty.
    """

    name: str
    kind: str
    role: str
    ordering: str | None = None
    decides: bool = False
    power: float
    level: Level | None = None
    comparison: Comparison | None = None
    design_effect: float = 1.0
    margin: float | None = None
    refused: str = ""

    def between(self, arm: Arm, control: Arm) -> Comparison:
        """The comparison of two arms of the experiment.

        Parameters
        ----------
        arm, control : Arm

        Returns
        -------
        Comparison

        Raises
        ------
        ValueError
            If nothing is planned.
        """
        if self.comparison is None:
            raise ValueError(self.refused)
        return replace(self.comparison, ratio=control.weight / arm.weight)


def wishes_of(experiment: Experiment, design_effect: float | None) -> tuple[Wish, ...]:
    """What an experiment wants to find.

    Parameters
    ----------
    experiment : Experiment
        As compared: arms that are combined stand as one.
    design_effect : float or None
        Of its clusters; None where it has some and nothing is known of them.

    Returns
    -------
    tuple of Wish
        Metrics in file order, then incidences.
    """
    power = power_of_each(experiment)
    wishes = [_of_metric(experiment, metric, power) for metric in experiment.metrics]
    if experiment.stages:
        wishes += _of_incidences(experiment)
    return tuple(_clustered(wish, design_effect) for wish in wishes)


def power_of_each(experiment: Experiment) -> float:
    """Power of each metric that has to pass, so that all of them do together.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    float
        1 - (1 - power) / (metrics that all have to pass); the bound needs no independence.

    References
    ----------
    .. [1] M. Schultzberg, S. Ankargren, M. Frånberg (2024), "Risk-aware product decisions in A/B
       tests with multiple metrics".
    """
    guardrails = sum(metric.role == "guardrail" for metric in experiment.metrics)
    rule = experiment.decision
    successes = len(rule.success) if rule.need == "all" else 1
    return 1 - (1 - experiment.plan.power) / max(guardrails + successes, 1)


def _of_metric(experiment: Experiment, metric: Metric, power_of_deciding: float) -> Wish:
    rule = experiment.decision
    guard = metric.role == "guardrail"
    decides = guard or metric.name in rule.success
    wish = Wish(
        name=metric.name,
        kind=metric.kind,
        role=metric.role,
        decides=decides,
        power=power_of_deciding if decides else experiment.plan.power,
    )
    baseline = experiment.plan.baseline.get(metric.name)
    if baseline is None:
        return replace(wish, refused=f"no baseline: `plan.baseline.{metric.name}` is not given")
    if metric.equivalence is not None:
        return replace(wish, refused="sizes for an equivalence are not planned")
    together = rule.need == "any" and metric.name in rule.success
    family = len(rule.success) if together else 1
    alpha = experiment.analysis.alpha
    if not guard:
        arms, matrix = _contrasts(experiment)
        # how several success metrics go together is not known before there are data
        alpha = family_level(experiment, _variances(arms), matrix) / family
    level = level_of(
        experiment,
        alpha=alpha / 2 if guard else alpha,
        sides=1 if guard else 2,
        members=1
        if guard or experiment.analysis.multiplicity == "none"
        else len(experiment.analysis.contrasts) * family,
        decides=decides or metric.role == "primary",
        power=wish.power,
    )
    found = _comparison(experiment, metric, baseline, level)
    if isinstance(found, str):
        return replace(wish, refused=found)
    margin = None if metric.margin is None else _size(metric.margin, baseline.value)
    return replace(wish, level=level, comparison=found, margin=margin)


def _comparison(
    experiment: Experiment, metric: Metric, baseline: Baseline, level: Level
) -> Comparison | str:
    """The comparison of two arms of equal size, or why there is none."""
    nothing = _without_spread(metric, baseline)
    if nothing:
        return nothing
    sign = 1.0 if metric.better == "higher" else -1.0
    if metric.margin is not None:
        if metric.margin.scale == "relative" and baseline.value == 0:
            return "no margin is relative to a baseline of 0"
        wanted, null = 0.0, -sign * _size(metric.margin, baseline.value)
        if metric.kind == "proportion" and not 0 < baseline.value + null < 1:
            return (
                f"its margin takes a baseline of {baseline.value:g} beyond a share: everything "
                "would be accepted"
            )
    else:
        lift = lift_of(experiment, metric)
        if lift is None:
            return f"no lift: `plan.lifts.{metric.name}` is not given"
        if lift.scale == "relative" and baseline.value == 0:
            return "no lift is relative to a baseline of 0"
        wanted = sign * _size(lift, baseline.value)
        if metric.kind == "proportion" and not 0 < baseline.value + wanted < 1:
            return f"its lift takes it from {baseline.value:g} beyond a share"
        worth = experiment.decision.worth.get(metric.name)
        null = 0.0 if worth is None else sign * _size(worth, baseline.value)
        if abs(wanted) <= abs(null):
            return (
                f"a lift of {abs(wanted):g} is never found to lie above the {abs(null):g} that "
                "`decision.worth` asks for"
            )
    found = Comparison(
        kind="proportion" if metric.kind == "proportion" else "mean",
        control_value=baseline.value,
        difference=wanted,
        null_difference=null,
        standard_deviation=_standard_deviation(metric, baseline),
        alpha=level.alpha,
        sides=level.sides,
    )
    if baseline.variance_explained and metric.kind == "proportion":
        p = baseline.value
        # adjusted shares are tested as means, with what the covariates leave of p (1 - p)
        left = np.sqrt(p * (1 - p) * (1 - baseline.variance_explained))
        found = replace(found, kind="mean", standard_deviation=float(left))
    return found


def _without_spread(metric: Metric, baseline: Baseline) -> str:
    """Why a baseline, as a history may find it, leaves nothing to plan with; else empty."""
    if metric.kind == "proportion":
        if not 0 < baseline.value < 1:
            return f"its baseline is {baseline.value:g}: a share that never varies has no size"
        return ""
    spread = baseline.density if metric.kind == "quantile" else baseline.standard_deviation
    if not spread or not np.isfinite(spread):
        return "it does not vary: its baseline has no spread"
    return ""


def lift_of(experiment: Experiment, metric: Metric) -> Margin | None:
    """The lift that a metric is planned for.

    Parameters
    ----------
    experiment : Experiment
    metric : Metric

    Returns
    -------
    Margin or None
        Its own; else that of the primary metric, where it is relative or it is the primary one.
    """
    plan = experiment.plan
    own = plan.lifts.get(metric.name)
    if own is not None or plan.lift is None:
        return own
    return plan.lift if metric.role == "primary" or plan.lift.scale == "relative" else None


def _standard_deviation(metric: Metric, baseline: Baseline) -> float | None:
    if metric.kind == "proportion":
        return None
    if metric.kind == "quantile":
        q, density = metric.q or 0.5, baseline.density or float("nan")
        return float(np.sqrt(q * (1 - q)) / density)
    spread = baseline.standard_deviation or float("nan")
    return float(spread * np.sqrt(1 - baseline.variance_explained))


def _of_incidences(experiment: Experiment) -> list[Wish]:
    """One wish an ordering, all in one family."""
    plan = experiment.plan
    complete = [">".join(order) for order in permutations(experiment.stage_names)]
    empty = {
        ordering: Wish(
            name=INCIDENCE,
            kind="proportion",
            role="secondary",
            ordering=ordering,
            power=plan.power,
            refused=f"no baseline: `plan.incidence` has no {ordering}",
        )
        for ordering in complete
    }
    known = {
        ordering: plan.incidence[ordering] for ordering in complete if ordering in plan.incidence
    }
    lift = plan.lifts.get(INCIDENCE, plan.lift)
    if not known or lift is None:
        return list(empty.values()) if known else []
    arms, matrix = _contrasts(experiment)
    shares = np.array(list(known.values()))
    multinomial = np.diag(shares) - np.outer(shares, shares)
    covariance = np.kron(np.diag(_variances(arms)), multinomial)
    alpha = family_level(experiment, covariance, np.kron(matrix, np.eye(len(shares))))
    level = level_of(
        experiment, alpha=alpha, sides=2, members=len(matrix), decides=False, power=plan.power
    )
    return [
        replace(
            empty[ordering],
            refused=""
            if (fits := share + _size(lift, share) < 1)
            else "its lift goes beyond a share",
            level=level if fits else None,
            comparison=Comparison(
                kind="proportion",
                control_value=share,
                difference=_size(lift, share),
                alpha=level.alpha,
            )
            if fits
            else None,
        )
        if (share := known.get(ordering)) is not None
        else empty[ordering]
        for ordering in complete
    ]


def _clustered(wish: Wish, design_effect: float | None) -> Wish:
    if design_effect is None:
        return replace(
            wish,
            comparison=None,
            level=None,
            refused=wish.refused or "arms are clustered, and `plan.clusters` is not given",
        )
    return replace(wish, design_effect=design_effect)


def _contrasts(experiment: Experiment) -> tuple[tuple[Arm, ...], np.ndarray]:
    arms = experiment.analyzed_arms
    names = tuple(arm.name for arm in arms)
    pairs: tuple[Contrast, ...] = experiment.analysis.contrasts
    return arms, contrast_matrix(pairs, names)


def _variances(arms: tuple[Arm, ...]) -> np.ndarray:
    return np.array([1 / arm.weight for arm in arms])


def _size(margin: Margin, value: float) -> float:
    return margin.value * (abs(value) if margin.scale == "relative" else 1.0)
