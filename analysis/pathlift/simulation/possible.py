"""Which numbers a world can have, and how one that cannot be is refused. Knows no field."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pathlift.errors import DefinitionError, Problem
from pathlift.simulation.observation import STAGES

Kind = Literal["rate", "positive", "probability", "count"]


def wrong_number(value: object, kind: Kind) -> str:
    """Say what is impossible about a number.

    Parameters
    ----------
    value : object
        What was given.
    kind : {"rate", "positive", "probability", "count"}
        What it has to be: at or above 0, above 0, in [0, 1], or a whole number above 0.

    Returns
    -------
    str
        The reason, to follow "NAME is VALUE; "; empty when nothing is wrong.

    Examples
    --------
    >>> wrong_number(1.2, "probability")
    'a probability lies in [0, 1]'
    >>> wrong_number(0.2, "probability")
    ''
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "it must be a number"
    match kind:
        case "rate":
            return "" if value >= 0 else "it cannot be negative"
        case "positive":
            return "" if value > 0 else "it must be above 0"
        case "probability":
            return "" if 0 <= value <= 1 else "a probability lies in [0, 1]"
        case "count":
            whole = isinstance(value, int) and value >= 1
            return "" if whole else "it must be a whole number, 1 or more"


def wrong_fields(record: object, kinds: Mapping[str, Kind]) -> Iterator[str]:
    """Say what is impossible about the numbers of a record.

    Parameters
    ----------
    record : object
        With an attribute for every name.
    kinds : mapping of str to kind
        As for ``wrong_number``.

    Yields
    ------
    str
        A sentence for each impossible number.
    """
    for name, kind in kinds.items():
        value = getattr(record, name)
        reason = wrong_number(value, kind)
        if reason:
            yield f"{name} is {value!r}; {reason}"


def wrong_path(ordering: str, *, least: int, most: int) -> str:
    """Say what is wrong with stages joined by ``>``.

    Parameters
    ----------
    ordering : str
        Such as ``need>trust``.
    least, most : int
        How many stages it must have.

    Returns
    -------
    str
        A sentence; empty when nothing is wrong.

    Examples
    --------
    >>> wrong_path("need>trust", least=2, most=3)
    ''
    >>> wrong_path("need>need", least=2, most=3)
    "'need>need' is not 2 to 3 different stages, such as need>touchpoint"
    """
    stages = ordering.split(">") if ordering else []
    known = set(stages) <= set(STAGES) and len(set(stages)) == len(stages)
    if known and least <= len(stages) <= most:
        return ""
    example = ">".join(STAGES[:least])
    if least == most == len(STAGES):
        return f"{ordering!r} is not a complete ordering such as {example}"
    return f"{ordering!r} is not {least} to {most} different stages, such as {example}"


def refuse(subject: str, messages: Iterable[str]) -> None:
    """Raise all that is wrong with a record at once.

    Parameters
    ----------
    subject : str
        What it is about.
    messages : iterable of str

    Raises
    ------
    DefinitionError
        If there is any message.
    """
    problems = [Problem(message=message, subject=subject) for message in messages]
    if problems:
        raise DefinitionError(problems)


def paths(least: int, most: int) -> tuple[str, ...]:
    """All ways to meet some of the stages one after the other.

    Parameters
    ----------
    least, most : int
        How many stages.

    Returns
    -------
    tuple of str
        Joined by ``>``.

    Examples
    --------
    >>> len(paths(3, 3))
    6
    """
    return tuple(
        ">".join(order)
        for length in range(least, most + 1)
        for order in itertools.permutations(STAGES, length)
    )
