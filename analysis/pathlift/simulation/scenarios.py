"""What world a simulated log comes from: arms, classes of shopper, rates. Draws nothing.

Every instance is possible: a rate is at or above 0, a probability lies in [0, 1]. Which scenarios
ship with the package is said in ``builtin``; how one is read from a file in ``files``.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, Self

from pathlift.errors import DefinitionError, Problem

STAGES = ("need", "touchpoint", "trust")
CHANNELS = ("search", "content", "influencer")

Channel = Literal["search", "content", "influencer"]
Kind = Literal["rate", "positive", "probability", "count"]


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
        _refuse(f"arm {self.arm!r}", _wrong_fields(self, ARM_KINDS))


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
    need, purchase : float
        Factors on the arm's rate of need, and on its rates of the first order.
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
    purchase: float = 1.0
    spend: float = 38.0
    spread: float = 0.6
    prior: float = 0.0
    prior_spend: float = 60.0
    prior_spread: float = 0.7

    def __post_init__(self) -> None:
        _refuse(f"class {self.name!r}", _wrong_fields(self, CLASS_KINDS))


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
    data: str = "journeys"

    def __post_init__(self) -> None:
        _refuse(f"scenario {self.name!r}", (*_wrong_fields(self, SCENARIO_KINDS), *_misfits(self)))

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
        """First instant after the log: a day after the last unit has matured."""
        return self.stop + timedelta(days=self.horizon + 1)

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
    "purchase": "rate",
    "spend": "positive",
    "spread": "rate",
    "prior": "probability",
    "prior_spend": "positive",
    "prior_spread": "rate",
}
SCENARIO_KINDS: Mapping[str, Kind] = {"window": "count", "refund_window": "count"}


def wrong_number(value: object, kind: Kind) -> str:
    """Say what is impossible about a number.

    Parameters
    ----------
    value : object
        What was given.
    kind : {"rate", "positive", "probability", "count"}
        What it has to be: at or above 0, above 0, in [0, 1], or a whole number above 0.

    Returns
    -------
    str
        The reason, to follow "NAME is VALUE; "; empty when nothing is wrong.

    Examples
    --------
    >>> wrong_number(1.2, "probability")
    'a probability lies in [0, 1]'
    >>> wrong_number(0.2, "probability")
    ''
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "it must be a number"
    match kind:
        case "rate":
            return "" if value >= 0 else "it cannot be negative"
        case "positive":
            return "" if value > 0 else "it must be above 0"
        case "probability":
            return "" if 0 <= value <= 1 else "a probability lies in [0, 1]"
        case "count":
            whole = isinstance(value, int) and value >= 1
            return "" if whole else "it must be a whole number, 1 or more"


def _wrong_fields(record: object, kinds: Mapping[str, Kind]) -> Iterator[str]:
    for name, kind in kinds.items():
        value = getattr(record, name)
        reason = wrong_number(value, kind)
        if reason:
            yield f"{name} is {value!r}; {reason}"


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
    for ordering, factor in scenario.orderings:
        if sorted(ordering.split(">")) != sorted(STAGES):
            yield f"{ordering!r} is not a complete ordering such as need>touchpoint>trust"
        reason = wrong_number(factor, "rate")
        if reason:
            yield f"the factor of {ordering} is {factor!r}; {reason}"


def _refuse(subject: str, messages: Iterator[str] | tuple[str, ...]) -> None:
    problems = [Problem(message=message, subject=subject) for message in messages]
    if problems:
        raise DefinitionError(problems)


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
