"""Numbers of experiments -> one combination a contrast, with what it may be used for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.random_effects import RandomEffects, combine
from pathlift.portfolio.numbers import PAIRS, Number
from pathlift.result.model import Conclusion, Span
from pathlift.result.portfolio import Combination, Heterogeneity, Part, Scale

METHOD = (
    "random effects: variance between experiments by Paule and Mandel, interval and p by Hartung "
    "and Knapp with the variance never below that of known spread"
)
METHOD_RELATIVE = f"{METHOD}; combined as logarithms of ratios"
ASSUMED = (
    "the experiments' effects are draws of one distribution",
    "no unit is in two experiments",
)

_ALONE = "one experiment: shown, not combined"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pooled:
    numbers: tuple[Number, ...]
    together: RandomEffects | None
    reason: str


def pool(
    numbers: Sequence[Number],
    *,
    kind: str = "proportion",
    better: str | None = "higher",
    alpha: float,
) -> tuple[Combination, ...]:
    """Combine the numbers of each contrast.

    Parameters
    ----------
    numbers : sequence of Number
    kind : str
        Of the metric whose effect they are.
    better : {'higher', 'lower'} or None
        Direction that is better; None where neither is.
    alpha : float
        Of the intervals, and of each family of p-values.

    Returns
    -------
    tuple of Combination
        Effects first, then orderings; each over all pairs of treatments.
    """
    groups = [_pooled(group, alpha) for group in _grouped(numbers)]
    adjusted = _adjusted(groups)
    return tuple(
        _combination(group, p, family, kind, better, alpha)
        for group, (p, family) in zip(groups, adjusted, strict=True)
    )


def _grouped(numbers: Sequence[Number]) -> Iterator[tuple[Number, ...]]:
    scales: tuple[Scale, ...] = ("absolute", "relative")
    orderings = sorted({n.ordering for n in numbers if n.ordering is not None}, key=_place)
    for estimand, scale, ordering in (
        *(("itt", scale, None) for scale in scales),
        *(("incidence", "absolute", ordering) for ordering in orderings),
    ):
        for pair in PAIRS:
            group = tuple(
                number
                for number in numbers
                if (number.estimand, number.scale, number.ordering, number.pair)
                == (estimand, scale, ordering, pair)
            )
            if group:
                yield group


def _place(ordering: str) -> tuple[bool, str]:
    return ordering == "other", ordering


def _pooled(numbers: tuple[Number, ...], alpha: float) -> _Pooled:
    if len(numbers) < 2:
        return _Pooled(numbers=numbers, together=None, reason=_ALONE)
    values = [number.value for number in numbers]
    errors = [number.standard_error for number in numbers]
    try:
        return _Pooled(numbers=numbers, together=combine(values, errors, alpha=alpha), reason="")
    except NotEstimableError as error:
        return _Pooled(numbers=numbers, together=None, reason=str(error))


def _adjusted(groups: Sequence[_Pooled]) -> list[tuple[float | None, tuple[str, int]]]:
    """Holm's p of each combination within its family; None where it stands alone."""
    found: list[tuple[float | None, tuple[str, int]]] = [(None, ("", 1))] * len(groups)
    families: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        if group.together is not None and (family := _family(group.numbers[0])):
            families.setdefault(family, []).append(place)
    for family, places in families.items():
        if len(places) == 1:
            found[places[0]] = (None, (family, 1))
            continue
        alone = [groups[place].together for place in places]
        p_values = [one.p_value for one in alone if one is not None]
        for place, p in zip(places, _holm(p_values), strict=True):
            found[place] = (p, (family, len(places)))
    return found


def _holm(p_values: Sequence[float]) -> list[float]:
    from statsmodels.stats.multitest import multipletests  # seconds of import

    return [float(p) for p in multipletests(p_values, method="holm")[1]]


def _family(number: Number) -> str:
    if number.ordering == "other":
        return ""
    if number.estimand == "incidence":
        return "incidence: complete orderings x pairs of treatments"
    return f"effect ({number.scale}) x pairs of treatments"


def _combination(
    group: _Pooled,
    p_adjusted: float | None,
    family: tuple[str, int],
    kind: str,
    better: str | None,
    alpha: float,
) -> Combination:
    first, together = group.numbers[0], group.together
    pair, scale = first.pair, first.scale
    weights = [None] * len(group.numbers) if together is None else together.weights.tolist()
    return Combination(
        id=f"{scale}/{first.estimand}/{first.ordering or ''}/{pair.treatment}-{pair.control}",
        scale=scale,
        estimand=first.estimand,
        kind="proportion" if first.estimand == "incidence" else kind,
        ordering=first.ordering,
        treatment=pair.treatment,
        control=pair.control,
        experiments=len(group.numbers),
        units=sum(number.units for number in group.numbers),
        effect=_effect(together, scale),
        standard_error=None if together is None else together.standard_error,
        df=None if together is None else together.df,
        statistic=None if together is None else together.statistic,
        p_value=None if together is None else together.p_value,
        p_adjusted=p_adjusted,
        family=family[0],
        members=family[1],
        alpha=alpha,
        prediction=_prediction(together, scale),
        heterogeneity=_heterogeneity(together),
        conclusion=_conclusion(together, p_adjusted, better, alpha),
        causal_status="causal_if",
        assumptions=ASSUMED,
        method=METHOD if scale == "absolute" else METHOD_RELATIVE,
        parts=tuple(
            Part(
                experiment=number.experiment,
                arm=number.arm,
                control=number.control,
                turned=number.turned,
                units=number.units,
                effect=number.effect,
                standard_error=number.standard_error,
                weight=weight,
                interim=number.interim,
            )
            for number, weight in zip(group.numbers, weights, strict=True)
        ),
        not_estimated=None if together is not None else {"reason": group.reason},
    )


def _effect(together: RandomEffects | None, scale: Scale) -> Span | None:
    if together is None:
        return None
    return _span(scale, together.mean, together.low, together.high)


def _prediction(together: RandomEffects | None, scale: Scale) -> Span | None:
    if together is None or together.prediction_low is None or together.prediction_high is None:
        return None
    return _span(scale, together.mean, together.prediction_low, together.prediction_high)


def _span(scale: Scale, estimate: float, low: float, high: float) -> Span:
    """Back from the logarithm of a ratio to a lift."""
    if scale == "absolute":
        return Span(estimate=estimate, low=low, high=high)
    with np.errstate(over="ignore"):  # a bound beyond the largest number has no end
        lifts = [float(np.expm1(value)) for value in (estimate, low, high)]
    return Span(estimate=lifts[0], low=lifts[1], high=lifts[2] if np.isfinite(lifts[2]) else None)


def _heterogeneity(together: RandomEffects | None) -> Heterogeneity | None:
    if together is None:
        return None
    return Heterogeneity(
        tau2=together.tau2,
        tau2_low=together.tau2_low,
        tau2_high=together.tau2_high,
        q=together.q,
        df=together.df,
        p_value=together.q_p,
        i2=together.i2,
    )


def _conclusion(
    together: RandomEffects | None,
    p_adjusted: float | None,
    better: str | None,
    alpha: float,
) -> Conclusion:
    if together is None:
        return "not_estimated"
    p = together.p_value if p_adjusted is None else p_adjusted
    if p >= alpha:
        return "no_difference_shown"
    if better is None:
        return "different"
    return "better" if (together.mean > 0) == (better == "higher") else "worse"
