"""Stages that a unit held before its first exposure, in words (methods 1.4, E1 and E2).

A baseline state is a set without order: nothing in the lookback says which stage came first.
Knows no data.
"""

from collections.abc import Sequence

from pathlift.statistics.cells import Label, label

BASELINE_STATE = "baseline_state"
"""Name of the dimension, as `segment` of an estimate has it."""

NOTHING = "none"
_BITS = {"need": 1, "touchpoint": 2, "trust": 4}


def state_name(code: int) -> str:
    """Name a baseline state.

    Parameters
    ----------
    code : int
        1 need, 2 touchpoint, 4 trust, added up; in [0, 7].

    Returns
    -------
    str
        Stages joined by ``+`` in the order need, touchpoint, trust; ``none`` for 0.

    Examples
    --------
    >>> state_name(5), state_name(0)
    ('need+trust', 'none')
    """
    return "+".join(stage for stage, bit in _BITS.items() if code & bit) or NOTHING


def state_code(name: str) -> int:
    """Read the name of a baseline state.

    Parameters
    ----------
    name : str
        As `state_name` writes it.

    Returns
    -------
    int
        In [0, 7].

    Raises
    ------
    KeyError
        If it names no stage.
    """
    return 0 if name == NOTHING else sum(_BITS[stage] for stage in name.split("+"))


def states(stages: Sequence[str]) -> tuple[int, ...]:
    """All states that stages with a lookback allow.

    Parameters
    ----------
    stages : sequence of str

    Returns
    -------
    tuple of int
        Ascending; 2 to the number of stages.

    Examples
    --------
    >>> states(["need", "trust"])
    (0, 1, 4, 5)
    """
    allowed = sum(_BITS[stage] for stage in stages)
    return tuple(code for code in range(8) if not code & ~allowed)


def follows(
    code: int, baseline: int, intended: Sequence[str], *, stages: Sequence[str] = tuple(_BITS)
) -> bool:
    """Whether a journey took the intended ordering once what was held before is counted.

    Held stages are an unordered prefix (methods 1.4, E2): ``[trust] need > touchpoint`` follows
    trust > need > touchpoint, and ``[need] trust > touchpoint`` does not.

    Parameters
    ----------
    code : int
        Label after exposure.
    baseline : int
        State before it.
    intended : sequence of str
        Every declared stage once.
    stages : sequence of str, optional
        Declared.

    Returns
    -------
    bool
        The intended ordering begins with the held stages, in any order, and goes on with the
        label's others, in this order and without a tie.

    Examples
    --------
    >>> follows(27, 0, ["need", "touchpoint", "trust"])  # 27: need > touchpoint > trust
    True
    >>> follows(6, 4, ["trust", "need", "touchpoint"])  # touchpoint > trust, trust held before
    False
    """
    held = {stage for stage, bit in _BITS.items() if baseline & bit}
    if set(intended[: len(held)]) != held:
        return False
    return _without(label(code, stages), held) == ">".join(intended[len(held) :])


def _without(observed: Label, held: set[str]) -> str:
    """The ordering of the stages that were not held."""
    steps = (
        "=".join(stage for stage in step.split("=") if stage not in held)
        for step in observed.ordering.split(">")
    )
    return ">".join(step for step in steps if step)
