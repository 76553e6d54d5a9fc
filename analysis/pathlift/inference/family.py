"""Which contrasts are corrected together. The judgement declares families; inference widens."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """A graph along which families hand on their share of alpha when they are rejected.

    Attributes
    ----------
    nodes : tuple of str
        Names of the families that hold it, in the order of the numbers below.
    weights : tuple of float
        Share of alpha that each starts with.
    transitions : tuple of tuple of float
        Row j: how node j's share is handed on.
    """

    nodes: tuple[str, ...]
    weights: tuple[float, ...]
    transitions: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Contrasts whose intervals hold together.

    Attributes
    ----------
    name : str
        In words, as the result prints it.
    estimand : {'itt', 'incidence', 'ordering_share', 'first_step', 'cumulative_incidence', \
        'cumulative_share', 'factor', 'planned',
        'increment'}
    metrics : tuple of str
        Of ``itt``: the metrics that belong together; of ``increment``: the family of metrics; of
        ``cumulative_incidence``: conversion over all orderings. Empty otherwise.
    contrasts : tuple of (str, str)
        Arm and control of the only contrasts that belong to it; empty: all.
    dimension : str or None
        A segment's column, or ``baseline_state``: then its levels x contrasts are one family.
    method : {'max_t', 'holm', 'bh'}
        How its members are corrected.
    gates : Gates or None
        The graph that it is a node of: then p-values are adjusted over the whole graph.
    exploratory : bool
        Printed as a flag on every member.
    """

    name: str
    estimand: Literal[
        "itt",
        "incidence",
        "ordering_share",
        "first_step",
        "cumulative_incidence",
        "cumulative_share",
        "factor",
        "planned",
        "increment",
    ]
    metrics: tuple[str, ...] = ()
    contrasts: tuple[tuple[str, str], ...] = ()
    dimension: str | None = None
    method: Literal["max_t", "holm", "bh"] = "max_t"
    gates: Gates | None = None
    exploratory: bool = False
