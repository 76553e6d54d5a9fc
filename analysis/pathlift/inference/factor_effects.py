"""Effects of factors, and of averages planned to be compared, from the covariance of arms.

A contrast is ``c'm`` with variance ``c'Vc``; c weighs the arms, m and V are what the contrasts of
arms read too, covariates and clusters included. Guardrails stay by arm: what must not get worse is
the arm that ships.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.clusters import contrast_df
from pathlift.inference.drafts import DETERMINED, Counts, Draft, Identity, Joint, Spread
from pathlift.inference.enough import FEWEST
from pathlift.inference.factorial import (
    FactorContrast,
    Side,
    factor_contrasts,
    planned_contrasts,
)
from pathlift.inference.family import Family
from pathlift.inference.measured import Measured
from pathlift.inference.measuring import capping
from pathlift.registry.crossing import crossing_of
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import Estimate
from pathlift.statistics.collected import Statistics

ESTIMANDS = ("factor", "factor_interaction", "planned")
_NOT_DEFINED = "relative_not_defined"


def factor_drafts(
    experiment: Experiment,
    statistics: Statistics,
    measured: Mapping[str, Measured | str],
    families: Sequence[Family],
) -> list[Draft]:
    """Contrasts of factors, and of planned averages, of every metric that is no guardrail.

    Parameters
    ----------
    experiment : Experiment
        With combined arms in place of their members.
    statistics : Statistics
    measured : mapping of str to Measured or str
        By metric, over the analysed arms; or why it could not be measured.
    families : sequence of Family
        Those of the run; only families of factors and of planned averages are looked at.

    Returns
    -------
    list of Draft
        Of factors metric by metric, in the order of `factor_contrasts`, then of planned averages;
        empty without either. What the crossing does not identify carries the combinations that
        are missing.
    """
    crossing = crossing_of(experiment)
    kinds = (
        ("factor", () if crossing is None else factor_contrasts(crossing)),
        ("planned", planned_contrasts(experiment.analysis.planned)),
    )
    return [
        draft
        for kind, contrasts in kinds
        for metric in experiment.metrics
        if contrasts and metric.role != "guardrail"
        for draft in _of_metric(
            experiment,
            statistics,
            contrasts,
            metric,
            measured[metric.name],
            next((f for f in families if f.estimand == kind and metric.name in f.metrics), None),
        )
    ]


def with_factors(experiment: Experiment, estimates: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Say of contrasts of factors and of planned averages which arms they weigh how.

    Parameters
    ----------
    experiment : Experiment
        With combined arms in place of their members.
    estimates : sequence of Estimate
        All of a result.

    Returns
    -------
    tuple of Estimate
        In the same order. An interaction has no lift: it is a difference of differences, whose
        control is no level of anything.
    """
    crossing = crossing_of(experiment)
    contrasts = (
        *(() if crossing is None else factor_contrasts(crossing)),
        *planned_contrasts(experiment.analysis.planned),
    )
    by_names = {(c.estimand, c.arm.name, c.control.name): c for c in contrasts}
    return tuple(
        _told(estimate, by_names[estimate.estimand, estimate.arm, estimate.control])
        if estimate.estimand in ESTIMANDS
        else estimate
        for estimate in estimates
    )


def contrast_weights(contrast: FactorContrast, arms: Sequence[str]) -> Floats:
    """Weights of a contrast over all arms.

    Parameters
    ----------
    contrast : FactorContrast
    arms : sequence of str

    Returns
    -------
    Floats, shape (arms,)
        0 for arms that take no part.
    """
    return _weights(contrast.arm, arms) - _weights(contrast.control, arms)


def _of_metric(
    experiment: Experiment,
    statistics: Statistics,
    contrasts: Sequence[FactorContrast],
    metric: Metric,
    measured: Measured | str,
    family: Family | None,
) -> list[Draft]:
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    units = {facts.arm: facts.units for facts in statistics.arms}
    if not isinstance(measured, str):
        units = dict(zip(arms, (int(each) for each in measured.units), strict=True))
    joint = None if isinstance(measured, str) else _joint(measured, contrasts, arms)
    return [
        _draft(statistics, metric, measured, contrast, arms, units, joint=joint, family=family)
        for contrast in contrasts
    ]


def _joint(measured: Measured, contrasts: Sequence[FactorContrast], arms: Sequence[str]) -> Joint:
    """Levels in place of arms, so that a family reads their covariance as it reads that of arms."""
    sides = {side.name: side for c in contrasts for side in (c.arm, c.control)}
    weights = np.array([_weights(side, arms) for side in sides.values()])
    covariance = weights @ measured.covariance @ weights.T
    return Joint(
        arms=tuple(sides),
        value=(weights @ measured.value)[None, :],
        covariance=covariance[None, :, None, :],
    )


def _draft(
    statistics: Statistics,
    metric: Metric,
    measured: Measured | str,
    contrast: FactorContrast,
    arms: tuple[str, ...],
    units: Mapping[str, int],
    *,
    joint: Joint | None,
    family: Family | None,
) -> Draft:
    main = contrast.one_average
    identity = Identity(
        estimand=contrast.estimand,
        metric=metric.name,
        kind=metric.kind,
        role=metric.role,
        better=metric.better if main else None,  # more of an interaction is neither
        arm=contrast.arm.name,
        control=contrast.control.name,
    )
    of_arm = sum(units.get(arm, 0) for arm in contrast.arm.weights)
    of_control = sum(units.get(arm, 0) for arm in contrast.control.weights)
    refused = _refusal(measured, contrast, arms)
    if isinstance(measured, str) or joint is None or refused:
        return Draft(
            identity=identity,
            arm_units=of_arm,
            control_units=of_control,
            family=family,
            refused=refused,
        )
    one, zero = joint.arms.index(contrast.arm.name), joint.arms.index(contrast.control.name)
    block = joint.covariance[0, :, 0, :]
    spread = Spread(
        m1=float(joint.value[0, one]),
        m0=float(joint.value[0, zero]),
        v11=float(block[one, one]),
        v00=float(block[zero, zero]),
        v10=float(block[one, zero]),
        df=_df(measured, contrast, arms),
        apart=float(contrast_weights(contrast, arms) @ measured.apart),
    )
    counts = _counts(measured, contrast, arms)
    still = counts is None and spread.still
    return Draft(
        identity=identity,
        arm_units=of_arm,
        control_units=of_control,
        spread=None if still else spread,
        counts=counts,
        joint=joint,
        family=family,
        method=_method(metric, measured, contrast, arms),
        adjustment=capping(statistics, metric, measured.adjustment),
        exact=measured.exact,
        flags=_flags(measured, contrast, arms),
        refused=_nothing_varies(measured) if still else "",
    )


def _nothing_varies(measured: Measured) -> str:
    if measured.adjustment.covariates:
        return DETERMINED
    return "no unit of these arms differs from another: there is no variance"


def _refusal(measured: Measured | str, contrast: FactorContrast, arms: Sequence[str]) -> str:
    """Why nothing can be estimated; empty where it can."""
    if contrast.missing:
        said = "; nor with ".join(contrast.missing)
        return f"the crossing does not identify it: there is no arm with {said}"
    if isinstance(measured, str):
        return measured
    if measured.quantiles is not None:
        return (
            "quantiles are compared between two arms; an average of the quantiles of several arms "
            "is the quantile of none"
        )
    for arm in contrast.weights:
        place = arms.index(arm)
        if arm in measured.lost:
            return measured.lost[arm]
        if measured.grouped[place] and measured.residual_variance[place] == 0:
            return f"no cluster of {arm} differs from another: there is no variance"
    return ""


def _counts(measured: Measured, contrast: FactorContrast, arms: Sequence[str]) -> Counts | None:
    """Counts of a contrast of two arms alone, which is read as any contrast of two arms is."""
    pair = (*contrast.arm.weights, *contrast.control.weights)
    if measured.successes is None or contrast.estimand != "factor" or len(pair) != 2:
        return None
    one, zero = (arms.index(arm) for arm in pair)
    if measured.grouped[one] or measured.grouped[zero]:
        return None
    return Counts(
        x1=float(measured.successes[one]),
        n1=float(measured.units[one]),
        x0=float(measured.successes[zero]),
        n0=float(measured.units[zero]),
    )


def _df(measured: Measured, contrast: FactorContrast, arms: Sequence[str]) -> float:
    weights = contrast_weights(contrast, arms)
    grouped = bool(np.any(measured.grouped & (weights != 0)))
    if measured.normal and not grouped:
        return np.inf
    df = contrast_df(
        weights[None, :],
        measured.residual_variance,
        measured.units,
        measured.residual_df,
        clustered=measured.grouped,
    )
    return float(df[0])


def _flags(measured: Measured, contrast: FactorContrast, arms: Sequence[str]) -> tuple[str, ...]:
    places = [arms.index(arm) for arm in contrast.weights]
    facts = [each for place in places if (each := measured.clusters[place])]
    few = False
    if measured.successes is not None and _counts(measured, contrast, arms) is None:
        both = np.array([measured.successes, measured.units - measured.successes])
        few = bool(both[:, places].min() < FEWEST)
    said = (
        ("few_counts", few),
        ("few_clusters", any(each.few for each in facts)),
        ("lopsided_clusters", any(each.lopsided for each in facts)),
        ("approximate", measured.approximate and bool(facts)),
    )
    return tuple(flag for flag, raised in said if raised)


def _method(
    metric: Metric, measured: Measured, contrast: FactorContrast, arms: Sequence[str]
) -> str:
    if _counts(measured, contrast, arms) is not None:
        return "Miettinen-Nurminen score interval"
    grouped = any(measured.grouped[arms.index(arm)] for arm in contrast.weights)
    tails = "normal" if measured.normal else "t with Satterthwaite's degrees of freedom"
    if grouped:
        tails = "variance between clusters (CR2), t with Satterthwaite's degrees of freedom"
    adjusted = {
        "lin": "adjusted by covariates within each arm (Lin), ",
        "cuped": "adjusted by covariates with common slopes (CUPED), ",
    }.get(measured.adjustment.method, "")
    ratio = "ratios of means by the delta method, " if metric.kind == "ratio" else ""
    averaged = any(abs(weight) < 1 for weight in contrast.weights.values())
    weighted = "as planned" if contrast.estimand == "planned" else "equally"
    head = (
        "" if contrast.one_average else "difference of differences, ",
        f"means over arms weighted {weighted}, " if averaged else "",
    )
    return f"{''.join(head)}{ratio}{adjusted}{tails}"


def _weights(side: Side, arms: Sequence[str]) -> Floats:
    return np.array([side.weights.get(arm, 0.0) for arm in arms])


def _told(estimate: Estimate, contrast: FactorContrast) -> Estimate:
    told = estimate.model_copy(
        update={
            "factors": contrast.factors,
            "weights": None if contrast.missing else dict(contrast.weights),
        }
    )
    if contrast.one_average or estimate.absolute is None:
        return told
    flags = tuple(f for f in estimate.flags if not f.startswith("relative_"))
    family = estimate.simultaneous
    return told.model_copy(
        update={
            "relative": None,
            "flags": (*flags, _NOT_DEFINED),
            "simultaneous": None
            if family is None
            else family.model_copy(update={"relative": None}),
        }
    )
