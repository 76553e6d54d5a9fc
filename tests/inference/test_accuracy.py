"""Nine digits on inputs that ruin naive arithmetic, against the same formulas at fifty digits.

Means of 1e9 with a deviation of 1, counts up to 1e12, p-values down to 1e-300. Scores of
proportions and the tails themselves have theirs in `test_proportions` and `test_tails`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf
from tests.support.clusters import with_clusters
from tests.support.experiments import arm, experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.drafts import Draft, Identity, Spread
from pathlift.inference.estimates import estimate_all
from pathlift.inference.omnibus import equality_of_means, independence
from pathlift.inference.quantiles import Quantile
from pathlift.inference.skew import contrast_skew
from pathlift.inference.solving import solve
from pathlift.inference.wilson import wilson_interval
from pathlift.registry.experiment import Cluster, Column, Margin
from pathlift.result.model import Estimate
from pathlift.statistics.collected import Statistics
from pathlift.statistics.histogram import RATIO, Histogram
from pathlift.statistics.moments import MomentTable

PROMISED = 1e-9  # issue 2: relative error at most 1e-9
STEP = 1e-6  # of the metric: a whole number of steps is exact


def nine_digits(expected: mpf | float) -> Any:
    """As promised, also of the smallest numbers: pytest's own 1e-12 would let any small p pass."""
    return pytest.approx(float(expected), rel=PROMISED, abs=0)


@pytest.fixture(autouse=True)
def _fifty_digits() -> Any:
    with mpmath.workdps(50):
        yield


def times(table: MomentTable, factor: int) -> MomentTable:
    """The same units, each so many times over."""
    return replace(
        table,
        units=table.units * factor,
        sums=table.sums * factor,
        products=table.products * factor,
        cubes=table.cubes * factor,
    )


def columns(seed: int, n: int, shift: float) -> tuple[list[str], dict[str, list[int]]]:
    """Steps of 1e-6 around 1e9 with a deviation of 1; the treatment lies `shift` higher."""
    rng = np.random.default_rng(seed)
    arms = ["control"] * n + ["treated"] * n
    x = rng.normal(0, 1, 2 * n)
    noise = np.round((0.6 * x + 0.8 * rng.normal(0, 1, 2 * n)) * 1e6).astype(int)
    moved = [10**15 + int(e) + (round(shift * 1e6) if i >= n else 0) for i, e in enumerate(noise)]
    orders = [10**15 + int(e) for e in np.round(rng.normal(0, 1, 2 * n) * 1e6)]
    prior = [10**15 + int(e) for e in np.round(x * 1e6)]
    return arms, {"y": moved, "d": orders, "x:prior": prior}


def statistics(seed: int, n: int, shift: float, *, repeats: int = 1) -> Statistics:
    arms, of = columns(seed, n, shift)
    found = statistics_of(arms, of, units=dict.fromkeys(of, STEP))
    return replace(found, moments=times(found.moments, repeats))


class Exact:
    """Means and covariances of an arm in rational steps, then at fifty digits."""

    def __init__(self, rows: Sequence[Sequence[int]], repeats: int) -> None:
        n = len(rows[0]) * repeats
        self.n = mpf(n)
        self.mean = [mpf(repeats * sum(v)) / n * mpf("1e-6") for v in rows]
        self.cov = [
            [
                mpf(repeats)
                * (len(a) * sum(p * q for p, q in zip(a, b, strict=True)) - sum(a) * sum(b))
                / (len(a) * mpf(n - 1))
                * mpf("1e-12")
                for b in rows
            ]
            for a in rows
        ]


def exact(seed: int, n: int, shift: float, names: Sequence[str], repeats: int) -> list[Exact]:
    _, of = columns(seed, n, shift)
    return [
        Exact([of[name][part] for name in names], repeats) for part in (slice(n), slice(n, None))
    ]


def t_two_sided(t: mpf, df: mpf) -> mpf:
    """By the density, since the incomplete beta function takes for ever at 1e12 df."""
    start = abs(t)
    scale = mp.exp(mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2)) / mp.sqrt(df * mp.pi)
    ends = [start + k / max(start, 1) for k in (0, 1, 2, 4, 8, 16, 32, 64, 128)]
    tail = mp.quad(lambda x: mp.exp(-(df + 1) / 2 * mp.log1p(x * x / df)), ends)
    return 2 * scale * tail


def only(statistics_: Statistics, metrics: Sequence[Any], name: str) -> Estimate:
    inferred = estimate_all(experiment(metrics=metrics), statistics_, ())
    return next(e for e in inferred.estimates if e.metric == name)


def satterthwaite(v1: mpf, v0: mpf, df1: mpf, df0: mpf) -> mpf:
    return (v1 + v0) ** 2 / (v1**2 / df1 + v0**2 / df0)


@pytest.mark.parametrize(
    ("n", "shift", "repeats"),
    [
        pytest.param(40, 0.5, 1, id="few units"),
        pytest.param(400, 2.3, 1, id="p near 1e-150"),
        pytest.param(700, 2.3, 1, id="p near 1e-250"),
        pytest.param(50, 1e-6, 2 * 10**10, id="1e12 units"),
    ],
)
def test_a_difference_of_means_around_1e9(n: int, shift: float, repeats: int) -> None:
    found = only(
        replace(statistics(1, n, shift, repeats=repeats), covariates=()),
        [metric("y", role="primary")],
        "y",
    )
    zero, one = exact(1, n, shift, ["y"], repeats)
    v1, v0 = one.cov[0][0] / one.n, zero.cov[0][0] / zero.n
    df = satterthwaite(v1, v0, one.n - 1, zero.n - 1)
    difference, error = one.mean[0] - zero.mean[0], mp.sqrt(v1 + v0)
    assert found.standard_error == nine_digits(error)
    assert found.df == nine_digits(df)
    assert found.absolute is not None
    # both means are printed as floats of 1e9, whose steps are 1.2e-7; their difference is not
    assert found.absolute.estimate == nine_digits(difference)
    t = difference / error
    assert found.statistic == nine_digits(t)
    expected = t_two_sided(t, df)
    if expected < mpf("1e-300"):  # no float holds nine digits of it
        assert found.p_value is not None
        assert found.p_value < 1e-300
        return
    # a p-value of 1e-300 has a slope of t^2 = 1,400 in its statistic: relative 1e-13 of t
    assert found.p_value == nine_digits(expected)


@pytest.mark.parametrize("repeats", [1, 10**9])
def test_a_covariate_around_1e9_takes_its_share_away(repeats: int) -> None:
    n = 400
    found = only(statistics(3, n, 0.2, repeats=repeats), [metric("y", role="primary")], "y")
    arms = exact(3, n, 0.2, ["y", "x:prior"], repeats)
    total = sum(a.n for a in arms)
    grand = sum(a.n * a.mean[1] for a in arms) / total
    # covariance of the covariate over the pooled arms, n - 1
    s_x = sum((a.n - 1) * a.cov[1][1] + a.n * (a.mean[1] - grand) ** 2 for a in arms) / (total - 1)
    values, variances, slopes = [], [], []
    for a in arms:
        beta = a.cov[0][1] / a.cov[1][1]
        values.append(a.mean[0] - beta * (a.mean[1] - grand))
        residual = a.cov[0][0] - beta * a.cov[0][1]
        variances.append(residual * (a.n - 1) / (a.n - 2) / a.n)
        slopes.append(beta)
    between = (slopes[1] - slopes[0]) ** 2 * s_x / total
    assert found.adjustment.method == "lin"
    assert found.standard_error == nine_digits(mp.sqrt(variances[1] + variances[0] + between))
    assert found.absolute is not None
    assert found.absolute.estimate == nine_digits(values[1] - values[0])


@pytest.mark.parametrize("repeats", [1, 10**9])
@pytest.mark.parametrize("shift", [1e-6, 3.0])
def test_a_ratio_of_two_metrics_around_1e9(repeats: int, shift: float) -> None:
    n = 400
    found = only(
        replace(statistics(5, n, shift, repeats=repeats), covariates=()),
        [metric("y"), metric("d"), ratio("r", "y", "d", role="primary")],
        "r",
    )
    ratios, variances = [], []
    for a in exact(5, n, shift, ["y", "d"], repeats):
        r = a.mean[0] / a.mean[1]
        spread = a.cov[0][0] - 2 * r * a.cov[0][1] + r**2 * a.cov[1][1]
        ratios.append(r)
        variances.append(spread / a.n / a.mean[1] ** 2)
    error = mp.sqrt(sum(variances))
    assert found.standard_error == nine_digits(error)
    assert found.absolute is not None
    # both ratios are printed as floats near 1, which differ by about 1e-9: seven digits are left
    assert found.absolute.estimate == nine_digits(ratios[1] - ratios[0])
    t = (ratios[1] - ratios[0]) / error
    assert found.statistic == nine_digits(t)
    lift_is_fiellers(found, ratios, variances)


@pytest.mark.parametrize("n", [40, 400])
@pytest.mark.parametrize("shift", [1e-6, 0.5])
def test_a_lift_of_means_around_1e9(n: int, shift: float) -> None:
    found = only(
        replace(statistics(1, n, shift), covariates=()), [metric("y", role="primary")], "y"
    )
    arms = exact(1, n, shift, ["y"], 1)
    lift_is_fiellers(found, [a.mean[0] for a in arms], [a.cov[0][0] / a.n for a in arms])


def lift_is_fiellers(found: Estimate, means: Sequence[mpf], variances: Sequence[mpf]) -> None:
    """Roots of (m1 - r m0)^2 = c^2 (v1 + r^2 v0), less 1, at the c that the interval shows."""
    (m0, m1), (v0, v1) = means, variances
    assert found.absolute is not None
    assert found.relative is not None
    c = mpf((found.absolute.high or 0) - (found.absolute.low or 0)) / 2 / mp.sqrt(v1 + v0)
    a, b, e = m0**2 - c**2 * v0, m1 * m0, m1**2 - c**2 * v1
    root = mp.sqrt(b**2 - a * e)
    assert found.relative.estimate == nine_digits(m1 / m0 - 1)
    assert found.relative.low == nine_digits((b - root) / a - 1)
    assert found.relative.high == nine_digits((b + root) / a - 1)


def test_a_relative_margin_of_means_around_1e9() -> None:
    value = 1.25e-9  # of 1e9: beyond what 1 + margin keeps
    guard = metric(
        "y", role="guardrail", better="lower", margin=Margin(scale="relative", value=value)
    )
    found = only(replace(statistics(1, 400, 0.5), covariates=()), [guard], "y")
    zero, one = exact(1, 400, 0.5, ["y"], 1)
    v1, v0 = one.cov[0][0] / one.n, zero.cov[0][0] / zero.n
    r = 1 + mpf(value)
    t = (one.mean[0] - r * zero.mean[0]) / mp.sqrt(v1 + r**2 * v0)
    assert found.statistic == nine_digits(t)


@pytest.mark.parametrize("covariate", [False, True])
def test_a_difference_of_clustered_arms_around_1e9(*, covariate: bool) -> None:
    n = 400
    arms, of = columns(4, n, 0.3)
    of = {name: of[name] for name in ("y", *(("x:prior",) if covariate else ()))}
    found = statistics_of(arms, of, units=dict.fromkeys(of, STEP))
    found = with_clusters(found, arms, of, [f"{arm}{i // 10}" for i, arm in enumerate(arms)])
    shop = Cluster(column=Column(name="shop"), randomised="clusters")
    drawn = [arm(name, cluster=shop) for name in ("control", "treated")]
    exp = experiment(drawn, [metric("y", role="primary")])
    estimate = next(e for e in estimate_all(exp, found, ()).estimates if e.metric == "y")
    parts = exact(4, n, 0.3, list(of), 1)
    values = [a.mean[0] for a in parts]
    if covariate:  # both arms have as many units: each is moved to the middle of the two
        middle = sum(a.mean[1] for a in parts) / 2
        values = [a.mean[0] - a.cov[0][1] / a.cov[1][1] * (a.mean[1] - middle) for a in parts]
    assert estimate.absolute is not None
    assert estimate.absolute.estimate == nine_digits(values[1] - values[0])


def test_walds_statistic_of_three_arms_around_1e9() -> None:
    arms, of = columns(2, 300, 1e-6)
    names = ["control"] * 200 + ["one"] * 200 + ["two"] * 200
    found = estimate_all(
        experiment(("control", "one", "two"), [metric("y", role="primary")]),
        statistics_of(names, {"y": of["y"]}, units={"y": STEP}),
        (),
    ).omnibus[0]
    parts = [Exact([of["y"][k : k + 200]], 1) for k in (0, 200, 400)]
    w = [p.n / p.cov[0][0] for p in parts]
    grand = sum(a * p.mean[0] for a, p in zip(w, parts, strict=True)) / sum(w)
    expected = sum(a * (p.mean[0] - grand) ** 2 for a, p in zip(w, parts, strict=True))
    assert len(arms) == 600
    assert found.statistic == nine_digits(expected)


IDENTITY = Identity(
    estimand="itt", metric="m", kind="mean", role="primary", better="higher",
    arm="treated", control="control",
)  # fmt: skip


@pytest.mark.parametrize(
    ("m1", "m0", "v"),
    [
        pytest.param(1e9 + 40, 1e9, 1.0, id="tiny lift"),
        pytest.param(1.5, 1.0, 1e-24, id="1e12 units"),
        pytest.param(3e-9, 2e-9, 1e-20, id="small money"),
    ],
)
def test_a_lift_is_fiellers_at_fifty_digits(m1: float, m0: float, v: float) -> None:
    draft = Draft(
        identity=IDENTITY, arm_units=1, control_units=1, spread=Spread(m1=m1, m0=m0, v11=v, v00=v)
    )
    (found,) = solve([draft], alpha=0.05)
    c = mp.sqrt(2) * mp.erfinv(1 - mpf("0.05"))
    # (m1 - r m0)^2 = c^2 (v + r^2 v)
    a, b, k = mpf(m0) ** 2 - c**2 * v, mpf(m1) * mpf(m0), mpf(m1) ** 2 - c**2 * v
    root = mp.sqrt(b**2 - a * k)
    low, high = (b - root) / a - 1, (b + root) / a - 1
    assert found.relative is not None
    assert found.relative.low == nine_digits(low)
    assert found.relative.high == nine_digits(high)


@pytest.mark.parametrize("z", [1.0, 20.0, 36.9])
def test_equivalence_keeps_its_tails(z: float) -> None:
    spread = Spread(m1=5.0, m0=5.0, v11=0.5, v00=0.5)
    draft = Draft(
        identity=IDENTITY, arm_units=1, control_units=1, spread=spread,
        same_within=Margin(scale="absolute", value=z),
    )  # fmt: skip
    (found,) = solve([draft], alpha=0.05)
    assert found.equivalence is not None
    expected = mp.erfc(mpf(z) / mp.sqrt(2)) / 2
    assert found.equivalence.p_low == nine_digits(expected)
    assert found.equivalence.p_high == nine_digits(expected)


@pytest.mark.parametrize(
    ("x", "n"), [(0, 10**12), (1, 10**12), (10**12 - 1, 10**12), (3 * 10**11, 10**12), (5, 7)]
)
def test_wilsons_ends_solve_their_equation(x: int, n: int) -> None:
    found = wilson_interval(x, n, critical=1.959963984540054)
    c2 = mpf(1.959963984540054) ** 2
    root = mp.sqrt(c2**2 + 4 * c2 * x * (n - mpf(x)) / n)
    low, high = ((2 * x + c2 + sign * root) / (2 * (n + c2)) for sign in (-1, 1))
    assert float(found.low) == nine_digits(low)
    assert float(found.high) == nine_digits(high)


@pytest.mark.parametrize("excess", [10**5, 10**6, 2 * 10**7])
def test_pearsons_statistic_of_1e12_counts(excess: int) -> None:
    n = 10**12
    table = [[n // 2 + excess, n // 2 - excess], [n // 2 - excess, n // 2 + excess]]
    found = independence(table)
    expected = 4 * mpf(excess) ** 2 / (mpf(n) / 2)
    assert float(found.statistic) == nine_digits(expected)
    p = mp.erfc(mp.sqrt(expected / 2))
    if p > mpf("1e-300"):
        assert float(found.p_value) == nine_digits(p)


def test_walds_statistic_of_means_around_1e9() -> None:
    # differences of floats around 1e9 are exact; the covariance is small beside them
    means, variances = [1e9, 1e9 + 0.5, 1e9 - 0.25], [1e-2, 2e-2, 4e-2]
    found = equality_of_means(means, np.diag(variances))
    m, w = [mpf(x) for x in means], [1 / mpf(v) for v in variances]
    grand = sum(a * b for a, b in zip(w, m, strict=True)) / sum(w)
    expected = sum(a * (b - grand) ** 2 for a, b in zip(w, m, strict=True))
    assert float(found.statistic) == nine_digits(expected)
    assert float(found.p_value) == nine_digits(mp.exp(-expected / 2))


def test_skewness_of_a_lopsided_split() -> None:
    n1, v1, k1, n0, v0, k0 = 1e12, 4.0, 3e5, 1e3, 5.0, 7e5
    found = contrast_skew(n1, v1, k1, n0, v0, k0)
    top = mpf(k1) / mpf(n1) ** 2 - mpf(k0) / mpf(n0) ** 2
    bottom = (mpf(v1) / mpf(n1) + mpf(v0) / mpf(n0)) ** mpf("1.5")
    assert float(found.skewness) == nine_digits(top / bottom)


@pytest.mark.parametrize("probability", [0.5, 0.85, 0.999])
def test_quantiles_of_1e12_units_are_straight_within_their_bin(probability: float) -> None:
    bins = np.array([0, 100_000, 100_070, 100_200])
    counts = np.array([4 * 10**11, 3 * 10**11, 2 * 10**11, 10**11])
    quantile = Quantile(histogram=Histogram(bins=bins, counts=counts), probability=probability)

    def inverted(share: mpf) -> mpf:
        wanted, upto = share * 10**12, 0
        for bin_, count in zip(bins.tolist(), counts.tolist(), strict=True):
            if wanted <= upto + count:
                low = mpf(RATIO) ** (bin_ - 100_000) if bin_ else mpf(0)
                return low * (1 + (mpf(RATIO) - 1) * (wanted - upto) / count)
            upto += count
        raise AssertionError("a share is at most 1")

    p, c = mpf(probability), mpf(1.959963984540054)
    off = c * mp.sqrt(p * (1 - p) / 10**12)
    found = quantile.interval(1.959963984540054)
    assert quantile.estimate == nine_digits(inverted(p))
    assert float(found.low) == nine_digits(inverted(p - off))
    assert float(found.high) == nine_digits(inverted(p + off))
