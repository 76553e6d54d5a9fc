"""Which contrasts form one family (design 5). Knows the definition only, no numbers."""

from pathlift.inference.family import Family
from pathlift.registry.experiment import Experiment, Metric


def declare_families(experiment: Experiment) -> tuple[Family, ...]:
    """Families of an experiment, each metric in one of them at most.

    Guardrails stand in none: all of them must pass, so none is corrected. With ``multiplicity:
    none`` there are no families.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of Family
        Success metrics that any of may carry the decision together, then one family a metric,
        incidences, ordering shares, and one family a metric and segment.
    """
    if experiment.analysis.multiplicity == "none":
        return ()
    return (*_metrics(experiment), *_orderings(experiment), *_segments(experiment))


def _metrics(experiment: Experiment) -> tuple[Family, ...]:
    rule = experiment.decision
    together = rule.success if rule.need == "any" and len(rule.success) > 1 else ()
    shared = (
        (
            Family(
                name=f"any of {', '.join(together)} x contrasts",
                estimand="itt",
                metrics=together,
            ),
        )
        if together
        else ()
    )
    alone = tuple(
        Family(
            name=f"{metric.role} metric {metric.name} x contrasts",
            estimand="itt",
            metrics=(metric.name,),
        )
        for metric in _corrected(experiment)
        if metric.name not in together
    )
    return shared + alone


def _orderings(experiment: Experiment) -> tuple[Family, ...]:
    if not experiment.stages:
        return ()
    return (
        Family(name="incidence: complete orderings x contrasts", estimand="incidence"),
        Family(name="ordering share: complete orderings x contrasts", estimand="ordering_share"),
    )


def _segments(experiment: Experiment) -> tuple[Family, ...]:
    return tuple(
        Family(
            name=f"{metric.name}: levels of {dimension.name} x contrasts (exploratory)",
            estimand="itt",
            metrics=(metric.name,),
            dimension=dimension.name,
            exploratory=True,
        )
        for dimension in experiment.segments
        for metric in _corrected(experiment)
    )


def _corrected(experiment: Experiment) -> tuple[Metric, ...]:
    return tuple(metric for metric in experiment.metrics if metric.role != "guardrail")
