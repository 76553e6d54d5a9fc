"""Could this much data show the planned lift, or does "no effect found" say nothing? V20."""

from collections.abc import Iterable, Iterator, Sequence

from pathlift.inference.power import POWER, smallest_effect
from pathlift.judgement import words
from pathlift.judgement.checks.facts import not_checked, planned_lift
from pathlift.registry.experiment import Experiment, Margin
from pathlift.result.model import Check, ContrastLook, Estimate


def precision(
    experiment: Experiment, estimates: Iterable[Estimate], looks: Sequence[ContrastLook] = ()
) -> Iterator[Check]:
    """Hold the smallest detectable effect of every planned metric against its planned lift.

    Parameters
    ----------
    experiment : Experiment
    estimates : iterable of Estimate
        Of the result.
    looks : sequence of ContrastLook, optional
        Boundaries of this look, where there are several.

    Yields
    ------
    Check
        One a metric with a planned lift: ``warn`` where 80% power needs an effect above twice that
        lift; ``info`` while the experiment still runs. Invalidates nothing.
    """
    read = [
        each
        for each in estimates
        if each.estimand == "itt" and each.segment is None and each.equivalence is None
        if each.role != "guardrail"
    ]
    said = False
    for metric in dict.fromkeys(each.metric for each in read if each.metric is not None):
        of = [each for each in read if each.metric == metric]
        planned = planned_lift(experiment, of[0])
        if planned is not None:
            check = _of_metric(experiment, metric, planned, of, looks)
            said = said or check is not None
            if check is not None:
                yield check
    if not said:
        yield not_checked(
            "precision", "no lift is planned of a metric that was estimated (`plan.lift`)."
        )


def _of_metric(
    experiment: Experiment,
    metric: str,
    planned: Margin,
    of: Sequence[Estimate],
    looks: Sequence[ContrastLook],
) -> Check | None:
    times = {
        (each.arm, each.control): smallest / lift
        for each in of
        if (smallest := smallest_effect(experiment, each, looks)) is not None
        and (lift := _absolute(planned, each.control_value))
    }
    if not times:
        return None
    limit = experiment.limits("precision")
    wide = {name: value for name, value in times.items() if value > limit["warns_above_lifts"]}
    running = experiment.status == "running"
    return Check(
        id="precision",
        severity="pass" if not wide else "info" if running else "warn",
        scope=f"metric:{metric}",
        message=_said(metric, wide, running=running) if wide else _fine(metric, times),
        figures={
            "smallest_over_planned": {f"{arm}-{control}": x for (arm, control), x in times.items()},
            **limit,
        },
    )


def _absolute(planned: Margin, control: float | None) -> float:
    """The planned lift in the metric's unit; 0 where that is not known."""
    return planned.value * (abs(control or 0.0) if planned.scale == "relative" else 1.0)


def _said(metric: str, wide: dict[tuple[str, str], float], *, running: bool) -> str:
    shown = words.listed(
        f"{value:.1f} times that in {arm} vs {control}" for (arm, control), value in wide.items()
    )
    todo = (
        "So far it is too early to read anything into it."
        if running
        else "That no effect was found says little; more units would be needed."
    )
    return (
        f"These data are uninformative about the lift that was planned of {metric}: with "
        f"{words.percent(POWER)} power they find {shown}. {todo}"
    )


def _fine(metric: str, times: dict[tuple[str, str], float]) -> str:
    return (
        f"With {words.percent(POWER)} power these data find an effect on {metric} of "
        f"{max(times.values()):.2g} times the planned lift."
    )
