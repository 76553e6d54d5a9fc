"""What many experiments say together about one effect that may differ between them.

The effects of experiments are taken as drawn from one distribution: ``y_i = mu + u_i + e_i``
with ``Var(u_i) = tau^2`` and a known ``Var(e_i)``. Asked for are its mean ``mu``, its spread
``tau^2``, and where the effect of one more experiment would lie. Knows nothing of what the effects
measure.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from pathlift.errors import NotEstimableError
from pathlift.inference.arrays import Floats, Numbers, as_floats
from pathlift.inference.tails import two_sided_critical, two_sided_p

_MOST_STEPS = 2_000  # Newton climbs by doubling at worst, and the range of a double is 2**2100


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomEffects:
    """The distribution of the effects of k experiments.

    Attributes
    ----------
    mean : float
        Estimated mean ``mu``.
    standard_error : float
        Of the mean, by Hartung and Knapp; never below the one that takes ``tau2`` as known.
    df : float
        ``k - 1``, of Student's t.
    low, high : float
        Ends of the interval of the mean.
    statistic, p_value : float
        Two-sided, of a mean of 0.
    tau2 : float
        Variance between experiments, at least 0 (Paule and Mandel).
    tau2_low, tau2_high : float
        Its interval (Q-profile).
    q : float
        Cochran's Q: squared distances from the common effect, each over its own variance.
    q_p : float
        Probability of a Q this large were all effects the same; chi-square, ``k - 1`` df.
    i2 : float
        ``max(0, 1 - (k - 1) / Q)``: share of the distances that chance does not explain.
    weights : Floats
        Share of each experiment in the mean; they add up to 1.
    prediction_low, prediction_high : float or None
        Where the effect of one more experiment lies; None below three experiments.
    """

    mean: float
    standard_error: float
    df: float
    low: float
    high: float
    statistic: float
    p_value: float
    tau2: float
    tau2_low: float
    tau2_high: float
    q: float
    q_p: float
    i2: float
    weights: Floats
    prediction_low: float | None
    prediction_high: float | None


def combine(effects: Numbers, standard_errors: Numbers, *, alpha: float = 0.05) -> RandomEffects:
    """Combine effects of independent experiments by random effects.

    Parameters
    ----------
    effects : Numbers
        One an experiment, at least two, on a scale where they are about normal.
    standard_errors : Numbers
        Of the effects, above 0, of the same length; read as known.
    alpha : float, default 0.05
        One minus the level of the intervals, in (0, 1).

    Returns
    -------
    RandomEffects

    Raises
    ------
    NotEstimableError
        With fewer than two experiments, or where a number is not finite or a standard error is
        not above 0.

    Notes
    -----
    ``tau2`` solves ``sum w_i (y_i - m)^2 = k - 1`` with ``w_i = 1 / (s_i^2 + tau2)``, and is 0
    where the left side is below at 0 [1]_, [2]_. The variance of the mean is
    ``max(1, sum w_i (y_i - m)^2 / (k - 1)) / sum w_i`` with t of ``k - 1`` df [3]_: where ``tau2``
    is above 0 the first factor is 1, and without its floor an interval of experiments that happen
    to agree would be shorter than their standard errors allow [4]_. The prediction interval is
    ``m +- t_{k-2} sqrt(tau2 + SE^2)`` [5]_. The interval of ``tau2`` holds all values whose Q lies
    between quantiles of chi-square [6]_.

    References
    ----------
    .. [1] R. C. Paule, J. Mandel (1982), "Consensus values and weighting factors", Journal of
       Research of the National Bureau of Standards 87, 377-385.
    .. [2] R. DerSimonian, R. Kacker (2007), "Random-effects model for meta-analysis of clinical
       trials: an update", Contemporary Clinical Trials 28, 105-114.
    .. [3] G. Knapp, J. Hartung (2003), "Improved tests for a random effects meta-regression with a
       single covariate", Statistics in Medicine 22, 2693-2710.
    .. [4] C. Roever, G. Knapp, T. Friede (2015), "Hartung-Knapp-Sidik-Jonkman approach and its
       modification for random-effects meta-analysis with few studies", BMC Medical Research
       Methodology 15, 99.
    .. [5] J. P. T. Higgins, S. G. Thompson, D. J. Spiegelhalter (2009), "A re-evaluation of
       random-effects meta-analysis", Journal of the Royal Statistical Society A 172, 137-159.
    .. [6] W. Viechtbauer (2007), "Confidence intervals for the amount of heterogeneity in
       meta-analysis", Statistics in Medicine 26, 37-52.

    Examples
    --------
    >>> together = combine([0.40, -0.20, 0.55, 0.10], [0.2236, 0.2449, 0.2, 0.2236])
    >>> round(together.mean, 3), round(together.tau2, 3)
    (0.23, 0.059)
    """
    y, s = as_floats(effects), as_floats(standard_errors)
    k = y.size
    if k < 2:
        raise NotEstimableError("one experiment has nothing to be combined with")
    if not (np.isfinite(y).all() and np.isfinite(s).all() and (s > 0).all()):
        raise NotEstimableError("an effect or its standard error is not a number above 0")
    scale = float(np.sqrt(np.mean(s**2)))  # so that no step depends on the unit of the effects
    z, v = y / scale, (s / scale) ** 2
    tau2 = _spread_at(z, v, float(k - 1))
    weights = 1 / (v + tau2)
    mean = float(weights @ z / weights.sum())
    surplus = float(weights @ (z - mean) ** 2) / (k - 1)
    variance = max(1.0, surplus) / float(weights.sum())
    error = float(np.sqrt(variance))
    reach = float(two_sided_critical(alpha, k - 1)) * error
    statistic = mean / error
    q = _q(z, v, 0.0)
    new = None
    if k > 2:
        new = float(two_sided_critical(alpha, k - 2)) * float(np.sqrt(tau2 + variance))
    return RandomEffects(
        mean=mean * scale,
        standard_error=error * scale,
        df=float(k - 1),
        low=(mean - reach) * scale,
        high=(mean + reach) * scale,
        statistic=statistic,
        p_value=float(two_sided_p(statistic, k - 1)),
        tau2=tau2 * scale**2,
        tau2_low=_spread_at(z, v, float(special.chdtri(k - 1, alpha / 2))) * scale**2,
        tau2_high=_spread_at(z, v, float(special.chdtri(k - 1, 1 - alpha / 2))) * scale**2,
        q=q,
        q_p=float(special.chdtrc(k - 1, q)),
        i2=max(0.0, 1 - (k - 1) / q) if q > 0 else 0.0,
        weights=as_floats(weights / weights.sum()),
        prediction_low=None if new is None else (mean - new) * scale,
        prediction_high=None if new is None else (mean + new) * scale,
    )


def _q(y: Floats, v: Floats, tau2: float) -> float:
    """Squared distances from their own weighted mean, each over its variance."""
    w = 1 / (v + tau2)
    return float(w @ (y - w @ y / w.sum()) ** 2)


def _spread_at(y: Floats, v: Floats, target: float) -> float:
    """Find the variance between experiments at which Q falls to a value; 0 where it lies below.

    Q falls in tau2 and is convex, so Newton's steps from 0 climb towards the root without passing
    it; the first step that rounding makes no higher is the last.
    """
    tau2 = 0.0
    for _ in range(_MOST_STEPS):
        w = 1 / (v + tau2)
        squares = (y - w @ y / w.sum()) ** 2
        excess, slope = float(w @ squares) - target, float(w**2 @ squares)
        if excess <= 0 or tau2 + excess / slope <= tau2:
            return tau2
        tau2 += excess / slope
    raise ArithmeticError(f"the variance between experiments was not found in {_MOST_STEPS} steps")
