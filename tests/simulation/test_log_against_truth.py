"""The generator of events and the matrix exponential share no code: each convicts the other."""

import math

import duckdb
import pytest

from pathlift.simulation import LogFacts, Scenario, TruthTable, truth

# Four Monte-Carlo standard errors, as K25 of the methods asks. A count below 25 has a skewed
# binomial tail that four errors do not cover, hence the exact continuity term of one unit.
ERRORS = 4


@pytest.fixture(scope="module")
def table(world: Scenario) -> TruthTable:
    return truth(world)


def test_every_cell_of_label_and_purchase_is_as_frequent_as_the_exponential_says(
    log: duckdb.DuckDBPyConnection, table: TruthTable, facts: LogFacts
) -> None:
    units = dict(facts.arm_units)
    rows = log.execute(
        "select arm, label, purchased, count(*) from journeys group by all"
    ).fetchall()
    seen = {(arm, label, purchased): count for arm, label, purchased, count in rows}
    for arm in table.arms:
        for label, share in arm.share.items():
            for purchased in (False, True):
                bought = arm.incidence[label]
                p = bought if purchased else share - bought
                n = units[arm.arm]
                count = seen.pop((arm.arm, label, purchased), 0)
                assert abs(count - n * p) <= ERRORS * math.sqrt(n * p * (1 - p)) + 1, (
                    arm.arm,
                    label,
                    purchased,
                )
    assert not seen  # no label that the chain does not have: no tie, no fourth stage


@pytest.mark.parametrize(
    ("metric", "column", "scale"),
    [
        ("conversion", "purchased::integer", 1),
        ("orders", "orders", 1),
        ("revenue", "revenue", 100),
        ("refunds", "refunded::integer", 1),
    ],
)
def test_the_mean_of_a_metric_is_what_the_truth_says(
    log: duckdb.DuckDBPyConnection, table: TruthTable, metric: str, column: str, scale: int
) -> None:
    rows = log.execute(
        f"select arm, avg({column}), stddev({column}) / sqrt(count(*)) from journeys group by arm"
    ).fetchall()
    assert len(rows) == 3
    for arm, mean, error in rows:
        expected = table.value(arm=arm, metric=metric) * scale
        assert abs(mean - expected) <= ERRORS * error, arm


def test_capped_revenue_is_what_the_truth_says_of_that_threshold(
    log: duckdb.DuckDBPyConnection, table: TruthTable
) -> None:
    # 60.00 caps about a fifth of the buyers: a cap that is easy to get wrong
    rows = log.execute(
        "select arm, avg(least(revenue, 6000)), stddev(least(revenue, 6000)) / sqrt(count(*)) "
        "from journeys group by arm"
    ).fetchall()
    for arm, mean, error in rows:
        expected = table.value(arm=arm, metric="revenue", threshold=60.0) * 100
        assert abs(mean - expected) <= ERRORS * error, arm
    assert len(rows) == 3


def test_country_moves_nothing(log: duckdb.DuckDBPyConnection, table: TruthTable) -> None:
    rows = log.execute(
        "select arm, country, count(*), avg(purchased::integer) from journeys group by all"
    ).fetchall()
    assert len(rows) == 15
    for arm, country, units, rate in rows:
        p = table.value(arm=arm, metric="conversion")
        assert abs(rate - p) <= ERRORS * math.sqrt(p * (1 - p) / units), (arm, country)


def test_what_was_spent_before_predicts_what_is_spent(log: duckdb.DuckDBPyConnection) -> None:
    # 24,000 units without any relation would show |r| above .026 once in 16,000 times
    row = log.execute("select corr(prior_spend, revenue) from journeys").fetchone()
    assert row is not None
    assert row[0] > 0.05
