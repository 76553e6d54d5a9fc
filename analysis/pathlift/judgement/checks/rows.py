"""Does a share of event rows differ by arm? Rows of one unit go together, so units are counted.

One client that sends everything twice makes hundreds of copies: as many independent rows would
differ between arms beyond chance whenever it falls into one of them.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.omnibus import equality_of_means
from pathlift.judgement.checks.counts import Tested
from pathlift.judgement.checks.facts import (
    Comparison,
    compare,
    counted,
    has_counter,
    names_arms,
)
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Statistics

_SMALLEST = 5e-324


def rows_by_arm(
    experiment: Experiment,
    statistics: Statistics,
    name: Literal["duplicate_events", "clock_skewed"],
    check: str,
) -> Comparison | None:
    """Share of a unit's event rows for which something holds, by arm.

    Rows are compared with rows, since arms may differ in how many events a unit has. The share is a
    ratio of two sums over units, and its variance that of such a ratio; where that test and
    Pearson's over rows disagree, the larger p holds (few units make the first one too small).

    Parameters
    ----------
    experiment : Experiment
    statistics : Statistics
        Counter ``event_rows`` is what is left once copies are set aside.
    name : {'duplicate_events', 'clock_skewed'}
        Counter of the rows.
    check : str
        Whose thresholds hold.

    Returns
    -------
    Comparison or None
        None where rows were not counted by arm.
    """
    if not names_arms(statistics, "event_rows"):
        return None
    hits, kept = (counted(experiment, statistics, counter) for counter in (name, "event_rows"))
    apart = name == "duplicate_events"
    totals = {arm: n + (hits[arm] if apart else 0) for arm, n in kept.items()}
    found = compare(hits, totals, experiment, check)
    if found.tested is None or not has_counter(statistics, f"{name}_squared"):
        return found
    by_unit = _over_units(experiment, statistics, name, found, apart=apart)
    larger = by_unit is None or by_unit.p_value < found.tested.p_value
    return found if by_unit is None or larger else replace(found, tested=by_unit)


def _over_units(
    experiment: Experiment,
    statistics: Statistics,
    name: str,
    found: Comparison,
    *,
    apart: bool,
) -> Tested | None:
    """Wald's test that all shares are one, each with the variance of a ratio over units."""

    def of(counter: str) -> Mapping[str, int]:
        return counted(experiment, statistics, counter)

    hit2, hit_row, row2 = of(f"{name}_squared"), of(f"{name}_by_rows"), of("event_rows_squared")
    arms = [arm for arm, total in found.totals.items() if total]
    share, variance = [], []
    for arm in arms:
        rows, hits = found.totals[arm], found.hits[arm]
        both, squares = hit_row[arm], row2[arm]
        if apart:  # rows of a unit are those that were kept, and its copies
            both, squares = both + hit2[arm], squares + 2 * both + hit2[arm]
        r = hits / rows
        share.append(r)
        variance.append(max(hit2[arm] - 2 * r * both + r**2 * squares, 0.0) / rows**2)
    try:
        wald = equality_of_means(np.array(share), np.diag(variance))
    except NotEstimableError:
        return None
    p = max(float(wald.p_value), _SMALLEST)
    return Tested(
        test="Wald, ratio over units",
        statistic=float(wald.statistic),
        df=int(wald.df),
        p_value=p,
        log10_p=float(np.log10(p)),
    )
