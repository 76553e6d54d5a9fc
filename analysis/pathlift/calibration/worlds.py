"""Experiments and statistics tables made of numbers alone, as a run would hold them.

What `analyze` gets from a definition and from SQL, without either: the same values of the same
types, so that the same functions read them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pathlift.inference.arrays import Floats
from pathlift.registry.experiment import (
    STAGES,
    Analysis,
    Arm,
    Column,
    Contrast,
    Data,
    DecisionRule,
    Experiment,
    Metric,
    OutcomeSource,
    RatioOf,
    StageDefinition,
    UnitColumn,
)
from pathlift.statistics.cells import CellTable
from pathlift.statistics.clusters import Cluster, ClusterTable
from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.moments import Group, MomentTable, Variable, objects

Counts = npt.NDArray[np.int64]
"""Units by group and cell."""


def made_metric(name: str, kind: str = "mean", **changes: Any) -> Metric:
    """Make a metric; of kind proportion it is the outcome, of kind ratio one of ``y`` over ``d``.

    Parameters
    ----------
    name : str
    kind : {"proportion", "mean", "ratio", "quantile"}
    **changes
        Other fields of `Metric`.

    Returns
    -------
    Metric
        Primary.
    """
    source: OutcomeSource | UnitColumn | RatioOf = UnitColumn(column=Column(name=name))
    if kind == "proportion" and name == "conversion":
        source = OutcomeSource()
    if kind == "ratio":
        source = RatioOf(numerator="y", denominator="d")
    given: dict[str, Any] = {"name": name, "kind": kind, "source": source, "role": "primary"}
    return Metric(**given | changes)


def made_experiment(
    arms: Sequence[str] | Sequence[Arm],
    metrics: Sequence[Metric],
    *,
    contrasts: Sequence[tuple[str, str]] = (),
    stages: bool = False,
    analysis: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Experiment:
    """Make an experiment whose first arm is the control.

    Parameters
    ----------
    arms : sequence of str or Arm
    metrics : sequence of Metric
    contrasts : sequence of (str, str), optional
        Arm and control; else every other arm against the first.
    stages : bool, default False
        Whether the three stages are declared.
    analysis : mapping, optional
        Other fields of `Analysis`.
    **changes
        Other fields of `Experiment`.

    Returns
    -------
    Experiment
        Of shape units; it has no file.
    """
    made = [arm if isinstance(arm, Arm) else Arm(name=arm, value=arm) for arm in arms]
    made[0] = replace(made[0], control=True)
    pairs = contrasts or [(arm.name, made[0].name) for arm in made[1:]]
    settings: dict[str, Any] = {"alpha": 0.05, "multiplicity": "max_t"} | dict(analysis or {})
    given: dict[str, Any] = {
        "name": "calibration",
        "file": "calibration",
        "definition_hash": "0" * 64,
        "data": Data(shape="units", root=Path(), sources=()),
        "arms": tuple(made),
        "metrics": tuple(metrics),
        "stages": tuple(StageDefinition(name=stage) for stage in STAGES) if stages else (),
        "conversion": next((m.name for m in metrics if isinstance(m.source, OutcomeSource)), None),
        "analysis": Analysis(
            contrasts=tuple(Contrast(arm=arm, control=control) for arm, control in pairs),
            **settings,
        ),
        "decision": DecisionRule(success=tuple(m.name for m in metrics if m.role == "primary")),
    }
    return Experiment(**given | changes)


def moments_of_cells(
    groups: Sequence[Group], counts: Counts, values: Mapping[str, Sequence[int]]
) -> MomentTable:
    """Sums, products and cubes of units that fall into cells of known values, in exact integers.

    Parameters
    ----------
    groups : sequence of Group
    counts : Counts, shape (groups, cells)
    values : mapping of str to sequence of int
        By variable: its value in each cell.

    Returns
    -------
    MomentTable
    """
    names = tuple(values)
    pairs = tuple(combinations_with_replacement(names, 2))
    columns = {name: np.asarray(values[name], dtype=np.int64) for name in names}
    n = np.asarray(counts, dtype=np.int64)
    return MomentTable(
        variables=tuple(Variable(name=name) for name in names),
        pairs=pairs,
        cubed=names,
        groups=tuple(groups),
        units=_column(n.sum(axis=1)),
        sums=_table([n @ columns[name] for name in names], len(groups)),
        products=_table([n @ (columns[a] * columns[b]) for a, b in pairs], len(groups)),
        cubes=_table([n @ columns[name] ** 3 for name in names], len(groups)),
    )


def moments_of_units(groups: Sequence[Group], columns: Sequence[Mapping[str, Any]]) -> MomentTable:
    """Sums, products and cubes of units with values of any kind, as floats.

    Parameters
    ----------
    groups : sequence of Group
    columns : sequence of mapping of str to array
        One mapping a group: by variable, one value a unit.

    Returns
    -------
    MomentTable
    """
    names = tuple(columns[0])
    pairs = tuple(combinations_with_replacement(names, 2))
    stacked = [np.stack([np.asarray(of[name], dtype=float) for name in names]) for of in columns]
    grams = [x @ x.T for x in stacked]
    at = {name: place for place, name in enumerate(names)}
    return MomentTable(
        variables=tuple(Variable(name=name, exact=False) for name in names),
        pairs=pairs,
        cubed=names,
        groups=tuple(groups),
        units=_column(np.array([x.shape[1] for x in stacked])),
        sums=objects([x.sum(axis=1).tolist() for x in stacked], len(names)),
        products=objects([[float(g[at[a], at[b]]) for a, b in pairs] for g in grams], len(pairs)),
        cubes=objects([(x**3).sum(axis=1).tolist() for x in stacked], len(names)),
    )


def no_moments(groups: Sequence[Group], units: Sequence[int]) -> MomentTable:
    """Units of groups without any variable, for metrics that are read elsewhere.

    Parameters
    ----------
    groups : sequence of Group
    units : sequence of int

    Returns
    -------
    MomentTable
    """
    return MomentTable(
        variables=(),
        pairs=(),
        cubed=(),
        groups=tuple(groups),
        units=_column(np.array(units)),
        sums=objects([() for _ in groups], 0),
        products=objects([() for _ in groups], 0),
        cubes=objects([() for _ in groups], 0),
    )


def made_statistics(
    moments: MomentTable,
    *,
    arms: Sequence[str] = (),
    cells: CellTable | None = None,
    **changes: Any,
) -> Statistics:
    """Statistics of mature units, one group an arm.

    Parameters
    ----------
    moments : MomentTable
        By arm.
    arms : sequence of str, optional
        Declared arms; else those of the groups.
    cells : CellTable, optional
    **changes
        Other fields of `Statistics`.

    Returns
    -------
    Statistics
    """
    units = {group.arm: int(n) for group, n in zip(moments.groups, moments.units, strict=True)}
    nothing = MomentTable(
        variables=moments.variables,
        pairs=moments.pairs,
        cubed=moments.cubed,
        groups=(),
        units=_column(np.zeros(0, dtype=np.int64)),
        sums=objects((), len(moments.variables)),
        products=objects((), len(moments.pairs)),
        cubes=objects((), len(moments.cubed)),
    )
    covariates = tuple(v.name for v in moments.variables if v.name.startswith("x:"))
    given: dict[str, Any] = {
        "arms": tuple(
            ArmFacts(arm=arm, units=units.get(arm, 0), matured_units=units.get(arm, 0))
            for arm in arms or units
        ),
        "moments": moments,
        "days": nothing,
        "segments": nothing,
        "cells": cells or no_cells(),
        "covariates": covariates,
    }
    return Statistics(**given | changes)


def one_metric_of_clusters(
    arms: Sequence[str], name: str, units: Floats, hits: Counts | Floats, *, by_cluster: bool = True
) -> Statistics:
    """Tables of one metric of zeros and ones, of units in clusters.

    Parameters
    ----------
    arms : sequence of str
    name : str
        Of the metric.
    units, hits : array, shape (arms, clusters)
        Whole numbers.
    by_cluster : bool, default True
        Whether the table by cluster is among them.

    Returns
    -------
    Statistics
    """
    n, x = units.astype(np.int64), hits.astype(np.int64)
    sums = objects([(each,) for each in x.sum(axis=1).tolist()], 1)
    moments = MomentTable(
        variables=(Variable(name=name),),
        pairs=((name, name),),
        cubed=(name,),
        groups=tuple(Group(arm=arm) for arm in arms),
        units=n.sum(axis=1).astype(object),
        sums=sums,
        products=sums.copy(),
        cubes=sums.copy(),
    )
    if not by_cluster:
        return made_statistics(moments)
    none = np.zeros((n.size, 0), dtype=np.int64)
    table = ClusterTable(
        variables=(Variable(name=name),),
        clusters=tuple(
            Cluster(group=Group(arm=arm), name=f"{place:04}")
            for arm in arms
            for place in range(n.shape[1])
        ),
        units=n.ravel(),
        sums=objects([(each,) for each in x.ravel().tolist()], 1),
        label_units=none,
        label_converted=none.copy(),
    )
    return made_statistics(moments, clusters=table)


def no_cells() -> CellTable:
    """Make an empty table of labels, for experiments without stages.

    Returns
    -------
    CellTable
    """
    none = _column(np.zeros(0, dtype=np.int64))
    return CellTable(
        covariates=(),
        cells=(),
        units=none,
        converted=none.copy(),
        covariate_sums=objects((), 0),
        converted_covariate_sums=objects((), 0),
    )


def _column(values: Counts) -> npt.NDArray[np.object_]:
    return np.asarray(values).astype(object)


def _table(columns: Sequence[Counts], rows: int) -> npt.NDArray[np.object_]:
    if not columns:
        return objects([() for _ in range(rows)], 0)
    return np.stack(columns, axis=1).astype(object)
