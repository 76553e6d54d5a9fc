"""Which columns and expressions a definition names, source by source. Reads nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pathlift.errors import Place
from pathlift.outcomes.described import Described
from pathlift.outcomes.relations import TIMES, declared, unit_times
from pathlift.registry.experiment import (
    AccumulateRule,
    AnyEvent,
    Column,
    ConditionRule,
    CountEvents,
    Experiment,
    Expression,
    MetricSource,
    OutcomeSource,
    RatioOf,
    StageDefinition,
    SumEvents,
    TotalsMoments,
    TotalsProportion,
    TotalsSums,
    UnitColumn,
)
from pathlift.registry.expressions import columns_of, tree_of

Kind = Literal["any", "level", "time", "number", "number_or_boolean", "unit"]

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "exposures": ("unit", "arm", "exposed_at"),
    "events": ("unit", "occurred_at"),
    "units": ("unit", "arm"),
    "totals": ("arm", "units"),
    "exclude_units": ("unit",),
    "assignments": ("unit", "arm", "assigned_at"),
    "identities": ("alias", "unit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A column that the definition names.

    Attributes
    ----------
    column : Column
    what : str
        What it is for, such as ``covariate 'prior_spend'``.
    kind : str
        What its type has to serve for.
    ours : str
        Our name for it, or the key that a hint writes it under; may be empty.
    at : Place or None
        Where to point when the column itself has no place.
    defaulted : bool
        Whether the name is ours and nobody wrote it.
    """

    column: Column
    what: str
    kind: Kind
    ours: str = ""
    at: Place | None = None
    defaulted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An expression over the rows of a source, and what it has to give.

    Attributes
    ----------
    expression : Expression
    what : str
        What it is for, such as ``stage 'need'``.
    gives : {'condition', 'number', 'any'}
    of_rows : bool
        Whether it chooses the rows of the source, before they have our names.
    """

    expression: Expression
    what: str
    gives: Literal["condition", "number", "any"]
    of_rows: bool = False


def needs(one: Described, experiment: Experiment) -> Iterator[Need]:
    """Columns of a source that the definition names outside expressions.

    Parameters
    ----------
    one : Described
        Its ``source`` says which of the definition's columns are meant.
    experiment : Experiment

    Yields
    ------
    Need
        In the order of the definition, our own names first; a column that serves for two things
        comes twice. Whether the source has it is not looked at.
    """
    yield from _ours(one, experiment)
    match one.source.name:
        case "exposures" | "units":
            yield from _known_before(experiment)
        case "events":
            yield from _of_events(experiment)
        case _:
            pass
    if one.source.name == "units":
        for name, column in unit_times(one, experiment).items():
            what = "the outcome" if name == "outcome" else f"stage {name!r}"
            yield Need(column=column, what=what, kind="time", ours=name)
    if one.source.name not in ("units", "totals"):
        return
    for metric in experiment.metrics:
        for column, kind in _metric_columns(metric.source):
            yield Need(column=column, what=f"metric {metric.name!r}", kind=kind, at=metric.at)


def _ours(one: Described, experiment: Experiment) -> Iterator[Need]:
    required = set(_REQUIRED[one.source.name])
    if one.source.name == "units" and experiment.stages:
        required.add("exposed_at")
    if any(arm.received is not None for arm in experiment.arms) and one.source.name != "events":
        required.add("received")
    for name, column in declared(one, experiment).items():
        written = name in one.source.columns
        there = column.name.lower() in {known.lower() for known in columns_under_their_names(one)}
        if not (name in required or written or there):
            continue
        kind: Kind = "time" if name in TIMES else "unit" if name in ("unit", "alias") else "any"
        if name == "units":
            kind = "number"
        what = f"`{name}`"
        by_default = not written and not (name == "unit" and experiment.unit is not None)
        yield Need(
            column=column, what=what, kind=kind, ours=name, at=one.source.at, defaulted=by_default
        )


def _known_before(experiment: Experiment) -> Iterator[Need]:
    for covariate in experiment.covariates:
        if covariate.column is not None:
            yield Need(
                column=covariate.column,
                what=f"covariate {covariate.name!r}",
                kind="number_or_boolean",
                at=covariate.at,
            )
    for column in experiment.segments:
        yield Need(column=column, what="a segment", kind="level")
    for column in experiment.strata:
        yield Need(column=column, what="a stratum", kind="level")
    for arm in experiment.analyzed_arms:
        if arm.cluster is not None:
            yield Need(
                column=arm.cluster.column, what=f"the cluster of arm {arm.name!r}", kind="level"
            )


def _of_events(experiment: Experiment) -> Iterator[Need]:
    if experiment.surface is not None:
        yield Need(column=experiment.surface, what="`surface`", kind="level")
    for spread in experiment.concentrations:
        what = f"`by` of family {spread.name!r}"
        yield Need(column=spread.by, what=what, kind="level", at=spread.at)
    for stage, what in _stages(experiment):
        for rule in stage.rules:
            if isinstance(rule, AccumulateRule) and rule.per is not None:
                yield Need(column=rule.per, what=f"`per` of {what}", kind="level", at=stage.at)


def _stages(experiment: Experiment) -> Iterator[tuple[StageDefinition, str]]:
    """Every set of rules for a stage, and what it is: the stage, or the stage under a preset."""
    of = f" of `presets: {experiment.stage_log}`" if experiment.stage_log else ""
    for stage in experiment.stages:
        yield stage, f"stage {stage.name!r}{of}"
    for preset in experiment.presets:
        for stage in preset.stages:
            if stage not in experiment.stages:
                yield stage, f"stage {stage.name!r} under preset {preset.name!r}{of}"


def _metric_columns(source: MetricSource) -> Iterator[tuple[Column, Kind]]:
    match source:
        case UnitColumn(column=column):
            yield column, "number_or_boolean"
        case TotalsProportion(successes=successes, units=units):
            yield from ((successes, "number"), (units, "number"))
        case TotalsSums(sum=total, sum_squares=squares, units=units):
            yield from ((total, "number"), (squares, "number"), (units, "number"))
        case TotalsMoments(mean=mean, variance=variance, units=units):
            yield from ((mean, "number"), (variance, "number"), (units, "number"))
        case OutcomeSource() | AnyEvent() | CountEvents() | SumEvents() | RatioOf():
            return


def expressions(one: Described, experiment: Experiment) -> Iterator[Asked]:
    """Expressions over the rows of a source, apart from its computed columns.

    Parameters
    ----------
    one : Described
    experiment : Experiment

    Yields
    ------
    Asked
        The source's ``where``; over ``events`` also those of stages, outcome, metrics and
        covariates. The same text may come more than once, each time with what it is for.
    """
    if one.source.where is not None:
        yield Asked(expression=one.source.where, what="`where`", gives="condition", of_rows=True)
    if one.source.name != "events":
        return
    for stage, what in _stages(experiment):
        for rule in stage.rules:
            match rule:
                case ConditionRule(condition=condition):
                    yield Asked(expression=condition, what=what, gives="condition")
                case AccumulateRule(sum=value):
                    yield Asked(expression=value, what=what, gives="number")
    if experiment.outcome is not None and experiment.outcome.condition is not None:
        yield Asked(expression=experiment.outcome.condition, what="the outcome", gives="condition")
    for metric in experiment.metrics:
        yield from _event_expressions(metric.source, f"metric {metric.name!r}")
    for covariate in experiment.covariates:
        if covariate.total is not None:
            yield from _event_expressions(covariate.total, f"covariate {covariate.name!r}")


def _event_expressions(source: MetricSource, what: str) -> Iterator[Asked]:
    match source:
        case AnyEvent(condition=condition) | CountEvents(condition=condition):
            yield Asked(expression=condition, what=what, gives="condition")
        case SumEvents(value=value, where=where):
            yield Asked(expression=value, what=what, gives="number")
            if where is not None:
                yield Asked(expression=where, what=what, gives="condition")
        case _:
            return


def columns_under_their_names(one: Described) -> list[str]:
    """Columns that a source has under the file's names: computed ones, then its own.

    Parameters
    ----------
    one : Described

    Returns
    -------
    list of str
        As spelled; a computed column that is named like one of the file comes twice.
    """
    return [*one.source.derive, *one.columns]


def columns_in(expression: Expression) -> list[str]:
    """Columns that an expression reads, each once; of a struct the column that holds it.

    Parameters
    ----------
    expression : Expression
        Found sound by the registry, so that its text parses.

    Returns
    -------
    list of str
        In the order of their first appearance, as spelled in the text.
    """
    return list(columns_of(tree_of(expression.text)))
