"""Equivalence and non-inferiority through the functions of `analyze`, against answers by others."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind
from tests.support.experiments import experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.drafts import Counts, Draft, Identity, Spread
from pathlift.inference.estimates import estimate_all
from pathlift.inference.quantiles import Quantile, quantile_intervals
from pathlift.inference.solving import solve
from pathlift.inference.tails import one_sided_critical
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Experiment, Margin, Metric
from pathlift.result.model import Estimate
from pathlift.statistics.collected import Statistics
from pathlift.statistics.histogram import counted


def of(exp: Experiment, statistics: Statistics) -> list[Estimate]:
    return [
        e for e in estimate_all(exp, statistics, declare_families(exp)).estimates if not e.segment
    ]


def within(value: float, scale: str = "absolute") -> Margin:
    return Margin(scale=scale, value=value)  # type: ignore[arg-type]


def units(seed: int, sizes: dict[str, int]) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    arms = [arm for arm, size in sizes.items() for _ in range(size)]
    return arms, rng.integers(0, 60, len(arms))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), margin=st.floats(0.5, 12.0))
def test_a_mean_is_tested_as_by_two_one_sided_welch_tests(seed: int, margin: float) -> None:
    arms, y = units(seed, {"control": 80, "treated": 120})
    exp = experiment(metrics=[metric("spend", role="primary", equivalence=within(margin))])
    (estimate,) = of(exp, statistics_of(arms, {"spend": y}))
    p, low, high = ttost_ind(y[80:], y[:80], -margin, margin, usevar="unequal")
    same = estimate.equivalence
    assert same is not None
    # statsmodels makes the same two t-tests from raw values; both in double precision
    assert (same.p_value, same.p_low, same.p_high) == pytest.approx((p, low[1], high[1]), rel=1e-8)
    assert (estimate.conclusion == "equivalent") == (p < 0.05)
    assert same.interval is not None
    assert same.interval.low is not None
    assert same.interval.high is not None
    inside = -margin < same.interval.low and same.interval.high < margin
    assert inside == (estimate.conclusion == "equivalent")
    # the estimate beside it stays the two-sided test of no difference
    assert estimate.null_value == 0
    welch = stats.ttest_ind(y[80:], y[:80], equal_var=False)
    assert estimate.p_value == pytest.approx(welch.pvalue, rel=1e-8)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(["proportion", "mean", "ratio", "quantile"]),
    scale=st.sampled_from(["absolute", "relative"]),
    width=st.floats(0.3, 4.0),
)
def test_equivalence_is_an_interval_within_the_margins(
    seed: int, kind: str, scale: str, width: float
) -> None:
    arms, y = units(seed, {"control": 300, "treated": 260})
    columns = {"bought": (y > 40).astype(int), "spend": y, "orders": 1 + y % 3}
    typical = {"proportion": 0.05, "mean": 2.0, "ratio": 1.5, "quantile": 3.0}[kind]
    chosen = {
        "proportion": metric("bought", "proportion"),
        "mean": metric("spend"),
        "ratio": ratio("value", "spend", "orders"),
        "quantile": metric("p60", "quantile", q=0.6),
    }[kind]
    margin = within(width * (0.07 if scale == "relative" else typical), scale)
    about = Metric(
        name=chosen.name,
        kind=chosen.kind,
        source=chosen.source,
        q=chosen.q,
        role="primary",
        equivalence=margin,
    )
    exp = experiment(metrics=[metric("spend"), metric("orders"), about])
    if kind == "mean":
        exp = experiment(metrics=[about])
    statistics = statistics_of(arms, columns, quantiles={"p60": y})
    estimate = next(e for e in of(exp, statistics) if e.metric == about.name)
    same = estimate.equivalence
    assert same is not None
    assert (same.low, same.high, same.scale) == (-margin.value, margin.value, scale)
    assert same.p_value == max(same.p_low or 0.0, same.p_high or 0.0)
    assert same.interval is not None
    low, high = same.interval.low, same.interval.high
    inside = low is not None and high is not None and -margin.value < low and high < margin.value
    assert inside == (same.p_value < same.alpha)
    assert inside == (estimate.conclusion == "equivalent")
    assert estimate.simultaneous is None


def test_contrasts_of_one_metric_share_alpha() -> None:
    arms, y = units(1, {"a": 400, "b": 400, "c": 400})
    margin = within(5.0)
    exp = experiment(("a", "b", "c"), [metric("spend", role="primary", equivalence=margin)])
    for estimate in of(exp, statistics_of(arms, {"spend": y})):
        assert estimate.equivalence is not None
        assert (estimate.equivalence.alpha, estimate.equivalence.members) == (0.025, 2)
        assert "alpha shared by 2 contrasts" in estimate.equivalence.method
    exp = experiment(
        ("a", "b", "c"),
        [metric("spend", role="primary", equivalence=margin)],
        multiplicity="none",
    )
    found = of(exp, statistics_of(arms, {"spend": y}))
    assert [e.equivalence.alpha for e in found if e.equivalence] == [0.05, 0.05]


def test_a_lift_over_nothing_shows_no_equivalence() -> None:
    arms = ["control"] * 50 + ["treated"] * 50
    y = np.where(np.arange(100) < 50, -1 - np.arange(100) % 3, 1)
    margin = within(0.1, "relative")
    exp = experiment(metrics=[metric("net", role="primary", equivalence=margin)])
    (estimate,) = of(exp, statistics_of(arms, {"net": y}))
    assert estimate.conclusion == "not_shown"
    assert estimate.equivalence is not None
    assert estimate.equivalence.p_value is None
    assert "relative_not_defined" in estimate.flags


def test_a_quantile_is_the_same_within_the_interval_of_its_contrast() -> None:
    rng = np.random.default_rng(3)
    one, zero = (
        Quantile(histogram=counted(rng.lognormal(3, 0.4, 900)), probability=0.5) for _ in range(2)
    )
    absolute, _ = quantile_intervals(one, zero, float(one_sided_critical(0.05)))
    arms = ["control"] * 900 + ["treated"] * 900
    rng = np.random.default_rng(3)
    treated, control = rng.lognormal(3, 0.4, 900), rng.lognormal(3, 0.4, 900)
    statistics = statistics_of(arms, {}, quantiles={"p50": np.concatenate([control, treated])})
    widest = max(abs(float(absolute.low)), abs(float(absolute.high)))
    for margin, shown in ((widest * 1.001, "equivalent"), (widest * 0.999, "not_shown")):
        about = metric("p50", "quantile", q=0.5, role="primary", equivalence=within(margin))
        (estimate,) = of(experiment(metrics=[about]), statistics)
        assert estimate.conclusion == shown


def test_a_quantile_is_the_same_within_the_interval_of_its_ratio() -> None:
    rng = np.random.default_rng(5)
    treated, control = rng.lognormal(3, 0.4, 900), rng.lognormal(3, 0.4, 900)
    one, zero = (Quantile(histogram=counted(v), probability=0.5) for v in (treated, control))
    _, lift = quantile_intervals(one, zero, float(one_sided_critical(0.05)))
    assert lift is not None
    widest = max(abs(float(lift.low)), abs(float(lift.high)))
    statistics = statistics_of(
        ["control"] * 900 + ["treated"] * 900,
        {},
        quantiles={"p50": np.concatenate([control, treated])},
    )
    for margin, shown in ((widest * 1.001, "equivalent"), (widest * 0.999, "not_shown")):
        same = within(margin, "relative")
        about = metric("p50", "quantile", q=0.5, role="primary", equivalence=same)
        (estimate,) = of(experiment(metrics=[about]), statistics)
        assert estimate.conclusion == shown


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(["proportion", "mean", "ratio"]),
    scale=st.sampled_from(["absolute", "relative"]),
    better=st.sampled_from(["higher", "lower"]),
    width=st.floats(0.3, 3.0),
)
def test_a_margin_holds_in_every_direction_and_scale(
    seed: int, kind: str, scale: str, better: str, width: float
) -> None:
    arms, y = units(seed, {"control": 300, "treated": 260})
    columns = {"bought": (y > 40).astype(int), "spend": y, "orders": 1 + y % 3}
    typical = {"proportion": 0.05, "mean": 2.0, "ratio": 1.5}[kind]
    margin = within(width * (0.07 if scale == "relative" else typical), scale)
    guard: dict[str, Any] = {"role": "guardrail", "better": better, "margin": margin}
    about = {
        "proportion": metric("bought", "proportion", **guard),
        "mean": metric("paid", **guard),
        "ratio": ratio("value", "spend", "orders", **guard),
    }[kind]
    exp = experiment(metrics=[metric("spend", role="primary"), metric("orders"), about])
    columns["paid"] = y
    (estimate,) = [e for e in of(exp, statistics_of(arms, columns)) if e.role == "guardrail"]
    span = estimate.relative if scale == "relative" else estimate.absolute
    assert span is not None
    assert estimate.p_value is not None
    bound = span.high if better == "lower" else span.low
    assert bound is not None
    held = bound < margin.value if better == "lower" else bound > -margin.value
    # the bound on the harmful side lies on the good side of the margin exactly when p < its alpha
    assert held == (estimate.p_value < 0.025)
    assert held == (estimate.conclusion == "non_inferior")
    assert estimate.alpha == 0.025


def draft(**changes: Any) -> Draft:
    identity = Identity(
        estimand="itt",
        metric="m",
        kind="mean",
        role="primary",
        better="higher",
        arm="treated",
        control="control",
    )
    given: dict[str, Any] = {"identity": identity, "arm_units": 1, "control_units": 1}
    return Draft(**given | changes)


# R 4.2.2, TOSTER 0.3.4, TOSTtwo.raw(..., var.equal=FALSE): shared reference, topic equivalence;
# tolerance as recorded there.
@pytest.mark.parametrize(
    ("means", "deviations", "sizes", "margin", "p_low", "p_high", "ends"),
    [
        pytest.param(
            (10.1, 10.0), (2.0, 2.2), (500, 480), 0.5,
            4.54418454603823e-06, 0.00150381523050033, (-0.121404097174888, 0.321404097174887),
            id="500",
        ),
        pytest.param(
            (4.55, 4.87), (1.05, 1.11), (15, 15), 0.5,
            0.325866803232494, 0.023485815065064, (-0.991187915310477, 0.351187915310476),
            id="15",
        ),
        pytest.param(
            (5.25, 5.22), (0.95, 0.83), (95, 89), 0.43,
            0.000289397903607067, 0.00133102676665488, (-0.187084311828454, 0.247084311828454),
            id="95",
        ),
    ],
)  # fmt: skip
def test_two_welch_tests_are_those_of_toster(
    means: tuple[float, float],
    deviations: tuple[float, float],
    sizes: tuple[int, int],
    margin: float,
    p_low: float,
    p_high: float,
    ends: tuple[float, float],
) -> None:
    v1, v0 = (sd**2 / n for sd, n in zip(deviations, sizes, strict=True))
    df = (v1 + v0) ** 2 / (v1**2 / (sizes[0] - 1) + v0**2 / (sizes[1] - 1))  # Satterthwaite
    spread = Spread(m1=means[0], m0=means[1], v11=v1, v00=v0, df=df)
    (estimate,) = solve([draft(spread=spread, same_within=within(margin))], alpha=0.05)
    same = estimate.equivalence
    assert same is not None
    assert same.interval is not None
    assert (same.p_low, same.p_high) == pytest.approx((p_low, p_high), rel=1e-6)
    assert (same.interval.low, same.interval.high) == pytest.approx(ends, rel=1e-6)
    assert estimate.conclusion == ("equivalent" if max(p_low, p_high) < 0.05 else "not_shown")


# R 4.2.2, ratesci 1.1.0.9000, scoreci(contrast="RD", skew=FALSE, bcf=TRUE, theta0=margin): shared
# reference, topic equivalence; tolerance as recorded there. Read in both directions: what is not
# lower by more than the margin is, with the arms' failures, not higher by more than it.
@pytest.mark.parametrize(
    ("x1", "n1", "x0", "n0", "margin", "p_value"),
    [
        pytest.param(36, 154, 12, 77, 0.036, 0.0250607671213096, id="sparse"),
        pytest.param(480, 1000, 500, 1000, 0.05, 0.089595056344951, id="1000"),
    ],
)
@pytest.mark.parametrize("better", ["higher", "lower"])
def test_a_guardrail_of_proportions_is_the_score_test(
    x1: int, n1: int, x0: int, n0: int, margin: float, p_value: float, better: str
) -> None:
    if better == "lower":
        x1, x0 = n1 - x1, n0 - x0
    p1, p0 = x1 / n1, x0 / n0
    identity = Identity(
        estimand="itt",
        metric="m",
        kind="proportion",
        role="guardrail",
        better=better,
        arm="treated",
        control="control",
        margin=within(margin),
    )
    spread = Spread(m1=p1, m0=p0, v11=p1 * (1 - p1) / (n1 - 1), v00=p0 * (1 - p0) / (n0 - 1))
    counts = Counts(x1=x1, n1=n1, x0=x0, n0=n0)
    (estimate,) = solve([draft(identity=identity, spread=spread, counts=counts)], alpha=0.05)
    assert estimate.p_value == pytest.approx(p_value, rel=1e-4)
    assert estimate.null_value == (margin if better == "lower" else -margin)


@pytest.mark.parametrize("scale", ["absolute", "relative"])
def test_an_effect_at_the_margin_is_judged_even(scale: str) -> None:
    margin = within(0.05 if scale == "absolute" else 0.1, scale)
    # 0.55 against 0.5: an absolute effect of 0.05, a relative one of 0.1
    spread = Spread(m1=0.55, m0=0.5, v11=1e-4, v00=1e-4)
    counts = Counts(x1=1100, n1=2000, x0=1000, n0=2000)
    for changes in ({"spread": spread}, {"spread": spread, "counts": counts}):
        (estimate,) = solve([draft(same_within=margin, **changes)], alpha=0.05)
        assert estimate.equivalence is not None
        # both subtract 0.05 from a difference of doubles
        assert estimate.equivalence.p_high == pytest.approx(0.5, abs=1e-9)
        assert estimate.conclusion == "not_shown"


def test_a_margin_of_money_is_no_difference_of_shares() -> None:
    # a mean and a proportion are solved together; the mean's margin lies beyond 1
    money = Identity(
        estimand="itt",
        metric="spend",
        kind="mean",
        role="guardrail",
        better="higher",
        arm="treated",
        control="control",
        margin=within(5.0),
    )
    share = draft(
        spread=Spread(m1=0.55, m0=0.5, v11=1e-4, v00=1e-4),
        counts=Counts(x1=1100, n1=2000, x0=1000, n0=2000),
    )
    paid = draft(identity=money, spread=Spread(m1=9.0, m0=10.0, v11=1.0, v00=1.0, df=50))
    found = solve([paid, share], alpha=0.05)
    # t = (-1 + 5) / sqrt(2) on 50 degrees of freedom
    assert found[0].p_value == pytest.approx(float(stats.t.sf(4 / np.sqrt(2), 50)), rel=1e-9)
    assert found[0].conclusion == "non_inferior"
