"""Have the windows ended, and does the log reach as far as it should? Methods 4, V9."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from pathlift.judgement import words
from pathlift.judgement.checks.facts import worst
from pathlift.judgement.deciding import deciding_metrics
from pathlift.judgement.maturity import Maturity, of_metric
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics

SILENCE = timedelta(days=1)


def maturity(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Say how many units each metric may be read for.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``info`` while windows are open, ``warn`` below half of a deciding metric or when the last
        event lies more than a day before the watermark.
    """
    of = {m.name: of_metric(experiment, statistics, m.name) for m in experiment.metrics}
    units = sum(
        f.units for f in statistics.arms if f.arm in {a.name for a in experiment.analyzed_arms}
    )
    too_few = experiment.limits("maturity")["warns_below"]
    open_ = {name: m for name, m in of.items() if not m.complete}
    least = min((of[m.name].share for m in deciding_metrics(experiment)), default=1.0)
    gap = (
        statistics.watermark - statistics.last_event
        if statistics.watermark is not None and statistics.last_event is not None
        else None
    )
    silent = gap is not None and gap > SILENCE
    said = []
    if not of:
        said.append("No metric is declared, so no window has to end.")
    elif not open_:
        said.append(f"All {words.count(units)} units are mature for every metric.")
    else:
        shares = words.listed(_shares(open_))
        said.append(
            f"Interim: mature {shares}. Only these units are read, but where open windows are "
            "counted in; run again when they have ended."
        )
    if least < too_few:
        said.append(f"Below {words.percent(too_few)}, no decision is worth stating.")
    if gap is not None and silent:
        said.append(
            f"The last event lies {_days(gap)} before the end of what was read "
            f"({statistics.watermark:%Y-%m-%d %H:%M} UTC). Units count as mature although their "
            "last events may be missing: load the rest of the log, or give its last day as --as-of."
        )
    severity: Severity = worst(
        [
            "warn" if silent or least < too_few else "pass",
            "info" if open_ else "pass",
        ]
    )
    yield Check(
        id="maturity",
        severity=severity,
        scope="experiment",
        message=" ".join(said),
        figures={
            "units": units,
            "matured": {name: m.matured for name, m in of.items()},
            "shares": {name: m.share for name, m in of.items()},
            "matured_by_arm": {facts.arm: facts.matured_units for facts in statistics.arms},
            "watermark": statistics.watermark.isoformat() if statistics.watermark else None,
            "last_event": statistics.last_event.isoformat() if statistics.last_event else None,
            "warns_below": too_few,
        },
    )


def _shares(open_: Mapping[str, Maturity]) -> Iterator[str]:
    """Metrics of one window are said together."""
    for maturity in dict.fromkeys(open_.values()):
        names = words.listed(name for name, of in open_.items() if of == maturity)
        yield (
            f"for {names} are {words.count(maturity.matured)} of {words.count(maturity.units)} "
            f"units ({words.percent(maturity.share)})"
        )


def _days(gap: timedelta) -> str:
    return f"{gap / timedelta(days=1):.1f} days"
