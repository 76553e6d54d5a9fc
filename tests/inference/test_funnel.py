"""Steps along the intended ordering: every unit goes one way, and the shares multiply out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint
from tests.support.lots import ARMS, journeys, statistics_of_counts

from pathlift.inference.funnel import funnel_steps
from pathlift.simulation import scenario
from pathlift.simulation.landmarks import lots
from pathlift.statistics.cells import UNKNOWN, Cell, CellTable, all_codes, label
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import objects

WORLD = lots(scenario("inert"), landmark=7)
EMPTY = statistics_of_counts(WORLD, np.zeros(WORLD.share.shape, dtype=np.int64))


def of_labels(counts: dict[tuple[str, int], tuple[int, int]]) -> Statistics:
    """Units and converted by arm and label code."""
    rows = list(counts.values())
    return replace(
        EMPTY,
        cells=CellTable(
            covariates=(),
            cells=tuple(Cell(arm=arm, maturity=0, label=code) for arm, code in counts),
            units=objects(([n] for n, _ in rows), 1)[:, 0],
            converted=objects(([x] for _, x in rows), 1)[:, 0],
            covariate_sums=objects(([] for _ in rows), 0),
            converted_covariate_sums=objects(([] for _ in rows), 0),
        ),
    )


@st.composite
def tables(draw: st.DrawFn) -> dict[tuple[str, int], tuple[int, int]]:
    """All 27 codes in every arm, ties and unknown labels too."""
    found = {}
    for arm in ARMS:
        for code in all_codes():
            units = draw(st.integers(0, 50))
            found[arm, code] = (units, draw(st.integers(0, units)))
    return found


@given(counts=tables())
def test_every_unit_goes_one_way_and_the_shares_multiply_to_the_incidence(
    counts: dict[tuple[str, int], tuple[int, int]],
) -> None:
    steps = funnel_steps(journeys(), of_labels(counts))
    for arm, path in ARMS.items():
        own = [step for step in steps if step.arm == arm]
        whole = sum(n for (name, _), (n, _) in counts.items() if name == arm)
        intended = next(code for code in all_codes() if label(code).ordering == ">".join(path))
        assert [step.stage for step in own] == [*path, "conversion"]
        assert own[0].units == whole
        product = 1.0
        for step, before in zip(own, [None, *own], strict=False):
            ways = (step.reached, step.other, step.tied, step.converted, step.waiting, step.unknown)
            assert sum(ways) == step.units
            assert min(ways) >= 0
            assert step.units == (whole if before is None else before.reached)
            product *= 0 if step.share is None else float(step.share.estimate or 0)
        assert own[-1].reached == counts[arm, intended][1]
        if whole:
            assert product == pytest.approx(counts[arm, intended][1] / whole, abs=1e-12)
            last = own[-1].cumulative
            assert last is None or last == pytest.approx(product, abs=1e-12)


@given(counts=tables())
def test_intervals_are_those_of_wilson_by_statsmodels(
    counts: dict[tuple[str, int], tuple[int, int]],
) -> None:
    for step in funnel_steps(journeys(), of_labels(counts)):
        if not step.units:
            assert step.share is None
            assert step.not_estimated == {"reason": "no unit came this far"}
            continue
        low, high = proportion_confint(step.reached, step.units, method="wilson")
        assert step.share is not None
        assert step.share.low == pytest.approx(low, abs=1e-12)
        assert step.share.high == pytest.approx(high, abs=1e-12)


def test_where_units_go_is_told_apart() -> None:
    # codes are 16 need + 4 touchpoint + trust, of competition ranks (methods 1.2)
    counts = {
        ("search", 0): (100, 7),  # no stage, seven of them bought
        ("search", 16): (50, 4),  # need
        ("search", 4): (40, 1),  # touchpoint first
        ("search", 16 + 4): (30, 2),  # need and touchpoint at once
        ("search", 16 + 8): (20, 3),  # need > touchpoint
        ("search", 16 + 2): (11, 0),  # need > trust
        ("search", 16 + 8 + 2): (9, 5),  # need, then touchpoint and trust at once
        ("search", 27): (8, 6),  # need > touchpoint > trust
        ("search", UNKNOWN): (5, 5),
    }
    first, second, third, last = funnel_steps(
        replace(journeys(), arms=journeys().arms[:1]), of_labels(counts)
    )
    assert (first.units, first.reached, first.other, first.tied) == (273, 98, 40, 30)
    assert (first.converted, first.waiting, first.unknown) == (7, 93, 5)
    assert (second.units, second.reached, second.other, second.tied) == (98, 28, 11, 9)
    assert (second.converted, second.waiting, second.unknown) == (4, 46, 0)
    assert (third.units, third.reached, third.other, third.tied) == (28, 8, 0, 0)
    assert (third.converted, third.waiting) == (3, 17)
    assert (last.units, last.reached, last.converted, last.waiting) == (8, 6, 0, 2)
    assert [step.causal_status for step in (first, second, third, last)] == [
        "causal",
        "descriptive",
        "descriptive",
        "descriptive",
    ]


def test_an_arm_without_an_intended_ordering_has_no_steps() -> None:
    arms = tuple(replace(each, ordering=None) for each in journeys().arms)
    assert funnel_steps(replace(journeys(), arms=arms), of_labels({("search", 27): (5, 1)})) == ()
