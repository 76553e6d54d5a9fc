"""What does the registry hold, in words? Values and lines of text; prints nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from pathlift.errors import DefinitionError, Problem
from pathlift.registry.durations import say_duration
from pathlift.registry.experiment import (
    AccumulateRule,
    AnyEvent,
    Arm,
    Cluster,
    ConditionRule,
    CountEvents,
    Experiment,
    Margin,
    Metric,
    OutcomeSource,
    RatioOf,
    Rule,
    Source,
    StageDefinition,
    SumEvents,
    TotalsMoments,
    TotalsProportion,
    TotalsSums,
    UnitColumn,
)
from pathlift.registry.findings import did_you_mean

_FAMILY: Final[Mapping[str, str]] = {
    "displacement": "how much of the effect on {part} is taken from the rest of {all}",
    "attribution": "how much of what is credited by {part} is new in {all}",
    "pull_forward": "how much of the effect on {part} is missing later, up to the end of {all}",
}
SELECTORS: Final = ("name", "owner", "shape", "status", "tag")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One experiment of the registry, as a list shows it.

    Attributes
    ----------
    name, title, status, owner : str
    shape : str
        ``journeys``, ``units`` or ``totals``.
    tags, arms : tuple of str
        The control comes first.
    primary : str
        Name of the primary metric; empty for checks only.
    period : str
        ``2026-03-02 to 2026-03-29``; empty where none is declared.
    """

    name: str
    title: str
    status: str
    owner: str
    shape: str
    tags: tuple[str, ...]
    arms: tuple[str, ...]
    primary: str
    period: str


def rows(experiments: Iterable[Experiment]) -> tuple[Row, ...]:
    """Return one row an experiment, sorted by name.

    Parameters
    ----------
    experiments : iterable of Experiment

    Returns
    -------
    tuple of Row
    """
    return tuple(_row(one) for one in sorted(experiments, key=lambda one: one.name))


def select(experiments: Iterable[Experiment], wanted: Iterable[str]) -> tuple[Experiment, ...]:
    """Keep the experiments that have everything wanted.

    Parameters
    ----------
    experiments : iterable of Experiment
    wanted : iterable of str
        Such as ``tag:kitchen`` or ``status:running``; keys are those of `SELECTORS`.

    Returns
    -------
    tuple of Experiment
        In the order given.

    Raises
    ------
    DefinitionError
        If a key is not known.
    """
    pairs = [_selector(text) for text in wanted]
    return tuple(
        one for one in experiments if all(value in _values(one, key) for key, value in pairs)
    )


def unmatched(experiments: Iterable[Experiment], wanted: Iterable[str]) -> tuple[str, ...]:
    """Say of everything wanted that no experiment has what there is instead.

    Parameters
    ----------
    experiments : iterable of Experiment
    wanted : iterable of str
        As in `select`; keys are known.

    Returns
    -------
    tuple of str
        Such as ``no experiment has tag:chekout; did you mean `checkout`?``
    """
    every = tuple(experiments)
    said = []
    for text in wanted:
        key, value = _selector(text)
        known = sorted({one for each in every for one in _values(each, key) if one})
        if value not in known:
            hint = did_you_mean(value, known) or f"none has any {key}"
            said.append(f"no experiment has {text}; {hint}")
    return tuple(said)


def describe(experiment: Experiment) -> tuple[str, ...]:
    """Tell an experiment in plain words.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    tuple of str
        Lines of text.
    """
    return tuple(_lines(experiment))


def _row(experiment: Experiment) -> Row:
    arms = sorted(experiment.arms, key=lambda arm: not arm.control)
    return Row(
        name=experiment.name,
        title=experiment.title,
        status=experiment.status,
        owner=experiment.owner,
        shape=experiment.data.shape,
        tags=experiment.tags,
        arms=tuple(arm.name for arm in arms),
        primary=next((one.name for one in experiment.metrics if one.role == "primary"), ""),
        period=_period(experiment),
    )


def _selector(text: str) -> tuple[str, str]:
    key, colon, value = text.partition(":")
    if not colon or key not in SELECTORS:
        problem = f"cannot select by {text!r}"
        hint = "such as tag:kitchen or status:running"
        raise DefinitionError(
            (Problem(message=problem, hint=did_you_mean(key, SELECTORS) if colon else hint),)
        )
    return key, value


def _values(experiment: Experiment, key: str) -> tuple[str, ...]:
    match key:
        case "tag":
            return experiment.tags
        case "shape":
            return (experiment.data.shape,)
        case _:
            return (getattr(experiment, key),)


def _period(experiment: Experiment) -> str:
    if experiment.first_day is None or experiment.last_day is None:
        return ""
    return f"{experiment.first_day} to {experiment.last_day}"


def _lines(experiment: Experiment) -> Iterator[str]:
    yield experiment.name + (f": {experiment.title}" if experiment.title else "")
    yield from _about(experiment)
    yield "data"
    for source in experiment.data.sources:
        yield from _source(source)
    yield "arms"
    for arm in experiment.arms:
        yield f"  {arm.name}: {_arm(arm)}"
    for name, members in experiment.combine.items():
        yield f"  {name}: {' and '.join(members)}, read as one"
    if not experiment.weights_declared:
        yield "  no weights are declared: equal ones are assumed"
    if experiment.stages:
        of = f", as packaged for {experiment.stage_log}" if experiment.stage_log else ""
        yield f"stages{of}"
    for stage in experiment.stages:
        yield from _stage(stage)
    if experiment.exposure_counts_as is not None:
        yield f"  the exposure itself is a {experiment.exposure_counts_as}"
    if experiment.stages:
        yield f"  compared on a grid of {say_duration(experiment.resolution)}{_ties(experiment)}"
    for outage in experiment.outages:
        yield (
            f"  {outage.stage} was not logged from {outage.start:%Y-%m-%d %H:%M} "
            f"to {outage.stop:%Y-%m-%d %H:%M} UTC"
        )
    for preset in experiment.presets:
        yield f"read as well under preset {preset.name}, where it differs"
        for stage in preset.stages:
            if stage not in experiment.stages:
                yield from _stage(stage)
    yield from _outcome(experiment)
    yield "metrics" if experiment.metrics else "metrics: none, checks only"
    for metric in experiment.metrics:
        yield f"  {metric.name}: {_metric(experiment, metric)}"
    for family in experiment.families:
        yield f"  {family.name}: {_FAMILY[family.kind].format(part=family.part, all=family.whole)}"
    for spread in experiment.concentrations:
        yield f"  {spread.name}: how {spread.metric} is spread over {spread.by.name}; described"
    yield from _before(experiment)
    yield from _rule(experiment)


def _about(experiment: Experiment) -> Iterator[str]:
    if experiment.hypothesis:
        yield f"  expected: {experiment.hypothesis}"
    owner = f", owned by {experiment.owner}" if experiment.owner else ""
    tags = f", tagged {', '.join(experiment.tags)}" if experiment.tags else ""
    yield f"  {experiment.status}{owner}{tags}"
    if experiment.exploratory:
        yield "  exploratory: put together with the data in hand, so nothing was promised"
    if experiment.unit is not None:
        yield f"  randomised by {experiment.unit}"
    if _period(experiment):
        yield f"  first exposure {_period(experiment)}, both included ({experiment.timezone})"
    if experiment.window is not None:
        yield f"  outcomes count for {say_duration(experiment.window)} after it"
    if experiment.lookback:
        parts = [f"{name} {say_duration(length)}" for name, length in experiment.lookback.items()]
        yield f"  looks back before it: {', '.join(parts)}"
    if experiment.ingestion_lag:
        yield f"  events may arrive {say_duration(experiment.ingestion_lag)} late"
    if experiment.surface is not None:
        yield f"  the surface is the column {experiment.surface.name}"


def _source(source: Source) -> Iterator[str]:
    for path in source.paths:
        yield f"  {source.name}: {path}"
    for arm, paths in source.arm_paths.items():
        yield f"  {source.name} of {arm}: {', '.join(paths)}"
    if source.where is not None:
        yield f"    only rows where {source.where.text}"
    for ours, column in source.columns.items():
        if column.name != ours:
            yield f"    {ours} is the column {column.name}"
    for name, expression in source.derive.items():
        yield f"    {name} is computed: {expression.text}"
    if source.cumulative:
        yield "    running totals: the last row of an arm counts"


def _arm(arm: Arm) -> str:
    said = ["control"] if arm.control else []
    said += [] if arm.analyzed else ["holdout: counted, in no test"]
    said += [arm.treatment] if arm.treatment else []
    said += [f"written {arm.value!r}"] if arm.value != arm.name else []
    said += [f"weight {arm.weight:g}"]
    said += [" > ".join(arm.ordering)] if arm.ordering else []
    said += [f"should have received {arm.received!r}"] if arm.received else []
    said += [_cluster(arm.cluster)] if arm.cluster else []
    said += [f"prompts {' then '.join(arm.prompts)}"] if arm.prompts else []
    said += [f"{factor}={level}" for factor, level in arm.factors.items()]
    return ", ".join(said)


def _cluster(cluster: Cluster) -> str:
    if cluster.drawn:
        return f"drawn in whole clusters of {cluster.column.name}"
    return f"units drawn, each given a cluster of {cluster.column.name}, which it must not choose"


def _stage(stage: StageDefinition) -> Iterator[str]:
    column = [f"column {stage.column.name}"] if stage.column is not None else []
    rules = [*column, *rules_in_words(stage)]
    rules = [f"({rule})" for rule in rules] if len(rules) > 1 else rules
    yield f"  {stage.name}: {' or '.join(rules)}"
    if stage.complete:
        yield "    every purchase passes it"


def _ties(experiment: Experiment) -> str:
    match experiment.ties:
        case "label":
            return ""
        case "priority":
            return f", where one cell holds several: {' before '.join(experiment.priority)}"
        case "exclude_from_order_tests":
            return ", where one cell holds several: out of tests of the order"
        case _:
            assert_never(experiment.ties)


def rules_in_words(stage: StageDefinition) -> tuple[str, ...]:
    """Say each rule of a stage.

    Parameters
    ----------
    stage : StageDefinition

    Returns
    -------
    tuple of str
        In the order of the definition.
    """
    return tuple(_stage_rule(rule) for rule in stage.rules)


def _stage_rule(rule: Rule) -> str:
    match rule:
        case ConditionRule():
            return rule.condition.text
        case AccumulateRule():
            per = f" per {rule.per.name}" if rule.per is not None else ""
            return f"the sum of {rule.sum.text}{per} reaches {rule.reach:g}"
        case _:
            assert_never(rule)


def _outcome(experiment: Experiment) -> Iterator[str]:
    outcome = experiment.outcome
    if outcome is not None and outcome.condition is not None:
        yield f"outcome: {outcome.condition.text}"
    if outcome is not None and outcome.column is not None:
        yield f"outcome: column {outcome.column.name}"


def _metric(experiment: Experiment, metric: Metric) -> str:
    kind = metric.kind if metric.q is None else f"{metric.q:g} quantile"
    said = [f"{metric.role}, {kind}, {_measured(metric)}"]
    said += [] if metric.attributed else [f"{metric.better} is better"]
    said += [f"at most {_margin(metric.margin)} worse"] if metric.margin is not None else []
    if metric.equivalence is not None:
        said.append(f"the same within {_margin(metric.equivalence)} to either side")
    if metric.window is not None and metric.window != experiment.window:
        said.append(f"within {say_duration(metric.window)}")
    said += [f"mature {say_duration(metric.lag)} later"] if metric.lag else []
    said += ["attributed: described, decides nothing"] if metric.attributed else []
    said += [f"capped at quantile {metric.winsorize:g}"] if metric.winsorize is not None else []
    return "; ".join(said)


def _measured(metric: Metric) -> str:
    match metric.source:
        case OutcomeSource():
            return "the outcome"
        case AnyEvent(condition=condition, at_least=1):
            return f"any event where {condition.text}"
        case AnyEvent(condition=condition, at_least=rows):
            return f"{rows} events or more where {condition.text}"
        case CountEvents(condition=condition):
            return f"events where {condition.text}"
        case SumEvents() as total:
            return _sum(total)
        case UnitColumn() as one:
            null = {"refuse": "", "zero": ", NULL is 0", "exclude": ", NULL is left out"}[one.null]
            return f"column {one.column.name}{null}{_step(one.unit)}"
        case TotalsProportion() as part:
            return f"{part.successes.name} of {part.units.name}"
        case TotalsSums() as part:
            return f"from sums {part.sum.name} and {part.sum_squares.name} of {part.units.name}"
        case TotalsMoments() as part:
            return f"from mean {part.mean.name}, variance {part.variance.name} of {part.units.name}"
        case RatioOf() as ratio:
            return f"{ratio.numerator} over {ratio.denominator}"
        case _:
            assert_never(metric.source)


def _sum(total: SumEvents) -> str:
    where = f" where {total.where.text}" if total.where is not None else ""
    return f"the sum of {total.value.text}{where}{_step(total.unit)}"


def _step(unit: float | None) -> str:
    return f" in steps of {unit:g}" if unit is not None else ""


def _margin(margin: Margin) -> str:
    return f"{margin.value:g}" if margin.scale == "absolute" else f"{margin.value:.6g} of control"


def _before(experiment: Experiment) -> Iterator[str]:
    if experiment.covariates:
        yield "covariates, known before exposure"
    for covariate in experiment.covariates:
        match covariate.total:
            case None:
                yield f"  {covariate.name}{_step(covariate.unit)}"
            case SumEvents() as total:
                yield f"  {covariate.name}: {_sum(total)}, over the lookback"
            case CountEvents(condition=condition):
                yield f"  {covariate.name}: events where {condition.text}, over the lookback"
            case _:
                assert_never(covariate.total)
    if experiment.segments:
        yield f"segments: {', '.join(column.name for column in experiment.segments)}"
    if experiment.strata:
        yield f"strata: {', '.join(column.name for column in experiment.strata)}"


def _rule(experiment: Experiment) -> Iterator[str]:
    analysis, decision = experiment.analysis, experiment.decision
    contrasts = [f"{contrast.arm} - {contrast.control}" for contrast in analysis.contrasts]
    yield f"compared: {', '.join(contrasts)}; alpha {analysis.alpha:g}, {analysis.multiplicity}"
    for planned in analysis.planned:
        sides = (
            " + ".join(f"{weight:.4g} {arm}" for arm, weight in side.weights.items())
            for side in (planned.arm, planned.control)
        )
        yield f"planned: {planned.arm.name} - {planned.control.name}: {' against '.join(sides)}"
    for node in analysis.graph:
        ways = ", ".join(f"{share:.6g} to {name}" for name, share in node.passes.items())
        yield (
            f"  {node.name} starts with {node.weight:.6g} of alpha"
            f"{f' and hands on {ways}' if ways else ''}"
        )
    plan = analysis.looks
    if plan.kind != "fixed":
        how = _LOOKS[plan.kind]
        if plan.kind == "group_sequential":
            how += f", {_SPENDING[plan.spending]}"
            how += f" with gamma {plan.gamma:g}" if plan.spending == "hsd" else ""
        yield f"  looked at {how}, up to {plan.planned_units:,} units"
    if analysis.landmark is not None:
        yield f"  conversion given an ordering: within {say_duration(analysis.landmark)} of its end"
    if analysis.encouragement:
        yield "  arms are read as encouragement towards their intended ordering, under assumptions"
    if experiment.unit is not None:
        yield f"  a unit seen in several arms {_CROSSOVER[analysis.crossovers]}"
    if any(arm.received is not None for arm in experiment.arms):
        yield f"  a row that did not receive its arm {_MISDELIVERED[analysis.misdelivered]}"
    if not decision.success:
        return
    named = [
        f"{name} by more than {_margin(decision.worth[name])}" if name in decision.worth else name
        for name in decision.success
    ]
    how = "" if len(named) == 1 else f"{decision.need} of "
    guarded = any(metric.role == "guardrail" for metric in experiment.metrics)
    margins = ", and no guardrail is worse than its margin" if guarded else ""
    yield f"ship when better: {how}{', '.join(named)}{margins}"
    least = [
        said
        for number, said in (
            (decision.least_days, f"{decision.least_days} days have passed"),
            (decision.least_units, f"{decision.least_units or 0:,} units are mature"),
        )
        if number is not None
    ]
    if least:
        yield f"nothing is decided before {' and '.join(least)}"


_LOOKS: Final = {
    "group_sequential": "a few times (group-sequential)",
    "anytime": "at any time (confidence sequence)",
}
_SPENDING: Final = {
    "obf": "alpha spent late as by O'Brien and Fleming",
    "pocock": "alpha spent evenly as by Pocock",
    "hsd": "alpha spent as by Hwang, Shih and DeCani",
}
_CROSSOVER: Final = {
    "first_arm": "counts in its first",
    "exclude": "is left out",
    "fail": "stops the run",
}
_MISDELIVERED: Final = {"keep": "is kept", "exclude": "is left out", "fail": "stops the run"}
