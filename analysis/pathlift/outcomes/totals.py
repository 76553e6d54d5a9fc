"""From rows that are already added up to the statistics that every shape gives.

A metric is read over the days that all analysed arms have for it. Which day of running totals is
the last is not read from its label: it is the day whose units are largest in every arm.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from pathlift.errors import DataError, Problem
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.fingerprint import fingerprint
from pathlift.outcomes.observing import observations, source_facts
from pathlift.outcomes.relations import Names
from pathlift.outcomes.totals_rows import (
    Aggregated,
    Row,
    Rows,
    aggregated,
    parts,
    read_rows,
    theirs,
)
from pathlift.registry.experiment import (
    Experiment,
    Metric,
    TotalsMoments,
    TotalsProportion,
    TotalsSums,
)
from pathlift.statistics.cells import CellTable
from pathlift.statistics.collected import ArmFacts, Count, Statistics
from pathlift.statistics.moments import Group, MomentTable, Number, Variable, objects

_NO_PRODUCT = "totals hold no product of two metrics, which the variance of a ratio needs"


def collect_totals(
    engine: Engine, experiment: Experiment, described: Mapping[str, Described]
) -> Statistics:
    """The statistics of an experiment of shape totals.

    Parameters
    ----------
    engine : Engine
    experiment : Experiment
    described : mapping of str to Described
        From `pathlift.outcomes.sources.describe`.

    Returns
    -------
    Statistics
        `moments` has the group ``population=""`` of each analysed arm with the units of all days,
        and of the metrics that count among them on all days; each other metric has a group of its
        own name, with its own units over the days that it uses. `days` has the same by day, and is
        empty where rows have no day or are running totals. Quality counters: ``missing_outcome``
        (rows of an arm in which a metric has a NULL) and ``unmatched_days`` (days that an arm
        lacks), both by arm; ``days_used`` by metric.

    Raises
    ------
    DataError
        As in `pathlift.outcomes.totals_rows.read_rows`; and running totals that fall.
    """
    one = described["totals"]
    names = Names(one, experiment)
    read = read_rows(engine, experiment, one)
    if one.source.cumulative:
        _refuse_falling(read, experiment, names, one)
    plans = [
        _plan(metric, source, read, experiment, names, one)
        for metric, source in aggregated(experiment)
    ]
    kept = [plan for plan in plans if plan.days]
    table = _table(kept, read, experiment, one)
    by_day = read.days and not one.source.cumulative
    return Statistics(
        arms=_arms(read, experiment, one),
        population={plan.metric.name: plan.population for plan in kept if plan.population},
        moments=table.by(lambda group: replace(group, day=None)),
        days=table if by_day else _empty(table),
        segments=_empty(table),
        cells=_no_cells(),
        quality=tuple(_quality(plans, read, experiment)),
        not_estimated=_not_estimated(experiment, plans),
        sources=source_facts(described, experiment),
        fingerprint=fingerprint(described, experiment),
        observations=observations(described, experiment),
        sql={"totals": read.sql},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """Over which days a metric is read, and how its numbers are stored."""

    metric: Metric
    source: Aggregated
    units: str
    days: tuple[str | None, ...]
    population: str
    variable: Variable
    names: Names

    def numbers(self, row: Row) -> tuple[int, Fraction, Fraction]:
        """Units, sum and sum of squares of one row."""
        units = _whole(row.values[self.units])
        match self.source:
            case TotalsProportion(successes=successes):
                total = _known(row, theirs(successes, self.names))
                return units, total, total
            case TotalsSums(sum=total, sum_squares=squares):
                return (
                    units,
                    _known(row, theirs(total, self.names)),
                    _known(row, theirs(squares, self.names)),
                )
            case TotalsMoments(mean=mean, variance=variance):
                centre = _known(row, theirs(mean, self.names))
                spread = _known(row, theirs(variance, self.names))
                return units, units * centre, max(units - 1, 0) * spread + units * centre**2

    def stored(self, row: Row) -> tuple[int, Number, Number]:
        """The same in units of the variable, after its shift."""
        units, total, squares = self.numbers(row)
        unit, shift = _decimal(self.variable.unit), Fraction(self.variable.shift)
        first = (total - units * shift) / unit
        second = (squares - 2 * shift * total + units * shift**2) / unit**2
        if self.variable.exact:
            return units, _whole(first), _whole(second)
        return units, float(first), float(second)


def _plan(
    metric: Metric,
    source: Aggregated,
    read: Rows,
    experiment: Experiment,
    names: Names,
    one: Described,
) -> _Plan:
    units = theirs(source.units, names)
    columns = _columns(source, names)
    arms = {arm.name for arm in experiment.analyzed_arms}
    present: dict[str | None, set[str]] = {}
    for row in read.rows:
        if all(row.values[column] is not None for column in columns):
            present.setdefault(row.day, set()).add(row.arm)
    shared = [day for day, of in present.items() if of >= arms]
    every = {row.day for row in _counted_rows(read, experiment, one)}
    if one.source.cumulative and shared:
        shared = [_last(shared, read, units)]
    whole = set(shared) == every
    plan = _Plan(
        metric=metric,
        source=source,
        units=units,
        days=tuple(shared),
        population="" if whole and units.lower() == read.units.lower() else metric.name,
        variable=Variable(name=metric.name),
        names=names,
    )
    return replace(plan, variable=_variable(plan, read))


def _variable(plan: _Plan, read: Rows) -> Variable:
    """Exact where sums are integers or decimals, else shifted by the mean over all rows."""
    name = plan.metric.name
    match plan.source:
        case TotalsProportion():
            return Variable(name=name)
        case TotalsSums(sum=total, sum_squares=squares):
            first = read.scales[theirs(total, plan.names)]
            second = read.scales[theirs(squares, plan.names)]
            if first is not None and second is not None:
                digits = max(first, (second + 1) // 2)
                return Variable(name=name, unit=10.0**-digits)
        case TotalsMoments():
            pass
    rows = [plan.numbers(row) for row in read.rows if row.day in plan.days and _has(plan, row)]
    units = sum(row[0] for row in rows)
    shift = float(sum((row[1] for row in rows), Fraction(0)) / units) if units else 0.0
    return Variable(name=name, exact=False, shift=shift)


def _has(plan: _Plan, row: Row) -> bool:
    return all(row.values[column] is not None for column in _columns(plan.source, plan.names))


def _columns(source: Aggregated, names: Names) -> tuple[str, ...]:
    return tuple(theirs(column, names) for column in parts(source))


def _table(
    plans: Sequence[_Plan], read: Rows, experiment: Experiment, one: Described
) -> MomentTable:
    """One row per arm, population and day."""
    arms = {arm.name for arm in experiment.analyzed_arms}
    variables = tuple(plan.variable for plan in plans)
    groups: list[Group] = []
    units: list[int] = []
    sums: list[list[Number]] = []
    products: list[list[Number]] = []
    for row in _counted_rows(read, experiment, one):
        groups.append(Group(arm=row.arm, day=row.day))
        units.append(_whole(row.values[read.units]))
        sums.append([0] * len(plans))
        products.append([0] * len(plans))
    place = {group: position for position, group in enumerate(groups)}
    for column, plan in enumerate(plans):
        for row in read.rows:
            if row.arm not in arms or row.day not in plan.days:
                continue
            group = Group(arm=row.arm, day=row.day, population=plan.population)
            count, first, second = plan.stored(row)
            if group not in place:
                place[group] = len(groups)
                groups.append(group)
                units.append(count)
                sums.append([0] * len(plans))
                products.append([0] * len(plans))
            sums[place[group]][column] = first
            products[place[group]][column] = second
    return MomentTable(
        variables=variables,
        pairs=tuple((variable.name, variable.name) for variable in variables),
        groups=tuple(groups),
        units=_integers(units),
        sums=objects(sums, len(plans)),
        products=objects(products, len(plans)),
        cubes=objects([()] * len(groups), 0),
    )


def _arms(read: Rows, experiment: Experiment, one: Described) -> tuple[ArmFacts, ...]:
    rows = _counted_rows(read, experiment, one)
    facts = []
    for arm in experiment.arms:
        own = [row for row in (rows if arm.analyzed else read.rows) if row.arm == arm.name]
        counts = [_whole(row.values[read.units]) for row in own]
        units = max(counts, default=0) if one.source.cumulative else sum(counts)
        facts.append(ArmFacts(arm=arm.name, units=units, matured_units=units))
    return tuple(facts)


def _quality(plans: Sequence[_Plan], read: Rows, experiment: Experiment) -> Iterator[Count]:
    arms = [arm.name for arm in experiment.analyzed_arms]
    every = {row.day for row in read.rows if row.arm in arms}
    for arm in arms:
        lacking = len(every - {row.day for row in read.rows if row.arm == arm})
        yield Count(name="unmatched_days", count=lacking, arm=arm)
    for plan in plans:
        for arm in arms:
            missing = sum(row.arm == arm and not _has(plan, row) for row in read.rows)
            yield Count(name="missing_outcome", count=missing, arm=arm, other=plan.metric.name)
        if read.days:
            yield Count(name="days_used", count=len(plan.days), other=plan.metric.name)


def _not_estimated(experiment: Experiment, plans: Sequence[_Plan]) -> dict[str, str]:
    reasons = {
        plan.metric.name: "no row has a value in every arm" for plan in plans if not plan.days
    }
    planned = {plan.metric.name for plan in plans}
    return reasons | {
        metric.name: _NO_PRODUCT for metric in experiment.metrics if metric.name not in planned
    }


def _refuse_falling(read: Rows, experiment: Experiment, names: Names, one: Described) -> None:
    """Running totals never fall: rows ordered by units must be ordered by every other count."""
    counts = {read.units: one.source.at}
    for metric, source in aggregated(experiment):
        counts[theirs(source.units, names)] = metric.at
        if isinstance(source, TotalsProportion):
            counts[theirs(source.successes, names)] = metric.at
    problems = []
    for arm in experiment.arms:
        rows = [row for row in read.rows if row.arm == arm.name]
        ordered = sorted(
            (row for row in rows if row.values[read.units] is not None),
            key=lambda row: row.values[read.units] or 0,
        )
        for column, at in counts.items():
            seen = [(row, row.values[column]) for row in ordered if row.values[column] is not None]
            for (before, low), (after, high) in pairwise(seen):
                grown = before.values[read.units] != after.values[read.units]
                if grown and low is not None and high is not None and high < low:
                    problems.append(
                        Problem(
                            message=f"totals: {column!r} of arm {arm.name!r} falls from "
                            f"{float(low):g} (day {before.day!r}) to {float(high):g} "
                            f"(day {after.day!r}) while units grow; running totals never fall",
                            at=at,
                            hint="rows that stand for themselves need no `cumulative: true`",
                        )
                    )
                    break
    if problems:
        raise DataError(problems)


def _counted_rows(read: Rows, experiment: Experiment, one: Described) -> tuple[Row, ...]:
    """Rows of analysed arms whose units count: all, or of running totals the last shared day's."""
    arms = {arm.name for arm in experiment.analyzed_arms}
    rows = tuple(row for row in read.rows if row.arm in arms)
    if not one.source.cumulative:
        return rows
    of: dict[str | None, set[str]] = {}
    for row in rows:
        of.setdefault(row.day, set()).add(row.arm)
    shared = [day for day, there in of.items() if there == arms]
    if not shared:
        raise DataError(
            [
                Problem(
                    message="totals: no day of the running totals has a row in every arm",
                    at=one.source.at,
                    hint="days are compared as text",
                )
            ]
        )
    last = _last(shared, read, read.units)
    return tuple(row for row in rows if row.day == last)


def _last(days: Sequence[str | None], read: Rows, units: str) -> str | None:
    """The day on which running units are largest; counts decide between days without new units."""

    def reached(day: str | None) -> tuple[Fraction, Fraction]:
        rows = [row for row in read.rows if row.day == day]
        everything = sum(
            (value for row in rows for value in row.values.values() if value is not None),
            Fraction(0),
        )
        return sum((row.values[units] or Fraction(0) for row in rows), Fraction(0)), everything

    return max(days, key=reached)


def _known(row: Row, column: str) -> Fraction:
    value = row.values[column]
    if value is None:
        raise ValueError(f"{column} is NULL in a row that a plan uses")
    return value


def _whole(number: Fraction | None) -> int:
    if number is None:
        return 0
    if number.denominator != 1:
        raise ValueError(f"{number} is not whole")
    return number.numerator


def _decimal(unit: float) -> Fraction:
    return Fraction(repr(unit))


def _integers(numbers: Sequence[int]) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    array = np.empty(len(numbers), dtype=object)
    array[:] = numbers
    return array


def _empty(table: MomentTable) -> MomentTable:
    return table.where(lambda _: False)


def _no_cells() -> CellTable:
    return CellTable(
        covariates=(),
        cells=(),
        units=_integers([]),
        converted=_integers([]),
        covariate_sums=objects([], 0),
        converted_covariate_sums=objects([], 0),
    )
