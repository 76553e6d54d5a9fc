"""What differs between two definitions, or any two plain documents? Knows no experiment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that is not what it was.

    Attributes
    ----------
    path : str
        Keys from the top, joined by dots, such as ``metrics.conversion.window``.
    before, after : object
        Plain values; None where there was none, or is none.
    """

    path: str
    before: Any
    after: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Find every value that was added, taken away or changed.

    Parameters
    ----------
    before, after : mapping
        Plain documents; lists are compared as a whole.

    Returns
    -------
    tuple of Change
        In the order of `after`, then what `before` had alone.

    Examples
    --------
    >>> [found] = changes({"window": "14d", "unit": "id"}, {"window": "7d", "unit": "id"})
    >>> (found.path, found.before, found.after)
    ('window', '14d', '7d')
    """
    return tuple(_changes(before, after, ()))


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any], at: tuple[str, ...]
) -> Iterator[Change]:
    for key in dict.fromkeys((*after, *before)):
        path = (*at, str(key))
        old, new = before.get(key), after.get(key)
        inner = [each for each in (old, new) if isinstance(each, Mapping)]
        absent = (key not in before) + (key not in after)
        if any(inner) and len(inner) + absent == 2:
            # a part that came or went as a whole is told by what is in it
            yield from _changes(old or {}, new or {}, path)
        elif old != new or (key in before) != (key in after):
            yield Change(path=".".join(path), before=old, after=new)
