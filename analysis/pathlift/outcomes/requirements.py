"""What a definition asks of the columns of its sources, and what of it the files do not hold.

Reads names and types; of values only a sample, to write a hint that can be copied.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import duckdb
import sqlglot
from sqlglot import exp

from pathlift.errors import Place, Problem
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.hints import time_problem, unit_problems
from pathlift.outcomes.kinds import is_fraction, is_number
from pathlift.outcomes.relations import TIMES, Names, declared, relation, scan, unit_times
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
    SumEvents,
    TotalsMoments,
    TotalsProportion,
    TotalsSums,
    UnitColumn,
)

_Value = TypeVar("_Value")
Kind = Literal["any", "level", "time", "number", "number_or_boolean", "unit"]

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "exposures": ("unit", "arm", "exposed_at"),
    "events": ("unit", "occurred_at"),
    "units": ("unit", "arm"),
    "totals": ("arm", "units"),
    "exclude_units": ("unit",),
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
    """An expression over the rows of a source, and what it has to give."""

    expression: Expression
    what: str
    gives: Literal["condition", "number", "any"]


def derived_types(engine: Engine, described: Described, experiment: Experiment) -> dict[str, str]:
    """DuckDB types of the computed columns that can be computed; `unmet` refuses the others."""
    names = Names(described, experiment)
    types = {}
    for name in described.source.derive:
        try:
            query = exp.select(exp.alias_(names.value(name), "derived")).from_(scan(described))
            types[name] = engine.columns(query)["derived"]
        except (KeyError, duckdb.Error):
            continue  # said by `unmet`, with its place
    return types


def unmet(
    engine: Engine, experiment: Experiment, described: Mapping[str, Described]
) -> list[Problem]:
    """What the files do not hold, in the order of the sources.

    Parameters
    ----------
    engine : Engine
    experiment : Experiment
    described : mapping of str to Described
        Sources that could be read.

    Returns
    -------
    list of Problem
    """
    problems = []
    for one in described.values():
        found = list(_of_source(engine, one, experiment))
        problems += found or list(_unbound(engine, one, experiment))
    return problems + unit_problems(experiment, described)


def _of_source(engine: Engine, one: Described, experiment: Experiment) -> Iterator[Problem]:
    visible = _visible(one, experiment)
    mixed = _lowered(one.mixed)
    computed, typed = set(_lowered(one.source.derive)), set(_lowered(one.derived))
    for name, expression in one.source.derive.items():
        yield from _missing_in(expression, f"derive {name!r}", visible, one)
    for need in needs(one, experiment):
        theirs = need.column.name
        reachable = visible if not need.ours else _theirs(one)
        if theirs.lower() not in {name.lower() for name in reachable}:
            yield _missing(theirs, need, reachable, one)
        elif theirs.lower() in mixed:
            yield _mixed(theirs, need, mixed[theirs.lower()], one)
        elif theirs.lower() in computed - typed:
            continue  # the computed column itself is at fault
        else:
            yield from _wrong_type(engine, need, one, experiment)
    for asked in expressions(one, experiment):
        yield from _missing_in(asked.expression, asked.what, visible, one)


def needs(one: Described, experiment: Experiment) -> Iterator[Need]:
    """Columns of a source that the definition names outside expressions."""
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
        there = column.name.lower() in {known.lower() for known in _theirs(one)}
        if not (name in required or written or there):
            continue
        kind: Kind = "time" if name in TIMES else "unit" if name == "unit" else "any"
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


def _of_events(experiment: Experiment) -> Iterator[Need]:
    if experiment.surface is not None:
        yield Need(column=experiment.surface, what="`surface`", kind="level")
    for stage in experiment.stages:
        for rule in stage.rules:
            if isinstance(rule, AccumulateRule) and rule.per is not None:
                yield Need(
                    column=rule.per,
                    what=f"`per` of stage {stage.name!r}",
                    kind="level",
                    at=stage.at,
                )


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
    """Expressions over the rows of a source, apart from its computed columns."""
    if one.source.where is not None:
        yield Asked(expression=one.source.where, what="`where`", gives="condition")
    if one.source.name != "events":
        return
    for stage in experiment.stages:
        for rule in stage.rules:
            match rule:
                case ConditionRule(condition=condition):
                    yield Asked(
                        expression=condition, what=f"stage {stage.name!r}", gives="condition"
                    )
                case AccumulateRule(sum=value):
                    yield Asked(expression=value, what=f"stage {stage.name!r}", gives="number")
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


def _theirs(one: Described) -> list[str]:
    return [*one.source.derive, *one.columns]


def _visible(one: Described, experiment: Experiment) -> list[str]:
    return [*Names(one, experiment).ours, *_theirs(one)]


def _missing_in(
    expression: Expression, what: str, visible: Iterable[str], one: Described
) -> Iterator[Problem]:
    known = {name.lower() for name in visible}
    mixed = _lowered(one.mixed)
    for name in columns_in(expression):
        need = Need(column=Column(name=name, at=expression.at), what=what, kind="any")
        if name.lower() not in known:
            yield _missing(name, need, visible, one)
        elif name.lower() in mixed:
            yield _mixed(name, need, mixed[name.lower()], one)


def columns_in(expression: Expression) -> list[str]:
    """Columns that an expression reads, each once; of a struct the column that holds it."""
    tree = sqlglot.parse_one(expression.text, dialect="duckdb")
    return list(dict.fromkeys(column.parts[0].name for column in tree.find_all(exp.Column)))


def _missing(name: str, need: Need, visible: Iterable[str], one: Described) -> Problem:
    source, at = one.source.name, need.column.at or need.at or one.source.at
    lacking = {known.lower(): file for known, file in one.partial.items()}.get(name.lower())
    if lacking is not None:
        return Problem(
            message=f"{source}: column {name!r} ({need.what}) is not in every file: "
            f"{lacking!r} lacks it",
            at=at,
            hint="write that file again, or let the path leave it out",
        )
    known = list(dict.fromkeys(visible))
    return Problem(
        message=f"{source}: there is no column {name!r} ({need.what})",
        at=at,
        hint=_instead(name, known, need),
    )


def _mixed(name: str, need: Need, kinds: str, one: Described) -> Problem:
    return Problem(
        message=f"{one.source.name}: column {name!r} ({need.what}) has another type in some files: "
        f"{kinds}",
        at=need.column.at or need.at or one.source.at,
        hint="write the files of one type again",
    )


def _lowered(named: Mapping[str, _Value]) -> dict[str, _Value]:
    return {name.lower(): value for name, value in named.items()}


def _instead(name: str, known: list[str], need: Need) -> str:
    spelled = {one.lower(): one for one in reversed(known)}
    close = difflib.get_close_matches(name.lower(), spelled, n=1)
    columns = f"the columns are {', '.join(known)}" if known else "the files have no columns"
    if need.defaulted:
        named = spelled[close[0]] if close else "NAME"
        return f"say which column it is: `columns: {{{need.ours}: {named}}}`; {columns}"
    return f"did you mean {spelled[close[0]]!r}? {columns}" if close else columns


def _wrong_type(
    engine: Engine, need: Need, one: Described, experiment: Experiment
) -> Iterator[Problem]:
    names = Names(one, experiment)
    theirs, source = need.column.name, one.source.name
    if not need.ours and theirs.lower() in names.ours:
        return  # one of ours: its own need says what its type must be
    kind, at = names.kind(theirs), need.column.at or need.at or one.source.at
    match need.kind:
        case "time":
            problem = time_problem(
                engine, one, need.column, need.ours, kind, names.value_of(theirs)
            )
            if problem is not None:
                yield Problem(message=problem.message, at=at, hint=problem.hint)
        case "number" if not is_number(kind):
            hint = (
                "a column of true and false is `kind: proportion`"
                if kind == "BOOLEAN"
                else _not_a_number(engine, one, names.value_of(theirs), kind)
            )
            yield Problem(message=_is(source, theirs, need, kind, "not a number"), at=at, hint=hint)
        case "number_or_boolean" if not (is_number(kind) or kind == "BOOLEAN"):
            hint = _not_a_number(engine, one, names.value_of(theirs), kind)
            if need.what.startswith("covariate"):
                hint = f"{hint}; text can be named under `segments`"
            yield Problem(
                message=_is(source, theirs, need, kind, "not a number or boolean"),
                at=at,
                hint=hint,
            )
        case "level" if _nested(kind):
            yield Problem(
                message=_is(source, theirs, need, kind, "not a single value"),
                at=at,
                hint=f'name a field of it: `derive: {{level: "{theirs}.FIELD"}}`',
            )
        case "unit" if _nested(kind) or is_fraction(kind):
            yield Problem(
                message=_is(source, theirs, need, kind, "and cannot name a unit"),
                at=at,
                hint=f'write `derive: {{unit_id: "cast({theirs} as bigint)"}}` and '
                "`columns: {unit: unit_id}`",
            )
        case _:
            return


def _is(source: str, theirs: str, need: Need, kind: str, verdict: str) -> str:
    return f"{source}: column {theirs!r} ({need.what}) is {kind}, {verdict}"


def _not_a_number(engine: Engine, one: Described, value: exp.Expr, kind: str) -> str:
    if kind != "VARCHAR":
        return "name a column of numbers"
    number = exp.TryCast(this=value.copy(), to=exp.DataType.build("double"))
    query = (
        exp.select(value.copy())
        .from_(scan(one))
        .where(exp.and_(exp.Is(this=number, expression=exp.null()), _given(value)))
        .limit(1)
    )
    rows = engine.rows(query)
    if rows:
        return f"it holds text such as {rows[0][0]!r}"
    if not engine.rows(exp.select(value.copy()).from_(scan(one)).where(_given(value)).limit(1)):
        return "it is blank in every row"
    return 'its text looks like numbers: `derive: {NAME: "cast(COLUMN as double)"}`'


def _given(value: exp.Expr) -> exp.Expr:
    return exp.not_(exp.Is(this=value.copy(), expression=exp.null()))


def _nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))


def _unbound(engine: Engine, one: Described, experiment: Experiment) -> Iterator[Problem]:
    """Expressions that the engine cannot give a type, or gives another than is asked for."""
    names = Names(one, experiment)
    for name, expression in one.source.derive.items():
        if name not in one.derived:
            query = exp.select(names.expression(expression.text)).from_(scan(one))
            yield from _type_problem(
                engine,
                query,
                Asked(expression=expression, what=f"derive {name!r}", gives="any"),
                one,
            )
            return  # what is built on it would only repeat it
    for asked in expressions(one, experiment):
        query = (
            exp.select(names.expression(asked.expression.text)).from_(scan(one))
            if asked.expression is one.source.where
            else exp.select(
                exp.paren(sqlglot.parse_one(asked.expression.text, dialect="duckdb"))
            ).from_(relation(_without_where(one), experiment).subquery("source"))
        )
        yield from _type_problem(engine, query, asked, one)


def _without_where(one: Described) -> Described:
    return replace(one, source=replace(one.source, where=None))


def _type_problem(
    engine: Engine, query: exp.Select, asked: Asked, one: Described
) -> Iterator[Problem]:
    source, at = one.source.name, asked.expression.at or one.source.at
    try:
        (kind,) = engine.columns(query).values()
    except duckdb.Error as error:
        sentence = str(error).splitlines()[0].split("Error: ", 1)[-1].rstrip(".")
        yield Problem(message=f"{source}: {asked.what} cannot be computed: {sentence}", at=at)
        return
    if asked.gives == "condition" and kind != "BOOLEAN":
        yield Problem(
            message=f"{source}: {asked.what} is {kind}, not true or false",
            at=at,
            hint="write a comparison, such as \"event = 'purchase'\"",
        )
    if asked.gives == "number" and not is_number(kind) and kind != "BOOLEAN":
        yield Problem(message=f"{source}: {asked.what} is {kind}, not a number", at=at)
