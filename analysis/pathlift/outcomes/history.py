"""A past log read as if an experiment had run in it: units exposed at their first eligible event.

Nothing was done to anybody, so arms are drawn from the units' names: an A/A test of the planned
analysis. Knows no statistics.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes.calendar import day_start
from pathlift.outcomes.composing import Part, aliased, compose, name, text
from pathlift.outcomes.engine import Engine, open_engine
from pathlift.outcomes.identities import identified
from pathlift.outcomes.sources import describe, files_of
from pathlift.registry.experiment import Arm, Cluster, Column, Data, Experiment, Expression, Source
from pathlift.registry.plan import History

SHORTEST = timedelta(days=7)
_SALT = "pathlift history"
_STEPS = 1_000_000  # of the draw; weights are met to a millionth


@dataclass(frozen=True, slots=True, kw_only=True)
class PastExperiment:
    """An experiment as it would have run.

    Attributes
    ----------
    experiment : Experiment
        Its exposures are a file of ours; nothing that only real exposures know is left in it.
    clustered : Experiment or None
        The same with its clusters, where eligible events know them.
    cumulative : tuple of (int, int)
        Days and different units seen after so many.
    left_out : tuple of str
        Covariates, segments and clusters that only real exposures know.
    """

    experiment: Experiment
    clustered: Experiment | None
    cumulative: tuple[tuple[int, int], ...]
    left_out: tuple[str, ...]


def read_history(
    experiment: Experiment, history: History, *, folder: Path, memory: str | None = None
) -> PastExperiment:
    """Write the exposures of a past log, and the experiment that reads them.

    Parameters
    ----------
    experiment : Experiment
        Of exposures and events.
    history : History
    folder : Path
        Existing folder that the exposures are written into.
    memory : str, optional
        Budget of the engine.

    Returns
    -------
    PastExperiment

    Raises
    ------
    DataError
        If the log cannot be read, holds no eligible unit, or is shorter than a week once windows
        have ended.
    """
    last_day = _last_exposure_day(experiment, history)
    if last_day - history.first_day + timedelta(days=1) < SHORTEST:
        raise DataError(
            [
                Problem(
                    message=f"the history ends {history.last_day}; the longest window has ended "
                    f"only for units that came by {last_day}: less than a week",
                    at=history.at,
                    hint="begin it earlier; four weeks and the longest window are a good length",
                )
            ]
        )
    events = _eligible(experiment, history)
    reader = replace(
        experiment,
        data=Data(
            shape="journeys",
            root=experiment.data.root,
            sources=(events, *_identities(experiment)),
            timezone=experiment.data.timezone,
        ),
        stages=(),
        outcome=None,
        metrics=(),
        covariates=(),
        segments=(),
        strata=(),
        arms=tuple(replace(arm, cluster=None, received=None) for arm in experiment.arms),
    )
    path = folder / "exposures.parquet"
    with open_engine([*files_of([reader]), str(folder)], memory=memory) as engine:
        described = describe(engine, reader)
        rows = identified(engine, described, "events", reader)
        cluster = _cluster(experiment, engine.columns(rows))
        cumulative = _write(engine, reader, rows, history, last_day, path, cluster)
    if not cumulative:
        raise DataError(
            [
                Problem(
                    message="the history holds no eligible unit "
                    f"from {history.first_day} to {last_day}",
                    at=history.at,
                    hint="look at its days, and at its `where`",
                )
            ]
        )
    past = _as_experiment(experiment, history, path, last_day)
    return PastExperiment(
        experiment=past,
        clustered=None if cluster is None else _in_clusters(past, experiment, cluster),
        cumulative=cumulative,
        left_out=_left_out(experiment, cluster),
    )


def _cluster(experiment: Experiment, types: Mapping[str, str]) -> str | None:
    """The column of the clusters, where there is one of all arms and eligible events have it."""
    declared = {arm.cluster.column.name for arm in experiment.arms if arm.cluster is not None}
    known = {column.lower() for column in types}
    return next(iter(declared)) if len(declared) == 1 and min(declared).lower() in known else None


def _in_clusters(past: Experiment, experiment: Experiment, column: str) -> Experiment:
    """Units keep the cluster of their first event; arms were drawn by unit, so it lies in both."""
    clustered = {arm.name for arm in experiment.arms if arm.cluster is not None}
    of = Cluster(column=Column(name=column), randomised="units")
    arms = (replace(arm, cluster=of if arm.name in clustered else None) for arm in past.arms)
    return replace(past, arms=tuple(arms))


def _last_exposure_day(experiment: Experiment, history: History) -> date:
    zero = timedelta(0)
    lengths = [(m.window or experiment.window or zero) + m.lag for m in experiment.metrics]
    longest = max(lengths, default=experiment.window or zero) + experiment.ingestion_lag
    return history.last_day - timedelta(days=-(-longest // timedelta(days=1)))


def _identities(experiment: Experiment) -> tuple[Source, ...]:
    known = experiment.data.source("identities")
    return () if known is None else (known,)


def _eligible(experiment: Experiment, history: History) -> Source:
    """The event log, with only the rows that would have exposed somebody."""
    events = experiment.data.source("events")
    if events is None:
        raise ValueError("only a log of events has a history")
    conditions = [each for each in (events.where, history.where) if each is not None]
    if not conditions:
        return events
    joined = " and ".join(f"({condition.text})" for condition in conditions)
    return replace(events, where=Expression(text=joined, at=history.at))


def _write(
    engine: Engine,
    reader: Experiment,
    rows: exp.Expr,
    history: History,
    last_day: date,
    path: Path,
    cluster: str | None,
) -> tuple[tuple[int, int], ...]:
    start = day_start(history.first_day, reader.timezone)
    end = day_start(last_day + timedelta(days=1), reader.timezone)
    parts: dict[str, Part] = {"start": start, "end": end, "arm": _drawn(reader.arms)}
    if cluster is None:
        query = compose("history", {"events": rows}, **parts)
    else:
        parts["cluster"] = name(cluster, "events")
        parts["cluster_named"] = aliased(name("cluster", "firsts"), cluster)
        query = compose("history_clusters", {"events": rows}, **parts)
    target = exp.Literal.string(str(path)).sql("duckdb")
    engine.run(f"copy ({text(query)}) to {target} (format parquet)")
    exposed = exp.select("*").from_(
        exp.func("read_parquet", exp.Literal.string(str(path)), dialect="duckdb")
    )
    days = engine.rows(text(compose("history_days", {"exposed": exposed}, start=start)))
    return _running_total(days)


def _running_total(days: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    total, found = 0, []
    for day, units in days:
        total += units
        found.append((int(day) + 1, total))
    return tuple(found)


def _drawn(arms: Sequence[Arm]) -> exp.Expr:
    """The arm of a unit: a hash of its name against the shares of the arms."""
    whole = sum(arm.weight for arm in arms)
    salted = exp.DPipe(
        this=exp.Literal.string(_SALT),
        expression=exp.cast(exp.column("unit", table="firsts"), "text"),
    )
    draw = exp.Mod(this=exp.func("hash", salted), expression=exp.Literal.number(_STEPS))
    case, share = exp.Case(), 0.0
    for arm in arms[:-1]:
        share += arm.weight / whole
        bound = exp.Literal.number(round(share * _STEPS))
        case = case.when(exp.LT(this=exp.paren(draw.copy()), expression=bound), _value(arm))
    return case.else_(_value(arms[-1])) if len(arms) > 1 else _value(arms[0])


def _value(arm: Arm) -> exp.Expr:
    return exp.Literal.string(arm.value)


def _as_experiment(
    experiment: Experiment, history: History, path: Path, last_day: date
) -> Experiment:
    exposures = experiment.data.source("exposures")
    ours = Source(
        name="exposures",
        paths=(str(path),),
        columns={each: Column(name=each) for each in ("unit", "arm", "exposed_at")},
        at=exposures.at if exposures else None,
    )
    others = tuple(each for each in experiment.data.sources if each.name != "exposures")
    return replace(
        experiment,
        data=replace(experiment.data, sources=(ours, *others)),
        arms=tuple(replace(arm, cluster=None, received=None) for arm in experiment.arms),
        first_day=history.first_day,
        last_day=last_day,
        covariates=tuple(each for each in experiment.covariates if each.total is not None),
        segments=(),
        strata=(),
        status="stopped",
    )


def _left_out(experiment: Experiment, cluster: str | None) -> tuple[str, ...]:
    clusters = {arm.cluster.column.name for arm in experiment.arms if arm.cluster is not None}
    clusters -= {cluster or ""}
    return (
        *(each.name for each in experiment.covariates if each.total is None),
        *(column.name for column in (*experiment.segments, *experiment.strata)),
        *sorted(clusters),
    )
