"""Which metrics does a ratio divide? Means and proportions, never another ratio."""

from collections.abc import Mapping
from datetime import timedelta

from pathlift.registry.document import QuantilePart, RatioPart
from pathlift.registry.experiment import Metric, RatioOf
from pathlift.registry.findings import Findings, did_you_mean
from pathlift.registry.margins import kept_equivalence, kept_margin
from pathlift.registry.metric_keys import Part


def check_ratios(findings: Findings, written: Mapping[str, Part]) -> None:
    """Report parts that do not exist, that are ratios, or that lead back to the ratio.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    written : mapping of str to part
        All metrics that could be read.
    """
    known = findings.written.value.get("metrics")
    names = tuple(known) if isinstance(known, dict) else tuple(written)
    for name, part in written.items():
        if not isinstance(part, RatioPart):
            continue
        if part.numerator == part.denominator:
            findings.add(
                f"ratio {name!r} has the same numerator and denominator",
                "metrics",
                name,
                "denominator",
            )
        for key in ("numerator", "denominator"):
            other = getattr(part, key)
            loc = ("metrics", name, key)
            if other not in names:
                others = [known for known in names if known != name]
                findings.add(
                    f"{key} {other!r} is not a metric", *loc, hint=did_you_mean(other, others)
                )
            elif isinstance(written.get(other), QuantilePart):
                findings.add(
                    f"{key} {other!r} is a quantile; a ratio is of means or proportions", *loc
                )
            elif isinstance(written.get(other), RatioPart):
                circle = _reaches(written, other, name)
                findings.add(
                    f"metrics {name!r} and {other!r} name each other in a circle"
                    if circle and other != name
                    else f"ratio {name!r} names itself"
                    if circle
                    else f"{key} {other!r} is a ratio; a ratio is of means or proportions",
                    *loc,
                )


def resolve_ratio(
    findings: Findings, name: str, part: RatioPart, single: Mapping[str, Metric]
) -> Metric:
    """Resolve a ratio; its window and lag are those of the part that matures last.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    name : str
        Of the ratio.
    part : RatioPart
    single : mapping of str to Metric
        All metrics that are no ratios.

    Returns
    -------
    Metric
    """
    parts = [single[other] for other in (part.numerator, part.denominator) if other in single]
    # A unit is mature for a ratio when it is mature for both parts: the later of the two.
    windows = [metric for metric in parts if metric.window is not None]
    latest = max(
        windows, key=lambda metric: (metric.window or timedelta(0)) + metric.lag, default=None
    )
    return Metric(
        name=name,
        kind="ratio",
        source=RatioOf(numerator=part.numerator, denominator=part.denominator),
        role=part.role,
        better=part.better,
        margin=kept_margin(findings, name, part),
        equivalence=kept_equivalence(findings, name, part),
        attributed=part.attributed,
        window=latest.window if latest else None,
        lag=latest.lag if latest else timedelta(0),
        at=findings.written.key_at("metrics", name),
    )


def _reaches(written: Mapping[str, Part], start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        part = written.get(name)
        if name not in seen and isinstance(part, RatioPart):
            seen.add(name)
            waiting += [part.numerator, part.denominator]
    return False
