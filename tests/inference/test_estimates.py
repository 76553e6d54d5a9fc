"""The whole of inference on small tables: identities, other implementations, special cases."""

from collections.abc import Sequence

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from tests.support.experiments import conversion, experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import DecisionRule, Experiment, Margin
from pathlift.result.model import Estimate, Span
from pathlift.statistics.cells import all_codes, label
from pathlift.statistics.collected import Statistics

THREE = ("search", "content", "influencer")


def infer(exp: Experiment, statistics: Statistics) -> Inferred:
    return estimate_all(exp, statistics, declare_families(exp))


def of(result: Inferred, id: str) -> Estimate:
    return next(estimate for estimate in result.estimates if estimate.id == id)


def journeys(seed: int, n: int = 1500) -> tuple[list[str], dict[str, np.ndarray], list[int]]:
    """Random arms, columns and labels, about 20% converted, with one predictive covariate."""
    rng = np.random.default_rng(seed)
    arms = [THREE[i] for i in rng.integers(0, 3, n)]
    x = rng.poisson(5, n)
    y = (rng.random(n) < 0.1 + 0.02 * x).astype(int)
    codes = [int(c) for c in rng.choice([c for c in all_codes() if c != 63], n)]
    return arms, {"conversion": y, "x:prior": x, "spend": y * rng.integers(100, 900, n)}, codes


@pytest.mark.parametrize("covariate", ["none", "prior"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_incidences_add_up_to_the_effect_on_conversion(seed: int, covariate: str) -> None:
    arms, columns, codes = journeys(seed)
    if covariate == "none":
        del columns["x:prior"]
    exp = experiment(THREE, [conversion()], stages=("need", "touchpoint", "trust"))
    result = infer(exp, statistics_of(arms, columns, labels=codes, declared=THREE))
    for treated in ("content", "influencer"):
        parts = [
            e.arm_value - e.control_value
            for e in result.estimates
            if e.estimand == "incidence"
            and e.arm == treated
            and e.arm_value is not None
            and e.control_value is not None
        ]
        whole = of(result, f"itt/conversion///{treated}-search").absolute
        assert len(parts) == 7  # six complete orderings and other
        # tolerance: design 1, the identity holds to 1e-12 * max(1, effect)
        assert whole is not None
        assert sum(parts) == pytest.approx(whole.estimate, abs=1e-12)


def test_adjusted_conversion_equals_interacted_least_squares() -> None:
    arms, columns, codes = journeys(7)
    exp = experiment(THREE, [conversion()], stages=("need", "touchpoint", "trust"))
    result = infer(exp, statistics_of(arms, columns, labels=codes, declared=THREE))
    x = columns["x:prior"] - columns["x:prior"].mean()
    one = [np.array([a == name for a in arms], dtype=float) for name in THREE]
    design = np.column_stack([*one, *(d * x for d in one)])
    fit = sm.OLS(columns["conversion"].astype(float), design).fit(cov_type="HC2")
    estimate = of(result, "itt/conversion///content-search")
    assert estimate.absolute is not None
    # same least squares, both in double precision
    assert estimate.absolute.estimate == pytest.approx(fit.params[1] - fit.params[0], rel=1e-9)
    hc2 = np.sqrt(fit.cov_params()[0, 0] + fit.cov_params()[1, 1] - 2 * fit.cov_params()[0, 1])
    # HC2 differs by leverages of order 1/n and by the superpopulation term: 1% at n = 500 an arm
    assert estimate.standard_error == pytest.approx(hc2, rel=0.01)
    assert estimate.adjustment.method == "lin"
    assert estimate.adjustment.covariates == ("prior",)


def test_a_mean_without_covariates_is_welchs_test() -> None:
    rng = np.random.default_rng(3)
    arms = ["control"] * 40 + ["treated"] * 60
    y = rng.integers(0, 50, 100)
    exp = experiment(metrics=[metric("spend", role="primary")])
    estimate = of(infer(exp, statistics_of(arms, {"spend": y})), "itt/spend///treated-control")
    welch = stats.ttest_ind(y[40:], y[:40], equal_var=False)
    assert estimate.p_value == pytest.approx(welch.pvalue, rel=1e-9)
    assert estimate.df == pytest.approx(welch.df, rel=1e-9)
    interval = welch.confidence_interval()
    assert estimate.absolute is not None
    assert estimate.absolute.low == pytest.approx(interval.low, rel=1e-9)
    assert estimate.simultaneous is None


def test_dunnetts_family_agrees_with_scipy_on_equal_variances() -> None:
    rng = np.random.default_rng(5)
    n = 4000
    arms = [name for name in THREE for _ in range(n)]
    y = rng.integers(0, 100, 3 * n)
    exp = experiment(THREE, [metric("spend", role="primary")])
    result = infer(exp, statistics_of(arms, {"spend": y}))
    oracle = stats.dunnett(y[n : 2 * n], y[2 * n :], control=y[:n], rng=1)
    for position, treated in enumerate(("content", "influencer")):
        family = of(result, f"itt/spend///{treated}-search").simultaneous
        assert family is not None
        # scipy pools variances and integrates by quasi Monte Carlo: three digits
        assert family.p_adjusted == pytest.approx(oracle.pvalue[position], abs=5e-3)
        assert family.critical_value == pytest.approx(2.2121, abs=2e-3)  # methods 3.5


def test_ratio_of_means_is_the_linearised_one() -> None:
    rng = np.random.default_rng(11)
    arms = ["control"] * 300 + ["treated"] * 200
    d = rng.integers(1, 4, 500)
    y = d * rng.integers(5, 15, 500)
    exp = experiment(
        metrics=[
            metric("revenue"),
            metric("orders"),
            ratio("value", "revenue", "orders", role="primary"),
        ]
    )
    estimate = of(
        infer(exp, statistics_of(arms, {"revenue": y, "orders": d})), "itt/value///treated-control"
    )
    variances = []
    for rows in (slice(0, 300), slice(300, 500)):
        r = y[rows].sum() / d[rows].sum()
        variances.append(np.var(y[rows] - r * d[rows], ddof=1) / len(d[rows]) / d[rows].mean() ** 2)
    assert estimate.standard_error == pytest.approx(np.sqrt(sum(variances)), rel=1e-9)


def test_any_of_two_success_metrics_is_one_family_with_its_own_correlation() -> None:
    rng = np.random.default_rng(2)
    n = 3000
    arms = [name for name in THREE for _ in range(n)]
    y = rng.integers(0, 100, 3 * n)
    exp = experiment(
        THREE,
        [metric("spend", role="primary"), metric("twin"), metric("apart")],
        decision=DecisionRule(success=("spend", "twin")),
    )
    result = infer(
        exp, statistics_of(arms, {"spend": y, "twin": y, "apart": rng.integers(0, 9, 3 * n)})
    )
    shared = of(result, "itt/twin///content-search").simultaneous
    alone = of(result, "itt/apart///content-search").simultaneous
    assert shared is not None
    assert alone is not None
    assert shared.members == 4
    # a metric and its copy are one question: the critical value is Dunnett's for two contrasts
    # (methods 3.5: 2.2121), not that of four; equal variances only nearly, hence the tolerance
    assert shared.critical_value == pytest.approx(2.2121, abs=2e-3)
    assert alone.critical_value == pytest.approx(2.2121, abs=2e-3)


@pytest.mark.parametrize(
    ("margin", "better", "expected"),
    [
        pytest.param(0.10, "lower", "non_inferior", id="far inside the margin"),
        pytest.param(0.001, "lower", "harmed", id="whole interval beyond the margin"),
        pytest.param(0.05, "lower", "not_shown", id="margin inside the interval"),
        pytest.param(0.001, "higher", "non_inferior", id="more is better"),
    ],
)
def test_a_guardrail_is_held_against_its_margin(margin: float, better: str, expected: str) -> None:
    arms = ["control"] * 2000 + ["treated"] * 2000
    y = [1] * 200 + [0] * 1800 + [1] * 300 + [0] * 1700  # 10% against 15%: 5 points, SE 1
    guard = metric(
        "refunds", "proportion", role="guardrail", better=better,
        margin=Margin(scale="absolute", value=margin),
    )  # fmt: skip
    exp = experiment(metrics=[metric("spend", role="primary"), guard])
    statistics = statistics_of(arms, {"refunds": y, "spend": y})
    estimate = of(infer(exp, statistics), "itt/refunds///treated-control")
    assert estimate.conclusion == expected
    assert estimate.alpha == 0.025
    assert estimate.null_value == (margin if better == "lower" else -margin)
    assert estimate.simultaneous is None
    assert estimate.absolute is not None
    bound = estimate.absolute.high if better == "lower" else estimate.absolute.low
    assert bound is not None
    good = bound < estimate.null_value if better == "lower" else bound > estimate.null_value
    assert good == (estimate.p_value is not None and estimate.p_value < estimate.alpha)


def test_a_relative_margin_is_tested_on_its_own_scale() -> None:
    arms = ["control"] * 2000 + ["treated"] * 2000
    y = [1] * 400 + [0] * 1600 + [1] * 400 + [0] * 1600
    guard = metric(
        "kept", "proportion", role="guardrail", margin=Margin(scale="relative", value=0.15)
    )
    exp = experiment(metrics=[metric("spend", role="primary"), guard])
    estimate = of(
        infer(exp, statistics_of(arms, {"kept": y, "spend": y})), "itt/kept///treated-control"
    )
    assert estimate.null_scale == "relative"
    assert estimate.null_value == -0.15
    assert estimate.relative is not None
    assert estimate.relative.low is not None
    assert (estimate.relative.low > -0.15) == (estimate.conclusion == "non_inferior")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        pytest.param({"spend": [3] * 8}, "no variance", id="zero variance"),
        pytest.param(
            {"spend": [1, 2, 3, 4, 5, 6, 7, 8]}, "two mature units", id="one unit in an arm"
        ),
    ],
)
def test_what_cannot_be_estimated_says_why(columns: dict[str, list[int]], words: str) -> None:
    lonely = words == "two mature units"
    arms = ["control"] * 7 + ["treated"] if lonely else ["control"] * 4 + ["treated"] * 4
    exp = experiment(metrics=[metric("spend", role="primary")])
    estimate = of(infer(exp, statistics_of(arms, columns)), "itt/spend///treated-control")
    assert estimate.not_estimated is not None
    assert words in estimate.not_estimated["reason"]
    assert estimate.absolute is None
    assert estimate.p_value is None
    assert estimate.conclusion == "not_estimated"


@pytest.mark.parametrize("covariate", [False, True])
def test_an_arm_of_zeros_has_no_interval_of_a_lift_and_says_whose_variance_it_is(
    *, covariate: bool
) -> None:
    rng = np.random.default_rng(5)
    spent = rng.integers(1, 100, 200)
    columns = {"spend": np.concatenate([spent, np.zeros(200, dtype=int)])}
    if covariate:
        columns["x:prior"] = np.concatenate([spent % 7, rng.integers(0, 7, 200)])
    arms = ["control"] * 200 + ["treated"] * 200
    exp = experiment(metrics=[metric("spend", role="primary")])
    found = of(infer(exp, statistics_of(arms, columns)), "itt/spend///treated-control")
    assert found.relative is None
    assert "one_arm_without_variance" in found.flags
    assert found.absolute is not None
    assert found.conclusion == "worse"
    if not covariate:
        # with no variance in one arm, Welch's standard error is that of the other
        expected = np.std(spent, ddof=1) / np.sqrt(200)
        assert found.standard_error == pytest.approx(expected, rel=1e-12)  # order of summation


def test_arms_that_both_vary_have_no_such_flag() -> None:
    arms, columns, codes = journeys(1)
    exp = experiment(THREE, [conversion(), metric("spend")])
    result = infer(exp, statistics_of(arms, columns, labels=codes))
    assert all("one_arm_without_variance" not in each.flags for each in result.estimates)


def test_no_conversions_at_all_is_an_estimate_with_p_one() -> None:
    arms = ["control"] * 50 + ["treated"] * 50
    exp = experiment(metrics=[conversion()])
    estimate = of(
        infer(exp, statistics_of(arms, {"conversion": [0] * 100})),
        "itt/conversion///treated-control",
    )
    assert estimate.p_value == 1.0  # methods 3.4: 0 against 0 is estimated, p = 1
    assert estimate.relative is not None
    assert estimate.relative.estimate is None
    assert estimate.absolute is not None
    assert estimate.absolute.low < 0 < estimate.absolute.high  # type: ignore[operator]


def test_few_successes_keep_a_proportion_unadjusted_and_say_so() -> None:
    rng = np.random.default_rng(0)
    arms = ["control"] * 400 + ["treated"] * 400
    y = [1] * 30 + [0] * 370 + [1] * 60 + [0] * 340
    exp = experiment(metrics=[conversion()])
    columns = {"conversion": np.array(y), "x:prior": rng.integers(0, 9, 800)}
    estimate = of(infer(exp, statistics_of(arms, columns)), "itt/conversion///treated-control")
    assert estimate.method == "Miettinen-Nurminen score interval"
    assert "fewer than 50" in estimate.adjustment.reason
    assert estimate.adjustment.covariates == ()


def test_segments_are_exploratory_and_their_interaction_is_tested() -> None:
    rng = np.random.default_rng(1)
    n = 1200
    arms = [THREE[i] for i in rng.integers(0, 3, n)]
    country = [["DE", "FR", None][i] for i in rng.integers(0, 3, n)]
    exp = experiment(THREE, [metric("spend", role="primary")], segments=["country"])
    statistics = statistics_of(
        arms, {"spend": rng.integers(0, 9, n)}, segments={"country": country}, declared=THREE
    )
    result = infer(exp, statistics)
    inside = [e for e in result.estimates if e.segment is not None]
    assert len(inside) == 6
    assert {e.segment["country"] for e in inside if e.segment} == {"DE", "FR", None}
    assert all("exploratory" in e.flags for e in inside)
    assert all(e.simultaneous is not None and e.simultaneous.members == 6 for e in inside)
    test = next(o for o in result.omnibus if o.estimand == "interaction")
    assert test.df == 4  # (levels - 1)(arms - 1)
    assert test.segment == "country"


def _excludes(span: Span | None, value: float) -> bool:
    if span is None:
        return False
    return (span.low is not None and span.low > value) or (
        span.high is not None and span.high < value
    )


@given(
    counts=st.lists(
        st.integers(2, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
        min_size=3, max_size=3,
    )
)  # fmt: skip
def test_every_interval_excludes_zero_exactly_when_its_p_is_below_alpha(
    counts: Sequence[tuple[int, int]],
) -> None:
    arms = [name for name, (_, n) in zip(THREE, counts, strict=True) for _ in range(n)]
    y = [int(i < x) for x, n in counts for i in range(n)]
    exp = experiment(THREE, [conversion(), metric("spend")])
    result = infer(exp, statistics_of(arms, {"conversion": y, "spend": y}, declared=THREE))
    for estimate in result.estimates:
        if estimate.not_estimated is not None:
            continue
        assert estimate.p_value is not None
        assert _excludes(estimate.absolute, 0.0) == (estimate.p_value < estimate.alpha)
        family = estimate.simultaneous
        if family is not None:
            assert family.p_adjusted is not None
            assert family.p_adjusted >= estimate.p_value
            assert _excludes(family.absolute, 0.0) == (family.p_adjusted < estimate.alpha)
        if estimate.relative is not None and estimate.kind == "proportion":
            assert _excludes(estimate.relative, 0.0) == (estimate.p_value < estimate.alpha)


def test_two_declared_stages_show_two_orderings_and_other() -> None:
    arms, columns, codes = journeys(4)
    two = [c if label(c).ordering.count("trust") == 0 else 0 for c in codes]
    exp = experiment(THREE, [conversion()], stages=("need", "touchpoint"))
    result = infer(exp, statistics_of(arms, columns, labels=two, declared=THREE))
    shown = {e.ordering for e in result.estimates if e.estimand == "incidence"}
    assert shown == {"need>touchpoint", "touchpoint>need", "other"}


def test_a_share_has_its_own_interval_where_it_is_not_adjusted() -> None:
    arms, columns, codes = journeys(9)
    exp = experiment(THREE, [conversion(), metric("spend")], stages=("need", "touchpoint", "trust"))
    adjusted = infer(exp, statistics_of(arms, columns, labels=codes, declared=THREE))
    del columns["x:prior"]
    plain = infer(exp, statistics_of(arms, columns, labels=codes, declared=THREE))
    estimate = of(plain, "itt/conversion///content-search")
    n = arms.count("content")
    x = int(sum(y for y, a in zip(columns["conversion"], arms, strict=True) if a == "content"))
    assert estimate.arm_interval is not None
    # statsmodels, the oracle of the closed form; both in double precision
    expected = proportion_confint(x, n, alpha=0.05, method="wilson")
    found = estimate.arm_interval
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)
    assert found.estimate == estimate.arm_value == x / n
    assert of(plain, "itt/spend///content-search").arm_interval is None
    assert of(adjusted, "itt/conversion///content-search").arm_interval is None
