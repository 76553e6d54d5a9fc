"""From the table of unit facts to tables of statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from sqlglot import exp

from pathlift.outcomes.composing import aliased, call, compose, name, parse
from pathlift.outcomes.engine import Ask
from pathlift.outcomes.fact_table import FactTable
from pathlift.outcomes.variables import Moments
from pathlift.statistics.cells import Cell, CellTable
from pathlift.statistics.collected import RuleCount
from pathlift.statistics.moments import Group, MomentTable, objects

_DENSE = 8  # units per combination of keys from which a layer in between pays


@dataclass(frozen=True, slots=True, kw_only=True)
class Populations:
    """Units of which each metric is read.

    Attributes
    ----------
    columns : mapping of str to tuple of str
        By name of the population: columns of ``facts`` that are not NULL in its units.
    metrics : mapping of str to str
        Population of a metric, where it is not that of all units.
    """

    columns: Mapping[str, tuple[str, ...]]
    metrics: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The three tables of moments."""

    moments: MomentTable
    days: MomentTable
    segments: MomentTable


def sums(
    ask: Ask, table: FactTable, chosen: Moments, populations: Populations, combinations: int
) -> Sums:
    """Tables of moments.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    table : FactTable
    chosen : Moments
        Variables and products.
    populations : Populations
    combinations : int
        Units per combination of all keys, about: decides whether tables are made through a layer.

    Returns
    -------
    Sums
        Groups in ascending order of arm number, maturity, population, day, segment and level.
    """
    keys = ["arm", "maturity", *(["day"] if table.days else [])]
    keys += [f"segment{place}" for place in range(len(table.segments))]
    layered = combinations >= _DENSE
    if layered:
        ask("layer", over_facts("layer", chosen, keys, exp.true()))

    def grouped(title: str, by: Sequence[str], population: str = "") -> list[tuple[Any, ...]]:
        if layered and not population:
            query = compose("rollup", keys=[name(key, "layer") for key in by], sums=chosen.rolled())
        else:
            kept = [
                parse("$c is not null", c=name(column, "facts"))
                for column in populations.columns.get(population, ())
            ]
            query = over_facts("moments", chosen, by, exp.and_(*kept) if kept else exp.true())
        return sorted(ask(title, query), key=lambda row: _sortable(row[: len(by)]))

    arms, width = table.arms, 2
    whole: list[tuple[Group, tuple[Any, ...]]] = []
    levels: list[tuple[Group, tuple[Any, ...]]] = []
    for population in ("", *populations.columns):
        title = f"moments {population}".strip()
        for row in grouped(title, ["arm", "maturity"], population):
            group = Group(arm=arms[row[0]], maturity=row[1], population=population)
            whole.append((group, row[width:]))
        for place, dimension in enumerate(table.segments):
            title = f"segment {dimension} {population}".strip()
            for row in grouped(title, ["arm", "maturity", f"segment{place}"], population):
                group = Group(
                    arm=arms[row[0]],
                    maturity=row[1],
                    population=population,
                    dimension=dimension,
                    level=row[2],
                )
                levels.append((group, row[width + 1 :]))
    by_day: list[tuple[Group, tuple[Any, ...]]] = []
    if table.days is not None:
        for row in grouped("days", ["arm", "maturity", "day"]):
            day = table.days.days[row[2]].isoformat()
            by_day.append((Group(arm=arms[row[0]], maturity=row[1], day=day), row[width + 1 :]))
    return Sums(
        moments=moment_table(chosen, whole),
        days=moment_table(chosen, by_day),
        segments=moment_table(chosen, levels),
    )


def over_facts(template: str, chosen: Moments, keys: Sequence[str], kept: exp.Expr) -> exp.Expr:
    """The query of a table of moments.

    Parameters
    ----------
    template : str
        ``moments``, or ``layer``, which keeps it.
    chosen : Moments
    keys : sequence of str
        Columns of ``facts`` to group by.
    kept : Expr
        Which rows.

    Returns
    -------
    Expr
    """
    return compose(
        template,
        keys=[name(key, "facts") for key in keys],
        sums=chosen.sums(),
        kept=kept,
    )


def _sortable(key: Sequence[Any]) -> list[tuple[bool, Any]]:
    return [(part is None, part) for part in key]


def moment_table(chosen: Moments, rows: Sequence[tuple[Group, tuple[Any, ...]]]) -> MomentTable:
    """A table of moments from what its query returned.

    Parameters
    ----------
    chosen : Moments
    rows : sequence of (Group, tuple)
        Each with units, sums, products and cubes, in this order.

    Returns
    -------
    MomentTable
    """
    ends = np.cumsum([1, len(chosen.columns), len(chosen.pairs), len(chosen.cubed)])
    units = np.empty(len(rows), dtype=object)
    for place, (_, numbers) in enumerate(rows):
        units[place] = numbers[0]
    parts = [
        objects((numbers[low:high] for _, numbers in rows), int(high - low))
        for low, high in pairwise(ends)
    ]
    return MomentTable(
        variables=chosen.variables,
        pairs=chosen.pairs,
        cubed=chosen.cubed,
        groups=tuple(group for group, _ in rows),
        units=units,
        sums=parts[0],
        products=parts[1],
        cubes=parts[2],
    )


def cells(ask: Ask, table: FactTable, chosen: Moments) -> CellTable:
    """Units by arm, label, baseline state and stratum; empty where no stages are declared.

    Parameters
    ----------
    ask : callable
    table : FactTable
    chosen : Moments
        Whose covariates are summed.

    Returns
    -------
    CellTable
    """
    covariates = [chosen.column(named) for named in chosen.covariates]
    first = 4 + len(table.strata)
    rows = ask("cells", _cells_query(table, chosen)) if table.stages else []
    rows = sorted(rows, key=lambda row: _sortable(row[:first]))
    found = [
        Cell(
            arm=table.arms[row[0]],
            maturity=row[1],
            label=row[2],
            baseline=row[3],
            stratum=stratum(row[4:first]),
        )
        for row in rows
    ]
    half, width = first + 4, len(covariates)
    counts = objects((row[first:half] for row in rows), 4)
    return CellTable(
        covariates=chosen.covariates,
        cells=tuple(found),
        units=counts[:, 0],
        converted=counts[:, 1],
        lm_elig=counts[:, 2],
        lm_conv=counts[:, 3],
        covariate_sums=objects((row[half : half + width] for row in rows), width),
        converted_covariate_sums=objects((row[half + width :] for row in rows), width),
    )


def _cells_query(table: FactTable, chosen: Moments) -> exp.Expr:
    strata = [name(f"stratum{place}", "facts") for place in range(len(table.strata))]
    return compose("cells", strata=strata, sums=covariate_sums(chosen))


def covariate_sums(chosen: Moments) -> list[exp.Expr]:
    """Sums of covariates over the units of a cell, then over those of them that converted.

    Parameters
    ----------
    chosen : Moments

    Returns
    -------
    list of Expr
    """
    over_all, over_converted = [], []
    for place, named in enumerate(chosen.covariates):
        column = chosen.column(named)
        adds = "sum" if column.variable.exact else "fsum"
        over_all.append(aliased(call(adds, column.stored), f"x{place}"))
        converted = parse("case when facts.converted = 1 then $x else 0 end", x=column.stored)
        over_converted.append(aliased(call(adds, converted), f"c{place}"))
    return [*over_all, *over_converted]


def stratum(levels: Sequence[str | None]) -> str:
    r"""One text for the levels of the strata; no two sets of levels share it.

    Parameters
    ----------
    levels : sequence of str or None
        None is NULL.

    Returns
    -------
    str

    Examples
    --------
    >>> stratum(["new", None, "a|b", "NULL"])
    'new|NULL|a\\|b|\\NULL'
    """
    return "|".join(_level(level) for level in levels)


def _level(level: str | None) -> str:
    if level is None:
        return "NULL"
    escaped = level.replace("\\", "\\\\").replace("|", "\\|")
    return "\\NULL" if escaped == "NULL" else escaped


def rules(ask: Ask, table: FactTable) -> tuple[RuleCount, ...]:
    """For how many units each rule of a stage fired, by arm and day of exposure.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    table : FactTable

    Returns
    -------
    tuple of RuleCount
    """
    if table.days is None or not table.fired:
        return ()
    counts = [
        aliased(parse("count(*) filter (where $t)", t=fired.test), f"f{place}")
        for place, fired in enumerate(table.fired)
    ]
    rows = ask("rules", compose("rules", fired=counts))
    return tuple(
        RuleCount(
            arm=table.arms[row[0]],
            stage=fired.stage,
            rule=fired.rule,
            surface="",
            day=table.days.days[row[1]].isoformat(),
            units=row[2],
            fired=row[3 + place],
        )
        for row in rows
        for place, fired in enumerate(table.fired)
    )
