"""Concentration over pairs of different units: against pairs counted one by one, and a truth."""

from collections import defaultdict
from itertools import permutations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.errors import NotEstimableError
from pathlift.inference.concentration import concentrated
from pathlift.statistics.spread import Bucket

Gift = tuple[int, int, int]  # unit, holder, worth


def buckets_of(gifts: list[Gift], parts: int) -> list[Bucket]:
    """Sums of each bucket, by plain loops: a unit is in the bucket of its number."""
    whole: dict[int, int] = defaultdict(int)
    for _, holder, worth in gifts:
        whole[holder] += worth
    found = []
    for part in range(parts):
        mine = [gift for gift in gifts if gift[0] % parts == part]
        if not mine:
            continue
        held: dict[int, int] = defaultdict(int)
        total: dict[int, int] = defaultdict(int)
        pairs: dict[tuple[int, int], int] = defaultdict(int)
        for unit, holder, worth in mine:
            held[holder] += worth
            total[unit] += worth
            pairs[unit, holder] += worth
        found.append(
            Bucket(
                units=len(total),
                worth=sum(total.values()),
                own=sum(worth**2 for worth in held.values()),
                shared=sum(worth * whole[holder] for holder, worth in held.items()),
                within=sum(worth**2 for worth in pairs.values()),
                squares=sum(worth**2 for worth in total.values()),
            )
        )
    return found


def pair_by_pair(gifts: list[Gift]) -> float | None:
    """Of the worth of every two gifts of different units, the share that is of one holder."""
    met = whole = 0
    for (one, here, mine), (other, there, theirs) in permutations(gifts, 2):
        if one != other:
            whole += mine * theirs
            met += mine * theirs * (here == there)
    return met / whole if whole else None


GIFTS = st.lists(
    st.tuples(st.integers(0, 15), st.integers(0, 4), st.integers(0, 50)), min_size=2, max_size=30
)


@given(GIFTS, st.integers(1, 12))
def test_it_is_the_share_of_pairs_of_different_units_that_met(
    gifts: list[Gift], parts: int
) -> None:
    expected = pair_by_pair(gifts)
    if expected is None:
        with pytest.raises(NotEstimableError, match="fewer than two units"):
            concentrated(buckets_of(gifts, parts))
        return
    # products of integers, then one division each: equal to the last bit
    assert concentrated(buckets_of(gifts, parts)).same == expected


@given(GIFTS)
def test_its_error_is_that_of_leaving_each_bucket_out(gifts: list[Gift]) -> None:
    parts = 12
    buckets = buckets_of(gifts, parts)
    left = [
        pair_by_pair([gift for gift in gifts if gift[0] % parts != part])
        for part in sorted({unit % parts for unit, _, _ in gifts})
    ]
    if pair_by_pair(gifts) is None:
        return
    found = concentrated(buckets)
    if len(buckets) < 10 or None in left:
        assert np.isnan(found.standard_error)
        return
    values = [value for value in left if value is not None]
    spread = sum((value - sum(values) / len(values)) ** 2 for value in values)
    # Quenouille and Tukey: (G - 1) / G times the squared distances; a few sums of doubles
    expected = sqrt((len(values) - 1) / len(values) * spread)
    assert found.standard_error == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert found.df == len(values) - 1


def test_four_holders_of_two_units_each_by_hand() -> None:
    # shares .4 .3 .2 .1: Herfindahl's sum of squares is .30; over pairs of ten units of one piece
    # each, (16 + 9 + 4 + 1 - 10) / (100 - 10) = 2/9
    gifts = [(unit, holder, 1) for unit, holder in enumerate([0] * 4 + [1] * 3 + [2] * 2 + [3])]
    assert concentrated(buckets_of(gifts, 10)).same == pytest.approx(2 / 9, rel=1e-15)


def test_one_holder_is_certain_and_a_holder_a_unit_never_meets() -> None:
    one = [(unit, 0, 1 + unit) for unit in range(20)]
    assert concentrated(buckets_of(one, 20)).same == 1.0
    own = [(unit, unit, 1 + unit) for unit in range(20)]
    assert concentrated(buckets_of(own, 20)).same == 0.0


def draws(rng: np.random.Generator, units: int, shares: np.ndarray) -> list[Bucket]:
    """Buckets of units that buy 1 to 4 times, each time of a holder of its own and for lognormal
    worth, in whole steps."""
    times = 1 + rng.poisson(0.5, units)
    unit = np.repeat(np.arange(units), times)
    holder = rng.choice(len(shares), unit.size, p=shares)
    worth = np.ceil(100 * rng.lognormal(0.0, 1.0, unit.size)).astype(np.int64)
    table = np.zeros((units, len(shares)), dtype=np.int64)
    np.add.at(table, (unit, holder), worth)
    whole = table.sum(axis=0)
    found = []
    for part in range(64):
        mine = table[part::64]
        held, given_ = mine.sum(axis=0), mine.sum(axis=1)
        found.append(
            Bucket(
                units=len(mine),
                worth=int(given_.sum()),
                own=int((held * held).sum()),
                shared=int((held * whole).sum()),
                within=int((mine * mine).sum()),
                squares=int((given_ * given_).sum()),
            )
        )
    return found


def test_it_does_not_move_with_the_size_of_an_arm_and_its_interval_holds() -> None:
    """Truth: every piece of worth goes to a holder by fixed shares, so they meet by sum p^2."""
    rng = np.random.default_rng(20260302)
    shares = np.arange(1, 41, dtype=float) ** -1.0
    shares /= shares.sum()
    truth = float((shares**2).sum())
    runs = 400
    for units in (256, 2048):
        found = [concentrated(draws(rng, units, shares)) for _ in range(runs)]
        same = np.array([one.same for one in found])
        # five standard errors of the mean over the runs: once in two million
        assert abs(same.mean() - truth) < 5 * same.std() / sqrt(runs)
        # t at 63 degrees of freedom for 95% (R: qt(.975, 63) = 1.998)
        held = np.mean([abs(one.same - truth) < 1.998 * one.standard_error for one in found])
        # five binomial standard errors of 95% in 400 runs are 5.4 points
        assert abs(held - 0.95) < 5 * sqrt(0.95 * 0.05 / runs)
