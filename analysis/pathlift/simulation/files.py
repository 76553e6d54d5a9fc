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

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from pathlift.errors import DefinitionError, Problem
from pathlift.simulation.builtin import BUILTIN
from pathlift.simulation.differences import CREATOR_KINDS, FRAILTY_KINDS
from pathlift.simulation.log_settings import observation
from pathlift.simulation.possible import Kind, wrong_path
from pathlift.simulation.reading import Document, meant, parse
from pathlift.simulation.scenarios import ARM_KINDS, CHANNELS, CLASS_KINDS, Scenario

DEFAULT_BASE = "journeys"

KEYS = (
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
    "steps",
    "carry_in",
    "frailty",
    "creators",
    "observation",
)
_DAY = 86_400


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
        hint=meant(str(name), BUILTIN) or f"there are {known}; or give a .yaml file",
    )
    raise DefinitionError([problem])


def _read(path: Path) -> Scenario:
    document, content = parse(path)
    document.blame_unknown(content, KEYS)
    base = _base(document, content)
    plain: dict[str, Any] = {"name": path.stem}
    for key in ("title", "seed", "first_day", "last_day", "window", "refund_window"):
        if key in content:
            plain[key] = _plain_value(document, content, key)
    arms = _parts(document, content, "arms", [arm.arm for arm in base.arms], ARM_KINDS)
    kinds = _parts(document, content, "classes", [one.name for one in base.classes], CLASS_KINDS)
    orderings = dict(base.orderings) | _paths(document, content, "orderings", "rate", least=3)
    steps = dict(base.steps) | _paths(document, content, "steps", "rate", least=2)
    held = dict(base.carry_in) | _paths(document, content, "carry_in", "probability", least=1)
    names = [arm.arm for arm in base.arms], [one.name for one in base.classes]
    seen = document.mapping(content, "observation")
    if "observation" in content:
        plain["observation"] = observation(document, seen, arms=names[0], classes=names[1])
    frailty = _fields(document, content, "frailty", FRAILTY_KINDS)
    creators = _fields(document, content, "creators", CREATOR_KINDS, truths=("randomised",))
    units = {"units": document.number(content, "units", "count")} if "units" in content else {}
    if document.problems:
        raise DefinitionError(document.problems)
    try:
        return replace(
            base,
            arms=tuple(replace(arm, **(units | arms.get(arm.arm, {}))) for arm in base.arms),
            classes=tuple(replace(one, **kinds.get(one.name, {})) for one in base.classes),
            orderings=tuple(orderings.items()),
            steps=tuple(steps.items()),
            carry_in=tuple(held.items()),
            frailty=replace(base.frailty, **frailty),
            creators=replace(base.creators, **creators),
            **plain,
        )
    except DefinitionError as error:  # what only shows when all is put together: no line to blame
        raise DefinitionError(
            replace(problem, subject=str(path)) for problem in error.problems
        ) from error


def _base(document: Document, content: CommentedMap) -> Scenario:
    name = content.get("based_on", DEFAULT_BASE)
    if isinstance(name, str) and name in BUILTIN:
        return BUILTIN[name]
    hint = meant(str(name), BUILTIN) or f"there are {', '.join(BUILTIN)}"
    document.blame(content.lc.value("based_on"), f"there is no scenario {name!r}", hint)
    return BUILTIN[DEFAULT_BASE]


def _plain_value(document: Document, content: CommentedMap, key: str) -> object:
    value, position = content[key], content.lc.value(key)
    match key:
        case "title" if not isinstance(value, str):
            document.blame(position, f"title is {value!r}; it must be text")
        case "seed" if isinstance(value, bool) or not isinstance(value, int):
            document.blame(position, f"seed is {value!r}; it must be a whole number")
        case "seed" if not 0 <= value < 2**63:
            document.blame(position, f"seed is {value}; it lies in [0, 2**63)")
        case "first_day" | "last_day":
            return document.day(content, key)
        case "window" | "refund_window":
            return document.seconds(content, key, unit="d") // _DAY or 1
        case _:
            pass
    return value


def _parts(
    document: Document,
    content: CommentedMap,
    key: str,
    names: Iterable[str],
    kinds: Mapping[str, Kind],
) -> dict[str, dict[str, Any]]:
    """What the file changes of arms, or of classes: fields by name."""
    changes: dict[str, dict[str, Any]] = {}
    group = document.mapping(content, key)
    document.blame_unknown(group, names)
    for name in group:
        fields = document.mapping(group, name)
        extra = "channel" if key == "arms" else "returning"
        document.blame_unknown(fields, (*kinds, extra))
        changes[name] = {
            one: _choice(document, fields, one)
            if one == extra
            else document.number(fields, one, kinds[one])
            for one in fields
            if one in kinds or one == extra
        }
    return changes


def _paths(
    document: Document, content: CommentedMap, key: str, kind: Kind, *, least: int
) -> dict[str, float]:
    """Numbers by stages joined by ``>``."""
    group = document.mapping(content, key)
    for name in group:
        wrong = wrong_path(str(name), least=least, most=3)
        if wrong:
            document.blame(group.lc.key(name), wrong)
    return document.numbers(content, key, kind)


def _fields(
    document: Document,
    content: CommentedMap,
    key: str,
    kinds: Mapping[str, Kind],
    truths: tuple[str, ...] = (),
) -> dict[str, Any]:
    """What the file changes of a record of numbers, some of them true or false."""
    fields = document.mapping(content, key)
    document.blame_unknown(fields, (*kinds, *truths))
    return {
        name: document.truth(fields, name)
        if name in truths
        else document.number(fields, name, kinds[name])
        for name in fields
        if name in kinds or name in truths
    }


def _choice(document: Document, fields: CommentedMap, key: str) -> object:
    value = fields[key]
    if key == "channel" and value not in CHANNELS:
        hint = f"one of {', '.join(CHANNELS)}"
        document.blame(fields.lc.value(key), f"there is no channel {value!r}", hint)
    return document.truth(fields, key) if key == "returning" else value
