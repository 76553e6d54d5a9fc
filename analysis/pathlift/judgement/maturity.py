"""How much of a metric's window has passed for how many units? Design 4; methods 4, V9."""

from dataclasses import dataclass

from pathlift.registry.experiment import Experiment, Metric, RatioOf
from pathlift.statistics.collected import Statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class Maturity:
    """How many analysed units have completed a window.

    Attributes
    ----------
    matured, units : int
        Of all arms that enter tests.
    """

    matured: int
    units: int

    @property
    def complete(self) -> bool:
        """Whether no analysed unit is still within its window."""
        return self.matured >= self.units

    @property
    def share(self) -> float:
        """In [0, 1]; 1 where there are no units at all."""
        return self.matured / self.units if self.units else 1.0


def of_metric(experiment: Experiment, statistics: Statistics, metric: str) -> Maturity:
    """Units matured for a metric; for a ratio, for both its parts.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    metric : str
        Name of a metric of the experiment.

    Returns
    -------
    Maturity
    """
    parts = parts_of(experiment, metric)
    return of_class(
        experiment, statistics, max(statistics.metric_class.get(part, 0) for part in parts)
    )


def of_class(experiment: Experiment, statistics: Statistics, maturity: int) -> Maturity:
    """Units at or above a maturity class; class 0 is everybody.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    maturity : int

    Returns
    -------
    Maturity
    """
    arms = {arm.name for arm in experiment.analyzed_arms}
    units = sum(facts.units for facts in statistics.arms if facts.arm in arms)
    if maturity == 0:
        return Maturity(matured=units, units=units)
    matured = sum(
        int(count)
        for group, count in zip(statistics.moments.groups, statistics.moments.units, strict=True)
        if group.arm in arms and group.population == "" and group.maturity >= maturity
    )
    return Maturity(matured=matured, units=units)


def parts_of(experiment: Experiment, metric: str) -> tuple[str, ...]:
    """Names of a metric and of all metrics that it is made of, itself first.

    Parameters
    ----------
    experiment : Experiment
    metric : str

    Returns
    -------
    tuple of str
    """
    found: Metric = experiment.metric(metric)
    if not isinstance(found.source, RatioOf):
        return (metric,)
    return (
        metric,
        *parts_of(experiment, found.source.numerator),
        *parts_of(experiment, found.source.denominator),
    )
