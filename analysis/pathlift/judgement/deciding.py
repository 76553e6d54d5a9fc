"""Which metrics does the decision read? Reads the definition alone."""

from pathlift.registry.experiment import Experiment, Metric


def success_metrics(experiment: Experiment) -> tuple[Metric, ...]:
    """Metrics that have to become better: as declared, else the primary one.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of Metric
        In the order of ``decision.success``; empty where no metric is primary either.
    """
    if experiment.decision.success:
        return tuple(experiment.metric(name) for name in experiment.decision.success)
    return tuple(metric for metric in experiment.metrics if metric.role == "primary")


def guardrails(experiment: Experiment) -> tuple[Metric, ...]:
    """Metrics that must not become worse by more than their margin.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of Metric
        Those of role ``guardrail``, in file order.
    """
    return tuple(metric for metric in experiment.metrics if metric.role == "guardrail")


def deciding_metrics(experiment: Experiment) -> tuple[Metric, ...]:
    """All metrics that the decision reads, each once.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of Metric
        Success metrics, then guardrails.
    """
    return tuple(dict.fromkeys((*success_metrics(experiment), *guardrails(experiment))))
