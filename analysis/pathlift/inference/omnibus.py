"""Whether anything differs at all: one test over all arms, labels or levels.

Pearson's chi-square for counts, Wald's for estimates with a covariance. Says that something
differs, never what; knows nothing of small expected counts beyond reporting them.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats, Numbers, as_floats, diagonal, quotient
from pathlift.inference.tails import chi_square_p, f_p

_SINGULAR = 1e-10  # eigenvalue of a correlation matrix below which a direction has no variance
_ROUNDING = 1e-12  # of the arms' variances: below, that of their difference is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class ChiSquare:
    """A chi-square test.

    Attributes
    ----------
    statistic : Floats
        At least 0.
    df : Floats
        Degrees of freedom, at least 1.
    p_value : Floats
        Upper tail.
    smallest_expected : Floats
        Smallest expected count; below 5 the approximation is doubtful. Infinite for Wald
        tests, which expect no counts.
    """

    statistic: Floats
    df: Floats
    p_value: Floats
    smallest_expected: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Wald:
    """A Wald test of a vector against zero.

    Attributes
    ----------
    statistic : Floats
        Quadratic form; chi-square with ``df`` when variances are known.
    df : int
        Number of comparisons.
    residual_df : Floats
        Denominator df of the F test of ``statistic / df``; infinite gives chi-square.
    p_value : Floats
        Upper tail of that F distribution.
    """

    statistic: Floats
    df: int
    residual_df: Floats
    p_value: Floats


def independence(table: Numbers) -> ChiSquare:
    """Pearson's test that all rows have the same distribution over columns.

    Parameters
    ----------
    table : Numbers
        Counts, shape (..., rows, columns): arms by labels, or arms by converted or not.
        Empty rows and columns are left out and cost no degree of freedom.

    Returns
    -------
    ChiSquare
        Without continuity correction.

    Raises
    ------
    NotEstimableError
        If fewer than two rows or columns have a count.

    Examples
    --------
    >>> test = independence([[30, 170], [20, 230]])
    >>> round(float(test.statistic), 4), int(test.df)
    (5.5125, 1)
    """
    counts = as_floats(table)
    rows = counts.sum(axis=-1, keepdims=True)
    columns = counts.sum(axis=-2, keepdims=True)
    total = counts.sum(axis=(-2, -1), keepdims=True)
    filled_rows, filled_columns = ((side > 0).sum(axis=(-2, -1)) for side in (rows, columns))
    if not bool(np.all((filled_rows > 1) & (filled_columns > 1))):  # (0 - 1)(0 - 1) is 1, too
        raise NotEstimableError("fewer than two rows or columns have a count")
    df = (filled_rows - 1) * (filled_columns - 1)
    expected = rows * columns / total
    return _pearson(counts, expected, df.astype(np.float64), axes=(-2, -1))


def goodness_of_fit(counts: Numbers, weights: Numbers) -> ChiSquare:
    """Pearson's test that counts follow given weights; the sample ratio test.

    Parameters
    ----------
    counts : Numbers
        Units of each arm, shape (..., A).
    weights : Numbers
        Planned weights, positive and relative, shape (..., A).

    Returns
    -------
    ChiSquare
        With A - 1 degrees of freedom.

    Raises
    ------
    NotEstimableError
        If there are fewer than two arms or no unit.
    ValueError
        If a weight is not positive.

    Examples
    --------
    >>> test = goodness_of_fit([1000, 1200], [1, 1])
    >>> print(f"{float(test.p_value):.4e}")
    2.0079e-05
    """
    observed, w = np.broadcast_arrays(as_floats(counts), as_floats(weights))
    total = observed.sum(axis=-1, keepdims=True)
    if observed.shape[-1] < 2 or not bool(np.all(total > 0)):
        raise NotEstimableError("a split needs at least two arms and one unit")
    if not bool(np.all(w > 0)):
        raise ValueError("a weight is above 0")
    expected = total * w / w.sum(axis=-1, keepdims=True)
    df = np.full(observed.shape[:-1], observed.shape[-1] - 1.0)
    return _pearson(observed, expected, df, axes=(-1,))


def wald(estimates: Numbers, covariance: Numbers, *, residual_df: Numbers = np.inf) -> Wald:
    """Test that all of several estimates are zero.

    Parameters
    ----------
    estimates : Numbers
        Shape (..., q).
    covariance : Numbers
        Shape (..., q, q), of full rank.
    residual_df : Numbers, default infinity
        Degrees of freedom behind the variances; finite gives an F test.

    Returns
    -------
    Wald
        With df q.

    Raises
    ------
    NotEstimableError
        If some combination of the estimates has no variance.
    """
    theta, v = as_floats(estimates), as_floats(covariance)
    root = _inverse_root(v)
    whitened = np.einsum("...ij,...j->...i", root, theta)
    statistic = np.sum(whitened**2, axis=-1)
    return _judged(statistic, theta.shape[-1], residual_df)


def equality_of_means(
    means: Numbers, covariance: Numbers, *, residual_df: Numbers = np.inf
) -> Wald:
    """Test that all arms have one mean: ``(Cm)'(CVC')^-1(Cm)``.

    Parameters
    ----------
    means : Numbers
        Shape (..., A), adjusted or not.
    covariance : Numbers
        Shape (..., A, A).
    residual_df : Numbers, default infinity
        As in :func:`wald`.

    Returns
    -------
    Wald
        With df A - 1; the same for any choice of the reference arm.

    Raises
    ------
    NotEstimableError
        If a difference between arms has no variance.
    """
    m, v = as_floats(means), _finite(covariance)
    c = _against_first(m.shape[-1])
    theta = np.einsum("ca,...a->...c", c, m)
    return wald(theta, _of_contrasts(c, v), residual_df=residual_df)


def interaction(means: Numbers, covariance: Numbers, *, residual_df: Numbers = np.inf) -> Wald:
    """Test that the effects of the arms are the same in every level of a segment.

    Parameters
    ----------
    means : Numbers
        Means by level and arm, shape (..., L, A). Levels hold different units.
    covariance : Numbers
        Covariance of the arms' means within each level, shape (..., L, A, A).
    residual_df : Numbers, default infinity
        As in :func:`wald`.

    Returns
    -------
    Wald
        With df (L - 1)(A - 1).

    Raises
    ------
    NotEstimableError
        If there are fewer than two levels, or a difference in a level has no variance.
    """
    m, v = as_floats(means), _finite(covariance)
    levels, arms = m.shape[-2:]
    if levels < 2 or arms < 2:
        raise NotEstimableError("an interaction needs two levels and two arms")
    c = _against_first(arms)
    effects = np.einsum("ca,...la->...lc", c, m)
    root = _inverse_root(_of_contrasts(c, v))
    weight = np.swapaxes(root, -1, -2) @ root
    # distances from the precision-weighted common effect
    total = weight.sum(axis=-3)
    common = np.linalg.solve(total, np.einsum("...lij,...lj->...i", weight, effects)[..., None])[
        ..., 0
    ]
    off = effects - common[..., None, :]
    statistic = np.einsum("...li,...lij,...lj->...", off, weight, off)
    return _judged(np.maximum(statistic, 0.0), (levels - 1) * (arms - 1), residual_df)


def _finite(covariance: Numbers) -> Floats:
    v = as_floats(covariance)
    if not bool(np.isfinite(v).all()):
        raise NotEstimableError("the interval of an arm has no end, so it has no variance")
    return v


def _pearson(counts: Floats, expected: Floats, df: Floats, *, axes: tuple[int, ...]) -> ChiSquare:
    """Sum of squared misses over what was expected."""
    terms = quotient((counts - expected) ** 2, expected)
    statistic = terms.sum(axis=axes)
    return ChiSquare(
        statistic=statistic,
        df=df,
        p_value=chi_square_p(statistic, df),
        smallest_expected=np.where(expected > 0, expected, np.inf).min(axis=axes),
    )


def _judged(statistic: Floats, df: int, residual_df: Numbers) -> Wald:
    """Attach the F (or chi-square) tail."""
    nu = as_floats(residual_df)
    return Wald(
        statistic=as_floats(statistic),
        df=df,
        residual_df=nu,
        p_value=f_p(statistic / df, df, nu),
    )


def _against_first(arms: int) -> Floats:
    """Contrasts of every other arm with the first."""
    return np.hstack((-np.ones((arms - 1, 1)), np.eye(arms - 1)))


def _of_contrasts(c: Floats, v: Floats) -> Floats:
    """Covariance of differences from the first arm; exactly 0 where only rounding is left."""
    found = c @ v @ c.T
    own = diagonal(v)
    still = diagonal(found) <= _ROUNDING * (own[..., :1] + own[..., 1:])
    return np.where(still[..., :, None] | still[..., None, :], 0.0, found)


def _inverse_root(covariance: Floats) -> Floats:
    """A matrix W with W'W the inverse of the covariance."""
    variance = diagonal(covariance)
    if not bool(np.all(variance > 0)):
        raise NotEstimableError("an effect has no variance to be judged by")
    scale = np.sqrt(variance)
    correlation = covariance / (scale[..., :, None] * scale[..., None, :])
    value, vector = np.linalg.eigh(correlation)
    if not bool(np.all(value > _SINGULAR)):
        raise NotEstimableError("some combination of the effects has no variance")
    whitening = np.swapaxes(vector, -1, -2) / np.sqrt(value)[..., :, None]
    return as_floats(whitening / scale[..., None, :])
