"""What has to be asked of every event row so that stages, metrics and covariates follow.

Pure planning: an experiment and the types of its expressions become bits, numbers to add up, and
expressions over one row per unit. Runs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import assert_never

from sqlglot import exp

from pathlift.errors import Place
from pathlift.outcomes.alternatives import Alternative
from pathlift.outcomes.before_exposure import before_exposure
from pathlift.outcomes.bitmask import Bit, Bitmask, Span, held
from pathlift.outcomes.calendar import microseconds
from pathlift.outcomes.composing import (
    any_of,
    bits,
    call,
    case,
    name,
    parse,
    value,
    written,
)
from pathlift.outcomes.fact_table import Fired, Number, Refusal
from pathlift.outcomes.measures import Measure
from pathlift.outcomes.scaling import steps
from pathlift.registry.experiment import (
    AccumulateRule,
    AnyEvent,
    ConditionRule,
    CountEvents,
    Experiment,
    OutcomeSource,
    Stage,
    StageDefinition,
    SumEvents,
)

Types = Callable[[exp.Expr], str]
STAGE_BITS: dict[Stage, int] = {"need": 1, "touchpoint": 2, "trust": 4}
_COUNT = "bigint"
_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_SKEW = 86_400_000_000  # 24 h, methods E17
_EVER = -(1 << 61)  # before any distance


@dataclass(frozen=True, slots=True, kw_only=True)
class Accumulation:
    """A running sum of one or more rules, which differ in what it has to reach.

    Attributes
    ----------
    alias : str
        Of its query.
    per, summand : Expr
        Over an event row; the summand is NULL where nothing is added.
    reaches : list of float
        In the order in which they were asked for.
    spans : tuple of Span
        The window and, where declared, the lookback.
    whole : bool
        Whether the summand is an integer of at most 64 bits.
    """

    alias: str
    per: exp.Expr
    summand: exp.Expr
    reaches: list[float]
    spans: tuple[Span, ...]
    whole: bool

    def adds(self, per: exp.Expr, summand: exp.Expr, spans: tuple[Span, ...]) -> bool:
        """Whether it adds up the same rows, so that one query answers for both.

        Parameters
        ----------
        per, summand : Expr
        spans : tuple of Span
            The window is the first; a rule without lookback may share the sum of one that has it.

        Returns
        -------
        bool
        """
        same = (self.per.sql("duckdb"), self.summand.sql("duckdb"))
        return same == (per.sql("duckdb"), summand.sql("duckdb")) and (
            spans in (self.spans, self.spans[:1])
        )

    def asking(self, reach: float) -> int:
        """Place of a threshold among `reaches`; the same place when asked again.

        Parameters
        ----------
        reach : float

        Returns
        -------
        int
        """
        if reach not in self.reaches:
            self.reaches.append(reach)
        return self.reaches.index(reach)

    def crossed(self, place: int) -> exp.Expr:
        """Distance at which a threshold was reached at or after exposure; NULL if not.

        Parameters
        ----------
        place : int
            From `asking`.

        Returns
        -------
        Expr
        """
        return name(f"crossed{place}", self.alias)

    def held(self, place: int) -> exp.Expr:
        """Distance at which it was reached in the lookback; NULL if not.

        Parameters
        ----------
        place : int
            From `asking`.

        Returns
        -------
        Expr
        """
        return name(f"held{place}", self.alias)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition of the definition, to be counted over the whole log.

    Attributes
    ----------
    of : str
        ``stage:NAME``, ``outcome``, ``metric:NAME`` or ``covariate:NAME``.
    test : Expr
    rule : int or None
        Position among the rules of a stage.
    text : str
        As written.
    """

    of: str
    test: exp.Expr
    text: str
    rule: int | None = None


@dataclass(slots=True, kw_only=True)
class JourneyPlan:
    """All questions to the event log; filled by `plan`.

    Attributes
    ----------
    bitmask : Bitmask
        Of every event row.
    summands : dict of str to Expr
        Numbers of an event row, by alias.
    measures : dict of str to Measure
        What is kept of a unit's rows, by alias.
    accumulations : list of Accumulation
    sums : dict of (Stage, int) to (Accumulation, int)
        Running sum of a stage's rule, and which of its thresholds.
    alternatives : list of Alternative
        Stages under each preset.
    stages : dict of Stage to Expr
        Distance at which a stage was met, over ``observed.sql``.
    baseline : Expr
        Stages held before exposure, as bits.
    """

    bitmask: Bitmask = field(default_factory=Bitmask)
    summands: dict[str, exp.Expr] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)
    accumulations: list[Accumulation] = field(default_factory=list)
    sums: dict[tuple[Stage, int], tuple[Accumulation, int]] = field(default_factory=dict)
    alternatives: list[Alternative] = field(default_factory=list)
    stages: dict[Stage, exp.Expr] = field(default_factory=dict)
    baseline: exp.Expr = field(default_factory=lambda: value(0))
    purchase: exp.Expr = field(default_factory=exp.null)
    purchase_at_start: Bit | None = None
    skewed: exp.Expr = field(default_factory=lambda: value(0))
    metrics: list[Number] = field(default_factory=list)
    covariates: list[Number] = field(default_factory=list)
    before: list[Number] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    fired: list[Fired] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)

    def measure(self, measure: Measure) -> exp.Expr:
        """The column of a measure; the same column when asked again.

        Parameters
        ----------
        measure : Measure

        Returns
        -------
        Expr
            Over the query that has one row per unit.
        """
        for alias, known in self.measures.items():
            if known == measure:
                return name(alias, "journeys")
        alias = f"m{len(self.measures)}"
        self.measures[alias] = measure
        return name(alias, "journeys")

    def summand(self, number: exp.Expr) -> str:
        """Alias of a number of an event row; the same alias when asked again.

        Parameters
        ----------
        number : Expr
            Over an event row.

        Returns
        -------
        str
        """
        text = number.sql("duckdb")
        for alias, known in self.summands.items():
            if known.sql("duckdb") == text:
                return alias
        alias = f"v{len(self.summands)}"
        self.summands[alias] = number
        return alias


def plan(experiment: Experiment, types: Types, *, received: bool = False) -> JourneyPlan:
    """Plan the questions to the event log of an experiment of shape ``journeys``.

    Parameters
    ----------
    experiment : Experiment
    types : callable
        From an expression over an event row to its DuckDB type.
    received : bool
        Whether event rows say when they were received.

    Returns
    -------
    JourneyPlan

    Raises
    ------
    DataError
        If something to be added up is not a number.
    """
    made = JourneyPlan()
    _outcome(made, experiment)
    for stage in experiment.stages:
        _stage(made, stage, experiment, types)
    for place, preset in enumerate(experiment.presets):
        changed = [stage for stage in preset.stages if stage not in experiment.stages]
        distances = {s.name: _met(made, s, experiment, types, baseline=False) for s in changed}
        made.alternatives.append(Alternative(preset=preset.name, place=place, distances=distances))
    made.baseline = bits(
        [
            case([(test, value(STAGE_BITS[stage]))], value(0))
            for stage, test in _baselines(made, experiment, types).items()
        ]
    )
    _metrics(made, experiment, types)
    _covariates(made, experiment, types)
    made.before = before_exposure(made, experiment, types)
    if received:
        off = parse(f"abs(events.received_us - events.occurred_us) > {_SKEW}")
        bit = made.bitmask.ask(off, Span(low=_EVER))
        skewed = made.measure(Measure(kind="count", bits=(bit,)))
        made.skewed = parse("coalesce($n, 0)", n=skewed)
    return made


def _window(experiment: Experiment) -> int | None:
    return None if experiment.window is None else microseconds(experiment.window)


def _first(made: JourneyPlan, asked: list[Bit]) -> exp.Expr:
    return made.measure(Measure(kind="first", bits=tuple(asked)))


def _outcome(made: JourneyPlan, experiment: Experiment) -> None:
    outcome = experiment.outcome
    if outcome is None or outcome.condition is None:
        return
    condition = written(outcome.condition)
    made.conditions.append(Condition(of="outcome", test=condition, text=outcome.condition.text))
    after = made.bitmask.ask(condition, Span(low=1, high=_window(experiment)))
    made.purchase = _first(made, [after])
    made.purchase_at_start = made.bitmask.ask(condition, Span(low=0, high=1))


def _stage(made: JourneyPlan, stage: StageDefinition, experiment: Experiment, types: Types) -> None:
    window = Span(low=0, high=_window(experiment))
    made.stages[stage.name] = _met(made, stage, experiment, types, baseline=True)
    for position, rule in enumerate(stage.rules):
        match rule:
            case ConditionRule():
                condition = written(rule.condition)
                test = made.bitmask.ask(condition, window).among("seen")
                made.conditions.append(
                    Condition(
                        of=f"stage:{stage.name}",
                        test=condition,
                        text=rule.condition.text,
                        rule=position,
                    )
                )
            case AccumulateRule():
                test = parse("$c is not null", c=name(f"fired_{stage.name}{position}"))
                made.conditions.append(
                    Condition(
                        of=f"stage:{stage.name}",
                        test=parse("$v > 0", v=written(rule.sum)),
                        text=f"{rule.sum.text} > 0",
                        rule=position,
                    )
                )
            case _:
                assert_never(rule)
        made.fired.append(Fired(stage=stage.name, rule=position, test=test))


def _met(
    made: JourneyPlan,
    stage: StageDefinition,
    experiment: Experiment,
    types: Types,
    *,
    baseline: bool,
) -> exp.Expr:
    """Distance at which a stage was met; `baseline`: its rules are also looked for before t0."""
    window = Span(low=0, high=_window(experiment))
    asked: list[Bit] = []
    distances: list[exp.Expr] = []
    for position, rule in enumerate(stage.rules):
        match rule:
            case ConditionRule():
                asked.append(made.bitmask.ask(written(rule.condition), window))
            case AccumulateRule():
                lookback = experiment.lookback_of(stage.name) if baseline else None
                found = _accumulation(made, stage, rule, window, lookback, types)
                distances.append(found[0].crossed(found[1]))
                if baseline:
                    made.sums[stage.name, position] = found
            case _:
                assert_never(rule)
    if asked:
        distances.insert(0, _first(made, asked))
    if experiment.exposure_counts_as == stage.name:
        distances = [value(0)]  # the exposure row itself, and nothing can be earlier
    return _least(distances)


def _least(distances: list[exp.Expr]) -> exp.Expr:
    if not distances:
        return exp.null()
    return distances[0] if len(distances) == 1 else call("least", *distances)


def _accumulation(
    made: JourneyPlan,
    stage: StageDefinition,
    rule: AccumulateRule,
    window: Span,
    lookback: timedelta | None,
    types: Types,
) -> tuple[Accumulation, int]:
    """The running sum of a rule, shared where another adds up the same, and which threshold."""
    summand = written(rule.sum)
    kind = types(summand)
    stored = steps(summand, kind, None, what=f"the sum of stage {stage.name}", at=rule.sum.at)
    negative = parse("$v < 0", v=summand)
    if not stored.exact:
        # as decimals they add up to the same in any order, and a sum at the threshold stays there
        negative = exp.or_(negative, stored.refused)
        summand = exp.cast(stored.stored, "decimal(38, 9)")
    spans: tuple[Span, ...] = (window,)
    if lookback is not None:
        spans = (window, Span(low=-microseconds(lookback), high=0))
    per = exp.null() if rule.per is None else name(rule.per.name)
    for known in made.accumulations:
        if known.adds(per, summand, spans):
            return known, known.asking(rule.reach)
    for span in spans:
        made.refusals.append(
            Refusal(
                bit=made.bitmask.ask(negative, span),
                condition=negative,
                span=span,
                message=f"with a negative or infinite `{rule.sum.text}`, which stage "
                f"{stage.name} adds up",
                at=rule.sum.at or stage.at,
                hint="a sum that can fall has no first time; leave such rows out with `case`",
            )
        )
    added = Accumulation(
        alias=f"accumulated{len(made.accumulations)}",
        per=per,
        summand=summand,
        reaches=[rule.reach],
        spans=spans,
        whole=kind in _WHOLE,
    )
    made.accumulations.append(added)
    return added, 0


def _baselines(made: JourneyPlan, experiment: Experiment, types: Types) -> dict[Stage, exp.Expr]:
    """Whether each stage was held in its lookback."""
    found: dict[Stage, exp.Expr] = {}
    for stage in experiment.stages:
        lookback = experiment.lookback_of(stage.name)
        tests: list[exp.Expr] = []
        asked: list[Bit] = []
        for position, rule in enumerate(stage.rules):
            if isinstance(rule, AccumulateRule):
                added, place = made.sums[stage.name, position]
                tests.append(parse("$h is not null", h=added.held(place)))
            elif lookback is not None:
                span = Span(low=-microseconds(lookback), high=0)
                asked.append(made.bitmask.ask(written(rule.condition), span))
        if asked:
            tests.insert(0, held(asked, "seen"))
        if lookback is not None and tests:
            found[stage.name] = any_of(tests)
    return found


def _metrics(made: JourneyPlan, experiment: Experiment, types: Types) -> None:
    for metric in experiment.metrics:
        if metric.kind == "ratio":
            continue
        span = Span(low=1, high=None if metric.window is None else microseconds(metric.window))
        column, of = f"y{len(made.metrics)}", f"metric:{metric.name}"
        match metric.source:
            case OutcomeSource():
                number = Number(name=metric.name, column=column, value=_as_count(made.purchase))
            case AnyEvent(condition=counted, at_least=rows) if rows > 1:
                of_them = _count(
                    made, CountEvents(condition=counted), span, metric.name, column, of
                )
                often = parse("$n >= $rows", n=of_them.value, rows=value(rows))
                number = replace(of_them, value=case([(often, value(1))], value(0)))
            case AnyEvent():
                condition = written(metric.source.condition)
                _ask(made, condition, metric.source.condition.text, of)
                bit = made.bitmask.ask(condition, span)
                number = Number(
                    name=metric.name,
                    column=column,
                    value=case([(bit.among("seen"), value(1))], value(0)),
                )
            case CountEvents():
                number = _count(made, metric.source, span, metric.name, column, of)
            case SumEvents():
                number = _sum(made, metric.source, span, metric.name, column, of, types, metric.at)
            case _:
                raise TypeError(f"metric {metric.name!r} has no place in event rows")
        made.metrics.append(number)


def _covariates(made: JourneyPlan, experiment: Experiment, types: Types) -> None:
    """Numbers summed over the lookback; those that are columns come with the exposures."""
    lookback = experiment.lookback.get("default")
    for place, covariate in enumerate(experiment.covariates):
        if covariate.total is None:
            continue
        if lookback is None:
            raise TypeError(f"covariate {covariate.name!r} needs a lookback")
        span = Span(low=-microseconds(lookback), high=0)
        column, of = f"x{place}", f"covariate:{covariate.name}"
        match covariate.total:
            case CountEvents():
                number = _count(made, covariate.total, span, covariate.name, column, of)
            case SumEvents():
                number = _sum(
                    made, covariate.total, span, covariate.name, column, of, types, covariate.at
                )
            case _:
                assert_never(covariate.total)
        made.covariates.append(number)


def _ask(made: JourneyPlan, condition: exp.Expr, text: str, of: str) -> None:
    made.conditions.append(Condition(of=of, test=condition, text=text))


def _as_count(distance: exp.Expr) -> exp.Expr:
    return parse("case when $p is not null then 1 else 0 end", p=distance)


def _count(
    made: JourneyPlan, source: CountEvents, span: Span, named: str, column: str, of: str
) -> Number:
    condition = written(source.condition)
    _ask(made, condition, source.condition.text, of)
    bit = made.bitmask.ask(condition, span)
    count = made.measure(Measure(kind="count", bits=(bit,)))
    return Number(name=named, column=column, value=parse("coalesce($n, 0)", n=count))


def _sum(
    made: JourneyPlan,
    source: SumEvents,
    span: Span,
    named: str,
    column: str,
    of: str,
    types: Types,
    at: Place | None,
) -> Number:
    number = written(source.value)
    condition: exp.Expr = exp.true() if source.where is None else written(source.where)
    text = source.value.text if source.where is None else source.where.text
    _ask(made, condition, text, of)
    stored = steps(
        number, types(number), source.unit, what=f"`{source.value.text}`", at=source.value.at or at
    )
    if stored.refused is not None:
        wrong = exp.and_(condition.copy(), stored.refused.copy())
        made.refusals.append(
            Refusal(
                bit=made.bitmask.ask(wrong, span),
                condition=wrong,
                span=span,
                message=f"with values of `{source.value.text}` that {stored.why}",
                at=source.value.at or at,
                hint="correct them, or leave such rows out with `where`",
            )
        )
    bit = made.bitmask.ask(condition, span)
    summand = made.summand(stored.stored)
    added = made.measure(Measure(kind="sum", bits=(bit,), summand=summand, exact=stored.exact))
    whole = exp.cast(added, _COUNT) if stored.exact else added
    return Number(
        name=named,
        column=column,
        value=parse("coalesce($n, 0)", n=whole),
        exact=stored.exact,
        unit=stored.unit,
    )
