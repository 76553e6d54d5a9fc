"""Sums of the units that were seen in several arms, so that results can be read without them."""

from typing import Any

from sqlglot import exp

from pathlift.outcomes.composing import name, parse
from pathlift.outcomes.fact_table import FactTable
from pathlift.outcomes.running import Run
from pathlift.outcomes.tables import Populations, moment_table, over_facts
from pathlift.outcomes.variables import Moments
from pathlift.statistics.moments import Group, MomentTable

_SEEN = "facts.i in (select exposed.i from exposed where exposed.next_arm is not null)"


def crossed(
    run: Run, table: FactTable, chosen: Moments, populations: Populations
) -> MomentTable | None:
    """Moments of units that moved to another arm; a query only where there are any.

    Parameters
    ----------
    run : Run
        With the tables ``exposed`` and ``facts``.
    table : FactTable
    chosen : Moments
        Variables and products.
    populations : Populations

    Returns
    -------
    MomentTable or None
        By arm and maturity, as the moments of all units are. None where nobody crossed, or who
        did is not analysed.
    """
    if run.experiment.analysis.crossovers != "first_arm" or not run.count("crossed"):
        return None
    rows: list[tuple[Group, tuple[Any, ...]]] = []
    for population in ("", *populations.columns):
        known = [
            parse("$c is not null", c=name(column, "facts"))
            for column in populations.columns.get(population, ())
        ]
        query = over_facts("moments", chosen, ["arm", "maturity"], exp.and_(parse(_SEEN), *known))
        title = f"crossed {population}".strip()
        for arm, maturity, *numbers in sorted(run.ask(title, query), key=lambda row: row[:2]):
            group = Group(arm=table.arms[arm], maturity=maturity, population=population)
            rows.append((group, tuple(numbers)))
    return moment_table(chosen, rows)
