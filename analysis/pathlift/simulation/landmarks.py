"""Who truly completes an ordering in time, and converts soon after: the exact landmark.

Every unit of a scenario lies in one of five lots: not eligible, converted or not; eligible, and
converted within a landmark of the last stage, later within the window, or not at all. Exact, by the
matrix exponential; the estimators of ``inference`` share no line with it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pathlift.simulation.chain import COMPLETE, LABELS, Floats, Rates, generator, standing
from pathlift.simulation.mixing import mixture
from pathlift.simulation.scenarios import Scenario, ShopperClass

LOTS = ("neither", "converted", "eligible", "eligible, converted later", "eligible, converted")
"""Columns of `lots_of`: not eligible and not converted, not eligible and converted, and so on."""

_SIZE, _SIX = len(LABELS), len(COMPLETE)


def lots_of(rates: Rates, *, window: float, landmark: float) -> Floats:
    """Distribution of one class of shopper over labels and lots.

    Parameters
    ----------
    rates : Rates
        Constant over time.
    window, landmark : float
        Days; the landmark is above 0 and below the window.

    Returns
    -------
    array, shape (16, 5)
        Rows in order of ``LABELS``, columns in order of ``LOTS``; adds up to 1.
    """
    from scipy.linalg import expm

    end = standing(rates, window)
    early = expm(generator(rates) * (window - landmark))[0]
    lots = np.zeros((_SIZE, len(LOTS)))
    lots[:, 0], lots[:, 1] = end.none, end.converted
    for place in range(_SIZE - _SIX, _SIZE):
        live, one, two, lost = (float(early[block * _SIZE + place]) for block in range(4))
        within = _bought(rates.purchase(LABELS[place]), rates.churn, landmark)
        eligible = live + one + two + lost
        converted = one + two + live * within  # by the end of the window
        soon = eligible * within
        lots[place, 2] = eligible - converted
        lots[place, 3] = converted - soon
        lots[place, 4] = soon
        lots[place, 0] -= eligible - converted
        lots[place, 1] -= converted
    return lots


def _bought(speed: float, leaving: float, days: float) -> float:
    """Chance to convert within some days of completing: the same whenever that was."""
    total = speed + leaving
    return speed / total * -math.expm1(-total * days) if speed else 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lots:
    """Exact distribution of the units of a scenario.

    Attributes
    ----------
    arms : tuple of str
    classes : tuple of ShopperClass
    share : array, shape (arms, classes, 16, 5)
        Of an arm's units: class, label, lot. Each arm adds up to 1.
    """

    arms: tuple[str, ...]
    classes: tuple[ShopperClass, ...]
    share: Floats

    def rates(self, *, by_class: bool = False) -> Mapping[str, Floats]:
        """Conversion given each complete ordering: naive, and within a landmark of completing it.

        Parameters
        ----------
        by_class : bool, default False
            Standardised over arm and class, with the weights of those who are eligible; else over
            all arms and classes as they come, each arm with the same number of units.

        Returns
        -------
        mapping of str to array of shape (6,)
            ``naive``, ``landmark``; in order of ``COMPLETE``.
        """
        six = self.share[:, :, -_SIX:]
        cells = six.reshape(-1, _SIX, len(LOTS)) if by_class else six.sum(axis=(0, 1))[None]
        eligible = cells[:, :, 2:].sum(axis=2)
        weights = eligible.sum(axis=1) / eligible.sum()
        return {
            "naive": weights @ (cells[:, :, [1, 3, 4]].sum(axis=2) / cells.sum(axis=2)),
            "landmark": weights @ (cells[:, :, 4] / eligible),
        }


def lots(scenario: Scenario, *, landmark: float) -> Lots:
    """Compute how the units of every arm and class fall into labels and lots.

    Parameters
    ----------
    scenario : Scenario
    landmark : float
        Days, above 0 and below the window.

    Returns
    -------
    Lots
        Exact to about 1e-12.

    Raises
    ------
    ValueError
        If stages are carried in: the label after exposure is then shorter than the journey.
    """
    if scenario.carry_in:
        raise ValueError("no landmark is known of shoppers who hold stages at exposure")
    share = [
        [
            shopper.share
            * sum(
                weight * lots_of(rates, window=scenario.window, landmark=landmark)
                for weight, rates in mixture(scenario, arm, shopper)
            )
            for shopper in scenario.classes
        ]
        for arm in scenario.arms
    ]
    return Lots(
        arms=tuple(arm.arm for arm in scenario.arms),
        classes=scenario.classes,
        share=np.array(share),
    )
