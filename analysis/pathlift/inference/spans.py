"""Intervals and statistics of many drafts at once: score, linear and quantile ones.

Knows neither families nor alpha: whoever asks brings the critical value, and says which p-values
reject, so that intervals agree with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from pathlift.inference.arrays import Booleans, Floats
from pathlift.inference.drafts import Draft
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

_KIND = {  # by whether the low and the high end are finite
    (True, True): SetKind.BOUNDED,
    (True, False): SetKind.ABOVE,
    (False, True): SetKind.BELOW,
    (False, False): SetKind.EVERYTHING,
}
_ONE_PIECE = (SetKind.BOUNDED, SetKind.ABOVE, SetKind.BELOW)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Drafts as arrays, one element a draft.

    Attributes
    ----------
    score : array of bool
        Which contrasts are of counts.
    x1, n1, x0, n0 : Floats
        Those counts; 1 elsewhere.
    m1, m0, v11, v00, v10, df : Floats
        As in `Spread`.
    relative_null, null : array of bool, Floats
        As `null_of` says.
    quantiles : array of object
        Pairs of quantiles, or None.
    difference, standard_error : Floats
        Arm minus control, and of it.
    binned : array of bool
        Which contrasts are of quantiles.
    one_still : array of bool
        Whether units of one arm all have one value: only the other arm's variance counts.
    all_zero : array of bool
        Whether treated units are all 0: Fieller's set of the lift would be the point -1.
    """

    score: Booleans
    x1: Floats
    n1: Floats
    x0: Floats
    n0: Floats
    m1: Floats
    m0: Floats
    v11: Floats
    v00: Floats
    v10: Floats
    df: Floats
    relative_null: Booleans
    null: Floats
    quantiles: np.ndarray[tuple[int, ...], np.dtype[np.object_]]  # pairs, or None

    difference: Floats
    standard_error: Floats
    binned: Booleans
    one_still: Booleans
    all_zero: Booleans

    def take(self, positions: Sequence[int]) -> "Columns":
        """Choose some of the drafts.

        Parameters
        ----------
        positions : sequence of int

        Returns
        -------
        Columns
            In the order of `positions`.
        """
        index = np.asarray(positions, dtype=np.intp)
        return Columns(**{part.name: getattr(self, part.name)[index] for part in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spans:
    """Absolute and relative intervals, one element a draft."""

    absolute: Interval
    relative_estimate: Floats
    relative_low: Floats
    relative_high: Floats
    kind: np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def columns_of(drafts: Sequence[Draft]) -> Columns:
    """Turn drafts into arrays.

    Parameters
    ----------
    drafts : sequence of Draft
        Estimated ones.

    Returns
    -------
    Columns
        One element a draft.
    """

    def counts(name: str) -> Floats:
        return np.array([getattr(d.counts, name) if d.counts else 1.0 for d in drafts])

    def spread(name: str) -> Floats:
        return np.array([getattr(d.spread, name) for d in drafts], dtype=np.float64)

    nulls = [null_of(draft) for draft in drafts]
    score = np.array([draft.counts is not None for draft in drafts], dtype=np.bool_)
    m1, m0, v11, v00, v10 = (spread(name) for name in ("m1", "m0", "v11", "v00", "v10"))
    quantiles = _pairs(drafts)
    binned = np.array([pair is not None for pair in quantiles], dtype=np.bool_)
    one_still = ((v11 == 0) != (v00 == 0)) & ~score & ~binned
    return Columns(
        score=score,
        x1=counts("x1"),
        n1=counts("n1"),
        x0=counts("x0"),
        n0=counts("n0"),
        m1=m1,
        m0=m0,
        v11=v11,
        v00=v00,
        v10=v10,
        df=spread("df"),
        relative_null=np.array([relative for _, relative in nulls]),
        null=np.array([value for value, _ in nulls]),
        quantiles=quantiles,
        difference=spread("difference"),
        standard_error=np.sqrt(np.maximum(v11 + v00 - 2 * v10, 0.0)),
        binned=binned,
        one_still=one_still,
        all_zero=one_still & (m1 == 0) & (v11 == 0),
    )


def _pairs(drafts: Sequence[Draft]) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    pairs = np.empty(len(drafts), dtype=object)
    for position, draft in enumerate(drafts):
        pairs[position] = draft.quantiles
    return pairs


def null_of(draft: Draft) -> tuple[float, bool]:
    """Value that the p-value tests against, and whether it is on the relative scale.

    Parameters
    ----------
    draft : Draft

    Returns
    -------
    null : float
        0, or a guardrail's margin with its sign.
    relative : bool
    """
    margin = draft.identity.margin
    if margin is None or draft.identity.role != "guardrail":
        return 0.0, False
    sign = 1.0 if draft.identity.better == "lower" else -1.0
    return sign * margin.value, margin.scale == "relative"


def statistics_at(columns: Columns, null: Floats, relative: Booleans) -> Floats:
    """Studentised distance of every contrast from its null value.

    Parameters
    ----------
    columns : Columns
    null : Floats, shape (drafts,)
        On the scale that `relative` says.
    relative : array of bool, shape (drafts,)

    Returns
    -------
    Floats, shape (drafts,)
        Positive where the contrast lies above its null value.
    """
    counts = columns.x1, columns.n1, columns.x0, columns.n0
    linear = np.where(
        relative,
        lift_statistic(
            columns.difference, columns.m0, columns.v11, columns.v00, columns.v10, lift=null
        ),
        studentised(columns.difference, columns.standard_error, null),
    )
    share = columns.score & ~relative  # a margin of money is no difference of shares
    score = np.where(
        relative,
        ratio_score(*counts, null=np.where(columns.score & relative, 1 + null, 1.0)),
        difference_score(*counts, null=np.where(share, null, 0.0)),
    )
    found = np.where(columns.score, score, linear)
    for place in np.flatnonzero(columns.binned):
        one, zero = columns.quantiles[place]
        found[place] = (
            quantile_statistic(one, zero, ratio=1 + float(null[place]))
            if relative[place]
            else quantile_statistic(one, zero, null=float(null[place]))
        )
    return found


def spans_at(
    columns: Columns, critical: Floats, *, excluded: Booleans, zero_excluded: Booleans
) -> Spans:
    """Intervals at a critical value, agreeing with what the p-values say.

    Parameters
    ----------
    columns : Columns
    critical : Floats, shape (drafts,)
        Positive.
    excluded, zero_excluded : array of bool, shape (drafts,)
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
