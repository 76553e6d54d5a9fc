"""Rows about windows that are still open; truth by the matrix exponential of ``simulation``."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache, cached_property

import numpy as np

from pathlift.calibration.celled import CODES, conversions, journeys
from pathlift.calibration.claims import Mean, Share
from pathlift.calibration.estimating import flags, holds, solved
from pathlift.calibration.row import Draws, Row
from pathlift.calibration.worlds import made_statistics
from pathlift.inference.arrays import Floats
from pathlift.inference.open_windows import CONVERTED, open_window_drafts
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Estimate
from pathlift.simulation.chain import COMPLETE, LABELS, Rates, standing
from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.times import Time, TimeTable

_SPEEDS = {"need": 0.5, "touchpoint": 0.25, "trust": 0.12}
_DAYS, _ENTRY, _SEEN, _UNITS = 14, 28, 21, 4_200  # window, days of entry, day of the reading
_SIX = slice(len(LABELS) - 6, None)


def _rates(speed: float, purchase: float) -> Rates:
    return Rates(
        stage=lambda stage, _label: _SPEEDS[stage] * speed,
        purchase=lambda label: purchase if label in COMPLETE else 0.0,
        churn=0.04,
    )


def _bought(speed: float, purchase: float, days: float) -> Floats:
    """Share that has bought through each complete ordering after some days."""
    return standing(_rates(speed, purchase), days).converted[_SIX]


@cache
def _fast_purchase() -> float:
    """Purchases of an arm twice as fast that in the end converts as often (methods 6.4, E)."""
    wanted = float(_bought(1, 0.08, _DAYS).sum())
    low, high = 0.01, 0.08
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if _bought(2, middle, _DAYS).sum() < wanted else (low, middle)
    return low


class _World:
    """Two arms that convert equally often by day 14, one of them sooner."""

    arms = ("search", "content")  # the slow control, and the fast arm

    @cached_property
    def by_day(self) -> Floats:
        """Shape (arms, 6, days + 1): bought through an ordering by each day."""
        return np.array(
            [
                np.stack([_bought(s, p, day) for day in range(_DAYS + 1)], axis=1)
                for s, p in ((1, 0.08), (2, _fast_purchase()))
            ]
        )

    def effect(self, ordering: str | None) -> float:
        """True difference at the end of the window."""
        end = self.by_day[:, :, -1]
        at = slice(None) if ordering is None else COMPLETE.index(ordering)
        return float(np.sum(end[1, at]) - np.sum(end[0, at]))

    def drawn(self, rng: np.random.Generator, replicates: int) -> tuple[Floats, Floats]:
        """Purchases (replicates, arms, 6, days) and ends of follow-up (replicates, arms, days)."""
        each = np.diff(self.by_day, axis=2)
        followed = np.minimum(_SEEN - np.arange(min(_SEEN, _ENTRY)), _DAYS)
        events = np.zeros((replicates, 2, 6, _DAYS))
        ended = np.zeros((replicates, 2, _DAYS))
        for days in np.unique(followed):
            units = round(_UNITS * np.count_nonzero(followed == days) / len(followed))
            for arm in range(2):
                p = each[arm, :, :days].ravel()
                counts = rng.multinomial(units, [*p, 1 - p.sum()], replicates)
                events[:, arm, :, :days] += counts[:, :-1].reshape(replicates, 6, days)
                ended[:, arm, days - 1] += counts[:, -1]
        return events, ended


_WORLD = _World()


@cache
def _experiment() -> Experiment:
    whole = journeys(by_class=False)
    return replace(
        whole,
        arms=tuple(arm for arm in whole.arms if arm.name != "influencer"),
        window=timedelta(days=_DAYS),
        analysis=replace(
            whole.analysis,
            contrasts=tuple(c for c in whole.analysis.contrasts if c.arm == "content"),
            multiplicity="none",
        ),
    )


def _table(events: Floats, ended: Floats) -> Statistics:
    rows = list(_rows(events, ended))
    units = (events.sum(axis=(1, 2)) + ended.sum(axis=1)).astype(int).tolist()
    mature = [int(n * 8 / _SEEN) for n in units]
    made = made_statistics(conversions(_WORLD.arms, mature, [0, 0]))
    return replace(
        made,
        arms=tuple(
            ArmFacts(arm=arm, units=n, matured_units=ripe)
            for arm, n, ripe in zip(_WORLD.arms, units, mature, strict=True)
        ),
        times=TimeTable(
            length=86_400_000_000,
            bins=_DAYS,
            times=tuple(time for time, _ in rows),
            units=np.array([n for _, n in rows], dtype=np.int64),
        ),
    )


def _rows(events: Floats, ended: Floats) -> Iterator[tuple[Time, int]]:
    for arm, name in enumerate(_WORLD.arms):
        for place, ordering in enumerate(COMPLETE):
            for day in np.flatnonzero(events[arm, place]).tolist():
                time = Time(arm=name, endpoint="purchase", bin=day + 1, cause=CODES[ordering])
                yield time, int(events[arm, place, day])
        for day in np.flatnonzero(ended[arm]).tolist():
            yield Time(arm=name, endpoint="purchase", bin=day + 1, cause=None), int(ended[arm, day])


def _k18(rng: np.random.Generator, replicates: int) -> Draws:
    experiment = _experiment()
    drafts = []
    events, ended = _WORLD.drawn(rng, replicates)
    for bought, over in zip(events, ended, strict=True):
        made = open_window_drafts(experiment, _table(bought, over), ())
        drafts.append([d for d in made if d.identity.estimand == CONVERTED])
    names: dict[str | None, str] = {
        None: "all conversions",
        "need>touchpoint>trust": "through a frequent ordering",
        "trust>touchpoint>need": "through a rare ordering",
    }
    held: dict[str, list[bool]] = {name: [] for name in names.values()}
    off: list[float] = []
    for estimates in solved(experiment, drafts):
        by_name: dict[str | None, Estimate] = {e.ordering: e for e in estimates}
        for ordering, name in names.items():
            held[name].append(holds(by_name[ordering].absolute, _WORLD.effect(ordering)))
        whole = by_name[None].absolute
        seen = None if whole is None else whole.estimate
        off.append(math.nan if seen is None else seen - _WORLD.effect(None))
    seen_share = events.sum(axis=(2, 3)) / (events.sum(axis=(2, 3)) + ended.sum(axis=2))
    crude = seen_share[:, 1] - seen_share[:, 0]
    return {name: flags(each) for name, each in held.items()} | {
        "bias of the difference": np.array(off),
        "bias of the crude shares": crude,
    }


ROWS = (
    Row(
        id="K18",
        scenario="Two arms that convert equally often, one of them sooner, read on day 21 of 28 "
        "days of entry with windows of 14 days (competing risks), 4,200 units an arm",
        target="no bias; covers 95% ± .7",
        claims=(
            Mean(name="bias of the difference"),
            Share(name="all conversions", low=0.943, high=0.957),
            Share(name="through a frequent ordering", low=0.943, high=0.957),
            Share(name="through a rare ordering", low=0.943, high=0.957),
            Mean(name="bias of the crude shares", must_fail=True),
        ),
        draw=_k18,
        replicates=20_000,
        quick=150,
        chunk=125,
    ),
)
