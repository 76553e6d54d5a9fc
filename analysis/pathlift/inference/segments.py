"""The same contrasts within the levels of a segment, and whether they differ between levels.

Exploratory: levels were fixed before exposure, but nobody planned for their sizes. Covariates are
adjusted to the level's own mean; orderings are not read by segment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.drafts import Draft
from pathlift.inference.family import Family
from pathlift.inference.measured import Measured
from pathlift.inference.metrics import families_of, measured_or_reasons, metric_drafts, metric_slice
from pathlift.inference.omnibus import interaction
from pathlift.inference.reading import Slice, levels_of
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import Omnibus
from pathlift.statistics.collected import Statistics

TEST = "Wald test that no contrast differs between levels"


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


def segment_interactions(experiment: Experiment, measured: Levels) -> tuple[Omnibus, ...]:
    """Test for each metric and segment whether the contrasts differ between its levels.

    Parameters
    ----------
    experiment : Experiment
    measured : mapping
        From `measured_levels`.

    Returns
    -------
    tuple of Omnibus
        Degrees of freedom (levels - 1)(arms - 1) over the levels that could be measured. With
        several segments, p is adjusted over them by Bonferroni; `multiplicity: none` leaves it.
    """
    return tuple(
        _over_segments(experiment, _interaction(metric, dimension, levels))
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
    metric: Metric, dimension: str, levels: Sequence[tuple[Slice, Measured | str]]
) -> Omnibus:
    known = [measured for _, measured in levels if isinstance(measured, Measured)]
    reason = ""
    try:
        if len(known) < len(levels):
            reason = f"{len(levels) - len(known)} of {len(levels)} levels could not be measured"
            raise NotEstimableError(reason)
        if any(measured.grouped.any() for measured in known):
            # levels of one cluster resemble each other: they are not independent
            raise NotEstimableError("units of one cluster stand in several levels")
        test = interaction(
            np.array([measured.apart for measured in known]).reshape(len(known), -1),
            np.array([measured.covariance for measured in known]),
        )
    except NotEstimableError as refusal:
        return Omnibus(
            estimand="interaction",
            metric=metric.name,
            ordering=None,
            segment=dimension,
            test=TEST,
            statistic=None,
            df=None,
            p_value=None,
            causal_status="causal",
            not_estimated={"reason": str(refusal)},
        )
    return Omnibus(
        estimand="interaction",
        metric=metric.name,
        ordering=None,
        segment=dimension,
        test=TEST,
        statistic=float(test.statistic),
        df=float(test.df),
        p_value=float(test.p_value),
        causal_status="causal",
    )
