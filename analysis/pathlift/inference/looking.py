"""What do the looks so far allow each contrast that decides? Its level, and its past.

Before the intervals: the level of this look, by the information or the units actually seen.
After them: the contrast over all its looks. Earlier looks are given; knows no files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pathlift.errors import NotEstimableError
from pathlift.inference.anytime import (
    LEAST_CONVERSIONS,
    running_intersection,
    running_minimum,
)
from pathlift.inference.at_look import AlwaysValid, Level, Repeated, as_z
from pathlift.inference.drafts import Draft
from pathlift.inference.group_sequential import (
    Boundaries,
    boundaries,
    growing_information,
    information_share,
    planned_information,
)
from pathlift.inference.spending import Kind, Spending
from pathlift.inference.stagewise import final_values, stopping_look
from pathlift.registry.experiment import Experiment
from pathlift.result.looks import Earlier
from pathlift.result.model import ContrastLook, Estimate, FinalValues, Span

NOT_PROTECTED = "not_protected_against_peeking"
"""Flag of an estimate that holds at one look only, in a design of several."""

_KINDS: Mapping[str, Kind] = {
    "obf": "obrien_fleming",
    "pocock": "pocock",
    "hsd": "hwang_shih_decani",
}
_SHAPES = {
    "obf": "O'Brien-Fleming type spending",
    "pocock": "Pocock type spending",
    "hsd": "Hwang-Shih-DeCani spending",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A contrast as earlier looks saw it.

    Attributes
    ----------
    seen : tuple of ContrastLook
        That count, in the order of the data.
    looks : tuple of int
        Their numbers in the ledger.
    planned_information : float or None
        Frozen at the first of them.
    """

    seen: tuple[ContrastLook, ...]
    looks: tuple[int, ...]
    planned_information: float | None


def decides(experiment: Experiment, draft: Draft) -> bool:
    """Whether a decision reads a contrast, so that it is protected at every look.

    Parameters
    ----------
    experiment : Experiment
    draft : Draft

    Returns
    -------
    bool
        Of primary and success metrics, and of guardrails.
    """
    about = draft.identity
    return (
        about.estimand == "itt"
        and about.segment is None
        and about.ordering is None
        and (about.role in ("primary", "guardrail") or about.metric in experiment.decision.success)
    )


def at_this_look(
    experiment: Experiment, drafts: Sequence[Draft], earlier: Sequence[Earlier]
) -> tuple[list[Draft], dict[str, Level]]:
    """Give every contrast that decides its level, or the reason why this look has none for it.

    Parameters
    ----------
    experiment : Experiment
    drafts : sequence of Draft
        All of the result.
    earlier : sequence of Earlier
        Looks before this one, in the order of the data.

    Returns
    -------
    list of Draft
        In the same order: leveled ones leave their family, others are flagged.
    dict of str to Level
        By id; empty with fixed looks.
    """
    plan = experiment.analysis.looks
    if plan.kind == "fixed":
        return list(drafts), {}
    levels: dict[str, Level] = {}
    made: list[Draft] = []
    for draft in drafts:
        if not decides(experiment, draft):
            flags = draft.flags if draft.refused else (*draft.flags, NOT_PROTECTED)
            made.append(replace(draft, flags=flags))
            continue
        if draft.refused:
            made.append(draft)
            continue
        try:
            level = _level(experiment, draft, drafts, past_of(draft.identity.id, earlier))
        except NotEstimableError as refusal:
            made.append(replace(draft, refused=str(refusal), family=None))
            continue
        levels[draft.identity.id] = level
        made.append(replace(draft, family=None, method=f"{draft.method}, {level.words}"))
    return made, levels


def past_of(id: str, earlier: Sequence[Earlier]) -> Past:
    """Find the earlier looks at one contrast that learnt something new.

    Parameters
    ----------
    id : str
    earlier : sequence of Earlier

    Returns
    -------
    Past
        Looks at which it was not estimated are left out: nobody saw its statistic.
    """
    found = [
        (look.look, look.contrasts[id])
        for look in earlier
        if id in look.contrasts and look.contrasts[id].not_estimated is None
    ]
    seen: list[tuple[int, ContrastLook]] = []
    planned: float | None = None
    for number, contrast in found:
        if contrast.standard_error is None or contrast.standard_error <= 0:
            continue
        if planned is None:
            planned = contrast.planned_information
        seen.append((number, contrast))
    return Past(
        seen=tuple(contrast for _, contrast in seen),
        looks=tuple(number for number, _ in seen),
        planned_information=planned,
    )


def planned_units(experiment: Experiment, arm: str, control: str) -> float:
    """Mature units of a contrast's two arms at the planned end, by the planned weights.

    Parameters
    ----------
    experiment : Experiment
        Its looks are planned in units of all analysed arms.
    arm, control : str

    Returns
    -------
    float
    """
    weights = {each.name: each.weight for each in experiment.analyzed_arms}
    share = (weights[arm] + weights[control]) / sum(weights.values())
    return (experiment.analysis.looks.planned_units or 0) * share


def sharing(experiment: Experiment, draft: Draft) -> int:
    """How many contrasts share alpha with one that decides.

    Parameters
    ----------
    experiment : Experiment
    draft : Draft

    Returns
    -------
    int
        As declared, estimated or not: a share that follows the data would not be kept.
    """
    rule, about = experiment.decision, draft.identity
    if about.role == "guardrail" or experiment.analysis.multiplicity == "none":
        return 1
    together = rule.need == "any" and about.metric in rule.success
    return len(experiment.analysis.contrasts) * (len(rule.success) if together else 1)


def over_looks(
    experiment: Experiment,
    drafts: Sequence[Draft],
    estimates: Sequence[Estimate],
    levels: Mapping[str, Level],
    earlier: Sequence[Earlier],
    *,
    look: int,
) -> tuple[ContrastLook, ...]:
    """Every contrast that decides, over the looks so far.

    Parameters
    ----------
    experiment : Experiment
    drafts, estimates : sequence
        In the same order.
    levels : mapping of str to Level
    earlier : sequence of Earlier
    look : int
        Number of this look in the ledger.

    Returns
    -------
    tuple of ContrastLook
        With fixed looks: only what a later sequential reading would need to know.
    """
    return tuple(
        _contrast(
            experiment,
            draft,
            estimate,
            levels.get(estimate.id),
            past_of(estimate.id, earlier),
            same_plan={each.look for each in earlier if each.plan == plan_of(experiment)},
            look=look,
        )
        for draft, estimate in zip(drafts, estimates, strict=True)
        if decides(experiment, draft)
    )


def plan_of(experiment: Experiment) -> dict[str, str | float | int | None]:
    """What looks at the same data must agree on to be looks of one sequence.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    dict
        As the ledger keeps it.
    """
    plan = experiment.analysis.looks
    return {
        "kind": plan.kind,
        "planned_units": plan.planned_units,
        "spending": plan.spending if plan.kind == "group_sequential" else None,
        "gamma": plan.gamma if plan.spending == "hsd" else None,
        "alpha": experiment.analysis.alpha,
    }


def _level(experiment: Experiment, draft: Draft, drafts: Sequence[Draft], past: Past) -> Level:
    plan = experiment.analysis.looks
    about, members = draft.identity, sharing(experiment, draft)
    units = planned_units(experiment, about.arm, about.control)
    shape = ""
    look: Repeated | AlwaysValid
    if plan.kind == "group_sequential":
        spending = Spending(kind=_KINDS[plan.spending], gamma=plan.gamma)
        look = Repeated(information=_information(draft, units, past), spending=spending)
        alpha, sides = experiment.analysis.alpha / members, 2
        if about.role == "guardrail":
            alpha, sides = alpha / 2, 1
        if np.isinf(look.critical(alpha, sides=1 if sides == 1 else 2)):
            raise NotEstimableError(
                f"only {look.information[-1]:.2%} of the planned information has been seen, too "
                "little to spend any alpha; this look is not spent"
            )
        shape = f"repeated over looks (group-sequential, {_SHAPES[plan.spending]})"
    else:
        _enough(experiment, draft, drafts)
        now = draft.arm_units + draft.control_units
        _only_grown(now, past)
        look = AlwaysValid(units=now, planned_units=units)
        shape = "valid at every look (asymptotic confidence sequence)"
    return Level(
        look=look,
        members=members,
        scope=draft.family.name if draft.family else f"{about.metric} x contrasts",
        words=shape,
    )


def _information(draft: Draft, units: float, past: Past) -> tuple[float, ...]:
    """Shares of the planned information at the looks that count, this one last."""
    spread = draft.spread
    if spread is None or not spread.standard_error > 0:
        raise NotEstimableError(
            "without a standard error this look carries no information; it is not spent"
        )
    planned = _frozen(draft, units, past)
    shares = [float(information_share(c.standard_error or np.inf, planned)) for c in past.seen]
    kept: list[float] = []
    for share in shares:
        try:
            growing_information([*kept, share])
        except NotEstimableError:
            continue  # another reading of data that had been seen, or of fewer: it spent nothing
        kept.append(share)
    now = float(information_share(spread.standard_error, planned))
    try:
        growing_information([*kept, now])
    except NotEstimableError as refusal:
        raise NotEstimableError(f"{refusal}; this look is not spent") from refusal
    return (*kept, now)


def _frozen(draft: Draft, units: float, past: Past) -> float:
    if past.planned_information is not None:
        return past.planned_information
    first = past.seen[0] if past.seen else None
    if first is not None and first.standard_error is not None:
        return float(planned_information(first.standard_error, first.units, units))
    error = draft.spread.standard_error if draft.spread else 0.0
    return float(planned_information(error, draft.arm_units + draft.control_units, units))


def _enough(experiment: Experiment, draft: Draft, drafts: Sequence[Draft]) -> None:
    """Refuse a contrast whose normal approximation has not begun."""
    seen, what = _conversions(experiment, draft, drafts)
    if seen < LEAST_CONVERSIONS:
        raise NotEstimableError(
            f"an interval that is valid at every look starts at {LEAST_CONVERSIONS} {what} in the "
            f"two arms, and there are {seen:,.0f}"
        )


def _only_grown(units: int, past: Past) -> None:
    """Refuse a look that sees fewer units than one before it: its promise is about growing data."""
    most = max((contrast.units for contrast in past.seen), default=0)
    if units < most:
        raise NotEstimableError(
            f"mature units of the two arms fell from {most:,} to {units:,}, and intervals that are "
            "valid at every look hold for data that only grow; this look has none"
        )


def _conversions(
    experiment: Experiment, draft: Draft, drafts: Sequence[Draft]
) -> tuple[float, str]:
    about = draft.identity
    names = (about.metric, experiment.conversion)
    for name in names:
        for other in drafts:
            identity = other.identity
            if (
                identity.kind == "proportion"
                and identity.estimand == "itt"
                and identity.segment is None
                and identity.metric == name
                and (identity.arm, identity.control) == (about.arm, about.control)
                and other.spread is not None
            ):
                spread = other.spread
                return (
                    round(spread.m1 * other.arm_units + spread.m0 * other.control_units),
                    "conversions",
                )
    return float(draft.arm_units + draft.control_units), "units"


def _contrast(
    experiment: Experiment,
    draft: Draft,
    estimate: Estimate,
    level: Level | None,
    past: Past,
    *,
    same_plan: set[int],
    look: int,
) -> ContrastLook:
    plan = experiment.analysis.looks
    units = estimate.arm_units + estimate.control_units
    if estimate.not_estimated is not None or draft.spread is None or estimate.statistic is None:
        reason = (estimate.not_estimated or {}).get("reason", "no variance")
        return ContrastLook(
            id=estimate.id,
            units=units,
            planned_information=past.planned_information,
            not_estimated={"reason": reason},
            **(_ended(past) if plan.kind == "group_sequential" else _running(past, same_plan)),
        )
    error = draft.spread.standard_error
    family = estimate.simultaneous if estimate.role != "guardrail" else None
    shared = family if family is not None and family.interval_matches_p else None
    seen = ContrastLook(
        id=estimate.id,
        units=units,
        estimate=draft.spread.difference,
        standard_error=error,
        statistic=as_z(estimate.statistic, draft.spread.df),
        information=1 / error**2 if error > 0 else None,
        p_value=estimate.p_value if family is None else family.p_adjusted,
        interval=estimate.absolute if shared is None else shared.absolute,
        relative=estimate.relative if shared is None else shared.relative,
    )
    if level is None:
        return seen
    alpha = experiment.analysis.alpha
    guard = estimate.role == "guardrail"
    share = alpha / 2 if guard else alpha / level.members
    boundary = level.look.critical(share, sides=1 if guard else 2)
    seen = seen.model_copy(update={"alpha": share, "boundary": boundary})
    if isinstance(level.look, Repeated):
        return _repeated(experiment, draft, seen, level.look, past, guard=guard, level=level)
    planned = planned_units(experiment, estimate.arm, estimate.control)
    stage = sum(1 for number in past.looks if number in same_plan) + 1
    return seen.model_copy(
        update={
            "stage": stage,
            "information_fraction": units / planned,
            **_running(past, same_plan, now=(look, seen)),
        }
    )


def _repeated(
    experiment: Experiment,
    draft: Draft,
    seen: ContrastLook,
    look: Repeated,
    past: Past,
    *,
    guard: bool,
    level: Level,
) -> ContrastLook:
    share = seen.alpha or experiment.analysis.alpha
    plan = boundaries(look.information, look.spending, alpha=share, sides=1 if guard else 2)
    planned = _frozen(draft, planned_units(experiment, draft.identity.arm, draft.identity.control),
                      past)  # fmt: skip
    return seen.model_copy(
        update={
            "stage": len(look.information),
            "planned_information": planned,
            "information_fraction": look.information[-1],
            "fractions": look.information,
            "boundaries": tuple(float(c) if np.isfinite(c) else None for c in plan.critical),
            "spent": float(plan.spent[-1]),
            "final": None if guard else _final(plan, look, planned, seen, past, level.members),
        }
    )


def _final(
    plan: Boundaries,
    look: Repeated,
    planned: float,
    seen: ContrastLook,
    past: Past,
    members: int,
) -> FinalValues | None:
    """Values after stopping, where a boundary was reached or the plan has ended."""
    by_share = {
        float(information_share(c.standard_error or np.inf, planned)): c for c in (*past.seen, seen)
    }
    chosen = [by_share[share] for share in look.information]
    statistics = np.array([c.statistic for c in chosen], dtype=np.float64)
    if stopping_look(plan, statistics) is None:
        return None
    errors = np.array([c.standard_error for c in chosen], dtype=np.float64)
    found = final_values(plan, statistics, errors, alpha=seen.alpha or 0.05)
    return FinalValues(
        stage=found.look,
        p_value=min(1.0, members * found.p_value),
        estimate=found.estimate,
        low=found.low,
        high=found.high,
    )


def _ended(past: Past) -> dict[str, object]:
    """What the look that ended a plan saw, for looks after it."""
    found = next(
        (
            (number, contrast)
            for number, contrast in zip(past.looks, past.seen, strict=True)
            if contrast.information_fraction is not None and contrast.information_fraction >= 1
        ),
        None,
    )
    if found is None:
        return {}
    number, contrast = found
    return {
        "alpha": contrast.alpha,
        "fractions": contrast.fractions,
        "boundaries": contrast.boundaries,
        "spent": contrast.spent,
        "running_p": contrast.p_value,
        "running_look": number,
        "running": contrast.interval,
        "running_relative": contrast.relative,
        "final": contrast.final,
    }


def _running(
    past: Past, same_plan: set[int], *, now: tuple[int, ContrastLook] | None = None
) -> dict[str, object]:
    """Smallest p-value and common part of the intervals, over looks of one plan."""
    looks = [
        (number, contrast)
        for number, contrast in zip(past.looks, past.seen, strict=True)
        if number in same_plan and contrast.alpha is not None
    ]
    looks += [now] if now is not None else []
    if not looks or all(contrast.boundary is None for _, contrast in looks):
        return {}
    p = np.array([np.nan if c.p_value is None else c.p_value for _, c in looks])
    smallest = running_minimum(p)
    absolute, inconsistent = _common([contrast.interval for _, contrast in looks])
    relative, apart = _common([contrast.relative for _, contrast in looks])
    return {
        "running_p": float(smallest[-1]),
        "running_look": looks[int(np.nanargmin(p))][0],
        "running": absolute,
        "running_relative": relative,
        "inconsistent": inconsistent or apart,
    }


def _common(spans: Sequence[Span | None]) -> tuple[Span | None, bool]:
    ends = np.array(
        [
            (np.nan, np.nan)
            if span is None
            else (
                -np.inf if span.low is None else span.low,
                np.inf if span.high is None else span.high,
            )
            for span in spans
        ]
    )
    if bool(np.isnan(ends).all()):
        return None, False
    found = running_intersection(ends[:, 0], ends[:, 1])
    if bool(found.inconsistent[-1]):
        return None, True
    low, high = float(found.low[-1]), float(found.high[-1])
    last = spans[-1]
    return (
        Span(
            estimate=None if last is None else last.estimate,
            low=low if np.isfinite(low) else None,
            high=high if np.isfinite(high) else None,
        ),
        False,
    )
