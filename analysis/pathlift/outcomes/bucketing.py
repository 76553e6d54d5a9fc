"""Statistics of units that fall into buckets at random, with and without an effect put into them.

Arms are forgotten: whoever adds buckets up to arms draws the experiment anew. The sums are made by
the queries of an analysis. Knows no estimator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from sqlglot import exp

from pathlift.outcomes.collecting import Prepared
from pathlift.outcomes.composing import aliased, case, compose, name, parse, value
from pathlift.outcomes.fact_table import FactTable, Number
from pathlift.outcomes.histograms import histograms
from pathlift.outcomes.summing_up import populations_of, summarise
from pathlift.outcomes.tables import cells, sums
from pathlift.outcomes.variables import Extent, moments
from pathlift.registry.experiment import Experiment
from pathlift.statistics.cells import CellTable
from pathlift.statistics.collected import Statistics
from pathlift.statistics.histogram import HistogramTable
from pathlift.statistics.moments import MomentTable

_CONVERTED = "converted"
_WORDS = 2.0**64  # values of a hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucketed:
    """Tables of one partition; the arm of every row is the number of a bucket, as text.

    Attributes
    ----------
    moments : MomentTable
    cells : CellTable
        Without strata.
    histograms : HistogramTable
    """

    moments: MomentTable
    cells: CellTable
    histograms: HistogramTable


@dataclass(frozen=True, kw_only=True, eq=False)
class Buckets:
    """Unit facts that can be dealt into buckets again and again.

    Attributes
    ----------
    prepared : Prepared
        Whose table ``facts`` stands in the engine; it is replaced.
    statistics : Statistics
        Of the facts as they were.
    count : int
        Buckets.
    """

    prepared: Prepared
    statistics: Statistics
    count: int

    def __post_init__(self) -> None:
        experiment = self.prepared.run.experiment
        numbers = [value(n) for n, arm in enumerate(experiment.arms) if arm.analyzed]
        self._replace("drawn_facts", compose("drawn_facts", analysed=numbers))
        _ = self._extents  # of the facts as they were

    def dealt(
        self,
        salt: int,
        shares: Mapping[str, float] | None = None,
        of_labels: Mapping[int, float] | None = None,
    ) -> Bucketed:
        """Deal all units into buckets.

        Parameters
        ----------
        salt : int
            Another one deals anew.
        shares : mapping of str to float, optional
            Effects to put in, by metric. Of a proportion: so many zeros become ones, or of a
            negative share ones become zeros. Else so much is added, relative to each value.
        of_labels : mapping of int to float, optional
            Effects on conversion by label code, as those of a proportion.

        Returns
        -------
        Bucketed
        """
        run, table = self.prepared.run, self._table
        bucket = parse(
            "cast(hash(drawn_facts.i, $salt) % $count as integer)",
            salt=value(salt),
            count=value(self.count),
        )
        columns = [
            self._column(column, salt, shares or {}, of_labels or {}) for column in self._columns
        ]
        self._replace("facts", compose("bucketed_facts", bucket=bucket, columns=columns))
        run.quality.clear()
        units, extents = summarise(run, table, {})
        chosen = moments(run.experiment, table, extents, self.statistics.caps, sum(units.values()))
        populations = populations_of(run.experiment, table)
        made = sums(run.ask, table, chosen, populations, 0)
        return Bucketed(
            moments=made.moments,
            cells=cells(run.ask, table, chosen),
            histograms=histograms(run.ask, run.experiment, table, populations.metrics),
        )

    @cached_property
    def _extents(self) -> dict[str, Extent]:
        """Of numbers without an effect; all partitions are shifted by the same."""
        return summarise(self.prepared.run, self.prepared.table, {})[1]

    @cached_property
    def _columns(self) -> list[str]:
        return [c for c in self.prepared.run.engine.columns("from drawn_facts") if c != "arm"]

    @cached_property
    def _table(self) -> FactTable:
        return replace(
            self.prepared.table,
            arms=tuple(str(bucket) for bucket in range(self.count)),
            days=None,
            segments=(),
            strata=(),
            fired=(),
            presets=(),
            clustered=(),
            follow=None,
        )

    def _column(
        self,
        column: str,
        salt: int,
        shares: Mapping[str, float],
        of_labels: Mapping[int, float],
    ) -> exp.Expr:
        as_it_was = name(column, "drawn_facts")
        experiment = self.prepared.run.experiment
        conversion = str(experiment.conversion)
        if column == _CONVERTED and conversion in shares:
            return aliased(_flipped(as_it_was, shares[conversion], salt), column)
        converts = column == _CONVERTED or any(
            (number.column, number.name) == (column, conversion)
            for number in self.prepared.table.metrics
        )
        if converts and of_labels:
            return aliased(_flipped_by_label(as_it_was, of_labels, salt), column)
        for number in self.prepared.table.metrics:
            if number.column == column and number.name in shares:
                touched = _touched(experiment, number, as_it_was, shares[number.name], salt)
                return aliased(touched, column)
        return as_it_was

    def _replace(self, table: str, query: exp.Expr) -> None:
        made = parse(f"create or replace temp table {table} as select 1")
        made.set("expression", query)
        self.prepared.run.ask(table, made)


def _touched(
    experiment: Experiment, number: Number, column: exp.Expr, share: float, salt: int
) -> exp.Expr:
    """A metric with an effect: of a proportion, so many zeros become ones; else so much is added.

    A negative share takes so many ones away, or so much.
    """
    if experiment.metric(number.name).kind == "proportion":
        return _flipped(column, share, salt)
    grown = parse("$y * $factor", y=column, factor=value(1 + share))
    if not number.exact:
        return grown
    # whole steps: what is left over becomes a step with its probability
    return parse("cast(floor($grown + $u) as bigint)", grown=grown, u=_draw(salt))


def _widened(before: Extent, now: Extent) -> Extent:
    """Extent of what is added up; the low end of what was there, for that is what is shifted by."""
    size = max(abs(before.low), abs(before.high), abs(now.low), abs(now.high))
    return Extent(low=before.low, high=size, missing=before.missing)


def _flipped(column: exp.Expr, share: float, salt: int) -> exp.Expr:
    before, after = (0, 1) if share >= 0 else (1, 0)
    return parse(
        "case when $y = $before and $u < $share then $after else $y end",
        y=column,
        before=value(before),
        after=value(after),
        u=_draw(salt),
        share=value(abs(share)),
    )


def _flipped_by_label(column: exp.Expr, of_labels: Mapping[int, float], salt: int) -> exp.Expr:
    labels = [
        (
            parse("drawn_facts.label = $code", code=value(code)),
            _flipped(column, share, salt),
        )
        for code, share in of_labels.items()
    ]
    return case(labels, column)


def _draw(salt: int) -> exp.Expr:
    """Uniform in [0, 1) for every unit, unrelated to its bucket."""
    return parse(
        "hash(drawn_facts.i, $salt, 'effect') / $words", salt=value(salt), words=value(_WORDS)
    )
