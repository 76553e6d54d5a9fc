"""Whether conversion is associated with the ordering among units of one stratum.

The generalised Cochran-Mantel-Haenszel test for orderings by converted or not, over strata: exact
mean and covariance given the margins of every stratum, so strata may be many and small. Says that
there is an association, never of what size, and never that it is an effect.
"""

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats, Numbers, as_floats, quotient
from pathlift.inference.omnibus import Wald
from pathlift.inference.tails import f_p

_NOTHING = 1e-9  # eigenvalue of a correlation: a direction in which no stratum varies


def scores(units: Numbers, converted: Numbers) -> tuple[Floats, Floats]:
    """What each ordering converts beyond its share, and the covariance of that given the margins.

    Parameters
    ----------
    units, converted : Numbers
        Counts by ordering and stratum, shape (o, s).

    Returns
    -------
    score : Floats, shape (o,)
        ``sum_s (x_os - n_os m_s / N_s)``; adds up to 0.
    covariance : Floats, shape (s, o, o)
        By stratum ``m (N - m) / (N^2 (N - 1)) (N diag(n) - n n')``; 0 where a stratum has fewer
        than two units.
    """
    n, x = as_floats(units), as_floats(converted)
    N, m = n.sum(axis=0), x.sum(axis=0)
    score = (x - quotient(n * m, N)).sum(axis=1)
    factor = quotient(m * (N - m), N**2 * (N - 1))
    block = np.einsum("s,os,op->sop", N, n, np.eye(len(n))) - np.einsum("os,ps->sop", n, n)
    return score, factor[:, None, None] * block


def association(score: Numbers, covariance: Numbers, *, residual_df: float = np.inf) -> Wald:
    """Test that no ordering converts beyond its share in any stratum.

    Parameters
    ----------
    score : Numbers
        Shape (o,), adding up to 0.
    covariance : Numbers
        Shape (o, o).
    residual_df : float, default infinity
        Of clusters behind the covariance: Hotelling's F in place of chi-square.

    Returns
    -------
    Wald
        Its df is one less than the orderings that meet others in a stratum where some convert and
        some do not; less still where strata split them into sets that never meet.

    Raises
    ------
    NotEstimableError
        If no two orderings meet in such a stratum, or clusters are fewer than the df.

    References
    ----------
    .. [1] J. R. Landis, E. R. Heyman, G. G. Koch (1978), "Average partial association in
       three-way contingency tables", International Statistical Review 46, 237-254.

    Examples
    --------
    >>> score, by_stratum = scores([[50, 20], [50, 80]], [[20, 4], [10, 8]])
    >>> test = association(score, by_stratum.sum(axis=0))
    >>> round(float(test.statistic), 4), test.df
    (6.2142, 1)
    """
    u, v = as_floats(score), as_floats(covariance)
    variance = np.diagonal(v)
    met = variance > 0
    if not met.any():
        raise NotEstimableError(
            "no two orderings meet in a stratum where some convert and some not"
        )
    size = np.sqrt(variance[met])
    value, vector = np.linalg.eigh(v[np.ix_(met, met)] / np.outer(size, size))
    varies = value > _NOTHING  # orderings that meet add up to nothing: one direction of each set
    df = int(varies.sum())
    along = vector[:, varies].T @ (u[met] / size)
    statistic = float(np.sum(along**2 / value[varies]))
    scale, rest = 1.0, np.inf
    if np.isfinite(residual_df):
        rest = residual_df - df + 1
        scale = rest / residual_df
        if rest <= 0:
            raise NotEstimableError(f"too few clusters for a test of {df + 1} orderings")
    return Wald(
        statistic=as_floats(statistic * scale),
        df=df,
        residual_df=as_floats(rest),
        p_value=f_p(statistic * scale / df, df, rest),
    )
