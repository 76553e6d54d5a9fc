"""One row for each complete ordering: its standardised rate, and that held against a reference.

Intervals on scales that suit rates, p-values of an association, and E-values beside every ratio.
"""

from collections.abc import Sequence

import numpy as np

from pathlift.inference.arrays import Floats, as_floats
from pathlift.inference.association_variance import RateVariance
from pathlift.inference.e_values import e_value, e_value_of_end
from pathlift.inference.intervals import symmetric_interval
from pathlift.inference.landmark import Landmarks
from pathlift.inference.relative import SetKind, relative_lift
from pathlift.inference.standardising import Standardised
from pathlift.inference.tails import two_sided_critical, two_sided_p
from pathlift.inference.wilson import wilson_interval
from pathlift.result.descriptive import AssociationRow
from pathlift.result.values import Span

ASSUMPTIONS = (
    "nothing unmeasured decides both the ordering and conversion",
    "every ordering is possible in every stratum",
    "the landmark is the time that matters",
)


def association_rows(
    counts: Landmarks,
    rates: Standardised,
    variance: RateVariance | None,
    *,
    reference: str | None,
    why: Sequence[str],
    alpha: float,
) -> tuple[AssociationRow, ...]:
    """Rows of all complete orderings.

    Parameters
    ----------
    counts : Landmarks
    rates : Standardised
    variance : RateVariance or None
        None where nothing is estimated.
    reference : str or None
        Ordering that the others are held against.
    why : sequence of str
        For each ordering why it is not standardised; empty where it is.
    alpha : float
        Two-sided.

    Returns
    -------
    tuple of AssociationRow
    """
    base = counts.orderings.index(reference) if reference is not None else -1
    held = sum(not each for place, each in enumerate(why) if place != base)
    return tuple(
        _row(alpha, counts, rates, variance, place, base, why, held)
        for place in range(len(counts.orderings))
    )


def _row(
    alpha: float,
    counts: Landmarks,
    rates: Standardised,
    variance: RateVariance | None,
    place: int,
    base: int,
    why: Sequence[str],
    held: int,
) -> AssociationRow:
    units, converted = float(counts.units[place].sum()), float(counts.converted[place].sum())
    collapsed = float(rates.collapsed[place])
    row = AssociationRow(
        ordering=counts.orderings[place],
        units=int(units),
        converted=int(converted),
        crude=converted / units if units else None,
        collapsed=collapsed if np.isfinite(collapsed) else None,
        rate=None,
        standard_error=None,
        reference=place == base,
        absolute=None,
        absolute_standard_error=None,
        ratio=None,
        p_value=None,
        e_value=None,
        e_value_of_interval=None,
        method="",
        causal_status="descriptive",
        assumptions=ASSUMPTIONS,
        not_estimated={"reason": why[place]} if why[place] else None,
    )
    if why[place] or variance is None:
        return row
    one = _unit(place, len(counts.orderings))
    error = float(np.sqrt(one @ variance.covariance @ one))
    df = variance.df_of(one)
    tails = "normal" if np.isinf(df) else "t with Satterthwaite's df, variance between clusters"
    row = row.model_copy(
        update={
            "rate": _share(float(rates.rate[place]), error, units, alpha, df),
            "standard_error": error,
            "method": f"standardised; rate on the logit scale, {tails}; ratio by Fieller",
        }
    )
    if place == base:
        return row
    if base < 0 or why[base]:
        lacking = f"the ordering it is held against is not estimated: {why[base]}"
        return row.model_copy(update={"not_estimated": {"reason": lacking}})
    return row.model_copy(update=_against(rates, variance, place, base, alpha, held=held))


def _against(
    rates: Standardised, variance: RateVariance, place: int, base: int, alpha: float, *, held: int
) -> dict[str, object]:
    """One ordering held against the reference."""
    m1, m0 = float(rates.rate[place]), float(rates.rate[base])
    v = variance.covariance
    weights = _unit(place, len(v)) - _unit(base, len(v))
    error = float(np.sqrt(weights @ v @ weights))
    if error == 0:
        return {"not_estimated": {"reason": "its difference from the reference has no variance"}}
    df = variance.df_of(weights)
    p = float(two_sided_p((m1 - m0) / error, df))
    critical = two_sided_critical(alpha, df)
    excluded = np.array(p < alpha)
    ends = symmetric_interval(m1 - m0, error, critical, excluded=excluded)
    lift = relative_lift(
        m1, m0, v[place, place], v[base, base], v[place, base], critical=critical, excluded=excluded
    )
    bounded = int(lift.kind) == SetKind.BOUNDED
    low, high = (
        (float(lift.low) + 1, float(lift.high) + 1)
        if bounded
        else (float(lift.low) + 1, None)
        if int(lift.kind) == SetKind.ABOVE
        else (None, None)
    )
    ratio = m1 / m0 if m0 else None
    return {
        "absolute": Span(estimate=m1 - m0, low=float(ends.low), high=float(ends.high)),
        "absolute_standard_error": error,
        "ratio": Span(estimate=ratio, low=low, high=high),
        "p_value": p,
        "p_adjusted": min(1.0, held * p),
        "e_value": e_value(ratio) if ratio else None,
        "e_value_of_interval": e_value_of_end(low, high),
    }


def _share(rate: float, error: float, units: float, alpha: float, df: float) -> Span:
    """A rate with an interval that stays within [0, 1]."""
    critical = float(two_sided_critical(alpha, df))
    if not 0 < rate < 1 or error == 0:
        ends = wilson_interval(rate * units, units, critical=critical)
        return Span(estimate=rate, low=float(ends.low), high=float(ends.high))
    middle, reach = np.log(rate / (1 - rate)), critical * error / (rate * (1 - rate))
    low, high = (float(1 / (1 + np.exp(-(middle + side * reach)))) for side in (-1, 1))
    return Span(estimate=rate, low=low, high=high)


def _unit(place: int, size: int) -> Floats:
    return as_floats(np.eye(size)[place])
