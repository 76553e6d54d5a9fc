"""Arms of clusters through all of inference: identities, special cases, errors as promised."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from tests.support.clusters import with_clusters
from tests.support.experiments import arm, conversion, experiment, metric, ratio
from tests.support.units import statistics_of

from pathlift.inference.clustering import clusters_in
from pathlift.inference.drafts import Draft
from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.incidence import ordering_drafts
from pathlift.inference.label_groups import Estimand
from pathlift.inference.measured import Measured
from pathlift.inference.measuring import measure_many
from pathlift.inference.reading import Slice
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Arm, Cluster, Column, Experiment
from pathlift.result.model import Estimate
from pathlift.statistics.cells import all_codes
from pathlift.statistics.collected import Statistics

STAGES = ("need", "touchpoint", "trust")
DRAWN = Cluster(column=Column(name="shop"), randomised="clusters")
GIVEN = Cluster(column=Column(name="creator"), randomised="units")


def infer(exp: Experiment, statistics: Statistics) -> Inferred:
    return estimate_all(exp, statistics, declare_families(exp))


def of(result: Inferred, id: str) -> Estimate:
    return next(estimate for estimate in result.estimates if estimate.id == id)


def drawn(
    seed: int,
    sizes: dict[str, list[int]],
    *,
    between: float = 0.0,
    effect: float = 0.0,
) -> tuple[list[str], dict[str, np.ndarray], list[str]]:
    """Units of clusters: a share that converts and money, both moved by the cluster's own draw."""
    rng = np.random.default_rng(seed)
    arms, names = [], []
    conversion_, spend, prior = [], [], []
    for name, of_arm in sizes.items():
        for number, size in enumerate(of_arm):
            own = rng.normal() * between
            x = rng.poisson(5, size)
            p = np.clip(0.3 + 0.02 * x + 0.1 * own + effect * (name != "grey"), 0.01, 0.99)
            arms += [name] * size
            names += [f"{name}{number:03d}"] * size
            conversion_.append((rng.random(size) < p).astype(int))
            spend.append(np.rint(1000 + 300 * own + 1000 * rng.standard_normal(size)).astype(int))
            prior.append(x)
    columns = {
        "conversion": np.concatenate(conversion_),
        "spend": np.concatenate(spend),
        "x:prior": np.concatenate(prior),
    }
    return arms, columns, names


def two_arms(cluster: Cluster = DRAWN) -> list[Arm]:
    return [arm("grey", control=True, cluster=cluster), arm("green", cluster=cluster)]


def plain(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: values for name, values in columns.items() if not name.startswith("x:")}


def leaves(value: object, path: str = "") -> dict[str, object]:
    """Values of a nested document, by their path."""
    if not isinstance(value, dict):
        return {path: value}
    return {k: v for key, part in value.items() for k, v in leaves(part, f"{path}.{key}").items()}


def numbers_of(estimate: Estimate) -> dict[str, float]:
    flat = leaves(estimate.model_dump())
    return {path: value for path, value in flat.items() if isinstance(value, float)}


def words_of(estimate: Estimate) -> dict[str, object]:
    flat = leaves(estimate.model_dump())
    return {path: value for path, value in flat.items() if not isinstance(value, float)}


def test_units_that_are_their_own_clusters_give_welchs_standard_error() -> None:
    arms, columns, names = drawn(3, {"grey": [1] * 40, "green": [1] * 90})
    columns = plain(columns)
    exp = experiment(two_arms(), [metric("spend", role="primary")])
    del columns["conversion"]
    bare = statistics_of(arms, columns)
    alone = of(infer(experiment(("grey", "green"), exp.metrics), bare), "itt/spend///green-grey")
    found = of(infer(exp, with_clusters(bare, arms, columns, names)), "itt/spend///green-grey")
    # CR2 of single units is s^2 / n exactly; only the order of additions differs
    assert found.standard_error == pytest.approx(alone.standard_error, rel=1e-13)
    assert found.absolute is not None
    assert alone.absolute is not None
    # means of clusters are subtracted as floats, those of units as exact sums
    assert found.absolute.estimate == pytest.approx(alone.absolute.estimate, rel=1e-13)
    # Bell and McCaffrey's df take the units' variances to be equal: Welch's formula with s = 1
    v1, v0 = 1 / 90, 1 / 40
    assert found.df == pytest.approx((v1 + v0) ** 2 / (v1**2 / 89 + v0**2 / 39), rel=1e-12)


def test_the_words_of_a_method_say_whose_degrees_of_freedom_they_are() -> None:
    arms, columns, names = drawn(3, {"grey": [4] * 15, "green": [4] * 15})
    exp = experiment(two_arms(), [metric("spend", role="primary")])
    columns = {"spend": columns["spend"]}
    bare = statistics_of(arms, columns)
    both = of(infer(exp, with_clusters(bare, arms, columns, names)), "itt/spend///green-grey")
    tails = "variance between clusters (CR2), t with Bell and McCaffrey's"
    assert both.method == f"{tails} degrees of freedom"
    mixed = experiment([arm("grey", control=True), arm("green", cluster=DRAWN)], exp.metrics)
    single = [name if a == "green" else None for name, a in zip(names, arms, strict=True)]
    one = of(infer(mixed, with_clusters(bare, arms, columns, single)), "itt/spend///green-grey")
    assert one.method == f"{tails} and Satterthwaite's degrees of freedom"


def test_clusters_that_do_not_differ_say_so_and_whose_they_are() -> None:
    arms = ["grey"] * 40 + ["green"] * 40
    names = [f"{a}{place % 10}" for place, a in enumerate(arms)]
    spend = np.array([5] * 40 + [1, 9] * 20)  # alike in grey
    exp = experiment(two_arms(), [metric("spend", role="primary")])
    columns = {"spend": spend}
    found = of(
        infer(exp, with_clusters(statistics_of(arms, columns), arms, columns, names)),
        "itt/spend///green-grey",
    )
    assert found.not_estimated is not None
    assert "no cluster of grey differs from another" in found.not_estimated["reason"]


@pytest.mark.parametrize("covariate", [False, True])
@pytest.mark.parametrize("estimand", ["incidence", "ordering_share"])
def test_orderings_add_up_in_mean_and_in_variance(estimand: Estimand, covariate: bool) -> None:  # noqa: FBT001 - a case
    rng = np.random.default_rng(11)
    sizes = {"grey": rng.integers(5, 60, 25).tolist(), "green": rng.integers(5, 60, 30).tolist()}
    arms, columns, names = drawn(5, sizes, between=0.5)
    if not covariate:
        columns = plain(columns)
    codes = [int(code) for code in rng.choice([c for c in all_codes() if c != 63], len(arms))]
    exp = experiment(
        two_arms(), [conversion(), metric("spend")], stages=STAGES, multiplicity="none"
    )
    statistics = with_clusters(
        statistics_of(arms, columns, labels=codes), arms, columns, names, labels=codes
    )
    (measured,) = measure_many(
        statistics, [(exp.metric("conversion"), Slice())], ["grey", "green"],
        covariates=statistics.covariates,
    )  # fmt: skip
    assert isinstance(measured, Measured)
    assert measured.adjustment.covariates == (("prior",) if covariate else ())
    drafts: list[Draft] = ordering_drafts(exp, statistics, estimand, measured, family=None)
    joint = drafts[0].joint
    assert joint is not None
    ones = np.ones(len(drafts))
    total = np.einsum("i,iajb,j->ab", ones, joint.covariance, ones)
    if estimand == "ordering_share":  # every unit takes one of them: nothing is left to vary
        scale = np.abs(joint.covariance).max()
        assert np.abs(total).max() < 1e-12 * scale * len(drafts) ** 2  # rounding of the sum
        return
    assert total == pytest.approx(measured.covariance, rel=1e-9)  # sums of 49 rounded numbers
    values = joint.value.sum(axis=0)
    assert values == pytest.approx(measured.value, rel=1e-12)


def test_ratios_are_linearised_by_cluster() -> None:
    sizes = {"grey": [12, 30, 7, 22, 9, 15, 40, 11], "green": [25, 8, 14, 31, 10, 19, 6, 28, 13]}
    arms, columns, names = drawn(8, sizes, between=1.0)
    columns = plain(columns)
    columns["orders"] = columns.pop("conversion") + 1
    exp = experiment(
        two_arms(),
        [metric("spend", role="primary"), metric("orders"), ratio("value", "spend", "orders")],
    )
    statistics = with_clusters(statistics_of(arms, columns), arms, columns, names)
    found = of(infer(exp, statistics), "itt/value///green-grey")
    variance = 0.0
    for name in ("grey", "green"):
        here = np.array(arms) == name
        y, d = columns["spend"][here].astype(float), columns["orders"][here].astype(float)
        of_cluster = np.array(names)[here]
        influence = (y - y.sum() / d.sum() * d) / d.mean()
        for cluster in set(of_cluster):
            size = (of_cluster == cluster).sum()
            e = influence[of_cluster == cluster].sum()
            variance += e**2 / (1 - size / here.sum()) / here.sum() ** 2  # methods 3.9
    assert found.standard_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    assert "CR2" in found.method


def test_arms_without_clusters_are_compared_as_if_there_were_none() -> None:
    rng = np.random.default_rng(2)
    arms, columns, names = drawn(
        4, {"grey": [400], "blue": [410], "green": rng.integers(5, 40, 20).tolist()}
    )
    columns = plain(columns)
    some = [name if name.startswith("green") else None for name in names]
    metrics = [conversion(), metric("spend")]
    three = [arm("grey", control=True), arm("blue"), arm("green", cluster=GIVEN)]
    mixed = experiment(three, metrics, multiplicity="none")
    bare = statistics_of(arms, columns, declared=("grey", "blue", "green"))
    found = infer(mixed, with_clusters(bare, arms, columns, some))
    alone = infer(experiment(("grey", "blue", "green"), metrics, multiplicity="none"), bare)
    for name in ("conversion", "spend"):
        apart, together = (of(r, f"itt/{name}///blue-grey") for r in (found, alone))
        assert words_of(apart) == words_of(together)
        # means beside clusters are subtracted as floats, those of units alone as exact sums
        assert numbers_of(apart) == pytest.approx(numbers_of(together), rel=1e-12, abs=1e-15)
        clustered, bare_one = (of(r, f"itt/{name}///green-grey") for r in (found, alone))
        assert clustered.method != bare_one.method
        assert clustered.df is not None
        assert clustered.df < len(arms) - 2  # what units taken as independent would have


def test_too_few_clusters_cost_the_contrasts_of_their_arm_alone() -> None:
    arms, columns, names = drawn(4, {"grey": [200], "blue": [210], "green": [30, 40, 50, 60, 70]})
    columns = plain(columns)
    some = [name if name.startswith("green") else None for name in names]
    exp = experiment(
        [arm("grey", control=True), arm("blue"), arm("green", cluster=GIVEN)],
        [conversion(), metric("spend")],
    )
    codes = [0] * len(arms)
    statistics = with_clusters(
        statistics_of(arms, columns, labels=codes), arms, columns, some, labels=codes
    )
    result = infer(exp, statistics)
    for name in ("conversion", "spend"):
        refused = of(result, f"itt/{name}///green-grey")
        assert refused.conclusion == "not_estimated"
        assert refused.not_estimated == {
            "reason": "an arm of clusters needs at least 6 of them, and green has 5"
        }
        assert of(result, f"itt/{name}///blue-grey").not_estimated is None
        omnibus = next(o for o in result.omnibus if o.metric == name)
        assert omnibus.not_estimated is not None


def test_one_cluster_that_holds_an_arm_is_refused() -> None:
    arms, columns, names = drawn(4, {"grey": [20] * 8, "green": [200]})
    columns = plain(columns)
    exp = experiment(two_arms(), [conversion(), metric("spend")])
    result = infer(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))
    refused = of(result, "itt/spend///green-grey")
    assert refused.not_estimated is not None
    assert "green has 1" in refused.not_estimated["reason"]


def test_covariates_need_ten_clusters_a_coefficient() -> None:
    arms, columns, names = drawn(6, {"grey": [20] * 19, "green": [25] * 30})
    exp = experiment(two_arms(), [conversion(), metric("spend")])
    result = infer(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))
    found = of(result, "itt/spend///green-grey")
    assert found.adjustment.covariates == ()
    assert "20 clusters" in found.adjustment.reason
    assert "approximate" not in found.flags
    arms, columns, names = drawn(6, {"grey": [20] * 20, "green": [25] * 30})
    result = infer(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))
    found = of(result, "itt/spend///green-grey")
    assert found.adjustment.covariates == ("prior",)
    assert "approximate" in found.flags


def test_few_clusters_show_the_means_of_clusters_and_their_permutation() -> None:
    sizes = {"grey": [12, 30, 7, 22, 9, 15, 40], "green": [25, 8, 14, 31, 10, 19]}
    arms, columns, names = drawn(8, sizes, between=1.0)
    columns = plain(columns)
    exp = experiment(two_arms(), [conversion(), metric("spend")])
    result = infer(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))
    means = {
        name: [
            columns["spend"][np.array(names) == f"{name}{number:03d}"].mean()
            for number in range(len(sizes[name]))
        ]
        for name in sizes
    }
    shown = {(r.metric, r.reading): r for r in result.sensitivity}
    welch = stats.ttest_ind(means["green"], means["grey"], equal_var=False)
    row = shown["spend", "cluster_means"]
    assert row.of == "itt/spend///green-grey"
    assert row.p_value == pytest.approx(welch.pvalue, rel=1e-9)  # scipy's Welch on 13 means
    every = np.array(means["green"] + means["grey"])
    observed = abs(np.mean(means["green"]) - np.mean(means["grey"]))
    dealt = [
        abs(every[list(chosen)].mean() - np.delete(every, chosen).mean())
        for chosen in combinations(range(13), 6)
    ]
    row = shown["spend", "cluster_permutation"]
    assert row.p_value == pytest.approx(np.mean(np.array(dealt) >= observed - 1e-9), rel=1e-12)
    assert row.absolute is not None
    assert (row.absolute.low, row.absolute.high) == (None, None)
    assert row.method == (
        "clusters dealt to the two arms anew, each weighing alike: 1,716 ways, all; "
        "p is 0.00058 at least"  # 13 choose 6; the way that was seen is one of them
    )


def test_units_that_were_drawn_are_not_dealt_by_cluster() -> None:
    arms, columns, names = drawn(8, {"grey": [12] * 7, "green": [20] * 6})
    columns = plain(columns)
    exp = experiment(two_arms(GIVEN), [conversion(), metric("spend")])
    result = infer(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))
    assert {row.reading for row in result.sensitivity} == {"cluster_means"}


def test_the_test_over_two_arms_is_the_square_of_t() -> None:
    arms, columns, names = drawn(
        9, {"grey": [12] * 9, "green": [20, 25, 9, 14, 30, 8, 17]}, between=1
    )
    columns = plain(columns)
    exp = experiment(two_arms(), [conversion(), metric("spend")])
    result = infer(exp, with_clusters(statistics_of(arms, columns), arms, columns, names))
    for name in ("conversion", "spend"):
        found = of(result, f"itt/{name}///green-grey")
        omnibus = next(o for o in result.omnibus if o.metric == name)
        assert omnibus.p_value == pytest.approx(found.p_value, rel=1e-9)  # F(1, nu) and t(nu)
        assert found.statistic is not None
        assert omnibus.statistic == pytest.approx(found.statistic**2, rel=1e-9)


def test_clusters_of_a_slice_without_rows_of_its_dimension_are_refused() -> None:
    arms, columns, names = drawn(9, {"grey": [12] * 9, "green": [20] * 7})
    columns = plain(columns)
    levels = {"country": ["DE" if i % 2 else "FR" for i in range(len(arms))]}
    exp = experiment(two_arms(), [conversion(), metric("spend")], segments=["country"])
    statistics = with_clusters(statistics_of(arms, columns, segments=levels), arms, columns, names)
    assert clusters_in(statistics, Slice(), ["grey", "green"]) is not None
    found = of(infer(exp, statistics), "itt/spend//country=DE/green-grey")
    assert found.not_estimated is not None
    assert "too many to be read" in found.not_estimated["reason"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("grey", "green", "published"),
    [(20, 20, 0.054), (8, 40, 0.052)],  # methods 3.9, [sim] CR2 with Bell and McCaffrey's df
)
def test_the_error_is_what_methods_simulated(grey: int, green: int, published: float) -> None:
    rng = np.random.default_rng(20260302)
    draws, wrong, naive = 800, 0, 0
    exp = experiment(two_arms(), [metric("spend", role="primary")])
    bare_exp = experiment(("grey", "green"), exp.metrics)
    for _ in range(draws):
        # cluster sizes of mean 20 with cv 1, between-cluster sd 30% of the units'
        sizes = {
            name: (1 + rng.geometric(1 / 20, count)).tolist()
            for name, count in (("grey", grey), ("green", green))
        }
        arms, columns, names = drawn(int(rng.integers(2**31)), sizes, between=1.0)
        columns = {"spend": columns["spend"]}
        bare = statistics_of(arms, columns)
        statistics = with_clusters(bare, arms, columns, names)
        wrong += of(infer(exp, statistics), "itt/spend///green-grey").p_value < 0.05  # type: ignore[operator]
        naive += of(infer(bare_exp, bare), "itt/spend///green-grey").p_value < 0.05  # type: ignore[operator]
    # three binomial standard errors of the simulation around the published error
    assert wrong / draws == pytest.approx(
        published, abs=3 * np.sqrt(published * (1 - published) / draws)
    )
    assert naive / draws > 0.2  # what units taken as independent would have done
