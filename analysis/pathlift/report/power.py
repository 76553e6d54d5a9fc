"""What the design of a result could have found, and how much of its plan is to come."""

from pathlift.report.facts import Table
from pathlift.report.numbers import Quantity, count, decimals_of, number
from pathlift.result.model import Power, Result, Span


def power_table(result: Result) -> Table | None:
    """Smallest difference that the design finds.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Table or None
        None where nothing is known.
    """
    power = result.power
    if not power.mde and not power.not_estimated:
        return None
    primary = [e for e in result.estimates if e.metric == result.power.primary]
    shares = bool(primary) and primary[0].kind == "proportion"
    quantity: Quantity = "points" if shares else "plain_difference"
    named = {f"{e.arm}-{e.control}": f"{e.arm} vs {e.control}" for e in primary}
    both_sides = [Span(estimate=0.0, low=-mde, high=mde) for mde in power.mde.values()]
    decimals = decimals_of(both_sides, quantity)
    return Table(
        title="Power",
        about=(
            f"Smallest difference in {power.primary} that {count(power.units)} "
            f"mature units find with 80% power; descriptive.{_left_words(power)}"
        ),
        head=("Contrast", "Smallest difference"),
        rows=(
            *(
                (named.get(contrast, contrast), number(mde, quantity, decimals).lstrip("+"))
                for contrast, mde in power.mde.items()
            ),
            *(
                (named.get(contrast, contrast), f"not estimated: {reason}")
                for contrast, reason in power.not_estimated.items()
            ),
        ),
    )


def _left_words(power: Power) -> str:
    """What of the plan is to come; nothing where all is there."""
    planned = (
        "" if power.planned_units is None else f" Planned: {count(power.planned_units)} units."
    )
    if not power.units_left and not power.days_left:
        return planned
    left, days = power.units_left or 0, power.days_left
    units = f"{left:,} {'unit' if left == 1 else 'units'}"
    wait = "" if days is None else f", {days:,} {'day' if days == 1 else 'days'}"
    return f"{planned} Left: {units}{wait}."
