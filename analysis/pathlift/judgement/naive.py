"""The sentence that stands over the naive table: how much of it is no difference of orderings."""

from pathlift.inference.describing import Described
from pathlift.result.descriptive import Naive

_WHO = "who had time left to convert and who was likelier to convert anyway"


def naive_sentence(described: Described) -> str:
    """Say what the naive table claims, and what is left of it with like held against like.

    Parameters
    ----------
    described : Described

    Returns
    -------
    str
        About its two extreme orderings; without a p-value, for none is right.
    """
    naive = described.naive
    if naive.highest is None or naive.lowest is None or naive.ratio is None:
        return "No two complete orderings have units that converted: nothing stands out here."
    high, low = (each.replace(">", " > ") for each in (naive.highest, naive.lowest))
    claim = (
        f"On these data the naive table has {high} convert {naive.ratio:.2f} times as often as "
        f"{low}."
    )
    if naive.standardised_ratio is None or described.landmark is None:
        return (
            f"{claim} That mixes the ordering with {_WHO}, and how much of it is which cannot be "
            "measured here."
        )
    length, left = described.landmark.length, naive.standardised_ratio
    time = (
        "" if naive.landmark_ratio is None else f"; the same time alone: {naive.landmark_ratio:.2f}"
    )
    return (
        f"{claim} Given the same {length} after the last stage, and like held against like, it is "
        f"{left:.2f}{time}. {_gap(naive.ratio, left)}{_within(naive)}"
    )


def _within(naive: Naive) -> str:
    """The arm in which the naive table claims most."""
    if naive.arm_ratio is None or naive.arm_standardised_ratio is None:
        return ""
    high, low = (str(each).replace(">", " > ") for each in (naive.arm_highest, naive.arm_lowest))
    return (
        f" Within {naive.arm} alone it has {high} convert {naive.arm_ratio:.2f} times as often as "
        f"{low}; like held against like over all arms, {naive.arm_standardised_ratio:.2f} times."
    )


def _gap(naive: float, left: float) -> str:
    """What the distance between two ratios of the same two orderings comes to, in points."""
    points = round(100 * (naive - 1))
    gone = points - round(100 * (left - 1))
    if left < 1:
        return (
            f"So all of the {points} points, and more, come from {_WHO}: like with like, the two "
            "change places."
        )
    if gone > 0:
        return f"So {gone} of the {points} points come from {_WHO}, not from the ordering."
    if gone < 0:
        return f"So the naive table hides {-gone} points of the difference."
    return "Here the two agree, which they need not."
