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
        p is adjusted, that of the share of alpha which the contrast is sure of.

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
        and estimate.standard_error is not None
    ]
    bounds = {look.id: look.boundary for look in looks if look.boundary is not None}
    critical = {
        estimate.id: bounds.get(estimate.id) or _critical(estimate, experiment)
        for estimate in chosen
    }
    beyond = float(one_sided_critical(1 - POWER))
    arms = {e.arm: e.arm_units for e in chosen} | {e.control: e.control_units for e in chosen}
    return Power(
        primary=None if primary is None else primary.name,
        units=sum(arms.values()),
        mde={
            f"{estimate.arm}-{estimate.control}": (critical[estimate.id] + beyond)
            * (estimate.standard_error or 0.0)
            for estimate in chosen
        },
        critical_value=max(critical.values(), default=None),
    )


def _critical(estimate: Estimate, experiment: Experiment) -> float:
    family = estimate.simultaneous
    if family is not None and family.critical_value is not None:
        return family.critical_value
    df = float("inf") if estimate.df is None else estimate.df
    alpha = experiment.analysis.alpha * (1.0 if family is None else _share(estimate, experiment))
    return float(two_sided_critical(alpha, df))


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
