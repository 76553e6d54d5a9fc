"""Intervals and statistics of many contrasts at once: score, linear and quantile ones.

Knows neither families nor alpha: whoever asks brings the critical value, and says which p-values
reject, so that intervals agree with them.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Booleans, Floats
from pathlift.inference.columns import Columns
from pathlift.inference.intervals import (
    Interval,
    agreeing,
    studentised,
    symmetric_interval,
)
from pathlift.inference.proportions import (
    difference_interval,
    difference_score,
    ratio_interval,
    ratio_score,
)
from pathlift.inference.quantiles import quantile_intervals, quantile_statistic
from pathlift.inference.relative import SetKind, lift_statistic, relative_lift
from pathlift.inference.tails import two_sided_critical, two_sided_p

_KIND = {  # by whether the low and the high end are finite
    (True, True): SetKind.BOUNDED,
    (True, False): SetKind.ABOVE,
    (False, True): SetKind.BELOW,
    (False, False): SetKind.EVERYTHING,
}
_ONE_PIECE = (SetKind.BOUNDED, SetKind.ABOVE, SetKind.BELOW)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spans:
    """Absolute and relative intervals, one element a contrast."""

    absolute: Interval
    relative_estimate: Floats
    relative_low: Floats
    relative_high: Floats
    kind: np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def statistics_at(columns: Columns, null: Floats, relative: Booleans) -> Floats:
    """Studentised distance of every contrast from its null value.

    Parameters
    ----------
    columns : Columns
    null : Floats, shape (contrasts,)
        On the scale that `relative` says.
    relative : array of bool, shape (contrasts,)

    Returns
    -------
    Floats, shape (contrasts,)
        Positive where the contrast lies above its null value.
    """
    found = np.empty(len(null))
    counts = columns.x1, columns.n1, columns.x0, columns.n0
    s, b = columns.score, columns.binned
    for chosen, score in ((s & relative, ratio_score), (s & ~relative, difference_score)):
        if chosen.any():
            shift = 1.0 if score is ratio_score else 0.0
            of = [array[chosen] for array in counts]
            found[chosen] = score(*of, null=null[chosen] + shift)
    w = ~s & ~b
    lift = w & relative
    if lift.any():
        found[lift] = lift_statistic(
            columns.difference[lift],
            columns.m0[lift],
            columns.v11[lift],
            columns.v00[lift],
            columns.v10[lift],
            lift=null[lift],
        )
    apart = w & ~relative
    found[apart] = studentised(
        columns.difference[apart], columns.standard_error[apart], null[apart]
    )
    for place in np.flatnonzero(b):
        one, zero = columns.quantiles[place]
        found[place] = (
            quantile_statistic(one, zero, ratio=1 + float(null[place]))
            if relative[place]
            else quantile_statistic(one, zero, null=float(null[place]))
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tests:
    """What contrasts say of their null value and of 0, one element a contrast.

    Attributes
    ----------
    from_zero, at_null : Floats
        Studentised distances.
    p_zero, p_null : Floats
        Two-sided.
    critical : Floats
        Marginal two-sided critical value.
    """

    from_zero: Floats
    at_null: Floats
    p_zero: Floats
    p_null: Floats
    critical: Floats


def tested(columns: Columns, *, alpha: float) -> Tests:
    """Test contrasts against 0 and against their null values.

    Parameters
    ----------
    columns : Columns
    alpha : float
        Two-sided.

    Returns
    -------
    Tests
    """
    zero, absolute = np.zeros(len(columns.null)), np.zeros(len(columns.null), dtype=np.bool_)
    from_zero = statistics_at(columns, zero, absolute)
    p_zero = two_sided_p(from_zero, columns.df)
    at_null, p_null = from_zero, p_zero
    if columns.null.any() or columns.relative_null.any():
        at_null = statistics_at(columns, columns.null, columns.relative_null)
        p_null = two_sided_p(at_null, columns.df)
    return Tests(
        from_zero=from_zero,
        at_null=at_null,
        p_zero=p_zero,
        p_null=p_null,
        critical=two_sided_critical(alpha, columns.df),
    )


def spans_at(
    columns: Columns, critical: Floats, *, excluded: Booleans, zero_excluded: Booleans
) -> Spans:
    """Intervals at a critical value, agreeing with what the p-values say.

    Parameters
    ----------
    columns : Columns
    critical : Floats, shape (contrasts,)
        Positive.
    excluded, zero_excluded : array of bool, shape (contrasts,)
        Whether the p-value against the null value, and that against 0, rejects.

    Returns
    -------
    Spans
        NaN where a lift has no meaning.
    """
    counts = columns.x1, columns.n1, columns.x0, columns.n0
    size = len(critical)
    null = np.where(columns.relative_null, 0.0, columns.null)
    said = np.where(columns.relative_null, zero_excluded, excluded)
    low, high = np.empty(size), np.empty(size)
    relative_low, relative_high = np.full(size, np.nan), np.full(size, np.nan)
    estimate = np.full(size, np.nan)
    np.divide(columns.difference, columns.m0, out=estimate, where=columns.m0 != 0)
    kind = np.full(size, SetKind.BOUNDED, dtype=np.int64)
    s, b = columns.score, columns.binned
    w = ~s & ~b
    if s.any():
        chosen = [array[s] for array in counts]
        difference = difference_interval(
            *chosen, critical=critical[s], null=null[s], excluded=said[s]
        )
        low[s], high[s] = difference.low, difference.high
        ratio = ratio_interval(
            *chosen,
            critical=critical[s],
            null=1 + np.where(columns.relative_null, columns.null, 0.0)[s],
            excluded=np.where(columns.relative_null, excluded, zero_excluded)[s],
        )
        relative_low[s], relative_high[s] = ratio.low - 1, ratio.high - 1
    if w.any():
        difference = symmetric_interval(
            columns.difference[w],
            columns.standard_error[w],
            critical[w],
            null=null[w],
            excluded=said[w],
        )
        low[w], high[w] = difference.low, difference.high
    f = w & (columns.m0 > 0)  # a lift over a control at or below zero has no meaning
    if f.any():
        fieller = relative_lift(
            columns.m1[f],
            columns.m0[f],
            columns.v11[f],
            columns.v00[f],
            columns.v10[f],
            critical=critical[f],
            difference=columns.difference[f],
            excluded=zero_excluded[f],
        )
        relative_low[f], relative_high[f] = fieller.low, fieller.high
        kind[f] = fieller.kind
    g = f & columns.relative_null & np.isin(kind, _ONE_PIECE)  # a margin on the scale of the lift
    if g.any():
        settled = agreeing(
            relative_low[g], relative_high[g], null=columns.null[g], excluded=excluded[g]
        )
        relative_low[g], relative_high[g] = settled.low, settled.high
    for place in np.flatnonzero(b):
        one, zero = columns.quantiles[place]
        absolute, lift = quantile_intervals(one, zero, float(critical[place]))
        ends = agreeing(absolute.low, absolute.high, null=null[place], excluded=said[place])
        low[place], high[place] = ends.low, ends.high
        if lift is None:
            continue
        if np.isfinite(lift.low) or np.isfinite(lift.high):
            lift = agreeing(lift.low, lift.high, null=0.0, excluded=zero_excluded[place])
        relative_low[place], relative_high[place] = lift.low, lift.high
        kind[place] = _KIND[bool(np.isfinite(lift.low)), bool(np.isfinite(lift.high))]
    return Spans(
        absolute=Interval(low=low, high=high),
        relative_estimate=estimate,
        relative_low=relative_low,
        relative_high=relative_high,
        kind=kind,
    )
