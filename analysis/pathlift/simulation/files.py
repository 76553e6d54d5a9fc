"""A scenario by name, or read from a small YAML file that changes a built-in one.

All that is wrong with a file is said in one run, each with its line. Knows no SQL.

.. code-block:: yaml

    based_on: journeys
    title: Content without its charm
    units: 5000                       # an arm
    arms:
      content: {touchpoint: 0.3}
    classes:
      regular: {purchase: 2}
    orderings: {"trust>need>touchpoint": 1.0}
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pathlift.errors import DefinitionError, Place, Problem
from pathlift.simulation.builtin import BUILTIN
from pathlift.simulation.scenarios import (
    ARM_KINDS,
    CHANNELS,
    CLASS_KINDS,
    Kind,
    Scenario,
    wrong_number,
)

DEFAULT_BASE = "journeys"

_TOP = (
    "based_on",
    "title",
    "seed",
    "units",
    "first_day",
    "last_day",
    "window",
    "refund_window",
    "arms",
    "classes",
    "orderings",
)


def scenario(name: str | Path) -> Scenario:
    """Find a scenario: a built-in name, else a YAML file.

    Parameters
    ----------
    name : str or Path
        Such as ``journeys``, or the path of a ``.yaml`` or ``.yml`` file.

    Returns
    -------
    Scenario
        That of a file is named by the file's stem.

    Raises
    ------
    DefinitionError
        If there is none of that name, or the file describes no possible world; every problem of
        the file is in it.

    Examples
    --------
    >>> scenario("journeys").window
    14
    """
    if str(name) in BUILTIN:
        return BUILTIN[str(name)]
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return _read(path)
    known = ", ".join(BUILTIN)
    problem = Problem(
        message=f"there is no scenario {str(name)!r}",
        hint=_meant(str(name), BUILTIN) or f"there are {known}; or give a .yaml file",
    )
    raise DefinitionError([problem])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A file being read, and what was found wrong with it so far."""

    file: str
    lines: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)

    def blame(self, position: tuple[int, int], message: str, hint: str = "") -> None:
        line, column = position
        source = self.lines[line] if line < len(self.lines) else ""
        at = Place(file=self.file, line=line + 1, column=column + 1, source=source)
        self.problems.append(Problem(message=message, at=at, hint=hint))


def _read(path: Path) -> Scenario:
    document, content = _parse(path)
    _blame_unknown(document, content, _TOP)
    base = _base(document, content)
    plain: dict[str, Any] = {"name": path.stem}
    for key in ("title", "seed", "first_day", "last_day", "window", "refund_window"):
        if key in content:
            plain[key] = _plain_value(document, content, key)
    arms = _parts(document, content, "arms", [arm.arm for arm in base.arms], ARM_KINDS)
    kinds = _parts(document, content, "classes", [one.name for one in base.classes], CLASS_KINDS)
    orderings = dict(base.orderings) | _orderings(document, content)
    units = {"units": _number(document, content, "units", "count")} if "units" in content else {}
    if document.problems:
        raise DefinitionError(document.problems)
    try:
        return replace(
            base,
            arms=tuple(replace(arm, **(units | arms.get(arm.arm, {}))) for arm in base.arms),
            classes=tuple(replace(one, **kinds.get(one.name, {})) for one in base.classes),
            orderings=tuple(orderings.items()),
            **plain,
        )
    except DefinitionError as error:  # what only shows when all is put together: no line to blame
        raise DefinitionError(
            replace(problem, subject=str(path)) for problem in error.problems
        ) from error


def _parse(path: Path) -> tuple[_Document, CommentedMap]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        problem = Problem(message=f"the scenario cannot be read: {reason}", subject=str(path))
        raise DefinitionError([problem]) from error
    document = _Document(file=str(path), lines=tuple(text.splitlines()))
    try:
        content = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = (mark.line, mark.column) if mark is not None else (0, 0)
        document.blame(position, error.problem or "this is not YAML")
        raise DefinitionError(document.problems) from error
    except YAMLError as error:
        document.blame((0, 0), f"this is not YAML: {error}")
        raise DefinitionError(document.problems) from error
    if not isinstance(content, CommentedMap):
        document.blame((0, 0), "a scenario is a mapping of keys to values", "see `based_on: ...`")
        raise DefinitionError(document.problems)
    return document, content


def _base(document: _Document, content: CommentedMap) -> Scenario:
    name = content.get("based_on", DEFAULT_BASE)
    if isinstance(name, str) and name in BUILTIN:
        return BUILTIN[name]
    hint = _meant(str(name), BUILTIN) or f"there are {', '.join(BUILTIN)}"
    document.blame(content.lc.value("based_on"), f"there is no scenario {name!r}", hint)
    return BUILTIN[DEFAULT_BASE]


def _plain_value(document: _Document, content: CommentedMap, key: str) -> object:
    value, position = content[key], content.lc.value(key)
    match key:
        case "title" if not isinstance(value, str):
            document.blame(position, f"title is {value!r}; it must be text")
        case "seed" if isinstance(value, bool) or not isinstance(value, int):
            document.blame(position, f"seed is {value!r}; it must be a whole number")
        case "seed" if not 0 <= value < 2**63:
            document.blame(position, f"seed is {value}; it lies in [0, 2**63)")
        case "first_day" | "last_day" if not _is_day(value):
            document.blame(position, f"{key} is {value!r}; it must be a day", "write 2026-03-02")
        case "window" | "refund_window":
            return _days(document, content, key)
        case _:
            pass
    return value


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _days(document: _Document, content: CommentedMap, key: str) -> int:
    value = content[key]
    number = value[:-1] if isinstance(value, str) and value.endswith("d") else ""
    if number.isascii() and number.isdigit() and int(number) >= 1:
        return int(number)
    document.blame(
        content.lc.value(key), f"{key} is {value!r}; it must be a whole number of days", "write 14d"
    )
    return 1


def _parts(
    document: _Document,
    content: CommentedMap,
    key: str,
    names: Iterable[str],
    kinds: Mapping[str, Kind],
) -> dict[str, dict[str, Any]]:
    """What the file changes of arms, or of classes: fields by name."""
    changes: dict[str, dict[str, Any]] = {}
    group = _mapping(document, content, key)
    _blame_unknown(document, group, names)
    for name in group:
        fields = _mapping(document, group, name)
        extra = "channel" if key == "arms" else "returning"
        _blame_unknown(document, fields, (*kinds, extra))
        changes[name] = {
            one: _choice(document, fields, one)
            if one == extra
            else _number(document, fields, one, kinds[one])
            for one in fields
            if one in kinds or one == extra
        }
    return changes


def _orderings(document: _Document, content: CommentedMap) -> dict[str, float]:
    group = _mapping(document, content, "orderings")
    return {str(name): _number(document, group, name, "rate") for name in group}


def _choice(document: _Document, fields: CommentedMap, key: str) -> object:
    value = fields[key]
    if key == "channel" and value not in CHANNELS:
        hint = f"one of {', '.join(CHANNELS)}"
        document.blame(fields.lc.value(key), f"there is no channel {value!r}", hint)
    if key == "returning" and not isinstance(value, bool):
        document.blame(fields.lc.value(key), f"returning is {value!r}; it is true or false")
    return value


def _number(document: _Document, fields: CommentedMap, key: str, kind: Kind) -> Any:
    value = fields[key]
    reason = wrong_number(value, kind)
    if reason:
        document.blame(fields.lc.value(key), f"{key} is {value!r}; {reason}")
        return value
    # ruamel's own kinds of number remember how they were written; DuckDB does not know them
    return int(value) if isinstance(value, int) else float(value)


def _mapping(document: _Document, content: CommentedMap, key: str) -> CommentedMap:
    value = content.get(key)
    if isinstance(value, CommentedMap):
        return value
    if key in content:
        document.blame(content.lc.value(key), f"{key} must be a mapping of names to values")
    return CommentedMap()


def _blame_unknown(document: _Document, content: CommentedMap, known: Iterable[str]) -> None:
    names = tuple(known)
    for key in content:
        if key not in names:
            hint = _meant(str(key), names) or f"there are {', '.join(names)}"
            document.blame(content.lc.key(key), f"{key!r} is not known here", hint)


def _meant(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, tuple(known), n=1)
    return f"did you mean {near[0]!r}?" if near else ""
