"""Which hypotheses hold up when significance is handed on along a graph.

Bretz, Maurer, Brannath and Posch's procedure: every node starts with a share of alpha, and a
node that is rejected hands its share on. A node is one hypothesis or a family with simultaneous
p-values of its own. Adjusts p only: no interval matches it. Knows no metric.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Floats, Numbers, as_floats

_ROUNDING = 1e-9  # by which shares written as decimals may miss their sum


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graph:
    """Shares of alpha, and where they go.

    Attributes
    ----------
    weights : Floats, shape (m,)
        Share of alpha that each node starts with; at least 0, together at most 1.
    transitions : Floats, shape (m, m)
        Row j: how node j's share is handed on when it is rejected. At least 0, 0 on the
        diagonal, rows add up to at most 1.
    """

    weights: Floats
    transitions: Floats

    def __post_init__(self) -> None:
        m = len(self.weights)
        if self.weights.shape != (m,) or self.transitions.shape != (m, m):
            raise ValueError("a graph has one weight a node and a square of transitions")
        sound = (
            np.all(self.weights >= 0)
            and self.weights.sum() <= 1 + _ROUNDING
            and np.all(self.transitions >= 0)
            and np.all(self.transitions.sum(axis=1) <= 1 + _ROUNDING)
            and np.all(np.diagonal(self.transitions) == 0)
        )
        if not bool(sound):
            raise ValueError(
                "weights of a graph add up to at most 1, and so does what each node hands on, "
                "nothing of it to itself"
            )

    def without(self, node: int) -> "Graph":
        """Hand on what a node holds, and close its ways.

        Parameters
        ----------
        node : int
            Counted from 0; it keeps its place, with weight 0 and no ways.

        Returns
        -------
        Graph
        """
        w, g = self.weights, self.transitions
        weights = w + w[node] * g[node]
        weights[node] = 0.0
        around = g[:, node] * g[node]  # there and back again
        through = g + np.outer(g[:, node], g[node])
        kept = 1 - around[:, None]
        # a pair that hands everything to and fro has no way left to others
        open_ways = kept > _ROUNDING
        transitions = np.where(open_ways, through / np.where(open_ways, kept, 1.0), 0.0)
        transitions[node, :] = transitions[:, node] = 0.0
        np.fill_diagonal(transitions, 0.0)
        return Graph(weights=weights, transitions=transitions)


def graph(weights: Numbers, transitions: Numbers) -> Graph:
    """Build a graph from lists.

    Parameters
    ----------
    weights, transitions : Numbers
        As :class:`Graph` holds them.

    Returns
    -------
    Graph

    Raises
    ------
    ValueError
        If shapes do not fit, or shares are negative or add up to more than 1.
    """
    return Graph(weights=as_floats(weights).copy(), transitions=as_floats(transitions).copy())


def holm(hypotheses: int) -> Graph:
    """Graph of Holm's procedure: equal shares, handed on equally.

    Parameters
    ----------
    hypotheses : int
        At least 1.

    Returns
    -------
    Graph
    """
    m = hypotheses
    ways = (np.ones((m, m)) - np.eye(m)) / max(m - 1, 1)
    return graph(np.full(m, 1 / m), ways)


def in_sequence(hypotheses: int) -> Graph:
    """Graph of a fixed sequence: all of alpha goes from each node to the next.

    Parameters
    ----------
    hypotheses : int
        At least 1.

    Returns
    -------
    Graph
    """
    return graph(np.eye(hypotheses)[0], np.eye(hypotheses, k=1))


def adjusted_p(start: Graph, p_values: Numbers) -> Floats:
    """Smallest alpha at which the procedure rejects each node.

    Parameters
    ----------
    start : Graph
    p_values : Numbers
        Of the nodes, shape (m,), in [0, 1].

    Returns
    -------
    Floats
        Shape (m,), in [0, 1]; 1 for a node that no share ever reaches. At level alpha the
        nodes with adjusted p at most alpha are rejected, whatever their dependence, with a
        familywise error of at most alpha.

    Raises
    ------
    ValueError
        If p-values are not one a node, or lie outside [0, 1].

    References
    ----------
    .. [1] F. Bretz, W. Maurer, W. Brannath, M. Posch (2009), "A graphical approach to
       sequentially rejective multiple test procedures", Statistics in Medicine 28, 586-604.

    Examples
    --------
    >>> adjusted_p(holm(2), [0.03, 0.01]).tolist()
    [0.03, 0.02]
    """
    p = as_floats(p_values)
    return gatekept(start, [p[node : node + 1] for node in range(len(p))])[:, 0] if p.size else p


def gatekept(start: Graph, families: Sequence[Numbers]) -> Floats:
    """Adjusted p-values of the members of families that are the nodes of a graph.

    A member is rejected when its simultaneous p is at most the share of alpha that its node
    holds. A node hands its share on when *all* of its members are rejected: handing on after
    the first would spend it twice, on the other members and on the next node.

    Parameters
    ----------
    start : Graph
    families : sequence of Numbers
        One a node: p-values of its members, adjusted within the family so that testing each
        at any level controls the family's error at it (single-step max-T, Bonferroni).

    Returns
    -------
    Floats
        Shape (m, most members); NaN beyond a family's last member.

    Raises
    ------
    ValueError
        If families are not one a node, one is empty, or a p lies outside [0, 1].
    """
    members = [as_floats(family) for family in families]
    if len(members) != len(start.weights):
        raise ValueError(f"{len(start.weights)} nodes need as many families of p-values")
    if not all(p.size and bool(np.all((p >= 0) & (p <= 1))) for p in members):
        raise ValueError("a family has at least one p-value, and all lie in [0, 1]")
    found = np.full((len(members), max(p.size for p in members)), np.nan)
    for node, p in enumerate(members):
        found[node, : p.size] = 1.0
    left, alpha, now = set(range(len(members))), 0.0, start
    while left:
        # shares only grow as nodes fall, so the least over the steps is the adjusted p
        for node in left:
            needed = np.maximum(alpha, _over(members[node], now.weights[node]))
            found[node, : needed.size] = np.minimum(found[node, : needed.size], needed)
        first = min(left, key=lambda node: (_over(members[node], now.weights[node]).max(), node))
        alpha = max(alpha, float(_over(members[first], now.weights[first]).max()))
        if alpha >= 1:
            break
        left.remove(first)
        now = now.without(first)
    return found


def _over(p: Floats, share: Numbers) -> Floats:
    """Alpha at which p-values meet a share of it; infinite for no share."""
    weight = float(as_floats(share))
    return p / weight if weight > 0 else np.full(p.shape, np.inf)
