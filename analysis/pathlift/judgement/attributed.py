"""What may be said of metrics that credit each arm with its own touches (methods 2.7).

An arm that touches more is credited with more, whether it brings anything or not: a contrast of
such a metric describes how credit was given. What an arm brings is the total over all surfaces.
"""

from collections.abc import Iterable

from pathlift.inference.measured import parts_of
from pathlift.judgement.undirected import undirected
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Estimate, Omnibus


def as_attributed(
    experiment: Experiment, estimates: Iterable[Estimate], omnibus: Iterable[Omnibus]
) -> tuple[tuple[Estimate, ...], tuple[Omnibus, ...]]:
    """Mark what reads an attributed metric as descriptive; what is invalid stays invalid.

    Parameters
    ----------
    experiment : Experiment
    estimates : iterable of Estimate
    omnibus : iterable of Omnibus

    Returns
    -------
    tuple of Estimate, tuple of Omnibus
        In the same order, numbers untouched. Neither direction of an attributed contrast is
        better, and its conclusion says so.
    """
    attributed = {metric.name for metric in experiment.metrics if metric.attributed}
    credited = {
        metric.name for metric in experiment.metrics if {*parts_of(metric)} & attributed
    } | attributed
    credited |= {family.name for family in experiment.families if family.kind == "attribution"}

    def credits(name: str | None, status: str) -> bool:
        return name in credited and status != "invalid"

    return (
        tuple(
            undirected(each) if credits(each.metric, each.causal_status) else each
            for each in estimates
        ),
        tuple(
            each.model_copy(update={"causal_status": "descriptive"})
            if credits(each.metric, each.causal_status)
            else each
            for each in omnibus
        ),
    )
