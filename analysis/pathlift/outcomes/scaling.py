"""How numbers of the data become numbers that can be added up: whole steps where that is exact."""

import re
from dataclasses import dataclass
from fractions import Fraction

from sqlglot import exp

from pathlift.errors import DataError, Place, Problem
from pathlift.outcomes.composing import case, enclosed, parse, value

_INTEGERS = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
}  # fmt: skip
_FLOATS = {"FLOAT": 2.0**-23, "DOUBLE": 2.0**-50}  # how far a value may be from its nearest step
_LARGEST = 2.0**52  # steps of a float: beyond, neighbouring doubles are no longer neighbours
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How a value is stored.

    Attributes
    ----------
    stored : Expression
        BIGINT where `exact`, else DOUBLE; NULL for NULL and for what is refused.
    refused : Expression or None
        True for a value that cannot be stored, false or NULL otherwise; None where none can be.
    exact : bool
    unit : float
        value = stored * unit; 1 where not exact.
    why : str
        What `refused` means, as the end of a sentence about values.
    """

    stored: exp.Expr
    refused: exp.Expr | None
    exact: bool
    unit: float
    why: str = ""


def is_number(kind: str) -> bool:
    """Whether a DuckDB type can be added up.

    Parameters
    ----------
    kind : str
        DuckDB type.

    Returns
    -------
    bool
    """
    return kind in {"BOOLEAN", *_INTEGERS, *_FLOATS} or bool(_DECIMAL.fullmatch(kind))


def steps(number: exp.Expr, kind: str, unit: float | None, *, what: str, at: Place | None) -> Steps:
    """Store integers, decimals and declared floats as whole steps, other floats as they are.

    Parameters
    ----------
    number : Expression
        Over a row.
    kind : str
        Its DuckDB type.
    unit : float or None
        Smallest step declared.
    what : str
        What it is, for the message of a refusal.
    at : Place or None

    Returns
    -------
    Steps

    Raises
    ------
    DataError
        If the type is no number.
    """
    number = enclosed(number)
    if kind in _FLOATS:
        return _of_float(number, kind, unit)
    if kind == "BOOLEAN":
        return _of_whole(exp.cast(number, "int"), Fraction(1), unit)
    if kind in _INTEGERS:
        return _of_whole(exp.cast(number, "bigint"), Fraction(1), unit)
    if decimal := _DECIMAL.fullmatch(kind):
        width, scale = int(decimal[1]), int(decimal[2])
        return _of_whole(_digits(number, width, scale), Fraction(1, 10**scale), unit)
    raise DataError(
        [
            Problem(
                message=f"{what} is {kind}, not a number",
                at=at,
                hint="use a numeric or boolean column, or convert it with `cast(... as double)`",
            )
        ]
    )


def _digits(number: exp.Expr, width: int, scale: int) -> exp.Expr:
    # a decimal times a power of ten keeps its digits up to 38, so it needs room for the power
    narrow = number if width + scale <= 28 else exp.cast(number, f"decimal({28}, {scale})")
    shifted = exp.Mul(this=enclosed(narrow), expression=value(10**scale)) if scale else narrow
    return exp.cast(shifted, "bigint")


def _of_whole(whole: exp.Expr, worth: Fraction, unit: float | None) -> Steps:
    """Steps of a number that is a whole multiple of `worth`."""
    if unit is None:
        return Steps(stored=whole, refused=None, exact=True, unit=float(worth))
    factor = worth / Fraction(repr(unit))
    times, by = factor.numerator, factor.denominator
    scaled = exp.Mul(this=whole, expression=value(times)) if times != 1 else whole
    if by == 1:
        return Steps(stored=scaled, refused=None, exact=True, unit=unit)
    rest = exp.NEQ(this=exp.Mod(this=enclosed(scaled), expression=value(by)), expression=value(0))
    return Steps(
        stored=exp.IntDiv(this=enclosed(scaled), expression=value(by)),
        refused=rest,
        exact=True,
        unit=unit,
        why=f"are not a multiple of {unit:g}",
    )


def _of_float(number: exp.Expr, kind: str, unit: float | None) -> Steps:
    double = exp.cast(number, "double") if kind == "FLOAT" else number
    if unit is None:
        finite = parse("isfinite($x)", x=double)
        return Steps(
            stored=case([(finite, double)], exp.null()),
            refused=exp.Not(this=finite.copy()),
            exact=False,
            unit=1.0,
            why="are NaN or infinite",
        )
    factor = 1 / Fraction(repr(unit))
    scaled: exp.Expr = double
    if factor.numerator != 1:
        scaled = exp.Mul(this=scaled, expression=value(factor.numerator))
    if factor.denominator != 1:
        scaled = exp.Div(this=scaled, expression=value(factor.denominator))
    scaled = enclosed(scaled)
    fits = parse(f"abs($x) < {_LARGEST!r}", x=scaled)
    near = parse(f"abs($x - round($x)) <= greatest(1e-6, abs($x) * {_FLOATS[kind]!r})", x=scaled)
    return Steps(
        stored=case([(fits, parse("cast(round($x) as bigint)", x=scaled))], exp.null()),
        refused=exp.Not(this=exp.Paren(this=exp.And(this=fits.copy(), expression=near))),
        exact=True,
        unit=unit,
        why=f"are not a multiple of {unit:g}",
    )
