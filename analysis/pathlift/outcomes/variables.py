"""Which sums and products of unit numbers the statistics need, and how SQL adds them up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlglot import exp

from pathlift.errors import DataError, Problem
from pathlift.outcomes.composing import aliased, call, case, name, parse, value
from pathlift.outcomes.fact_table import FactTable, Number
from pathlift.registry.experiment import Experiment, MetricFamily, RatioOf
from pathlift.statistics.collected import Cap
from pathlift.statistics.moments import Variable

_TOGETHER = 20  # parts of success metrics: 190 products; more are corrected by Bonferroni
_BIGINT = 2**62
_LARGEST = 10**38  # what every engine holds: DECIMAL(38) of Spark, below the 2**127 of DuckDB


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Smallest and largest stored value of a number, and how many units lack it.

    Attributes
    ----------
    low, high : int or float
        0 where no unit has a value.
    missing : int
    """

    low: int | float
    high: int | float
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A variable and what is added up for it, over ``facts``."""

    variable: Variable
    stored: exp.Expr
    largest: int  # of its absolute value; 0 where not exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Columns of a table of moments.

    Attributes
    ----------
    columns : tuple of Column
    pairs : tuple of (str, str)
    cubed : tuple of str
    covariates : tuple of str
        Names of variables that adjust.
    """

    columns: tuple[Column, ...]
    pairs: tuple[tuple[str, str], ...]
    cubed: tuple[str, ...]
    covariates: tuple[str, ...]

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables."""
        return tuple(column.variable for column in self.columns)

    def column(self, named: str) -> Column:
        """Return the column of a variable.

        Parameters
        ----------
        named : str
            Name.

        Returns
        -------
        Column
        """
        return next(column for column in self.columns if column.variable.name == named)

    def sums(self) -> list[exp.Expr]:
        """``n``, ``s0``, ..., ``p0``, ..., ``k0``, ... over ``facts``."""
        return [aliased(added, alias) for alias, _, added in self._added()]

    def totals(self) -> list[exp.Expr]:
        """``n``, ``s0``, ... over ``facts``: units and sums, without products and powers."""
        return self.sums()[: 1 + len(self.columns)]

    def rolled(self) -> list[exp.Expr]:
        """The same over a table that holds them."""
        return [
            aliased(call("sum" if exact else "fsum", name(alias)), alias)
            for alias, exact, _ in self._added()
        ]

    def _added(self) -> Iterator[tuple[str, bool, exp.Expr]]:
        """Alias, exactness and aggregate of every sum."""
        yield "n", True, parse("count(*)")
        for place, column in enumerate(self.columns):
            exact = column.variable.exact
            yield f"s{place}", exact, _sum([column])
        for place, pair in enumerate(self.pairs):
            both = [self.column(named) for named in pair]
            yield f"p{place}", all(c.variable.exact for c in both), _sum(both)
        for place, named in enumerate(self.cubed):
            column = self.column(named)
            yield f"k{place}", column.variable.exact, _sum([column] * 3)


def moments(
    experiment: Experiment,
    table: FactTable,
    extents: Mapping[str, Extent],
    caps: Mapping[str, Cap],
    units: int,
) -> Moments:
    """Choose the sums: declared products only, methods 3.1.

    Parameters
    ----------
    experiment : Experiment
    table : FactTable
    extents : mapping of str to Extent
        By column of the table.
    caps : mapping of str to Cap
        Of winsorised metrics, by name.
    units : int
        How many are added up.

    Returns
    -------
    Moments

    Raises
    ------
    DataError
        If a sum could leave 128 bits.
    """
    columns: list[Column] = []
    binned = {metric.name for metric in experiment.metrics if metric.kind == "quantile"}
    for number in table.metrics:
        if number.name in binned:
            continue  # read from its histogram; a sum of it answers nothing
        columns.extend(_metric(number, extents[number.column], caps.get(number.name)))
    adjusting = [
        column
        for number in table.covariates
        for column in _covariate(number, extents[number.column])
    ]
    metrics = [column.variable.name for column in columns]
    covariates = tuple(column.variable.name for column in adjusting)
    cubed = tuple(
        named for named in metrics if experiment.metric(named.removesuffix(".raw")).kind == "mean"
    )
    chosen = Moments(
        columns=(*columns, *adjusting),
        pairs=_once(_pairs(experiment, metrics, covariates)),
        cubed=cubed,
        covariates=covariates,
    )
    _fit(chosen, units)
    return chosen


def _metric(number: Number, extent: Extent, cap: Cap | None) -> Iterator[Column]:
    stored: exp.Expr = name(number.column, "facts")
    if number.nullable:
        stored = parse("coalesce($y, 0)", y=stored)
    raw = _column(number, number.name, stored, extent)
    if cap is None or cap.threshold is None:
        yield raw
        return
    steps = round(cap.threshold / number.unit) if number.exact else cap.threshold
    capped = parse("least($y, $cap)", y=stored, cap=value(steps))
    yield _column(number, number.name, capped, extent)
    yield _column(number, f"{number.name}.raw", stored, extent)


def _covariate(number: Number, extent: Extent) -> Iterator[Column]:
    stored: exp.Expr = name(number.column, "facts")
    if number.nullable:
        stored = parse("coalesce($x, 0)", x=stored)
    yield _column(number, f"x:{number.name}", stored, extent)
    if extent.missing:
        absent = parse("$x is null", x=name(number.column, "facts"))
        yield Column(
            variable=Variable(name=f"x:{number.name}.missing"),
            stored=case([(absent, value(1))], value(0)),
            largest=1,
        )


def _column(number: Number, named: str, stored: exp.Expr, extent: Extent) -> Column:
    if number.exact:
        return Column(
            variable=Variable(name=named, exact=True, unit=number.unit),
            stored=stored,
            largest=int(max(abs(extent.low), abs(extent.high))),
        )
    shift = float(extent.low)
    return Column(
        variable=Variable(name=named, exact=False, shift=shift),
        stored=parse("$y - $shift", y=stored, shift=value(shift)) if shift else stored,
        largest=0,
    )


def _pairs(
    experiment: Experiment, metrics: Sequence[str], covariates: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for named in metrics:
        yield named, named
        for covariate in covariates:
            yield named, covariate
    for named in metrics:
        if experiment.conversion in metrics and named != experiment.conversion:
            yield named, str(experiment.conversion)
    for family in experiment.families:
        yield _of_family(family, metrics)
    for metric in experiment.metrics:
        if isinstance(metric.source, RatioOf):
            yield from _partners(metric.source, metrics)
    yield from combinations(_deciding_together(experiment, metrics), 2)
    for place, covariate in enumerate(covariates):
        for other in covariates[place:]:
            yield covariate, other


def _once(pairs: Iterator[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Each pair the first time, whichever way round it comes again."""
    first: dict[frozenset[str], tuple[str, str]] = {}
    for pair in pairs:
        first.setdefault(frozenset(pair), pair)
    return tuple(first.values())


def _deciding_together(experiment: Experiment, metrics: Sequence[str]) -> tuple[str, ...]:
    """What the success metrics of which any may win are made of: they are corrected together."""
    rule = experiment.decision
    if rule.need != "any" or len(rule.success) < 2:
        return ()
    parts: list[str] = []
    for named in rule.success:
        match experiment.metric(named).source:
            case RatioOf(numerator=numerator, denominator=denominator):
                parts.extend((numerator, denominator))
            case _:
                parts.append(named)
    known = tuple(dict.fromkeys(part for part in parts if part in metrics))
    return known if len(known) <= _TOGETHER else ()


def _partners(ratio: RatioOf, metrics: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A ratio's parts, each as capped and as raw where both exist."""
    for above in (ratio.numerator, f"{ratio.numerator}.raw"):
        for below in (ratio.denominator, f"{ratio.denominator}.raw"):
            if above in metrics and below in metrics:
                yield above, below


def _of_family(family: MetricFamily, metrics: Sequence[str]) -> tuple[str, str]:
    """Part and whole, raw where a cap took the name."""
    part, whole = (
        f"{named}.raw" if f"{named}.raw" in metrics else named
        for named in (family.part, family.whole)
    )
    return part, whole


def _sum(factors: Sequence[Column]) -> exp.Expr:
    if not all(factor.variable.exact for factor in factors):
        product = _product([exp.cast(factor.stored, "double") for factor in factors])
        return call("fsum", product)
    size = 1
    for factor in factors:
        size *= factor.largest
    first, *rest = factors
    lead = first.stored if size < _BIGINT else exp.cast(first.stored, "hugeint")
    if size < _BIGINT and rest:
        lead = exp.cast(first.stored, "bigint")
    return call("sum", _product([lead, *(factor.stored for factor in rest)]))


def _product(factors: Sequence[exp.Expr]) -> exp.Expr:
    first, *rest = factors
    for factor in rest:
        first = parse("$a * $b", a=first, b=factor)
    return first


def _fit(chosen: Moments, units: int) -> None:
    """Refuse numbers whose sums may not fit: better no answer than a wrong one."""
    for column in chosen.columns:
        power = 3 if column.variable.name in chosen.cubed else 2
        if column.largest**power * max(units, 1) >= _LARGEST:
            raise DataError(
                [
                    Problem(
                        message=f"{column.variable.name!r} reaches "
                        f"{column.largest * column.variable.unit:g}; its sums leave 128 bits",
                        hint="declare a coarser `unit`, or cap it with `where`",
                    )
                ]
            )
