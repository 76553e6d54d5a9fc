"""Rows under the unit that was randomised, where a unit has further ids (methods 1.4, E18).

One step from an id to its unit, before any other rule: what comes after knows units only.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp

from pathlift.outcomes.composing import compose, name
from pathlift.outcomes.described import Described
from pathlift.outcomes.engine import Engine
from pathlift.outcomes.relations import relation
from pathlift.registry.experiment import Experiment
from pathlift.statistics.collected import Count


def identified(
    engine: Engine, described: Mapping[str, Described], source: str, experiment: Experiment
) -> exp.Select:
    """The rows of a source, under the units of their ids.

    Parameters
    ----------
    engine : Engine
    described : mapping of str to Described
        All sources.
    source : str
        Name of one of them.
    experiment : Experiment

    Returns
    -------
    Select
        As `relation` gives it; where identities are declared and have rows, ``unit`` is the unit
        that the id belongs to. An id of several units stays as it was logged, since nobody knows
        which of them a row was of; so does one whose unit is itself another unit's id.
    """
    rows = relation(described[source], experiment)
    known = described.get("identities")
    if known is None or not known.rows:
        return rows
    columns = [column for column in engine.columns(rows) if column.lower() != "unit"]
    query = compose(
        "identified",
        {"identities": relation(known, experiment), "source_rows": rows},
        columns=[name(column, "source_rows") for column in columns],
    )
    assert isinstance(query, exp.Select)  # the template is one
    return query


def table_query(known: Described, experiment: Experiment) -> exp.Expr:
    """What the table of identities holds.

    Parameters
    ----------
    known : Described
        The source ``identities``.
    experiment : Experiment

    Returns
    -------
    Expr
    """
    return compose("identities", {"identities": relation(known, experiment)})


def units_query(known: Described, experiment: Experiment) -> exp.Expr:
    """How many analysed units have further ids, over ``exposed``.

    Parameters
    ----------
    known : Described
        The source ``identities``.
    experiment : Experiment

    Returns
    -------
    Expr
    """
    return compose("identified_units", {"identities": relation(known, experiment)})


def counts(
    table: Sequence[tuple[Any, ...]], by_arm: Sequence[tuple[Any, ...]], experiment: Experiment
) -> Iterator[Count]:
    """Counters of both queries.

    Parameters
    ----------
    table, by_arm : sequence of tuple
        Of `table_query` and `units_query`.
    experiment : Experiment

    Yields
    ------
    Count
        Zeros included.
    """
    columns = ("ids", "ids_of_several_units", "ids_of_ids", "incomplete_identities")
    for counter, count in zip(columns, table[0], strict=True):
        yield Count(name=counter, count=count)
    found = dict(by_arm)
    for number, arm in enumerate(experiment.arms):
        yield Count(name="identified_units", count=found.get(number, 0), arm=arm.name)
