"""Graphical procedures against graphicalMCP, closed testing, Holm, and by familywise error."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from pathlift.inference.graph import Graph, adjusted_p, gatekept, graph, holm, in_sequence

Shares = tuple[list[float], list[list[float]]]

PARALLEL: Shares = ([0.5, 0.5, 0, 0], [[0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0]])
"""Two primary hypotheses that hand on to a secondary each, and those back crosswise."""

# methods 3.6: two contrasts with search, then influencer against content, then value, then paths
DEFAULT: Shares = (
    [0.5, 0.5, 0, 0, 0],
    [[0, 0.5, 0.5, 0, 0], [0.5, 0, 0.5, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]],
)


def p_lists(size: int) -> st.SearchStrategy[list[float]]:
    # mostly small, so that rejections happen
    return st.lists(st.floats(-9, 0).map(lambda power: 10.0**power), min_size=size, max_size=size)


@st.composite
def graphs(draw: st.DrawFn, size: int) -> Graph:
    share = st.integers(0, 4)
    rows = np.array(draw(st.lists(share, min_size=size * size, max_size=size * size)), dtype=float)
    ways = rows.reshape(size, size) * (1 - np.eye(size))
    start = np.array(draw(st.lists(share, min_size=size, max_size=size)), dtype=float)
    total = ways.sum(axis=1, keepdims=True)
    return graph(start / max(start.sum(), 1), ways / np.maximum(total, 1))


def closed_testing(start: Graph, p: list[float]) -> np.ndarray:
    """Largest weighted Bonferroni p over all intersections that a hypothesis is part of."""
    m = len(p)
    adjusted = np.zeros(m)
    for size in range(1, m + 1):
        for kept in combinations(range(m), size):
            now = start
            for node in sorted(set(range(m)) - set(kept)):
                now = now.without(node)
            parts = [p[j] / now.weights[j] if now.weights[j] > 0 else np.inf for j in kept]
            adjusted[list(kept)] = np.maximum(adjusted[list(kept)], min(1.0, *parts, 1.0))
    return adjusted


def step_by_step(start: Graph, p: list[float], alpha: float) -> set[int]:
    """The procedure as published, at one alpha."""
    left, now = set(range(len(p))), start
    while hit := [j for j in sorted(left) if now.weights[j] > 0 and p[j] <= now.weights[j] * alpha]:
        left.remove(hit[0])
        now = now.without(hit[0])
    return set(range(len(p))) - left


def test_parallel_gatekeeping_agrees_with_graphicalmcp() -> None:
    # graphicalMCP (Gilead-BioStats), tests/testthat/_snaps/print.graph_report.md at 00053a21:
    # all p = 0.01 give adjusted 0.02, and the weights of intersections printed there
    start = graph(*PARALLEL)
    np.testing.assert_allclose(adjusted_p(start, [0.01] * 4), 0.02, rtol=1e-15)
    assert start.without(1).weights.tolist() == [0.5, 0, 0, 0.5]
    assert start.without(1).without(3).weights.tolist() == [1, 0, 0, 0]
    assert start.without(0).weights.tolist() == [0, 0.5, 0.5, 0]


@given(data=st.data(), size=st.integers(1, 5))
def test_the_shortcut_is_closed_testing(data: st.DataObject, size: int) -> None:
    start, p = data.draw(graphs(size)), data.draw(p_lists(size))
    # products and quotients of at most 5 shares
    np.testing.assert_allclose(adjusted_p(start, p), closed_testing(start, p), rtol=1e-9)


@given(data=st.data(), size=st.integers(1, 6), alpha=st.sampled_from([0.01, 0.05, 0.2]))
def test_adjusted_p_rejects_as_the_procedure_does(
    data: st.DataObject, size: int, alpha: float
) -> None:
    start, p = data.draw(graphs(size)), data.draw(p_lists(size))
    rejected = set(np.flatnonzero(adjusted_p(start, p) <= alpha).tolist())
    assert rejected == step_by_step(start, p, alpha)


@given(p=st.integers(1, 12).flatmap(p_lists))
def test_equal_shares_handed_on_equally_are_holm(p: list[float]) -> None:
    theirs = multipletests(p, method="holm")[1]
    # one product against a chain of quotients
    np.testing.assert_allclose(adjusted_p(holm(len(p)), p), theirs, rtol=1e-9)


@given(p=st.integers(1, 8).flatmap(p_lists))
def test_a_sequence_is_the_running_maximum(p: list[float]) -> None:
    assert adjusted_p(in_sequence(len(p)), p).tolist() == np.maximum.accumulate(p).tolist()


@given(data=st.data(), order=st.permutations(range(4)))
def test_naming_the_nodes_otherwise_does_not_matter(data: st.DataObject, order: list[int]) -> None:
    start, p = data.draw(graphs(4)), data.draw(p_lists(4))
    turned = graph(start.weights[order], start.transitions[np.ix_(order, order)])
    np.testing.assert_allclose(
        adjusted_p(turned, np.array(p)[order]), adjusted_p(start, p)[order], rtol=1e-9
    )


@given(data=st.data(), node=st.integers(0, 3), factor=st.floats(0, 1))
def test_a_smaller_p_never_hurts(data: st.DataObject, node: int, factor: float) -> None:
    start, p = data.draw(graphs(4)), data.draw(p_lists(4))
    before = adjusted_p(start, p)
    p[node] *= factor
    assert bool(np.all(adjusted_p(start, p) <= before * (1 + 1e-9)))  # rounding of quotients


@given(p=st.lists(p_lists(1).map(lambda one: one[0]), min_size=4, max_size=4))
def test_a_family_of_bonferroni_is_as_if_its_members_waited_for_each_other(
    p: list[float],
) -> None:
    # node 0 holds two members at twice their p, then one hypothesis
    found = gatekept(in_sequence(2), [np.minimum(1, 2 * np.array(p[:2])), [p[2]]])
    inside = np.minimum(1, 2 * np.array(p[:2]))
    assert found[0].tolist() == inside.tolist()
    assert found[1, 0] == max(inside.max(), p[2])
    assert np.isnan(found[1, 1])


def test_a_member_may_be_rejected_though_its_node_is_not() -> None:
    # the second member keeps the gate shut, the first one stands
    found = gatekept(in_sequence(2), [[0.01, 0.6], [0.001]])
    np.testing.assert_allclose(found, [[0.01, 0.6], [0.6, np.nan]])


def test_a_family_gains_from_what_others_hand_on() -> None:
    # half of alpha each; once node 0 falls at 0.02, node 1 has it all: 0.03 not 0.06
    start = graph([0.5, 0.5], [[0, 1], [1, 0]])
    np.testing.assert_allclose(
        gatekept(start, [[0.01], [0.03, 0.5]]), [[0.02, np.nan], [0.03, 0.5]]
    )


def test_a_node_without_a_share_is_never_rejected() -> None:
    assert adjusted_p(graph([1, 0], np.zeros((2, 2))), [0.001, 0.0]).tolist() == [0.001, 1.0]


def test_what_is_no_graph_is_refused() -> None:
    square = np.zeros((2, 2))
    refused: list[tuple[list[float], np.ndarray | list[list[float]]]] = [
        ([0.6, 0.6], square),
        ([-0.1, 0.5], square),
        ([0.5, 0.5], [[0, 1.1], [0, 0]]),
        ([0.5, 0.5], [[0.5, 0], [0, 0]]),
        ([0.5, 0.5], [[0, -0.5], [0, 0]]),
    ]
    for weights, ways in refused:
        with pytest.raises(ValueError, match="add up to at most 1"):
            graph(weights, ways)
    with pytest.raises(ValueError, match="square"):
        graph([1.0], square)
    with pytest.raises(ValueError, match="as many families"):
        adjusted_p(holm(2), [0.1])
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        adjusted_p(holm(1), [1.1])


@pytest.mark.parametrize("true", [(0, 1, 2, 3, 4), (1, 3, 4), (4,), (0, 2)])
def test_the_familywise_error_is_at_most_alpha(true: tuple[int, ...]) -> None:
    # K12: mixed null and alternative configurations of the default graph, correlated statistics;
    # node 3 is a family of two contrasts with Bonferroni, of which only the first may be false
    rng, repeats = np.random.default_rng(31), 3_000
    mixing = np.sqrt(0.5)
    wrong = 0
    for _ in range(repeats):
        z = mixing * rng.normal() + mixing * rng.normal(size=6)
        z[[j for j in range(5) if j not in true]] += 3.0
        p = 2 * stats.norm.sf(np.abs(z))
        families = [[p[0]], [p[1]], [p[2]], np.minimum(1, 2 * p[[3, 5]]), [p[4]]]
        found = gatekept(graph(*DEFAULT), families)
        mistaken = [found[j, 0] for j in true] + [found[3, 1]]
        wrong += bool(min(mistaken) <= 0.05)
    # exact binomial test at 0.1%
    assert stats.binomtest(wrong, repeats, 0.05, alternative="greater").pvalue > 0.001
