"""The chain against closed forms and against the published numbers of the methods page."""

import itertools
import math

import pytest

from pathlift.simulation import TruthTable, scenario, truth
from pathlift.simulation.chain import COMPLETE, LABELS, Rates, rates_of, refunded, standing

# methods 6.2: lambda of need, touchpoint, trust = .5, .25, .12 a day; mu = .08; delta = .04
SPEED = {"need": 0.5, "touchpoint": 0.25, "trust": 0.12}
MU, DELTA, WINDOW = 0.08, 0.04, 14.0

NTR = "need>touchpoint>trust"
NRT = "need>trust>touchpoint"
TNR = "touchpoint>need>trust"
TRN = "touchpoint>trust>need"
RNT = "trust>need>touchpoint"
RTN = "trust>touchpoint>need"


def golden(*, churn: float = DELTA, purchase: float = MU) -> Rates:
    return Rates(
        stage=lambda stage, _label: SPEED[stage],
        purchase=lambda label: purchase if label in COMPLETE else 0.0,
        churn=churn,
    )


def hypoexponential_cdf(rates: list[float], t: float) -> float:
    """Of distinct rates (methods 6.1)."""
    return 1 - sum(
        math.prod(other / (other - rate) for other in rates if other != rate) * math.exp(-rate * t)
        for rate in rates
    )


def test_there_are_sixteen_labels_six_of_them_complete() -> None:
    assert len(set(LABELS)) == 16
    assert set(COMPLETE) == {">".join(p) for p in itertools.permutations(SPEED)}


# Methods 6.2, printed to 6 decimals.
@pytest.mark.parametrize(
    ("ordering", "probability"),
    [
        (NTR, 0.388319),
        (NRT, 0.186393),
        (TNR, 0.231739),
        (TRN, 0.055617),
        (RNT, 0.091954),
        (RTN, 0.045977),
    ],
)
def test_without_churn_every_ordering_is_completed_as_often_as_its_clocks_run(
    ordering: str, probability: float
) -> None:
    for_ever = 1000.0  # days; the slowest clock is exp(-120) from having rung
    share = standing(golden(churn=0.0, purchase=0.0), for_ever).share
    assert share[LABELS.index(ordering)] == pytest.approx(probability, abs=5e-7)


# Methods 6.2, printed to 10 decimals.
@pytest.mark.parametrize(
    ("ordering", "probability"),
    [
        (NTR, 0.0703381393),
        (NRT, 0.0496715344),
        (TNR, 0.0480687002),
        (TRN, 0.0204826340),
        (RNT, 0.0286072500),
        (RTN, 0.0174045668),
    ],
)
def test_purchase_by_an_ordering_is_as_published_and_as_its_closed_form(
    ordering: str, probability: float
) -> None:
    bought = standing(golden(), WINDOW).converted[LABELS.index(ordering)]
    assert bought == pytest.approx(probability, abs=5e-11)

    left, odds, sums = dict(SPEED), 1.0, []
    for stage in ordering.split(">"):
        sums.append(sum(left.values()) + DELTA)
        odds *= left.pop(stage) / sums[-1]
    sums.append(MU + DELTA)
    closed = odds * MU / sums[-1] * hypoexponential_cdf(sums, WINDOW)
    assert bought == pytest.approx(closed, abs=1e-10)  # methods: equal to 1e-10


def test_conversion_is_as_published() -> None:
    # methods 6.2: ITT conversion .23457, printed to 5 decimals
    assert standing(golden(), WINDOW).converted.sum() == pytest.approx(0.23457, abs=5e-6)


def test_all_probabilities_of_a_standing_add_up_to_one() -> None:
    stands = standing(golden(), WINDOW)
    assert stands.share.sum() == pytest.approx(1, abs=1e-12)  # rounding of 64 numbers


def test_repeat_orders_split_the_buyers_and_move_nobody_else() -> None:
    plain = standing(golden(), WINDOW)
    again = standing(
        Rates(stage=golden().stage, purchase=golden().purchase, churn=DELTA, repeat=0.3), WINDOW
    )
    assert again.two.sum() > 0.01
    assert again.converted == pytest.approx(plain.converted, abs=1e-12)
    assert again.none == pytest.approx(plain.none, abs=1e-12)


def test_a_sure_refund_of_an_order_open_from_the_start_is_two_clocks_in_a_row() -> None:
    eager = Rates(stage=lambda _stage, _label: 0.0, purchase=lambda _label: 0.2, churn=0.0)
    chance = refunded(eager, days=10.0, refund=1.0, delay=2.0)
    assert chance == pytest.approx(hypoexponential_cdf([0.2, 0.5], 10.0), abs=1e-12)


def test_in_the_long_run_a_buyer_of_two_keeps_both_with_the_square_of_keeping_one() -> None:
    buyer = Rates(
        stage=lambda _stage, _label: 0.0, purchase=lambda _label: 1.0, churn=0.0, repeat=1.0
    )
    for_ever = 500.0  # days; all clocks run at 1 or faster a day
    chance = refunded(buyer, days=for_ever, refund=0.3, delay=1.0)
    assert chance == pytest.approx(1 - 0.7**2, abs=1e-12)


# Methods 6.4, printed to 4 decimals: influencer minus search.
@pytest.mark.parametrize(
    ("name", "itt", "need_first", "trust_first"),
    [
        ("inert", 0.0, -0.0499, 0.0417),
        ("intent", 0.0099, -0.0697, 0.0560),
        ("trust_first", 0.0139, -0.0499, 0.0556),
        ("trust_first_intent", 0.0238, -0.0697, 0.0699),
    ],
)
def test_effects_of_the_methods_scenarios_are_as_published(
    name: str, itt: float, need_first: float, trust_first: float
) -> None:
    table = truth(scenario(name))
    assert effect(table, None) == pytest.approx(itt, abs=5e-5)
    assert effect(table, NTR) == pytest.approx(need_first, abs=5e-5)
    assert effect(table, RNT) == pytest.approx(trust_first, abs=5e-5)


# Methods 6.4, printed to 3 decimals: conversion given the observed ordering, in the search arm.
@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("inert", 0.353, 0.452),
        ("intent", 0.430, 0.497),
        ("trust_first", 0.353, 0.537),
        ("trust_first_intent", 0.430, 0.593),
    ],
)
def test_conversion_given_the_ordering_misleads_as_much_as_published(
    name: str, least: float, most: float
) -> None:
    search = truth(scenario(name)).arms[0]
    naive = [search.incidence[label] / search.share[label] for label in COMPLETE]
    assert (min(naive), max(naive)) == pytest.approx((least, most), abs=5e-4)


# Methods 6.4, E, printed in percent: crude difference of interim conversion by calendar day, units
# coming in at the start of each of 28 days.
@pytest.mark.parametrize(
    ("day", "percent", "digits"),
    [(4, 93, 0), (7, 49, 0), (10, 28, 0), (14, 13, 0), (21, 6.0, 1), (28, 3.9, 1), (35, 1.5, 1)],
)
def test_crude_interim_rates_of_an_early_arm_mislead_as_much_as_published(
    day: int, percent: float, digits: int
) -> None:
    world = scenario("early")
    search, content = (rates_of(world, arm, world.classes[0]) for arm in world.arms)
    ages = [min(day - entry, 14) for entry in range(min(day, 28))]

    def converted(rates: Rates) -> float:
        return float(sum(standing(rates, age).converted.sum() for age in ages))

    assert round(100 * (converted(content) / converted(search) - 1), digits) == percent


def test_the_early_arm_is_in_the_end_no_better() -> None:
    early = truth(scenario("early"))
    difference = early.absolute(metric="conversion", arm="content", control="search")
    assert difference == pytest.approx(0, abs=1e-12)


def effect(table: TruthTable, ordering: str | None) -> float:
    return table.absolute(
        estimand="incidence" if ordering else "itt",
        metric="conversion",
        ordering=ordering,
        arm="influencer",
        control="search",
    )
