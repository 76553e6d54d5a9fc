"""Results as files: one document each, found again by the name of the experiment.

A file is complete or it is not there: it is written under a temporary name and then renamed.
"""

import difflib
import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pydantic import ValidationError

from pathlift.errors import PathliftError, Problem
from pathlift.result.looks import append_look, number_look, read_ledger
from pathlift.result.model import SCHEMA, Result

LATEST = "latest.json"

# When it ran and how long it took is not what was found: running again replaces the file.
_OF_THE_RUN = ("started", "seconds", "command")


class ResultError(PathliftError):
    """A saved result cannot be found or read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A result that lies in a file.

    Attributes
    ----------
    result : Result
        With the number of its look.
    path : Path
        Where it was written; ``latest.json`` beside it holds the same.
    """

    result: Result
    path: Path


def to_json(result: Result) -> str:
    """Write a result as one JSON document: keys in the order of the model, full precision.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Ends with a line end; the same result gives the same bytes.
    """
    return result.model_dump_json(indent=2) + "\n"


def hash_of(result: Result) -> str:
    """SHA-256 of what was found, whatever the moment and the speed of the run.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    document = json.loads(result.model_dump_json())
    del document["looks"]
    for key in _OF_THE_RUN:
        del document["provenance"][key]
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()


def record(result: Result, results: Path) -> Saved:
    """Number the look, save the result and write the look down.

    Parameters
    ----------
    result : Result
        Fresh from the analysis.
    results : Path
        Folder of all results; made where it does not exist.

    Returns
    -------
    Saved

    Raises
    ------
    PathliftError
        If the ledger cannot be read, or one of the files not be written.
    """
    numbered = number_look(result, read_ledger(results, result.experiment.name))
    # The look first: one too many is counted rather than one too few, should saving fail.
    append_look(numbered, results, result_hash=hash_of(numbered), when=numbered.provenance.started)
    path = save(numbered, results)
    return Saved(result=numbered, path=path)


def save(result: Result, results: Path) -> Path:
    """Write ``NAME/<as-of>-<hash8>.json`` and ``NAME/latest.json``.

    Parameters
    ----------
    result : Result
    results : Path
        Folder of all results; made where it does not exist.

    Returns
    -------
    Path
        The first of the two.
    """
    folder = results / result.experiment.name
    text = to_json(result)
    Result.model_validate_json(text)  # what cannot be read back must not be written
    path = folder / f"{as_of(result)}-{hash_of(result)[:8]}.json"
    write_whole(path, text)
    write_whole(folder / LATEST, text)
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a text file under a temporary name, then rename it.

    Parameters
    ----------
    path : Path
        Its folder is made where it does not exist; an older file is replaced.
    text : str
        UTF-8.

    Raises
    ------
    PathliftError
        If the folder cannot be written to; nothing is left behind.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    except OSError as error:
        problem = f"cannot be written: {error.strerror or error}"
        raise PathliftError([Problem(message=problem, subject=str(path))]) from error
    finally:
        with suppress(OSError):  # renamed already, or never written
            draft.unlink()


def as_of(result: Result) -> str:
    """Last day that was read, by UTC.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Such as ``2026-05-13``; ``all`` where there are no times.
    """
    if result.data.watermark is None:
        return "all"
    # The watermark itself is no longer read: at midnight the day before is the last.
    last: date = (result.data.watermark - timedelta(microseconds=1)).date()
    return last.isoformat()


def find(name: str, results: Path, experiments: Sequence[str] = ()) -> Path:
    """Find the latest result of an experiment.

    Parameters
    ----------
    name : str
        Of the experiment.
    results : Path
        Folder of all results.
    experiments : sequence of str, optional
        Names of the registry, which have a result once they are analysed.

    Returns
    -------
    Path

    Raises
    ------
    ResultError
        If none was saved; names the experiments that have one, and what was meant.
    """
    path = results / name / LATEST
    if path.is_file():
        return path
    known = sorted(folder.parent.name for folder in results.glob(f"*/{LATEST}"))
    others = f"; there are results of {', '.join(known)}" if known else ""
    near = (
        []
        if name in experiments
        else difflib.get_close_matches(name, {*known, *experiments}, n=1, cutoff=0.7)
    )
    raise ResultError(
        [
            Problem(
                message=f"no saved result of {name!r} in {results}{others}",
                hint=_how_to_have_one(name, near, experiments),
            )
        ]
    )


def _how_to_have_one(name: str, near: Sequence[str], experiments: Sequence[str]) -> str:
    if near:
        return f"did you mean `{near[0]}`?"
    if experiments and name not in experiments:
        return "no experiment of the registry has this name; `pathlift list` has them"
    return f"`pathlift analyze {name}` makes one"


def load(path: Path) -> Result:
    """Read a saved result.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Result

    Raises
    ------
    ResultError
        If the file is missing, no JSON, of another version, or not a result.
    """
    try:
        document = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise _refusal(path, f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _refusal(path, "is not a text in UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _refusal(path, f"is not valid JSON ({where}: {error.msg})") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise _other_document(path, schema)
    try:
        return Result.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _refusal(path, f"is not a sound result ({where}: {first['msg']})") from error


def _other_document(path: Path, schema: object) -> ResultError:
    if not isinstance(schema, str) or not schema.startswith("pathlift.result/"):
        return _refusal(path, "is not a saved result: it has no key `schema` of ours")
    return _refusal(
        path,
        f"is written as {schema}; this version of pathlift reads {SCHEMA}",
        hint="analyse the experiment again, or read it with the version that wrote it",
    )


def _refusal(path: Path, message: str, hint: str = "") -> ResultError:
    return ResultError([Problem(message=message, subject=str(path), hint=hint)])
