"""Whether rows of counts differ, where too few are expected for chi-square to be its limit.

Pearson's statistic is held against tables drawn with the same margins instead: if rows do not
differ, all ways to deal the columns' units to the rows are equally likely. Knows no arm and no
label.
"""

from dataclasses import replace

import numpy as np

from pathlift.inference.arrays import Floats, Numbers, as_floats
from pathlift.inference.omnibus import ChiSquare, independence

FEWEST_EXPECTED = 5.0
"""Expected count (Cochran's rule) below which tables are drawn."""

DRAWS = 5_000
"""Tables; a p of 0.05 is then known to 0.003, and none is below 0.0002."""

MOST_UNITS = 1_000_000_000
"""Of numpy's hypergeometric draws; above, chi-square stays and the words say so."""

SEED = 1

_TIED = 1e-9  # of the statistic: the same table in another order of adding


def sparse_independence(table: Numbers, *, seed: int = SEED) -> tuple[ChiSquare, str]:
    """Pearson's test that rows have one distribution, its p drawn where expected counts are small.

    Parameters
    ----------
    table : Numbers
        Counts, shape (rows, columns).
    seed : int, default 1
        Of the draws.

    Returns
    -------
    test : ChiSquare
        As `independence` gives it, but for a drawn p, which counts the observed table.
    words : str
        Why and how p was drawn; empty where every expected count is 5 or more.

    Raises
    ------
    NotEstimableError
        If fewer than two rows or columns have a count.

    References
    ----------
    .. [1] W. G. Cochran (1954), "Some methods for strengthening the common chi-square tests",
       Biometrics 10, 417-451.
    .. [2] B. Phipson, G. K. Smyth (2010), "Permutation p-values should never be zero",
       Statistical Applications in Genetics and Molecular Biology 9, article 39.

    Examples
    --------
    >>> test, words = sparse_independence([[3, 17], [0, 20]])
    >>> words
    'p of 5,000 tables drawn with its margins, since a count of 1.5 is expected'
    """
    counts = as_floats(table)
    test = independence(counts)
    least = float(test.smallest_expected)
    if least >= FEWEST_EXPECTED:
        return test, ""
    said = f"since a count of {least:.2g} is expected"
    if counts.sum() >= MOST_UNITS:
        return test, f"approximate, {said} among too many units to draw tables"
    filled = counts[:, counts.sum(axis=0) > 0][counts.sum(axis=1) > 0]
    drawn = _statistics(filled, DRAWS, np.random.default_rng(seed))
    further = int(np.sum(drawn >= float(test.statistic) * (1 - _TIED)))
    p_value = as_floats((1 + further) / (1 + DRAWS))
    return replace(test, p_value=p_value), f"p of {DRAWS:,} tables drawn with its margins, {said}"


def _statistics(counts: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Pearson's statistic of tables with the same margins, shape (draws,)."""
    rows = counts.sum(axis=1).astype(np.int64)
    columns = counts.sum(axis=0).astype(np.int64)
    expected = np.outer(rows, columns) / rows.sum()
    left = np.tile(columns, (draws, 1))  # units of each column that no row has yet
    found = np.zeros(draws)
    for row, size in enumerate(rows):
        dealt = left.copy() if row == len(rows) - 1 else _dealt(left, int(size), rng)
        found += np.sum((dealt - expected[row]) ** 2 / expected[row], axis=1)
        left -= dealt
    return found


def _dealt(
    left: np.ndarray[tuple[int, ...], np.dtype[np.int64]], size: int, rng: np.random.Generator
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Units that a row of a given size gets of each column, column by column."""
    dealt = np.zeros_like(left)
    wanted = np.full(len(left), size)
    after = left.sum(axis=1)
    for column in range(left.shape[1]):
        after = after - left[:, column]
        dealt[:, column] = rng.hypergeometric(left[:, column], after, wanted)
        wanted = wanted - dealt[:, column]
    return dealt
