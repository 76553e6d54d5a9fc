"""Concentration of arms: every field of a row against sums over plain gifts, and its ends by t."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.inference.test_concentration import Gift, buckets_of, pair_by_pair
from tests.support.experiments import arm, experiment, metric
from tests.support.units import statistics_of

from pathlift.inference.concentration import concentrated
from pathlift.inference.spreading import concentrations
from pathlift.registry.experiment import Cluster, Column, Concentration, Experiment
from pathlift.result import concentration as told
from pathlift.statistics.spread import Spread

ARMS = ("search", "content", "influencer")
CENT = 0.01
ALPHA = 0.1
FAMILY = Concentration(name="creators", metric="revenue", by=Column(name="creator_id"))


def gifts(seed: int, units: int = 60, holders: int = 7) -> list[Gift]:
    rng = np.random.default_rng(seed)
    return [
        (unit, int(rng.integers(0, holders) // (1 + unit % 2)), int(rng.integers(1, 90)))
        for unit in range(units)
        for _ in range(1 + unit % 3)
    ]


def spread(name: str, given: list[Gift], *, unnamed: int = 0, **changes: object) -> Spread:
    held: dict[int, int] = {}
    for _, holder, worth in given:
        held[holder] = held.get(holder, 0) + worth
    largest = sorted(held.values(), reverse=True)
    found = Spread(
        arm=name,
        unit=CENT,
        exact=True,
        worth=sum(largest),
        unnamed=unnamed,
        negative=0,
        holders=len(held),
        largest=max(largest, default=0),
        top=2,
        top_worth=sum(largest[:2]),
        shared=0,
        shared_worth=0,
        buckets=tuple(buckets_of(given, 12)),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def read(*spreads: Spread, clustered: str = "", alpha: float = ALPHA) -> told.Concentration:
    shop = Cluster(column=Column(name="shop"), randomised="units")
    arms = [arm(a, control=a == ARMS[0], cluster=shop if a == clustered else None) for a in ARMS]
    exp: Experiment = experiment(
        arms,
        [metric("revenue", role="primary")],
        alpha=alpha,
        contrasts=[("content", "search"), ("influencer", "content")],
        concentrations=(FAMILY,),
    )
    facts = statistics_of([a for a in ARMS for _ in range(2)], {"revenue": [1, 2] * 3})
    (found,) = concentrations(exp, replace(facts, spreads={"creators": spreads}))
    return found


def test_every_field_of_an_arm_is_that_of_its_gifts() -> None:
    given = {name: gifts(seed) for seed, name in enumerate(ARMS)}
    found = read(*(spread(a, given[a], unnamed=100) for a in ARMS))
    assert (found.name, found.metric, found.by, found.alpha, found.exact) == (
        "creators", "revenue", "creator_id", ALPHA, True,
    )  # fmt: skip
    assert [row.arm for row in found.arms] == list(ARMS)
    for row in found.arms:
        mine = given[row.arm]
        held = {h: sum(w for _, holder, w in mine if holder == h) for _, h, _ in mine}
        whole, ranked = sum(held.values()), sorted(held.values(), reverse=True)
        assert row.units == 60
        assert row.value == float(whole * CENT)
        assert (row.holders, row.top) == (len(held), 2)
        assert row.largest_share == ranked[0] / whole
        assert row.top_share == sum(ranked[:2]) / whole
        assert row.unnamed_share == 100 / (whole + 100)
        same = pair_by_pair(mine)
        assert same is not None
        error = concentrated(buckets_of(mine, 12)).standard_error  # proven beside its own function
        half = stats.t.ppf(1 - ALPHA / 2, 11) * error  # twelve buckets
        assert row.same is not None
        assert row.same.estimate == same
        # one product and one difference of doubles, and another inverse of t
        assert row.same.low == pytest.approx(same - half, rel=1e-9)
        assert row.same.high == pytest.approx(same + half, rel=1e-9)
        assert row.effective == 1 / same
        assert row.causal_status == "descriptive"
        assert row.not_estimated is None
    first, second = found.contrasts
    assert (first.arm, first.control) == ("content", "search")
    assert (second.arm, second.control) == ("influencer", "content")


def test_a_contrast_adds_both_errors_and_takes_the_smaller_df() -> None:
    given = {"search": gifts(1), "content": gifts(2), "influencer": gifts(3)}
    fewer = spread("content", given["content"], buckets=tuple(buckets_of(given["content"], 11)))
    found = read(spread("search", given["search"]), fewer, spread("influencer", gifts(3)))
    for contrast in found.contrasts:
        parts = {"search": 12, "content": 11, "influencer": 12}
        one, zero = (
            concentrated(buckets_of(given[a], parts[a])) for a in (contrast.arm, contrast.control)
        )
        error = np.hypot(one.standard_error, zero.standard_error)
        half = stats.t.ppf(1 - ALPHA / 2, 10) * error
        middle = one.same - zero.same
        assert contrast.df == 10
        assert contrast.standard_error == pytest.approx(error, rel=1e-12)
        assert contrast.difference is not None
        assert contrast.difference.estimate == middle
        assert contrast.difference.low == pytest.approx(middle - half, rel=1e-9)
        assert contrast.difference.high == pytest.approx(middle + half, rel=1e-9)
        assert contrast.causal_status == "descriptive"
        assert contrast.not_estimated is None


def test_ends_stay_where_a_chance_and_a_difference_of_chances_can_be() -> None:
    # nearly one holder for all, and nearly a holder for each: the t interval would leave [0, 1]
    one = [(unit, int(unit == 0), 1 + 100 * (unit == 1)) for unit in range(24)]
    own = [(unit, max(unit, 1), 1) for unit in range(24)]
    found = read(
        spread("search", own), spread("content", one), spread("influencer", own), alpha=1e-9
    )
    by_arm = {row.arm: row.same for row in found.arms}
    assert by_arm["search"] is not None
    assert by_arm["content"] is not None
    assert by_arm["search"].low == 0.0
    assert by_arm["content"].high == 1.0
    first, second = (contrast.difference for contrast in found.contrasts)
    assert first is not None
    assert second is not None
    assert first.high == 1.0
    assert second.low == -1.0


def test_what_nobody_gave_is_said_of_the_arm_and_of_its_contrasts() -> None:
    found = read(spread("search", gifts(1)), spread("content", [], unnamed=50))
    search, content, influencer = found.arms
    assert search.not_estimated is None
    reason = {"reason": "no mature unit gave anything to a known one"}
    for row, unnamed in ((content, 1.0), (influencer, None)):
        assert row.not_estimated == reason
        assert (row.units, row.value, row.holders) == (0, 0.0, 0)
        assert (row.same, row.effective, row.largest_share, row.top_share) == (None,) * 4
        assert row.unnamed_share == unnamed
    assert influencer.top == 0
    for contrast, lacking in zip(found.contrasts, ("content", "influencer"), strict=True):
        assert (contrast.difference, contrast.standard_error, contrast.df) == (None, None, None)
        assert contrast.not_estimated == {"reason": f"{lacking}: {reason['reason']}"}
        assert contrast.causal_status == "descriptive"
    assert read().arms[0].not_estimated == reason
    nothing = read(spread("search", [])).arms[0]
    assert nothing.unnamed_share is None
    assert read(spread("search", [], unnamed=1)).arms[0].unnamed_share == 1.0
    both = read(spread("content", gifts(1)), spread("influencer", gifts(2))).contrasts
    assert both[0].not_estimated == {"reason": f"search: {reason['reason']}"}
    assert both[1].not_estimated is None


def test_rows_below_nothing_take_every_share_away() -> None:
    found = read(*(spread(a, gifts(1), unnamed=9, negative=3) for a in ARMS))
    for row in found.arms:
        assert row.not_estimated is not None
        assert row.not_estimated["reason"].startswith("3 event rows are below 0")
        assert (row.same, row.effective, row.largest_share, row.top_share) == (None,) * 4
        assert row.unnamed_share is None
        assert row.units == 60
        assert row.holders > 0


def test_fewer_than_two_units_are_no_pair() -> None:
    lonely = [(0, 0, 5), (0, 1, 7)]
    found = read(*(spread(a, lonely) for a in ARMS))
    assert found.arms[0].not_estimated == {
        "reason": "fewer than two units gave anything to a known one"
    }


def test_holders_that_are_never_met_twice_have_no_effective_number() -> None:
    own = [(unit, unit, 3) for unit in range(24)]
    row = read(*(spread(a, own) for a in ARMS)).arms[0]
    assert row.same is not None
    assert row.same.estimate == 0.0
    assert row.effective is None


def test_units_of_a_cluster_and_too_few_buckets_have_no_ends() -> None:
    spreads = [spread(a, gifts(seed)) for seed, a in enumerate(ARMS)]
    few = [replace(s, buckets=tuple(buckets_of(gifts(1), 9))) for s in spreads]
    grouped, thin = read(*spreads, clustered="content"), read(*few)
    assert [row.same.low is None for row in grouped.arms if row.same] == [False, True, False]
    assert [row.same.high is None for row in grouped.arms if row.same] == [False, True, False]
    assert all(row.same is not None and row.same.low is None for row in thin.arms)
    for row, seed in zip(grouped.arms, range(3), strict=True):
        assert row.same is not None
        assert row.same.estimate == pair_by_pair(gifts(seed))
    for contrast in (*grouped.contrasts, *thin.contrasts):
        assert contrast.difference is not None
        assert contrast.difference.estimate is not None
        assert (contrast.difference.low, contrast.difference.high) == (None, None)
        assert (contrast.standard_error, contrast.df) == (None, None)
    # the cluster of an arm that a contrast does not name is none of its business
    apart = read(*spreads, clustered="search").contrasts
    assert [contrast.df for contrast in apart] == [None, 11.0]


def test_one_arm_of_floats_makes_the_family_inexact() -> None:
    spreads = [spread(a, gifts(1), exact=a != "content") for a in ARMS]
    assert not read(*spreads).exact
