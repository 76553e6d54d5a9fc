"""How often the data of an experiment were looked at: a ledger of saved analyses.

Every look at growing data is another chance of a false positive, so each is written down where the
results lie. The same definition over the same rows is the same look, however often it is run.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pathlift.errors import PathliftError, Problem
from pathlift.result.model import ContrastLook, Result

LEDGER = "looks.jsonl"
VERSION = 2
"""Of a line; the first version held no contrasts and does not say that it is one."""

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A look at data that ended before those of this run.

    Attributes
    ----------
    look : int
    definition : str
        Hash of what the definition said.
    plan : mapping
        What looks of one sequence agree on; empty where the line does not say.
    units : mapping of str to int
        Analysed units by arm; empty where the line does not say.
    caps : mapping of str to (float or None)
        Winsorising thresholds by metric.
    contrasts : mapping of str to ContrastLook
        By id of the estimate.
    """

    look: int
    definition: str
    plan: Mapping[str, Any]
    units: Mapping[str, int]
    caps: Mapping[str, float | None]
    contrasts: Mapping[str, ContrastLook]


def earlier_looks(
    ledger: Iterable[Line], *, data: str, watermark: datetime | None
) -> tuple[Earlier, ...]:
    """Put the looks before this one in the order of their data.

    Parameters
    ----------
    ledger : iterable of mapping
        What `read_ledger` gave.
    data : str
        Fingerprint of the data of this run.
    watermark : datetime or None
        Where they end; None where the data have no times.

    Returns
    -------
    tuple of Earlier
        One for each end of the data, as it was read last: data that were read again, by another
        definition or after late rows came in, are one look. Without times, one for each
        fingerprint, in the order of the ledger.
    """
    found: dict[Any, Line] = {}
    if watermark is None:
        for line in ledger:
            if line["watermark"] is not None:
                continue
            if line["data"] == data:  # what was seen after it is not earlier
                break
            found[line["data"]] = line
        return tuple(_earlier(line) for line in found.values())
    for line in ledger:
        end = None if line["watermark"] is None else datetime.fromisoformat(line["watermark"])
        if end is not None and end < watermark:
            found[end] = line
    return tuple(_earlier(found[end]) for end in sorted(found))


def number_of(
    ledger: Iterable[Line], *, definition: str, data: str, watermark: datetime | None
) -> int:
    """Number of a look: that of the same look where it was taken before, else the next one.

    Parameters
    ----------
    ledger : iterable of mapping
    definition, data : str
    watermark : datetime or None

    Returns
    -------
    int
        From 1.
    """
    lines = tuple(ledger)
    seen = (definition, data, watermark.isoformat() if watermark else None)
    same = next((line for line in lines if _key(line) == seen), None)
    return int(same["look"]) if same else max((int(line["look"]) for line in lines), default=0) + 1


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
        ``look``, ``when``, ``definition``, ``data``, ``watermark``, ``result``, and from version 2
        on ``plan``, ``units``, ``caps`` and ``contrasts``; oldest first.

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
    number = number_of(
        ledger,
        definition=result.experiment.definition_hash,
        data=result.data.fingerprint,
        watermark=result.data.watermark,
    )
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
    looks = result.looks.model_dump(mode="json")
    line = {
        "version": VERSION,
        "look": result.looks.look,
        "when": when.isoformat(),
        "definition": result.experiment.definition_hash,
        "data": result.data.fingerprint,
        "watermark": _watermark(result),
        "result": result_hash,
        "plan": looks["plan"],
        "units": looks["units"],
        "caps": looks["caps"],
        "contrasts": looks["contrasts"],
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
    data = result.data
    return _key(line) == (result.experiment.definition_hash, data.fingerprint, _watermark(result))


def _key(line: Line) -> tuple[Any, Any, Any]:
    return line["definition"], line["data"], line["watermark"]


def _watermark(result: Result) -> str | None:
    return result.data.watermark.isoformat() if result.data.watermark else None


def _with_looks(result: Result, *, look: int | str, ledger: tuple[dict[str, Any], ...]) -> Result:
    looks = result.looks.model_copy(update={"look": look, "ledger": ledger})
    return result.model_copy(update={"looks": looks})


def _earlier(line: Line) -> Earlier:
    contrasts = (ContrastLook.model_validate(each) for each in line.get("contrasts", ()))
    return Earlier(
        look=line["look"],
        definition=line["definition"],
        plan=line.get("plan", {}),
        units=line.get("units", {}),
        caps=line.get("caps", {}),
        contrasts={contrast.id: contrast for contrast in contrasts},
    )


def _line(path: Path, number: int, text: str) -> Line:
    try:
        line = json.loads(text)
    except json.JSONDecodeError:
        line = None
    if isinstance(line, dict) and line.get("version", 1) not in (1, VERSION):
        raise _refusal(
            path,
            f"line {number} of the ledger of looks is of version {line['version']!r}; "
            f"this version of pathlift reads up to {VERSION}",
            "analyse with the version that wrote it",
        )
    if isinstance(line, dict) and _readable(line):
        return line
    raise _refusal(
        path,
        f"line {number} of the ledger of looks cannot be read",
        "mend the line; without it the number of looks would be too small",
    )


def _readable(line: dict[str, Any]) -> bool:
    needed = {"look", "when", "definition", "data", "watermark", "result"}
    if line.get("version") == VERSION:
        needed |= {"plan", "units", "caps", "contrasts"}
    if not needed <= line.keys() or type(line["look"]) is not int:
        return False
    try:
        if line["watermark"] is not None:
            aware = datetime.fromisoformat(line["watermark"]).tzinfo is not None
        else:
            aware = True
        _earlier(line)
    except (ValidationError, ValueError, TypeError):
        return False
    return aware


def _refusal(path: Path, message: str, hint: str) -> PathliftError:
    return PathliftError([Problem(message=message, subject=str(path), hint=hint)])
