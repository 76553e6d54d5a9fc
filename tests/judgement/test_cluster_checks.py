"""Checks that count clusters where clusters were drawn, and what they say of few ones."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.support.clusters import with_clusters
from tests.support.experiments import arm, conversion, experiment
from tests.support.units import statistics_of

from pathlift.judgement.checks import run_checks
from pathlift.registry.experiment import Arm, Cluster, Column, Experiment
from pathlift.result.model import Check
from pathlift.statistics.collected import Statistics

DRAWN = Cluster(column=Column(name="creator"), randomised="clusters")
GIVEN = Cluster(column=Column(name="creator"), randomised="units")
STAGES = ("need", "touchpoint", "trust")
NEED, NEED_AND_TIED = 16, 21  # labels: need alone; all three in one moment


def of(checks: Sequence[Check], id: str) -> list[Check]:
    return [check for check in checks if check.id == id]


def sized(
    sizes: dict[str, list[int]], *, names: dict[str, list[str]] | None = None
) -> tuple[list[str], dict[str, np.ndarray], list[str | None]]:
    arms, of_units = [], []
    for name, counts in sizes.items():
        for number, count in enumerate(counts):
            arms += [name] * count
            of_units += [
                (names or {}).get(name, [f"{name}{i}" for i in range(len(counts))])[number]
            ] * count
    columns = {"conversion": np.arange(len(arms)) % 5 // 4}
    return arms, columns, list(of_units)


def two(cluster: Cluster) -> list[Arm]:
    return [arm("search", control=True, cluster=cluster), arm("influencer", cluster=cluster)]


def checked(exp: Experiment, statistics: Statistics) -> tuple[Check, ...]:
    return run_checks(exp, statistics)


def given_sizes(sizes: dict[str, list[int]], cluster: Cluster) -> tuple[Check, ...]:
    arms, columns, names = sized(sizes)
    exp = experiment(two(cluster), [conversion()])
    return checked(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))


def test_creators_that_were_drawn_are_the_split_however_many_followers_they_bring() -> None:
    # methods 3.9 [sim]: by units, 99% of clean runs of 300 creators with mean size 500 fail
    failed_by_units = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        sizes = {
            name: (1 + rng.geometric(1 / 100, 150)).tolist() for name in ("search", "influencer")
        }
        (split,) = of(given_sizes(sizes, DRAWN), "srm")
        assert split.severity == "pass"
        assert split.figures["clusters"] == {"search": 150, "influencer": 150}
        (split,) = of(given_sizes(sizes, GIVEN), "srm")
        assert "clusters" not in split.figures
        failed_by_units += split.severity == "fail"
    assert failed_by_units > 5


def test_a_split_of_clusters_fails_as_one_of_units_does() -> None:
    (split,) = of(given_sizes({"search": [3] * 120, "influencer": [3] * 60}, DRAWN), "srm")
    assert split.severity == "fail"
    # Pearson by hand: (120 - 90)^2 / 90 * 2
    assert split.figures["statistic"] == pytest.approx(20.0, rel=1e-12)
    assert "120" in split.message


def test_clusters_in_some_arms_and_units_in_others_have_no_split_to_check() -> None:
    arms, columns, names = sized({"search": [90], "influencer": [9] * 10})
    some = [name if name and name.startswith("inf") else None for name in names]
    exp = experiment(
        [arm("search", control=True), arm("influencer", cluster=DRAWN)], [conversion()]
    )
    checks = checked(exp, with_clusters(statistics_of(arms, columns), arms, columns, some))
    (split,) = of(checks, "srm")
    assert split.severity == "not_checked"


@pytest.mark.parametrize(
    ("sizes", "severity", "said"),
    [
        ([30] * 5, "fail", "fewer than 6"),
        ([30] * 6, "warn", "Up to 20 clusters are few"),
        ([30] * 20, "warn", "Up to 20 clusters are few"),
        ([30] * 21, "pass", "21 clusters"),
        ([3000] + [5] * 30, "warn", "Few of them hold most units"),
    ],
)
def test_few_or_lopsided_clusters_are_said(sizes: list[int], severity: str, said: str) -> None:
    checks = of(given_sizes({"search": [10] * 30, "influencer": sizes}, GIVEN), "clusters")
    found = next(check for check in checks if check.scope == "arm:influencer")
    assert found.severity == severity
    assert said in found.message
    # equal clusters hang on none of them, however few they are
    assert ("hangs on" in found.message) == (len(set(sizes)) > 1)


def test_a_cluster_that_stands_in_two_arms_contradicts_that_clusters_were_drawn() -> None:
    sizes = {"search": [30] * 12, "influencer": [30] * 12}
    own = {"influencer": ["search0", *(f"influencer{i}" for i in range(1, 12))]}
    arms, columns, names = sized(sizes, names=own)
    for cluster, expected in ((DRAWN, ["fail"]), (GIVEN, [])):
        exp = experiment(two(cluster), [conversion()])
        checks = checked(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))
        across = [c for c in of(checks, "clusters") if c.scope == "experiment"]
        assert [check.severity for check in across] == expected
    exp = experiment(two(DRAWN), [conversion()])
    checks = checked(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))
    found = next(c for c in of(checks, "clusters") if c.scope == "experiment")
    assert found.figures["units_outside"] == 30  # of 720, above 1%


def test_without_clusters_nothing_is_checked() -> None:
    arms, columns, _ = sized({"search": [30], "influencer": [30]})
    checks = checked(
        experiment(("search", "influencer"), [conversion()]), statistics_of(arms, columns)
    )
    (found,) = of(checks, "clusters")
    assert found.severity == "not_checked"


def test_ties_that_belong_to_a_few_clusters_are_no_difference_between_arms() -> None:
    """One creator in each ten logs whole seconds: by units certain, by clusters chance."""
    sizes = {"search": [200] * 12, "influencer": [200] * 12}
    arms, columns, names = sized(sizes)
    labels = [
        NEED_AND_TIED if name in ("influencer0", "influencer1") else NEED + 2 * 4 for name in names
    ]
    for cluster, certain in ((GIVEN, True), (DRAWN, False)):
        exp = experiment(two(cluster), [conversion()], stages=STAGES)
        statistics = with_clusters(
            statistics_of(arms, columns, labels=labels), arms, columns, names, labels=labels
        )
        (ties,) = of(checked(exp, statistics), "ties")
        assert ("The share differs by arm" in ties.message) == certain
    assert ties.figures["by_arm"]["test"] == "F by cluster"


def test_what_is_not_counted_by_cluster_is_not_tested_where_clusters_were_drawn() -> None:
    arms, columns, names = sized({"search": [30] * 12, "influencer": [30] * 12})
    exp = experiment(two(DRAWN), [conversion()])
    checks = checked(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))
    across = next(c for c in of(checks, "clusters") if c.scope == "experiment")
    assert "count units by arm without a test" in across.message
