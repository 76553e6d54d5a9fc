"""What does the file say, and where does it say it? Knows YAML, not experiments.

One document of UTF-8 with a mapping on top. Repeated keys, tabs, tags, merge keys and directives
are refused, and a file that would grow when its aliases are expanded is answered before it does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pathlift.errors import DefinitionError, Place, Problem

Loc = tuple[str | int, ...]

LARGEST: Final = 200_000  # characters; a long registered experiment has 5,000
DEEPEST: Final = 20  # the grammar itself needs 6
MOST_NODES: Final = 20_000  # after aliases are expanded

_TAG: Final = "tag:yaml.org,2002:"
# Long-lived keys of clouds and code hosts, private keys, passwords and signatures in addresses.
_SECRET: Final = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]+|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bAIza[\w-]{30,}|\bxox[abprs]-[\w-]{10,}|(?<=://)[^/\s:@]+:[^/\s:@]+(?=@)"
    r"|(?<=Signature=)[\w%/+=-]{16,}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file of YAML, read but not yet understood.

    Attributes
    ----------
    file : str
        As the user named it.
    lines : tuple of str
        Without line ends.
    root : MappingNode
        The tree with its places.
    value : dict
        The same as plain values: dict, list, str, int, float, bool, None. Days stay text.
    problems : tuple of Problem
        Found while reading: repeated keys, keys that are not text, missing values, secrets.
    refused : frozenset of Loc
        Where they were found; `value` does not hold these parts.
    """

    file: str
    lines: tuple[str, ...]
    root: MappingNode
    value: dict[str, Any]
    problems: tuple[Problem, ...]
    refused: frozenset[Loc]

    def at(self, *loc: str | int) -> Place:
        """Return the place of a value; of the deepest part that the file has."""
        key, node = self._walk(loc)
        return self._place(node if node is not None else key)

    def key_at(self, *loc: str | int) -> Place:
        """Return the place of the key of a value; of the value where it has no key."""
        key, node = self._walk(loc)
        return self._place(key if key is not None else node)

    def inside(self, part: str, *loc: str | int) -> Place:
        """Return the place of a part of the text at `loc`; of the text where it cannot be found."""
        at = self.at(*loc)
        row = self.lines[at.line - 1] if at.line <= len(self.lines) else ""
        found = row.lower().find(part.lower(), at.column - 1) if part else -1
        return replace(at, column=found + 1) if found >= 0 else at

    def _walk(self, loc: Loc) -> tuple[Node | None, Node | None]:
        key: Node | None = None
        node: Node | None = self.root
        for part in loc:
            # A part that the file does not have is a missing key or a tag of a union: skip it.
            for found_key, found in _children(node):
                name = found_key.value if isinstance(found_key, ScalarNode) else found_key
                if name == part:
                    key = found_key if isinstance(found_key, Node) else None
                    node = found
                    break
        return key, node

    def _place(self, node: Node | None) -> Place:
        mark = (node or self.root).start_mark
        return place(self.file, self.lines, mark.line, mark.column)


def place(file: str, lines: tuple[str, ...], line: int, column: int) -> Place:
    """Return a place whose line can be shown: without any secret in it.

    Parameters
    ----------
    file : str
    lines : tuple of str
    line, column : int
        Counted from 0, as YAML libraries do.

    Returns
    -------
    Place
        Counted from 1.
    """
    source = lines[line] if line < len(lines) else ""
    hidden = _SECRET.sub(lambda found: "*" * len(found.group()), source)
    return Place(file=file, line=line + 1, column=column + 1, source=hidden.rstrip())


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
        raise _refused(Problem(message=str(reason), subject=file)) from None
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
        raise _refused(
            Problem(
                message=f"a definition has at most {LARGEST:,} characters; this has {len(text):,}",
                subject=file,
            )
        )
    unreadable = tuple(_unreadable(lines, file))
    if unreadable:
        raise DefinitionError(unreadable)
    root = _composed(text, lines, file)
    builder = _Builder(file, lines)
    value = builder.build(root, ())
    if not isinstance(value, dict) or not isinstance(root, MappingNode):
        kind = "a list" if isinstance(root, SequenceNode) else "a single value"
        mark = root.start_mark
        raise _refused(
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
        raise _refused(
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


class _Composer(Composer):
    """Composes at most `DEEPEST` levels and `MOST_NODES` nodes, so that nothing can run away."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        self.nodes += 1
        event = self.parser.peek_event()
        if self.depth > DEEPEST:
            raise MarkedYAMLError(problem=_TOO_DEEP, problem_mark=event.start_mark)
        if self.nodes > MOST_NODES:
            raise MarkedYAMLError(problem=_TOO_MANY, problem_mark=event.start_mark)
        if isinstance(event, AliasEvent) and event.anchor not in self.anchors:
            problem = f"alias *{event.anchor} names an anchor that does not stand above it"
            raise MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


_TOO_DEEP = f"nested deeper than {DEEPEST} levels"
_TOO_MANY = f"more than {MOST_NODES:,} values, aliases expanded"


def _composed(text: str, lines: tuple[str, ...], file: str) -> Node:
    reader = YAML(typ="safe", pure=True)
    reader.Composer = _Composer
    try:
        root = reader.compose(text)
    except MarkedYAMLError as error:
        raise _refused(_yaml_problem(error, lines, file)) from None
    except (YAMLError, ValueError) as error:
        # The reader refuses control characters before there is a place.
        first = str(error).strip().splitlines()[0]
        raise _refused(Problem(message=f"not YAML: {first}", subject=file)) from None
    if root is None:
        raise _refused(Problem(message="the file is empty", subject=file))
    return cast(Node, root)


def _yaml_problem(error: MarkedYAMLError, lines: tuple[str, ...], file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    said = (error.problem or error.context or "not YAML").strip()
    hint = ""
    if "another document" in said or "single document" in str(error.context):
        said, hint = "a second document; a file holds one experiment", "give it a file of its own"
    elif said in (_TOO_DEEP, _TOO_MANY) or said.startswith("alias "):
        pass
    elif "mapping values are not allowed" in said:
        said = "not YAML: a `:` where a value goes on"
        hint = 'put text that holds ": " in quotes'
    else:
        said = f"not YAML: {said}"
    if not isinstance(mark, StringMark):
        return Problem(message=said, subject=file, hint=hint)
    return Problem(message=said, at=place(file, lines, mark.line, mark.column), hint=hint)


_REFUSED: Final = object()


class _Builder:
    """Turns nodes into plain values, and says what no file should hold."""

    def __init__(self, file: str, lines: tuple[str, ...]) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[Problem] = []
        self.refused: set[Loc] = set()
        self.nodes = 0

    def build(self, node: Node, loc: Loc) -> Any:
        self.nodes += 1
        # A second count: an alias is one node until it is expanded here.
        if self.nodes > MOST_NODES or len(loc) > DEEPEST:
            said = _TOO_DEEP if len(loc) > DEEPEST else _TOO_MANY
            raise _refused(Problem(message=said, at=self._at(node)))
        if str(node.tag).removeprefix(_TAG) not in _KNOWN_TAGS:
            tag = str(node.tag).replace(_TAG, "!!")
            return self._refuse(node, loc, f"the tag {tag}; values need no tag")
        match node:
            case MappingNode():
                return self._mapping(node, loc)
            case SequenceNode():
                built = (self.build(item, (*loc, i)) for i, item in enumerate(node.value))
                return [item for item in built if item is not _REFUSED]
            case ScalarNode():
                return self._scalar(node, loc)
            case _:
                raise TypeError(f"YAML has no node {type(node).__name__}")

    def _mapping(self, node: MappingNode, loc: Loc) -> dict[str, Any]:
        first: dict[str, Node] = {}
        result: dict[str, Any] = {}
        for key, value in node.value:
            name = self._key(key, loc)
            if name is None:
                continue
            if name in first:
                line = first[name].start_mark.line + 1
                said = f"key `{name}` is repeated; it stands on line {line} already"
                self._refuse(key, (*loc, name), said)
                continue
            first[name] = key
            if str(value.tag) == f"{_TAG}null":
                hint = "leave it out, or write {} for an empty mapping"
                self._refuse(key, (*loc, name), f"`{name}` has no value", hint)
                continue
            built = self.build(value, (*loc, name))
            if built is not _REFUSED:
                result[name] = built
        return result

    def _key(self, key: Node, loc: Loc) -> str | None:
        tag = str(key.tag).removeprefix(_TAG)
        if not isinstance(key, ScalarNode):
            self._refuse(key, (*loc, "?"), "a key is text, not a list or mapping")
            return None
        name = str(key.value)
        if tag in ("str", "value") or name == "null":  # `null: zero` is a key of metrics
            return name
        if tag == "merge":
            said, hint = "the merge key <<; its keys would have no line", "write the keys out"
        else:
            said, hint = f"the key {name} is not text", f'write it as "{name}"'
        self._refuse(key, (*loc, name), said, hint)
        return None

    def _scalar(self, node: ScalarNode, loc: Loc) -> Any:
        text = str(node.value)
        if _SECRET.search(text):
            return self._refuse(
                node,
                loc,
                "this looks like a key or password; a definition is read by many",
                "name a profile or set an environment variable, and change the key",
            )
        if any(ord(character) < 32 and character != "\n" for character in text):
            return self._refuse(node, loc, "a control character in a value")
        match str(node.tag).removeprefix(_TAG):
            case "null":
                return self._refuse(node, loc, "an entry without a value", "leave it out")
            case "bool":
                return text.lower() == "true"
            case ("int" | "float") as kind:
                try:
                    return _number(text, kind)
                except ValueError:
                    return self._refuse(node, loc, f"{text[:40]!r} is not a number")
            case _:
                return text

    def _refuse(self, node: Node, loc: Loc, message: str, hint: str = "") -> object:
        self.problems.append(Problem(message=message, at=self._at(node), hint=hint))
        self.refused.add(loc)
        return _REFUSED

    def _at(self, node: Node) -> Place:
        mark = node.start_mark
        return place(self.file, self.lines, mark.line, mark.column)


def _number(text: str, kind: str) -> int | float:
    plain = text.replace("_", "").lower()
    if len(plain) > 40:  # longer than any number that a float can tell from its neighbours
        raise ValueError(text)
    if kind == "float":
        return float(plain.replace(".inf", "inf").replace(".nan", "nan"))
    digits = plain.lstrip("+-")
    size = int(digits, 0) if digits[:2] in ("0x", "0o", "0b") else int(digits)
    return -size if plain.startswith("-") else size


_KNOWN_TAGS: Final = frozenset(
    ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)


def _children(node: Node | None) -> Iterator[tuple[Node | int, Node]]:
    match node:
        case MappingNode():
            yield from node.value
        case SequenceNode():
            yield from enumerate(node.value)


def _refused(problem: Problem) -> DefinitionError:
    return DefinitionError((problem,))
