"""Rows about plans: experiments of the planned size find what they were planned for.

Units fall into cells of known values, whose means and spreads the plan is told.
"""

import math
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations

import numpy as np
from scipy import special

from pathlift.calibration.celled import CODES, journeys, labelled
from pathlift.calibration.claims import Share
from pathlift.calibration.estimating import estimates_of, flags, of_replicate, solved
from pathlift.calibration.planned_designs import crossed_arms, several_arms, whole_clusters
from pathlift.calibration.row import Draws, Row
from pathlift.calibration.worlds import (
    made_experiment,
    made_metric,
    made_statistics,
    moments_of_cells,
    no_moments,
)
from pathlift.inference.arrays import Floats
from pathlift.inference.incidence import ordering_drafts
from pathlift.inference.metrics import measured_or_reason, metric_slice
from pathlift.judgement.families import declare_families
from pathlift.planning.planning import plan
from pathlift.registry.experiment import Arm, Experiment, Margin, Metric
from pathlift.registry.plan import Baseline, PlanSettings
from pathlift.result.model import Estimate
from pathlift.statistics.histogram import Column, HistogramTable, counted
from pathlift.statistics.moments import Group

_ARMS = ("control", "treated")
_GROUPS = tuple(Group(arm=arm) for arm in _ARMS)
_VALUES = np.array((0, 2, 5, 9, 20))
_SOME = 0.1  # of the replicates
_CROSSED = 0.5  # of the replicates take the whole road of `analyze`
_SHARE = np.array((0.5, 0.25, 0.15, 0.07, 0.03))


def _planned(metrics: tuple[Metric, ...], **settings: object) -> Experiment:
    """An experiment of twice as many controls, planned for its first metric."""
    arms = [Arm(name="control", value="c", weight=2.0), Arm(name="treated", value="t")]
    return made_experiment(arms, metrics, plan=PlanSettings(**settings))  # type: ignore[arg-type]


def _units(experiment: Experiment) -> tuple[int, int]:
    """Planned units of control and treated arm."""
    units = plan(experiment).units
    return units["control"], units["treated"]


def _found(estimates: list[tuple[Estimate, ...]], sign: int = 1) -> Floats:
    """Whether each was found, and in the right direction."""
    return flags(
        e.p_value is not None and e.p_value < 0.05 and (e.statistic or 0) * sign > 0
        for (e, *_) in estimates
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Case:
    """A plan, and the cells of its two arms."""

    experiment: Experiment
    cells: dict[str, list[int]]
    shares: tuple[Floats, Floats]

    def estimates(self, rng: np.random.Generator, replicates: int) -> list[tuple[Estimate, ...]]:
        drawn = [
            rng.multinomial(n, p, replicates)
            for n, p in zip(_units(self.experiment), self.shares, strict=True)
        ]
        tables = (
            made_statistics(moments_of_cells(_GROUPS, np.stack(both), self.cells))
            for both in zip(*drawn, strict=True)
        )
        return estimates_of(self.experiment, self.experiment.metrics[0], tables)


def _relative(value: float) -> Margin:
    return Margin(scale="relative", value=value)


@cache
def _proportion() -> _Case:
    metric = made_metric("conversion", "proportion")
    baseline = {"conversion": Baseline(value=0.03)}
    return _Case(
        experiment=_planned((metric,), lift=_relative(0.2), baseline=baseline),
        cells={"conversion": [0, 1]},
        shares=(np.array((0.97, 0.03)), np.array((0.964, 0.036))),
    )


@cache
def _mean() -> _Case:
    mean = float(_SHARE @ _VALUES)
    spread = float(np.sqrt(_SHARE @ _VALUES**2 - mean**2))
    baseline = {"y": Baseline(value=mean, standard_deviation=spread)}
    # moved by hand so that the spread stays the one that was planned with
    shifted = _same_spread(mean * 1.1, spread)
    return _Case(
        experiment=_planned((made_metric("y"),), lift=_relative(0.1), baseline=baseline),
        cells={"y": _VALUES.tolist()},
        shares=(_SHARE, shifted),
    )


def _same_spread(mean: float, spread: float) -> Floats:
    """Shares of the values with this mean and spread, nearest to the given ones."""
    rows = np.array([np.ones(len(_VALUES)), _VALUES, _VALUES**2], dtype=float)
    off = np.array([1.0, mean, spread**2 + mean**2]) - rows @ _SHARE
    return np.asarray(_SHARE + rows.T @ np.linalg.solve(rows @ rows.T, off))


@cache
def _ratio() -> _Case:
    orders = np.array((0, 1, 1, 2, 2))
    amounts = np.array((0, 20, 50, 60, 130))
    share = np.array((0.6, 0.18, 0.12, 0.06, 0.04))
    ratio = float(share @ amounts / (share @ orders))
    linear = (amounts - ratio * orders) / (share @ orders)
    spread = float(np.sqrt(share @ linear**2))
    # amounts rise, orders stay: the ratio rises by what is moved between the two of one order
    moved = 0.04 * ratio * float(share @ orders) / 30
    treated = share + moved * np.array((0, -1, 1, 0, 0))
    metrics = (made_metric("per order", "ratio"), *(made_metric(n, role="secondary") for n in "yd"))
    baseline = {"per order": Baseline(value=ratio, standard_deviation=spread)}
    return _Case(
        experiment=_planned(metrics, lift=_relative(0.04), baseline=baseline),
        cells={"y": amounts.tolist(), "d": orders.tolist()},
        shares=(share, treated),
    )


@cache
def _adjusted() -> _Case:
    """A mean whose covariate explains half of it."""
    x, y = (grid.ravel() for grid in np.meshgrid((0, 10), (-3, 3), indexing="ij"))
    y = x + y * 2
    share = np.full(4, 0.25)
    mean, variance = float(share @ y), float(share @ (y - share @ y) ** 2)
    covariance = float(share @ ((y - mean) * (x - share @ x)))
    explained = covariance**2 / variance / float(share @ (x - share @ x) ** 2)
    baseline = {
        "y": Baseline(
            value=mean, standard_deviation=float(np.sqrt(variance)), variance_explained=explained
        )
    }
    moved = 0.1 * mean / 12 / 2  # from -6 to 6 within each level of x
    return _Case(
        experiment=_planned((made_metric("y"),), lift=_relative(0.1), baseline=baseline),
        cells={"y": y.tolist(), "x:x": x.tolist()},
        shares=(share, share + moved * np.array((-1, 1, -1, 1))),
    )


@cache
def _guardrail() -> _Case:
    guard = made_metric(
        "conversion",
        "proportion",
        role="guardrail",
        better="higher",
        margin=Margin(scale="absolute", value=0.01),
    )
    same = np.array((0.9, 0.1))
    return _Case(
        experiment=_planned((guard,), baseline={"conversion": Baseline(value=0.1)}),
        cells={"conversion": [0, 1]},
        shares=(same, same),
    )


_CASES = {
    "proportion": _proportion,
    "mean": _mean,
    "mean, adjusted": _adjusted,
    "ratio": _ratio,
}


def _quantile(rng: np.random.Generator, replicates: int) -> Floats:
    share, lift = 0.9, 0.2
    at = float(special.ndtri(share))
    below = float(np.exp(at))
    # a lognormal's density at its quantile, and that of the treated arm a fifth further out
    density = float(np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi) / below)
    metric = made_metric("p90", "quantile", q=share)
    experiment = _planned(
        (metric,),
        lift=_relative(lift),
        baseline={"p90": Baseline(value=below, density=density)},
    )
    units = _units(experiment)

    def drawn() -> HistogramTable:
        # a shift of the values, not of their logarithm: the density stays the planned one
        values = [np.exp(rng.normal(size=n)) for n in units]
        values[1] = values[1] + lift * below
        return HistogramTable(
            histograms={
                Column(group=Group(arm=arm), metric="p90"): counted(each)
                for arm, each in zip(_ARMS, values, strict=True)
            }
        )

    tables = (
        made_statistics(no_moments(_GROUPS, units), histograms=drawn()) for _ in range(replicates)
    )
    return _found(estimates_of(experiment, metric, tables))


def _k24(rng: np.random.Generator, replicates: int) -> Draws:
    draws = {name: _found(case().estimates(rng, replicates)) for name, case in _CASES.items()}
    guarded = _guardrail().estimates(rng, replicates)
    draws["guardrail without loss"] = flags(e.conclusion == "non_inferior" for (e,) in guarded)
    draws["quantile"] = _quantile(rng, replicates)
    # its family of six costs thirty times as much
    some = math.ceil(replicates * _SOME)
    draws["incidence of an ordering"] = _incidence(rng, some)
    draws["one of several arms"] = several_arms(rng, replicates)
    draws["whole clusters"] = whole_clusters(rng, replicates)
    draws["a factor of crossed arms"] = crossed_arms(rng, math.ceil(replicates * _CROSSED))
    return draws


def _incidence(rng: np.random.Generator, replicates: int) -> Floats:
    """One ordering in a family of six whose intervals hold together."""
    experiment = _of_incidences()
    planned = next(m for m in plan(experiment).metrics if m.ordering == _WANTED)
    metric = experiment.metrics[0]
    (family,) = (f for f in declare_families(experiment) if f.estimand == "incidence")
    arms = ("search", "content")
    shares = np.tile(_INCIDENCES, (2, 1))
    shares[1, _ORDERINGS.index(_WANTED)] *= 1 + _LIFT
    codes = [0, *(CODES[ordering] for ordering in _ORDERINGS)]
    drawn = [
        rng.multinomial(planned.units[arm], [1 - p.sum(), *p], replicates)
        for arm, p in zip(arms, shares, strict=True)
    ]
    drafts = []
    for place, both in enumerate(zip(*drawn, strict=True)):
        counts = np.zeros((2, len(codes), 2))
        counts[:, 0, 0] = [n[0] for n in both]  # nobody else converts
        counts[:, 1:, 1] = [n[1:] for n in both]
        statistics = labelled(arms, codes, counts)
        which = metric_slice(statistics, metric)
        measured = measured_or_reason(experiment, statistics, metric, which, covariates=())
        (own,) = of_replicate([family], place)
        every = ordering_drafts(experiment, statistics, "incidence", measured, family=own)
        drafts.append([draft for draft in every if draft.family is not None])
    found = solved(experiment, drafts)
    named = [next(e for e in each if e.ordering == _WANTED) for each in found]
    return flags(
        e.simultaneous is not None and (e.simultaneous.p_adjusted or 0) < 0.05 for e in named
    )


_ORDERINGS = [">".join(order) for order in permutations(("need", "touchpoint", "trust"))]
_INCIDENCES = np.array([0.07, 0.05, 0.048, 0.02, 0.03, 0.017])
_WANTED, _LIFT = "trust>need>touchpoint", 0.2


@cache
def _of_incidences() -> Experiment:
    whole = journeys(by_class=False)
    return replace(
        whole,
        arms=tuple(arm for arm in whole.arms if arm.name != "influencer"),
        analysis=replace(
            whole.analysis,
            contrasts=tuple(c for c in whole.analysis.contrasts if c.arm == "content"),
        ),
        plan=PlanSettings(
            baseline={"conversion": Baseline(value=float(_INCIDENCES.sum()))},
            incidence=dict(zip(_ORDERINGS, _INCIDENCES.tolist(), strict=True)),
            lifts={"incidence": _relative(_LIFT)},
            lift=_relative(_LIFT),
        ),
    )


ROWS = (
    Row(
        id="K24",
        scenario="Experiments of the size that `pathlift plan` says, twice as many controls, where "
        "what was planned for is true",
        target="find it in 80% ± 1",
        claims=tuple(
            Share(name=name, low=0.79, high=0.81)
            for name in (
                *_CASES,
                "guardrail without loss",
                "quantile",
                "incidence of an ordering",
                "one of several arms",
                "whole clusters",
                "a factor of crossed arms",
            )
        ),
        draw=_k24,
        replicates=5_000,
        quick=20,
        chunk=100,
    ),
)
