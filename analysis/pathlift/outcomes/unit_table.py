"""From a table with one row per unit to the table of unit facts."""

from sqlglot import exp

from pathlift.outcomes import clusters, known_before, unit_facts
from pathlift.outcomes.analysed_units import Analysed, refuse_doubts
from pathlift.outcomes.composing import aliased, name, parse, value
from pathlift.outcomes.fact_table import FactTable
from pathlift.outcomes.following import follow_table
from pathlift.outcomes.running import Run
from pathlift.outcomes.summing_up import create_facts, fact_table


def last_times(run: Run) -> list[int | None]:
    """Latest instants of stages and outcome that are read.

    Parameters
    ----------
    run : Run
        What is known so far.

    Returns
    -------
    list of int or None
    """
    columns = [c for c in run.exposures.carried if c in known_before.TIME_COLUMNS]
    if not (run.exposures.timed and columns):
        return []
    found = [
        aliased(
            parse(
                "max($c) filter (where $c < $bound)",
                c=name(column, "exposures"),
                bound=value(run.bound),
            ),
            column,
        )
        for column in columns
    ]
    query = exp.select(*found).from_("exposures").with_("exposures", as_=run.exposures.query)
    return list(run.ask("last_times", query)[0])


def table_facts(run: Run, analysed: Analysed, watermark: int) -> FactTable:
    """Make the table ``facts`` from a table of units.

    Parameters
    ----------
    run : Run
        What is known so far.
    analysed : Analysed
        From `expose`.
    watermark : int
        Instant from which on rows are not read.

    Returns
    -------
    FactTable

    Raises
    ------
    DataError
        If values of analysed units cannot be counted with.
    """
    when = unit_facts.Moment(
        watermark=watermark,
        lengths=(),
        days=analysed.days,
        follow=follow_table(run.experiment, timed=run.exposures.timed),
    )
    purchase = unit_facts.purchase(run.experiment, run.exposures, when)
    metrics, doubts = known_before.unit_metrics(run.experiment, run.exposures, purchase)
    covariates, more = known_before.covariates(run.experiment, run.exposures)
    refuse_doubts(run, [*doubts, *more, *clusters.doubts(run.experiment, run.exposures)])
    query = unit_facts.of_units(run.experiment, run.exposures, [*metrics, *covariates], when)
    create_facts(run, query)
    return fact_table(run, analysed.days, metrics, covariates, following=when.follow)


def counters(run: Run) -> dict[str, exp.Expr]:
    """Aggregates over ``facts`` for the quality table.

    Parameters
    ----------
    run : Run
        What is known so far.

    Returns
    -------
    dict of str to Expr
    """
    outcome = run.experiment.outcome
    if outcome is None or not run.exposures.timed:
        return {}
    return {"purchase_at_exposure": parse("count(*) filter (where facts.outcome_at_start)")}
