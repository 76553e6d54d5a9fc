"""From the table of unit facts to the statistics of a run."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlglot import exp

from pathlift.errors import Problem
from pathlift.outcomes import invariants, known_before, quality
from pathlift.outcomes.analysed_units import Analysed
from pathlift.outcomes.arms import counted
from pathlift.outcomes.calendar import Days, moment
from pathlift.outcomes.clusters import MOST, cluster_table, clustered_arms, landmark_table
from pathlift.outcomes.composing import aliased, compose, name, parse
from pathlift.outcomes.crossed_units import crossed
from pathlift.outcomes.fact_table import FactTable, Fired, Number
from pathlift.outcomes.fingerprint import fingerprint
from pathlift.outcomes.following import Follow, times
from pathlift.outcomes.histograms import at_an_edge, histograms
from pathlift.outcomes.journeys import STAGE_BITS
from pathlift.outcomes.multiverse import multiverse
from pathlift.outcomes.observing import source_facts
from pathlift.outcomes.outliers import concentration
from pathlift.outcomes.running import Run, refuse
from pathlift.outcomes.tables import Populations, cells, sums
from pathlift.outcomes.time_invariants import check_times
from pathlift.outcomes.variables import Extent, moments
from pathlift.outcomes.winsorising import caps
from pathlift.registry.experiment import Experiment, RatioOf
from pathlift.statistics.cells import UNKNOWN
from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.moments import MomentTable


def create_facts(run: Run, query: exp.Expr) -> None:
    """Make the table ``facts``.

    Parameters
    ----------
    run : Run
        What is known so far.
    query : Expr
        A select.
    """
    table = parse("create or replace temp table facts as select 1")
    table.set("expression", query)
    run.ask("unit_facts", table)


def add_facts(run: Run, query: exp.Expr) -> None:
    """Add more units to the table ``facts``.

    Parameters
    ----------
    run : Run
        What is known so far.
    query : Expr
        A select with the columns of the table.
    """
    table = parse("insert into facts select 1")
    table.set("expression", query)
    run.ask("unit_facts of more units", table)


def fact_table(
    run: Run,
    days: Days | None,
    metrics: Sequence[Number],
    covariates: Sequence[Number],
    fired: Sequence[Fired] = (),
    following: Follow | None = None,
) -> FactTable:
    """What stands in the table ``facts``.

    Parameters
    ----------
    run : Run
        What is known so far.
    days : Days or None
        Days of exposure.
    metrics : sequence of Number
    covariates : sequence of Number
    fired : sequence of Fired, optional
        Rules of stages.
    following : Follow, optional
        In which bins of time units had the outcome.

    Returns
    -------
    FactTable

    Raises
    ------
    DataError
        If a segment or stratum has too many levels.
    """
    return FactTable(
        arms=tuple(arm.name for arm in run.experiment.arms),
        stages=run.experiment.stage_names,
        lengths=run.maturity.lengths,
        days=days,
        metrics=tuple(metrics),
        covariates=tuple(covariates),
        segments=tuple(column.name for column in run.experiment.segments),
        strata=tuple(column.name for column in run.experiment.strata),
        levels=_levels(run),
        fired=tuple(fired),
        presets=tuple(preset.name for preset in run.experiment.presets),
        clustered=tuple(arm.name for _, arm in clustered_arms(run.experiment)),
        held=run.experiment.stages_looked_back_for,
        follow=following,
    )


def _levels(run: Run) -> dict[str, int]:
    """How many levels each segment and stratum has, by its column of ``facts``."""
    named = [
        (f"{kind}{place}", kind, column)
        for kind, columns in (
            ("segment", run.experiment.segments),
            ("stratum", run.experiment.strata),
        )
        for place, column in enumerate(columns)
    ]
    clustered = clustered_arms(run.experiment)
    if not named and not clustered:
        return {}
    counts = [
        aliased(
            parse(
                "count(distinct $c) + max(case when $c is null then 1 else 0 end)",
                c=name(column, "facts"),
            ),
            column,
        )
        for column, _, _ in named
    ]
    if clustered:
        counts.append(aliased(parse("count(distinct (facts.arm, facts.cluster))"), "cluster"))
    row = list(run.ask("levels", compose("caps", caps=counts))[0])
    clusters = row.pop() if clustered else 0
    refuse(
        [
            Problem(
                message=f"{kind} {column.name!r} has {count:,} levels; at most "
                f"{known_before.MAX_LEVELS} can be compared",
                at=column.at,
                hint="group them in a column of its own with `derive`",
            )
            for (_, kind, column), count in zip(named, row, strict=True)
            if count > known_before.MAX_LEVELS
        ]
        + _too_many_clusters(run, clusters)
    )
    return dict(zip((column for column, _, _ in named), row, strict=True)) | {"cluster": clusters}


def _too_many_clusters(run: Run, count: int) -> list[Problem]:
    if count <= MOST:
        return []
    at = next(arm.cluster.column.at for _, arm in clustered_arms(run.experiment) if arm.cluster)
    return [
        Problem(
            message=f"{counted(count, 'cluster')}; at most {MOST:,} can be read",
            at=at,
            hint="name coarser ones: larger clusters count what smaller ones within them share",
        )
    ]


def statistics(
    run: Run,
    table: FactTable,
    counters: Mapping[str, exp.Expr],
    watermark: int,
    analysed: Analysed,
) -> Statistics:
    """All tables of a run, their invariants checked.

    Parameters
    ----------
    run : Run
    table : FactTable
    counters : mapping of str to Expr
        Aggregates over ``facts`` for the quality table, by counter or ``counter/other``.
    watermark : int
    analysed : Analysed

    Returns
    -------
    Statistics

    Raises
    ------
    DataError
        If a sum could leave 128 bits.
    InvariantError
        If two tables disagree.
    """
    units, extents = summarise(run, table, counters)
    found_caps = caps(run.ask, run.experiment, table, run.maturity.metric_class, run.thresholds)
    chosen = moments(run.experiment, table, extents, found_caps, sum(units.values()))
    populations = populations_of(run.experiment, table)
    made_sums = sums(run.ask, table, chosen, populations, _units_per_combination(table, units))
    made_crossed = crossed(run, table, chosen, populations)
    made_cells = cells(run.ask, table, chosen)
    made_clusters = cluster_table(run.ask, table, chosen, populations)
    made_landmarks = landmark_table(run.ask, table)
    made_times = times(
        run.ask,
        table.follow,
        table.arms,
        table.stages,
        table.clustered,
        table.levels.get("cluster", 0),
    )
    made_multiverse = multiverse(run.ask, table, chosen, made_clusters)
    if run.engine.kind != "duckdb":  # of the two readings, DuckDB's is the reference
        run.not_estimated |= at_an_edge(run.ask, run.experiment, table)
    made_histograms = histograms(run.ask, run.experiment, table, populations.metrics)
    made_concentration = concentration(
        run.ask, run.experiment, table, run.maturity.metric_class, found_caps
    )
    arms = _arm_facts(table, units, made_sums.moments, run.maturity.label_class, analysed)
    invariants.check(
        arms=arms,
        moments=made_sums.moments,
        days=made_sums.days,
        segments=made_sums.segments,
        cells=made_cells,
        clusters=made_clusters,
        landmarks=made_landmarks,
        histograms=made_histograms,
        multiverse=made_multiverse,
        conversion=run.experiment.conversion,
        timed=table.days is not None,
    )
    check_times(
        made_times,
        made_sums.moments,
        made_cells,
        label_class=run.maturity.label_class,
        conversion=run.experiment.conversion,
        stages=table.stages,
    )
    return Statistics(
        arms=arms,
        lengths=run.maturity.lengths,
        metric_class=run.maturity.metric_class,
        population=populations.metrics,
        label_class=run.maturity.label_class,
        moments=made_sums.moments,
        crossed=made_crossed,
        days=made_sums.days,
        segments=made_sums.segments,
        cells=made_cells,
        clusters=made_clusters,
        landmarks=made_landmarks,
        histograms=made_histograms,
        times=made_times,
        multiverse=made_multiverse,
        quality=quality.told(run.quality),
        caps=found_caps,
        concentration=made_concentration,
        covariates=chosen.covariates,
        not_estimated=run.not_estimated,
        sources=source_facts(run.described, run.experiment),
        fingerprint=fingerprint(run.described, run.experiment),
        watermark=moment(watermark) if run.exposures.timed else None,
        last_event=_moment(run.last_event),
        observations=run.noticed,
        sql=dict(run.asked),
    )


def _arm_facts(
    table: FactTable,
    units: Mapping[str, int],
    made: MomentTable,
    label_class: int,
    analysed: Analysed,
) -> tuple[ArmFacts, ...]:
    """Every arm with its units, those whose windows have ended, and its first and last exposure."""
    matured = dict.fromkeys(table.arms, 0)
    for row, group in enumerate(made.groups):
        if not group.population and group.maturity >= label_class:
            matured[group.arm] += int(made.units[row])
    return tuple(
        ArmFacts(
            arm=arm,
            units=units.get(arm, 0),
            matured_units=matured[arm],
            first_exposure=_moment(analysed.first.get(arm)),
            last_exposure=_moment(analysed.last.get(arm)),
        )
        for arm in table.arms
    )


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else moment(instant)


def summarise(
    run: Run, table: FactTable, more: Mapping[str, exp.Expr]
) -> tuple[dict[str, int], dict[str, Extent]]:
    """Count units by arm, and find the extent of every number; counters go to the quality table.

    Parameters
    ----------
    run : Run
    table : FactTable
    more : mapping of str to Expr
        Counters over ``facts``.

    Returns
    -------
    units : dict of str to int
        By arm.
    extents : dict of str to Extent
        By column.
    """
    numbers = [*table.metrics, *table.covariates]
    asked: list[exp.Expr] = []
    for number in numbers:
        column = name(number.column, "facts")
        filled = parse("coalesce($c, 0)", c=column) if number.nullable else column
        asked.append(aliased(parse("min($c)", c=filled), f"low_{number.column}"))
        asked.append(aliased(parse("max($c)", c=filled), f"high_{number.column}"))
        lacking = parse("count(*) - count($c)", c=column)
        asked.append(aliased(lacking, f"no_{number.column}"))
    counters = {**_of_labels(run, table), **more}
    asked += [aliased(count, f"counter{place}") for place, count in enumerate(counters.values())]
    rows = run.ask("facts_summary", compose("facts_summary", aggregates=asked))
    units = {table.arms[row[0]]: row[1] for row in rows}
    extents: dict[str, Extent] = {}
    for place, number in enumerate(numbers):
        at = 2 + 3 * place
        extents[number.column] = Extent(
            low=min(row[at] for row in rows),
            high=max(row[at + 1] for row in rows),
            missing=sum(row[at + 2] for row in rows),
        )
        if number.nullable:
            counter = "missing_outcome" if number in table.metrics else "missing_covariate"
            lacking_by_arm = {table.arms[row[0]]: row[at + 2] for row in rows}
            run.quality.extend(quality.by_arm(counter, lacking_by_arm, number.name))
    for place, counter in enumerate(counters, start=2 + 3 * len(numbers)):
        by_arm = {table.arms[row[0]]: int(row[place] or 0) for row in rows}
        counted_as, _, other = counter.partition("/")
        run.quality.extend(quality.by_arm(counted_as, by_arm, other))
    return units, extents


def _of_labels(run: Run, table: FactTable) -> dict[str, exp.Expr]:
    if not table.stages:
        return {}
    ripe = f"facts.maturity >= {run.maturity.label_class} and facts.label not in (0, {UNKNOWN})"
    return {
        "labelled": parse(f"count(*) filter (where {ripe})"),
        "mechanical": parse(f"count(*) filter (where {ripe} and facts.at_start)"),
    } | {
        f"purchase_tied/{stage}": parse(
            f"count(*) filter (where {ripe} and facts.at_purchase & {STAGE_BITS[stage]} <> 0)"
        )
        for stage in table.stages
    }


def _units_per_combination(table: FactTable, units: Mapping[str, int]) -> int:
    """Units per combination of the keys of all tables, about."""
    combinations = len(table.arms) * (len(table.lengths) + 1)
    combinations *= len(table.days.days) if table.days else 1
    for place in range(len(table.segments)):
        combinations *= max(1, table.levels[f"segment{place}"])
    return sum(units.values()) // combinations


def populations_of(experiment: Experiment, table: FactTable) -> Populations:
    """Units of which each metric is read: those without a NULL in any of its parts.

    Parameters
    ----------
    experiment : Experiment
    table : FactTable

    Returns
    -------
    Populations
    """
    partial = {number.name: number.column for number in table.metrics if number.nullable}
    columns: dict[str, tuple[str, ...]] = {}
    metrics: dict[str, str] = {}
    for metric in experiment.metrics:
        parts = [metric.name]
        if isinstance(metric.source, RatioOf):
            parts = [metric.source.numerator, metric.source.denominator]
        lacking = [part for part in parts if part in partial]
        if lacking:
            population = "+".join(lacking)
            metrics[metric.name] = population
            columns[population] = tuple(partial[part] for part in lacking)
    return Populations(columns=columns, metrics=metrics)
