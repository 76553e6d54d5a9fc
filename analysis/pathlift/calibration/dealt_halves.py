"""Rows about A/A by dealing units anew: a sound analysis rejects as often as it says."""

import numpy as np

from pathlift.calibration.claims import Mean, Share
from pathlift.calibration.own_data import BUCKETS
from pathlift.calibration.own_trial import ROUND
from pathlift.calibration.row import Draws, Row
from pathlift.inference.proportions import difference_score
from pathlift.inference.tails import two_sided_critical

_UNITS, _RATE, _SPLITS, _ARMS = 20_000, 0.05, 1_000, 2  # methods 4, V26: splits over all arms
_LOW, _HIGH = 0.027, 0.073
_ONCE = float(two_sided_critical(0.05))


def _rejected(rng: np.random.Generator, converted: int, splits: int) -> int:
    """Of one partition of an arm's units into buckets: halves of them against each other."""
    even = np.full(BUCKETS, 1 / BUCKETS)
    hits = rng.multinomial(converted, even)
    units = hits + rng.multinomial(_UNITS - converted, even)
    order = np.argsort(rng.random((splits, BUCKETS)), axis=1)[:, : BUCKETS // 2]
    n1, x1 = units[order].sum(axis=1), hits[order].sum(axis=1)
    z = difference_score(x1, n1, converted - x1, _UNITS - n1)
    return int((np.abs(z) > _ONCE).sum())


def _k22(rng: np.random.Generator, replicates: int) -> Draws:
    kept = np.zeros((2, replicates))
    each = _SPLITS // _ARMS
    for place in range(replicates):
        converted = rng.binomial(_UNITS, _RATE, _ARMS).tolist()
        kept[0, place] = sum(_rejected(rng, x, each) for x in converted)
        kept[1, place] = sum(
            _rejected(rng, x, ROUND) for x in converted for _ in range(each // ROUND)
        )
    share = kept / _SPLITS
    outside = ((share < _LOW) | (share > _HIGH)).astype(float)
    return {
        "rejection at 5%": share[1],
        "dealt anew every 10 splits: outside 2.7% to 7.3%": outside[1],
        "one partition into 256, as in methods 4: outside": outside[0],
    }


ROWS = (
    Row(
        id="K22",
        scenario="A/A by halves of 256 buckets, 1,000 splits over two arms of 20,000 units, 5% "
        "convert",
        target="rejects in 5% ± .5; outside of 2.7% to 7.3% in at most .5% of clean data, which a "
        "single partition misses",
        claims=(
            Mean(name="rejection at 5%", low=0.045, high=0.055),
            Share(name="dealt anew every 10 splits: outside 2.7% to 7.3%", high=0.005),
            Share(
                name="one partition into 256, as in methods 4: outside", high=0.005, must_fail=True
            ),
        ),
        draw=_k22,
        replicates=1_000,
        quick=0,
        chunk=20,
    ),
)
