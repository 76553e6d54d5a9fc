"""Does the split hold within segments, days, baseline states and maturity? Methods 4, V2 and V3."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import clusters_drawn
from pathlift.judgement.checks.counts import SMALLEST_EXPECTED, against_weights
from pathlift.judgement.checks.days import allocation
from pathlift.judgement.checks.facts import not_checked
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check
from pathlift.statistics.baseline import state_name
from pathlift.statistics.collected import Statistics

_MATURE = "maturity"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Units by arm of one part of the experiment."""

    dimension: str
    level: str
    units: Mapping[str, int]

    @property
    def name(self) -> str:
        return self.level if self.dimension == _MATURE else f"{self.dimension} {self.level}"


def srm_within(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Hold the units of every part that is known before exposure against the weights.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``warn`` where a part fails at .001 after Holm's correction over all parts; it points to
        the cause of a mismatch, and invalidates nothing by itself.
    """
    if clusters_drawn(experiment):
        yield not_checked("srm_within", "whole clusters were drawn; check `srm` counts those.")
        return
    weights = {arm.name: arm.weight for arm in experiment.analyzed_arms}
    parts = [
        part
        for part in _parts(experiment, statistics)
        if _expects_enough(part.units, weights) and set(part.units) == set(weights)
    ]
    if not parts or len(weights) < 2:
        yield not_checked(
            "srm_within", "there are no segments, days or baseline states with enough units."
        )
        return
    tested = sorted(
        (
            (against_weights(list(part.units.values()), list(weights.values())), part)
            for part in parts
        ),
        key=lambda each: each[0].p_value,
    )
    below = experiment.limits("srm_within")["warns_below_p"]
    adjusted = _holm([found.p_value for found, _ in tested])
    off = [(part, found, p) for (found, part), p in zip(tested, adjusted, strict=True) if p < below]
    smallest = tested[0][1]
    yield Check(
        id="srm_within",
        severity="warn" if off else "pass",
        scope="experiment",
        message=_said(off, len(parts), below) if off else _fine(len(parts), adjusted[0], smallest),
        figures={
            "parts": len(parts),
            "smallest_p": tested[0][0].p_value,
            "smallest_p_adjusted": adjusted[0],
            "off": [
                {"part": part.name, "units": dict(part.units), "p_adjusted": p}
                for part, _, p in off
            ],
            "warns_below_p": below,
        },
    )


def _parts(experiment: Experiment, statistics: Statistics) -> Iterator[_Part]:
    names = [arm.name for arm in experiment.analyzed_arms]
    found: dict[tuple[str, str], dict[str, int]] = {}

    def add(dimension: str, level: str, arm: str, units: int) -> None:
        if arm in names:
            of = found.setdefault((dimension, level), dict.fromkeys(names, 0))
            of[arm] += units

    segments = statistics.segments
    for group, units in zip(segments.groups, segments.units, strict=True):
        if not group.population and group.dimension is not None:
            level = "NULL" if group.level is None else group.level
            add(group.dimension, level, group.arm, int(units))
    for day, of in allocation(experiment, statistics).items():
        for arm, units in of.items():
            add("day", day.isoformat(), arm, units)
    for cell, units in zip(statistics.cells.cells, statistics.cells.units, strict=True):
        if experiment.lookback:
            add("baseline_state", state_name(cell.baseline), cell.arm, int(units))
    mature = {facts.arm: facts.matured_units for facts in statistics.arms}
    if mature != {facts.arm: facts.units for facts in statistics.arms}:
        for arm, units in mature.items():
            add(_MATURE, "mature units", arm, units)
    for (dimension, level), of in found.items():
        yield _Part(dimension=dimension, level=level, units=of)


def _expects_enough(units: Mapping[str, int], weights: Mapping[str, float]) -> bool:
    total, whole = sum(units.values()), sum(weights.values())
    return min(total * weight / whole for weight in weights.values()) >= SMALLEST_EXPECTED


def _holm(p_values: list[float]) -> list[float]:
    """Adjusted p-values of ascending ones: never below the one before."""
    adjusted, largest = [], 0.0
    for position, p in enumerate(p_values):
        largest = max(largest, min(1.0, (len(p_values) - position) * p))
        adjusted.append(largest)
    return adjusted


def _said(off: Sequence[tuple[_Part, object, float]], parts: int, below: float) -> str:
    shown = [
        f"{part.name} ({words.by_arm(dict(part.units))}; {words.p_value(p)})"
        for part, _, p in off[:3]
    ]
    more = f" and {words.count(len(off) - 3)} more" if len(off) > 3 else ""
    return (
        f"Of {words.count(parts)} parts, the split is off in {words.listed(shown)}{more}, below "
        f"{below:g} over all parts (Holm). That is where to look for what assigns, logs or "
        "drops units unevenly."
    )


def _fine(parts: int, p: float, part: _Part) -> str:
    return (
        f"The split holds within all {words.count(parts)} parts by segment, day and baseline state "
        f"(smallest {words.p_value(p)} over all parts, {part.name})."
    )
