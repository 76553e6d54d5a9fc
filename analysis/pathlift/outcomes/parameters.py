"""Does a column hold the parameters that ``param('...')`` reads? Looks at types only."""

from collections.abc import Iterable, Iterator, Mapping

import sqlglot
from sqlglot import exp

from pathlift.errors import Problem
from pathlift.outcomes.described import Described
from pathlift.outcomes.needs import expressions
from pathlift.outcomes.relations import Names
from pathlift.registry.experiment import Experiment, Expression
from pathlift.registry.parameters import FIELDS, parameters_in

_SHAPE = "a list of structs of `key` and `value`, as in exports of GA4"


def parameter_problems(
    one: Described, experiment: Experiment, visible: Iterable[str]
) -> Iterator[Problem]:
    """Uses of the shorthand over columns that hold no such parameters.

    Parameters
    ----------
    one : Described
    experiment : Experiment
    visible : iterable of str
        Columns that expressions may name; a column that is not among them is said elsewhere.

    Yields
    ------
    Problem
    """
    names = Names(one, experiment)
    known = {name.lower() for name in visible}
    for expression, what in _written(one, experiment):
        for parameter in parameters_in(sqlglot.parse_one(expression.text, dialect="duckdb")):
            if parameter.column.lower() not in known:
                continue
            theirs = parameter.column
            if theirs.lower() in names.ours:
                theirs = names.theirs(theirs.lower()).name
            kind = names.kind(theirs)
            fields = fields_of(kind)
            lacking = [f for f in FIELDS[parameter.function] if f not in (fields or ())]
            if lacking:
                yield Problem(
                    message=f"{one.source.name}: `{parameter.text}` ({what}) reads column "
                    f"{theirs!r}, which is {kind}, "
                    + (f"without {_listed(lacking)} of a value" if fields else f"not {_SHAPE}"),
                    at=expression.at or one.source.at,
                    hint=_hint(theirs, kind, parameter.key, listed=fields is not None),
                )


def where_parameters_are(one: Described) -> str:
    """The line to write where no column has the name that parameters are read from.

    Parameters
    ----------
    one : Described

    Returns
    -------
    str
        Names a column of the right type, where there is one.
    """
    found = next((name for name, kind in one.columns.items() if fields_of(kind)), "NAME")
    return f"say which column holds the parameters: `columns: {{event_params: {found}}}`"


def fields_of(kind: str) -> Mapping[str, str] | None:
    """Fields that the value of a parameter has, by name, with their DuckDB types.

    Parameters
    ----------
    kind : str
        DuckDB type of a column.

    Returns
    -------
    mapping of str to str or None
        None where the column is no list of key and value structs.

    Examples
    --------
    >>> fields_of('STRUCT("key" VARCHAR, "value" STRUCT(string_value VARCHAR))[]')
    {'string_value': 'TEXT'}
    >>> fields_of("MAP(VARCHAR, VARCHAR)") is None
    True
    """
    tree = exp.DataType.build(kind, dialect="duckdb")
    if tree.this != exp.DataType.Type.ARRAY or not tree.expressions:
        return None
    pair = _fields(tree.expressions[0])
    if pair is None or "key" not in pair or "value" not in pair:
        return None
    found = _fields(pair["value"])
    return None if found is None else {name: part.sql("duckdb") for name, part in found.items()}


def _fields(kind: exp.Expr) -> dict[str, exp.Expr] | None:
    if not isinstance(kind, exp.DataType) or kind.this != exp.DataType.Type.STRUCT:
        return None
    return {part.name.lower(): part.args["kind"] for part in kind.expressions}


def _written(one: Described, experiment: Experiment) -> Iterator[tuple[Expression, str]]:
    yield from ((text, f"derive {name!r}") for name, text in one.source.derive.items())
    yield from ((asked.expression, asked.what) for asked in expressions(one, experiment))


def _hint(theirs: str, kind: str, key: str, *, listed: bool) -> str:
    if listed:
        return (
            "write the values with the fields string_value, int_value, float_value and "
            "double_value, NULL where they are not used"
        )
    if kind.startswith("MAP"):
        return f"a key of a map is {theirs}['{key}']"
    if kind in ("JSON", "VARCHAR"):
        return f"a key of JSON is json_extract_string({theirs}, '$.{key}')"
    return "name the column with them: `columns: {event_params: NAME}`"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
