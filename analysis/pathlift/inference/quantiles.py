"""What a quantile of a metric is in each arm, and how far two arms' quantiles lie apart.

Read from histograms of fixed bins, so a quantile is known to 1% of its size at best, and where two
arms' quantiles lie in one bin, their intervals take in the whole of it: they never differ.
Intervals are Woodruff's; two arms combine by the squares of their distances (MOVER), and p is the
level at which that very interval reaches the null value. Units are independent: quantiles of rows
within units, or under clusters, are not for this module.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats
from pathlift.inference.intervals import Interval, agreeing
from pathlift.inference.tails import two_sided_critical, two_sided_p
from pathlift.statistics.histogram import Histogram, edges_of

_FURTHEST = 38.0  # the normal p there is near 1e-315, the smallest that floats hold
_SECTIONS, _CUTS = 64, 10  # 64^10 sections of [0, 38]: below one unit in the last place


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """One arm's quantile, and the ends that Woodruff's interval has at any critical value.

    Attributes
    ----------
    histogram : Histogram
    probability : float
        In (0, 1); 0.9 for the ninth decile.
    whole_bins : bool
        Whether intervals reach to the far ends of the bins in which they end.
    """

    histogram: Histogram
    probability: float
    whole_bins: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.probability < 1:
            raise ValueError("a quantile lies between the shares 0 and 1, both excluded")
        if self.histogram.units < 2:
            raise NotEstimableError("a quantile needs at least two units in every arm")

    @property
    def estimate(self) -> float:
        """The quantile; halfway where the histogram leaves a gap between two values."""
        at = as_floats(self.probability)
        return float(0.5 * (_first(self.histogram, at) + _last(self.histogram, at)))

    def interval(self, critical: Numbers) -> Interval:
        """Woodruff's interval: the distribution inverted at p plus and minus its error.

        Parameters
        ----------
        critical : Numbers
            At least 0; the normal quantile, or a family's simultaneous one.

        Returns
        -------
        Interval
            Of the same shape. An end is infinite where so few units lie beyond the quantile that
            no value bounds it.

        References
        ----------
        .. [1] R. S. Woodruff (1952), "Confidence intervals for medians and other position
           measures", Journal of the American Statistical Association 47, 635-646.
        """
        p, n, whole = self.probability, self.histogram.units, self.whole_bins
        off = as_floats(critical) * np.sqrt(p * (1 - p) / n)
        return Interval(
            low=_first(self.histogram, p - off, whole=whole),
            high=_last(self.histogram, p + off, whole=whole),
        )

    @property
    def bin(self) -> int | None:
        """Number of the bin that the quantile lies in; None where it lies between two."""
        at = as_floats(self.probability)
        low, high = _place(self.histogram, at), _place_from_above(self.histogram, at)
        return int(self.histogram.bins[low]) if low == high else None

    def standard_error(self, critical: float) -> float:
        """Half the width of the interval over its critical value.

        Parameters
        ----------
        critical : float
            Above 0; that of the interval printed.

        Returns
        -------
        float
            In the metric's unit; infinite where an end is. Its square is the arm's variance
            in a family.
        """
        found = self.interval(critical)
        return float(found.high - found.low) / (2 * critical)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileContrast:
    """A treatment's quantile beside the control's.

    Attributes
    ----------
    difference, standard_error : float
        In the metric's unit; the error is half the interval's width over its critical value.
    absolute : Interval
    relative : float or None
        Ratio of the quantiles less 1; None where it is not defined.
    relative_interval : Interval or None
        An end is infinite where the control's interval reaches 0, or the treatment's falls below
        it. None where the control's quantile is not above 0.
    statistic : float
        The critical value at which the interval reaches the null value, with the sign of the
        difference from it.
    p_value : float
        Two-sided; below alpha exactly where `absolute` excludes the null value.
    """

    difference: float
    standard_error: float
    absolute: Interval
    relative: float | None
    relative_interval: Interval | None
    statistic: float
    p_value: float


def compare_quantiles(
    treatment: Quantile,
    control: Quantile,
    *,
    alpha: float = 0.05,
    critical: float | None = None,
    null: float = 0.0,
) -> QuantileContrast:
    """Difference and ratio of two arms' quantiles.

    Parameters
    ----------
    treatment, control : Quantile
        Of one probability.
    alpha : float, default 0.05
        In (0, 1).
    critical : float, optional
        A family's critical value in place of the marginal one; `p_value` stays marginal, and
        `absolute` excludes `null` exactly where ``abs(statistic) > critical``.
    null : float, default 0
        Difference under test.

    Returns
    -------
    QuantileContrast

    Raises
    ------
    ValueError
        If the arms' probabilities differ.

    References
    ----------
    .. [1] G. Y. Zou, A. Donner (2008), "Construction of confidence limits about effect
       measures: A general approach", Statistics in Medicine 27, 1693-1702.
    .. [2] A. Donner, G. Y. Zou (2012), "Closed-form confidence intervals for functions of the
       normal mean and standard deviation", Statistical Methods in Medical Research 21,
       347-359.
    """
    treatment, control = _resolved(treatment, control)
    c = float(two_sided_critical(alpha)) if critical is None else critical
    difference = treatment.estimate - control.estimate
    statistic = quantile_statistic(treatment, control, null=null)
    p_value = float(two_sided_p(statistic))
    found = _difference_interval(treatment, control, as_floats(c))
    excluded = bool((found.low > null) | (found.high < null))
    if critical is None and (p_value < alpha) != excluded:
        # the root and the interval parted in the last digit: the interval decides
        p_value = float(np.nextafter(alpha, 0.0)) if excluded else alpha
    ratio, ratio_interval = _ratio(treatment, control, c)
    if ratio_interval is not None and null == 0:
        ratio_interval = agreeing(
            ratio_interval.low, ratio_interval.high, null=0.0, excluded=np.asarray(excluded)
        )
    return QuantileContrast(
        difference=difference,
        standard_error=float(found.high - found.low) / (2 * c),
        absolute=found,
        relative=ratio,
        relative_interval=ratio_interval,
        statistic=statistic,
        p_value=p_value,
    )


def quantile_statistic(
    treatment: Quantile, control: Quantile, *, null: float = 0.0, ratio: float = 1.0
) -> float:
    """How far the arms' quantiles lie from a null value, as a critical value.

    Parameters
    ----------
    treatment, control : Quantile
        Of one probability.
    null : float, default 0
        Of ``q1 - ratio * q0``, in the metric's unit.
    ratio : float, default 1
        Above 0; with ``null=0``, the ratio of quantiles under test.

    Returns
    -------
    float
        The critical value at which the interval of ``q1 - ratio * q0`` reaches `null`, with the
        sign of the distance; at most 38 in size, where p is the smallest that floats hold.

    Raises
    ------
    ValueError
        If the arms' probabilities differ.
    """
    treatment, control = _resolved(treatment, control)
    return _critical_reaching(
        lambda z: _difference_interval(treatment, control, z, ratio),
        treatment.estimate - ratio * control.estimate,
        null,
    )


def quantile_intervals(
    treatment: Quantile, control: Quantile, critical: float
) -> tuple[Interval, Interval | None]:
    """Difference and lift at a critical value.

    Parameters
    ----------
    treatment, control : Quantile
        Of one probability.
    critical : float
        At least 0; infinite leaves both ends open.

    Returns
    -------
    absolute : Interval
        In the metric's unit.
    relative : Interval or None
        Ratio less 1; an end is infinite where the control's interval reaches 0, or the treatment's
        falls below it. None where the control's quantile is not above 0.

    Raises
    ------
    ValueError
        If the arms' probabilities differ.
    """
    treatment, control = _resolved(treatment, control)
    absolute = _difference_interval(treatment, control, as_floats(critical))
    return absolute, _ratio(treatment, control, critical)[1]


def _resolved(treatment: Quantile, control: Quantile) -> tuple[Quantile, Quantile]:
    """Both arms, their intervals widened to whole bins where both quantiles lie in the same."""
    if treatment.probability != control.probability:
        raise ValueError("two arms are compared at one quantile")
    if treatment.bin is None or treatment.bin != control.bin:
        return treatment, control
    return replace(treatment, whole_bins=True), replace(control, whole_bins=True)


def _difference_interval(
    treatment: Quantile, control: Quantile, critical: Numbers, ratio: float = 1.0
) -> Interval:
    """Interval of q1 - ratio q0: its ends lie as far out as the arms' ends, squared and added."""
    q1, q0 = treatment.estimate, control.estimate
    one, zero = treatment.interval(critical), control.interval(critical)
    center = q1 - ratio * q0
    return Interval(
        low=as_floats(center - np.hypot(q1 - one.low, ratio * (zero.high - q0))),
        high=as_floats(center + np.hypot(one.high - q1, ratio * (q0 - zero.low))),
    )


def _ratio(
    treatment: Quantile, control: Quantile, critical: float
) -> tuple[float | None, Interval | None]:
    """Lift and its interval: the ratios r for which q1 - r q0 may be 0, by the same squares."""
    q1, q0 = treatment.estimate, control.estimate
    one, zero = treatment.interval(critical), control.interval(critical)
    if not q0 > 0:
        return None, None
    ratio = q1 / q0 - 1
    low, high = -np.inf, np.inf  # where an arm's interval leaves the positive numbers
    if one.low >= 0:
        low = _ratio_end(q1, q0, float(q1 - one.low), float(zero.high - q0), upper=False)
    if zero.low > 0:
        high = _ratio_end(q1, q0, float(one.high - q1), float(q0 - zero.low), upper=True)
    return ratio, Interval(low=np.asarray(low - 1), high=np.asarray(high - 1))


def _ratio_end(q1: float, q0: float, a: float, b: float, *, upper: bool) -> float:
    """Root of (q1 - r q0)^2 = a^2 + r^2 b^2 on one side of q1 / q0."""
    if np.isinf(a):  # only above: below, the treatment's end is at least 0
        return float("inf")
    if np.isinf(b):
        return 0.0
    # differences of squares by their factors, so that nothing cancels
    top, bottom = (q1 - a) * (q1 + a), (q0 - b) * (q0 + b)
    root = np.sqrt(max((q1 * b) ** 2 + a**2 * bottom, 0.0))
    return float((q1 * q0 + root) / bottom if upper else top / (q1 * q0 + root))


def _critical_reaching(
    interval: Callable[[Floats], Interval], difference: float, null: float
) -> float:
    """Signed critical value whose interval just reaches the null value; intervals nest."""

    def outside(z: Floats) -> Booleans:
        found = interval(z)
        return (found.low > null) | (found.high < null)

    low, high = 0.0, _FURTHEST
    for _ in range(_CUTS):
        z = np.linspace(low, high, _SECTIONS + 1)
        still = int(np.sum(outside(z)))  # the first so many, since intervals nest
        if still in (0, len(z)):
            low = low if still == 0 else high
            break
        low, high = float(z[still - 1]), float(z[still])
    return float(np.copysign(low, difference - null))


def _first(histogram: Histogram, share: Floats, *, whole: bool = False) -> Floats:
    """Smallest value with at least this share of units at or below it; -inf for no share."""
    return _inverted(histogram.bins, histogram.counts, share, whole=whole)


def _last(histogram: Histogram, share: Floats, *, whole: bool = False) -> Floats:
    """Largest value with at least the rest of the units at or above it."""
    return -_inverted(-histogram.bins[::-1], histogram.counts[::-1], 1 - share, whole=whole)


def _place(histogram: Histogram, share: Floats) -> int:
    upto = np.cumsum(histogram.counts)
    return int(np.minimum(np.searchsorted(upto, share * upto[-1]), len(upto) - 1))


def _place_from_above(histogram: Histogram, share: Floats) -> int:
    mirrored = Histogram(bins=-histogram.bins[::-1], counts=histogram.counts[::-1].copy())
    return len(histogram.bins) - 1 - _place(mirrored, as_floats(1 - share))


def _inverted(
    bins: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], share: Floats, *, whole: bool
) -> Floats:
    """Values at which the distribution reaches shares, straight within a bin or at its low end."""
    upto = np.cumsum(counts)
    wanted = share * upto[-1]
    place = np.minimum(np.searchsorted(upto, wanted, side="left"), len(upto) - 1)
    low, high = edges_of(bins[place])
    if whole:
        return np.where(wanted <= 0, -np.inf, low)
    inside = (wanted - (upto[place] - counts[place])) / counts[place]
    value = low + (high - low) * np.clip(inside, 0.0, 1.0)
    return np.where(wanted <= 0, -np.inf, value)
