"""What type the engine gives to expressions, and whether it is what they are for.

Reads no row, but to show a value of the wrong type.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import duckdb
from sqlglot import exp

from pathlift.errors import Problem
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.kinds import is_number
from pathlift.outcomes.needs import Asked, expressions
from pathlift.outcomes.relations import Names, relation, scan
from pathlift.registry.experiment import Experiment
from pathlift.registry.expressions import tree_of


def derived_types(engine: Engine, described: Described, experiment: Experiment) -> dict[str, str]:
    """DuckDB types of the computed columns that can be computed; `unbound` says why not.

    Parameters
    ----------
    engine : Engine
        Allowed to read the files of `described`.
    described : Described
        A source whose ``columns`` are known; its ``derived`` is not read.
    experiment : Experiment

    Returns
    -------
    dict of str to str
        DuckDB type by name of the computed column, in the order of ``derive``. A column that names
        what the files lack, or that DuckDB refuses, is left out.
    """
    names = Names(described, experiment)
    types = {}
    for name in described.source.derive:
        try:
            query = exp.select(exp.alias_(names.value(name), "derived")).from_(scan(described))
            types[name] = engine.columns(query)["derived"]
        except (KeyError, duckdb.Error):
            continue  # said by `unbound`, with its place
    return types


def unbound(engine: Engine, one: Described, experiment: Experiment) -> Iterator[Problem]:
    """Expressions that the engine cannot give a type, or gives another than is asked for.

    Parameters
    ----------
    engine : Engine
    one : Described
        All columns that the expressions name are there.
    experiment : Experiment

    Yields
    ------
    Problem
    """
    names = Names(one, experiment)
    for name, expression in one.source.derive.items():
        if name not in one.derived:
            asked = Asked(expression=expression, what=f"derive {name!r}", gives="any")
            query = exp.select(names.expression(expression.text)).from_(scan(one))
            yield from _problems([asked], _kinds(engine, [query]), one)
            return  # what is built on it would only repeat it
    where = [asked for asked in expressions(one, experiment) if asked.of_rows]
    others = [asked for asked in expressions(one, experiment) if not asked.of_rows]
    raw = [names.expression(asked.expression.text) for asked in where]
    yield from _problems(where, _types(engine, raw, scan(one)), one)
    source = replace(one, source=replace(one.source, where=None))
    trees = [exp.paren(tree_of(a.expression.text)) for a in others]
    rows = relation(source, experiment).subquery("source")
    kinds = _types(engine, trees, rows)
    yield from _problems(others, kinds, one)
    for asked, tree, kind in zip(others, trees, kinds, strict=True):
        if asked.gives == "number" and isinstance(kind, str) and not _adds_up(kind):
            yield _no_number(engine, asked, tree, kind, rows, one)


def _types(engine: Engine, trees: Sequence[exp.Expr], rows: exp.Expr) -> list[str | duckdb.Error]:
    """Types of all at once; one by one only where one of them has none."""
    if not trees:
        return []
    named = [exp.alias_(tree, f"c{position}") for position, tree in enumerate(trees)]
    try:
        return list(engine.columns(exp.select(*named).from_(rows)).values())
    except duckdb.Error:
        return _kinds(engine, [exp.select(tree).from_(rows.copy()) for tree in named])


def _kinds(engine: Engine, queries: Sequence[exp.Select]) -> list[str | duckdb.Error]:
    found: list[str | duckdb.Error] = []
    for query in queries:
        try:
            found.extend(engine.columns(query).values())
        except duckdb.Error as error:
            found.append(error)
    return found


def _problems(
    asked: Sequence[Asked], kinds: Sequence[str | duckdb.Error], one: Described
) -> Iterator[Problem]:
    source = one.source.name
    for wanted, kind in zip(asked, kinds, strict=True):
        at = wanted.expression.at or one.source.at
        if isinstance(kind, duckdb.Error):
            sentence = str(kind).splitlines()[0].split("Error: ", 1)[-1].rstrip(".")
            message = f"{source}: {wanted.what} cannot be computed: {sentence}"
            yield Problem(message=message, at=at)
        elif wanted.gives == "condition" and kind != "BOOLEAN":
            yield Problem(
                message=f"{source}: {wanted.what} is {kind}, not true or false",
                at=at,
                hint="write a comparison, such as \"event = 'purchase'\"",
            )


def _adds_up(kind: str) -> bool:
    return is_number(kind) or kind == "BOOLEAN"


def _no_number(
    engine: Engine, asked: Asked, tree: exp.Expr, kind: str, rows: exp.Expr, one: Described
) -> Problem:
    """What cannot be added up, with a value of it, and the line that makes a number of it."""
    value, told = exp.column("value"), asked.expression.text
    values = exp.select(exp.alias_(tree.copy(), "value")).from_(rows.copy()).subquery("asked")
    given = exp.select(value).from_(values).where(value.copy().is_(exp.null()).not_())
    as_number = exp.TryCast(this=value.copy(), to=exp.DataType.build("double"))
    strange = engine.rows(given.where(as_number.is_(exp.null())).limit(1)) if _is_text(kind) else []
    sample = strange or engine.rows(given.limit(1))
    hint = "name a column of numbers"
    if _is_text(kind) and strange:
        hint = (
            f"correct the data, or make numbers of the text under {one.source.name}: "
            f'`derive: {{NAME: "cast({_bare(told, str(strange[0][0]))} as double)"}}`, and sum NAME'
        )
    elif _is_text(kind) and sample:
        hint = f'its text looks like numbers: write `sum: "cast({told} as double)"`'
    shown = f", such as {sample[0][0]!r}" if sample else ""
    return Problem(
        message=f"{one.source.name}: {asked.what} adds up `{told}`, which is {kind}, "
        f"not a number{shown}",
        at=asked.expression.at or one.source.at,
        hint=hint,
    )


def _bare(told: str, value: str) -> str:
    """The expression without a currency or unit beside the number, where there is one."""
    beside = re.fullmatch(r"([^\d'.+-]*)[-+]?\d*\.?\d+([^\d'.]*)", value)
    affixes = [affix for affix in beside.groups() if affix] if beside else []
    return f"replace({told}, '{affixes[0]}', '')" if len(affixes) == 1 else "..."


def _is_text(kind: str) -> bool:
    return kind == "VARCHAR"
