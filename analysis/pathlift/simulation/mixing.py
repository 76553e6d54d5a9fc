"""Of what rates the shoppers of one class are a mixture: frailty and creators, by quadrature."""

import math
from collections.abc import Iterator

import numpy as np

from pathlift.simulation.chain import Rates, rates_of
from pathlift.simulation.scenarios import ArmRates, Scenario, ShopperClass

# Nodes of Gauss-Hermite. Against three times as many, chances of methods 6.3 A move by less than
# 1e-8 for one normal with deviations of 1. The grid of two normals has fewer in each direction, for
# its cost: 2e-10 with deviations of 0.5, 3e-6 with 1, far below the error of any log.
_NODES, _GRID_NODES = 32, 16


def mixture(
    scenario: Scenario, arm: ArmRates, shopper: ShopperClass
) -> Iterator[tuple[float, Rates]]:
    """Go through the rates of one class of shopper in one arm.

    Parameters
    ----------
    scenario : Scenario
    arm : ArmRates
    shopper : ShopperClass

    Yields
    ------
    weight, rates : float, Rates
        Weights add up to 1; one pair with weight 1 where shoppers of the class are all alike. Means
        over creators are over all creators that there could be, not over those that were drawn.
    """
    shown = arm.channel == "influencer" or scenario.creators.randomised
    met = scenario.creators.spread if shown else 0.0
    keen = scenario.frailty
    if not keen.stages:  # then only the product of the two factors matters, and it is one normal
        for weight, z in _normal(math.hypot(met, keen.purchase), _NODES):
            yield weight, rates_of(scenario, arm, shopper, zeal=math.exp(z))
        return
    nodes = _GRID_NODES if met else _NODES
    for weight, z in _normal(1.0, nodes):
        pace, zeal = math.exp(keen.stages * z), math.exp(keen.purchase * z)
        for more, effect in _normal(met, nodes):
            rates = rates_of(scenario, arm, shopper, pace=pace, zeal=zeal * math.exp(effect))
            yield weight * more, rates


def _normal(deviation: float, nodes: int) -> Iterator[tuple[float, float]]:
    """Weights and values of a normal with mean 0."""
    if not deviation:
        yield 1.0, 0.0
        return
    places, weights = np.polynomial.hermite_e.hermegauss(nodes)
    for place, weight in zip(places.tolist(), weights.tolist(), strict=True):
        yield weight / math.sqrt(2 * math.pi), deviation * place
