"""Times that disagree with the other tables of a run are a bug, and stop it."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.times import time_table
from tests.support.units import statistics_of

from pathlift.outcomes.invariants import InvariantError
from pathlift.outcomes.time_invariants import check_times
from pathlift.statistics.moments import Group, MomentTable
from pathlift.statistics.times import TimeTable

STAGES = ("need", "touchpoint", "trust")
# four mature units, of which two converted (labels 27 and 0), and two within their window
ARMS = ["a", "a", "a", "a", "a", "a"]
FOLLOWED = [14, 14, 14, 14, 3, 9]
HAPPENED = [2, None, 14, None, 2, None]
LABELS = [27, 16, 0, 0, 27, 0]


def table(**changes: object) -> TimeTable:
    given = {"followed": FOLLOWED, "happened": HAPPENED, "labels": LABELS} | changes
    both = [
        time_table(ARMS, **given),  # type: ignore[arg-type]
        # 27 is complete: the last stage came no later than the purchase
        time_table(ARMS, **given, endpoint="completion"),  # type: ignore[arg-type]
    ]
    return TimeTable(
        length=both[0].length,
        bins=14,
        times=tuple(time for part in both for time in part.times),
        units=np.concatenate([part.units for part in both]),
    )


def check(times: TimeTable | None, *, converted: tuple[int, ...] = (1, 0, 1, 0)) -> None:
    mature = statistics_of(
        ARMS[:4], {"conversion": np.array(converted)}, labels=LABELS[:4], declared=["a"]
    )
    open_ = statistics_of(ARMS[4:], {"conversion": np.array([1, 0])})
    moments = MomentTable(
        variables=mature.moments.variables,
        pairs=mature.moments.pairs,
        cubed=mature.moments.cubed,
        groups=(Group(arm="a", maturity=1), Group(arm="a")),
        units=np.array([4, 2], dtype=object),
        sums=np.vstack((mature.moments.sums, open_.moments.sums)),
        products=np.vstack((mature.moments.products, open_.moments.products)),
        cubes=np.vstack((mature.moments.cubes, open_.moments.cubes)),
    )
    cells = mature.cells.by(lambda cell: replace(cell, maturity=1))
    check_times(times, moments, cells, label_class=1, conversion="conversion", stages=STAGES)


def test_tables_of_the_same_units_agree() -> None:
    check(table())
    check(None)


@pytest.mark.parametrize(
    ("times", "what"),
    [
        pytest.param(table(happened=[2, None, None, None, 2, None]), "conversions", id="lost"),
        pytest.param(table(labels=[30, 16, 0, 0, 27, 0]), "units by label", id="other label"),
        pytest.param(table(followed=[14, 14, 14, 12, 3, 9]), "units", id="other maturity"),
    ],
)
def test_tables_that_disagree_stop_the_run(times: TimeTable, what: str) -> None:
    with pytest.raises(InvariantError, match=what):
        check(times)


def test_a_mature_unit_was_followed_to_the_end() -> None:
    times = table()
    short = replace(
        times,
        times=tuple(
            replace(time, bin=13) if time.cause is None and time.bin == 14 else time
            for time in times.times
        ),
    )
    with pytest.raises(InvariantError, match="in 14 bins"):
        check(short)


def test_clusters_hold_the_units_of_their_arm() -> None:
    clusters = ["x", "x", "y", "y", "x", "y"]
    both = table(clusters=clusters)
    with pytest.raises(InvariantError, match="by cluster"):
        check(replace(both, clustered=("a",), units=_one_more(both)))


def _one_more(times: TimeTable) -> np.ndarray:
    units = times.units.copy()
    units[[time.cluster is not None for time in times.times].index(True)] += 1
    return units
