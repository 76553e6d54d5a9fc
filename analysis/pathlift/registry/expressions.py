"""Which SQL may a person write in a definition? Runs none of it.

A definition is data from a colleague: it may compute from a row and may do nothing else. So this is
a list of what is allowed, on the words first (a library may know a function as its own node) and on
the parsed tree second.
"""

from itertools import zip_longest
from typing import TYPE_CHECKING, Final, cast

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError

from pathlift.registry import parameters

if TYPE_CHECKING:
    from sqlglot import Token

FUNCTIONS: Final = (
    "cast",
    "coalesce",
    "lower",
    "upper",
    "length",
    "json_extract_string",
    "list_contains",
    *parameters.FIELDS,
)
LONGEST: Final = 4_000  # characters

# Words that may stand before a parenthesis without being a function.
_BEFORE_PARENTHESIS: Final = frozenset(
    {
        "in",
        "and",
        "or",
        "not",
        "when",
        "then",
        "else",
        "case",
        "between",
        "like",
        "is",
        "escape",
        "from",
        "decimal",
        "numeric",
        "varchar",
    }
)
# Names that engines answer without parentheses when no column has them.
_HIDDEN_FUNCTIONS: Final = frozenset(
    {
        "current_date",
        "current_time",
        "current_timestamp",
        "current_user",
        "current_role",
        "current_catalog",
        "current_schema",
        "localtime",
        "localtimestamp",
        "session_user",
        "user",
    }
)
_TYPES: Final = frozenset(
    {
        exp.DataType.Type.BOOLEAN,
        exp.DataType.Type.TINYINT,
        exp.DataType.Type.SMALLINT,
        exp.DataType.Type.INT,
        exp.DataType.Type.BIGINT,
        exp.DataType.Type.INT128,
        exp.DataType.Type.UTINYINT,
        exp.DataType.Type.USMALLINT,
        exp.DataType.Type.UINT,
        exp.DataType.Type.UBIGINT,
        exp.DataType.Type.DECIMAL,
        exp.DataType.Type.FLOAT,
        exp.DataType.Type.DOUBLE,
        exp.DataType.Type.VARCHAR,
        exp.DataType.Type.TEXT,
        exp.DataType.Type.CHAR,
        exp.DataType.Type.DATE,
        exp.DataType.Type.TIME,
        exp.DataType.Type.TIMESTAMP,
        exp.DataType.Type.TIMESTAMPTZ,
        exp.DataType.Type.TIMESTAMPNTZ,
        exp.DataType.Type.UUID,
    }
)
_BOOLEAN: Final = (
    exp.Connector,
    exp.Not,
    exp.Predicate,
    exp.Boolean,
    exp.In,
    exp.Between,
    exp.ArrayContains,
)
_EITHER: Final = (exp.Column, exp.Dot, exp.Bracket, exp.Case, exp.Coalesce, exp.Null)
_COMPUTED: Final = (
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.IntDiv,
    exp.Mod,
    exp.Neg,
    exp.Literal,
    exp.Lower,
    exp.Upper,
    exp.Length,
    exp.JSONExtractScalar,
)
_PARTS: Final = (exp.Paren, exp.If, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Identifier)
_COMPARED: Final = (
    exp.And,
    exp.Or,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
    exp.Is,
    exp.Like,
    exp.Escape,
)
_ALLOWED: Final[frozenset[type[exp.Expression]]] = frozenset(
    {
        *_EITHER,
        *_COMPUTED,
        *_PARTS,
        *_COMPARED,
        exp.Not,
        exp.Boolean,
        exp.In,
        exp.Between,
        exp.ArrayContains,
        exp.JSONPath,
        exp.JSONPathRoot,
        exp.JSONPathKey,
        exp.JSONPathSubscript,
    }
)
_SYMBOLS: Final = frozenset(
    {
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "=",
        "==",
        "<>",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "(",
        ")",
        ",",
        ".",
        "::",
        "[",
        "]",
    }
)
_TEXTS: Final = (TokenType.STRING, TokenType.NUMBER, TokenType.VAR, TokenType.IDENTIFIER)


class ExpressionError(ValueError):
    """An expression that a definition may not hold.

    Attributes
    ----------
    message : str
        What is wrong.
    part : str
        The part of the text that is meant; empty when it is the whole.
    hint : str
        What to write instead; may be empty.
    """

    def __init__(self, message: str, *, part: str = "", hint: str = "") -> None:
        self.message, self.part, self.hint = message, part, hint
        super().__init__(message)


def parse(text: str) -> exp.Expression:
    """Return the tree of one scalar expression over a row.

    Parameters
    ----------
    text : str
        DuckDB dialect, as a person wrote it.

    Returns
    -------
    sqlglot.exp.Expression
        Of comparison, arithmetic, boolean, ``in``, ``like``, ``between``, ``is null``, ``case``,
        ``cast``, struct fields and the functions of `FUNCTIONS`; of nothing else. The shorthand for
        parameters is written out.

    Raises
    ------
    ExpressionError
        If it is anything else.

    Examples
    --------
    >>> parse("event = 'purchase' and amount > 0").sql("duckdb")
    "event = 'purchase' AND amount > 0"
    >>> parse("read_csv('secret.csv') is not null")
    Traceback (most recent call last):
    pathlift.registry.expressions.ExpressionError: the function `read_csv` is not allowed here
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST:,} characters")
    try:
        tokens = sqlglot.tokenize(text, read="duckdb")
        _check_words(tokens)
        trees = [
            cast(exp.Expression, tree)
            for tree in sqlglot.parse(text, read="duckdb")
            if tree is not None
        ]
    except SqlglotError as error:
        raise ExpressionError(_plain(error, text), hint="the dialect is that of DuckDB") from None
    except RecursionError:
        raise ExpressionError("this is nested too deeply") from None
    if len(trees) != 1:
        raise ExpressionError("an expression is needed here")
    _check_tree(trees[0])
    wrong = parameters.misuse(trees[0])
    if wrong is not None:
        message, part, hint = wrong
        raise ExpressionError(message, part=part, hint=hint)
    return cast(exp.Expression, parameters.written_out(trees[0]))


def tree_of(text: str) -> exp.Expression:
    """Return the tree of an expression that `parse` has accepted before, at no cost of checking.

    Parameters
    ----------
    text : str
        DuckDB dialect.

    Returns
    -------
    sqlglot.exp.Expression
        With the shorthand for parameters written out.
    """
    return cast(exp.Expression, parameters.written_out(sqlglot.parse_one(text, read="duckdb")))


def text_instead(text: str) -> str:
    """What to write where the parameter of an export is read as text and a number is needed.

    Parameters
    ----------
    text : str
        DuckDB dialect, accepted by `parse`.

    Returns
    -------
    str
        Empty unless the whole expression is such a parameter.

    Examples
    --------
    >>> text_instead("param('value')")
    "write param_int('value') for whole numbers, param_float('value') for any"
    >>> text_instead("amount")
    ''
    """
    return parameters.number_instead(sqlglot.parse_one(text, read="duckdb"))


def columns_of(expression: exp.Expression) -> tuple[str, ...]:
    """Name the columns that an expression reads, in the order of the text, each once.

    Parameters
    ----------
    expression : sqlglot.exp.Expression
        From `parse`.

    Returns
    -------
    tuple of str
        As spelled there; of ``payload.item.price`` the column ``payload``.

    Examples
    --------
    >>> columns_of(parse("payload.kind = 'x' and (amount > 0 or payload.kind is null)"))
    ('payload', 'amount')
    """
    found = (column.parts[0].name for column in expression.find_all(exp.Column, bfs=False))
    return tuple(dict.fromkeys(found))


def may_be_condition(expression: exp.Expression) -> bool:
    """Whether an expression can be true or false, as far as its form tells.

    Parameters
    ----------
    expression : sqlglot.exp.Expression
        From `parse`.

    Returns
    -------
    bool
        False for numbers, text and what is computed from them.

    Examples
    --------
    >>> may_be_condition(parse("is_buyer")), may_be_condition(parse("amount * 2"))
    (True, False)
    """
    root = expression.unnest()
    if isinstance(root, exp.Cast):
        return bool(root.to.this == exp.DataType.Type.BOOLEAN)
    return isinstance(root, (*_BOOLEAN, *_EITHER))


def _check_words(tokens: "list[Token]") -> None:
    for token, following in zip_longest(tokens, tokens[1:]):
        word = token.text.lower()
        if token.comments:
            raise ExpressionError(
                "a comment inside an expression", hint="write it as a YAML comment, after a #"
            )
        if token.token_type == TokenType.SEMICOLON:
            raise ExpressionError("`;` would end the statement", part=";")
        if following is not None and following.token_type == TokenType.L_PAREN:
            _check_function(token, word)
        symbol = token.token_type not in _TEXTS and not _is_word(word)
        if symbol and word not in _SYMBOLS:
            hint = "json_extract_string(column, '$.key')" if word in ("->", "->>") else ""
            raise ExpressionError(f"`{token.text}` is not allowed here", part=token.text, hint=hint)


def _check_function(token: "Token", word: str) -> None:
    named = word in FUNCTIONS or word in _BEFORE_PARENTHESIS
    quoted = token.token_type == TokenType.IDENTIFIER
    if (named and not quoted) or not (quoted or _is_word(word)):
        return
    if token.token_type in (TokenType.STRING, TokenType.NUMBER):
        return  # no function; the parser says what is wrong
    raise ExpressionError(
        f"the function `{token.text}` is not allowed here",
        part=token.text,
        hint="allowed: " + ", ".join(FUNCTIONS),
    )


def _check_tree(tree: exp.Expression) -> None:
    for found in tree.walk(bfs=False):
        node = cast(exp.Expression, found)
        part = "" if node is tree else _shown(node)
        if isinstance(node, (exp.Query, exp.Subquery)) or node.args.get("query") is not None:
            raise ExpressionError("a query inside an expression", part="select")
        if isinstance(node, exp.Anonymous) and str(node.this).lower() in parameters.FIELDS:
            continue  # its use is looked at as a whole
        if type(node) not in _ALLOWED:
            raise ExpressionError(f"`{_shown(node)}` is not allowed here", part=part)
        _check_node(node)


def _check_node(node: exp.Expression) -> None:
    match node:
        case exp.Column() if not isinstance(node.this, exp.Identifier):
            raise ExpressionError("`*` names no single column", part="*")
        case exp.Column() if (
            not node.this.args.get("quoted") and node.name.lower() in _HIDDEN_FUNCTIONS
        ):
            raise ExpressionError(f"the function `{node.name}` is not allowed here", part=node.name)
        case exp.DataType() if node.this not in _TYPES:
            raise ExpressionError(
                f"the type `{_shown(node)}` is not allowed here", part=_shown(node)
            )
        case exp.Cast() if {name for name, set_ in node.args.items() if set_} - {"this", "to"}:
            raise ExpressionError(f"`{_shown(node)}` is not allowed here")
        case exp.Bracket() if not all(
            isinstance(key, exp.Literal) and key.is_string for key in node.expressions
        ):
            raise ExpressionError(
                "brackets take the name of a struct field", hint="such as payload['item']"
            )
        case exp.JSONExtractScalar() if not isinstance(node.expression, exp.JSONPath):
            raise ExpressionError(
                "the path of json_extract_string is text", hint="such as '$.item.price'"
            )
        case _:
            pass


def _is_word(text: str) -> bool:
    return all(part.isalnum() for part in text.replace("_", " ").split()) and text != ""


def _shown(node: exp.Expression) -> str:
    text = node.sql("duckdb").lower() if not isinstance(node, exp.Literal) else node.sql("duckdb")
    return text if len(text) <= 60 else text[:57] + "..."


def _plain(error: SqlglotError, text: str) -> str:
    details = getattr(error, "errors", None) or [{}]
    near = str(details[0].get("highlight") or "").strip()
    if near and near != text.strip():
        return f"this is not an expression of SQL, near `{near}`"
    return "this is not an expression of SQL"
