"""Shares of event rows by arm: rows of one unit go together, and one client is no difference."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from pathlift.judgement.checks.rows import rows_by_arm
from pathlift.statistics.collected import Count

Make = Callable[..., Any]
ARMS = ("search", "content")
Units = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Rows that are kept, and copies, of every unit by arm."""


def counts(units: Units) -> list[Count]:
    found = []
    for arm, (kept, copies) in units.items():
        for name, total in (
            ("event_rows", kept),
            ("event_rows_squared", kept**2),
            ("duplicate_events", copies),
            ("duplicate_events_squared", copies**2),
            ("duplicate_events_by_rows", copies * kept),
        ):
            found.append(Count(name=name, arm=arm, count=int(total.sum())))
    return found


def drawn(draws: np.random.Generator, share: Mapping[str, float], units: int = 4000) -> Units:
    """Some clients send every row twice; units have ten rows on average, few of them hundreds."""
    found = {}
    for arm in ARMS:
        kept = 1 + draws.geometric(1 / 9, units)
        twice = draws.random(units) < share[arm]
        found[arm] = (kept, np.where(twice, kept, 0))
    return found


def test_the_spread_of_a_share_of_rows_is_that_of_a_ratio_over_units(
    experiment: Make, statistics: Make
) -> None:
    units = drawn(np.random.default_rng(5), {"search": 0.02, "content": 0.05})
    found = rows_by_arm(experiment(), statistics(counts=counts(units)), "duplicate_events",
                        "duplicates")  # fmt: skip
    assert found is not None
    assert found.tested is not None
    # by hand: residuals of each unit about the ratio, over the rows of the arm
    shares, variances = [], []
    for kept, copies in units.values():
        rows = kept + copies
        r = copies.sum() / rows.sum()
        shares.append(r)
        variances.append(float(((copies - r * rows) ** 2).sum()) / rows.sum() ** 2)
    z2 = (shares[0] - shares[1]) ** 2 / sum(variances)
    # tolerance: sums of squares, opened up, lose some digits
    assert found.tested.statistic == pytest.approx(z2, rel=1e-8)
    assert found.certain


def test_one_client_that_sends_everything_twice_is_no_difference_between_arms(
    experiment: Make, statistics: Make
) -> None:
    kept = np.full(4000, 10)
    kept[0] = 600
    copies = np.where(np.arange(4000) == 0, kept, 0)
    units = {"search": (kept, copies), "content": (kept, np.zeros(4000, dtype=int))}
    found = rows_by_arm(experiment(), statistics(counts=counts(units)), "duplicate_events",
                        "duplicates")  # fmt: skip
    assert found is not None
    assert found.tested is not None
    # one unit against none: about one standard error, p about .3; 600 independent rows would
    # have been certain
    assert 0.1 < found.tested.p_value < 0.5
    assert not found.certain


def test_clients_that_fall_evenly_are_seldom_called_uneven(
    experiment: Make, statistics: Make
) -> None:
    draws, runs = np.random.default_rng(6), 400
    both = {"search": 0.01, "content": 0.01}
    certain = 0
    for _ in range(runs):
        made = statistics(counts=counts(drawn(draws, both)))
        found = rows_by_arm(experiment(), made, "duplicate_events", "duplicates")
        certain += found is not None and found.certain
    # at .001, more than 4 of 400 has a chance of 6e-5; over rows 43% of them were (measured once)
    assert certain <= 4
