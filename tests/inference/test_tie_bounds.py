"""Bounds over ties: enumerated unit by unit, and held against what they are bounds of."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.clusters import with_clusters
from tests.support.experiments import arm, conversion, experiment
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.inference.tie_bounds import _same_side, tie_bounds
from pathlift.registry.experiment import Cluster, Column
from pathlift.result.model import Span
from pathlift.result.ties import TieBounds
from pathlift.statistics.cells import all_codes, label
from pathlift.statistics.ties import break_ties, could_be

STAGES = ("need", "touchpoint", "trust")
EXP = experiment(("a", "b"), [conversion()], stages=STAGES)
CODE = {label(code, STAGES).ordering: code for code in all_codes()}


def point(span: Span | None) -> float:
    """The difference; 0 where nobody took the ordering, which is why there is none."""
    if span is None:
        return 0.0
    assert span.estimate is not None
    return span.estimate


def by_ordering(found: tuple[TieBounds, ...], treated: str = "b") -> dict[str, TieBounds]:
    return {bound.ordering: bound for bound in found if bound.arm == treated}


def test_lowest_and_highest_are_those_of_all_ways_to_break_ties() -> None:
    # converted units: (label, arm); all others convert not, and count in denominators alone
    bought = [
        ("need>touchpoint>trust", "a"), ("need=touchpoint>trust", "a"),
        ("need=touchpoint=trust", "a"), ("need>touchpoint", "a"),
        ("need>touchpoint>trust", "b"), ("need>touchpoint>trust", "b"),
        ("need>touchpoint=trust", "b"), ("need=touchpoint=trust", "b"), ("need=trust", "b"),
    ]  # fmt: skip
    size = {"a": 40, "b": 50}
    arms = [name for _, name in bought]
    labels = [CODE[ordering] for ordering, _ in bought]
    y = [1] * len(bought)
    for name, whole in size.items():
        left = whole - arms.count(name)
        arms, labels, y = arms + [name] * left, labels + [CODE["need=touchpoint=trust"]] * left, [
            *y, *[0] * left,
        ]  # fmt: skip
    tables = statistics_of(arms, {"conversion": np.array(y)}, labels=labels, declared=("a", "b"))
    found = by_ordering(tie_bounds(EXP, tables))
    ways = [could_be(CODE[o], STAGES) or (o,) for o, _ in bought]
    for ordering, bound in found.items():
        values = [
            sum(
                (1 if name == "b" else -1) / size[name]
                for (_, name), taken in zip(bought, way, strict=True)
                if taken == ordering
            )
            for way in product(*ways)
        ]
        assert point(bound.lowest) == pytest.approx(min(values), abs=1e-15)
        assert point(bound.highest) == pytest.approx(max(values), abs=1e-15)
        if bound.lowest is not None and bound.highest is not None:
            assert bound.sign_holds == (min(values) > 0 or max(values) < 0)
        else:  # nobody takes it that way
            assert bound.sign_holds is None
    assert len(found) == 6
    counted = found["need>touchpoint>trust"]
    assert (counted.control_tied, counted.arm_tied) == (2, 2)
    # in both: 1 + 2 of 40 and 2 + 2 of 50
    assert point(counted.in_both) == pytest.approx(4 / 50 - 3 / 40, abs=1e-15)
    assert point(counted.in_neither) == pytest.approx(2 / 50 - 1 / 40, abs=1e-15)


CODES = [code for code in all_codes() if code != 63]


@given(
    units=st.lists(
        st.tuples(st.sampled_from(CODES), st.booleans(), st.booleans()), min_size=4, max_size=7
    )
)
@settings(max_examples=40, deadline=None)
def test_bounds_are_the_extremes_over_all_readings_of_any_small_log(
    units: list[tuple[int, bool, bool]],
) -> None:
    units = [*units, (0, True, False), (0, False, False)]  # both arms have somebody
    arms = ["b" if treated else "a" for _, treated, _ in units]
    bought = np.array([int(converted) for _, _, converted in units])
    labels = [code for code, _, _ in units]
    tables = statistics_of(arms, {"conversion": bought}, labels=labels, declared=("a", "b"))
    found = by_ordering(tie_bounds(EXP, tables))
    choices = [could_be(code, STAGES) or (label(code, STAGES).ordering,) for code in labels]
    for ordering in map(">".join, permutations(STAGES)):
        differences = [
            sum(
                (1 if arm == "b" else -1) / arms.count(arm)
                for arm, one, converted in zip(arms, read, bought, strict=True)
                if converted and one == ordering
            )
            for read in product(*choices)
        ]
        if not found:
            assert max(differences) == min(differences)
        else:
            assert point(found[ordering].lowest) == pytest.approx(min(differences), abs=1e-12)
            assert point(found[ordering].highest) == pytest.approx(max(differences), abs=1e-12)


@st.composite
def units(draw: st.DrawFn) -> dict[str, list[object]]:
    """Two arms of 60 to 150 units, some labels of which ties are many, a covariate, clusters."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    codes = [*all_codes(), *(code for code in all_codes() if could_be(code, STAGES))]
    rows: dict[str, list[object]] = {"arm": [], "label": [], "y": [], "x": [], "g": []}
    for name in ("a", "b"):
        size = draw(st.integers(60, 150))
        prior = rng.poisson(2.0, size)
        rows["arm"] += [name] * size
        rows["label"] += rng.choice(codes, size).tolist()
        rows["y"] += (rng.random(size) < 0.3 + 0.05 * np.minimum(prior, 6)).astype(int).tolist()
        rows["x"] += prior.tolist()
        rows["g"] += [f"g{i}" for i in rng.integers(0, 20, size)]
    return rows


@pytest.mark.parametrize(
    ("adjusted", "clustered"), [(False, False), (True, False), (False, True), (True, True)]
)
@given(rows=units(), priority=st.permutations(STAGES))
@settings(max_examples=6, deadline=None)  # a result of 120 to 300 units, three times over
def test_what_is_estimated_lies_between_the_bounds_whatever_breaks_the_ties(
    rows: dict[str, list[object]], priority: list[str], *, adjusted: bool, clustered: bool
) -> None:
    arms, labels = [str(a) for a in rows["arm"]], [int(str(c)) for c in rows["label"]]
    columns = {"conversion": np.array(rows["y"])}
    if adjusted:
        columns["x:prior"] = np.array(rows["x"])
    tables = statistics_of(arms, columns, labels=labels, declared=("a", "b"))
    made = EXP
    if clustered:
        tables = with_clusters(tables, arms, columns, [str(g) for g in rows["g"]], labels=labels)
        each = Cluster(column=Column(name="g"), randomised="units")
        made = replace(made, arms=tuple(replace(one, cluster=each) for one in made.arms))
    found = by_ordering(tie_bounds(made, tables))
    for policy in ((), tuple(priority)):
        for estimate in estimate_all(made, break_ties(tables, policy), ()).estimates:
            if estimate.estimand != "incidence" or estimate.ordering == "other":
                continue
            bound = found[estimate.ordering or ""]
            if clustered and (bound.lowest is None or bound.highest is None):
                continue  # where no cluster of an arm differs from another, nothing is estimated
            assert bound.of == estimate.id
            # adjusted shares are no shares: a tie may count below 0, by as much as it is noise
            slack = 0.02 if adjusted else 1e-12
            low, high = point(bound.lowest), point(bound.highest)
            assert low - slack <= point(estimate.absolute) <= high + slack
            if not policy:
                assert bound.in_neither == estimate.absolute
                assert low <= point(bound.in_both) + slack
                assert point(bound.in_both) <= high + slack


def test_without_ties_there_is_nothing_to_bound() -> None:
    strict = [CODE["need>touchpoint>trust"], CODE["need=touchpoint"], 0, 63] * 10
    tables = statistics_of(["a", "b"] * 20, {"conversion": np.ones(40, dtype=int)}, labels=strict)
    assert tie_bounds(EXP, tables) == ()


def test_ties_of_arms_that_are_read_as_one_are_added_up() -> None:
    made = experiment(
        [arm("a", control=True), arm("b"), arm("c")],
        [conversion()],
        stages=STAGES,
        combine={"both": ("b", "c")},
        contrasts=[("both", "a")],
    )
    tables = statistics_of(
        ["a"] * 20 + ["b"] * 20 + ["c"] * 20,
        {"conversion": np.array([1, 0] * 30)},
        labels=[CODE["need=touchpoint>trust"]] * 60,
        declared=("a", "b", "c"),
    )
    found = by_ordering(tie_bounds(made, tables), "both")
    counted = found["need>touchpoint>trust"]
    assert (counted.control_tied, counted.arm_tied) == (10, 20)
    assert point(counted.highest) == pytest.approx(0.5, abs=1e-15)
    assert point(counted.lowest) == pytest.approx(-0.5, abs=1e-15)
    assert found["trust>need>touchpoint"].in_both is None  # no tie can be it


@pytest.mark.parametrize(
    ("lowest", "highest", "holds"),
    [
        (0.1, 0.2, True),
        (-0.2, -0.1, True),
        (-0.1, 0.1, False),
        (0.0, 0.1, False),
        (-0.1, 0.0, False),
        (None, 0.1, None),
        (0.1, None, None),
    ],
)
def test_a_sign_holds_where_both_bounds_lie_on_one_side_of_zero(
    lowest: float | None, highest: float | None, *, holds: bool | None
) -> None:
    ends = [
        None if end is None else Span(estimate=end, low=None, high=None)
        for end in (lowest, highest)
    ]
    assert _same_side(*ends) is holds
