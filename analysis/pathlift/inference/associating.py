"""Conversion given the ordering, like with like: rows of the descriptive panel, and its tests.

Every unit is followed for the same time after its last stage, rates are standardised over arm,
baseline state and declared strata, and orderings are held against one reference (methods 2.2).
Never an effect: who takes an ordering is not drawn.
"""

from dataclasses import dataclass, replace

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.association_rows import association_rows
from pathlift.inference.association_tests import association_by_arm, association_test
from pathlift.inference.association_variance import RateVariance, rate_variance
from pathlift.inference.clustering import clusters_in
from pathlift.inference.clusters import arm_clusters
from pathlift.inference.label_groups import OTHER, known_words, ordering_names
from pathlift.inference.landmark import Landmarks, landmark_clusters, landmarks
from pathlift.inference.reading import Slice
from pathlift.inference.standardising import FEWEST, Standardised, standardise
from pathlift.registry.experiment import Experiment
from pathlift.result.descriptive import AssociationRow
from pathlift.result.model import Omnibus
from pathlift.statistics.collected import Statistics

REFUSED_ABOVE = 0.20
"""Weight in strata too thin from which an ordering is not standardised (methods 2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Associated:
    """What is said of conversion given the ordering.

    Attributes
    ----------
    rows : tuple of AssociationRow
        One per complete ordering.
    omnibus : tuple of Omnibus
        Association over all orderings, and whether it differs by arm.
    counts : Landmarks
    rates : Standardised
    reference : str or None
    """

    rows: tuple[AssociationRow, ...]
    omnibus: tuple[Omnibus, ...]
    counts: Landmarks
    rates: Standardised
    reference: str | None


def associate(experiment: Experiment, statistics: Statistics) -> Associated:
    """Standardise conversion given each ordering, and test whether there is any association.

    Parameters
    ----------
    experiment : Experiment
        As compared, with stages.
    statistics : Statistics

    Returns
    -------
    Associated
        What cannot be estimated is there with its reason.
    """
    orderings = tuple(name for name in ordering_names(experiment.stage_names) if name != OTHER)
    counts = landmarks(experiment, statistics, orderings)
    rates = standardise(counts.units, counts.converted, counts.coarser())
    reference = _reference(experiment, counts)
    reason = _why_not(experiment, statistics, counts)
    variance: RateVariance | None = None
    cluster_df: dict[str, float] = {}
    lost = ""
    if not reason:
        try:
            counts, cluster_df = _with_clusters(experiment, statistics, counts)
        except NotEstimableError as refusal:
            lost = str(refusal)
        else:
            arms = tuple(arm.name for arm in experiment.analyzed_arms)
            variance = rate_variance(counts, rates, arms, cluster_df)
    why = [reason or refused(rates, place) or lost for place in range(len(orderings))]
    metric = experiment.conversion
    return Associated(
        rows=association_rows(
            counts,
            rates,
            variance,
            reference=reference,
            why=why,
            alpha=experiment.analysis.alpha,
        ),
        omnibus=(
            association_test(counts, metric, reason=reason or lost, cluster_df=cluster_df),
            association_by_arm(counts, metric, reason=reason, clustered=bool(cluster_df or lost)),
        ),
        counts=counts,
        rates=rates,
        reference=reference,
    )


def refused(rates: Standardised, place: int) -> str:
    """Why an ordering is not standardised.

    Parameters
    ----------
    rates : Standardised
    place : int
        Of the ordering.

    Returns
    -------
    str
        Empty where it is.
    """
    if not np.isfinite(rates.rate[place]):
        return f"fewer than {FEWEST} units took it in time"
    if rates.collapsed[place] > REFUSED_ABOVE:
        return (
            f"{rates.collapsed[place]:.0%} of the weight lies in strata where fewer than {FEWEST} "
            "units took it in time"
        )
    return ""


def _why_not(experiment: Experiment, statistics: Statistics, counts: Landmarks) -> str:
    if experiment.analysis.landmark is None:
        return "without a window nobody can be given the same time to convert"
    if lacking := statistics.not_estimated.get(experiment.conversion or ""):
        return lacking
    if not counts.units.sum():
        return (
            f"no mature unit{known_words(experiment)} completed a strict ordering of all stages in "
            "time"
        )
    if not counts.converted.sum():
        return "no unit that completed an ordering in time converted within the landmark"
    return ""


def _reference(experiment: Experiment, counts: Landmarks) -> str | None:
    intended = experiment.control.ordering
    if intended and ">".join(intended) in counts.orderings:
        return ">".join(intended)
    if not counts.units.sum():
        return None
    return counts.orderings[int(np.argmax(counts.units.sum(axis=1)))]


def _with_clusters(
    experiment: Experiment, statistics: Statistics, counts: Landmarks
) -> tuple[Landmarks, dict[str, float]]:
    """Add the clusters of arms that have them, with their degrees of freedom."""
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    clusters = clusters_in(statistics, Slice(maturity=statistics.label_class), arms)
    if clusters is None:
        return counts, {}
    if clusters.lost:
        raise NotEstimableError("; ".join(clusters.lost.values()))
    found, df = {}, {}
    for arm, facts in zip(arms, clusters.facts, strict=True):
        if facts is None or not len(counts.arm(arm)):
            continue
        found[arm] = landmark_clusters(experiment, statistics, counts, arm)
        sizes = found[arm].units.sum(axis=(1, 2))
        if len(sizes) < 2:
            raise NotEstimableError(f"one cluster holds all units of {arm} that are eligible")
        df[arm] = arm_clusters(sizes).df
    return replace(counts, clusters=found), df
