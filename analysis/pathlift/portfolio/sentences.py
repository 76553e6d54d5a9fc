"""What a portfolio says in plain words: a sentence for each pair, and what is assumed."""

from collections.abc import Mapping, Sequence

from pathlift.judgement import words
from pathlift.portfolio.numbers import PAIRS, Pair
from pathlift.result.model import Span
from pathlift.result.portfolio import Combination

_SHOWN = ("better", "worse", "different")

NOTHING = (
    "Nothing can be combined: no two treatments are compared by any of these experiments; what is "
    "left out says why."
)


def answers(combinations: Sequence[Combination], metric: str, kind: str) -> tuple[str, ...]:
    """Say for each pair of treatments whether one beats the other, and through which ordering.

    Parameters
    ----------
    combinations : sequence of Combination
    metric, kind : str

    Returns
    -------
    tuple of str
        Content vs search first.
    """
    return tuple(
        _answer(pair, mine, metric, kind)
        for pair in PAIRS
        if (mine := {c.id: c for c in combinations if _is_of(c, pair)})
    )


def assumptions(
    logs: Sequence[tuple[str, str]], combinations: Sequence[Combination], *, stages: bool
) -> tuple[str, ...]:
    """Say what has to hold for the numbers to mean what they say.

    Parameters
    ----------
    logs : sequence of (str, str)
        Experiments that read one log of events.
    combinations : sequence of Combination
    stages : bool
        Whether orderings are combined.

    Returns
    -------
    tuple of str
        One sentence each.
    """
    said = [
        "No unit is assumed to be in two experiments: their files are different, and whether a "
        "person stands in two of them no saved result tells.",
        "The experiments are read as draws of one kind of experiment: the mean is over such "
        "experiments, not over units.",
        "Only experiments whose result was saved are here: one that was never analysed, or was "
        "stopped and forgotten, is missing from the mean.",
    ]
    if logs:
        pairs = words.listed(f"{one} and {other}" for one, other in logs[:3])
        more = f" and {len(logs) - 3} more pairs" if len(logs) > 3 else ""
        said.append(
            f"One log of events is read by {pairs}{more}: taken as different units of one platform."
        )
    if stages:
        said.append(
            "Stages are taken to mean the same everywhere: each experiment declares its own rules. "
            "Means over orderings do not add up to the mean effect, since each weighs experiments "
            "by its own spread."
        )
        said.append(
            "An ordering that nobody took in one experiment is left out there, not counted as no "
            "difference: the mean of a rare ordering is over experiments that show it, and likely "
            "too large in size."
        )
    interim = sorted({p.experiment for c in combinations for p in c.parts if p.interim})
    if interim:
        said.append(
            f"{words.listed(interim)} {'is' if len(interim) == 1 else 'are'} interim: units still "
            "within a window are not in yet, and a stop at a good moment would flatter the mean."
        )
    return tuple(said)


def _is_of(one: Combination, pair: Pair) -> bool:
    return (one.treatment, one.control) == (pair.treatment, pair.control)


def _answer(pair: Pair, mine: Mapping[str, Combination], metric: str, kind: str) -> str:
    key = f"{pair.treatment}-{pair.control}"
    effect = mine.get(f"absolute/itt//{key}")
    if effect is None:
        return f"{pair}: no effect on {metric} can be combined."
    if effect.effect is None:
        return _alone(pair, effect, metric, kind)
    lift = mine.get(f"relative/itt//{key}")
    size = _size(effect.effect, kind, effect.alpha)
    if lift is not None and lift.effect is not None and lift.effect.estimate is not None:
        size += f", a lift of {words.signed(100 * lift.effect.estimate, 1)}%"
    over = f"Over {effect.experiments} experiments ({words.count(effect.units)} units)"
    told = f"{over} {_verb(pair, effect, metric)}: {size}{_next_one(effect, kind)}."
    return f"{told} {_through(effect, mine, kind)}".strip()


def _verb(pair: Pair, effect: Combination, metric: str) -> str:
    match effect.conclusion:
        case "better":
            return f"{pair.treatment} beats {pair.control} on {metric}"
        case "worse":
            return f"{pair.treatment} does worse than {pair.control} on {metric}"
        case "different":
            return f"{pair.treatment} differs from {pair.control} in {metric}"
        case _:
            return f"{pair.treatment} is not shown to beat {pair.control} on {metric}"


def _alone(pair: Pair, effect: Combination, metric: str, kind: str) -> str:
    if effect.experiments > 1:
        reason = (effect.not_estimated or {}).get("reason", "")
        return f"{pair}: {effect.experiments} experiments cannot be combined on {metric}: {reason}."
    part = effect.parts[0]
    return (
        f"{pair}: one experiment so far ({part.experiment}), {metric} "
        f"{_size(part.effect, kind, effect.alpha)}; a second one is needed to combine."
    )


def _size(span: Span, kind: str, alpha: float) -> str:
    """Size and interval, such as ``+0.52 points (95% interval +0.10 to +0.94)``."""
    if span.estimate is None:
        return "of unknown size"
    factor = 100.0 if kind == "proportion" else 1.0
    places = _places(span, factor)
    unit = " points" if kind == "proportion" else ""
    size = f"{words.signed(span.estimate * factor, places)}{unit}"
    return f"{size} ({100 * (1 - alpha):.6g}% interval {_ends(span, factor, places)})"


def _ends(span: Span, factor: float, places: int) -> str:
    low, high = (
        "unbounded" if end is None else words.signed(end * factor, places)
        for end in (span.low, span.high)
    )
    return f"{low} to {high}"


def _places(span: Span, factor: float) -> int:
    if span.low is None or span.high is None:
        return 2
    return words.decimals((span.high - span.low) * factor)


def _next_one(effect: Combination, kind: str) -> str:
    if effect.prediction is None:
        return "; with two experiments nothing can be said of the next one"
    factor, unit = (100.0, " points") if kind == "proportion" else (1.0, "")
    ends = _ends(effect.prediction, factor, _places(effect.prediction, factor))
    return f"; the next experiment would see {ends}{unit}"


def _through(effect: Combination, mine: Mapping[str, Combination], kind: str) -> str:
    """Through which ordering: those that are shown to move the way of the effect."""
    orderings = [c for c in mine.values() if c.ordering not in (None, "other") and c.effect]
    if not orderings:
        return ""
    shown = sorted(
        (c for c in orderings if c.conclusion in _SHOWN), key=lambda c: abs(_of(c)), reverse=True
    )
    if effect.conclusion not in _SHOWN:
        moved = words.listed(f"{_named(c)} ({_points(c, kind)})" for c in shown[:2])
        return f"What it is shown to move: {moved}." if shown else ""
    same = [c for c in shown if (_of(c) > 0) == (_of(effect) > 0)]
    if not same:
        return "No single ordering is shown to carry it."
    others = f", and {len(same) - 1} more" if same[1:] else ""
    return f"Mostly through {_named(same[0])} ({_points(same[0], kind)}{others})."


def _of(one: Combination) -> float:
    return one.effect.estimate or 0.0 if one.effect is not None else 0.0


def _named(one: Combination) -> str:
    return (one.ordering or "").replace(">", " > ")


def _points(one: Combination, kind: str) -> str:
    factor, unit = (100.0, " points") if kind == "proportion" else (1.0, "")
    places = _places(one.effect, factor) if one.effect else 2
    return f"{words.signed(_of(one) * factor, places)}{unit}"
