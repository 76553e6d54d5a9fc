"""What the first row of a unit says: covariates, segments, strata, and the outcomes of ``units``.

Pure planning over the table ``exposed``; runs nothing.
"""

from collections.abc import Iterator

from sqlglot import exp

from pathlift.outcomes.composing import aliased, case, parse, value
from pathlift.outcomes.exposing import Exposures
from pathlift.outcomes.fact_table import Doubt, Number
from pathlift.outcomes.scaling import steps
from pathlift.registry.experiment import Covariate, Experiment, Metric, OutcomeSource, UnitColumn

MAX_LEVELS = 50
TIME_COLUMNS = ("need_us", "touchpoint_us", "trust_us", "outcome_us")  # of a table of units


def carried_columns(experiment: Experiment) -> tuple[str, ...]:
    """Columns of exposures or units that a unit's first row decides, each once.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of str
    """
    found: dict[str, str] = {}
    for column in _carried(experiment):
        found.setdefault(column.lower(), column)
    return tuple(found.values())


def _carried(experiment: Experiment) -> Iterator[str]:
    for covariate in experiment.covariates:
        if covariate.column is not None:
            yield covariate.column.name
    yield from (column.name for column in (*experiment.segments, *experiment.strata))
    for arm in experiment.analyzed_arms:
        if arm.cluster is not None:
            yield arm.cluster.column.name
    if experiment.data.shape != "units":
        return
    for metric in experiment.metrics:
        if isinstance(metric.source, UnitColumn):
            yield metric.source.column.name
    yield from (f"{stage.name}_us" for stage in experiment.stages if stage.column is not None)
    if experiment.outcome is not None and experiment.outcome.column is not None:
        yield "outcome_us"


def levels(experiment: Experiment, exposures: Exposures) -> list[exp.Expr]:
    """``segment0``, ... and ``stratum0``, ... as text; NULL stays NULL.

    Parameters
    ----------
    experiment : Experiment
    exposures : Exposures
        Who was exposed.

    Returns
    -------
    list of Expr
    """
    named = [("segment", experiment.segments), ("stratum", experiment.strata)]
    return [
        aliased(exp.cast(exposures.first(column.name), "varchar"), f"{kind}{place}")
        for kind, columns in named
        for place, column in enumerate(columns)
    ]


def covariates(experiment: Experiment, exposures: Exposures) -> tuple[list[Number], list[Doubt]]:
    """Covariates that are columns, and the values that they cannot have.

    Parameters
    ----------
    experiment : Experiment
    exposures : Exposures
        Who was exposed.

    Returns
    -------
    (list of Number, list of Doubt)

    Raises
    ------
    DataError
        If one is not a number.
    """
    numbers: list[Number] = []
    doubts: list[Doubt] = []
    for place, covariate in enumerate(experiment.covariates):
        if covariate.column is not None:
            _covariate(covariate, covariate.column.name, f"x{place}", exposures, numbers, doubts)
    return numbers, doubts


def _covariate(
    covariate: Covariate,
    named: str,
    column: str,
    exposures: Exposures,
    numbers: list[Number],
    doubts: list[Doubt],
) -> None:
    stored = steps(
        exposures.first(named),
        exposures.kind(named),
        covariate.unit,
        what=f"covariate {covariate.name!r}",
        at=covariate.at,
    )
    if stored.refused is not None:
        doubts.append(
            Doubt(
                wrong=stored.refused,
                message=f"with values of covariate {covariate.name!r} that {stored.why}",
                at=covariate.at,
                hint="correct them, or compute a column with `derive`",
            )
        )
    numbers.append(
        Number(
            name=covariate.name,
            column=column,
            value=stored.stored,
            exact=stored.exact,
            unit=stored.unit,
            nullable=True,
        )
    )


def unit_metrics(
    experiment: Experiment, exposures: Exposures, purchase: exp.Expr
) -> tuple[list[Number], list[Doubt]]:
    """Metrics of shape ``units``, and the values that they cannot have.

    Parameters
    ----------
    experiment : Experiment
    exposures : Exposures
    purchase : Expr
        Distance of the outcome, NULL where it did not happen in the window.

    Returns
    -------
    (list of Number, list of Doubt)

    Raises
    ------
    DataError
        If a column is not a number.
    """
    numbers: list[Number] = []
    doubts: list[Doubt] = []
    for metric in experiment.metrics:
        column = f"y{len(numbers)}"
        match metric.source:
            case OutcomeSource():
                happened = case([(parse("$p is not null", p=purchase), value(1))], value(0))
                numbers.append(Number(name=metric.name, column=column, value=happened))
            case UnitColumn():
                numbers.append(_unit_metric(metric, metric.source, column, exposures, doubts))
            case _ if metric.kind != "ratio":
                raise TypeError(f"metric {metric.name!r} has no place in a table of units")
            case _:
                continue
    return numbers, doubts


def _unit_metric(
    metric: Metric, source: UnitColumn, column: str, exposures: Exposures, doubts: list[Doubt]
) -> Number:
    at = source.column.at or metric.at
    first = exposures.first(source.column.name)
    what = f"metric {metric.name!r}"
    stored = steps(first, exposures.kind(source.column.name), source.unit, what=what, at=at)
    if metric.kind == "proportion":
        doubts.append(
            Doubt(
                wrong=parse("cast($c as double) not in (0, 1)", c=first),
                message=f"with values of {what} that are neither 0 nor 1",
                at=at,
                hint="a proportion is 0 and 1, or true and false; else say `kind: mean`",
            )
        )
        stored_value: exp.Expr = exp.cast(first, "int")
        exact, unit = True, 1.0
    else:
        stored_value, exact, unit = stored.stored, stored.exact, stored.unit
        if stored.refused is not None:
            doubts.append(
                Doubt(
                    wrong=stored.refused,
                    message=f"with values of {what} that {stored.why}",
                    at=at,
                    hint="correct them, or compute a column with `derive`",
                )
            )
    if source.null == "refuse":
        doubts.append(
            Doubt(
                wrong=parse("$c is null", c=first),
                message=f"without a value of {what}",
                at=at,
                hint="say `null: zero` where none means 0, or `null: exclude` to leave them out",
            )
        )
    if source.null == "zero":
        stored_value = parse("coalesce($v, 0)", v=stored_value)
    return Number(
        name=metric.name,
        column=column,
        value=stored_value,
        exact=exact,
        unit=unit,
        nullable=source.null == "exclude",
    )
