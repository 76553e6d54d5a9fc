"""How is significance handed on from one hypothesis to the next? Knows names, none of their data.

A node is a metric (all its contrasts, tested together), one contrast of a metric, or the family of
orderings. Without a declared graph: the primary metric against the control, then its other
contrasts, then what explains it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pathlift.registry.document import Document, MultiplicityPart
from pathlift.registry.experiment import Contrast, DecisionRule, Metric, Node
from pathlift.registry.findings import Findings, did_you_mean

_LOC: Final = ("analysis", "multiplicity")
_ROUNDING: Final = 1e-9  # by which shares written as decimals may miss their sum


def resolve_graph(
    findings: Findings,
    document: Document,
    metrics: tuple[Metric, ...],
    contrasts: tuple[Contrast, ...],
    *,
    control: str,
    stages: bool,
    rule: DecisionRule,
) -> tuple[Node, ...]:
    """Resolve ``weights`` and ``transitions`` to nodes.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    metrics : tuple of Metric
    contrasts : tuple of Contrast
    control : str
        Name of the arm that the others are compared with.
    stages : bool
        Whether any are declared: then orderings are families of their own.
    rule : DecisionRule
        Its success metrics have to be in the graph.

    Returns
    -------
    tuple of Node
        Empty unless the method is ``graph``.
    """
    part = document.analysis.multiplicity
    if part.method != "graph":
        for key in ("weights", "transitions"):
            if getattr(part, key) is not None:
                findings.add_at_key(
                    f"`{key}` does nothing: it belongs to `method: graph`, not to {part.method}",
                    *_LOC,
                    key,
                )
        return ()
    if not findings.intact("metrics") or not findings.intact("arms"):
        return ()  # names would be called unknown that are only unread
    for metric in metrics:
        if stages and metric.name in ("incidence", "ordering_share"):
            findings.add_at_key(
                f"a graph cannot tell metric {metric.name!r} from the orderings of that name",
                "metrics",
                metric.name,
                hint="give the metric another name",
            )
    known = _known(metrics, contrasts, stages=stages)
    if part.weights is None and part.transitions is None:
        return _default(metrics, contrasts, rule, control=control, stages=stages)
    if part.weights is None:
        findings.add_at_key(
            "a graph with `transitions` needs `weights`: who starts with a share of alpha",
            *_LOC,
            "transitions",
        )
        return ()
    return _declared(findings, part, known, metrics, contrasts, rule)


def _known(
    metrics: Sequence[Metric], contrasts: Sequence[Contrast], *, stages: bool
) -> Mapping[str, Node]:
    """Every node that could be named."""
    found: dict[str, Node] = {}
    if stages:
        found["incidence"] = Node(name="incidence", estimand="incidence")
        found["ordering_share"] = Node(name="ordering_share", estimand="ordering_share")
    for metric in metrics:
        found[metric.name] = Node(name=metric.name, metric=metric.name)
        for contrast in contrasts:
            name = f"{metric.name}/{contrast.arm}-{contrast.control}"
            found[name] = Node(name=name, metric=metric.name, contrast=contrast)
    return found


def _default(
    metrics: Sequence[Metric],
    contrasts: Sequence[Contrast],
    rule: DecisionRule,
    *,
    control: str,
    stages: bool,
) -> tuple[Node, ...]:
    """The graph of methods 3.6: a node hands all it holds to the next level, in equal parts."""
    first = [contrast for contrast in contrasts if contrast.control == control]
    then = [contrast for contrast in contrasts if contrast.control != control]
    rest = [m.name for m in metrics if m.name not in rule.success and m.role != "guardrail"]
    levels = [
        [_single(name, contrast) for name in rule.success for contrast in first],
        [_single(name, contrast) for name in rule.success for contrast in then],
        *([Node(name=name, metric=name)] for name in rest),
        [Node(name="incidence", estimand="incidence")] if stages else [],
    ]
    return tuple(_in_sequence([level for level in levels if level]))


def _single(metric: str, contrast: Contrast) -> Node:
    name = f"{metric}/{contrast.arm}-{contrast.control}"
    return Node(name=name, metric=metric, contrast=contrast)


def _in_sequence(levels: Sequence[Sequence[Node]]) -> Iterator[Node]:
    for depth, level in enumerate(levels):
        after = levels[depth + 1] if depth + 1 < len(levels) else ()
        for node in level:
            yield replace(
                node,
                weight=1 / len(level) if depth == 0 else 0.0,
                passes={each.name: 1 / len(after) for each in after},
            )


def _declared(
    findings: Findings,
    part: MultiplicityPart,
    known: Mapping[str, Node],
    metrics: Sequence[Metric],
    contrasts: Sequence[Contrast],
    rule: DecisionRule,
) -> tuple[Node, ...]:
    weights, transitions = part.weights or {}, part.transitions or {}
    guardrails = {metric.name for metric in metrics if metric.role == "guardrail"}
    before = len(findings.problems)
    _check_shares(findings, weights, "a node starts with", *_LOC, "weights")
    _check_names(findings, weights, known, guardrails, *_LOC, "weights")
    _check_names(findings, transitions, known, guardrails, *_LOC, "transitions")
    for name, row in transitions.items():
        loc = (*_LOC, "transitions", name)
        _check_shares(findings, row, f"{name!r} hands on", *loc)
        _check_names(findings, row, known, guardrails, *loc)
        if name in row:
            findings.add_at_key(f"{name!r} hands on to itself", *loc, name)
    if len(findings.problems) > before:
        return ()
    nodes = tuple(
        replace(known[name], weight=weights.get(name, 0.0), passes=transitions.get(name, {}))
        for name in _named(weights, transitions)
    )
    _check_reached(findings, nodes)
    _check_once(findings, nodes)
    _check_success(findings, nodes, contrasts, rule)
    return nodes


def _named(
    weights: Mapping[str, float], transitions: Mapping[str, Mapping[str, float]]
) -> tuple[str, ...]:
    """Nodes in the order in which a reader meets them."""
    further = (name for start, row in transitions.items() for name in (start, *row))
    return tuple(dict.fromkeys((*weights, *further)))


def _check_shares(
    findings: Findings, shares: Mapping[str, float], what: str, *loc: str | int
) -> None:
    for name, share in shares.items():
        if not 0 < share <= 1:
            findings.add(
                f"{what} a share above 0 and at most 1, and {name!r} has {share:g}", *loc, name
            )
    total = sum(shares.values())
    if total > 1 + _ROUNDING and all(0 < share <= 1 for share in shares.values()):
        findings.add_at_key(
            f"these shares add up to {total:.6g}; together they are at most 1", *loc
        )
    if not shares:
        findings.add_at_key(f"{what} nothing here", *loc, hint="leave it out")


def _check_names(
    findings: Findings,
    names: Iterable[str],
    known: Mapping[str, Node],
    guardrails: Collection[str],
    *loc: str | int,
) -> None:
    open_ = [name for name, node in known.items() if node.metric not in guardrails]
    for name in names:
        if name not in known:
            findings.add_at_key(
                f"{name!r} is no node of the graph", *loc, name, hint=did_you_mean(name, open_)
            )
        elif name not in open_:
            findings.add_at_key(
                f"{known[name].metric!r} is a guardrail: all of them must pass, so none takes a "
                "share of alpha",
                *loc,
                name,
            )


def _check_reached(findings: Findings, nodes: Sequence[Node]) -> None:
    passes = {node.name: node.passes for node in nodes}
    reached = {node.name for node in nodes if node.weight > 0}
    frontier = set(reached)
    while frontier:
        frontier = {name for node in frontier for name in passes[node]} - reached
        reached |= frontier
    for node in nodes:
        if node.name not in reached:
            findings.add_at_key(
                f"no share of alpha ever reaches {node.name!r}: no way leads to it from a node "
                "with a weight",
                *_LOC,
                "transitions",
            )


def _check_once(findings: Findings, nodes: Sequence[Node]) -> None:
    whole = {node.metric for node in nodes if node.metric and node.contrast is None}
    for node in nodes:
        if node.contrast is not None and node.metric in whole:
            findings.add_at_key(
                f"{node.name!r} is tested twice: it is part of the node {node.metric!r}", *_LOC
            )


def _check_success(
    findings: Findings, nodes: Sequence[Node], contrasts: Sequence[Contrast], rule: DecisionRule
) -> None:
    whole = {node.metric for node in nodes if node.contrast is None}
    single = {(node.metric, node.contrast) for node in nodes}
    for name in rule.success:
        for contrast in contrasts:
            if name not in whole and (name, contrast) not in single:
                findings.add_at_key(
                    f"the decision reads {name}/{contrast.arm}-{contrast.control}, and no node of "
                    "the graph tests it",
                    *_LOC,
                    "weights",
                )
