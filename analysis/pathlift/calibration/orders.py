"""Rows about observed orderings; truth by the matrix exponential of ``pathlift.simulation``."""

from functools import cache

import numpy as np

from pathlift.calibration.claims import Share
from pathlift.calibration.row import Draws, Row
from pathlift.inference.arrays import Floats
from pathlift.inference.omnibus import independence
from pathlift.simulation import scenario
from pathlift.simulation.landmarks import Lots, lots

_LANDMARK = 7.0  # days, methods 6.3
_SIX = 6  # complete orderings, the last labels


@cache
def lots_named(name: str) -> Lots:
    """Exact distribution over classes, labels and lots of a scenario that ships with the package.

    Parameters
    ----------
    name : str

    Returns
    -------
    Lots
    """
    return lots(scenario(name), landmark=_LANDMARK)


def drawn_lots(rng: np.random.Generator, of: Lots, replicates: int, units: int) -> Floats:
    """Units of every arm, as counts.

    Parameters
    ----------
    rng : Generator
    of : Lots
    replicates, units : int
        Units of each arm.

    Returns
    -------
    Floats, shape (replicates, arms, classes, 16, 5)
    """
    share = of.share.reshape(len(of.arms), -1)
    drawn = rng.multinomial(
        units, share / share.sum(axis=1, keepdims=True), size=(replicates, len(of.arms))
    )
    return drawn.reshape(replicates, *of.share.shape).astype(np.float64)


def _k10(rng: np.random.Generator, replicates: int) -> Draws:
    counts = drawn_lots(rng, lots_named("inert"), replicates, 20_000)[:, 0].sum(axis=1)
    six = counts[:, -_SIX:]
    converted = six[:, :, [1, 3, 4]].sum(axis=-1)
    table = np.stack([converted, six.sum(axis=-1) - converted], axis=1)
    rejected = np.array([float(independence(each).p_value) < 0.05 for each in table])
    return {
        "size of the naive test": rejected.astype(float),
        "rejects nearly always": rejected.astype(float),
    }


ROWS = (
    Row(
        id="K10",
        scenario="Negative control: is conversion equal over the six observed orderings? 20,000 "
        "units of an arm where ordering does nothing",
        target="a test of 5% ± .5 it is not; it rejects in more than 95%",
        claims=(
            Share(name="size of the naive test", low=0.045, high=0.055, must_fail=True),
            Share(name="rejects nearly always", low=0.95),
        ),
        draw=_k10,
        replicates=40_000,
        quick=500,
        chunk=4_000,
    ),
)
