"""Corrections end to end: published p-values, procedures that must coincide, and who hands on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.support.experiments import conversion, experiment, metric
from tests.support.units import statistics_of

from pathlift.inference.drafts import Draft, Identity, Spread
from pathlift.inference.estimates import Inferred, estimate_all
from pathlift.inference.family import Family
from pathlift.inference.solving import solve
from pathlift.judgement.decision import decide
from pathlift.judgement.families import declare_families
from pathlift.registry.experiment import Contrast, Experiment, Node
from pathlift.result.model import Estimate, Simultaneous
from pathlift.statistics.collected import Statistics

THREE = ("search", "content", "influencer")
PAIRS = [("content", "search"), ("influencer", "search"), ("influencer", "content")]


def infer(exp: Experiment, statistics: Statistics) -> Inferred:
    return estimate_all(exp, statistics, declare_families(exp))


def of(result: Inferred, id: str) -> Estimate:
    return next(estimate for estimate in result.estimates if estimate.id == id)


def family_of(result: Inferred, id: str) -> Simultaneous:
    found = of(result, id).simultaneous
    assert found is not None
    return found


def converted(
    *counts: tuple[int, int], also: Mapping[str, Sequence[int]] | None = None
) -> Statistics:
    """Arms of `THREE` with (conversions, units) each."""
    arms = [arm for arm, (_, n) in zip(THREE, counts, strict=True) for _ in range(n)]
    y = [int(i < x) for x, n in counts for i in range(n)]
    return statistics_of(arms, {"conversion": y, **(also or {})}, declared=THREE)


def drafts_with(z: Sequence[float], method: str) -> list[Draft]:
    """Normal contrasts of unit variance in one family."""
    family = Family(name="listed", estimand="itt", metrics=("y",), method=method)  # type: ignore[arg-type]
    identity = Identity(
        estimand="itt", metric="y", kind="mean", role="primary", better="higher", arm="a",
        control="b",
    )  # fmt: skip
    return [
        Draft(
            identity=replace(identity, arm=f"a{position}"),
            arm_units=10,
            control_units=10,
            spread=Spread(m1=value, m0=0.0, v11=1.0, v00=0.0),
            family=family,
        )
        for position, value in enumerate(z)
    ]


def adjusted(estimates: Sequence[Estimate]) -> list[float]:
    families = [estimate.simultaneous for estimate in estimates]
    return [f.p_adjusted for f in families if f is not None and f.p_adjusted is not None]


def test_holm_gives_the_p_values_of_the_methods_page_and_no_interval() -> None:
    estimates = solve(drafts_with((3.0, 2.1), "holm"), alpha=0.05)
    assert adjusted(estimates) == pytest.approx([0.0054, 0.0357], abs=5e-5)  # methods 3.5, 4 places
    for estimate in estimates:
        family = estimate.simultaneous
        assert family is not None
        assert not family.interval_matches_p
        assert (family.absolute, family.relative, family.critical_value) == (None, None, None)
        assert "Holm" in family.method
        assert estimate.conclusion == "better"


def test_benjamini_hochberg_finds_the_four_of_the_paper() -> None:
    # Benjamini and Hochberg (1995), section 4.1: 15 p-values of a trial; at 0.05 the procedure
    # rejects the first four, where Bonferroni and Hochberg's procedure reject three.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    estimates = solve(drafts_with(stats.norm.isf(np.array(p) / 2).tolist(), "bh"), alpha=0.05)
    found = adjusted(estimates)
    assert [value < 0.05 for value in found] == [True] * 4 + [False] * 11
    # the largest k with p_k <= k q / m gives its own row p_k m / k: 0.0095 * 15 / 4
    assert found[3] == pytest.approx(0.0095 * 15 / 4, rel=1e-9)
    assert "false discovery rate" in (estimates[0].simultaneous or pytest.fail("no family")).method


@given(z=st.lists(st.floats(-6, 6), min_size=2, max_size=6), method=st.sampled_from(["holm", "bh"]))
def test_stepwise_p_is_never_below_the_marginal_one_and_keeps_its_order(
    z: list[float], method: str
) -> None:
    estimates = solve(drafts_with(z, method), alpha=0.05)
    p = [estimate.p_value or 0.0 for estimate in estimates]
    found = adjusted(estimates)
    assert all(after >= before for after, before in zip(found, p, strict=True))
    by_p = [found[i] for i in np.argsort(p, kind="stable")]
    assert by_p == sorted(by_p)
    for estimate, after in zip(estimates, found, strict=True):
        assert (estimate.conclusion in ("better", "worse")) == (after < 0.05)


def test_all_pairs_of_equal_arms_share_the_studentised_range() -> None:
    exp = experiment(THREE, [conversion()], contrasts=PAIRS)
    result = infer(exp, converted((300, 3000), (300, 3000), (300, 3000)))
    for arm, control in PAIRS:
        family = family_of(result, f"itt/conversion///{arm}-{control}")
        assert family.members == 3
        # methods 3.5, golden, and the studentised range over root 2; both to 4 places. The
        # correlation is singular, and its plane of rank 2 is evenly spaced: error below 1e-6
        assert family.critical_value == pytest.approx(2.3437, abs=5e-5)
        oracle = stats.studentized_range.isf(0.05, 3, np.inf) / np.sqrt(2)
        assert family.critical_value == pytest.approx(oracle, abs=1e-5)
        assert family.p_adjusted == 1.0


def test_all_pairs_of_means_agree_with_tukey_kramer() -> None:
    rng = np.random.default_rng(8)
    n = 4000
    y = [rng.integers(0, 100, n) + shift for shift in (0, 1, 2)]
    exp = experiment(THREE, [metric("spend", role="primary")], contrasts=PAIRS)
    arms = [arm for arm in THREE for _ in range(n)]
    result = infer(exp, statistics_of(arms, {"spend": np.concatenate(y)}))
    oracle = stats.tukey_hsd(*y)
    for arm, control in PAIRS:
        family = family_of(result, f"itt/spend///{arm}-{control}")
        p = oracle.pvalue[THREE.index(arm), THREE.index(control)]
        # scipy pools variances, which differ by chance by about 2% at n = 4000
        assert family.p_adjusted == pytest.approx(p, abs=5e-3)


def gated(weights: dict[str, float], passes: dict[str, dict[str, float]]) -> tuple[Node, ...]:
    """Nodes named as the registry names them."""
    names = dict.fromkeys((*weights, *passes, *(n for row in passes.values() for n in row)))
    nodes = []
    for name in names:
        base, _, pair = name.partition("/")
        arm, _, control = pair.partition("-")
        orderings = base in ("incidence", "ordering_share")
        nodes.append(
            Node(
                name=name,
                estimand=base if orderings else "itt",  # type: ignore[arg-type]
                metric=None if orderings else base,
                contrast=Contrast(arm=arm, control=control) if pair else None,
                weight=weights.get(name, 0.0),
                passes=passes.get(name, {}),
            )
        )
    return tuple(nodes)


def with_graph(exp: Experiment, nodes: tuple[Node, ...]) -> Experiment:
    return replace(exp, analysis=replace(exp.analysis, multiplicity="graph", graph=nodes))


CONTENT, INFLUENCER = "conversion/content-search", "conversion/influencer-search"
counts = st.lists(st.integers(20, 200).map(lambda x: (x, 400)), min_size=3, max_size=3)


@given(counts=counts)
def test_two_nodes_that_hand_on_to_each_other_are_holms_procedure(
    counts: list[tuple[int, int]],
) -> None:
    statistics = converted(*counts)
    plain = experiment(THREE, [conversion()], multiplicity="holm")
    nodes = gated(
        {CONTENT: 0.5, INFLUENCER: 0.5}, {CONTENT: {INFLUENCER: 1}, INFLUENCER: {CONTENT: 1}}
    )
    holm, graph = infer(plain, statistics), infer(with_graph(plain, nodes), statistics)
    for arm in ("content", "influencer"):
        one, two = (family_of(each, f"itt/conversion///{arm}-search") for each in (holm, graph))
        # the same products in another order: a few units of the last digit
        assert one.p_adjusted == pytest.approx(two.p_adjusted, rel=1e-12)
        assert "graph of 2 nodes" in two.family
        assert not two.interval_matches_p


@given(counts=counts, spend=st.integers(0, 40))
def test_a_metric_behind_the_gate_is_found_only_after_all_before_it(
    counts: list[tuple[int, int]], spend: int
) -> None:
    """In a sequence of families, the second cannot have a smaller p than the first's largest."""
    n = 400
    money = [(i * 7) % 50 for i in range(n)]
    also = {"spend": [*money, *(m + spend for m in money), *money]}
    exp = with_graph(
        experiment(THREE, [conversion(), metric("spend")]),
        gated({"conversion": 1}, {"conversion": {"spend": 1}}),
    )
    statistics = converted(*counts, also=also)
    result = infer(exp, statistics)
    first = [family_of(result, f"itt/conversion///{a}-search") for a in ("content", "influencer")]
    second = [family_of(result, f"itt/spend///{a}-search") for a in ("content", "influencer")]
    gate = max(f.p_adjusted or 0.0 for f in first)
    assert all((f.p_adjusted or 0.0) >= gate for f in second)
    assert {f.members for f in (*first, *second)} == {4}
    # the first node holds all of alpha: its p are those of the family alone
    alone = infer(experiment(THREE, [conversion()]), statistics)
    for arm, family in zip(("content", "influencer"), first, strict=True):
        single = family_of(alone, f"itt/conversion///{arm}-search")
        assert family.p_adjusted == pytest.approx(single.p_adjusted, rel=1e-12)


def test_a_node_with_a_contrast_that_is_not_estimated_hands_nothing_on() -> None:
    exp = with_graph(
        experiment(THREE, [metric("spend", role="primary"), metric("visits")]),
        gated({"spend": 1}, {"spend": {"visits": 1}}),
    )
    arms = [arm for arm in THREE for _ in range(50)]
    # content and search are constant and equal: no variance, so not estimated
    spend = [5] * 100 + [9, 11] * 25
    visits = [i % 3 for i in range(50)] + [20 + i % 3 for i in range(50)] * 2
    result = infer(exp, statistics_of(arms, {"spend": spend, "visits": visits}))
    assert of(result, "itt/spend///content-search").not_estimated is not None
    assert (family_of(result, "itt/spend///influencer-search").p_adjusted or 1.0) < 0.001
    assert of(result, "itt/visits///content-search").p_value == pytest.approx(0.0, abs=1e-9)
    assert family_of(result, "itt/visits///content-search").p_adjusted == 1.0


@pytest.mark.parametrize(
    ("method", "verdict"), [("none", "ship"), ("holm", "inconclusive"), ("max_t", "inconclusive")]
)
def test_the_decision_needs_the_adjusted_p_where_only_p_is_adjusted(
    method: str, verdict: str
) -> None:
    # 349 and 300 of 3,000: z about 2.05; Holm doubles the smaller of two p
    statistics = converted((300, 3000), (349, 3000), (300, 3000))
    exp = experiment(THREE, [conversion()], multiplicity=method)
    result = infer(exp, statistics)
    alone = of(result, "itt/conversion///content-search")
    assert alone.p_value is not None
    assert 0.025 < alone.p_value < 0.05  # found alone, not found among two
    decision = decide(exp, statistics, (), result.estimates)
    assert decision.verdict == verdict
    if method == "holm":
        assert "adjusted by Holm" in decision.rule
        assert "which is not corrected" in decision.rule
        said = " ".join(decision.reasons)
        assert f"adjusted p = {2 * alone.p_value:.2g}, over 2 comparisons" in said


def test_the_smallest_effect_counts_on_the_share_of_alpha_that_is_certain() -> None:
    statistics = converted((300, 3000), (300, 3000), (300, 3000))
    plain = experiment(THREE, [conversion()], multiplicity="holm")
    holm = infer(plain, statistics).power
    assert holm.critical_value == pytest.approx(stats.norm.isf(0.0125), rel=1e-9)
    graph = infer(with_graph(plain, gated({CONTENT: 0.8, INFLUENCER: 0.2}, {})), statistics).power
    assert graph.critical_value == pytest.approx(stats.norm.isf(0.005), rel=1e-9)


@pytest.mark.parametrize(
    ("segments", "method", "factor"),
    [
        (["country"], "max_t", None),
        (["country", "phone"], "max_t", 2),
        (["country"] * 2, "none", 0),
    ],
)
def test_interactions_are_corrected_over_the_segments(
    segments: list[str], method: str, factor: int | None
) -> None:
    rng = np.random.default_rng(4)
    n = 900
    arms = [THREE[i] for i in rng.integers(0, 3, n)]
    levels = {name: [["a", "b"][i] for i in rng.integers(0, 2, n)] for name in ("country", "phone")}
    exp = experiment(
        THREE,
        [metric("spend", role="primary")],
        segments=segments,
        multiplicity=method,
    )
    statistics = statistics_of(
        arms, {"spend": rng.integers(0, 9, n)}, segments=levels, declared=THREE
    )
    for test in infer(exp, statistics).omnibus:
        if test.estimand != "interaction" or not factor:
            assert test.p_adjusted is None
            assert test.correction == ""
            continue
        assert test.p_value is not None
        assert test.p_adjusted == pytest.approx(min(1.0, factor * test.p_value), rel=1e-15)
        assert test.correction == "Bonferroni over the 2 segments of spend"
