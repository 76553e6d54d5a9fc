"""Do arms move the orderings that they intend enough for effects to be divided by it? V22."""

from collections.abc import Iterable, Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Estimate, FirstStage


def instrument(experiment: Experiment, estimates: Iterable[Estimate]) -> Iterator[Check]:
    """Hold the first stages of encouragement against what a ratio needs.

    Parameters
    ----------
    experiment : Experiment
    estimates : iterable of Estimate
        Of the result.

    Yields
    ------
    Check
        ``warn`` where F is below 10: then only the set of Anderson and Rubin is to be read, which
        holds at any strength and may be unbounded. Invalidates nothing.

    References
    ----------
    .. [1] D. Staiger, J. Stock (1997), "Instrumental variables regression with weak instruments",
       Econometrica 65: F below 10.
    """
    if not experiment.analysis.encouragement:
        yield not_checked(
            "instrument", "no effect of taking an ordering is asked for (`analysis.encouragement`)."
        )
        return
    found = {
        _name(each): (each, each.first_stage)
        for each in estimates
        if each.segment is None and each.first_stage is not None
    }
    if not found:
        yield not_checked("instrument", "no first stage could be estimated.", "orderings")
        return
    limit = experiment.limits("instrument")
    weak = {name: pair for name, pair in found.items() if _below(pair[1], limit["warns_below_f"])}
    yield Check(
        id="instrument",
        severity="warn" if weak else "pass",
        scope="orderings",
        message=_said(weak, limit["warns_below_f"]) if weak else _strong(found),
        figures={"f": {name: stage.f for name, (_, stage) in found.items()}, **limit},
    )


def _below(stage: FirstStage, limit: float) -> bool:
    return stage.f is None or stage.f < limit


def _name(estimate: Estimate) -> str:
    ordering = "" if estimate.ordering is None else f" {estimate.ordering.replace('>', ' > ')}"
    return f"{estimate.arm} vs {estimate.control}{ordering}"


def _said(weak: dict[str, tuple[Estimate, FirstStage]], limit: float) -> str:
    shown = words.listed(f"{name}: F = {_number(stage.f)}" for name, (_, stage) in weak.items())
    without = [
        name
        for name, (estimate, _) in weak.items()
        if estimate.set is not None
        and any(end is None for piece in estimate.set.pieces for end in piece)
    ]
    open_ = f" It is unbounded for {words.listed(without)}." if without else ""
    return (
        f"Arms hardly move the ordering that they intend ({shown}; below {limit:g} is weak). Read "
        f"only the set of what is not rejected, which holds at any strength.{open_} More units, or "
        "an arm that moves more of them, make it narrower."
    )


def _strong(found: dict[str, tuple[Estimate, FirstStage]]) -> str:
    least = min(found, key=lambda name: found[name][1].f or 0.0)
    return f"Arms move the orderings that they intend: F is {_number(found[least][1].f)} or more."


def _number(f: float | None) -> str:
    return "none" if f is None else f"{f:,.1f}"
