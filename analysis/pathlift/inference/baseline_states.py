"""The effect within what a unit held before exposure, and whether it differs (methods 2, A5).

A baseline state is known before the arm is, so contrasts within it are randomised ones.
Exploratory: nobody planned for the sizes. Read from the cells, which hold no products of
covariates: nothing is adjusted. Knows no stage after exposure but through its label.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats
from pathlift.inference.clustering import clusters_in
from pathlift.inference.clusters import clustered_means
from pathlift.inference.drafts import Draft
from pathlift.inference.family import Family
from pathlift.inference.incidence import ordering_drafts
from pathlift.inference.measured import Measured, measured_alone
from pathlift.inference.metrics import metric_drafts
from pathlift.inference.reading import LabelCounts, Slice, label_counts
from pathlift.registry.experiment import Experiment, Metric
from pathlift.statistics.baseline import BASELINE_STATE, NOTHING, state_name, states
from pathlift.statistics.collected import Statistics

FEWEST_UNITS = 50
"""Mature units that every arm needs in a state before anything is estimated there."""

States = Sequence[tuple[Slice, Measured | str]]
"""Conversion by baseline state, or the reason why it cannot be read."""

_UNADJUSTED = "not adjusted within baseline states: products of covariates are not kept by state"


def carried_in(experiment: Experiment, statistics: Statistics) -> bool:
    """Whether any mature unit held a stage before exposure.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Returns
    -------
    bool
        False without stages, without a lookback and without an outcome.
    """
    if experiment.conversion is None or not experiment.stages_looked_back_for:
        return False
    arms = {arm.name for arm in experiment.analyzed_arms}
    return any(
        cell.baseline and cell.arm in arms and cell.maturity >= statistics.label_class
        for cell in statistics.cells.cells
    )


def measured_states(experiment: Experiment, statistics: Statistics) -> States:
    """Conversion of every arm in every baseline state that the lookbacks allow.

    Parameters
    ----------
    experiment : Experiment
        With an outcome.
    statistics : Statistics

    Returns
    -------
    tuple of (Slice, Measured or str)
        In ascending order of the state; the reason where it cannot be read. Empty where nobody
        carries anything in.
    """
    if not carried_in(experiment, statistics):
        return ()
    metric = experiment.metric(experiment.conversion or "")
    return tuple(
        (which, _measured_or_reason(experiment, statistics, metric, which))
        for which in _slices(experiment, statistics)
    )


def baseline_drafts(
    experiment: Experiment, statistics: Statistics, families: Sequence[Family], measured: States
) -> list[Draft]:
    """Conversion, and the incidence of the arm's intended ordering, within every baseline state.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    families : sequence of Family
    measured : sequence of (Slice, Measured or str)
        From `measured_states`.

    Returns
    -------
    list of Draft
        Conversion by state, then incidences by state. A state that no unit is in, or too few
        units of an arm, is refused with that reason.
    """
    if not measured:
        return []
    metric = experiment.metric(experiment.conversion or "")
    return [
        draft
        for of in (_conversions, _intended)
        for which, found in measured
        for draft in of(experiment, statistics, metric, which, found, families)
    ]


def _slices(experiment: Experiment, statistics: Statistics) -> list[Slice]:
    return [
        Slice(maturity=statistics.label_class, dimension=BASELINE_STATE, level=state_name(code))
        for code in states(experiment.stages_looked_back_for)
    ]


def _conversions(
    experiment: Experiment,
    statistics: Statistics,
    metric: Metric,
    which: Slice,
    found: Measured | str,
    families: Sequence[Family],
) -> list[Draft]:
    drafts = metric_drafts(experiment, statistics, metric, found, which, families=families)
    if isinstance(found, Measured):
        return drafts
    units = _units(experiment, statistics, which)
    return [
        replace(
            draft,
            arm_units=units[draft.identity.arm],
            control_units=units[draft.identity.control],
        )
        for draft in drafts
    ]


def _intended(
    experiment: Experiment,
    statistics: Statistics,
    metric: Metric,
    which: Slice,
    found: Measured | str,
    families: Sequence[Family],
) -> list[Draft]:
    """Of every contrast, the ordering that its arm intends; none where it intends none."""
    family = next(
        (f for f in families if f.estimand == "incidence" and f.dimension == BASELINE_STATE), None
    )
    intended = {arm.name: ">".join(arm.ordering or ()) for arm in experiment.analyzed_arms}
    drafts = ordering_drafts(experiment, statistics, "incidence", found, family=family, which=which)
    return [draft for draft in drafts if draft.identity.ordering == intended[draft.identity.arm]]


def _units(experiment: Experiment, statistics: Statistics, which: Slice) -> dict[str, int]:
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    counts = label_counts(statistics.cells, arms, which).units.sum(axis=1)
    return {arm: int(count) for arm, count in zip(arms, counts, strict=True)}


def _measured_or_reason(
    experiment: Experiment, statistics: Statistics, metric: Metric, which: Slice
) -> Measured | str:
    """Conversion of the units of one state, or why it cannot be read."""
    if metric.name in statistics.not_estimated:
        return statistics.not_estimated[metric.name]
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    labels = label_counts(statistics.cells, arms, which)
    units = labels.units.sum(axis=1)
    held = "nothing" if which.level == NOTHING else str(which.level).replace("+", " and ")
    if not units.any():
        return f"no mature unit held {held} before exposure, and no more"
    fewest = int(units.min())
    if fewest < FEWEST_UNITS:
        return (
            f"an arm needs at least {FEWEST_UNITS} mature units in a baseline state, and "
            f"{arms[int(units.argmin())]} has {fewest}"
        )
    try:
        return _measure(statistics, labels, which)
    except NotEstimableError as refusal:
        return str(refusal)


def _measure(statistics: Statistics, labels: LabelCounts, which: Slice) -> Measured:
    units, successes = labels.units.sum(axis=1), labels.converted.sum(axis=1)
    share = successes / units
    variance = share * (1 - share) * units / (units - 1)
    covariance, residual_df = np.diag(variance / units), units - 1
    clusters = clusters_in(statistics, which, labels.arms)
    if clusters is not None and clusters.grouped.any():
        everyone: Floats = np.ones((len(labels.codes), 1))
        means = clustered_means(
            clusters.indicator_sums(labels.codes, everyone, (), converted=True),
            units,
            share[:, None],
            variance[:, None, None],
            arms=labels.arms,
            outcomes=1,
            method="means",
        ).adjusted
        covariance = means.of_outcome(0)[1]
        variance, residual_df = means.residual_variance[:, 0], means.residual_df
    return measured_alone(
        value=share,
        apart=share,
        units=units,
        covariance=covariance,
        residual_variance=variance,
        residual_df=residual_df,
        successes=successes,
        normal=True,
        reason=_UNADJUSTED if statistics.covariates else "",
        exact=True,
        clusters=(None,) * len(labels.arms) if clusters is None else clusters.facts,
        lost={} if clusters is None else clusters.lost,
    )
