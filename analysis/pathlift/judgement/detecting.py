"""What could this design have shown? Said where it showed nothing. Reads no difference."""

from collections.abc import Iterable, Sequence

from pathlift.inference.power import POWER, smallest_effect
from pathlift.judgement import effects, words
from pathlift.judgement.standing import Reading
from pathlift.registry.experiment import Experiment, Margin, Metric
from pathlift.result.model import Looks

_OPEN = ("short", "not_shown")


def detectable(experiment: Experiment, readings: Iterable[Reading], looks: Looks | None) -> str:
    """Say what the design finds of the first metric that was not shown.

    Parameters
    ----------
    experiment : Experiment
    readings : iterable of Reading
        Of one arm or of several; of several, the one that finds least is said.
    looks : Looks or None

    Returns
    -------
    str
        A clause without a full stop; empty where nothing is open or there is no standard error.
    """
    open_ = [reading for reading in readings if reading.standing in _OPEN and reading.estimate]
    if not open_:
        return ""
    metric = open_[0].metric
    contrasts = () if looks is None else looks.contrasts
    found = [
        (size, reading)
        for reading in open_
        if reading.metric.name == metric.name
        and reading.estimate is not None
        and (size := smallest_effect(experiment, reading.estimate, contrasts))
    ]
    if not found:
        return ""
    size, reading = max(found, key=lambda each: each[0])
    control = reading.estimate.control_value if reading.estimate is not None else None
    return _said(experiment, metric, size, control)


def detectable_of_each(
    experiment: Experiment, readings: Sequence[Reading], looks: Looks | None
) -> tuple[str, ...]:
    """Say the same of each metric that was not shown.

    Parameters
    ----------
    experiment : Experiment
    readings : sequence of Reading
        Of one arm.
    looks : Looks or None

    Returns
    -------
    tuple of str
        Clauses, in the order of the readings.
    """
    clauses = (detectable(experiment, [reading], looks) for reading in readings)
    return tuple(clause for clause in clauses if clause)


def _said(experiment: Experiment, metric: Metric, size: float, control: float | None) -> str:
    often = f"with {words.percent(POWER)} power this design"
    if metric.role == "guardrail":
        return f"{often} shows a margin of {_size(metric, size, control)} of {metric.name}"
    if metric.equivalence is not None:
        said = _size(metric, size, control)
        return f"{often} shows {metric.name} to be the same within {said}"
    worth = experiment.decision.worth.get(metric.name)
    beyond = 0.0
    if worth is not None:
        beyond = worth.value * (abs(control or 0.0) if worth.scale == "relative" else 1.0)
    turn = "rise" if metric.better == "higher" else "fall"
    return f"{often} finds a {turn} of {_size(metric, size + beyond, control)} in {metric.name}"


def _size(metric: Metric, size: float, control: float | None) -> str:
    rounded = float(f"{size:.2g}")
    said = effects.distance(metric, Margin(scale="absolute", value=rounded))
    if not control:
        return said
    return f"{said} ({words.percent(float(f'{size / abs(control):.2g}'))} of the control)"
