"""What world a simulated log comes from: arms, classes of shopper, rates. Draws nothing.

Every instance is possible: a rate is at or above 0, a probability lies in [0, 1]. Which scenarios
ship with the package is said in ``builtin``; how one is read from a file in ``files``.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, Self

from pathlift.simulation.differences import Creators, Frailty
from pathlift.simulation.observation import CLEAN, STAGES, Logging, Observation
from pathlift.simulation.possible import Kind, refuse, wrong_fields, wrong_number, wrong_path

CHANNELS = ("search", "content", "influencer")

Channel = Literal["search", "content", "influencer"]

_ALIKE, _EVEN, _COMPLETE = Frailty(), Creators(), Observation()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRates:
    """How shoppers of one arm move. All rates are per day.

    Attributes
    ----------
    arm : str
        Name, as in the experiment's YAML.
    units : int
        Planned units. Units are assigned at random in proportion to this, so that the counts of a
        log scatter as those of a real experiment do.
    channel : {"search", "content", "influencer"}
        Which events a stage is mostly seen through; moves no rate.
    need, touchpoint, trust : float
        Rate at which a shopper of class factor 1 acquires the stage.
    purchase : float
        Rate of the first order once all three stages are held.
    leak : float
        Rate of the first order before that. The strict theory says 0.
    churn : float
        Rate of leaving for good without an order.
    repeat : float
        Rate of a second and last order after the first.
    refund : float
        Probability that an order is refunded.
    refund_delay : float
        Mean days from an order to its refund (exponential).
    amount : float
        Factor on the amount of an order.
    """

    arm: str
    units: int
    channel: Channel
    need: float
    touchpoint: float
    trust: float
    purchase: float
    leak: float = 0.0
    churn: float = 0.04
    repeat: float = 0.012
    refund: float = 0.08
    refund_delay: float = 6.0
    amount: float = 1.0

    def __post_init__(self) -> None:
        refuse(f"arm {self.arm!r}", wrong_fields(self, ARM_KINDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopperClass:
    """A kind of shopper; the same kinds in the same shares in every arm.

    Attributes
    ----------
    name : str
        What the scenario calls it; appears in no log.
    share : float
        Share of all units.
    returning : bool
        What the column ``returning`` shows; several classes may share a value, so that a log can
        hold differences that no column explains.
    need, touchpoint, trust, purchase, churn : float
        Factors on the arm's rates of the stages, of the first order, and of leaving.
    spend : float
        Median amount of an order, in the currency of the log.
    spread : float
        Standard deviation of the logarithm of that amount.
    prior : float
        Probability of having spent anything in the year before exposure.
    prior_spend, prior_spread : float
        Median of what was spent then, where something was, and the deviation of its logarithm.
    """

    name: str
    share: float
    returning: bool
    need: float = 1.0
    touchpoint: float = 1.0
    trust: float = 1.0
    purchase: float = 1.0
    churn: float = 1.0
    spend: float = 38.0
    spread: float = 0.6
    prior: float = 0.0
    prior_spend: float = 60.0
    prior_spread: float = 0.7

    def __post_init__(self) -> None:
        refuse(f"class {self.name!r}", wrong_fields(self, CLASS_KINDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A world with a known truth.

    Attributes
    ----------
    name, title : str
        As listed, and in words.
    seed : int
        Every draw follows from it, whatever the number of threads.
    first_day, last_day : date
        Days of first exposure, both included, UTC.
    window, refund_window : int
        Days after first exposure within which the outcome, and refunds, count.
    arms : tuple of ArmRates
        The first one is the control.
    classes : tuple of ShopperClass
        Their shares add up to 1.
    orderings : tuple of (str, float)
        Factor on the purchase rate of shoppers who completed this ordering, such as
        ``("trust>need>touchpoint", 1.5)``; 1 for orderings that are not named.
    steps : tuple of (str, float)
        Factor on the rate of a stage for shoppers who hold those before it, in that order:
        ``("need>trust", 2.0)`` makes trust twice as fast after need alone.
    carry_in : tuple of (str, float)
        Share of units that hold these stages when they are exposed, such as ``("trust", 0.1)``. A
        held stage is not acquired again, so the label after exposure has the others alone.
    frailty : Frailty
        How shoppers of one class differ.
    creators : Creators
        The clusters.
    observation : Observation
        What is wrong with the log; it moves no truth.
    data : str
        Folder of its log below ``data``: that of the worked example which reads it.
    """

    name: str
    title: str
    seed: int
    first_day: date
    last_day: date
    window: int
    refund_window: int
    arms: tuple[ArmRates, ...]
    classes: tuple[ShopperClass, ...]
    orderings: tuple[tuple[str, float], ...] = ()
    steps: tuple[tuple[str, float], ...] = ()
    carry_in: tuple[tuple[str, float], ...] = ()
    frailty: Frailty = _ALIKE
    creators: Creators = _EVEN
    observation: Observation = _COMPLETE
    data: str = "journeys"

    def __post_init__(self) -> None:
        refuse(f"scenario {self.name!r}", (*wrong_fields(self, SCENARIO_KINDS), *_misfits(self)))

    @property
    def units(self) -> int:
        """Planned units of all arms."""
        return sum(arm.units for arm in self.arms)

    @property
    def horizon(self) -> int:
        """Days that a journey is followed after first exposure."""
        return max(self.window, self.refund_window)

    @property
    def start(self) -> datetime:
        """First instant at which a unit can be exposed."""
        return datetime.combine(self.first_day, time(), tzinfo=UTC)

    @property
    def stop(self) -> datetime:
        """First instant at which no unit is exposed any more."""
        return datetime.combine(self.last_day, time(), tzinfo=UTC) + timedelta(days=1)

    @property
    def log_end(self) -> datetime:
        """First instant after the log: a day after the last unit has matured, or as observed."""
        if self.observation.log_ends is not None:
            return datetime.combine(self.observation.log_ends, time(), tzinfo=UTC)
        return self.stop + timedelta(days=self.horizon + 1)

    def logging(self, arm: str) -> Logging:
        """How the log of an arm is kept.

        Parameters
        ----------
        arm : str
            Name of the arm.

        Returns
        -------
        Logging
            That of a good log where nothing is said.
        """
        return dict(self.observation.arms).get(arm, CLEAN)

    def sized(self, units: int) -> Self:
        """Return the same world with another number of planned units in every arm.

        Parameters
        ----------
        units : int
            Planned units an arm, one or more.

        Returns
        -------
        Scenario
            Everything else unchanged.
        """
        return replace(self, arms=tuple(replace(arm, units=units) for arm in self.arms))

    def seeded(self, seed: int) -> Self:
        """Return the same world, drawn again.

        Parameters
        ----------
        seed : int
            In [0, 2**63).

        Returns
        -------
        Scenario
            Everything else unchanged.
        """
        return replace(self, seed=seed)


ARM_KINDS: Mapping[str, Kind] = {
    "units": "count",
    "need": "rate",
    "touchpoint": "rate",
    "trust": "rate",
    "purchase": "rate",
    "leak": "rate",
    "churn": "rate",
    "repeat": "rate",
    "refund": "probability",
    "refund_delay": "positive",
    "amount": "positive",
}
CLASS_KINDS: Mapping[str, Kind] = {
    "share": "probability",
    "need": "rate",
    "touchpoint": "rate",
    "trust": "rate",
    "purchase": "rate",
    "churn": "rate",
    "spend": "positive",
    "spread": "rate",
    "prior": "probability",
    "prior_spend": "positive",
    "prior_spread": "rate",
}
SCENARIO_KINDS: Mapping[str, Kind] = {"window": "count", "refund_window": "count"}


def _misfits(scenario: Scenario) -> Iterator[str]:
    if not 0 <= scenario.seed < 2**63:
        yield f"seed is {scenario.seed}; it lies in [0, 2**63)"
    if scenario.last_day < scenario.first_day:
        yield f"last_day {scenario.last_day} lies before first_day {scenario.first_day}"
    names = [arm.arm for arm in scenario.arms]
    if len(names) < 2 or len(set(names)) != len(names):
        yield "there must be two arms or more, each with its own name"
    total = math.fsum(shopper.share for shopper in scenario.classes)
    if abs(total - 1) > 1e-9:  # shares are written with a few decimals; 1e-9 is far below them
        yield f"the shares of the classes add up to {total:g}; they must add up to 1"
    yield from _wrong_paths(scenario.orderings, "factor", "rate", least=3)
    yield from _wrong_paths(scenario.steps, "factor", "rate", least=2)
    yield from _wrong_paths(scenario.carry_in, "share", "probability", least=1)
    held = math.fsum(share for _, share in scenario.carry_in)
    if held > 1 + 1e-9:
        yield f"the shares of carry_in add up to {held:g}; they cannot be more than 1"
    yield from _unseen(scenario)


def _wrong_paths(
    factors: tuple[tuple[str, float], ...], word: str, kind: Kind, *, least: int
) -> Iterator[str]:
    for ordering, factor in factors:
        wrong = wrong_path(ordering, least=least, most=len(STAGES))
        if wrong:
            yield wrong
        reason = wrong_number(factor, kind)
        if reason:
            yield f"the {word} of {ordering} is {factor!r}; {reason}"


def _unseen(scenario: Scenario) -> Iterator[str]:
    """Settings of the log that fit no arm, class or day of the scenario."""
    days = (scenario.last_day - scenario.first_day).days + 1
    arms = {arm.arm for arm in scenario.arms}
    classes = {"", *(shopper.name for shopper in scenario.classes)}
    ends = scenario.observation.log_ends
    if ends is not None and ends <= scenario.first_day:
        yield f"log_ends {ends} is not after first_day {scenario.first_day}"
    for arm, logging in scenario.observation.arms:
        if arm not in arms:
            yield f"observation names the arm {arm!r}, which there is not"
        for shopper in {name for name, _ in logging.missing} - classes:
            yield f"missing names the class {shopper!r}, which there is not"
        if not 0 <= logging.starts_after < days:
            yield (
                f"{arm} starts_after {logging.starts_after} days, and first exposures "
                f"take {days} days in all"
            )


def field_names(record: type[ArmRates | ShopperClass | Scenario]) -> tuple[str, ...]:
    """Names that a record is built from.

    Parameters
    ----------
    record : type
        One of the three records of this module.

    Returns
    -------
    tuple of str
        In the order of the definition.
    """
    return tuple(field.name for field in fields(record))
