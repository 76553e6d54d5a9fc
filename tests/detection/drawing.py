"""Tables of statistics drawn from a world in which nothing, or one named thing, is wrong.

Units are drawn and added up by numpy, apart from all SQL and from the checks that read the tables.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tests.support.experiments import arm, conversion, experiment, metric

from pathlift.registry.experiment import (
    Column,
    ConditionRule,
    Covariate,
    Data,
    Experiment,
    Expression,
    Outage,
    Outcome,
    Source,
    StageDefinition,
    UnitColumn,
)
from pathlift.statistics.cells import UNKNOWN, Cell, CellTable
from pathlift.statistics.collected import ArmFacts, Count, RuleCount, Statistics
from pathlift.statistics.concentration import Concentration
from pathlift.statistics.moments import Group, MomentTable, Variable, objects

Ints = npt.NDArray[np.int64]
ARMS = ("search", "content", "influencer")
STAGES = ("need", "touchpoint", "trust")
FIRST = date(2026, 3, 2)
DAYS = 28
_CONDITION = Expression(text="event = 'x'")


def every_arm(value: float) -> tuple[float, float, float]:
    """The same in all arms."""
    return (value, value, value)


def content(value: float, others: float) -> tuple[float, float, float]:
    """One value in the middle arm, another elsewhere."""
    return (others, value, others)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How units behave and what the log does to them; three numbers are those of the arms.

    The defaults are a sound experiment with the small faults that every log has, alike in all arms.
    """

    units: int = 24_000
    share_by_day: Any = None  # (days, arms); None: thirds
    lost: tuple[float, ...] = every_arm(0.0)
    lost_mobile: tuple[float, ...] = every_arm(0.0)
    rate: Any = field(default_factory=lambda: np.full((DAYS, 3), 0.06))  # (days, arms)
    spread: float = 0.8  # of the logarithm of a purchase
    whale: float = 0.0  # one purchase of `content`, as a share of its total
    prior: tuple[float, ...] = every_arm(5.0)
    before: tuple[float, ...] = every_arm(0.05)
    met: Any = field(default_factory=lambda: np.full((3, 3), 0.6))  # (arms, stages)
    met_by_converted: Any = field(default_factory=lambda: np.full((3, 3), 0.9))
    tied: tuple[float, ...] = every_arm(0.02)
    held: tuple[float, ...] = every_arm(0.3)
    early: float = 0.95
    unknown: tuple[float, ...] = every_arm(0.01)
    crossed: float = 0.0006  # of an arm's units that were drawn again, and fell elsewhere
    away: float = 0.0  # of the units of `content` that were sent to `search`
    ambiguous: float = 0.0002
    misdelivered: tuple[float, ...] = every_arm(0.01)
    early_exposed: tuple[float, ...] = every_arm(0.004)
    excluded: tuple[float, ...] = every_arm(0.01)
    unexposed: tuple[float, ...] = every_arm(0.2)
    sent_twice: tuple[float, ...] = every_arm(0.0005)  # clients that send every row twice
    wrong_clock: tuple[float, ...] = every_arm(0.003)
    at_exposure: tuple[float, ...] = every_arm(0.003)
    mechanical: tuple[float, ...] = every_arm(0.1)
    purchase_tied: tuple[float, ...] = every_arm(0.1)
    identified: tuple[float, ...] = every_arm(0.4)  # of units with further ids
    ids_of_several: int = 2  # of 10,000 ids
    no_value: tuple[float, ...] = every_arm(0.01)
    no_covariate: tuple[float, ...] = every_arm(0.02)
    conflicting: float = 0.0003
    silent_day: int | None = None  # on which trust is not logged in `content`
    days: int = DAYS
    read_until: int = 60  # days from the first
    open_share: tuple[float, ...] = every_arm(0.0)  # of units whose window has not ended


def made_experiment(**changes: Any) -> Experiment:
    """The experiment whose tables are drawn: everything that a check reads is declared."""
    sources = (
        Source(name="exposures"),
        Source(name="events", columns={n: Column(name=n) for n in ("event_id", "received_at")}),
        Source(name="exclude_units"),
        Source(name="assignments"),
        Source(name="identities"),
    )
    spend = UnitColumn(column=Column(name="spend"), null="exclude")
    given: dict[str, Any] = {
        "data": Data(shape="journeys", root=Path(), sources=sources),
        "first_day": FIRST,
        "last_day": FIRST + timedelta(days=DAYS - 1),
        "unit": "shopper",
        "window": timedelta(days=14),
        "lookback": {"default": timedelta(days=28)},
        "outcome": Outcome(condition=_CONDITION),
        "covariates": (Covariate(name="prior", column=Column(name="prior")),),
        "outages": (
            Outage(
                stage="need",
                start=datetime(2026, 3, 1, tzinfo=UTC),
                stop=datetime(2026, 3, 2, 6, tzinfo=UTC),
            ),
        ),
    }
    made = experiment(
        [arm(name, received=name, control=name == "search") for name in ARMS],
        [conversion(window=timedelta(days=14)), metric("revenue", source=spend)],
        segments=("device",),
        **(given | changes),
    )
    stages = tuple(
        StageDefinition(name=s, rules=(ConditionRule(condition=_CONDITION),))  # type: ignore[arg-type]
        for s in STAGES
    )
    analysis = replace(made.analysis, landmark=timedelta(days=7), misdelivered="exclude")
    return replace(made, stages=stages, analysis=analysis)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Columns of the analysed units."""

    arm: Ints
    day: Ints
    device: Ints
    baseline: Ints
    label: Ints
    met: npt.NDArray[np.bool_]
    converted: Ints
    cents: Ints
    prior: Ints
    early: Ints
    early_converted: Ints
    mature: Ints


def drawn(world: World, rng: np.random.Generator) -> Statistics:
    """One run's tables."""
    units = _units(world, rng)
    n = np.bincount(units.arm, minlength=3)
    mature = np.bincount(units.arm, weights=units.mature, minlength=3).astype(int)
    whole = _by(units, {0: {}}, np.zeros_like(units.arm))
    days = {d: {"day": (FIRST + timedelta(days=d)).isoformat()} for d in range(world.days)}
    by_day = _by(units, days, units.day)
    midnight = datetime.combine(FIRST, datetime.min.time(), UTC)
    end = midnight + timedelta(days=world.read_until)
    return Statistics(
        arms=tuple(
            ArmFacts(arm=ARMS[a], units=int(n[a]), matured_units=int(mature[a]),
                     first_exposure=midnight)
            for a in range(3)
        ),
        lengths=(14 * 86_400_000_000,),
        metric_class={"conversion": 1, "revenue": 1},
        label_class=1,
        moments=whole,
        days=by_day,
        segments=_segments(units),
        cells=_cells(units),
        covariates=("x:prior",),
        rules=tuple(_rules(world, units)),
        quality=tuple(_quality(world, units, rng)),
        concentration=tuple(_concentration(units)),
        watermark=end,
        last_event=end - timedelta(hours=1),
    )  # fmt: skip


def _units(world: World, rng: np.random.Generator) -> Units:
    per_day = rng.multinomial(world.units, np.full(world.days, 1 / world.days))
    thirds = np.full((world.days, 3), 1 / 3)
    shares = thirds if world.share_by_day is None else world.share_by_day
    counts = np.array([rng.multinomial(per_day[d], shares[d]) for d in range(world.days)])
    day = np.repeat(np.repeat(np.arange(world.days), 3), counts.ravel())
    arms = np.repeat(np.tile(np.arange(3), world.days), counts.ravel())
    mobile = (rng.random(len(arms)) < 0.6).astype(np.int64)

    def happens(chance: Any) -> npt.NDArray[np.bool_]:
        return rng.random(len(arms)) < np.asarray(chance, dtype=float)[arms]

    stays = ~happens(world.lost) & ~(happens(world.lost_mobile) & (mobile == 1))
    day, arms, mobile = day[stays], arms[stays], mobile[stays]
    n = len(arms)
    converted = rng.random(n) < world.rate[day, arms]
    chance = np.where(
        converted[:, None], np.asarray(world.met_by_converted)[arms], np.asarray(world.met)[arms]
    )
    met = rng.random((n, 3)) < chance
    key = np.where(met, rng.random((n, 3)), np.inf)
    several = met.sum(axis=1) >= 2
    tie = several & happens(world.tied)
    first, second = np.sort(key, axis=1)[:, :2].T
    key = np.where(tie[:, None] & (key == second[:, None]), first[:, None], key)
    ranks = np.where(met, 1 + (key[:, None, :] < key[:, :, None]).sum(axis=2), 0)
    label = ranks @ np.array([16, 4, 1])
    label = np.where(happens(world.unknown), UNKNOWN, label)
    cents = np.where(converted, np.round(np.exp(rng.normal(8, world.spread, n))), 0)
    if world.whale:
        buyers = np.flatnonzero(converted & (arms == 1))
        rest = cents[buyers[1:]].sum()
        cents[buyers[0]] = round(rest * world.whale / (1 - world.whale))
    held = rng.random((n, 3)) < 1 - (1 - np.asarray(world.held)[arms, None]) ** (1 / 3)
    early = met.all(axis=1) & ~tie & (label != UNKNOWN) & (rng.random(n) < world.early)
    return Units(
        arm=arms,
        day=day,
        device=mobile,
        baseline=held @ np.array([1, 2, 4]),
        label=label,
        met=met,
        converted=converted.astype(np.int64),
        cents=cents.astype(np.int64),
        prior=rng.poisson(np.asarray(world.prior)[arms]),
        early=early.astype(np.int64),
        early_converted=(early & converted & (rng.random(n) < 0.7)).astype(np.int64),
        mature=(~happens(world.open_share)).astype(np.int64),
    )


def _moments(units: Units, code: Ints, groups: Mapping[int, Group]) -> MomentTable:
    """Sums over units by `code`; codes without a group, and groups without units, are left out."""
    columns = [units.converted, units.cents, units.prior]
    pairs = [(i, j) for i in range(3) for j in range(i, 3)]
    size = max(groups) + 1

    def added(weights: Any) -> list[int]:  # whole numbers, far below 2**53 but for cubes
        return [int(x) for x in np.bincount(code, weights=weights, minlength=size)]

    n = added(None)
    kept = [place for place in groups if n[place]]
    wide = [column.astype(np.float64) for column in columns]
    sums = [added(column) for column in wide]
    products = [added(wide[i] * wide[j]) for i, j in pairs]
    cubes = added(wide[1] ** 3)
    names = ("conversion", "revenue", "x:prior")
    return MomentTable(
        variables=(
            Variable(name=names[0]), Variable(name=names[1], unit=0.01), Variable(name=names[2]),
        ),
        pairs=tuple((names[i], names[j]) for i, j in pairs),
        cubed=("revenue",),
        groups=tuple(groups[place] for place in kept),
        units=objects([(n[place],) for place in kept], 1)[:, 0],
        sums=objects([[of[place] for of in sums] for place in kept], 3),
        products=objects([[of[place] for of in products] for place in kept], len(pairs)),
        cubes=objects([[cubes[place]] for place in kept], 1),
    )  # fmt: skip


def _by(units: Units, levels: Mapping[int, Mapping[str, Any]], column: Ints) -> MomentTable:
    """Sums by arm, maturity and the level of a column."""
    size = max(levels) + 1
    groups = {
        (a * 2 + m) * size + level: Group(arm=ARMS[a], maturity=m, **named)
        for a in range(3)
        for m in (1, 0)
        for level, named in levels.items()
    }
    return _moments(units, (units.arm * 2 + units.mature) * size + column, groups)


def _segments(units: Units) -> MomentTable:
    device = {
        level: {"dimension": "device", "level": name}
        for level, name in enumerate(("desktop", "mobile"))
    }
    return _by(units, device, units.device)


def _cells(units: Units) -> CellTable:
    code = ((units.arm * 2 + units.mature) * 64 + units.label) * 8 + units.baseline
    found, place = np.unique(code, return_inverse=True)

    def added(column: Ints | None) -> Any:
        counts = np.bincount(place, weights=column, minlength=len(found)).astype(int)
        return objects([(int(c),) for c in counts], 1)[:, 0]

    nothing = objects([() for _ in found], 0)
    return CellTable(
        covariates=(),
        cells=tuple(
            Cell(
                arm=ARMS[c // 1024],
                maturity=int(c // 512 % 2),
                label=int(c // 8 % 64),
                baseline=int(c % 8),
            )
            for c in found
        ),
        units=added(None),
        converted=added(units.converted),
        covariate_sums=nothing,
        converted_covariate_sums=nothing.copy(),
        lm_elig=added(units.early),
        lm_conv=added(units.early_converted),
    )


def _rules(world: World, units: Units) -> Iterator[RuleCount]:
    for a, name in enumerate(ARMS):
        of = units.arm == a
        n = np.bincount(units.day[of], minlength=world.days)
        for s, stage in enumerate(STAGES):
            fired = np.bincount(units.day[of], weights=units.met[of, s], minlength=world.days)
            for d in range(world.days):
                silent = world.silent_day == d and name == "content" and stage == "trust"
                yield RuleCount(
                    arm=name, stage=stage, rule=0, surface="",
                    day=(FIRST + timedelta(days=d)).isoformat(),
                    units=int(n[d]), fired=0 if silent else int(fired[d]),
                )  # fmt: skip


def _quality(world: World, units: Units, rng: np.random.Generator) -> Iterator[Count]:
    n = np.bincount(units.arm, minlength=3)

    def by_arm(name: str, counts: Any, other: str = "") -> Iterator[Count]:
        for a, count in enumerate(counts):
            yield Count(name=name, arm=ARMS[a], other=other, count=int(count))

    def among(name: str, chance: tuple[float, ...], other: str = "") -> Iterator[Count]:
        yield from by_arm(name, rng.binomial(n, chance), other)

    wrong = rng.binomial(n, world.misdelivered)
    yield from by_arm("exposure_rows", n + wrong)
    yield from by_arm("misdelivered", wrong)
    for a, name in enumerate(ARMS):
        others = [other for other in range(3) if other != a]
        moved = rng.multinomial(rng.binomial(n[a], world.crossed), [0.5, 0.5])
        for other, count in zip(others, moved, strict=True):
            sent = rng.binomial(n[a], world.away) if (a, other) == (1, 0) else 0
            yield Count(name="crossed", arm=name, other=ARMS[other], count=int(count + sent))
        both = int(rng.binomial(n[a], world.ambiguous))
        yield Count(name="ambiguous_first_arm", arm=name, other=ARMS[others[0]], count=both)
    yield from among("units_outside_period", world.early_exposed, "early")
    yield from among("excluded_units", world.excluded)
    assigned = rng.multinomial(world.units + world.units // 4, [1 / 3] * 3)
    yield from by_arm("assigned", assigned)
    yield from by_arm("assigned_not_exposed", rng.binomial(assigned, world.unexposed))
    yield from among("purchase_at_exposure", world.at_exposure)
    yield from _rows(world, units, rng)
    known = (units.label != 0) & (units.label != UNKNOWN)
    labelled = np.bincount(units.arm[known], minlength=3)
    yield from by_arm("labelled", labelled)
    yield from by_arm("mechanical", rng.binomial(labelled, world.mechanical))
    for s, stage in enumerate(STAGES):
        seen = (units.met[:, s] & (units.converted == 1) & known).astype(int)
        with_stage = np.bincount(units.arm, weights=seen, minlength=3).astype(int)
        tied = rng.binomial(with_stage, world.purchase_tied)
        yield from by_arm("purchase_tied", tied, stage)
        yield Count(name="condition_rows", other=f"stage:{stage}", count=1000)
    yield from among("missing_outcome", world.no_value, "revenue")
    yield from among("missing_covariate", world.no_covariate, "prior")
    yield from among("conflicting_columns", every_arm(world.conflicting), "device")
    bought = rng.binomial(n, world.before)
    yield from by_arm("before", bought, "conversion")
    yield from by_arm("before_squares", bought, "conversion")
    spent = [np.round(np.exp(rng.normal(8, 0.8, count))).astype(int).tolist() for count in bought]
    yield from by_arm("before", [sum(of) for of in spent], "revenue")
    yield from by_arm("before_squares", [sum(x * x for x in of) for of in spent], "revenue")
    own = rng.spawn(1)[0]  # so that no other draw depends on these
    yield from by_arm("identified_units", own.binomial(n, world.identified))
    yield Count(name="ids", count=10_000)
    yield Count(name="ids_of_several_units", count=int(own.poisson(world.ids_of_several)))


def _rows(world: World, units: Units, rng: np.random.Generator) -> Iterator[Count]:
    """Rows of events: ten a unit on average, and a client's faults are in all of its rows."""
    n = len(units.arm)
    kept = 1 + rng.geometric(1 / 9, n)
    twice = np.where(rng.random(n) < np.asarray(world.sent_twice)[units.arm], kept, 0)
    off = np.where(rng.random(n) < np.asarray(world.wrong_clock)[units.arm], kept, 0)
    for name, column in (
        ("event_rows", kept),
        ("units_with_events", np.ones(n)),
        ("event_rows_squared", kept**2),
        ("duplicate_events", twice),
        ("duplicate_events_squared", twice**2),
        ("duplicate_events_by_rows", twice * kept),
        ("clock_skewed", off),
        ("clock_skewed_squared", off**2),
        ("clock_skewed_by_rows", off * kept),
    ):
        for a, count in enumerate(np.bincount(units.arm, weights=column, minlength=3)):
            yield Count(name=name, arm=ARMS[a], count=int(count))
    yield Count(name="event_rows_read", count=int(kept.sum() + twice.sum()))


def _concentration(units: Units) -> Iterator[Concentration]:
    for a, name in enumerate(ARMS):
        size = np.sort(units.cents[(units.arm == a) & (units.mature == 1)])[::-1]
        total, top = size.sum(), int(np.ceil(0.001 * len(size)))
        if total:
            yield Concentration(
                metric="revenue",
                arm=name,
                units=len(size),
                nonzero=int((size > 0).sum()),
                largest=float(size[0] / total),
                top_units=top,
                top=float(size[:top].sum() / total),
            )
