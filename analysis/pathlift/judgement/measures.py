"""What every metric counts within which window, and how many units are mature for it."""

from collections.abc import Iterable

from pathlift.registry.durations import say_duration
from pathlift.registry.experiment import Experiment
from pathlift.result.measures import MetricPart
from pathlift.result.model import Estimate


def metric_parts(experiment: Experiment, estimates: Iterable[Estimate]) -> tuple[MetricPart, ...]:
    """Describe the metrics of a result.

    Parameters
    ----------
    experiment : Experiment
    estimates : iterable of Estimate
        Their denominators are the units that are mature for a metric.

    Returns
    -------
    tuple of MetricPart
        In file order.
    """
    units: dict[str, dict[str, int]] = {}
    for estimate in estimates:
        if estimate.estimand == "itt" and estimate.segment is None and estimate.metric:
            of = units.setdefault(estimate.metric, {})
            of |= {estimate.control: estimate.control_units, estimate.arm: estimate.arm_units}
    return tuple(
        MetricPart(
            name=metric.name,
            kind=metric.kind,
            role=metric.role,
            better=metric.better,
            window=None if metric.window is None else say_duration(metric.window),
            lag=say_duration(metric.lag) if metric.lag else None,
            attributed=metric.attributed,
            units=units.get(metric.name, {}),
        )
        for metric in experiment.metrics
    )
