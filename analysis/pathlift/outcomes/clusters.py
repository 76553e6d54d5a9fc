"""From the table of unit facts to sums by cluster (SS4), and which cluster a unit is in.

A cluster is what a unit's earliest row says, inside the unit's own arm (methods 1.4, E22).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from sqlglot import exp

from pathlift.outcomes.composing import case, compose, name, parse, value
from pathlift.outcomes.engine import Ask
from pathlift.outcomes.exposing import Exposures
from pathlift.outcomes.fact_table import Doubt, FactTable
from pathlift.outcomes.tables import Populations, stratum
from pathlift.outcomes.variables import Moments
from pathlift.registry.experiment import Arm, Column, Experiment
from pathlift.statistics.baseline import BASELINE_STATE, state_name
from pathlift.statistics.cells import Cell
from pathlift.statistics.clusters import Cluster, ClusterTable
from pathlift.statistics.landmarks import ClusterCell, LandmarkTable
from pathlift.statistics.moments import Group, objects

MOST = 100_000
"""Rows of a table of clusters that one run holds in memory."""


def clustered_arms(experiment: Experiment) -> tuple[tuple[int, Arm], ...]:
    """Analysed arms with clusters, by their number in file order.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of (int, Arm)
    """
    return tuple(
        (number, arm)
        for number, arm in enumerate(experiment.arms)
        if arm.cluster is not None and arm.analyzed
    )


def of_unit(experiment: Experiment, exposures: Exposures) -> exp.Expr:
    """The cluster of a unit as text, over ``exposed``; NULL in arms without clusters.

    Parameters
    ----------
    experiment : Experiment
    exposures : Exposures

    Returns
    -------
    Expr
    """
    branches = [
        (
            parse("exposed.arm = $number", number=value(number)),
            exp.cast(exposures.first(arm.cluster.column.name), "varchar"),
        )
        for number, arm in clustered_arms(experiment)
        if arm.cluster is not None
    ]
    return case(branches, exp.null())


def doubts(experiment: Experiment, exposures: Exposures) -> Iterator[Doubt]:
    """Units that no cluster holds, for each column: left out silently they would bias the arm.

    Parameters
    ----------
    experiment : Experiment
    exposures : Exposures

    Yields
    ------
    Doubt
    """
    numbers: dict[str, list[int]] = defaultdict(list)
    columns: dict[str, Column] = {}
    for number, arm in clustered_arms(experiment):
        if arm.cluster is not None:
            columns.setdefault(arm.cluster.column.name, arm.cluster.column)
            numbers[arm.cluster.column.name].append(number)
    for spelled, column in columns.items():
        of_arms = exp.In(
            this=parse("exposed.arm"), expressions=[value(number) for number in numbers[spelled]]
        )
        absent = parse("$c is null", c=exposures.first(spelled))
        yield Doubt(
            wrong=exp.and_(of_arms, absent),
            message=f"without a cluster in {spelled!r}",
            at=column.at,
            hint="correct them, or leave such exposures out with `where`",
        )


def cluster_table(
    ask: Ask, table: FactTable, chosen: Moments, populations: Populations
) -> ClusterTable | None:
    """Sums by cluster, for every population and for the levels of every segment.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    table : FactTable
    chosen : Moments
        Whose variables are added up.
    populations : Populations

    Returns
    -------
    ClusterTable or None
        None where no arm has clusters. A segment whose levels would make too many rows has none;
        nor have baseline states.
    """
    if not table.clustered:
        return None
    found: dict[Cluster, tuple[Any, ...]] = {}
    segments: list[tuple[int, str] | None] = [None]
    segments += [
        (place, dimension)
        for place, dimension in enumerate(table.segments)
        if table.levels["cluster"] * table.levels[f"segment{place}"] <= MOST
    ]
    for population in ("", *populations.columns):
        kept = [
            parse("$c is not null", c=name(column, "facts"))
            for column in populations.columns.get(population, ())
        ]
        for segment in segments:
            keys = ["arm", "maturity", "cluster"]
            keys += [] if segment is None else [f"segment{segment[0]}"]
            query = compose(
                "clusters",
                keys=[name(key, "facts") for key in keys],
                sums=chosen.totals(),
                kept=exp.and_(*kept) if kept else exp.true(),
            )
            title = " ".join(filter(None, ("clusters", segment and segment[1], population)))
            for row in ask(title, query):
                group = Group(
                    arm=table.arms[row[0]],
                    maturity=row[1],
                    population=population,
                    dimension=None if segment is None else segment[1],
                    level=None if segment is None else row[3],
                )
                found[Cluster(group=group, name=row[2])] = row[len(keys) :]
    if _states_fit(table):
        query = compose(
            "clusters",
            keys=[name(key, "facts") for key in ("arm", "maturity", "cluster", "baseline")],
            sums=chosen.totals(),
            kept=exp.true(),
        )
        for row in ask("clusters baseline_state", query):
            group = _of_state(table, row[0], row[1], row[3])
            found[Cluster(group=group, name=row[2])] = row[4:]
    return _table(ask, table, chosen, found)


def _states_fit(table: FactTable) -> bool:
    states: int = 2 ** len(table.held)
    return states > 1 and table.levels["cluster"] * states <= MOST


def _of_state(table: FactTable, arm: int, maturity: int, baseline: int) -> Group:
    return Group(
        arm=table.arms[arm],
        maturity=maturity,
        dimension=BASELINE_STATE,
        level=state_name(baseline),
    )


def _table(
    ask: Ask, table: FactTable, chosen: Moments, found: dict[Cluster, tuple[Any, ...]]
) -> ClusterTable:
    clusters = tuple(sorted(found, key=_in_order))
    none = np.zeros((len(clusters), 0), dtype=np.int64)
    unlabelled = ClusterTable(
        variables=chosen.variables,
        clusters=clusters,
        units=np.array([found[cluster][0] for cluster in clusters], dtype=np.int64),
        sums=objects((found[cluster][1:] for cluster in clusters), len(chosen.columns)),
        label_units=none,
        label_converted=none.copy(),
    )
    if not table.stages:
        return unlabelled
    return _labelled(ask, table, unlabelled, "label", by_state=_states_fit(table))


def relabelled(
    ask: Ask, table: FactTable, clusters: ClusterTable, label: str, under: str
) -> ClusterTable:
    """A table of clusters with the orderings that another column of ``facts`` holds.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    table : FactTable
    clusters : ClusterTable
        Whose sums stay; levels of baseline states are left out.
    label : str
        The column.
    under : str
        What the title of the query says of it.

    Returns
    -------
    ClusterTable
    """
    whole = clusters.by(
        lambda cluster: None if cluster.group.dimension == BASELINE_STATE else cluster
    )
    return _labelled(ask, table, whole, label, by_state=False, under=under)


def _labelled(
    ask: Ask,
    table: FactTable,
    clusters: ClusterTable,
    label: str,
    *,
    by_state: bool,
    under: str = "",
) -> ClusterTable:
    query = compose(
        "cluster_labels",
        label=name(label, "facts"),
        baseline=name("baseline", "facts") if by_state else value(0),
    )
    labelled = ask(f"cluster_labels {under}".strip(), query)
    place = {cluster: row for row, cluster in enumerate(clusters.clusters)}
    labels = tuple(sorted({row[4] for row in labelled}))
    counts = np.zeros((2, len(place), len(labels)), dtype=np.int64)
    for arm, maturity, cluster, baseline, code, units, converted in labelled:
        groups = [Group(arm=table.arms[arm], maturity=maturity)]
        groups += [_of_state(table, arm, maturity, baseline)] if by_state else []
        for group in groups:
            at = place[Cluster(group=group, name=cluster)], labels.index(code)
            counts[0][at] += units
            counts[1][at] += converted
    return replace(clusters, labels=labels, label_units=counts[0], label_converted=counts[1])


def _in_order(cluster: Cluster) -> tuple[Any, ...]:
    group = cluster.group
    return (
        group.arm,
        group.maturity,
        group.population,
        group.dimension or "",
        group.level is None,
        group.level or "",
        cluster.name,
    )


def landmark_table(ask: Ask, table: FactTable) -> LandmarkTable | None:
    """Units followed after completing an ordering, by cluster, label, baseline state and stratum.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    table : FactTable

    Returns
    -------
    LandmarkTable or None
        None where no arm has clusters or no stages are declared.
    """
    if not table.clustered or not table.stages:
        return None
    strata = [name(f"stratum{place}", "facts") for place in range(len(table.strata))]
    first = 5 + len(strata)
    found = [
        (
            ClusterCell(
                cell=Cell(
                    arm=table.arms[row[0]],
                    maturity=row[1],
                    label=row[3],
                    baseline=row[4],
                    stratum=stratum(row[5:first]),
                ),
                cluster=row[2],
            ),
            (row[first], row[first + 1]),
        )
        for row in ask("cluster_landmarks", compose("cluster_landmarks", strata=strata))
    ]
    found.sort(key=lambda pair: (pair[0].cluster, repr(pair[0].cell)))
    counts = np.array([numbers for _, numbers in found], dtype=np.int64).reshape(-1, 2)
    return LandmarkTable(
        rows=tuple(row for row, _ in found), lm_elig=counts[:, 0], lm_conv=counts[:, 1]
    )
