"""When a running sum first reaches its thresholds, at and after exposure and in the lookback.

The array form of `accumulated.sql`: rows that add something are kept, and added up at the end.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pathlift.outcomes.journeys import Accumulation

NEVER = np.iinfo(np.int64).max
"""Stands for NULL where a first distance is kept."""
ROOM = 2.0**62
"""Sums of magnitudes up to here stay within 64 bits, rounding of the check included."""
_STEP = np.uint64(0x9E3779B97F4A7C15)  # odd, so that it loses nothing: 2**64 / golden ratio


class TooLargeError(Exception):
    """Sums could leave 64 bits: SQL, which has wider ones, has to answer."""


class RunningSum:
    """The rows of one accumulation.

    Parameters
    ----------
    of : Accumulation
    place : int
        Number of its columns in the stream.
    """

    def __init__(self, of: Accumulation, place: int) -> None:
        self.of = of
        self._adds, self._along = f"a{place}", f"p{place}"
        self._kept: list[tuple[NDArray[Any], ...]] = []
        self._added = 0.0

    def add(self, columns: Mapping[str, NDArray[Any]], inside: NDArray[np.bool_]) -> None:
        """Keep the rows of a batch that add something within the spans.

        Parameters
        ----------
        columns : mapping of str to ndarray
            Of the batch.
        inside : ndarray of bool
            Rows of analysed units.

        Raises
        ------
        TooLargeError
            If a sum could leave 64 bits.
        """
        rows = np.flatnonzero((columns[self._adds] > 0) & inside)
        distances = columns["d"][rows]
        within = np.zeros(rows.size, np.bool_)
        for span in self.of.spans:
            holds = distances >= span.low
            if span.high is not None:
                holds &= distances < span.high
            within |= holds
        rows, distances = rows[within], distances[within]
        if not rows.size:
            return
        adds = columns[self._adds][rows]
        self._added += float(adds.sum(dtype=np.float64))
        if self._added > ROOM:
            raise TooLargeError
        along = columns.get(self._along)
        groups = np.zeros(rows.size, np.uint64) if along is None else along[rows]
        self._kept.append((columns["i"][rows], distances, groups, adds))

    def take_back(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Let rows that were copies add nothing: what they added is subtracted in their moment.

        Parameters
        ----------
        columns : mapping of str to ndarray
            Rows of analysed units.
        """
        before = len(self._kept)
        self.add(columns, np.ones(columns["i"].size, np.bool_))
        self._kept[before:] = [
            (units, distances, groups, -adds)
            for units, distances, groups, adds in self._kept[before:]
        ]

    def reached(self) -> dict[str, NDArray[Any]]:
        """Units that reach the lowest threshold, and when.

        Returns
        -------
        dict of str to ndarray
            64-bit integers: ``i``, ascending; per threshold ``crossed0``, ``held0``, ...:
            distances, `NEVER` where it is not reached.
        """
        lowest = math.ceil(min(self.of.reaches))
        units, distances, sums = self._so_far(lowest)
        found, at = np.unique(units, return_inverse=True)
        columns: dict[str, NDArray[Any]] = {"i": found.astype(np.int64)}
        after = distances >= 0
        for place, reach in enumerate(self.of.reaches):
            reaches = sums >= math.ceil(reach)
            for column, side in (("crossed", after), ("held", ~after)):
                first = np.full(found.size, NEVER, np.int64)
                chosen = reaches & side
                np.minimum.at(first, at[chosen], distances[chosen])
                columns[f"{column}{place}"] = first
        return columns

    def _so_far(self, lowest: int) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
        """Units, distances and sums of rows whose sum has come to `lowest`."""
        if not self._kept:
            none = np.zeros(0, np.int64)
            return none, none, none
        units, distances, along, adds = (
            np.concatenate(parts) for parts in zip(*self._kept, strict=True)
        )
        side = units.astype(np.uint64) * np.uint64(2) + (distances >= 0).astype(np.uint64)
        by_time = np.argsort(distances, kind="stable")
        groups = (along + side * _STEP)[by_time]
        order = by_time[np.argsort(groups, kind="stable")]
        groups, distances, adds = (along + side * _STEP)[order], distances[order], adds[order]
        new = np.ones(order.size, np.bool_)
        new[1:] = groups[1:] != groups[:-1]
        total = np.cumsum(adds)
        starts = np.flatnonzero(new)
        before = total[starts] - adds[starts]
        sums = total - np.repeat(before, np.diff(np.append(starts, order.size)))
        # rows of equal time are added before the sum is looked at: the last of them tells it
        last = np.ones(order.size, np.bool_)
        last[:-1] = new[1:] | (distances[1:] != distances[:-1])
        told = last & (sums >= lowest)
        return units[order][told], distances[told], sums[told]
