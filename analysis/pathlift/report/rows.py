"""Which estimates stand together, and what each cell of their tables says.

The text, the Markdown and the page show the same groups, the same rows and the same words; they
differ in how they draw them. Nothing is computed here but digits and places.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pathlift.report.arranging import (
    GROUPS,
    OF_LABELS,
    OF_ORDERINGS,
    SUBJECT_HEAD,
    group_of,
    panel_key,
    subject_of,
)
from pathlift.report.interactions import tested_between_levels, tested_first
from pathlift.report.numbers import Quantity, count, decimals_of, interval, number, p_value
from pathlift.report.sets import set_or_interval
from pathlift.report.words import CONCLUSION, status_of
from pathlift.result.model import Equivalence, Estimate, Result, Span
from pathlift.result.truth import Hit, TruthCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One estimate, ready to be printed.

    Attributes
    ----------
    estimate : Estimate
    subject : str
        What distinguishes it within its panel.
    control_value, arm_value : str
    difference, difference_interval : str
        Absolute; the interval is the simultaneous one where there is a family.
    lift, lift_interval : str
        Relative to the control.
    p : str
        Adjusted for the family where there is one.
    p_alone : str
        Of this contrast alone.
    mark, conclusion : str
        A sign and the words.
    status : str
        Causal status with flags.
    meant_by : tuple of str
        Arms whose intended ordering it is.
    reason : str
        Why it was not estimated, else empty.
    hit : Hit or None
        Where the truth is known.
    truth : str
        The true difference, or empty.
    """

    estimate: Estimate
    subject: str
    control_value: str
    arm_value: str
    difference: str
    difference_interval: str
    lift: str
    lift_interval: str
    p: str
    p_alone: str
    mark: str
    conclusion: str
    status: str
    meant_by: tuple[str, ...]
    reason: str
    hit: Hit | None
    truth: str

    @property
    def invalid(self) -> bool:
        """Whether a check says not to read it."""
        return self.estimate.causal_status == "invalid"

    @property
    def name(self) -> str:
        """The subject, with the arms that mean it."""
        return f"{self.subject} ({self.meant_words})" if self.meant_by else self.subject

    @property
    def meant_words(self) -> str:
        """Whose intended ordering it is; empty where it is nobody's."""
        return f"meant by {', '.join(self.meant_by)}" if self.meant_by else ""

    @property
    def truth_words(self) -> str:
        """The true difference, and whether the interval holds it; empty where it is not known."""
        if self.hit is None:
            return ""
        return f"{self.truth} {'held' if self.hit.held else 'missed'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Estimates of one quantity that are compared with each other.

    Attributes
    ----------
    title : str
    subject : str
        Head of the first column.
    quantity : Quantity
        Of the differences.
    rows : tuple of Row
    notes : tuple of str
        Family, adjustment, margin: what holds for several rows, in words.
    """

    title: str
    subject: str
    quantity: Quantity
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Panels under one heading.

    Attributes
    ----------
    key : str
        One of `GROUPS`.
    title, about : str
        Heading, and what the numbers below are.
    panels : tuple of Panel
    """

    key: str
    title: str
    about: str
    panels: tuple[Panel, ...]


def groups(result: Result, truth: TruthCheck | None = None) -> tuple[Group, ...]:
    """Arrange the estimates of a result.

    Parameters
    ----------
    result : Result
    truth : TruthCheck, optional
        Of simulated data.

    Returns
    -------
    tuple of Group
        Every estimate stands in exactly one row; groups without any are left out.
    """
    found = []
    for key, title, about in GROUPS:
        members = [estimate for estimate in result.estimates if group_of(estimate) == key]
        panels = tuple(
            _panel(key, name, rows, result, truth) for name, rows in _by(members, panel_key(key))
        )
        if panels:
            said = f"{about}{tested_first(key, result)}"
            found.append(Group(key=key, title=title, about=said, panels=panels))
    return tuple(found)


def deciding(result: Result) -> Estimate | None:
    """Return the estimate that the verdict is about.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Estimate or None
        The primary metric of the arm that is named, else of the first arm; None with checks only.
    """
    primaries = [estimate for estimate in result.estimates if group_of(estimate) == "primary"]
    named = [estimate for estimate in primaries if estimate.arm == result.decision.arm]
    return next(iter(named or primaries), None)


def row_of(estimate: Estimate, truth: TruthCheck | None = None) -> Row:
    """Write one estimate alone, with its own decimals.

    Parameters
    ----------
    estimate : Estimate
    truth : TruthCheck, optional

    Returns
    -------
    Row
    """
    return _rows("primary", [estimate], truth)[0]


def headline(estimate: Estimate) -> Span | None:
    """Return the interval that is shown: the simultaneous one where there is a family.

    Parameters
    ----------
    estimate : Estimate

    Returns
    -------
    Span or None
        Of the absolute difference.
    """
    same = estimate.equivalence
    if same is not None and same.scale == "absolute":
        return same.interval or estimate.absolute
    corrected = estimate.simultaneous.absolute if estimate.simultaneous else None
    return corrected or estimate.absolute


def headline_relative(estimate: Estimate) -> Span | None:
    """Return the interval of the relative lift that is shown.

    Parameters
    ----------
    estimate : Estimate

    Returns
    -------
    Span or None
    """
    same = estimate.equivalence
    if same is not None and same.scale == "relative":
        return same.interval or estimate.relative
    corrected = estimate.simultaneous.relative if estimate.simultaneous else None
    return corrected or estimate.relative


def truth_sentence(truth: TruthCheck) -> str:
    """Say how many intervals hold the truth.

    Parameters
    ----------
    truth : TruthCheck

    Returns
    -------
    str
    """
    simultaneous, all_ = sum(hit.simultaneous for hit in truth.hits), len(truth.hits)
    return (
        f"{truth.held} of {all_} intervals hold the truth; "
        f"{simultaneous} of the {all_} are simultaneous over their family."
    )


def _by(
    estimates: Iterable[Estimate], key: Callable[[Estimate], str]
) -> Iterator[tuple[str, list[Estimate]]]:
    found: dict[str, list[Estimate]] = {}
    for estimate in estimates:
        found.setdefault(key(estimate), []).append(estimate)
    yield from found.items()


def _panel(
    group: str, title: str, members: list[Estimate], result: Result, truth: TruthCheck | None
) -> Panel:
    rows = tuple(
        _marked_intended(row, result) if group in OF_ORDERINGS else row
        for row in _rows(group, members, truth)
    )
    read = any(estimate.not_estimated is None for estimate in members)
    first = tested_between_levels(members, result) if group == "segments" and read else ()
    return Panel(
        title=title,
        subject=SUBJECT_HEAD.get(group, "Contrast"),
        quantity=_quantities(members[0])[1],
        rows=rows,
        notes=tuple(dict.fromkeys((*first, *_notes(group, members)))),
    )


def _marked_intended(row: Row, result: Result) -> Row:
    intended = result.orderings.intended if result.orderings else {}
    if row.estimate.ordering is None:
        return row
    arms = [arm for arm, ordering in intended.items() if ordering == row.estimate.ordering]
    return replace(row, meant_by=tuple(arms))


def _quantities(estimate: Estimate) -> tuple[Quantity, Quantity]:
    """How the arm's value is written, and how the difference is."""
    return ("share", "points") if estimate.kind == "proportion" else ("plain", "plain_difference")


def _rows(group: str, members: list[Estimate], truth: TruthCheck | None) -> list[Row]:
    values, differences = _quantities(members[0])
    decimals = decimals_of([headline(estimate) for estimate in members], differences)
    relative = decimals_of([headline_relative(estimate) for estimate in members], "lift")
    made = []
    for estimate in members:
        span, lift = headline(estimate), headline_relative(estimate)
        hit = truth.of(estimate.id) if truth else None
        mark, conclusion = CONCLUSION[estimate.conclusion]
        family = estimate.simultaneous
        adjusted = family.p_adjusted if family else None
        same = estimate.equivalence
        p, level = estimate.p_value if adjusted is None else adjusted, estimate.alpha
        if same is not None:
            p, level = same.p_value, same.alpha
        made.append(
            Row(
                estimate=estimate,
                subject=subject_of(group, estimate),
                control_value=number(estimate.control_value, values, decimals),
                arm_value=number(estimate.arm_value, values, decimals),
                difference=number(span.estimate if span else None, differences, decimals),
                difference_interval=set_or_interval(estimate, span, differences, decimals),
                lift=number(lift.estimate if lift else None, "lift", relative),
                lift_interval=interval(lift, "lift", relative),
                p=p_value(p, level),
                p_alone=p_value(estimate.p_value, estimate.alpha),
                mark=mark,
                conclusion=conclusion,
                status=status_of(estimate),
                meant_by=(),
                reason=(estimate.not_estimated or {}).get("reason", ""),
                hit=hit,
                truth=number(hit.truth, differences, decimals) if hit else "",
            )
        )
    return made


def _notes(group: str, members: list[Estimate]) -> Iterator[str]:
    members = [estimate for estimate in members if estimate.not_estimated is None]
    yield from _each_once("Method", group, members, lambda e: f"{e.method}.")
    for estimate in members:
        if estimate.role == "guardrail":
            yield _margin_note(estimate)
        if estimate.equivalence is not None:
            yield _equivalence_note(estimate, estimate.equivalence)
        family = estimate.simultaneous
        if family is None:
            if group in OF_LABELS and estimate.ordering is not None:
                yield f"{subject_of(group, estimate)}: in no family, so its interval is marginal."
        elif family.interval_matches_p:
            yield (
                f"Intervals and p are simultaneous over {family.members} contrasts "
                f"({family.family}; {family.method})."
            )
        else:
            yield (
                f"p is adjusted over {family.members} contrasts ({family.family}; "
                f"{family.method}); the intervals are not, so the two may disagree."
            )
    yield from _still_notes(members)
    yield from _capping_notes(members)
    yield from _adjustment_notes(group, members)


def _margin_note(estimate: Estimate) -> str:
    quantity: Quantity = "lift"
    if estimate.null_scale == "absolute":
        quantity = _quantities(estimate)[1]
    margin = number(estimate.null_value, quantity, _margin_decimals(estimate.null_value, quantity))
    side = "upper" if estimate.better == "lower" else "lower"
    return (
        f"Margin {margin}: passes when the {side} end of the interval stays on its good side; "
        f"p is one-sided against it, at {estimate.alpha:g}."
    )


def _equivalence_note(estimate: Estimate, same: Equivalence) -> str:
    quantity: Quantity = "lift" if same.scale == "relative" else _quantities(estimate)[1]
    decimals = _margin_decimals(same.high, quantity)
    low, high = number(same.low, quantity, decimals), number(same.high, quantity, decimals)
    which = "lift" if same.scale == "relative" else "difference"
    return (
        f"The same when the interval of the {which}, at {100 * (1 - 2 * same.alpha):.6g}%, lies "
        f"within {low} to {high}; p is the larger of {same.method}, against {same.alpha:.6g}."
    )


def _margin_decimals(value: float, quantity: Quantity) -> int:
    """Declared by a person, so all its digits are meant."""
    text = f"{value * (100 if quantity in ('points', 'lift') else 1):.10f}".rstrip("0")
    return len(text.partition(".")[2])


def _still_notes(members: list[Estimate]) -> Iterator[str]:
    for estimate in members:
        if "one_arm_without_variance" in estimate.flags:
            yield (
                f"All units of {estimate.arm}, or all of {estimate.control}, have the same value "
                f"of {estimate.metric or 'this share'}: interval and p hold the variance of the "
                "other arm alone, so they are surer than they should be. "
                "A lift down to zero has no interval."
            )


def _capping_notes(members: list[Estimate]) -> Iterator[str]:
    for estimate in members:
        cap = estimate.adjustment
        if cap.winsorized_at is None:
            continue
        quantile = cap.winsorized_quantile
        which = "the declared" if quantile is None else f"the {quantile:.10g}"
        units = "" if cap.winsorized_units is None else f"; {count(cap.winsorized_units)} units"
        yield f"Units capped at {cap.winsorized_at:,.10g} ({which} quantile{units})."


def _adjustment_notes(group: str, members: list[Estimate]) -> Iterator[str]:
    """One line a set of covariates, with the range of what they explain."""
    explained: dict[str, list[float]] = {}
    for estimate in members:
        adjustment = estimate.adjustment
        if adjustment.covariates:
            how = f"Adjusted for {', '.join(adjustment.covariates)} ({adjustment.method})"
            share = adjustment.variance_explained
            explained.setdefault(how, []).extend([] if share is None else [share])
    for how, shares in explained.items():
        if not shares:
            yield f"{how}."
            continue
        low, high = f"{min(shares):.1%}", f"{max(shares):.1%}"
        range_ = low if low == high else f"{low} to {high}"
        yield f"{how}, which takes away {range_} of the variance."
    yield from _each_once("", group, members, lambda e: _capital(e.adjustment.reason))


def _each_once(
    head: str, group: str, members: list[Estimate], text_of: Callable[[Estimate], str]
) -> Iterator[str]:
    """Each text once, with the rows that it is about where it is not about all of them."""
    for text, rows in _by(members, text_of):
        if text:
            some = "; ".join(subject_of(group, e) for e in rows) if len(rows) < len(members) else ""
            about = f"{head} ({some})" if head and some else head or some
            yield f"{about}: {text}" if about else text


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
