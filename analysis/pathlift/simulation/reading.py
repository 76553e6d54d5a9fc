"""The YAML of a scenario, node by node: what is wrong is noted with its place; reading goes on.

Knows kinds of values, and no key.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pathlift.errors import DefinitionError, Place, Problem
from pathlift.simulation.possible import Kind, wrong_number

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file being read, and what was found wrong with it so far.

    Attributes
    ----------
    file : str
    lines : tuple of str
    problems : list of Problem
    """

    file: str
    lines: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)

    def blame(self, position: tuple[int, int], message: str, hint: str = "") -> None:
        """Note a problem.

        Parameters
        ----------
        position : tuple of (int, int)
            Line and column, from 0.
        message : str
        hint : str, optional
        """
        line, column = position
        source = self.lines[line] if line < len(self.lines) else ""
        at = Place(file=self.file, line=line + 1, column=column + 1, source=source)
        self.problems.append(Problem(message=message, at=at, hint=hint))

    def mapping(self, content: CommentedMap, key: str) -> CommentedMap:
        """Read a mapping of names to values.

        Parameters
        ----------
        content : CommentedMap
        key : str

        Returns
        -------
        CommentedMap
            Empty where there is none.
        """
        value = content.get(key)
        if isinstance(value, CommentedMap):
            return value
        if key in content:
            self.blame(content.lc.value(key), f"{key} must be a mapping of names to values")
        return CommentedMap()

    def blame_unknown(self, content: CommentedMap, known: Iterable[str]) -> None:
        """Note every key that is not known.

        Parameters
        ----------
        content : CommentedMap
        known : iterable of str
        """
        names = tuple(known)
        for key in content:
            if key not in names:
                hint = meant(str(key), names) or f"there are {', '.join(names)}"
                self.blame(content.lc.key(key), f"{key!r} is not known here", hint)

    def number(self, content: CommentedMap, key: str, kind: Kind) -> Any:
        """Read a number.

        Parameters
        ----------
        content : CommentedMap
        key : str
        kind : kind
            What it has to be.

        Returns
        -------
        int or float
            As written where it is none.
        """
        value = content[key]
        reason = wrong_number(value, kind)
        if reason:
            self.blame(content.lc.value(key), f"{key} is {value!r}; {reason}")
            return value
        # ruamel's own kinds of number remember how they were written; DuckDB does not know them
        return int(value) if isinstance(value, int) else float(value)

    def numbers(self, content: CommentedMap, key: str, kind: Kind) -> dict[str, Any]:
        """Read a mapping of names to numbers.

        Parameters
        ----------
        content : CommentedMap
        key : str
        kind : kind

        Returns
        -------
        dict
            Numbers by name.
        """
        group = self.mapping(content, key)
        return {str(name): self.number(group, name, kind) for name in group}

    def seconds(self, content: CommentedMap, key: str, *, unit: str = "smhd") -> int:
        """Read a whole time such as 14d or 30m, above 0.

        Parameters
        ----------
        content : CommentedMap
        key : str
        unit : str, default "smhd"
            Letters that are allowed.

        Returns
        -------
        int
            Seconds; 1 where it is none.
        """
        value = content[key]
        text = value if isinstance(value, str) else ""
        found = re.fullmatch(rf"(0*[1-9][0-9]*)([{unit}])", text)
        if found:
            return int(found[1]) * _SECONDS[found[2]]
        what = "number of days" if unit == "d" else "time above 0"
        example = "write 14d" if unit == "d" else "write 30s, 30m, 2h or 1d"
        position = content.lc.value(key)
        self.blame(position, f"{key} is {value!r}; it must be a whole {what}", example)
        return 1

    def day(self, content: CommentedMap, key: str) -> date:
        """Read a day.

        Parameters
        ----------
        content : CommentedMap
        key : str

        Returns
        -------
        date
            The first there is where it is none.
        """
        value = content[key]
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        position = content.lc.value(key)
        self.blame(position, f"{key} is {value!r}; it must be a day", "write 2026-03-02")
        return date.min

    def truth(self, content: CommentedMap, key: str) -> bool:
        """Read true or false.

        Parameters
        ----------
        content : CommentedMap
        key : str

        Returns
        -------
        bool
            False where it is neither.
        """
        value = content[key]
        if not isinstance(value, bool):
            self.blame(content.lc.value(key), f"{key} is {value!r}; it is true or false")
        return value is True


def parse(path: Path) -> tuple[Document, CommentedMap]:
    """Read a file that holds a mapping.

    Parameters
    ----------
    path : Path

    Returns
    -------
    document, content : Document, CommentedMap

    Raises
    ------
    DefinitionError
        If it cannot be read, is not YAML, or holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        problem = Problem(message=f"the scenario cannot be read: {reason}", subject=str(path))
        raise DefinitionError([problem]) from error
    document = Document(file=str(path), lines=tuple(text.splitlines()))
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


def meant(word: str, known: Iterable[str]) -> str:
    """Say which known word is nearest.

    Parameters
    ----------
    word : str
    known : iterable of str

    Returns
    -------
    str
        A question; empty where none is near.

    Examples
    --------
    >>> meant("contnt", ["search", "content"])
    "did you mean 'content'?"
    """
    near = difflib.get_close_matches(word, tuple(known), n=1)
    return f"did you mean {near[0]!r}?" if near else ""
