"""Statistics tables from plain columns of units, added up in Python, apart from all SQL."""

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from pathlift.statistics.cells import Cell, CellTable
from pathlift.statistics.collected import ArmFacts, Statistics
from pathlift.statistics.histogram import Column as HistogramColumn
from pathlift.statistics.histogram import HistogramTable, counted
from pathlift.statistics.moments import Group, MomentTable, Variable, objects

Columns = Mapping[str, npt.ArrayLike]


def moment_table(
    keys: Sequence[Group], columns: Columns, *, exact: bool = True, units: Mapping[str, float] = {}
) -> MomentTable:
    """One row per distinct key; `columns` hold stored numbers, one a unit."""
    arrays = {name: np.asarray(values).astype(object) for name, values in columns.items()}
    number = int if exact else float
    names = tuple(arrays)
    pairs = tuple(combinations_with_replacement(names, 2))
    groups = tuple(dict.fromkeys(keys))
    members = {group: [i for i, key in enumerate(keys) if key == group] for group in groups}
    counts, sums, products, cubes = [], [], [], []
    for group in groups:
        rows = members[group]
        chosen = {name: [number(arrays[name][i]) for i in rows] for name in names}
        counts.append((len(rows),))
        sums.append([sum(chosen[name]) for name in names])
        products.append(
            [sum(a * b for a, b in zip(chosen[i], chosen[j], strict=True)) for i, j in pairs]
        )
        cubes.append([sum(a**3 for a in chosen[name]) for name in names])
    return MomentTable(
        variables=tuple(
            Variable(name=name, exact=exact, unit=units.get(name, 1.0)) for name in names
        ),
        pairs=pairs,
        cubed=names,
        groups=groups,
        units=objects(counts, 1)[:, 0],
        sums=objects(sums, len(names)),
        products=objects(products, len(pairs)),
        cubes=objects(cubes, len(names)),
    )


def cell_table(
    arms: Sequence[str],
    labels: Sequence[int],
    converted: Sequence[int],
    covariates: Columns | None = None,
    *,
    baselines: Sequence[int] | None = None,
) -> CellTable:
    """One row per arm, label and baseline state."""
    columns = {name: np.asarray(v) for name, v in (covariates or {}).items()}
    states = [0] * len(arms) if baselines is None else baselines
    rows: dict[tuple[str, int, int], list[int]] = {}
    for i, key in enumerate(zip(arms, labels, states, strict=True)):
        rows.setdefault(key, []).append(i)
    cells = tuple(rows)
    y = np.asarray(converted)
    return CellTable(
        covariates=tuple(columns),
        cells=tuple(
            Cell(arm=arm, maturity=0, label=int(code), baseline=int(state))
            for arm, code, state in cells
        ),
        units=objects([(len(rows[c]),) for c in cells], 1)[:, 0],
        converted=objects([(int(y[rows[c]].sum()),) for c in cells], 1)[:, 0],
        covariate_sums=objects(
            [[_python(v[rows[c]].sum()) for v in columns.values()] for c in cells], len(columns)
        ),
        converted_covariate_sums=objects(
            [[_python((v[rows[c]] * y[rows[c]]).sum()) for v in columns.values()] for c in cells],
            len(columns),
        ),
    )


def _python(value: object) -> float | int:
    return value.item() if isinstance(value, np.generic) else value  # type: ignore[return-value]


def statistics_of(
    arms: Sequence[str],
    columns: Columns,
    *,
    exact: bool = True,
    units: Mapping[str, float] = {},
    labels: Sequence[int] | None = None,
    segments: Mapping[str, Sequence[str | None]] | None = None,
    declared: Sequence[str] | None = None,
    conversion: str = "conversion",
    quantiles: Columns | None = None,
    baselines: Sequence[int] | None = None,
) -> Statistics:
    """Statistics of mature units; ``x:...`` are covariates, `quantiles` values in their unit."""
    names = tuple(declared or dict.fromkeys(arms))
    covariates = tuple(name for name in columns if name.startswith("x:"))
    table = moment_table([Group(arm=arm) for arm in arms], columns, exact=exact, units=units)
    parts = [
        (Group(arm=arm, dimension=dimension, level=level), i)
        for dimension, levels in (segments or {}).items()
        for i, (arm, level) in enumerate(zip(arms, levels, strict=True))
    ]
    by_level = moment_table(
        [group for group, _ in parts],
        {name: np.asarray(v)[[i for _, i in parts]] for name, v in columns.items()},
        exact=exact,
        units=units,
    )
    cells = (
        cell_table(
            arms,
            labels,
            np.asarray(columns[conversion]).astype(int).tolist(),
            {name: columns[name] for name in covariates},
            baselines=baselines,
        )
        if labels is not None
        else cell_table((), (), (), dict.fromkeys(covariates, ()))
    )
    return Statistics(
        arms=tuple(
            ArmFacts(arm=arm, units=list(arms).count(arm), matured_units=list(arms).count(arm))
            for arm in names
        ),
        moments=table,
        days=moment_table([], {name: [] for name in columns}, exact=exact, units=units),
        segments=by_level,
        cells=cells,
        covariates=covariates,
        histograms=histogram_table(arms, quantiles or {}, segments or {}),
    )


def histogram_table(
    arms: Sequence[str],
    columns: Columns,
    segments: Mapping[str, Sequence[str | None]],
) -> HistogramTable:
    """Histograms by arm, and by arm and level of each segment."""
    keys = [[Group(arm=arm) for arm in arms]]
    keys += [
        [Group(arm=a, dimension=name, level=level) for a, level in zip(arms, levels, strict=True)]
        for name, levels in segments.items()
    ]
    return HistogramTable(
        histograms={
            HistogramColumn(group=group, metric=metric): counted(
                np.asarray(values, dtype=float)[[i for i, key in enumerate(of) if key == group]]
            )
            for metric, values in columns.items()
            for of in keys
            for group in dict.fromkeys(of)
        }
    )
