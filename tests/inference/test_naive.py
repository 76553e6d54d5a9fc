"""Conversion by observed ordering as it comes: every figure from plain counts of drawn units."""

import numpy as np
import pytest
from tests.support.lots import (
    ARMS,
    counts_of,
    eligible_counts,
    journeys,
    naive_counts,
    statistics_of_counts,
)

from pathlift.inference.describing import describe
from pathlift.inference.standardising import standardise
from pathlift.simulation import scenario
from pathlift.simulation.chain import COMPLETE
from pathlift.simulation.landmarks import lots

WORLD = lots(scenario("intent"), landmark=7)


@pytest.mark.parametrize("seed", [3, 4])
def test_the_gap_of_the_naive_reading_is_that_of_plain_counts(seed: int) -> None:
    counts = counts_of(WORLD, 20_000, np.random.default_rng(seed))
    found = describe(journeys(), statistics_of_counts(WORLD, counts))
    assert found is not None
    naive = found.naive
    units, converted = naive_counts(counts)  # (6, arms)
    rates = converted.sum(axis=1) / units.sum(axis=1)
    top, bottom = int(rates.argmax()), int(rates.argmin())
    assert (naive.highest, naive.lowest) == (COMPLETE[top], COMPLETE[bottom])
    assert naive.ratio == pytest.approx(rates[top] / rates[bottom], rel=1e-12)

    # the same two orderings where every unit had the same time, then within strata as well
    eligible, later = eligible_counts(counts)
    crude = later.sum(axis=1) / eligible.sum(axis=1)
    assert naive.landmark_ratio == pytest.approx(crude[top] / crude[bottom], rel=1e-12)
    even = standardise(eligible, later).rate
    assert naive.standardised_ratio == pytest.approx(even[top] / even[bottom], rel=1e-12)
    assert naive.standardised_spread == pytest.approx(even.max() / even.min(), rel=1e-12)

    by_arm = converted / units
    apart = by_arm.max(axis=0) / by_arm.min(axis=0)
    widest = int(apart.argmax())
    high, low = int(by_arm[:, widest].argmax()), int(by_arm[:, widest].argmin())
    assert naive.arm == list(ARMS)[widest]
    assert (naive.arm_highest, naive.arm_lowest) == (COMPLETE[high], COMPLETE[low])
    assert naive.arm_ratio == pytest.approx(apart[widest], rel=1e-12)
    assert naive.arm_standardised_ratio == pytest.approx(even[high] / even[low], rel=1e-12)
    assert naive.causal_status == "descriptive"


def test_every_ordering_has_a_rate_of_all_arms_and_of_each() -> None:
    counts = counts_of(WORLD, 2_000, np.random.default_rng(5))
    found = describe(journeys(), statistics_of_counts(WORLD, counts))
    assert found is not None
    units, converted = naive_counts(counts)
    rows = {(row.ordering, row.arm): row for row in found.naive.rates}
    assert len(rows) == len(found.naive.rates) == len(COMPLETE) * (1 + len(ARMS))
    for place, ordering in enumerate(COMPLETE):
        whole = rows[ordering, None]
        assert (whole.units, whole.converted) == (units[place].sum(), converted[place].sum())
        for arm, n, x in zip(ARMS, units[place], converted[place], strict=True):
            row = rows[ordering, arm]
            assert (row.units, row.converted) == (n, x)
            assert row.rate == pytest.approx(x / n, rel=1e-12)
