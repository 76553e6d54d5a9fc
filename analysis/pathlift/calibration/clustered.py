"""Rows about clusters: few of them, of very different sizes, whose units resemble each other."""

from functools import cache

import numpy as np

from pathlift.calibration.claims import Share
from pathlift.calibration.estimating import estimates_of, flags
from pathlift.calibration.row import Draws, Row
from pathlift.calibration.worlds import made_experiment, made_metric, one_metric_of_clusters
from pathlift.inference.arrays import Floats
from pathlift.registry.experiment import Arm, Cluster, Column, Experiment

_ARMS = ("control", "treated")
_METRIC = made_metric("y")
_SIZE, _RATE, _BETWEEN = 500, 0.1, 0.3  # methods 3.9: cv 1, clusters vary by 30% of the rate
_COUNTS = {"8 + 8": 8, "20 + 20": 20}


@cache
def _experiment(*, clustered: bool) -> Experiment:
    drawn = Cluster(column=Column(name="shop"), randomised="clusters") if clustered else None
    return made_experiment([Arm(name=arm, value=arm, cluster=drawn) for arm in _ARMS], (_METRIC,))


def _drawn(rng: np.random.Generator, clusters: int) -> tuple[Floats, Floats]:
    """Units and successes, shape (arms, clusters); arms differ in nothing."""
    units = np.ceil(rng.gamma(1, _SIZE, (2, clusters)))
    rate = _RATE * (1 + _BETWEEN * rng.normal(size=units.shape))
    return units, rng.binomial(units.astype(np.int64), np.clip(rate, 0, 1)).astype(np.float64)


def _k17(rng: np.random.Generator, replicates: int) -> Draws:
    draws = {}
    for name, count in _COUNTS.items():
        drawn = [_drawn(rng, count) for _ in range(replicates)]
        for clustered in (True, False):
            tables = (
                one_metric_of_clusters(_ARMS, "y", *each, by_cluster=clustered) for each in drawn
            )
            found = estimates_of(_experiment(clustered=clustered), _METRIC, tables)
            said = "" if clustered else ", as if units stood alone"
            draws[f"{name} clusters{said}"] = flags(
                each[0].p_value is not None and each[0].p_value < 0.05 for each in found
            )
    return draws


ROWS = (
    Row(
        id="K17",
        scenario="Equal arms of whole clusters whose sizes vary (cv 1) and whose rates vary by "
        "30%: CR2 with the degrees of freedom of Bell and McCaffrey",
        target="rejects in at most 7% of 8 + 8, in 5% ± 1 of 20 + 20; without clusters far more",
        claims=(
            Share(name="8 + 8 clusters", high=0.07),
            Share(name="8 + 8 clusters, as if units stood alone", high=0.07, must_fail=True),
            Share(name="20 + 20 clusters", low=0.04, high=0.06),
            Share(
                name="20 + 20 clusters, as if units stood alone",
                low=0.04,
                high=0.06,
                must_fail=True,
            ),
        ),
        draw=_k17,
        replicates=10_000,
        quick=150,
        chunk=250,
    ),
)
