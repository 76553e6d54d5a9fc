"""From arms to contrasts: arm minus control of every metric measured together, as arrays.

Knows no metric by name, and no alpha.
"""

from functools import lru_cache

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.clusters import contrast_df
from pathlift.inference.columns import Columns
from pathlift.inference.measured import Batch

Pairs = tuple[tuple[int, int], ...]
"""Places of arm and control among the analysed arms, one a contrast."""


@lru_cache(maxsize=64)  # every metric of a batch asks for its own contrasts; batches are frozen
def contrasts_of(batch: Batch, pairs: Pairs) -> Columns:
    """Contrasts of every row of a batch, tested against 0.

    Parameters
    ----------
    batch : Batch
    pairs : tuple of (int, int)

    Returns
    -------
    Columns
        Row by row, each with its contrasts in the order of `pairs`.
    """
    one, zero = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    size = len(batch.value) * len(one)
    grouped = batch.grouped[one] | batch.grouped[zero]
    score = np.zeros((len(batch.value), len(one)), dtype=np.bool_)
    counts = [np.ones(score.shape) for _ in range(4)]
    if batch.successes is not None:
        score[:] = ~grouped
        for column, (array, places) in zip(
            counts,
            ((batch.successes, one), (batch.units, one), (batch.successes, zero),
             (batch.units, zero)),
            strict=True,
        ):  # fmt: skip
            column[:, ~grouped] = array[:, places[~grouped]]
    x1, n1, x0, n0 = (column.ravel() for column in counts)
    quantiles = np.empty(size, dtype=object)
    if batch.quantiles is not None:
        quantiles[:] = [(batch.quantiles[a], batch.quantiles[b]) for a, b in pairs]
    return Columns(
        score=score.ravel(),
        x1=x1,
        n1=n1,
        x0=x0,
        n0=n0,
        m1=batch.value[:, one].ravel(),
        m0=batch.value[:, zero].ravel(),
        difference=(batch.apart[:, one] - batch.apart[:, zero]).ravel(),
        v11=batch.covariance[:, one, one].ravel(),
        v00=batch.covariance[:, zero, zero].ravel(),
        v10=batch.covariance[:, one, zero].ravel(),
        df=_df(batch, one, zero, grouped).ravel(),
        relative_null=np.zeros(size, dtype=np.bool_),
        null=np.zeros(size),
        quantiles=quantiles,
    )


def _df(batch: Batch, one: np.ndarray, zero: np.ndarray, grouped: np.ndarray) -> Floats:
    """Degrees of freedom, shape (rows, contrasts); infinite where tails are normal."""
    shape = len(batch.value), len(one)
    if batch.normal and not grouped.any():
        return np.full(shape, np.inf)
    weights = np.zeros((len(one), batch.value.shape[1]))
    each = np.arange(len(one))
    weights[each, one], weights[each, zero] = 1.0, -1.0
    df = contrast_df(
        weights,
        batch.residual_variance,
        batch.units,
        batch.residual_df,
        clustered=batch.grouped,
    )
    return np.where(batch.normal & ~grouped, np.inf, df)
