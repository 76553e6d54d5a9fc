"""Metrics over the arms: plain, adjusted, by score, by cluster or by quantile.

Chooses between the readings of a metric by the rules of methods 3.2 and 3.4. Units that stand alone
are read in stacks; a quantile, and arms with clusters, go one by one. Knows no contrasts and no
families.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.adjusting import adjust
from pathlift.inference.adjustment import AdjustedMeans
from pathlift.inference.clustering import clusters_in
from pathlift.inference.enough import too_few, too_small, without_denominator
from pathlift.inference.measured import Measured, batch_of, measured_alone, parts_of
from pathlift.inference.quantile_readings import histograms_of, quantiles_of
from pathlift.inference.reading import Slice, level_table, successes_of, table_of, units_of
from pathlift.inference.stacking import Ask, measured_together
from pathlift.inference.tails import two_sided_critical
from pathlift.registry.experiment import Metric
from pathlift.result.model import Adjustment
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import MomentTable


def measure_many(
    statistics: Statistics,
    wanted: Iterable[tuple[Metric, Slice]],
    arms: Sequence[str],
    *,
    covariates: Sequence[str] = (),
    variables: Mapping[str, tuple[str, ...]] = {},
    alpha: float = 0.05,
) -> list[Measured | str]:
    """Measure metrics in slices, or say why that cannot be done.

    Parameters
    ----------
    statistics : Statistics
    wanted : iterable of (Metric, Slice)
    arms : sequence of str
        Analysed arms.
    covariates : sequence of str, optional
        Variables ``x:...`` to adjust by.
    variables : mapping of str to tuple of str, optional
        By metric: read in place of its own, such as its uncapped twin.
    alpha : float, default 0.05
        Two-sided level of the intervals that a quantile's standard error is read off.

    Returns
    -------
    list of Measured or str
        In the order of `wanted`; the reason as a sentence where one cannot be estimated.
    """
    asks = [
        Ask(metric=metric, which=which, names=variables.get(metric.name) or parts_of(metric))
        for metric, which in wanted
    ]
    found: list[Measured | str] = [""] * len(asks)
    stacks: dict[Slice, list[int]] = {}
    for place, ask in enumerate(asks):
        if ask.metric.q is not None or statistics.clusters is not None:
            found[place] = _alone(statistics, ask, arms, covariates, alpha)
        else:
            stacks.setdefault(ask.which.all_levels, []).append(place)
    for whole, places in stacks.items():
        table = level_table(statistics, whole)
        some = measured_together(table, [asks[place] for place in places], arms, covariates)
        for place, measured in zip(places, some, strict=True):
            found[place] = measured
    return found


def capping(statistics: Statistics, metric: Metric, adjustment: Adjustment) -> Adjustment:
    """Add what is known of a metric's cap to its adjustment.

    Parameters
    ----------
    statistics : Statistics
    metric : Metric
        A ratio is capped where its numerator is.
    adjustment : Adjustment

    Returns
    -------
    Adjustment
    """
    cap = statistics.caps.get(parts_of(metric)[0])
    if cap is None:
        return adjustment
    return adjustment.model_copy(
        update={
            "winsorized_at": cap.threshold,
            "winsorized_quantile": cap.quantile,
            "winsorized_units": cap.capped_units,
            "reason": "; ".join(filter(None, (adjustment.reason, cap.reason))),
        }
    )


def _alone(
    statistics: Statistics, ask: Ask, arms: Sequence[str], covariates: Sequence[str], alpha: float
) -> Measured | str:
    table = table_of(statistics, ask.which)
    short = too_small(arms, units_of(table, arms))
    if short:
        return short
    try:
        if ask.metric.q is None:
            return _clustered(statistics, ask, table, arms, covariates)
        return _quantile(statistics, ask, ask.metric.q, arms, covariates, alpha)
    except NotEstimableError as refusal:
        return str(refusal)


def _clustered(
    statistics: Statistics,
    ask: Ask,
    table: MomentTable,
    arms: Sequence[str],
    covariates: Sequence[str],
) -> Measured:
    """Measure one metric where arms may have clusters."""
    kind, names = ask.metric.kind, ask.names
    counts, reason = None, ""
    if kind == "proportion":
        successes, units = successes_of(table, arms, names[0])
        reason = too_few(arms, successes, units) if covariates else ""
        counts = successes[None], units[None]
    clusters = clusters_in(statistics, ask.which, arms)
    adjusted = adjust(table, arms, names, () if reason else covariates, clusters)
    means = _stack_of_one(adjusted.means)
    empty = without_denominator(means, arms) if kind == "ratio" else {}
    if empty:
        raise NotEstimableError(empty[0])
    exact = all(table.variable(name).exact for name in (*names, *adjusted.covariates))
    batch = batch_of(
        means,
        kind=kind,
        counts=None if adjusted.covariates else counts,
        kept=adjusted.covariates,
        reasons=(reason or adjusted.reason,),
        exact=(exact,),
        clusters=(None,) * len(arms) if clusters is None else clusters.facts,
        lost={} if clusters is None else clusters.lost,
        approximate=adjusted.approximate,
    )
    return Measured(batch, 0)


def _stack_of_one(means: AdjustedMeans) -> AdjustedMeans:
    return AdjustedMeans(
        method=means.method,
        **{p.name: getattr(means, p.name)[None] for p in fields(means) if p.name != "method"},
    )


def _quantile(
    statistics: Statistics,
    ask: Ask,
    q: float,
    arms: Sequence[str],
    covariates: Sequence[str],
    alpha: float,
) -> Measured:
    """Measure one quantile off the arms' histograms."""
    if statistics.clusters is not None and clusters_in(statistics, ask.which, arms) is not None:
        raise NotEstimableError(
            "the interval of a quantile takes units to be independent, and those of a cluster are "
            "not"
        )
    histograms, exact = histograms_of(statistics, ask.metric.name, arms, ask.which)
    quantiles, errors = quantiles_of(histograms, q, float(two_sided_critical(alpha)))
    units = np.array([float(histogram.units) for histogram in histograms])
    value = np.array([quantile.estimate for quantile in quantiles])
    return measured_alone(
        value=value,
        apart=value,
        units=units,
        covariance=np.diag(errors**2),
        residual_variance=errors**2 * units,
        residual_df=units - 1,
        successes=None,
        normal=True,
        reason="quantiles are not adjusted" if covariates else "",
        exact=exact,
        clusters=(None,) * len(arms),
        quantiles=quantiles,
    )
