"""Ratio metric of every arm: a mean per unit over another, such as revenue per order.

Linearised (delta method) at the adjusted means, so covariates enter through the covariance of
:mod:`pathlift.inference.adjustment`. Knows nothing of per-session rows: a ratio's numerator and
denominator are both totals of a unit.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.adjustment import AdjustedMeans
from pathlift.inference.arrays import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioMeans:
    """Ratios of A arms with their covariance.

    Attributes
    ----------
    ratios : Floats
        Mean numerator over mean denominator, shape (..., A).
    apart : Floats
        The same less one ratio that the arms share, shape (..., A), as in ``AdjustedMeans``.
    covariance : Floats
        Covariance of ``ratios``, shape (..., A, A).
    residual_variance : Floats
        Variance of one unit's ``(y - R d) / mean(d)`` after adjustment, shape (..., A).
    units, residual_df : Floats
        Of each arm, shape (..., A).
    """

    ratios: Floats
    apart: Floats
    covariance: Floats
    residual_variance: Floats
    units: Floats
    residual_df: Floats


def ratio_means(adjusted: AdjustedMeans, *, numerator: int, denominator: int) -> RatioMeans:
    """Divide one outcome's adjusted means by another's.

    ``L = y - R d`` has slopes ``beta_y - R beta_d`` and variance
    ``(S_yy - 2 R S_yd + R^2 S_dd) / (n mean(d)^2)`` without covariates.

    Parameters
    ----------
    adjusted : AdjustedMeans
        With both outcomes, adjusted by their own slopes.
    numerator, denominator : int
        Which outcomes, counted from 0.

    Returns
    -------
    RatioMeans
        In units of the numerator per unit of the denominator.

    Raises
    ------
    NotEstimableError
        If the mean denominator of an arm is 0.

    References
    ----------
    .. [1] A. Deng, U. Knoblich, J. Lu (2018), "Applying the delta method in metric
       analytics", KDD 2018.
    """
    top, bottom = adjusted.means[..., numerator], adjusted.means[..., denominator]
    if bool(np.any(bottom == 0)):
        arms = sorted({int(arm) for arm in np.argwhere(bottom == 0)[:, -1]})
        named = ", ".join(str(arm) for arm in arms)
        raise NotEstimableError(f"the denominator is 0 in arm {named} (counted from 0)")
    ratio = top / bottom
    gradient = ratio_gradient(top, bottom)
    both = np.array([numerator, denominator])
    joint = adjusted.covariance[..., :, both, :, :][..., both]
    each = adjusted.residual_covariance[..., both, :][..., both]
    variance = np.einsum("...ai,...aij,...aj->...a", gradient, each, gradient)
    return RatioMeans(
        ratios=ratio,
        apart=_apart(adjusted, ratio, numerator, denominator),
        covariance=np.einsum("...ai,...aibj,...bj->...ab", gradient, joint, gradient),
        residual_variance=np.maximum(variance, 0.0),
        units=adjusted.units,
        residual_df=adjusted.residual_df,
    )


def ratio_gradient(top: Floats, bottom: Floats) -> Floats:
    """Derivative of a ratio by its numerator and its denominator.

    Parameters
    ----------
    top, bottom : Floats
        Means of numerator and denominator, of one shape; no denominator is 0.

    Returns
    -------
    Floats
        Shape (..., 2).
    """
    return np.stack((1 / bottom, -top / bottom**2), axis=-1)


def _apart(adjusted: AdjustedMeans, ratio: Floats, numerator: int, denominator: int) -> Floats:
    """Ratios less that of the two origins: ``(top - ratio of origins * bottom) / bottom``.

    A mean is its origin and what lies apart of it, so that the origins drop out of the bracket.
    """
    both = [numerator, denominator]
    origin = (adjusted.means - adjusted.apart)[..., :1, both]
    usable = origin[..., 1] != 0  # an origin of 0 is that of means as they are
    common = origin[..., 0] / np.where(usable, origin[..., 1], 1.0)
    top, bottom = adjusted.apart[..., numerator], adjusted.apart[..., denominator]
    apart = (top - common * bottom) / adjusted.means[..., denominator]
    return np.where(usable, apart, ratio)
