"""Eligible units add up: over cells, over clusters, and over arms that are read as one."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.lots import counts_of, statistics_of_counts

from pathlift.outcomes.invariants import InvariantError
from pathlift.outcomes.invariants import check as check_invariants
from pathlift.simulation import scenario
from pathlift.simulation.landmarks import lots
from pathlift.statistics.cells import Cell
from pathlift.statistics.combining import combine_arms
from pathlift.statistics.landmarks import ClusterCell, LandmarkTable

WORLD = lots(scenario("intent"), landmark=7)
BASE = statistics_of_counts(WORLD, counts_of(WORLD, 500, np.random.default_rng(1)))


def row(arm: str, cluster: str, label: int = 27) -> ClusterCell:
    return ClusterCell(cell=Cell(arm=arm, maturity=0, label=label), cluster=cluster)


TABLE = LandmarkTable(
    rows=(row("content", "k"), row("influencer", "k"), row("influencer", "l")),
    lm_elig=np.array([5, 6, 7]),
    lm_conv=np.array([1, 2, 3]),
)


def test_arms_that_are_read_as_one_add_up_in_cells_and_clusters() -> None:
    into = {"content": "social", "influencer": "social"}
    found = combine_arms(replace(BASE, landmarks=TABLE), into)
    cells = found.cells
    for whole, before in ((cells.lm_elig, BASE.cells.lm_elig), (cells.lm_conv, BASE.cells.lm_conv)):
        assert whole.sum() == before.sum()
    assert {cell.arm for cell in cells.cells} == {"search", "social"}
    assert found.landmarks is not None
    assert found.landmarks.rows == (row("social", "k"), row("social", "l"))
    assert found.landmarks.lm_elig.tolist() == [11, 7]
    assert found.landmarks.lm_conv.tolist() == [3, 3]


def test_a_cell_of_a_cluster_stands_once_and_counts_fit() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        LandmarkTable(rows=(row("a", "k"), row("a", "k")), lm_elig=TABLE.lm_elig[:2],
                      lm_conv=TABLE.lm_conv[:2])  # fmt: skip
    with pytest.raises(ValueError, match="expected 1 rows"):
        LandmarkTable(rows=(row("a", "k"),), lm_elig=TABLE.lm_elig, lm_conv=TABLE.lm_conv)


def test_more_converted_than_eligible_is_a_fault_of_ours() -> None:
    wrong = replace(BASE.cells, lm_conv=BASE.cells.lm_elig + 1)
    with pytest.raises(InvariantError, match="landmark of"):
        check_invariants(
            arms=(), moments=BASE.moments, days=BASE.days, segments=BASE.segments, cells=wrong,
            conversion=None, timed=False,
        )  # fmt: skip
