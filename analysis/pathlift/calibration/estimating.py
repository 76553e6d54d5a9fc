"""From many drawn statistics tables to their estimates, by the functions that `analyze` calls.

The same steps as ``inference.estimates`` for the contrasts of one metric; only that all replicates
are solved together, which changes no number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.drafts import Draft
from pathlift.inference.family import Family
from pathlift.inference.metrics import measured_or_reason, metric_drafts, metric_slice
from pathlift.inference.solving import solve
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import Estimate, Span
from pathlift.statistics.collected import Statistics


def estimates_of(
    experiment: Experiment, metric: Metric, tables: Iterable[Statistics]
) -> list[tuple[Estimate, ...]]:
    """Estimate every contrast of a metric, replicate by replicate.

    Parameters
    ----------
    experiment : Experiment
    metric : Metric
        Adjusted by the covariates that the tables have.
    tables : iterable of Statistics

    Returns
    -------
    list of tuple of Estimate
        One tuple a replicate, in order of the contrasts.
    """
    families = declare_families(experiment)
    return solved(
        experiment,
        [
            drafts_of(experiment, metric, statistics, of_replicate(families, place))
            for place, statistics in enumerate(tables)
        ],
    )


def of_replicate(families: Sequence[Family], place: int) -> tuple[Family, ...]:
    """Name families after their replicate, so that each is corrected by itself.

    Parameters
    ----------
    families : sequence of Family
    place : int
        Number of the replicate.

    Returns
    -------
    tuple of Family
    """
    return tuple(replace(family, name=f"{family.name} ({place})") for family in families)


def solved(experiment: Experiment, drafts: Sequence[Sequence[Draft]]) -> list[tuple[Estimate, ...]]:
    """Solve the drafts of many replicates together.

    Parameters
    ----------
    experiment : Experiment
        For its alpha.
    drafts : sequence of sequence of Draft
        One a replicate.

    Returns
    -------
    list of tuple of Estimate
    """
    flat = iter(solve([d for each in drafts for d in each], alpha=experiment.analysis.alpha))
    return [tuple(next(flat) for _ in each) for each in drafts]


def drafts_of(
    experiment: Experiment, metric: Metric, statistics: Statistics, families: Sequence[Family]
) -> list[Draft]:
    """Measure a metric and draft its contrasts.

    Parameters
    ----------
    experiment : Experiment
    metric : Metric
    statistics : Statistics
    families : sequence of Family

    Returns
    -------
    list of Draft
    """
    which = metric_slice(statistics, metric)
    measured = measured_or_reason(
        experiment, statistics, metric, which, covariates=statistics.covariates
    )
    return metric_drafts(experiment, statistics, metric, measured, which, families=families)


def holds(span: Span | None, value: float) -> bool:
    """Whether an interval holds a value; an end that is null is open.

    Parameters
    ----------
    span : Span or None
        An estimate that was refused has none, and holds nothing.
    value : float

    Returns
    -------
    bool
    """
    if span is None or span.estimate is None:
        return False
    low = -np.inf if span.low is None else span.low
    high = np.inf if span.high is None else span.high
    return bool(low <= value <= high)


def flags(values: Iterable[bool]) -> Floats:
    """Write truth values as zeros and ones.

    Parameters
    ----------
    values : iterable of bool

    Returns
    -------
    Floats, shape (replicates,)
    """
    return np.array([1.0 if value else 0.0 for value in values])
