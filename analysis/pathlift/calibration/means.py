"""Rows about means: adjustment by covariates, ratios, skewed amounts, margins.

Units fall into a few cells of known values; truth is the sum over cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from pathlift.calibration.claims import Share
from pathlift.calibration.estimating import estimates_of, flags, holds
from pathlift.calibration.row import Draws, Row
from pathlift.calibration.worlds import (
    made_experiment,
    made_metric,
    made_statistics,
    moments_of_cells,
)
from pathlift.inference.arrays import Floats
from pathlift.inference.skew import contrast_skew
from pathlift.registry.experiment import Margin, Metric
from pathlift.result.model import Estimate
from pathlift.statistics.moments import Group

_ARMS = ("control", "treated")
_GROUPS = tuple(Group(arm=arm) for arm in _ARMS)


@dataclass(frozen=True, kw_only=True)
class World:
    """Two arms whose units fall into cells.

    Attributes
    ----------
    values : mapping of str to sequence of int
        By variable: its value in each cell.
    probabilities : Floats, shape (2, cells)
        Of control and treated arm.
    units : (int, int)
    """

    values: Mapping[str, Sequence[int]]
    probabilities: Floats
    units: tuple[int, int]

    def mean(self, name: str) -> Floats:
        """True means of control and treated arm.

        Parameters
        ----------
        name : str

        Returns
        -------
        Floats, shape (2,)
        """
        return np.asarray(self.probabilities @ np.asarray(self.values[name], dtype=float))

    def central(self, name: str, power: int) -> Floats:
        """True central moments of both arms.

        Parameters
        ----------
        name : str
        power : int

        Returns
        -------
        Floats, shape (2,)
        """
        away = np.asarray(self.values[name], dtype=float) - self.mean(name)[:, None]
        return np.asarray((self.probabilities * away**power).sum(axis=1))

    def estimates(
        self, rng: np.random.Generator, replicates: int, metrics: Sequence[Metric], of: str
    ) -> list[Estimate]:
        """Draw and estimate the contrast of one metric.

        Parameters
        ----------
        rng : Generator
        replicates : int
        metrics : sequence of Metric
            All that are declared.
        of : str
            Name of the one estimated.

        Returns
        -------
        list of Estimate
        """
        drawn = [
            rng.multinomial(n, p, replicates) for n, p in zip(self.units, self._p, strict=True)
        ]
        metric = next(each for each in metrics if each.name == of)
        experiment = made_experiment(_ARMS, metrics)
        tables = (
            made_statistics(moments_of_cells(_GROUPS, np.stack(both), self.values))
            for both in zip(*drawn, strict=True)
        )
        return [each[0] for each in estimates_of(experiment, metric, tables)]

    @cached_property
    def _p(self) -> Floats:
        return np.asarray(self.probabilities / self.probabilities.sum(axis=1, keepdims=True))


def _heterogeneous() -> World:
    """A skewed covariate; the effect grows with it, and so does the spread."""
    x, y = (grid.ravel() for grid in np.meshgrid((0, 1, 2, 4, 9), (0, 1, 3, 12), indexing="ij"))
    share_of_x = np.repeat((0.5, 0.25, 0.15, 0.07, 0.03), 4)
    level = np.repeat((0.1, 0.15, 0.25, 0.4, 0.6), 4)  # chance to buy at all, by x
    sizes = np.tile((0.0, 0.5, 0.35, 0.15), 5)  # of what is bought
    arms = []
    for effect in (0.0, 0.03):
        buys = level + effect * x
        arms.append(share_of_x * np.where(y == 0, 1 - buys, buys * sizes))
    return World(
        values={"y": y.tolist(), "x:x": x.tolist()},
        probabilities=np.array(arms),
        units=(4_500, 1_500),
    )


def _orders() -> World:
    """Amounts over orders: 0 to 3 orders, whose amounts differ and go with their number."""
    cells = ((0, 0), (1, 10), (1, 30), (1, 90), (2, 35), (2, 80), (2, 200), (3, 60), (3, 300))
    control = np.array((0.80, 0.07, 0.04, 0.02, 0.03, 0.015, 0.005, 0.015, 0.005))
    treated = np.array((0.77, 0.07, 0.05, 0.025, 0.03, 0.02, 0.008, 0.02, 0.007))
    return World(
        values={"y": [y for _, y in cells], "d": [d for d, _ in cells]},
        probabilities=np.array((control, treated)),
        units=(5_000, 5_000),
    )


def _skewed() -> World:
    """Three percent buy, for lognormal amounts on a grid; the treated arm is a tenth of all."""
    grid = np.exp(np.linspace(np.log(2.0), np.log(1_500.0), 40))
    weight = np.exp(-0.5 * ((np.log(grid) - np.log(40.0)) / 1.0) ** 2)
    p = np.concatenate(([0.97], 0.03 * weight / weight.sum()))
    return World(
        values={"y": [0, *np.rint(grid).astype(int).tolist()]},
        probabilities=np.array((p, p)),
        units=(36_000, 4_000),
    )


_LIN, _RATIO, _SKEW = _heterogeneous(), _orders(), _skewed()


def _predicted(world: World) -> float:
    """Error of a tail of 2.5% that the rule predicts from the true moments, with its sign."""
    second, third = world.central("y", 2), world.central("y", 3)
    n0, n1 = world.units
    rule = contrast_skew(n1, second[1], third[1], n0, second[0], third[0])
    return float(np.sign(rule.skewness) * rule.tail_error)


_TAIL = _predicted(_SKEW)


def _k4(rng: np.random.Generator, replicates: int) -> Draws:
    truth = float(np.diff(_LIN.mean("y"))[0])
    found = _LIN.estimates(rng, replicates, (made_metric("y"),), "y")
    return {"adjusted difference": flags(holds(e.absolute, truth) for e in found)}


def _k5(rng: np.random.Generator, replicates: int) -> Draws:
    ratio = _RATIO.mean("y") / _RATIO.mean("d")
    metrics = (made_metric("y"), made_metric("d"), made_metric("per order", "ratio"))
    found = _RATIO.estimates(rng, replicates, metrics, "per order")
    return {
        "difference": flags(holds(e.absolute, ratio[1] - ratio[0]) for e in found),
        "lift": flags(holds(e.relative, ratio[1] / ratio[0] - 1) for e in found),
    }


def _k20(rng: np.random.Generator, replicates: int) -> Draws:
    found = _SKEW.estimates(rng, replicates, (made_metric("y"),), "y")
    z = np.array([e.statistic for e in found], dtype=float)
    df = np.array([e.df or np.inf for e in found], dtype=float)
    lower = special.stdtr(df, z)
    return {
        "lower tail": (lower < 0.025).astype(float),
        "upper tail": (lower > 0.975).astype(float),
    }


def _guard(kind: str, margin: Margin) -> Metric:
    name = "conversion" if kind == "proportion" else "y"
    return made_metric(name, kind, role="guardrail", better="higher", margin=margin)


def _at_the_margin(kind: str, margin: Margin) -> World:
    """The arm is exactly as much worse as the margin allows."""
    if kind == "proportion":
        p0 = 0.1
        p1 = p0 * (1 - margin.value) if margin.scale == "relative" else p0 - margin.value
        return World(
            values={"conversion": (0, 1)},
            probabilities=np.array([(1 - p0, p0), (1 - p1, p1)]),
            units=(6_000, 6_000),
        )
    y, base = np.arange(9), np.array((0.3, 0.2, 0.15, 0.1, 0.08, 0.07, 0.05, 0.03, 0.02))
    mean = float(base @ y)
    wanted = mean * margin.value if margin.scale == "relative" else margin.value
    worse = base.copy()
    moved = wanted / 8  # from the largest value to none: each costs 8
    worse[[0, 8]] += (moved, -moved)
    return World(
        values={"y": y.tolist()}, probabilities=np.array((base, worse)), units=(2_000,) * 2
    )


_MARGINS = {
    "rate, absolute margin": ("proportion", Margin(scale="absolute", value=0.01)),
    "rate, relative margin": ("proportion", Margin(scale="relative", value=0.1)),
    "mean, absolute margin": ("mean", Margin(scale="absolute", value=0.1)),
    "mean, relative margin": ("mean", Margin(scale="relative", value=0.05)),
}


def _k21(rng: np.random.Generator, replicates: int) -> Draws:
    draws = {}
    for name, (kind, margin) in _MARGINS.items():
        metric = _guard(kind, margin)
        found = _at_the_margin(kind, margin).estimates(rng, replicates, (metric,), metric.name)
        draws[name] = flags(e.conclusion == "non_inferior" for e in found)
    return draws


ROWS = (
    Row(
        id="K4",
        scenario="Mean adjusted by a skewed covariate (Lin), effect and spread grow with it, 1,500 "
        "against 4,500 units",
        target="covers 95% ± .5",
        claims=(Share(name="adjusted difference", low=0.945, high=0.955),),
        draw=_k4,
        replicates=40_000,
        quick=500,
    ),
    Row(
        id="K5",
        scenario="Amount per order (ratio of means, delta method), 5,000 units an arm",
        target="covers 95% ± .5",
        claims=tuple(Share(name=n, low=0.945, high=0.955) for n in ("difference", "lift")),
        draw=_k5,
        replicates=20_000,
        quick=500,
    ),
    Row(
        id="K20",
        scenario="Mean of skewed amounts, 4,000 against 36,000 units: each tail of 2.5% beside "
        "what the rule of skewness predicts",
        target="within 1 percentage point of the prediction",
        claims=(
            # a long upper tail raises mean and spread together: t falls short of the lower tail
            Share(name="lower tail", low=0.015 + _TAIL, high=0.035 + _TAIL),
            Share(name="upper tail", low=max(0.015 - _TAIL, 0), high=0.035 - _TAIL),
        ),
        draw=_k20,
        replicates=40_000,
        quick=500,
    ),
    Row(
        id="K21",
        scenario="Guardrails of an arm that is worse by exactly its margin",
        target="called non-inferior in 2.5% ± .35",
        claims=tuple(Share(name=name, low=0.0215, high=0.0285) for name in _MARGINS),
        draw=_k21,
        replicates=20_000,
        quick=250,
        chunk=250,
    ),
)
