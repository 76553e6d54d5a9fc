"""How is a parameter of an analytics export read? Writes the shorthand out; runs nothing.

Exports such as that of GA4 hold what they know of an event as a list of key and value structs, one
field of the value for each type. ``param('page_type')`` stands for the text under that key,
``param_int`` for the whole number, ``param_float`` for the number however it was stored. Written
out they are list functions that DuckDB and Spark read alike; NULL where the key is not there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from sqlglot import exp

COLUMN: Final = "event_params"
"""Our name for the column with the list."""
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "param": ("string_value",),
    "param_int": ("int_value",),
    "param_float": ("double_value", "float_value", "int_value"),
}
"""Fields of the value that each function reads, the first that is not NULL."""

Kind = Literal["text", "number"]
_EACH: Final = "parameter"  # what the lambda calls one element of the list
_NUMBERS: Final = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg)
_TEXTS: Final = (exp.Lower, exp.Upper, exp.Length, exp.Like)
_COMPARED: Final = (
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One use of the shorthand.

    Attributes
    ----------
    function : {'param', 'param_int', 'param_float'}
    key : str
    column : str
        Where the list is; our name unless another column is named.
    """

    function: str
    key: str
    column: str

    @property
    def text(self) -> str:
        """As a person writes it."""
        other = "" if self.column == COLUMN else f", {self.column}"
        return f"{self.function}('{self.key}'{other})"


def written_out(tree: exp.Expr) -> exp.Expr:
    """Replace the shorthand by what it stands for.

    Parameters
    ----------
    tree : Expr
        That `misuse` has found sound.

    Returns
    -------
    Expr
        Another tree; `tree` itself where it has no parameters.

    Examples
    --------
    >>> import sqlglot
    >>> tree = written_out(sqlglot.parse_one("param('page_type') = 'pdp'", read="duckdb"))
    >>> print(tree.sql("duckdb"))
    LIST_MAX(LIST_TRANSFORM(LIST_FILTER(event_params, LAMBDA parameter : parameter.key = \
'page_type'), LAMBDA parameter : parameter.value.string_value)) = 'pdp'
    """
    if not any(True for _ in _calls(tree)):
        return tree
    return tree.transform(lambda node: _list(_read(node)) if _is_call(node) else node)


def parameters_in(tree: exp.Expr) -> tuple[Parameter, ...]:
    """Every use of the shorthand, each once, in the order of the text.

    Parameters
    ----------
    tree : Expr
        Not written out yet.

    Returns
    -------
    tuple of Parameter
    """
    return tuple(dict.fromkeys(_read(call) for call in _calls(tree)))


def misuse(tree: exp.Expr) -> tuple[str, str, str] | None:
    """What is wrong with the use of the shorthand in an expression.

    Parameters
    ----------
    tree : Expr
        Not written out yet.

    Returns
    -------
    (str, str, str) or None
        Message, the part of the text that is meant, and a hint; None where all is well.
    """
    for call in _calls(tree):
        if not _is_sound(call):
            name = str(call.this).lower()
            return (
                f"`{name}` takes the key as text, and the column where it is not {COLUMN}",
                name,
                f"such as {name}('page_type')",
            )
        parameter = _read(call)
        said = _mistyped(call, parameter)
        if said is not None:
            return said
    return None


def number_instead(tree: exp.Expr) -> str:
    """What to write in place of an expression that is a parameter read as text.

    Parameters
    ----------
    tree : Expr
        Not written out yet, and found sound by `misuse`.

    Returns
    -------
    str
        Empty for every other expression.
    """
    root = tree.unnest()
    return _as_number(_read(root)) if _is_call(root) and _kind(root) == "text" else ""


def _as_number(parameter: Parameter) -> str:
    whole, broken = (
        Parameter(function=name, key=parameter.key, column=parameter.column).text
        for name in ("param_int", "param_float")
    )
    return f"write {whole} for whole numbers, {broken} for any"


def _mistyped(call: exp.Expr, parameter: Parameter) -> tuple[str, str, str] | None:
    own: Kind = "text" if parameter.function == "param" else "number"
    node, around = call, call.parent
    while isinstance(around, exp.Paren):
        node, around = around, around.parent
    against = _asked_for(node, around)
    if against is None or against == own:
        return None
    if own == "text":
        return (
            f"`{parameter.text}` is text, and a number is needed here",
            parameter.function,
            _as_number(parameter),
        )
    text = Parameter(function="param", key=parameter.key, column=parameter.column).text
    return (
        f"`{parameter.text}` is a number, and text is needed here",
        parameter.function,
        f"write {text} for text",
    )


def _asked_for(node: exp.Expr, around: exp.Expr | None) -> Kind | None:
    """What the expression around a value takes there, as far as its form tells."""
    match around:
        case exp.Expr() if isinstance(around, _NUMBERS):
            return "number"
        case exp.Expr() if isinstance(around, _TEXTS):
            return "text"
        case exp.Expr() if isinstance(around, _COMPARED):
            other = around.expression if around.this is node else around.this
            return _kind(other)
        case exp.In() if around.this is node:
            return _kind(around.expressions[0]) if around.expressions else None
        case exp.Between() if around.this is node:
            return _kind(around.args["low"])
        case exp.Coalesce():
            parts = [part for part in (around.this, *around.expressions) if part is not node]
            kinds = [kind for part in parts if (kind := _kind(part)) is not None]
            return kinds[0] if kinds else None
        case _:
            return None


def _kind(node: exp.Expr) -> Kind | None:
    node = node.unnest()
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else "number"
    if isinstance(node, (*_NUMBERS, exp.Length)):
        return "number"
    if isinstance(node, exp.Lower | exp.Upper):
        return "text"
    if _is_call(node):
        return "text" if str(node.this).lower() == "param" else "number"
    return None


def _calls(tree: exp.Expr) -> Iterator[exp.Anonymous]:
    for node in tree.find_all(exp.Anonymous, bfs=False):
        if _is_call(node):
            yield node


def _is_call(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and str(node.this).lower() in FIELDS


def _is_sound(call: exp.Anonymous) -> bool:
    key, *column = call.expressions or [exp.null()]
    return (
        isinstance(key, exp.Literal)
        and key.is_string
        and key.this != ""
        and len(column) <= 1
        and all(isinstance(each, exp.Column) and len(each.parts) == 1 for each in column)
    )


def _read(call: exp.Expr) -> Parameter:
    key, *column = call.expressions
    named = cast(exp.Column, column[0]).name if column else COLUMN
    return Parameter(function=str(call.this).lower(), key=str(key.this), column=named)


def _list(parameter: Parameter) -> exp.Expr:
    """The largest value under the key: one, unless the export repeats it; NULL of an empty list."""
    same = exp.EQ(this=_of_each("key"), expression=exp.Literal.string(parameter.key))
    fields = [_of_each("value", field) for field in FIELDS[parameter.function]]
    if parameter.function == "param_float":
        fields = [exp.cast(field, "double") for field in fields]
    value = fields[0] if len(fields) == 1 else exp.Coalesce(this=fields[0], expressions=fields[1:])
    found = exp.ArrayFilter(this=_column(parameter.column), expression=_for_each(same))
    return exp.ArrayMax(this=exp.Transform(this=found, expression=_for_each(value)))


def _column(spelled: str) -> exp.Column:
    plain = spelled.isidentifier()
    return exp.column(exp.to_identifier(spelled, quoted=not plain))


def _for_each(body: exp.Expr) -> exp.Lambda:
    return exp.Lambda(this=body, expressions=[exp.to_identifier(_EACH)])


def _of_each(*path: str) -> exp.Expr:
    found: exp.Expr = exp.to_identifier(_EACH)
    for part in path:
        found = exp.Dot(this=found, expression=exp.to_identifier(part))
    return found
