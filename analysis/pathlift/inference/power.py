"""The smallest difference that this much data would show. A property of the design, not of luck."""

from collections.abc import Sequence

from pathlift.inference.tails import one_sided_critical, two_sided_critical
from pathlift.registry.experiment import Experiment
from pathlift.result.model import ContrastLook, Estimate, Power

POWER = 0.8


def smallest_effects(
    experiment: Experiment, estimates: Sequence[Estimate], looks: Sequence[ContrastLook] = ()
) -> Power:
    """Smallest absolute differences of the primary metric found with 80% power.

    Parameters
    ----------
    experiment : Experiment
    estimates : sequence of Estimate
    looks : sequence of ContrastLook, optional
        Boundaries of this look, where there are several.

    Returns
    -------
    Power
        ``(c + z_power) * standard_error`` by contrast, c the family's critical value; where only
        p is adjusted, that of the share of alpha which the contrast is sure of. A contrast without
        spread has the reason instead: 0 would say that the design finds everything.

    References
    ----------
    .. [1] Methods 5: MDE = (c + z_beta) SE.
    """
    primary = next((metric for metric in experiment.metrics if metric.role == "primary"), None)
    chosen = [
        estimate
        for estimate in estimates
        if primary is not None
        and estimate.estimand == "itt"
        and estimate.metric == primary.name
        and estimate.segment is None
    ]
    found = {
        estimate.id: smallest
        for estimate in chosen
        if (smallest := smallest_effect(experiment, estimate, looks)) is not None
    }
    critical = [_reach(experiment, e, looks) for e in chosen if e.id in found]
    arms = {e.arm: e.arm_units for e in chosen} | {e.control: e.control_units for e in chosen}
    return Power(
        primary=None if primary is None else primary.name,
        units=sum(arms.values()),
        mde={_pair(e): found[e.id] for e in chosen if e.id in found},
        not_estimated={_pair(e): _unknown(e) for e in chosen if e.id not in found},
        critical_value=max(critical, default=None),
    )


def _pair(estimate: Estimate) -> str:
    return f"{estimate.arm}-{estimate.control}"


def _unknown(estimate: Estimate) -> str:
    """Why nobody can say what the design finds."""
    reason = (estimate.not_estimated or {}).get("reason")
    return reason or "no unit of either arm differs from another, so nothing says how much they do"


def smallest_effect(
    experiment: Experiment, estimate: Estimate, looks: Sequence[ContrastLook] = ()
) -> float | None:
    """Smallest absolute distance from what it is tested against that a contrast finds.

    Parameters
    ----------
    experiment : Experiment
    estimate : Estimate
        Of any metric; its standard error is read, its difference is not.
    looks : sequence of ContrastLook, optional
        Boundaries of this look, where there are several.

    Returns
    -------
    float or None
        In the metric's unit, above 0: found in 80% of such experiments. Of a guardrail the
        smallest margin that an arm which does no harm is shown to keep; of an equivalence the
        smallest margin within which arms that are the same are shown to be so. None without a
        standard error above 0.
    """
    if not estimate.standard_error:
        return None
    # an equivalence has two sides to show: each misses half as often
    missed = (1 - POWER) / 2 if estimate.equivalence is not None else 1 - POWER
    reach = _reach(experiment, estimate, looks)
    return (reach + float(one_sided_critical(missed))) * estimate.standard_error


def _reach(experiment: Experiment, estimate: Estimate, looks: Sequence[ContrastLook]) -> float:
    bounds = {look.id: look.boundary for look in looks if look.boundary is not None}
    return bounds.get(estimate.id) or _critical(estimate, experiment)


def _critical(estimate: Estimate, experiment: Experiment) -> float:
    one_sided = _one_sided(estimate)
    if one_sided is not None:
        return float(one_sided_critical(one_sided, _df(estimate)))
    family = estimate.simultaneous
    if family is not None and family.critical_value is not None:
        return family.critical_value
    alpha = experiment.analysis.alpha * (1.0 if family is None else _share(estimate, experiment))
    return float(two_sided_critical(alpha, _df(estimate)))


def _df(estimate: Estimate) -> float:
    return float("inf") if estimate.df is None else estimate.df


def _one_sided(estimate: Estimate) -> float | None:
    """The level of each side where one side is tested: guardrails and equivalences."""
    if estimate.equivalence is not None:
        return estimate.equivalence.alpha
    return estimate.alpha if estimate.role == "guardrail" else None


def _share(estimate: Estimate, experiment: Experiment) -> float:
    """Least share of alpha at which a contrast without a critical value is tested.

    Stepwise methods test the smallest p at alpha / members. A node of a graph counts on what it
    starts with; one that starts with nothing on all that it can be handed.
    """
    nodes = [node for node in experiment.analysis.graph if node.metric == estimate.metric]
    for node in nodes:
        if node.contrast is None:
            return (node.weight or 1.0) / len(experiment.analysis.contrasts)
        if (node.contrast.arm, node.contrast.control) == (estimate.arm, estimate.control):
            return node.weight or 1.0
    family = estimate.simultaneous
    return 1.0 if family is None else 1 / family.members
