"""One critical value for a family of contrasts, and p-values that agree with it.

Single-step max-|T| (Hothorn, Bretz, Westfall): ``critical_value`` serves every interval of the
family, and a contrast's adjusted p is below alpha exactly when its |T| exceeds it. Knows the
statistics and their correlation; which contrasts form a family is decided elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats, Numbers, as_floats, diagonal
from pathlift.inference.max_t import (
    NARROWEST,
    directions,
    exceedance_of_one_factor,
    exceedance_of_pair,
    factor_width,
)
from pathlift.inference.roots import bracketed_root
from pathlift.inference.tails import two_sided_critical, two_sided_p

Exceedance = Callable[[Floats], Floats]

NORMAL_FROM = 10_000
"""Degrees of freedom above which a family uses the normal distribution."""

_UNCORRELATED = 1e-12  # correlations of independent units are 0 up to rounding
_ROUNDING = 1e-7  # of alpha; roots and tails are good to 1e-12
_FITS = 1e-9  # largest miss of a one-factor correlation; c moves by less than this


@dataclass(frozen=True, slots=True, kw_only=True)
class Simultaneous:
    """What a family of k contrasts shares.

    Attributes
    ----------
    critical_value : Floats
        Critical value of every |T| of a family, shape (...).
    p_adjusted : Floats
        Single-step adjusted p-values, shape (..., k).
    method : str
        How the joint distribution was computed, in words for the report.
    """

    critical_value: Floats
    p_adjusted: Floats
    method: str


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
    return _settled(t, beyond, level, given_df, nu, _in_words(words, nu))


def joint(
    statistics: Numbers,
    correlation: Numbers,
    *,
    alpha: float,
    df: float = np.inf,
    seed: int = 1,
) -> Simultaneous:
    """One family with any correlation, singular ones included.

    Independent blocks, such as the levels of a segment, are found and multiplied. A block
    of two, or of contrasts with one control, is computed exactly; any other by directions
    from a seeded lattice.

    Parameters
    ----------
    statistics : Numbers
        Studentised contrasts, shape (k,).
    correlation : Numbers
        Shape (k, k).
    alpha : float
        Familywise error, in (0, 1).
    df : float, default infinity
        Degrees of freedom of the family; normal above 10,000. Blocks have a scale each.
    seed : int, default 1
        Of the lattice.

    Returns
    -------
    Simultaneous
        With batch shape ().

    Raises
    ------
    ValueError
        If the correlation is not one.

    References
    ----------
    .. [1] T. Hothorn, F. Bretz, P. Westfall (2008), "Simultaneous inference in general
       parametric models", Biometrical Journal 50, 346-363.

    Examples
    --------
    >>> r = [[1, 0.5, -0.5], [0.5, 1, 0.5], [-0.5, 0.5, 1]]
    >>> round(float(joint([0.0, 1.0, 3.0], r, alpha=0.05).critical_value), 4)
    2.3437
    """
    t, r = np.abs(as_floats(statistics)), as_floats(correlation)
    if r.shape != (t.size, t.size) or not np.allclose(np.diagonal(r), 1, rtol=0, atol=1e-12):
        raise ValueError("a correlation matrix is square with ones on its diagonal")
    nu = np.inf if df > NORMAL_FROM else df
    blocks = [_block(r[np.ix_(members, members)], nu, seed) for members in _components(r)]

    def beyond(c: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            inside = sum(np.log1p(-np.minimum(exceedance(c), 1.0)) for exceedance, _ in blocks)
        return -np.expm1(as_floats(inside))

    words = ", ".join(dict.fromkeys(word for _, word in blocks))
    if len(blocks) > 1:
        words = f"{len(blocks)} independent blocks, each {words}"
    return _settled(t, beyond, as_floats(alpha), as_floats(df), as_floats(nu), _in_words(words, nu))


def critical_value(
    correlation: Numbers, *, alpha: float, df: float = np.inf, seed: int = 1
) -> float:
    """Critical value of a family before there are statistics, for planning.

    Parameters
    ----------
    correlation : Numbers
        Shape (k, k).
    alpha : float
        Familywise error, in (0, 1).
    df : float, default infinity
        Degrees of freedom of the family.
    seed : int, default 1
        Of the lattice.

    Returns
    -------
    float
        The value that :func:`joint` gives.
    """
    r = as_floats(correlation)
    none = np.zeros(r.shape[-1])
    return float(joint(none, r, alpha=alpha, df=df, seed=seed).critical_value)


def _settled(
    t: Floats, beyond: Exceedance, alpha: Floats, given_df: Floats, nu: Floats, method: str
) -> Simultaneous:
    """Solve for the critical value and let rounding disagree with nothing."""
    k = t.shape[-1]
    marginal = two_sided_critical(alpha, given_df)
    c = marginal
    if k > 1:
        low, high = two_sided_critical(alpha, nu), two_sided_critical(alpha / k, nu)

        def excess(value: Floats) -> Floats:
            return np.log(beyond(value[..., None])[..., 0]) - np.log(alpha)

        # equal correlations of 1 (independence, nearly) put the root on an end of this
        # bracket; its signs are known whatever rounding says
        low_value, high_value = np.maximum(excess(low), 0.0), np.minimum(excess(high), 0.0)
        c = bracketed_root(excess, low, high, low_value=low_value, high_value=high_value)
        c = np.maximum(c, marginal)
    p = two_sided_p(t, given_df[..., None])
    if k > 1:
        p = np.clip(beyond(t), p, 1.0)
    level = alpha[..., None]
    rejected = t > c[..., None]
    agreed = np.where(rejected, np.minimum(p, np.nextafter(level, 0)), np.maximum(p, level))
    if bool(np.any(np.abs(agreed - p) > _ROUNDING * level)):
        raise ArithmeticError("a family's critical value and adjusted p disagree")
    return Simultaneous(critical_value=as_floats(c), p_adjusted=agreed, method=method)


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


def _in_words(route: str, nu: Numbers) -> str:
    """Name the method for a reader of the report."""
    heavy = not bool(np.isinf(as_floats(nu)).all())
    return f"single-step max-|T|, multivariate {'t' if heavy else 'normal'}, {route}"


def _block(r: Floats, nu: float, seed: int) -> tuple[Exceedance, str]:
    """How to compute the exceedance of one block, and in which words."""
    k = r.shape[0]
    if k == 1:
        return lambda c: two_sided_p(c, nu), "a single contrast"
    if k == 2:
        return lambda c: exceedance_of_pair(c, r[0, 1], nu), "two contrasts in closed form"
    loadings = _one_factor(r)
    if loadings is not None:
        return (
            lambda c: exceedance_of_one_factor(c, loadings, nu),
            "contrasts with one control, by quadrature",
        )
    drawn = directions(r, seed=seed)
    return lambda c: drawn.exceedance(c, nu), f"a lattice of directions (seed {seed})"


def _one_factor(r: Floats) -> Floats | None:
    """Loadings whose products are the correlations, if there are any that quadrature can use."""
    k = r.shape[0]
    off = np.abs(r - np.diag(np.diagonal(r)))
    squares = np.zeros(k)
    for i in range(k):
        others = np.delete(np.arange(k), i)
        pairs = off[np.ix_(others, others)]
        a, b = np.unravel_index(int(np.argmax(pairs)), pairs.shape)
        if pairs[a, b] <= _UNCORRELATED:
            return None
        squares[i] = r[i, others[a]] * r[i, others[b]] / r[others[a], others[b]]
    if bool(np.any((squares < 0) | (squares >= 1))):
        return None
    signs = np.where(r[int(np.argmax(squares))] < 0, -1.0, 1.0)
    loadings = np.sqrt(squares) * signs
    miss = np.outer(loadings, loadings) - r
    np.fill_diagonal(miss, 0.0)
    narrow = bool(factor_width(loadings) < NARROWEST)
    return None if narrow or bool(np.any(np.abs(miss) > _FITS)) else loadings


def _components(r: Floats) -> list[list[int]]:
    """Groups of statistics that are linked by a correlation."""
    linked = np.abs(r) > _UNCORRELATED
    left, groups = set(range(r.shape[0])), []
    while left:
        frontier, group = {min(left)}, set()
        while frontier:
            group |= frontier
            reached = np.flatnonzero(linked[sorted(frontier)].any(axis=0))
            frontier = {int(j) for j in reached} - group
        left -= group
        groups.append(sorted(group))
    return groups
