"""Rows about looking more than once: what a plan of looks costs, and what looking naively does."""

import math
from contextlib import suppress
from dataclasses import replace
from functools import cache

import numpy as np

from pathlift.calibration.claims import Share
from pathlift.calibration.estimating import flags
from pathlift.calibration.looking import excludes_zero, looked, with_looks
from pathlift.calibration.row import Draws, Row
from pathlift.calibration.worlds import (
    made_experiment,
    made_metric,
    made_statistics,
    moments_of_cells,
)
from pathlift.errors import NotEstimableError
from pathlift.inference.anytime import LEAST_CONVERSIONS, Sequence
from pathlift.inference.anytime_srm import watched_split
from pathlift.inference.arrays import Floats
from pathlift.inference.group_sequential import (
    boundaries,
    growing_information,
    information_share,
    planned_information,
)
from pathlift.inference.proportions import difference_score
from pathlift.inference.spending import Spending
from pathlift.inference.tails import two_sided_critical
from pathlift.planning.planning import plan
from pathlift.registry.experiment import Experiment, Margin
from pathlift.registry.plan import Baseline, PlanSettings
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group

_RATE, _UNITS = 0.05, 7_000
_SOME = 0.03  # of the replicates take the whole road, which costs thirty times as much
_LIFT, _POWERED = 0.2, 0.25  # what is planned for; share of the replicates that measure power
_OBF = Spending(kind="obrien_fleming")
_ONCE = float(two_sided_critical(0.05))
_GROUPS = (Group(arm="control"), Group(arm="treated"))
_CONVERSION = made_metric("conversion", "proportion")


def _counts(
    rng: np.random.Generator, replicates: int, looks: int, rates: tuple[float, float], units: int
) -> tuple[Floats, Floats]:
    """Conversions (replicates, arms, looks) and units (looks,) of an arm, at equal steps."""
    step = units // looks
    drawn = rng.binomial(step, np.array(rates)[:, None], size=(replicates, len(rates), looks))
    return drawn.cumsum(axis=2).astype(float), step * np.arange(1.0, looks + 1)


def _naive(hits: Floats, seen: Floats) -> Floats:
    """What a single look would say at each of them: z, shape (replicates, looks)."""
    return difference_score(hits[:, 1], seen, hits[:, 0], seen)


def _spending(hits: Floats, seen: Floats) -> Floats:
    """Whether O'Brien-Fleming type spending stops at some look; zeros and ones.

    A boundary never lies below that of a single look: where no look reaches that, nothing is found
    and no boundary is computed.
    """
    z = _naive(hits, seen)
    share = hits / seen
    error = np.sqrt((share * (1 - share) / (seen - 1)).sum(axis=1))
    found = np.zeros(len(hits))
    for place in np.flatnonzero((np.abs(z) > _ONCE).any(axis=1)):
        planned = planned_information(error[place, 0], seen[0], seen[-1])
        shares = information_share(error[place], planned)
        kept: list[int] = []
        for look in range(len(seen)):
            with suppress(NotEstimableError):  # such a look is not spent, as in `analyze`
                growing_information(shares[[*kept, look]])
                kept.append(look)
        plan = boundaries(shares[kept], _OBF, alpha=0.05)
        found[place] = bool((np.abs(z[place, kept]) >= plan.critical).any())
    return found


def _by_the_road(experiment: Experiment, hits: Floats, seen: Floats) -> Floats:
    """The same by all that `analyze` does at every look."""
    found = np.zeros(len(hits))
    for place in np.flatnonzero((np.abs(_naive(hits, seen)) > _ONCE).any(axis=1)):
        tables = [_table(x, n) for x, n in zip(hits[place].T, seen, strict=True)]
        estimates = looked(experiment, _CONVERSION, tables, until_found=True)
        found[place] = any(excludes_zero(each) for each in estimates[-1])
    return found


def _table(hits: Floats, units: float) -> Statistics:
    counts = np.stack([units - hits, hits], axis=1).astype(np.int64)
    return made_statistics(moments_of_cells(_GROUPS, counts, {"conversion": (0, 1)}))


def _planned(kind: str, units: float) -> Experiment:
    experiment = made_experiment(("control", "treated"), (_CONVERSION,))
    return with_looks(experiment, kind=kind, planned_units=int(2 * units))


def _k13(rng: np.random.Generator, replicates: int) -> Draws:
    draws: dict[str, Floats] = {}
    agreeing = []
    for looks in (5, 14):
        hits, seen = _counts(rng, replicates, looks, (_RATE, _RATE), _UNITS)
        found = _spending(hits, seen)
        draws[f"type I error, {looks} looks"] = found
        some = slice(math.ceil(replicates * _SOME))
        whole = _by_the_road(_planned("group_sequential", seen[-1]), hits[some], seen)
        agreeing.append(whole == found[some])
    draws["as found by all that analyze does"] = np.concatenate(agreeing).astype(float)
    rates = (_RATE, _RATE * (1 + _LIFT))
    few = math.ceil(replicates * _POWERED)
    hits, seen = _counts(rng, few, 5, rates, _sized())
    up = _naive(hits, seen)[:, -1] > 0
    draws["power at the planned size, 5 looks"] = _spending(hits, seen) * up
    return draws


@cache
def _sized() -> int:
    """Units of an arm that `pathlift plan` says for five looks."""
    experiment = replace(
        _planned("group_sequential", 2 * _UNITS),
        plan=PlanSettings(
            lift=Margin(scale="relative", value=_LIFT),
            baseline={"conversion": Baseline(value=_RATE)},
            looks=5,
        ),
    )
    return plan(experiment).units["treated"]


def _k15(rng: np.random.Generator, replicates: int) -> Draws:
    hits, seen = _counts(rng, replicates, 14, (_RATE, _RATE), _UNITS)
    found = (np.abs(_naive(hits, seen)) > _ONCE).any(axis=1).astype(float)
    return {"size of naive peeking": found, "about 22%": found}


def _k14(rng: np.random.Generator, replicates: int) -> Draws:
    draws = {}
    for name, (rate, looks) in _PEEKED.items():
        hits, seen = _counts(rng, replicates, looks, (rate, rate), _WATCHED)
        z = _naive(hits, seen)
        sequence = Sequence.tuned(2 * seen[-1], alpha=0.05)
        begun = hits.sum(axis=1) >= LEAST_CONVERSIONS  # before, analyze refuses the interval
        beyond = np.abs(z) > sequence.multiplier(2 * seen)
        draws[name] = (beyond & begun).any(axis=1).astype(float)
    return draws


def _k16(rng: np.random.Generator, replicates: int) -> Draws:
    draws = {}
    for name, shares in _SPLITS.items():
        drawn = rng.multinomial(3_000, shares, size=(replicates, 28)).cumsum(axis=1)
        draws[name] = flags(
            float(watched_split(each, (1, 1, 1)).p_value[-1]) < 0.001 for each in drawn
        )
    return draws


_WATCHED = 42_000  # units an arm: 300 a look with 140 of them
_PEEKED = {
    "rate 2%, 14 looks": (0.02, 14),
    "rate 2%, 140 looks": (0.02, 140),
    "rate 20%, 14 looks": (0.2, 14),
    "rate 20%, 140 looks": (0.2, 140),
}
_SPLITS = {
    "alarms of a split as planned": (1 / 3, 1 / 3, 1 / 3),
    "finds 34.3 / 32.8 / 32.8 by 84,000 units": (0.344, 0.328, 0.328),
}

ROWS = (
    Row(
        id="K14",
        scenario="Two equal rates, an always-valid interval (asymptotic confidence sequence) at "
        "every look",
        target="excludes no effect at any look in at most 5%",
        claims=tuple(Share(name=name, high=0.05) for name in _PEEKED),
        draw=_k14,
        replicates=40_000,
        quick=1_000,
        chunk=2_000,
    ),
    Row(
        id="K16",
        scenario="Three arms watched for a wrong split at 28 looks of 3,000 units, level .001",
        target="alarms in at most .1%; finds the wrong split in more than 95%",
        claims=(
            Share(name="alarms of a split as planned", high=0.001),
            Share(name="finds 34.3 / 32.8 / 32.8 by 84,000 units", low=0.95),
        ),
        draw=_k16,
        replicates=40_000,
        quick=1_000,
        chunk=4_000,
    ),
    Row(
        id="K13",
        scenario="Two equal rates of 5% looked at in equal steps, O'Brien-Fleming type spending",
        target="rejects in 5% ± .5; finds what was planned for in 80% ± 1",
        claims=(
            Share(name="type I error, 5 looks", low=0.045, high=0.055),
            Share(name="type I error, 14 looks", low=0.045, high=0.055),
            Share(name="as found by all that analyze does", low=1.0),
            Share(name="power at the planned size, 5 looks", low=0.79, high=0.81),
        ),
        draw=_k13,
        replicates=20_000,
        quick=150,
        chunk=250,
    ),
    Row(
        id="K15",
        scenario="Negative control: fourteen looks, each read as if it were the only one",
        target="a test of 5% ± .5 it is not; it rejects in about 22%",
        claims=(
            Share(name="size of naive peeking", low=0.045, high=0.055, must_fail=True),
            Share(name="about 22%", low=0.21, high=0.23),
        ),
        draw=_k15,
        replicates=40_000,
        quick=4_000,
        chunk=8_000,
    ),
)
