"""An effect on an outcome over an effect on what it goes through: Wald's ratio, and what bounds it.

Arms are the instrument. The ratio is that of compliers only under assumptions which no number here
can show; the set of Anderson and Rubin is right however weak the first stage is, and can be
unbounded. Knows no ordering and no arm by name.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.inference.intervals import agreeing
from pathlift.inference.relative import SetKind, ratio_set
from pathlift.inference.tails import two_sided_critical, two_sided_p

WEAK = 10.0
"""First-stage F below which only the set is read (methods 2.5)."""

T_RATIO = 104.7
"""First-stage F from which on estimate and 1.96 standard errors hold at 5% (Lee et al. 2022)."""

Piece = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """Effects of an instrument on an outcome and on what it goes through.

    Attributes
    ----------
    y, d : float
        On the outcome, and on taking the treatment.
    v_yy, v_yd, v_dd : float
        Variances and covariance of these effects.
    df : float
        Degrees of freedom; infinite for the normal.
    """

    y: float
    d: float
    v_yy: float
    v_yd: float
    v_dd: float
    df: float = np.inf

    @property
    def ratio(self) -> float:
        """Wald's estimate ``y / d``."""
        return self.y / self.d

    @property
    def f(self) -> float | None:
        """First-stage F; None where the first stage has no variance."""
        return self.d**2 / self.v_dd if self.v_dd > 0 else None

    @property
    def standard_error(self) -> float:
        """Of the ratio by the delta method; not to be used for an interval where F is small."""
        variance = self.v_yy - 2 * self.ratio * self.v_yd + self.ratio**2 * self.v_dd
        return float(np.sqrt(max(variance, 0.0)) / abs(self.d))

    @property
    def statistic(self) -> float:
        """Studentised effect on the outcome: Anderson and Rubin's test of a ratio of 0."""
        return self.y / float(np.sqrt(self.v_yy))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRejected:
    """Values that a test does not reject.

    Attributes
    ----------
    pieces : tuple of (float, float)
        Ascending, apart from each other; ends may be infinite. Empty: no value.
    """

    pieces: tuple[Piece, ...]

    def holds(self, value: float) -> bool:
        """Whether a value is not rejected.

        Parameters
        ----------
        value : float

        Returns
        -------
        bool
        """
        return any(low <= value <= high for low, high in self.pieces)


def anderson_rubin(reduced: Reduced, *, alpha: float) -> tuple[NotRejected, float]:
    """Anderson and Rubin's set of the ratio, with the p-value of a ratio of 0.

    All ``b`` with ``(y - b d)^2 <= c^2 (v_yy - 2 b v_yd + b^2 v_dd)``: the quadratic of Fieller.
    It holds at any strength of the first stage; with a weak one it is the whole line, or all but
    an interval.

    Parameters
    ----------
    reduced : Reduced
        With ``d`` other than 0 and ``v_yy`` above 0.
    alpha : float
        Two-sided level.

    Returns
    -------
    NotRejected
        Holds 0 exactly where the p-value is at least alpha.
    p_value : float

    References
    ----------
    .. [1] T. W. Anderson, H. Rubin (1949), "Estimation of the parameters of a single equation in
       a complete system of stochastic equations", Annals of Mathematical Statistics 20, 46-63.

    Examples
    --------
    >>> found, p = anderson_rubin(Reduced(y=1.0, d=0.5, v_yy=0.04, v_yd=0.0, v_dd=0.01), alpha=0.05)
    >>> [round(end, 3) for end in found.pieces[0]]
    [1.104, 3.622]
    """
    critical = float(two_sided_critical(alpha, reduced.df))
    p_value = float(two_sided_p(reduced.statistic, reduced.df))
    found = ratio_set(
        reduced.y, reduced.d, reduced.v_yy, reduced.v_dd, reduced.v_yd, critical=critical
    )
    kind = SetKind(int(found.kind))
    gap = kind == SetKind.OUTSIDE
    if kind == SetKind.EVERYTHING:
        return NotRejected(pieces=((-np.inf, np.inf),)), p_value
    # zero is rejected when it lies in the gap, and outside an interval
    ends = agreeing(found.low, found.high, null=0.0, excluded=np.asarray((p_value < alpha) != gap))
    low, high = float(ends.low), float(ends.high)
    if gap and p_value < alpha:  # the gap is open: zero at its very end would not be rejected
        smallest = float(np.nextafter(0.0, 1.0))
        low, high = min(low, -smallest), max(high, smallest)
    if gap:
        return NotRejected(pieces=((-np.inf, low), (high, np.inf))), p_value
    return NotRejected(pieces=((low, high),)), p_value
