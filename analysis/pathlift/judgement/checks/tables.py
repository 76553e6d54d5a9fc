"""Do the tables of statistics add up to each other, unit by unit? Methods 4, V28."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial

from pathlift.judgement import words
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group, MomentTable

Totals = Mapping[tuple[str, int], int]


def invariants(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Compare units and conversions of all tables as integers.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``fail`` where one integer differs: then no number of this run may be read.
    """
    wrong, compared = [], []
    whole = _units(statistics.moments)
    for name, part in _others(experiment, statistics, whole).items():
        compared.append(name)
        wrong += [
            f"{name}: {words.count(part.get(key, 0))} instead of {words.count(total)} in {key[0]}"
            for key, total in whole.items()
            if part.get(key, 0) != total
        ]
    if experiment.conversion and statistics.cells.cells:
        name = f"{experiment.conversion} by label"
        compared.append(name)
        wrong += [
            f"{name}: {words.count(there)} instead of {words.count(here)} in {arm}"
            for arm, here, there in _conversions(statistics, experiment.conversion)
            if here != there
        ]
    yield Check(
        id="invariants",
        severity="fail" if wrong else "pass",
        scope="experiment",
        message=(
            f"Tables do not add up ({'; '.join(wrong[:5])}). This is a fault of the program or of "
            "files that changed while they were read: run again, and report it if it stays."
            if wrong
            else "Every table adds up to the same integers."
        ),
        figures={"compared": compared, "wrong": wrong},
    )


def _others(experiment: Experiment, statistics: Statistics, whole: Totals) -> dict[str, Totals]:
    """Tables that must hold the same units, where they are there at all."""
    found: dict[str, Totals] = {}
    if statistics.days.groups and experiment.data.shape != "totals":
        found["units by day"] = _units(statistics.days)
    if statistics.cells.cells:
        cells: dict[tuple[str, int], int] = defaultdict(int)
        for row, cell in enumerate(statistics.cells.cells):
            cells[cell.arm, cell.maturity] += int(statistics.cells.units[row])
        found["units by label"] = cells
    for dimension in {group.dimension for group in statistics.segments.groups}:
        found[f"units by {dimension}"] = _units(
            statistics.segments.where(partial(_is_of, dimension))
        )
    if experiment.data.shape != "totals" and whole:
        by_arm: dict[str, int] = defaultdict(int)
        for (arm, _), units in whole.items():
            by_arm[arm] += units
        of_arms = {facts.arm: facts.units for facts in statistics.arms}
        # Held against each other once an arm, at the class where the arm's first row stands.
        first = {arm: next(key for key in whole if key[0] == arm) for arm in by_arm}
        found["units by arm"] = {
            key: units + (of_arms.get(key[0], 0) - by_arm[key[0]] if first[key[0]] == key else 0)
            for key, units in whole.items()
        }
    return found


def _is_of(dimension: str | None, group: Group) -> bool:
    return group.dimension == dimension


def _units(table: MomentTable) -> Totals:
    found: dict[tuple[str, int], int] = defaultdict(int)
    for group, units in zip(table.groups, table.units, strict=True):
        if group.population == "":
            found[group.arm, group.maturity] += int(units)
    return found


def _conversions(statistics: Statistics, conversion: str) -> Iterator[tuple[str, int, int]]:
    """Arm, conversions in the moments and in the cells, of units mature for labels."""
    moments, cells = statistics.moments, statistics.cells
    column = next(
        (i for i, variable in enumerate(moments.variables) if variable.name == conversion), None
    )
    if column is None or not moments.variables[column].exact:
        return
    here: dict[str, int] = defaultdict(int)
    for row, group in enumerate(moments.groups):
        if group.population == "" and group.maturity >= statistics.label_class:
            here[group.arm] += int(moments.sums[row, column])
    there: dict[str, int] = defaultdict(int)
    for row, cell in enumerate(cells.cells):
        if cell.maturity >= statistics.label_class:
            there[cell.arm] += int(cells.converted[row])
    for arm in here:
        yield arm, here[arm], there[arm]
