"""Covariance between metrics of one family, so that arms x metrics can be corrected together.

Needs the products of every pair, which are collected for declared families only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pathlift.inference.adjusting import adjust
from pathlift.inference.arrays import Floats
from pathlift.inference.clustering import clusters_in
from pathlift.inference.drafts import Draft, Joint
from pathlift.inference.family import Family
from pathlift.inference.measured import Measured, parts_of
from pathlift.inference.metrics import metric_slice
from pathlift.inference.ratio import ratio_gradient
from pathlift.inference.reading import table_of
from pathlift.registry.experiment import Experiment, Metric
from pathlift.statistics.collected import Statistics


def with_shared_joint(
    experiment: Experiment,
    statistics: Statistics,
    drafts: Sequence[Draft],
    measured: Mapping[str, Measured | str],
) -> list[Draft]:
    """Give the contrasts of a family of several metrics one covariance.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    drafts : sequence of Draft
        Of metrics, over all units.
    measured : mapping of str to Measured or str
        By metric.

    Returns
    -------
    list of Draft
        Unchanged where metrics are about different units or were adjusted differently: then
        their family falls back to Bonferroni.
    """
    families = {draft.family for draft in drafts if draft.family and len(draft.family.metrics) > 1}
    found = {family: _joint(experiment, statistics, family, measured) for family in families}

    def shared(draft: Draft) -> Draft:
        family = draft.family
        joint = found.get(family) if family else None
        if family is None or joint is None or draft.refused:
            return draft
        metrics, value = joint
        return replace(draft, joint=value, outcome=metrics.index(draft.identity.metric or ""))

    return [shared(draft) for draft in drafts]


def _joint(
    experiment: Experiment,
    statistics: Statistics,
    family: Family,
    measured: Mapping[str, Measured | str],
) -> tuple[tuple[str, ...], Joint] | None:
    metrics = [
        experiment.metric(name) for name in family.metrics if isinstance(measured[name], Measured)
    ]
    readings = [reading for m in metrics if isinstance(reading := measured[m.name], Measured)]
    slices = {metric_slice(statistics, metric) for metric in metrics}
    adjustments = {(r.adjustment.covariates, r.adjustment.method) for r in readings}
    binned = any(reading.quantiles is not None for reading in readings)  # without products
    if len(slices) != 1 or len(adjustments) != 1 or binned:
        return None
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    names = tuple(dict.fromkeys(part for metric in metrics for part in parts_of(metric)))
    covariates = tuple(f"x:{name}" for name in readings[0].adjustment.covariates)
    which = slices.pop()
    clusters = clusters_in(statistics, which, arms)
    engine = adjust(table_of(statistics, which), arms, names, covariates, clusters).means
    gradient = _gradients(metrics, names, engine.means)
    return (
        tuple(metric.name for metric in metrics),
        Joint(
            arms=arms,
            value=np.array([reading.value for reading in readings]),
            covariance=_propagated(gradient, engine.covariance),
        ),
    )


def _gradients(metrics: Sequence[Metric], names: Sequence[str], means: Floats) -> Floats:
    """Derivative of each metric by each mean, shape (metrics, arms, names)."""
    gradient = np.zeros((len(metrics), *means.shape))
    for row, metric in enumerate(metrics):
        columns = [names.index(part) for part in parts_of(metric)]
        if metric.kind == "ratio":
            gradient[row][:, columns] = ratio_gradient(means[:, columns[0]], means[:, columns[1]])
        else:
            gradient[row][:, columns[0]] = 1.0
    return gradient


def _propagated(gradient: Floats, covariance: Floats) -> Floats:
    """Covariance over (metric, arm); a pair that was not declared stays NaN only where read."""
    used = np.einsum("map,nbq->manbpq", gradient, gradient)
    terms = np.where(used == 0, 0.0, used * np.moveaxis(covariance, 1, 2)[None, :, None, :])
    return np.asarray(terms.sum(axis=(-2, -1)))
