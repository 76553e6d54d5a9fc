"""`pathlift doctor`: whether this machine has what an analysis needs, and what to do if not."""

import json
import os
import platform
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pathlift.cli.folders import registry_folder, results_folder
from pathlift.cli.options import DEFAULT, Common
from pathlift.cli.screen import width, write

if TYPE_CHECKING:
    from pathlift.errors import PathliftError

Health = Literal["good", "look", "bad"]
_SIGN: dict[Health, str] = {"good": "✓", "look": "!", "bad": "✗"}
_WIDEST = 100
_GIB = 1 << 30
_LITTLE_MEMORY = 1.0  # GiB; below, a log of some ten million events spills at every step
_LITTLE_SPACE = 2.0  # GiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    what : str
    health : {'good', 'look', 'bad'}
        look: works, and may be in the way; bad: stops an analysis.
    said : str
        What was found.
    todo : str
        What to do; empty where all is good.
    """

    what: str
    health: Health
    said: str
    todo: str = ""


def doctor_command(*, format: Literal["text", "json"] = "text", common: Common = DEFAULT) -> int:
    """Look at versions, engine, memory, space and registry, and say what to do where it is bad.

    Exit code: 0 when an analysis can run; 1 when something stops it.

    Parameters
    ----------
    format : {"text", "json"}
        How it is printed.
    """
    found = tuple(_findings(common))
    if format == "json":
        write(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False) + "\n")
    else:
        write(_told(found))
    return 1 if any(one.health == "bad" for one in found) else 0


def _told(found: tuple[Finding, ...]) -> str:
    longest = max(len(one.what) for one in found)
    lines = []
    for one in found:
        head, rest = f"{_SIGN[one.health]} {one.what:<{longest}}  ", " " * (longest + 4)
        lines += _wrapped(one.said, head, rest)
        lines += _wrapped(one.todo, rest, rest)
    bad = sum(one.health == "bad" for one in found)
    look = sum(one.health == "look" for one in found)
    lines.append("")
    if bad:
        lines.append(f"{bad} of {len(found)} would stop an analysis.")
    elif look:
        lines.append(f"An analysis runs here; {look} of {len(found)} deserve a look.")
    else:
        lines.append("All is well.")
    return "\n".join(lines) + "\n"


def _wrapped(text: str, head: str, rest: str) -> list[str]:
    """Lines of a text behind its head; paths are never broken."""
    return textwrap.wrap(
        text,
        width() or _WIDEST,
        initial_indent=head,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _findings(common: Common) -> Iterator[Finding]:
    yield _python()
    yield from _libraries()
    yield _engine()
    yield _memory()
    yield _space()
    yield _terminal()
    yield from _registry(common)
    yield _results(common)


def _python() -> Finding:
    said = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding(what="python", health="good", said=f"{said}, {os.cpu_count()} cores")


def _libraries() -> Iterator[Finding]:
    """Every library that pathlift declares, held against the versions that it declares."""
    try:
        declared = requires("pathlift") or []
    except PackageNotFoundError:
        yield Finding(
            what="pathlift",
            health="look",
            said="runs from a folder and is not installed",
            todo="pip install -e . in that folder, so that versions can be compared",
        )
        return
    yield Finding(what="pathlift", health="good", said=version("pathlift"))
    wrong: list[str] = []
    right: list[str] = []
    for line in declared:
        wanted, _, marker = line.partition(";")
        if "extra" in marker:
            continue
        name, bounds = _parts(wanted.strip())
        try:
            have = version(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is not installed ({bounds})")
            continue
        (right if within(have, bounds) else wrong).append(f"{name} {have}")
    yield Finding(
        what="libraries",
        health="bad" if wrong else "good",
        said=", ".join(wrong or right),
        todo="pip install --require-hashes -r requirements.lock has versions that go together"
        if wrong
        else "",
    )


def _parts(requirement: str) -> tuple[str, str]:
    place = min((requirement.find(sign) for sign in "<>=!~" if sign in requirement), default=None)
    return (requirement, "") if place is None else (requirement[:place], requirement[place:])


def within(have: str, bounds: str) -> bool:
    """Whether a version lies within bounds.

    Parameters
    ----------
    have : str
        Such as ``2.0.1``.
    bounds : str
        Written with >= and <, which is all that pathlift declares.

    Returns
    -------
    bool
    """
    for bound in filter(None, bounds.split(",")):
        sign = ">=" if bound.startswith(">=") else "<"
        limit = _numbers(bound.removeprefix(sign))
        if (_numbers(have) >= limit) != (sign == ">="):
            return False
    return True


def _numbers(text: str) -> tuple[int, ...]:
    parts = (part for part in text.strip().split("."))
    return tuple(int(part) for part in parts if part.isdigit())


def _engine() -> Finding:
    """Whether DuckDB starts, writes Parquet and reads it again, from a folder of its own."""
    import duckdb

    try:
        with tempfile.TemporaryDirectory(prefix="pathlift-") as folder:
            path = Path(folder) / "one.parquet"
            connection = duckdb.connect()
            connection.sql("select 42 as n").write_parquet(str(path))
            [(read,)] = connection.read_parquet(str(path)).fetchall()
            connection.close()
    except (duckdb.Error, OSError) as error:
        return Finding(
            what="duckdb",
            health="bad",
            said=f"{duckdb.__version__} cannot read what it wrote: {str(error).splitlines()[0]}",
            todo="install it anew: pip install --force-reinstall duckdb",
        )
    assert read == 42
    return Finding(what="duckdb", health="good", said=f"{duckdb.__version__}, reads Parquet")


def _memory() -> Finding:
    from pathlift.outcomes.engine import open_engine

    with open_engine(()) as engine:
        text = engine.memory
    amount, unit = text.split()
    gib = float(amount) / (
        1 if unit.startswith("G") else 1024 if unit.startswith("M") else 1 / 1024
    )
    said = f"{text} for an analysis, 60% of what this machine or container has"
    if gib < _LITTLE_MEMORY:
        todo = "larger logs spill to disk: use a bigger machine, or wait longer"
        return Finding(what="memory", health="look", said=said, todo=todo)
    return Finding(what="memory", health="good", said=said)


def _space() -> Finding:
    try:
        folder = tempfile.gettempdir()
        with tempfile.NamedTemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free / _GIB
    except OSError as error:
        return Finding(
            what="temp space",
            health="bad",
            said=f"no folder for temporary files can be written: {error.strerror}",
            todo="set TMPDIR to a folder that can",
        )
    said = f"{free:,.1f} GiB free in {folder}"
    if free < _LITTLE_SPACE:
        todo = "work larger than memory spills there: free some, or set TMPDIR to a bigger disk"
        return Finding(what="temp space", health="look", said=said, todo=todo)
    return Finding(what="temp space", health="good", said=said)


def _terminal() -> Finding:
    encoding = (sys.stdout.encoding or "unknown").lower()
    said = f"{encoding}, {width()} columns" if width() else f"{encoding}, no terminal"
    if (width() or 80) < 80:
        return Finding(
            what="terminal", health="look", said=said, todo="tables become lists below 80 columns"
        )
    return Finding(what="terminal", health="good", said=said)


def _registry(common: Common) -> Iterator[Finding]:
    from pathlift.errors import PathliftError
    from pathlift.registry.loading import load_folder, names

    folder = registry_folder(common)
    try:
        known = names(folder)
    except PathliftError as error:
        yield _no_registry(error)
        return
    if not known:
        yield Finding(
            what="registry",
            health="look",
            said=f"no definition in {folder}",
            todo="pathlift init DIR makes one; --registry DIR or PATHLIFT_REGISTRY name another",
        )
        return
    sound, problems = load_folder(folder)
    locked = sum(one.registration is not None for one in sound)
    said = f"{len(sound)} of {len(known)} definitions in {folder} are sound, {locked} locked"
    yield Finding(
        what="registry",
        health="look" if problems else "good",
        said=said,
        todo="pathlift check says what is wrong" if problems else "",
    )


def _no_registry(error: "PathliftError") -> Finding:
    said = "; ".join(f"{problem.subject}: {problem.message}" for problem in error.problems)
    todo = "correct --registry or PATHLIFT_REGISTRY; pathlift init DIR makes a new one"
    return Finding(what="registry", health="bad", said=said, todo=todo)


def _results(common: Common) -> Finding:
    folder = results_folder(common)
    near = folder
    while not near.exists() and near != near.parent:
        near = near.parent
    if not os.access(near, os.W_OK):
        return Finding(
            what="results",
            health="bad",
            said=f"{folder} cannot be written",
            todo="name another with --results DIR, or run with --no-save",
        )
    saved = len(list(folder.glob("*/latest.json")))
    said = f"{saved} experiments have one in {folder}" if saved else f"none yet in {folder}"
    return Finding(what="results", health="good", said=said)
