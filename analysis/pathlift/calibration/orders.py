"""Rows about observed orderings; truth by the matrix exponential of ``pathlift.simulation``."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from pathlift.calibration.celled import CODES, drawn_from, journeys, labelled
from pathlift.calibration.claims import Share, Shown
from pathlift.calibration.estimating import flags, holds, of_replicate, solved
from pathlift.calibration.row import Draws, Row
from pathlift.inference.arrays import Floats
from pathlift.inference.associating import associate
from pathlift.inference.compliers import complier_estimates
from pathlift.inference.decomposing import decomposition_rows
from pathlift.inference.drafts import Draft
from pathlift.inference.incidence import ordering_drafts
from pathlift.inference.metrics import measured_or_reason, metric_slice
from pathlift.inference.omnibus import independence
from pathlift.inference.tails import two_sided_critical
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Estimate
from pathlift.simulation import scenario, truth
from pathlift.simulation.chain import COMPLETE

_SIX = 6  # complete orderings, the last labels
_LEAST = (
    2.6  # critical values of twelve correlated contrasts: 2.838 in methods 2.1, never near this
)
_SOME = 0.005  # of the replicates take the whole road, each a fifth of a second


def _k7(rng: np.random.Generator, replicates: int) -> Draws:
    world, experiment = drawn_from("trust_first"), journeys(by_class=False)
    families = [f for f in declare_families(experiment) if f.estimand == "incidence"]
    metric = experiment.metrics[0]
    drafts = []
    for place, counts in enumerate(world.counts(rng, replicates, 20_000)):
        statistics = world.statistics(counts)
        which = metric_slice(statistics, metric)
        measured = measured_or_reason(experiment, statistics, metric, which, covariates=())
        (family,) = of_replicate(families, place)
        every = ordering_drafts(experiment, statistics, "incidence", measured, family=family)
        drafts.append([draft for draft in every if draft.family is not None])
    z = np.array([[_from_truth(draft) for draft in each] for each in drafts])
    worst = np.abs(z).max(axis=1)
    together = (worst <= _LEAST).astype(float)
    road = np.flatnonzero((worst > _LEAST) & (worst <= two_sided_critical(0.05 / z.shape[1])))
    together[road] = _hold_together(experiment, [drafts[place] for place in road])
    some = np.arange(math.ceil(replicates * _SOME))
    whole = _hold_together(experiment, [drafts[place] for place in some])
    return {
        "twelve intervals together": together,
        "twelve intervals, each for itself": (worst <= two_sided_critical(0.05)).astype(float),
        "as found by all that analyze does": (whole == together[some]).astype(float),
    }


def _from_truth(draft: Draft) -> float:
    """Distance of a contrast from the truth, in its standard errors."""
    spread = draft.spread
    if spread is None:
        return math.inf
    off = spread.m1 - spread.m0 - _true_effect(draft.identity.ordering or "", draft.identity.arm)
    return off / math.sqrt(spread.v11 + spread.v00 - 2 * spread.v10)


@cache
def _true_effect(ordering: str, arm: str) -> float:
    return truth(scenario("trust_first")).absolute(
        arm=arm, control="search", estimand="incidence", metric="conversion", ordering=ordering
    )


def _hold_together(experiment: Experiment, drafts: Sequence[Sequence[Draft]]) -> Floats:
    """Whether all intervals of a family hold the truth, by the critical value of each run."""
    return flags(
        all(
            e.simultaneous is not None
            and holds(e.simultaneous.absolute, _true_effect(e.ordering or "", e.arm))
            for e in estimates
        )
        for estimates in solved(experiment, drafts)
    )


@cache
def _true_parts(name: str) -> dict[tuple[str, str | None, str], float]:
    """Mix and rate of each contrast, in all; by the definition, from exact shares and rates."""
    lots = drawn_from(name).lots
    by_label = lots.share.sum(axis=1)  # arms, labels, lots
    p = by_label.sum(axis=2)
    x = by_label[..., [1, 3, 4]].sum(axis=2)
    r = np.divide(x, p, out=np.zeros_like(x), where=p > 0)
    found: dict[tuple[str, str | None, str], float] = {}
    for one, arm in enumerate(lots.arms[1:], 1):
        mix, rate = (p[one] - p[0]) * (r[one] + r[0]) / 2, (r[one] - r[0]) * (p[one] + p[0]) / 2
        found[arm, None, "mix"], found[arm, None, "rate"] = float(mix.sum()), float(rate.sum())
        for place, ordering in enumerate(COMPLETE, len(p[0]) - _SIX):
            found[arm, ordering, "mix"] = float(mix[place])
            found[arm, ordering, "rate"] = float(rate[place])
    return found


def _k8(rng: np.random.Generator, replicates: int) -> Draws:
    world, experiment = drawn_from("intent"), journeys(by_class=False)
    true = _true_parts("intent")
    wanted = {
        "mix, all orderings": ("influencer", None, "mix"),
        "rate, all orderings": ("influencer", None, "rate"),
        "mix of a frequent ordering": ("content", "need>touchpoint>trust", "mix"),
        "rate of a frequent ordering": ("content", "need>touchpoint>trust", "rate"),
        "rate of a rare ordering": ("content", "trust>need>touchpoint", "rate"),
    }
    held: dict[str, list[bool]] = {name: [] for name in wanted}
    for counts in world.counts(rng, replicates, 20_000):
        rows = {
            (row.arm, row.ordering): row
            for row in decomposition_rows(experiment, world.statistics(counts))
        }
        for name, (arm, ordering, part) in wanted.items():
            row = rows[arm, ordering]
            span = row.mix if part == "mix" else row.rate
            held[name].append(holds(span, true[arm, ordering, part]))
    return {name: flags(each) for name, each in held.items()}


def _k9(rng: np.random.Generator, replicates: int) -> Draws:
    draws: dict[str, Floats] = {}
    experiment = journeys()
    for name, said in (("intent", "B"), ("trust_first_intent", "C2")):
        world = drawn_from(name)
        rate = world.lots.rates(by_class=True)["landmark"]
        held: list[bool] = []
        other: list[bool] = []
        sized: list[bool] = []
        for counts in world.counts(rng, replicates, 5_000):
            found = associate(experiment, world.statistics(counts))
            base = COMPLETE.index(found.reference or "")
            one = COMPLETE.index("trust>need>touchpoint")
            row = found.rows[one]
            held.append(holds(row.absolute, float(rate[one] - rate[base])))
            other.append(holds(row.ratio, float(rate[one] / rate[base])))
            p = found.omnibus[0].p_value
            sized.append(p is not None and p < 0.05)
        draws[f"difference, {said}"] = flags(held)
        draws[f"ratio, {said}"] = flags(other)
        if said == "B":
            draws["size of the test of association, B"] = flags(sized)
    return draws


def _k10(rng: np.random.Generator, replicates: int) -> Draws:
    counts = drawn_from("inert").counts(rng, replicates, 20_000)[:, 0].sum(axis=1)
    six = counts[:, -_SIX:]
    converted = six[:, :, [1, 3, 4]].sum(axis=-1)
    table = np.stack([converted, six.sum(axis=-1) - converted], axis=1)
    rejected = np.array([float(independence(each).p_value) < 0.05 for each in table])
    return {
        "size of the naive test": rejected.astype(float),
        "rejects nearly always": rejected.astype(float),
    }


# Shoppers who would take the ordering only when encouraged, always, or never: their share, and
# their conversion without and with it. Encouragement moves nothing but the ordering.
_ALWAYS, _OFTEN, _SELDOM = 0.1, 0.30, 0.12
_EFFECT, _ENCOURAGED = 0.15, 5_000
_COMPLIERS = {"F about 1": 0.002, "F about 10": 0.0187, "F about 80": 0.0594}


def _principal(compliers: float) -> Floats:
    """Shares of (arm, took it, converted) by the definition of the three kinds."""
    never = 1 - compliers - _ALWAYS
    complies = np.array([[0.1, 0.1 + _EFFECT]])  # without, with
    cells = np.zeros((2, 2, 2))
    for arm in (0, 1):
        for share, takes, rate in (
            (_ALWAYS, 1, _OFTEN),
            (never, 0, _SELDOM),
            (compliers, arm, float(complies[0, arm])),
        ):
            cells[arm, takes] += share * np.array([1 - rate, rate])
    return cells


def _k11(rng: np.random.Generator, replicates: int) -> Draws:
    experiment = journeys(by_class=False)
    pair = tuple(arm for arm in experiment.arms if arm.name != "influencer")
    contrasts = tuple(c for c in experiment.analysis.contrasts if c.arm == "content")
    experiment = replace(
        experiment,
        arms=pair,
        analysis=replace(experiment.analysis, contrasts=contrasts, encouragement=True),
    )
    codes = [CODES["need>touchpoint>trust"], CODES["touchpoint>need>trust"]]
    draws: dict[str, Floats] = {}
    for name, compliers in _COMPLIERS.items():
        share = _principal(compliers).reshape(2, 4)
        drawn = rng.multinomial(_ENCOURAGED, share, size=(replicates, 2)).reshape(-1, 2, 2, 2)
        held, strength = [], []
        for counts in drawn:
            statistics = labelled(("search", "content"), codes, counts.astype(np.float64))
            estimate = complier_estimates(experiment, statistics)[0]
            held.append(_in_set(estimate, _EFFECT))
            first = estimate.first_stage
            strength.append(0.0 if first is None or first.f is None else first.f)
        draws[f"{name}: set covers"] = flags(held)
        draws[f"{name}: mean F"] = np.array(strength)
    return draws


def _in_set(estimate: Estimate, value: float) -> bool:
    if estimate.set is None:
        return False
    return any(
        (low is None or low <= value) and (high is None or value <= high)
        for low, high in estimate.set.pieces
    )


ROWS = (
    Row(
        id="K7",
        scenario="Incidences of six orderings in two arms against a control (scenario C), 20,000 "
        "units an arm: largest |T|",
        target="all twelve intervals hold in 95% ± .5; unadjusted ones do not",
        claims=(
            Share(name="twelve intervals together", low=0.945, high=0.955),
            Share(name="twelve intervals, each for itself", low=0.945, high=0.955, must_fail=True),
            Share(name="as found by all that analyze does", low=1.0),
        ),
        draw=_k7,
        replicates=8_000,
        quick=40,
        chunk=100,
    ),
    Row(
        id="K8",
        scenario="Difference in conversion split into mix and rate (Kitagawa), scenario B, 20,000 "
        "units an arm",
        target="covers 95% ± .7",
        claims=tuple(
            Share(name=name, low=0.943, high=0.957)
            for name in (
                "mix, all orderings",
                "rate, all orderings",
                "mix of a frequent ordering",
                "rate of a frequent ordering",
                "rate of a rare ordering",
            )
        ),
        draw=_k8,
        replicates=20_000,
        quick=300,
        chunk=250,
    ),
    Row(
        id="K9",
        scenario="Conversion within a landmark of completing an ordering, standardised over arm "
        "and class, 5,000 units an arm",
        target="covers 95% ± 1; the test of association rejects in 5% ± .5 where orderings do "
        "nothing",
        claims=(
            Share(name="difference, B", low=0.94, high=0.96),
            Share(name="ratio, B", low=0.94, high=0.96),
            Share(name="difference, C2", low=0.94, high=0.96),
            Share(name="ratio, C2", low=0.94, high=0.96),
            Share(name="size of the test of association, B", low=0.045, high=0.055),
        ),
        draw=_k9,
        replicates=10_000,
        quick=100,
        chunk=125,
    ),
    Row(
        id="K10",
        scenario="Negative control: is conversion equal over the six observed orderings? 20,000 "
        "units of an arm where ordering does nothing",
        target="a test of 5% ± .5 it is not; it rejects in more than 95%",
        claims=(
            Share(name="size of the naive test", low=0.045, high=0.055, must_fail=True),
            Share(name="rejects nearly always", low=0.95),
        ),
        draw=_k10,
        replicates=40_000,
        quick=500,
        chunk=4_000,
    ),
    Row(
        id="K11",
        scenario="Effect of an ordering on compliers, encouragement of any strength (Anderson and "
        "Rubin), 5,000 units an arm",
        target="the set covers in 95% ± .5",
        claims=tuple(
            claim
            for name in _COMPLIERS
            for claim in (
                Share(name=f"{name}: set covers", low=0.945, high=0.955),
                Shown(name=f"{name}: mean F"),
            )
        ),
        draw=_k11,
        replicates=20_000,
        quick=200,
        chunk=300,
    ),
)
