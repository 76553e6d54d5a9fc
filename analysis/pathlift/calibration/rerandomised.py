"""What of an experiment is analysed when its units are dealt anew, and by which steps."""

from collections.abc import Iterable
from dataclasses import replace

from pathlift.errors import DataError, Problem
from pathlift.inference.drafts import Draft
from pathlift.inference.incidence import ordering_drafts
from pathlift.inference.label_groups import Estimand
from pathlift.inference.metrics import measured_or_reasons, metric_drafts, metric_slice
from pathlift.registry.combining import as_compared
from pathlift.registry.experiment import Experiment, LookPlan
from pathlift.result.model import Estimate
from pathlift.statistics.collected import Statistics

Key = tuple[str, str | None, str | None]
"""Estimand, metric, ordering."""

_OF_LABELS: tuple[Estimand, ...] = ("incidence", "ordering_share")


def refuse_unfit(experiment: Experiment) -> None:
    """Refuse an experiment whose units cannot be dealt anew.

    Parameters
    ----------
    experiment : Experiment

    Raises
    ------
    DataError
        Of totals, of clusters that were drawn as a whole, of less than two arms.
    """
    arms = as_compared(experiment).analyzed_arms
    reason = hint = ""
    if experiment.data.shape == "totals":
        reason = "has totals, and totals cannot be dealt into arms anew"
        hint = "give a row per unit: see `data.units` in experiments/README.md"
    elif any(arm.cluster is not None and arm.cluster.drawn for arm in experiment.arms):
        reason = "drew whole clusters; dealing their units anew would say nothing about them"
    elif len(arms) < 2:
        reason = "has less than two arms to compare"
    if reason:
        raise DataError([Problem(message=reason, subject=experiment.name, hint=hint)])


def plain(experiment: Experiment) -> Experiment:
    """Leave out what is not tried: looks, families, margins, segments, clusters.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    Experiment
        As compared. Guardrails are read as any other metric: does the interval exclude 0?
    """
    compared = as_compared(experiment)
    return replace(
        compared,
        arms=tuple(replace(arm, cluster=None) for arm in compared.analyzed_arms),
        metrics=tuple(
            replace(
                metric,
                role="secondary" if metric.role == "guardrail" else metric.role,
                margin=None,
                equivalence=None,
            )
            for metric in compared.metrics
        ),
        decision=replace(compared.decision, worth={}),
        segments=(),
        strata=(),
        presets=(),
        families=(),
        concentrations=(),
        analysis=replace(
            compared.analysis,
            looks=LookPlan(),
            multiplicity="none",
            graph=(),
            encouragement=False,
        ),
    )


def notes_of(experiment: Experiment) -> tuple[str, ...]:
    """Say what `plain` leaves out of this experiment.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of str
    """
    analysis = experiment.analysis
    said = (
        (
            any(arm.cluster is not None for arm in experiment.analyzed_arms),
            "Units are dealt one by one, so that clusters have no meaning: intervals are those of "
            "single units.",
        ),
        (
            analysis.looks.kind != "fixed",
            "Intervals are those of one look; the declared plan of looks is not tried. Peeking "
            "shows what it protects from.",
        ),
        (
            analysis.multiplicity != "none" and len(analysis.contrasts) > 1,
            "Intervals are read one by one, without the correction for several contrasts.",
        ),
        (
            any(m.role == "guardrail" for m in experiment.metrics),
            "Guardrails are read without their margins: does the interval exclude 0?",
        ),
    )
    return tuple(text for applies, text in said if applies)


def drafts_of_all(experiment: Experiment, statistics: Statistics) -> list[Draft]:
    """Draft every contrast of every metric and ordering, as an analysis does.

    Parameters
    ----------
    experiment : Experiment
        From `plain`.
    statistics : Statistics

    Returns
    -------
    list of Draft
    """
    slices = [metric_slice(statistics, metric) for metric in experiment.metrics]
    wanted = list(zip(experiment.metrics, slices, strict=True))
    measured = measured_or_reasons(experiment, statistics, wanted, covariates=statistics.covariates)
    drafts: list[Draft] = []
    for (metric, which), found in zip(wanted, measured, strict=True):
        drafts += metric_drafts(experiment, statistics, metric, found, which, families=())
    names = [metric.name for metric in experiment.metrics]
    if experiment.stages and experiment.conversion in names:
        conversion = measured[names.index(experiment.conversion)]
        for estimand in _OF_LABELS:
            drafts += ordering_drafts(experiment, statistics, estimand, conversion, family=None)
    return drafts


def by_row(estimates: Iterable[Estimate]) -> dict[Key, list[Estimate]]:
    """Estimates of all contrasts by what they are about.

    Parameters
    ----------
    estimates : iterable of Estimate

    Returns
    -------
    dict of (estimand, metric, ordering) to list of Estimate
    """
    found: dict[Key, list[Estimate]] = {}
    for estimate in estimates:
        key = (estimate.estimand, estimate.metric, estimate.ordering)
        found.setdefault(key, []).append(estimate)
    return found
