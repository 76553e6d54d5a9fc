"""Which contrasts form one family (design 5). Knows the definition only, no numbers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, assert_never

from pathlift.inference.family import Family, Gates
from pathlift.registry.experiment import Experiment, Metric, Node
from pathlift.statistics.baseline import BASELINE_STATE

Method = Literal["max_t", "holm", "bh"]


def declare_families(experiment: Experiment) -> tuple[Family, ...]:
    """Families of an experiment, each contrast in one of them at most.

    Guardrails stand in none: all of them must pass, so none is corrected. With ``multiplicity:
    none`` there are no families. With ``graph`` its nodes come first; what is no node of it is
    corrected as without the graph.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of Family
        Success metrics that any of may carry the decision together, then one family a metric,
        incidences, ordering shares, first steps, three of open windows, one family a metric and
        segment, two over baseline states, one a metric over all factors and their interactions,
        and one a family of metrics over part, rest and whole.
    """
    match experiment.analysis.multiplicity:
        case "none":
            return ()
        case "max_t" | "holm" | "bh" as method:
            return (
                *_metrics(experiment, method),
                *_orderings(experiment, method),
                *_open_windows(experiment, method),
                *_segments(experiment, method),
                *_baseline_states(experiment, method),
                *_factors(experiment, method),
                *_planned(experiment, method),
                *_increments(experiment, method),
            )
        case "graph":
            return _gated(experiment)
        case method:
            assert_never(method)


def _gated(experiment: Experiment) -> tuple[Family, ...]:
    nodes = experiment.analysis.graph
    orderings = {node.estimand for node in nodes}
    gates = Gates(
        nodes=tuple(node.name for node in nodes),
        weights=tuple(node.weight for node in nodes),
        transitions=tuple(
            tuple(node.passes.get(other.name, 0.0) for other in nodes) for node in nodes
        ),
    )
    return (
        *(_node(node, gates) for node in nodes),
        *(
            replace(_alone(metric, "max_t"), contrasts=left)
            for metric in _corrected(experiment)
            if (left := _left_over(experiment, metric))
        ),
        *(f for f in _orderings(experiment, "max_t") if f.estimand not in orderings),
        *_open_windows(experiment, "max_t"),
        *_segments(experiment, "max_t"),
        *_baseline_states(experiment, "max_t"),
        *_factors(experiment, "max_t"),
        *_planned(experiment, "max_t"),
        *_increments(experiment, "max_t"),
    )


def _node(node: Node, gates: Gates) -> Family:
    return Family(
        name=node.name,
        estimand=node.estimand,
        metrics=() if node.metric is None else (node.metric,),
        contrasts=() if node.contrast is None else ((node.contrast.arm, node.contrast.control),),
        gates=gates,
    )


def _tested_for_difference(experiment: Experiment) -> tuple[Metric, ...]:
    """Metrics whose contrasts are corrected; an equivalence shares its alpha by itself."""
    return tuple(metric for metric in _corrected(experiment) if metric.equivalence is None)


def _left_over(experiment: Experiment, metric: Metric) -> tuple[tuple[str, str], ...]:
    """Contrasts of a metric that no node of the graph tests."""
    of_it = [node for node in experiment.analysis.graph if node.metric == metric.name]
    if any(node.contrast is None for node in of_it):
        return ()
    taken = {node.contrast for node in of_it}
    return tuple((c.arm, c.control) for c in experiment.analysis.contrasts if c not in taken)


def _metrics(experiment: Experiment, method: Method) -> Iterator[Family]:
    rule = experiment.decision
    together = rule.success if rule.need == "any" and len(rule.success) > 1 else ()
    if together:
        yield Family(
            name=f"any of {', '.join(together)} x contrasts",
            estimand="itt",
            metrics=together,
            method=method,
        )
    for metric in _tested_for_difference(experiment):
        if metric.name not in together:
            yield _alone(metric, method)


def _alone(metric: Metric, method: Method) -> Family:
    return Family(
        name=f"{metric.role} metric {metric.name} x contrasts",
        estimand="itt",
        metrics=(metric.name,),
        method=method,
    )


def _orderings(experiment: Experiment, method: Method) -> tuple[Family, ...]:
    if not experiment.stages:
        return ()
    return (
        Family(
            name="incidence: complete orderings x contrasts", estimand="incidence", method=method
        ),
        Family(
            name="ordering share: complete orderings x contrasts",
            estimand="ordering_share",
            method=method,
        ),
        Family(
            name="first step: stages and none x contrasts", estimand="first_step", method=method
        ),
    )


def _open_windows(experiment: Experiment, method: Method) -> Iterator[Family]:
    """Whether any window is open is not known here: without, they have no members."""
    if experiment.window is None or experiment.conversion is None:
        return
    yield Family(
        name=f"cumulative incidence of {experiment.conversion} x contrasts",
        estimand="cumulative_incidence",
        metrics=(experiment.conversion,),
        method=method,
    )
    if experiment.stages:
        yield Family(
            name="cumulative incidence: complete orderings x contrasts",
            estimand="cumulative_incidence",
            method=method,
        )
        yield Family(
            name="cumulative ordering share: complete orderings x contrasts",
            estimand="cumulative_share",
            method=method,
        )


def _segments(experiment: Experiment, method: Method) -> tuple[Family, ...]:
    return tuple(
        Family(
            name=f"{metric.name}: levels of {dimension.name} x contrasts (exploratory)",
            estimand="itt",
            metrics=(metric.name,),
            dimension=dimension.name,
            method=method,
            exploratory=True,
        )
        for dimension in experiment.segments
        for metric in _corrected(experiment)
    )


def _baseline_states(experiment: Experiment, method: Method) -> Iterator[Family]:
    """Whether any unit carries a stage in is not known here: then they have no members."""
    if not experiment.stages_looked_back_for or experiment.conversion is None:
        return
    conversion = experiment.metric(experiment.conversion)
    if conversion in _corrected(experiment):
        yield Family(
            name=f"{conversion.name}: baseline states x contrasts (exploratory)",
            estimand="itt",
            metrics=(conversion.name,),
            dimension=BASELINE_STATE,
            method=method,
            exploratory=True,
        )
    yield Family(
        name="incidence of the intended ordering: baseline states x contrasts (exploratory)",
        estimand="incidence",
        dimension=BASELINE_STATE,
        method=method,
        exploratory=True,
    )


def _factors(experiment: Experiment, method: Method) -> tuple[Family, ...]:
    if not any(arm.factors for arm in experiment.analyzed_arms):
        return ()
    return tuple(
        Family(
            name=f"{metric.name}: factors and their interactions",
            estimand="factor",
            metrics=(metric.name,),
            method=method,
        )
        for metric in _corrected(experiment)
    )


def _planned(experiment: Experiment, method: Method) -> tuple[Family, ...]:
    if not experiment.analysis.planned:
        return ()
    return tuple(
        Family(
            name=f"{metric.name}: planned averages of arms",
            estimand="planned",
            metrics=(metric.name,),
            method=method,
        )
        for metric in _corrected(experiment)
    )


def _increments(experiment: Experiment, method: Method) -> tuple[Family, ...]:
    return tuple(
        Family(
            name=f"{family.name}: part, rest and whole x contrasts",
            estimand="increment",
            metrics=(family.name,),
            method=method,
        )
        for family in experiment.families
    )


def _corrected(experiment: Experiment) -> tuple[Metric, ...]:
    return tuple(metric for metric in experiment.metrics if metric.role != "guardrail")
