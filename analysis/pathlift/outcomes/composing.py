"""How a query of queries/*.sql becomes the statement that runs: structure put in on the AST.

A template is plain SQL in which ``$name`` stands for a value, an expression, or a list of them.
Nothing is pasted as text: values become literals and names become quoted identifiers through
sqlglot. Knows no experiment and runs nothing.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import sqlglot
from sqlglot import exp

from pathlift.places import queries_folder
from pathlift.registry.experiment import Expression
from pathlift.registry.expressions import tree_of

Part = exp.Expr | Sequence[exp.Expr] | str | int | float | bool | None
DIALECT = "duckdb"


def compose(name: str, sources: Mapping[str, exp.Expr] | None = None, **parts: Part) -> exp.Expr:
    """Fill a template.

    Parameters
    ----------
    name : str
        Of the file in ``queries``, without ``.sql``; ``checks/...`` for a check.
    sources : mapping of str to Query, optional
        Relations that the template, or a later source, names as tables; each that is read becomes
        a CTE of that name, in this order.
    **parts
        What each ``$name`` stands for. A list fills a place in a select list, ``group by``,
        ``partition by``, ``order by`` or the arguments of a function; an empty list leaves nothing.

    Returns
    -------
    Expression
        A statement without placeholders.

    Raises
    ------
    ValueError
        If the template has a placeholder that is not given, or lacks one that is.
    """
    tree = _template(name).copy()
    asked = {place.name for place in tree.find_all(exp.Placeholder)}
    if asked != set(parts):
        raise ValueError(f"{name}.sql asks for {sorted(asked)}, given {sorted(parts)}")
    for place in list(tree.find_all(exp.Placeholder)):
        _fill(place, parts[place.name])
    return _with_sources(tree, sources or {})


def compose_over(query: exp.Expr, sources: Mapping[str, exp.Expr]) -> exp.Expr:
    """A query that is composed already, with relations that it names as tables.

    Parameters
    ----------
    query : Expr
    sources : mapping of str to Expr
        As in `compose`.

    Returns
    -------
    Expr
    """
    return _with_sources(query.copy(), sources)


def text(expression: exp.Expr) -> str:
    """The SQL of an expression, as DuckDB reads it and a person may too.

    Parameters
    ----------
    expression : Expr

    Returns
    -------
    str
    """
    return expression.sql(DIALECT, pretty=True)


def name(identifier: str, table: str = "") -> exp.Column:
    """A column, quoted.

    Parameters
    ----------
    identifier : str
        As the data spell it.
    table : str, optional

    Returns
    -------
    Column
    """
    return exp.column(exp.to_identifier(identifier, quoted=True), table=table or None)


def aliased(expression: exp.Expr, alias: str) -> exp.Alias:
    """An expression under a name.

    Parameters
    ----------
    expression : Expr
    alias : str

    Returns
    -------
    Alias
    """
    return exp.Alias(this=_enclosed(expression.copy()), alias=exp.to_identifier(alias, quoted=True))


def value(constant: str | float | None) -> exp.Expr:
    """A literal; integers beyond 32 bits, negative numbers and text included.

    Parameters
    ----------
    constant : str, int, float or None

    Returns
    -------
    Expr
    """
    if isinstance(constant, float):
        return exp.cast(exp.Literal.number(repr(constant)), "double")
    return exp.convert(constant)


def enclosed(expression: exp.Expr) -> exp.Expr:
    """An expression in parentheses where it needs them.

    Parameters
    ----------
    expression : Expr

    Returns
    -------
    Expr
    """
    return _enclosed(expression.copy())


def total(terms: Sequence[exp.Expr]) -> exp.Expr:
    """Sum of terms; 0 for none.

    Parameters
    ----------
    terms : sequence of Expr
        Enclosed where they need it.

    Returns
    -------
    Expr
    """
    return _joined(exp.Add, terms, exp.Literal.number(0))


def bits(terms: Sequence[exp.Expr]) -> exp.Expr:
    """Terms joined by bitwise or; 0 for none.

    Parameters
    ----------
    terms : sequence of Expr
        Enclosed where they need it.

    Returns
    -------
    Expr
    """
    return _joined(exp.BitwiseOr, terms, exp.Literal.number(0))


def any_of(terms: Sequence[exp.Expr]) -> exp.Expr:
    """Terms joined by ``or``; false for none.

    Parameters
    ----------
    terms : sequence of Expr
        Enclosed where they need it.

    Returns
    -------
    Expr
    """
    return _joined(exp.Or, terms, exp.false())


def all_of(terms: Sequence[exp.Expr]) -> exp.Expr:
    """Terms joined by ``and``; true for none.

    Parameters
    ----------
    terms : sequence of Expr
        Enclosed where they need it.

    Returns
    -------
    Expr
    """
    return _joined(exp.And, terms, exp.true())


def case(branches: Sequence[tuple[exp.Expr, exp.Expr]], otherwise: exp.Expr) -> exp.Expr:
    """First branch whose condition holds, else `otherwise`.

    Parameters
    ----------
    branches : sequence of (Expr, Expr)
        Conditions and what each gives.
    otherwise : Expr

    Returns
    -------
    Expr
    """
    if not branches:
        return otherwise.copy()
    return exp.Case(
        ifs=[exp.If(this=when.copy(), true=then.copy()) for when, then in branches],
        default=otherwise.copy(),
    )


def call(function: str, *arguments: exp.Expr) -> exp.Expr:
    """A function by the name that DuckDB knows it by.

    Parameters
    ----------
    function : str
        As DuckDB spells it.
    *arguments : Expr
        In order.

    Returns
    -------
    Expr
    """
    return exp.func(function, *(argument.copy() for argument in arguments), dialect=DIALECT)


def filtered(aggregate: exp.Expr, condition: exp.Expr) -> exp.Expr:
    """An aggregate over the rows for which a condition holds.

    Parameters
    ----------
    aggregate : Expr
    condition : Expr
        Over a row.

    Returns
    -------
    Expr
    """
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition.copy()))


def parse(sql: str, **parts: exp.Expr) -> exp.Expr:
    """A small piece of our own SQL, with what its ``$names`` stand for.

    Parameters
    ----------
    sql : str
        With ``$names``.
    **parts : Expr
        By name.

    Returns
    -------
    Expr
    """
    tree = _small(sql).copy()
    if isinstance(tree, exp.Placeholder):
        return _enclosed(parts[tree.name].copy())
    for place in list(tree.find_all(exp.Placeholder)):
        place.replace(_enclosed(parts[place.name].copy()))
    return tree


def written(expression: Expression) -> exp.Expr:
    """What a person wrote, found harmless by the registry, as a tree with quoted names.

    Parameters
    ----------
    expression : Expression

    Returns
    -------
    Expr
    """
    tree = tree_of(expression.text)
    for identifier in tree.find_all(exp.Identifier):
        if isinstance(identifier.parent, exp.Column):
            identifier.args["quoted"] = True  # a column may be spelled like a word of SQL
    return tree


def _joined(kind: type[exp.Binary], terms: Sequence[exp.Expr], none: exp.Expr) -> exp.Expr:
    if not terms:
        return none
    first, *rest = (_enclosed(term.copy()) for term in terms)
    for term in rest:
        first = kind(this=first, expression=term)
    return first


def _enclosed(expression: exp.Expr) -> exp.Expr:
    if isinstance(expression, exp.Binary | exp.Connector | exp.Unary | exp.Between | exp.In):
        return exp.Paren(this=expression)
    return expression


@lru_cache(maxsize=512)
def _small(sql: str) -> exp.Expr:
    return _bare(sqlglot.parse_one(sql, read=DIALECT))


@lru_cache(maxsize=64)
def _template(name: str) -> exp.Expr:
    path = queries_folder() / f"{name}.sql"
    return _bare(sqlglot.parse_one(path.read_text(encoding="utf-8"), read=DIALECT))


def _bare(tree: exp.Expr) -> exp.Expr:
    """Without the places in the text that every copy would carry: half of what copies cost."""
    for node in tree.walk():
        for place in ("line", "col", "start", "end"):
            node.meta.pop(place, None)
        if not node.meta:
            node._meta = None  # an empty one would be copied as well
    return tree


def _fill(place: exp.Placeholder, part: Part) -> None:
    if isinstance(part, Sequence) and not isinstance(part, str):
        _fill_list(place, part)
    elif isinstance(part, exp.Expr):
        place.replace(_enclosed(part.copy()))
    else:
        place.replace(value(part))


def _fill_list(place: exp.Expr, part: Sequence[exp.Expr]) -> None:
    if isinstance(place.parent, exp.Ordered):
        place = place.parent  # a list in `order by` says for each item how it is ordered
    owner, key = place.parent, place.arg_key
    items = None if owner is None or key is None else owner.args.get(key)
    if owner is None or key is None or not isinstance(items, list):
        raise ValueError(f"a list cannot stand at {place.sql(DIALECT)}")
    filled: list[exp.Expr] = []
    for item in items:
        filled.extend([each.copy() for each in part] if item is place else [item])
    owner.set(key, filled)
    if not filled and isinstance(owner, exp.Group | exp.Order):
        owner.pop()


def _with_sources(tree: exp.Expr, sources: Mapping[str, exp.Expr]) -> exp.Expr:
    """Put before a query the sources that it reads, directly or through another source."""
    needed: set[str] = _tables(tree)
    used: list[exp.CTE] = []
    for source in reversed(list(sources)):
        if source in needed:
            needed |= _tables(sources[source])
            used.insert(0, _cte(source, sources[source]))
    query = tree.expression if isinstance(tree, exp.Create) else tree
    own = query.args.get("with_")
    if not used:
        return tree
    if own is None:
        query.set("with_", exp.With(expressions=used))
    else:
        own.set("expressions", [*used, *own.expressions])
    return tree


def _cte(source: str, query: exp.Expr) -> exp.CTE:
    # read where it is used: a copy of the whole log in memory helps nobody
    return exp.CTE(
        this=query.copy(),
        alias=exp.TableAlias(this=exp.to_identifier(source)),
        materialized=False,
    )


def _tables(tree: exp.Expr) -> set[str]:
    return {table.name for table in tree.find_all(exp.Table)}
