"""When and in which arm every unit was first seen, and what was known about it then.

Serves exposures of ``journeys`` and the table of ``units`` alike. Composes; runs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlglot import exp

from pathlift.outcomes.calendar import day_start
from pathlift.outcomes.composing import aliased, all_of, any_of, case, compose, name, parse, value
from pathlift.outcomes.relations import TIMES
from pathlift.registry.experiment import Experiment

NO_TIME = 0  # what t0 is where a table of units has no times


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposures:
    """The source that says who was exposed, and its columns.

    Attributes
    ----------
    query : Query
        A relation of `pathlift.outcomes.relations`.
    types : mapping of str to str
        Its columns with their DuckDB types.
    excluded : Query or None
        Units to leave out.
    carried : tuple of str
        Columns that a unit's first row decides.
    assigned : Query or None
        Who was assigned, exposed or not.
    """

    query: exp.Expr
    types: Mapping[str, str]
    excluded: exp.Expr | None
    carried: tuple[str, ...]
    assigned: exp.Expr | None = None

    @property
    def timed(self) -> bool:
        """Whether exposures have times."""
        return TIMES["exposed_at"] in self.types

    @property
    def unit(self) -> exp.Expr:
        """The unit of a row; without one each row is a unit of its own."""
        return name("unit", "exposures") if "unit" in self.types else parse("row_number() over ()")

    @property
    def exposed(self) -> exp.Expr:
        """The time of a row."""
        return name(TIMES["exposed_at"], "exposures") if self.timed else value(NO_TIME)

    def kind(self, column: str) -> str:
        """DuckDB type of a column, by any spelling of its case.

        Parameters
        ----------
        column : str

        Returns
        -------
        str
        """
        kinds = {spelled.lower(): kind for spelled, kind in self.types.items()}
        return kinds[column.lower()]

    def first(self, column: str) -> exp.Column:
        """A carried column as the first row has it, in the table ``exposed``.

        Parameters
        ----------
        column : str
            One of `carried`.

        Returns
        -------
        Column
        """
        return name(f"c{self._place(column)}", "exposed")

    def _place(self, column: str) -> int:
        return [carried.lower() for carried in self.carried].index(column.lower())

    @property
    def sources(self) -> dict[str, exp.Expr]:
        """Relations by the name under which queries read them."""
        excluded = self.excluded
        if excluded is None:  # typed like the units, or comparing the two would convert them
            excluded = exp.select(exp.alias_(exp.null(), "unit")).where(exp.false())
            if "unit" in self.types:
                typed = exp.cast(exp.null(), self.types["unit"], dialect="duckdb")
                excluded = exp.select(exp.alias_(typed, "unit")).where(exp.false())
        return {"exposures": self.query, "exclude_units": excluded}


def log_of(exposures: Exposures, experiment: Experiment, bound: int) -> exp.Expr:
    """What the exposures hold before any rule; rows at or after `bound` are not read.

    Parameters
    ----------
    exposures : Exposures
        Who was exposed.
    experiment : Experiment
    bound : int
        Instant from which on rows are not read.

    Returns
    -------
    Expr
    """
    return compose(
        "exposure_log",
        exposures.sources,
        bound=bound,
        misdelivered=misdelivered(exposures, experiment),
        unit=exposures.unit if "unit" in exposures.types else value(1),
        exposed=exposures.exposed,
    )


def first_exposures(exposures: Exposures, experiment: Experiment, watermark: int) -> exp.Expr:
    """Statement that makes the table ``exposed``; `watermark` as in `log_of`.

    Parameters
    ----------
    exposures : Exposures
        Who was exposed.
    experiment : Experiment
    watermark : int
        Instant from which on rows are not read.

    Returns
    -------
    Expr
    """
    aliases = [f"c{place}" for place in range(len(exposures.carried))]
    columns = [name(alias) for alias in aliases]
    at_start = parse("read.exposed_us = repeated.t0")
    drops = experiment.analysis.misdelivered == "exclude"
    kept = experiment.analysis.crossovers != "exclude"
    return compose(
        "first_exposures",
        exposures.sources,
        watermark=watermark,
        delivered=exp.not_(misdelivered(exposures, experiment)) if drops else exp.true(),
        unit=exposures.unit,
        exposed=exposures.exposed,
        arm=_arm_number(experiment),
        arms=len(experiment.arms),
        carried=[
            aliased(name(theirs, "exposures"), alias)
            for theirs, alias in zip(exposures.carried, aliases, strict=True)
        ],
        smallest_first=[
            aliased(
                parse("min($c) filter (where $now)", c=name(column.name, "read"), now=at_start),
                column.name,
            )
            for column in columns
        ],
        conflicts=[aliased(_conflict(alias, at_start), f"k{alias}") for alias in aliases],
        single=[
            *(aliased(exp.false(), f"k{alias}") for alias in aliases),
            *(name(alias, "read") for alias in aliases),
        ],
        several=[
            *(
                aliased(
                    parse("coalesce($k, false)", k=name(f"k{alias}", "first_rows")), f"k{alias}"
                )
                for alias in aliases
            ),
            *(name(alias, "first_rows") for alias in aliases),
        ],
        in_period=_in_period(experiment),
        crossover_kept=exp.true() if kept else parse("decided.next_arm is null"),
    )


def assignments(exposures: Exposures, experiment: Experiment, watermark: int) -> exp.Expr:
    """What became of assigned units, over ``exposed``; `watermark` as in `log_of`.

    Parameters
    ----------
    exposures : Exposures
        Who was exposed, and who was assigned.
    experiment : Experiment
    watermark : int
        Instant from which on rows are not read.

    Returns
    -------
    Expr

    Raises
    ------
    ValueError
        Where no assignments are declared.
    """
    if exposures.assigned is None:
        raise ValueError("no assignments are declared")
    return compose(
        "assignments",
        {"assignments": exposures.assigned} | exposures.sources,
        watermark=watermark,
        arm=_arm_number(experiment, "assignments"),
        arms=len(experiment.arms),
        in_period=_in_period(experiment, "decided.assigned_us"),
        before=parse("exposed.t0 < assigned.assigned_us") if exposures.timed else exp.false(),
    )


def conflicting(exposures: Exposures) -> list[exp.Expr]:
    """Per carried column, how many units have first rows that differ, over ``exposed``.

    Parameters
    ----------
    exposures : Exposures
        Who was exposed.

    Returns
    -------
    list of Expr
    """
    counted = "exposed.in_period and not exposed.excluded and not exposed.ambiguous"
    return [
        aliased(
            parse(f"count(*) filter (where {counted} and $k)", k=name(f"kc{place}", "exposed")),
            f"k{place}",
        )
        for place in range(len(exposures.carried))
    ]


def misdelivered(exposures: Exposures, experiment: Experiment) -> exp.Expr:
    """Whether a row's ``received`` is not what its arm should have received.

    Parameters
    ----------
    exposures : Exposures
        Who was exposed.
    experiment : Experiment

    Returns
    -------
    Expr
    """
    if "received" not in exposures.types:
        return exp.false()
    return any_of(
        [
            parse(
                "exposures.arm = $arm and exposures.received is distinct from $received",
                arm=value(arm.value),
                received=value(arm.received),
            )
            for arm in experiment.arms
            if arm.received is not None
        ]
    )


def _arm_number(experiment: Experiment, source: str = "exposures") -> exp.Expr:
    return case(
        [
            (parse(f"{source}.arm = $arm", arm=value(arm.value)), value(number))
            for number, arm in enumerate(experiment.arms)
        ],
        exp.null(),
    )


def _conflict(alias: str, at_start: exp.Expr) -> exp.Expr:
    """Whether rows of the first instant differ in a carried column, NULL being a value."""
    return parse(
        "min($c) filter (where $now) <> max($c) filter (where $now)"
        " or count(*) filter (where $now and $c is null)"
        " between 1 and count(*) filter (where $now) - 1",
        c=name(alias, "read"),
        now=at_start,
    )


def _in_period(experiment: Experiment, time: str = "decided.t0") -> exp.Expr:
    tests: list[exp.Expr] = []
    if experiment.first_day is not None:
        start = value(day_start(experiment.first_day, experiment.timezone))
        tests.append(parse(f"{time} >= $start", start=start))
    if experiment.last_day is not None:
        stop = value(day_after(experiment))
        tests.append(parse(f"{time} < $stop", stop=stop))
    return all_of(tests)


def day_after(experiment: Experiment) -> int:
    """First instant after the period.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    int
    """
    if experiment.last_day is None:
        raise ValueError("a period without an end")
    return day_start(experiment.last_day + timedelta(days=1), experiment.timezone)
