"""Conversion by observed ordering as it comes, and how far that is from like with like.

The naive table is shown to be measured against, not to be read: orderings that end late leave less
of the window to convert in, and units likelier to convert take some orderings sooner (methods 2.2).
"""

import numpy as np

from pathlift.inference.arrays import Floats, quotient
from pathlift.inference.associating import Associated
from pathlift.inference.reading import Slice, label_counts
from pathlift.registry.experiment import Experiment
from pathlift.result.descriptive import Naive, NaiveRate
from pathlift.statistics.cells import label
from pathlift.statistics.collected import Statistics


def naive_rates(experiment: Experiment, statistics: Statistics, associated: Associated) -> Naive:
    """Conversion by complete ordering, over all arms and in each.

    Parameters
    ----------
    experiment : Experiment
        As compared, with stages.
    statistics : Statistics
    associated : Associated
        What it is measured against.

    Returns
    -------
    Naive
        Its sentence is empty: words are made where verdicts are.
    """
    arms = tuple(arm.name for arm in experiment.analyzed_arms)
    labels = label_counts(statistics.cells, arms, Slice(maturity=statistics.label_class))
    seen = [label(code, experiment.stage_names).ordering for code in labels.codes]
    orderings = associated.counts.orderings
    units, converted = np.zeros((2, len(arms), len(orderings)))
    for place, ordering in enumerate(seen):
        if ordering in orderings:
            column = orderings.index(ordering)
            units[:, column] = labels.units[:, place]
            converted[:, column] = labels.converted[:, place]
    whole = _rate(converted.sum(axis=0), units.sum(axis=0))
    top, bottom = _ends(whole)
    rows = associated.rows
    crude = np.array([np.nan if row.rate is None else row.crude for row in rows], dtype=np.float64)
    standard = np.array(
        [np.nan if row.rate is None else row.rate.estimate for row in rows], dtype=np.float64
    )
    by_arm = [_rate(x, n) for x, n in zip(converted, units, strict=True)]
    apart = [_ratio(each, *_ends(each)) or 0.0 for each in by_arm]
    widest = int(np.argmax(apart)) if any(apart) else None
    high, low = (None, None) if widest is None else _ends(by_arm[widest])
    return Naive(
        rates=tuple(
            NaiveRate(
                ordering=ordering,
                arm=arm,
                units=int(n[column]),
                converted=int(x[column]),
                rate=float(x[column] / n[column]) if n[column] else None,
            )
            for column, ordering in enumerate(orderings)
            for arm, n, x in (
                (None, units.sum(axis=0), converted.sum(axis=0)),
                *zip(arms, units, converted, strict=True),
            )
        ),
        highest=None if top is None else orderings[top],
        lowest=None if bottom is None else orderings[bottom],
        ratio=_ratio(whole, top, bottom),
        landmark_ratio=_ratio(crude, top, bottom),
        standardised_ratio=_ratio(standard, top, bottom),
        standardised_spread=_spread(standard),
        arm=None if widest is None else arms[widest],
        arm_highest=None if high is None else orderings[high],
        arm_lowest=None if low is None else orderings[low],
        arm_ratio=None if widest is None else apart[widest],
        arm_standardised_ratio=_ratio(standard, high, low),
        sentence="",
        causal_status="descriptive",
    )


def _rate(converted: Floats, units: Floats) -> Floats:
    return quotient(converted, units, otherwise=np.nan)


def _ends(rates: Floats) -> tuple[int | None, int | None]:
    """Places of the highest and the lowest rate."""
    known = [place for place in range(len(rates)) if np.isfinite(rates[place])]
    top = max(known, key=lambda place: float(rates[place]), default=None)
    return top, min(known, key=lambda place: float(rates[place]), default=None)


def _ratio(rates: Floats, top: int | None, bottom: int | None) -> float | None:
    if top is None or bottom is None or top == bottom:
        return None
    ratio = float(rates[top] / rates[bottom]) if rates[bottom] > 0 else np.nan
    return ratio if np.isfinite(ratio) else None


def _spread(rates: Floats) -> float | None:
    known = rates[np.isfinite(rates)]
    if len(known) < 2 or known.min() <= 0:
        return None
    return float(known.max() / known.min())
