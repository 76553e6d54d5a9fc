"""Which contrasts are corrected together. The judgement declares families; inference widens."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Contrasts whose intervals hold together.

    Attributes
    ----------
    name : str
        In words, as the result prints it.
    estimand : {'itt', 'incidence', 'ordering_share'}
    metrics : tuple of str
        Of ``itt``: the metrics that belong together; empty otherwise.
    dimension : str or None
        A segment's column: then its levels x contrasts are one family.
    exploratory : bool
        Printed as a flag on every member.
    """

    name: str
    estimand: Literal["itt", "incidence", "ordering_share"]
    metrics: tuple[str, ...] = ()
    dimension: str | None = None
    exploratory: bool = False
