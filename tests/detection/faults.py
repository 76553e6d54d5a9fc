"""Every check's own fault, with its size: what has to be found in 95 of 100 runs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from tests.detection.drawing import ARMS, DAYS, World, content, drawn, made_experiment

from pathlift.inference.estimates import estimate_all
from pathlift.judgement.checks import CHECKS
from pathlift.judgement.checks.looking import peeking
from pathlift.judgement.checks.precision import precision
from pathlift.judgement.checks.twyman import twyman
from pathlift.judgement.families import declare_families
from pathlift.registry.changes import Change
from pathlift.registry.experiment import Analysis, Cluster, Column, Experiment, Margin
from pathlift.registry.plan import PlanSettings
from pathlift.registry.registration import Registration
from pathlift.result.looks import Earlier
from pathlift.result.model import Check
from pathlift.statistics.clusters import Cluster as ClusterOfUnits
from pathlift.statistics.clusters import ClusterTable
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group, objects

RANK = {"not_checked": 0, "pass": 1, "info": 2, "warn": 3, "fail": 4}
Run = Callable[[Experiment, Statistics], Iterable[Check]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault, and what the check has to say of it."""

    rule: str  # of methods 4
    check: str
    size: str
    severity: str
    world: World = field(default_factory=World)
    experiment: Callable[[Experiment], Experiment] = lambda experiment: experiment
    tables: Callable[[Statistics, np.random.Generator], Statistics] = lambda tables, _: tables
    run: Run | None = None

    def found(self, rng: np.random.Generator) -> bool:
        """Whether one drawn run with this fault is called at least as serious."""
        experiment = self.experiment(made_experiment())
        tables = self.tables(drawn(self.world, rng), rng)
        checks = (self.run or CHECKS[self.check])(experiment, tables)
        return any(
            check.id == self.check and RANK[check.severity] >= RANK[self.severity]
            for check in checks
        )


def _rates(early: Sequence[float], late: Sequence[float]) -> Any:
    """From one rate of each arm to another, day by day."""
    share = np.linspace(0, 1, DAYS)[:, None]
    return (1 - share) * np.asarray(early) + share * np.asarray(late)


def _weekly(values: Sequence[Sequence[float]]) -> Any:
    return np.repeat(np.asarray(values, dtype=float), 7, axis=0)


def _split(weeks: Sequence[float]) -> Any:
    """Share of `content` by week; the others halve the rest."""
    return np.array([[(1 - s) / 2, s, (1 - s) / 2] for s in np.repeat(weeks, 7)])


def _stage(arm: float, others: float, stage: int = 2, usual: float = 0.9) -> Any:
    table = np.full((3, 3), usual)
    table[:, stage] = (others, arm, others)
    return table


def _complete(experiment: Experiment) -> Experiment:
    stages = tuple(replace(s, complete=s.name == "trust") for s in experiment.stages)
    return replace(experiment, stages=stages)


def clustered(experiment: Experiment) -> Experiment:
    """Whole clusters were drawn."""
    cluster = Cluster(column=Column(name="creator"), randomised="clusters")
    return replace(experiment, arms=tuple(replace(a, cluster=cluster) for a in experiment.arms))


def clusters_of(count: int, strayed: float = 0.0, lost: int = 0) -> Any:
    """So many clusters an arm; a share of units lies in a cluster of the next arm."""

    def made(tables: Statistics, rng: np.random.Generator) -> Statistics:
        rows: dict[ClusterOfUnits, int] = {}
        for a, name in enumerate(ARMS):
            own = count - (lost if name == "content" else 0)
            sizes = rng.multinomial(8000, np.full(own, 1 / own))
            moved = rng.binomial(sizes, strayed)
            for k in range(own):
                group = Group(arm=name, maturity=1)
                rows[ClusterOfUnits(group=group, name=f"{name}{k}")] = int(sizes[k] - moved[k])
                other = Group(arm=ARMS[(a + 1) % 3], maturity=1)
                if moved[k]:
                    rows[ClusterOfUnits(group=other, name=f"{name}{k}")] = int(moved[k])
        nothing = np.zeros((len(rows), 0), dtype=np.int64)
        return replace(
            tables,
            clusters=ClusterTable(
                variables=(),
                clusters=tuple(rows),
                units=np.array(list(rows.values()), dtype=np.int64),
                sums=objects([() for _ in rows], 0),
                label_units=nothing,
                label_converted=nothing,
            ),
        )

    return made


def _looked_before(experiment: Experiment, tables: Statistics) -> Iterable[Check]:
    before = Earlier(look=1, definition="", plan={}, units={}, caps={}, contrasts={})
    return peeking(experiment, tables, (before,))


def _amended(experiment: Experiment) -> Experiment:
    locked = Registration(
        locked_at=datetime(2026, 2, 1, tzinfo=UTC),
        definition_hash="0" * 64,
        amendments=(Change(path="window", before="14d", after="7d"),),
        deciding=("window",),
    )
    return replace(experiment, registration=locked)


def _without_units(experiment: Experiment, tables: Statistics) -> Iterable[Check]:
    inferred = estimate_all(experiment, tables, declare_families(experiment))
    return twyman(experiment, inferred.estimates)


def _of_precision(experiment: Experiment, tables: Statistics) -> Iterable[Check]:
    inferred = estimate_all(experiment, tables, declare_families(experiment))
    return precision(experiment, inferred.estimates)


def _planned(experiment: Experiment) -> Experiment:
    lift = PlanSettings(lift=Margin(scale="absolute", value=0.003))
    return replace(_plain(experiment), plan=lift, status="stopped")


def _plain(experiment: Experiment) -> Experiment:
    """Conversion only, so that estimates are quick."""
    return replace(
        experiment,
        stages=(),
        covariates=(),
        segments=(),
        metrics=experiment.metrics[:1],
        analysis=Analysis(contrasts=experiment.analysis.contrasts),
    )


def _one_unit_less(tables: Statistics, _: np.random.Generator) -> Statistics:
    units = tables.days.units.copy()
    units[0] -= 1
    return replace(tables, days=replace(tables.days, units=units))


_SIMPSON = _weekly([[0.04, 0.02, 0.04]] * 2 + [[0.20, 0.16, 0.20]] * 2)

FAULTS: tuple[Fault, ...] = (
    Fault(rule="V1", check="srm", size="an arm loses 10% of its units", severity="fail",
          world=World(lost=content(0.1, 0))),
    Fault(rule="V2", check="srm_within", size="an arm loses 15% of its mobile units",
          severity="warn", world=World(lost_mobile=content(0.15, 0))),
    Fault(rule="V2", check="srm_within", size="shares of an arm by day go from 23% to 43%",
          severity="warn", world=World(share_by_day=_split([0.23, 0.3, 0.37, 0.43]))),
    Fault(rule="V3", check="srm_within", size="35% of an arm's windows are open, 20% of others'",
          severity="warn", world=World(open_share=content(0.35, 0.2))),
    Fault(rule="V3", check="excluded_units", size="the list holds 2.2% of an arm, 1% of others",
          severity="fail", world=World(excluded=content(0.022, 0.01))),
    Fault(rule="V4", check="crossover", size="1.5% of units in several arms", severity="fail",
          world=World(crossed=0.015)),
    Fault(rule="V4", check="crossover", size="0.6% of an arm's units sent to another, none back",
          severity="fail", world=World(away=0.006)),
    Fault(rule="V4", check="crossover", size="0.2% of units in several arms", severity="warn",
          world=World(crossed=0.002)),
    Fault(rule="V5", check="duplicates", size="1.5% of an arm's clients send all twice, 0.05% of "
          "others'", severity="fail", world=World(sent_twice=content(0.015, 0.0005))),
    Fault(rule="V5", check="duplicates", size="0.5% of clients send all twice", severity="warn",
          world=World(sent_twice=(0.005,) * 3)),
    Fault(rule="V6", check="outside_period", size="3% of an arm exposed too early, 0.4% of others",
          severity="fail", world=World(early_exposed=content(0.03, 0.004))),
    Fault(rule="V6", check="purchase_at_exposure", size="1.2% of an arm convert at exposure, 0.3% "
          "of others", severity="fail", world=World(at_exposure=content(0.012, 0.003))),
    Fault(rule="V6", check="clock", size="2.5% of an arm's clients a day off, 0.3% of others'",
          severity="warn", world=World(wrong_clock=content(0.025, 0.003))),
    Fault(rule="V6", check="clock", size="12% of an arm's clients a day off, 0.3% of others'",
          severity="fail", world=World(wrong_clock=content(0.12, 0.003))),
    Fault(rule="V7", check="triggering", size="24% of an arm never exposed, 20% of others",
          severity="fail", world=World(unexposed=content(0.24, 0.2))),
    Fault(rule="V8", check="drift", size="the control goes from 5% to 11% over four weeks",
          severity="warn", world=World(rate=_rates([0.05] * 3, [0.11] * 3))),
    Fault(rule="V9", check="maturity", size="60% of windows open", severity="warn",
          world=World(open_share=(0.6,) * 3)),
    Fault(rule="V10", check="duration", size="24 of 28 days", severity="warn",
          world=World(days=24)),
    Fault(rule="V10", check="duration", size="data end on day 20, with a window of 14",
          severity="warn", world=World(read_until=20)),
    Fault(rule="V11", check="pre_period", size="8% of an arm converted before, 5% of others",
          severity="fail", world=World(before=content(0.08, 0.05))),
    Fault(rule="V12", check="measurement", size="a stage that every purchase passes is seen before "
          "70% of an arm's, 90% of others'", severity="fail", experiment=_complete,
          world=World(met_by_converted=_stage(0.7, 0.9))),
    Fault(rule="V12", check="measurement", size="as before, of a stage that purchases may lack",
          severity="warn", world=World(met_by_converted=_stage(0.7, 0.9))),
    Fault(rule="V12", check="measurement", size="a rule is silent in an arm for a day",
          severity="fail", world=World(silent_day=9)),
    Fault(rule="V12", check="stages", size="1% of an arm meet a stage, 60% of others",
          severity="fail", world=World(met=_stage(0.005, 0.6, usual=0.6),
                                       met_by_converted=_stage(0.01, 0.9))),
    Fault(rule="V13", check="ties", size="25% of units with tied stages", severity="fail",
          world=World(tied=(0.25,) * 3)),
    Fault(rule="V13", check="ties", size="7% of units with tied stages", severity="warn",
          world=World(tied=(0.07,) * 3)),
    Fault(rule="V13", check="ties", size="4.5% of an arm tied, 2% of others", severity="warn",
          world=World(tied=content(0.045, 0.02))),
    Fault(rule="E5", check="purchase_ties", size="60% of conversions in the moment of a stage",
          severity="fail", world=World(purchase_tied=(0.6,) * 3)),
    Fault(rule="V14", check="mechanical", size="55% of an arm's labels begin at exposure",
          severity="warn", world=World(mechanical=content(0.55, 0.1))),
    Fault(rule="E2", check="carry_in", size="36% of an arm held a stage before, 30% of others",
          severity="warn", world=World(held=content(0.36, 0.3))),
    Fault(rule="E24", check="outages", size="3% of an arm met an outage, 1% of others",
          severity="fail", world=World(unknown=content(0.03, 0.01))),
    Fault(rule="V15", check="novelty", size="an effect of 9 points fades to 0 over four weeks",
          severity="warn", world=World(rate=_rates([0.06, 0.15, 0.06], [0.06] * 3))),
    Fault(rule="V16", check="mix", size="shares of an arm by day go from 23% to 43%",
          severity="warn", world=World(share_by_day=_split([0.23, 0.3, 0.37, 0.43]))),
    Fault(rule="V16", check="paradox", size="effects of -2 and -4 points turn as an arm goes "
          "from 10% to 70%", severity="fail",
          world=World(rate=_SIMPSON, share_by_day=_split([0.1, 0.1, 0.7, 0.7]))),
    Fault(rule="V17", check="balance", size="a covariate of an arm 0.1 of its spread off",
          severity="warn", world=World(prior=content(5.224, 5))),
    Fault(rule="V18", check="skew", severity="fail",
          size="logarithms of purchases spread by 1, an arm of a twentieth",
          world=World(spread=1.0, share_by_day=_split([0.05] * 4))),
    Fault(rule="V19", check="outliers", size="one purchase of 5% of an arm's total",
          severity="warn", world=World(whale=0.05)),
    Fault(rule="V20", check="counts", size="one conversion in 8,000 units of an arm",
          severity="warn", world=World(rate=np.full((DAYS, 3), 1 / 8000))),
    Fault(rule="V21", check="clusters", size="2% of units in another arm than their cluster",
          severity="fail", experiment=clustered, tables=clusters_of(40, strayed=0.02)),
    Fault(rule="V21", check="clusters", size="15 clusters an arm", severity="warn",
          experiment=clustered, tables=clusters_of(15)),
    Fault(rule="V21", check="clusters", size="5 clusters an arm", severity="fail",
          experiment=clustered, tables=clusters_of(5)),
    Fault(rule="V21", check="srm", size="an arm loses 60 of 150 clusters", severity="fail",
          experiment=clustered, tables=clusters_of(150, lost=60)),
    Fault(rule="V23", check="landmark", size="15% of complete orderings early enough",
          severity="warn", world=World(early=0.15)),
    Fault(rule="V23", check="positivity", size="a tenth of the units, so strata of few",
          severity="warn", world=World(units=2400)),
    Fault(rule="V24", check="peeking", size="a second look at a fixed horizon", severity="warn",
          run=_looked_before),
    Fault(rule="V25", check="twyman", size="6% against 11%", severity="warn", experiment=_plain,
          run=_without_units,
          world=World(rate=np.tile([0.06, 0.11, 0.06], (DAYS, 1)))),
    Fault(rule="V27", check="registration", size="another window than was locked",
          severity="warn", experiment=_amended),
    Fault(rule="V28", check="invariants", size="one unit lacks in one table", severity="fail",
          tables=_one_unit_less),
    Fault(rule="E21", check="ambiguous_first_arm", size="0.2% of units first seen in two arms",
          severity="warn", world=World(ambiguous=0.002)),
    Fault(rule="design 4", check="delivery", size="2.2% of an arm's rows misdelivered, 1% of "
          "others'", severity="warn", world=World(misdelivered=content(0.022, 0.01))),
    Fault(rule="design 4", check="missing_outcome", size="2.2% of an arm's values missing, 1% of "
          "others'", severity="fail", world=World(no_value=content(0.022, 0.01))),
    Fault(rule="design 4", check="missing_covariate", size="3.6% of an arm's values missing, 2% of "
          "others'", severity="warn", world=World(no_covariate=content(0.036, 0.02))),
    Fault(rule="E15", check="conflicting_columns", size="0.2% of first rows disagree",
          severity="warn", world=World(conflicting=0.002)),
    # at the end, since the draws of a fault follow from its place
    Fault(rule="E18", check="identities", size="45% of an arm's units have further ids, 40% of "
          "others'", severity="warn", world=World(identified=content(0.45, 0.4))),
    Fault(rule="E18", check="identities", size="0.4% of ids lead to several units",
          severity="warn", world=World(ids_of_several=40)),
    Fault(rule="V20", check="precision", size="a lift of 0.3 points is planned, with 8,000 units "
          "an arm at 6%", severity="warn", experiment=_planned, run=_of_precision),
)  # fmt: skip

NOT_DRAWN = {
    "interference": "counts whom several arms buy from, of which these tables know nothing",
    "coverage": "counts rows; a condition that holds for none is no chance",
    "rules": "compares which surfaces a rule fires on",
    "presets": "reads other rules over the same rows, which these tables do not have",
    "winsorising": "says what was capped",
    "naive_time": "says how times were read",
    "csv": "says what files there are",
    "hidden_columns": "says which names hide others",
    "aa": "says which command deals units anew",
    "instrument": "reads an F; row K11 of the calibration draws weak ones",
}
"""Checks without a fault that could be drawn: they say what was read."""
