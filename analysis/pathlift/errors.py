"""What we tell the person who can fix it: where, what is wrong, what to do. Knows no layer."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A spot in a text file.

    Attributes
    ----------
    file : str
        Path as the user gave it.
    line, column : int
        Counted from 1.
    source : str
        The line itself, without its line end; empty when it cannot be shown.
    """

    file: str
    line: int
    column: int
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, and what to do about it.

    Attributes
    ----------
    message : str
        What is wrong, in one sentence without a full stop.
    at : Place or None
        Where in the definition; None when the problem is not in a file of text.
    subject : str
        What else is meant when there is no place, such as a data file; may be empty.
    hint : str
        What to do; may be empty.
    """

    message: str
    at: Place | None = None
    subject: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """Text for a terminal: place, problem, the line with a caret, the hint."""
        if self.at is None:
            head = f"{self.subject}: {self.message}" if self.subject else self.message
            return head + (f"\n  hint: {self.hint}" if self.hint else "")
        lines = [f"{self.at.file}:{self.at.line}:{self.at.column}: {self.message}"]
        if self.at.source:
            number = f"{self.at.line:>5}"
            lines.append(f"{number} | {self.at.source}")
            lines.append(f"{' ' * len(number)} | {' ' * (self.at.column - 1)}^")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class PathliftError(Exception):
    """A refusal: the definition, the data or the machine; exit code 1, no traceback.

    Attributes
    ----------
    problems : tuple of Problem
        All that was found in one run, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DefinitionError(PathliftError):
    """The YAML cannot be accepted."""


class DataError(PathliftError):
    """The data cannot be read as the definition says."""


class NotEstimableError(Exception):
    """A number cannot be estimated; the text is the reason that the result prints."""
