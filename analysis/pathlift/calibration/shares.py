"""Rows about conversion rates: coverage of differences and lifts, margins, p-values.

Truth: the rates that counts are drawn with.
"""

from collections.abc import Sequence

import numpy as np

from pathlift.calibration.claims import Share, Uniform
from pathlift.calibration.estimating import estimates_of, flags, holds
from pathlift.calibration.row import Draws, Row
from pathlift.calibration.worlds import (
    made_experiment,
    made_metric,
    made_statistics,
    moments_of_cells,
)
from pathlift.registry.experiment import Metric
from pathlift.result.model import Estimate
from pathlift.statistics.moments import Group

_GROUPS = (Group(arm="control"), Group(arm="treated"))
_SHARE = made_metric("conversion", "proportion")
_MEAN = made_metric("mean", "mean")  # the same zeros and ones, read as amounts


def compared_counts(
    rng: np.random.Generator,
    replicates: int,
    *,
    units: tuple[int, int],
    rates: tuple[float, float],
    metrics: Sequence[Metric] = (_SHARE, _MEAN),
) -> dict[str, list[Estimate]]:
    """Draw two arms' conversions and estimate their contrast.

    Parameters
    ----------
    rng : Generator
    replicates : int
    units, rates : (control, treated)
    metrics : sequence of Metric
        Of the names conversion and mean.

    Returns
    -------
    dict of str to list of Estimate
        By metric.
    """
    experiment = made_experiment(("control", "treated"), metrics)
    hits = rng.binomial(units, rates, size=(replicates, 2))
    cells = {"conversion": (0, 1), "mean": (0, 1)}
    tables = [
        made_statistics(moments_of_cells(_GROUPS, np.stack([units - x, x], axis=1), cells))
        for x in hits
    ]
    return {
        metric.name: [each[0] for each in estimates_of(experiment, metric, tables)]
        for metric in metrics
    }


def _k1(rng: np.random.Generator, replicates: int) -> Draws:
    found = compared_counts(rng, replicates, units=(5000, 5000), rates=(0.02, 0.02))
    return {
        "Miettinen-Nurminen": flags(holds(e.absolute, 0.0) for e in found["conversion"]),
        "Wald": flags(holds(e.absolute, 0.0) for e in found["mean"]),
    }


def _k2(rng: np.random.Generator, replicates: int) -> Draws:
    draws = {}
    for units in ((50, 50), (200, 50)):
        found = compared_counts(rng, replicates, units=units, rates=(0.1, 0.1), metrics=(_SHARE,))
        draws[f"{units[0]} against {units[1]} units"] = flags(
            holds(e.absolute, 0.0) for e in found["conversion"]
        )
    return draws


def _k3(rng: np.random.Generator, replicates: int) -> Draws:
    found = compared_counts(rng, replicates, units=(1000, 1000), rates=(0.01, 0.015))
    return {
        "score interval of the ratio": flags(holds(e.relative, 0.5) for e in found["conversion"]),
        "Fieller": flags(holds(e.relative, 0.5) for e in found["mean"]),
    }


def _k23(rng: np.random.Generator, replicates: int) -> Draws:
    found = compared_counts(rng, replicates, units=(200_000, 200_000), rates=(0.2, 0.2))
    return {
        "score": np.array([e.p_value for e in found["conversion"]], dtype=float),
        "Welch": np.array([e.p_value for e in found["mean"]], dtype=float),
    }


ROWS = (
    Row(
        id="K1",
        scenario="Difference of two conversion rates of 2%, 5,000 units an arm",
        target="covers 95% ± .5",
        claims=(
            Share(name="Miettinen-Nurminen", low=0.945, high=0.955),
            Share(name="Wald", low=0.945, high=0.955),
        ),
        draw=_k1,
        replicates=40_000,
        quick=500,
    ),
    Row(
        id="K2",
        scenario="Difference of two conversion rates of 10%, few units",
        target="covers 94% to 96.5%",
        claims=(
            Share(name="50 against 50 units", low=0.94, high=0.965),
            Share(name="200 against 50 units", low=0.94, high=0.965),
        ),
        draw=_k2,
        replicates=20_000,
        quick=500,
    ),
    Row(
        id="K3",
        scenario="Lift of 50% over a rate of 1%, 1,000 units an arm",
        target="covers 94% to 96.5%",
        claims=(
            Share(name="score interval of the ratio", low=0.94, high=0.965),
            Share(name="Fieller", low=0.94, high=0.965),
        ),
        draw=_k3,
        replicates=20_000,
        quick=500,
    ),
    Row(
        id="K23",
        scenario="p-values of two equal rates of 20%, 200,000 units an arm",
        target="uniform: Kolmogorov-Smirnov p > .001",
        claims=(Uniform(name="score"), Uniform(name="Welch")),
        draw=_k23,
        replicates=20_000,
        quick=500,
    ),
)
