"""Is an effect too large to be one? Twyman's law: what looks interesting is usually wrong (V25)."""

from collections.abc import Iterable, Iterator, Mapping

from pathlift.judgement import words
from pathlift.judgement.checks.facts import not_checked, planned_lift
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Estimate


def twyman(experiment: Experiment, estimates: Iterable[Estimate]) -> Iterator[Check]:
    """Hold effects on metrics against what can be believed at once.

    Parameters
    ----------
    experiment : Experiment
    estimates : iterable of Estimate
        Of the result.

    Yields
    ------
    Check
        ``warn`` for each metric with a contrast beyond eight standard errors, or beyond three times
        the planned lift and chance.
    """
    read = [
        each
        for each in estimates
        if each.estimand == "itt" and each.segment is None and each.absolute is not None
    ]
    if not read:
        yield not_checked("twyman", "no effect was estimated.")
        return
    named = dict.fromkeys(each.metric for each in read)
    warned = False
    for metric in named:
        off = [
            (each, why)
            for each in read
            if each.metric == metric and (why := _too_large(experiment, each))
        ]
        if off:
            warned = True
            yield _warning(str(metric), off, experiment.limits("twyman"))
    if not warned:
        yield Check(
            id="twyman",
            severity="pass",
            scope="experiment",
            message=f"None of {words.count(len(read))} effects is too large to be believed.",
            figures={"effects": len(read), **experiment.limits("twyman")},
        )


def _too_large(experiment: Experiment, estimate: Estimate) -> str:
    span, limit = estimate.absolute, experiment.limits("twyman")
    if span is None or span.estimate is None or not estimate.standard_error:
        return ""
    z = span.estimate / estimate.standard_error
    if abs(z) > limit["warns_above_z"]:
        return f"{abs(z):.1f} standard errors from 0"
    planned = planned_lift(experiment, estimate)
    if planned is None or abs(z) < 2 or estimate.role == "guardrail":
        return ""
    size = span.estimate
    if planned.scale == "relative":
        if estimate.relative is None or estimate.relative.estimate is None:
            return ""
        size = estimate.relative.estimate
    times = abs(size) / planned.value
    return f"{times:.1f} times the planned lift" if times > limit["warns_above_lifts"] else ""


def _warning(metric: str, off: list[tuple[Estimate, str]], limit: Mapping[str, float]) -> Check:
    said = words.listed(f"{each.arm} vs {each.control}: {why}" for each, why in off)
    return Check(
        id="twyman",
        severity="warn",
        scope=f"metric:{metric}",
        message=f"The effect on {metric} is too large to be believed at once ({said}). Look for an "
        "error of logging, of joining or of filtering before celebrating it.",
        figures={
            "effects": {
                f"{each.arm}-{each.control}": each.absolute.estimate if each.absolute else None
                for each, _ in off
            },
            **limit,
        },
    )
