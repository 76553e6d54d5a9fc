"""A contrast before its intervals: who is compared with whom, and the numbers that decide.

Drafts are gathered over metrics, arms, segments and orderings, so that all intervals of a result
are solved in a few calls. Computes nothing itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pathlift.inference.adjustment import pair_covariance
from pathlift.inference.arrays import Floats
from pathlift.inference.family import Family
from pathlift.inference.quantiles import Quantile
from pathlift.registry.experiment import Margin
from pathlift.result.model import Adjustment

ROUNDING = 1e-12
"""Share of the arms' variances below which that of their difference is rounding.

It is met where covariates determine a metric: the arms' adjusted means are then one number.
"""

DETERMINED = (
    "the covariates determine it: it was known before exposure, and adjusting for them leaves no "
    "variance"
)
"""Why such a contrast is not estimated."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """Values of several outcomes over the arms, with their covariance.

    Attributes
    ----------
    arms : tuple of str
    value : Floats, shape (outcomes, arms)
    covariance : Floats, shape (outcomes, arms, outcomes, arms)
        Of the estimates, not of units; NaN where a product was not declared.
    """

    arms: tuple[str, ...]
    value: Floats
    covariance: Floats

    def among(self, places: Sequence["Place"]) -> Floats:
        """Covariance of contrasts.

        Parameters
        ----------
        places : sequence of Place
            All of this value.

        Returns
        -------
        Floats, shape (places, places)
        """
        size = len(self.arms)
        one = [place.outcome * size + self.arms.index(place.arm) for place in places]
        zero = [place.outcome * size + self.arms.index(place.control) for place in places]
        whole = self.value.size
        return pair_covariance(self.covariance.reshape(whole, whole), one, zero)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a contrast stands in a `Joint`."""

    outcome: int
    arm: str
    control: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a contrast is about; the fields are those of an estimate."""

    estimand: str
    metric: str | None
    kind: str
    role: str
    better: str | None
    arm: str
    control: str
    ordering: str | None = None
    segment: tuple[str, str | None] | None = None
    margin: Margin | None = None

    @property
    def id(self) -> str:
        """``estimand/metric/ordering/segment/arm-control``."""
        segment = "" if self.segment is None else f"{self.segment[0]}={self.segment[1]}"
        parts = (self.estimand, self.metric or "", self.ordering or "", segment)
        return "/".join((*parts, f"{self.arm}-{self.control}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Successes and units of both arms: then the score method is used."""

    x1: float
    n1: float
    x0: float
    n0: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Values of both arms with their covariance.

    Attributes
    ----------
    m1, m0 : float
        Arm and control.
    v11, v00, v10 : float
        Variances and covariance of the two estimates.
    df : float
        Degrees of freedom of the contrast; infinite for the normal.
    apart : float or None
        Arm minus control, where it is known to more digits than the two values leave of it.
    """

    m1: float
    m0: float
    v11: float
    v00: float
    v10: float = 0.0
    df: float = np.inf
    apart: float | None = None

    @property
    def difference(self) -> float:
        """Arm minus control."""
        return self.m1 - self.m0 if self.apart is None else self.apart

    @property
    def standard_error(self) -> float:
        """Of the difference."""
        return float(np.sqrt(max(self.v11 + self.v00 - 2 * self.v10, 0.0)))

    @property
    def still(self) -> bool:
        """Whether the difference has no variance but what rounding leaves of the arms' own."""
        own = self.v11 + self.v00
        return bool(self.standard_error**2 <= ROUNDING * own < np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One contrast, ready for its intervals.

    Attributes
    ----------
    identity : Identity
    arm_units, control_units : int
        Denominators.
    spread : Spread or None
        None where nothing can be estimated.
    counts : Counts or None
        Set where Miettinen and Nurminen's method is used.
    quantiles : (Quantile, Quantile) or None
        Of arm and control: set where Woodruff's interval is used.
    same_within : Margin or None
        How far from the control still counts as the same; then that is what is concluded on.
    sharing : int
        Contrasts that share alpha in showing it, this one included.
    joint : Joint or None
        Where its covariance with other contrasts is found.
    outcome : int
        Its place there.
    family : Family or None
        None: it is not corrected. A refused contrast keeps its place in a family of a graph.
    refused : str
        Why nothing is estimated; empty otherwise.
    """

    identity: Identity
    arm_units: int
    control_units: int
    spread: Spread | None = None
    counts: Counts | None = None
    quantiles: tuple[Quantile, Quantile] | None = None
    same_within: Margin | None = None
    sharing: int = 1
    joint: Joint | None = None
    outcome: int = 0
    family: Family | None = None
    method: str = ""
    adjustment: Adjustment = field(default_factory=Adjustment)
    exact: bool = True
    flags: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    refused: str = ""

    @property
    def place(self) -> Place:
        """Where it stands in `joint`."""
        return Place(outcome=self.outcome, arm=self.identity.arm, control=self.identity.control)
