"""Which contrasts are shown to be the same as their control? Up to the distance declared.

Two one-sided tests for each contrast that asks, by the method that gives its interval. Contrasts
of one metric share alpha equally: equivalence may be claimed for any of the arms.
"""

from collections.abc import Callable, Sequence

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.drafts import Counts, Draft, Spread
from pathlift.inference.equivalence import (
    Equivalence,
    equivalent_mean_ratio,
    equivalent_means,
    equivalent_proportion_ratio,
    equivalent_proportions,
    equivalent_quantiles,
)
from pathlift.inference.quantiles import Quantile
from pathlift.registry.experiment import Margin
from pathlift.result.model import Equivalence as Shown
from pathlift.result.model import Span

_METHOD = "two one-sided tests"


def equated(drafts: Sequence[Draft], *, alpha: float) -> dict[int, Shown]:
    """Test every contrast that is to be shown the same as its control.

    Parameters
    ----------
    drafts : sequence of Draft
        Estimated ones; only those that say how far is the same are tested.
    alpha : float
        Of each one-sided test, before the contrasts share it; in (0, 1/2).

    Returns
    -------
    dict of int to Equivalence
        By position among the drafts.
    """
    return {
        position: _shown(draft, draft.same_within, alpha / draft.sharing)
        for position, draft in enumerate(drafts)
        if draft.same_within is not None
    }


def _shown(draft: Draft, within: Margin, alpha: float) -> Shown:
    shared = f", alpha shared by {draft.sharing} contrasts" if draft.sharing > 1 else ""
    untested = Shown(
        scale=within.scale,
        low=-within.value,
        high=within.value,
        alpha=alpha,
        members=draft.sharing,
        interval=None,
        p_low=None,
        p_high=None,
        p_value=None,
        method=f"{_METHOD}{shared}",
    )
    spread = draft.spread
    if spread is None or (within.scale == "relative" and not spread.m0 > 0):
        return untested  # a lift over a control at or below zero has no meaning
    test = _test(draft.counts, spread, draft.quantiles, within)
    found = test(alpha)
    shift = 1.0 if within.scale == "relative" else 0.0
    center = spread.difference / spread.m0 if shift else spread.difference
    return untested.model_copy(
        update={
            "interval": Span(
                estimate=center,
                low=_end(found.interval.low - shift),
                high=_end(found.interval.high - shift),
            ),
            "p_low": float(found.p_low),
            "p_high": float(found.p_high),
            "p_value": float(found.p_value),
        }
    )


def _test(
    counts: Counts | None,
    spread: Spread,
    quantiles: tuple[Quantile, Quantile] | None,
    within: Margin,
) -> Callable[[float], Equivalence]:
    """The two tests of a contrast at a level, by the method of its interval."""
    relative = within.scale == "relative"
    center = 1.0 if relative else 0.0
    low, high = center - within.value, center + within.value
    m1, m0, v11, v00, v10, df = (
        spread.m1, spread.m0, spread.v11, spread.v00, spread.v10, spread.df
    )  # fmt: skip
    if quantiles is not None:
        one, zero = quantiles
        return lambda alpha: equivalent_quantiles(
            one, zero, low=low, high=high, relative=relative, alpha=alpha
        )
    if counts is not None:
        of = counts.x1, counts.n1, counts.x0, counts.n0
        proportions = equivalent_proportion_ratio if relative else equivalent_proportions
        return lambda alpha: proportions(*of, low=low, high=high, alpha=alpha)
    if relative:
        return lambda alpha: equivalent_mean_ratio(
            m1, m0, v11, v00, v10, df,
            low=low, high=high, alpha=alpha, difference=spread.difference,
        )  # fmt: skip
    return lambda alpha: equivalent_means(
        spread.difference, spread.standard_error, df, low=low, high=high, alpha=alpha
    )


def _end(value: Floats) -> float | None:
    return float(value) if np.isfinite(value) else None
