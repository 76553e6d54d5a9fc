"""What a definition asks of the columns of its sources, and what of it the files do not hold.

Reads names and types; of values only a sample, to write a hint that can be copied.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from sqlglot import exp

from pathlift.errors import Problem
from pathlift.outcomes.bindings import unbound
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.hints import time_problem, unit_problems
from pathlift.outcomes.kinds import is_fraction, is_number
from pathlift.outcomes.needs import (
    Need,
    columns_in,
    columns_under_their_names,
    expressions,
    needs,
)
from pathlift.outcomes.parameters import parameter_problems, where_parameters_are
from pathlift.outcomes.relations import Names, scan
from pathlift.registry.experiment import Column, Experiment, Expression
from pathlift.registry.parameters import COLUMN as PARAMETERS

_Value = TypeVar("_Value")
_CHOSEN = (
    "events have it, but a cluster is known at exposure: one that the unit came to later it chose "
    "itself, as an effect of its arm"
)


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
    events = described.get("events")
    later = set() if events is None else _lowered_names(_visible(events, experiment))
    for one in described.values():
        found = list(_of_source(engine, one, experiment, later))
        problems += found or list(unbound(engine, one, experiment))
    return problems + unit_problems(experiment, described)


def _of_source(
    engine: Engine, one: Described, experiment: Experiment, later: set[str]
) -> Iterator[Problem]:
    visible = _visible(one, experiment)
    mixed = _lowered(one.mixed)
    computed, typed = set(_lowered(one.source.derive)), set(_lowered(one.derived))
    for name, expression in one.source.derive.items():
        yield from _missing_in(expression, f"derive {name!r}", visible, one)
    for need in needs(one, experiment):
        theirs = need.column.name
        reachable = visible if not need.ours else columns_under_their_names(one)
        if theirs.lower() not in {name.lower() for name in reachable}:
            problem = _missing(theirs, need, reachable, one)
            if need.what.startswith("the cluster") and theirs.lower() in later:
                problem = Problem(message=problem.message, at=problem.at, hint=_CHOSEN)
            yield problem
        elif theirs.lower() in mixed:
            yield _mixed(theirs, need, mixed[theirs.lower()], one)
        elif theirs.lower() in computed - typed:
            continue  # the computed column itself is at fault
        else:
            yield from _wrong_type(engine, need, one, experiment)
    for asked in expressions(one, experiment):
        yield from _missing_in(asked.expression, asked.what, visible, one)
    yield from parameter_problems(one, experiment, visible)


def _visible(one: Described, experiment: Experiment) -> list[str]:
    return [*Names(one, experiment).ours, *columns_under_their_names(one)]


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
        hint=where_parameters_are(one) if name == PARAMETERS else _instead(name, known, need),
    )


def _mixed(name: str, need: Need, kinds: str, one: Described) -> Problem:
    return Problem(
        message=f"{one.source.name}: column {name!r} ({need.what}) has another type in some files: "
        f"{kinds}",
        at=need.column.at or need.at or one.source.at,
        hint="write the files of one type again",
    )


def _lowered_names(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


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
