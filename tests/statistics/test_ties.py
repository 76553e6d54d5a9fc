"""What a tie can stand for: held against the times of stages, one after the other."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.clusters import with_clusters
from tests.support.units import statistics_of

from pathlift.statistics.cells import UNKNOWN, Cell, CellTable, all_codes, label
from pathlift.statistics.landmarks import ClusterCell, LandmarkTable
from pathlift.statistics.moments import objects
from pathlift.statistics.multiverse import CrossTable, Multiverse, Pair, PresetTable
from pathlift.statistics.ties import break_ties, broken_by, could_be, tied_as
from pathlift.statistics.times import Time, TimeTable

STAGES = ("need", "touchpoint", "trust")
WEIGHTS = dict(zip(STAGES, (16, 4, 1), strict=True))
PRIORITIES = tuple(permutations(STAGES))
TIMES = tuple(product((None, 0, 1, 2), repeat=3))  # all ways to lie in three cells, or in none


def code_of(times: dict[str, float]) -> int:
    """The label of times, by counting who is earlier."""
    return sum(
        WEIGHTS[stage] * (1 + sum(other < at for other in times.values()))
        for stage, at in times.items()
    )


@pytest.mark.parametrize("priority", PRIORITIES, ids=">".join)
def test_a_broken_tie_is_the_label_of_times_that_are_a_little_apart(
    priority: tuple[str, ...],
) -> None:
    seen = set()
    for cells in TIMES:
        times = {s: float(c) for s, c in zip(STAGES, cells, strict=True) if c is not None}
        apart = {stage: at + priority.index(stage) / 10 for stage, at in times.items()}
        seen.add(code_of(times))
        assert broken_by(code_of(times), priority) == code_of(apart)
    assert seen == set(all_codes()) - {UNKNOWN}
    assert broken_by(UNKNOWN, priority) == UNKNOWN


def test_a_tie_can_be_every_ordering_that_some_small_delays_give() -> None:
    for cells in TIMES:
        times = {s: float(c) for s, c in zip(STAGES, cells, strict=True) if c is not None}
        code = code_of(times)
        delayed = {
            label(
                code_of({s: at + order.index(s) / 10 for s, at in times.items()}), STAGES
            ).ordering
            for order in PRIORITIES
        }
        whole = len(times) == 3 and len(set(times.values())) < 3
        assert set(could_be(code, STAGES)) == (delayed if whole else set())
    assert len(could_be(code_of(dict.fromkeys(STAGES, 0.0)), STAGES)) == 6
    assert could_be(UNKNOWN, STAGES) == ()


def test_with_two_stages_a_tie_can_be_both_ways() -> None:
    both = label(code_of({"need": 0, "trust": 0})).code
    assert could_be(both, ("need", "trust")) == ("need>trust", "trust>need")
    assert could_be(both, STAGES) == ()  # of three stages it is not complete


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.sampled_from(all_codes()),
            st.booleans(),
            st.sampled_from(["one", "two", None]),
        ),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from(PRIORITIES),
)
@settings(max_examples=60)
def test_breaking_ties_moves_units_between_labels_and_nowhere_else(
    units: list[tuple[str, int, bool, str | None]], priority: tuple[str, ...]
) -> None:
    arms, labels = [arm for arm, *_ in units], [code for _, code, *_ in units]
    bought, clusters = [bought for *_, bought, _ in units], [cluster for *_, cluster in units]
    columns = {"conversion": np.array(bought, dtype=int)}
    plain = statistics_of(arms, columns, labels=labels, declared=("a", "b"))
    given_ = with_clusters(
        plain, arms, {"conversion": columns["conversion"]}, clusters, labels=labels
    )
    new = [broken_by(code, priority) for code in labels]
    wanted = with_clusters(
        statistics_of(arms, columns, labels=new, declared=("a", "b")),
        arms,
        {"conversion": columns["conversion"]},
        clusters,
        labels=new,
    )
    found = break_ties(given_, priority)
    assert dict(found.cells.counts()) == dict(wanted.cells.counts())
    assert found.clusters is not None
    assert wanted.clusters is not None
    assert found.clusters.labels == wanted.clusters.labels
    assert found.clusters.label_units.tolist() == wanted.clusters.label_units.tolist()
    assert found.clusters.label_converted.tolist() == wanted.clusters.label_converted.tolist()
    assert break_ties(given_, ()) is given_


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.sampled_from(all_codes()),
            st.booleans(),
            st.sampled_from(["one", "two", None]),
        ),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([">".join(order) for order in PRIORITIES]),
    st.sampled_from([(), ("a",), ("b",), ("a", "b")]),
)
@settings(max_examples=60)
def test_ties_of_some_arms_are_counted_as_an_ordering_unit_by_unit(
    units: list[tuple[str, int, bool, str | None]], ordering: str, among: tuple[str, ...]
) -> None:
    arms, labels = [arm for arm, *_ in units], [code for _, code, *_ in units]
    bought, clusters = [bought for *_, bought, _ in units], [cluster for *_, cluster in units]
    columns = {"conversion": np.array(bought, dtype=int)}
    plain = statistics_of(arms, columns, labels=labels, declared=("a", "b"))
    given_ = with_clusters(
        plain, arms, {"conversion": columns["conversion"]}, clusters, labels=labels
    )
    strict = next(code for code in all_codes() if label(code).ordering == ordering)
    new = [
        strict if arm in among and ordering in could_be(code, STAGES) else code
        for arm, code in zip(arms, labels, strict=True)
    ]
    wanted = with_clusters(
        statistics_of(arms, columns, labels=new, declared=("a", "b")),
        arms,
        {"conversion": columns["conversion"]},
        clusters,
        labels=new,
    )
    found = tied_as(given_, ordering, among, STAGES)
    assert dict(found.cells.counts()) == dict(wanted.cells.counts())
    assert found.clusters is not None
    assert wanted.clusters is not None
    for place, code in enumerate(found.clusters.labels):
        has = code in wanted.clusters.labels
        at = wanted.clusters.labels.index(code) if has else 0
        for mine, theirs in (
            (found.clusters.label_units, wanted.clusters.label_units),
            (found.clusters.label_converted, wanted.clusters.label_converted),
        ):
            assert mine[:, place].tolist() == (theirs[:, at].tolist() if has else [0] * len(mine))


def test_every_table_with_labels_has_its_ties_broken() -> None:
    # need=touchpoint=trust is 21; by trust > need > touchpoint it is 2*16 + 3*4 + 1 = 45
    tied, strict = 21, 45
    plain = statistics_of(["a", "a"], {"conversion": np.array([1, 0])}, labels=[tied, strict])
    clustered = with_clusters(
        plain, ["a", "a"], {"conversion": np.array([1, 0])}, ["x", "y"], labels=[tied, strict]
    )
    cells = CellTable(
        covariates=(),
        cells=(Cell(arm="a", maturity=0, label=tied), Cell(arm="a", maturity=0, label=strict)),
        units=objects([(3,), (4,)], 1)[:, 0],
        converted=objects([(1,), (2,)], 1)[:, 0],
        covariate_sums=objects([(), ()], 0),
        converted_covariate_sums=objects([(), ()], 0),
    )
    pair = Pair(arm="a", maturity=0, one=tied, other=63)
    row = ClusterCell(cell=Cell(arm="a", maturity=0, label=tied), cluster="x")
    times = (
        Time(arm="a", endpoint="purchase", bin=1, cause=tied),
        Time(arm="a", endpoint="purchase", bin=1, cause=strict),
        Time(arm="a", endpoint="purchase", bin=1, cause=None),
    )
    whole = replace(
        clustered,
        landmarks=LandmarkTable(rows=(row,), lm_elig=np.array([2]), lm_conv=np.array([1])),
        times=TimeTable(length=1, bins=2, times=times, units=np.array([5, 6, 7])),
        multiverse=Multiverse(
            presets=(PresetTable(preset="strict", cells=cells, clusters=clustered.clusters),),
            pairs=(CrossTable(one="base", other="strict", units={pair: 3}, converted={pair: 1}),),
        ),
    )
    found = break_ties(whole, ("trust", "need", "touchpoint"))
    assert {cell.label for cell in found.cells.cells} == {strict}
    assert found.clusters is not None
    assert found.clusters.labels == (strict,)
    assert found.landmarks is not None
    assert [row.cell.label for row in found.landmarks.rows] == [strict]
    assert found.times is not None
    assert {t.cause: int(n) for t, n in zip(found.times.times, found.times.units, strict=True)} == {
        strict: 11,
        None: 7,
    }
    preset = found.multiverse.presets[0]
    assert list(preset.cells.counts().values()) == [(7, 3)]
    assert preset.clusters is not None
    assert preset.clusters.labels == (strict,)
    assert [p.one for p in found.multiverse.pairs[0].units] == [strict]
