"""One row per analysed unit: its ordering, its baseline, its numbers. Composes; runs nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from pathlift.outcomes import clusters, following
from pathlift.outcomes.alternatives import Alternative
from pathlift.outcomes.calendar import Days, microseconds
from pathlift.outcomes.composing import (
    aliased,
    any_of,
    bits,
    case,
    compose,
    compose_over,
    name,
    parse,
    total,
    value,
)
from pathlift.outcomes.exposing import Exposures
from pathlift.outcomes.fact_table import Number
from pathlift.outcomes.following import Follow
from pathlift.outcomes.journeys import STAGE_BITS, Accumulation, JourneyPlan
from pathlift.outcomes.known_before import levels
from pathlift.outcomes.labels import cells, code, meets_purchase, reached, starts_at_exposure
from pathlift.outcomes.landmarks import completed_in_time, converted_after
from pathlift.outcomes.outages import in_outage
from pathlift.registry.experiment import Experiment, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What maturity and days depend on.

    Attributes
    ----------
    watermark : int
        Rows at or after it are not read.
    lengths : tuple of int
        Of maturity, ascending.
    days : Days or None
    follow : Follow or None
        In which bins of time units had the outcome.
    """

    watermark: int
    lengths: tuple[int, ...]
    days: Days | None
    follow: Follow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of units in ``journeys``.

    Attributes
    ----------
    experiment : Experiment
    plan : JourneyPlan
    exposures : Exposures
        Of which the table ``exposed`` was made.
    numbers : sequence of Number
        All metrics and covariates.
    moment : Moment
    """

    experiment: Experiment
    plan: JourneyPlan
    exposures: Exposures
    numbers: Sequence[Number]
    moment: Moment


def of_journeys(
    asked: Asked, events: exp.Expr, slice_of: exp.Expr, known: Mapping[str, exp.Expr]
) -> exp.Expr:
    """Query for the facts of units in ``journeys``.

    Parameters
    ----------
    asked : Asked
    events : Query
        The event log, each event once.
    slice_of : Expr
        Which rows of ``exposed``; their event rows are held in memory together.
    known : mapping of str to Expr
        Queries to read in place of ``journeys``, which then has every unit of the slice, and of
        running sums.

    Returns
    -------
    Expr
        A select.
    """
    experiment, plan, moment = asked.experiment, asked.plan, asked.moment
    sources: dict[str, exp.Expr] = {"events": events}
    for alias in ("journeys", *(accumulation.alias for accumulation in plan.accumulations)):
        sources[alias] = (
            known[alias] if alias in known else _of_log(alias, plan, moment.watermark, slice_of)
        )
    observed = _observed(experiment, plan, asked.exposures, asked.numbers, slice_of)
    if "journeys" in known:
        observed.args["joins"][0].set("side", None)  # nobody is missing: half the work
    sources["observed"] = observed
    kept = ["events", "skewed", *(f"seen{word}" for word in plan.bitmask.words), *_fired(plan)]
    return _facts(experiment, asked.numbers, moment, kept, sources, plan.alternatives)


def of_log(
    plan: JourneyPlan, events: exp.Expr, watermark: int, slice_of: exp.Expr
) -> dict[str, exp.Expr]:
    """What units did, as queries over the event log: ``journeys``, and each running sum.

    Parameters
    ----------
    plan : JourneyPlan
    events : Expr
        The event log, each event once.
    watermark : int
        Instant from which on rows are not read.
    slice_of : Expr
        Which rows of ``exposed``.

    Returns
    -------
    dict of str to Expr
    """
    return {
        alias: compose_over(_of_log(alias, plan, watermark, slice_of), {"events": events})
        for alias in ("journeys", *(accumulation.alias for accumulation in plan.accumulations))
    }


def _of_log(alias: str, plan: JourneyPlan, watermark: int, slice_of: exp.Expr) -> exp.Expr:
    if alias == "journeys":
        return _journeys(plan, watermark, slice_of)
    accumulation = next(each for each in plan.accumulations if each.alias == alias)
    return compose(
        "accumulated",
        watermark=watermark,
        per=accumulation.per,
        summand=accumulation.summand,
        within=any_of([span.around(parse("placed.d")) for span in accumulation.spans]),
        measures=_thresholds(accumulation),
        least=_reach(min(accumulation.reaches)),
        slice=slice_of,
    )


def _thresholds(accumulation: Accumulation) -> list[exp.Expr]:
    """When each threshold of a running sum was reached, at or after exposure and before."""
    return [
        aliased(
            parse(
                f"min(running.d) filter (where running.d {side} 0 and running.so_far >= $reach)",
                reach=_reach(reach),
            ),
            f"{column}{place}",
        )
        for place, reach in enumerate(accumulation.reaches)
        for column, side in (("crossed", ">="), ("held", "<"))
    ]


def _reach(reach: float) -> exp.Expr:
    return exp.Literal.number(str(int(reach) if float(reach).is_integer() else reach))


def _journeys(plan: JourneyPlan, watermark: int, slice_of: exp.Expr) -> exp.Expr:
    names = [name(alias) for alias in plan.summands]
    seen = [
        aliased(parse("bit_or($w)", w=word), f"seen{place}")
        for place, word in enumerate(plan.bitmask.columns("w"))
    ]
    return compose(
        "journeys",
        watermark=watermark,
        marks=plan.bitmask.marks("w"),
        words=plan.bitmask.columns("w"),
        summands=[aliased(number, alias) for alias, number in plan.summands.items()],
        carried=names,
        counted=plan.bitmask.counted(name("d", "placed"), "w"),
        measures=[*(aliased(m.sql(), alias) for alias, m in plan.measures.items()), *seen],
        slice=slice_of,
    )


def _fired(plan: JourneyPlan) -> list[str]:
    return [f"fired_{stage}{rule}" for stage, rule in plan.sums]


def _observed(
    experiment: Experiment,
    plan: JourneyPlan,
    exposures: Exposures,
    numbers: Sequence[Number],
    slice_of: exp.Expr,
) -> exp.Expr:
    accumulated = [
        aliased(accumulation.crossed(place), fired)
        for (accumulation, place), fired in zip(plan.sums.values(), _fired(plan), strict=True)
    ]
    query: exp.Expr = compose(
        "observed",
        columns=[
            *(aliased(distance, f"{stage}_d") for stage, distance in plan.stages.items()),
            *(column for alternative in plan.alternatives for column in alternative.columns()),
            aliased(plan.purchase, "purchase_d"),
            aliased(plan.baseline, "baseline"),
            aliased(parse("coalesce(journeys.events, 0)"), "events"),
            aliased(parse("coalesce($n, 0)", n=plan.skewed), "skewed"),
            *(
                aliased(parse("coalesce($w, 0)", w=word), word.name)
                for word in plan.bitmask.columns("seen")
            ),
            *accumulated,
            *(aliased(number.value, number.column) for number in numbers),
            *levels(experiment, exposures),
            *_cluster(experiment, exposures),
        ],
        slice=slice_of,
    )
    for accumulation in plan.accumulations:
        joined = parse("exposed.i = $i", i=name("i", accumulation.alias))
        query.append(
            "joins", exp.Join(this=exp.to_table(accumulation.alias), on=joined, side="left")
        )
    return query


def of_units(
    experiment: Experiment,
    exposures: Exposures,
    numbers: Sequence[Number],
    moment: Moment,
) -> exp.Expr:
    """Query for the facts of units in ``units``; parameters as in `of_journeys`.

    Parameters
    ----------
    experiment : Experiment
    exposures : Exposures
        Who was exposed.
    numbers : sequence of Number
        Metrics and covariates.
    moment : Moment

    Returns
    -------
    Expr
    """
    window = None if experiment.window is None else microseconds(experiment.window)
    columns: list[exp.Expr] = [
        aliased(
            value(0)  # the exposure row itself, and nothing can be earlier
            if stage == experiment.exposure_counts_as
            else _met(exposures, f"{stage}_us", 0, window, moment),
            f"{stage}_d",
        )
        for stage in experiment.stage_names
    ]
    columns += [
        aliased(purchase(experiment, exposures, moment), "purchase_d"),
        aliased(_baseline(experiment, exposures), "baseline"),
        aliased(_outcome_at_start(experiment, exposures), "outcome_at_start"),
        *(aliased(number.value, number.column) for number in numbers),
        *levels(experiment, exposures),
        *_cluster(experiment, exposures),
    ]
    observed = (
        exp.select("exposed.i", "exposed.t0", "exposed.arm", *columns)
        .from_("exposed")
        .where("exposed.analysed")
    )
    return _facts(experiment, numbers, moment, ["outcome_at_start"], {"observed": observed})


def purchase(experiment: Experiment, exposures: Exposures, moment: Moment) -> exp.Expr:
    """Distance of the outcome of a table of units; NULL where it did not happen in the window.

    Parameters
    ----------
    experiment : Experiment
    exposures : Exposures
        Who was exposed.
    moment : Moment

    Returns
    -------
    Expr
    """
    outcome = experiment.outcome
    if outcome is None or outcome.column is None:
        return exp.null()
    if not exposures.timed:  # nothing to measure from: any time counts
        return exposures.first("outcome_us")
    window = None if experiment.window is None else microseconds(experiment.window)
    return _met(exposures, "outcome_us", 1, window, moment)


def _met(
    exposures: Exposures, column: str, low: int, window: int | None, moment: Moment
) -> exp.Expr:
    at = exposures.first(column)
    tests = [
        parse("$at - exposed.t0 >= $low", at=at, low=value(low)),
        parse("$at < $watermark", at=at, watermark=value(moment.watermark)),
    ]
    if window is not None:
        tests.append(parse("$at - exposed.t0 < $window", at=at, window=value(window)))
    return case([(exp.and_(*tests), parse("$at - exposed.t0", at=at))], exp.null())


def _baseline(experiment: Experiment, exposures: Exposures) -> exp.Expr:
    held: list[exp.Expr] = []
    for stage in experiment.stage_names:
        lookback = experiment.lookback_of(stage)
        if lookback is None:
            continue
        within = parse(
            "$at < exposed.t0 and $at >= exposed.t0 - $lookback",
            at=exposures.first(f"{stage}_us"),
            lookback=value(microseconds(lookback)),
        )
        held.append(case([(within, value(STAGE_BITS[stage]))], value(0)))
    return bits(held)


def _outcome_at_start(experiment: Experiment, exposures: Exposures) -> exp.Expr:
    outcome = experiment.outcome
    if outcome is None or outcome.column is None or not exposures.timed:
        return exp.false()
    return parse("coalesce($at = exposed.t0, false)", at=exposures.first("outcome_us"))


def _facts(
    experiment: Experiment,
    numbers: Sequence[Number],
    moment: Moment,
    kept: Sequence[str],
    sources: Mapping[str, exp.Expr],
    alternatives: Sequence[Alternative] = (),
) -> exp.Expr:
    stages: tuple[Stage, ...] = experiment.stage_names
    at, grid = reached(stages), cells(stages, microseconds(experiment.resolution))
    affected = in_outage(experiment, name("t0", "placed"), watermark=moment.watermark)
    label = code(stages, unknown=affected)
    names = [
        *kept,
        *(alternative.label for alternative in alternatives),
        "baseline",
        *(number.column for number in numbers),
        *(f"segment{place}" for place in range(len(experiment.segments))),
        *(f"stratum{place}" for place in range(len(experiment.strata))),
        *(["cluster"] if clusters.clustered_arms(experiment) else []),
    ]
    return compose(
        "unit_facts",
        sources,
        reached=[*at, *(column for each in alternatives for column in each.changed(at))],
        cells=[*grid, *(column for each in alternatives for column in each.changed(grid))],
        label=label,
        other_labels=[aliased(each.of(label), each.label) for each in alternatives],
        at_start=starts_at_exposure(stages),
        at_purchase=meets_purchase(stages, microseconds(experiment.resolution)),
        eligible=completed_in_time(experiment),
        after=converted_after(experiment),
        maturity=_maturity(moment),
        day=exp.null() if moment.days is None else moment.days.index(name("t0", "labelled")),
        kept=[
            *(name(column, "labelled") for column in names),
            *following.columns(moment.follow, stages),
        ],
    )


def _cluster(experiment: Experiment, exposures: Exposures) -> list[exp.Expr]:
    """The unit's cluster, where an arm has any."""
    if not clusters.clustered_arms(experiment):
        return []
    return [aliased(clusters.of_unit(experiment, exposures), "cluster")]


def _maturity(moment: Moment) -> exp.Expr:
    """How many of the lengths are over at the watermark."""
    over = [
        case(
            [(parse("labelled.t0 <= $last", last=value(moment.watermark - length)), value(1))],
            value(0),
        )
        for length in moment.lengths
    ]
    return total(over)
