"""What a family lends to its contrasts, where textbooks give it in closed form."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from scipy import stats

from pathlift.inference.drafts import Draft, Identity, Joint, Spread
from pathlift.inference.family import Family, Gates
from pathlift.inference.widening import Widened, widen

ALPHA = 0.1
FAMILY = Family(name="of orderings", estimand="incidence")
IDENTITY = Identity(
    estimand="incidence", metric="y", kind="mean", role="secondary", better=None, arm="a",
    control="b",
)  # fmt: skip


def draft(
    z: float,
    *,
    df: float = np.inf,
    joint: Joint | None = None,
    family: Family | None = FAMILY,
    level: str | None = None,
    outcome: int = 0,
) -> Draft:
    """A contrast of unit variance."""
    return Draft(
        identity=replace(IDENTITY, segment=None if level is None else ("country", level)),
        arm_units=10,
        control_units=10,
        spread=Spread(m1=z, m0=0.0, v11=1.0, v00=0.0, df=df),
        joint=joint,
        outcome=outcome,
        family=family,
    )


def joint(covariance: Sequence[Sequence[float]]) -> Joint:
    """Outcomes of an arm with this covariance, against a control that is known."""
    size = len(covariance)
    whole = np.zeros((size, 2, size, 2))
    whole[:, 0, :, 0] = covariance
    return Joint(arms=("a", "b"), value=np.zeros((size, 2)), covariance=whole)


def p_of(drafts: Sequence[Draft]) -> np.ndarray:
    z = np.array([d.spread.m1 for d in drafts if d.spread])
    return np.asarray(2 * stats.t.sf(np.abs(z), [d.spread.df for d in drafts if d.spread]))


def read(drafts: Sequence[Draft], refused: Sequence[Family] = ()) -> dict[int, Widened]:
    z = np.array([d.spread.m1 for d in drafts if d.spread])
    return widen(drafts, z, p_of(drafts), alpha=ALPHA, refused=refused)


def test_without_known_products_it_is_bonferroni_with_each_contrasts_own_df() -> None:
    drafts = [draft(2.5, df=8), draft(-1.9, df=np.inf), draft(0.3, df=30)]
    found = read(drafts)
    for place, one in found.items():
        spread = drafts[place].spread
        assert spread is not None
        # 2.5 at 8 degrees: 3 p = .11 and t(8) at .1 / 6 is 2.55, so the two agree
        expected = stats.t.isf(ALPHA / 6, spread.df)
        assert one.critical_value == pytest.approx(expected, rel=1e-9)
        assert one.p_adjusted == pytest.approx(min(1.0, 3 * p_of(drafts)[place]), rel=1e-9)
        assert one.method == "Bonferroni, since how these metrics vary together is not known"
        assert (one.scope, one.members) == ("of orderings", 3)
    assert sorted(found) == [0, 1, 2]


def test_p_and_critical_value_say_the_same_at_the_border_itself() -> None:
    border = stats.norm.isf(ALPHA / 4)
    for z in (border, np.nextafter(border, 9), np.nextafter(border, 0)):
        found = read([draft(float(z)), draft(0.0)])[0]
        assert found.critical_value is not None
        assert (found.p_adjusted < ALPHA) == (abs(z) > found.critical_value)
        assert found.p_adjusted == pytest.approx(ALPHA, rel=1e-9)


def test_levels_of_a_segment_are_other_units_so_that_it_is_sidaks() -> None:
    """Independent contrasts: P(max |Z| > c) = 1 - (1 - 2 P(Z > c))^k (Sidak 1967)."""
    z = [2.4, -1.1, 0.2]
    drafts = [draft(v, joint=joint([[1.0]]), level=f"l{i}") for i, v in enumerate(z)]
    found = read(drafts)
    for place in range(3):
        alone = p_of(drafts)[place]
        c = stats.norm.isf((1 - (1 - ALPHA) ** (1 / 3)) / 2)
        # the engine's quadrature is good to 1e-6 (its own tests)
        assert found[place].critical_value == pytest.approx(c, abs=1e-5)
        assert found[place].p_adjusted == pytest.approx(1 - (1 - alone) ** 3, abs=1e-5)
        assert "max-|T|" in found[place].method
        assert (found[place].scope, found[place].members) == ("of orderings", 3)


def test_outcomes_that_are_one_and_the_same_need_no_correction() -> None:
    same = joint([[1.0, 1.0], [1.0, 1.0]])
    found = read([draft(2.0, joint=same), draft(2.0, joint=same, outcome=1)])
    for one in found.values():
        assert one.critical_value == pytest.approx(stats.norm.isf(ALPHA / 2), rel=1e-6)
        assert one.p_adjusted == pytest.approx(2 * stats.norm.sf(2.0), rel=1e-5)


def test_two_correlated_contrasts_have_the_chance_of_the_bivariate_normal() -> None:
    both = joint([[1.0, -0.6], [-0.6, 1.0]])
    found = read([draft(2.2, joint=both), draft(1.0, joint=both, outcome=1)])
    exact = stats.multivariate_normal(cov=[[1, -0.6], [-0.6, 1]])

    def beyond(c: float) -> float:
        """Inclusion and exclusion over the corners of a square."""
        inside = sum(
            (1 if a == b else -1) * float(exact.cdf([a * c, b * c]))
            for a in (1, -1)
            for b in (1, -1)
        )
        return 1 - inside

    assert found[0].p_adjusted == pytest.approx(beyond(2.2), abs=2e-5)
    assert found[1].p_adjusted == pytest.approx(beyond(1.0), abs=2e-5)
    assert found[0].critical_value is not None
    assert beyond(found[0].critical_value) == pytest.approx(ALPHA, abs=2e-5)


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param((joint([[1.0]]), joint([[1.0]])), id="the same units, without their products"),
        pytest.param((joint([[1.0]]), None), id="one without products"),
        pytest.param((None, joint([[1.0]])), id="the first without products"),
    ],
)
def test_contrasts_whose_products_are_not_known_are_bonferronis(
    pair: tuple[Joint | None, Joint | None],
) -> None:
    found = read([draft(2.0, joint=pair[0]), draft(1.0, joint=pair[1])])
    assert all(one.method.startswith("Bonferroni") for one in found.values())
    unknown = joint([[1.0, np.nan], [np.nan, 1.0]])
    lost = read([draft(2.0, joint=unknown), draft(1.0, joint=unknown, outcome=1)])
    assert all(one.method.startswith("Bonferroni") for one in lost.values())


def test_a_contrast_without_variance_is_tied_to_nothing() -> None:
    """0 of n against 0 of n: the others are as if it were independent of them."""
    still = joint([[1.0, 0.0], [0.0, 0.0]])
    found = read([draft(2.4, joint=still), draft(0.0, joint=still, outcome=1)])
    alone = 2 * stats.norm.sf(2.4)
    assert found[0].p_adjusted == pytest.approx(1 - (1 - alone) ** 2, abs=1e-5)
    assert found[1].p_adjusted == 1.0


def test_families_do_not_lend_to_each_other_and_one_contrast_needs_none() -> None:
    other = replace(FAMILY, name="of shares", estimand="ordering_share")
    lonely = replace(FAMILY, name="of one", estimand="first_step")
    drafts = [
        draft(2.5),
        draft(2.4, family=other),
        draft(2.3, family=lonely),
        draft(2.2, family=None),
        draft(0.1),
        draft(0.2, family=other),
    ]
    found = read(drafts)
    assert sorted(found) == [0, 1, 4, 5]
    assert {found[place].scope for place in (0, 4)} == {"of orderings"}
    assert {found[place].scope for place in (1, 5)} == {"of shares"}
    for place in found:
        assert found[place].members == 2
        expected = min(1.0, 2 * p_of(drafts)[place])
        assert found[place].p_adjusted == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("method", "expected", "words"),
    [
        # p = .01 .02 .04 .5: Holm multiplies by 4 3 2 1, Benjamini and Hochberg by 4/1 4/2 4/3 1
        ("holm", (0.04, 0.06, 0.08, 0.5), "Holm's step-down, for any dependence"),
        ("bh", (0.04, 0.04, 4 * 0.04 / 3, 0.5), "Benjamini-Hochberg: false discovery rate"),
    ],
)
def test_stepwise_corrections_give_p_alone(
    method: Literal["holm", "bh"], expected: tuple[float, ...], words: str
) -> None:
    family = replace(FAMILY, method=method)
    p = np.array([0.01, 0.02, 0.04, 0.5])
    drafts = [draft(float(z), family=family) for z in stats.norm.isf(p / 2)]
    found = read(drafts)
    for place, value in enumerate(expected):
        assert found[place].p_adjusted == pytest.approx(value, rel=1e-9)
        assert found[place].critical_value is None
        assert found[place].method.startswith(words)
        assert (found[place].scope, found[place].members) == ("of orderings", 4)


def test_families_of_several_sizes_are_each_solved_with_their_own() -> None:
    two = joint(np.eye(2).tolist())
    three = joint(np.eye(3).tolist())
    names = [replace(FAMILY, name=name) for name in ("two", "three", "two again")]
    drafts = [
        *(draft(2.0, joint=two, outcome=i, family=names[0]) for i in range(2)),
        *(draft(2.0, joint=three, outcome=i, family=names[1]) for i in range(3)),
        *(draft(2.3, joint=two, outcome=i, family=names[2]) for i in range(2)),
    ]
    found = read(drafts)
    for place, one in found.items():
        k = (2, 2, 3, 3, 3, 2, 2)[place]
        assert one.members == k
        assert one.scope == names[(0, 0, 1, 1, 1, 2, 2)[place]].name
        expected = 1 - (1 - p_of(drafts)[place]) ** k  # Sidak: these are independent
        assert one.p_adjusted == pytest.approx(expected, abs=1e-5)


def test_a_single_contrast_needs_no_stepwise_correction() -> None:
    for method in ("holm", "bh"):
        assert read([draft(2.0, family=replace(FAMILY, method=method))]) == {}


def gates(weights: tuple[float, float], transitions: tuple[tuple[float, ...], ...]) -> Gates:
    return Gates(nodes=("first", "second"), weights=weights, transitions=transitions)


def test_a_graph_hands_on_over_its_nodes_after_correcting_within_them() -> None:
    """A sequence: the second node is tested at all of alpha once the whole first one fell."""
    path = gates((1.0, 0.0), ((0.0, 1.0), (0.0, 0.0)))
    first = replace(FAMILY, name="first", gates=path)
    second = replace(FAMILY, name="second", gates=path)
    outside = replace(FAMILY, name="outside")
    drafts = [
        draft(2.6, family=first),
        draft(2.4, family=second),
        draft(2.2, family=first),
        draft(2.0, family=outside),
        draft(2.1, family=outside),
    ]
    p = p_of(drafts)
    found = read(drafts)
    within = "Bonferroni, since how these metrics vary together is not known"
    # Bonferroni of two in the first node; the second at least as large as the largest of them
    for place, value, node, after in (
        (0, 2 * p[0], "first", f", after {within} within the node"),
        (2, 2 * p[2], "first", f", after {within} within the node"),
        (1, max(2 * p[2], p[1]), "second", ""),
    ):
        assert found[place].p_adjusted == pytest.approx(value, rel=1e-9)
        assert found[place].critical_value is None
        assert found[place].method == f"graph of Bretz and others: alpha handed on{after}"
        assert found[place].scope == f"graph of 2 nodes; node {node}"
        assert found[place].members == 3
    assert (found[3].scope, found[3].members) == ("outside", 2)


def test_a_node_that_lost_a_contrast_keeps_its_share() -> None:
    path = gates((0.5, 0.5), ((0.0, 1.0), (1.0, 0.0)))
    first = replace(FAMILY, name="first", gates=path)
    second = replace(FAMILY, name="second", gates=path)
    elsewhere = replace(FAMILY, name="second", gates=gates((1.0, 0.0), ((0.0, 1.0), (0.0, 0.0))))
    drafts = [draft(3.0, family=first), draft(2.5, family=second)]
    p = p_of(drafts)
    whole, lost, other = read(drafts), read(drafts, [first]), read(drafts, [elsewhere])
    # two nodes that hand on to each other are Holm's procedure
    assert whole[0].p_adjusted == pytest.approx(2 * p[0], rel=1e-9)
    assert whole[1].p_adjusted == pytest.approx(max(2 * p[0], p[1]), rel=1e-9)
    assert other[1].p_adjusted == whole[1].p_adjusted
    # what was refused was not rejected: the second stays with its own half, and so does the first,
    # until the second falls and hands its half on
    assert lost[1].p_adjusted == pytest.approx(2 * p[1], rel=1e-9)
    assert lost[0].p_adjusted == pytest.approx(2 * p[0], rel=1e-9)
    empty = read([draft(2.5, family=second)])
    assert empty[0].p_adjusted == pytest.approx(2 * p_of([draft(2.5)])[0], rel=1e-9)
    assert empty[0].members == 1
