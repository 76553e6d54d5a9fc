"""What a family lends to each of its contrasts: a critical value, or an adjusted p-value alone.

Reads covariances between contrasts; does not know how any of them was measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.blocks import joint_families
from pathlift.inference.drafts import Draft, Joint
from pathlift.inference.family import Family, Gates
from pathlift.inference.graph import gatekept, graph
from pathlift.inference.simultaneous import correlation_of, family_df
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
    alike: dict[int, list[tuple[Family, list[int]]]] = {}
    for family, positions in members.items():
        if len(positions) > 1 and family.method in _STEPWISE:
            found = _stepwise(family, p_values[positions], alpha)
            widened.update(zip(positions, found, strict=True))
        elif len(positions) > 1:
            alike.setdefault(len(positions), []).append((family, positions))
    for families in alike.values():
        widened |= _in_one_step(families, drafts, statistics, p_values, alpha)
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


def _in_one_step(
    families: Sequence[tuple[Family, list[int]]],
    drafts: Sequence[Draft],
    statistics: Floats,
    p_values: Floats,
    alpha: float,
) -> dict[int, Widened]:
    """Correct families of one size by max-|T|, or by Bonferroni where that is unknown."""
    widened: dict[int, Widened] = {}
    known: list[tuple[Family, list[int]]] = []
    covariances: list[Floats] = []
    for family, positions in families:
        chosen = [drafts[position] for position in positions]
        covariance = _covariance(chosen)
        if covariance is None:
            found = _bonferroni(chosen, statistics[positions], alpha)
            widened |= _told(family, positions, *found)
        else:
            known.append((family, positions))
            covariances.append(covariance)
    if not known:
        return widened
    places = np.array([positions for _, positions in known])
    steps = single_step(
        statistics[places],
        p_values[places],
        np.array(covariances),
        _df(drafts)[places],
        alpha=alpha,
    )
    for (family, positions), step in zip(known, steps, strict=True):
        widened |= _told(family, positions, *step)
    return widened


def single_step(
    statistics: Floats, p_values: Floats, covariance: Floats, df: Floats, *, alpha: float
) -> list[tuple[Floats, Floats, str]]:
    """Correct families of one size by single-step max-|T|.

    Parameters
    ----------
    statistics, p_values, df : Floats, shape (families, k)
        Studentised contrasts, their marginal two-sided p-values and degrees of freedom.
    covariance : Floats, shape (families, k, k)
        Of the contrasts.
    alpha : float
        Familywise error.

    Returns
    -------
    list of (Floats, Floats, str)
        One a family: critical values and adjusted p-values, shape (k,), never below the marginal
        ones; the method in words.
    """
    found = joint_families(
        statistics,
        correlation_of(covariance),
        alpha=alpha,
        df=[family_df(each) for each in df],
        seed=SEED,
    )
    alone = two_sided_critical(alpha, df)
    return [
        (np.maximum(each.critical_value, least), np.maximum(each.p_adjusted, p), each.method)
        for each, least, p in zip(found, alone, p_values, strict=True)
    ]


def _df(drafts: Sequence[Draft]) -> Floats:
    return np.array([draft.spread.df if draft.spread else np.inf for draft in drafts])


def _bonferroni(
    drafts: Sequence[Draft], statistics: Floats, alpha: float
) -> tuple[Floats, Floats, str]:
    df, size = _df(drafts), len(drafts)
    critical = two_sided_critical(alpha / size, df)
    adjusted = np.minimum(1.0, size * two_sided_p(statistics, df))
    adjusted = _agreeing(adjusted, np.abs(statistics) > critical, alpha)
    return critical, adjusted, "Bonferroni, since how these metrics vary together is not known"


def _told(
    family: Family, positions: Sequence[int], critical: Floats, adjusted: Floats, method: str
) -> dict[int, Widened]:
    return {
        position: Widened(
            critical_value=c,
            p_adjusted=p,
            method=method,
            scope=family.name,
            members=len(positions),
        )
        for position, c, p in zip(positions, critical.tolist(), adjusted.tolist(), strict=True)
    }


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
    members: dict[Joint, list[int]] = {}
    for position, draft in enumerate(drafts):
        if draft.joint is None:
            return None
        members.setdefault(draft.joint, []).append(position)
    segments = {drafts[positions[0]].identity.segment for positions in members.values()}
    if len(segments) < len(members):
        return None  # of the same units, without their products
    covariance = np.zeros((len(drafts), len(drafts)))
    for joint, positions in members.items():
        among = joint.among([drafts[position].place for position in positions])
        covariance[np.array(positions)[:, None], positions] = among
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
