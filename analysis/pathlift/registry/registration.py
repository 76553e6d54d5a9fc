"""What was promised before launch? A lock beside the definition holds it, and what changed since.

The lock is a file that people commit with the definition. Its seal tells an edit by hand from what
`pathlift lock` wrote; it is no signature.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pathlift.errors import DefinitionError, Problem
from pathlift.registry.changes import Change, changes

SCHEMA: Final = "pathlift.lock/1"
_SUFFIX: Final = ".lock.json"
_KEYS: Final = ("schema", "experiment", "locked_at", "definition_hash", "definition")
_NO_PROMISE: Final = ("status", "title", "owner", "tags", "plan", "history", "engine", "experiment")
_DECIDING: Final = (
    "window",
    "arms",
    "combine",
    "outcome",
    "decision",
    "unit",
    "checks",
    "exploratory",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What was locked, and how the definition differs from it.

    Attributes
    ----------
    locked_at : datetime
        UTC.
    definition_hash : str
        Of the definition that was locked.
    amendments : tuple of Change
        In the order of the definition; the status, the title, owner, tags and plan promise nothing.
    deciding : tuple of str
        Paths of those that change what the decision is about: primary or success metric, window,
        arms, alpha, outcome, rule, thresholds of checks (they say what is `invalid`).
    """

    locked_at: datetime
    definition_hash: str
    amendments: tuple[Change, ...]
    deciding: tuple[str, ...]

    @property
    def exploratory(self) -> bool:
        """Whether what is analysed is no longer what was promised."""
        return bool(self.deciding)


def lock_path(definition: Path) -> Path:
    """Where the lock of a definition lies.

    Parameters
    ----------
    definition : Path

    Returns
    -------
    Path
        ``NAME.lock.json`` beside it.
    """
    return definition.with_name(definition.stem + _SUFFIX)


def sealed(
    experiment: str, definition: Mapping[str, Any], definition_hash: str, when: datetime
) -> str:
    """The text of a lock.

    Parameters
    ----------
    experiment : str
        Its name.
    definition : mapping
        What the file says, as plain values.
    definition_hash : str
    when : datetime
        With its zone.

    Returns
    -------
    str
        JSON, ends with a line end.
    """
    document = {
        "schema": SCHEMA,
        "experiment": experiment,
        "locked_at": when.astimezone(UTC).isoformat(timespec="seconds"),
        "definition_hash": definition_hash,
        "definition": dict(definition),
    }
    text = json.dumps(document | {"seal": _seal(document)}, indent=2, ensure_ascii=False)
    return text + "\n"


def registration(definition: Path, now: Mapping[str, Any]) -> Registration | None:
    """Hold a definition against its lock.

    Parameters
    ----------
    definition : Path
        Its file.
    now : mapping
        What it says now, as plain values.

    Returns
    -------
    Registration or None
        None where it was never locked.

    Raises
    ------
    DefinitionError
        If the lock is not what `pathlift lock` wrote.
    """
    path = lock_path(definition)
    if not path.is_file():
        return None
    document = _read(path)
    if document["experiment"] != definition.stem:
        raise _refusal(path, f"it is the lock of {document['experiment']!r}")
    before = document["definition"]
    found = tuple(
        change for change in changes(before, now) if change.path.split(".", 1)[0] not in _NO_PROMISE
    )
    return Registration(
        locked_at=datetime.fromisoformat(document["locked_at"]),
        definition_hash=document["definition_hash"],
        amendments=found,
        deciding=_deciding(found, before, now),
    )


def _deciding(
    found: Sequence[Change], before: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[str, ...]:
    metrics = _that_decide(before) | _that_decide(now)
    paths = []
    for change in found:
        first, *rest = change.path.split(".")
        role = first == "metrics" and change.path.endswith(".role")
        if (
            first in _DECIDING
            or change.path.startswith("analysis.alpha")
            or (first == "metrics" and (not rest or rest[0] in metrics or role))
        ):
            paths.append(change.path)
    return tuple(paths)


def _that_decide(document: Mapping[str, Any]) -> set[str]:
    """Metrics that a decision reads: primary ones, success metrics, and their parts."""
    metrics = document.get("metrics") or {}
    primary = {
        name
        for name, part in metrics.items()
        if isinstance(part, Mapping) and part.get("role") in ("primary", "guardrail")
    }
    decision = document.get("decision") or {}
    names = primary | set(decision.get("success") or ())
    parts = {
        metrics[name][side]
        for name in names
        if isinstance(metrics.get(name), Mapping)
        for side in ("numerator", "denominator")
        if side in metrics[name]
    }
    return names | parts


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        raise _refusal(path, "it cannot be read as JSON") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _refusal(path, f"it is no {SCHEMA}")
    missing = [key for key in (*_KEYS, "seal") if key not in document]
    if missing:
        raise _refusal(path, f"it has no {missing[0]!r}")
    if document["seal"] != _seal({key: document[key] for key in _KEYS}):
        raise _refusal(path, "it was edited by hand: its seal does not fit")
    return document


def _seal(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _refusal(path: Path, why: str) -> DefinitionError:
    return DefinitionError(
        [
            Problem(
                message=f"this lock does not hold: {why}",
                subject=str(path),
                hint="restore the file as it was committed, or remove it and say that the plan "
                "was not locked",
            )
        ]
    )
