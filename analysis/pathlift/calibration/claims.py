"""Can the truth lie inside the band that is claimed? One exact test a reading.

Tested is that the truth lies inside, against the nearer end: a point as target would fail methods
that are right, such as an exact one that covers a little more than 95%. Knows no scenario.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from pathlift.inference.arrays import Floats
from pathlift.result.calibration import Reading


class Claim(Protocol):
    """What one number of a row has to be like."""

    @property
    def name(self) -> str:
        """What is measured; a row's draws use it as their key."""

    @property
    def tested(self) -> bool:
        """Whether a band is claimed, so that the claim counts in the familywise level."""

    def read(self, values: Floats, level: float) -> Reading:
        """Judge what was drawn.

        Parameters
        ----------
        values : Floats, shape (replicates,)
            At least one.
        level : float
            Of the test.

        Returns
        -------
        Reading
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How often something happens: coverage, a rejection rate, power.

    Attributes
    ----------
    name : str
    low, high : float
        The band, within [0, 1].
    must_fail : bool
        Of a negative control: right where the band is refuted.
    """

    name: str
    low: float = 0.0
    high: float = 1.0
    must_fail: bool = False
    tested: bool = True

    def read(self, values: Floats, level: float) -> Reading:
        """Judge zeros and ones by the exact binomial test; see `Claim.read`.

        Parameters
        ----------
        values : Floats, shape (replicates,)
        level : float

        Returns
        -------
        Reading
        """
        hits, trials = int(values.sum()), len(values)
        rate = hits / trials
        p = inside_band(hits, trials, self.low, self.high)
        return Reading(
            name=self.name,
            measures="share",
            measured=rate,
            standard_error=float(np.sqrt(rate * (1 - rate) / trials)),
            replicates=trials,
            low=self.low,
            high=self.high,
            must_fail=self.must_fail,
            p_value=p,
            verdict="pass" if (p < level) == self.must_fail else "fail",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """An average over replicates, such as a bias.

    Attributes
    ----------
    name : str
    low, high : float
        Band of the true mean; ends may be equal.
    must_fail : bool
        Of a negative control: right where the band is refuted.
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    must_fail: bool = False
    tested: bool = True

    def read(self, values: Floats, level: float) -> Reading:
        """Judge the distance from the band by Student's t; see `Claim.read`.

        Parameters
        ----------
        values : Floats, shape (replicates,)
        level : float

        Returns
        -------
        Reading
        """
        mean, error = _mean_and_error(values)
        off = max(self.low - mean, mean - self.high, 0.0)
        tail = float(special.stdtr(max(len(values) - 1, 1), -off / error)) if error > 0 else 0.0
        p = 1.0 if off == 0 else 2 * tail
        return Reading(
            name=self.name,
            measures="mean",
            measured=mean,
            standard_error=error,
            replicates=len(values),
            low=self.low,
            high=self.high,
            must_fail=self.must_fail,
            p_value=p,
            verdict="pass" if (p < level) == self.must_fail else "fail",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Largest:
    """The largest of all values, which must not exceed a bound.

    Attributes
    ----------
    name : str
    high : float
    """

    name: str
    high: float
    tested: bool = False

    def read(self, values: Floats, level: float) -> Reading:
        """Compare the largest value with the bound; see `Claim.read`.

        Parameters
        ----------
        values : Floats, shape (replicates,)
        level : float
            Not used: the bound is the criterion.

        Returns
        -------
        Reading
        """
        largest = float(values.max())
        return Reading(
            name=self.name,
            measures="largest",
            measured=largest,
            standard_error=None,
            replicates=len(values),
            low=None,
            high=self.high,
            must_fail=False,
            p_value=None,
            verdict="pass" if largest <= self.high else "fail",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    """P-values that must be uniform, by Kolmogorov and Smirnov's test.

    Attributes
    ----------
    name : str
    least : float
        What the p-value of that test has to exceed.
    """

    name: str
    least: float = 0.001
    tested: bool = False

    def read(self, values: Floats, level: float) -> Reading:
        """Test that all values are uniform; see `Claim.read`.

        Parameters
        ----------
        values : Floats, shape (replicates,)
        level : float
            Not used: `least` is the criterion.

        Returns
        -------
        Reading
        """
        n = len(values)
        sorted_ = np.sort(values)
        steps = np.arange(1, n + 1) / n
        distance = float(np.max(np.maximum(steps - sorted_, sorted_ - (steps - 1 / n))))
        p = float(special.kolmogorov(distance * np.sqrt(n)))
        return Reading(
            name=self.name,
            measures="p_value",
            measured=p,
            standard_error=None,
            replicates=n,
            low=self.least,
            high=None,
            must_fail=False,
            p_value=p,
            verdict="pass" if p > self.least else "fail",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An average that is shown beside others, without a target.

    Attributes
    ----------
    name : str
    share : bool
        Whether values are zeros and ones.
    """

    name: str
    share: bool = False
    tested: bool = False

    def read(self, values: Floats, level: float) -> Reading:
        """Average the values; see `Claim.read`.

        Parameters
        ----------
        values : Floats, shape (replicates,)
        level : float
            Not used: nothing is tested.

        Returns
        -------
        Reading
        """
        mean, error = _mean_and_error(values)
        return Reading(
            name=self.name,
            measures="share" if self.share else "mean",
            measured=mean,
            standard_error=error,
            replicates=len(values),
            low=None,
            high=None,
            must_fail=False,
            p_value=None,
            verdict="shown",
        )


def inside_band(hits: int, trials: int, low: float, high: float) -> float:
    """P-value of the exact binomial test that a probability lies inside a band.

    Parameters
    ----------
    hits, trials : int
        At least one trial.
    low, high : float
        The band, within [0, 1].

    Returns
    -------
    float
        Against the nearer end, one-sided; 1 where the rate lies inside.

    Examples
    --------
    >>> inside_band(950, 1000, 0.945, 0.955)
    1.0
    >>> round(inside_band(0, 3, 0.5, 1.0), 3)  # three tails of a fair coin
    0.125
    """
    rate = hits / trials
    if rate > high:  # P(X >= hits) at the upper end
        return float(special.betainc(hits, trials - hits + 1, high))
    if rate < low:  # P(X <= hits) at the lower end
        return float(special.betainc(trials - hits, hits + 1, 1 - low))
    return 1.0


def _mean_and_error(values: Floats) -> tuple[float, float]:
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return float(values.mean()), spread / float(np.sqrt(len(values)))
