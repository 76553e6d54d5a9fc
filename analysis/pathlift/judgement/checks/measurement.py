"""Are the stages observed alike in every arm and on every day? Methods 4, V12.

Cannot tell behaviour from logging: a stage that is slow in one arm is missing before more of its
purchases on perfect logs. So a difference warns, and only what behaviour cannot explain fails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pathlift.judgement import words
from pathlift.judgement.checks.by_cluster import shares_by_cluster
from pathlift.judgement.checks.facts import compare, not_checked, worst
from pathlift.judgement.checks.outages import in_outage_on, outside
from pathlift.judgement.checks.stages import NO_STAGES
from pathlift.registry.experiment import Experiment, StageDefinition
from pathlift.result.model import Check, Severity
from pathlift.statistics.cells import UNKNOWN, label
from pathlift.statistics.collected import Statistics

ENOUGH_CONVERTED = 20
_PLACE = {"need": 16, "touchpoint": 4, "trust": 1}


def measurement(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Hold the stages observed before a conversion, and the firing of rules, against each other.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One for each stage, and one of scope ``orderings`` on conversions with every stage.
    """
    if not experiment.stages:
        yield not_checked("measurement", NO_STAGES, "orderings")
        return
    by_label = _converted(experiment, statistics)
    for stage in experiment.stages:
        yield _stage(experiment, statistics, stage, by_label)
    yield _completeness(experiment, by_label)


def _converted(experiment: Experiment, statistics: Statistics) -> dict[str, dict[int, int]]:
    """Mature conversions by arm and label; labels with a stage in outage are left out."""
    found: dict[str, dict[int, int]] = {arm.name: {} for arm in experiment.analyzed_arms}
    for row, cell in enumerate(statistics.cells.cells):
        if cell.arm in found and cell.maturity >= statistics.label_class and cell.label != UNKNOWN:
            labels = found[cell.arm]
            labels[cell.label] = labels.get(cell.label, 0) + int(statistics.cells.converted[row])
    return found


def _stage(
    experiment: Experiment,
    statistics: Statistics,
    stage: StageDefinition,
    by_label: Mapping[str, Mapping[int, int]],
) -> Check:
    totals = {arm: sum(labels.values()) for arm, labels in by_label.items()}
    seen = {
        arm: sum(n for code, n in labels.items() if code // _PLACE[stage.name] % 4)
        for arm, labels in by_label.items()
    }
    by_cluster = shares_by_cluster(
        experiment,
        statistics,
        lambda code: bool(code // _PLACE[stage.name] % 4),
        lambda code: code != UNKNOWN,
        converted=True,
    )
    found = compare(seen, totals, experiment, "measurement", tested=by_cluster)
    differs = found.material
    silences = _silences(experiment, statistics, stage.name)
    said, severities = [], list[Severity]()
    if not sum(totals.values()):
        severities.append("not_checked")
        said.append(
            f"Not checked: no mature unit{outside(experiment)} has converted, so nothing shows "
            f"whether {stage.name} is observed before a conversion."
        )
    else:
        severities.append(("fail" if stage.complete else "warn") if differs else "pass")
        said.append(f"{stage.name} observed before a conversion: {words.by_arm(seen, totals)}.")
    if differs and found.tested is not None:
        fewest = min(
            (arm for arm in totals if totals[arm]), key=lambda arm: seen[arm] / totals[arm]
        )
        said.append(
            f"Fewer conversions with {stage.name} in {fewest} ({found.tested.said}): "
            + (
                "every conversion must pass this stage, so it is logging. Fix it before reading "
                "orderings."
                if stage.complete
                else "behaviour or logging. Compare the arms' logs before reading orderings."
            )
        )
    if silences:
        severities.append("fail")
        said.extend(silence.said(stage.name) for silence in silences[:3])
        if len(silences) > 3:
            said.append(f"And {len(silences) - 3} more such days.")
        said.append(
            "Find out what stopped logging; orderings of these units are not what happened."
        )
    return Check(
        id="measurement",
        severity=worst(severities),
        scope=f"stage:{stage.name}",
        message=" ".join(said),
        figures={
            **found.figures(),
            "complete": stage.complete,
            "silent": [silence.figures() for silence in silences],
        },
    )


def _completeness(experiment: Experiment, by_label: Mapping[str, Mapping[int, int]]) -> Check:
    totals = {arm: sum(labels.values()) for arm, labels in by_label.items()}
    if not sum(totals.values()):
        return not_checked(
            "measurement",
            f"no mature unit{outside(experiment)} has converted, so nothing shows how many "
            "conversions have every stage.",
            "orderings",
        )
    complete = {
        arm: sum(
            n
            for code, n in labels.items()
            if label(code, experiment.stage_names).kind == "complete"
        )
        for arm, labels in by_label.items()
    }
    found = compare(complete, totals, experiment, "measurement")
    mostly = found.limits["warns_below"]
    short = [
        arm
        for arm, total in totals.items()
        if total >= ENOUGH_CONVERTED and complete[arm] / total < mostly
    ]
    few = found.share < mostly or bool(short)
    stages = words.listed(experiment.stage_names)
    message = f"Conversions with {stages} all observed before: {words.by_arm(complete, totals)}."
    if few:
        message += (
            f" Where that is fewer than {words.percent(mostly)}, what is observed is not how most "
            "units came to convert. Add conditions for the stages that are missing, "
            "or lengthen the window."
        )
    return Check(
        id="measurement",
        severity="warn" if few else "pass",
        scope="orderings",
        message=message,
        figures={**found.figures(), "arms": short},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Silence:
    """A rule that fired for none of a day's units, where many were expected."""

    arm: str
    rule: int
    surface: str
    day: str
    units: int
    expected: float

    def said(self, stage: str) -> str:
        surface = f" on {self.surface}" if self.surface else ""
        return (
            f"Rule {self.rule + 1} of {stage}{surface} held for none of the "
            f"{words.count(self.units)} units of {self.arm} first exposed on {self.day}, where "
            f"{self.expected:,.0f} were expected from the other days."
        )

    def figures(self) -> dict[str, str | int | float]:
        return {
            "arm": self.arm,
            "rule": self.rule,
            "surface": self.surface,
            "day": self.day,
            "units": self.units,
            "fired": 0,
            "expected": self.expected,
        }


def _silences(experiment: Experiment, statistics: Statistics, stage: str) -> list[_Silence]:
    # a Poisson count of 20 is 0 twice in a billion
    enough = experiment.limits("measurement")["silent_where_expected"]
    days: dict[tuple[str, int, str], dict[str, tuple[int, int]]] = {}
    for row in statistics.rules:
        if (
            row.stage == stage
            and _ended(experiment, statistics, row.day)
            and not in_outage_on(experiment, stage, row.day)
        ):
            of = days.setdefault((row.arm, row.rule, row.surface), {})
            units, fired = of.get(row.day, (0, 0))
            of[row.day] = (units + row.units, fired + row.fired)
    found = []
    for (arm, rule, surface), of in days.items():
        for day, (units, fired) in of.items():
            others = [counts for other, counts in of.items() if other != day]
            whole = sum(count for count, _ in others)
            rate = sum(count for _, count in others) / whole if whole else 0.0
            if fired == 0 and units * rate >= enough:
                found.append(
                    _Silence(
                        arm=arm,
                        rule=rule,
                        surface=surface,
                        day=day,
                        units=units,
                        expected=units * rate,
                    )
                )
    return sorted(found, key=lambda silence: (silence.day, silence.arm, silence.rule))


def _ended(experiment: Experiment, statistics: Statistics, day: str) -> bool:
    """Whether every unit of an exposure day had its whole window: else few firings are normal."""
    if experiment.window is None or statistics.watermark is None:
        return True
    midnight = datetime.combine(
        date.fromisoformat(day) + timedelta(days=1), time(0), tzinfo=ZoneInfo(experiment.timezone)
    )
    watermark = statistics.watermark
    if watermark.tzinfo is None:
        watermark = watermark.replace(tzinfo=UTC)
    return midnight.astimezone(UTC) + experiment.window + experiment.ingestion_lag <= watermark
