"""Who is analysed: exposures are read, units get their first arm, and the period decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes import exposing, identities, quality
from pathlift.outcomes.arms import counted
from pathlift.outcomes.calendar import Days, day_start, days_between, moment
from pathlift.outcomes.composing import aliased, compose, parse
from pathlift.outcomes.fact_table import Doubt
from pathlift.outcomes.relations import Names
from pathlift.outcomes.running import Run, refuse
from pathlift.registry.experiment import Experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """When the analysed units were exposed.

    Attributes
    ----------
    days : Days or None
        From the first to the last exposure; None where the data have no times.
    first, last : mapping of str to int
        Instants by arm; empty where the data have no times.
    others : int
        Units that were exposed and are not analysed.
    """

    days: Days | None
    first: Mapping[str, int]
    last: Mapping[str, int]
    others: int


def read_exposure_log(run: Run) -> int | None:
    """Count exposure rows; the instant of the latest one read, None where the data have no times.

    Parameters
    ----------
    run : Run
        What is known so far.

    Returns
    -------
    int or None

    Raises
    ------
    DataError
        If no row lies before the bound; if a unit repeats and no time tells which row is first.
    """
    query = exposing.log_of(run.exposures, run.experiment, run.bound)
    rows = run.ask("exposure_log", query)
    run.quality.extend(quality.of_exposure_log(rows, run.experiment))
    lasts: list[int] = [row[3] for row in rows if row[3] is not None]
    if not lasts:
        raise DataError(
            [
                Problem(
                    message=f"no exposure lies before {moment(run.bound):%Y-%m-%d %H:%M} UTC",
                    hint="look at `--as-of`, and at the unit of times written as integers",
                )
            ]
        )
    if not run.exposures.timed:
        _refuse_repeated_units(run)
        return None
    return max(lasts)


def _refuse_repeated_units(run: Run) -> None:
    if "unit" not in run.exposures.types:
        return
    wrong = exposing.misdelivered(run.exposures, run.experiment)
    drops = run.experiment.analysis.misdelivered == "exclude"
    query = compose(
        "checks/repeated_units",
        run.exposures.sources,
        delivered=exp.not_(wrong) if drops else exp.true(),
    )
    units, rows, example = run.ask("checks/repeated_units", query)[0]
    if units:
        one = run.described["units"]
        column = Names(one, run.experiment).theirs("unit")
        stand = "stands" if units == 1 else "stand"
        raise DataError(
            [
                Problem(
                    message=f"units: {counted(units, 'unit')} {stand} in {rows:,} rows, "
                    f"such as {example!r} in {column.name!r}",
                    at=column.at or one.source.at,
                    hint="name the column of first exposure under `columns: {exposed_at: ...}`"
                    ", or keep one row per unit",
                )
            ]
        )


def expose(run: Run, watermark: int) -> Analysed:
    """Make the table ``exposed``, and say when its analysed units were exposed.

    Parameters
    ----------
    run : Run
        What is known so far.
    watermark : int
        Instant from which on rows are not read.

    Returns
    -------
    Analysed

    Raises
    ------
    DataError
        If no unit is left.
    """
    statement = exposing.first_exposures(run.exposures, run.experiment, watermark)
    run.ask("first_exposures", statement)
    rows = run.ask("exposed_summary", _summary(run))
    run.quality.extend(quality.of_exposed(rows, run.experiment, run.exposures.carried))
    if run.exposures.assigned is not None:
        found = run.ask(
            "assignments", exposing.assignments(run.exposures, run.experiment, watermark)
        )
        run.quality.extend(quality.of_assignments(found, run.experiment))
    known = run.described.get("identities")
    if known is not None:
        of_table = run.ask("identities", identities.table_query(known, run.experiment))
        of_units = run.ask("identified_units", identities.units_query(known, run.experiment))
        run.quality.extend(identities.counts(of_table, of_units, run.experiment))
    firsts: dict[str, int] = {}
    lasts: dict[str, int] = {}
    for row in rows:
        if row[9] is not None:
            arm = run.arm(row[0])
            firsts[arm] = min(firsts.get(arm, row[9]), row[9])
            lasts[arm] = max(lasts.get(arm, row[10]), row[10])
    if not firsts:
        raise DataError([_nobody(rows)])
    if not run.exposures.timed:
        return Analysed(days=None, first={}, last={}, others=0)
    return Analysed(
        days=days_between(min(firsts.values()), max(lasts.values()), run.experiment.timezone),
        first=firsts,
        last=lasts,
        others=sum(row[11] - row[2] for row in rows),
    )


def _nobody(rows: Sequence[tuple[Any, ...]]) -> Problem:
    early, late = sum(row[4] for row in rows), sum(row[5] for row in rows)
    return Problem(
        message=f"no unit is left to analyse: {early:,} were first exposed before the period, "
        f"{late:,} after it",
        hint="look at `period`, `timezone` and the policies under `analysis`",
    )


def refuse_doubts(run: Run, doubts: Sequence[Doubt]) -> None:
    """Refuse values of first rows that cannot be counted with, with counts per arm.

    Parameters
    ----------
    run : Run
        What is known so far.
    doubts : sequence of Doubt
        Rules that no value may break.
    """
    if not doubts:
        return
    counts = [
        aliased(parse("count(*) filter (where $w)", w=doubt.wrong), f"n{place}")
        for place, doubt in enumerate(doubts)
    ]
    rows = run.ask(
        "checks/unit_values_refused", compose("checks/unit_values_refused", doubts=counts)
    )
    problems = []
    for place, doubt in enumerate(doubts, start=1):
        found = {run.arm(row[0]): row[place] for row in rows if row[place]}
        if found:
            per_arm = ", ".join(f"{count:,} in {arm}" for arm, count in found.items())
            problems.append(
                Problem(
                    message=f"{counted(sum(found.values()), 'unit')} ({per_arm}) {doubt.message}",
                    at=doubt.at,
                    hint=doubt.hint,
                )
            )
    refuse(problems)


def _summary(run: Run) -> exp.Expr:
    start, stop = _period(run.experiment)
    return compose(
        "exposed_summary",
        start=start,
        stop=stop,
        conflicting=exposing.conflicting(run.exposures),
    )


def _period(experiment: Experiment) -> tuple[int, int]:
    """Period as instants; without one, all times."""
    start = -(1 << 62)
    if experiment.first_day is not None:
        start = day_start(experiment.first_day, experiment.timezone)
    stop = 1 << 62
    if experiment.last_day is not None:
        stop = day_start(experiment.last_day + timedelta(days=1), experiment.timezone)
    return start, stop
