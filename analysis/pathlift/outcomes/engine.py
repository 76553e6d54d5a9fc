"""One DuckDB connection that can read the declared files and nothing else.

A registry file is data from a colleague: whatever it says, the engine opens no other file, loads no
extension and takes no further setting. Knows no experiment.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb
from numpy.typing import NDArray
from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes.batches import Batch, StreamError, batches
from pathlift.outcomes.explaining import explain
from pathlift.outcomes.progress import watch
from pathlift.registry.addresses import Address
from pathlift.registry.engine import EngineKind

if TYPE_CHECKING:
    from pathlift.outcomes.serving import Server

Sql = str | exp.Expr
Progress = Callable[[float], None]
Ask = Callable[[str, exp.Expr], list[tuple[Any, ...]]]
"""Runs a query under a name, by which the statements of a run are told, and gives all its rows."""

_SHARE_OF_MEMORY = 0.75  # DuckDB's own limit is 80% of the machine; 60% leaves room for the rest
_SHARE_OF_ARRAYS = 0.25  # of an amount that is given; DuckDB gets what the rest leaves
_BESIDE = 200 << 20  # the interpreter, its libraries and the batch in hand
_SMALLEST = 512 << 20  # amounts below are DuckDB's alone: nothing could be shared


class Engine:
    """A locked DuckDB connection; close it, or use it in a ``with`` statement.

    All statements run on one connection: temporary tables belong to the connection that made them,
    and every result is read to its end before the next statement.

    Attributes
    ----------
    kind : {'duckdb', 'spark'}
        What runs the statements.
    version : str
        Of DuckDB, such as ``2.0.1``.
    name : str
        Of what runs the statements, such as ``duckdb 2.0.1``.
    memory : str
        Limit in force, as DuckDB prints it.
    streams : bool
        Whether rows of numbers may be streamed from it (`batches`); without, SQL answers alone.
    room : int
        Bytes that arrays beside it may take together.
    """

    kind: EngineKind = "duckdb"
    streams: bool = True
    room: int = 1 << 30

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        spill: "tempfile.TemporaryDirectory[str]",
        progress: Progress | None,
    ) -> None:
        self._server: Server | None = None
        self._connection = connection
        self._spill = spill
        self._progress = progress
        self.version: str = duckdb.__version__
        self.name: str = f"duckdb {duckdb.__version__}"
        self.memory = str(self._one("select current_setting('memory_limit')"))
        self.room = int(_bytes(self.memory) * _SHARE_OF_ARRAYS)

    def rows(
        self, sql: Sql, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows of a query; integers of any width as Python integers.

        Parameters
        ----------
        sql : str or sqlglot expression
            One query.
        parameters : mapping of str to object, optional
            Values of its ``$names``.

        Returns
        -------
        list of tuple

        Raises
        ------
        DataError
            If the data, the memory or the disk do not allow it. Other errors of DuckDB are bugs of
            ours and stay what they are.
        """
        try:
            with watch(self._connection, self._progress):
                return self._connection.execute(_text(sql), parameters).fetchall()
        except duckdb.Error as error:
            self._refuse(error)
            raise

    def run(self, sql: Sql, parameters: Mapping[str, object] | None = None) -> None:
        """Run a statement for what it does, such as ``create or replace temp table``.

        Parameters
        ----------
        sql : str or sqlglot expression
        parameters : mapping of str to object, optional

        Raises
        ------
        DataError
            As in `rows`.
        """
        self.rows(sql, parameters)

    def told(self, statement: exp.Expr) -> str:
        """A statement of the plan as this engine reads it.

        Parameters
        ----------
        statement : Expr
            Composed by `pathlift.outcomes.composing`.

        Returns
        -------
        str
        """
        return statement.sql(dialect="duckdb", pretty=True)

    def ask(self, told: str) -> list[tuple[Any, ...]]:
        """Run a statement of the plan: tables of sums come back, never units.

        Parameters
        ----------
        told : str
            From `told`.

        Returns
        -------
        list of tuple

        Raises
        ------
        DataError
            As in `rows`.
        """
        return self.rows(told)

    def batches(self, told: str) -> Iterator[Batch]:
        """Stream a statement's rows; no other statement runs before the last one is read.

        Parameters
        ----------
        told : str
            From `told`; it returns integers and floats.

        Raises
        ------
        DataError
            As in `rows`.
        """
        try:
            with watch(self._connection, self._progress):
                yield from batches(self._connection.sql(told).__arrow_c_stream__())
        except (duckdb.Error, StreamError) as error:
            self._refuse(error)
            raise

    def lend(self, table: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """Let statements read arrays as a table, without a copy, until `take_back`.

        Parameters
        ----------
        table : str
            Name.
        columns : mapping of str to ndarray
            Of equal length.
        """
        self._connection.register(table, dict(columns))

    def take_back(self, table: str) -> None:
        """Forget a table of arrays.

        Parameters
        ----------
        table : str
            As lent.
        """
        self._connection.unregister(table)

    def columns(self, sql: Sql, parameters: Mapping[str, object] | None = None) -> dict[str, str]:
        """Names and DuckDB types of a query's columns, in order; no row is read.

        Parameters
        ----------
        sql : str or sqlglot expression
        parameters : mapping of str to object, optional

        Returns
        -------
        dict of str to str
            Such as ``{'user_id': 'BIGINT'}``.

        Raises
        ------
        DataError
            As in `rows`.
        """
        return {row[0]: row[1] for row in self.rows(f"describe {_text(sql)}", parameters)}

    def forget(self) -> None:
        """Drop the tables that were made, so that the next experiment begins with none."""
        made = self.rows("select table_name from duckdb_tables() where temporary")
        for (table,) in made:
            self.run(f"drop table {exp.to_identifier(table, quoted=True).sql('duckdb')}")

    def close(self) -> None:
        """Close the connection and remove what it spilled to disk."""
        self._connection.close()
        self._spill.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _refuse(self, error: duckdb.Error | StreamError) -> None:
        """Raise what a person can do about an error; a bug of ours is left as it is."""
        if self._server is not None and self._server.failed:
            raise self._server.failure() from None  # its own text holds a traceback
        problem = explain(error, memory=self.memory)
        if problem is not None:
            raise DataError([problem]) from error

    def _one(self, sql: str) -> object:
        return self._connection.execute(sql).fetchall()[0][0]


def open_engine(
    folders_or_files: Iterable[str],
    *,
    memory: str | None = None,
    threads: int | None = None,
    temp: Path | None = None,
    progress: Progress | None = None,
) -> Engine:
    """Open DuckDB and lock it to the declared sources.

    Parameters
    ----------
    folders_or_files : iterable of str
        Absolute paths that may be read: a file, a folder with all that lies in it, or the address
        of a file.
    memory : str, optional
        Such as ``4GB``; default: 60% of what the machine or its container has. Larger work spills.
    threads : int, optional
        Default: all cores.
    temp : Path, optional
        Existing folder to spill into; default: the system's. The engine makes a folder of its own
        there and removes it.
    progress : callable, optional
        Called a few times a second with the percentage done of the running query.

    Returns
    -------
    Engine

    Raises
    ------
    DataError
        If `memory` is not an amount of memory.
    """
    spill = tempfile.TemporaryDirectory(prefix="pathlift-", dir=temp)
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "temp_directory": spill.name,
            "preserve_insertion_order": "false",
        },
    )
    try:
        _set_memory(connection, memory)
        if threads is not None:
            _set(connection, "threads", exp.Literal.number(threads))
        _set(connection, "TimeZone", exp.Literal.string("UTC"))
        _set(connection, "enable_progress_bar", exp.Boolean(this=progress is not None))
        if progress is not None:
            _set(connection, "enable_progress_bar_print", exp.false())
        engine = Engine(connection, spill, progress)
        if memory is not None and _bytes(engine.memory) >= _SMALLEST:
            left = _bytes(engine.memory) - engine.room - _BESIDE
            _set(connection, "memory_limit", exp.Literal.string(f"{left}B"))
        engine._server = _lock(connection, folders_or_files)
    except BaseException:
        connection.close()
        spill.cleanup()
        raise
    return engine


def _lock(connection: duckdb.DuckDBPyConnection, paths: Iterable[str]) -> "Server | None":
    named = sorted(set(paths))
    addresses = [path for path in named if isinstance(path, Address)]
    local = [path for path in named if not isinstance(path, Address)]
    folders = [path for path in local if Path(path).is_dir()]
    files = [*addresses, *(path for path in local if not Path(path).is_dir())]
    server = _served(connection, addresses) if addresses else None
    _set(connection, "allowed_directories", _strings(folders))
    _set(connection, "allowed_paths", _strings(files))
    _set(connection, "enable_external_access", exp.false())
    _set(connection, "lock_configuration", exp.true())
    return server


def _served(connection: duckdb.DuckDBPyConnection, addresses: list[Address]) -> "Server":
    from pathlift.outcomes.serving import Server  # fsspec, only where a path is an address

    server = Server(addresses)
    connection.register_filesystem(server)
    return server


def _set(connection: duckdb.DuckDBPyConnection, name: str, value: exp.Expr) -> None:
    connection.execute(f"set {name} = {value.sql(dialect='duckdb')}")


def _strings(values: Iterable[str]) -> exp.Array:
    return exp.Array(expressions=[exp.Literal.string(value) for value in values])


def _set_memory(connection: duckdb.DuckDBPyConnection, memory: str | None) -> None:
    if memory is None:
        # 1.5 takes no percentage; its own default already knows the limits of a container
        default = str(connection.execute("select current_setting('memory_limit')").fetchall()[0][0])
        amount, unit = default.split()
        memory = f"{float(amount) * _SHARE_OF_MEMORY:.1f}{unit}"
    try:
        _set(connection, "memory_limit", exp.Literal.string(memory))
    except duckdb.Error as error:
        raise DataError(
            [Problem(message=f"{memory!r} is not an amount of memory", hint="write it as 4GB")]
        ) from error


def _bytes(printed: str) -> int:
    """An amount of memory as DuckDB prints it."""
    amount, unit = printed.split()
    return int(float(amount) * 1024 ** ("bytes", "KiB", "MiB", "GiB", "TiB").index(unit))


def _text(sql: Sql) -> str:
    return sql if isinstance(sql, str) else sql.sql(dialect="duckdb")
