"""Cluster sums add up exactly, and are centred without losing digits."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.statistics.clusters import Cluster, ClusterTable, centred_sums, merge
from pathlift.statistics.moments import Group, Variable, objects

CONTENT, SEARCH = Group(arm="content"), Group(arm="search")
MONEY = Variable(name="revenue", unit=0.01)
Unit = tuple[str, int, int]  # cluster, revenue in cents, label code


def table_of(units: list[Unit], group: Group = CONTENT) -> ClusterTable:
    """Sums over units written out one by one; converted are those with revenue."""
    names = list(dict.fromkeys(name for name, _, _ in units))
    labels = (0, 27)
    inside = [[u for u in units if u[0] == name] for name in names]

    def by_label(*, converted: bool) -> np.ndarray:
        counts = [
            [sum(u[2] == code and (u[1] > 0 or not converted) for u in mine) for code in labels]
            for mine in inside
        ]
        return np.array(counts, dtype=np.int64).reshape(len(names), 2)

    return ClusterTable(
        variables=(MONEY,),
        labels=labels,
        clusters=tuple(Cluster(group=group, name=name) for name in names),
        units=np.array([len(mine) for mine in inside], dtype=np.int64),
        sums=objects([[sum(u[1] for u in mine)] for mine in inside], 1),
        label_units=by_label(converted=False),
        label_converted=by_label(converted=True),
    )


units = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 10**30), st.sampled_from([0, 27])),
    max_size=20,
)


@given(first=units, second=units)
def test_merged_parts_are_the_table_of_the_whole(first: list[Unit], second: list[Unit]) -> None:
    parts, whole = merge([table_of(first), table_of(second)]), table_of(first + second)
    assert parts.clusters == whole.clusters
    for ours, theirs in (
        (parts.units, whole.units),
        (parts.sums, whole.sums),
        (parts.label_units, whole.label_units),
        (parts.label_converted, whole.label_converted),
    ):
        assert ours.tolist() == theirs.tolist()


@given(given_units=units)
def test_maturity_classes_add_up(given_units: list[Unit]) -> None:
    young, old = Group(arm="content", maturity=0), Group(arm="content", maturity=1)
    both = merge([table_of(given_units, young), table_of(given_units, old)])
    whole = both.by(lambda cluster: Cluster(group=CONTENT, name=cluster.name))
    assert whole.sums.tolist() == (2 * table_of(given_units).sums).tolist()
    assert both.by(lambda _: None).clusters == ()


@given(given_units=units.filter(bool))
def test_residuals_are_those_of_exact_arithmetic(given_units: list[Unit]) -> None:
    found = centred_sums(
        merge([table_of(given_units), table_of([("z", 5, 0)], SEARCH)]),
        CONTENT,
        ["revenue"],
        label_units=[27],
        label_converted=[27],
    )
    assert found.names == ("revenue", "label:27", "converted:27")
    mean = Fraction(sum(u[1] for u in given_units), len(given_units))
    names = sorted({u[0] for u in given_units})
    for row, name in enumerate(names):
        mine = [u for u in given_units if u[0] == name]
        expected = sum((Fraction(u[1]) - mean for u in mine), Fraction(0)) / 100
        # one correctly rounded division, then one product with the unit 0.01
        assert found.residuals[row, 0] == pytest.approx(float(expected), rel=1e-15, abs=1e-300)
        assert found.units[row] == len(mine)
    share = sum(u[2] == 27 for u in given_units) / len(given_units)
    assert found.mean[1] == share
    assert found.mean[0] == pytest.approx(float(mean) / 100, rel=1e-15)


def test_a_mean_of_a_billion_keeps_the_residuals() -> None:
    # 1e9 and 1e9 + 1 cents: squares of sums would lose the difference
    found = centred_sums(table_of([("a", 10**9, 0), ("b", 10**9 + 1, 0)]), CONTENT, ["revenue"])
    assert found.residuals[:, 0].tolist() == [-0.005, 0.005]


def test_an_arm_without_clusters_has_no_rows() -> None:
    found = centred_sums(table_of([("a", 1, 0)]), SEARCH, ["revenue"])
    assert found.units.tolist() == []
    assert found.residuals.shape == (0, 1)


def test_a_table_refuses_what_cannot_be() -> None:
    table = table_of([("a", 1, 0)])
    other = ClusterTable(
        variables=(Variable(name="orders"),),
        clusters=(),
        units=np.zeros(0, dtype=np.int64),
        sums=objects([], 1),
        label_units=np.zeros((0, 0), dtype=np.int64),
        label_converted=np.zeros((0, 0), dtype=np.int64),
    )
    with pytest.raises(ValueError, match="different columns"):
        merge([table, other])
    with pytest.raises(KeyError):
        centred_sums(table, CONTENT, ["orders"])
    empty = np.zeros((2, 0), dtype=np.int64)
    for name, counts, reason in (("a", [1, 1], "twice"), ("b", [1, 0], "at least one unit")):
        with pytest.raises(ValueError, match=reason):
            ClusterTable(
                variables=(MONEY,),
                sums=objects([[1], [2]], 1),
                clusters=(Cluster(group=CONTENT, name="a"), Cluster(group=CONTENT, name=name)),
                units=np.array(counts, dtype=np.int64),
                label_units=empty,
                label_converted=empty,
            )
    with pytest.raises(ValueError, match="read-only"):
        table.units[0] = 2
