"""How much of a total hangs on few units? Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """The largest units of an arm in a metric, in absolute values.

    Attributes
    ----------
    metric, arm : str
    units : int
        Mature units.
    nonzero : int
        Of them, those whose value is not 0.
    largest : float
        Share of the arm's total that its largest unit has, in [0, 1].
    top_units : int
        A thousandth of the units, at least one.
    top : float or None
        Share of the arm's total that as many units have, the largest ones. None where it is known
        to lie below a quarter without looking: by Cauchy and Schwarz, from the sum of squares.
    """

    metric: str
    arm: str
    units: int
    nonzero: int
    largest: float
    top_units: int
    top: float | None
