"""Arm by segment where arms have clusters: clusters inside a level, and clusters across levels."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from scipy import stats
from scipy.stats import binomtest
from tests.support.clusters import with_clusters
from tests.support.experiments import arm, experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.registry.experiment import Cluster, Column, Experiment
from pathlift.result.model import Omnibus

TWO = ("control", "treated")
SHOP = Cluster(column=Column(name="shop"), randomised="clusters")


def shops(**changes: object) -> Experiment:
    return experiment(
        [arm(name, cluster=SHOP, control=name == "control") for name in TWO],
        [metric("spend", role="primary"), metric("orders"), ratio("value", "spend", "orders")],
        segments=["country"],
        **changes,  # type: ignore[arg-type]
    )


def inferred(
    columns: Mapping[str, np.ndarray],
    arms: Sequence[str],
    names: Sequence[str],
    country: Sequence[str],
) -> Inferred:
    tables = statistics_of(arms, columns, segments={"country": country}, declared=TWO)
    tables = with_clusters(tables, arms, columns, names, segments={"country": country})
    return estimate_all(shops(), tables, ())


def told(found: Inferred, name: str) -> Omnibus:
    return next(t for t in found.omnibus if t.segment == "country" and t.metric == name)


def drawn(
    rng: np.random.Generator, *, each: int = 4, clusters: int = 15
) -> tuple[dict[str, np.ndarray], list[str], list[str], list[str]]:
    """Clusters of `each` units in both countries, who resemble each other."""
    arms = [name for name in TWO for _ in range(clusters * each * 2)]
    names = [f"{a}{g}" for a in TWO for g in range(clusters) for _ in range(each * 2)]
    country = ["DE", "FR"] * (2 * clusters * each)
    own = np.repeat(rng.normal(0, 8, 2 * clusters), 2 * each)
    spend = np.rint(50 + own + rng.normal(0, 10, len(arms))).astype(int)
    orders = rng.integers(1, 5, len(arms))
    return {"spend": spend, "orders": orders}, arms, names, country


@pytest.mark.parametrize("seed", range(4))
def test_clusters_alike_in_both_levels_are_tested_by_their_own_differences(seed: int) -> None:
    columns, arms, names, country = drawn(np.random.default_rng(seed))
    found = told(inferred(columns, arms, names, country), "spend")
    spend = columns["spend"].reshape(2, 15, 4, 2).mean(axis=2)
    own = spend[..., 1] - spend[..., 0]
    # every cluster has as many units in each level: what it resembles itself in cancels, and the
    # effect of the arm on its difference is Welch's, by another library
    welch = stats.ttest_ind(own[1], own[0], equal_var=False)
    assert found.df == 1
    assert found.statistic == pytest.approx(welch.statistic**2, rel=1e-9)
    # df of a level's contrast in place of the difference's
    assert found.p_value == pytest.approx(welch.pvalue, abs=0.01)


def test_clusters_inside_a_level_leave_the_levels_independent() -> None:
    columns, arms, names, _ = drawn(np.random.default_rng(7), clusters=30)
    country = ["DE" if int(name[-1]) % 2 else "FR" for name in names]
    found = inferred(columns, arms, names, country)
    for name in ("spend", "orders", "value"):
        parts = [e for e in found.estimates if e.metric == name and e.segment is not None]
        effects = [e.absolute.estimate for e in parts if e.absolute and e.absolute.estimate]
        errors = [e.standard_error for e in parts if e.standard_error]
        # by hand: two independent differences
        by_hand = (effects[1] - effects[0]) ** 2 / (errors[0] ** 2 + errors[1] ** 2)
        assert told(found, name).statistic == pytest.approx(by_hand, rel=1e-9)


def test_clusters_of_one_unit_are_units() -> None:
    columns, arms, _, country = drawn(np.random.default_rng(8))
    names = [f"unit{i}" for i in range(len(arms))]
    mine = inferred(columns, arms, names, country)
    plain = experiment(
        TWO,
        [metric("spend", role="primary"), metric("orders"), ratio("value", "spend", "orders")],
        segments=["country"],
    )
    tables = statistics_of(arms, columns, segments={"country": country}, declared=TWO)
    alone = estimate_all(plain, tables, ())
    for name in ("spend", "orders", "value"):
        # one comparison: F and chi-square are the same statistic
        assert told(mine, name).statistic == pytest.approx(told(alone, name).statistic, rel=1e-9)


def test_a_ratio_across_levels_is_linearised_by_cluster() -> None:
    columns, arms, names, country = drawn(np.random.default_rng(9))
    found = told(inferred(columns, arms, names, country), "value")
    spend, orders = (columns[c].reshape(2, 15, 4, 2) for c in ("spend", "orders"))
    total, count = spend.sum(axis=(1, 2)), orders.sum(axis=(1, 2))
    rate = total / count  # arms by levels
    e = (spend - rate[:, None, None, :] * orders).sum(axis=2) / count[:, None, :]
    difference = e[..., 1] - e[..., 0]
    # CR2 of equal clusters: squares over 1 - 1 / 15
    variance = (difference**2).sum(axis=1) / (1 - 1 / 15)
    theta = (rate[1, 1] - rate[1, 0]) - (rate[0, 1] - rate[0, 0])
    assert found.statistic == pytest.approx(theta**2 / variance.sum(), rel=1e-9)


def test_adjusted_levels_that_share_clusters_say_so() -> None:
    rng = np.random.default_rng(10)
    columns, arms, names, country = drawn(rng, clusters=30)
    columns = {**columns, "x:prior": rng.integers(0, 9, len(arms))}
    found = told(inferred(columns, arms, names, country), "spend")
    assert found.p_value is None
    assert found.not_estimated == {
        "reason": "clusters of control hold units of several levels, and covariates adjust each "
        "level"
    }


@pytest.mark.slow
def test_the_test_between_clusters_keeps_its_level() -> None:
    rng = np.random.default_rng(11)
    runs, rejected = 150, 0
    for _ in range(runs):
        columns, arms, names, country = drawn(rng, clusters=20)
        p = told(inferred(columns, arms, names, country), "spend").p_value
        assert p is not None
        rejected += p < 0.05
    # judged by its own binomial error, against alpha and two points of a small-sample F
    assert binomtest(rejected, runs, 0.07, alternative="greater").pvalue > 0.001
    assert binomtest(rejected, runs, 0.03, alternative="less").pvalue > 0.001
