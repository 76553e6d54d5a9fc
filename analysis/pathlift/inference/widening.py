"""What a family lends to each of its contrasts: a critical value, or an adjusted p-value alone.

Reads covariances between contrasts; does not know how any of them was measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.drafts import Draft
from pathlift.inference.family import Family, Gates
from pathlift.inference.graph import gatekept, graph
from pathlift.inference.simultaneous import correlation_of, family_df, joint
from pathlift.inference.tails import two_sided_critical, two_sided_p

SEED = 1

_STEPWISE = {
    "holm": ("holm", "Holm's step-down, for any dependence"),
    "bh": (
        "fdr_bh",
        "Benjamini-Hochberg: false discovery rate, for independent or positively dependent tests",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Widened:
    """What a family does to one of its contrasts.

    Attributes
    ----------
    p_adjusted : float
    critical_value : float or None
        None where no interval matches the adjusted p.
    method : str
        In words.
    scope : str
        Which contrasts were corrected together, in words.
    members : int
        How many.
    """

    p_adjusted: float
    critical_value: float | None
    method: str
    scope: str
    members: int


def widen(
    drafts: Sequence[Draft],
    statistics: Floats,
    p_values: Floats,
    *,
    alpha: float,
    refused: Sequence[Family] = (),
) -> dict[int, Widened]:
    """Correct every family among the drafts.

    Parameters
    ----------
    drafts : sequence of Draft
        Estimated ones; families of one stay as they are, unless they are nodes of a graph.
    statistics, p_values : Floats, shape (drafts,)
        Studentised contrasts, and their marginal two-sided p-values.
    alpha : float
        Familywise error.
    refused : sequence of Family
        One for each contrast that could not be estimated: a node of a graph that holds it never
        hands on its share.

    Returns
    -------
    dict of int to Widened
        By position among the drafts.
    """
    members: dict[Family, list[int]] = {}
    for position, draft in enumerate(drafts):
        if draft.family is not None:
            members.setdefault(draft.family, []).append(position)
    widened: dict[int, Widened] = {}
    for family, positions in members.items():
        if len(positions) > 1:
            chosen = [drafts[position] for position in positions]
            found = _family(family, chosen, statistics[positions], p_values[positions], alpha)
            widened.update(zip(positions, found, strict=True))
    for gates in {family.gates for family in members if family.gates is not None}:
        inside = {f.name: positions for f, positions in members.items() if f.gates == gates}
        lost = [family.name for family in refused if family.gates == gates]
        widened.update(_gated(gates, inside, lost, p_values, widened))
    return widened


def _gated(
    gates: Gates,
    members: Mapping[str, Sequence[int]],
    lost: Sequence[str],
    p_values: Floats,
    within: Mapping[int, Widened],
) -> dict[int, Widened]:
    """Adjust the p-values of all nodes of a graph, each node first within itself."""
    families = []
    for node in gates.nodes:
        p = [
            within[position].p_adjusted if position in within else float(p_values[position])
            for position in members.get(node, ())
        ]
        # what was not estimated was not rejected: its node holds on to its share
        families.append(p + [1.0] * lost.count(node) or [1.0])
    adjusted = gatekept(graph(gates.weights, gates.transitions), families)
    total = sum(len(positions) for positions in members.values())
    found: dict[int, Widened] = {}
    for row, node in enumerate(gates.nodes):
        for column, position in enumerate(members.get(node, ())):
            first = within.get(position)
            how = f", after {first.method} within the node" if first else ""
            found[position] = Widened(
                p_adjusted=float(adjusted[row, column]),
                critical_value=None,
                method=f"graph of Bretz and others: alpha handed on{how}",
                scope=f"graph of {len(gates.nodes)} nodes; node {node}",
                members=total,
            )
    return found


def _family(
    family: Family, drafts: Sequence[Draft], statistics: Floats, p_values: Floats, alpha: float
) -> list[Widened]:
    if family.method in _STEPWISE:
        return _stepwise(family, p_values, alpha)
    df = np.array([draft.spread.df if draft.spread else np.inf for draft in drafts])
    covariance = _covariance(drafts)
    if covariance is None:
        critical = two_sided_critical(alpha / len(drafts), df)
        adjusted = np.minimum(1.0, len(drafts) * two_sided_p(statistics, df))
        adjusted = _agreeing(adjusted, np.abs(statistics) > critical, alpha)
        method = "Bonferroni, since the products of these metrics are not declared"
    else:
        found = joint(
            statistics, correlation_of(covariance), alpha=alpha, df=family_df(df), seed=SEED
        )
        critical = np.maximum(found.critical_value, two_sided_critical(alpha, df))
        adjusted = np.maximum(found.p_adjusted, p_values)
        method = found.method
    return [
        Widened(
            critical_value=float(critical[position]),
            p_adjusted=float(adjusted[position]),
            method=method,
            scope=family.name,
            members=len(drafts),
        )
        for position in range(len(drafts))
    ]


def _stepwise(family: Family, p_values: Floats, alpha: float) -> list[Widened]:
    # costs a second of import, and the default corrections do not need it
    from statsmodels.stats.multitest import multipletests

    name, words = _STEPWISE[family.method]
    adjusted = np.asarray(multipletests(p_values, alpha=alpha, method=name)[1])
    return [
        Widened(
            p_adjusted=float(max(p, alone)),
            critical_value=None,
            method=words,
            scope=family.name,
            members=len(p_values),
        )
        for p, alone in zip(adjusted, p_values, strict=True)
    ]


def _agreeing(p_values: Floats, rejected: np.ndarray, alpha: float) -> Floats:
    """Settle the last digit of p by what the critical value says."""
    below = np.minimum(p_values, np.nextafter(alpha, 0.0))
    return np.where(rejected, below, np.maximum(p_values, alpha))


def _covariance(drafts: Sequence[Draft]) -> Floats | None:
    """Covariance of the contrasts, or None where the tables do not hold it.

    Contrasts of different levels of a segment are about different units: covariance 0.
    """
    size = len(drafts)
    covariance = np.zeros((size, size))
    for i, first in enumerate(drafts):
        for j, second in enumerate(drafts[: i + 1]):
            if first.joint is None or second.joint is None:
                return None
            if first.joint is second.joint:
                covariance[i, j] = first.joint.between(first.place, second.place)
            elif first.identity.segment == second.identity.segment:
                return None
            covariance[j, i] = covariance[i, j]
    if not bool(np.isfinite(covariance).all()):
        return None
    return _with_variance(covariance)


def _with_variance(covariance: Floats) -> Floats:
    """Give contrasts without variance (0 of n against 0 of n) one that is tied to nothing."""
    still = ~(np.diagonal(covariance) > 0)
    if not bool(still.any()):
        return covariance
    mended = np.where(still[:, None] | still[None, :], 0.0, covariance)
    mended[still, still] = 1.0
    return mended
