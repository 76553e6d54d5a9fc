"""Tables of reports: how a metric is spread over creators and the like. Renders, never computes."""

from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, count, decimals_of, interval, number
from pathlift.report.words import STATUS
from pathlift.result.concentration import ArmSpread, Concentration, SpreadContrast
from pathlift.result.model import Result


def concentration_tables(result: Result) -> tuple[Table, ...]:
    """Two tables a family of kind concentration: arms alone, and arms against each other.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of Table
        Empty where none is declared.
    """
    return tuple(
        table for found in result.concentrations for table in (_arms(found), _contrasts(found))
    )


def _arms(found: Concentration) -> Table:
    decimals = decimals_of([arm.same for arm in found.arms], "share")
    return Table(
        title=f"Concentration: {found.name}",
        about=(
            f"How {found.metric} is spread over {found.by}; descriptive, and no effect: who buys "
            "at all is an effect of the arm, so whose purchases are counted is one too. Same: the "
            f"chance that value of two different units went to the same {found.by}, whatever the "
            "size of the arm; equal to: that many of equal size would be met as often. Top: one in "
            "a hundred of those that got anything; a larger arm shows more of them, so it is not "
            "to be compared between arms."
        ),
        head=(
            "Arm",
            "Units",
            found.metric,
            f"{found.by} that got any",
            "Largest",
            "Top",
            "Share of top",
            "Names nobody",
            "Same",
            "Interval",
            "Equal to",
            "Status",
        ),
        rows=tuple(_arm(arm, decimals) for arm in found.arms),
        words=frozenset({0, 11}),
    )


def _arm(arm: ArmSpread, decimals: int) -> tuple[str, ...]:
    reason = (arm.not_estimated or {}).get("reason")
    status = STATUS[arm.causal_status]
    return (
        arm.arm,
        count(arm.units),
        number(arm.value, "plain", 2),
        count(arm.holders),
        _share(arm.largest_share),
        count(arm.top),
        _share(arm.top_share),
        _share(arm.unnamed_share),
        NOTHING if arm.same is None else number(arm.same.estimate, "share", decimals),
        NOTHING
        if arm.same is None or arm.same.low is None
        else interval(arm.same, "share", decimals),
        NOTHING if arm.effective is None else number(arm.effective, "plain", 1),
        f"not estimated: {reason}" if reason else status,
    )


def _contrasts(found: Concentration) -> Table:
    decimals = decimals_of([one.difference for one in found.contrasts], "points")
    level = f"{100 * (1 - found.alpha):.6g}%"
    method = f"{found.method[:1].upper()}{found.method[1:]}"
    return Table(
        title=f"Concentration between arms: {found.name}",
        about=(
            f"Difference of the chance to meet the same {found.by}, with its {level} interval for "
            f"this contrast alone; descriptive, tests and decides nothing. {method}."
        ),
        head=("Contrast", "Difference", "Interval", "Status"),
        rows=tuple(_contrast(one, decimals) for one in found.contrasts),
        words=frozenset({0, 3}),
    )


def _contrast(one: SpreadContrast, decimals: int) -> tuple[str, ...]:
    reason = (one.not_estimated or {}).get("reason")
    span = one.difference
    return (
        f"{one.arm} vs {one.control}",
        NOTHING if span is None else number(span.estimate, "points", decimals),
        NOTHING if span is None or span.low is None else interval(span, "points", decimals),
        f"not estimated: {reason}" if reason else STATUS[one.causal_status],
    )


def _share(value: float | None) -> str:
    return NOTHING if value is None else number(value, "share", 1)
