"""Units that the whole experiment needs for one wish, and what a given number of them finds.

Sizes of arms follow their weights; the contrast that needs most decides. Clusters multiply the
units and take degrees of freedom away. Knows no calendar.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pathlift.inference.tails import one_sided_critical, one_sided_p
from pathlift.planning.comparisons import (
    Comparison,
    control_share,
    power_of,
    smallest_difference,
    smallest_margin,
    units_needed,
)
from pathlift.planning.exaggeration import exaggeration
from pathlift.planning.together import any_and_every
from pathlift.planning.wishes import Wish
from pathlift.registry.experiment import Arm, Experiment

_FEWEST_CLUSTERS = 6  # of an arm; fewer are refused by the analysis (methods 3.9)
_ROUNDS = 20  # of taking t for the clusters there are; two or three settle it


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What one wish needs.

    Attributes
    ----------
    arm, control : Arm
        Of the contrast that needs most.
    total : float
        Units of all analysed arms together.
    """

    arm: Arm
    control: Arm
    total: float


def size_of(experiment: Experiment, wish: Wish) -> Size:
    """Units that a wish needs.

    Parameters
    ----------
    experiment : Experiment
        As compared.
    wish : Wish
        That is not refused.

    Returns
    -------
    Size
    """
    sizes = []
    for contrast in experiment.analysis.contrasts:
        arm, control = experiment.arm(contrast.arm), experiment.arm(contrast.control)
        stretch = _stretch(wish, arm, control)
        alone = _alone(experiment, wish, wish.between(arm, control), stretch)
        sizes.append(
            Size(arm=arm, control=control, total=alone * stretch / _share(experiment, arm))
        )
    return max(sizes, key=lambda size: size.total)


def arm_units(experiment: Experiment, total: float) -> dict[str, int]:
    """Whole units of each analysed arm.

    Parameters
    ----------
    experiment : Experiment
    total : float

    Returns
    -------
    dict of str to int
        Each rounded up.
    """
    # a hair below, so that rounding noise of the solver buys nobody a unit
    return {
        arm.name: math.ceil(total * _share(experiment, arm) * (1 - 1e-12))
        for arm in experiment.analyzed_arms
    }


def power_with(experiment: Experiment, wish: Wish, total: float) -> float:
    """How often every contrast of its own finds the wish, for the one that finds it least.

    Parameters
    ----------
    experiment : Experiment
    wish : Wish
    total : float
        Units of all analysed arms together.

    Returns
    -------
    float
    """
    return min(
        power_of(_with_clusters(experiment, wish, comparison, units), units / stretch)
        for comparison, units, stretch in _contrasted(experiment, wish, total)
    )


def together_with(experiment: Experiment, wish: Wish, total: float) -> tuple[float, float] | None:
    """How often one of several arms is found, and how often all are, where all have the effect.

    Parameters
    ----------
    experiment : Experiment
    wish : Wish
    total : float
        Units of all analysed arms together.

    Returns
    -------
    (float, float) or None
        Any, every; over contrasts with the control. None where fewer than two are.
    """
    control = experiment.control.name
    kept = [
        (power_of(_with_clusters(experiment, wish, comparison, units), units / stretch), comparison)
        for contrast, (comparison, units, stretch) in zip(
            experiment.analysis.contrasts, _contrasted(experiment, wish, total), strict=True
        )
        if contrast.control == control
    ]
    if len(kept) < 2:
        return None
    return any_and_every(
        [min(power, 1 - 1e-12) for power, _ in kept],
        [math.sqrt(control_share(comparison)) for _, comparison in kept],
    )


def exaggeration_with(experiment: Experiment, wish: Wish, size: Size, total: float) -> float | None:
    """By how much an effect is overstated that is found, of the contrast that needs most.

    Parameters
    ----------
    experiment : Experiment
    wish : Wish
    size : Size
        Its own.
    total : float
        Units of all analysed arms together.

    Returns
    -------
    float or None
        At least 1, at the planned end; None of a guardrail.
    """
    if wish.level is None or wish.role == "guardrail":
        return None
    units = max(total * _share(experiment, size.arm), 2.0)
    single = _stretch(wish, size.arm, size.control) / wish.level.inflation
    return exaggeration(wish.between(size.arm, size.control), units / single, wish.level.critical)


def smallest_with(experiment: Experiment, wish: Wish, total: float) -> float:
    """Smallest difference that every contrast finds with the wish's power; of a guardrail, margin.

    Parameters
    ----------
    experiment : Experiment
    wish : Wish
    total : float
        Units of all analysed arms together.

    Returns
    -------
    float
        With the sign of the wish, or a margin, which is positive; infinite where none is found.
    """
    smallest = smallest_margin if wish.role == "guardrail" else smallest_difference
    found = [
        smallest(
            _with_clusters(experiment, wish, comparison, units),
            units / stretch,
            wish.power,
        )
        for comparison, units, stretch in _contrasted(experiment, wish, total)
    ]
    return max(found, key=abs)


def reallocated(experiment: Experiment, weights: Mapping[str, float]) -> Experiment:
    """The same experiment with other weights.

    Parameters
    ----------
    experiment : Experiment
    weights : mapping of str to float
        By analysed arm.

    Returns
    -------
    Experiment
    """
    return replace(
        experiment,
        arms=tuple(
            replace(arm, weight=weights.get(arm.name, arm.weight)) for arm in experiment.arms
        ),
    )


def _contrasted(
    experiment: Experiment, wish: Wish, total: float
) -> list[tuple[Comparison, float, float]]:
    """Of each contrast: the comparison, units of the treated arm, and its stretch."""
    pairs = [
        (experiment.arm(contrast.arm), experiment.arm(contrast.control))
        for contrast in experiment.analysis.contrasts
    ]
    return [
        (
            wish.between(arm, control),
            max(total * _share(experiment, arm), 2.0),
            _stretch(wish, arm, control),
        )
        for arm, control in pairs
    ]


def _stretch(wish: Wish, arm: Arm, control: Arm) -> float:
    """Times the units of one look at units drawn one by one."""
    clustered = arm.cluster is not None or control.cluster is not None
    effect = wish.design_effect if clustered else 1.0
    return effect * (1.0 if wish.level is None else wish.level.inflation)


def _alone(experiment: Experiment, wish: Wish, comparison: Comparison, stretch: float) -> float:
    """Units of the treated arm without stretch, with the t of the clusters that they make up."""
    needed = units_needed(comparison, wish.power)
    for _ in range(_ROUNDS):
        heavier = _with_clusters(experiment, wish, comparison, needed * stretch)
        again = units_needed(heavier, wish.power)
        if abs(again - needed) <= 1e-9 * needed:
            break
        needed = again
    return needed


def _with_clusters(
    experiment: Experiment, wish: Wish, comparison: Comparison, units: float
) -> Comparison:
    """The same comparison at the level that t asks for with as many clusters as there are."""
    clusters = experiment.plan.clusters
    if clusters is None or wish.design_effect == 1.0:
        return comparison
    both = units * (1 + comparison.ratio) / clusters.size
    df = max(both - 2, 2.0 * _FEWEST_CLUSTERS - 2)
    tail = comparison.alpha / comparison.sides
    critical = float(one_sided_critical(tail, df))
    return replace(
        comparison, alpha=comparison.sides * float(one_sided_p(critical, side="greater"))
    )


def _share(experiment: Experiment, arm: Arm) -> float:
    return arm.weight / sum(each.weight for each in experiment.analyzed_arms)
