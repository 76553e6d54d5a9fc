"""Tables of times from plain columns of units, counted in Python, apart from all SQL."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pathlift.statistics.collected import Statistics
from pathlift.statistics.times import Endpoint, Time, TimeTable

DAY = 86_400_000_000


def time_table(
    arms: Sequence[str],
    followed: Sequence[int],
    happened: Sequence[int | None],
    labels: Sequence[int],
    *,
    bins: int = 14,
    clusters: Sequence[str | None] | None = None,
    endpoint: Endpoint = "purchase",
) -> TimeTable:
    """One element a unit: bins followed, bin of the event or None, label at the event."""
    counts: Counter[Time] = Counter()
    names = [None] * len(arms) if clusters is None else clusters
    for arm, follow, event, code, cluster in zip(
        arms, followed, happened, labels, names, strict=True
    ):
        seen = event is not None and event <= follow
        one = Time(
            arm=arm,
            endpoint=endpoint,
            bin=event if seen and event is not None else follow,
            cause=code if seen else None,
            maturity=int(follow == bins),
        )
        counts[one] += 1
        if cluster is not None:
            counts[replace(one, cluster=cluster, maturity=0)] += 1
    return TimeTable(
        length=DAY,
        bins=bins,
        times=tuple(counts),
        units=np.array(list(counts.values()), dtype=np.int64),
        clustered=tuple(
            dict.fromkeys(a for a, name in zip(arms, names, strict=True) if name is not None)
        ),
    )


def with_open_windows(
    statistics: Statistics, times: TimeTable | None, *, open_units: int = 1
) -> Statistics:
    """Statistics of which some units of every arm are within their window."""
    return replace(
        statistics,
        times=times,
        arms=tuple(
            replace(facts, matured_units=max(facts.units - open_units, 0))
            for facts in statistics.arms
        ),
    )
