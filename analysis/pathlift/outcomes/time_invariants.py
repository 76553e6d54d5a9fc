"""Whether times to an event hold the units and the conversions of the other tables (methods 3.1).

Integer equality, on every run that follows units. A difference is a bug of ours.
"""

from collections import Counter
from collections.abc import Hashable
from typing import TypeVar

from pathlift.outcomes.invariants import InvariantError
from pathlift.statistics.cells import CellTable, label
from pathlift.statistics.moments import MomentTable
from pathlift.statistics.times import Endpoint, Time, TimeTable

_Key = TypeVar("_Key", bound=Hashable)


def check_times(
    times: TimeTable | None,
    moments: MomentTable,
    cells: CellTable,
    *,
    label_class: int,
    conversion: str | None,
    stages: tuple[str, ...],
) -> None:
    """Compare times with moments and cells.

    Parameters
    ----------
    times : TimeTable or None
        None: nothing to compare.
    moments : MomentTable
    cells : CellTable
        Empty without stages.
    label_class : int
        Maturity class from which on every bin of a unit was followed.
    conversion : str or None
        The metric that is the outcome.
    stages : tuple of str
        Declared.

    Raises
    ------
    InvariantError
        With the figures that differ.
    """
    if times is None:
        return
    _units(times, moments)
    _ends(times, label_class)
    _conversions(times, moments, label_class, conversion)
    if stages:
        _labels(times, cells, label_class, stages)
    _clusters(times)


def _units(times: TimeTable, moments: MomentTable) -> None:
    expected: Counter[tuple[str, int]] = Counter()
    for row, group in enumerate(moments.groups):
        if not group.population:
            expected[group.arm, group.maturity] += int(moments.units[row])
    for endpoint in sorted({time.endpoint for time in times.times}):
        found: Counter[tuple[str, int]] = Counter()
        for time, units in zip(times.times, times.units, strict=True):
            if time.endpoint == endpoint and time.cluster is None:
                found[time.arm, time.maturity] += int(units)
        _equal(found, expected, f"times to {endpoint} and moments: units")


def _ends(times: TimeTable, label_class: int) -> None:
    """Whoever is mature was followed to the end, and nobody else was."""
    for time in times.times:
        if time.cluster is not None:
            continue
        ripe = time.maturity >= label_class
        if not 0 <= time.bin <= times.bins or (
            time.cause is None and ripe != (time.bin == times.bins)
        ):
            raise InvariantError(f"times: {time} in {times.bins} bins")


def _conversions(
    times: TimeTable, moments: MomentTable, label_class: int, conversion: str | None
) -> None:
    names = [variable.name for variable in moments.variables]
    if conversion not in names:
        return
    column = names.index(conversion)
    expected: Counter[tuple[str, int]] = Counter()
    for row, group in enumerate(moments.groups):
        if not group.population and group.maturity >= label_class:
            expected[group.arm, group.maturity] += int(moments.sums[row, column])
    found: Counter[tuple[str, int]] = Counter()
    for time, units in zip(times.times, times.units, strict=True):
        if time.endpoint == "purchase" and _happened(time, label_class):
            found[time.arm, time.maturity] += int(units)
    _equal(found, expected, "times to purchase and moments: conversions")


def _happened(time: Time, label_class: int) -> bool:
    """Whether mature units of a row, by no cluster, had the event."""
    return time.cause is not None and time.cluster is None and time.maturity >= label_class


def _labels(times: TimeTable, cells: CellTable, label_class: int, stages: tuple[str, ...]) -> None:
    expected: dict[Endpoint, Counter[tuple[str, int, int, int]]] = {
        "purchase": Counter(),
        "completion": Counter(),
    }
    for row, cell in enumerate(cells.cells):
        if cell.maturity < label_class:
            continue
        place = cell.arm, cell.maturity, cell.baseline, cell.label
        complete = label(cell.label, stages).kind == "complete"
        expected["purchase"][place] += int(cells.converted[row])
        expected["completion"][place] += int(cells.units[row] if complete else cells.converted[row])
    read = {time.endpoint for time in times.times}  # once all windows have ended, purchases alone
    for endpoint, counts in expected.items():
        if endpoint not in read:
            continue
        found: Counter[tuple[str, int, int, int]] = Counter()
        for time, units in zip(times.times, times.units, strict=True):
            if time.endpoint == endpoint and _happened(time, label_class):
                found[time.arm, time.maturity, time.baseline, time.cause or 0] += int(units)
        _equal(found, counts, f"times to {endpoint} and cells: units by label")


def _clusters(times: TimeTable) -> None:
    """Clusters of an arm hold all of its units."""
    sums: dict[bool, Counter[tuple[str, str, int, int | None]]] = {
        True: Counter(),
        False: Counter(),
    }
    for time, units in zip(times.times, times.units, strict=True):
        if time.arm in times.clustered:
            key = time.arm, time.endpoint, time.bin, time.cause
            sums[time.cluster is not None][key] += int(units)
    _equal(sums[True], sums[False], "times by cluster and times: units")


def _equal(found: Counter[_Key], expected: Counter[_Key], what: str) -> None:
    off = [key for key in found.keys() | expected.keys() if found[key] != expected[key]]
    if off:  # of a counter, what is absent is 0
        raise InvariantError(f"{what}: {[(key, found[key], expected[key]) for key in off]}")
