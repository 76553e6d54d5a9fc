"""Metrics of kind quantile through the functions of `analyze`: tables in, estimates out."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.support.experiments import arm, experiment, metric
from tests.support.units import statistics_of

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.quantiles import Quantile, _first, _last, compare_quantiles
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import DecisionRule, Experiment, Margin, Metric
from pathlift.result.model import Estimate
from pathlift.statistics.collected import Statistics
from pathlift.statistics.histogram import counted

THREE = ("search", "content", "influencer")


def p90(name: str = "spend_p90", **changes: object) -> Metric:
    return metric(name, "quantile", **{"q": 0.9, "role": "primary"} | changes)


def infer(exp: Experiment, statistics: Statistics) -> Inferred:
    return estimate_all(exp, statistics, declare_families(exp))


def only(exp: Experiment, statistics: Statistics) -> Estimate:
    (estimate,) = infer(exp, statistics).estimates
    return estimate


def money(seed: int, arms: Sequence[str], lifts: dict[str, float]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scale = np.array([lifts.get(arm, 1.0) for arm in arms])
    return scale * rng.lognormal(3, 1, len(arms)) * (rng.random(len(arms)) > 0.3)


def two(seed: int, lift: float = 1.0, n: int = 800) -> tuple[list[str], np.ndarray, Statistics]:
    arms = ["control"] * n + ["treated"] * (n + 100)
    values = money(seed, arms, {"treated": lift})
    return arms, values, statistics_of(arms, {}, quantiles={"spend_p90": values})


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), lift=st.floats(0.7, 1.5))
def test_an_estimate_is_the_comparison_of_two_histograms(seed: int, lift: float) -> None:
    arms, values, statistics = two(seed, lift)
    estimate = only(experiment(metrics=[p90()]), statistics)
    treated = np.array(arms) == "treated"
    one, zero = (
        Quantile(histogram=counted(values[rows]), probability=0.9) for rows in (treated, ~treated)
    )
    found = compare_quantiles(one, zero)
    assert estimate.absolute is not None
    assert estimate.relative is not None
    assert (estimate.arm_value, estimate.control_value) == (one.estimate, zero.estimate)
    assert estimate.p_value == found.p_value
    assert (estimate.absolute.low, estimate.absolute.high) == (
        float(found.absolute.low),
        float(found.absolute.high),
    )
    # one divides the difference, the other takes 1 from the ratio, which is known to 2.2e-16
    assert estimate.relative.estimate == pytest.approx(found.relative, rel=1e-12, abs=1e-15)
    low, high = float(found.absolute.low), float(found.absolute.high)
    assert (estimate.p_value < 0.05) == (not low <= 0 <= high)
    assert (estimate.arm_units, estimate.control_units) == (900, 800)
    assert estimate.kind == "quantile"
    assert "Woodruff" in estimate.method


@pytest.mark.parametrize("atom", [1.0, 2.0, 5.99, 19.99])
def test_a_value_that_most_units_share_makes_no_difference(atom: float) -> None:
    # both medians are the atom itself, though its share differs far beyond chance
    arms = ["control"] * 20_000 + ["treated"] * 20_000
    share = {"control": 0.9, "treated": 0.7}
    rng = np.random.default_rng(4)
    values = np.array([atom if rng.random() < share[a] else 100.0 for a in arms])
    statistics = statistics_of(arms, {}, quantiles={"spend_p90": values})
    estimate = only(experiment(metrics=[p90(q=0.5)]), statistics)
    assert estimate.absolute is not None
    assert estimate.absolute.low is not None
    assert estimate.absolute.high is not None
    assert estimate.p_value == 1.0
    assert estimate.absolute.low <= 0 <= estimate.absolute.high
    assert estimate.conclusion == "no_difference_shown"


def test_a_quantile_that_is_zero_in_both_arms_is_not_estimated() -> None:
    arms = ["control"] * 100 + ["treated"] * 100
    values = np.where(np.arange(200) % 20 == 0, 50.0, 0.0)
    statistics = statistics_of(arms, {}, quantiles={"spend_p90": values})
    estimate = only(experiment(metrics=[p90(q=0.5)]), statistics)
    assert estimate.not_estimated == {
        "reason": "so many units of both arms have the same value (0) that the quantile has no "
        "interval"
    }


def test_too_few_units_beyond_a_quantile_leave_its_interval_open() -> None:
    arms, _, statistics = two(5, n=30)
    estimate = only(experiment(metrics=[p90(q=0.99)]), statistics)
    assert estimate.absolute is not None
    assert (estimate.absolute.low, estimate.absolute.high) == (None, None)
    assert estimate.conclusion == "no_difference_shown"
    (omnibus,) = infer(experiment(metrics=[p90(q=0.99)]), statistics).omnibus
    assert "no end" in (omnibus.not_estimated or {})["reason"]
    assert len(arms) == 160


def test_three_arms_are_one_family_and_wider_than_alone() -> None:
    arms = [name for name in THREE for _ in range(1500)]
    values = money(3, arms, {"content": 1.2, "influencer": 1.02})
    statistics = statistics_of(arms, {}, quantiles={"spend_p90": values})
    found = infer(experiment(THREE, [p90()]), statistics).estimates
    assert len(found) == 2
    for estimate in found:
        family = estimate.simultaneous
        assert family is not None
        assert family.absolute is not None
        assert estimate.absolute is not None
        assert family.p_adjusted is not None
        low, high = family.absolute.low, family.absolute.high
        assert low is not None
        assert high is not None
        assert low <= (estimate.absolute.low or 0.0)
        assert high >= (estimate.absolute.high or 0.0)
        assert (family.p_adjusted < 0.05) == (not low <= 0 <= high)
        # Dunnett's critical value of two contrasts with equal arms lies near 2.21 (methods 3.5)
        assert family.critical_value == pytest.approx(2.21, abs=0.03)


def test_levels_of_a_segment_have_histograms_of_their_own() -> None:
    arms = [name for name in ("control", "treated") for _ in range(2000)]
    country = ["DE" if i % 2 else None for i in range(4000)]
    values = money(8, arms, {"treated": 1.1})
    statistics = statistics_of(
        arms, {}, quantiles={"spend_p90": values}, segments={"country": country}
    )
    result = infer(experiment(metrics=[p90()], segments=["country"]), statistics)
    whole, german, unknown = result.estimates
    assert [e.segment for e in (whole, german, unknown)] == [
        None,
        {"country": "DE"},
        {"country": None},
    ]
    rows = (np.array(country) == "DE") & (np.array(arms) == "treated")
    assert german.arm_value == Quantile(histogram=counted(values[rows]), probability=0.9).estimate
    assert "exploratory" in german.flags
    interaction = next(o for o in result.omnibus if o.estimand == "interaction")
    assert interaction.df == 1


def test_any_of_a_quantile_and_a_mean_is_corrected_without_their_products() -> None:
    rng = np.random.default_rng(6)
    arms = ["control"] * 900 + ["treated"] * 900
    values = rng.integers(0, 500, 1800)
    exp = experiment(
        metrics=[metric("spend", role="primary"), p90(role="secondary")],
        decision=DecisionRule(success=("spend", "spend_p90"), need="any"),
    )
    statistics = statistics_of(arms, {"spend": values}, quantiles={"spend_p90": values})
    for estimate in infer(exp, statistics).estimates:
        assert estimate.simultaneous is not None
        assert "Bonferroni" in estimate.simultaneous.method


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    lift=st.floats(0.7, 1.4),
    better=st.sampled_from(["higher", "lower"]),
    scale=st.sampled_from(["absolute", "relative"]),
)
def test_a_guardrail_holds_where_its_interval_lies_on_the_good_side(
    seed: int, lift: float, better: str, scale: str
) -> None:
    margin = Margin(scale=scale, value=0.1 if scale == "relative" else 6.0)  # type: ignore[arg-type]
    _, _, statistics = two(seed, lift)
    guard = p90(role="guardrail", better=better, margin=margin)
    estimate = only(experiment(metrics=[guard]), statistics)
    span = estimate.relative if scale == "relative" else estimate.absolute
    assert span is not None
    assert estimate.p_value is not None
    sign = 1 if better == "lower" else -1
    assert (estimate.null_value, estimate.null_scale) == (sign * margin.value, scale)
    harmful = span.high if better == "lower" else span.low
    assert harmful is not None
    within = harmful < margin.value if better == "lower" else harmful > -margin.value
    assert within == (estimate.p_value < 0.025)
    assert within == (estimate.conclusion == "non_inferior")


def test_quantiles_are_not_adjusted_and_say_so() -> None:
    arms, values, _ = two(9)
    statistics = statistics_of(
        arms, {"x:prior": np.arange(len(arms)) % 7}, quantiles={"spend_p90": values}
    )
    estimate = only(experiment(metrics=[p90()]), statistics)
    assert estimate.adjustment.covariates == ()
    assert estimate.adjustment.reason == "quantiles are not adjusted"


def test_an_arm_without_units_is_named() -> None:
    statistics = statistics_of(["control"] * 5, {}, quantiles={"spend_p90": np.arange(5.0)})
    exp = experiment([arm("control"), arm("treated")], [p90()])
    estimate = only(exp, statistics)
    assert "treated has 0" in (estimate.not_estimated or {})["reason"]


@pytest.mark.parametrize("alpha", [0.05, 1e-9])
def test_its_error_is_read_off_the_interval_at_the_level_of_the_experiment(alpha: float) -> None:
    """Woodruff (1952): the values at shares q -+ z sqrt(q (1 - q) / n), over 2 z."""
    n = 2_000
    rng = np.random.default_rng(8)
    arms = ["control"] * n + ["treated"] * n
    values = rng.pareto(0.7, 2 * n)  # a long tail: the error depends on how far one looks
    exp = experiment(metrics=[p90()], alpha=alpha)
    found = only(exp, statistics_of(arms, {}, quantiles={"spend_p90": values}))
    z = stats.norm.isf(alpha / 2)
    reach = z * np.sqrt(0.9 * 0.1 / n)
    errors = [
        np.diff(np.quantile(values[rows], [0.9 - reach, 0.9 + reach]))[0] / (2 * z)
        for rows in (slice(0, n), slice(n, 2 * n))
    ]
    # a bin of the histogram is a hundredth of a value wide, and the interval a tenth of it
    assert found.standard_error == pytest.approx(np.hypot(*errors), rel=0.05)


def test_shares_of_none_and_all_have_ends_whether_within_a_bin_or_not() -> None:
    histogram = counted(np.array([1.0, 2.0, 3.0, 4.0]))
    for whole in (False, True):
        first, last = (
            end(histogram, np.array([0.0, 0.5, 1.0]), whole=whole) for end in (_first, _last)
        )
        # at no share lies everything above, at the whole share everything below
        assert first[0] == -np.inf
        assert last[-1] == np.inf
        assert np.isfinite(first[1:]).all()
        assert np.isfinite(last[:-1]).all()
        assert first[1] == pytest.approx(2.0, rel=0.01)
        assert last[1] == pytest.approx(3.0, rel=0.01)
