"""The road of a plan: a definition and its baselines in, sizes, days and what can be found out."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from pathlift.errors import DefinitionError, Problem
from pathlift.judgement.words import count, listed, percent
from pathlift.pipeline import Progress
from pathlift.planning.average_rows import planned_average
from pathlift.planning.averages import averages_of
from pathlift.planning.levels import looks_in_words
from pathlift.planning.past import with_history
from pathlift.planning.sizing import (
    Size,
    arm_units,
    exaggeration_with,
    power_with,
    reallocated,
    size_of,
    smallest_with,
    together_with,
)
from pathlift.planning.traffic import Arrivals, rounded_up_to_weeks
from pathlift.planning.wishes import Wish, power_of_each, wishes_of
from pathlift.registry.combining import as_compared
from pathlift.registry.experiment import Experiment
from pathlift.result.plan import Allocation, CurvePoint, Plan, PlannedMetric, Run

_STEPS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # of the planned size, on the curve
_WORTH_SAYING = 0.01  # of the units; a smaller gain is not worth uneven arms
_CORRECTIONS = {
    "max_t": "intervals of all contrasts hold together (largest |T|)",
    "holm": "Holm: sized for the strictest step",
    "bh": "Benjamini-Hochberg: sized for the strictest step",
    "graph": "graph: sized for an equal share of alpha",
    "none": "none: each contrast is read alone",
}


def plan(
    experiment: Experiment,
    *,
    memory: str | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Plan an experiment.

    Parameters
    ----------
    experiment : Experiment
        From `load_experiment`.
    memory : str, optional
        Budget of the engine such as ``4GB``, where a history is read.
    progress : callable, optional
        Called with the step and the share of it that is done.

    Returns
    -------
    Plan

    Raises
    ------
    DefinitionError
        If there is nothing to plan with: no baseline.
    DataError
        If the history cannot be read.
    """
    past = None
    if experiment.plan.history is not None:
        past = with_history(experiment, experiment.plan.history, memory=memory, progress=progress)
        experiment = replace(experiment, plan=past.settings)
    compared = as_compared(experiment)
    _refuse_nothing_to_plan(compared)
    wishes = wishes_of(compared, _design_effect(compared))
    sizes = []
    for done, wish in enumerate(wishes):
        if progress is not None:
            progress("sizes", done / len(wishes))
        sizes.append(None if wish.refused else size_of(compared, wish))
    most = _that_decides(wishes, sizes)
    arrivals = _arrivals(compared)
    total = None if most is None else sum(arm_units(compared, most[1].total).values())
    run = None if arrivals is None else _run(compared, arrivals, total)
    return Plan(
        experiment=experiment.name,
        title=experiment.title,
        definition_hash=experiment.definition_hash,
        sentence=" ".join((_sentence(compared, most, total, run), *_left_out(wishes))),
        alpha=experiment.analysis.alpha,
        power=experiment.plan.power,
        correction=_CORRECTIONS[experiment.analysis.multiplicity],
        looks=looks_in_words(experiment),
        baselines="`plan.baseline` of the definition" if past is None else past.words,
        units={} if most is None else arm_units(compared, most[1].total),
        total=total,
        metrics=(
            *(
                _planned(compared, wish, size, total, arrivals, run)
                for wish, size in zip(wishes, sizes, strict=True)
            ),
            *(
                planned_average(compared, each, total, None if run is None else run.longest_units)
                for each in averages_of(compared, wishes)
            ),
        ),
        run=run,
        curve=() if most is None or total is None else _curve(compared, most[0], total),
        curve_of=None if most is None else most[0].name,
        allocation=None if most is None else _allocation(compared, most[0], most[1]),
        assumptions=(*_assumptions(compared), *(() if past is None else past.notes)),
    )


def _refuse_nothing_to_plan(experiment: Experiment) -> None:
    settings = experiment.plan
    if settings.baseline or settings.incidence:
        return
    primary = next((m for m in experiment.metrics if m.role == "primary"), None)
    name = primary.name if primary else "METRIC"
    value = "0.03" if primary is None or primary.kind == "proportion" else "{value: 40, "
    if value.endswith(" "):
        value += (
            "density: 0.02}"
            if primary and primary.kind == "quantile"
            else ("standard_deviation: 60}")
        )
    raise DefinitionError(
        [
            Problem(
                message="there is nothing to plan with: no metric has a baseline",
                subject=experiment.file,
                hint=f"plan: {{lift: {{relative: 0.03}}, baseline: {{{name}: {value}}}}}",
            )
        ]
    )


def _design_effect(experiment: Experiment) -> float | None:
    if not any(arm.cluster for arm in experiment.analyzed_arms):
        return 1.0
    clusters = experiment.plan.clusters
    return None if clusters is None else max(clusters.design_effect, 1.0)


def _that_decides(wishes: Sequence[Wish], sizes: Sequence[Size | None]) -> tuple[Wish, Size] | None:
    """The wish that the size of the experiment is made for: of those that decide, the largest."""
    planned = [(wish, size) for wish, size in zip(wishes, sizes, strict=True) if size is not None]
    deciding = [each for each in planned if each[0].decides]
    return max(deciding, key=lambda each: each[1].total, default=None)


def _arrivals(experiment: Experiment) -> Arrivals | None:
    traffic = experiment.plan.traffic
    return None if traffic is None else Arrivals.of(traffic, experiment.plan.longest)


def _analyzed_share(experiment: Experiment) -> float:
    """Share of all units that analysed arms get; a holdout keeps the rest."""
    analyzed = sum(arm.weight for arm in experiment.analyzed_arms)
    return analyzed / sum(arm.weight for arm in experiment.arms)


def _wait(experiment: Experiment, names: Sequence[str]) -> float:
    """Days from a unit's first exposure until the slowest of some metrics can be read."""
    zero = timedelta(0)
    lengths = [
        (metric.window or experiment.window or zero) + metric.lag
        for metric in experiment.metrics
        if metric.name in names
    ]
    longest = max(lengths, default=experiment.window or zero) + experiment.ingestion_lag
    return longest / timedelta(days=1)


def _run(experiment: Experiment, arrivals: Arrivals, total: int | None) -> Run:
    share = _analyzed_share(experiment)
    exposure = None if total is None else arrivals.whole_weeks_for(total / share)
    deciding = [m.name for m in experiment.metrics if m.role == "guardrail"]
    wait = _wait(experiment, [*experiment.decision.success, *deciding])
    return Run(
        exposure_days=exposure,
        wait_days=wait,
        days=None if exposure is None else rounded_up_to_weeks(exposure + wait),
        longest_days=arrivals.whole_weeks,
        longest_units=math.floor(arrivals.after(arrivals.whole_weeks) * share),
    )


def _planned(
    experiment: Experiment,
    wish: Wish,
    size: Size | None,
    total: int | None,
    arrivals: Arrivals | None,
    run: Run | None,
) -> PlannedMetric:
    comparison, level = wish.comparison, wish.level
    if size is None or comparison is None or level is None:
        return PlannedMetric(
            metric=wish.name,
            kind=wish.kind,
            role=wish.role,
            ordering=wish.ordering,
            estimand="incidence" if wish.ordering else "itt",
            decides=wish.decides,
            arm=None,
            control=None,
            baseline=None,
            standard_deviation=None,
            absolute=None,
            relative=None,
            margin=None,
            power=wish.power,
            alpha=None,
            critical_value=None,
            inflation=None,
            design_effect=None,
            total=None,
            days=None,
            not_planned={"reason": wish.refused},
        )
    units = arm_units(experiment, size.total)
    own = sum(units.values())
    at = own if total is None else total
    smallest = smallest_with(experiment, wish, at)
    reached = None if run is None else run.longest_units
    together = None if wish.role == "guardrail" else together_with(experiment, wish, at)
    return PlannedMetric(
        metric=wish.name,
        estimand="incidence" if wish.ordering else "itt",
        kind=wish.kind,
        role=wish.role,
        ordering=wish.ordering,
        decides=wish.decides,
        arm=size.arm.name,
        control=size.control.name,
        baseline=comparison.control_value,
        standard_deviation=comparison.standard_deviation,
        absolute=comparison.difference,
        relative=_relative(comparison.difference, comparison.control_value),
        margin=wish.margin,
        power=wish.power,
        alpha=level.alpha,
        critical_value=level.critical,
        inflation=level.inflation,
        design_effect=wish.design_effect,
        units=units,
        total=own,
        days=None if arrivals is None else _days(experiment, wish, arrivals, own),
        reachable_power=power_with(experiment, wish, reached) if reached else None,
        smallest_absolute=_finite(smallest),
        smallest_relative=_relative(_finite(smallest), comparison.control_value),
        reachable_absolute=_finite(smallest_with(experiment, wish, reached)) if reached else None,
        any_arm=None if together is None else together[0],
        every_arm=None if together is None else together[1],
        exaggeration=exaggeration_with(experiment, wish, size, at),
    )


def _days(experiment: Experiment, wish: Wish, arrivals: Arrivals, total: int) -> int | None:
    exposure = arrivals.whole_weeks_for(total / _analyzed_share(experiment))
    if exposure is None:
        return None
    name = experiment.conversion if wish.ordering else wish.name
    return rounded_up_to_weeks(exposure + _wait(experiment, [name or wish.name]))


def _curve(experiment: Experiment, wish: Wish, total: int) -> tuple[CurvePoint, ...]:
    value = wish.comparison.control_value if wish.comparison else 0.0
    points = []
    for step in _STEPS:
        units = round(total * step)
        smallest = smallest_with(experiment, wish, units)
        if math.isfinite(smallest):
            points.append(
                CurvePoint(
                    total=units,
                    power=power_with(experiment, wish, units),
                    smallest_absolute=smallest,
                    smallest_relative=_relative(smallest, value),
                )
            )
    return tuple(points)


def _allocation(experiment: Experiment, wish: Wish, size: Size) -> Allocation | None:
    """Equal arms of one comparison; several arms against one control: the control's root of k."""
    contrasts = experiment.analysis.contrasts
    controls = {contrast.control for contrast in contrasts}
    treated = {contrast.arm for contrast in contrasts}
    if len(controls) != 1 or controls & treated:
        return None
    weights = dict.fromkeys(treated, 1.0) | {next(iter(controls)): math.sqrt(len(treated))}
    if {arm.name for arm in experiment.analyzed_arms} != set(weights):
        return None
    better = reallocated(experiment, weights)
    again = next(
        each
        for each in wishes_of(better, _design_effect(better))
        if (each.name, each.ordering) == (wish.name, wish.ordering)
    )
    total = size_of(better, again).total
    saved = 1 - total / size.total
    if saved < _WORTH_SAYING:
        return None
    whole = sum(weights.values())
    return Allocation(
        shares={arm.name: weights[arm.name] / whole for arm in experiment.analyzed_arms},
        total=math.ceil(total),
        saved=saved,
    )


def _sentence(
    experiment: Experiment,
    most: tuple[Wish, Size] | None,
    total: int | None,
    run: Run | None,
) -> str:
    if most is None or total is None or most[0].comparison is None:
        return "No metric that decides could be planned; the reasons stand beside each."
    wish, comparison = most[0], most[0].comparison
    power = percent(experiment.plan.power)
    sizes = f"takes {count(total)} units"
    arms = experiment.analyzed_arms
    if len({arm.weight for arm in arms}) == 1:
        sizes += f", {count(math.ceil(total / len(arms)))} an arm"
    if wish.role == "guardrail":
        aim = f"Showing that {wish.name} is not worse by more than its margin"
    else:
        relative = _relative(comparison.difference, comparison.control_value)
        change = "" if relative is None else f"{'a rise' if relative > 0 else 'a fall'} of "
        change += f"{comparison.difference:g}" if relative is None else percent(abs(relative))
        aim = f"Finding {change} in {wish.name}"
    begin = f"{aim} with {power} power {sizes}"
    if run is None:
        return f"{begin}."
    if run.days is None:
        return (
            f"{begin}, more than the {count(run.longest_units)} that "
            f"{run.longest_days // 7} weeks bring; {_ceiling(experiment, wish, run)}."
        )
    return (
        f"{begin}: {run.days // 7} weeks, of which {run.exposure_days} days of first exposures "
        f"and {run.wait_days:g} days until the last of them can be read."
    )


def _left_out(wishes: Sequence[Wish]) -> tuple[str, ...]:
    """A metric that decides and is not planned may need more than all that are."""
    names = [wish.name for wish in wishes if wish.decides and wish.refused]
    if not names or all(wish.refused for wish in wishes):
        return ()
    return (f"Not planned, though it decides: {listed(names)}; it may need more.",)


def _ceiling(experiment: Experiment, wish: Wish, run: Run) -> str:
    if run.longest_units < 4:
        return "they find nothing"
    reachable = smallest_with(experiment, wish, run.longest_units)
    if not math.isfinite(reachable) or wish.comparison is None:
        return "they find nothing"
    found = percent(power_with(experiment, wish, run.longest_units))
    if wish.role == "guardrail":
        return f"they show it in {found} of such experiments"
    relative = _relative(reachable, wish.comparison.control_value)
    least = f"{abs(reachable):.3g}" if relative is None else percent(abs(relative))
    direction = "rise" if reachable > 0 else "fall"
    return (
        f"they find it in {found} of such experiments, and a {direction} of {least} as often as "
        "wanted"
    )


def _assumptions(experiment: Experiment) -> tuple[str, ...]:
    said = [
        "Baselines stay what they were, and arms are as large as their weights say.",
        "Units are counted once, when they are first exposed; they are not the visitors of a day.",
    ]
    guardrails = [m.name for m in experiment.metrics if m.role == "guardrail"]
    each = power_of_each(experiment)
    if each != experiment.plan.power:
        said.append(
            f"To ship, success and {listed(guardrails) or 'all success metrics'} must pass: each "
            f"is sized for {percent(each)} power, so that together they have at least "
            f"{percent(experiment.plan.power)}."
        )
    if guardrails:
        said.append("Guardrails are planned for an arm that does no harm at all.")
    worth = [name for name in experiment.decision.worth if name in experiment.decision.success]
    if worth:
        said.append(
            f"{listed(worth)}: the interval has to lie above what `decision.worth` asks for, "
            "not only above 0."
        )
    if any(arm.cluster for arm in experiment.analyzed_arms):
        said.append(
            "Both arms of a contrast with clusters are taken to be clustered; where one is not, "
            "fewer units do."
        )
    return tuple(said)


def _relative(difference: float | None, value: float) -> float | None:
    return None if difference is None or value == 0 else difference / abs(value)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
