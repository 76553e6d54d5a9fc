"""Ordering by ordering: who took it and converted, who took it at all, and which stage came first.

All have every mature unit of the arm as their denominator, so their contrasts are randomised
ones; the incidences add up to the effect on conversion (methods 2.1). Knows nothing of conversion
given an ordering, which is no effect.
"""

from collections.abc import Sequence

import numpy as np

from pathlift.inference.adjustment import AdjustedMeans, Method, adjusted_means
from pathlift.inference.arrays import Floats
from pathlift.inference.clustering import clusters_in
from pathlift.inference.clusters import clustered_means, contrast_df
from pathlift.inference.drafts import DETERMINED, Counts, Draft, Identity, Joint, Spread
from pathlift.inference.enough import FEWEST
from pathlift.inference.family import Family
from pathlift.inference.label_groups import OTHER, Estimand, LabelGroups, groups_of, known_words
from pathlift.inference.measured import Measured
from pathlift.inference.reading import LabelCounts, Slice, label_counts, moments_of, table_of
from pathlift.inference.telling import cluster_flags, cluster_tails
from pathlift.registry.experiment import Contrast, Experiment
from pathlift.statistics.cells import label
from pathlift.statistics.collected import Statistics

_FEW = 5  # V20: below this, counts are too few to trust more than their interval
_SUM = 1e-12  # design 1: incidences add up to the effect, up to rounding


_NOBODY = {
    "incidence": "no unit of either arm{known} took this ordering and converted",
    "ordering_share": "no unit of either arm{known} took it",
    "first_step": "of no unit of either arm{known} was this the first step",
}


def ordering_drafts(
    experiment: Experiment,
    statistics: Statistics,
    estimand: Estimand,
    conversion: Measured | str,
    *,
    family: Family | None,
    which: Slice | None = None,
) -> list[Draft]:
    """Contrasts of every ordering or first step, in the order of its groups.

    Parameters
    ----------
    experiment : Experiment
        With stages.
    statistics : Statistics
    estimand : {'incidence', 'ordering_share', 'first_step'}
    conversion : Measured or str
        The conversion metric over the same units: its covariates and its fallback bind all
        orderings, else they would not add up.
    family : Family or None
    which : Slice, optional
        Units of one baseline state; default: all mature ones.

    Returns
    -------
    list of Draft
        One per ordering and contrast; ``other`` is in no family.
    """
    which = which or Slice(maturity=statistics.label_class)
    groups = groups_of(estimand, experiment.stage_names)
    names = groups.names
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    labels = label_counts(statistics.cells, arms, which)
    counts = _by_group(
        labels, labels.converted if estimand == "incidence" else labels.units, groups, experiment
    )
    units = labels.units.sum(axis=1)
    if isinstance(conversion, str):
        return [
            _refused(
                experiment,
                estimand,
                name,
                contrast,
                units,
                arms,
                conversion,
                which,
                family=None if name == OTHER else family,
            )
            for name in names
            for contrast in experiment.analysis.contrasts
        ]
    adjusted = _adjusted(
        experiment, statistics, estimand, conversion, labels, counts, groups, which
    )
    if estimand == "incidence":
        _check_sum(adjusted, conversion)
    joint = Joint(
        arms=arms,
        value=adjusted.means.T,
        covariance=np.moveaxis(adjusted.covariance, (0, 1, 2, 3), (1, 0, 3, 2)),
    )
    return [
        _draft(
            experiment,
            estimand,
            name,
            contrast,
            counts[:, outcome],
            units,
            conversion,
            joint,
            adjusted.residual_variance[:, outcome],
            adjusted.residual_df,
            which,
            outcome=outcome,
            family=None if name == OTHER else family,
        )
        for outcome, name in enumerate(names)
        for contrast in experiment.analysis.contrasts
    ]


def label_table(experiment: Experiment, statistics: Statistics) -> Floats:
    """Units by arm and label code, for the test that arms show the same labels.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Returns
    -------
    Floats, shape (arms, labels)
        All ties are one label where they are to be kept out of tests of the order.
    """
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    which = Slice(maturity=statistics.label_class)
    labels = label_counts(statistics.cells, arms, which)
    if experiment.ties != "exclude_from_order_tests":
        return labels.units
    tied = np.array([label(code).tied for code in labels.codes], dtype=bool)
    whole: Floats = labels.units[:, tied].sum(axis=1, keepdims=True)
    return np.hstack([labels.units[:, ~tied], whole]) if tied.any() else labels.units


def _by_group(
    labels: LabelCounts, numbers: Floats, groups: LabelGroups, experiment: Experiment
) -> Floats:
    counts = np.zeros((len(labels.arms), len(groups.names)))
    members = _members(labels, groups, experiment)
    for column in range(len(groups.names)):
        counts[:, column] = numbers[:, members == column].sum(axis=1)
    return counts


def _members(
    labels: LabelCounts, groups: LabelGroups, experiment: Experiment
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Column of the groups that each label code belongs to."""
    stages = experiment.stage_names
    return np.array([groups.column(label(code, stages)) for code in labels.codes], dtype=np.int64)


def _adjusted(
    experiment: Experiment,
    statistics: Statistics,
    estimand: Estimand,
    conversion: Measured,
    labels: LabelCounts,
    counts: Floats,
    groups: LabelGroups,
    which: Slice,
) -> AdjustedMeans:
    """The covariance engine on one indicator per ordering."""
    units = labels.units.sum(axis=1)
    kept = tuple(f"x:{name}" for name in conversion.adjustment.covariates)
    share = counts / units[:, None]
    size, k = len(groups.names), len(kept)
    covariance = np.zeros((len(units), size + k, size + k))
    spread = np.einsum("ao,op->aop", share, np.eye(size)) - np.einsum("ao,ap->aop", share, share)
    covariance[:, :size, :size] = spread * (units / (units - 1))[:, None, None]
    mean = np.zeros((len(units), size + k))
    mean[:, :size] = share
    if kept:
        table = table_of(statistics, which)
        moments = moments_of(table, labels.arms, kept)
        mean[:, size:] = moments.apart  # where covariates lie moves nothing
        covariance[:, size:, size:] = moments.covariance
        cross = _cross(statistics, estimand, labels, groups, experiment, kept, counts)
        covariance[:, size:, :size] = cross
        covariance[:, :size, size:] = np.swapaxes(cross, 1, 2)
    written = conversion.adjustment.method
    method: Method = "lin" if written == "lin" else "cuped" if written == "cuped" else "means"
    clusters = clusters_in(statistics, which, labels.arms)
    if clusters is None or not clusters.grouped.any():
        return adjusted_means(units, mean, covariance, outcomes=size, method=method)
    members = np.eye(size)[_members(labels, groups, experiment)]
    return clustered_means(
        clusters.indicator_sums(labels.codes, members, kept, converted=estimand == "incidence"),
        units,
        mean,
        covariance,
        arms=labels.arms,
        outcomes=size,
        method=method,
    ).adjusted


def _cross(
    statistics: Statistics,
    estimand: Estimand,
    labels: LabelCounts,
    groups: LabelGroups,
    experiment: Experiment,
    kept: Sequence[str],
    counts: Floats,
) -> Floats:
    """Covariance of each covariate with each indicator, shape (arms, covariates, orderings).

    Centred before it leaves Python's integers: beside a covariate such as the second in which an
    account was opened, a difference of floats would keep a few digits.
    """
    columns = [statistics.cells.covariates.index(name) for name in kept]
    everyone = labels.covariate_sums[:, :, columns]
    chosen = labels.converted_covariate_sums[:, :, columns] if estimand == "incidence" else everyone
    members = _members(labels, groups, experiment)
    variables = [statistics.moments.variable(name) for name in kept]
    cross = np.zeros((len(labels.arms), len(kept), len(groups.names)))
    for arm, units in enumerate(labels.units.sum(axis=1)):
        n = int(units)
        for place, variable in enumerate(variables):
            whole = sum(everyone[arm, :, place])
            for column in range(len(groups.names)):
                count = int(counts[arm, column])
                if 0 < count < n:  # else the indicator is constant
                    total = sum(chosen[arm, members == column, place])
                    centred = (n * total - count * whole) / (n * (n - 1))
                    cross[arm, place, column] = centred * variable.unit
    return cross


def _check_sum(adjusted: AdjustedMeans, conversion: Measured) -> None:
    """Incidences add up to conversion in every arm; anything else is a bug of ours."""
    gap = np.abs(adjusted.means.sum(axis=1) - conversion.value)
    if bool(np.any(gap > _SUM * np.maximum(1.0, np.abs(conversion.value)))):
        raise ArithmeticError(f"incidences miss conversion by {gap.max():.3g}")


def _identity(
    experiment: Experiment, estimand: Estimand, ordering: str, contrast: Contrast, which: Slice
) -> Identity:
    conversion = experiment.metric(experiment.conversion or "")
    incidence = estimand == "incidence"
    return Identity(
        estimand=estimand,
        metric=conversion.name if incidence else None,
        kind="proportion",
        role="secondary",
        better=conversion.better if incidence else None,
        arm=contrast.arm,
        control=contrast.control,
        ordering=ordering,
        segment=None if which.dimension is None else (which.dimension, which.level),
    )


def _refused(
    experiment: Experiment,
    estimand: Estimand,
    ordering: str,
    contrast: Contrast,
    units: Floats,
    arms: Sequence[str],
    reason: str,
    which: Slice,
    *,
    family: Family | None,
) -> Draft:
    return Draft(
        identity=_identity(experiment, estimand, ordering, contrast, which),
        arm_units=int(units[arms.index(contrast.arm)]),
        control_units=int(units[arms.index(contrast.control)]),
        family=family,
        refused=reason,
    )


def _draft(
    experiment: Experiment,
    estimand: Estimand,
    ordering: str,
    contrast: Contrast,
    counts: Floats,
    units: Floats,
    conversion: Measured,
    joint: Joint,
    residual_variance: Floats,
    residual_df: Floats,
    which: Slice,
    *,
    outcome: int,
    family: Family | None,
) -> Draft:
    one, zero = joint.arms.index(contrast.arm), joint.arms.index(contrast.control)
    x1, x0 = float(counts[one]), float(counts[zero])
    if x1 == x0 == 0:
        nobody = _NOBODY[estimand].format(known=known_words(experiment))
        return _refused(
            experiment, estimand, ordering, contrast, units, joint.arms, nobody, which,
            family=family,
        )  # fmt: skip
    by_cluster = cluster_tails(conversion, one, zero)
    lost = _lost(conversion, joint.arms, residual_variance, one, zero)
    if lost:
        return _refused(
            experiment, estimand, ordering, contrast, units, joint.arms, lost, which, family=family
        )
    plain = not conversion.adjustment.covariates
    score = plain and not by_cluster
    fewest = min(x1, x0)
    few = fewest < (_FEW if score else FEWEST)
    weights = np.zeros((1, len(units)))
    weights[0, one], weights[0, zero] = 1.0, -1.0
    df = contrast_df(weights, residual_variance, units, residual_df, clustered=conversion.grouped)
    how = "" if plain else "adjusted as the conversion metric is, "
    block = joint.covariance[outcome][:, outcome]
    value: Floats = counts / units if plain else joint.value[outcome]
    spread = Spread(
        m1=float(value[one]),
        m0=float(value[zero]),
        v11=float(block[one, one]),
        v00=float(block[zero, zero]),
        v10=float(block[one, zero]),
        df=float(df[0]) if by_cluster else np.inf,
        apart=(x1 * units[zero] - x0 * units[one]) / (units[one] * units[zero]) if plain else None,
    )
    if spread.still and not plain and spread.v11 + spread.v00 > 0:
        return _refused(
            experiment, estimand, ordering, contrast, units, joint.arms, DETERMINED, which,
            family=family,
        )  # fmt: skip
    return Draft(
        identity=_identity(experiment, estimand, ordering, contrast, which),
        arm_units=int(units[one]),
        control_units=int(units[zero]),
        spread=spread,
        counts=Counts(x1=x1, n1=float(units[one]), x0=x0, n0=float(units[zero])) if score else None,
        joint=joint,
        outcome=outcome,
        family=family,
        method="Miettinen-Nurminen score interval" if score else f"{how}{by_cluster or 'normal'}",
        adjustment=conversion.adjustment.model_copy(update={"variance_explained": None}),
        exact=conversion.exact,
        flags=tuple(
            dict.fromkeys(
                (*(("few_counts",) if few else ()), *cluster_flags(conversion, one, zero))
            )
        ),
    )


def _lost(
    conversion: Measured, arms: Sequence[str], residual_variance: Floats, one: int, zero: int
) -> str:
    """Why clusters leave nothing to judge a contrast by; empty where they do."""
    for place in (one, zero):
        if arms[place] in conversion.lost:
            return conversion.lost[arms[place]]
        if conversion.grouped[place] and residual_variance[place] == 0:
            return f"no cluster of {arms[place]} differs from another: there is no variance"
    return ""
