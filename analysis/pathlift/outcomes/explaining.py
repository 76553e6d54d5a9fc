"""What a person can do about an error of DuckDB, in one sentence. Knows no experiment."""

import re

import duckdb

from pathlift.errors import Problem
from pathlift.outcomes.batches import StreamError

_QUOTED = r"""(?P<quote>["'])(?P<file>.+)(?P=quote)"""  # to the last one: names may hold quotes
_BROKEN_PARQUET = (
    re.compile(rf"No magic bytes found at (?:end|beginning|start) of file {_QUOTED}"),
    re.compile(rf"File {_QUOTED} too small to be a Parquet file"),
    re.compile(rf"Failed to read file {_QUOTED}"),
    re.compile(rf"{_QUOTED}.*(?:not a Parquet|footer|Snappy|corrupt)", re.IGNORECASE),
)
_CSV = re.compile(r"CSV Error on Line: (?P<line>\d+)\s*(?:Original Line:.*\n)?(?P<what>.*)")
_CSV_FILE = re.compile(r"^\s*file ?= ?(?P<file>.+)$", re.MULTILINE)
_DENIED = re.compile(rf"Cannot access (?:file|directory) {_QUOTED}")
_GONE = re.compile(rf"(?:No files found that match the pattern|Cannot open file|open) {_QUOTED}")


def explain(error: duckdb.Error | StreamError, *, memory: str) -> Problem | None:
    """What a person can do about an error of DuckDB.

    Parameters
    ----------
    error : duckdb.Error or StreamError
        A stream tells the kind of an error in its text alone.
    memory : str
        Limit in force.

    Returns
    -------
    Problem or None
        None where it is a bug of ours.
    """
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException) or text.startswith("Out of Memory Error"):
        return _out_of_memory(text, memory)
    if denied := _DENIED.search(text):
        return Problem(
            message="not opened: it is not among the declared sources", subject=denied["file"]
        )
    if csv := _CSV.search(text):
        where = _CSV_FILE.search(text)
        return Problem(
            message=f"line {csv['line']} cannot be read: {_sentence(csv['what'])}",
            subject=where["file"].strip() if where else "",
        )
    for pattern in _BROKEN_PARQUET:
        if broken := pattern.search(text):
            return Problem(
                message="not a complete Parquet file",
                subject=broken["file"],
                hint="copy or write it again; it may have been cut off",
            )
    if isinstance(error, duckdb.IOException) or text.startswith("IO Error"):
        gone = _GONE.search(text)
        return Problem(message=_sentence(text), subject=gone["file"] if gone else "")
    if (
        isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException)
        or text.startswith(("Conversion Error", "Out of Range Error"))
        or "Could not parse string" in text  # strptime: a value that its format does not fit
    ):
        return Problem(
            message=f"a value does not fit its type: {_sentence(text)}",
            hint="correct the data, or leave such rows out with `where`",
        )
    return None


def _out_of_memory(text: str, memory: str) -> Problem:
    if "max_temp_directory_size" in text or "No space left" in text:
        return Problem(message="the disk for temporary files is full", hint="free some space")
    return Problem(
        message=f"the work does not fit into {memory} of memory",
        hint="give more with `--memory`, such as `--memory 8GB`",
    )


def _sentence(text: str) -> str:
    """First line of a message of DuckDB, without its kind and its full stop."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return re.sub(r"^[A-Z][A-Za-z ]*Error: ", "", first.strip()).rstrip(".")
