"""Which lengths of time have to be over before a metric or a label may be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pathlift.outcomes.calendar import microseconds
from pathlift.registry.experiment import Experiment, Metric, RatioOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Maturity:
    """Lengths and what waits for them.

    Attributes
    ----------
    lengths : tuple of int
        Distinct, microseconds, ascending: class k has completed the first k.
    metric_class : mapping of str to int
        Class from which on a metric may be read.
    label_class : int
        The same for labels.
    """

    lengths: tuple[int, ...]
    metric_class: Mapping[str, int]
    label_class: int


def maturity(experiment: Experiment) -> Maturity:
    """Lengths of an experiment: window, ingestion lag and lag added up.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    Maturity
        Without lengths, every class 0, in shape ``units``: its rows are final.
    """
    if experiment.data.shape != "journeys":
        return Maturity(
            lengths=(),
            metric_class={metric.name: 0 for metric in experiment.metrics},
            label_class=0,
        )
    own = {
        metric.name: _length(metric.window, metric.lag, experiment)
        for metric in experiment.metrics
        if metric.kind != "ratio"
    }
    labels = _length(experiment.window, timedelta(0), experiment)
    lengths = tuple(sorted({length for length in (*own.values(), labels) if length is not None}))
    classes = {name: _class(length, lengths) for name, length in own.items()}
    for metric in experiment.metrics:
        if isinstance(metric.source, RatioOf):
            classes[metric.name] = _of_ratio(metric, metric.source, classes)
    return Maturity(
        lengths=lengths,
        metric_class={metric.name: classes[metric.name] for metric in experiment.metrics},
        label_class=_class(labels, lengths),
    )


def _of_ratio(metric: Metric, ratio: RatioOf, classes: Mapping[str, int]) -> int:
    """A ratio waits for both its parts."""
    return max(classes[ratio.numerator], classes[ratio.denominator])


def _length(window: timedelta | None, lag: timedelta, experiment: Experiment) -> int | None:
    return None if window is None else microseconds(window + experiment.ingestion_lag + lag)


def _class(length: int | None, lengths: tuple[int, ...]) -> int:
    return 0 if length is None else lengths.index(length) + 1
