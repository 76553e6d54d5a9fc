"""Where the boxes of the picture lie that shows how the units of an arm met the stages.

One column a step, heights by units; at the right those that converted and those that did not. Only
positions and words: the counts are the result's, and stand again in the table of labels.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pathlift.report.numbers import count
from pathlift.report.words import ordering_words
from pathlift.result.model import FlowStep, Result

WIDTH = 340
HEIGHT = 250
_END = 66.0  # width of the last column
_ROOM = 4.0  # between the stages and the end
_READABLE = 11.0  # height of a box that holds a line of text
_LETTER = 5.2  # width that a letter takes, with some room

Kind = Literal["first", "second", "third", "tied", "unknown", "bought", "not"]
_KINDS: tuple[Kind, ...] = ("first", "second", "third")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle.

    Attributes
    ----------
    x, y, width, height : float
        In the picture's own units.
    kind : str
        Which stage was met last, or how it ended.
    label : str
        Short enough for the box; empty where none fits.
    words : str
        What a reader hears.
    """

    x: float
    y: float
    width: float
    height: float
    kind: Kind
    label: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The flow of one arm.

    Attributes
    ----------
    arm : str
    words : str
        The picture in a sentence.
    boxes : tuple of Box
    """

    arm: str
    words: str
    boxes: tuple[Box, ...]


def flow_pictures(result: Result) -> tuple[Picture, ...]:
    """Draw one picture an arm, side by side on the same scale: a whole arm is the whole height.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of Picture
        Empty where no stages are declared.
    """
    if result.orderings is None:
        return ()
    steps = {(step.arm, step.path): step for step in result.orderings.flow}
    paths = sorted({path for _, path in steps}, key=_in_order)
    depth = max((path.count(">") + 1 for path in paths if path), default=0)
    stages = sorted(
        {part for path in paths for part in path.split(">") if part and "=" not in part}
    )
    kinds = dict(zip((s for s in stages if s != "unknown"), _KINDS, strict=False))
    if not depth:
        return ()
    return tuple(
        _picture(arm, {p: steps[arm, p] for p in paths if (arm, p) in steps}, depth, kinds)
        for arm in dict.fromkeys(arm for arm, _ in steps)
        if steps[arm, ""].units
    )


def stage_kinds(pictures: tuple[Picture, ...]) -> Mapping[str, Kind]:
    """Colours that a legend has to name: the stages that a first step shows.

    Parameters
    ----------
    pictures : tuple of Picture

    Returns
    -------
    mapping of str to str
        From what is shown to the kind of its boxes.
    """
    return {
        box.words.partition(":")[0]: box.kind
        for picture in pictures
        for box in picture.boxes
        if box.x == 0.0 and box.kind in _KINDS
    }


def _in_order(path: str) -> tuple[bool, str]:
    return path == "unknown", path


def _picture(
    arm: str, steps: Mapping[str, FlowStep], depth: int, kinds: Mapping[str, Kind]
) -> Picture:
    whole = steps[""]
    boxes = tuple(_boxes(steps, "", 0.0, depth, kinds))
    begun = ", ".join(
        f"{_share(step.units, whole.units)} met {ordering_words(path)} first"
        for path, step in steps.items()
        if path and ">" not in path and path != "unknown"
    )
    words = (
        f"{arm}: of {count(whole.units)} mature units {begun}, "
        f"{_share(whole.ended, whole.units)} met no stage; "
        f"{_share(whole.converted, whole.units)} converted"
    )
    return Picture(arm=arm, words=words, boxes=boxes)


def _boxes(
    steps: Mapping[str, FlowStep], path: str, top: float, depth: int, kinds: Mapping[str, Kind]
) -> Iterator[Box]:
    """A beginning, then what lengthens it from its top downwards, then those that ended there."""
    step, whole = steps[path], steps[""]
    scale = HEIGHT / whole.units
    column = (WIDTH - _END - _ROOM) / depth
    level = path.count(">") + 1 if path else 0
    if path:
        height = step.units * scale
        last = path.rpartition(">")[2]
        kind = kinds.get(last, "unknown" if last == "unknown" else "tied")
        share = _share(step.units, whole.units)
        yield Box(
            x=round((level - 1) * column, 1),
            y=round(top, 2),
            width=round(column - 1, 1),
            height=round(height, 2),
            kind=kind,
            label=_fitting(last, share, column) if height >= _READABLE else "",
            words=f"{ordering_words(path)}: {count(step.units)} units ({share}), "
            f"{count(step.converted)} converted",
        )
    for longer in (other for other in steps if _lengthens(other, path)):
        yield from _boxes(steps, longer, top, depth, kinds)
        top += steps[longer].units * scale
    yield from _ends(step, top, scale, level * column)


def _ends(step: FlowStep, top: float, scale: float, left: float) -> Iterator[Box]:
    bought, kept = step.ended_converted * scale, (step.ended - step.ended_converted) * scale
    name = f"{ordering_words(step.path)} and no stage after"
    if kept:
        yield Box(
            x=round(left, 1),
            y=round(top + bought, 2),
            width=round(WIDTH - left, 1),
            height=round(kept, 2),
            kind="not",
            label="",
            words=f"{name}: {count(step.ended - step.ended_converted)} did not convert",
        )
    if bought:
        yield Box(
            x=round(left, 1),
            y=round(top, 2),
            width=round(WIDTH - left, 1),
            height=round(bought, 2),
            kind="bought",
            label="",
            words=f"{name}: {count(step.ended_converted)} converted",
        )


def _fitting(stage: str, share: str, width: float) -> str:
    """Stage and share, or the share alone where a long name would run out of its box."""
    both = f"{stage} {share}"
    return both if len(both) * _LETTER <= width else share


def _lengthens(other: str, path: str) -> bool:
    if not path:
        return bool(other) and ">" not in other
    return other.startswith(f"{path}>") and ">" not in other[len(path) + 1 :]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}"
