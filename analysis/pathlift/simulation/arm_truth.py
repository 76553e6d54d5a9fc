"""What one arm of a scenario truly does: exact functionals of the chain, over classes of shopper.

Country and platform are drawn by themselves, before exposure, and move no rate: so what holds of
an arm holds within each of their levels, and nothing here is by segment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from pathlift.simulation.chain import LABELS, Floats, refunded, standing
from pathlift.simulation.mixing import mixture
from pathlift.simulation.money import Amounts, capped_means
from pathlift.simulation.scenarios import ArmRates, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassOrders:
    """Orders of one class of shopper in one arm, within the window.

    Attributes
    ----------
    share : float
        Share of the class.
    one, two : float
        Probability of exactly one, and of two orders, within the class.
    amounts : Amounts
        Of an order.
    """

    share: float
    one: float
    two: float
    amounts: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmTruth:
    """True values of one arm, per unit.

    Attributes
    ----------
    arm : str
        Its name.
    share : mapping of str to float
        P(label at the end of the window) for the 16 strict labels; they add up to 1. Ties have
        probability 0 in the chain; a log read on a grid of one second shows a few in 100,000.
    incidence : mapping of str to float
        P(label and an order within the window); they add up to ``conversion``.
    conversion, orders, refunds : float
        P(an order within the window), mean orders within it, P(a refund within its own window).
    classes : tuple of ClassOrders
        What the mean revenue is made of, see ``revenue``.
    """

    arm: str
    share: Mapping[str, float]
    incidence: Mapping[str, float]
    conversion: float
    orders: float
    refunds: float
    classes: tuple[ClassOrders, ...]

    def revenue(self, threshold: float | None = None) -> float:
        """Mean revenue per unit within the window.

        Parameters
        ----------
        threshold : float or None
            Where an analysis capped a unit's total, in the currency of the log; None for no cap.

        Returns
        -------
        float
            Mean of ``min(total, threshold)``.
        """
        mean = 0.0
        for part in self.classes:
            one, two = _capped_means(part.amounts, threshold)
            mean += part.share * (part.one * one + part.two * two)
        return mean

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; revenue and order value uncapped.

        Returns
        -------
        dict
            Keys in the order of the attributes.
        """
        return {
            "conversion": self.conversion,
            "orders": self.orders,
            "revenue": self.revenue(),
            "order_value": self.revenue() / self.orders if self.orders else None,
            "refunds": self.refunds,
            "labels": [
                {"ordering": label, "share": self.share[label], "incidence": self.incidence[label]}
                for label in LABELS
            ],
        }


def arm_truth(scenario: Scenario, arm: ArmRates) -> ArmTruth:
    """Compute what one arm truly does.

    Parameters
    ----------
    scenario : Scenario
        The world.
    arm : ArmRates
        One of its arms.

    Returns
    -------
    ArmTruth
        Exact to about 1e-12.
    """
    share, incidence = np.zeros(len(LABELS)), np.zeros(len(LABELS))
    orders = refunds = 0.0
    classes = []
    for shopper in scenario.classes:
        once = twice = 0.0
        for weight, rates in mixture(scenario, arm, shopper):
            stands = standing(rates, scenario.window, scenario.carry_in)
            share += shopper.share * weight * stands.share
            incidence += shopper.share * weight * stands.converted
            once += weight * float(stands.one.sum())
            twice += weight * float(stands.two.sum())
            refunds += (
                shopper.share
                * weight
                * refunded(
                    rates,
                    days=scenario.refund_window,
                    refund=arm.refund,
                    delay=arm.refund_delay,
                    carried=scenario.carry_in,
                )
            )
        orders += shopper.share * (once + 2 * twice)
        amounts = Amounts(median=shopper.spend * arm.amount, spread=shopper.spread)
        classes.append(ClassOrders(share=shopper.share, one=once, two=twice, amounts=amounts))
    return ArmTruth(
        arm=arm.arm,
        share=_by_label(share),
        incidence=_by_label(incidence),
        conversion=float(incidence.sum()),
        orders=orders,
        refunds=refunds,
        classes=tuple(classes),
    )


def _by_label(values: Floats) -> dict[str, float]:
    return dict(zip(LABELS, values.tolist(), strict=True))


# Two classes or arms with the same amounts, or two metrics of one report, ask the same thing.
_capped_means = lru_cache(maxsize=256)(
    lambda amounts, threshold: capped_means(amounts, threshold=threshold)
)
