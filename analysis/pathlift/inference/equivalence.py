"""Whether two arms differ by less than a margin on either side.

Two one-sided tests: the effect lies above the low margin, and below the high one. Both must
hold, so neither is corrected. Alone, each is a non-inferiority test. Knows no metric; margins
are values of the effect itself, negative where the treatment may lose.
"""

from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Booleans, Floats, Numbers, as_floats
from pathlift.inference.intervals import Interval, agreeing, studentised
from pathlift.inference.proportions import (
    difference_interval,
    difference_score,
    ratio_interval,
    ratio_score,
)
from pathlift.inference.quantiles import Quantile, quantile_intervals, quantile_statistic
from pathlift.inference.relative import SetKind, lift_statistic, relative_lift
from pathlift.inference.tails import one_sided_critical, one_sided_p


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Equivalence:
    """Two one-sided tests of one effect; all fields of one shape.

    Attributes
    ----------
    statistic_low, statistic_high : Floats
        Studentised distance of the effect from the low and the high margin.
    p_low, p_high : Floats
        One-sided: of an effect at the low margin looking this much higher (at the high
        margin, this much lower).
    p_value : Floats
        The larger of the two.
    interval : Interval
        At confidence ``1 - 2 alpha``: within the margins exactly where `equivalent`.
    above_low, below_high, equivalent : array of bool
        ``p_low < alpha``; ``p_high < alpha``; both.
    """

    statistic_low: Floats
    statistic_high: Floats
    p_low: Floats
    p_high: Floats
    p_value: Floats
    interval: Interval
    above_low: Booleans
    below_high: Booleans
    equivalent: Booleans


def equivalent_means(
    difference: Numbers,
    standard_error: Numbers,
    df: Numbers,
    *,
    low: Numbers,
    high: Numbers,
    alpha: float = 0.05,
) -> Equivalence:
    """Test whether a difference of means lies between two margins.

    Parameters
    ----------
    difference, standard_error : Numbers
        Treatment minus control, in the metric's unit.
    df : Numbers
        Degrees of freedom; infinite for normal tails.
    low, high : Numbers
        Margins, ``low < high``.
    alpha : float, default 0.05
        Of each one-sided test, in (0, 1/2): not halved.

    Returns
    -------
    Equivalence

    Raises
    ------
    ValueError
        If margins or alpha are out of order.

    References
    ----------
    .. [1] D. J. Schuirmann (1987), "A comparison of the two one-sided tests procedure and the
       power approach for assessing the equivalence of average bioavailability", Journal of
       Pharmacokinetics and Biopharmaceutics 15, 657-680.

    Examples
    --------
    >>> found = equivalent_means(0.1, 0.2, 100, low=-0.5, high=0.5)
    >>> bool(found.equivalent), round(float(found.p_value), 4)
    (True, 0.0241)
    """
    low, high = _margins(low, high, alpha)
    center, error = as_floats(difference), as_floats(standard_error)
    c = one_sided_critical(alpha, df)
    return _both(
        studentised(center, error, low),
        studentised(center, error, high),
        df,
        Interval(low=as_floats(center - c * error), high=as_floats(center + c * error)),
        low,
        high,
        alpha,
    )


def equivalent_mean_ratio(
    m1: Numbers,
    m0: Numbers,
    v11: Numbers,
    v00: Numbers,
    v10: Numbers,
    df: Numbers,
    *,
    low: Numbers,
    high: Numbers,
    alpha: float = 0.05,
    difference: Numbers | None = None,
) -> Equivalence:
    """Test whether a ratio of means lies between two margins, without dividing.

    Tests ``m1 - r m0`` at both margins r, so that a relative margin is judged with the
    control's own error.

    Parameters
    ----------
    m1, m0 : Numbers
        Means of treatment and control; the control's is above 0.
    v11, v00, v10 : Numbers
        Variances and covariance of these means.
    df : Numbers
        Degrees of freedom; infinite for normal tails.
    low, high : Numbers
        Ratios, such as 0.98 and 1.02.
    alpha : float, default 0.05
        Of each one-sided test, in (0, 1/2).
    difference : Numbers, optional
        ``m1 - m0``, where it is known to more digits than the two leave of it.

    Returns
    -------
    Equivalence
        Its interval is Fieller's, as ratios; without ends where Fieller's set is not bounded.

    Raises
    ------
    ValueError
        If margins or alpha are out of order, or a control mean is not above 0.

    References
    ----------
    .. [1] D. Hauschke, M. Kieser, E. Diletti, M. Burke (1999), "Sample size determination for
       proving equivalence based on the ratio of two means for normally distributed data",
       Statistics in Medicine 18, 93-105.
    """
    low, high = _margins(low, high, alpha)
    if not bool(np.all(as_floats(m0) > 0)):
        raise ValueError("a ratio is tested where the control's mean is above 0")
    between = as_floats(m1) - as_floats(m0) if difference is None else as_floats(difference)
    fieller = relative_lift(
        m1, m0, v11, v00, v10, critical=one_sided_critical(alpha, df), difference=between
    )
    bounded = fieller.kind == SetKind.BOUNDED
    return _both(
        lift_statistic(between, m0, v11, v00, v10, lift=low - 1),
        lift_statistic(between, m0, v11, v00, v10, lift=high - 1),
        df,
        Interval(
            low=np.where(bounded, fieller.low + 1, -np.inf),
            high=np.where(bounded, fieller.high + 1, np.inf),
        ),
        low,
        high,
        alpha,
        bounded=bounded,
    )


def equivalent_proportions(
    x1: Numbers,
    n1: Numbers,
    x0: Numbers,
    n0: Numbers,
    *,
    low: Numbers,
    high: Numbers,
    alpha: float = 0.05,
) -> Equivalence:
    """Test whether a difference of two proportions lies between two margins.

    Parameters
    ----------
    x1, n1, x0, n0 : Numbers
        Converted and all units of treatment and control.
    low, high : Numbers
        Differences in [-1, 1], ``low < high``.
    alpha : float, default 0.05
        Of each one-sided test, in (0, 1/2).

    Returns
    -------
    Equivalence
        By the score test at each margin, at every count (Farrington and Manning's, with
        Miettinen and Nurminen's factor N / (N - 1)).

    Raises
    ------
    ValueError
        If counts are not counts, or margins or alpha are out of order.

    References
    ----------
    .. [1] C. P. Farrington, G. Manning (1990), "Test statistics and sample size formulae for
       comparative binomial trials with null hypothesis of non-zero risk difference or
       non-unity relative risk", Statistics in Medicine 9, 1447-1454.
    """
    low, high = _margins(low, high, alpha)
    return _both(
        difference_score(x1, n1, x0, n0, null=low),
        difference_score(x1, n1, x0, n0, null=high),
        np.inf,
        difference_interval(x1, n1, x0, n0, critical=one_sided_critical(alpha)),
        low,
        high,
        alpha,
    )


def equivalent_proportion_ratio(
    x1: Numbers,
    n1: Numbers,
    x0: Numbers,
    n0: Numbers,
    *,
    low: Numbers,
    high: Numbers,
    alpha: float = 0.05,
) -> Equivalence:
    """Test whether a ratio of two proportions lies between two margins.

    Parameters
    ----------
    x1, n1, x0, n0 : Numbers
        Converted and all units of treatment and control.
    low, high : Numbers
        Ratios above 0, such as 0.9 and 1.1.
    alpha : float, default 0.05
        Of each one-sided test, in (0, 1/2).

    Returns
    -------
    Equivalence

    Raises
    ------
    ValueError
        If counts are not counts, or margins or alpha are out of order.
    """
    low, high = _margins(low, high, alpha)
    return _both(
        ratio_score(x1, n1, x0, n0, null=low),
        ratio_score(x1, n1, x0, n0, null=high),
        np.inf,
        ratio_interval(x1, n1, x0, n0, critical=one_sided_critical(alpha)),
        low,
        high,
        alpha,
    )


def equivalent_quantiles(
    treatment: Quantile,
    control: Quantile,
    *,
    low: float,
    high: float,
    relative: bool = False,
    alpha: float = 0.05,
) -> Equivalence:
    """Test whether two quantiles differ by less than a margin on either side.

    Parameters
    ----------
    treatment, control : Quantile
        Of one probability; the control's is above 0 where margins are relative.
    low, high : float
        Margins of the difference, or of the ratio where `relative`; ``low < high``.
    relative : bool, default False
    alpha : float, default 0.05
        Of each one-sided test, in (0, 1/2).

    Returns
    -------
    Equivalence
        Of shape (); each test is the level at which Woodruff's interval of the contrast reaches
        its margin.

    Raises
    ------
    ValueError
        If margins or alpha are out of order, or the arms' probabilities differ.
    """
    below, above = _margins(low, high, alpha)
    at_low, at_high = (
        quantile_statistic(treatment, control, ratio=float(margin))
        if relative
        else quantile_statistic(treatment, control, null=float(margin))
        for margin in (below, above)
    )
    absolute, ratio = quantile_intervals(treatment, control, float(one_sided_critical(alpha)))
    shown, shift = absolute, 0.0
    if relative:
        shown = Interval(low=as_floats(-np.inf), high=as_floats(np.inf)) if ratio is None else ratio
        shift = 1.0
    return _both(
        as_floats(at_low),
        as_floats(at_high),
        np.inf,
        Interval(low=shown.low + shift, high=shown.high + shift),
        below,
        above,
        alpha,
    )


def _margins(low: Numbers, high: Numbers, alpha: float) -> tuple[Floats, Floats]:
    if not 0 < alpha < 0.5:
        raise ValueError("alpha of a one-sided test lies between 0 and 1/2, both excluded")
    below, above = as_floats(low), as_floats(high)
    if not bool(np.all(below < above)):
        raise ValueError("the low margin lies below the high one")
    return below, above


def _both(
    statistic_low: Floats,
    statistic_high: Floats,
    df: Numbers,
    interval: Interval,
    low: Floats,
    high: Floats,
    alpha: float,
    *,
    bounded: Booleans | None = None,
) -> Equivalence:
    """Join the two tests; ends off by rounding move to the tests' side, unless unbounded."""
    p_low = one_sided_p(statistic_low, df, side="greater")
    p_high = one_sided_p(statistic_high, df, side="less")
    above, below = p_low < alpha, p_high < alpha
    agree = np.ones(above.shape, dtype=np.bool_) if bounded is None else bounded
    # the other end may lie beyond the margin too: then the test of this side accepts
    settled = agreeing(
        interval.low,
        interval.high,
        null=low,
        excluded=agree & (above | (interval.high < low)),
    )
    settled = agreeing(
        settled.low,
        settled.high,
        null=high,
        excluded=agree & (below | (settled.low > high)),
    )
    return Equivalence(
        statistic_low=statistic_low,
        statistic_high=statistic_high,
        p_low=p_low,
        p_high=p_high,
        p_value=np.maximum(p_low, p_high),
        interval=settled,
        above_low=above,
        below_high=below,
        equivalent=above & below,
    )
