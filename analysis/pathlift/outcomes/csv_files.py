"""How CSV files are read: all rows are looked at, and what is unclear stays text.

A date is a date only where it is written year-month-day; a column that is blank in one file has the
type of the others. The first line of every file names its columns. Knows no experiment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.files import Part, partitions, size_of, table

_TEXT = "VARCHAR"
_ZONED = "TIMESTAMP WITH TIME ZONE"
_WHOLE = {"BIGINT", "HUGEINT"}
_SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """One file, and what the definition says about it.

    Attributes
    ----------
    file : str
        Absolute.
    below : str
        The declared path: folders named ``key=value`` below its first wildcard are columns.
    arm : str or None
        Name of the arm that it is about.
    """

    file: str
    below: str
    arm: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sniffed:
    """How one file is written; a column that is blank in all rows has type None."""

    of: CsvFile
    separator: str
    quote: str
    escape: str
    rows: int
    columns: Mapping[str, str | None]


def csv_parts(
    engine: Engine, files: Sequence[CsvFile], *, as_text: Iterable[str] = ()
) -> list[Part]:
    """Find out how CSV files are to be read.

    Parameters
    ----------
    engine : Engine
    files : sequence of CsvFile
        At least one, none of zero bytes.
    as_text : iterable of str
        Columns that are compared as text, whatever their values look like.

    Returns
    -------
    list of Part
        One for each arm, declared path and way of writing (separator, order of columns). Types
        agree over all of them: a wider number where they are numbers, else text.

    Raises
    ------
    DataError
        All files that are not CSV.
    """
    sniffed: list[_Sniffed] = []
    problems: list[Problem] = []
    for one in files:
        try:
            sniffed.append(_sniff(engine, one))
        except DataError as error:
            problems.extend(error.problems)
    if problems:
        raise DataError(problems)
    spelled = {name.lower() for name in as_text}
    types = {
        name: _TEXT if name.lower() in spelled else kind for name, kind in _agreed(sniffed).items()
    }
    alike: dict[tuple[object, ...], list[_Sniffed]] = {}
    for found in sniffed:
        written = (found.separator, found.quote, found.escape, *found.columns)
        alike.setdefault((found.of.arm, found.of.below, *written), []).append(found)
    return [_part(engine, group, types) for group in alike.values()]


def _sniff(engine: Engine, one: CsvFile) -> _Sniffed:
    query = (
        "select Delimiter, Quote, Escape, Columns, DateFormat, TimestampFormat "
        "from sniff_csv($file, sample_size = -1, header = true)"
    )
    try:
        found = engine.rows(query, {"file": one.file})[0]
    except duckdb.InvalidInputException as error:
        raise DataError(
            [
                Problem(
                    message="no columns can be told apart",
                    subject=one.file,
                    hint="the first line names the columns, and every line has as many fields",
                )
            ]
        ) from error
    separator, quote, escape, columns, day, moment = found
    types = {column["name"]: column["type"] for column in columns}
    if len(types) == 1 and any(sign in next(iter(types)) for sign in _SEPARATORS):
        raise DataError(
            [
                Problem(
                    message="its lines have different numbers of fields",
                    subject=one.file,
                    hint="write a separator inside a value between quotes, and every line in full",
                )
            ]
        )
    # 01/02/2024 is a day in January or in February: only year-month-day needs no format
    guessed = {"DATE"} if _unclear(day) else set()
    guessed |= {"TIMESTAMP", _ZONED} if _unclear(moment) else set()
    sniffed = _Sniffed(
        of=one,
        separator=separator,
        quote='"' if quote == "(empty)" else quote,
        escape='"' if escape == "(empty)" else escape,
        rows=0,
        columns={name: _TEXT if kind in guessed else kind for name, kind in types.items()},
    )
    return _looked_through(engine, sniffed)


def _unclear(format_: str | None) -> bool:
    return format_ is not None and not format_.startswith("%Y-%m-%d")


def _looked_through(engine: Engine, sniffed: _Sniffed) -> _Sniffed:
    """Count rows, find blank columns and times that all say UTC."""
    text = _reading([sniffed], dict.fromkeys(sniffed.columns, _TEXT))
    asked: list[exp.Expr] = []
    for name in sniffed.columns:
        column = exp.column(name, quoted=True)
        zone = exp.func("regexp_matches", column.copy(), exp.Literal.string("(UTC|Z)$"))
        asked += [exp.Count(this=column), exp.func("count_if", zone)]
    rows, *counts = engine.rows(exp.select("count(*)", *asked).from_(table(text)))[0]
    kinds: dict[str, str | None] = {}
    for (name, kind), given, zoned in zip(
        sniffed.columns.items(), counts[::2], counts[1::2], strict=True
    ):
        kinds[name] = kind if given else None
        if kind == "TIMESTAMP" and zoned:
            kinds[name] = _ZONED if zoned == given else _TEXT
    return replace(sniffed, rows=rows, columns=kinds)


def _agreed(files: Sequence[_Sniffed]) -> dict[str, str]:
    types: dict[str, str | None] = {}
    for one in files:
        for name, kind in one.columns.items():
            types[name] = _wider(types.get(name), kind)
    return {name: _TEXT if kind is None else kind for name, kind in types.items()}


def _wider(left: str | None, right: str | None) -> str | None:
    if left is None or right is None or left == right:
        return left if right is None else right
    if {left, right} <= _WHOLE | {"DOUBLE"}:
        return "HUGEINT" if {left, right} <= _WHOLE else "DOUBLE"
    return _TEXT


def _part(engine: Engine, group: Sequence[_Sniffed], types: Mapping[str, str]) -> Part:
    part = _reading(group, {name: types[name] for name in group[0].columns})
    columns = engine.columns(exp.select("*").from_(table(part)))  # partitions included
    return replace(part, columns=columns)


def _reading(group: Sequence[_Sniffed], types: Mapping[str, str]) -> Part:
    """Files that are written alike, read with given types and without any guess."""
    first, files = group[0], tuple(one.of.file for one in group)
    structure = exp.Struct(
        expressions=[
            exp.PropertyEQ(
                this=exp.to_identifier(name, quoted=True), expression=exp.Literal.string(kind)
            )
            for name, kind in types.items()
        ]
    )
    options: dict[str, exp.Expr] = {
        "columns": structure,
        "auto_detect": exp.false(),
        "header": exp.true(),
        "delim": exp.Literal.string(first.separator),
        "quote": exp.Literal.string(first.quote),
        "escape": exp.Literal.string(first.escape),
        **partitions(files, first.of.below),
    }
    return Part(
        files=files,
        form="csv",
        rows=sum(one.rows for one in group),
        bytes=size_of(files),
        columns=types,
        options=options,
        arm=first.of.arm,
    )
