"""Do two ways of labelling the same units agree? Cohen's kappa of a square table of counts.

Says nothing of which way is right, and nothing of an effect.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Numbers, as_floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far two labellings agree.

    Attributes
    ----------
    units : int
    agreeing : int
        Units with the same label under both.
    share : float
        Of units that agree.
    expected : float
        The share that would agree by chance, were the two independent with these margins.
    kappa : float
        At most 1; 0 is no more than chance, below 0 less.
    """

    units: int
    agreeing: int
    share: float
    expected: float
    kappa: float


def cohens_kappa(counts: Numbers) -> Agreement:
    """Agreement beyond chance of two labellings.

    Parameters
    ----------
    counts : array_like, shape (labels, labels)
        Units by label under the one (rows) and under the other (columns), labels in one order;
        non-negative.

    Returns
    -------
    Agreement

    Raises
    ------
    NotEstimableError
        Without units, and where both give every unit the same label: chance alone agrees fully.

    References
    ----------
    .. [1] J. Cohen (1960), "A coefficient of agreement for nominal scales", Educational and
       Psychological Measurement 20, 37-46.

    Examples
    --------
    >>> round(cohens_kappa([[20, 5], [10, 15]]).kappa, 10)
    0.4
    """
    table = as_floats(counts)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError(f"a square table is needed, not one of shape {table.shape}")
    if bool(np.any(table < 0)):
        raise ValueError("a count is not negative")
    units = float(table.sum())
    if units == 0:
        raise NotEstimableError("there are no units to compare")
    agreeing = float(np.trace(table))
    share = agreeing / units
    expected = float(table.sum(axis=1) @ table.sum(axis=0)) / units**2
    if expected >= 1.0:
        raise NotEstimableError("every unit has the same label under both")
    return Agreement(
        units=int(units),
        agreeing=int(agreeing),
        share=share,
        expected=expected,
        kappa=(share - expected) / (1 - expected),
    )
