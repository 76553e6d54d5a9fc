"""Hand-written experiments, statistics and estimates, small enough to check by eye."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pathlift.registry.experiment import (
    Arm,
    ConditionRule,
    Contrast,
    Data,
    Experiment,
    Expression,
    Margin,
    Metric,
    Outcome,
    OutcomeSource,
    Source,
    Stage,
    StageDefinition,
)
from pathlift.result.model import Adjustment, Estimate, Simultaneous, Span
from pathlift.statistics.cells import Cell, CellTable
from pathlift.statistics.collected import ArmFacts, Count, Statistics
from pathlift.statistics.moments import Group, MomentTable, Variable, objects

MakeExperiment = Callable[..., Experiment]
MakeStatistics = Callable[..., Statistics]
MakeEstimate = Callable[..., Estimate]

STAGES: tuple[Stage, ...] = ("need", "touchpoint", "trust")
_CONDITION = Expression(text="event = 'x'")


def _experiment(**changes: Any) -> Experiment:
    arms = changes.pop("arms", (Arm(name="search", value="search", control=True), _arm("content")))
    control = next(arm.name for arm in arms if arm.control)
    treated = [arm.name for arm in arms if arm.analyzed and not arm.control]
    shape = changes.pop("shape", "journeys")
    names = {"journeys": ("exposures", "events"), "units": ("units",), "totals": ("totals",)}
    given: dict[str, Any] = {
        "name": "kitchen",
        "file": "experiments/kitchen.yaml",
        "definition_hash": "0" * 64,
        "data": Data(
            shape=shape,
            root=Path("/data"),
            sources=tuple(Source(name=name) for name in names[shape]),
        ),
        "arms": arms,
        "unit": "shopper_id",
        "first_day": date(2026, 3, 2),
        "last_day": date(2026, 3, 29),
        "window": timedelta(days=14),
        "stages": tuple(
            StageDefinition(name=stage, rules=(ConditionRule(condition=_CONDITION),))
            for stage in STAGES
        ),
        "outcome": Outcome(condition=_CONDITION),
        "metrics": (_conversion(),),
        "conversion": "conversion",
    }
    if shape != "journeys":
        given |= {"stages": (), "outcome": None, "window": None}
        given |= {"first_day": None, "last_day": None}
    if shape == "totals":
        given["unit"] = None
    made = Experiment(**(given | changes))
    if made.analysis.contrasts:
        return made
    contrasts = tuple(Contrast(arm=arm, control=control) for arm in treated)
    return replace(made, analysis=replace(made.analysis, contrasts=contrasts))


def _arm(name: str, **more: Any) -> Arm:
    return Arm(name=name, value=name, **more)


def _conversion(**changes: Any) -> Metric:
    given: dict[str, Any] = {"kind": "proportion", "role": "primary", "source": OutcomeSource()}
    return Metric(name="conversion", window=timedelta(days=14), **(given | changes))


def moment_table(
    units: Mapping[tuple[str, int], int], converted: Mapping[tuple[str, int], int]
) -> MomentTable:
    """Units and conversions by arm and maturity class."""
    groups = tuple(Group(arm=arm, maturity=maturity) for arm, maturity in units)
    return MomentTable(
        variables=(Variable(name="conversion"),),
        pairs=(),
        groups=groups,
        units=objects(([n] for n in units.values()), 1)[:, 0],
        sums=objects(([converted.get(key, 0)] for key in units), 1),
        products=objects(([] for _ in units), 0),
        cubes=objects(([] for _ in units), 0),
    )


def cell_table(rows: Mapping[tuple[str, int, int], tuple[int, int]]) -> CellTable:
    """Units and conversions by arm, maturity class and label code."""
    return CellTable(
        covariates=(),
        cells=tuple(Cell(arm=arm, maturity=m, label=code) for arm, m, code in rows),
        units=objects(([n] for n, _ in rows.values()), 1)[:, 0],
        converted=objects(([n] for _, n in rows.values()), 1)[:, 0],
        covariate_sums=objects(([] for _ in rows), 0),
        converted_covariate_sums=objects(([] for _ in rows), 0),
    )


def _statistics(
    units: Mapping[str, int] | None = None,
    counts: Iterable[Count] = (),
    *,
    open_units: Mapping[str, int] | None = None,
    cells: Mapping[tuple[str, int, int], tuple[int, int]] | None = None,
    **more: Any,
) -> Statistics:
    """`units` by arm, all mature; `open_units` of them still in the window of conversion."""
    units = units if units is not None else {"search": 1000, "content": 1000}
    open_units = open_units or {}
    by_class: dict[tuple[str, int], int] = {}
    for arm, n in units.items():
        by_class[arm, 1] = n - open_units.get(arm, 0)
        by_class[arm, 0] = open_units.get(arm, 0)
    converted: dict[tuple[str, int], int] = {}
    for (arm, m, _), (_, n) in (cells or {}).items():
        converted[arm, m] = converted.get((arm, m), 0) + n
    moments = more.pop("moments", None) or moment_table(by_class, converted)
    given: dict[str, Any] = {
        "arms": tuple(
            ArmFacts(arm=arm, units=n, matured_units=n - open_units.get(arm, 0))
            for arm, n in units.items()
        ),
        "lengths": (14 * 86_400_000_000,),
        "metric_class": {"conversion": 1},
        "label_class": 1,
        "moments": moments,
        "days": moment_table({}, {}),
        "segments": moment_table({}, {}),
        "cells": cell_table(cells or {}),
        "quality": tuple(counts),
        "watermark": datetime(2026, 4, 20, tzinfo=UTC),
        "last_event": datetime(2026, 4, 19, 12, tzinfo=UTC),
    }
    return Statistics(**(given | more))


def _estimate(
    low: float | None = 0.006,
    high: float | None = 0.018,
    *,
    metric: str | None = "conversion",
    arm: str = "content",
    relative: tuple[float | None, float | None] | None = None,
    simultaneous: tuple[float | None, float | None] | None = None,
    **changes: Any,
) -> Estimate:
    """An estimate in the middle of its interval; `simultaneous` gives the corrected one."""
    middle = None if low is None or high is None else (low + high) / 2
    span = Span(estimate=middle if middle is not None else low or high, low=low, high=high)
    given: dict[str, Any] = {
        "id": f"itt/{metric}///{arm}-search",
        "estimand": "itt",
        "metric": metric,
        "kind": "proportion",
        "role": "primary",
        "better": "higher",
        "ordering": None,
        "segment": None,
        "arm": arm,
        "control": "search",
        "arm_units": 1000,
        "control_units": 1000,
        "arm_value": 0.1,
        "control_value": 0.1,
        "absolute": span,
        "relative": None
        if relative is None
        else Span(estimate=sum(x or 0 for x in relative) / 2, low=relative[0], high=relative[1]),
        "standard_error": 0.003,
        "statistic": 0.0,
        "df": None,
        "null_value": 0.0,
        "null_scale": "absolute",
        "p_value": 0.5,
        "alpha": 0.05,
        "simultaneous": None
        if simultaneous is None
        else Simultaneous(
            absolute=Span(estimate=span.estimate, low=simultaneous[0], high=simultaneous[1]),
            relative=None,
            p_adjusted=0.5,
            critical_value=2.2,
            method="max-T",
            family="conversion",
            members=2,
        ),
        "method": "Wald",
        "adjustment": Adjustment(),
        "exact": True,
        "conclusion": "no_difference_shown",
        "causal_status": "causal",
    }
    return Estimate(**(given | changes))


@pytest.fixture
def experiment() -> MakeExperiment:
    return _experiment


@pytest.fixture
def statistics() -> MakeStatistics:
    return _statistics


@pytest.fixture
def estimate() -> MakeEstimate:
    return _estimate


@pytest.fixture
def refunds() -> Metric:
    """The guardrail of the worked example: at most half a point more refunds."""
    return Metric(
        name="refunds",
        kind="proportion",
        source=OutcomeSource(),
        role="guardrail",
        better="lower",
        margin=Margin(scale="absolute", value=0.005),
    )


@pytest.fixture
def conversion() -> Callable[..., Metric]:
    return _conversion
