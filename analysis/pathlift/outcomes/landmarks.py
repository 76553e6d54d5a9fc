"""Who completed an ordering early enough to be followed, and converted soon after; as expressions.

Conversion given an ordering has to give every unit the same time to convert, counted from its last
stage (methods 2.2). Reads ``label``, ``STAGE_at`` and ``purchase_d`` of a labelled unit: distances
from first exposure in microseconds, on the raw clock.
"""

from sqlglot import exp

from pathlift.outcomes.calendar import microseconds
from pathlift.outcomes.composing import all_of, any_of, name, parse, value
from pathlift.registry.experiment import Experiment
from pathlift.statistics.cells import all_codes, label
from pathlift.statistics.ties import broken_by


def completed_in_time(experiment: Experiment) -> exp.Expr:
    """Whether a strict ordering of all stages was complete a landmark before the window's end.

    Such a unit had not converted before: a stage met after the first conversion is no part of its
    label.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    Expr
        False for everybody where there is no landmark.
    """
    window, landmark = experiment.window, experiment.analysis.landmark
    if window is None or landmark is None:
        return exp.false()
    stages = experiment.stage_names
    read = {code: label(_broken(code, experiment), stages) for code in all_codes()}
    strict = [
        value(code) for code, seen in read.items() if seen.kind == "complete" and not seen.tied
    ]
    latest = value(microseconds(window - landmark))
    return all_of(
        [
            exp.In(this=name("label", "labelled"), expressions=strict),
            *(
                parse("$s <= $latest", s=name(f"{stage}_at", "labelled"), latest=latest)
                for stage in stages
            ),
        ]
    )


def _broken(code: int, experiment: Experiment) -> int:
    """Ties that a priority breaks are no ties where the label is read."""
    return broken_by(code, experiment.priority) if experiment.priority else code


def converted_after(experiment: Experiment) -> exp.Expr:
    """Whether the first conversion lies less than a landmark after the last stage.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    Expr
        Over units that completed their ordering: a conversion at that very moment counts (E5).
    """
    landmark = experiment.analysis.landmark
    if landmark is None or experiment.window is None:
        return exp.false()
    length = value(microseconds(landmark))
    later = [
        parse(
            "labelled.purchase_d - $s < $length", s=name(f"{stage}_at", "labelled"), length=length
        )
        for stage in experiment.stage_names
    ]
    # less than a landmark after the last stage: after any one of them, for the last is the nearest
    return parse("coalesce($any, false)", any=any_of(later))
