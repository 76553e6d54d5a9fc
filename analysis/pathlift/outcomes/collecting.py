"""From an experiment and its data to the statistics that inference and judgement may know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from sqlglot import exp

from pathlift.outcomes import event_counts, journey_facts, unit_table
from pathlift.outcomes.analysed_units import Analysed, expose, read_exposure_log
from pathlift.outcomes.calendar import day_start, instant
from pathlift.outcomes.choosing import engine_for
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.exposing import Exposures
from pathlift.outcomes.fact_table import FactTable
from pathlift.outcomes.identities import identified
from pathlift.outcomes.known_before import carried_columns
from pathlift.outcomes.logged import read_event_log
from pathlift.outcomes.maturing import maturity
from pathlift.outcomes.observing import observations
from pathlift.outcomes.problems import scan_problems
from pathlift.outcomes.remote import RemoteError, placed
from pathlift.outcomes.running import Run, refuse
from pathlift.outcomes.sources import describe
from pathlift.outcomes.summing_up import statistics
from pathlift.outcomes.totals import collect_totals
from pathlift.registry.engine import EngineKind
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import RuleCount, Statistics
from pathlift.statistics.spread import Spread

Progress = Callable[[float], None]
_WHO = {"journeys": "exposures", "units": "units"}


def collect(
    experiment: Experiment,
    *,
    as_of: date | None = None,
    engine: Engine | None = None,
    kind: EngineKind | None = None,
    memory: str | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
    thresholds: Mapping[str, float | None] | None = None,
) -> Statistics:
    """Aggregate an experiment's data.

    Parameters
    ----------
    experiment : Experiment
    as_of : date, optional
        Last day, in the experiment's time zone, that is read. Default: up to the latest exposure or
        event that does not lie in the future.
    engine : Engine, optional
        Allowed to read the experiment's files; default: one is opened and closed.
    kind : {'duckdb', 'spark'}, optional
        Of an engine opened here; default: what the definition says.
    memory : str, optional
        Of an engine opened here, such as ``4GB``.
    progress : callable, optional
        Of an engine opened here: called with the percentage done of the running query.
    now : datetime, optional
        Aware; what counts as the future. Default: the clock.
    thresholds : mapping of str to (float or None), optional
        By metric, what an earlier look winsorised at; it holds in place of a quantile.

    Returns
    -------
    Statistics

    Raises
    ------
    DataError
        If the data cannot be read as the definition says, with all reasons found.
    InvariantError
        If two tables of one run disagree, which is a bug.
    """
    if engine is None:
        with engine_for(experiment, kind=kind, memory=memory, progress=progress) as opened:
            return collect(experiment, as_of=as_of, engine=opened, now=now, thresholds=thresholds)
    try:
        if experiment.data.shape == "totals":
            totals = collect_totals(engine, experiment, _described(engine, experiment))
            found = replace(totals, engine=engine.name)
        else:
            prepared = prepare(experiment, engine, as_of=as_of, now=now, thresholds=thresholds)
            found = prepared.statistics()
    except RemoteError as error:
        raise placed(error, experiment) from error
    return found


def _described(engine: Engine, experiment: Experiment) -> Mapping[str, Described]:
    described = describe(engine, experiment)
    if engine.kind == "spark":
        from pathlift.outcomes.spark.unlike import unlike  # only where it is asked for

        refuse(unlike(engine, experiment, described))
    return described


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """The table ``facts`` stands in the engine; what is known of it.

    Attributes
    ----------
    run : Run
    table : FactTable
    counters : mapping of str to Expr
        Aggregates over ``facts`` for the quality table.
    watermark : int
    analysed : Analysed
    rules : tuple of RuleCount
        How often rules of stages fired.
    spreads : mapping of str to tuple of Spread
        Who got what, by family of kind concentration.
    """

    run: Run
    table: FactTable
    counters: Mapping[str, exp.Expr]
    watermark: int
    analysed: Analysed
    rules: tuple[RuleCount, ...] = ()
    spreads: Mapping[str, tuple[Spread, ...]] = field(default_factory=dict)

    def statistics(self) -> Statistics:
        """Add the facts up.

        Returns
        -------
        Statistics
        """
        found = statistics(self.run, self.table, self.counters, self.watermark, self.analysed)
        return replace(
            found, rules=self.rules, spreads=self.spreads, engine=self.run.engine_and_road
        )


def prepare(
    experiment: Experiment,
    engine: Engine,
    *,
    as_of: date | None = None,
    now: datetime | None = None,
    thresholds: Mapping[str, float | None] | None = None,
) -> Prepared:
    """Make the table ``facts``, one row per analysed unit.

    Parameters
    ----------
    experiment : Experiment
        Of shape journeys or units.
    engine : Engine
    as_of, now, thresholds
        As in `collect`.

    Returns
    -------
    Prepared

    Raises
    ------
    DataError
        As in `collect`.
    """
    described = _described(engine, experiment)
    refuse(scan_problems(engine, experiment, described))
    run = _run(engine, experiment, described, as_of, now or _clock(), thresholds)
    return _of_journeys(run) if experiment.data.shape == "journeys" else _of_units(run)


def sql(
    experiment: Experiment,
    *,
    as_of: date | None = None,
    kind: EngineKind | None = None,
    progress: Progress | None = None,
) -> Mapping[str, str]:
    """The statements that run for an experiment, by name, in the order in which they run.

    They depend on the data (the watermark, thresholds, which values are missing), so the data are
    aggregated.

    Parameters
    ----------
    experiment : Experiment
    as_of : date, optional
    kind : {'duckdb', 'spark'}, optional
    progress : callable, optional
        All as in `collect`.

    Returns
    -------
    mapping of str to str

    Raises
    ------
    DataError
        As in `collect`.
    """
    return collect(experiment, as_of=as_of, kind=kind, progress=progress).sql


def _clock() -> datetime:
    return datetime.now(UTC)


def _run(
    engine: Engine,
    experiment: Experiment,
    described: Mapping[str, Described],
    as_of: date | None,
    now: datetime,
    thresholds: Mapping[str, float | None] | None,
) -> Run:
    query = identified(engine, described, _WHO[experiment.data.shape], experiment)
    exposures = Exposures(
        query=query,
        types=engine.columns(query),
        excluded=identified(engine, described, "exclude_units", experiment)
        if "exclude_units" in described
        else None,
        carried=carried_columns(experiment),
        assigned=identified(engine, described, "assignments", experiment)
        if "assignments" in described
        else None,
    )
    return Run(
        engine=engine,
        experiment=experiment,
        described=described,
        exposures=exposures,
        maturity=maturity(experiment),
        bound=_bound(experiment, as_of, now),
        as_of_given=as_of is not None,
        thresholds=thresholds or {},
        noticed=observations(described, experiment),
    )


def _of_journeys(run: Run) -> Prepared:
    last = read_exposure_log(run)
    log = read_event_log(run)
    watermark = run.watermark([last, run.last_event])
    analysed = expose(run, watermark)
    made = journey_facts.journey_facts(run, log, analysed, watermark)
    return Prepared(
        run=run,
        table=made.table,
        counters=event_counts.counters(log),
        watermark=watermark,
        analysed=analysed,
        rules=made.rules,
        spreads=made.spreads,
    )


def _of_units(run: Run) -> Prepared:
    last = read_exposure_log(run)
    watermark = run.watermark([last, *unit_table.last_times(run)])
    analysed = expose(run, watermark)
    table = unit_table.table_facts(run, analysed, watermark)
    return Prepared(
        run=run,
        table=table,
        counters=unit_table.counters(run),
        watermark=watermark,
        analysed=analysed,
    )


def _bound(experiment: Experiment, as_of: date | None, now: datetime) -> int:
    """Instant from which on rows are not read, before the data are known."""
    if as_of is not None:
        return day_start(as_of + timedelta(days=1), experiment.timezone)
    return instant(now) + 1
