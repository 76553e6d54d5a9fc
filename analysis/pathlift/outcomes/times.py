"""How a time that a file holds becomes an instant. Knows no file."""

from typing import Literal

from sqlglot import exp

from pathlift.outcomes.kinds import INTEGERS
from pathlift.registry.experiment import Column

TimeKind = Literal["zoned", "naive", "date", "integer", "text", "none"]

_PER_UNIT = {"s": 1_000_000, "ms": 1_000, "us": 1}


def time_kind(kind: str) -> TimeKind:
    """What a DuckDB type says about a time.

    Parameters
    ----------
    kind : str
        A DuckDB type as DuckDB writes it, in capitals.

    Returns
    -------
    {'zoned', 'naive', 'date', 'integer', 'text', 'none'}
        ``naive`` is a timestamp without zone, of any precision; ``none`` can be no time.

    Examples
    --------
    >>> time_kind("TIMESTAMP_NS"), time_kind("BIGINT"), time_kind("DOUBLE")
    ('naive', 'integer', 'none')
    """
    if kind.startswith("TIMESTAMP"):
        return "zoned" if "TIME ZONE" in kind else "naive"
    if kind in INTEGERS:
        return "integer"
    return {"DATE": "date", "VARCHAR": "text"}.get(kind, "none")  # type: ignore[return-value]


def instant(value: exp.Expr, kind: str, column: Column, zone: str | None) -> exp.Expr:
    """A time as TIMESTAMPTZ.

    Parameters
    ----------
    value : sqlglot expression
        The column.
    kind : str
        Its DuckDB type.
    column : Column
        With the unit of integers and the format of text.
    zone : str or None
        Of timestamps that carry none; None is UTC.

    Returns
    -------
    sqlglot expression
    """
    match time_kind(kind):
        case "integer":
            return exp.func("make_timestamptz", microseconds(value, kind, column, zone))
        case "text":
            return _zoned(_parsed(value, column), zone, zoned=carries_zone(column))
        case found:
            return _zoned(value, zone, zoned=found == "zoned")


def microseconds(value: exp.Expr, kind: str, column: Column, zone: str | None) -> exp.Expr:
    """A time as BIGINT microseconds since 1970 UTC.

    Parameters
    ----------
    value : sqlglot expression
        The column.
    kind : str
        Its DuckDB type.
    column : Column
        With the unit of integers and the format of text.
    zone : str or None
        Of timestamps that carry none; None is UTC.

    Returns
    -------
    sqlglot expression
        Integers of nanoseconds lose their last three digits.

    Raises
    ------
    KeyError
        If an integer has no unit or text no format; `describe` refuses such data first.
    """
    match time_kind(kind):
        case "integer":
            return _scaled(exp.cast(value, "bigint"), column)
        case "text":
            parsed = _parsed(value, column)
            if zone is None or carries_zone(column):
                return exp.func("epoch_us", parsed)
            return exp.func("epoch_us", _zoned(parsed, zone, zoned=False))
        case found if found == "zoned" or zone is None:
            return exp.func("epoch_us", value)
        case _:
            return exp.func("epoch_us", _zoned(value, zone, zoned=False))


def _scaled(value: exp.Expr, column: Column) -> exp.Expr:
    if column.unit == "ns":
        return exp.IntDiv(this=value, expression=exp.Literal.number(1_000))
    if column.unit is None:
        raise KeyError(f"{column.name}: integers without a unit are no times")
    factor = _PER_UNIT[column.unit]
    return value if factor == 1 else exp.Mul(this=value, expression=exp.Literal.number(factor))


def _parsed(value: exp.Expr, column: Column) -> exp.Expr:
    if column.format is None:
        raise KeyError(f"{column.name}: text without a format is no time")
    return exp.StrToTime(this=value, format=exp.Literal.string(column.format))


def carries_zone(column: Column) -> bool:
    """Whether the text of a time says its zone, by its format.

    Parameters
    ----------
    column : Column

    Returns
    -------
    bool
        True where the format has ``%z`` (offset) or ``%Z`` (name); False without a format.
    """
    return column.format is not None and ("%z" in column.format or "%Z" in column.format)


def _zoned(value: exp.Expr, zone: str | None, *, zoned: bool) -> exp.Expr:
    if zoned:
        return value
    if zone is None:  # the session's zone is UTC
        return exp.cast(value, "timestamptz")
    return exp.func("timezone", exp.Literal.string(zone), exp.cast(value, "timestamp"))
