"""One experiment's number on the scale on which experiments are combined. Chooses nothing."""

import math
from dataclasses import dataclass

from pathlift.result.model import Estimate, Result, Span
from pathlift.result.portfolio import Scale

TREATMENTS = ("search", "content", "influencer")
"""In the order in which the later one is compared with the earlier one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two treatments that are compared.

    Attributes
    ----------
    treatment, control : str
        Such as content and search.
    """

    treatment: str
    control: str

    def __str__(self) -> str:
        """In words."""
        return f"{self.treatment} vs {self.control}"


PAIRS = tuple(
    Pair(treatment=later, control=earlier)
    for place, later in enumerate(TREATMENTS)
    for earlier in TREATMENTS[:place]
)
"""Content vs search first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An effect of one experiment that can be combined.

    Attributes
    ----------
    experiment : str
    pair : Pair
    estimand : str
        itt or incidence.
    ordering : str or None
    scale : {'absolute', 'relative'}
    arm, control : str
        Names of its arms, the treatment's first.
    turned : bool
        Whether the experiment compared them the other way round.
    units : int
        Of both arms.
    effect : Span
        As the experiment has it, turned where it has to be.
    value, standard_error : float
        The difference, or the logarithm of the ratio of the arms.
    interim : bool
    """

    experiment: str
    pair: Pair
    estimand: str
    ordering: str | None
    scale: Scale
    arm: str
    control: str
    turned: bool
    units: int
    effect: Span
    value: float
    standard_error: float
    interim: bool


def pair_of(arm: str | None, control: str | None) -> tuple[Pair, bool] | None:
    """The pair of two treatments, and whether it is the other way round than we write it.

    Parameters
    ----------
    arm, control : str or None
        Treatments.

    Returns
    -------
    (Pair, bool) or None
        None where one has no treatment, or both have the same.

    Examples
    --------
    >>> pair_of("search", "content")
    (Pair(treatment='content', control='search'), True)
    """
    for pair in PAIRS:
        if (arm, control) == (pair.treatment, pair.control):
            return pair, False
        if (control, arm) == (pair.treatment, pair.control):
            return pair, True
    return None


def difference(result: Result, estimate: Estimate, pair: Pair, *, turned: bool) -> Number | None:
    """The absolute difference of a contrast.

    Parameters
    ----------
    result : Result
    estimate : Estimate
        Of that result.
    pair : Pair
    turned : bool
        From `pair_of`.

    Returns
    -------
    Number or None
        None where there is no estimate with a standard error above 0.
    """
    span, error = estimate.absolute, estimate.standard_error
    if span is None or span.estimate is None or not error:
        return None
    effect = _negated(span) if turned else span
    return _number(result, estimate, pair, "absolute", effect, error, turned=turned)


def log_ratio(result: Result, estimate: Estimate, pair: Pair, *, turned: bool) -> Number | None:
    """The lift of a contrast, as the logarithm of the ratio of its arms.

    Its variance is ``(v_1 / m_1^2 + v_0 / m_0^2)`` for the arms' variances ``v``, which add up to
    the squared standard error of the difference and share it as unadjusted arms would (Katz and
    others 1978 for proportions). So it does not depend on the level of the interval in the result.

    Parameters
    ----------
    result : Result
    estimate : Estimate
        Of that result.
    pair : Pair
    turned : bool
        From `pair_of`.

    Returns
    -------
    Number or None
        None where an arm's value is not above 0, or there is no standard error.
    """
    m1, m0, error = estimate.arm_value, estimate.control_value, estimate.standard_error
    span = estimate.relative
    if not (m1 and m0 and error and span and m1 > 0 and m0 > 0):
        return None
    one, other = _spreads(estimate, m1, m0)
    share = one / (one + other)
    spread = error * math.sqrt(share / m1**2 + (1 - share) / m0**2)
    effect = _inverted(span) if turned else span
    return _number(result, estimate, pair, "relative", effect, spread, turned=turned)


def _spreads(estimate: Estimate, m1: float, m0: float) -> tuple[float, float]:
    """What the variances of the two arms are in proportion to."""
    if estimate.kind == "proportion" and m1 < 1 and m0 < 1:
        return m1 * (1 - m1) / estimate.arm_units, m0 * (1 - m0) / estimate.control_units
    return 1 / estimate.arm_units, 1 / estimate.control_units


def _number(
    result: Result,
    estimate: Estimate,
    pair: Pair,
    scale: Scale,
    effect: Span,
    error: float,
    *,
    turned: bool,
) -> Number | None:
    value = effect.estimate
    if value is None or (scale == "relative" and value <= -1):
        return None
    arm, control = estimate.arm, estimate.control
    return Number(
        experiment=result.experiment.name,
        pair=pair,
        estimand=estimate.estimand,
        ordering=estimate.ordering,
        scale=scale,
        arm=control if turned else arm,
        control=arm if turned else control,
        turned=turned,
        units=estimate.arm_units + estimate.control_units,
        effect=effect,
        value=math.log1p(value) if scale == "relative" else value,
        standard_error=error,
        interim=result.data.interim,
    )


def _negated(span: Span) -> Span:
    return Span(estimate=_minus(span.estimate), low=_minus(span.high), high=_minus(span.low))


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _inverted(span: Span) -> Span:
    return Span(
        estimate=_other_way(span.estimate),
        low=_other_way(span.high),
        high=_other_way(span.low),
    )


def _other_way(lift: float | None) -> float | None:
    """Lift of the control over the arm; a ratio of 0 has none, and an open end stays open."""
    if lift is None or lift <= -1:
        return None
    return 1 / (1 + lift) - 1
