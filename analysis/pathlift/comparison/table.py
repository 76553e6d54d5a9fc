"""Which arms does a table hold, and has it the columns that were named? Reads the arm column."""

from collections.abc import Mapping
from pathlib import Path

from sqlglot import exp

from pathlift.comparison.wish import Wish
from pathlift.errors import DataError, Problem
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.relations import relation
from pathlift.outcomes.sources import describe
from pathlift.registry.experiment import (
    Column,
    Covariate,
    Data,
    Experiment,
    Metric,
    Source,
    UnitColumn,
)
from pathlift.registry.findings import did_you_mean

MOST_ARMS = 20


def arms_of(engine: Engine, path: str, wish: Wish) -> Mapping[str, int]:
    """Count the rows of every arm; the control comes first.

    Parameters
    ----------
    engine : Engine
        Allowed to read the files.
    path : str
        Absolute path of the table, or a glob.
    wish : Wish

    Returns
    -------
    mapping of str to int
        By how the data write the arm.

    Raises
    ------
    DataError
        If a column is missing or its type does not serve, if the column of the arm holds no arms,
        or if the control is not among them; the hint suggests what was meant.
    """
    probe = _probe(path, wish)
    table = relation(describe(engine, probe)["units"], probe)
    query = (
        exp.select(exp.column("arm"), exp.Count(this=exp.Star()))
        .from_(exp.Subquery(this=table, alias=exp.TableAlias(this=exp.to_identifier("rows"))))
        .group_by(exp.column("arm"))
        .order_by(exp.column("arm"))
        .limit(MOST_ARMS + 2)
    )
    counted = {value: int(rows) for value, rows in engine.rows(query)}
    arms = {value: rows for value, rows in counted.items() if value is not None}
    problems = _doubts(wish, arms, unknown=counted.get(None, 0))
    if problems:
        raise DataError(problems)
    return dict(sorted(arms.items(), key=lambda one: one[0] != wish.control))


def _doubts(wish: Wish, arms: Mapping[str, int], *, unknown: int) -> list[Problem]:
    subject = f"column {wish.arm!r}"
    if unknown:
        said = "1 row has" if unknown == 1 else f"{unknown:,} rows have"
        return [Problem(message=f"{said} no arm (NULL)", subject=subject, hint="leave them out")]
    if len(arms) > MOST_ARMS:
        return [
            Problem(
                message=f"more than {MOST_ARMS} values, such as {_listed(arms)}",
                subject=subject,
                hint="name the column that says which arm a unit was given",
            )
        ]
    if len(arms) < 2:
        return [Problem(message=f"only one arm: {_listed(arms)}", subject=subject)]
    if wish.control is None:
        return [
            Problem(
                message="which arm is the control?",
                subject=subject,
                hint=f"it holds {_listed(arms)}; name one of them",
            )
        ]
    if wish.control not in arms:
        return [
            Problem(
                message=f"no row has the control {wish.control!r}",
                subject=subject,
                hint=did_you_mean(wish.control, arms),
            )
        ]
    return []


def _listed(arms: Mapping[str, int]) -> str:
    return ", ".join(f"{value!r} ({rows:,})" for value, rows in list(arms.items())[:5])


def _probe(path: str, wish: Wish) -> Experiment:
    """The question without its arms, which nobody has read yet."""
    columns = (*wish.proportions, *wish.means, *wish.parts)
    return Experiment(
        name=Path(path).stem,
        file="",
        definition_hash="",
        data=Data(
            shape="units",
            root=Path(path).parent,
            sources=(Source(name="units", paths=(path,), columns={"arm": Column(name=wish.arm)}),),
        ),
        arms=(),
        unit=wish.unit,
        metrics=tuple(
            Metric(
                name=name,
                kind="proportion" if name in wish.proportions else "mean",
                source=UnitColumn(column=Column(name=name)),
            )
            for name in columns
        ),
        covariates=tuple(
            Covariate(name=name, column=Column(name=name)) for name in wish.covariates
        ),
    )
