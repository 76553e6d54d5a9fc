"""A quantile over the arms: read from histograms, arm by arm, and handed on like any metric.

Units are independent here. Knows no contrasts and no families.
"""

from collections.abc import Sequence

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats
from pathlift.inference.quantiles import Quantile
from pathlift.inference.reading import Slice, inside
from pathlift.statistics.collected import Statistics
from pathlift.statistics.histogram import Column, Histogram
from pathlift.statistics.moments import Group


def histograms_of(
    statistics: Statistics, metric: str, arms: Sequence[str], which: Slice
) -> tuple[tuple[Histogram, ...], bool]:
    """Histograms of a metric over a slice, by arm.

    Parameters
    ----------
    statistics : Statistics
    metric : str
        Of kind quantile.
    arms : sequence of str
    which : Slice

    Returns
    -------
    histograms : tuple of Histogram
        One per arm, in this order.
    exact : bool
        Whether every value was a whole number of steps.

    Raises
    ------
    NotEstimableError
        If an arm has no unit.
    """

    def whole(column: Column) -> Column | None:
        if column.metric != metric or not inside(column.group, which):
            return None
        return Column(group=Group(arm=column.group.arm), metric=metric, exact=column.exact)

    found = statistics.histograms.by(whole).histograms
    by_arm = {column.group.arm: histogram for column, histogram in found.items()}
    empty = [arm for arm in arms if arm not in by_arm]
    if empty:
        raise NotEstimableError(f"no unit of {' and '.join(empty)} has a value")
    return tuple(by_arm[arm] for arm in arms), all(column.exact for column in found)


def quantiles_of(
    histograms: Sequence[Histogram], probability: float, critical: float
) -> tuple[tuple[Quantile, ...], Floats]:
    """Quantiles of all arms, with their standard errors.

    Parameters
    ----------
    histograms : sequence of Histogram
        By arm.
    probability : float
        In (0, 1).
    critical : float
        At which the interval's half width is divided, above 0.

    Returns
    -------
    quantiles : tuple of Quantile
    standard_errors : Floats, shape (arms,)
        Infinite where an arm's interval has no end.

    Raises
    ------
    NotEstimableError
        If an arm has fewer than two units.
    """
    found = tuple(Quantile(histogram=each, probability=probability) for each in histograms)
    return found, np.array([quantile.standard_error(critical) for quantile in found])
