"""What would have become of a unit elsewhere; what a log that lost stages shows of the truth."""

import json
import math
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pathlift.simulation import (
    Logging,
    Observation,
    observed_labels,
    scenario,
    truth,
    write_potential_outcomes,
    write_truth,
)
from pathlift.simulation.arm_truth import arm_truth

INERT = scenario("inert").sized(7_000)
CONTENT = arm_truth(INERT, INERT.arms[1])


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyRelation:
    folder = tmp_path_factory.mktemp("outcomes")
    files = write_potential_outcomes(INERT, folder, units_per_file=15_000)
    assert len(files) == 6  # three arms of 15,000 and of 6,000 units
    return duckdb.read_parquet(str(folder / "potential_outcomes" / "*.parquet"))


def test_every_unit_stands_once_under_every_arm_and_one_of_them_is_its_own(
    rows: duckdb.DuckDBPyRelation,
) -> None:
    found = rows.aggregate(
        "shopper_id, count(distinct arm) as arms, count(*) as n, sum(assigned::integer) as own"
    ).aggregate("count(*), min(arms), min(n), max(n), min(own), max(own)")
    assert found.fetchall() == [(21_000, 3, 3, 3, 1, 1)]


def test_every_arm_shows_the_truth_over_all_units(rows: duckdb.DuckDBPyRelation) -> None:
    # four Monte-Carlo errors and one unit, as in test_log_against_truth
    for arm in truth(INERT).arms:
        counts = dict(
            rows.filter(f"arm = '{arm.arm}' and converted").aggregate("label, count(*)").fetchall()
        )
        for label, p in arm.incidence.items():
            n = INERT.units
            assert abs(counts.get(label, 0) - n * p) <= 4 * math.sqrt(n * p * (1 - p)) + 1


def test_some_complete_an_ordering_only_under_the_arm_that_is_not_built_on_it(
    rows: duckdb.DuckDBPyRelation,
) -> None:
    """Defiers: methods 0, point 6, has 2.4 to 4.9% of them in the natural clock model."""
    pairs = rows.aggregate(
        "shopper_id, max(label) filter (arm = 'search') as search, "
        "max(label) filter (arm = 'content') as content"
    )
    count = pairs.filter(
        "search = 'touchpoint>need>trust' and content <> 'touchpoint>need>trust'"
    ).aggregate("count(*)")
    ((defiers,),) = count.fetchall()
    assert 0.024 < defiers / INERT.units < 0.049


def test_losing_need_for_three_in_ten_shows_an_ordering_as_seldom_as_published() -> None:
    # methods 6.5: .199 to .139, and 30% of purchasers lack a need stage
    seen = observed_labels(CONTENT, Logging(lost=(("need", 0.3),)))
    assert not isinstance(seen, str)
    label = "touchpoint>need>trust"
    assert sum(seen[label].values()) == pytest.approx(0.199, abs=5e-4)
    assert seen[label] == pytest.approx(
        {label: 0.7 * CONTENT.share[label], "touchpoint>trust": 0.3 * CONTENT.share[label]}
    )
    assert sum(sum(row.values()) for row in seen.values()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("logging", "reason"),
    [
        (Logging(batched=0.1), "not computed: batches make ties"),
        (
            Logging(skewed=0.1, late=0.1),
            "not computed: wrong clocks change the order; late exposures move the window",
        ),
        (
            Logging(missing=(("all", 0.1),)),
            "not computed: units that are missing by class change who is seen",
        ),
        (Logging(bots=0.1), "not computed: bots have no journey"),
    ],
)
def test_what_is_not_known_of_the_log_is_said_and_never_guessed(
    logging: Logging, reason: str
) -> None:
    assert observed_labels(CONTENT, logging) == reason


def test_the_truth_that_is_written_is_that_of_the_world_whatever_the_log_lost(
    tmp_path: Path,
) -> None:
    faulty = Observation(arms=(("content", Logging(lost=(("need", 1.0),), batched=0.0)),))
    good = json.loads(write_truth(INERT, tmp_path / "a").read_text())["arms"]["content"]
    world = replace(INERT, observation=faulty)
    bad = json.loads(write_truth(world, tmp_path / "b").read_text())["arms"]["content"]
    seen = bad.pop("observed_labels")
    assert bad == {key: value for key, value in good.items() if key != "observed_labels"}
    assert not any("need" in label for row in seen.values() for label in row)
