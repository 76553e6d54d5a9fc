"""What was missing, capped or hidden in the columns that metrics read? Design 3 and 4."""

from collections.abc import Iterator

from pathlift.judgement import words
from pathlift.judgement.checks.facts import (
    analysed_units,
    compare,
    counted,
    not_checked,
)
from pathlift.registry.experiment import Experiment, UnitColumn
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics


def missing_outcome(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Test whether a metric's NULLs, which are left out, are spread alike over the arms.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        One for each metric with `null: exclude`: ``fail`` below p = .001, ``warn`` below .01.
    """
    excluding = [
        metric
        for metric in experiment.metrics
        if isinstance(metric.source, UnitColumn) and metric.source.null == "exclude"
    ]
    if experiment.data.shape == "totals":
        yield _blank_days(statistics)
        return
    if not excluding:
        yield not_checked(
            "missing_outcome", "no metric leaves out NULL. A metric says so with `null: exclude`."
        )
    units = analysed_units(experiment, statistics)
    for metric in excluding:
        found = compare(
            counted(experiment, statistics, "missing_outcome", other=metric.name),
            units,
            experiment,
            "missing_outcome",
        )
        limit = found.limits
        p = found.tested.p_value if found.tested is not None else 1.0
        severity: Severity = (
            "fail"
            if p < limit["fails_below_p"]
            else "warn"
            if p < limit["warns_below_p"]
            else "info"
            if found.share
            else "pass"
        )
        message = (
            f"{metric.name} is missing for {words.by_arm(found.hits, found.totals)}; these units "
            "are left out of it."
        )
        if found.tested is not None and p < limit["warns_below_p"]:
            message += (
                f" The share differs by arm ({found.tested.said}), so those who are left are no "
                "longer comparable. Find the missing values, or count them with `null: zero`."
            )
        yield Check(
            id="missing_outcome",
            severity=severity,
            scope=f"metric:{metric.name}",
            message=message if found.share else f"{metric.name} is known for every unit.",
            figures=found.figures(),
        )


def _blank_days(statistics: Statistics) -> Check:
    """In totals a day without a value leaves its metric in every arm, so arms stay comparable."""
    rows = {
        metric: statistics.count("missing_outcome", other=metric)
        for metric in dict.fromkeys(count.other for count in statistics.counts("missing_outcome"))
    }
    blank = {metric: count for metric, count in rows.items() if count}
    unmatched = statistics.count("unmatched_days")
    said = []
    if blank:
        said.append(f"Rows without a value: {words.by_arm(blank)}.")
    if unmatched:
        said.append(f"Days missing in one arm: {words.count(unmatched)}.")
    if said:
        said.append("These days leave the metric in every arm.")
    return Check(
        id="missing_outcome",
        severity="info" if said else "pass",
        scope="experiment",
        message=" ".join(said) or "Every row has a value for every metric.",
        figures={
            "rows_without_value": rows,
            "unmatched_days": unmatched,
            "days_used": {c.other: c.count for c in statistics.counts("days_used")},
        },
    )


def missing_covariate(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count covariates that are unknown; one known before exposure is missing alike in all arms.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    if not experiment.covariates:
        yield not_checked("missing_covariate", "no `covariates:` are declared.")
        return
    units = analysed_units(experiment, statistics)
    found = {
        covariate.name: compare(
            counted(experiment, statistics, "missing_covariate", other=covariate.name),
            units,
            experiment,
            "missing_covariate",
        )
        for covariate in experiment.covariates
    }
    missing = {name: of for name, of in found.items() if of.share}
    uneven = {name: of for name, of in missing.items() if of.certain}
    said = [
        f"{name} is missing for {words.by_arm(of.hits, of.totals)}." for name, of in missing.items()
    ]
    if missing:
        said.append("Each counts as 0, with an indicator beside it that adjusts as well.")
    for name, of in uneven.items():
        if of.tested is not None:
            said.append(
                f"{name} is missing unevenly ({of.tested.said}), which nothing known before "
                "exposure can be. Check when it was written, or leave it out."
            )
    yield Check(
        id="missing_covariate",
        severity="warn" if uneven else "info" if missing else "pass",
        scope="experiment",
        message=" ".join(said) or "Every covariate is known for every unit.",
        figures={name: of.figures() for name, of in found.items()},
    )


def winsorising(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Say where metrics were capped, and where a declared cap was not applied.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    capped = [metric for metric in experiment.metrics if metric.winsorize is not None]
    if not capped:
        yield not_checked("winsorising", "no metric declares `winsorize:`.")
    for metric in capped:
        cap = statistics.caps.get(metric.name)
        if cap is None:
            yield not_checked(
                "winsorising",
                f"{metric.name} is not estimated, so it has no threshold.",
                f"metric:{metric.name}",
            )
            continue
        message = (
            f"{metric.name} is not capped: {(cap.reason or 'no threshold was found').rstrip('.')}."
            if cap.threshold is None
            else f"{metric.name} is capped at {cap.threshold:g}, the {cap.quantile:g} quantile of "
            f"{words.count(cap.nonzero_units)} units other than 0 in all arms; "
            f"units capped: {words.count(cap.capped_units)}. `sensitivity` has the raw reading."
            if not cap.reason
            else f"{metric.name} is capped at {cap.threshold:g}, the {cap.reason}; units capped: "
            f"{words.count(cap.capped_units)}. `sensitivity` has the raw reading."
        )
        yield Check(
            id="winsorising",
            severity="info",
            scope=f"metric:{metric.name}",
            message=message,
            figures={
                "quantile": cap.quantile,
                "threshold": cap.threshold,
                "nonzero_units": cap.nonzero_units,
                "capped_units": cap.capped_units,
                "reason": cap.reason,
            },
        )
