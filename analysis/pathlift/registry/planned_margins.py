"""Does the margin of a guardrail fit what it is without the experiment? Knows the definition only.

A margin that a metric cannot leave is no guardrail: every arm would keep it.
"""

from collections.abc import Mapping
from typing import Final

from pathlift.registry.experiment import Metric
from pathlift.registry.findings import Findings
from pathlift.registry.plan import Baseline

_LOC: Final = "plan"


def check_margins(
    findings: Findings, metrics: Mapping[str, Metric], baseline: Mapping[str, Baseline]
) -> None:
    """Report margins that accept everything, measured by the planned baseline.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    metrics : mapping of str to Metric
    baseline : mapping of str to Baseline
    """
    for name, known in baseline.items():
        said = _what_is_wrong(metrics[name], known.value)
        if said:
            findings.add(said[0], _LOC, "baseline", name, hint=said[1])


def _what_is_wrong(metric: Metric, value: float) -> tuple[str, str] | None:
    """What is wrong, and how to mend it."""
    margin = metric.margin
    if margin is None:
        return None
    if margin.scale == "relative" and value == 0:
        return (
            f"the margin of {metric.name!r} is relative to a baseline of 0: it accepts no loss",
            "write `margin: {absolute: ...}` in the metric's own unit",
        )
    size = margin.value * (abs(value) if margin.scale == "relative" else 1.0)
    if metric.better == "higher" and 0 < value <= size:
        return (
            f"the margin of {metric.name!r} is {size:g}, and its baseline {value:g}: the loss of "
            "everything would be accepted",
            "a margin is a small part of what there is: {relative: 0.02}",
        )
    if metric.kind == "proportion" and metric.better == "lower" and 0 < value < 1 <= value + size:
        return (
            f"the margin of {metric.name!r} takes it from {value:g} beyond a share: everything "
            "would be accepted",
            "shares are fractions: {absolute: 0.002} is 0.2 points",
        )
    return None
