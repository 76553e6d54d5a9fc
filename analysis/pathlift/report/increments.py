"""What an arm adds and what it only moves, as sentences and tables. Renders, never computes."""

from pathlift.report.facts import Table
from pathlift.report.numbers import NOTHING, Quantity, decimals_of, interval, number, p_value
from pathlift.report.sets import set_words
from pathlift.report.words import FLAGS, STATUS
from pathlift.result.increments import Effect, FamilyContrast, IncrementalFamily, Share
from pathlift.result.model import Result
from pathlift.result.values import Span

_KIND = {
    "displacement": "Displacement",
    "attribution": "Attribution",
    "pull_forward": "Pull-forward",
}
_TAKEN = {
    "displacement": "taken from elsewhere",
    "attribution": "not new",
    "pull_forward": "brought forward",
}


def family_tables(result: Result) -> tuple[Table, ...]:
    """One table a family of metrics: three effects a contrast, and their shares.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of Table
    """
    return tuple(_table(family) for family in result.families)


def _table(family: IncrementalFamily) -> Table:
    rows = [row for one in family.contrasts for row in _rows(family, one)]
    return Table(
        title=f"{_KIND[family.kind]}: {family.name}",
        about=_about(family),
        head=("Contrast", "Of", "Control", "Arm", "Difference", "Interval", "p", "Status"),
        rows=tuple(rows),
        words=frozenset({0, 1, 7}),
    )


def _about(family: IncrementalFamily) -> str:
    said = [one.sentence for one in family.contrasts if one.sentence]
    said.append(
        f"Units that are mature for both metrics; capped nowhere, since capped parts do not add "
        f"up; intervals hold together over {family.members} effects."
    )
    if family.covariates:
        said.append(f"Adjusted for {', '.join(family.covariates)}.")
    return " ".join(said)


def _rows(family: IncrementalFamily, one: FamilyContrast) -> list[tuple[str, ...]]:
    contrast = f"{one.arm} vs {one.control}"
    flags = ", ".join(FLAGS.get(flag, flag.replace("_", " ")) for flag in one.flags)
    flagged = f", {flags}" if flags else ""
    status = STATUS[one.causal_status] + flagged
    if one.part is None or one.rest is None or one.whole is None:
        reason = (one.not_estimated or {}).get("reason", "")
        return [(contrast, f"not estimated: {reason}", *[NOTHING] * 5, status)]
    effects = (
        (one.part, f"{family.part}, the part"),
        (one.rest, f"{family.rest}, the rest"),
        (one.whole, f"{family.whole}, the whole"),
    )
    spans: list[Span | None] = [effect.effect for effect, _ in effects]
    decimals = decimals_of(spans, "plain_difference")
    rows = [
        (
            contrast if not place else "",
            of,
            *_numbers(effect, decimals, family.alpha),
            STATUS[effect.causal_status] + flagged,
        )
        for place, (effect, of) in enumerate(effects)
    ]
    shares = ((one.added, "new"), (one.moved, _TAKEN[family.kind]))
    rows += [
        ("", f"of the effect on {family.part}, {what}", NOTHING, NOTHING, *_share(share), status)
        for share, what in shares
        if share is not None
    ]
    return rows


def _numbers(effect: Effect, decimals: int, alpha: float) -> tuple[str, ...]:
    return (
        number(effect.control_value, "plain", decimals),
        number(effect.arm_value, "plain", decimals),
        number(effect.effect.estimate, "plain_difference", decimals),
        interval(effect.effect, "plain_difference", decimals),
        p_value(effect.p_value, alpha),
    )


def _share(share: Share) -> tuple[str, str, str]:
    quantity: Quantity = "share"
    ends = (share.set.low, share.set.high)
    decimals = 0
    if None not in ends:
        decimals = decimals_of([Span(estimate=0.0, low=ends[0], high=ends[1])], quantity)
    return (
        number(share.estimate, quantity, decimals),
        set_words(share.set, quantity, decimals),
        NOTHING,
    )
