"""From the table of unit facts to orderings under other rules for the stages (methods 1.3)."""

from itertools import combinations

from pathlift.outcomes.alternatives import label_column
from pathlift.outcomes.clusters import relabelled
from pathlift.outcomes.composing import compose, name
from pathlift.outcomes.engine import Ask
from pathlift.outcomes.fact_table import FactTable
from pathlift.outcomes.tables import covariate_sums
from pathlift.outcomes.variables import Moments
from pathlift.statistics.cells import Cell, CellTable
from pathlift.statistics.clusters import ClusterTable
from pathlift.statistics.moments import objects
from pathlift.statistics.multiverse import BASE, CrossTable, Multiverse, Pair, PresetTable


def multiverse(
    ask: Ask, table: FactTable, chosen: Moments, clusters: ClusterTable | None
) -> Multiverse:
    """Tables of orderings under every preset, and of their agreement.

    Parameters
    ----------
    ask : callable
        Runs a query under a name.
    table : FactTable
    chosen : Moments
        Whose covariates are summed.
    clusters : ClusterTable or None
        Of the experiment's own rules.

    Returns
    -------
    Multiverse
        Without presets: empty.
    """
    columns = {BASE: "label"} | {
        preset: label_column(place) for place, preset in enumerate(table.presets)
    }
    return Multiverse(
        presets=tuple(
            PresetTable(
                preset=preset,
                cells=_cells(ask, table, chosen, preset, columns[preset]),
                clusters=None
                if clusters is None
                else relabelled(ask, table, clusters, columns[preset], f"preset {preset}"),
            )
            for preset in table.presets
        ),
        pairs=tuple(
            _pairs(ask, table, one, other, columns) for one, other in combinations(columns, 2)
        ),
    )


def _cells(ask: Ask, table: FactTable, chosen: Moments, preset: str, column: str) -> CellTable:
    query = compose("preset_cells", label=name(column, "facts"), sums=covariate_sums(chosen))
    rows = sorted(ask(f"preset_cells {preset}", query), key=lambda row: row[:3])
    width = len(chosen.covariates)
    counts = objects((row[3:5] for row in rows), 2)
    return CellTable(
        covariates=chosen.covariates,
        cells=tuple(Cell(arm=table.arms[row[0]], maturity=row[1], label=row[2]) for row in rows),
        units=counts[:, 0],
        converted=counts[:, 1],
        covariate_sums=objects((row[5 : 5 + width] for row in rows), width),
        converted_covariate_sums=objects((row[5 + width :] for row in rows), width),
    )


def _pairs(ask: Ask, table: FactTable, one: str, other: str, columns: dict[str, str]) -> CrossTable:
    query = compose(
        "preset_pairs", one=name(columns[one], "facts"), other=name(columns[other], "facts")
    )
    rows = sorted(ask(f"preset_pairs {one} {other}", query))
    pairs = [
        Pair(arm=table.arms[row[0]], maturity=row[1], one=row[2], other=row[3]) for row in rows
    ]
    return CrossTable(
        one=one,
        other=other,
        units={pair: int(row[4]) for pair, row in zip(pairs, rows, strict=True)},
        converted={pair: int(row[5]) for pair, row in zip(pairs, rows, strict=True)},
    )
