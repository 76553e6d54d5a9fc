"""Draws of planned designs other than two arms of units: several arms, crossed arms, clusters.

Each is drawn at the size that the plan says, with what was planned for true.
"""

import math
from collections.abc import Iterator
from functools import cache

import numpy as np

from pathlift.calibration.estimating import estimates_of, flags
from pathlift.calibration.worlds import (
    made_experiment,
    made_metric,
    made_statistics,
    moments_of_cells,
    one_metric_of_clusters,
)
from pathlift.inference.arrays import Floats
from pathlift.inference.estimates import estimate_all
from pathlift.judgement.families import declare_families
from pathlift.planning.planning import plan
from pathlift.registry.experiment import Arm, Cluster, Column, Experiment, Margin
from pathlift.registry.plan import Baseline, ClusterSizes, PlanSettings
from pathlift.result.model import Estimate
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group

_CONVERSION = made_metric("conversion", "proportion")
_RATE, _LIFT = 0.03, 0.2
_CELLS = {"pp": ("x", "p"), "pq": ("x", "q"), "qp": ("y", "p"), "qq": ("y", "q")}
_CLUSTERS = ClusterSizes(size=40.0, variation=0.5, correlation=0.05)
_CLUSTERED_RATE, _CLUSTERED_LIFT = 0.2, 0.25


def _settings(rate: float, lift: float, **more: object) -> PlanSettings:
    return PlanSettings(
        lift=Margin(scale="relative", value=lift),
        baseline={"conversion": Baseline(value=rate)},
        **more,  # type: ignore[arg-type]
    )


@cache
def _of_three_arms() -> Experiment:
    arms = [
        Arm(name="control", value="c", weight=math.sqrt(2)),
        *(Arm(name=name, value=name) for name in ("one", "other")),
    ]
    return made_experiment(arms, (_CONVERSION,), plan=_settings(_RATE, _LIFT))


def several_arms(rng: np.random.Generator, replicates: int) -> Floats:
    """Whether one of two arms is found, whose intervals hold together (largest |T|).

    Parameters
    ----------
    rng : Generator
    replicates : int

    Returns
    -------
    Floats, shape (replicates,)
    """
    experiment = _of_three_arms()
    units = plan(experiment).units
    rates = dict.fromkeys(units, _RATE) | {"one": _RATE * (1 + _LIFT)}
    found = estimates_of(experiment, _CONVERSION, _of_rates(rng, replicates, dict(units), rates))
    return flags(_adjusted_below(each[0]) for each in found)


@cache
def _of_crossed_arms() -> Experiment:
    arms = [
        Arm(name=name, value=name, factors={"channel": channel, "order": order})
        for name, (channel, order) in _CELLS.items()
    ]
    return made_experiment(
        arms,
        (_CONVERSION,),
        plan=_settings(_RATE, _LIFT),
        analysis={"multiplicity": "none"},
    )


def crossed_arms(rng: np.random.Generator, replicates: int) -> Floats:
    """Whether the effect of one of two crossed factors is found.

    Parameters
    ----------
    rng : Generator
    replicates : int

    Returns
    -------
    Floats, shape (replicates,)
    """
    experiment = _of_crossed_arms()
    planned = next(
        row
        for row in plan(experiment).metrics
        if row.estimand == "factor" and row.arm == "channel=y"
    )
    rates = {name: _RATE * (1 + _LIFT * (channel == "y")) for name, (channel, _) in _CELLS.items()}
    families = declare_families(experiment)
    return flags(
        _below(_factor(estimate_all(experiment, statistics, families).estimates))
        for statistics in _of_rates(rng, replicates, dict(planned.units), rates)
    )


@cache
def _of_clusters() -> Experiment:
    drawn = Cluster(column=Column(name="shop"), randomised="clusters")
    arms = [Arm(name=name, value=name, cluster=drawn) for name in ("control", "treated")]
    settings = _settings(_CLUSTERED_RATE, _CLUSTERED_LIFT, clusters=_CLUSTERS)
    return made_experiment(arms, (_CONVERSION,), plan=settings)


def whole_clusters(rng: np.random.Generator, replicates: int) -> Floats:
    """Whether a rate is found that differs between arms of whole clusters.

    Parameters
    ----------
    rng : Generator
    replicates : int

    Returns
    -------
    Floats, shape (replicates,)
    """
    experiment = _of_clusters()
    units = plan(experiment).units["treated"]
    count = math.ceil(units / _CLUSTERS.size)
    rates = (_CLUSTERED_RATE, _CLUSTERED_RATE * (1 + _CLUSTERED_LIFT))
    found = estimates_of(
        experiment,
        _CONVERSION,
        (_clusters_of(rng, count, rates) for _ in range(replicates)),
    )
    return flags(_below(each[0]) for each in found)


def _clusters_of(rng: np.random.Generator, count: int, rates: tuple[float, float]) -> Statistics:
    """Clusters of varying size and rate: Beta rates make the correlation that was planned with."""
    shape = 1 / _CLUSTERS.variation**2
    sizes = np.maximum(np.rint(rng.gamma(shape, _CLUSTERS.size / shape, (2, count))), 1)
    spread = 1 / _CLUSTERS.correlation - 1
    rate = np.stack([rng.beta(p * spread, (1 - p) * spread, count) for p in rates])
    hits = rng.binomial(sizes.astype(np.int64), rate)
    return one_metric_of_clusters(("control", "treated"), "conversion", sizes, hits)


def _of_rates(
    rng: np.random.Generator, replicates: int, units: dict[str, int], rates: dict[str, float]
) -> Iterator[Statistics]:
    """Tables of one proportion, arm by arm."""
    groups = tuple(Group(arm=arm) for arm in units)
    hits = np.stack([rng.binomial(n, rates[arm], replicates) for arm, n in units.items()], axis=1)
    whole = np.array(list(units.values()))
    for each in hits:
        counts = np.stack([whole - each, each], axis=1)
        yield made_statistics(moments_of_cells(groups, counts, {"conversion": [0, 1]}))


def _below(estimate: Estimate) -> bool:
    return (
        estimate.p_value is not None and estimate.p_value < 0.05 and (estimate.statistic or 0) > 0
    )


def _adjusted_below(estimate: Estimate) -> bool:
    together = estimate.simultaneous
    p = None if together is None else together.p_adjusted
    return p is not None and p < 0.05 and (estimate.statistic or 0) > 0


def _factor(estimates: tuple[Estimate, ...]) -> Estimate:
    return next(e for e in estimates if e.estimand == "factor" and e.arm == "channel=y")
