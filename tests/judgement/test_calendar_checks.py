"""Checks over days and weeks: published examples, faults that are found, and false alarms."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from scipy import stats
from tests.support.days import FIRST, NAME, by_day, table, with_segments
from tests.support.experiments import arm, conversion, experiment

from pathlift.inference.day_readings import contrasts_within_days, day_readings
from pathlift.judgement.checks.balance import balance
from pathlift.judgement.checks.calendar import duration, mix, paradox
from pathlift.judgement.checks.weeks import drift, novelty
from pathlift.judgement.checks.within import srm_within
from pathlift.registry.experiment import Cluster, Column, Experiment
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group, MomentTable, Variable, objects

TWO = experiment(("control", "treated"), [conversion()])
CheckFunction = Callable[[Experiment, Statistics], Iterable[Check]]


def only(check: CheckFunction, statistics: Statistics, about: Experiment = TWO) -> Check:
    [found] = check(about, statistics)
    return found


def even(days: int, n: int = 500, rate: float = 0.1) -> Statistics:
    hits = [round(n * rate)] * days
    return by_day(
        {"control": [n] * days, "treated": [n] * days}, {"control": hits, "treated": hits}
    )


def drawn(
    draws: np.random.Generator,
    *,
    days: int = 28,
    n: int = 400,
    shares: np.ndarray | None = None,
    control: np.ndarray | None = None,
    effect: np.ndarray | None = None,
) -> Statistics:
    """A split, a rate of the control and an effect, each by day."""
    treated = draws.binomial(n, np.full(days, 0.5) if shares is None else shares)
    p0 = np.full(days, 0.1) if control is None else control
    p1 = p0 + (np.zeros(days) if effect is None else effect)
    units = {"control": n - treated, "treated": treated}
    hits = {"control": draws.binomial(units["control"], p0), "treated": draws.binomial(treated, p1)}
    return by_day(units, hits)


# --- days ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "severity", "said"),
    [(28, "pass", "whole weeks"), (5, "warn", "less than a week"), (10, "warn", "1 weeks and 3")],
)
def test_days_are_held_against_whole_weeks(days: int, severity: str, said: str) -> None:
    found = only(duration, even(days))
    assert found.severity == severity
    assert said in found.message
    assert found.figures["days"] == days


def test_data_that_end_before_a_week_of_units_is_mature_are_said_to() -> None:
    """V10: units of the first seven days need those days and their window of 14."""
    fourteen = timedelta(days=14)
    statistics = even(14)
    for days, severity in ((20, "warn"), (21, "pass")):
        end = datetime.combine(FIRST + timedelta(days=days), time(), UTC)
        found = only(duration, replace(statistics, watermark=end), replace(TWO, window=fourteen))
        assert found.severity == severity
        assert (found.figures["days_read"], found.figures["days_of_window_and_week"]) == (days, 21)


def test_fewer_days_than_the_definition_asks_for_warn() -> None:
    asked = replace(TWO, checks={"duration": {"warns_below_days": 21}})
    assert only(duration, even(14)).severity == "pass"
    found = only(duration, even(14), asked)
    assert (found.severity, "fewer than 21 days" in found.message) == ("warn", True)
    assert (
        only(
            duration, even(5), replace(asked, checks={"duration": {"warns_below_days": 3}})
        ).severity
        == "pass"
    )


def test_days_without_units_are_named() -> None:
    units = [100, 100, 0, 100, 100, 100, 100]
    hits = [10, 10, 0, 10, 10, 10, 10]
    found = only(
        duration, by_day({"control": units, "treated": units}, {"control": hits, "treated": hits})
    )
    assert found.severity == "warn"
    assert found.figures["days_without_units"] == ["2026-03-04"]


@pytest.mark.parametrize("check", [duration, mix, paradox, drift, novelty])
def test_without_days_nothing_is_passed(check: CheckFunction) -> None:
    nothing = replace(even(1), days=table([]))
    assert only(check, nothing).severity == "not_checked"


@pytest.mark.parametrize("check", [mix, drift, novelty, srm_within])
def test_drawn_clusters_are_not_counted_as_units(check: CheckFunction) -> None:
    cluster = Cluster(column=Column(name="shop"), randomised="clusters")
    about = experiment(
        (arm("control", cluster=cluster), arm("treated", cluster=cluster)), [conversion()]
    )
    assert only(check, even(28), about).severity == "not_checked"


# R. Kohavi, R. Longbotham (2017), "Online controlled experiments and A/B testing", table of the
# ramp-up: the treatment wins on Friday and on Saturday and loses over both days.
FRIDAY_AND_SATURDAY = by_day(
    {"control": [990_000, 500_000], "treated": [10_000, 500_000]},
    {"control": [20_000, 5_000], "treated": [230, 6_000]},
)


def test_the_published_paradox_is_found() -> None:
    [found] = paradox(TWO, FRIDAY_AND_SATURDAY)
    assert (found.severity, found.scope) == ("fail", "metric:conversion")
    turned = found.figures["turned"]["treated-control"]
    # 1.20% against 1.68% over both days
    assert turned["pooled"] == pytest.approx(6_230 / 510_000 - 25_000 / 1_490_000)
    # 2.30% - 2.02% on a million units, 1.20% - 1.00% on another million
    friday, saturday = 230 / 10_000 - 20_000 / 990_000, 6_000 / 500_000 - 5_000 / 500_000
    assert turned["within_days"] == pytest.approx((friday + saturday) / 2)
    assert only(mix, FRIDAY_AND_SATURDAY).severity == "warn"


def test_the_reading_with_days_alike_is_that_of_unit_rows() -> None:
    draws = np.random.default_rng(7)
    statistics = drawn(draws, days=14)
    [(contrast, found)] = contrasts_within_days(TWO, statistics, TWO.metric(NAME))
    assert (contrast.arm, found.days, found.left_out) == ("treated", 14, 0)
    rows = {}
    for group, n, hits in zip(
        statistics.days.groups, statistics.days.units, statistics.days.sums[:, 0], strict=True
    ):
        rows[group.arm, group.day] = np.r_[np.ones(hits), np.zeros(n - hits)]
    days = sorted({str(day) for _, day in rows})
    total = sum(len(each) for each in rows.values())
    effect = variance = 0.0
    for day in days:
        one, zero = rows["treated", day], rows["control", day]
        weight = (len(one) + len(zero)) / total
        effect += weight * (one.mean() - zero.mean())
        variance += weight**2 * (one.var(ddof=1) / len(one) + zero.var(ddof=1) / len(zero))
    # the same sums in another order
    assert found.difference == pytest.approx(effect, rel=1e-9)
    assert found.standard_error == pytest.approx(variance**0.5, rel=1e-9)
    [row] = day_readings(TWO, statistics, alpha=0.05)
    assert row.of == "itt/conversion///treated-control"
    assert row.arm_value is not None
    assert row.control_value is not None
    assert row.arm_value - row.control_value == pytest.approx(found.difference)


def test_one_day_has_no_reading() -> None:
    assert list(contrasts_within_days(TWO, even(1), TWO.metric(NAME))) == []


# --- heterogeneity over weeks -----------------------------------------------------------------


def test_heterogeneity_is_cochrans_q_of_statsmodels() -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    draws = np.random.default_rng(3)
    statistics = drawn(draws, effect=np.repeat([0.03, 0.02, 0.01, 0.0], 7))
    found = only(novelty, statistics).figures["contrasts"]["treated-control"]
    weeks: dict[tuple[str, int], list[int]] = {}
    for group, n, hits in zip(
        statistics.days.groups, statistics.days.units, statistics.days.sums[:, 0], strict=True
    ):
        week = (int(group.day[-2:]) - 2) // 7 if group.day else 0
        total = weeks.setdefault((group.arm, week), [0, 0])
        total[0] += n
        total[1] += hits
    effects, variances = [], []
    for week in range(4):
        (n1, x1), (n0, x0) = weeks["treated", week], weeks["control", week]
        p1, p0 = x1 / n1, x0 / n0
        effects.append(p1 - p0)
        variances.append(p1 * (1 - p1) / (n1 - 1) + p0 * (1 - p0) / (n0 - 1))
    assert found["effects"] == pytest.approx(effects)
    assert found["statistic"] == pytest.approx(
        combine_effects(np.array(effects), np.array(variances)).q
    )
    fitted = np.polyfit(range(4), effects, 1, w=1 / np.sqrt(variances))
    # numpy's weighted least squares takes weights on residuals, not on their squares
    assert found["slope"] == pytest.approx(fitted[0])


WEEKS = {
    "steady": np.repeat([0.1, 0.1, 0.1, 0.1], 7),
    "jumps": np.repeat([0.1, 0.1, 0.15, 0.15], 7),
}


def alarms(
    check: CheckFunction, runs: int, make: Callable[[np.random.Generator], Statistics]
) -> int:
    draws = np.random.default_rng(20261125)
    return sum(only(check, make(draws)).severity in ("warn", "fail") for _ in range(runs))


RUNS = 400
# clean: at the nominal .001 (novelty .01) more than this many of 400 come once in 10,000 runs
MOST = {
    0.001: int(stats.binom.isf(1e-4, RUNS, 0.001)),
    0.01: int(stats.binom.isf(1e-4, RUNS, 0.01)),
}


@pytest.mark.parametrize(
    ("check", "nominal"), [(mix, 0.001), (drift, 0.001), (novelty, 0.01), (srm_within, 0.001)]
)
def test_clean_data_raise_no_more_alarms_than_they_may(
    check: CheckFunction, nominal: float
) -> None:
    assert alarms(check, RUNS, drawn) <= MOST[nominal]


FAULTS = [
    # 50% in the first half, 40% in the second, of 400 units a day
    (mix, {"shares": np.repeat([0.5, 0.4], 14)}),
    # the control goes from 10% to 15% after two weeks
    (drift, {"control": WEEKS["jumps"]}),
    # an effect of 6 points that is gone in the last week
    (novelty, {"effect": np.repeat([0.06, 0.04, 0.02, 0.0], 7), "n": 1000}),
    # one day of 28 loses a third of one arm
    (srm_within, {"shares": np.r_[np.full(27, 0.5), 0.4], "n": 1500}),
]


@pytest.mark.parametrize(("check", "fault"), FAULTS)
def test_faults_are_found(check: CheckFunction, fault: dict[str, object]) -> None:
    found = alarms(check, 100, lambda draws: drawn(draws, **fault))  # type: ignore[arg-type]
    # methods 4: every check fires in 95% of its faults; of 100, 88 or fewer come once in 100 then
    assert found > stats.binom.ppf(0.01, 100, 0.95)


# --- parts of the split and covariates --------------------------------------------------------


def test_the_segment_that_is_off_is_named() -> None:
    statistics = with_segments(
        even(7),
        "country",
        {
            "control": {"DE": 5000, "FR": 5000, None: 400},
            "treated": {"DE": 5000, "FR": 4400, None: 400},
        },
    )
    found = only(srm_within, statistics)
    assert found.severity == "warn"
    assert [each["part"] for each in found.figures["off"]] == ["country FR"]
    # scipy's exact binomial; chi-square is within 15% of it so far out
    exact = stats.binomtest(4400, 9400, 0.5).pvalue
    parts = found.figures["parts"]
    assert found.figures["smallest_p_adjusted"] == pytest.approx(parts * exact, rel=0.15)


def covariates(values: dict[str, np.ndarray]) -> Statistics:
    """Sums and products of two covariates, by arm."""
    names = ("x:first", "x:second")
    pairs = ((names[0], names[0]), (names[0], names[1]), (names[1], names[1]))
    rows = list(values.items())
    sums = MomentTable(
        variables=tuple(Variable(name=name) for name in names),
        pairs=pairs,
        groups=tuple(Group(arm=name) for name, _ in rows),
        units=objects([(len(x),) for _, x in rows], 1)[:, 0],
        sums=objects([[int(v) for v in x.sum(axis=0)] for _, x in rows], 2),
        products=objects(
            [
                [int(x[:, 0] @ x[:, 0]), int(x[:, 0] @ x[:, 1]), int(x[:, 1] @ x[:, 1])]
                for _, x in rows
            ],
            3,
        ),
        cubes=objects([() for _ in rows], 0),
    )
    return replace(even(7), moments=sums, covariates=names)


def two_covariates(draws: np.random.Generator, shift: float = 0.0) -> dict[str, np.ndarray]:
    base = draws.normal(size=(2, 800, 1))
    x = np.rint(100 * (base + draws.normal(size=(2, 800, 2)))).astype(np.int64)
    x[1] += round(shift)
    return {"control": x[0], "treated": x[1]}


def test_balance_of_two_arms_is_hotellings_statistic() -> None:
    values = two_covariates(np.random.default_rng(11))
    found = only(balance, covariates(values))
    one, zero = values["treated"], values["control"]
    v = np.cov(one.T) / len(one) + np.cov(zero.T) / len(zero)
    difference = one.mean(axis=0) - zero.mean(axis=0)
    statistic = difference @ np.linalg.solve(v, difference)
    assert found.figures["statistic"] == pytest.approx(statistic)
    assert found.figures["p_value"] == pytest.approx(stats.chi2.sf(statistic, 2))


def test_unlike_covariates_warn_and_alike_ones_do_not() -> None:
    draws = np.random.default_rng(5)
    clean = [only(balance, covariates(two_covariates(draws))).severity for _ in range(RUNS)]
    assert clean.count("warn") <= MOST[0.001]
    # .35 standard deviations on 800 units an arm
    off = [only(balance, covariates(two_covariates(draws, 50))).severity for _ in range(100)]
    assert off.count("warn") > stats.binom.ppf(0.01, 100, 0.95)


def test_a_covariate_that_does_not_vary_is_not_checked() -> None:
    same = np.ones((50, 2), dtype=np.int64)
    assert only(balance, covariates({"control": same, "treated": same})).severity == "not_checked"
