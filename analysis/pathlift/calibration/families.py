"""Rows about families: how often anything at all is found where nothing is there."""

from collections.abc import Sequence

import numpy as np

from pathlift.calibration.claims import Share
from pathlift.calibration.estimating import estimates_of, flags
from pathlift.calibration.row import Draws, Row
from pathlift.calibration.worlds import (
    Counts,
    made_experiment,
    made_metric,
    made_statistics,
    moments_of_cells,
)
from pathlift.inference.arrays import Floats, as_floats
from pathlift.inference.graph import gatekept, graph
from pathlift.inference.proportions import difference_score
from pathlift.inference.tails import two_sided_critical, two_sided_p
from pathlift.result.model import Estimate
from pathlift.statistics.moments import Group

_ARMS = ("search", "content", "influencer")
_CONTRASTS = {
    "two arms against one control": (("content", "search"), ("influencer", "search")),
    "all pairs of three arms": (
        ("content", "search"),
        ("influencer", "search"),
        ("influencer", "content"),
    ),
}
_UNITS, _RATE = 10_000, 0.05


def any_found(estimates: tuple[Estimate, ...], alpha: float = 0.05) -> bool:
    """Whether a family rejects anything.

    Parameters
    ----------
    estimates : tuple of Estimate
        Of one family.
    alpha : float, default 0.05

    Returns
    -------
    bool
    """
    adjusted = [e.simultaneous.p_adjusted for e in estimates if e.simultaneous is not None]
    return any(p is not None and p < alpha for p in adjusted)


def _k6(rng: np.random.Generator, replicates: int) -> Draws:
    hits = rng.binomial(_UNITS, _RATE, size=(replicates, len(_ARMS)))
    return {name: _finds_any(hits, contrasts) for name, contrasts in _CONTRASTS.items()}


def _finds_any(hits: Counts, contrasts: Sequence[tuple[str, str]]) -> Floats:
    """Whether a family of contrasts finds something; zeros and ones.

    A family's critical value lies between that of one contrast and Bonferroni's. Where the largest
    |z| lies outside of these two, it is decided; the others are solved.
    """
    pairs = [(_ARMS.index(arm), _ARMS.index(control)) for arm, control in contrasts]
    z = np.stack(
        [difference_score(hits[:, one], _UNITS, hits[:, zero], _UNITS) for one, zero in pairs]
    )
    largest = np.abs(z).max(axis=0)
    least, most = two_sided_critical(0.05), two_sided_critical(0.05 / len(pairs))
    found = (largest > most).astype(float)
    open_ = np.flatnonzero((largest > least) & (largest <= most))
    metric = made_metric("conversion", "proportion")
    groups = tuple(Group(arm=arm) for arm in _ARMS)
    experiment = made_experiment(_ARMS, (metric,), contrasts=contrasts)
    tables = [
        made_statistics(
            moments_of_cells(groups, np.stack([_UNITS - x, x], axis=1), {"conversion": (0, 1)})
        )
        for x in hits[open_]
    ]
    found[open_] = flags(any_found(each) for each in estimates_of(experiment, metric, tables))
    return as_floats(found)


# Two primary metrics by two arms, hierarchical: weights pass from the first to the second of an
# arm, and from there to the other arm. Correlations as of metrics .5 and arms .5.
_GRAPH = graph([0.5, 0.5, 0.0, 0.0], [[0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0]])
_CORRELATION = np.kron(np.array([[1, 0.5], [0.5, 1]]), np.array([[1, 0.5], [0.5, 1]]))
_EFFECTS = {  # expectations of z; 0 is a true null
    "all null": (0.0, 0.0, 0.0, 0.0),
    "first of one arm real": (3.5, 0.0, 0.0, 0.0),
    "firsts real, seconds null": (3.5, 2.5, 0.0, 0.0),
    "one arm real, the other null": (3.5, 0.0, 3.0, 0.0),
    "all but one real": (4.0, 4.0, 4.0, 0.0),
}


def _k12(rng: np.random.Generator, replicates: int) -> Draws:
    root = np.linalg.cholesky(_CORRELATION)
    draws = {}
    for name, effects in _EFFECTS.items():
        z = rng.normal(size=(replicates, 4)) @ root.T + np.array(effects)
        null = np.array(effects) == 0
        p = two_sided_p(z, np.inf)
        # a graph rejects nothing that is not below alpha by itself
        found = np.zeros(replicates)
        for place in np.flatnonzero((p[:, null] < 0.05).any(axis=1)):
            adjusted = gatekept(_GRAPH, [[each] for each in p[place]])[:, 0]
            found[place] = bool((adjusted[null] <= 0.05).any())
        draws[name] = found
    return draws


ROWS = (
    Row(
        id="K12",
        scenario="Graph over two metrics of two arms, some effects real: a true null is rejected",
        target="in at most 5%",
        claims=tuple(Share(name=name, high=0.05) for name in _EFFECTS),
        draw=_k12,
        replicates=40_000,
        quick=1_000,
        chunk=4_000,
    ),
    Row(
        id="K6",
        scenario="Three equal arms, conversion 5%, 10,000 units an arm: largest |T|",
        target="rejects anything in 5% ± .5",
        claims=tuple(Share(name=name, low=0.045, high=0.055) for name in _CONTRASTS),
        draw=_k6,
        replicates=20_000,
        quick=200,
        chunk=200,
    ),
)
