"""The worlds that ship with the package, by name."""

from dataclasses import replace
from datetime import date
from typing import Any

from pathlift.simulation.scenarios import ArmRates, Scenario, ShopperClass

_PERIOD: dict[str, Any] = {
    "first_day": date(2026, 3, 2),
    "last_day": date(2026, 3, 29),
    "window": 14,
    "refund_window": 44,
}

# Speeds as in methods 6.3: fast, middle and slow, permuted over the stages of an arm.
_FAST, _MIDDLE, _SLOW = 0.5, 0.25, 0.12

_ONE_CLASS = (ShopperClass(name="all", share=1.0, returning=False),)
_TWO_CLASSES = (
    ShopperClass(name="plain", share=0.75, returning=False),
    ShopperClass(name="intent", share=0.25, returning=True, need=3.0, purchase=3.0),
)
_NEED_FIRST = ArmRates(
    arm="search",
    channel="search",
    units=20_000,
    need=_FAST,
    touchpoint=_MIDDLE,
    trust=_SLOW,
    purchase=0.08,
    churn=0.04,
)
_METHODS_ARMS = (
    _NEED_FIRST,
    replace(_NEED_FIRST, arm="content", channel="content", need=_MIDDLE, touchpoint=_FAST),
    replace(
        _NEED_FIRST,
        arm="influencer",
        channel="influencer",
        need=_MIDDLE,
        touchpoint=_SLOW,
        trust=_FAST,
    ),
)
_TRUST_PAYS = (("trust>need>touchpoint", 1.5),)

# Behind `returning` stand two classes, so that prior_spend predicts more than that column does.
_SHOPPERS = (
    ShopperClass(
        name="new",
        share=0.62,
        returning=False,
        need=0.8,
        purchase=0.75,
        spend=32,
        spread=0.55,
        prior=0.25,
        prior_spend=18,
        prior_spread=0.6,
    ),
    ShopperClass(
        name="known",
        share=0.26,
        returning=True,
        need=1.2,
        purchase=1.2,
        spend=38,
        spread=0.6,
        prior=0.85,
        prior_spend=55,
        prior_spread=0.6,
    ),
    ShopperClass(
        name="regular",
        share=0.12,
        returning=True,
        need=1.6,
        purchase=2.4,
        spend=52,
        spread=0.65,
        prior=1.0,
        prior_spend=190,
        prior_spread=0.6,
    ),
)
_SEARCH = ArmRates(
    arm="search",
    channel="search",
    units=25_000,
    need=0.32,
    touchpoint=0.19,
    trust=0.08,
    purchase=0.042,
    leak=0.0008,
    churn=0.05,
    refund=0.06,
)
_CONTENT = replace(
    _SEARCH,
    arm="content",
    channel="content",
    need=0.15,
    touchpoint=0.42,
    trust=0.09,
    purchase=0.0465,
)
_INFLUENCER = replace(
    _SEARCH,
    arm="influencer",
    channel="influencer",
    need=0.16,
    touchpoint=0.105,
    trust=0.28,
    purchase=0.037,
    refund=0.063,
    amount=1.05,
)

_JOURNEYS = Scenario(
    name="journeys",
    title="Content lifts conversion; who believes first buys faster",
    seed=20260304,
    arms=(_SEARCH, _CONTENT, _INFLUENCER),
    classes=_SHOPPERS,
    orderings=(("trust>need>touchpoint", 1.25),),
    **_PERIOD,
)
_NO_EFFECT = replace(
    _JOURNEYS,
    name="no_effect",
    title="Three arms that differ in nothing",
    arms=tuple(replace(_SEARCH, arm=arm.arm) for arm in _JOURNEYS.arms),
    orderings=(),
)
_INERT = Scenario(
    name="inert",
    title="Arms change orderings, orderings change nothing (methods 6.3, A)",
    seed=1,
    arms=_METHODS_ARMS,
    classes=_ONE_CLASS,
    **_PERIOD,
)
_INTENT = replace(
    _INERT,
    name="intent",
    title="A quarter of the shoppers mean business; orderings change nothing (methods 6.3, B)",
    classes=_TWO_CLASSES,
)
_TRUST_FIRST = replace(
    _INERT,
    name="trust_first",
    title="Who takes trust > need > touchpoint buys half again as fast (methods 6.3, C)",
    orderings=_TRUST_PAYS,
)
_TRUST_FIRST_INTENT = replace(
    _TRUST_FIRST,
    name="trust_first_intent",
    title="Both: an ordering that matters, shoppers who differ (methods 6.3, C2)",
    classes=_TWO_CLASSES,
)
# Stages twice as fast, and a purchase rate with which both arms convert .2346 by day 14.
_EARLY = replace(
    _INERT,
    name="early",
    title="One arm is sooner and in the end no better: how interim looks mislead (methods 6.4, E)",
    arms=(
        _NEED_FIRST,
        replace(
            _NEED_FIRST,
            arm="content",
            channel="content",
            need=2 * _FAST,
            touchpoint=2 * _MIDDLE,
            trust=2 * _SLOW,
            purchase=0.04392277629189487,
        ),
    ),
)


def _prompting(arm: ArmRates) -> tuple[ArmRates, ArmRates]:
    """One channel with either order of prompts: reviews after the need is stated, or before it."""
    return (
        replace(arm, arm=f"{arm.arm}_need_first", units=12_000, need=arm.need * 1.3),
        replace(
            arm,
            arm=f"{arm.arm}_trust_first",
            units=12_000,
            need=arm.need * 0.8,
            trust=arm.trust * 2,
        ),
    )


# Six arms, three channels by two orders of prompts. Reviews that are asked for before the need cost
# some need and bring forward trust, most where trust is scarce: so the two work together.
_PROMPT_ORDER = replace(
    _JOURNEYS,
    name="prompt_order",
    title="Prompts for reviews before the need pay, least with those who believe already",
    seed=20260601,
    arms=tuple(each for arm in (_SEARCH, _CONTENT, _INFLUENCER) for each in _prompting(arm)),
    data="prompt_order",
)

BUILTIN: dict[str, Scenario] = {
    world.name: world
    for world in (
        _JOURNEYS,
        _NO_EFFECT,
        _INERT,
        _INTENT,
        _TRUST_FIRST,
        _TRUST_FIRST_INTENT,
        _EARLY,
        _PROMPT_ORDER,
    )
}
