"""Rows about quantiles of skewed amounts, read from histograms; truth in closed form."""

import numpy as np
from scipy import special

from pathlift.calibration.claims import Share
from pathlift.calibration.estimating import estimates_of, flags, holds
from pathlift.calibration.row import Draws, Row
from pathlift.calibration.worlds import made_experiment, made_metric, made_statistics, no_moments
from pathlift.statistics.histogram import Column, HistogramTable, counted
from pathlift.statistics.moments import Group

_ARMS = ("control", "treated")
_UNITS, _LIFT = 2_000, 0.1  # a shift of the logarithm
_SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


def _k19(rng: np.random.Generator, replicates: int) -> Draws:
    values = np.exp(rng.normal(size=(replicates, 2, _UNITS)) + np.array([0.0, _LIFT])[:, None])
    histograms = [[counted(arm) for arm in each] for each in values]
    draws = {}
    for name, share in _SHARES.items():
        metric = made_metric(name, "quantile", q=share)
        experiment = made_experiment(_ARMS, (metric,))
        tables = (
            made_statistics(
                no_moments([Group(arm=arm) for arm in _ARMS], [_UNITS] * 2),
                histograms=HistogramTable(
                    histograms={
                        Column(group=Group(arm=arm), metric=name): each
                        for arm, each in zip(_ARMS, both, strict=True)
                    }
                ),
            )
            for both in histograms
        )
        found = [each[0] for each in estimates_of(experiment, metric, tables)]
        below = float(np.exp(special.ndtri(share)))
        lift = float(np.exp(_LIFT)) - 1
        draws[f"{name}: difference"] = flags(holds(e.absolute, below * lift) for e in found)
        draws[f"{name}: lift"] = flags(holds(e.relative, lift) for e in found)
    return draws


ROWS = (
    Row(
        id="K19",
        scenario="Quantiles of lognormal amounts from histograms of 1% bins, 2,000 units an arm "
        "(Woodruff)",
        target="covers 95% ± 1",
        claims=tuple(
            Share(name=f"{name}: {what}", low=0.94, high=0.96)
            for name in _SHARES
            for what in ("difference", "lift")
        ),
        draw=_k19,
        replicates=8_000,
        quick=60,
        chunk=100,
    ),
)
