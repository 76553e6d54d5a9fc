"""Contrasts while windows are open: what they are, when they are shown, why they are not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest
from tests.support.experiments import arm, conversion, experiment
from tests.support.times import time_table, with_open_windows
from tests.support.units import statistics_of

from pathlift.inference.cumulative import cumulative_incidence
from pathlift.inference.open_windows import INDEPENDENT, open_window_drafts
from pathlift.inference.solving import solve
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Cluster, Column, Experiment
from pathlift.result.model import Estimate
from pathlift.statistics.cells import label
from pathlift.statistics.collected import Statistics
from pathlift.statistics.combining import combine_arms
from pathlift.statistics.times import Endpoint

STAGES = ("need", "touchpoint", "trust")
ARMS = ("search", "content", "influencer")
CODES = (0, 16, 27, 30, 39, 45, 54, 57)  # none, need alone, and the six complete ones
BINS = 14


@dataclass(frozen=True, kw_only=True)
class Units:
    """One element a unit."""

    arms: list[str]
    followed: list[int]
    happened: list[int | None]
    labels: list[int]
    clusters: list[str | None] | None = None


def drawn(seed: int, n: int = 6000) -> Units:
    """Units of three arms, exposed over 20 days, of which about 15% convert."""
    rng = np.random.default_rng(seed)
    time = rng.exponential(60, n)
    return Units(
        arms=[ARMS[i] for i in rng.integers(0, 3, n)],
        followed=np.minimum(rng.integers(0, 21, n), BINS).tolist(),
        happened=[int(t) + 1 if t < BINS else None for t in time],
        labels=rng.choice(CODES, n).tolist(),
    )


def journeys(**changes: object) -> Experiment:
    settings: dict[str, object] = {"stages": STAGES, "window": timedelta(days=14)}
    return experiment(ARMS, [conversion()], **settings | changes)  # type: ignore[arg-type]


def statistics(units: Units) -> Statistics:
    """Mature units are those followed to the end; their conversions are what they are."""
    converted = [int(event is not None) for event in units.happened]
    tables = statistics_of(
        units.arms, {"conversion": np.array(converted)}, labels=units.labels, declared=ARMS
    )
    ends: dict[Endpoint, list[int | None]] = {
        "purchase": units.happened,
        "completion": completed(units),
    }
    parts = [
        time_table(
            units.arms, units.followed, bins, units.labels, clusters=units.clusters, endpoint=end
        )
        for end, bins in ends.items()
    ]
    times = replace(
        parts[0],
        times=tuple(time for part in parts for time in part.times),
        units=np.concatenate([part.units for part in parts]),
    )
    return with_open_windows(tables, times)


def completed(units: Units) -> list[int | None]:
    """Complete labels are completed in the bin of the purchase, or else in bin 4."""
    return [
        event or (4 if label(code).kind == "complete" else None)
        for event, code in zip(units.happened, units.labels, strict=True)
    ]


def open_ones(
    exp: Experiment, tables: Statistics, estimand: str = "cumulative_incidence"
) -> list[Estimate]:
    drafts = open_window_drafts(exp, tables, declare_families(exp))
    chosen = [draft for draft in drafts if draft.identity.estimand == estimand]
    return list(solve(chosen, alpha=exp.analysis.alpha))


def counts(
    units: Units, name: str, orderings: Sequence[str], *, completion: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Events by ordering (the last is all else) and bin, and ends of follow-up."""
    events, censored = np.zeros((len(orderings) + 1, BINS)), np.zeros(BINS)
    for a, follow, event, code in zip(
        units.arms,
        units.followed,
        completed(units) if completion else units.happened,
        units.labels,
        strict=True,
    ):
        if a != name:
            continue
        if event is not None and event <= follow:
            read = label(code).ordering
            row = list(orderings).index(read) if read in orderings else len(orderings)
            events[row, event - 1] += 1
        elif follow:
            censored[follow - 1] += 1
    return events, censored


def test_every_ordering_is_read_with_all_units_for_as_long_as_they_were_followed() -> None:
    units = drawn(1)
    found = open_ones(journeys(), statistics(units))
    orderings = [e.ordering for e in found if e.arm == "content"]
    complete = [str(name) for name in orderings[1:-1]]
    assert orderings[0] is None
    assert orderings[-1] == "other"
    assert len(complete) == 6
    curves = {name: cumulative_incidence(*counts(units, name, complete)) for name in ARMS}
    for estimate in found:
        one, zero = curves[estimate.arm], curves["search"]
        row = orderings.index(estimate.ordering) - 1
        pick = np.ones(7) if estimate.ordering is None else np.eye(7)[row]
        assert estimate.arm_value == pytest.approx(one.value @ pick, rel=1e-12)
        assert estimate.control_value == pytest.approx(zero.value @ pick, rel=1e-12)
        variance = pick @ (one.covariance + zero.covariance) @ pick
        assert estimate.standard_error == pytest.approx(np.sqrt(variance), rel=1e-12)
        assert estimate.arm_units == units.arms.count(estimate.arm)
        assert estimate.causal_status == "causal_if"
        assert estimate.assumptions == (INDEPENDENT,)
        assert estimate.metric == "conversion"


def test_completed_orderings_compete_with_purchases_before() -> None:
    units = drawn(13)
    found = open_ones(journeys(), statistics(units), "cumulative_share")
    complete = [str(e.ordering) for e in found if e.arm == "content"]
    assert len(complete) == 6
    curves = {
        name: cumulative_incidence(*counts(units, name, complete, completion=True)) for name in ARMS
    }
    for estimate in found:
        row = complete.index(str(estimate.ordering))
        one, zero = curves[estimate.arm], curves["search"]
        assert estimate.absolute is not None
        assert estimate.absolute.estimate == pytest.approx(
            one.value[row] - zero.value[row], abs=1e-14
        )
        variance = one.covariance[row, row] + zero.covariance[row, row]
        assert estimate.standard_error == pytest.approx(np.sqrt(variance), rel=1e-12)
        assert estimate.metric is None
        assert estimate.better is None
        assert estimate.causal_status == "causal_if"


def test_orderings_add_up_to_conversion_of_any_ordering() -> None:
    found = open_ones(journeys(), statistics(drawn(2)))
    for name in ("content", "influencer"):
        differences = [
            e.absolute.estimate for e in found if e.arm == name and e.absolute is not None
        ]
        known = [d for d in differences if d is not None]
        assert len(known) == 8
        assert sum(known[1:]) == pytest.approx(known[0], abs=1e-14)


def test_intervals_are_simultaneous_over_orderings_and_over_contrasts() -> None:
    found = open_ones(journeys(), statistics(drawn(3)))
    families = {e.ordering: e.simultaneous for e in found if e.arm == "content" and e.simultaneous}
    whole = families.pop(None)
    assert whole.members == 2
    # two contrasts with one control of about equal size: Dunnett's 2.2121 (methods 3.5)
    assert whole.critical_value == pytest.approx(2.2121, abs=0.01)
    assert "other" not in families
    for family in families.values():
        assert family.members == 12
        assert "max-|T|" in family.method
        # below Bonferroni's 2.865 for 12 (methods 2.1 has 2.838), above one contrast's 1.960
        assert family.critical_value is not None
        assert 2.75 < family.critical_value < 2.866


def test_nothing_is_shown_once_all_windows_have_ended() -> None:
    units = drawn(4)
    tables = statistics(units)
    mature = replace(
        tables,
        arms=tuple(replace(facts, matured_units=facts.units) for facts in tables.arms),
        times=None,
    )
    assert open_ones(journeys(), mature) == []


def test_an_open_window_of_a_holdout_opens_nothing() -> None:
    units = drawn(5)
    tables = statistics(units)
    exp = journeys()
    held = replace(
        tables,
        arms=tuple(
            replace(f, matured_units=f.units if f.arm != "influencer" else 0) for f in tables.arms
        ),
    )
    two = experiment(
        [arm("search"), arm("content"), arm("influencer", analyzed=False)],
        [conversion()],
        stages=STAGES,
        window=timedelta(days=14),
    )
    assert open_ones(two, held) == []
    assert open_ones(exp, held) != []


def test_without_stages_conversion_alone_is_read() -> None:
    units = drawn(6)
    bare = replace(units, labels=[0] * len(units.labels))
    found = open_ones(journeys(stages=()), statistics(bare))
    assert [(e.ordering, e.arm) for e in found] == [(None, "content"), (None, "influencer")]
    assert all(e.not_estimated is None for e in found)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(
            {"window": timedelta(hours=10)},
            "the window is no whole number of either",
            id="a window that no bin fits",
        ),
        pytest.param(
            {"followed": 9},
            "has been followed for more than 9 of 14 days",
            id="nobody followed to the end",
        ),
        pytest.param(
            {"happened": None},
            "no unit of either arm converted while it was followed",
            id="nobody converted",
        ),
    ],
)
def test_what_cannot_be_estimated_yet_says_why(change: dict[str, object], reason: str) -> None:
    units = drawn(7)
    if "followed" in change:
        units = replace(units, followed=[min(f, 9) for f in units.followed])
    if "happened" in change:
        units = replace(units, happened=[None] * len(units.happened))
    exp = journeys(**{k: v for k, v in change.items() if k == "window"})
    found = open_ones(exp, statistics(units))
    assert len(found) == 16
    for estimate in found:
        assert estimate.absolute is None
        assert estimate.not_estimated is not None
        assert estimate.conclusion == "not_estimated"
        assert estimate.arm_units == units.arms.count(estimate.arm)
    whole = found[0].not_estimated
    assert whole is not None
    assert reason in whole["reason"]


def test_few_units_followed_to_the_end_are_flagged() -> None:
    units = drawn(8)
    rare = [f if f < BINS or i % 40 == 0 else 12 for i, f in enumerate(units.followed)]
    found = open_ones(journeys(), statistics(replace(units, followed=rare)))
    assert all("few_followed" in e.flags for e in found if e.not_estimated is None)
    assert all("few_followed" not in e.flags for e in open_ones(journeys(), statistics(units)))


def clustered(units: Units, of: int) -> Units:
    """The influencer arm in clusters of so many units that follow each other."""
    names: list[str | None] = []
    seen = 0
    for name in units.arms:
        names.append(f"c{seen // of:04d}" if name == "influencer" else None)
        seen += name == "influencer"
    return replace(units, clusters=names)


CLUSTERED = [
    arm("search", control=True),
    arm("content"),
    arm("influencer", cluster=Cluster(column=Column(name="creator"), randomised="units")),
]


def clustered_experiment() -> Experiment:
    return experiment(CLUSTERED, [conversion()], window=timedelta(days=14), stages=())


def test_clusters_of_one_unit_give_nearly_the_variance_of_units() -> None:
    units = replace(drawn(9, 9000), labels=[0] * 9000)
    [alone] = [
        e for e in open_ones(journeys(stages=()), statistics(units)) if e.arm == "influencer"
    ]
    tables = statistics(clustered(units, 1))
    [found] = [e for e in open_ones(clustered_experiment(), tables) if e.arm == "influencer"]
    assert found.arm_value == alone.arm_value
    # squares of realised influence against Greenwood's expected ones: O(1/sqrt n) apart
    assert found.standard_error == pytest.approx(alone.standard_error, rel=0.02)
    assert "approximate" in found.flags
    assert "CR2" in found.method


def test_clusters_that_convert_together_widen_the_interval() -> None:
    units = replace(drawn(10, 9000), labels=[0] * 9000)
    lean = [5 if i % 3 else None for i in range(9000)]
    order = sorted(range(9000), key=lambda i: (units.arms[i], lean[i] is None))
    sorted_units = Units(
        arms=[units.arms[i] for i in order],
        followed=[units.followed[i] for i in order],
        happened=[lean[i] for i in order],
        labels=[0] * 9000,
    )
    [alone] = [
        e for e in open_ones(journeys(stages=()), statistics(sorted_units)) if e.arm == "influencer"
    ]
    tables = statistics(clustered(sorted_units, 30))
    [found] = [e for e in open_ones(clustered_experiment(), tables) if e.arm == "influencer"]
    assert found.standard_error is not None
    assert alone.standard_error is not None
    # 30 equal units a cluster: the arm's variance is about 30 times as large
    assert found.standard_error > 3 * alone.standard_error
    assert found.df is not None
    assert found.df < 200  # about a hundred clusters, beside two arms of units


@pytest.mark.parametrize(
    ("of", "unread", "reason"),
    [
        pytest.param(1000, False, "an arm of clusters needs at least 6 of them", id="too few"),
        pytest.param(1, True, "clusters times bins are too many to be read", id="too many"),
    ],
)
def test_an_arm_whose_clusters_cannot_be_read_is_not_compared(
    of: int, reason: str, *, unread: bool
) -> None:
    units = replace(drawn(11), labels=[0] * 6000)
    tables = statistics(units if unread else clustered(units, of))
    content, influencer = open_ones(clustered_experiment(), tables)
    assert content.not_estimated is None
    assert influencer.not_estimated is not None
    assert reason in influencer.not_estimated["reason"]


def test_arms_that_are_read_as_one_are_followed_as_one() -> None:
    units = drawn(12)
    into = {"content": "social", "influencer": "social"}
    combined = combine_arms(statistics(units), into)
    again = statistics(replace(units, arms=[into.get(a, a) for a in units.arms]))
    assert combined.times is not None
    assert again.times is not None
    assert dict(zip(combined.times.times, combined.times.units.tolist(), strict=True)) == dict(
        zip(again.times.times, again.times.units.tolist(), strict=True)
    )


# --- fields of a row ------------------------------------------------------------------------------


def test_conversion_has_a_better_side_and_a_completed_ordering_has_none() -> None:
    exp = replace(journeys(), metrics=(conversion(better="lower"),))
    tables = statistics(drawn(14, 1500))
    for estimate in open_ones(exp, tables):
        assert (estimate.metric, estimate.better) == ("conversion", "lower")
        assert (estimate.kind, estimate.role) == ("proportion", "secondary")
        assert estimate.method == "competing risks in bins of one day, normal"
        assert estimate.df is None
        assert estimate.adjustment.reason == ""
    for estimate in open_ones(exp, tables, "cumulative_share"):
        assert (estimate.metric, estimate.better) == (None, None)
        assert (estimate.kind, estimate.role) == ("proportion", "secondary")
    adjusting = replace(tables, covariates=("x:prior",))
    assert {e.adjustment.reason for e in open_ones(exp, adjusting)} == {
        "not adjusted: covariates are not kept by time"
    }


def test_bins_of_six_hours_are_said_to_be() -> None:
    exp = journeys(window=timedelta(hours=84))  # fourteen of them
    tables = statistics(drawn(15, 1500))
    assert tables.times is not None
    quarters = replace(tables, times=replace(tables.times, length=6 * 3_600_000_000))
    assert {e.method for e in open_ones(exp, quarters)} == {
        "competing risks in bins of 6 hours, normal"
    }


@pytest.mark.parametrize("of_control", [False, True])
def test_clusters_of_either_arm_widen_by_t_with_satterthwaites_df(*, of_control: bool) -> None:
    units = clustered(replace(drawn(16, 3000), labels=[0] * 3000), 30)
    one, zero = ("content", "influencer") if of_control else ("influencer", "content")
    exp = experiment(
        CLUSTERED,
        [conversion()],
        window=timedelta(days=14),
        stages=(),
        contrasts=[(one, zero), ("content", "search")],
    )
    found, plain = open_ones(exp, statistics(units))
    content = cumulative_incidence(*counts(replace(units, labels=[0] * 3000), "content", [""]))
    free = float(content.covariance.sum())
    assert found.standard_error is not None
    whole = found.standard_error**2
    members = units.arms.count("content")
    # methods 3.9: the squared variance over each part's own square by its df
    shops = len({name for name in units.clusters or () if name is not None})
    expected = whole**2 / ((whole - free) ** 2 / (shops - 1) + free**2 / (members - 1))
    # one less than the clusters only where they are of one size, and the last and those of units
    # that nobody followed are smaller
    assert found.df == pytest.approx(expected, rel=0.05)
    assert found.method == (
        "competing risks in bins of one day, variance between clusters (CR2 of influence "
        "functions), t"
    )
    assert "approximate" in found.flags
    assert plain.method == "competing risks in bins of one day, normal"
    assert "approximate" not in plain.flags
    assert plain.df is None


def test_flags_begin_one_below_what_is_enough() -> None:
    """Fewer than 50 events, fewer than 50 units in the last bin (methods 3.10)."""
    for events, last, said in (
        (50, 50, ()),
        (49, 50, ("few_counts",)),
        (50, 49, ("few_followed",)),
        (49, 49, ("few_counts", "few_followed")),
    ):
        arms, followed, happened = [], [], []
        for name in ("search", "content"):
            for i in range(400):
                converted = i < (events if name == "content" else 60)
                arms.append(name)
                kept = 60 if name == "search" else last
                followed.append(BINS if converted or i >= 400 - kept else BINS - 1)
                happened.append(1 if converted else None)
        units = Units(arms=arms, followed=followed, happened=happened, labels=[0] * len(arms))
        exp = experiment(
            ("search", "content"), [conversion()], window=timedelta(days=14), stages=()
        )
        tables = statistics_of(arms, {"conversion": np.zeros(len(arms), dtype=int)})
        times = time_table(arms, followed, happened, units.labels)
        (found,) = open_ones(exp, with_open_windows(tables, times))
        assert found.flags == said
