"""Does an arm add anything, or does it only move what is there? Judges families of metrics."""

from collections.abc import Iterable, Mapping, Sequence

from pathlift.judgement import words
from pathlift.result.increments import Effect, FamilyContrast, Finding, IncrementalFamily, Share
from pathlift.result.model import Estimate

_MOVES: Mapping[str, str] = {
    "displacement": "gains on {part} and loses elsewhere",
    "attribution": "is credited with more, and less comes without credit",
    "pull_forward": "brings forward: more within {window}, less after it",
}


def judged(
    families: Iterable[IncrementalFamily], estimates: Iterable[Estimate]
) -> tuple[IncrementalFamily, ...]:
    """Say of every contrast what it found.

    Parameters
    ----------
    families : iterable of IncrementalFamily
        Fresh from inference.
    estimates : iterable of Estimate
        After failed checks have taken their status away.

    Returns
    -------
    tuple of IncrementalFamily
        With findings and sentences. Invalid where an estimate of its rest is. An arm ``adds`` only
        where the whole is shown to be better: an effect on a part, or within a first window, shows
        nothing of the kind.
    """
    status = {
        (e.metric, e.arm, e.control): e.causal_status for e in estimates if e.estimand == "rest"
    }
    return tuple(
        family.model_copy(
            update={
                "contrasts": tuple(
                    _judged(family, one, status.get((family.name, one.arm, one.control)))
                    for one in family.contrasts
                )
            }
        )
        for family in families
    )


def _judged(family: IncrementalFamily, one: FamilyContrast, status: str | None) -> FamilyContrast:
    update: dict[str, object] = {}
    if status == "invalid":
        update["causal_status"] = "invalid"
        update |= {
            name: effect.model_copy(update={"causal_status": "invalid"})
            for name, effect in (("part", one.part), ("rest", one.rest), ("whole", one.whole))
            if effect is not None
        }
    if one.part is not None and one.rest is not None and one.whole is not None:
        found = _finding(family, one.part, one.rest, one.whole)
        update |= {
            "finding": found,
            "sentence": _sentence(family, one, found, one.part, one.whole),
        }
    return one.model_copy(update=update)


def _finding(family: IncrementalFamily, part: Effect, rest: Effect, whole: Effect) -> Finding:
    if _shown(family, whole):
        return "adds" if _is_better(family, whole) else "takes_away"
    both = _shown(family, part) and _shown(family, rest)
    return "only_moves" if both and _of(part) * _of(rest) < 0 else "not_shown"


def _shown(family: IncrementalFamily, effect: Effect) -> bool:
    return effect.p_value is not None and effect.p_value < family.alpha


def _is_better(family: IncrementalFamily, effect: Effect) -> bool:
    return (_of(effect) > 0) == (family.better != "lower")


def _of(effect: Effect) -> float:
    return effect.effect.estimate or 0.0


def _sentence(
    family: IncrementalFamily, one: FamilyContrast, found: Finding, part: Effect, whole: Effect
) -> str:
    until = f" within {family.whole_window}" if family.kind == "pull_forward" else ""
    size = f"{family.whole}{until} {_size(whole)}"
    match found:
        case "adds":
            told = f"{one.arm} adds: {size} against {one.control}."
        case "takes_away":
            told = f"{one.arm} makes it worse: {size} against {one.control}."
        case "only_moves":
            moves = _MOVES[family.kind].format(part=family.part, window=family.part_window)
            told = f"{one.arm} {moves}; {size} against {one.control} is not shown to change."
        case "not_shown":
            told = f"{one.arm} is not shown to add: {size} against {one.control}."
    return f"{told} {_share(family, one, part)}".strip()


def _share(family: IncrementalFamily, one: FamilyContrast, part: Effect) -> str:
    if one.added is None or one.added.set.kind != "interval" or not _shown(family, part):
        return f"No effect on {family.part} is shown, so no share is."
    if None in (one.added.set.low, one.added.set.high, one.added.estimate):
        return ""
    return f"Of its {_size(part)} on {family.part}, {_percent(one.added)} is new."


def _size(effect: Effect) -> str:
    span = effect.effect
    places = 2 if span.low is None or span.high is None else words.decimals(span.high - span.low)
    ends = [
        "unbounded" if end is None else words.signed(end, places) for end in (span.low, span.high)
    ]
    return f"{words.signed(_of(effect), places)} ({ends[0]} to {ends[1]})"


def _percent(share: Share) -> str:
    low, high = share.set.low or 0.0, share.set.high or 0.0
    places = words.decimals(100 * (high - low))
    numbers: Sequence[str] = [
        f"{100 * each:.{places}f}".replace("-", words.MINUS)
        for each in (share.estimate or 0.0, low, high)
    ]
    return f"{numbers[0]}% ({numbers[1]} to {numbers[2]}%)"
