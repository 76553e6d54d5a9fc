"""Which rows of a table fall into which coarser one. Adds nothing up itself."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Fine = TypeVar("Fine")
Coarse = TypeVar("Coarse", bound=Hashable)


def rows_within(
    keys: Iterable[Fine], coarser: Callable[[Fine], Coarse | None]
) -> dict[Coarse, list[int]]:
    """Rows of a table by the coarser key that theirs is part of.

    Parameters
    ----------
    keys : iterable
        One a row, in the order of the rows.
    coarser : callable
        From a key to the one it is part of, or None to leave its row out.

    Returns
    -------
    dict of coarser key to list of int
        Positions from 0, ascending; keys in order of first appearance, none without rows.

    Examples
    --------
    >>> rows_within(["a1", "b1", "a2"], lambda key: key[0])
    {'a': [0, 2], 'b': [1]}
    """
    members: dict[Coarse, list[int]] = {}
    for row, key in enumerate(keys):
        whole = coarser(key)
        if whole is not None:
            members.setdefault(whole, []).append(row)
    return members
