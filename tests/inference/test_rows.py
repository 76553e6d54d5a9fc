"""Every field of every estimate of a run, from the columns of its units by textbook formulas."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint
from tests.support.experiments import conversion, experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.estimates import estimate_all
from pathlift.inference.incidence import label_table
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import DecisionRule, Experiment, Margin
from pathlift.result.model import Estimate, Span
from pathlift.statistics.cells import UNKNOWN, all_codes, label

ARMS = ("search", "content", "influencer")
PAIRS = [("influencer", "content"), ("content", "search")]  # no place is that of a default
ALPHA = 0.1
COUNTRIES = ("DE", "FR", None)
N = 1_800
CENT = 0.01

rng = np.random.default_rng(20261125)
ARM = rng.choice(ARMS, N, p=[0.5, 0.3, 0.2])
COUNTRY = rng.choice([0, 1, 2], N)
BOUGHT = (rng.random(N) < np.where(ARM == "content", 0.3, 0.2)).astype(int)
ORDERS = 1 + rng.poisson(1, N)
SPEND = BOUGHT * rng.integers(100, 4_000, N) * ORDERS
REFUNDS = (rng.random(N) < 0.1).astype(int)

METRICS = (
    metric("spend", better="higher", role="secondary"),
    conversion(better="higher"),
    metric("orders", better="lower"),
    ratio("per", "spend", "orders"),
    metric(
        "refunds", "proportion", role="guardrail", better="lower",
        margin=Margin(scale="absolute", value=0.03),
    ),
    metric(
        "kept", role="guardrail", better="higher", margin=Margin(scale="relative", value=0.2)
    ),
)  # fmt: skip
COLUMNS = {
    "conversion": BOUGHT,
    "spend": SPEND,
    "orders": ORDERS,
    "refunds": REFUNDS,
    "kept": SPEND,
}
VALUES = COLUMNS | {"spend": SPEND * CENT, "kept": SPEND * CENT}


def the_experiment(multiplicity: str) -> Experiment:
    return experiment(
        ARMS,
        METRICS,
        alpha=ALPHA,
        contrasts=PAIRS,
        multiplicity=multiplicity,
        segments=["country"],
        decision=DecisionRule(success=("conversion",)),
    )


def estimates(multiplicity: str = "none") -> list[Estimate]:
    exp = the_experiment(multiplicity)
    tables = statistics_of(
        ARM.tolist(),
        COLUMNS,
        units={"spend": CENT, "kept": CENT},
        segments={"country": [COUNTRIES[i] for i in COUNTRY]},
        declared=ARMS,
    )
    return list(estimate_all(exp, tables, declare_families(exp)).estimates)


def rows_of(estimate: Estimate, arm: str) -> np.ndarray:
    chosen = arm == ARM
    if estimate.segment is not None:
        (level,) = estimate.segment.values()
        chosen = chosen & (COUNTRIES.index(level) == COUNTRY)
    return np.asarray(np.flatnonzero(chosen))


def value_and_variance(estimate: Estimate, arm: str) -> tuple[float, float, int]:
    """Mean, or ratio of sums with its linearised variance (methods 3.3)."""
    rows = rows_of(estimate, arm)
    n = len(rows)
    if estimate.kind == "ratio":
        y, d = VALUES["spend"][rows], VALUES["orders"][rows]
        r = y.sum() / d.sum()
        return r, float(np.var(y - r * d, ddof=1) / n / d.mean() ** 2), n
    y = VALUES[str(estimate.metric)][rows]
    return float(y.mean()), float(np.var(y, ddof=1) / n), n


def fieller(m1: float, m0: float, v1: float, v0: float, c: float) -> tuple[float, float]:
    """Ends of the lift t where (m1 - (1 + t) m0)^2 = c^2 (v1 + (1 + t)^2 v0)."""

    def beyond(lift: float) -> float:
        return float((m1 - (1 + lift) * m0) ** 2 - c**2 * (v1 + (1 + lift) ** 2 * v0))

    middle = m1 / m0 - 1
    low, high = middle, middle
    while beyond(low) < 0:
        low -= 0.05
    while beyond(high) < 0:
        high += 0.05
    return optimize.brentq(beyond, low, middle), optimize.brentq(beyond, middle, high)


def score_ends(x1: int, n1: int, x0: int, n0: int, c: float) -> tuple[float, float]:
    """Differences not rejected by Miettinen and Nurminen's test; the rates by a search."""

    def z(d: float) -> float:
        def unlikely(p0: float) -> float:
            p1 = p0 + d
            return -float(
                x1 * np.log(p1) + (n1 - x1) * np.log1p(-p1)
                + x0 * np.log(p0) + (n0 - x0) * np.log1p(-p0)
            )  # fmt: skip

        ends = max(0.0, -d) + 1e-9, min(1.0, 1 - d) - 1e-9
        p0 = optimize.minimize_scalar(
            unlikely, bounds=ends, method="bounded", options={"xatol": 1e-12}
        ).x
        p1, n = p0 + d, n1 + n0
        variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * n / (n - 1)
        return float((x1 / n1 - x0 / n0 - d) / np.sqrt(variance))

    seen = x1 / n1 - x0 / n0
    return (
        optimize.brentq(lambda d: z(d) - c, seen - 0.5, seen),
        optimize.brentq(lambda d: z(d) + c, seen, seen + 0.5),
    )


def near(span: Span | None, estimate: float, ends: tuple[float, float], rel: float) -> None:
    assert span is not None
    assert span.estimate == pytest.approx(estimate, rel=1e-9)
    assert (span.low, span.high) == pytest.approx(ends, rel=rel, abs=1e-9)


def wanted() -> Iterator[tuple[str, tuple[str, str | None] | None, str, str]]:
    """Metric, segment, arm and control, in the order of a result."""
    for segment in (None, *(("country", level) for level in ("DE", "FR", None))):
        for each in METRICS:
            for arm, control in PAIRS:
                yield each.name, segment, arm, control


def test_there_is_one_estimate_of_each_metric_contrast_and_level() -> None:
    found = {e.id: e for e in estimates()}
    for name, segment, arm, control in wanted():
        words = "" if segment is None else f"country={segment[1]}"
        estimate = found.pop(f"itt/{name}//{words}/{arm}-{control}")
        assert estimate.estimand == "itt"
        assert (estimate.metric, estimate.arm, estimate.control) == (name, arm, control)
        assert estimate.segment == (None if segment is None else dict([segment]))
        assert estimate.ordering is None
        declared = next(each for each in METRICS if each.name == name)
        assert (estimate.kind, estimate.role) == (declared.kind, declared.role)
        assert estimate.better == declared.better
        assert estimate.exact
        assert estimate.causal_status == "causal"
        assert estimate.assumptions == ()
        assert estimate.adjustment.covariates == ()
        assert ("exploratory" in estimate.flags) == (segment is not None)
        assert estimate.equivalence is None
        assert estimate.simultaneous is None
    assert not found


def test_values_and_errors_are_those_of_the_units() -> None:
    for estimate in estimates():
        m1, v1, n1 = value_and_variance(estimate, estimate.arm)
        m0, v0, n0 = value_and_variance(estimate, estimate.control)
        assert (estimate.arm_units, estimate.control_units) == (n1, n0)
        assert estimate.arm_value == pytest.approx(m1, rel=1e-12)
        assert estimate.control_value == pytest.approx(m0, rel=1e-12)
        assert estimate.standard_error == pytest.approx(np.sqrt(v1 + v0), rel=1e-9)
        proportion = estimate.kind == "proportion"
        for own, mean, n in (
            (estimate.arm_interval, m1, n1), (estimate.control_interval, m0, n0),
        ):  # fmt: skip
            if not proportion:
                assert own is None
                continue
            ends = proportion_confint(round(mean * n), n, alpha=ALPHA, method="wilson")
            near(own, mean, ends, 1e-9)


def test_means_and_ratios_are_welchs_tests_with_fiellers_lifts() -> None:
    seen = 0
    for estimate in estimates():
        if estimate.kind == "proportion":
            continue
        seen += 1
        m1, v1, n1 = value_and_variance(estimate, estimate.arm)
        m0, v0, n0 = value_and_variance(estimate, estimate.control)
        error = np.sqrt(v1 + v0)
        df = (v1 + v0) ** 2 / (v1**2 / (n1 - 1) + v0**2 / (n0 - 1))  # Satterthwaite (1946)
        c = float(stats.t.isf(ALPHA / 2, df))
        assert estimate.df == pytest.approx(df, rel=1e-9)
        near(estimate.absolute, m1 - m0, (m1 - m0 - c * error, m1 - m0 + c * error), 1e-8)
        near(estimate.relative, m1 / m0 - 1, fieller(m1, m0, v1, v0, c), 1e-7)
        if estimate.metric != "kept":
            assert (estimate.null_value, estimate.null_scale) == (0.0, "absolute")
            t = (m1 - m0) / error
            p, level = 2 * stats.t.sf(abs(t), df), ALPHA
            better = "no_difference_shown"
            if p < ALPHA:
                up = (m1 > m0) == (estimate.better != "lower")
                better = "better" if up else "worse"
                better = better if estimate.better else "different"
            assert estimate.conclusion == better
        else:  # a margin of a fifth on the scale of the lift, on one side
            assert (estimate.null_value, estimate.null_scale) == (-0.2, "relative")
            t = (m1 - 0.8 * m0) / np.sqrt(v1 + 0.64 * v0)
            p, level = stats.t.sf(t, df), ALPHA / 2
            high = fieller(m1, m0, v1, v0, c)[1]
            expected = "non_inferior" if p < level else "harmed" if high < -0.2 else "not_shown"
            assert estimate.conclusion == expected
        assert estimate.statistic == pytest.approx(t, rel=1e-8)
        assert estimate.p_value == pytest.approx(p, rel=1e-7)
        assert estimate.alpha == level
    assert seen == 4 * 4 * 2


def test_proportions_are_tested_and_bounded_by_the_score() -> None:
    c = float(stats.norm.isf(ALPHA / 2))
    for estimate in estimates():
        if estimate.kind != "proportion":
            continue
        m1, _, n1 = value_and_variance(estimate, estimate.arm)
        m0, _, n0 = value_and_variance(estimate, estimate.control)
        x1, x0 = round(m1 * n1), round(m0 * n0)
        # the search for rates is good to about 1e-8
        near(estimate.absolute, m1 - m0, score_ends(x1, n1, x0, n0, c), 1e-6)
        assert estimate.df is None
        assert estimate.relative is not None
        assert estimate.relative.estimate == pytest.approx(m1 / m0 - 1, rel=1e-9)
        n = n1 + n0
        pooled = (x1 + x0) / n
        if estimate.metric == "conversion":  # at 0 the rates are the pooled one (methods 3.4)
            assert (estimate.null_value, estimate.null_scale) == (0.0, "absolute")
            error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0) * n / (n - 1))
            z = (m1 - m0) / error
            assert estimate.statistic == pytest.approx(z, rel=1e-9)
            assert estimate.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-8)
            assert estimate.alpha == ALPHA
            # the lift holds 0 exactly where the difference does
            assert estimate.absolute is not None
            for span in (estimate.absolute, estimate.relative):
                assert span.low is not None
                assert span.high is not None
                out = span.low > 0 or span.high < 0
                assert out == (estimate.p_value is not None and estimate.p_value < ALPHA)
        else:
            assert (estimate.null_value, estimate.null_scale) == (0.03, "absolute")
            assert estimate.alpha == ALPHA / 2
            assert estimate.absolute is not None
            assert estimate.absolute.high is not None
            assert estimate.p_value is not None
            passed = estimate.p_value < ALPHA / 2
            assert passed == (estimate.absolute.high < 0.03)
            assert estimate.conclusion == ("non_inferior" if passed else "not_shown")
            z = estimate.statistic
            assert z is not None
            assert estimate.p_value == pytest.approx(stats.norm.cdf(z), rel=1e-9)


@pytest.mark.parametrize("method", ["max_t", "holm"])
def test_a_family_adds_to_an_estimate_and_changes_nothing_of_it(method: str) -> None:
    alone = {e.id: e for e in estimates()}
    for estimate in estimates(method):
        plain = alone[estimate.id]
        family = estimate.simultaneous
        if estimate.role == "guardrail":
            assert family is None
        assert estimate.model_copy(
            update={"simultaneous": None, "conclusion": plain.conclusion, "flags": plain.flags}
        ) == plain.model_copy(update={"simultaneous": None})
        if family is None:
            continue
        assert family.members == (2 if estimate.segment is None else 6)
        assert family.p_adjusted is not None
        assert estimate.p_value is not None
        assert family.p_adjusted >= estimate.p_value
        decided = family.p_adjusted < ALPHA
        assert (estimate.conclusion != "no_difference_shown") == decided
        if family.critical_value is None:
            assert (family.absolute, family.relative) == (None, None)
            assert not family.interval_matches_p
            continue
        assert family.interval_matches_p
        m1, v1, n1 = value_and_variance(estimate, estimate.arm)
        m0, v0, n0 = value_and_variance(estimate, estimate.control)
        c = family.critical_value
        if estimate.kind == "proportion":
            ends = score_ends(round(m1 * n1), n1, round(m0 * n0), n0, c)
        else:
            half = c * np.sqrt(v1 + v0)
            ends = (m1 - m0 - half, m1 - m0 + half)
            near(family.relative, m1 / m0 - 1, fieller(m1, m0, v1, v0, c), 1e-7)
        near(family.absolute, m1 - m0, ends, 1e-6)


def test_a_control_that_never_converted_leaves_the_lift_without_an_upper_end() -> None:
    arms = ["control"] * 60 + ["treated"] * 60
    exp = experiment(metrics=[conversion()])
    tables = statistics_of(arms, {"conversion": [0] * 60 + [1] * 12 + [0] * 48})
    (found,) = estimate_all(exp, tables, declare_families(exp)).estimates
    assert "relative_unbounded_above" in found.flags
    assert found.relative is not None
    assert found.relative.high is None
    assert found.relative.estimate is None
    assert found.causal_status == "causal"


def test_arms_without_units_are_counted_as_none_at_all() -> None:
    exp = experiment(ARMS, [metric("spend", role="primary")], contrasts=PAIRS)
    tables = statistics_of(["search"] * 9, {"spend": list(range(9))}, declared=ARMS)
    for found in estimate_all(exp, tables, declare_families(exp)).estimates:
        assert found.not_estimated is not None
        assert (found.arm_units, found.control_units) == (0, 9 if found.control == "search" else 0)


@pytest.mark.parametrize("ties", ["exclude_from_order_tests", "label"])
def test_labels_are_counted_by_arm_and_ties_are_one_of_them_where_kept_out(ties: str) -> None:
    codes = [code for code in all_codes() if code != UNKNOWN]
    labels = np.random.default_rng(2).choice(codes, N)
    exp = replace(
        experiment(ARMS, [conversion()], stages=("need", "touchpoint", "trust")),
        ties=ties,  # type: ignore[arg-type]
    )
    tables = statistics_of(
        ARM.tolist(), {"conversion": BOUGHT}, labels=labels.tolist(), declared=ARMS
    )
    tied = {code for code in codes if "=" in label(code).ordering}
    columns = [[code] for code in codes if code not in tied]
    columns += [sorted(tied)] if ties == "exclude_from_order_tests" else [[c] for c in tied]
    expected = {
        tuple(int(((arm == ARM) & np.isin(labels, column)).sum()) for arm in ARMS)
        for column in columns
    }
    found = label_table(exp, tables)
    assert found.shape == (3, len(columns))
    assert {tuple(int(n) for n in column) for column in found.T} == expected


def test_tests_over_all_arms_are_those_of_scipy_and_of_a_quadratic_form() -> None:
    exp = the_experiment("none")
    tables = statistics_of(
        ARM.tolist(),
        COLUMNS,
        units={"spend": CENT, "kept": CENT},
        segments={"country": [COUNTRIES[i] for i in COUNTRY]},
        declared=ARMS,
    )
    found = estimate_all(exp, tables, declare_families(exp)).omnibus
    whole = [row for row in found if row.segment is None]
    assert [row.metric for row in whole] == [each.name for each in METRICS]
    for row in whole:
        assert (row.estimand, row.ordering, row.causal_status) == ("itt", None, "causal")
        assert row.not_estimated is None
        assert row.df == 2
        if row.metric in ("conversion", "refunds"):
            y = VALUES[str(row.metric)]
            counts = [[int(y[arm == ARM].sum()), int((1 - y)[arm == ARM].sum())] for arm in ARMS]
            pearson = stats.chi2_contingency(counts, correction=False)
            assert row.test == "Pearson's chi-square over the arms"
            assert row.statistic == pytest.approx(pearson.statistic, rel=1e-9)
            assert row.p_value == pytest.approx(pearson.pvalue, rel=1e-8)
            continue
        about = next(e for e in estimates() if e.metric == row.metric and e.segment is None)
        m, v, _ = np.array([value_and_variance(about, arm) for arm in ARMS]).T
        c = np.array([[1.0, -1, 0], [1, 0, -1]])
        wald = (c @ m) @ np.linalg.solve(c @ np.diag(v) @ c.T, c @ m)
        assert row.test == "Wald test that all arms are equal"
        assert row.statistic == pytest.approx(wald, rel=1e-8)
        assert row.p_value == pytest.approx(stats.chi2.sf(wald, 2), rel=1e-7)
    inside = [row for row in found if row.segment is not None]
    assert {row.metric for row in inside} <= {each.name for each in METRICS}
    for row in inside:
        assert (row.estimand, row.segment, row.ordering) == ("interaction", "country", None)
        assert row.df == 4  # (levels - 1)(arms - 1)
