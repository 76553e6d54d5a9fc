"""Contrasts of declared metrics, over all units or within one level of a segment."""

from collections.abc import Mapping, Sequence

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.clusters import contrast_df
from pathlift.inference.drafts import DETERMINED, Counts, Draft, Identity, Joint, Spread
from pathlift.inference.family import Family
from pathlift.inference.measuring import FEWEST, Measured, capping, measure, parts_of
from pathlift.inference.measuring_many import measure_many
from pathlift.inference.reading import Slice, slice_of, table_of
from pathlift.registry.experiment import Contrast, Experiment, Metric
from pathlift.statistics.collected import Statistics


def family_of(
    families: Sequence[Family], metric: Metric, contrast: Contrast, *, dimension: str | None = None
) -> Family | None:
    """Family of a contrast of a metric.

    Parameters
    ----------
    families : sequence of Family
        Those of the run; only families of intention to treat are looked at.
    metric : Metric
    contrast : Contrast
    dimension : str, optional
        Of the segment whose levels are tested; None for all units.

    Returns
    -------
    Family or None
        The first that holds it; None where it is not corrected.
    """
    return next(
        (
            family
            for family in families
            if family.estimand == "itt"
            and metric.name in family.metrics
            and family.dimension == dimension
            and (not family.contrasts or (contrast.arm, contrast.control) in family.contrasts)
        ),
        None,
    )


def metric_slice(statistics: Statistics, metric: Metric, *, dimension: str | None = None) -> Slice:
    """Units that enter a metric; for a ratio those that enter both its parts.

    Parameters
    ----------
    statistics : Statistics
    metric : Metric
    dimension : str, optional
        A segment's column, whose level is set later; None for all units.

    Returns
    -------
    Slice
        In the higher maturity class of its parts.
    """
    return slice_of(statistics, parts_of(metric), dimension=dimension)


def unavailable(statistics: Statistics, metric: Metric) -> str:
    """Why the data cannot give a metric.

    Parameters
    ----------
    statistics : Statistics
    metric : Metric

    Returns
    -------
    str
        As the reader said it of the metric or, of a ratio, of its first part that is missing; empty
        where the data can give it.
    """
    return next(
        (
            statistics.not_estimated[name]
            for name in (metric.name, *parts_of(metric))
            if name in statistics.not_estimated
        ),
        "",
    )


def measured_or_reason(
    experiment: Experiment,
    statistics: Statistics,
    metric: Metric,
    which: Slice,
    *,
    covariates: Sequence[str],
    variables: Sequence[str] | None = None,
) -> Measured | str:
    """Measure a metric over the analysed arms, or say why that cannot be done.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    metric : Metric
    which : Slice
        Whose units are measured, from `metric_slice`.
    covariates : sequence of str
        Variables that adjust; none measures plain means.
    variables : sequence of str, optional
        As in `measure`.

    Returns
    -------
    Measured or str
        Values of all analysed arms in file order, or the reason as a sentence. Nothing that cannot
        be estimated is raised.
    """
    reason = unavailable(statistics, metric)
    if reason:
        return reason
    arms = [arm.name for arm in experiment.analyzed_arms]
    try:
        return measure(
            statistics,
            metric,
            arms,
            which,
            covariates=covariates,
            variables=variables,
            alpha=experiment.analysis.alpha,
        )
    except NotEstimableError as refusal:
        return str(refusal)


def measured_or_reasons(
    experiment: Experiment, statistics: Statistics, wanted: Sequence[tuple[Metric, Slice]]
) -> Mapping[tuple[str, Slice], Measured | str]:
    """The same for many metrics and slices at once, adjusted by every covariate.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    wanted : sequence of (Metric, Slice)

    Returns
    -------
    mapping of (str, Slice) to Measured or str
        By name of the metric and slice.
    """
    reasons: dict[tuple[str, Slice], Measured | str] = {
        (metric.name, which): reason
        for metric, which in wanted
        if (reason := unavailable(statistics, metric))
    }
    measured = measure_many(
        statistics,
        [(metric, which) for metric, which in wanted if (metric.name, which) not in reasons],
        [arm.name for arm in experiment.analyzed_arms],
        covariates=statistics.covariates,
        alpha=experiment.analysis.alpha,
    )
    return reasons | dict(measured)


def metric_drafts(
    experiment: Experiment,
    statistics: Statistics,
    metric: Metric,
    measured: Measured | str,
    which: Slice,
    *,
    families: Sequence[Family],
) -> list[Draft]:
    """Contrasts of one metric, in the order of the definition.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    metric : Metric
    measured : Measured or str
        Over the analysed arms, or the reason why it could not be measured.
    which : Slice
        Whose units they are.
    families : sequence of Family
        Those that they may belong to; none where nothing is corrected.

    Returns
    -------
    list of Draft
        One per contrast; refused ones carry their reason.
    """
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    alone = experiment.analysis.multiplicity == "none"
    sharing = 1 if alone else len(experiment.analysis.contrasts)
    joint = (
        None
        if isinstance(measured, str)
        else Joint(
            arms=arms,
            value=measured.value[None, :],
            covariance=measured.covariance[None, :, None, :],
        )
    )
    return [
        _draft(
            statistics,
            metric,
            measured,
            which,
            arms,
            contrast,
            joint=joint,
            family=family_of(families, metric, contrast, dimension=which.dimension),
            sharing=sharing,
        )
        for contrast in experiment.analysis.contrasts
    ]


def _draft(
    statistics: Statistics,
    metric: Metric,
    measured: Measured | str,
    which: Slice,
    arms: tuple[str, ...],
    contrast: Contrast,
    *,
    joint: Joint | None,
    family: Family | None,
    sharing: int,
) -> Draft:
    identity = Identity(
        estimand="itt",
        metric=metric.name,
        kind=metric.kind,
        role=metric.role,
        better=metric.better,
        arm=contrast.arm,
        control=contrast.control,
        segment=None if which.dimension is None else (which.dimension, which.level),
        margin=metric.margin,
    )
    if isinstance(measured, str):
        units = _units(statistics, which)
        return Draft(
            identity=identity,
            arm_units=units.get(contrast.arm, 0),
            control_units=units.get(contrast.control, 0),
            family=family,
            refused=measured,
        )
    one, zero = arms.index(contrast.arm), arms.index(contrast.control)
    grouped = measured.clusters[one] is not None or measured.clusters[zero] is not None
    spread = Spread(
        m1=float(measured.value[one]),
        m0=float(measured.value[zero]),
        v11=float(measured.covariance[one, one]),
        v00=float(measured.covariance[zero, zero]),
        v10=float(measured.covariance[one, zero]),
        df=np.inf if measured.normal and not grouped else _df(measured, one, zero),
        apart=float(measured.apart[one] - measured.apart[zero]),
    )
    counts = None
    if measured.successes is not None and not grouped:
        counts = Counts(
            x1=float(measured.successes[one]),
            n1=float(measured.units[one]),
            x0=float(measured.successes[zero]),
            n0=float(measured.units[zero]),
        )
    still = counts is None and spread.still
    refused = _refusal(measured, contrast, arms, still=still)
    return Draft(
        identity=identity,
        arm_units=int(measured.units[one]),
        control_units=int(measured.units[zero]),
        spread=None if refused else spread,
        counts=counts,
        quantiles=None
        if measured.quantiles is None
        else (measured.quantiles[one], measured.quantiles[zero]),
        same_within=metric.equivalence if which.dimension is None else None,
        sharing=sharing,
        joint=joint,
        family=family,
        method=_method(metric, measured, one, zero),
        adjustment=capping(statistics, metric, measured.adjustment),
        exact=measured.exact,
        flags=(*_few(measured, one, zero), *cluster_flags(measured, one, zero)),
        refused=refused,
    )


def cluster_flags(measured: Measured, one: int, zero: int) -> tuple[str, ...]:
    """What clusters do to how far a contrast can be trusted.

    Parameters
    ----------
    measured : Measured
    one, zero : int
        Places of arm and control.

    Returns
    -------
    tuple of str
        Of ``few_clusters``, ``lopsided_clusters`` and ``approximate``.
    """
    facts = [each for each in (measured.clusters[one], measured.clusters[zero]) if each]
    if not facts:
        return ()
    said = (
        ("few_clusters", any(each.few for each in facts)),
        ("lopsided_clusters", any(each.lopsided for each in facts)),
        ("approximate", measured.approximate),
    )
    return tuple(flag for flag, raised in said if raised)


def _few(measured: Measured, one: int, zero: int) -> tuple[str, ...]:
    """Whether successes or failures are too few for t, which takes the score method's place."""
    facts = (measured.clusters[one], measured.clusters[zero])
    if measured.successes is None or facts == (None, None):
        return ()
    both = np.array([measured.successes, measured.units - measured.successes])
    return ("few_counts",) if both[:, [one, zero]].min() < FEWEST else ()


def _refusal(measured: Measured, contrast: Contrast, arms: Sequence[str], *, still: bool) -> str:
    """Why a contrast has no variance to be judged by; empty where it has one."""
    if not still and not measured.lost and not any(measured.clusters):
        return ""
    for arm in (contrast.arm, contrast.control):
        place = arms.index(arm)
        if arm in measured.lost:
            return measured.lost[arm]
        if measured.clusters[place] is not None and measured.residual_variance[place] == 0:
            return f"no cluster of {arm} differs from another: there is no variance"
    if still and measured.quantiles is not None:
        value = measured.quantiles[0].estimate
        return (
            f"so many units of both arms have the same value ({value:.6g}) that the quantile has "
            "no interval"
        )
    if still and measured.adjustment.covariates:
        return DETERMINED
    if still:
        return "no unit of either arm differs from another: there is no variance"
    return ""


def _units(statistics: Statistics, which: Slice) -> Mapping[str, int]:
    table = table_of(statistics, which)
    return {group.arm: int(units) for group, units in zip(table.groups, table.units, strict=True)}


def _df(measured: Measured, one: int, zero: int) -> float:
    if measured.pair_df is not None:
        return float(measured.pair_df[one, zero])
    weights = np.zeros((1, len(measured.value)))
    weights[0, one], weights[0, zero] = 1.0, -1.0
    df = contrast_df(
        weights,
        measured.residual_variance,
        measured.units,
        measured.residual_df,
        clustered=measured.grouped,
    )
    return float(df[0])


def cluster_tails(measured: Measured, one: int, zero: int) -> str:
    """How a contrast with clusters is judged, in words; empty for one without.

    Parameters
    ----------
    measured : Measured
    one, zero : int
        Places of arm and control.

    Returns
    -------
    str
    """
    grouped = sum(measured.clusters[place] is not None for place in (one, zero))
    if not grouped:
        return ""
    of = "Bell and McCaffrey's" if grouped == 2 else "Bell and McCaffrey's and Satterthwaite's"
    return f"variance between clusters (CR2), t with {of} degrees of freedom"


def _method(metric: Metric, measured: Measured, one: int, zero: int) -> str:
    by_cluster = cluster_tails(measured, one, zero)
    if measured.successes is not None and not by_cluster:
        return "Miettinen-Nurminen score interval"
    tails = "normal" if measured.normal else "t with Satterthwaite's degrees of freedom"
    tails = by_cluster or tails
    if measured.quantiles is not None:
        return "Woodruff's intervals from counts in bins of 1%, combined by squares (MOVER)"
    adjusted = {
        "lin": "adjusted by covariates within each arm (Lin), ",
        "cuped": "adjusted by covariates with common slopes (CUPED), ",
    }.get(measured.adjustment.method, "")
    if metric.kind == "ratio":
        return f"ratio of means by the delta method on the linearised metric, {adjusted}{tails}"
    return f"{adjusted}{tails}" if adjusted or by_cluster else f"Welch, {tails}"
