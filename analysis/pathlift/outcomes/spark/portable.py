"""Does a statement stay in the subset that DuckDB and Spark read alike? Runs nothing.

A list of what is allowed: what nobody has tried on both engines is not in it. Of the traps that
sqlglot translates without a word (ordered lists, differences of dates, hashes, interpolated
quantiles) none is.
"""

from collections.abc import Iterator

from sqlglot import exp

_NODES = frozenset(
    """
    Abs Add Alias And Anonymous Array ArrayContains ArrayFilter ArrayMax Between BitwiseAnd
    BitwiseOr BitwiseOrAgg Boolean Bracket CTE Case Cast Coalesce Column Count Create DataType
    DataTypeParam Distinct Div Dot EQ Escape Filter Floor From GT GTE Greatest Group Having
    Identifier If In IntDiv Is JSONExtract JSONExtractScalar JSONPath JSONPathKey JSONPathRoot
    JSONPathSubscript Join LT LTE Lambda Least Length Like Limit Literal Ln Lower Max Min Mod Mul
    NEQ Neg Not Null NullSafeEQ NullSafeNEQ Nullif Or Order Ordered Paren PercentileDisc Properties
    PropertyEQ ReadCSV ReadParquet Round RowNumber Select Star Struct Sub Subquery Sum Table
    TableAlias TemporaryProperty Transform Tuple Union Upper Where Window WindowSpec With
    """.split()  # noqa: SIM905 - ninety names read better as text
)
_FUNCTIONS = frozenset({"epoch_us", "fsum", "isfinite", "make_timestamptz"})
_INTEGERS = exp.DataType.INTEGER_TYPES | {exp.DataType.Type.INT128}
_FRACTIONS = (exp.Div, exp.Ln)
_ROUNDED = (exp.Round, exp.Floor)


def unportable(statement: exp.Expr) -> tuple[str, ...]:
    """What of a statement the two engines would not read alike.

    Parameters
    ----------
    statement : Expr
        Composed for DuckDB.

    Returns
    -------
    tuple of str
        One sentence each, without repeats; empty where it is portable.

    Examples
    --------
    >>> import sqlglot
    >>> unportable(sqlglot.parse_one("select hash(a), 1 / b from t", read="duckdb"))
    ('`HASH(a)`: nobody has tried hash on both', '`1 / b`: divides by what may be 0')
    """
    found = [
        f"`{node.sql(dialect='duckdb', comments=False)}`: {why}"
        for node in statement.walk(bfs=False)
        for why in _why(node)
    ]
    return tuple(dict.fromkeys(found))


def _why(node: exp.Expr) -> Iterator[str]:
    name = type(node).__name__
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        if name not in _FUNCTIONS:
            yield f"nobody has tried {name} on both"
    elif name not in _NODES:
        yield f"nobody has tried {name} on both"
    match node:
        case exp.Div() | exp.IntDiv() | exp.Mod() if not _never_zero(node.expression):
            yield "divides by what may be 0"
        case exp.Cast() if node.to.this in _INTEGERS and _is_fraction(node.this):
            yield "rounds on one and cuts off on the other"
        case exp.Join() if node.args.get("using"):
            yield "`using` hides on Sail which side a column is of"
        case exp.Star() if node.args.get("except_") or node.args.get("replace"):
            yield "a star that leaves columns out is none on Sail"
        case exp.Group() if node.args.get("all"):
            yield "`group by all` is none on Sail"
        case exp.Window() if not node.args.get("order") and not _needs_no_order(node):
            yield "a window without an order gives any of its rows"


def _never_zero(divisor: exp.Expr) -> bool:
    bare = divisor.unnest()
    if isinstance(bare, exp.Cast):
        bare = bare.this.unnest()
    if isinstance(bare, exp.Literal):
        return not bare.is_string and float(bare.name) != 0
    return isinstance(bare, exp.Nullif)


def _is_fraction(value: exp.Expr) -> bool:
    bare = value.unnest()
    if isinstance(bare, _ROUNDED):
        return False
    if isinstance(bare, exp.Literal):
        return not bare.is_string and not bare.is_int
    return any(bare.find_all(*_FRACTIONS)) and not any(bare.find_all(*_ROUNDED))


def _needs_no_order(window: exp.Window) -> bool:
    """A count of all rows; or a number for each, of which nothing but its being another is used."""
    return isinstance(window.this, exp.Count) or (
        isinstance(window.this, exp.RowNumber) and not window.args.get("partition_by")
    )
