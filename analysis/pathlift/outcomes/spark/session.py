"""A Spark Connect session: opened, asked, closed. Imports pyspark only when one is opened."""

import logging
import socket
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pathlift.errors import Problem
from pathlift.outcomes.remote import RemoteError
from pathlift.outcomes.spark.telling import first_line, told
from pathlift.registry.engines import is_address

_PORT = 15002  # of Spark Connect, where an address names none
_SECONDS = 10.0  # that somebody waits for a server to answer
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # an overflow is an error, not another number
    "spark.sql.caseSensitive": "false",  # as on DuckDB
}


def public(remote: str) -> str:
    """An address without what follows its port: parameters may hold a token.

    Parameters
    ----------
    remote : str

    Returns
    -------
    str

    Examples
    --------
    >>> public("sc://host:443/;token=abc")
    'sc://host:443'
    """
    parts = urlsplit(remote.strip())
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class Folder(NamedTuple):
    """Files that lie in one folder ``key=value``, or in any where folders are no columns."""

    files: Sequence[str]
    told: Mapping[str, str | None]


class Session:
    """An open session; close it, or what it holds on the server stays there.

    Attributes
    ----------
    where : str
        Its address, without parameters.
    """

    def __init__(self, connected: Any, where: str) -> None:
        self._spark = connected
        self._kept: list[Any] = []
        self.where = where

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query; whole numbers of any width as Python integers.

        Parameters
        ----------
        query : str
            In Spark's dialect.

        Returns
        -------
        list of tuple

        Raises
        ------
        RemoteError
            Whatever the server says, in our words where we have some.
        """
        with _quiet(), told(self.where):
            rows = self._spark.sql(query).collect()
        return [tuple(_whole(part) for part in row) for row in rows]

    def keep(self, view: str, query: str) -> None:
        """Hold the rows of a query on the server, under a name of this session.

        Parameters
        ----------
        view : str
        query : str
            In Spark's dialect.

        Raises
        ------
        RemoteError
            As in `rows`.
        """
        with _quiet(), told(self.where):
            frame = self._spark.sql(query).persist()
            frame.createOrReplaceTempView(view)
        self._kept.append(frame)

    def files(self, view: str, folders: Sequence[Folder]) -> int:
        """Name the rows of Parquet files, and count them.

        Parameters
        ----------
        view : str
        folders : sequence of Folder
            At least one.

        Returns
        -------
        int
            How many rows the server reads.

        Raises
        ------
        RemoteError
            If the server cannot read them.
        """
        with _quiet(), told(self.where):
            first, *rest = (self._frame(folder) for folder in folders)
            for frame in rest:
                first = first.unionByName(frame)
            first.createOrReplaceTempView(view)
            return int(first.count())

    def close(self) -> None:
        """Give back what is held on the server, and end the session."""
        with _quiet(), told(self.where):
            try:
                for frame in self._kept:  # else the next run could be answered from these rows
                    frame.unpersist()
            finally:
                self._spark.stop()

    def _frame(self, folder: Folder) -> Any:
        from pyspark.sql.functions import lit

        frame = self._spark.read.parquet(*(_address(file) for file in folder.files))
        for column, text in folder.told.items():
            frame = frame.withColumn(column, lit(text).cast("string"))
        return frame


def open_session(remote: str) -> Session:
    """Connect to a server of Spark Connect.

    Parameters
    ----------
    remote : str
        Such as ``sc://localhost:15002``.

    Returns
    -------
    Session

    Raises
    ------
    RemoteError
        If pyspark is not installed, the address is none, or nobody answers there.
    """
    where = public(remote)
    _answers(remote, where)
    with _quiet():
        try:
            from pyspark.sql import SparkSession
            from pyspark.sql.connect.client.retries import DefaultPolicy
        except ImportError as error:
            raise RemoteError(
                Problem(
                    message=f"Spark needs a client that is not installed: {error}",
                    hint="pip install 'pathlift[spark]'",
                )
            ) from error
        try:
            spark = SparkSession.builder.remote(remote).create()
            spark.client.set_retry_policies([DefaultPolicy(max_retries=2)])  # a person waits
            for setting, wanted in _SETTINGS.items():
                spark.conf.set(setting, wanted)
            spark.sql("SELECT 1").collect()
            spark.client.set_retry_policies([DefaultPolicy()])
        except Exception as error:
            raise RemoteError(
                Problem(
                    message=f"{where} does not speak Spark Connect to us: {first_line(str(error))}",
                    hint="look at the address, its port and its token",
                )
            ) from error
    return Session(spark, where)


def _answers(remote: str, where: str) -> None:
    """Refuse an address at which nothing listens: the client itself would try for minutes."""
    if not is_address(remote):
        raise RemoteError(
            Problem(
                message=f"{where!r} is no address of a Spark Connect server",
                hint=f"write it as sc://host:{_PORT}",
            )
        )
    parts = urlsplit(remote.strip())
    try:
        socket.create_connection((parts.hostname, parts.port or _PORT), timeout=_SECONDS).close()
    except OSError as error:
        raise RemoteError(
            Problem(
                message=f"no Spark Connect server answers at {where}: {error.strerror or error}",
                hint='start one (README, "More than one machine"), or correct the address',
            )
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what pyspark prints: of its own libraries, which nobody here can mend, and twice."""
    log = logging.getLogger("SQLQueryContextLogger")  # prints what is raised, with a stack of Java
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _whole(part: Any) -> Any:
    """DECIMAL(38, 0) is what DuckDB calls HUGEINT; other decimals stay what they are."""
    if isinstance(part, Decimal) and part.as_tuple().exponent == 0:
        return int(part)
    return part


def _address(file: str) -> str:
    """A path that the server looks up in its own files, not in those of its cluster's store."""
    return f"file://{file}" if file.startswith("/") else file
