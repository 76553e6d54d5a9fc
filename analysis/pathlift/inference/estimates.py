"""All estimates of an experiment: metrics, orderings, segments, and other readings of them.

The one entrance to inference: statistics tables in, estimates out. Which contrasts are corrected
together is declared elsewhere; what they mean for a decision too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pathlift.errors import NotEstimableError
from pathlift.inference.baseline_interaction import baseline_interactions
from pathlift.inference.baseline_states import measured_states
from pathlift.inference.cluster_readings import equality_by_cluster
from pathlift.inference.comparing import compared
from pathlift.inference.compliers import complier_estimates
from pathlift.inference.crossed_readings import without_crossed
from pathlift.inference.day_readings import day_readings
from pathlift.inference.exact_readings import exact_readings
from pathlift.inference.factor_effects import factor_drafts, with_factors
from pathlift.inference.factor_tests import factor_tests
from pathlift.inference.family import Family
from pathlift.inference.incidence import label_table
from pathlift.inference.incremental import split_increments
from pathlift.inference.increments import increment_drafts, read_families
from pathlift.inference.looking import at_this_look, over_looks
from pathlift.inference.measured import Measured
from pathlift.inference.metrics import measured_or_reasons, metric_drafts, metric_slice
from pathlift.inference.multiverse import multiverse, with_fragile
from pathlift.inference.omnibus import equality_of_means
from pathlift.inference.orderings import drafts_of_orderings
from pathlift.inference.power import smallest_effects
from pathlift.inference.rereading import rereadings
from pathlift.inference.segments import measured_levels, segment_drafts, segment_interactions
from pathlift.inference.solving import solve
from pathlift.inference.sparse_tables import sparse_independence
from pathlift.inference.together import with_shared_joint
from pathlift.inference.widening import SEED
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.increments import IncrementalFamily
from pathlift.result.looks import Earlier
from pathlift.result.model import ContrastLook, Estimate, Omnibus, Power, Sensitivity
from pathlift.result.multiverse import Multiverse
from pathlift.statistics.collected import Statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """What inference says of one run.

    Attributes
    ----------
    estimates : tuple of Estimate
        Metrics, incidences, ordering shares, segments.
    omnibus : tuple of Omnibus
    sensitivity : tuple of Sensitivity
    power : Power
    seed : int
        Of the lattice behind simultaneous intervals.
    looks : tuple of ContrastLook
        Contrasts that a decision reads, over the looks so far.
    multiverse : Multiverse or None
        Orderings under other rules for the stages; None where no presets are declared.
    increments : tuple of IncrementalFamily
        Families of metrics, without findings.
    """

    estimates: tuple[Estimate, ...]
    omnibus: tuple[Omnibus, ...]
    sensitivity: tuple[Sensitivity, ...]
    power: Power
    seed: int
    looks: tuple[ContrastLook, ...] = ()
    multiverse: Multiverse | None = None
    increments: tuple[IncrementalFamily, ...] = ()


def estimate_all(
    experiment: Experiment,
    statistics: Statistics,
    families: Sequence[Family],
    *,
    earlier: Sequence[Earlier] = (),
    look: int = 1,
) -> Inferred:
    """Estimate every contrast that the definition asks for.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
        Of its data.
    families : sequence of Family
        Contrasts that are corrected together.
    earlier : sequence of Earlier, optional
        Looks before this one, in the order of their data.
    look : int, default 1
        Number of this one.

    Returns
    -------
    Inferred
        What cannot be estimated is there with its reason.
    """
    experiment, statistics = compared(experiment, statistics)
    alpha = experiment.analysis.alpha
    whole = {metric.name: metric_slice(statistics, metric) for metric in experiment.metrics}
    together = measured_or_reasons(
        experiment,
        statistics,
        [(metric, whole[metric.name]) for metric in experiment.metrics],
        covariates=statistics.covariates,
    )
    measured = dict(zip(whole, together, strict=True))
    drafts = [
        draft
        for metric in experiment.metrics
        for draft in metric_drafts(
            experiment,
            statistics,
            metric,
            measured[metric.name],
            metric_slice(statistics, metric),
            families=families,
        )
    ]
    drafts = with_shared_joint(experiment, statistics, drafts, measured)
    states = measured_states(experiment, statistics)
    drafts += drafts_of_orderings(experiment, statistics, families, measured, states)
    levels_measured = measured_levels(experiment, statistics)
    drafts += segment_drafts(experiment, statistics, levels_measured, families)
    drafts += factor_drafts(experiment, statistics, measured, families)
    readings = read_families(experiment, statistics)
    drafts += increment_drafts(experiment, statistics, readings, families)
    drafts, levels = at_this_look(experiment, drafts, earlier)
    estimates = solve(drafts, alpha=alpha, levels=levels)
    looks = over_looks(experiment, drafts, estimates, levels, earlier, look=look)
    found = multiverse(
        experiment, statistics, measured.get(experiment.conversion or "", ""), estimates
    )
    estimates, increments = split_increments(experiment, readings, estimates)
    return Inferred(
        estimates=(
            *with_fragile(with_factors(experiment, estimates), found),
            *complier_estimates(experiment, statistics),
        ),
        omnibus=(
            *_omnibus(experiment, measured),
            *_label_omnibus(experiment, statistics),
            *segment_interactions(experiment, statistics, levels_measured),
            *baseline_interactions(experiment, statistics, states),
            *factor_tests(experiment, measured),
        ),
        sensitivity=(
            *rereadings(experiment, statistics, measured, alpha=alpha),
            *exact_readings(drafts),
            *day_readings(experiment, statistics, alpha=alpha),
            *without_crossed(experiment, statistics, alpha=alpha),
        ),
        power=smallest_effects(experiment, estimates, looks),
        seed=SEED,
        looks=looks,
        multiverse=found,
        increments=increments,
    )


def _omnibus(experiment: Experiment, measured: dict[str, Measured | str]) -> tuple[Omnibus, ...]:
    if len(experiment.analyzed_arms) < 2:
        return ()
    return tuple(_equality(metric, measured[metric.name]) for metric in experiment.metrics)


def _equality(metric: Metric, measured: Measured | str) -> Omnibus:
    if isinstance(measured, str):
        return _untested("itt", metric.name, "equality over the arms", measured)
    try:
        if measured.lost or measured.grouped.any():
            if measured.lost:
                raise NotEstimableError("; ".join(measured.lost.values()))
            wald = equality_by_cluster(
                measured.apart,
                measured.covariance,
                residual_variance=measured.residual_variance,
                units=measured.units,
                residual_df=measured.residual_df,
                clustered=measured.grouped,
            )
            name = f"F that all arms are equal, {float(wald.residual_df):.1f} residual df"
            df, statistic = float(wald.df), float(wald.statistic) / wald.df
            p_value = float(wald.p_value)
        elif measured.successes is not None:
            failures = measured.units - measured.successes
            test, drawn = sparse_independence([measured.successes, failures])
            name, df = _said("Pearson's chi-square over the arms", drawn), float(test.df)
            statistic, p_value = float(test.statistic), float(test.p_value)
        else:
            wald = equality_of_means(measured.apart, measured.covariance)
            name, df = "Wald test that all arms are equal", float(wald.df)
            statistic, p_value = float(wald.statistic), float(wald.p_value)
    except NotEstimableError as refusal:
        return _untested("itt", metric.name, "equality over the arms", str(refusal))
    return Omnibus(
        estimand="itt",
        metric=metric.name,
        ordering=None,
        segment=None,
        test=name,
        statistic=statistic,
        df=df,
        p_value=p_value,
        causal_status="causal",
    )


def _label_omnibus(experiment: Experiment, statistics: Statistics) -> tuple[Omnibus, ...]:
    if not experiment.stages:
        return ()
    together = ", ties as one" if experiment.ties == "exclude_from_order_tests" else ""
    name = f"Pearson's chi-square of labels{together} over the arms"
    if statistics.clusters is not None:
        reason = "it takes units to be independent, and those of a cluster are not"
        return (_untested("ordering_share", None, name, reason),)
    try:
        test, drawn = sparse_independence(label_table(experiment, statistics))
    except NotEstimableError as refusal:
        return (_untested("ordering_share", None, name, str(refusal)),)
    return (
        Omnibus(
            estimand="ordering_share",
            metric=None,
            ordering=None,
            segment=None,
            test=_said(name, drawn),
            statistic=float(test.statistic),
            df=float(test.df),
            p_value=float(test.p_value),
            causal_status="causal",
        ),
    )


def _said(test: str, drawn: str) -> str:
    return f"{test}, {drawn}" if drawn else test


def _untested(estimand: str, metric: str | None, test: str, reason: str) -> Omnibus:
    return Omnibus(
        estimand=estimand,
        metric=metric,
        ordering=None,
        segment=None,
        test=test,
        statistic=None,
        df=None,
        p_value=None,
        causal_status="causal",
        not_estimated={"reason": reason},
    )
