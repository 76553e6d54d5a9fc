"""Days weighed alike in both arms: every field of a row against sums over plain units."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats
from tests.support.experiments import arm, conversion, experiment, metric, ratio
from tests.support.units import moment_table, statistics_of

from pathlift.inference.by_day import cohorts, daily, whole_weeks
from pathlift.inference.day_readings import contrasts_within_days, day_readings
from pathlift.registry.experiment import Cluster, Column, DecisionRule, Experiment
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group

ARMS = ("search", "content", "influencer")
FIRST = date(2026, 3, 2)
METRICS = [
    metric("apart"),
    conversion(),
    ratio("per", "spend", "conversion"),
    metric("spend"),
    metric("median", "quantile", q=0.5),
]


class Log:
    """Units of three arms over days; on the last day the influencer arm has one unit."""

    def __init__(self, seed: int, days: int = 9, n: int = 700) -> None:
        rng = np.random.default_rng(seed)
        self.arm = rng.choice(ARMS, n, p=[0.5, 0.2, 0.3])
        self.day = rng.integers(0, days - 1, n)
        self.day[:5] = days - 1
        self.arm[:5] = ["search", "search", "content", "content", "influencer"]
        self.maturity = rng.integers(0, 2, n)
        self.maturity[:5] = 1
        self.conversion = (rng.random(n) < 0.2 + 0.05 * self.day).astype(int)
        self.conversion[:5] = [0, 1, 1, 0, 1]
        self.spend = self.conversion * rng.integers(1, 400, n)

    def statistics(self) -> Statistics:
        columns = {"conversion": self.conversion, "spend": self.spend, "apart": self.spend % 7}
        days = moment_table(
            [
                Group(arm=str(a), maturity=int(m), day=(FIRST + timedelta(days=int(d))).isoformat())
                for a, m, d in zip(self.arm, self.maturity, self.day, strict=True)
            ],
            columns,
            units={"spend": 0.01},
        )
        made = statistics_of(self.arm.tolist(), columns, units={"spend": 0.01}, declared=ARMS)
        ripe = {"conversion": 1, "spend": 1, "apart": 1}
        return replace(made, days=days, metric_class=ripe)

    def by_hand(self, name: str, one: str, zero: str, *, days: list[int]) -> dict[str, float]:
        """Weighed sums over the days, each day's mean and variance by numpy."""
        y = {"conversion": self.conversion, "spend": self.spend * 0.01}[name]
        ripe = self.maturity == 1
        rows = {
            (a, d): y[ripe & (self.arm == a) & (self.day == d)] for a in (one, zero) for d in days
        }
        size = {d: len(rows[one, d]) + len(rows[zero, d]) for d in days}
        weight = {d: size[d] / sum(size.values()) for d in days}
        means = {a: sum(weight[d] * rows[a, d].mean() for d in days) for a in (one, zero)}
        variance = sum(
            weight[d] ** 2 * np.var(rows[a, d], ddof=1) / len(rows[a, d])
            for a in (one, zero)
            for d in days
        )
        pooled = [np.concatenate([rows[a, d] for d in days]).mean() for a in (one, zero)]
        return {
            "arm": means[one],
            "control": means[zero],
            "error": float(np.sqrt(variance)),
            "pooled": float(pooled[0] - pooled[1]),
        }


def deciding(*arms: str | None, success: tuple[str, ...] = ("per", "spend")) -> Experiment:
    """The third arm is held against the second, so that no place is that of a default."""
    shop = Cluster(column=Column(name="shop"), randomised="units")
    return experiment(
        [arm(a, control=a == ARMS[0], cluster=shop if a in arms else None) for a in ARMS],
        METRICS,
        contrasts=[("influencer", "content"), ("content", "search")],
        decision=DecisionRule(success=success),
    )


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_every_field_of_a_row_is_that_of_units_day_by_day(alpha: float) -> None:
    log = Log(1)
    rows = list(day_readings(deciding(), log.statistics(), alpha=alpha))
    assert [(r.metric, r.arm, r.control) for r in rows] == [
        (name, one, zero)
        for name in ("conversion", "spend")  # primary, or of the decision, and no ratio
        for one, zero in (("influencer", "content"), ("content", "search"))
    ]
    for row in rows:
        assert row.metric is not None
        lonely = row.arm == "influencer"  # one unit of it on the last day has no variance
        read = list(range(8 if lonely else 9))
        expected = log.by_hand(row.metric, row.arm, row.control, days=read)
        assert row.of == f"itt/{row.metric}///{row.arm}-{row.control}"
        assert row.reading == "day_stratified"
        difference = expected["arm"] - expected["control"]
        half = stats.norm.ppf(1 - alpha / 2) * expected["error"]
        p = 2 * stats.norm.sf(abs(difference) / expected["error"])
        assert row.absolute is not None
        # sums of a few doubles in another order
        for mine, hand in (
            (row.arm_value, expected["arm"]),
            (row.control_value, expected["control"]),
            (row.absolute.estimate, difference),
            (row.absolute.low, difference - half),
            (row.absolute.high, difference + half),
            (row.standard_error, expected["error"]),
            (row.p_value, p),
        ):
            assert mine == pytest.approx(hand, rel=1e-9)
        left = ", 1 of too few units left out" if lonely else ""
        assert row.method == (
            f"days of first exposure weighed alike in both arms ({len(read)} days{left}), "
            "unadjusted, normal"
        )


def test_without_regard_to_days_it_is_the_difference_of_the_same_units() -> None:
    log = Log(2)
    exp, tables = deciding(), log.statistics()
    for name in ("conversion", "spend"):
        for contrast, found in contrasts_within_days(exp, tables, exp.metric(name)):
            lonely = contrast.arm == "influencer"
            read = list(range(8 if lonely else 9))
            hand = log.by_hand(name, contrast.arm, contrast.control, days=read)
            assert found.pooled == pytest.approx(hand["pooled"], rel=1e-9)
            assert found.difference == pytest.approx(hand["arm"] - hand["control"], rel=1e-9)
            assert (found.days, found.left_out) == (len(read), 9 - len(read))


def test_arms_of_clusters_are_not_read_and_those_after_them_are() -> None:
    tables = Log(3).statistics()
    rows = list(day_readings(deciding("influencer"), tables, alpha=0.05))
    assert {(r.arm, r.control) for r in rows} == {("content", "search")}
    assert list(day_readings(deciding("content"), tables, alpha=0.05)) == []


def test_one_day_and_days_on_which_nothing_varies_are_no_reading() -> None:
    log = Log(4)
    log.day[:] = 0
    assert list(day_readings(deciding(), log.statistics(), alpha=0.05)) == []
    still = Log(4)
    still.conversion[:] = 1
    rows = list(day_readings(deciding(), still.statistics(), alpha=0.05))
    assert {r.metric for r in rows} == {"spend"}
    two = Log(4)
    two.day = two.day % 2
    rows = list(day_readings(deciding(), two.statistics(), alpha=0.05))
    assert {r.metric for r in rows} == {"conversion", "spend"}
    assert all("(2 days)" in r.method for r in rows)


def test_a_metric_that_is_not_summed_by_day_has_no_days() -> None:
    tables = Log(5).statistics()
    exp = experiment(ARMS, [metric("elsewhere", role="primary")])
    tables = replace(tables, metric_class={"elsewhere": 1})
    assert list(day_readings(exp, tables, alpha=0.05)) == []
    assert daily(exp, tables, exp.metric("elsewhere")).weeks == ()


def test_cohorts_hold_units_means_and_variances_of_whole_weeks() -> None:
    log = Log(6, days=15)
    log.arm[(log.day == 3) & (log.arm == "content")] = "search"  # a day without any
    exp, tables = deciding(), log.statistics()
    for found, length, count in (
        (cohorts(exp, tables, exp.metric("spend")), 7, 2),
        (daily(exp, tables, exp.metric("spend")), 1, 15),
    ):
        assert found.weeks == tuple(FIRST + timedelta(days=length * i) for i in range(count))
        for row in range(count):
            for column, name in enumerate(ARMS):
                y = (
                    0.01
                    * log.spend[
                        (log.maturity == 1) & (log.arm == name) & (log.day // length == row)
                    ]
                )
                assert found.units[row, column] == len(y)
                if len(y) > 1:
                    assert found.mean[row, column] == pytest.approx(y.mean(), rel=1e-12)
                    assert found.variance[row, column] == pytest.approx(
                        np.var(y, ddof=1) / len(y), rel=1e-9
                    )
                else:
                    assert np.isnan(found.variance[row, column])
        weeks, difference, variance = found.effects(2, 1)
        known = np.isfinite(found.variance[:, [1, 2]]).all(axis=1)
        assert weeks.tolist() == np.flatnonzero(known).tolist()
        assert difference.tolist() == (found.mean[:, 2] - found.mean[:, 1])[known].tolist()
        assert variance.tolist() == (found.variance[:, 2] + found.variance[:, 1])[known].tolist()


def test_a_week_that_is_not_whole_is_left_out() -> None:
    days = [FIRST + timedelta(days=i) for i in range(15)]
    assert whole_weeks([]) == {}
    for count in range(1, 16):
        for gap in ([], [1], [count - 2] if count > 2 else []):
            some = [day for i, day in enumerate(days[:count]) if i not in gap]
            # seven days a week from the first one on, whichever of them have units
            ended = sum((some[-1] - FIRST).days + 1 >= length for length in (7, 14))
            assert whole_weeks(some) == {
                day: days[0] if day < days[7] else days[7] for day in some if day < days[7 * ended]
            }


def test_days_that_are_no_dates_are_no_cohorts() -> None:
    log = Log(7)
    tables = log.statistics()
    renamed = replace(
        tables,
        days=replace(
            tables.days,
            groups=tuple(
                replace(g, day=f"lot {i}" if i else None) for i, g in enumerate(tables.days.groups)
            ),
        ),
    )
    exp = deciding()
    assert daily(exp, renamed, exp.metric("spend")).weeks == ()
    assert cohorts(exp, renamed, exp.metric("spend")).weeks == ()
