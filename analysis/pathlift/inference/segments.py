"""The same contrasts within the levels of a segment, and whether they differ between levels.

Exploratory: levels were fixed before exposure, but nobody planned for their sizes. Covariates are
adjusted to the level's own mean; orderings are not read by segment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.between_levels import (
    Influences,
    cluster_influences,
    differs_between_levels,
)
from pathlift.inference.clustering import clusters_in
from pathlift.inference.drafts import Draft
from pathlift.inference.family import Family
from pathlift.inference.measured import Measured, parts_of
from pathlift.inference.metrics import families_of, measured_or_reasons, metric_drafts, metric_slice
from pathlift.inference.omnibus import Wald, interaction
from pathlift.inference.reading import Slice, levels_of
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import Omnibus
from pathlift.statistics.clusters import centred_sums
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group

TEST = "Wald test that no contrast differs between levels"
BETWEEN = "Wald's test, between clusters, that no contrast differs between levels"

Levels = Mapping[str, Sequence[tuple[Metric, Sequence[tuple[Slice, Measured | str]]]]]
"""By segment: every metric with every level, measured, or why it could not be."""


def measured_levels(experiment: Experiment, statistics: Statistics) -> Levels:
    """Measure every metric in every level of every segment.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Returns
    -------
    mapping of str to sequence of (Metric, sequence of (Slice, Measured or str))
        By column of the segment, in the order of the definition.
    """
    return {
        dimension.name: _levels(experiment, statistics, dimension.name)
        for dimension in experiment.segments
    }


def segment_drafts(
    experiment: Experiment, statistics: Statistics, measured: Levels, families: Sequence[Family]
) -> list[Draft]:
    """Contrasts of every metric in every level of every segment.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    measured : mapping
        From `measured_levels`.
    families : sequence of Family

    Returns
    -------
    list of Draft
        By dimension, metric, level.
    """
    return [
        draft
        for dimension, metrics in measured.items()
        for metric, levels in metrics
        for own in [families_of(families, metric, dimension=dimension)]
        for which, found in levels
        for draft in metric_drafts(experiment, statistics, metric, found, which, families=own)
    ]


def segment_interactions(
    experiment: Experiment, statistics: Statistics, measured: Levels
) -> tuple[Omnibus, ...]:
    """Test for each metric and segment whether the contrasts differ between its levels.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    measured : mapping
        From `measured_levels`.

    Returns
    -------
    tuple of Omnibus
        Degrees of freedom (levels - 1)(arms - 1) over the levels that could be measured; where
        arms have clusters, by the variance between them. With several segments, p is adjusted
        over them by Bonferroni; `multiplicity: none` leaves it.
    """
    return tuple(
        _over_segments(experiment, _interaction(experiment, statistics, metric, dimension, levels))
        for dimension, metrics in measured.items()
        for metric, levels in metrics
    )


def _over_segments(experiment: Experiment, test: Omnibus) -> Omnibus:
    """Whoever looks at several segments finds one that differs more often than alpha says."""
    tested = len(experiment.segments)
    if tested < 2 or test.p_value is None or experiment.analysis.multiplicity == "none":
        return test
    return test.model_copy(
        update={
            "p_adjusted": min(1.0, tested * test.p_value),
            "correction": f"Bonferroni over the {tested} segments of {test.metric}",
        }
    )


def _levels(
    experiment: Experiment, statistics: Statistics, dimension: str
) -> list[tuple[Metric, list[tuple[Slice, Measured | str]]]]:
    """Every metric in every level, measured together."""
    names = levels_of(statistics, dimension)
    wanted = [
        (metric, replace(metric_slice(statistics, metric, dimension=dimension), level=name))
        for metric in experiment.metrics
        for name in names
    ]
    found = measured_or_reasons(experiment, statistics, wanted, covariates=statistics.covariates)
    levels = [(which, measured) for (_, which), measured in zip(wanted, found, strict=True)]
    size = len(names)
    return [
        (metric, levels[place * size : (place + 1) * size])
        for place, metric in enumerate(experiment.metrics)
    ]


def _interaction(
    experiment: Experiment,
    statistics: Statistics,
    metric: Metric,
    dimension: str,
    levels: Sequence[tuple[Slice, Measured | str]],
) -> Omnibus:
    known = {which: found for which, found in levels if isinstance(found, Measured)}
    try:
        if len(known) < len(levels):
            raise NotEstimableError(
                f"{len(levels) - len(known)} of {len(levels)} levels could not be measured"
            )
        lost = [reason for found in known.values() for reason in found.lost.values()]
        if lost:
            raise NotEstimableError(f"in a level {lost[0]}")
        if any(found.grouped.any() for found in known.values()):
            test = differs_between_levels(
                tuple(known.values()), _influences(experiment, statistics, metric, known)
            )
            return _told(metric, dimension, BETWEEN, float(test.statistic) / test.df, test)
        test = interaction(
            np.array([found.apart for found in known.values()]).reshape(len(known), -1),
            np.array([found.covariance for found in known.values()]),
        )
        return _told(metric, dimension, TEST, float(test.statistic), test)
    except NotEstimableError as refusal:
        return _told(metric, dimension, TEST, None, None, reason=str(refusal))


def _influences(
    experiment: Experiment, statistics: Statistics, metric: Metric, known: Mapping[Slice, Measured]
) -> dict[int, list[Influences]]:
    """Of arms whose clusters hold units of several levels; none where each stands in one."""
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    found: dict[int, list[Influences]] = {}
    for place, arm in enumerate(arms):
        if not any(measured.grouped[place] for measured in known.values()):
            continue
        by_level = [
            _of_level(statistics, metric, which, measured, arm, arms)
            for which, measured in known.items()
        ]
        names = [name for level in by_level for name in level]
        if len(names) == len(set(names)):
            continue
        if any(measured.adjustment.covariates for measured in known.values()):
            raise NotEstimableError(
                f"clusters of {arm} hold units of several levels, and covariates adjust each level"
            )
        found[place] = by_level
    return found


def _of_level(
    statistics: Statistics,
    metric: Metric,
    which: Slice,
    measured: Measured,
    arm: str,
    arms: tuple[str, ...],
) -> Influences:
    clusters = clusters_in(statistics, which, arms)
    if clusters is None:
        raise ValueError("an arm without clusters has nothing that they add")
    sums = centred_sums(clusters.table, Group(arm=arm), parts_of(metric))
    residuals = sums.residuals[:, 0]
    if metric.kind == "ratio":
        value = measured.value[arms.index(arm)]
        residuals = (residuals - value * sums.residuals[:, 1]) / sums.mean[1]
    return cluster_influences(sums, clusters.names(arm), residuals)


def _told(
    metric: Metric,
    dimension: str,
    test: str,
    statistic: float | None,
    found: Wald | None,
    *,
    reason: str = "",
) -> Omnibus:
    return Omnibus(
        estimand="interaction",
        metric=metric.name,
        ordering=None,
        segment=dimension,
        test=test,
        statistic=statistic,
        df=None if found is None else float(found.df),
        p_value=None if found is None else float(found.p_value),
        causal_status="causal",
        not_estimated={"reason": reason} if reason else None,
    )
