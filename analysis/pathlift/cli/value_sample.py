"""Small data for ``beyond_gmv.yaml``: made up, the same every time, and with a known truth.

A feed of creators sells kitchenware: some instead of other things, some that would have been bought
two weeks later. Knows nothing of how it is analysed.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

_SEED: Final = 20260302
_START: Final = datetime(2026, 3, 2, tzinfo=UTC)
_DAYS: Final = 28
_CREATORS: Final = 40
_LOWEST, _HIGHEST = 2_000, 6_000
"""Cents of an order, each as likely as any other."""
UNITS: Final = 12_000
"""Of both arms together."""
MEAN_ORDER: Final = (_LOWEST + _HIGHEST) / 200
"""In the currency of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmOfValue:
    """What a unit of one arm does, as independent chances.

    Attributes
    ----------
    kitchen, other : float
        Of one order of kitchenware, and of one of anything else, within 14 days of exposure.
    later : float
        Of one more order from 14 to 28 days after it.
    touched : float
        Of an order to follow a touch that is credited.
    refund : float
        Of an order to be sent back, one to 15 days later.
    hide : float
        Of hiding a creator within 14 days.
    steepness : float
        How much more the first of the creators sell: the n-th sells n to the minus this.
    """

    kitchen: float
    other: float
    later: float
    touched: float
    refund: float
    hide: float
    steepness: float

    @property
    def truth(self) -> dict[str, float]:
        """Expectation of every metric of a unit, by name of the metric."""
        first, both = self.kitchen + self.other, self.kitchen + self.other + self.later
        each = (self.kitchen, self.other, self.later)
        none = (1 - self.kitchen) * (1 - self.other) * (1 - self.later)
        one = sum(p * none / (1 - p) for p in each)
        return {
            "net_revenue": both * (1 - self.refund) * MEAN_ORDER,
            "revenue": first * MEAN_ORDER,
            "revenue_28d": both * MEAN_ORDER,
            "kitchen": self.kitchen * MEAN_ORDER,
            "credited": first * self.touched * MEAN_ORDER,
            "conversion": 1 - (1 - self.kitchen) * (1 - self.other),
            "repeat": 1 - none - one,
            "refunds": both * self.refund * MEAN_ORDER,
            "hides": self.hide,
        }

    @property
    def creators(self) -> list[float]:
        """Share of every creator in the orders of the arm."""
        weights = [place**-self.steepness for place in range(1, _CREATORS + 1)]
        return [weight / sum(weights) for weight in weights]


ARMS: Final = {
    "search": ArmOfValue(
        kitchen=0.10, other=0.30, later=0.20, touched=0.20, refund=0.08, hide=0.03, steepness=0.3
    ),
    "feed": ArmOfValue(
        kitchen=0.17, other=0.26, later=0.17, touched=0.55, refund=0.08, hide=0.033, steepness=1.0
    ),
}


def write_value(registry: Path) -> None:
    """Write logs for ``beyond_gmv.yaml``.

    Parameters
    ----------
    registry : Path
        Folder of the definition; receives ``data/beyond_gmv``.
    """
    import polars

    draw = random.Random(_SEED)
    folder = registry / "data" / "beyond_gmv"
    folder.mkdir(parents=True)
    exposures: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for number in range(UNITS):
        arm = draw.choice(list(ARMS))
        shopper, seen = f"s{number:05}", _START + timedelta(days=draw.random() * _DAYS)
        exposures.append({"shopper_id": shopper, "arm": arm, "first_seen": seen})
        for row in _journey(ARMS[arm], draw):
            days, event, category, creator, amount, touched = row
            events.append(
                {
                    "shopper_id": shopper,
                    "event": event,
                    "occurred_at": seen + timedelta(days=days),
                    "category": category,
                    "creator_id": creator,
                    "amount": amount,
                    "after_touch": touched,
                }
            )
    polars.DataFrame(exposures).write_parquet(folder / "exposures.parquet")
    polars.DataFrame(events).sort("occurred_at").write_parquet(folder / "events.parquet")


_Row = tuple[float, str, str | None, str | None, float | None, bool]


def _journey(arm: ArmOfValue, draw: random.Random) -> list[_Row]:
    """Days after exposure, event, category, creator, amount and whether it follows a touch."""
    rows: list[_Row] = [(60 * draw.random(), "view", None, None, None, False)]
    if draw.random() < arm.hide:
        rows.append((14 * draw.random(), "hide", None, None, None, False))
    orders = (
        (arm.kitchen, "kitchen", 0.0),
        (arm.other, "garden", 0.0),
        (arm.later, "garden", 14.0),
    )
    for chance, category, earliest in orders:
        if draw.random() >= chance:
            continue
        days = earliest + 14 * draw.random()
        amount = draw.randint(_LOWEST, _HIGHEST) / 100
        creator = f"c{draw.choices(range(_CREATORS), arm.creators)[0]:02}"
        touched = draw.random() < arm.touched
        rows.append((days, "purchase", category, creator, amount, touched))
        if draw.random() < arm.refund:
            rows.append((days + 1 + 14 * draw.random(), "refund", category, creator, amount, False))
    return rows
