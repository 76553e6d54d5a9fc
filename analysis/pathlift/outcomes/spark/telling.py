"""What a server of Spark Connect says, as a problem that a person can act on. Knows no session."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from pathlift.errors import Problem
from pathlift.outcomes.remote import RemoteError

_LONGEST = 300  # characters of a message of the server
# Apache Spark 4 and Sail 0.7 word the same things differently.
_MISSING_FUNCTION = re.compile(
    r"(?:UNRESOLVED_ROUTINE\].*?routine|unknown function:)\s+`?(?P<name>\w+)", re.IGNORECASE
)
_MISSING_TABLE = re.compile(
    r"TABLE_OR_VIEW_NOT_FOUND\].*?(?:view not found:|view)\s+`?(?P<name>\w[\w.`]*)", re.IGNORECASE
)
_MISSING_PATH = re.compile(r"PATH_NOT_FOUND\].*?(?P<name>\w+:/\S+?)\.?(?:\s|$)", re.IGNORECASE)
_MISSING_COLUMN = re.compile(
    r"UNRESOLVED_COLUMN[\w.]*\].*?name `?(?P<name>[\w.`]+)|ObjectName\(\[(?P<sail>[^\]]*)\]",
    re.IGNORECASE,
)
_NANOSECONDS = re.compile(r"TIMESTAMP\(NANOS|Timestamp\(Nanosecond", re.IGNORECASE)
_OVERFLOW = re.compile(r"overflow|out of range|NUMERIC_VALUE_OUT_OF_RANGE", re.IGNORECASE)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Raise what the server or the client raises as a problem of ours.

    Parameters
    ----------
    where : str
        Address, without parameters.

    Raises
    ------
    RemoteError
        For errors of Spark and of the connection; others are bugs and stay what they are.
    """
    try:
        yield
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("pyspark", "grpc"):
            raise
        raise explained(str(error), where) from error


def explained(text: str, where: str) -> RemoteError:
    """What a person can do about an error of the server.

    Parameters
    ----------
    text : str
        As the server or the client worded it.
    where : str
        Address, without parameters.

    Returns
    -------
    RemoteError
        With the file or the function that it is about.
    """
    if found := _MISSING_PATH.search(text):
        file = found["name"].removeprefix("file://").removeprefix("file:")
        return RemoteError(
            Problem(
                message=f"{where} finds no file {file!r}",
                hint="the server has to see the files under the same path as this machine",
            ),
            file=file,
        )
    if found := _MISSING_TABLE.search(text):
        return RemoteError(
            Problem(
                message=f"{where} has no table {found['name'].replace('`', '')!r}",
                hint="tables of a run live as long as its session: run it again",
            )
        )
    if found := _MISSING_FUNCTION.search(text):
        return RemoteError(
            Problem(
                message=f"{where} does not know the function {found['name']!r}",
                hint="Apache Spark 4 and Sail 0.7.2 know all that we use",
            ),
            function=found["name"],
        )
    return RemoteError(_other(text, where))


def _other(text: str, where: str) -> Problem:
    if found := _MISSING_COLUMN.search(text):
        column = (found["name"] or found["sail"]).replace("`", "")
        return Problem(
            message=f"{where} has no column {column!r}",
            hint="the server may see other files than this machine",
        )
    if _NANOSECONDS.search(text):
        return Problem(
            message=f"{where} reads no timestamps of nanoseconds",
            hint="write the files with microseconds",
        )
    if _OVERFLOW.search(text):
        return Problem(
            message=f"a number does not fit on {where}: {first_line(text)}",
            hint="declare a coarser `unit`, or leave such rows out with `where`",
        )
    return Problem(message=f"{where} refused a statement: {first_line(text)}")


def first_line(text: str) -> str:
    """The first line that says anything, not too long, without its full stop.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line), "no reason given")[:_LONGEST].rstrip(".")
