"""Which values does a text of YAML hold? Composes its tree, within limits, and builds from it.

Repeated keys, keys that are not text, missing values, tags, merge keys and secrets are told, and
left out; a text that would run away is answered before it does.
"""

from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pathlift.errors import Place, Problem
from pathlift.registry.written import SECRET, Loc, place, refused

DEEPEST: Final = 20  # the grammar itself needs 6

MOST_NODES: Final = 20_000  # after aliases are expanded


_TAG: Final = "tag:yaml.org,2002:"

_KNOWN_TAGS: Final = frozenset(
    ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)

TOO_DEEP = f"nested deeper than {DEEPEST} levels"

TOO_MANY = f"more than {MOST_NODES:,} values, aliases expanded"

REFUSED: Final = object()


def composed(text: str, lines: tuple[str, ...], file: str) -> Node:
    """Compose the tree of a text.

    Parameters
    ----------
    text : str
    lines : tuple of str
        The same, for places.
    file : str
        What messages call it.

    Returns
    -------
    Node
        Of at most `DEEPEST` levels and `MOST_NODES` nodes; aliases are not expanded yet.

    Raises
    ------
    DefinitionError
        If it is not one document of YAML.
    """
    reader = YAML(typ="safe", pure=True)
    reader.Composer = _Composer
    try:
        root = reader.compose(text)
    except MarkedYAMLError as error:
        raise refused(_yaml_problem(error, lines, file)) from None
    except (YAMLError, ValueError) as error:
        # The reader refuses control characters before there is a place.
        first = str(error).strip().splitlines()[0]
        raise refused(Problem(message=f"not YAML: {first}", subject=file)) from None
    if root is None:
        raise refused(Problem(message="the file is empty", subject=file))
    return cast(Node, root)


class Builder:
    """Turns nodes into plain values, and says what no file should hold."""

    def __init__(self, file: str, lines: tuple[str, ...]) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[Problem] = []
        self.refused: set[Loc] = set()
        self.nodes = 0

    def build(self, node: Node, loc: Loc) -> Any:
        """Return the plain value of a node; `REFUSED` where it has none.

        Parameters
        ----------
        node : Node
        loc : Loc
            Where it stands, from the root.

        Returns
        -------
        object
            dict, list, str, int, float or bool.

        Raises
        ------
        DefinitionError
            If aliases expand beyond `MOST_NODES`, or below `DEEPEST`.
        """
        self.nodes += 1
        # A second count: an alias is one node until it is expanded here.
        if self.nodes > MOST_NODES or len(loc) > DEEPEST:
            said = TOO_DEEP if len(loc) > DEEPEST else TOO_MANY
            raise refused(Problem(message=said, at=self._at(node)))
        if str(node.tag).removeprefix(_TAG) not in _KNOWN_TAGS:
            tag = str(node.tag).replace(_TAG, "!!")
            return self._refuse(node, loc, f"the tag {tag}; values need no tag")
        match node:
            case MappingNode():
                return self._mapping(node, loc)
            case SequenceNode():
                built = (self.build(item, (*loc, i)) for i, item in enumerate(node.value))
                return [item for item in built if item is not REFUSED]
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
            if built is not REFUSED:
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
        if SECRET.search(text):
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
        return REFUSED

    def _at(self, node: Node) -> Place:
        mark = node.start_mark
        return place(self.file, self.lines, mark.line, mark.column)


class _Composer(Composer):
    """Composes at most `DEEPEST` levels and `MOST_NODES` nodes, so that nothing can run away."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        self.nodes += 1
        event = self.parser.peek_event()
        if self.depth > DEEPEST:
            raise MarkedYAMLError(problem=TOO_DEEP, problem_mark=event.start_mark)
        if self.nodes > MOST_NODES:
            raise MarkedYAMLError(problem=TOO_MANY, problem_mark=event.start_mark)
        if isinstance(event, AliasEvent) and event.anchor not in self.anchors:
            problem = f"alias *{event.anchor} names an anchor that does not stand above it"
            raise MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _yaml_problem(error: MarkedYAMLError, lines: tuple[str, ...], file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    said = (error.problem or error.context or "not YAML").strip()
    hint = ""
    if "another document" in said or "single document" in str(error.context):
        said, hint = "a second document; a file holds one experiment", "give it a file of its own"
    elif said in (TOO_DEEP, TOO_MANY) or said.startswith("alias "):
        pass
    elif "mapping values are not allowed" in said:
        said = "not YAML: a `:` where a value goes on"
        hint = 'put text that holds ": " in quotes'
    else:
        said = f"not YAML: {said}"
    if not isinstance(mark, StringMark):
        return Problem(message=said, subject=file, hint=hint)
    return Problem(message=said, at=place(file, lines, mark.line, mark.column), hint=hint)


def _number(text: str, kind: str) -> int | float:
    plain = text.replace("_", "").lower()
    if len(plain) > 40:  # longer than any number that a float can tell from its neighbours
        raise ValueError(text)
    if kind == "float":
        return float(plain.replace(".inf", "inf").replace(".nan", "nan"))
    digits = plain.lstrip("+-")
    size = int(digits, 0) if digits[:2] in ("0x", "0o", "0b") else int(digits)
    return -size if plain.startswith("-") else size
