"""Properties of the additive tables: parts add up, order does not matter, centring is exact."""

import statistics
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.statistics.cells import UNKNOWN, Cell, CellTable, all_codes, label
from pathlift.statistics.centring import centred, third_central
from pathlift.statistics.moments import Group, MomentTable, Variable, merge, objects

ROW = st.tuples(
    st.sampled_from(["a", "b"]),
    st.integers(0, 2),
    st.integers(-(10**9), 10**9),
    st.integers(-(10**6), 10**6),
)
ROWS = st.lists(ROW, min_size=1, max_size=30)
VARIABLES = (Variable(name="y", unit=0.01), Variable(name="x:age"))
PAIRS = (("y", "y"), ("y", "x:age"), ("x:age", "x:age"))


def table(rows: list[tuple[str, int, int, int]]) -> MomentTable:
    """One row per group, from rows of units (arm, maturity, y, x)."""
    members: dict[Group, list[tuple[int, int]]] = {}
    for arm, maturity, y, x in rows:
        members.setdefault(Group(arm=arm, maturity=maturity), []).append((y, x))
    units = np.empty(len(members), dtype=object)
    units[:] = [len(own) for own in members.values()]
    return MomentTable(
        variables=VARIABLES,
        pairs=PAIRS,
        cubed=("y",),
        groups=tuple(members),
        units=units,
        sums=objects(([sum(y for y, _ in o), sum(x for _, x in o)] for o in members.values()), 2),
        products=objects(
            (
                [sum(y * y for y, _ in o), sum(y * x for y, x in o), sum(x * x for _, x in o)]
                for o in members.values()
            ),
            3,
        ),
        cubes=objects(([sum(y**3 for y, _ in o)] for o in members.values()), 1),
    )


def numbers(moments: MomentTable) -> dict[Group, object]:
    return {
        group: (
            moments.units[row],
            moments.sums[row].tolist(),
            moments.products[row].tolist(),
            moments.cubes[row].tolist(),
        )
        for row, group in enumerate(moments.groups)
    }


@given(parts=st.lists(ROWS, min_size=1, max_size=4))
def test_merged_parts_are_the_table_of_all_rows(
    parts: list[list[tuple[str, int, int, int]]],
) -> None:
    whole = table([row for part in parts for row in part])
    assert numbers(merge([table(part) for part in parts])) == numbers(whole)


@given(one=ROWS, two=ROWS, three=ROWS)
def test_merging_knows_no_order(
    one: list[tuple[str, int, int, int]],
    two: list[tuple[str, int, int, int]],
    three: list[tuple[str, int, int, int]],
) -> None:
    a, b, c = table(one), table(two), table(three)
    assert numbers(merge([merge([a, b]), c])) == numbers(merge([c, merge([b, a])]))


@given(rows=ROWS)
def test_coarser_groups_add_up_to_the_table_without_that_key(
    rows: list[tuple[str, int, int, int]],
) -> None:
    coarse = table(rows).by(lambda group: Group(arm=group.arm))
    assert numbers(coarse) == numbers(table([(arm, 0, y, x) for arm, _, y, x in rows]))


@given(rows=ROWS)
def test_where_and_its_opposite_split_the_units(rows: list[tuple[str, int, int, int]]) -> None:
    whole = table(rows)
    kept = whole.where(lambda group: group.maturity > 0)
    rest = whole.where(lambda group: group.maturity == 0)
    assert numbers(kept) | numbers(rest) == numbers(whole)


@given(rows=st.lists(ROW, min_size=2, max_size=30), shift=st.integers(-(10**12), 10**12))
def test_covariances_do_not_move_with_a_shift(
    rows: list[tuple[str, int, int, int]], shift: int
) -> None:
    group = Group(arm="a")
    plain = table([("a", 0, y, x) for _, _, y, x in rows])
    moved = table([("a", 0, y + shift, x) for _, _, y, x in rows])
    # centred in integers before anything is a float, so equality is exact
    before, after = (
        centred(one, [group], ["y", "x:age"]).covariance.tolist() for one in (plain, moved)
    )
    assert before == after


@given(rows=st.lists(ROW, min_size=2, max_size=30))
def test_means_and_variances_are_those_of_the_rows(rows: list[tuple[str, int, int, int]]) -> None:
    found = centred(
        table([("a", 0, y, x) for _, _, y, x in rows]), [Group(arm="a")], ["x:age", "y"]
    )
    ages = [Fraction(x) for _, _, _, x in rows]
    cents = [Fraction(y, 100) for _, _, y, _ in rows]
    # the unit 0.01 is a double: two roundings
    assert found.mean[0] == pytest.approx(
        [float(statistics.mean(ages)), float(statistics.mean(cents))], rel=1e-14
    )
    assert found.covariance[0, 0, 0] == pytest.approx(float(statistics.variance(ages)), rel=1e-14)
    assert found.covariance[0, 1, 1] == pytest.approx(float(statistics.variance(cents)), rel=1e-14)
    assert found.covariance[0, 0, 1] == found.covariance[0, 1, 0]


@given(rows=st.lists(ROW, min_size=1, max_size=30))
def test_the_third_central_moment_is_that_of_the_rows(
    rows: list[tuple[str, int, int, int]],
) -> None:
    cents = [Fraction(y, 100) for _, _, y, _ in rows]
    mean = sum(cents) / len(cents)
    wanted = sum((y - mean) ** 3 for y in cents) / len(cents)
    found = third_central(table([("a", 0, y, x) for _, _, y, x in rows]), Group(arm="a"), "y")
    assert found == pytest.approx(float(wanted), rel=1e-12, abs=1e-12)  # the cube of a double unit


def test_a_large_mean_keeps_its_small_variance() -> None:
    # methods 3.1: a million rows of 1e9 and 1e9 + 1, alternating: variance 0.2500003 (n - 1)
    half = 500_000
    low, high = 10**9, 10**9 + 1
    units = np.empty(1, dtype=object)
    units[0] = 2 * half
    moments = MomentTable(
        variables=(Variable(name="y"),),
        pairs=(("y", "y"),),
        groups=(Group(arm="a"),),
        units=units,
        sums=objects([[half * (low + high)]], 1),
        products=objects([[half * (low * low + high * high)]], 1),
        cubes=objects([[]], 0),
    )
    found = centred(moments, [Group(arm="a")], ["y"]).covariance[0, 0, 0]
    assert found == pytest.approx(0.25 * 1_000_000 / 999_999, rel=1e-15)


def test_a_group_that_is_not_there_has_no_units_and_no_mean() -> None:
    found = centred(table([("a", 0, 1, 1)]), [Group(arm="z"), Group(arm="a")], ["y"])
    assert found.units.tolist() == [0.0, 1.0]
    assert np.isnan(found.mean[0, 0])
    assert np.isnan(found.covariance[1, 0, 0]), "one unit has no variance"


def test_tables_of_other_columns_are_not_added_up() -> None:
    one = table([("a", 0, 1, 1)])
    other = MomentTable(
        variables=(Variable(name="y", unit=0.1), VARIABLES[1]),
        pairs=PAIRS,
        cubed=("y",),
        groups=one.groups,
        units=one.units.copy(),
        sums=one.sums.copy(),
        products=one.products.copy(),
        cubes=one.cubes.copy(),
    )
    with pytest.raises(ValueError, match="different columns"):
        merge([one, other])


def test_there_are_26_weak_orderings_and_one_unknown() -> None:
    codes = all_codes()
    assert len(codes) == 27  # methods 1.2, enumerated there
    assert codes[-1] == UNKNOWN
    labels = [label(code) for code in codes]
    assert len({each.ordering for each in labels}) == 27
    assert sum(each.kind == "complete" and not each.tied for each in labels) == 6
    assert sum(each.tied for each in labels) == 10


@pytest.mark.parametrize(
    ("code", "ordering", "tied"),
    # methods 1.2: need > touchpoint > trust is 27, touchpoint > need > trust is 39
    [(27, "need>touchpoint>trust", False), (39, "touchpoint>need>trust", False), (0, "", False),
     (21, "need=touchpoint=trust", True), (16 + 4 + 3, "need=touchpoint>trust", True)],
)  # fmt: skip
def test_codes_read_as_orderings(code: int, ordering: str, tied: bool) -> None:  # noqa: FBT001 - a table of cases
    assert (label(code).ordering, label(code).tied) == (ordering, tied)


def test_two_declared_stages_make_a_label_complete() -> None:
    assert label(16 + 2, stages=("need", "trust")).kind == "complete"
    assert label(16 + 2).kind == "partial"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]), st.sampled_from(all_codes()), st.integers(0, 5),
            st.integers(0, 5),
        ),
        min_size=1,
        max_size=20,
    )
)  # fmt: skip
def test_coarser_cells_keep_all_units(rows: list[tuple[str, int, int, int]]) -> None:
    found: dict[Cell, list[int]] = {}
    for arm, code, units, converted in rows:
        counts = found.setdefault(Cell(arm=arm, maturity=1, label=code), [0, 0])
        counts[0] += units + converted
        counts[1] += converted
    columns = [np.empty(len(found), dtype=object) for _ in range(2)]
    for column, place in zip(columns, (0, 1), strict=True):
        column[:] = [counts[place] for counts in found.values()]
    cells = CellTable(
        covariates=(),
        cells=tuple(found),
        units=columns[0],
        converted=columns[1],
        covariate_sums=objects([[]] * len(found), 0),
        converted_covariate_sums=objects([[]] * len(found), 0),
    )
    coarse = cells.by(lambda cell: Cell(arm=cell.arm, maturity=1, label=0))
    assert sum(n for n, _ in coarse.counts().values()) == reduce(lambda a, b: a + b, columns[0])
    assert sum(n for _, n in coarse.counts().values()) == sum(converted for *_, converted in rows)
