"""How often the data of an experiment were looked at: a ledger of saved analyses.

Every look at growing data is another chance of a false positive, so each is written down where the
results lie. The same definition over the same rows is the same look, however often it is run.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pathlift.errors import PathliftError, Problem
from pathlift.result.model import Looks, Result

LEDGER = "looks.jsonl"

Line = Mapping[str, Any]


def read_ledger(results: Path, name: str) -> tuple[Line, ...]:
    """Read the earlier looks at an experiment.

    Parameters
    ----------
    results : Path
        Folder of all results.
    name : str
        Of the experiment.

    Returns
    -------
    tuple of mapping
        ``look``, ``when``, ``definition``, ``data``, ``watermark``, ``result``; oldest first.

    Raises
    ------
    PathliftError
        If the ledger or a line of it cannot be read: looks must not be forgotten silently.
    """
    path = results / name / LEDGER
    if not path.exists():
        return ()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _refusal(
            path,
            f"the ledger of looks cannot be read: {getattr(error, 'strerror', None) or error}",
            "without it the number of looks would be too small",
        ) from error
    return tuple(_line(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def number_look(result: Result, ledger: tuple[Line, ...]) -> Result:
    """Say in the result which look it is.

    Parameters
    ----------
    result : Result
        Fresh from the analysis.
    ledger : tuple of mapping
        What `read_ledger` gave.

    Returns
    -------
    Result
        The number of the same look where it was taken before, else the next one; the ledger holds
        the other looks.
    """
    same = next((line for line in ledger if _is_look(line, result)), None)
    latest = max((int(line["look"]) for line in ledger), default=0)
    number = int(same["look"]) if same else latest + 1
    earlier = tuple(dict(line) for line in ledger if line["look"] != number)
    return _with_looks(result, look=number, ledger=earlier)


def leave_unrecorded(result: Result, ledger: tuple[Line, ...] = ()) -> Result:
    """Say in the result that this look was not written down.

    Parameters
    ----------
    result : Result
    ledger : tuple of mapping
        Earlier looks that were.

    Returns
    -------
    Result
    """
    return _with_looks(result, look="unrecorded", ledger=tuple(dict(line) for line in ledger))


def append_look(result: Result, results: Path, *, result_hash: str, when: datetime) -> None:
    """Write the look down, unless the ledger holds it.

    Parameters
    ----------
    result : Result
        Numbered by `number_look`.
    results : Path
        Folder of all results.
    result_hash : str
        Of the saved document.
    when : datetime
        Moment of the analysis, UTC.

    Raises
    ------
    PathliftError
        If the ledger cannot be written to.
    """
    name = result.experiment.name
    if any(_is_look(line, result) for line in read_ledger(results, name)):
        return
    line = {
        "look": result.looks.look,
        "when": when.isoformat(),
        "definition": result.experiment.definition_hash,
        "data": result.data.fingerprint,
        "watermark": _watermark(result),
        "result": result_hash,
    }
    path = results / name / LEDGER
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as ledger:
            ledger.write(json.dumps(line) + "\n")  # one write: two analyses at once mix no lines
    except OSError as error:
        raise _refusal(
            path,
            f"the look cannot be written down: {error.strerror or error}",
            "make the file writable, or choose another folder with `--results`",
        ) from error


def _is_look(line: Line, result: Result) -> bool:
    seen = (line["definition"], line["data"], line["watermark"])
    return seen == (
        result.experiment.definition_hash,
        result.data.fingerprint,
        _watermark(result),
    )


def _watermark(result: Result) -> str | None:
    return result.data.watermark.isoformat() if result.data.watermark else None


def _with_looks(result: Result, *, look: int | str, ledger: tuple[dict[str, Any], ...]) -> Result:
    looks = Looks.model_validate({"method": result.looks.method, "look": look, "ledger": ledger})
    return result.model_copy(update={"looks": looks})


def _line(path: Path, number: int, text: str) -> Line:
    needed = {"look", "when", "definition", "data", "watermark", "result"}
    try:
        line = json.loads(text)
    except json.JSONDecodeError:
        line = None
    if isinstance(line, dict) and needed <= line.keys() and isinstance(line["look"], int):
        return line
    raise PathliftError(
        [
            Problem(
                message=f"line {number} of the ledger of looks cannot be read",
                subject=str(path),
                hint="mend the line; without it the number of looks would be too small",
            )
        ]
    )
