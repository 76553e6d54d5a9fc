"""Spark as the engine: it reads the rows and adds them up; DuckDB, beside it, reads only footers.

What stands in the files (columns, types, counts of rows) is found on this machine, as for every
run; no row is read here. The statements of the run go to the server, and tables of sums come back.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlglot import exp

from pathlift.errors import Problem
from pathlift.outcomes.engine import Engine, Sql, open_engine
from pathlift.outcomes.remote import RemoteError
from pathlift.outcomes.spark.dialect import Statement, translated
from pathlift.outcomes.spark.portable import unportable
from pathlift.outcomes.spark.session import Folder, Session, open_session

_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"  # how Hive names the folder of NULL


class SparkEngine(Engine):
    """An engine whose statements run on a server of Spark Connect.

    Questions about the files themselves (`rows`, `columns`) are answered by DuckDB on this machine.
    """

    kind = "spark"
    streams = False

    def __init__(self, beside: Engine, session: Session) -> None:
        self._beside = beside
        self._session = session
        self._views: dict[str, str] = {}
        self._made: dict[str, Statement] = {}
        self.version = beside.version
        self.memory = beside.memory
        self.name = f"spark at {session.where}"

    def rows(
        self, sql: Sql, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Rows that DuckDB reads on this machine.

        Parameters
        ----------
        sql : str or sqlglot expression
            About the files, not over their rows.
        parameters : mapping of str to object, optional

        Returns
        -------
        list of tuple

        Raises
        ------
        DataError
            As in `Engine.rows`.
        """
        return self._beside.rows(sql, parameters)

    def told(self, statement: exp.Expr) -> str:
        """The statement in Spark's dialect; files it reads are named on the server first.

        Parameters
        ----------
        statement : Expr

        Returns
        -------
        str

        Raises
        ------
        RemoteError
            If the server cannot read the files, or reads others than lie on this machine.
        """
        wrong = unportable(statement)
        if wrong:
            raise RemoteError(
                Problem(
                    message=f"Spark would read a statement otherwise: {wrong[0]}",
                    hint="use `--engine duckdb`",
                )
            )
        made = translated(statement, self._view)
        if made.view is not None:
            self._made[made.text] = made
        return made.text

    def ask(self, told: str) -> list[tuple[Any, ...]]:
        """Run a statement on the server and give all its rows.

        Parameters
        ----------
        told : str
            From `told`.

        Returns
        -------
        list of tuple

        Raises
        ------
        RemoteError
            If the server refuses it.
        """
        made = self._made.get(told)
        if made is None or made.view is None:
            return self._session.rows(told)
        self._session.keep(made.view, made.query)
        return []

    def close(self) -> None:
        """Close the session and the connection beside it."""
        try:
            self._session.close()
        finally:
            self._beside.close()

    def _view(self, table: exp.Table) -> str:
        """Name of the view with the rows of files; the same view when asked again."""
        key = table.sql(dialect="duckdb")
        if key not in self._views:
            view = f"source{len(self._views)}"
            self._name_files(view, table.this)
            self._views[key] = view
        return self._views[key]

    def _name_files(self, view: str, reads: exp.Expr) -> None:
        if not isinstance(reads, exp.ReadParquet):
            raise TypeError("only Parquet is read on a server; `unlike` refuses the rest")
        names, *options = reads.expressions
        files = [literal.name for literal in names.expressions]
        said = {option.this.name: option.expression for option in options}
        by_folder = said.get("hive_partitioning") == exp.true()
        there = self._session.files(
            view, _by_folder(files) if by_folder else [Folder(files=files, told={})]
        )
        counted = "select sum(num_rows) from parquet_file_metadata($files)"
        here = int(self._beside.rows(counted, {"files": files})[0][0])
        if there != here:
            raise RemoteError(
                Problem(
                    message=f"{self._session.where} reads {there:,} rows of files in which "
                    f"{here:,} lie on this machine, such as {files[0]!r}",
                    hint="the server has to see the same files under the same path",
                ),
                file=files[0],
            )


def open_spark(
    folders_or_files: Iterable[str], *, remote: str, memory: str | None = None
) -> SparkEngine:
    """Connect to a server, and open DuckDB beside it for the footers.

    Parameters
    ----------
    folders_or_files : iterable of str
        Absolute paths whose footers may be read, as in `pathlift.outcomes.engine.open_engine`.
    remote : str
        Such as ``sc://localhost:15002``.
    memory : str, optional
        Of DuckDB; the server's is its own affair.

    Returns
    -------
    SparkEngine

    Raises
    ------
    RemoteError
        If pyspark is not there, the address is none, or nobody answers.
    """
    session = open_session(remote)
    try:
        return SparkEngine(open_engine(folders_or_files, memory=memory), session)
    except BaseException:
        session.close()
        raise


def _by_folder(files: Sequence[str]) -> list[Folder]:
    """Files with the columns that their folders ``key=value`` tell, as text."""
    found: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for file in files:
        parts = [part.partition("=") for part in Path(file).parts[:-1] if "=" in part]
        found.setdefault(tuple((key, text) for key, _, text in parts), []).append(file)
    return [
        Folder(
            files=those,
            told={key: None if text == _NO_PARTITION else unquote(text) for key, text in told},
        )
        for told, those in found.items()
    ]
