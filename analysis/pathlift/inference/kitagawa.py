"""Whether a difference between arms lies in who took which ordering, or in who converts given it.

Kitagawa's exact decomposition of a difference of rates, with standard errors. Accounting, not
mediation: rates given an ordering are no effects of it, so neither part is an effect of an
ordering. Knows counts by label; which labels make a row is decided elsewhere.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats, diagonal
from pathlift.inference.clusters import cr2_covariance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArmCounts:
    """One arm by label.

    Attributes
    ----------
    units, converted : Floats, shape (labels,)
    cluster_units : Floats, shape (clusters,)
        Units of each cluster; empty where units stand alone.
    residuals : Floats, shape (clusters, 2, labels)
        Sums over a cluster's units of "shows the label" and of "shows it and converted", each
        minus the arm's mean.
    """

    units: Floats
    converted: Floats
    cluster_units: Floats
    residuals: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decomposition:
    """Parts of a difference, by row and in all; each array has shape (rows + 1,), all last.

    Attributes
    ----------
    mix, rate : Floats
        What goes with shares of labels, and with rates given the label; they add up to the
        difference of the arms.
    mix_variance, rate_variance : Floats, shape (2, rows + 1)
        Of each part, what the treated arm and the control contribute; they add up.
    borrowed : Booleans, shape (2, rows)
        Whether an arm, first the treated one, has nobody in a label of the row that the other
        shows: it borrows that rate, so the rate part of the label is 0.
    """

    mix: Floats
    rate: Floats
    mix_variance: Floats
    rate_variance: Floats
    borrowed: Booleans


def decompose(treated: ArmCounts, control: ArmCounts, rows: Numbers) -> Decomposition:
    """Split the difference of two arms' conversion into mix and rate.

    ``sum_o (p_1o - p_0o)(r_1o + r_0o) / 2`` and ``sum_o (r_1o - r_0o)(p_1o + p_0o) / 2`` over
    labels ``o``, with ``p`` the share of a label and ``r`` the rate given it. Variances by the
    delta method over the multinomial of labels and conversions (n - 1 in place of n, as for every
    metric); of clusters, CR2 of the same influence summed over each.

    Parameters
    ----------
    treated, control : ArmCounts
        At least two units each.
    rows : Numbers
        Which labels make a row, shape (labels, rows), zeros and ones.

    Returns
    -------
    Decomposition

    Raises
    ------
    NotEstimableError
        If an arm has fewer than two units, or one cluster holds all of it.

    References
    ----------
    .. [1] E. M. Kitagawa (1955), "Components of a difference between two rates", Journal of the
       American Statistical Association 50, 1168-1194.
    .. [2] P. Das Gupta (1978), "A general method of decomposing a difference between two rates
       into several components", Demography 15, 99-112.
    """
    arms = (treated, control)
    n = np.array([arm.units.sum() for arm in arms])
    if bool(np.any(n < 2)):
        raise NotEstimableError("an arm has fewer than two mature units")
    seen = np.array([arm.units > 0 for arm in arms])
    p = np.array([arm.units for arm in arms]) / n[:, None]
    own = np.array([arm.converted / np.where(arm.units > 0, arm.units, 1.0) for arm in arms])
    r = np.where(seen, own, own[::-1])  # where nobody shows a label, the other arm's rate
    mix, rate = (p[0] - p[1]) * r.sum(axis=0) / 2, (r[0] - r[1]) * p.sum(axis=0) / 2
    every = np.hstack([as_floats(rows), np.ones((p.shape[1], 1))])
    sign = np.array([[1.0], [-1.0]])
    # of a borrowed rate the other arm's holds both places: its gradient is the sum of the two
    half_mix = np.tile((p[0] - p[1]) / 2, (2, 1))
    half_rate = sign * p.sum(axis=0) / 2
    h_mix = np.where(seen, half_mix + np.where(seen[::-1], 0.0, half_mix[::-1]), 0.0)
    h_rate = np.where(seen, half_rate + np.where(seen[::-1], 0.0, half_rate[::-1]), 0.0)
    g_mix = sign * r.sum(axis=0) / 2
    g_rate = np.tile((r[0] - r[1]) / 2, (2, 1))
    return Decomposition(
        mix=mix @ every,
        rate=rate @ every,
        mix_variance=np.array(
            [_variance(arm, every, g, h) for arm, g, h in zip(arms, g_mix, h_mix, strict=True)]
        ),
        rate_variance=np.array(
            [_variance(arm, every, g, h) for arm, g, h in zip(arms, g_rate, h_rate, strict=True)]
        ),
        borrowed=(~seen & seen[::-1]).astype(np.float64) @ as_floats(rows) > 0,
    )


def _variance(arm: ArmCounts, every: Floats, by_share: Floats, by_rate: Floats) -> Floats:
    """Variance of each row's part that one arm contributes."""
    n = arm.units.sum()
    p = arm.units / n
    r = arm.converted / np.where(arm.units > 0, arm.units, 1.0)
    g, h = every * by_share[:, None], every * by_rate[:, None]
    safe = np.where(p > 0, p, 1.0)[:, None]
    if len(arm.cluster_units):
        shows, converts = arm.residuals[:, 0], arm.residuals[:, 1]
        influence = shows @ g + (converts - shows * r) @ (h / safe)
        return diagonal(cr2_covariance(arm.cluster_units, influence))
    among = p @ g**2 - (p @ g) ** 2
    within = (p * r * (1 - r)) @ (h / safe) ** 2
    return as_floats((np.maximum(among, 0.0) + within) / (n - 1))
