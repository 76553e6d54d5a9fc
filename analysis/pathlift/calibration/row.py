"""What a row of the calibration is: a claim of the methods, and how to draw one replicate of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pathlift.calibration.claims import Claim
from pathlift.inference.arrays import Floats

Draws = Mapping[str, Floats]
"""By name of a claim: one value a replicate."""

Draw = Callable[[np.random.Generator, int], Draws]
"""So many replicates from a generator; additive: two calls are as good as one of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table.

    Attributes
    ----------
    id : str
        As in methods 7, such as ``K1``; rows that are not there have letters of their own.
    scenario : str
        What is simulated, and which method reads it.
    target : str
        What is claimed, in words.
    claims : tuple of Claim
    draw : callable or None
        None where the row is not there.
    replicates : int
        Of the full table.
    quick : int
        Of the quick form; 0 leaves the row out of it.
    chunk : int
        Replicates of one piece of work, about a second.
    not_there : str
        Why the row cannot be measured; else empty.
    """

    id: str
    scenario: str
    target: str
    claims: tuple[Claim, ...] = ()
    draw: Draw | None = None
    replicates: int = 0
    quick: int = 0
    chunk: int = 1000
    not_there: str = ""
