"""The design beside its numbers: levels of every arm, and what its prompts may be read for."""

from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, count
from pathlift.report.words import ordering_words
from pathlift.result.model import Result


def design_table(result: Result) -> Table | None:
    """Levels and prompts of every arm.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None without factors and prompts.
    """
    design = result.design
    if design is None:
        return None
    factors = [factor.factor for factor in design.factors]
    units: dict[str, int] = {}
    for arm in result.arms:
        name = arm.combined_into or arm.arm
        units[name] = units.get(name, 0) + arm.units
    arms = dict.fromkeys((*design.levels, *design.prompts))
    return Table(
        title="Design",
        about=" ".join(design.statements),
        head=("Arm", *factors, *(["Prompts"] if design.prompts else []), "Units"),
        rows=tuple(
            (
                arm,
                *(design.levels.get(arm, {}).get(factor, NOTHING) for factor in factors),
                *([ordering_words(design.prompts.get(arm))] if design.prompts else []),
                count(units.get(arm)),
            )
            for arm in arms
        ),
        words=frozenset(range(1 + len(factors) + bool(design.prompts))),
    )
