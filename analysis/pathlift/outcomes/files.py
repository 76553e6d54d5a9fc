"""Which files a path means, and how each is read. Knows no experiment.

Types are those that the files give. Partitions of a path (``day=2026-03-02``) are text. CSV is read
by `pathlift.outcomes.csv_files`.
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
from pathlift.outcomes.stores import found as found_on_server
from pathlift.outcomes.stores import read as read_from_server
from pathlift.outcomes.stores import size as size_on_server
from pathlift.registry.addresses import Address

Form = Literal["parquet", "csv"]

_PARQUET = (".parquet", ".pq", ".parq")
_CSV = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.zst")


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
    mixed : mapping of str to (mapping of str to str)
        Name of a column whose type is no one number in all files, to a file of each type.
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
    mixed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
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
        Sorted; empty where nothing matches. Addresses stay addresses.

    Raises
    ------
    RemoteError
        If a server has to be asked and cannot be.
    """
    if isinstance(path, Address):
        return found_on_server(path)
    if Path(path).is_file():
        return (path,)
    # Path.glob wants a folder and a pattern apart, and does not take `**` beside a name
    matches = glob.glob(path, recursive=True)  # noqa: PTH207
    return tuple(sorted(match for match in matches if Path(match).is_file()))


def form_of(file: str) -> Form | None:
    """Parquet or CSV, by the end of its name, else by its first bytes.

    Parameters
    ----------
    file : str
        Path of a file. Opened only where its name tells nothing.

    Returns
    -------
    {'parquet', 'csv'} or None
        None for neither. A file without a telling name is never taken for CSV.

    Raises
    ------
    OSError, RemoteError
        If a file whose name tells nothing cannot be opened.
    """
    name = Path(file).name.lower()
    if name.endswith(_PARQUET):
        return "parquet"
    if name.endswith(_CSV):
        return "csv"
    return "parquet" if bytes_of(file, 0, min(4, size_of([file]))) == b"PAR1" else None


def table(part: Part) -> exp.Table:
    """The table function that reads a part, as a node of a query.

    Parameters
    ----------
    part : Part
        Its ``files``, ``form`` and ``options`` are read; ``columns`` need not be known yet.

    Returns
    -------
    sqlglot.exp.Table
        ``read_parquet`` or ``read_csv`` over all files of the part, without an alias.
    """
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
    options: dict[str, exp.Expr] = dict(partitions(files, below))
    differing = _differing(engine, files) if len(files) > 1 else {}
    if differing:
        # else DuckDB casts to the types of the first file: 1.5 becomes 2 where that has integers
        options["union_by_name"] = exp.true()
    part = Part(
        files=tuple(files),
        form="parquet",
        rows=rows,
        bytes=size_of(files),
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
            mixed={
                name: {kind: min(those) for kind, those in of.items()}
                for name, of in differing.items()
                if mix(of)
            },
        )
    ]


def mix(kinds: Iterable[str]) -> bool:
    """Whether types of one column cannot be read as one without changing what some values mean.

    Parameters
    ----------
    kinds : iterable of str
        DuckDB types, one per file or one per distinct type; repeats do not matter.

    Returns
    -------
    bool
        False for one type, and for any set of numbers, which widen; True for all else.

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


def partitions(files: Sequence[str], below: str) -> dict[str, exp.Expr]:
    """Whether folders of the path are columns; said outright, so that DuckDB does not guess.

    Parameters
    ----------
    files : sequence of str
        Absolute paths that `below` means.
    below : str
        The declared path; only folders ``key=value`` below its first wildcard count.

    Returns
    -------
    dict of str to sqlglot expression
        Options for `table`. Folders are columns, as text, where all files have the same keys in
        the same order; else none is.
    """
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


def size_of(files: Iterable[str]) -> int:
    """Bytes of files on disk or on servers.

    Parameters
    ----------
    files : iterable of str
        Paths; a path named twice counts twice.

    Returns
    -------
    int
        As stored, compressed or not.

    Raises
    ------
    OSError, RemoteError
        If a file is not there.
    """
    return sum(
        size_on_server(file) if isinstance(file, Address) else Path(file).stat().st_size
        for file in files
    )


def bytes_of(file: str, start: int, end: int) -> bytes:
    """Some bytes of a file.

    Parameters
    ----------
    file : str
        On disk or on a server.
    start, end : int
        Positions from 0; `end` is the first byte that is not read.

    Returns
    -------
    bytes

    Raises
    ------
    OSError, RemoteError
        If they cannot be read.
    """
    if isinstance(file, Address):
        return read_from_server(file, start, end)
    with Path(file).open("rb") as opened:
        opened.seek(start)
        return opened.read(end - start)
