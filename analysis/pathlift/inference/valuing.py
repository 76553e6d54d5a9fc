"""From arrays to the estimates of a result: one frozen value a contrast.

What is not finite becomes None, and what it means a flag. Computes nothing but conclusions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pathlift.inference.arrays import Floats
from pathlift.inference.at_look import Leveled
from pathlift.inference.columns import Columns, null_of
from pathlift.inference.drafts import Draft
from pathlift.inference.intervals import Interval
from pathlift.inference.relative import SetKind
from pathlift.inference.spans import Spans, Tests
from pathlift.inference.tails import Side, one_sided_p
from pathlift.inference.widening import Widened
from pathlift.result.model import Conclusion, Equivalence, Estimate, Simultaneous, Span

UNBOUNDED = {
    SetKind.ABOVE: "relative_unbounded_above",
    SetKind.BELOW: "relative_unbounded_below",
    SetKind.OUTSIDE: "relative_outside_gap",
    SetKind.EVERYTHING: "relative_unbounded",
}
"""Flag of a lift whose set of values is no interval with two ends."""

_BOTH_WAYS = (SetKind.OUTSIDE, SetKind.EVERYTHING)

Lift = tuple[Span | None, tuple[str, ...]]
"""A relative interval, and flags that say what its ends mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Intervals of contrasts as values, one element a contrast.

    Attributes
    ----------
    absolute : list of Span
    relative : list of (Span or None, tuple of str)
        None where a lift has no meaning.
    """

    absolute: list[Span]
    relative: list[Lift]


def values_of(spans: Spans, columns: Columns) -> Values:
    """Turn intervals into values.

    Parameters
    ----------
    spans : Spans
    columns : Columns
        The same contrasts.

    Returns
    -------
    Values
    """
    absolute = _spans(columns.difference, spans.absolute.low, spans.absolute.high)
    both_ways = np.isin(spans.kind, _BOTH_WAYS)
    low = np.where(both_ways, -np.inf, spans.relative_low)
    high = np.where(both_ways, np.inf, spans.relative_high)
    defined = (columns.score | (columns.m0 > 0)).tolist()
    pointless = columns.all_zero.tolist()
    lifts = _spans(spans.relative_estimate, low, high)
    return Values(
        absolute=absolute,
        relative=[
            (None if zero else lift, _flags(kind, lift)) if meant else (None, _NOT_DEFINED)
            for lift, kind, meant, zero in zip(
                lifts, spans.kind.tolist(), defined, pointless, strict=True
            )
        ],
    )


_NOT_DEFINED = ("relative_not_defined",)


def _flags(kind: int, lift: Span) -> tuple[str, ...]:
    if kind in UNBOUNDED:
        return (UNBOUNDED[SetKind(kind)],)
    return ("relative_unbounded_above",) if lift.high is None else ()


def simultaneous_values(
    spans: Spans, columns: Columns, widened: Sequence[Widened]
) -> list[Simultaneous]:
    """What families do to their members, as values.

    Parameters
    ----------
    spans : Spans
        Of the members, at their family's critical value.
    columns : Columns
    widened : sequence of Widened
        In the same order.

    Returns
    -------
    list of Simultaneous
    """
    values = values_of(spans, columns)
    return [
        Simultaneous(
            absolute=absolute,
            relative=relative,
            p_adjusted=found.p_adjusted,
            critical_value=found.critical_value,
            method=found.method,
            family=found.scope,
            members=found.members,
        )
        for absolute, (relative, _), found in zip(
            values.absolute, values.relative, widened, strict=True
        )
    ]


def adjusted_alone(widened: Widened) -> Simultaneous:
    """A family that adjusts p only: beside it stands the marginal interval of the estimate.

    Parameters
    ----------
    widened : Widened

    Returns
    -------
    Simultaneous
    """
    return Simultaneous(
        absolute=None,
        relative=None,
        p_adjusted=widened.p_adjusted,
        critical_value=None,
        method=widened.method,
        family=widened.scope,
        members=widened.members,
        interval_matches_p=False,
    )


def estimates_of(
    drafts: Sequence[Draft],
    columns: Columns,
    tests: Tests,
    marginal: Spans,
    own: tuple[Interval, Interval],
    *,
    alpha: float,
    families: Mapping[int, Simultaneous],
    same: Mapping[int, Equivalence],
    looked: Mapping[int, Leveled],
) -> list[Estimate]:
    """Make the estimates of contrasts that could be estimated.

    Parameters
    ----------
    drafts : sequence of Draft
    columns, tests, marginal : Columns, Tests, Spans
        Of the same contrasts.
    own : (Interval, Interval)
        Of the shares of arm and control.
    alpha : float
        Two-sided; a test of a margin has half of it.
    families, same, looked : mapping of int
        By position: what a family, a test of equivalence and the level of a look say.

    Returns
    -------
    list of Estimate
    """
    values = values_of(marginal, columns)
    arm_interval = _own_spans(columns, columns.m1, own[0])
    control_interval = _own_spans(columns, columns.m0, own[1])
    arm_value, control_value = _finite(columns.m1), _finite(columns.m0)
    one_still = columns.one_still.tolist()
    df, error = _finite(columns.df), columns.standard_error.tolist()
    statistic, two_sided = tests.at_null.tolist(), tests.p_null.tolist()
    made = []
    for position, draft in enumerate(drafts):
        identity = draft.identity
        absolute = values.absolute[position]
        relative, flags = values.relative[position]
        null, on_lift = null_of(draft)
        side = margin_side(draft)
        family, equal = families.get(position), same.get(position)
        p_value, level = two_sided[position], alpha
        if side is not None:
            level = alpha / 2
            p_value = float(one_sided_p(statistic[position], columns.df[position], side=side))
        if position in looked:
            p_value = looked[position].p_value
        if side is not None:
            held = relative if on_lift else absolute
            conclusion = _guarded(held, null, side, passed=p_value < level)
        elif equal is not None:
            conclusion = _equivalent(equal)
        else:
            conclusion = _conclusion(identity.better, absolute, family, p_value, alpha)
        made.append(
            Estimate(
                id=identity.id,
                estimand=identity.estimand,
                metric=identity.metric,
                kind=identity.kind,
                role=identity.role,
                better=identity.better,
                ordering=identity.ordering,
                segment=None if identity.segment is None else dict([identity.segment]),
                arm=identity.arm,
                control=identity.control,
                arm_units=draft.arm_units,
                control_units=draft.control_units,
                arm_value=arm_value[position],
                control_value=control_value[position],
                arm_interval=arm_interval.get(position),
                control_interval=control_interval.get(position),
                absolute=absolute,
                relative=relative,
                standard_error=error[position],
                statistic=statistic[position],
                df=df[position],
                null_value=null,
                null_scale="relative" if on_lift else "absolute",
                p_value=p_value,
                alpha=level,
                simultaneous=family,
                equivalence=equal,
                method=draft.method,
                adjustment=draft.adjustment,
                exact=draft.exact,
                conclusion=conclusion,
                causal_status="causal_if" if draft.assumptions else "causal",
                flags=(
                    *draft.flags,
                    *flags,
                    *(("one_arm_without_variance",) if one_still[position] else ()),
                    *_exploratory(draft),
                ),
                assumptions=draft.assumptions,
            )
        )
    return made


def refused_estimate(draft: Draft, *, alpha: float) -> Estimate:
    """Make the estimate of a contrast that says why there is none.

    Parameters
    ----------
    draft : Draft
    alpha : float
        Two-sided.

    Returns
    -------
    Estimate
    """
    identity = draft.identity
    null, relative = null_of(draft)
    return Estimate(
        id=identity.id,
        estimand=identity.estimand,
        metric=identity.metric,
        kind=identity.kind,
        role=identity.role,
        better=identity.better,
        ordering=identity.ordering,
        segment=None if identity.segment is None else dict([identity.segment]),
        arm=identity.arm,
        control=identity.control,
        arm_units=draft.arm_units,
        control_units=draft.control_units,
        arm_value=None,
        control_value=None,
        absolute=None,
        relative=None,
        standard_error=None,
        statistic=None,
        df=None,
        null_value=null,
        null_scale="relative" if relative else "absolute",
        p_value=None,
        alpha=alpha if margin_side(draft) is None else alpha / 2,
        simultaneous=None,
        method=draft.method or "none",
        adjustment=draft.adjustment,
        exact=draft.exact,
        conclusion="not_estimated",
        causal_status="causal_if" if draft.assumptions else "causal",
        flags=(*draft.flags, *_exploratory(draft)),
        assumptions=draft.assumptions,
        not_estimated={"reason": draft.refused},
    )


def margin_side(draft: Draft) -> Side | None:
    """Side of a margin on which it is not exceeded; None where no margin is tested.

    Parameters
    ----------
    draft : Draft

    Returns
    -------
    {'less', 'greater'} or None
    """
    identity = draft.identity
    if identity.role != "guardrail" or identity.margin is None:
        return None
    return "less" if identity.better == "lower" else "greater"


def _exploratory(draft: Draft) -> tuple[str, ...]:
    return () if draft.identity.segment is None else ("exploratory",)


def _spans(estimate: Floats, low: Floats, high: Floats) -> list[Span]:
    return [
        Span(estimate=center, low=below, high=above)
        for center, below, above in zip(_finite(estimate), _finite(low), _finite(high), strict=True)
    ]


def _own_spans(columns: Columns, share: Floats, own: Interval) -> dict[int, Span]:
    """One arm's own shares by position, where they were counted and not adjusted."""
    counted = np.flatnonzero(columns.score)
    spans = _spans(share[counted], own.low[counted], own.high[counted])
    return dict(zip(counted.tolist(), spans, strict=True))


def _finite(numbers: Floats) -> list[float | None]:
    """Python's floats; None in place of what is infinite or no number."""
    finite = np.isfinite(numbers)
    if finite.all():
        return list(numbers.tolist())
    return [
        number if known else None
        for number, known in zip(numbers.tolist(), finite.tolist(), strict=True)
    ]


def _equivalent(same: Equivalence) -> Conclusion:
    shown = same.p_value is not None and same.p_value < same.alpha
    return "equivalent" if shown else "not_shown"


def _conclusion(
    better: str | None,
    absolute: Span,
    family: Simultaneous | None,
    p_value: float,
    alpha: float,
) -> Conclusion:
    decisive = p_value if family is None or family.p_adjusted is None else family.p_adjusted
    if not decisive < alpha:
        return "no_difference_shown"
    if better is None:
        return "different"
    up = (absolute.estimate or 0.0) > 0
    return "better" if up == (better == "higher") else "worse"


def _guarded(held: Span | None, null: float, side: Side, *, passed: bool) -> Conclusion:
    """Whether the whole interval lies beyond the margin, where it is not shown to lie within."""
    if passed:
        return "non_inferior"
    if held is None:
        return "not_shown"
    if side == "less":
        return "harmed" if held.low is not None and held.low > null else "not_shown"
    return "harmed" if held.high is not None and held.high < null else "not_shown"
