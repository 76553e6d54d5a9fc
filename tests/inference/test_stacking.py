"""Metrics that are measured together are what each of them is alone, to the last bit."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.experiments import metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.contrasts import contrasts_of
from pathlift.inference.measured import Measured
from pathlift.inference.measuring import measure_many
from pathlift.inference.reading import Slice
from pathlift.registry.experiment import Metric
from pathlift.statistics.collected import Statistics

ARMS = ("control", "one", "two")
METRICS = (
    metric("spend"),
    metric("bought", "proportion"),
    metric("rare", "proportion"),
    ratio("basket", "spend", "orders"),
    ratio("per_nothing", "spend", "nothing"),
    metric("flat"),
    metric("p90", "quantile", q=0.9),
)


def tables(seed: int, n: int = 900, *, exact: bool = True) -> Statistics:
    """Three arms in four levels; in one the covariate is constant, in one an arm is missing."""
    rng = np.random.default_rng(seed)
    arms = [ARMS[k] for k in rng.integers(0, 3, n)]
    levels: list[str | None] = [("a", "b", "c", None)[k] for k in rng.integers(0, 4, n)]
    levels = ["a" if w == "c" and arm == "two" else w for w, arm in zip(levels, arms, strict=True)]
    prior = rng.poisson(4, n) * np.array([w != "b" for w in levels])
    bought = (rng.random(n) < 0.3 + 0.02 * prior).astype(int)
    columns = {
        "spend": bought * rng.integers(100, 900, n),
        "bought": bought,
        "rare": (rng.random(n) < 0.01).astype(int),
        "orders": bought + 1,
        "nothing": np.zeros(n, dtype=int),
        "flat": np.ones(n, dtype=int),
        "x:prior": prior,
    }
    return statistics_of(
        arms, columns, exact=exact, units={"spend": 0.01} if exact else {},
        segments={"country": levels}, quantiles={"p90": columns["spend"]},
    )  # fmt: skip


def numbers(measured: Measured | str) -> object:
    """Everything that a row says, in the bits of its floats."""
    if isinstance(measured, str):
        return measured
    arrays = (
        measured.value, measured.apart, measured.units, measured.covariance,
        measured.residual_variance, measured.residual_df, measured.successes,
    )  # fmt: skip
    columns = contrasts_of(replace(measured.batch), ((1, 0), (2, 0), (1, 2)))
    own = slice(3 * measured.row, 3 * measured.row + 3)
    contrasts = (columns.difference, columns.standard_error, columns.df, columns.score)
    return (
        [None if array is None else array.tolist() for array in arrays],
        [column[own].tolist() for column in contrasts],
        measured.adjustment,
        measured.exact,
        measured.normal,
    )


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("adjusted", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_row_of_a_stack_is_the_metric_alone(*, seed: int, adjusted: bool, exact: bool) -> None:
    statistics = tables(seed, exact=exact)
    wanted = [(m, Slice()) for m in METRICS] + [
        (m, Slice(dimension="country", level=level))
        for m in METRICS
        for level in ("a", "b", "c", None)
    ]
    covariates = statistics.covariates if adjusted else ()
    together = measure_many(statistics, wanted, ARMS, covariates=covariates)
    for each, found in zip(wanted, together, strict=True):
        (alone,) = measure_many(statistics, [each], ARMS, covariates=covariates)
        assert numbers(found) == numbers(alone), each


def reasons(statistics: Statistics, level: str | None) -> dict[str, str]:
    wanted = [(m, Slice(dimension="country", level=level)) for m in METRICS]
    found = measure_many(statistics, wanted, ARMS, covariates=statistics.covariates)
    return {
        m.name: each if isinstance(each, str) else each.adjustment.reason
        for m, each in zip(METRICS, found, strict=True)
    }


def test_each_metric_of_a_stack_has_its_own_reason() -> None:
    found = reasons(tables(3, n=3000), "a")
    assert found["spend"] == found["bought"] == found["flat"] == ""
    assert found["rare"].startswith("not adjusted: fewer than 50 successes or failures in control")
    assert found["per_nothing"] == "the denominator is 0 in control, one, two"
    assert found["p90"] == "quantiles are not adjusted"


def test_each_level_of_a_stack_has_its_own_reason() -> None:
    statistics = tables(3)
    assert reasons(statistics, "b")["spend"] == "left out as constant or collinear in an arm: prior"
    assert set(reasons(statistics, "c").values()) == {
        "an arm needs at least two mature units, and two has 0"
    }


def test_a_level_that_the_engine_refuses_leaves_the_others() -> None:
    # in level "far" the covariate varies in either arm, but not for means of 1e13 in the other
    far = [10**13 - 15, 10**13, 10**13 + 15]
    prior = far + [0, 1] * 15 + [1, 2, 3, 5, 8] * 12
    arms = ["control"] * 3 + ["one"] * 30 + ["control", "one"] * 30
    spend = list(range(len(arms)))
    statistics = statistics_of(
        arms, {"spend": spend, "x:prior": prior},
        segments={"country": ["far"] * 33 + ["near"] * 60},
    )  # fmt: skip
    wanted: list[tuple[Metric, Slice]] = [
        (metric("spend"), Slice(dimension="country", level=level)) for level in ("far", "near")
    ]
    lost, found = measure_many(statistics, wanted, ("control", "one"), covariates=("x:prior",))
    assert lost == "constant or collinear covariates: 0"
    assert isinstance(found, Measured)
    assert found.batch.method == "cuped"
