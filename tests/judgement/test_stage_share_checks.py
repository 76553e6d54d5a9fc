"""Stages that nobody, everybody or one arm shows; stages held before; stages with the purchase."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pathlift.judgement.checks.purchases import purchase_ties
from pathlift.judgement.checks.stage_shares import carry_in, stages
from pathlift.result.model import Check
from pathlift.statistics.cells import Cell, CellTable
from pathlift.statistics.collected import Count
from pathlift.statistics.moments import objects

Make = Callable[..., Any]
NTR, NONE, NEED, UNKNOWN = 27, 0, 16, 63


def cells(rows: dict[tuple[str, int, int], tuple[int, int]]) -> CellTable:
    """Units and conversions by arm, label and baseline state, all mature."""
    return CellTable(
        covariates=(),
        cells=tuple(Cell(arm=a, maturity=1, label=c, baseline=b) for a, c, b in rows),
        units=objects(([n] for n, _ in rows.values()), 1)[:, 0],
        converted=objects(([n] for _, n in rows.values()), 1)[:, 0],
        covariate_sums=objects(([] for _ in rows), 0),
        converted_covariate_sums=objects(([] for _ in rows), 0),
    )


def of_need(checks: Iterable[Check]) -> Check:
    return next(check for check in checks if check.scope == "stage:need")


@pytest.mark.parametrize(
    ("search", "content", "severity", "says"),
    [
        # units that met need, and that did not
        ((50, 50), (60, 40), "pass", "search 50 (50%), content 60 (60%)."),
        ((0, 100), (0, 100), "fail", "Nobody did"),
        ((0, 40), (0, 40), "warn", "Nobody did"),  # of 80 units, perhaps by chance
        # 100 * 20 / 100 are expected in search, then 100 * 19 / 100
        ((0, 100), (20, 80), "fail", "Nobody of search did"),
        ((0, 100), (19, 81), "pass", "search 0 (0%), content 19 (19%)."),
        # one event that leaks through is no logging: 1 of 50 expected, then 2 of 99 and of 100
        ((1, 99), (50, 50), "fail", "Hardly anybody of search did"),
        ((1, 99), (49, 51), "pass", "search 1 (1%), content 49 (49%)."),
        ((2, 98), (99, 1), "pass", "search 2 (2%), content 99 (99%)."),
        ((100, 0), (100, 0), "warn", "Everybody of search and content did"),
        ((100, 0), (90, 10), "warn", "Everybody of search did"),
        ((99, 0), (90, 10), "pass", "search 99 (100%)"),  # too few units to say everybody
    ],
)
def test_a_stage_of_nobody_fails_and_one_of_everybody_warns(
    experiment: Make,
    statistics: Make,
    search: tuple[int, int],
    content: tuple[int, int],
    severity: str,
    says: str,
) -> None:
    table = cells(
        {
            (arm, code, 0): (n, 0)
            for arm, counts in (("search", search), ("content", content))
            for code, n in zip((NEED, NONE), counts, strict=True)
        }
        | {("search", UNKNOWN, 0): (500, 0)}  # in an outage: nobody knows what they met
    )
    check = of_need(stages(experiment(), having(statistics, table)))
    assert check.severity == severity
    assert says in check.message
    assert check.figures["counts"] == {"search": search[0], "content": content[0]}


def test_an_exposure_that_is_a_stage_is_met_by_everybody_as_declared(
    experiment: Make, statistics: Make
) -> None:
    table = cells({("search", NEED, 0): (100, 0), ("content", NEED, 0): (100, 0)})
    made = experiment(exposure_counts_as="need")
    check = of_need(stages(made, having(statistics, table)))
    assert check.severity == "pass"
    assert "as declared" in check.message


def test_without_stages_none_of_it_is_checked(experiment: Make, statistics: Make) -> None:
    made = experiment(shape="units")
    for run in (stages, carry_in, purchase_ties):
        [check] = run(made, statistics())
        assert check.severity == "not_checked"
        assert "stages:" in check.message


@pytest.mark.parametrize(
    ("held", "free", "severity"),
    [(40, 60, "pass"), (51, 49, "warn"), (100, 0, "fail"), (99, 0, "warn")],
)
def test_units_that_come_with_a_stage_have_no_first_meeting(
    experiment: Make, statistics: Make, held: int, free: int, severity: str
) -> None:
    # half of those who hold a stage hold touchpoint (2), the others need and trust (1 + 4)
    rows = {
        (arm, NTR, state): (n, 0)
        for arm in ("search", "content")
        for state, n in ((2, held - held // 2), (5, held // 2), (0, free))
    }
    made = experiment(lookback={"default": timedelta(days=28)})
    [check] = carry_in(made, having(statistics, cells(rows)))
    assert check.severity == severity
    assert check.figures["counts"] == {"search": held, "content": held}
    by_stage = {
        stage: part["counts"]["search"] for stage, part in check.figures["by_stage"].items()
    }
    assert by_stage == {
        "need": held // 2, "touchpoint": held - held // 2, "trust": held // 2,
    }  # fmt: skip


def test_arms_differ_in_what_was_met_before_only_if_the_draw_does(
    experiment: Make, statistics: Make
) -> None:
    rows = {
        ("search", NTR, 1): (200, 0), ("search", NTR, 0): (800, 0),
        ("content", NTR, 1): (300, 0), ("content", NTR, 0): (700, 0),
    }  # fmt: skip
    made = experiment(lookback={"need": timedelta(days=28)})
    [check] = carry_in(made, having(statistics, cells(rows)))
    # 20% against 30% of 1,000: chi-square 26.7, p 2e-7
    assert check.severity == "warn"
    assert "differs by arm" in check.message


def test_without_a_lookback_nobody_knows_what_was_met_before(
    experiment: Make, statistics: Make
) -> None:
    [check] = carry_in(experiment(), statistics())
    assert check.severity == "not_checked"
    assert "`lookback`" in check.message


@pytest.mark.parametrize(
    ("tied", "severity"), [(4, "pass"), (5, "warn"), (10, "warn"), (11, "fail")]
)
def test_a_stage_that_comes_with_most_purchases_is_not_before_them(
    experiment: Make, statistics: Make, tied: int, severity: str
) -> None:
    # 20 conversions with need, half in each arm; one without it, one in an outage
    rows = {
        ("search", NEED, 0): (100, 10), ("content", NEED, 0): (100, 10),
        ("search", NONE, 0): (100, 1), ("content", UNKNOWN, 0): (100, 1),
    }  # fmt: skip
    half = tied // 2
    counts = [
        Count(name="purchase_tied", count=n, arm=arm, other="need")
        for arm, n in (("search", half), ("content", tied - half))
    ]
    check = of_need(purchase_ties(experiment(), having(statistics, cells(rows), counts=counts)))
    assert check.severity == severity
    assert check.figures["totals"] == {"search": 10, "content": 10}
    assert check.figures["share"] == tied / 20


def having(statistics: Make, table: CellTable, **more: Any) -> Any:
    return replace(statistics(**more), cells=table)
