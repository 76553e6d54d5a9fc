"""How many units of an arm went through each beginning of an ordering, and where they ended.

Counts of mature units, summed from the labels; says nothing of why. Descriptive.
"""

from collections.abc import Iterable

from pathlift.result.model import FlowStep, LabelRow

UNKNOWN = "unknown"


def flow_of(labels: Iterable[LabelRow]) -> tuple[FlowStep, ...]:
    """Count units by the stages they met first, second and so on.

    Parameters
    ----------
    labels : iterable of LabelRow
        One row per arm and label.

    Returns
    -------
    tuple of FlowStep
        Every beginning that occurs, the empty one of all units included, in the order in which
        the labels name them. Units of the steps that lengthen a beginning by one stage and those
        that ended with it add up to its units; the same holds for those that converted.

    Examples
    --------
    >>> def row(ordering, units, converted):
    ...     kind = "partial" if ordering else "none"
    ...     return LabelRow(arm="a", ordering=ordering, kind=kind, tied=False, units=units,
    ...                     converted=converted)
    >>> steps = flow_of([row("", 5, 0), row("need", 3, 1), row("need>trust", 2, 2)])
    >>> [(step.path, step.units, step.ended, step.converted) for step in steps]
    [('', 10, 5, 3), ('need', 5, 3, 3), ('need>trust', 2, 2, 2)]
    """
    counted: dict[tuple[str, str], list[int]] = {}
    for row in labels:
        whole = UNKNOWN if row.kind == "unknown" else row.ordering
        for path in _beginnings(whole):
            counts = counted.setdefault((row.arm, path), [0, 0, 0, 0])
            ends = path == whole
            counts[0] += row.units
            counts[1] += row.converted
            counts[2] += row.units if ends else 0
            counts[3] += row.converted if ends else 0
    return tuple(
        FlowStep(
            arm=arm,
            path=path,
            units=units,
            converted=converted,
            ended=ended,
            ended_converted=ended_converted,
        )
        for (arm, path), (units, converted, ended, ended_converted) in counted.items()
    )


def _beginnings(ordering: str) -> tuple[str, ...]:
    """The empty beginning, then one stage more each time."""
    stages = ordering.split(">") if ordering else []
    return tuple(">".join(stages[:count]) for count in range(len(stages) + 1))
