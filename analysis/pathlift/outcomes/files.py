"""Which files a path means, and how each is read. Knows no experiment.

Types are those that the files give, and never a guess: a date in CSV is a date only where it is
written year-month-day, else it stays text; partitions of a path (``day=2026-03-02``) are text.
"""

import glob
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.kinds import is_number

Form = Literal["parquet", "csv"]

_PARQUET = (".parquet", ".pq", ".parq")
_CSV = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.zst")
_TEXT = "VARCHAR"
ZONED = "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Files that are read alike.

    Attributes
    ----------
    files : tuple of str
        Absolute, sorted.
    form : {'parquet', 'csv'}
    rows, bytes : int
        Of all of them.
    columns : mapping of str to str
        Name to DuckDB type, those that every file has.
    partial : mapping of str to str
        Name of a column that only some files have, to one that lacks it.
    mixed : mapping of str to str
        Name of a column whose type is no one number in all files, to these types.
    options : mapping of str to sqlglot expression
        How DuckDB is told to read them.
    arm : str or None
        Name of the arm that the files are about, where the files tell it.
    """

    files: tuple[str, ...]
    form: Form
    rows: int
    bytes: int
    columns: Mapping[str, str]
    partial: Mapping[str, str] = field(default_factory=dict)
    mixed: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, exp.Expr] = field(default_factory=dict)
    arm: str | None = None


def found(path: str) -> tuple[str, ...]:
    """Files that a path or glob means.

    Parameters
    ----------
    path : str
        Absolute; ``**`` crosses folders. A file of exactly that name is taken first.

    Returns
    -------
    tuple of str
        Sorted; empty where nothing matches.
    """
    if Path(path).is_file():
        return (path,)
    # Path.glob wants a folder and a pattern apart, and does not take `**` beside a name
    matches = glob.glob(path, recursive=True)  # noqa: PTH207
    return tuple(sorted(match for match in matches if Path(match).is_file()))


def form_of(file: str) -> Form | None:
    """Parquet or CSV, by the end of its name, else by its first bytes; None for neither."""
    name = Path(file).name.lower()
    if name.endswith(_PARQUET):
        return "parquet"
    if name.endswith(_CSV):
        return "csv"
    with Path(file).open("rb") as opened:
        return "parquet" if opened.read(4) == b"PAR1" else None


def table(part: Part) -> exp.Table:
    """The table function that reads a part, as a node of a query."""
    names = exp.Array(expressions=[exp.Literal.string(file) for file in part.files])
    options = [
        exp.EQ(this=exp.column(name), expression=value) for name, value in part.options.items()
    ]
    if part.form == "parquet":
        return exp.Table(this=exp.ReadParquet(expressions=[names, *options]))
    return exp.Table(this=exp.ReadCSV(this=names, expressions=options))


def parquet_parts(engine: Engine, files: Sequence[str], *, below: str) -> list[Part]:
    """Read the footers of Parquet files.

    Parameters
    ----------
    engine : Engine
    files : sequence of str
        At least one.
    below : str
        The declared path: folders named ``key=value`` below its first wildcard are columns.

    Returns
    -------
    list of Part
        One part.

    Raises
    ------
    DataError
        All files that are not complete Parquet files.
    """
    rows = _footers(engine, files)
    options: dict[str, exp.Expr] = dict(_partitions(files, below))
    differing = _differing(engine, files) if len(files) > 1 else {}
    if differing:
        # else DuckDB casts to the types of the first file: 1.5 becomes 2 where that has integers
        options["union_by_name"] = exp.true()
    part = Part(
        files=tuple(files),
        form="parquet",
        rows=rows,
        bytes=_bytes(files),
        columns={},
        options=options,
    )
    columns = engine.columns(exp.select("*").from_(table(part)))
    missing = {
        name: min(set(files) - set().union(*of.values()))
        for name, of in differing.items()
        if len(set().union(*of.values())) < len(files)
    }
    return [
        replace(
            part,
            columns={name: kind for name, kind in columns.items() if name not in missing},
            partial=missing,
            mixed={name: " and ".join(sorted(of)) for name, of in differing.items() if mix(of)},
        )
    ]


def mix(kinds: Iterable[str]) -> bool:
    """Whether types of one column cannot be read as one without changing what some values mean.

    Examples
    --------
    >>> mix(["BIGINT", "DOUBLE"]), mix(["TIMESTAMP", "TIMESTAMP WITH TIME ZONE"])
    (False, True)
    """
    distinct = set(kinds)
    return len(distinct) > 1 and not all(is_number(kind) for kind in distinct)


def _footers(engine: Engine, files: Sequence[str]) -> int:
    question = "select coalesce(sum(num_rows), 0) from parquet_file_metadata($files)"
    try:
        return int(engine.rows(question, {"files": list(files)})[0][0])
    except DataError:
        problems: list[Problem] = []
        for file in files:  # DuckDB stops at the first; a person wants to hear of all
            try:
                engine.rows(question, {"files": [file]})
            except DataError as error:
                problems.extend(error.problems)
        raise DataError(problems) from None


def _differing(engine: Engine, files: Sequence[str]) -> dict[str, dict[str, set[str]]]:
    """Columns that are not the same in all files: their files by type."""
    counted = engine.rows(
        "select name from parquet_schema($files) where duckdb_type is not null "
        "group by name, duckdb_type having count(distinct file_name) < $all",
        {"files": list(files), "all": len(files)},
    )
    names = sorted({row[0] for row in counted})
    differing: dict[str, dict[str, set[str]]] = {name: {} for name in names}
    if names:
        for name, kind, file in engine.rows(
            "select name, duckdb_type, file_name from parquet_schema($files) "
            "where duckdb_type is not null and name in (select unnest($names))",
            {"files": list(files), "names": names},
        ):
            differing[name].setdefault(kind, set()).add(file)
    return differing


def _partitions(files: Sequence[str], below: str) -> dict[str, exp.Expr]:
    """Whether folders of the path are columns; said outright, so that DuckDB does not guess."""
    fixed = len(Path(below[: _first_wildcard(below)]).parts)
    keys = {
        tuple(part.partition("=")[0] for part in Path(file).parts[fixed:-1] if "=" in part)
        for file in files
    }
    if len(keys) != 1 or not keys.copy().pop():
        return {"hive_partitioning": exp.false()}
    return {"hive_partitioning": exp.true(), "hive_types_autocast": exp.false()}


def _first_wildcard(path: str) -> int:
    return min((path.index(sign) for sign in "*?[" if sign in path), default=len(path))


def csv_parts(
    engine: Engine, files: Sequence[str], *, below: str, as_text: Iterable[str] = ()
) -> list[Part]:
    """Sniff CSV files, all of their rows.

    Parameters
    ----------
    engine : Engine
    files : sequence of str
        At least one, none of them empty. The first line of each names its columns.
    below : str
        As in `parquet_parts`.
    as_text : iterable of str
        Columns that are compared as text, whatever their values look like.

    Returns
    -------
    list of Part
        One for each way of writing them (separator, order of columns); types agree over all.

    Raises
    ------
    DataError
        All files that are not CSV with a header.
    """
    sniffed: list[_Sniffed] = []
    problems: list[Problem] = []
    for file in files:
        try:
            sniffed.append(_sniff(engine, file))
        except DataError as error:
            problems.extend(error.problems)
    if problems:
        raise DataError(problems)
    types = _agreed([one.columns for one in sniffed])
    types |= {name: _TEXT for name in as_text if name in types}
    alike: dict[tuple[object, ...], list[_Sniffed]] = {}
    for one in sniffed:
        alike.setdefault((one.separator, one.quote, one.escape, *one.columns), []).append(one)
    return [_csv_part(engine, group, types, below) for group in alike.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sniffed:
    file: str
    separator: str
    quote: str
    escape: str
    columns: Mapping[str, str]


def _sniff(engine: Engine, file: str) -> _Sniffed:
    separator, quote, escape, columns, day, moment = engine.rows(
        "select Delimiter, Quote, Escape, Columns, DateFormat, TimestampFormat "
        "from sniff_csv($file, sample_size = -1, header = true)",
        {"file": file},
    )[0]
    types = {column["name"]: column["type"] for column in columns}
    (first, *more) = types
    if not more and any(sign in first for sign in ",;\t|"):
        raise DataError(
            [
                Problem(
                    message="its lines have different numbers of fields",
                    subject=file,
                    hint="write a separator inside a value between quotes, and every line in full",
                )
            ]
        )
    # 01/02/2024 is a day in January or in February: only year-month-day is a date without a format
    guessed = {"DATE"} if _unclear(day) else set()
    guessed |= {"TIMESTAMP", ZONED} if _unclear(moment) else set()
    return _Sniffed(
        file=file,
        separator=separator,
        quote='"' if quote == "(empty)" else quote,
        escape='"' if escape == "(empty)" else escape,
        columns={name: _TEXT if kind in guessed else kind for name, kind in types.items()},
    )


def _unclear(format_: str | None) -> bool:
    return format_ is not None and not format_.startswith("%Y-%m-%d")


def _agreed(tables: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """One type per column over all files: a wider number where they are numbers, else text."""
    types: dict[str, str] = {}
    for one in tables:
        for name, kind in one.items():
            types[name] = kind if types.get(name, kind) == kind else _wider(types[name], kind)
    return types


def _wider(left: str, right: str) -> str:
    return "DOUBLE" if {left, right} <= {"BIGINT", "HUGEINT", "DOUBLE"} else _TEXT


def _csv_part(
    engine: Engine, group: Sequence[_Sniffed], types: Mapping[str, str], below: str
) -> Part:
    first, files = group[0], tuple(one.file for one in group)

    def part(kinds: Mapping[str, str], rows: int = 0) -> Part:
        structure = exp.Struct(
            expressions=[
                exp.PropertyEQ(
                    this=exp.to_identifier(name, quoted=True), expression=exp.Literal.string(kind)
                )
                for name, kind in kinds.items()
            ]
        )
        options = {
            "columns": structure,
            "auto_detect": exp.false(),
            "header": exp.true(),
            "delim": exp.Literal.string(first.separator),
            "quote": exp.Literal.string(first.quote),
            "escape": exp.Literal.string(first.escape),
            **_partitions(files, below),
        }
        return Part(
            files=files, form="csv", rows=rows, bytes=_bytes(files), columns=kinds, options=options
        )

    text = part(dict.fromkeys(first.columns, _TEXT))
    naive = [name for name in first.columns if types[name] == "TIMESTAMP"]
    zoned = [
        exp.func(
            "bool_and",
            exp.func(
                "regexp_matches", exp.column(name, quoted=True), exp.Literal.string("(UTC|Z)$")
            ),
        )
        for name in naive
    ]
    rows, *carries = engine.rows(exp.select("count(*)", *zoned).from_(table(text)))[0]
    kinds = {name: types[name] for name in first.columns}
    kinds |= {name: ZONED for name, zone in zip(naive, carries, strict=True) if zone}
    whole = part(kinds, rows)
    columns = engine.columns(exp.select("*").from_(table(whole)))  # partitions included
    return Part(
        files=files,
        form="csv",
        rows=rows,
        bytes=whole.bytes,
        columns=columns,
        options=whole.options,
    )


def _carrying_zone(name: str) -> list[exp.Expr]:
    """Whether all values of a column end in a sign of UTC, and whether any does."""
    pattern = exp.Literal.string("(UTC|Z)$")
    ends = exp.func("regexp_matches", exp.column(name, quoted=True), pattern)
    return [exp.func("bool_and", ends), exp.func("bool_or", ends.copy())]


def _bytes(files: Iterable[str]) -> int:
    return sum(Path(file).stat().st_size for file in files)
