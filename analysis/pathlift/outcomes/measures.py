"""What is kept of a unit's event rows: first distances, counts and sums of rows whose bits are set.

Each is told once and read twice: as an aggregate by the SQL, as an array by the fast road.
"""

from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from pathlift.outcomes.bitmask import Bit, held
from pathlift.outcomes.composing import call, filtered, name, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number per unit.

    Attributes
    ----------
    kind : {'first', 'count', 'sum'}
        Smallest distance, number of rows, or sum of `summand` over rows.
    bits : tuple of Bit
        Rows with any of them; a count or a sum has one.
    summand : str
        Alias of what a sum adds up.
    exact : bool
        Whether the summand is whole steps, so that its sum is the same in any order.
    """

    kind: Literal["first", "count", "sum"]
    bits: tuple[Bit, ...]
    summand: str = ""
    exact: bool = True

    def sql(self) -> exp.Expr:
        """The measure as an aggregate over the rows of a unit.

        Returns
        -------
        Expr
            Over words ``w0``, ..., the distance ``d`` and the summands.
        """
        match self.kind:
            case "first":
                whole = parse("min(d)")
            case "count":
                whole = parse("count(*)")
            case "sum":
                whole = call("sum" if self.exact else "fsum", name(self.summand))
        return filtered(whole, held(self.bits, "w"))
