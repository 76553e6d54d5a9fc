"""What is said of ties, outages and orderings by construction, and what they take away."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pathlift.judgement.checks import run_checks
from pathlift.judgement.checks.outages import in_outage_on, outages
from pathlift.judgement.checks.stages import mechanical, ties
from pathlift.judgement.invalidation import with_validity
from pathlift.judgement.ties import ties_with_validity
from pathlift.registry.experiment import Arm, Outage
from pathlift.result.model import Check, Omnibus
from pathlift.result.ties import TieBounds
from pathlift.statistics.collected import Count, RuleCount

Make = Callable[..., Any]
NTR, TIED, UNKNOWN = 27, 23, 63  # 16 + 2 * 4 + 3; need=touchpoint>trust is 16 + 4 + 3
OUT = Outage(
    stage="trust",
    start=datetime(2026, 3, 10, 8, tzinfo=UTC),
    stop=datetime(2026, 3, 10, 20, tzinfo=UTC),
)


def labelled(statistics: Make, search: tuple[int, int], content: tuple[int, int], code: int) -> Any:
    """Units of each arm with a strict label, and with another."""
    cells = {
        (arm, 1, label): (n, 0)
        for arm, counts in (("search", search), ("content", content))
        for label, n in zip((NTR, code), counts, strict=True)
    }
    return statistics({"search": sum(search), "content": sum(content)}, cells=cells)


@pytest.mark.parametrize(
    ("policy", "tied", "severity"),
    [
        ("label", 40, "pass"),
        ("label", 60, "warn"),
        ("label", 210, "fail"),
        ("exclude_from_order_tests", 210, "fail"),
        ("priority", 40, "pass"),
        ("priority", 60, "info"),
        ("priority", 210, "warn"),
    ],
)
def test_many_ties_fail_unless_a_priority_was_declared(
    experiment: Make, statistics: Make, policy: str, tied: int, severity: str
) -> None:
    # of 1,000 units an arm: 5% and 20% are the thresholds of methods 4, V13
    counts = 1000 - tied, tied
    priority = ("trust", "touchpoint", "need") if policy == "priority" else ()
    made = experiment(ties=policy, priority=priority)
    [found] = ties(made, labelled(statistics, counts, counts, TIED))
    assert found.severity == severity
    assert found.figures["policy"] == policy
    assert ("trust before touchpoint before need" in found.message) == bool(priority)
    assert found.figures["counts"] == {"search": tied, "content": tied}


def test_checks_see_ties_as_they_were_logged_under_every_policy(
    experiment: Make, statistics: Make
) -> None:
    made = experiment(ties="priority", priority=("trust", "touchpoint", "need"))
    tables = labelled(statistics, (700, 300), (700, 300), TIED)
    [found] = [check for check in run_checks(made, tables) if check.id == "ties"]
    assert found.figures["counts"] == {"search": 300, "content": 300}


@pytest.mark.parametrize("policy", ["label", "priority"])
def test_a_window_within_one_cell_of_the_grid_holds_no_order(
    experiment: Make, statistics: Make, policy: str
) -> None:
    tables = labelled(statistics, (1000, 0), (1000, 0), TIED)
    made = experiment(window=timedelta(seconds=30), resolution=timedelta(seconds=60), ties=policy)
    [found] = ties(made, tables)
    assert found.severity == "fail"
    assert "(30 s) is no longer than one cell of the grid (60 s)" in found.message
    [fine] = ties(experiment(window=timedelta(seconds=61), resolution=timedelta(minutes=1)), tables)
    assert fine.severity == "pass"


def test_units_in_an_outage_are_counted_by_arm(experiment: Make, statistics: Make) -> None:
    [few] = outages(experiment(outages=(OUT,)), labelled(statistics, (980, 20), (985, 15), UNKNOWN))
    assert (few.severity, few.scope) == ("info", "orderings")
    assert "search 20 (2%), content 15 (1.5%)" in few.message
    assert few.figures["outages"] == [
        {
            "stage": "trust",
            "from": "2026-03-10T08:00:00+00:00",
            "to": "2026-03-10T20:00:00+00:00",
        }
    ]
    [many] = outages(
        experiment(outages=(OUT,)), labelled(statistics, (500, 500), (510, 490), UNKNOWN)
    )
    assert many.severity == "warn"
    # 10% against 20% of 1,000 each: chi-square 39.2, p 4e-10
    [unlike] = outages(
        experiment(outages=(OUT,)), labelled(statistics, (900, 100), (800, 200), UNKNOWN)
    )
    assert unlike.severity == "fail"
    assert "differs by arm" in unlike.message
    [nobody] = outages(
        experiment(outages=(OUT,)), labelled(statistics, (0, 1000), (0, 1000), UNKNOWN)
    )
    assert nobody.severity == "fail"
    assert (
        "Every mature unit of search and content was, so there no ordering is known"
        in nobody.message
    )


def test_without_outages_the_check_says_that_none_are_declared(
    experiment: Make, statistics: Make
) -> None:
    [found] = outages(experiment(), statistics())
    assert found.severity == "not_checked"
    assert "`outages`" in found.message


def test_a_day_meets_an_outage_as_the_windows_of_its_units_do(experiment: Make) -> None:
    made = experiment(outages=(OUT,), window=timedelta(days=2))
    days = [date(2026, 3, 5) + timedelta(days=n) for n in range(8)]
    hit = [day.day for day in days if in_outage_on(made, "trust", day.isoformat())]
    # exposed on the 8th, the last second of a window lies on the 10th at 24:00
    assert hit == [8, 9, 10]
    assert not in_outage_on(made, "need", "2026-03-10")
    forever = replace(made, window=None)
    assert in_outage_on(forever, "trust", "2026-03-05")
    assert not in_outage_on(forever, "trust", "2026-03-11")


def test_a_silent_day_of_a_declared_outage_is_no_lost_logging(
    experiment: Make, statistics: Make
) -> None:
    fired = {f"2026-03-{day:02}": 0 if day == 10 else 50 for day in range(4, 14)}
    rules = tuple(
        RuleCount(arm=arm, stage="trust", rule=0, surface="", day=day, units=100, fired=n)
        for arm in ("search", "content")
        for day, n in fired.items()
    )
    tables = statistics(rules=rules, cells={("search", 1, NTR): (1000, 100)})

    def of_trust(made: Any) -> Check:
        return next(
            check
            for check in run_checks(made, tables)
            if check.id == "measurement" and check.scope == "stage:trust"
        )

    short = experiment(window=timedelta(hours=1))
    assert of_trust(short).severity == "fail"
    assert of_trust(replace(short, outages=(OUT,))).severity != "fail"
    other = replace(OUT, stage="need")
    assert of_trust(replace(short, outages=(other,))).severity == "fail"


def share(estimate: Make, estimand: str, **changes: Any) -> Any:
    return estimate(
        estimand=estimand, ordering="need>touchpoint>trust", id=f"{estimand}/o", **changes
    )


def test_orderings_by_construction_are_descriptive_and_first_steps_invalid(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    # 600 of 1,000 labels of content begin at t0; V14 warns above half
    counts = [
        Count(name="labelled", count=1000, arm="search"),
        Count(name="labelled", count=1000, arm="content"),
        Count(name="mechanical", count=10, arm="search"),
        Count(name="mechanical", count=600, arm="content"),
    ]
    made = experiment(
        arms=(
            Arm(name="search", value="search", control=True),
            Arm(name="content", value="content"),
            Arm(name="influencer", value="influencer"),
        )
    )
    checks = tuple(mechanical(made, statistics(counts=counts)))
    given = (
        estimate(),
        share(estimate, "incidence"),
        share(estimate, "ordering_share"),
        share(estimate, "first_step"),
        share(estimate, "complier", causal_status="causal_if", assumptions=("exclusion",)),
        share(estimate, "incidence", arm="influencer"),
    )
    test = Omnibus(
        estimand="ordering_share", metric=None, ordering=None, segment=None, test="Pearson",
        statistic=1.0, df=1.0, p_value=0.3, causal_status="causal",
    )  # fmt: skip
    found, [omnibus] = with_validity(made, checks, given, (test,))
    assert [e.causal_status for e in found] == [
        "causal", "descriptive", "descriptive", "invalid", "descriptive", "causal",
    ]  # fmt: skip
    assert [e.flags for e in found] == [(), *[("mechanical",)] * 4, ()]
    assert found[4].assumptions == ()
    assert omnibus.causal_status == "descriptive"
    assert [e.absolute for e in found] == [e.absolute for e in given]
    failed = Check(id="measurement", severity="fail", scope="orderings", message="Lost.")
    worse, _ = with_validity(made, (*checks, failed), given, ())
    assert [e.causal_status for e in worse] == ["causal", *["invalid"] * 5]


def test_bounds_over_ties_outlive_many_ties_and_nothing_else(
    experiment: Make, statistics: Make, estimate: Make
) -> None:
    made = experiment()
    headline = share(estimate, "incidence")
    bound = TieBounds(
        of=headline.id, ordering="need>touchpoint>trust", arm="content", control="search",
        arm_tied=1, control_tied=2, in_neither=headline.absolute, in_both=headline.absolute,
        lowest=headline.absolute, highest=headline.absolute, sign_holds=True,
    )  # fmt: skip
    [many] = ties(made, labelled(statistics, (700, 300), (700, 300), TIED))
    assert many.severity == "fail"
    [kept] = ties_with_validity(made, [many], [bound], [headline])
    assert kept == bound
    # a window within one cell: there is no order that ties could be broken into
    coarse = replace(made, window=timedelta(seconds=1))
    [none] = ties(coarse, labelled(statistics, (700, 300), (700, 300), TIED))
    [gone] = ties_with_validity(coarse, [none], [bound], [headline])
    assert gone.causal_status == "invalid"
    srm = Check(id="srm", severity="fail", scope="experiment", message="Unequal.")
    [lost] = ties_with_validity(made, [srm], [bound], [headline])
    assert lost.causal_status == "invalid"
