"""Carried stages, steps, frailty and creators: by the generator and by the exponential alike."""

import math
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from pathlift.simulation import Scenario, scenario, truth
from pathlift.simulation.chain import rates_of, standing
from pathlift.simulation.differences import Creators, Frailty
from pathlift.simulation.drawing import LIVES, PEOPLE, engine_of, numbers_of, run_all
from pathlift.simulation.mixing import mixture

# Four Monte-Carlo standard errors and one unit, as in test_log_against_truth.
ERRORS = 4
UNITS = 60_000
INERT = scenario("inert").sized(UNITS // 3)
RICH = replace(INERT, arms=tuple(replace(arm, leak=0.02) for arm in INERT.arms))

# The label after exposure: stages in order of time that came no later than the first order.
LABELLED = """
    select arm_id, creator, coalesce(bought, false) as bought, coalesce((
        select string_agg(w.stage, '>' order by w.since)
        from (values ('need', need_at), ('touchpoint', touchpoint_at), ('trust', trust_at))
            as w (stage, since)
        where w.since <= case when bought then order_1_at else 14 * 86400000000 end
    ), '') as label
    from (select *, order_1_at < 14 * 86400000000 as bought from journeys)
"""


def drawn(world: Scenario, arm: int | None = None) -> duckdb.DuckDBPyConnection:
    """The block of all units, as far as the journeys; under one arm, or as drawn."""
    engine = engine_of(world)
    numbers = numbers_of(world) | {"first_unit": 0, "last_unit": world.units}
    run_all(engine, (PEOPLE, *LIVES), numbers | {"arm_id": arm})
    return engine


@pytest.mark.parametrize(
    "change",
    [
        {"carry_in": (("trust", 0.2), ("need>touchpoint", 0.1), ("trust>need>touchpoint", 0.05))},
        {
            "carry_in": (("trust", 0.3),),
            "orderings": (("trust>need>touchpoint", 1.5), ("need>touchpoint>trust", 0.5)),
        },
        {"steps": (("need>trust", 3.0), ("trust>touchpoint>need", 0.3), ("trust>need", 0.0))},
        {"frailty": Frailty(purchase=0.8)},
        {"frailty": Frailty(stages=0.6, purchase=0.6)},
    ],
    ids=["carry_in", "carry_in of an ordering", "steps", "frailty of purchase", "frailty of both"],
)
def test_every_label_and_purchase_is_as_frequent_as_the_exponential_says(
    change: dict[str, Any],
) -> None:
    world = replace(RICH, **change)
    engine = drawn(world)
    rows = engine.execute(
        f"select arm_id, label, bought, count(*) from ({LABELLED}) group by all"
    ).fetchall()
    seen = {(arm, label, bought): count for arm, label, bought, count in rows}
    units = dict(engine.execute("select arm_id, count(*) from units group by 1").fetchall())
    for number, arm in enumerate(truth(world).arms):
        for label, share in arm.share.items():
            for bought in (False, True):
                p = arm.incidence[label] if bought else share - arm.incidence[label]
                n, count = units[number], seen.pop((number, label, bought), 0)
                assert abs(count - n * p) <= ERRORS * math.sqrt(n * p * (1 - p)) + 1, (
                    arm.arm,
                    label,
                    bought,
                )
    assert not seen


def test_who_holds_all_stages_at_exposure_only_buys_or_leaves() -> None:
    world = replace(INERT, carry_in=(("need>touchpoint>trust", 1.0),))
    (arm,) = {(one.conversion, one.share[""]) for one in truth(world).arms}
    # one clock against another: mu / (mu + delta) (1 - exp(-(mu + delta) 14)), methods 6.2
    assert arm == pytest.approx((0.08 / 0.12 * -math.expm1(-0.12 * 14), 1.0), abs=1e-12)


def test_factors_of_one_change_nothing() -> None:
    same = replace(
        INERT,
        steps=tuple((f"{a}>{b}", 1.0) for a, b in (("need", "trust"), ("trust", "touchpoint"))),
        carry_in=(("trust", 0.0),),
        creators=Creators(number=7),
    )
    for one, other in zip(truth(INERT).arms, truth(same).arms, strict=True):
        assert one.incidence == pytest.approx(other.incidence, abs=1e-14)


@pytest.mark.parametrize("keen", [Frailty(purchase=1.0), Frailty(stages=0.8, purchase=0.5)])
def test_quadrature_agrees_with_a_sum_over_a_fine_grid(keen: Frailty) -> None:
    world = replace(INERT, frailty=keen)
    arm, (shopper,) = world.arms[0], world.classes
    found = sum(
        weight * standing(rates, world.window).converted.sum()
        for weight, rates in mixture(world, arm, shopper)
    )
    # the trapezoid rule is exact to far below 1e-8 for a smooth function that is flat at both ends
    step, total = 0.1, 0.0
    for k in range(-70, 71):
        z = k * step
        rates = rates_of(
            world, arm, shopper, pace=math.exp(keen.stages * z), zeal=math.exp(keen.purchase * z)
        )
        weight = step * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        total += weight * standing(rates, world.window).converted.sum()
    assert found == pytest.approx(total, abs=1e-7)


def test_creators_move_the_arm_that_shows_them_and_its_units_alike() -> None:
    world = replace(INERT, creators=Creators(number=2_000, spread=0.8))
    rows = (
        drawn(world)
        .execute(
            f"""
        select arm_id, count(*) as creators, avg(rate) as mean, stddev(rate) / sqrt(count(*))
        from (select arm_id, creator, avg(bought::integer) as rate from ({LABELLED}) group by all)
        group by arm_id order by arm_id
        """
        )
        .fetchall()
    )
    arms = truth(world).arms
    assert arms[0].incidence == truth(INERT).arms[0].incidence
    assert abs(arms[2].conversion - truth(INERT).arms[2].conversion) > 0.01
    for number, _, mean, error in rows:  # clusters of ten: a mean of means is near enough
        assert abs(mean - arms[number].conversion) <= ERRORS * error


def test_creators_that_are_randomised_take_their_units_along() -> None:
    world = replace(INERT, creators=Creators(number=30, spread=0.5, randomised=True))
    engine = drawn(world)
    arms = "select creator, count(distinct arm_id) from units group by all"
    found = engine.execute(f"select count(*), max(columns(*)) from ({arms})").fetchone()
    assert found == (30, 29, 1)
    assert engine.execute("select bool_and(shows_creator) from units").fetchone() == (True,)


def test_a_unit_has_the_same_draws_under_every_arm() -> None:
    """Potential outcomes by common random numbers: E_j of a unit over the rate of the arm."""
    rows = []
    for arm in range(3):
        rows.append(
            drawn(INERT, arm)
            .execute(
                "select unit, need_at, touchpoint_at, trust_at, prior_cents, country, exposed_us "
                "from journeys where order_1_at is null and need_at + touchpoint_at + trust_at > 0"
            )
            .fetchall()
        )
    found = [{unit: rest for unit, *rest in arm} for arm in rows]
    speeds = [(arm.need, arm.touchpoint, arm.trust) for arm in INERT.arms]
    both = found[0].keys() & found[2].keys()
    assert len(both) > 5_000
    for unit in both:
        one, other = found[0][unit], found[2][unit]
        assert one[3:] == other[3:]
        for stage in range(3):
            # E = rate * time; times are whole microseconds, the amounts days
            amounts = one[stage] * speeds[0][stage], other[stage] * speeds[2][stage]
            assert amounts[0] == pytest.approx(amounts[1], abs=1)


def test_the_arm_that_was_drawn_shows_what_the_log_shows() -> None:
    factual = drawn(INERT).execute("select * from journeys order by unit").fetchall()
    under: dict[int, dict[Any, Any]] = {}
    for arm in range(3):
        engine = drawn(INERT, arm)
        names = [row[0] for row in engine.execute("describe journeys").fetchall()]
        under[arm] = {row[0]: row for row in engine.execute("select * from journeys").fetchall()}
    where = names.index("arm_id")
    assert all(row == under[row[where]][row[0]] for row in factual)
