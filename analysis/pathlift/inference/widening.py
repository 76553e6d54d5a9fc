"""The critical value and adjusted p-value that a family lends to each of its contrasts.

Reads covariances between contrasts; does not know how any of them was measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.drafts import Draft
from pathlift.inference.family import Family
from pathlift.inference.simultaneous import correlation_of, family_df, joint
from pathlift.inference.tails import two_sided_critical, two_sided_p

SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Widened:
    """What a family does to one of its contrasts.

    Attributes
    ----------
    critical_value : float
    p_adjusted : float
    method : str
        In words.
    family : Family
    members : int
    """

    critical_value: float
    p_adjusted: float
    method: str
    family: Family
    members: int


def widen(
    drafts: Sequence[Draft], statistics: Floats, p_values: Floats, *, alpha: float
) -> dict[int, Widened]:
    """Correct every family among the drafts.

    Parameters
    ----------
    drafts : sequence of Draft
        Estimated ones; families of one stay as they are.
    statistics, p_values : Floats, shape (drafts,)
        Studentised contrasts, and their marginal two-sided p-values.
    alpha : float
        Familywise error.

    Returns
    -------
    dict of int to Widened
        By position among the drafts.
    """
    members: dict[Family, list[int]] = {}
    for position, draft in enumerate(drafts):
        if draft.family is not None:
            members.setdefault(draft.family, []).append(position)
    widened: dict[int, Widened] = {}
    for family, positions in members.items():
        if len(positions) > 1:
            chosen = [drafts[position] for position in positions]
            widened.update(
                zip(
                    positions,
                    _family(family, chosen, statistics[positions], p_values[positions], alpha),
                    strict=True,
                )
            )
    return widened


def _family(
    family: Family, drafts: Sequence[Draft], statistics: Floats, p_values: Floats, alpha: float
) -> list[Widened]:
    df = np.array([draft.spread.df if draft.spread else np.inf for draft in drafts])
    covariance = _covariance(drafts)
    if covariance is None:
        critical = two_sided_critical(alpha / len(drafts), df)
        adjusted = np.minimum(1.0, len(drafts) * two_sided_p(statistics, df))
        adjusted = _agreeing(adjusted, np.abs(statistics) > critical, alpha)
        method = "Bonferroni, since the products of these metrics are not declared"
    else:
        found = joint(
            statistics, correlation_of(covariance), alpha=alpha, df=family_df(df), seed=SEED
        )
        critical = np.maximum(found.critical_value, two_sided_critical(alpha, df))
        adjusted = np.maximum(found.p_adjusted, p_values)
        method = found.method
    return [
        Widened(
            critical_value=float(critical[position]),
            p_adjusted=float(adjusted[position]),
            method=method,
            family=family,
            members=len(drafts),
        )
        for position in range(len(drafts))
    ]


def _agreeing(p_values: Floats, rejected: np.ndarray, alpha: float) -> Floats:
    """Settle the last digit of p by what the critical value says."""
    below = np.minimum(p_values, np.nextafter(alpha, 0.0))
    return np.where(rejected, below, np.maximum(p_values, alpha))


def _covariance(drafts: Sequence[Draft]) -> Floats | None:
    """Covariance of the contrasts, or None where the tables do not hold it.

    Contrasts of different levels of a segment are about different units: covariance 0.
    """
    size = len(drafts)
    covariance = np.zeros((size, size))
    for i, first in enumerate(drafts):
        for j, second in enumerate(drafts[: i + 1]):
            if first.joint is None or second.joint is None:
                return None
            if first.joint is second.joint:
                covariance[i, j] = first.joint.between(first.place, second.place)
            elif first.identity.segment == second.identity.segment:
                return None
            covariance[j, i] = covariance[i, j]
    if not bool(np.isfinite(covariance).all()):
        return None
    return _with_variance(covariance)


def _with_variance(covariance: Floats) -> Floats:
    """Give contrasts without variance (0 of n against 0 of n) one that is tied to nothing."""
    still = ~(np.diagonal(covariance) > 0)
    if not bool(still.any()):
        return covariance
    mended = np.where(still[:, None] | still[None, :], 0.0, covariance)
    mended[still, still] = 1.0
    return mended
