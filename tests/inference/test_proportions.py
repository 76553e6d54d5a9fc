"""Miettinen and Nurminen's method against published tables, brute force and its own symmetries."""

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pathlift.inference import proportions
from pathlift.inference.proportions import (
    difference_interval,
    difference_score,
    rates_at_difference,
    ratio_interval,
    ratio_score,
)
from pathlift.inference.tails import one_sided_p, two_sided_critical, two_sided_p

Counts = tuple[int, int, int, int]
Z95 = 1.959963984540054

LARGEST = 10**12  # units of an arm; far above any experiment, below 2**53


@st.composite
def arms(draw: st.DrawFn, largest: int = 2_000) -> Counts:
    n1, n0 = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n0)), n0


# Newcombe (1998), table II, method "Miettinen-Nurminen" (examples a, b, h) as quoted in methods
# 3.4; the last row is methods 3.4's own. Printed to four decimals, hence the tolerance.
@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param((56, 70, 48, 80), (0.0528, 0.3382), id="common-case"),
        pytest.param((9, 10, 3, 10), (0.1700, 0.8406), id="small-counts"),
        pytest.param((5, 56, 0, 29), (-0.0326, 0.1933), id="control-at-zero"),
        pytest.param((0, 200, 5, 250), (-0.0460, -0.0009), id="treatment-at-zero"),
    ],
)
def test_difference_interval_matches_published_values(
    counts: Counts, expected: tuple[float, float]
) -> None:
    interval = difference_interval(*counts, critical=Z95)
    assert (float(interval.low), float(interval.high)) == pytest.approx(expected, abs=5e-5)


# Fagerland and Newcombe's example, quoted by ratesci (test3.R); printed to two decimals
def test_ratio_interval_matches_a_published_example() -> None:
    interval = ratio_interval(24, 73, 53, 65, critical=Z95)
    assert (float(interval.low), float(interval.high)) == pytest.approx((0.28, 0.56), abs=5e-3)


def test_constrained_rates_match_methods() -> None:
    # methods 3.4, printed to seven decimals
    p1, p0 = rates_at_difference(30, 200, 20, 250, 0.03)
    assert (float(p1), float(p0)) == pytest.approx((0.1254537, 0.0954537), abs=5e-8)


# methods 3.4: [exact] MN p of 49/1000 vs 316/9000 is .026, printed to three decimals
def test_one_more_conversion_does_not_switch_the_method() -> None:
    p49 = two_sided_p(difference_score(49, 1000, 316, 9000))
    p50 = two_sided_p(difference_score(50, 1000, 316, 9000))
    assert float(p49) == pytest.approx(0.026, abs=5e-4)
    assert p50 < p49


def log_likelihood(counts: Counts, p1: mpmath.mpf, p0: mpmath.mpf) -> mpmath.mpf:
    x1, n1, x0, n0 = counts
    terms = ((x1, p1), (n1 - x1, 1 - p1), (x0, p0), (n0 - x0, 1 - p0))
    return mpmath.fsum(x * mpmath.log(p) for x, p in terms if x)


@given(counts=arms(), share=st.floats(-0.999, 0.999))
def test_constrained_rates_are_the_most_likely_ones(counts: Counts, share: float) -> None:
    p1, p0 = (float(p) for p in rates_at_difference(*counts, share))
    assert 0 <= p0 <= 1
    assert -1e-15 <= p1 <= 1 + 1e-15
    assert p1 - p0 == pytest.approx(share, abs=1e-15)
    low, high = max(0.0, -share), min(1.0, 1 - share)
    with mpmath.workdps(30):
        d, here = mpmath.mpf(share), mpmath.mpf(p0)
        tiny = mpmath.mpf(10) ** -25
        best = log_likelihood(counts, max(here + d, tiny), max(here, tiny))
        # neighbours at one part in a million, and points all over the admissible range
        near = [here * (1 - mpmath.mpf("1e-6")), here * (1 + mpmath.mpf("1e-6"))]
        far = [low + (high - low) * mpmath.mpf(i) / 8 for i in range(1, 8)]
        for other in near + far:
            if low < other < high and other + d > 0:
                # the allowance is float rounding of p0, not of the likelihood
                assert log_likelihood(counts, other + d, other) <= best + mpmath.mpf("1e-9")


@given(counts=arms(LARGEST), share=st.floats(-0.99, 0.99))
def test_the_score_matches_the_closed_form_at_fifty_digits(counts: Counts, share: float) -> None:
    x1, n1, x0, n0 = counts
    z = float(difference_score(*counts, null=share))
    with mpmath.workdps(60):
        d = mpmath.mpf(share)
        total = mpmath.mpf(n1 + n0)
        l2 = ((n1 + 2 * n0) * d - total - (x1 + x0)) / total
        l1 = ((n0 * d - total - 2 * x0) * d + x1 + x0) / total
        l0 = x0 * d * (1 - d) / total
        roots = mpmath.polyroots([l0, l1, l2, 1], maxsteps=2000, extraprec=400, asc=True)
        inside = [
            mpmath.re(r)
            for r in roots
            if abs(mpmath.im(r)) < mpmath.mpf("1e-20")
            and max(mpmath.mpf(0), -d) - mpmath.mpf("1e-30")
            <= mpmath.re(r)
            <= min(mpmath.mpf(1), 1 - d) + mpmath.mpf("1e-30")
        ]
        tiny = mpmath.mpf(10) ** -40

        def clamp(p: mpmath.mpf) -> mpmath.mpf:
            return min(max(p, tiny), 1 - tiny)

        p0 = max(inside, key=lambda p: log_likelihood(counts, clamp(p + d), clamp(p)))
        p1 = p0 + d
        variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * total / (total - 1)
        assume(variance > mpmath.mpf("1e-30"))
        numerator = mpmath.mpf(x1) / n1 - mpmath.mpf(x0) / n0 - d
        expected = numerator / mpmath.sqrt(variance)
        # the observed difference is rounded to one float unit of a rate, 1.1e-16
        slack = 4e-16 / mpmath.sqrt(variance)
    assert z == pytest.approx(float(expected), rel=1e-9, abs=float(slack))


@given(counts=arms(LARGEST), ratio=st.floats(1e-3, 1e3))
def test_the_ratio_score_matches_its_quadratic_at_fifty_digits(
    counts: Counts, ratio: float
) -> None:
    x1, n1, x0, n0 = counts
    assume(x1 + x0 > 0)
    z = float(ratio_score(*counts, null=ratio))
    with mpmath.workdps(60):
        r, total = mpmath.mpf(ratio), mpmath.mpf(n1 + n0)
        a, b, c = total * r, -(n1 * r + x1 + n0 + x0 * r), mpmath.mpf(x1 + x0)
        p0 = (-b - mpmath.sqrt(b * b - 4 * a * c)) / (2 * a)
        p1 = r * p0
        variance = (p1 * (1 - p1) / n1 + r * r * p0 * (1 - p0) / n0) * total / (total - 1)
        assume(variance > mpmath.mpf("1e-30"))
        expected = (mpmath.mpf(x1) / n1 - r * x0 / n0) / mpmath.sqrt(variance)
        slack = 4e-16 * max(1, r) / mpmath.sqrt(variance)
    assert z == pytest.approx(float(expected), rel=1e-9, abs=float(slack))


@given(counts=arms())
def test_ratio_of_one_and_difference_of_zero_are_one_hypothesis(counts: Counts) -> None:
    assert float(ratio_score(*counts)) == pytest.approx(
        float(difference_score(*counts)), rel=1e-10, abs=1e-10
    )


@given(counts=arms(LARGEST), c=st.floats(0.1, 6.0))
def test_swapping_the_arms_mirrors_the_difference_interval(counts: Counts, c: float) -> None:
    x1, n1, x0, n0 = counts
    there = difference_interval(x1, n1, x0, n0, critical=c)
    back = difference_interval(x0, n0, x1, n1, critical=c)
    assert (float(back.low), float(back.high)) == (-float(there.high), -float(there.low))


@given(counts=arms(LARGEST), c=st.floats(0.1, 6.0))
def test_swapping_the_arms_inverts_the_ratio_interval(counts: Counts, c: float) -> None:
    x1, n1, x0, n0 = counts
    there = ratio_interval(x1, n1, x0, n0, critical=c)
    back = ratio_interval(x0, n0, x1, n1, critical=c)
    with np.errstate(divide="ignore"):
        assert float(back.low) == pytest.approx(float(1 / there.high), rel=1e-12)
        assert float(back.high) == pytest.approx(float(1 / there.low), rel=1e-12)


@given(counts=arms(), c=st.floats(0.1, 6.0))
def test_counting_failures_mirrors_the_difference_interval(counts: Counts, c: float) -> None:
    x1, n1, x0, n0 = counts
    won = difference_interval(x1, n1, x0, n0, critical=c)
    lost = difference_interval(n1 - x1, n1, n0 - x0, n0, critical=c)
    assert (float(lost.low), float(lost.high)) == pytest.approx(
        (-float(won.high), -float(won.low)), abs=1e-12
    )


@given(counts=arms(LARGEST), alpha=st.floats(1e-8, 0.5), null=st.floats(-0.2, 0.2))
def test_difference_interval_excludes_its_null_exactly_when_p_is_below_alpha(
    counts: Counts, alpha: float, null: float
) -> None:
    rejected = two_sided_p(difference_score(*counts, null=null)) < alpha
    interval = difference_interval(
        *counts, critical=two_sided_critical(alpha), null=null, excluded=rejected
    )
    assert bool((interval.low > null) | (interval.high < null)) == bool(rejected)
    assert -1 <= interval.low <= interval.high <= 1


@given(counts=arms(LARGEST), alpha=st.floats(1e-8, 0.5), null=st.floats(0.5, 2.0))
def test_ratio_interval_excludes_its_null_exactly_when_p_is_below_alpha(
    counts: Counts, alpha: float, null: float
) -> None:
    rejected = two_sided_p(ratio_score(*counts, null=null)) < alpha
    interval = ratio_interval(
        *counts, critical=two_sided_critical(alpha), null=null, excluded=rejected
    )
    assert bool((interval.low > null) | (interval.high < null)) == bool(rejected)
    assert 0 <= interval.low <= interval.high


@given(counts=arms(LARGEST), c=st.floats(0.5, 6.0))
def test_the_score_at_an_end_is_the_critical_value(counts: Counts, c: float) -> None:
    interval = difference_interval(*counts, critical=c)
    x1, n1, x0, n0 = counts
    observed = x1 / n1 - x0 / n0
    for end, sign in ((float(interval.low), 1.0), (float(interval.high), -1.0)):
        if abs(end) < 1:  # a clamped end has no root
            # the solver stops within 1e-15 of the end, seen through the slope of the score,
            # which is steep where the end is close to the estimate or to -1 and 1
            room = min(abs(end - observed), 1 - abs(end))
            step = 1e-15 / room * 4 * c
            score = float(difference_score(*counts, null=end))
            assert score == pytest.approx(sign * c, rel=1e-8, abs=step)


@given(counts=arms(), pair=st.tuples(st.floats(0.1, 6.0), st.floats(0.1, 6.0)))
def test_a_family_interval_contains_the_marginal_one(
    counts: Counts, pair: tuple[float, float]
) -> None:
    small, large = sorted(pair)
    for interval in (difference_interval, ratio_interval):
        narrow, wide = interval(*counts, critical=small), interval(*counts, critical=large)
        # each end is solved to 1e-12 of its size
        assert wide.low <= narrow.low + 1e-12 * abs(narrow.low)
        open_above = bool(np.isinf(narrow.high))
        slack = 0.0 if open_above else 1e-12 * abs(narrow.high)
        assert wide.high >= narrow.high - slack


@given(counts=arms(), margin=st.floats(0, 0.3))
def test_one_more_treated_conversion_never_raises_the_one_sided_p(
    counts: Counts, margin: float
) -> None:
    x1, n1, x0, n0 = counts
    assume(x1 < n1)
    before = one_sided_p(difference_score(x1, n1, x0, n0, null=-margin), side="greater")
    after = one_sided_p(difference_score(x1 + 1, n1, x0, n0, null=-margin), side="greater")
    assert after <= before * (1 + 1e-12)


@given(counts=arms(), margin=st.floats(0.01, 0.3))
def test_one_more_treated_conversion_never_raises_the_relative_margin_p(
    counts: Counts, margin: float
) -> None:
    x1, n1, x0, n0 = counts
    assume(x1 < n1)
    before = one_sided_p(ratio_score(x1, n1, x0, n0, null=1 - margin), side="greater")
    after = one_sided_p(ratio_score(x1 + 1, n1, x0, n0, null=1 - margin), side="greater")
    assert after <= before * (1 + 1e-12)


@pytest.mark.parametrize("n", [1, 10, LARGEST])
def test_nobody_against_nobody_is_no_evidence_but_an_interval(n: int) -> None:
    assert float(difference_score(0, n, 0, n)) == 0.0
    assert float(two_sided_p(difference_score(0, n, 0, n))) == 1.0
    difference = difference_interval(0, n, 0, n, critical=Z95)
    # under d > 0 the rates are (d, 0), so (d)^2 = c^2 d (1 - d) / n * N / (N - 1)
    k = Z95**2 / n * (2 * n) / (2 * n - 1)
    assert float(difference.high) == pytest.approx(k / (1 + k), rel=1e-12)
    assert float(difference.low) == -float(difference.high)
    ratio = ratio_interval(0, n, 0, n, critical=Z95)
    assert (float(ratio.low), float(ratio.high)) == (0.0, np.inf)


@pytest.mark.parametrize("n", [1, 10, LARGEST])
def test_everybody_against_everybody_is_no_evidence_but_an_interval(n: int) -> None:
    assert float(difference_score(n, n, n, n)) == 0.0
    assert float(ratio_score(n, n, n, n)) == 0.0
    k = Z95**2 / n * (2 * n) / (2 * n - 1)
    assert float(difference_interval(n, n, n, n, critical=Z95).low) == pytest.approx(
        -k / (1 + k), rel=1e-12
    )
    # under p1 = r p0 with r < 1 the rates are (r, 1), so (1 - r)^2 = k r (1 - r)
    ratio = ratio_interval(n, n, n, n, critical=Z95)
    assert float(ratio.low) == pytest.approx(1 / (1 + k), rel=1e-12)


def test_a_null_below_all_rounding_is_no_difference() -> None:
    # the smallest float: its variance underflows, which once made the score infinite
    assert float(difference_score(0, 1, 0, 2, null=-5e-324)) == 0.0


def test_ends_keep_their_digits_beside_a_huge_arm() -> None:
    # 0 of 1 against 0 of 2e10 with c = 2: below, the rates are (0, -d) and d = k / (1 + k)
    n0 = 20_000_000_000
    k = 2.0**2 / n0 * (n0 + 1) / n0
    low = difference_interval(0, 1, 0, n0, critical=2.0).low
    assert float(low) == pytest.approx(-k / (1 + k), rel=1e-12)


def test_a_zero_control_leaves_the_ratio_open_above() -> None:
    ratio = ratio_interval(5, 56, 0, 29, critical=Z95)
    assert float(ratio.high) == np.inf
    assert 0 < float(ratio.low) < 1


def test_two_thousand_contrasts_are_one_call() -> None:
    rng = np.random.default_rng(20)
    n = rng.integers(50, 5_000, (2, 2_000))
    x = rng.binomial(n, 0.03)
    many = difference_interval(x[0], n[0], x[1], n[1], critical=2.5)
    for i in (0, 777, 1_999):
        one = difference_interval(x[0, i], n[0, i], x[1, i], n[1, i], critical=2.5)
        both = (float(one.low), float(one.high))
        assert (many.low[i], many.high[i]) == pytest.approx(both, abs=1e-14)


@pytest.mark.parametrize("counts", [(1, 0, 1, 2), (3, 2, 1, 2), (-1, 2, 1, 2)])
def test_what_is_not_a_count_is_refused(counts: Counts) -> None:
    with pytest.raises(ValueError, match="no more conversions than units"):
        difference_score(*counts)


def many_arms() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20261125)
    n1, n0 = rng.integers(20, 5_000, (2, 400))
    x1, x0 = (rng.binomial(n, rng.uniform(0.02, 0.98, 400)) for n in (n1, n0))
    return x1.astype(float), n1.astype(float), x0.astype(float), n0.astype(float)


def test_the_closed_form_and_two_steps_of_newton_are_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x1, n1, x0, n0 = many_arms()
    d = np.random.default_rng(3).uniform(-0.9, 0.9, 400)
    with_all = np.array(rates_at_difference(x1, n1, x0, n0, d))
    monkeypatch.setattr(proportions, "_NEWTON_STEPS", 2)
    # the closed form is good to 1e-8, and a step of Newton's squares what is missing
    with_two = np.array(rates_at_difference(x1, n1, x0, n0, d))
    np.testing.assert_allclose(with_two, with_all, rtol=1e-12)


def test_each_step_of_newton_squares_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    x1, n1, x0, n0 = many_arms()
    d = np.random.default_rng(4).uniform(0.01, 0.6, 400)
    root = proportions._lower_rate(x1, n1, x0, n0, d)
    middle = (root > 0.02) & (root < 0.98 - d)  # away from the ends, where the slope is its own
    x1, n1, x0, n0, d, root = (column[middle] for column in (x1, n1, x0, n0, d, root))
    shares = n1 / (n1 + n0), n0 / (n1 + n0), x1 / (n1 + n0), x0 / (n1 + n0)
    left = []
    for steps in (1, 2):
        monkeypatch.setattr(proportions, "_NEWTON_STEPS", steps)
        nothing = np.full(root.shape, np.nan)
        found = proportions._newton(*shares, d, start=1.001 * root, known=nothing)
        left.append(np.abs(found / root - 1).max())
    # from 1e-3 away: within a constant of 1e-6, then of 1e-12
    assert left[0] < 1e-4
    assert left[1] < 1e-7


def test_a_dozen_scores_find_the_end_of_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget of 2,000 contrasts in 80 ms (issue 2) leaves no room for slow starts."""
    calls: list[int] = []
    error, score = proportions._difference_error, proportions.ratio_score

    def counted_error(*args: np.ndarray) -> np.ndarray:
        calls.append(1)
        return error(*args)

    def counted_score(*args: np.ndarray, null: np.ndarray) -> np.ndarray:
        calls.append(1)
        return score(*args, null=null)

    monkeypatch.setattr(proportions, "_difference_error", counted_error)
    monkeypatch.setattr(proportions, "ratio_score", counted_score)
    used = {"difference": [], "ratio": []}  # type: dict[str, list[int]]
    for row in list(zip(*many_arms(), strict=True))[:100]:
        x1, n1, x0, n0 = (np.array([value]) for value in row)
        for name, lowest in (
            ("difference", proportions._lowest_difference),
            ("ratio", proportions._lowest_ratio),
        ):
            calls.clear()
            lowest(x1, n1, x0, n0, np.array([Z95]))
            used[name].append(len(calls))
    # Chandrupatla's method takes about eight; two look for the bracket of a difference, and a
    # ratio's is walked to in strides of 1, 2, 4 on the log scale
    assert np.mean(used["difference"]) < 8
    assert max(used["difference"]) <= 12
    assert np.mean(used["ratio"]) < 12.5
    assert max(used["ratio"]) <= 17
