"""What does the file say? Opens it; knows YAML, not experiments.

One document of UTF-8 with a mapping on top. Repeated keys, tabs, tags, merge keys and directives
are refused, and a file that would grow when its aliases are expanded is answered before it does.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ruamel.yaml.nodes import MappingNode, SequenceNode

from pathlift.errors import DefinitionError, Problem
from pathlift.registry.composing import Builder, composed
from pathlift.registry.written import Written, place, refused

LARGEST: Final = 200_000  # characters; a long registered experiment has 5,000


def read(path: Path) -> Written:
    """Read one definition.

    Parameters
    ----------
    path : Path
        As the user named it.

    Returns
    -------
    Written

    Raises
    ------
    DefinitionError
        If the file cannot be read, is not one document of YAML, or is no mapping.
    """
    file = str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise refused(Problem(message=str(reason), subject=file)) from None
    return read_bytes(raw, file)


def read_bytes(raw: bytes, file: str) -> Written:
    """Read one definition that is already in memory.

    Parameters
    ----------
    raw : bytes
    file : str
        What messages call it.

    Returns
    -------
    Written

    Raises
    ------
    DefinitionError
        As `read`.
    """
    text = _decoded(raw, file)
    lines = tuple(text.splitlines())
    if len(text) > LARGEST:
        raise refused(
            Problem(
                message=f"a definition has at most {LARGEST:,} characters; this has {len(text):,}",
                subject=file,
            )
        )
    unreadable = tuple(_unreadable(lines, file))
    if unreadable:
        raise DefinitionError(unreadable)
    root = composed(text, lines, file)
    builder = Builder(file, lines)
    value = builder.build(root, ())
    if not isinstance(value, dict) or not isinstance(root, MappingNode):
        kind = "a list" if isinstance(root, SequenceNode) else "a single value"
        mark = root.start_mark
        raise refused(
            Problem(
                message=f"a definition is a mapping of keys to values, not {kind}",
                at=place(file, lines, mark.line, mark.column),
            )
        )
    return Written(
        file=file,
        lines=lines,
        root=root,
        value=value,
        problems=tuple(builder.problems),
        refused=frozenset(builder.refused),
    )


def _decoded(raw: bytes, file: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refused(
            Problem(
                message=f"line {line} is not UTF-8", subject=file, hint="save the file as UTF-8"
            )
        ) from None


def _unreadable(lines: tuple[str, ...], file: str) -> Iterator[Problem]:
    for number, line in enumerate(lines):
        if "\t" in line:
            yield Problem(
                message="a tab; YAML is indented with spaces",
                at=place(file, lines, number, line.index("\t")),
                hint="replace every tab by spaces",
            )
        if line.startswith("%"):
            yield Problem(
                message="a YAML directive; definitions are YAML 1.2 and need none",
                at=place(file, lines, number, 0),
                hint="leave this line out",
            )
