"""Can the log of events be believed, and does it fit the exposures? Methods 4, V5 and V6."""

from collections.abc import Iterator, Mapping

from pathlift.judgement import words
from pathlift.judgement.checks.exposures import counts_duplicates, duplicate_exposures
from pathlift.judgement.checks.facts import (
    Comparison,
    analysed_units,
    compare,
    counted,
    has_counter,
    not_checked,
)
from pathlift.judgement.checks.rows import rows_by_arm
from pathlift.registry.experiment import Experiment
from pathlift.result.model import Check, Severity
from pathlift.statistics.collected import Statistics

_NO_EVENTS = "there is no log of events. Declare `data.exposures` and `data.events`."


def duplicates(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count copies of events, which were set aside before anything else.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        Above 0.1% of rows ``warn``; a certain difference by arm of more than 0.1 points ``fail``.
        ``not_checked`` without `event_id`.
    """
    repeats = duplicate_exposures(experiment, statistics)
    if experiment.data.source("events") is None:
        yield not_checked("duplicates", f"{_NO_EVENTS} {repeats}".strip())
        return
    if not counts_duplicates(experiment, statistics):
        yield not_checked(
            "duplicates",
            "events have no `event_id`, so copies cannot be recognised and none were dropped. "
            f"Declare `columns.event_id`. {repeats}".strip(),
        )
        return
    limit = experiment.limits("duplicates")
    copies = statistics.count("duplicate_events")
    rows = _rows_read(statistics, copies)
    share = copies / rows if rows else 0.0
    found = rows_by_arm(experiment, statistics, "duplicate_events", "duplicates")
    certain, material = found is not None and found.certain, found is not None and found.material
    severity: Severity = (
        "fail"
        if material
        else "warn"
        if share > limit["warns_above"] or certain
        else "info"
        if copies
        else "pass"
    )
    message = "No event stands twice in the log."
    if copies:
        message = (
            f"Rows of events that are copies: {words.count(copies)} ({words.percent(share)}). "
            "They are set aside."
        )
        if found is not None and found.tested is not None and certain:
            message += (
                f" Their share differs by arm ({words.by_arm(found.hits, found.totals)}; "
                f"{found.tested.said}): the arms log differently. Fix that before comparing what "
                "is counted from events."
            )
        elif share > limit["warns_above"]:
            message += " Look for a client that sends twice."
    yield Check(
        id="duplicates",
        severity=severity,
        scope="experiment",
        message=f"{message} {repeats}".strip(),
        figures={
            "duplicate_events": copies,
            "event_rows": rows,
            "share": share,
            "by_arm": found.figures() if found else None,
            "duplicate_exposures": counted(experiment, statistics, "duplicate_exposures"),
            **limit,
        },
    )


def purchase_at_exposure(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count units that converted at the very instant of exposure; that conversion does not count.

    A certain difference by arm of more than 0.1 points invalidates conversion.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
    """
    scope = f"metric:{experiment.conversion}" if experiment.conversion else "experiment"
    if experiment.outcome is None:
        yield not_checked(
            "purchase_at_exposure", "no `outcome:` is declared, so no purchase has a time."
        )
        return
    hits = counted(experiment, statistics, "purchase_at_exposure")
    found = compare(
        hits, analysed_units(experiment, statistics), experiment, "purchase_at_exposure"
    )
    many = found.share > found.limits["warns_above"]
    total = sum(hits.values())
    message = "No unit converted at the very instant of its exposure."
    if total:
        message = (
            f"Units that converted at the very instant of their exposure: {words.count(total)} "
            f"({words.by_arm(hits, found.totals)}). That is not counted, since it cannot be an "
            "effect."
        )
        if found.certain and found.tested is not None:
            message += (
                f" The share differs by arm ({found.tested.said}): one arm logs exposure late, or "
                "its times are too coarse. Log exposure when it happens, finer than a second."
            )
        elif many:
            message += " Times are too coarse to tell exposure from purchase; log finer ones."
    yield Check(
        id="purchase_at_exposure",
        severity="fail"
        if found.material
        else "warn"
        if found.certain or many
        else "info"
        if total
        else "pass",
        scope=scope,
        message=message,
        figures=found.figures(),
    )


def clock(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Count rows received more than a day before or after they say they occurred (E17).

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        Above 1% or where arms differ ``warn``; and, with stages, one of scope ``orderings`` that
        fails above a fifth, or where the share differs by arm by more than 5 points.
    """
    events = experiment.data.source("events")
    if events is None:
        yield not_checked("clock", _NO_EVENTS)
        return
    if not (has_counter(statistics, "clock_skewed") or "received_at" in events.columns):
        yield not_checked(
            "clock",
            "events have no `received_at`, so the client's clock cannot be held against the "
            "server's. Declare `columns.received_at`.",
        )
        return
    limit = experiment.limits("clock")
    skewed = statistics.count("clock_skewed")
    rows = _rows_read(statistics, skewed)
    share = skewed / rows if rows else 0.0
    found = rows_by_arm(experiment, statistics, "clock_skewed", "clock")
    certain = found is not None and found.certain
    message = "No event was received more than 24 hours away from when it says it occurred."
    if skewed:
        message = (
            "Rows of events received more than 24 hours away from when they say they occurred: "
            f"{words.count(skewed)} ({words.percent(share)}). Order and windows follow "
            "`occurred_at`; map the server's time to it if you trust that more."
        )
        if found is not None and found.tested is not None and certain:
            message += (
                f" The share differs by arm ({words.by_arm(found.hits, found.totals)}; "
                f"{found.tested.said})."
            )
    yield Check(
        id="clock",
        severity="warn"
        if share > limit["warns_above"] or certain
        else "info"
        if skewed
        else "pass",
        scope="experiment",
        message=message,
        figures={
            "skewed": skewed,
            "event_rows": rows,
            "share": share,
            "counts": counted(experiment, statistics, "clock_skewed"),
            "by_arm": found.figures() if found else None,
            **limit,
            "hours": 24,
        },
    )
    unlike = found is not None and certain and found.difference > limit["fails_above_difference"]
    if experiment.stages and (share > limit["fails_above"] or unlike):
        yield _wrong_clocks(share, found, limit, unlike=unlike)


def _wrong_clocks(
    share: float, found: Comparison | None, limit: Mapping[str, float], *, unlike: bool
) -> Check:
    """The order of events is what their times say: wrong clocks are wrong orderings (E17)."""
    where = "" if found is None else f" ({words.by_arm(found.hits, found.totals)})"
    more = ", and in one arm more than in another" if unlike else ""
    return Check(
        id="clock",
        severity="fail",
        scope="orderings",
        message=(
            f"Rows of events that were received more than 24 hours away from when they say they "
            f"occurred are {words.percent(share)}{where}{more}: too many for the order of stages "
            "to be that of what happened. Map the server's time to `occurred_at`, or mend the "
            "clients' clocks."
        ),
        figures={
            "share": share,
            "by_arm": found.figures() if found else None,
            "fails_above": limit["fails_above"],
            "fails_above_difference": limit["fails_above_difference"],
            "hours": 24,
        },
    )


def coverage(experiment: Experiment, statistics: Statistics) -> Iterator[Check]:
    """Guard against quiet zeros: events without exposed units, conditions that never hold.

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics

    Yields
    ------
    Check
        ``info`` on the log as a whole, ``warn`` where rows have no unit; ``warn`` for each
        condition that is true for no row.
    """
    events = experiment.data.source("events")
    if events is None:
        yield not_checked("coverage", _NO_EVENTS)
        return
    rows = statistics.count("event_rows_read")
    nobody = statistics.count("event_null_units")
    column = events.columns["unit"].name if "unit" in events.columns else experiment.unit
    strangers = max(statistics.count("events_without_exposed_unit") - nobody, 0)
    share = strangers / max(rows, strangers) if strangers else 0.0
    found = compare(
        counted(experiment, statistics, "units_with_events"),
        analysed_units(experiment, statistics),
        experiment,
    )
    yield Check(
        id="coverage",
        severity="warn" if nobody else "info",
        scope="experiment",
        message=(
            f"{words.count(rows)} rows of events were read, {words.count(strangers)} of them "
            f"({words.percent(share)}) of units that were never exposed. Units with any event: "
            f"{words.by_arm(found.hits, found.totals)}.{_of_nobody(nobody, rows, column)}"
        ),
        figures={
            "event_rows": rows,
            "event_rows_without_unit": nobody,
            "events_without_exposed_unit": strangers,
            "share_without_exposed_unit": share,
            "units_with_events": found.figures(),
        },
    )
    for condition, reasons in _never_true(statistics).items():
        yield _missing(experiment, statistics, condition, reasons)


def _of_nobody(nobody: int, rows: int, column: str | None) -> str:
    """Rows without a unit: what they count is lost, and reads as 0 for whoever caused it."""
    if not nobody:
        return ""
    share = f" ({words.percent(nobody / rows)})" if 0 < nobody <= rows else ""
    return (
        f" Rows of events whose unit is NULL: {words.count(nobody)}{share}. A purchase among them "
        "is counted for nobody, so its unit reads as 0. Find out why the log lost them; if they "
        "cannot belong to an exposed unit, leave them out with "
        f'`where: "{column or "unit"} is not null"`.'
    )


def _never_true(statistics: Statistics) -> dict[str, list[str]]:
    """Conditions without a row, with what the reader said of them; a stage may have several."""
    found: dict[str, list[str]] = {}
    for entry in statistics.observations.get("coverage", ()):
        condition, _, said = entry.partition(": ")
        found.setdefault(condition, []).append(said)
    for condition in (count.other for count in statistics.counts("condition_rows")):
        if condition and statistics.count("condition_rows", other=condition) == 0:
            found.setdefault(condition, [])
    return found


def _missing(
    experiment: Experiment, statistics: Statistics, condition: str, reasons: list[str]
) -> Check:
    kind, _, name = condition.partition(":")
    metric = name if kind == "metric" else "" if kind == "stage" else experiment.conversion or ""
    subject = "the outcome" if kind == "outcome" else f"{kind} {name}"
    scope = condition if kind == "stage" else f"metric:{metric}" if metric else "experiment"
    found = "; ".join(reasons) or "its condition holds for no row of the event log"
    consequence = f" {metric} is not estimated." if metric in statistics.not_estimated else ""
    return Check(
        id="coverage",
        severity="warn",
        scope=scope,
        message=(
            f"For {subject}, {found}.{consequence} Compare the condition with the values in the "
            "data."
        ),
        figures={"condition": condition, "rows": 0, "reasons": reasons},
    )


def _rows_read(statistics: Statistics, at_least: int) -> int:
    """Rows of exposed units, where strangers' rows are counted apart."""
    rows = statistics.count("event_rows_read")
    return max(rows - statistics.count("events_without_exposed_unit"), at_least)
