"""How strong the first stage of encouragement is, beside the numbers that lean on it."""

from pathlift.report.encouragement import encouraged_subject
from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, number
from pathlift.result.model import Estimate, FirstStage, Result


def first_stage_table(result: Result) -> Table | None:
    """How strongly arms move the orderings that they intend.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where encouragement was not asked for, or nothing could be estimated.
    """
    found = [(e, e.first_stage) for e in result.estimates if e.first_stage is not None]
    if not found:
        return None
    return Table(
        title="First stages of encouragement",
        about="Share of units that took the ordering; a difference of arms, causal. Below an F of "
        "10 only the set is to be read; estimate and 1.96 standard errors would need an F of "
        "104.7.",
        head=("Ordering", "Control", "Arm", "Difference", "F", "Read"),
        rows=tuple(_row(estimate, stage) for estimate, stage in found),
        words=frozenset({0, 5}),
    )


def _row(estimate: Estimate, stage: FirstStage) -> tuple[str, ...]:
    return (
        encouraged_subject(estimate),
        number(stage.control_share, "share", 2),
        number(stage.arm_share, "share", 2),
        number(stage.effect, "points", 2),
        NOTHING if stage.f is None else f"{stage.f:,.1f}",
        "weak: only the set" if stage.weak else "strong" if stage.t_ratio else "the set",
    )
