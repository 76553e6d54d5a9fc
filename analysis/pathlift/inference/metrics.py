"""Contrasts of declared metrics, over all units or within one level of a segment."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from pathlift.inference.contrasts import Pairs, contrasts_of
from pathlift.inference.drafts import Counts, Draft, Identity, Joint, Spread
from pathlift.inference.family import Family
from pathlift.inference.measured import Batch, Measured, parts_of
from pathlift.inference.measuring import capping, measure_many
from pathlift.inference.reading import Slice, slice_of, table_of
from pathlift.inference.telling import cluster_flags, few_counts, method_of, refusal_of
from pathlift.registry.experiment import Contrast, Experiment, Metric
from pathlift.statistics.collected import Statistics


def families_of(
    families: Sequence[Family], metric: Metric, *, dimension: str | None = None
) -> tuple[Family, ...]:
    """Families that contrasts of a metric may belong to.

    Parameters
    ----------
    families : sequence of Family
        Those of the run; only families of intention to treat are looked at.
    metric : Metric
    dimension : str, optional
        Of the segment whose levels are tested; None for all units.

    Returns
    -------
    tuple of Family
        In the order of the run: a contrast belongs to the first that holds it.
    """
    return tuple(
        family
        for family in families
        if family.estimand == "itt"
        and metric.name in family.metrics
        and family.dimension == dimension
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
    variables: tuple[str, ...] | None = None,
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
    variables : tuple of str, optional
        Read in place of the metric's own, such as its uncapped twin.

    Returns
    -------
    Measured or str
        Values of all analysed arms in file order, or the reason as a sentence. Nothing that cannot
        be estimated is raised.
    """
    read = {} if variables is None else {metric.name: variables}
    (found,) = measured_or_reasons(
        experiment, statistics, [(metric, which)], covariates=covariates, variables=read
    )
    return found


def measured_or_reasons(
    experiment: Experiment,
    statistics: Statistics,
    wanted: Sequence[tuple[Metric, Slice]],
    *,
    covariates: Sequence[str],
    variables: Mapping[str, tuple[str, ...]] = {},
) -> list[Measured | str]:
    """The same for many metrics and slices at once.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    wanted : sequence of (Metric, Slice)
    covariates : sequence of str
        Variables that adjust; none measures plain means.
    variables : mapping of str to tuple of str, optional
        By metric: read in place of its own.

    Returns
    -------
    list of Measured or str
        In the order of `wanted`.
    """
    reasons = {metric.name: unavailable(statistics, metric) for metric, _ in wanted}
    measured = iter(
        measure_many(
            statistics,
            [(metric, which) for metric, which in wanted if not reasons[metric.name]],
            [arm.name for arm in experiment.analyzed_arms],
            covariates=covariates,
            variables=variables,
            alpha=experiment.analysis.alpha,
        )
    )
    return [reasons[metric.name] or next(measured) for metric, _ in wanted]


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
    identities = [_identity(metric, which, each) for each in experiment.analysis.contrasts]
    own = families_of(families, metric, dimension=which.dimension)
    of_family = [
        next((f for f in own if not f.contrasts or (each.arm, each.control) in f.contrasts), None)
        for each in experiment.analysis.contrasts
    ]
    if isinstance(measured, str):
        counts = _units(statistics, which)
        return [
            Draft(
                identity=identity,
                arm_units=counts.get(identity.arm, 0),
                control_units=counts.get(identity.control, 0),
                family=family,
                refused=measured,
            )
            for identity, family in zip(identities, of_family, strict=True)
        ]
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    pairs = tuple((arms.index(each.arm), arms.index(each.control)) for each in identities)
    alone = experiment.analysis.multiplicity == "none"
    joint = Joint(
        arms=arms, value=measured.value[None, :], covariance=measured.covariance[None, :, None, :]
    )
    adjustment = capping(statistics, metric, measured.adjustment)
    units = [int(each) for each in measured.units]
    numbers = _numbers(measured.batch, pairs)
    start = measured.row * len(pairs)
    drafts = []
    for place, (identity, family, (one, zero)) in enumerate(
        zip(identities, of_family, pairs, strict=True)
    ):
        spread, score, still = numbers[start + place]
        refused = refusal_of(measured, arms, one, zero, still=still)
        drafts.append(
            Draft(
                identity=identity,
                arm_units=units[one],
                control_units=units[zero],
                spread=None if refused else spread,
                counts=score,
                quantiles=None
                if measured.quantiles is None
                else (measured.quantiles[one], measured.quantiles[zero]),
                same_within=metric.equivalence if which.dimension is None else None,
                sharing=1 if alone else len(pairs),
                joint=joint,
                family=family,
                method=method_of(metric, measured, one, zero),
                adjustment=adjustment,
                exact=measured.exact,
                flags=(
                    *few_counts(measured, one, zero),
                    *cluster_flags(measured, one, zero),
                ),
                refused=refused,
            )
        )
    return drafts


@lru_cache(maxsize=64)  # each metric of a batch takes its own rows; batches are frozen
def _numbers(batch: Batch, pairs: Pairs) -> list[tuple[Spread, Counts | None, bool]]:
    """Contrasts of a batch as drafts hold them, and whether nothing of them varies."""
    columns = contrasts_of(batch, pairs)
    still = columns.still & ~columns.score
    return list(zip(columns.spreads(), columns.counts(), still.tolist(), strict=True))


def _identity(metric: Metric, which: Slice, contrast: Contrast) -> Identity:
    return Identity(
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


def _units(statistics: Statistics, which: Slice) -> Mapping[str, int]:
    table = table_of(statistics, which)
    return {group.arm: int(units) for group, units in zip(table.groups, table.units, strict=True)}
