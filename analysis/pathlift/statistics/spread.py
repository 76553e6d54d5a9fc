"""How a sum is spread over holders such as creators: products from which units can be left out.

Knows no engine and no unit: an arm is cut into buckets of units, and each has its sums.
"""

from dataclasses import dataclass

Worth = int | float
"""Whole steps where the values are exact, else floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Units of one bucket of an arm, of those that gave a known holder something.

    Attributes
    ----------
    units : int
    worth : int or float
        What they gave.
    own : int or float
        Squares of what single holders got from them, added up.
    shared : int or float
        What holders got from them times what they got from the whole arm, added up.
    within : int or float
        Squares of what single units gave single holders, added up.
    squares : int or float
        Squares of what single units gave in all, added up.
    """

    units: int
    worth: Worth
    own: Worth
    shared: Worth
    within: Worth
    squares: Worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What holders got from one arm.

    Attributes
    ----------
    arm : str
        As it is compared.
    unit : float
        value = stored * unit.
    exact : bool
    worth : int or float
        Of known holders, stored.
    unnamed : int or float
        Of rows without a holder.
    negative : int
        Rows below 0.
    holders : int
        That got something.
    largest : int or float
        What one of them got at most.
    top : int
        One in a hundred of them, rounded up.
    top_worth : int or float
        What these got.
    shared : int
        Holders that got something in another arm too.
    shared_worth : int or float
        What these got from this arm.
    buckets : tuple of Bucket
    """

    arm: str
    unit: float
    exact: bool
    worth: Worth
    unnamed: Worth
    negative: int
    holders: int
    largest: Worth
    top: int
    top_worth: Worth
    shared: int
    shared_worth: Worth
    buckets: tuple[Bucket, ...]
