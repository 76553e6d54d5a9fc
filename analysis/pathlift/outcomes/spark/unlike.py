"""What Spark would read otherwise than DuckDB does, refused before anything runs.

An answer that is silently another is worse than none: what cannot be told the same is refused with
its line. Reads footers, no row.
"""

import re
from collections.abc import Iterator, Mapping

from sqlglot import exp

from pathlift.errors import Place, Problem
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.kinds import INTEGERS
from pathlift.outcomes.needs import expressions, needs
from pathlift.outcomes.relations import TIMES, Names, scan
from pathlift.outcomes.times import time_kind
from pathlift.registry.addresses import is_remote
from pathlift.registry.experiment import Column, Experiment, Expression
from pathlift.registry.expressions import tree_of

_HERE = "or use `--engine duckdb`"
_SAME_TEXT = INTEGERS | {"VARCHAR", "BOOLEAN", "DATE"}
_WHOLE = exp.DataType.INTEGER_TYPES | {exp.DataType.Type.INT128}
_TEXT = exp.DataType.TEXT_TYPES
_OTHER_TYPES = frozenset({exp.DataType.Type.TIME, exp.DataType.Type.UUID})
_UNREAD = re.compile(r"^(?:UUID|BLOB|BIT|TIME|INTERVAL|HUGEINT|UHUGEINT|MAP|UNION|TIME WITH.*)\b")
_JSON_PATH = re.compile(r"^\$(?:\.\w+|\[\d+\])+$")


def unlike(
    engine: Engine, experiment: Experiment, described: Mapping[str, Described]
) -> tuple[Problem, ...]:
    """What an experiment asks for that Spark answers otherwise.

    Parameters
    ----------
    engine : Engine
        Reads the footers of the files.
    experiment : Experiment
    described : mapping of str to Described
        By name of the source.

    Returns
    -------
    tuple of Problem
        Empty where Spark gives the same.
    """
    found: list[Problem] = []
    for one in described.values():
        found += _files(one)
        found += _columns(one, experiment)
        found += _times(one, experiment)
        for asked in expressions(one, experiment):
            found += _expression(engine, asked.expression, one, experiment)
        for derived in one.source.derive.values():
            found += _expression(engine, derived, one, experiment)
    return tuple(dict.fromkeys(found))


def _files(one: Described) -> Iterator[Problem]:
    source, at = one.source.name, one.source.at
    if any(is_remote(file) for file in one.files):
        yield Problem(
            message=f"{source}: Spark is given paths, not addresses",
            at=at,
            hint=f"name files that lie under one path here and there, {_HERE}",
        )
    if any(part.form == "csv" for part in one.parts):
        yield Problem(
            message=f"{source}: Spark would read the types of CSV otherwise",
            at=at,
            hint=f"write the files as Parquet, {_HERE}",
        )
    for part in one.parts:
        if "union_by_name" in part.options:
            yield Problem(
                message=f"{source}: columns differ between files, which Spark reads as an error "
                "or as NULL",
                at=at,
                hint=f"write the files alike, {_HERE}",
            )
        for column, kind in part.columns.items():
            if kind == "TIMESTAMP_NS":
                yield Problem(
                    message=f"{source}: Spark reads no timestamps of nanoseconds ({column!r})",
                    at=at,
                    hint=f"write the files with microseconds, {_HERE}",
                )


def _columns(one: Described, experiment: Experiment) -> Iterator[Problem]:
    for need in needs(one, experiment):
        kind = _kind(one, need.column.name)
        place = need.column.at or need.at or one.source.at
        if _UNREAD.match(kind):
            yield _as_text(one, need.column, kind, "reads otherwise", place)
        elif need.kind in ("level", "any") and not (
            kind in _SAME_TEXT or kind.startswith(("DECIMAL", "ENUM")) or kind == ""
        ):
            yield _as_text(one, need.column, kind, "writes otherwise as text", place)


def _as_text(one: Described, column: Column, kind: str, how: str, place: Place | None) -> Problem:
    return Problem(
        message=f"{one.source.name}: {column.name!r} is {kind}, which Spark {how}",
        at=place,
        hint=f"write the column as text or as whole numbers, {_HERE}",
    )


def _kind(one: Described, name: str) -> str:
    """DuckDB type of a column, computed or of the files; empty where there is none."""
    kinds = {known.lower(): kind for known, kind in {**one.columns, **one.derived}.items()}
    return kinds.get(name.lower(), "")


def _times(one: Described, experiment: Experiment) -> Iterator[Problem]:
    names = Names(one, experiment)
    columns = [names.theirs(ours) for ours in TIMES if ours in names.ours]
    zone = experiment.data.timezone
    for column in columns:
        kind = time_kind(names.kind(column.name))
        if kind == "text":
            yield Problem(
                message=f"{one.source.name}: Spark would read the text of times in "
                f"{column.name!r} otherwise",
                at=column.at or one.source.at,
                hint=f"write the column as a timestamp, {_HERE}",
            )
        elif kind == "naive" and zone not in (None, "UTC"):
            yield Problem(
                message=f"{one.source.name}: {column.name!r} carries no zone, and Spark reads the "
                f"hour that {zone} repeats in autumn as the first, DuckDB as the second",
                at=column.at or one.source.at,
                hint=f"write the column in UTC, {_HERE}",
            )


def _expression(
    engine: Engine, expression: Expression, one: Described, experiment: Experiment
) -> Iterator[Problem]:
    for node in tree_of(expression.text).walk():
        why = _why(node, engine, one, experiment)
        if why:
            yield Problem(
                message=f"`{expression.text}`: {why}", at=expression.at, hint=f"change it, {_HERE}"
            )


def _why(node: exp.Expr, engine: Engine, one: Described, experiment: Experiment) -> str:
    """Why Spark gives another value, as a sentence; empty where it gives the same."""
    match node:
        case exp.Cast():
            return _cast(node, engine, one, experiment)
        case exp.Upper():
            return "`upper` of ß is SS on Spark; compare what `lower` gives"
        case exp.Like() if "\\" in node.expression.sql():
            return "a backslash in a pattern has a meaning of its own on Spark"
        case exp.JSONExtractScalar() | exp.JSONExtract() if not _JSON_PATH.match(_path(node)):
            return "Spark reads paths into JSON as $.a.b only"
        case _:
            return ""


def _path(node: exp.JSONExtract | exp.JSONExtractScalar) -> str:
    path: str = node.expression.sql(dialect="duckdb")
    return path.strip("'")


def _cast(node: exp.Cast, engine: Engine, one: Described, experiment: Experiment) -> str:
    to, kind = node.to.this, _operand(node.this, engine, one, experiment)
    fraction = kind.startswith(("DECIMAL", "FLOAT", "DOUBLE"))
    if to in _OTHER_TYPES:
        return f"Spark has no type {to.value}"
    if to in _WHOLE and fraction:
        return "`cast` to a whole number rounds on DuckDB and cuts off on Spark"
    if to in _TEXT and kind not in _SAME_TEXT:
        return f"Spark writes {kind} otherwise as text"
    if kind == "VARCHAR" and to in exp.DataType.TEMPORAL_TYPES:
        return "Spark reads other text as a time"
    return ""


def _operand(operand: exp.Expr, engine: Engine, one: Described, experiment: Experiment) -> str:
    names = Names(one, experiment)
    value = names.expression(operand.sql(dialect="duckdb"))
    query = exp.select(exp.alias_(value, "operand")).from_(scan(one))
    return engine.columns(query)["operand"]
