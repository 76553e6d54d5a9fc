"""In what shoppers of one class still differ: frailty, and the creator whom they meet."""

from dataclasses import dataclass

from pathlift.simulation.possible import Kind, refuse, wrong_fields

FRAILTY_KINDS: dict[str, Kind] = {"stages": "rate", "purchase": "rate"}
CREATOR_KINDS: dict[str, Kind] = {"number": "count", "spread": "rate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frailty:
    """How fast one shopper is beside another of the same class: one normal z of each shopper.

    Attributes
    ----------
    stages, purchase : float
        The rates of all stages have the factor ``exp(stages * z)``, those of the first order
        ``exp(purchase * z)``: the keen are quick at both. Medians are 1.
    """

    stages: float = 0.0
    purchase: float = 0.0

    def __post_init__(self) -> None:
        refuse("frailty", wrong_fields(self, FRAILTY_KINDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Creators:
    """Creators as clusters (methods 6.1).

    Attributes
    ----------
    number : int
        How many there are; every shopper meets one of them.
    spread : float
        The rates of the first order have a log-normal factor of the creator, with median 1 and this
        deviation of the logarithm, in arms that show the creator at exposure.
    randomised : bool
        Whether the arm is drawn for the creator, and shoppers go with theirs. Then every arm shows
        creators; otherwise those of the channel influencer.
    """

    number: int = 40
    spread: float = 0.0
    randomised: bool = False

    def __post_init__(self) -> None:
        refuse("creators", wrong_fields(self, CREATOR_KINDS))
