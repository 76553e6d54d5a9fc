"""Metrics of units that stand alone, many at once: those that ask the same are adjusted together.

Everything that levels of a segment or metrics of an experiment share is decided once: which rows of
the table, which covariates, which method. Knows neither clusters nor quantiles.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.adjustment import Method, adjusted_means, method_for
from pathlift.inference.arrays import Floats
from pathlift.inference.enough import (
    FEWEST,
    kept_covariates,
    too_few,
    too_small,
    without_denominator,
)
from pathlift.inference.measured import Measured, batch_of
from pathlift.inference.reading import Slice
from pathlift.registry.experiment import Metric
from pathlift.statistics.centring import Places, stacked
from pathlift.statistics.moments import Group, MomentTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One metric in one slice.

    Attributes
    ----------
    metric : Metric
    which : Slice
    names : tuple of str
        Variables that are read: of the metric, or of numerator and denominator.
    """

    metric: Metric
    which: Slice
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """What holds for every metric of one slice."""

    rows: tuple[int, ...]
    kept: tuple[str, ...]
    reason: str
    method: Method


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """An ask whose slice can be read: what is to be done to it."""

    place: int
    names: tuple[str, ...]
    level: _Level
    kept: tuple[str, ...]
    reason: str


def measured_together(
    table: MomentTable, asks: Sequence[Ask], arms: Sequence[str], covariates: Sequence[str]
) -> list[Measured | str]:
    """Measure metrics that read one table.

    Parameters
    ----------
    table : MomentTable
        From `level_table`: one row an arm and level.
    asks : sequence of Ask
    arms : sequence of str
        Analysed arms.
    covariates : sequence of str
        Variables ``x:...`` to adjust by.

    Returns
    -------
    list of Measured or str
        In the order of `asks`; the reason where one cannot be estimated.
    """
    slices = list(dict.fromkeys(ask.which for ask in asks))
    levels = dict(zip(slices, _levels(table, slices, arms, covariates), strict=True))
    found: list[Measured | str] = [""] * len(asks)
    readable: list[tuple[int, Ask, _Level]] = []
    for place, ask in enumerate(asks):
        level = levels[ask.which]
        if isinstance(level, str):
            found[place] = level
        else:
            readable.append((place, ask, level))
    sparse = _sparse(table, readable, arms) if covariates else {}
    alike: dict[tuple[str, tuple[str, ...], Method], list[_Row]] = {}
    for place, ask, level in readable:
        reason = sparse.get(place, "")
        kept = () if reason else level.kept
        row = _Row(
            place=place, names=ask.names, level=level, kept=kept, reason=reason or level.reason
        )
        method = level.method if kept else "means"
        alike.setdefault((ask.metric.kind, kept, method), []).append(row)
    for (kind, _, method), rows in alike.items():
        for place, measured in _adjusted(table, kind, method, rows, arms).items():
            found[place] = measured
    return found


def _levels(
    table: MomentTable, slices: Sequence[Slice], arms: Sequence[str], covariates: Sequence[str]
) -> list[_Level | str]:
    """What holds in each slice, or why nothing of it can be estimated."""
    rows = [
        tuple(
            table.rows.get(Group(arm=arm, dimension=which.dimension, level=which.level), -1)
            for arm in arms
        )
        for which in slices
    ]
    units = [[int(table.units[row]) if row >= 0 else 0 for row in each] for each in rows]
    found: list[_Level | str] = [too_small(arms, counts) for counts in units]
    enough = [place for place, reason in enumerate(found) if not reason]
    if not enough:
        return found
    names = [tuple(covariates)] * len(enough)
    sums = stacked(table, np.array([rows[place] for place in enough]), names)
    for row, place in enumerate(enough):
        kept, reason = kept_covariates(covariates, sums.mean[row], sums.covariance[row])
        method = method_for(sums.units[row], len(kept))
        found[place] = _Level(rows=rows[place], kept=kept, reason=reason, method=method)
    return found


def _sparse(
    table: MomentTable, readable: Sequence[tuple[int, Ask, _Level]], arms: Sequence[str]
) -> dict[int, str]:
    """Why proportions are not adjusted, by place, of those that are not."""
    asked = [each for each in readable if each[1].metric.kind == "proportion"]
    if not asked:
        return {}
    rows = np.array([level.rows for _, _, level in asked])
    successes, units = _counts(table, rows, [ask.names[0] for _, ask, _ in asked])
    fewest = np.minimum(successes, units - successes).min(axis=1)
    return {
        asked[at][0]: too_few(arms, successes[at], units[at])
        for at in np.flatnonzero(fewest < FEWEST)
    }


def _counts(table: MomentTable, rows: Places, names: Sequence[str]) -> tuple[Floats, Floats]:
    """Successes and units, shape of `rows`: one name a row of them."""
    columns = np.array([table.columns[name] for name in names], dtype=np.intp)
    return (
        table.sums[rows, columns[:, None]].astype(np.float64),
        table.units[rows].astype(np.float64),
    )


def _adjusted(
    table: MomentTable, kind: str, method: Method, rows: Sequence[_Row], arms: Sequence[str]
) -> dict[int, Measured | str]:
    """Adjust metrics of one kind; a slice that the engine refuses leaves the others."""
    at = np.array([row.level.rows for row in rows])
    sums = stacked(table, at, [(*row.names, *row.kept) for row in rows])
    try:
        means = adjusted_means(
            sums.units,
            sums.mean,
            sums.covariance,
            outcomes=len(rows[0].names),
            method=method,
            apart=sums.apart,
        )
    except NotEstimableError as refusal:
        levels = {row.level.rows: [r for r in rows if r.level is row.level] for row in rows}
        if len(levels) == 1:
            return {row.place: str(refusal) for row in rows}
        parts = [_adjusted(table, kind, method, some, arms) for some in levels.values()]
        return {place: measured for part in parts for place, measured in part.items()}
    empty = without_denominator(means, arms) if kind == "ratio" else {}
    if empty:
        found: dict[int, Measured | str] = {rows[row].place: said for row, said in empty.items()}
        left = [each for row, each in enumerate(rows) if row not in empty]
        return found | (_adjusted(table, kind, method, left, arms) if left else {})
    plain = kind == "proportion" and not rows[0].kept
    batch = batch_of(
        means,
        kind=kind,
        counts=_counts(table, at, [row.names[0] for row in rows]) if plain else None,
        kept=rows[0].kept,
        reasons=tuple(row.reason for row in rows),
        exact=_exact(table, rows),
        clusters=(None,) * len(arms),
    )
    return {row.place: Measured(batch, number) for number, row in enumerate(rows)}


def _exact(table: MomentTable, rows: Sequence[_Row]) -> tuple[bool, ...]:
    exact = {variable.name: variable.exact for variable in table.variables}
    kept = all(exact[name] for name in rows[0].kept)
    return tuple(kept and all(exact[name] for name in row.names) for row in rows)
