"""One critical value for a family of contrasts: its correlation, and many families at once.

Knows the statistics and their correlation; which contrasts form a family is decided elsewhere.
"""

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats, Numbers, as_floats, diagonal
from pathlift.inference.blocks import joint
from pathlift.inference.max_t import (
    NARROWEST,
    exceedance_of_one_factor,
    exceedance_of_pair,
    factor_width,
)
from pathlift.inference.single_step import NORMAL_FROM, Simultaneous, in_words, settled
from pathlift.inference.tails import two_sided_p


def family_df(df: Numbers) -> float:
    """Degrees of freedom of a family: the smallest of its contrasts.

    Parameters
    ----------
    df : Numbers
        Of each contrast; infinite for proportions.

    Returns
    -------
    float
        Infinite above 10,000, where the normal distribution serves.
    """
    smallest = float(np.min(as_floats(df)))
    return np.inf if smallest > NORMAL_FROM else smallest


def correlation_of(covariance: Numbers) -> Floats:
    """Correlation of contrasts from their covariance.

    Parameters
    ----------
    covariance : Numbers
        Shape (..., k, k).

    Returns
    -------
    Floats
        The same shape, with ones on the diagonal.

    Raises
    ------
    NotEstimableError
        If a contrast has no variance; it leaves the family before this is called.
    """
    v = as_floats(covariance)
    variance = diagonal(v)
    if not bool(np.all(variance > 0)):
        where = np.argwhere(~(variance > 0))[0, -1]
        raise NotEstimableError(f"contrast {where} (counted from 0) has no variance")
    scale = np.sqrt(variance)
    r = np.clip(v / (scale[..., :, None] * scale[..., None, :]), -1, 1)
    return as_floats(np.where(np.eye(r.shape[-1], dtype=np.bool_), 1.0, r))


def one_control_loadings(control_variance: Numbers, treated_variances: Numbers) -> Floats:
    """Loadings of contrasts with one control: correlation jk is their product.

    Parameters
    ----------
    control_variance : Numbers
        Variance of the control's mean, shape (...).
    treated_variances : Numbers
        Variances of the treated arms' means, shape (..., k), independent of the control.

    Returns
    -------
    Floats
        Shape (..., k), in [0, 1].

    Raises
    ------
    NotEstimableError
        If a contrast has no variance.
    """
    v0 = as_floats(control_variance)[..., None]
    total = v0 + as_floats(treated_variances)
    if not bool(np.all(total > 0)):
        raise NotEstimableError("a contrast has no variance")
    return np.sqrt(v0 / total)


def against_one_control(
    statistics: Numbers, loadings: Numbers, *, alpha: Numbers, df: Numbers = np.inf
) -> Simultaneous:
    """Many families at once, each of contrasts with its own control.

    Parameters
    ----------
    statistics : Numbers
        Studentised contrasts, shape (..., k).
    loadings : Numbers
        From :func:`one_control_loadings`, shape (..., k).
    alpha : Numbers
        Familywise error, in (0, 1), shape (...).
    df : Numbers, default infinity
        Degrees of freedom of each family, shape (...).

    Returns
    -------
    Simultaneous
        With batch shape (...).

    References
    ----------
    .. [1] C. W. Dunnett (1955), "A multiple comparison procedure for comparing several
       treatments with a control", Journal of the American Statistical Association 50,
       1096-1121.

    Examples
    --------
    >>> two = against_one_control([2.0, 2.4], np.sqrt([0.5, 0.5]), alpha=0.05)
    >>> round(float(two.critical_value), 5)
    2.21213
    """
    t, size = np.broadcast_arrays(np.abs(as_floats(statistics)), np.abs(as_floats(loadings)))
    batch, k = t.shape[:-1], t.shape[-1]
    level = np.broadcast_to(as_floats(alpha), batch)
    given_df = np.broadcast_to(as_floats(df), batch)
    nu = np.where(given_df > NORMAL_FROM, np.inf, given_df)

    def beyond(c: Floats) -> Floats:
        if k == 1:
            return two_sided_p(c, nu[..., None])
        if k == 2:
            return exceedance_of_pair(c, (size[..., 0] * size[..., 1])[..., None], nu[..., None])
        return exceedance_of_one_factor(c, size, nu)

    if k > 2 and bool(np.any(factor_width(size) < NARROWEST)):
        return _one_by_one(t, size, level, given_df)
    words = "a single contrast" if k == 1 else "contrasts with one control, by quadrature"
    return settled(t, beyond, level, given_df, nu, in_words(words, nu))


def _one_by_one(t: Floats, size: Floats, alpha: Floats, df: Floats) -> Simultaneous:
    """Families whose control is so noisy that the quadrature would need too many nodes."""
    batch = t.shape[:-1]
    c, p = np.empty(batch), np.empty(t.shape)
    words: dict[str, None] = {}
    for at in np.ndindex(batch):
        r = np.outer(size[at], size[at])
        np.fill_diagonal(r, 1.0)
        one = joint(t[at], r, alpha=float(alpha[at]), df=float(df[at]))
        c[at], p[at] = one.critical_value, one.p_adjusted
        words[one.method] = None
    return Simultaneous(critical_value=c, p_adjusted=p, method="; ".join(words))
