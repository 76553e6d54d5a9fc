"""When units converted: against statsmodels, against Wilson's interval, and at the edges."""

from datetime import timedelta

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint
from tests.support.experiments import arm, conversion, experiment
from tests.support.times import time_table, with_open_windows
from tests.support.units import statistics_of

from pathlift.inference.conversion_times import conversion_times
from pathlift.registry.experiment import Cluster, Column, Experiment
from pathlift.result.conversion_times import ConversionTimes
from pathlift.statistics.collected import Statistics

ARMS = ("search", "content")
BINS = 14
Z = 1.959963984540054  # 97.5% quantile of the normal


def declared(**changes: object) -> Experiment:
    settings: dict[str, object] = {"window": timedelta(days=BINS)}
    return experiment(ARMS, [conversion()], **settings | changes)  # type: ignore[arg-type]


def collected(
    arms: list[str], followed: list[int], happened: list[int | None], *, open_units: int = 1
) -> Statistics:
    tables = statistics_of(
        arms, {"conversion": np.array([int(e is not None) for e in happened])}, declared=ARMS
    )
    times = time_table(arms, followed, happened, [0] * len(arms), bins=BINS)
    return with_open_windows(tables, times, open_units=open_units)


def drawn(*, ended: bool) -> tuple[list[str], list[int], list[int | None]]:
    rng = np.random.default_rng(5)
    n = 3000
    time = rng.exponential(60, n)
    followed = [BINS] * n if ended else np.minimum(rng.integers(0, 21, n), BINS).tolist()
    return (
        [ARMS[i] for i in rng.integers(0, 2, n)],
        followed,
        [int(t) + 1 if t < BINS else None for t in time],
    )


def curves(times: ConversionTimes | None) -> ConversionTimes:
    assert times is not None
    return times


def test_open_windows_give_statsmodels_kaplan_meier_and_greenwood() -> None:
    arms, followed, happened = drawn(ended=False)
    found = curves(conversion_times(declared(), collected(arms, followed, happened)))
    assert not found.complete
    assert found.assumptions
    for curve in found.arms:
        rows = [
            (event if event and event <= follow else follow, bool(event and event <= follow))
            for name, follow, event in zip(arms, followed, happened, strict=True)
            if name == curve.arm and follow > 0
        ]
        other = SurvfuncRight([t for t, _ in rows], [int(seen) for _, seen in rows])
        at = dict(
            zip(
                other.surv_times, zip(other.surv_prob, other.surv_prob_se, strict=True), strict=True
            )
        )
        assert set(at) == set(range(1, BINS + 1))
        for bin_, span in enumerate(curve.cumulative, start=1):
            staying, se = at[bin_]
            # the same formula in another order of operations
            assert span.estimate == pytest.approx(1 - staying, rel=1e-12)
            among = staying * (1 - staying) / se**2
            expected = proportion_confint((1 - staying) * among, among, method="wilson")
            assert (span.low, span.high) == pytest.approx(expected, rel=1e-9)


def test_once_all_windows_have_ended_shares_and_intervals_are_those_of_all_units() -> None:
    arms, followed, happened = drawn(ended=True)
    found = curves(conversion_times(declared(), collected(arms, followed, happened, open_units=0)))
    assert found.complete
    assert found.assumptions == ()
    for curve in found.arms:
        own = [event for name, event in zip(arms, happened, strict=True) if name == curve.arm]
        assert curve.units == len(own)
        for bin_, span in enumerate(curve.cumulative, start=1):
            by_then = sum(event is not None and event <= bin_ for event in own)
            # a product of 14 ratios that telescopes: a few roundings
            assert span.estimate == pytest.approx(by_then / len(own), rel=1e-12)
            expected = proportion_confint(by_then, len(own), method="wilson")
            assert (span.low, span.high) == pytest.approx(expected, rel=1e-9)


def test_half_of_those_who_converted_is_counted_among_them() -> None:
    happened: list[int | None] = [1, 2, 2, 9, *[None] * 4]
    found = curves(
        conversion_times(declared(), collected(["search"] * 8, [BINS] * 8, happened, open_units=0))
    )
    search, content = found.arms
    assert search.half_within == 2  # two of four by bin 2, one by bin 1
    assert search.converted[:3] == (1, 2, 0)
    assert search.at_risk[:3] == (8, 7, 5)
    assert content.half_within is None  # nobody there at all


def test_a_curve_stops_where_nobody_was_followed() -> None:
    happened: list[int | None] = [1, None, None, None]
    tables = collected(["search", "search", "content", "content"], [3, 3, BINS, BINS], happened)
    search, content = curves(conversion_times(declared(), tables)).arms
    assert [span.estimate for span in search.cumulative[:3]] == [0.5, 0.5, 0.5]
    assert all(span.estimate is None for span in search.cumulative[3:])
    assert search.half_within is None
    # nobody converted: 0, as sure as two units make it (Wilson: z^2 / (n + z^2))
    assert content.cumulative[-1].estimate == 0
    assert content.cumulative[-1].high == pytest.approx(Z**2 / (2 + Z**2))


def test_units_of_clusters_get_no_interval_but_the_reason() -> None:
    by_shop = Cluster(column=Column(name="shop"), randomised="units")
    grouped = experiment(
        (arm("search"), arm("content", cluster=by_shop)),
        [conversion()],
        window=timedelta(days=BINS),
    )
    arms, followed, happened = drawn(ended=True)
    search, content = curves(
        conversion_times(grouped, collected(arms, followed, happened, open_units=0))
    ).arms
    assert search.no_interval is None
    assert content.no_interval
    assert all(span.low is None and span.estimate is not None for span in content.cumulative)


def test_what_cannot_be_told_says_why_and_what_nobody_asked_is_absent() -> None:
    arms, followed, happened = drawn(ended=True)
    tables = collected(arms, followed, happened)
    assert conversion_times(declared(window=None), tables) is None
    odd = curves(conversion_times(declared(window=timedelta(hours=7)), tables))
    assert odd.arms == ()
    assert "whole number" in (odd.not_estimated or {})["reason"]
