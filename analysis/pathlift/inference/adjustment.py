"""Mean of every arm, as if all arms had had the same covariates, and how sure we are of it.

One covariance engine: unit counts, means and covariances of an arm's outcomes ``y_1..y_p`` and
covariates ``x_1..x_k`` go in; adjusted means and their covariance over (arm, outcome) come out.
Every later number (difference, ratio metric, relative lift, family, Wald test) reads this
covariance. Knows no metric by name and no order of the arms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats, diagonal, quotient

Method = Literal["means", "lin", "cuped"]

UNITS_PER_SLOPE = 50
"""Lin's slopes need this many units an arm for each of its k + 1 coefficients."""

COLLINEAR = 1e-6
"""Share of a covariate's variance that the covariates before it must leave unexplained.

Slopes grow with the inverse root of the smallest share, and terms of a variance with its inverse:
at 1e-6 ten of their sixteen digits are left, at 1e-10 six.
"""

_ROUNDING = 1e-7  # of a variance; covariates at the edge of collinear leave nine digits of it
_CONSTANT = 1e-24  # variance over squared mean: a spread of 1e-12 of the mean is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedMeans:
    """Adjusted means of A arms and p outcomes, with their joint covariance.

    Attributes
    ----------
    method : {"means", "lin", "cuped"}
        What was done; ``means`` where there is no covariate.
    units : Floats
        Units of each arm, shape (..., A).
    means : Floats
        Adjusted means, shape (..., A, p).
    apart : Floats
        The same less an origin that the arms share, shape (..., A, p): what is left of two large
        means once one is taken from the other. Contrasts of arms read these.
    covariance : Floats
        Covariance of ``means``, shape (..., A, p, A, p).
    residual_covariance : Floats
        Covariance of one unit's outcomes after adjustment, shape (..., A, p, p).
    residual_df : Floats
        Degrees of freedom of the residual variances, shape (..., A).
    slopes : Floats
        Coefficients of the covariates, shape (..., A, k, p).
    variance_explained : Floats
        Share of the within-arm variance that the covariates remove, shape (..., p); 0
        where an outcome does not vary.
    """

    method: Method
    units: Floats
    means: Floats
    apart: Floats
    covariance: Floats
    residual_covariance: Floats
    residual_df: Floats
    slopes: Floats
    variance_explained: Floats

    @property
    def residual_variance(self) -> Floats:
        """Variance of one unit's outcome after adjustment, shape (..., A, p)."""
        return diagonal(self.residual_covariance)

    def of_outcome(self, outcome: int) -> tuple[Floats, Floats]:
        """Adjusted means of one outcome over the arms, with their covariance.

        Parameters
        ----------
        outcome : int
            Position among the p outcomes, from 0.

        Returns
        -------
        means : Floats
            Shape (..., A).
        covariance : Floats
            Shape (..., A, A).

        Raises
        ------
        IndexError
            If there is no such outcome.
        """
        return self.means[..., outcome], self.covariance[..., :, outcome, :, outcome]


def method_for(units: Numbers, covariates: int) -> Method:
    """Choose the adjustment, once for an experiment.

    Parameters
    ----------
    units : Numbers
        Units of every analysed arm, any shape; the smallest decides.
    covariates : int
        Number of covariates, indicators included.

    Returns
    -------
    {"means", "lin", "cuped"}
        ``cuped`` (common slopes) where an arm has fewer than 50 (k + 1) units.

    Examples
    --------
    >>> method_for([1_000, 60], covariates=1)
    'cuped'
    """
    if covariates == 0:
        return "means"
    enough = as_floats(units).min() >= UNITS_PER_SLOPE * (covariates + 1)
    return "lin" if enough else "cuped"


def usable_covariates(
    covariance: Numbers, means: Numbers | None = None, *, tolerance: float = COLLINEAR
) -> Booleans:
    """Find the covariates that vary and are not a combination of earlier ones.

    The covariates are swept in the order given, so of two equal ones the second is
    dropped, whatever the data.

    Parameters
    ----------
    covariance : Numbers
        Covariances of the covariates, shape (..., k, k).
    means : Numbers, optional
        Their means, shape (..., k): a spread of less than 1e-12 of the mean is constant.
    tolerance : float, default 1e-6
        Share of a covariate's variance that must be left after the earlier ones.

    Returns
    -------
    array of bool
        Shape (..., k); True for a covariate to keep.

    Examples
    --------
    >>> usable_covariates([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 0.0]]).tolist()
    [True, False, False]
    """
    s = as_floats(covariance)
    k = s.shape[-1]
    own = diagonal(s)
    least = np.zeros_like(own) if means is None else _CONSTANT * as_floats(means) ** 2
    varies = np.isfinite(own) & (own > least)
    scale = np.where(varies, np.sqrt(np.where(varies, own, 1.0)), 1.0)
    left = s / (scale[..., :, None] * scale[..., None, :])
    keep = varies.copy()
    for j in range(k):
        pivot = left[..., j, j]
        keep[..., j] &= pivot > tolerance
        swept = keep[..., j] & (pivot > 0)
        row = np.where(swept[..., None], left[..., j, :], 0.0)
        divisor = np.where(swept, pivot, 1.0)[..., None, None]
        left = left - row[..., :, None] * row[..., None, :] / divisor
    return keep


def adjusted_means(
    units: Numbers,
    means: Numbers,
    covariances: Numbers,
    *,
    outcomes: int,
    method: Method | None = None,
    apart: Numbers | None = None,
) -> AdjustedMeans:
    """Adjust every arm's outcomes to the covariate mean of all arms.

    ``lin`` fits slopes within each arm (Lin 2013); ``cuped`` fits common slopes (Deng et
    al. 2013); ``means`` leaves the means as they are. Covariance of arms a and b:
    ``1{a=b} sigma_a^2 / n_a + beta_a' S_x beta_b / N``, whose last term (Negi and
    Wooldridge 2021) says that the covariate mean of all arms is itself a sample mean.

    Parameters
    ----------
    units : Numbers
        Units of each arm, shape (..., A).
    means : Numbers
        Means of outcomes, then covariates, shape (..., A, p + k).
    covariances : Numbers
        Their covariances within each arm (n - 1 convention), shape (..., A, p + k, p + k).
    outcomes : int
        The first p columns are outcomes, the rest covariates.
    method : {"means", "lin", "cuped"}, optional
        Without it :func:`method_for` decides from these units. ``means`` ignores covariates.
    apart : Numbers, optional
        The means less an origin of each column that all arms share, where that is known to more
        digits than ``means`` leave of it; default ``means``. Shape (..., A, p + k).

    Returns
    -------
    AdjustedMeans
        With k = 0 the plain means, whose contrasts are Welch's.

    Raises
    ------
    NotEstimableError
        If an arm has too few units, or a covariate is constant or collinear; it is named
        by its index among the covariates, counted from 0.

    References
    ----------
    .. [1] W. Lin (2013), "Agnostic notes on regression adjustments to experimental data",
       Annals of Applied Statistics 7, 295-318.
    .. [2] A. Deng, Y. Xu, R. Kohavi, T. Walker (2013), "Improving the sensitivity of online
       controlled experiments by utilizing pre-experiment data", WSDM 2013.
    .. [3] A. Negi, J. M. Wooldridge (2021), "Revisiting regression adjustment in experiments
       with heterogeneous treatment effects", Econometric Reviews 40, 504-534.
    """
    n, center, s = as_floats(units), as_floats(means), as_floats(covariances)
    k = center.shape[-1] - outcomes
    chosen = method_for(n, k) if method is None else method
    if k == 0 or chosen == "means":
        chosen, k = "means", 0
    near = center if apart is None else as_floats(apart)
    y, x = center[..., :outcomes], near[..., outcomes : outcomes + k]
    s_yy = s[..., :outcomes, :outcomes]
    s_xy = s[..., outcomes : outcomes + k, :outcomes]
    s_xx = s[..., outcomes : outcomes + k, outcomes : outcomes + k]
    total = n.sum(axis=-1)[..., None]
    at = center[..., outcomes : outcomes + k]
    beta, explained, df = _slopes(chosen, n, at, s_xx, s_xy)
    if not bool(np.all(df > 0)):
        raise NotEstimableError(
            "an arm has too few units for a variance"
            + (f" after {k} covariates" if k else ": it needs at least two")
        )

    x_all = np.einsum("...a,...ak->...k", n, x) / total
    off = x - x_all[..., None, :]
    # covariance of x over all units: within the arms and between them
    s_x = np.einsum("...a,...akl->...kl", n - 1, s_xx) + np.einsum(
        "...a,...ak,...al->...kl", n, off, off
    )
    s_x = s_x / (total[..., None] - 1)

    residual = (s_yy - explained) * ((n - 1) / df)[..., None, None]
    residual = _without_rounding_below_zero(residual, s_yy)

    arms = n.shape[-1]
    joint = np.einsum("...aki,...kl,...blj->...aibj", beta, s_x, beta)
    if chosen == "cuped":  # residuals covary with x: common slopes are no arm's own
        lean = np.einsum("...aki,...bkj->...aibj", s_xy - s_xx @ beta, beta)
        joint = joint + lean + np.moveaxis(lean, (-4, -3, -2, -1), (-2, -1, -4, -3))
    joint = joint / total[..., None, None, None]
    each = np.arange(arms)
    joint = joint.copy()
    moved = np.einsum("...ak,...akp->...ap", off, beta)
    joint[..., each, :, each, :] += np.moveaxis(residual / n[..., None, None], -3, 0)
    return AdjustedMeans(
        method=chosen,
        units=n,
        means=y - moved,
        apart=near[..., :outcomes] - moved,
        covariance=joint,
        residual_covariance=residual,
        residual_df=df,
        slopes=beta,
        variance_explained=_variance_explained(n, residual, s_yy),
    )


def contrast_estimates(means: Numbers, weights: Numbers) -> Floats:
    """Weighted sums of arms.

    Parameters
    ----------
    means : Numbers
        Shape (..., A).
    weights : Numbers
        Shape (m, A), one row a contrast, such as (-1, 1, 0) for second minus first arm.

    Returns
    -------
    Floats
        Shape (..., m).
    """
    return as_floats(np.einsum("ma,...a->...m", as_floats(weights), as_floats(means)))


def contrast_covariance(covariance: Numbers, weights: Numbers) -> Floats:
    """Covariance of weighted sums of arms.

    Parameters
    ----------
    covariance : Numbers
        Of the arms' means, shape (..., A, A).
    weights : Numbers
        Shape (m, A), one row a contrast.

    Returns
    -------
    Floats
        Shape (..., m, m).
    """
    c = as_floats(weights)
    return as_floats(np.einsum("ma,...ab,lb->...ml", c, as_floats(covariance), c))


def pair_covariance(covariance: Floats, one: Sequence[int], zero: Sequence[int]) -> Floats:
    """Covariance of differences of two arms each.

    Parameters
    ----------
    covariance : Floats
        Of the arms' means, shape (..., A, A).
    one, zero : sequence of int
        Places of the m arms and of what is taken from them.

    Returns
    -------
    Floats
        Shape (..., m, m).
    """
    apart = covariance[..., one, :] - covariance[..., zero, :]
    return as_floats(apart[..., one] - apart[..., zero])


def satterthwaite_df(
    weights: Numbers, residual_variance: Numbers, units: Numbers, residual_df: Numbers
) -> Floats:
    """Degrees of freedom of a contrast whose arms have their own variances.

    Parameters
    ----------
    weights : Numbers
        Shape (m, A), one row a contrast.
    residual_variance, units, residual_df : Numbers
        Of each arm, shape (..., A).

    Returns
    -------
    Floats
        Shape (..., m). Where no arm of a contrast varies, the sum of its arms' df.

    References
    ----------
    .. [1] F. E. Satterthwaite (1946), "An approximate distribution of estimates of variance
       components", Biometrics Bulletin 2, 110-114.
    """
    c, nu = as_floats(weights), as_floats(residual_df)[..., None, :]
    part = c**2 * (as_floats(residual_variance) / as_floats(units))[..., None, :]
    most = part.max(axis=-1, keepdims=True)
    # scaled by its largest part, so that squares neither vanish nor overflow
    share = part / np.where(most > 0, most, 1.0)
    below = np.sum(share**2 / nu, axis=-1)
    varies = below > 0
    nothing_varies = np.sum(np.where(c != 0, nu, 0.0), axis=-1)
    df = share.sum(axis=-1) ** 2 / np.where(varies, below, 1.0)
    return as_floats(np.where(varies, df, nothing_varies))


def _slopes(
    method: Method, n: Floats, x: Floats, s_xx: Floats, s_xy: Floats
) -> tuple[Floats, Floats, Floats]:
    """Slopes (..., A, k, p), what they explain (..., A, p, p), residual df (..., A)."""
    k = s_xx.shape[-1]
    match method:
        case "means":
            return np.zeros(s_xy.shape), np.zeros(()), n - 1
        case "lin":
            _refuse_unusable(s_xx, x)
            slopes, steps = _solve(s_xx, s_xy)
            # squares, one for each covariate: nothing cancels where covariates resemble each other
            return slopes, np.swapaxes(steps, -1, -2) @ steps, n - 1 - k
        case "cuped":
            within = (n - 1).sum(axis=-1)
            pooled_xx = np.einsum("...a,...akl->...kl", n - 1, s_xx) / within[..., None, None]
            pooled_xy = np.einsum("...a,...akp->...kp", n - 1, s_xy) / within[..., None, None]
            _refuse_unusable(pooled_xx, np.abs(x).max(axis=-2))
            common, _ = _solve(pooled_xx, pooled_xy)
            slopes = np.broadcast_to(common[..., None, :, :], s_xy.shape).copy()
            left = s_xy - s_xx @ slopes  # 0 where the slopes are the arm's own
            across = np.swapaxes(slopes, -1, -2)
            explained = across @ s_xy + np.swapaxes(left, -1, -2) @ slopes
            # k slopes are paid for by all arms together, in proportion to their units
            return slopes, explained, (n - 1) * (1 - k / within)[..., None]
        case _:
            assert_never(method)


def _refuse_unusable(s_xx: Floats, x: Floats) -> None:
    """Raise with the indices of covariates that cannot carry a slope."""
    keep = usable_covariates(s_xx, x)
    bad = np.flatnonzero(~keep.reshape(-1, keep.shape[-1]).all(axis=0))
    if bad.size:
        named = ", ".join(str(j) for j in bad)
        raise NotEstimableError(f"constant or collinear covariates: {named}")


def _solve(s_xx: Floats, s_xy: Floats) -> tuple[Floats, Floats]:
    """Slopes, and covariances with the covariates made independent one by one.

    On the correlation scale, so that units do not matter.
    """
    scale = np.sqrt(diagonal(s_xx))[..., None]
    root = np.linalg.cholesky(s_xx / (scale * np.swapaxes(scale, -1, -2)))
    steps, k = s_xy / scale, s_xx.shape[-1]
    for i in range(k):
        steps[..., i, :] -= np.einsum("...j,...jp->...p", root[..., i, :i], steps[..., :i, :])
        steps[..., i, :] /= root[..., i, i, None]
    slopes = steps.copy()
    for i in reversed(range(k)):
        later = np.einsum("...j,...jp->...p", root[..., i + 1 :, i], slopes[..., i + 1 :, :])
        slopes[..., i, :] = (slopes[..., i, :] - later) / root[..., i, i, None]
    return slopes / scale, steps


def _without_rounding_below_zero(residual: Floats, s_yy: Floats) -> Floats:
    """Set a variance that a perfect fit left at minus rounding to 0."""
    variance = diagonal(residual)
    if bool(np.any(variance < -_ROUNDING * diagonal(s_yy))):
        raise ArithmeticError("a residual variance is negative by more than rounding")
    gone = variance < 0
    if not bool(gone.any()):
        return residual
    return np.where(gone[..., :, None] | gone[..., None, :], 0.0, residual)


def _variance_explained(n: Floats, residual: Floats, s_yy: Floats) -> Floats:
    """One minus residual over raw variance, pooled over arms by their units."""
    after = np.einsum("...a,...aii->...i", n - 1, residual)
    before = np.einsum("...a,...aii->...i", n - 1, s_yy)
    return 1 - quotient(after, before, otherwise=1.0)
