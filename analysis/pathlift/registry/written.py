"""A file of YAML that was read: its values, and where each of them stands. Knows no experiment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pathlift.errors import DefinitionError, Place, Problem

Loc = tuple[str | int, ...]


WIDEST: Final = 200  # characters; a longer line would bury what is said about it
# Long-lived keys of clouds and code hosts, private keys, passwords and signatures in addresses.
SECRET: Final = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]+|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bAIza[\w-]{30,}|\bxox[abprs]-[\w-]{10,}|(?<=://)[^/\s:@]+:[^/\s:@]+(?=@)"
    r"|(?<=Signature=)[\w%/+=-]{16,}"
)

# What is asked with an address may be a key as well.
_ASKED: Final = re.compile(r"(https?://[^\s\"'?]*\?)([^\s\"']+)", re.IGNORECASE)


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
        """Return the place of a value.

        Parameters
        ----------
        *loc : str or int
            Keys and list positions from the root of the file, positions from 0.

        Returns
        -------
        Place
            Of the deepest part that the file has.
        """
        key, node = self._walk(loc)
        return self._place(node if node is not None else key)

    def key_at(self, *loc: str | int) -> Place:
        """Return the place of the key of a value.

        Parameters
        ----------
        *loc : str or int
            Keys and list positions from the root of the file, positions from 0.

        Returns
        -------
        Place
            Of the value where it has no key, as in a list.
        """
        key, node = self._walk(loc)
        return self._place(key if key is not None else node)

    def has(self, *loc: str | int) -> bool:
        """Whether the file has a value at `loc`.

        Parameters
        ----------
        *loc : str or int
            Keys from the root of the file; no list is entered.

        Returns
        -------
        bool
            False for parts that were refused while reading.
        """
        node: Any = self.value
        for part in loc:
            if not isinstance(node, dict) or part not in node:
                return False
            node = node[part]
        return True

    def inside(self, part: str, *loc: str | int) -> Place:
        """Return the place of a part of the text at `loc`.

        Parameters
        ----------
        part : str
            Looked for from the start of the value to the end of its line; case does not matter.
        *loc : str or int
            Keys and list positions of the text, from the root.

        Returns
        -------
        Place
            Of the text itself where the part cannot be found or is empty.
        """
        at = self.at(*loc)
        row = self.lines[at.line - 1] if at.line <= len(self.lines) else ""
        found = row.lower().find(part.lower(), at.column - 1) if part else -1
        return replace(at, column=found + 1) if found >= 0 else at

    def _walk(self, loc: Loc) -> tuple[Node | None, Node | None]:
        key: Node | None = None
        node: Node | None = self.root
        for part in loc:
            # A part that the file does not have is a missing key or a tag of a union: skip it.
            for found_key, found in children(node):
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
    source = lines[line] if line < len(lines) and len(lines[line]) <= WIDEST else ""
    asked = _ASKED.sub(lambda found: found[1] + "*" * len(found[2]), source)
    hidden = SECRET.sub(lambda found: "*" * len(found.group()), asked)
    return Place(file=file, line=line + 1, column=column + 1, source=hidden.rstrip())


def refused(problem: Problem) -> DefinitionError:
    """Return the refusal for one problem.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    DefinitionError
    """
    return DefinitionError((problem,))


def children(node: Node | None) -> Iterator[tuple[Node | int, Node]]:
    """Iterate over the keys and values of a mapping, or the places and items of a list.

    Parameters
    ----------
    node : Node or None

    Yields
    ------
    key : Node or int
    value : Node
    """
    match node:
        case MappingNode():
            yield from node.value
        case SequenceNode():
            yield from enumerate(node.value)
