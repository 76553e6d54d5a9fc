"""Units for averages of arms: effects of crossed factors, their interactions, planned contrasts.

No decision reads them, so they are sized at one look, in families of their own, as the analysis
tests them. Knows no calendar.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.factorial import (
    FactorContrast,
    Side,
    factor_contrasts,
    planned_contrasts,
)
from pathlift.planning.comparisons import (
    Comparison,
    power_of,
    smallest_difference,
    units_needed,
)
from pathlift.planning.levels import family_level
from pathlift.planning.wishes import Wish
from pathlift.registry.crossing import crossing_of
from pathlift.registry.experiment import Experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Averages:
    """Two averages of arms, as they are planned to be compared for one metric.

    Attributes
    ----------
    wish : Wish
        Of the metric; its own comparison is that of two arms.
    contrast : FactorContrast
    refused : str
        Why it is not planned; else empty.
    comparison : Comparison or None
        Of two groups as large as the averages are worth.
    worth : float
        Units of the first of these groups per unit of the experiment.
    stretch : float
        Times the units of units drawn one by one.
    """

    wish: Wish
    contrast: FactorContrast
    refused: str = ""
    comparison: Comparison | None = None
    worth: float = 1.0
    stretch: float = 1.0

    def total(self) -> float:
        """Units of all analysed arms that find it as often as the wish says."""
        return units_needed(self._planned, self.wish.power) * self.stretch / self.worth

    def power(self, total: float) -> float:
        """How often so many units of all analysed arms find it.

        Parameters
        ----------
        total : float

        Returns
        -------
        float
            In (0, 1).
        """
        return power_of(self._planned, self._units(total))

    def smallest(self, total: float) -> float:
        """Smallest difference that so many units find as often as the wish says.

        Parameters
        ----------
        total : float
            Units of all analysed arms.

        Returns
        -------
        float
            With the sign of the wish; infinite where none is found.
        """
        return smallest_difference(self._planned, self._units(total), self.wish.power)

    @property
    def _planned(self) -> Comparison:
        if self.comparison is None:
            raise ValueError(self.refused)
        return self.comparison

    def _units(self, total: float) -> float:
        return max(total * self.worth / self.stretch, 2.0)


def averages_of(experiment: Experiment, wishes: Sequence[Wish]) -> tuple[Averages, ...]:
    """What averages of arms an experiment compares, for every metric that is planned.

    Parameters
    ----------
    experiment : Experiment
        As compared.
    wishes : sequence of Wish
        Of its metrics and incidences.

    Returns
    -------
    tuple of Averages
        Metric by metric: factors, interactions, planned contrasts; empty without any of them, and
        of guardrails, incidences and quantiles, which have no averages.
    """
    crossing = crossing_of(experiment)
    families = (
        () if crossing is None else factor_contrasts(crossing),
        planned_contrasts(experiment.analysis.planned),
    )
    return tuple(
        found
        for wish in wishes
        if wish.ordering is None and wish.role != "guardrail" and wish.comparison is not None
        for family in families
        if family
        for found in _of_family(experiment, wish, family)
    )


def _of_family(
    experiment: Experiment, wish: Wish, family: Sequence[FactorContrast]
) -> Iterator[Averages]:
    arms = experiment.analyzed_arms
    names = [arm.name for arm in arms]
    variances = np.array([1 / arm.weight for arm in arms])
    identified = [contrast for contrast in family if not contrast.missing]
    rows = np.array([[each.weights.get(name, 0.0) for name in names] for each in identified])
    alpha = family_level(experiment, variances, rows) if identified else math.nan
    for contrast in family:
        yield _of_contrast(experiment, wish, contrast, alpha)


def _of_contrast(
    experiment: Experiment, wish: Wish, contrast: FactorContrast, alpha: float
) -> Averages:
    found = Averages(wish=replace(wish, power=experiment.plan.power), contrast=contrast)
    if contrast.missing:
        return replace(found, refused=f"no arm has {'; '.join(contrast.missing)}")
    if wish.kind == "quantile":
        return replace(found, refused="an average of arms has no quantile of its own")
    first, second = (_variance(experiment, side) for side in (contrast.arm, contrast.control))
    given = wish.comparison
    if given is None:
        return replace(found, refused=wish.refused)
    comparison = replace(given, null_difference=0.0, alpha=alpha, sides=2, ratio=first / second)
    if not contrast.one_average and given.kind == "proportion":
        # a difference of differences is no share: its arms vary as the control does
        spread = math.sqrt(given.control_value * (1 - given.control_value))
        comparison = replace(comparison, kind="mean", standard_deviation=spread)
    clustered = any(arm.cluster is not None for arm in experiment.analyzed_arms)
    return replace(
        found,
        comparison=comparison,
        worth=1 / first,
        stretch=wish.design_effect if clustered else 1.0,
    )


def _variance(experiment: Experiment, side: Side) -> float:
    """Of a weighted sum of arm means, times the units of all arms, per variance of a unit."""
    weights: Floats = np.array([arm.weight for arm in experiment.analyzed_arms])
    shares = dict(
        zip(
            (arm.name for arm in experiment.analyzed_arms),
            weights / weights.sum(),
            strict=True,
        )
    )
    return float(sum(weight**2 / shares[arm] for arm, weight in side.weights.items()))
