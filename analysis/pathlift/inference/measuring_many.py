"""Many metrics over many slices at once: the same numbers as one by one, in a few array operations.

Metrics that ask the same of a slice (one outcome or a ratio, the same covariates) are stacked and
adjusted together. What stands apart, such as quantiles and arms with clusters, is measured alone.
Chooses by the same rules as `measuring`; knows no contrasts and no families.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.adjustment import (
    AdjustedMeans,
    Method,
    adjusted_means,
    method_for,
    satterthwaite_df,
)
from pathlift.inference.arrays import Floats
from pathlift.inference.clustering import clusters_in
from pathlift.inference.measuring import (
    FEWEST,
    Measured,
    kept_covariates,
    measure,
    parts_of,
    refuse_empty,
    too_few,
)
from pathlift.inference.ratio import ratio_means
from pathlift.inference.reading import Slice, table_of
from pathlift.registry.experiment import Metric
from pathlift.result.model import Adjustment
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group, Stack, stacked

Key = tuple[str, Slice]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """One metric in one slice, and what is to be done to it."""

    metric: Metric
    which: Slice
    names: tuple[str, ...]
    kept: tuple[str, ...]
    method: Method
    reason: str
    successes: Floats | None


def measure_many(
    statistics: Statistics,
    wanted: Iterable[tuple[Metric, Slice]],
    arms: Sequence[str],
    *,
    covariates: Sequence[str] = (),
    alpha: float = 0.05,
) -> Mapping[Key, Measured | str]:
    """Measure metrics in slices, or say why that cannot be done.

    Parameters
    ----------
    statistics : Statistics
    wanted : iterable of (Metric, Slice)
    arms : sequence of str
        Analysed arms.
    covariates : sequence of str, optional
        Variables ``x:...`` to adjust by.
    alpha : float, default 0.05
        As in `measure`.

    Returns
    -------
    mapping of (str, Slice) to Measured or str
        By name of the metric and slice; the reason as a sentence where it cannot be estimated.
    """
    found: dict[Key, Measured | str] = {}
    together: dict[tuple[int, tuple[str, ...], Method], list[_Ask]] = {}
    slices: dict[Slice, _Place | str] = {}
    for metric, which in wanted:
        if which not in slices:
            slices[which] = _place(statistics, which, arms, covariates)
        place = slices[which]
        if isinstance(place, str):
            found[metric.name, which] = place
        elif place.alone or metric.kind == "quantile":
            found[metric.name, which] = _alone(statistics, metric, which, arms, covariates, alpha)
        else:
            ask = _ask(metric, which, place, arms, covariates)
            together.setdefault((len(ask.names), ask.kept, ask.method), []).append(ask)
    for (parts, kept, method), asks in together.items():
        found |= _together(
            statistics,
            asks,
            arms,
            parts=parts,
            kept=kept,
            method=method,
            declared=covariates,
            alpha=alpha,
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """What holds for every metric of a slice: its units, and the sums of all variables by arm."""

    kept: tuple[str, ...]
    reason: str
    alone: bool
    units: Floats
    columns: Mapping[str, int]
    sums: Floats
    fewest: Floats
    adjusting: Method


def _place(
    statistics: Statistics, which: Slice, arms: Sequence[str], covariates: Sequence[str]
) -> "_Place | str":
    table = table_of(statistics, which)
    try:
        refuse_empty(table, arms)
        clustered = clusters_in(statistics, which, arms) is not None
    except NotEstimableError as refusal:
        return str(refusal)
    kept, reason = kept_covariates(table, arms, covariates)
    rows = [table.rows[Group(arm=arm)] for arm in arms]
    units = table.units[rows].astype(np.float64)
    sums = table.sums[rows].astype(np.float64)
    return _Place(
        kept=kept,
        reason=reason,
        alone=clustered,
        units=units,
        columns=table.columns,
        sums=sums,
        fewest=np.minimum(sums, units[:, None] - sums).min(axis=0),
        adjusting=method_for(units, len(kept)),
    )


def _alone(
    statistics: Statistics,
    metric: Metric,
    which: Slice,
    arms: Sequence[str],
    covariates: Sequence[str],
    alpha: float,
) -> Measured | str:
    try:
        return measure(statistics, metric, arms, which, covariates=covariates, alpha=alpha)
    except NotEstimableError as refusal:
        return str(refusal)


def _ask(
    metric: Metric, which: Slice, place: _Place, arms: Sequence[str], covariates: Sequence[str]
) -> _Ask:
    names, kept, reason, method = parts_of(metric), place.kept, place.reason, place.adjusting
    successes = None
    if metric.kind == "proportion":
        column = place.columns[names[0]]
        successes = place.sums[:, column]
        if covariates and place.fewest[column] < FEWEST:
            kept, method = (), "means"
            reason = too_few(arms, successes, place.units)
    return _Ask(
        metric=metric,
        which=which,
        names=names,
        kept=kept,
        method=method,
        reason=reason,
        successes=None if kept else successes,
    )


def _together(
    statistics: Statistics,
    asks: Sequence[_Ask],
    arms: Sequence[str],
    *,
    parts: int,
    kept: tuple[str, ...],
    method: Method,
    declared: Sequence[str],
    alpha: float,
) -> dict[Key, Measured | str]:
    """Adjust a stack of metrics."""
    stack = _stack(statistics, asks, arms, kept)
    try:
        adjusted = adjusted_means(
            stack.units,
            stack.mean,
            stack.covariance,
            outcomes=parts,
            method=method,
            apart=stack.from_first,
        )
        if parts == 2:
            return _ratios(statistics, asks, arms, adjusted, kept)
    except NotEstimableError:  # of one of them: which one, and why, is found one by one
        return {
            (ask.metric.name, ask.which): _alone(
                statistics, ask.metric, ask.which, arms, declared, alpha
            )
            for ask in asks
        }
    value, covariance = adjusted.of_outcome(0)
    variance = adjusted.residual_variance[..., 0]
    pair_df = _pair_df(variance, adjusted)
    exact = _exact(statistics, asks, kept)
    adjustments = _adjustments(asks, adjusted, kept)
    found: dict[Key, Measured | str] = {}
    for position, ask in enumerate(asks):
        normal = ask.metric.kind == "proportion"
        units = adjusted.units[position]
        found[ask.metric.name, ask.which] = Measured(
            value=value[position] if ask.successes is None else ask.successes / units,
            units=units,
            covariance=covariance[position],
            residual_variance=variance[position],
            residual_df=adjusted.residual_df[position],
            successes=ask.successes,
            normal=normal,
            adjustment=adjustments[position],
            exact=exact[position],
            clusters=(None,) * len(arms),
            apart=adjusted.apart[position, :, 0],
            pair_df=None if normal else pair_df[position],
        )
    return found


def _ratios(
    statistics: Statistics,
    asks: Sequence[_Ask],
    arms: Sequence[str],
    adjusted: AdjustedMeans,
    kept: tuple[str, ...],
) -> dict[Key, Measured | str]:
    ratio = ratio_means(adjusted, numerator=0, denominator=1)
    pair_df = satterthwaite_pairs(ratio.residual_variance, ratio.units, ratio.residual_df)
    exact = _exact(statistics, asks, kept)
    adjustments = _adjustments(asks, adjusted, kept)
    return {
        (ask.metric.name, ask.which): Measured(
            value=ratio.ratios[position],
            apart=ratio.apart[position],
            units=ratio.units[position],
            covariance=ratio.covariance[position],
            residual_variance=ratio.residual_variance[position],
            residual_df=ratio.residual_df[position],
            successes=None,
            normal=False,
            adjustment=adjustments[position],
            exact=exact[position],
            clusters=(None,) * len(arms),
            pair_df=pair_df[position],
        )
        for position, ask in enumerate(asks)
    }


def satterthwaite_pairs(variance: Floats, units: Floats, df: Floats) -> Floats:
    """Degrees of freedom of the contrast of each two arms.

    Parameters
    ----------
    variance, units, df : Floats, shape (metrics, arms)
        Residual variance of one unit, units, and degrees of freedom of each arm.

    Returns
    -------
    Floats, shape (metrics, arms, arms)
        Symmetric; NaN on the diagonal.
    """
    arms = variance.shape[-1]
    first, second = np.triu_indices(arms, k=1)
    weights = np.zeros((len(first), arms))
    weights[np.arange(len(first)), first] = 1.0
    weights[np.arange(len(first)), second] = -1.0
    pairs = satterthwaite_df(weights, variance, units, df)
    found = np.full((*variance.shape, arms), np.nan)
    found[..., first, second] = found[..., second, first] = pairs
    return found


def _pair_df(variance: Floats, adjusted: AdjustedMeans) -> Floats:
    return satterthwaite_pairs(variance, adjusted.units, adjusted.residual_df)


def _stack(
    statistics: Statistics, asks: Sequence[_Ask], arms: Sequence[str], kept: tuple[str, ...]
) -> Stack:
    """One set of variables a metric, slice by slice, in the order of `asks`."""
    groups = [Group(arm=arm) for arm in arms]
    by_slice: dict[Slice, list[int]] = {}
    for position, ask in enumerate(asks):
        by_slice.setdefault(ask.which, []).append(position)
    parts, order = [], []
    for which, positions in by_slice.items():
        sets = [(*asks[position].names, *kept) for position in positions]
        part = stacked(table_of(statistics, which), groups, sets)
        units = np.broadcast_to(part.units, (len(sets), len(arms)))
        parts.append((units, part.mean, part.from_first, part.covariance))
        order += positions
    back = np.argsort(order)
    units, mean, from_first, covariance = (
        np.concatenate(arrays)[back] for arrays in zip(*parts, strict=True)
    )
    return Stack(units=units, mean=mean, from_first=from_first, covariance=covariance)


def _exact(statistics: Statistics, asks: Sequence[_Ask], kept: tuple[str, ...]) -> list[bool]:
    table = table_of(statistics, asks[0].which)
    exact = {variable.name: variable.exact for variable in table.variables}
    adjusted = all(exact[name] for name in kept)
    return [adjusted and all(exact[name] for name in ask.names) for ask in asks]


def _adjustments(
    asks: Sequence[_Ask], adjusted: AdjustedMeans, kept: tuple[str, ...]
) -> list[Adjustment]:
    if not kept:
        shared: dict[str, Adjustment] = {}
        return [shared.setdefault(ask.reason, Adjustment(reason=ask.reason)) for ask in asks]
    names = tuple(name.removeprefix("x:") for name in kept)
    return [
        Adjustment(
            covariates=names,
            method=adjusted.method,
            variance_explained=float(adjusted.variance_explained[position, 0]),
            reason=ask.reason,
        )
        for position, ask in enumerate(asks)
    ]
