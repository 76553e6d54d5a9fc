"""Which events stand in a log more than once, and which of their rows to take away again.

First the hashes of all ids are sorted, which tells the few that repeat; then, while the log is
streamed, rows with such an id are set aside. Copies that agree in all that is asked of them are
alike, whichever stays; units whose copies differ are disputed, and SQL decides for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TABLE = 20  # bits of the table by which a row is told to have an id that stands there once
_LOW = np.uint64((1 << _TABLE) - 1)

Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repeated:
    """Copies beyond the one that stays.

    Attributes
    ----------
    units, copies : ndarray
        Units with copies, ascending, and how many each has.
    disputed : ndarray
        Units whose copies differ, ascending: all about them has to be read again.
    surplus : mapping of str to ndarray
        Rows of the stream to take away again.
    """

    units: NDArray[np.int64]
    copies: NDArray[np.int64]
    disputed: NDArray[np.int64]
    surplus: Mapping[str, NDArray[Any]]


def twice(keys: Sequence[Words]) -> Words:
    """Keys that stand there more than once, ascending; 0 stands for no id.

    Parameters
    ----------
    keys : sequence of ndarray

    Returns
    -------
    ndarray
    """
    if not keys:
        return np.zeros(0, np.uint64)
    ascending = np.concatenate(keys)
    ascending.sort()
    again = ascending[1:][ascending[1:] == ascending[:-1]]
    return np.unique(again[again != 0])


class Copies:
    """Rows that may be copies.

    Parameters
    ----------
    keys : ndarray
        Those that repeat, ascending.
    columns : sequence of str
        All that is asked of a row.
    """

    def __init__(self, keys: Words, columns: Sequence[str]) -> None:
        self._keys = keys
        self._columns = tuple(columns)
        self._table = np.zeros(1 << _TABLE, np.bool_)
        self._table[(keys & _LOW).astype(np.int64)] = True
        self._kept: list[dict[str, NDArray[Any]]] = []

    def add(self, columns: Mapping[str, NDArray[Any]], inside: NDArray[np.bool_]) -> None:
        """Set aside rows of a batch.

        Parameters
        ----------
        columns : mapping of str to ndarray
            ``k``, ``i`` and what is asked.
        inside : ndarray of bool
            Rows of analysed units.
        """
        near = np.flatnonzero(self._table[(columns["k"] & _LOW).astype(np.int64)] & inside)
        place = np.searchsorted(self._keys, columns["k"][near])
        place[place == self._keys.size] = 0
        rows = near[self._keys[place] == columns["k"][near]]
        if rows.size:
            wanted = ("k", "i", *self._columns)
            self._kept.append({column: columns[column][rows] for column in wanted})

    def repeated(self) -> Repeated | None:
        """What has been found.

        Returns
        -------
        Repeated or None
            None where no unit has an event twice.
        """
        if not self._kept:
            return None
        rows = {
            column: np.concatenate([part[column] for part in self._kept])
            for column in self._kept[0]
        }
        order = np.lexsort((rows["k"], rows["i"]))
        rows = {column: values[order] for column, values in rows.items()}
        same = (rows["k"][1:] == rows["k"][:-1]) & (rows["i"][1:] == rows["i"][:-1])
        if not same.any():
            return None
        differ = np.zeros(same.size, np.bool_)
        for column in self._columns:
            differ |= rows[column][1:] != rows[column][:-1]
        surplus = np.append(False, same)
        units, copies = np.unique(rows["i"][surplus], return_counts=True)
        return Repeated(
            units=units.astype(np.int64),
            copies=copies.astype(np.int64),
            disputed=np.unique(rows["i"][1:][same & differ]).astype(np.int64),
            surplus={column: values[surplus] for column, values in rows.items()},
        )
