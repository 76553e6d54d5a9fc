"""Tables of clusters from plain columns of units, added up in Python, apart from all SQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pathlift.statistics.baseline import BASELINE_STATE, state_name
from pathlift.statistics.clusters import Cluster, ClusterTable
from pathlift.statistics.collected import Statistics
from pathlift.statistics.moments import Group, objects


def with_clusters(
    statistics: Statistics,
    arms: Sequence[str],
    columns: Mapping[str, Sequence[int] | np.ndarray],
    names: Sequence[str | None],
    *,
    labels: Sequence[int] | None = None,
    conversion: str = "conversion",
    baselines: Sequence[int] | None = None,
    segments: Mapping[str, Sequence[str]] | None = None,
) -> Statistics:
    """Give statistics of mature units the clusters of those units; None stands alone."""
    members: dict[Cluster, list[int]] = defaultdict(list)
    for i, (arm, name) in enumerate(zip(arms, names, strict=True)):
        if name is not None:
            members[Cluster(group=Group(arm=arm), name=name)].append(i)
            if baselines is not None:
                state = Group(arm=arm, dimension=BASELINE_STATE, level=state_name(baselines[i]))
                members[Cluster(group=state, name=name)].append(i)
            for dimension, levels in (segments or {}).items():
                level = Group(arm=arm, dimension=dimension, level=levels[i])
                members[Cluster(group=level, name=name)].append(i)
    variables = statistics.moments.variables
    columned = {v.name: [int(x) for x in columns[v.name]] for v in variables}
    codes = sorted({labels[i] for rows in members.values() for i in rows}) if labels else []
    counts = np.zeros((2, len(members), len(codes)), dtype=np.int64)
    for row, rows in enumerate(members.values()):
        for i in rows if labels else ():
            place = codes.index(labels[i]) if labels else 0
            counts[0, row, place] += 1
            counts[1, row, place] += columned[conversion][i]
    return replace(
        statistics,
        clusters=ClusterTable(
            variables=variables,
            labels=tuple(codes),
            clusters=tuple(members),
            units=np.array([len(rows) for rows in members.values()], dtype=np.int64),
            sums=objects(
                (
                    [sum(columned[v.name][i] for i in rows) for v in variables]
                    for rows in members.values()
                ),
                len(variables),
            ),
            label_units=counts[0],
            label_converted=counts[1],
        ),
    )
