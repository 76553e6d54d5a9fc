"""Other readings of a contrast: those of an experiment that had asked for nothing else."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.support.experiments import conversion, experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Sensitivity
from pathlift.statistics.collected import Cap, Statistics

ARMS = ("search", "content", "influencer")
PAIRS = [("influencer", "content"), ("content", "search")]
METRICS = (
    metric("lost"),
    metric("calm"),
    ratio("per", "spend", "orders"),
    metric("spend"),
    metric("orders"),
    conversion(),
)
CAP = 900
ALPHA = 0.1

rng = np.random.default_rng(4)
N = 1_500
ARM = rng.choice(ARMS, N)
BEFORE = rng.poisson(4, N)
ORDERS = 1 + rng.poisson(1 + BEFORE / 4)
RAW = (ORDERS * rng.lognormal(4, 1.3, N)).astype(int) + 20 * BEFORE
COLUMNS = {
    "lost": np.zeros(N, dtype=int),
    "calm": rng.poisson(3 + BEFORE),
    "spend": np.minimum(RAW, CAP),
    "spend.raw": RAW,
    "orders": ORDERS,
    "conversion": (rng.random(N) < 0.3).astype(int),
    "x:before": BEFORE,
}


def tables(
    *, adjusted: bool = True, capped: bool = True, spend: np.ndarray = COLUMNS["spend"]
) -> Statistics:
    columns = COLUMNS | {"spend": spend}
    made = statistics_of(ARM.tolist(), columns, declared=ARMS)
    cap = Cap(
        metric="spend",
        threshold=float(CAP),
        quantile=0.99,
        nonzero_units=N,
        capped_units=int((RAW > CAP).sum()),
    )
    return replace(
        made,
        caps={"spend": cap} if capped else {},
        not_estimated={"lost": "nobody wrote it down"},
        covariates=made.covariates if adjusted else (),
    )


def infer(statistics: Statistics) -> Inferred:
    exp: Experiment = experiment(ARMS, METRICS, alpha=ALPHA, contrasts=PAIRS, multiplicity="none")
    return estimate_all(exp, statistics, declare_families(exp))


def read(reading: str) -> list[Sensitivity]:
    return [row for row in infer(tables()).sensitivity if row.reading == reading]


@pytest.mark.parametrize(
    ("reading", "alone", "names"),
    [
        pytest.param(
            "unadjusted",
            {"adjusted": False},
            ("calm", "per", "spend", "orders", "conversion"),
            id="without covariates",
        ),
        pytest.param("raw", {"spend": RAW, "capped": False}, ("per", "spend"), id="without a cap"),
    ],
)
def test_a_reading_is_the_headline_of_those_who_asked_for_no_more(
    reading: str, alone: dict[str, Any], names: tuple[str, ...]
) -> None:
    found = read(reading)
    own = {e.id: e for e in infer(tables(**alone)).estimates}
    assert [(row.metric, row.arm, row.control) for row in found] == [
        (name, arm, control) for name in names for arm, control in PAIRS
    ]
    for row in found:
        estimate = own[row.of]
        assert (row.metric, row.arm, row.control) == (
            estimate.metric,
            estimate.arm,
            estimate.control,
        )
        for field in (
            "arm_value", "control_value", "absolute", "standard_error", "p_value", "method",
        ):  # fmt: skip
            assert getattr(row, field) == getattr(estimate, field), field


def test_an_unadjusted_mean_is_welchs() -> None:
    for row in read("unadjusted"):
        if row.metric not in ("calm", "spend", "orders"):
            continue
        one, zero = (COLUMNS[row.metric][arm == ARM] for arm in (row.arm, row.control))
        welch = stats.ttest_ind(one, zero, equal_var=False)
        ends = welch.confidence_interval(1 - ALPHA)
        assert row.arm_value == pytest.approx(one.mean(), rel=1e-12)
        assert row.control_value == pytest.approx(zero.mean(), rel=1e-12)
        assert row.p_value == pytest.approx(welch.pvalue, rel=1e-8)
        assert row.absolute is not None
        assert row.absolute.estimate == pytest.approx(one.mean() - zero.mean(), rel=1e-9)
        assert row.absolute.low == pytest.approx(ends.low, rel=1e-8)
        assert row.absolute.high == pytest.approx(ends.high, rel=1e-8)


def test_what_was_neither_capped_nor_adjusted_is_read_once() -> None:
    plain = infer(tables(capped=False, adjusted=False)).sensitivity
    assert not [row for row in plain if row.reading in ("raw", "unadjusted")]
    few = Cap(
        metric="spend",
        threshold=None,
        quantile=0.99,
        nonzero_units=3,
        capped_units=0,
        reason="too few units",
    )
    below = replace(tables(), caps={"spend": few})
    assert not [row for row in infer(below).sensitivity if row.reading == "raw"]
