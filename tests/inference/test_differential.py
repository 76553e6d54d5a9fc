"""The functions of `analyze` beside tea-tasting and statsmodels on random units.

Only where they claim the same: unadjusted means with unequal variances, ratios by the delta
method, shares by Wald, regression with one covariate. Tolerances say where they do not.
"""

import warnings
from typing import Any

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW
from tests.support.experiments import experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.result.model import Estimate

ROUNDING = 1e-9
seeds = st.integers(0, 100_000)


def drawn(seed: int, n: int = 300) -> tuple[list[str], dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    size = 2 * n + int(rng.integers(0, 200))
    arms = ["control"] * n + ["treated"] * (size - n)
    prior = rng.poisson(5, size)
    orders = 1 + rng.poisson(1 + 0.2 * prior)
    spend = orders * rng.integers(5, 40, size) + rng.integers(0, 30, size)
    bought = (rng.random(size) < 0.1 + 0.05 * prior / 5).astype(int)
    return arms, {"spend": spend, "orders": orders, "bought": bought, "x:prior": prior}


def ours(arms: list[str], columns: dict[str, np.ndarray], about: Any, *more: Any) -> Estimate:
    used = {k: v for k, v in columns.items() if k != "x:prior"}
    exp = experiment(metrics=[*more, about])
    estimates = estimate_all(exp, statistics_of(arms, used), ()).estimates
    return next(e for e in estimates if e.metric == about.name)


def theirs(arms: list[str], columns: dict[str, np.ndarray], about: Any) -> Any:
    frame = pl.DataFrame({"variant": [int(a == "treated") for a in arms], **columns})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a peer
        return tt.Experiment({"m": about}).analyze(frame)["m"]


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_a_mean_is_tea_tastings(seed: int) -> None:
    arms, columns = drawn(seed)
    mine = ours(arms, columns, metric("spend", role="primary"))
    peer = theirs(arms, columns, tt.Mean("spend", equal_var=False, use_t=True))
    assert mine.absolute is not None
    # both are Welch's t in double precision
    assert mine.p_value == pytest.approx(peer.pvalue, rel=1e-7)
    assert (mine.absolute.estimate, mine.absolute.low, mine.absolute.high) == pytest.approx(
        (peer.effect_size, peer.effect_size_ci_lower, peer.effect_size_ci_upper), rel=ROUNDING
    )
    # their lift has a log-normal interval, ours is Fieller's: the estimate alone is the same
    assert mine.relative is not None
    assert mine.relative.estimate == pytest.approx(peer.rel_effect_size, rel=1e-8)


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_a_ratio_is_tea_tastings(seed: int) -> None:
    arms, columns = drawn(seed)
    mine = ours(
        arms,
        columns,
        ratio("value", "spend", "orders", role="primary"),
        metric("spend"),
        metric("orders"),
    )
    about = tt.RatioOfMeans("spend", "orders", equal_var=False, use_t=True)
    peer = theirs(arms, columns, about)
    assert mine.absolute is not None
    assert mine.absolute.estimate == pytest.approx(peer.effect_size, rel=ROUNDING)
    # both linearise by the same gradient and judge by Welch's t
    assert mine.p_value == pytest.approx(peer.pvalue, rel=1e-7)
    assert (mine.absolute.low, mine.absolute.high) == pytest.approx(
        (peer.effect_size_ci_lower, peer.effect_size_ci_upper), rel=ROUNDING
    )


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_a_covariate_narrows_as_in_tea_tasting(seed: int) -> None:
    arms, columns = drawn(seed)
    exp = experiment(metrics=[metric("spend", role="primary")])
    used = {"spend": columns["spend"], "x:prior": columns["x:prior"]}
    (mine,) = estimate_all(exp, statistics_of(arms, used), ()).estimates
    frame = {"spend": columns["spend"], "prior": columns["x:prior"]}
    peer = theirs(arms, frame, tt.Mean("spend", "prior", equal_var=False, use_t=True))
    assert mine.absolute is not None
    assert mine.absolute.low is not None
    assert mine.absolute.high is not None
    # one slope over both arms (theirs) or one in each (ours): both are consistent, and differ by
    # the slopes' difference times that of the covariate means, of order 1 / sqrt(n) of an error
    assert mine.absolute.estimate == pytest.approx(
        peer.effect_size, abs=0.2 * (mine.standard_error or 0.0)
    )
    width = peer.effect_size_ci_upper - peer.effect_size_ci_lower
    assert mine.absolute.high - mine.absolute.low == pytest.approx(width, rel=0.05)


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_a_covariate_is_interacted_least_squares(seed: int) -> None:
    arms, columns = drawn(seed)
    exp = experiment(metrics=[metric("spend", role="primary")])
    used = {"spend": columns["spend"], "x:prior": columns["x:prior"]}
    (mine,) = estimate_all(exp, statistics_of(arms, used), ()).estimates
    x = columns["x:prior"] - columns["x:prior"].mean()
    one = np.array([a == "treated" for a in arms], dtype=float)
    design = np.column_stack([np.ones(len(x)), one, x, one * x])
    fit = sm.OLS(columns["spend"].astype(float), design).fit(cov_type="HC2")
    assert mine.absolute is not None
    assert mine.absolute.estimate == pytest.approx(fit.params[1], rel=1e-8, abs=1e-9)
    # HC2 weighs residuals by leverage, ours takes the arm's residual variance and adds the term of
    # the population's covariate mean: 10% at 300 units an arm
    assert mine.standard_error == pytest.approx(fit.bse[1], rel=0.1)


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_a_mean_is_statsmodels_too(seed: int) -> None:
    arms, columns = drawn(seed)
    mine = ours(arms, columns, metric("spend", role="primary"))
    treated = np.array([a == "treated" for a in arms])
    peer = CompareMeans(
        DescrStatsW(columns["spend"][treated]), DescrStatsW(columns["spend"][~treated])
    )
    assert mine.absolute is not None
    t, p, df = peer.ttest_ind(usevar="unequal")
    assert (mine.statistic, mine.df) == pytest.approx((t, df), rel=1e-8)
    assert mine.p_value == pytest.approx(p, rel=1e-7)
    assert (mine.absolute.low, mine.absolute.high) == pytest.approx(
        peer.tconfint_diff(usevar="unequal"), rel=ROUNDING
    )


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_a_share_is_near_tea_tastings_wald(seed: int) -> None:
    arms, columns = drawn(seed, n=3_000)
    mine = ours(arms, columns, metric("bought", "proportion", role="primary"))
    about = tt.Proportion("bought", method="norm", correction=False, equal_var=False)
    peer = theirs(arms, columns, about)
    assert mine.absolute is not None
    assert mine.absolute.estimate == pytest.approx(peer.effect_size, rel=ROUNDING)
    # theirs is Wald's, ours the score interval: they part by order 1 / n of their width
    width = peer.effect_size_ci_upper - peer.effect_size_ci_lower
    assert mine.absolute.low == pytest.approx(peer.effect_size_ci_lower, abs=0.01 * width)
    assert mine.absolute.high == pytest.approx(peer.effect_size_ci_upper, abs=0.01 * width)
