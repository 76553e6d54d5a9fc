"""Effects without the units that were seen in several arms. Methods 1.4, E14.

Who moves to another arm may do so because of the first: leaving them out is no design, and never
the headline. How far it moves the headline says how much hangs on them.
"""

from collections.abc import Iterator
from dataclasses import replace

from pathlift.inference.metrics import measured_or_reason, metric_drafts, metric_slice
from pathlift.inference.solving import solve
from pathlift.registry.experiment import Experiment, Metric
from pathlift.result.model import Sensitivity
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import less


def without_crossed(
    experiment: Experiment, statistics: Statistics, *, alpha: float
) -> Iterator[Sensitivity]:
    """Read the metrics that decide once more, without units of several arms.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
    alpha : float
        Two-sided.

    Yields
    ------
    Sensitivity
        None of a quantile, which is read from bins, and none with an arm whose units go together
        in clusters.
    """
    crossed = statistics.crossed
    if crossed is None or not len(crossed.groups):
        return
    uneven = len({arm.weight for arm in experiment.analyzed_arms}) > 1
    warned = " (weights are uneven, so more of one arm are left out than of another)"
    grouped = {arm.name for arm in experiment.analyzed_arms if arm.cluster is not None}
    alone = replace(experiment, arms=tuple(replace(arm, cluster=None) for arm in experiment.arms))
    rest = replace(statistics, moments=less(statistics.moments, crossed), clusters=None)
    for metric in experiment.metrics:
        if not _decides(experiment, metric):
            continue
        which = metric_slice(rest, metric)
        measured = measured_or_reason(alone, rest, metric, which, covariates=rest.covariates)
        if isinstance(measured, str):
            continue
        drafts = metric_drafts(alone, rest, metric, measured, which, families=())
        for estimate in solve(drafts, alpha=alpha):
            if estimate.not_estimated or grouped & {estimate.arm, estimate.control}:
                continue
            yield Sensitivity(
                of=estimate.id,
                reading="without_crossed",
                metric=metric.name,
                arm=estimate.arm,
                control=estimate.control,
                arm_value=estimate.arm_value,
                control_value=estimate.control_value,
                absolute=estimate.absolute,
                standard_error=estimate.standard_error,
                p_value=estimate.p_value,
                method=f"without units seen in several arms{warned if uneven else ''}; "
                f"{estimate.method}",
            )


def _decides(experiment: Experiment, metric: Metric) -> bool:
    named = metric.role in ("primary", "guardrail") or metric.name in experiment.decision.success
    return named and metric.kind != "quantile"
