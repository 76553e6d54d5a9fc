"""How a statement of ours is written for Spark so that it means the same.

Statements are composed for DuckDB. What Spark spells otherwise is spelled for it; what it would
compute otherwise (whole-number sums that leave 64 bits, division of integers, exact quantiles) is
written out. `pathlift.outcomes.spark.portable` refuses the rest. Runs nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.generators.spark import SparkGenerator

from pathlift.outcomes.composing import written
from pathlift.registry.experiment import Expression

Reader = Callable[[exp.Table], str]
"""From a table function that reads files to the name of the view that holds their rows."""

_WHOLE = "decimal(38, 0)"
_RUNNING = "decimal(38, 9)"  # of running sums: of whole numbers, or of floats cast to just this


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement for Spark.

    Attributes
    ----------
    view : str or None
        The table that it makes; None for a query.
    query : str
        What to run, or what the table holds.
    """

    view: str | None
    query: str

    @property
    def text(self) -> str:
        """As one statement that Spark reads."""
        if self.view is None:
            return self.query
        return f"CREATE OR REPLACE TEMPORARY VIEW {self.view} AS\n{self.query}"


class _Generator(SparkGenerator):
    """Spark's SQL where sqlglot's own translation fails or means something else."""

    TRANSFORMS = {  # noqa: RUF012 - the base class declares it without an annotation
        **SparkGenerator.TRANSFORMS,
        exp.NullSafeEQ: lambda self, e: f"({self.binary(e, '<=>')})",
        exp.NullSafeNEQ: lambda self, e: f"NOT ({self.binary(e, '<=>')})",
    }
    TYPE_MAPPING = {  # noqa: RUF012 - the base class declares it without an annotation
        **SparkGenerator.TYPE_MAPPING,
        exp.DataType.Type.INT128: "DECIMAL(38, 0)",
        exp.DataType.Type.UBIGINT: "DECIMAL(20, 0)",
        exp.DataType.Type.UINT: "BIGINT",
    }

    def cte_sql(self, expression: exp.CTE) -> str:
        """A common table expression; Spark knows no hint on keeping it."""
        expression.set("materialized", None)
        return super().cte_sql(expression)


class PathliftSpark(Spark):
    """Spark with the forms that our statements use."""

    Generator = _Generator


def translated(statement: exp.Expr, reader: Reader) -> Statement:
    """Write a statement for Spark.

    Parameters
    ----------
    statement : Expr
        Composed for DuckDB, of the portable subset.
    reader : callable
        Called once for every table function that reads files.

    Returns
    -------
    Statement
    """
    tree = statement.copy()
    view = None
    if isinstance(tree, exp.Create):
        view = tree.this.name
        tree = tree.expression
    tree = _spelled(_apart(_named_by_unit(tree)), reader)
    return Statement(view=view, query=tree.sql(dialect=PathliftSpark, pretty=True))


def spelled(expression: Expression) -> str:
    """What a person wrote, as Spark is told it.

    Parameters
    ----------
    expression : Expression

    Returns
    -------
    str
    """
    return _spelled(written(expression), _no_files).sql(dialect=PathliftSpark)


def _no_files(node: exp.Table) -> str:
    raise TypeError("an expression over a row reads no file")


def _named_by_unit(tree: exp.Expr) -> exp.Expr:
    """The dense number of a unit: a view numbers its rows anew when read again, a name stays."""
    for alias in tree.find_all(exp.Alias):
        if alias.alias == "i" and alias.this.find(exp.RowNumber):
            alias.set("this", exp.column("unit", table="seen"))
    return tree


def _apart(tree: exp.Expr) -> exp.Expr:
    """Every common table expression under a name of its own, as ``journeys_placed``.

    Spark's rule for a name that is given again inside has changed between versions, and sqlglot
    lifts all of them to the top.
    """
    inner = [owner for owner in tree.find_all(exp.CTE) if owner.this.args.get("with_")]
    for owner in reversed(inner):
        given = [cte.alias for cte in owner.this.args["with_"].expressions]
        names = {name: f"{owner.alias}_{name}" for name in given}
        for node in owner.this.find_all(exp.Table, exp.Column, exp.CTE):
            if isinstance(node, exp.CTE) and node.alias in names:
                node.args["alias"].set("this", exp.to_identifier(names[node.alias]))
            elif isinstance(node, exp.Table) and node.name in names:
                node.set("this", exp.to_identifier(names[node.name]))
            elif isinstance(node, exp.Column) and node.table in names:
                node.set("table", exp.to_identifier(names[node.table]))
    return tree


def _spelled(tree: exp.Expr, reader: Reader) -> exp.Expr:
    holder = exp.Paren(this=tree)  # so that the whole may be replaced as well
    nodes = [node for node in holder.walk() if node is not holder]
    for node in reversed(nodes):  # what is inside first
        for kind, rewrite in _REWRITES:
            if isinstance(node, kind):
                rewrite(node, reader)
                break
    spelled_out: exp.Expr = holder.this
    return spelled_out


def _files(node: exp.Table, reader: Reader) -> None:
    if isinstance(node.this, exp.ReadParquet | exp.ReadCSV):
        node.replace(exp.Table(this=exp.to_identifier(reader(node)), alias=node.args.get("alias")))


def _numbered(node: exp.Window, reader: Reader) -> None:
    """A number for every row, and nothing that says in which order: a name of its own serves."""
    counts = isinstance(node.this, exp.RowNumber)
    if counts and not node.args.get("partition_by") and not node.args.get("order"):
        node.replace(exp.func("monotonically_increasing_id"))


def _sum(node: exp.Sum, reader: Reader) -> None:
    """Sums of whole numbers have 128 bits on DuckDB, and 64 on Spark.

    Adding a nothing of 38 digits widens whole numbers; floats stay floats, decimals keep theirs.
    """
    if isinstance(node.parent, exp.Window):
        node.set("this", exp.cast(node.this, _RUNNING))
    else:
        nothing = exp.cast(exp.Literal.number(0), _WHOLE)
        node.set("this", exp.Add(this=exp.paren(node.this, copy=False), expression=nothing))


def _anonymous(node: exp.Anonymous, reader: Reader) -> None:
    arguments: Sequence[exp.Expr] = node.expressions
    match node.name.lower():
        case "fsum":
            node.replace(exp.Sum(this=exp.cast(arguments[0], "double")))
        case "epoch_us":
            moment = exp.cast(arguments[0], exp.DataType.Type.TIMESTAMPTZ)
            node.replace(exp.Anonymous(this="unix_micros", expressions=[moment]))
        case "make_timestamptz":
            node.set("this", "timestamp_micros")
        case "isfinite":
            # NaN is the largest number of both engines
            size = exp.Abs(this=arguments[0])
            most = exp.cast(exp.Literal.string("Infinity"), "double")
            node.replace(exp.Paren(this=exp.LT(this=size, expression=most)))


def _quantile(node: exp.PercentileDisc, reader: Reader) -> None:
    """One value of the data; the units that count are told by a filter around it."""
    value, quantile = node.this, node.expression
    order = exp.Order(expressions=[exp.Ordered(this=value)])
    node.replace(
        exp.WithinGroup(
            this=exp.Anonymous(this="percentile_disc", expressions=[quantile]), expression=order
        )
    )


def _divided(node: exp.Div, reader: Reader) -> None:
    """DuckDB divides as floating point, whatever is divided."""
    node.set("this", exp.cast(_bare(node.this), "double"))
    node.set("expression", exp.cast(_bare(node.expression), "double"))


def _bare(expression: exp.Expr) -> exp.Expr:
    return expression.this if isinstance(expression, exp.Paren) else expression


def _distinct(node: exp.Tuple, reader: Reader) -> None:
    if isinstance(node.parent, exp.Distinct):
        node.replace(exp.Struct(expressions=list(node.expressions)))


def _contains(node: exp.ArrayContains, reader: Reader) -> None:
    """NULL in the list hides on Spark that the value is not there; NULL is no value that is."""
    values, value = node.this.copy(), node.expression.copy()
    known = exp.Coalesce(this=node.copy(), expressions=[exp.false()])
    missing = exp.or_(
        exp.Is(this=values, expression=exp.null()), exp.Is(this=value, expression=exp.null())
    )
    node.replace(exp.Case(ifs=[exp.If(this=missing, true=exp.null())], default=known))


def _bits(node: exp.Binary, reader: Reader) -> None:
    """Bits of 64: Sail narrows both sides to the narrower, and refuses what no longer fits."""
    for side in ("this", "expression"):
        if not isinstance(_bare(node.args[side]), exp.BitwiseAnd | exp.BitwiseOr):
            node.set(side, exp.cast(node.args[side], "bigint"))


_REWRITES: tuple[tuple[type[exp.Expr], Callable[..., None]], ...] = (
    (exp.Table, _files),
    (exp.Window, _numbered),
    (exp.Sum, _sum),
    (exp.Anonymous, _anonymous),
    (exp.PercentileDisc, _quantile),
    (exp.Div, _divided),
    (exp.ArrayContains, _contains),
    (exp.BitwiseAnd, _bits),
    (exp.BitwiseOr, _bits),
    (exp.Tuple, _distinct),
)
