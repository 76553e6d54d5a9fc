"""What is known and wanted before launch? Refuses numbers that cannot be, and names that are not.

Knows the definition only: whether a lift fits a baseline is asked here, what it costs is not.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise, permutations
from typing import Final

from pathlift.registry.document import Document
from pathlift.registry.durations import parse_duration
from pathlift.registry.experiment import Arm, Margin, Metric, StageDefinition
from pathlift.registry.findings import Findings, did_you_mean
from pathlift.registry.margins import resolve_margin
from pathlift.registry.plan import Baseline, ClusterSizes, History, PlanSettings, Traffic
from pathlift.registry.plan_document import BaselinePart, PlanPart, TrafficPart
from pathlift.registry.planned_margins import check_margins

INCIDENCE: Final = "incidence"
_LOC: Final = "plan"
_HISTORY: Final = "history"


def resolve_plan(
    findings: Findings,
    document: Document,
    metrics: Sequence[Metric],
    stages: Sequence[StageDefinition],
    arms: Sequence[Arm],
) -> PlanSettings:
    """Resolve ``plan``.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    metrics : sequence of Metric
    stages : sequence of StageDefinition
    arms : sequence of Arm

    Returns
    -------
    PlanSettings
        The defaults where nothing is written.
    """
    part = document.plan or PlanPart()
    if not findings.intact(_LOC):
        return PlanSettings()
    by_name = {metric.name: metric for metric in metrics}
    _check_names(findings, part, by_name)
    baseline = {
        name: _baseline(findings, by_name[name], written)
        for name, written in part.baseline.items()
        if name in by_name
    }
    lift = None if part.lift is None else resolve_margin(findings, part.lift, _LOC, "lift")
    lifts = {
        name: resolve_margin(findings, margin, _LOC, "lifts", name)
        for name, margin in part.lifts.items()
    }
    _check_lifts(findings, by_name, lift, lifts, baseline)
    check_margins(findings, by_name, baseline)
    _check_incidence(findings, part, stages)
    if part.looks is not None and document.analysis.looks.kind != "group_sequential":
        findings.add_at_key(
            "`looks` does nothing: `analysis.looks` is not group_sequential",
            _LOC,
            "looks",
            hint="leave it out",
        )
    if part.clusters is not None and not any(arm.cluster for arm in arms):
        findings.add_at_key(
            "`clusters` does nothing: no arm has a `cluster`", _LOC, "clusters", hint="leave it out"
        )
    usual = PlanSettings()
    return PlanSettings(
        lift=lift,
        lifts=lifts,
        power=part.power,
        baseline=baseline,
        incidence=part.incidence,
        traffic=None if part.traffic is None else _traffic(findings, part.traffic),
        clusters=None
        if part.clusters is None
        else ClusterSizes(
            size=part.clusters.size,
            variation=part.clusters.variation,
            correlation=part.clusters.correlation,
        ),
        looks=part.looks or usual.looks,
        longest=part.longest or usual.longest,
        history=_history(findings, document),
    )


def _history(findings: Findings, document: Document) -> History | None:
    part = document.history
    if part is None:
        return None
    if document.data is None or document.data.events is None:
        findings.add_at_key(
            "`history` reads past events, and there are none: `data` has no `events`",
            _HISTORY,
            hint="leave it out, and give `plan.baseline`",
        )
    if part.last_day <= part.first_day:
        findings.add(
            f"the last day {part.last_day} is not after the first day {part.first_day}",
            _HISTORY,
            "last_day",
        )
    period = document.period
    if period is not None and part.last_day >= period.first_day:
        findings.add(
            f"the history ends {part.last_day}, within the experiment: it lies before `period`",
            _HISTORY,
            "last_day",
        )
    return History(
        first_day=part.first_day,
        last_day=part.last_day,
        where=None if part.where is None else findings.condition(part.where, _HISTORY, "where"),
        at=findings.place(_HISTORY),
    )


def _check_names(findings: Findings, part: PlanPart, metrics: Mapping[str, Metric]) -> None:
    if not findings.intact("metrics"):
        return
    for key, names in (("baseline", part.baseline), ("lifts", part.lifts)):
        known = (*metrics, INCIDENCE) if key == "lifts" else tuple(metrics)
        for name in names:
            if name not in known:
                findings.add_at_key(
                    f"{name!r} is not a metric", _LOC, key, name, hint=did_you_mean(name, known)
                )
            elif key == "lifts" and name != INCIDENCE and metrics[name].role == "guardrail":
                findings.add_at_key(
                    f"metric {name!r} is a guardrail: its `margin` is what it is planned for",
                    _LOC,
                    key,
                    name,
                    hint="leave it out",
                )


def _baseline(findings: Findings, metric: Metric, written: BaselinePart | float) -> Baseline:
    loc = (_LOC, "baseline", metric.name)
    part = written if isinstance(written, BaselinePart) else BaselinePart(value=float(written))
    match metric.kind:
        case "proportion":
            if not 0 < part.value < 1:
                findings.add(
                    f"a share of {part.value:g} cannot be planned; it lies between 0 and 1",
                    *loc,
                    hint="shares are fractions: 0.03 is 3%",
                )
            _refuse(findings, part, loc, "standard_deviation", "it follows from the share")
            _refuse(findings, part, loc, "density", "it is for quantiles")
        case "quantile":
            _refuse(findings, part, loc, "standard_deviation", "`density` takes its place")
            _need(
                findings, part, loc, "density", "density: 0.02 is 2% of units per 1 of the metric"
            )
        case _:
            _refuse(findings, part, loc, "density", "it is for quantiles")
            _need(
                findings,
                part,
                loc,
                "standard_deviation",
                f"{{value: {part.value:g}, standard_deviation: ...}}",
            )
    return Baseline(
        value=part.value,
        standard_deviation=part.standard_deviation,
        variance_explained=part.variance_explained,
        density=part.density,
        at=findings.place(*loc),
    )


def _refuse(
    findings: Findings, part: BaselinePart, loc: tuple[str, ...], key: str, why: str
) -> None:
    if getattr(part, key) is not None:
        findings.add_at_key(f"`{key}` does nothing here: {why}", *loc, key, hint="leave it out")


def _need(findings: Findings, part: BaselinePart, loc: tuple[str, ...], key: str, how: str) -> None:
    if getattr(part, key) is None:
        findings.add_at_key(f"the baseline of {loc[-1]!r} needs `{key}`", *loc, hint=how)


def _check_lifts(
    findings: Findings,
    metrics: Mapping[str, Metric],
    lift: Margin | None,
    lifts: Mapping[str, Margin],
    baseline: Mapping[str, Baseline],
) -> None:
    primary = next((name for name, m in metrics.items() if m.role == "primary"), None)
    wanted: dict[str, tuple[Margin, tuple[str, ...]]] = {
        name: (margin, (_LOC, "lifts", name)) for name, margin in lifts.items()
    }
    if lift is not None and primary is not None and primary not in wanted:
        wanted[primary] = (lift, (_LOC, "lift"))
    for name, (margin, loc) in wanted.items():
        known = baseline.get(name)
        if known is None or metrics[name].role == "guardrail":
            continue
        if margin.scale == "relative" and known.value == 0:
            findings.add_at_key(
                f"no lift of {name!r} is relative to a baseline of 0",
                *loc,
                hint="{absolute: 0.002}",
            )
            continue
        size = margin.value * (abs(known.value) if margin.scale == "relative" else 1.0)
        sign = 1 if metrics[name].better == "higher" else -1
        if metrics[name].kind == "proportion" and not 0 < known.value + sign * size < 1:
            findings.add_at_key(
                f"a lift of {margin.value:g} takes {name!r} from {known.value:g} beyond a share",
                *loc,
                hint="shares are fractions: {absolute: 0.002} or {relative: 0.03}",
            )


def _check_incidence(findings: Findings, part: PlanPart, stages: Sequence[StageDefinition]) -> None:
    if not part.incidence:
        return
    if not stages:
        findings.add_at_key("`incidence` needs `stages`", _LOC, INCIDENCE, hint="leave it out")
        return
    known = [">".join(order) for order in permutations(stage.name for stage in stages)]
    for name in part.incidence:
        if name not in known:
            findings.add_at_key(
                f"{name!r} is not a complete ordering of the stages",
                _LOC,
                INCIDENCE,
                name,
                hint=did_you_mean(name, known),
            )
    if sum(part.incidence.values()) >= 1:
        findings.add_at_key("the shares of `incidence` add up to 1 or more", _LOC, INCIDENCE)


def _traffic(findings: Findings, part: TrafficPart) -> Traffic:
    loc = (_LOC, "traffic")
    if (part.new_per_day is None) == (part.cumulative is None):
        findings.add_at_key(
            "`traffic` is either new_per_day or cumulative",
            *loc,
            hint="{new_per_day: 4000} or {cumulative: {7d: 20000, 28d: 52000}}",
        )
        return Traffic()
    points: list[tuple[timedelta, int]] = []
    for written, units in (part.cumulative or {}).items():
        try:
            points.append((parse_duration(written), units))
        except ValueError as refusal:
            findings.add_at_key(str(refusal), *loc, "cumulative", written)
    points.sort()
    for (_, before), (after_length, after) in pairwise(points):
        if after < before:
            findings.add_at_key(
                f"units that were seen stay seen: fewer after {after_length.days} days than before",
                *loc,
                "cumulative",
            )
    return Traffic(new_per_day=part.new_per_day, cumulative=tuple(points))
